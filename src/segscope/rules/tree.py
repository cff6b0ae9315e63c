"""A small tree that tells segments apart, grown on customers and read as conditions on the original columns.

The tree is CART with the best split first (Breiman, Friedman, Olshen & Stone, Classification and Regression Trees,
1984). It sees the rank of a number among the customers, so units, skewness and huge values do not matter. Each
threshold is then rounded as long as few customers change sides; the rounded threshold is the rule, everywhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.tree import DecisionTreeClassifier

from segscope.rules.conditions import Column, Condition, Conditions, narrowed, only, without

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

MOST_MOVED = 0.01
"""Share of the customers at a split who may change sides when its threshold is rounded."""

SMALLEST_LEAF = 200
"""A leaf holds at least one customer in so many."""

DIGITS = 17


@dataclass(frozen=True)
class Number:
    """A feature that is a number or flag. ``fill``: the value that a blank counts as."""

    column: str
    fill: float


@dataclass(frozen=True)
class Category:
    """A feature that is a text, with the values that the segmentation tells apart."""

    column: str
    levels: tuple[str, ...]


Feature = Number | Category


@dataclass(frozen=True)
class _Question:
    """A column of the matrix that the tree sees: the rank of a number, or whether a text is one value (None: blank)."""

    feature: Feature
    codes: Array
    steps: Array
    level: str | None = None


def grow(
    features: Sequence[Feature], columns: Mapping[str, Column], segments: Places, leaves: int
) -> tuple[tuple[int, Conditions], ...]:
    """Grow a tree and read its leaves: the segment that most customers of a leaf are in, and the leaf's conditions.

    Every customer, known or new, meets the conditions of exactly one leaf.

    Parameters
    ----------
    columns : of the customers to learn from: numbers with NaN for blank, texts with None, of shape (n,)
    segments : places of their segments, of shape (n,)
    leaves : how many at most
    """
    questions = [q for feature in features for q in _questions(feature, columns[feature.column])]
    matrix = np.column_stack([q.codes for q in questions])
    grower = DecisionTreeClassifier(
        max_leaf_nodes=max(2, leaves), min_samples_leaf=max(1, len(segments) // SMALLEST_LEAF), random_state=0
    )
    tree = grower.fit(matrix, segments).tree_
    everybody = np.arange(len(segments), dtype=np.intp)
    found = _leaves(tree, 0, questions, columns, everybody, {})
    return tuple((int(grower.classes_[place]), conditions) for place, conditions in found)


def _questions(feature: Feature, column: Column) -> Iterator[_Question]:
    if isinstance(feature, Number):
        steps, codes = np.unique(filled(feature, column), return_inverse=True)
        yield _Question(feature, codes.astype(np.float64), steps)
        return
    for level in (*feature.levels, None):
        same = np.array([v == level for v in column], dtype=np.float64)
        yield _Question(feature, same, np.array([0.0, 1.0]), level)


def filled(feature: Number, column: Column) -> Array:
    """The numbers of a feature as the segmentation counts them: a blank takes its fill."""
    return np.where(np.isnan(column), feature.fill, column)


def _leaves(
    tree: Any,
    node: int,
    questions: Sequence[_Question],
    columns: Mapping[str, Column],
    here: Places,
    asked: dict[str, Condition],
) -> Iterator[tuple[int, Conditions]]:
    """The leaves below a node. ``here``: the customers at it; ``asked``: the conditions on the way to it."""
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left == right:
        conditions = tuple(asked.values())
        if not any(c.impossible for c in conditions):
            yield int(tree.value[node][0].argmax()), conditions
        return
    question = questions[int(tree.feature[node])]
    feature = question.feature
    if isinstance(feature, Number):
        before = asked.get(feature.column, Condition(feature.column))
        values = filled(feature, columns[feature.column][here])
        step = int(tree.threshold[node])
        limit = readable(float(question.steps[step]), float(question.steps[step + 1]), values)
        yes, no = narrowed(before, feature.fill, low=limit), narrowed(before, feature.fill, high=limit)
        above = values > limit
    else:
        before = asked.get(feature.column, Condition(feature.column, other_than=True, text=True))
        yes, no = only(before, question.level), without(before, question.level)
        above = question.codes[here] > 0
    yield from _leaves(tree, left, questions, columns, here[~above], {**asked, feature.column: no})
    yield from _leaves(tree, right, questions, columns, here[above], {**asked, feature.column: yes})


def readable(low: float, high: float, values: Array) -> float:
    """A threshold with few digits near a split between two values; values up to it are on the lower side.

    Parameters
    ----------
    low, high : the largest value below the split, the smallest above it
    values : of the customers at the split, of shape (n,)

    >>> readable(86.0, 91.0, np.array([10.0, 86.0, 91.0, 200.0]))
    90.0
    >>> readable(355.0, 356.0, np.arange(330.0, 380.0))
    355.0
    """
    below = int((values <= low).sum())
    for digits in range(DIGITS):
        for near in ((low + high) / 2, low):
            limit = float(f"{near:.{digits}e}")
            now = int((values <= limit).sum())
            if low <= limit < high or (0 < now < len(values) and abs(now - below) <= MOST_MOVED * len(values)):
                return limit
    return low
