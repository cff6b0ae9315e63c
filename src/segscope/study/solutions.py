"""Kept solutions side by side: what differs in their recipes, who is in which segment of both, how far they agree."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from segscope.clustering import Criteria, agreement
from segscope.engine import Engine, one, rows
from segscope.errors import SegscopeError, StudyError
from segscope.features import source_columns
from segscope.recipe import METHOD_NAMES, CleaningRule, Recipe
from segscope.segmentation import SEGMENT, Segmentation, assign, named_by, to_customers, without_unneeded
from segscope.study.card import Card, Kept
from segscope.study.customers import Source, make
from segscope.study.engines import CELLS_IN_MEMORY, engine_for
from segscope.study.fitting import Fit
from segscope.study.folder import engine_of, read_data, read_solution
from segscope.wording import counted, listed

ON_DISK = CELLS_IN_MEMORY + 1
FIRST, KEY = "__first", "__who"
# Steinley (2004), on the adjusted Rand index: 0.9 excellent, 0.8 good, 0.65 moderate recovery.
AGREEMENT_WORDS = (
    (0.995, "the same"), (0.9, "nearly the same"), (0.8, "much the same"), (0.65, "similar"), (-1.0, "different"),
)  # fmt: skip


@dataclass(frozen=True)
class Solution:
    """A kept solution with its fit."""

    kept: Kept
    fit: Fit

    @property
    def criteria(self) -> Criteria:
        """The criteria of its number of segments as the model has them; blank ones where that was not weighed."""
        k = len(self.fit.segmentation.centres)
        return next((c for c in self.fit.evidence.criteria if c.k == k), Criteria(k, self.fit.wcss))


@dataclass(frozen=True)
class Comparison:
    """Two solutions of the same customers.

    Attributes
    ----------
    flow : customers in each segment of the first and each of the second, one row a segment of the first
    agreement : adjusted Rand index, 1 for the same, about 0 for no more than chance
    lives_on : for each segment of the first, the place of the one of the second that is its own, None where another
        has that: pairs are made so that as many customers as possible stay
    only_first, only_second : customers that the other's data do not have, or that cannot be told apart there
    """

    flow: tuple[tuple[int, ...], ...]
    agreement: float
    lives_on: tuple[int | None, ...]
    only_first: int = 0
    only_second: int = 0

    @property
    def customers(self) -> int:
        """How many customers were compared."""
        return sum(map(sum, self.flow))

    @property
    def moved(self) -> int:
        """How many customers are in another segment of the second than the one that is paired with theirs."""
        stay = sum(row[to] for row, to in zip(self.flow, self.lives_on, strict=True) if to is not None)
        return self.customers - stay


def read_solutions(folder: Path, card: Card) -> tuple[Solution, ...]:
    """The kept solutions of a study, the newest first; one whose file is damaged is left out."""
    found = []
    for kept in reversed(card.kept):
        with suppress(SegscopeError, OSError):
            found.append(Solution(kept, read_solution(folder, kept.fit)))
    return tuple(found)


def agreement_words(value: float) -> str:
    """An adjusted Rand index in words.

    References
    ----------
    Steinley, D. (2004). Properties of the Hubert-Arabie adjusted Rand index. Psychological Methods 9.

    >>> [agreement_words(v) for v in (1.0, 0.93, 0.7, 0.1)]
    ['the same', 'nearly the same', 'similar', 'different']
    """
    return next(words for limit, words in AGREEMENT_WORDS if value >= limit)


def compare_solutions(folder: Path, card: Card, first: Solution, second: Solution) -> Comparison:
    """Assign all customers by both solutions, each by its own recipe, and count who is where.

    Customers of the same data are the same rows. Of two readings, or of a log taken in two ways, those are compared
    whom an identifier names, once in each.

    Raises
    ------
    StudyError : when nothing names the customers of different data
    """
    engine = engine_for(ON_DISK, engine_of(folder, card))
    try:
        one_recipe, other_recipe = first.fit.recipe, second.fit.recipe
        same_log = (one_recipe.log, one_recipe.as_of) == (other_recipe.log, other_recipe.as_of)
        if first.kept.data == second.kept.data and (same_log or (one_recipe.log is None is other_recipe.log)):
            table = _customers(engine, folder, card, first, "first")
            counts, missing = _same_rows(engine, table, first.fit.segmentation, second.fit.segmentation), (0, 0)
        else:
            counts, missing = _same_names(engine, folder, card, first, second)
    finally:
        engine.close()
    return compared(counts, *missing)


def compared(counts: npt.NDArray[np.int64], only_first: int = 0, only_second: int = 0) -> Comparison:
    """What follows from the customers in each pair of segments.

    Parameters
    ----------
    counts : array of shape (segments of the first, segments of the second)

    >>> compared(np.array([[90, 0], [5, 50]])).moved
    5
    """
    k1, k2 = counts.shape
    places = np.indices((k1, k2)).reshape(2, -1)
    mine, theirs = linear_sum_assignment(-counts)
    lives = dict(zip(mine.tolist(), theirs.tolist(), strict=True))
    return Comparison(
        flow=tuple(tuple(row) for row in counts.tolist()),
        agreement=agreement(places[0], places[1], counts.ravel().astype(float)) if counts.sum() else 1.0,
        lives_on=tuple(lives.get(place) for place in range(k1)),
        only_first=only_first,
        only_second=only_second,
    )


def _customers(engine: Engine, folder: Path, card: Card, solution: Solution, name: str) -> ibis.Table:
    """The customers of a solution's data, before cleaning."""
    source = read_data(folder, replace(card, data=solution.kept.data), engine, f"{name}_source")
    if solution.fit.recipe.log is None:
        return source
    made = make(engine, Source(source, ()), solution.fit.recipe).table
    return engine.store(f"{name}_made", made)


