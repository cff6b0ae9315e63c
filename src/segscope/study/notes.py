"""What fitting did to the columns and values, as notes and entries of the cleaning log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from segscope.cleaning import CleaningEntry, CleaningLog
from segscope.intake.facts import ColumnFacts
from segscope.preparation import CategoryPreparation, FeaturePreparation, Preparation
from segscope.recipe import ColumnRole, Recipe, Role
from segscope.wording import counted


@dataclass(frozen=True)
class ColumnNote:
    """What became of one column of the source."""

    name: str
    role: Role
    missing: int
    note: str
    label: str
    distinct: int


def note(facts: ColumnFacts, recipe: Recipe) -> ColumnNote:
    """What became of a column."""
    role = next(
        (c for c in recipe.columns if c.column == facts.name),
        ColumnRole(facts.name, Role.IGNORED, "the recipe does not name it", facts.name),
    )
    return ColumnNote(facts.name, role.role, facts.blanks, role.reason, role.label, facts.distinct)


def prepared(preparation: Preparation, recipe: Recipe, lows: Mapping[str, float], set_aside: int = 0) -> CleaningLog:
    """What preparation did to features, as entries of the cleaning log.

    Parameters
    ----------
    lows : smallest values of the numbers
    set_aside : customers who made no segments
    """
    entries = list(_switched_off(recipe))
    for step in preparation:
        entries += _category(step, recipe) if isinstance(step, CategoryPreparation) else _measure(step, recipe, lows)
    if recipe.set_aside:
        detail = (
            f"{counted(set_aside, 'customer')} with a value beyond its far-out fence made no segments, as decided by "
            "you; each belongs to one all the same."
        )
        entries.append(CleaningEntry("bound", "", set_aside, detail))
    return tuple(entries)


def _switched_off(recipe: Recipe) -> CleaningLog:
    entries = []
    for rule in recipe.cleaning:
        if rule.action in ("bound", "log") and not rule.enabled:
            what = "its logarithm" if rule.action == "log" else "bounds for its far-out values"
            said = f"{recipe.column(rule.column).label} is clustered without {what}, as decided by you."
            entries.append(CleaningEntry(rule.action, rule.column, 0, said))
    return tuple(entries)


def _category(step: CategoryPreparation, recipe: Recipe) -> CleaningLog:
    if not step.blanks:
        return ()
    label = recipe.column(step.feature).label
    detail = f"{counted(step.blanks, 'blank')} in {label} lie in the middle between its values for clustering."
    return (CleaningEntry("fill", step.feature, step.blanks, detail),)


def _measure(step: FeaturePreparation, recipe: Recipe, lows: Mapping[str, float]) -> CleaningLog:
    source = {c.column for c in recipe.columns}
    told = {r.column for r in recipe.cleaning if r.action == "fill" and r.column in source}
    by_hand = {r.column for r in recipe.cleaning if r.action == "fill" and r.values}
    label = recipe.column(step.feature).label
    entries: list[CleaningEntry] = []
    if step.blanks and step.feature not in told:
        with_what = f"{step.fill:,.6g}" if step.feature in by_hand else f"the median {step.fill:,.6g}"
        detail = f"{counted(step.blanks, 'blank')} in {label} filled with {with_what} for clustering."
        entries.append(CleaningEntry("fill", step.feature, step.blanks, detail, rule=f"fill/0/{step.feature}"))
    if step.bounded and step.low is not None and step.high is not None:
        low, high = (cast(float, np.expm1(v)) if step.log else v for v in (step.low, step.high))
        detail = (
            f"{counted(step.bounded, 'value')} of {label} beyond {low:,.6g} to {high:,.6g} counted as the bound in "
            "clustering (three interquartile ranges beyond the quartiles); charts show them as they are."
        )
        entries.append(CleaningEntry("bound", step.feature, step.bounded, detail, rule=f"bound/0/{step.feature}"))
    if step.log:
        below = "; values below 0 count as 0" if lows.get(step.feature, 0.0) < 0 else ""
        detail = f"{label} is heavily skewed, so clustering sees its logarithm{below}."
        entries.append(CleaningEntry("log", step.feature, 0, detail, rule=f"log/0/{step.feature}"))
    return tuple(entries)
