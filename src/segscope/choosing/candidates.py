"""Candidates: every column that could make segments, with what speaks for and against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from segscope.choosing import reasons
from segscope.choosing.reasons import Alike, Known, Reason
from segscope.exploring import Associations
from segscope.preparation import FeaturePreparation
from segscope.preparation.categories import MOST_LEVELS
from segscope.profiling import GroupProfile
from segscope.recipe import Recipe, Role
from segscope.wording import listed

CandidateKind = Literal["measure", "derived", "yes or no", "category"]
REDUNDANT_ABOVE = 0.9


@dataclass(frozen=True)
class Candidate:
    """A column that could make the segments.

    Attributes
    ----------
    chosen : whether it does
    suggested : whether it is part of the proposal
    alike : other candidates that go together with it, the closest first
    log, bounds : whether its values call for a logarithm, and for bounds; what is switched off counts too
    levels : different values of a category; 0 for numbers
    parts : columns that it adds up
    """

    column: str
    label: str
    unit: str
    kind: CandidateKind
    chosen: bool
    suggested: bool
    reasons: tuple[Reason, ...]
    alike: tuple[Alike, ...] = ()
    log: bool = False
    bounds: bool = False
    levels: int = 0
    parts: tuple[str, ...] = ()


def number_columns(recipe: Recipe, everybody: GroupProfile) -> tuple[str, ...]:
    """Derived columns, measures and flags that differ between customers."""
    names = [d.name for d in recipe.derived]
    names += [c.column for c in recipe.columns if c.role in (Role.MEASURE, Role.FLAG)]
    return tuple(n for n in names if n in everybody.numbers and everybody.numbers[n].low < everybody.numbers[n].high)


def candidates(recipe: Recipe, known: Known) -> tuple[Candidate, ...]:
    """Every column that could make the segments: the chosen ones first, then the proposed ones, then the rest."""
    categories = [
        c.column for c in recipe.columns if c.role is Role.CATEGORY and len(reasons.levels(known, c.column)) > 1
    ]  # fmt: skip
    numbers = number_columns(recipe, known.everybody)
    alike = _alike(known.associations, {*numbers, *categories}, recipe)
    found = [_number(recipe, known, name, alike.get(name, ())) for name in numbers]
    found += [_category(recipe, known, name, alike.get(name, ())) for name in categories]
    return tuple(sorted(found, key=lambda c: (not c.chosen, not c.suggested)))


def advice(recipe: Recipe, found: Sequence[Candidate]) -> tuple[str, ...]:
    """What there is to say of the chosen features as a whole.

    Parameters
    ----------
    recipe : with the features that are meant; they need not be those of ``found``, which tells of every column
    """
    by_name = {c.column: c for c in found}
    chosen = [by_name[f] for f in recipe.features if f in by_name]
    told = []
    if len(chosen) == 1:
        told.append(
            f"Only {chosen[0].label} makes the segments: they are then ranges of it. "
            "Two or more features tell kinds of customers apart."
        )
    for one, other in combinations(chosen, 2):
        pair = next((a for a in one.alike if a.column == other.column), None)
        if pair and recipe.weight(one.column) + recipe.weight(other.column) > 1:
            told.append(
                f"{one.label} and {other.label} go together ({pair.measure} {pair.value:.2f}), so what they share "
                "counts twice: keep one, or halve their weights."
            )
    for total in chosen:
        inside = [p.label for p in chosen if p.column in total.parts]
        if inside:
            told.append(f"{total.label} adds up {listed(inside)}: keep the sum or its parts, not both.")
    told += [
        f"{c.label} has {c.levels} levels: customers who share a rare one look much alike, so segments may follow "
        "single levels. A lower weight holds that back."
        for c in chosen
        if c.levels >= MOST_LEVELS
    ]
    return tuple(told)


def _number(recipe: Recipe, known: Known, name: str, alike: tuple[Alike, ...]) -> Candidate:
    column = recipe.column(name)
    derived = name in {d.name for d in recipe.derived}
    flag = not derived and next(c.role for c in recipe.columns if c.column == name) is Role.FLAG
    seen = known.distributions[name]
    step = next((s for s in known.preparation if s.feature == name and isinstance(s, FeaturePreparation)), None)
    log = seen.calls_for_log if step is None or recipe.transform == "none" else step.log or seen.calls_for_log
    parts = reasons.parts(recipe, name)
    told = [
        *reasons.proposed(recipe, known, name),
        *reasons.redundant(recipe, name, alike),
        *reasons.repeated(recipe, name, parts),
        *reasons.superseded(recipe, name),
        *reasons.sensitive(recipe, name),
        *reasons.near_constant(seen.commonest),
        *reasons.number_like_identifier(recipe, known, name),
        *reasons.blanks(known, name),
        *([] if flag else reasons.skewed(recipe, name, seen, log)),
        *([] if flag else reasons.far_out(recipe, name, seen, step)),
        *([] if flag else reasons.scale(recipe, known, name)),
    ]
    return Candidate(
        name, column.label, column.unit, "derived" if derived else "yes or no" if flag else "measure",
        name in recipe.features, _suggested(known, name, seen.commonest), tuple(told), alike, log and not flag,
        seen.far_out > 0 or bool(step and step.bounded), parts=parts,
    )  # fmt: skip


def _category(recipe: Recipe, known: Known, name: str, alike: tuple[Alike, ...]) -> Candidate:
    column, counts = recipe.column(name), reasons.levels(known, name)
    commonest = max(counts.values()) / sum(counts.values())
    levels = known.distinct.get(name, len(counts))
    told = [
        *reasons.proposed(recipe, known, name),
        *reasons.redundant(recipe, name, alike),
        *reasons.sensitive(recipe, name),
        *reasons.near_constant(commonest),
        *reasons.category_like_identifier(levels, sum(counts.values())),
        *reasons.blanks(known, name),
        reasons.level_words(levels),
    ]
    return Candidate(
        name, column.label, column.unit, "category", name in recipe.features, _suggested(known, name, commonest),
        tuple(told), alike, levels=levels,
    )  # fmt: skip


def _suggested(known: Known, name: str, commonest: float) -> bool:
    return name in known.proposed and commonest <= reasons.NEAR_CONSTANT_ABOVE


def _alike(found: Associations, usable: set[str], recipe: Recipe) -> dict[str, tuple[Alike, ...]]:
    """The columns that go together with each beyond 0.9, features first, then the closest."""
    kept: dict[str, tuple[Alike, ...]] = {}
    for i, name in enumerate(found.columns):
        if name in usable:
            others = [
                Alike(other, found.labels[j], float(found.values[i, j]), found.measures[i][j])
                for j, other in enumerate(found.columns)
                if j != i and other in usable and abs(found.values[i, j]) > REDUNDANT_ABOVE
            ]
            kept[name] = tuple(sorted(others, key=lambda a: (a.column not in recipe.features, -abs(a.value))))
    return kept