def _same_rows(engine: Engine, table: ibis.Table, first: Segmentation, second: Segmentation) -> npt.NDArray[np.int64]:
    """Count in one pass: the second assigns the rows as they were before the first recipe cleaned them."""
    pinned = {name for s in (first, second) for name in named_by(s, table.columns)}
    needed = sorted({*_needed(first), *_needed(second), *pinned})
    own = {f"__o{i}": name for i, name in enumerate(needed)}
    doubled = engine.view("__doubled", table.select(*needed, **{new: table[old] for new, old in own.items()}))
    found = engine.view("__found", _assigned(doubled, first))
    restored = found.select(**{old: found[new] for new, old in own.items()}, **{FIRST: found[SEGMENT]})
    both = engine.view("__both", _assigned(engine.view("__restored", restored), second))
    counted_ = rows(engine, both.group_by(first=both[FIRST], second=both[SEGMENT]).agg(n=ibis._.count()))
    return _as_counts(counted_, first, second)


def _same_names(
    engine: Engine, folder: Path, card: Card, first: Solution, second: Solution
) -> tuple[npt.NDArray[np.int64], tuple[int, int]]:
    """Count over the customers that an identifier names, once in each of two tables."""
    sides = []
    for name, solution in (("first", first), ("second", second)):
        key = solution.fit.recipe.identifier
        if key is None:
            raise StudyError(
                "These solutions rest on different data, and no column names the customer: they cannot be compared."
            )
        table = _customers(engine, folder, card, solution, name)
        found = _assigned(table, solution.fit.segmentation)
        named = found.select(**{KEY: found[key].cast("string"), "place": found[SEGMENT]})
        named = engine.view(f"{name}_named", named)
        unique = named.group_by(KEY).agg(n=ibis._.count(), place=named.place.min())
        sides.append(engine.store(f"{name}_unique", unique.filter((unique.n == 1) & unique[KEY].notnull())))
        sides.append(named)
    (mine, all_mine, theirs, all_theirs) = sides
    both = mine.select(KEY, first=mine.place).join(theirs.select(KEY, second=theirs.place), KEY)
    counted_ = rows(engine, both.group_by("first", "second").agg(n=ibis._.count()))
    counts = _as_counts(counted_, first.fit.segmentation, second.fit.segmentation)
    if not counts.sum():
        raise StudyError("These solutions rest on different data without a customer in common.")
    totals = [int(one(engine, t.agg(n=t.count()))["n"]) for t in (all_mine, all_theirs)]
    return counts, (totals[0] - int(counts.sum()), totals[1] - int(counts.sum()))


