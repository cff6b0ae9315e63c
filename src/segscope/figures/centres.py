"""What the heat map of centres says: each feature in each segment, against everybody."""

import math
from dataclasses import dataclass
from typing import Literal

from segscope.preparation import CategoryPreparation, Step
from segscope.profiling import GroupProfile
from segscope.recipe import ColumnRole, Role
from segscope.study import Fit
from segscope.wording import full, percent, short

Units = Literal["standard", "original"]
WORTH_SAYING = 0.2  # standard deviations from everybody; below it a level is not told besides the leading one


@dataclass(frozen=True)
class Cell:
    """A feature in one segment.

    Attributes
    ----------
    standard, original : how it is written in standard units, and in the feature's own
    besides : of a category, the level that sets the segment apart, where it is not the leading one; may be ""
    difference : from everybody, in standard deviations of everybody
    words : all of it in a sentence
    """

    standard: str
    original: str
    besides: str
    difference: float
    words: str


def cell(fit: Fit, place: int, step: Step) -> Cell:
    """A feature in the segment at a place."""
    return _level_cell(fit, place, step) if isinstance(step, CategoryPreparation) else _mean_cell(fit, place, step)


def _mean_cell(fit: Fit, place: int, step: Step) -> Cell:
    found = fit.profiles.segments[place].numbers.get(step.feature)
    difference = fit.profiles.standard_difference(place, step.feature)
    mean = found.mean if found else None
    if _is_flag(fit, step.feature):
        return Cell(sigmas(difference), percent(mean), "", difference, f"{percent(mean)}: {_away(difference)}")
    return Cell(sigmas(difference), short(mean), "", difference, f"{full(mean)}: {_away(difference)}")


def _level_cell(fit: Fit, place: int, step: CategoryPreparation) -> Cell:
    mine = level_shares(fit.profiles.segments[place], step)
    all_ = level_shares(fit.profiles.everybody, step)
    differences = [(m - a) / math.sqrt(a * (1 - a)) if 0 < a < 1 else 0.0 for m, a in zip(mine, all_, strict=True)]
    lead = max(range(step.width), key=lambda i: mine[i])
    apart = max(range(step.width), key=lambda i: abs(differences[i]))
    difference = differences[apart]
    name = step.names[apart]
    besides = ""
    if apart != lead and abs(difference) >= WORTH_SAYING:
        besides = f"{'more' if difference > 0 else 'fewer'} {name} {percent(mine[apart])}"
    told = [
        f"{percent(mine[i])} {step.names[i]}, {percent(all_[i])} of everybody" for i in dict.fromkeys((lead, apart))
    ]
    return Cell(
        f"{name} {sigmas(difference)}",
        f"{step.names[lead]} {percent(mine[lead])}",
        besides,
        difference,
        f"{'; '.join(told)}: {name} is {_away(difference)}",
    )


def level_shares(group: GroupProfile, step: CategoryPreparation) -> tuple[float, ...]:
    """The share of each level of a category among a group's customers whose value is known, 0 to 1.

    >>> plan = CategoryPreparation("plan", ("basic", "pro"), (0.5, 0.3, 0.2), True, 1)
    >>> level_shares(GroupProfile(6, {}, {"plan": {"basic": 3, "": 1, "trial": 1, "beta": 1}}), plan)
    (0.6, 0.0, 0.4)
    """
    known = {value: n for value, n in group.categories.get(step.feature, {}).items() if value}
    total = max(sum(known.values()), 1)
    own = [known.get(level, 0) for level in step.levels]
    counts = [*own, sum(known.values()) - sum(own)] if step.other else own
    return tuple(n / total for n in counts)


def everybody(fit: Fit, step: Step) -> tuple[str, str]:
    """A feature among everybody: what one standard deviation is ("" for a category), and the mean or leading level."""
    if isinstance(step, CategoryPreparation):
        shares = level_shares(fit.profiles.everybody, step)
        lead = max(range(step.width), key=lambda i: shares[i])
        return "", f"{step.names[lead]} {percent(shares[lead])}"
    found = fit.profiles.everybody.numbers[step.feature]
    written = percent if _is_flag(fit, step.feature) else short
    return short(found.deviation), written(found.mean)


def sigmas(difference: float) -> str:
    """A distance from everybody in standard deviations, with its sign.

    >>> sigmas(0.52), sigmas(-1.23), sigmas(0.01)
    ('+0.5 σ', '−1.2 σ', '0 σ')
    """
    size = f"{abs(difference):.1f}"
    return "0 σ" if size == "0.0" else f"{'+' if difference > 0 else '−'}{size} σ"


def _away(difference: float) -> str:
    return f"{abs(difference):.1f} standard deviations {'above' if difference >= 0 else 'below'} everybody"


def _is_flag(fit: Fit, feature: str) -> bool:
    column, found = fit.recipe.column(feature), fit.profiles.everybody.numbers[feature]
    return isinstance(column, ColumnRole) and column.role is Role.FLAG and (found.low, found.high) == (0, 1)


def centres_title(fit: Fit) -> str:
    """Which feature sets which segment apart most."""
    if len(fit.segments) == 1:
        return "Centres"
    steps = fit.segmentation.preparation
    cells = [(g, step) for g in range(len(fit.segments)) for step in steps]
    place, step = max(cells, key=lambda each: abs(cell(fit, *each).difference))
    return f"Centres: {fit.recipe.column(step.feature).label.lower()} sets {fit.segments[place].name} apart most"
