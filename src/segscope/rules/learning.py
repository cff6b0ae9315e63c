"""Learning rules: from customers and their segments to conditions, and how well these agree on customers held out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import numpy.typing as npt

from segscope.comparing import Share, wilson
from segscope.engine import LARGEST_NUMBER, Engine
from segscope.features import as_number
from segscope.preparation import FeaturePreparation, text_of
from segscope.rules.conditions import Column, Conditions, joined, meets_all
from segscope.rules.tree import Category, Feature, Number, grow
from segscope.segmentation import SEGMENT, Segmentation

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

MOST_LEAVES = 24
MORE_LEAVES = (0, 1, 2, 4, 6, 8, 12, 16, 20)
ENOUGH = 0.92
"""Agreement on the customers that a rule was learned on from which on it is simple before it is exact.

It leaves room for the fall on others: nothing is chosen on the customers held out, so that their figure stays true.
"""

WORTHWHILE = 0.005
"""Agreement, on the same customers, that a larger tree must add."""


@dataclass(frozen=True)
class Clause:
    """Conditions that a customer must all meet.

    Attributes
    ----------
    coverage : share of the segment's customers who meet them; None where none were held out
    precision : share of those who meet them that are in the segment; None where nobody held out does
    """

    conditions: Conditions
    coverage: Share | None
    precision: Share | None


@dataclass(frozen=True)
class SegmentRule:
    """One segment in plain conditions: whoever meets all of one clause is selected.

    Attributes
    ----------
    segment : its id
    clauses : the widest first; none where the tree was too small to find the segment
    coverage, precision : of all clauses together, as of :class:`Clause`
    """

    segment: str
    clauses: tuple[Clause, ...]
    coverage: Share | None
    precision: Share | None


@dataclass(frozen=True)
class RuleSet:
    """A rule for every segment; every customer is selected by exactly one.

    Attributes
    ----------
    rules : in the order of the segments
    agreement : share of the customers held out whose rule is that of their segment; None with nobody held out
    learned : the same share of the customers that the rules were learned on
    learned_on : how many these were
    """

    rules: tuple[SegmentRule, ...]
    agreement: Share | None
    learned: float
    learned_on: int

    @property
    def conditions(self) -> int:
        """How many conditions there are; two bounds of one column are one."""
        return sum(len(clause.conditions) for rule in self.rules for clause in rule.clauses)


@dataclass(frozen=True)
class _Known:
    """Customers with their features and the places of their segments, as arrays of shape (n,)."""

    columns: Mapping[str, Column]
    segments: Places

    def __len__(self) -> int:
        return len(self.segments)

    def part(self, chosen: slice) -> "_Known":
        return _Known({name: column[chosen] for name, column in self.columns.items()}, self.segments[chosen])


def learn_rules(engine: Engine, sample: ibis.Table, segmentation: Segmentation) -> tuple[RuleSet, ...]:
    """Rules of several sizes, from the simplest to the most exact.

    Every second customer of the sample is learned from, the others are held out. A larger tree that hardly agrees
    better with what it learned from is left out, and so is one that needs more conditions than a better one.

    Parameters
    ----------
    sample : assigned customers, as many as memory and patience bear, in an order that has nothing to do with them
    """
    features = rule_features(segmentation)
    known = _read(engine, sample, features)
    learning, held_out = known.part(slice(0, None, 2)), known.part(slice(1, None, 2))
    ids = [segment.id for segment in segmentation.segments]
    found: list[RuleSet] = []
    for leaves in tree_sizes(len(ids)):
        rules = _rules(features, learning, held_out, ids, leaves)
        if not found or rules.learned >= found[-1].learned + WORTHWHILE:
            found = [simpler for simpler in found if simpler.conditions < rules.conditions]
            found.append(rules)
    return tuple(found)


def simple_enough(sets: Sequence[RuleSet]) -> RuleSet:
    """The rules to show first: the simplest with a rule for each segment that agree on 92 % of what they learned from.

    Where none do, the most exact.
    """
    good = (s for s in sets if s.learned >= ENOUGH and all(rule.clauses for rule in s.rules))
    return next(good, sets[-1])


def tree_sizes(segments: int) -> tuple[int, ...]:
    """How many leaves the trees for a number of segments have.

    >>> tree_sizes(4), tree_sizes(12)
    ((4, 5, 6, 8, 10, 12, 16, 20, 24), (12, 13, 14, 16, 18, 20, 24))
    """
    return tuple(segments + more for more in MORE_LEAVES if segments + more <= MOST_LEAVES)


def rule_features(segmentation: Segmentation) -> tuple[Feature, ...]:
    """The features that rules speak of: those of the segmentation, with what a blank counts as."""
    return tuple(
        Number(step.feature, step.fill) if isinstance(step, FeaturePreparation) else Category(step.feature, step.levels)
        for step in segmentation.preparation
    )


def rule_values(table: ibis.Table, features: Sequence[Feature]) -> dict[str, ibis.Value]:
    """The columns that rules speak of, as rules take them: numbers as float64, texts with blank for empty."""
    return {
        f.column: as_number(table[f.column]) if isinstance(f, Number) else text_of(table[f.column]) for f in features
    }


def _read(engine: Engine, sample: ibis.Table, features: Sequence[Feature]) -> _Known:
    values = rule_values(sample, features)
    places = {f"__f{i}": value for i, value in enumerate(values.values())}
    found = engine.fetch(sample.select(**places, segment=sample[SEGMENT]))
    columns: dict[str, Column] = {}
    for place, feature in zip(places, features, strict=True):
        if isinstance(feature, Number):
            numbers = found[place].to_numpy().astype(np.float64)
            columns[feature.column] = np.clip(numbers, -LARGEST_NUMBER, LARGEST_NUMBER)
        else:
            columns[feature.column] = np.array(found[place].to_pylist(), dtype=object)
    return _Known(columns, found["segment"].to_numpy().astype(np.intp))


def _rules(features: Sequence[Feature], learning: _Known, held_out: _Known, ids: Sequence[str], leaves: int) -> RuleSet:
    grown = grow(features, learning.columns, learning.segments, leaves)
    parts = [joined([conditions for place, conditions in grown if place == wanted]) for wanted in range(len(ids))]
    rules = tuple(_measured(id_, parts[place], held_out, place) for place, id_ in enumerate(ids))
    right = _agreeing(parts, held_out)
    agreement = wilson(right, len(held_out)) if len(held_out) else None
    return RuleSet(rules, agreement, _agreeing(parts, learning) / len(learning), len(learning))


def _measured(segment: str, parts: Sequence[Conditions], held_out: _Known, place: int) -> SegmentRule:
    clauses = [Clause(part, *_standing(_selected([part], held_out), held_out, place)) for part in parts]
    clauses.sort(key=lambda c: -(c.coverage.share if c.coverage else 0.0))
    return SegmentRule(segment, tuple(clauses), *_standing(_selected(parts, held_out), held_out, place))


def _standing(selected: Mask, known: _Known, place: int) -> tuple[Share | None, Share | None]:
    """Coverage and precision of a selection, for the segment at a place."""
    mine = known.segments == place
    both, size, chosen = int((selected & mine).sum()), int(mine.sum()), int(selected.sum())
    return wilson(both, size) if size else None, wilson(both, chosen) if chosen else None


def _selected(parts: Sequence[Conditions], known: _Known) -> Mask:
    found = np.zeros(len(known), dtype=bool)
    for conditions in parts:
        found |= meets_all(conditions, known.columns, len(known))
    return found


def _agreeing(parts: Sequence[Sequence[Conditions]], known: _Known) -> int:
    """How many customers the rule of their own segment selects."""
    return sum(int((_selected(rule, known) & (known.segments == place)).sum()) for place, rule in enumerate(parts))