def _needed(segmentation: Segmentation) -> tuple[str, ...]:
    return source_columns(segmentation.recipe, segmentation.recipe.features)


def _assigned(table: ibis.Table, segmentation: Segmentation) -> ibis.Table:
    return assign(to_customers(table, without_unneeded(segmentation.recipe)), segmentation)


def _as_counts(found: Sequence[dict[str, Any]], first: Segmentation, second: Segmentation) -> npt.NDArray[np.int64]:
    counts = np.zeros((len(first.segments), len(second.segments)), dtype=np.int64)
    for row in found:
        counts[row["first"], row["second"]] = row["n"]
    return counts


# ------------------------------------------------------------------------------------------------ recipes


def recipe_differences(first: Recipe, second: Recipe) -> tuple[str, ...]:
    """What the second recipe does otherwise than the first, in sentences; none where both are the same.

    >>> recipe_differences(Recipe(columns=(), segments=3), Recipe(columns=(), segments=4, method="ward"))
    ('Ward in place of k-means.', '4 segments are asked for, not 3.')
    """
    told = [
        *_feature_sentences(first, second),
        *_weight_sentences(first, second),
        *_choice_sentences(first, second),
        *_cleaning_sentences(first.cleaning, second.cleaning),
    ]
    changed = [d.label for d in second.derived if d in set(second.derived) - set(first.derived)]
    gone = [d.label for d in first.derived if d.name not in {x.name for x in second.derived}]
    if changed:
        told.append(f"{listed(changed)} {'is' if len(changed) == 1 else 'are'} computed anew or otherwise.")
    if gone:
        told.append(f"{listed(gone)} {'is' if len(gone) == 1 else 'are'} no longer computed.")
    if first.log != second.log:
        told.append("Customers are made of the log in another way.")
    return tuple(told)


def _feature_sentences(first: Recipe, second: Recipe) -> list[str]:
    more = [second.column(f).label for f in second.features if f not in first.features]
    less = [first.column(f).label for f in first.features if f not in second.features]
    told = [f"{listed(more)} also {'makes' if len(more) == 1 else 'make'} the segments."] if more else []
    return told + ([f"{listed(less)} no longer {'makes' if len(less) == 1 else 'make'} the segments."] if less else [])


def _weight_sentences(first: Recipe, second: Recipe) -> list[str]:
    return [
        f"{second.column(f).label} counts {second.weight(f):g} times, not {first.weight(f):g}."
        for f in second.features
        if f in first.features and first.weight(f) != second.weight(f)
    ]


def _choice_sentences(first: Recipe, second: Recipe) -> list[str]:
    told = []
    if first.method != second.method:
        told.append(f"{METHOD_NAMES[second.method]} in place of {METHOD_NAMES[first.method]}.")
    if first.segments != second.segments:
        before = "not by the evidence" if first.segments is None else f"not {first.segments}"
        now = (
            f"{counted(second.segments or 0, 'segment')} {'is' if second.segments == 1 else 'are'} asked for, {before}"
        )
        told.append(f"{now}." if second.segments else f"The evidence chooses the number of segments, {before}.")
    if first.transform != second.transform:
        told.append(
            "Features are standardised only." if second.transform == "none" else "Skew and far-out values are tamed."
        )
    if first.set_aside != second.set_aside:
        told.append(f"Unusual customers {'make no' if second.set_aside else 'take part in making'} segments.")
    if first.as_of != second.as_of:
        told.append(f"Ages and days are counted on {second.as_of}, not {first.as_of}.")
    if first.seed != second.seed:
        told.append(f"The seed is {second.seed}, not {first.seed}.")
    return told


def _cleaning_sentences(first: Sequence[CleaningRule], second: Sequence[CleaningRule]) -> list[str]:
    changed = {r.column for r in set(first) ^ set(second)}
    ordered = [r.column for r in (*first, *second) if r.column in changed]
    names = list(dict.fromkeys(ordered))
    return [f"{listed(names)} {'is' if len(names) == 1 else 'are'} cleaned otherwise."] if names else []
