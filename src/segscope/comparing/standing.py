"""Where segments stand among all customers: counts by segment and bin, mean percentiles, densities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import numpy.typing as npt

from segscope.comparing.groups import EVERYBODY, Group, brief
from segscope.engine import Engine
from segscope.exploring import Variable
from segscope.exploring.counts import bin_column
from segscope.exploring.variables import day_text
from segscope.profiling import Profiles
from segscope.recipe import Concept, Recipe
from segscope.segmentation import SEGMENT
from segscope.wording import full, listed, percent, short

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

FEWEST_AXES, MOST_AXES = 5, 9
DISCRETE_UP_TO = 12
HIGH, LOW = 60, 40  # mean percentiles worth a word
AXES = (
    Concept.INCOME, Concept.AGE, Concept.CHILDREN, Concept.OFFERS, Concept.DEALS, Concept.VISITS, Concept.RECENCY,
    Concept.TENURE, Concept.SPEND, Concept.PURCHASES, Concept.BASKET,
)  # fmt: skip


def count_by_segment(
    engine: Engine, customers: ibis.Table, variables: Mapping[int, Variable], segments: int
) -> dict[str, Counts]:
    """Customers of each segment in each bin: an array of shape (segments, slots + 1) a variable, blanks last.

    Parameters
    ----------
    customers : the stored table, with segments and bin columns
    variables : by their place among all variables
    """
    counts = {i: np.zeros((segments, v.slots + 1), dtype=np.int64) for i, v in variables.items()}
    if variables:
        places = list(variables)
        found = engine.tally(customers, [bin_column(i) for i in places], SEGMENT)
        part, segment, bins, n = (found[c].to_numpy() for c in ("part", "by", "value", "n"))
        for i, place in enumerate(places):
            mine = part == i
            counts[place][segment[mine], bins[mine]] = n[mine]
    return {v.column: counts[i] for i, v in variables.items()}


def mean_percentiles(counts: Counts) -> Array:
    """Mean percentile of each segment among all customers, 0 to 100: equal values, and a bin's, share the middle rank.

    Blanks (the last slot) are left out; a segment without known values has NaN.

    >>> mean_percentiles(np.array([[2, 0, 0], [0, 2, 9]]))
    array([25., 75.])
    """
    known = counts[:, :-1].astype(np.float64)
    everybody = known.sum(axis=0)
    total = everybody.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = 100 * (everybody.cumsum() - everybody / 2) / total
        return np.asarray((known * middle).sum(axis=1) / known.sum(axis=1))


def radar_axes(recipe: Recipe, profiles: Profiles, variables: Sequence[Variable]) -> dict[int, Variable]:
    """Five to nine variables to see segments on: the features, what has a concept, then what tells most; by place."""
    ordered = {v.column: i for i, v in enumerate(variables) if v.kind == "number" or is_flag(v)}
    named = [*recipe.features, *(n for c in AXES if (n := recipe.with_concept(c)))]
    chosen = [n for n in dict.fromkeys(named) if n in ordered][:MOST_AXES]
    rest = [v for v in variables if v.column in ordered and v.kind == "number" and v.column not in chosen]
    places = range(len(profiles.segments))
    rest.sort(key=lambda v: (bool(v.family), -max(abs(profiles.standard_difference(g, v.column)) for g in places)))
    chosen += [v.column for v in rest[: max(0, FEWEST_AXES - len(chosen))]]
    return {ordered[n]: variables[ordered[n]] for n in chosen}


def is_flag(variable: Variable) -> bool:
    """Whether a variable says yes or no."""
    return variable.kind == "category" and bool(variable.choices) and set(variable.choices) <= {"no", "yes"}


@dataclass(frozen=True)
class Density:
    """How one group is spread over a variable's bins.

    Attributes
    ----------
    shares : of the group's known values in each bin, smoothed over neighbouring bins unless the variable is discrete
    median : in original units, None where nothing is known
    known : customers with a value
    """

    group: Group
    shares: tuple[float, ...]
    median: float | None
    known: int


@dataclass(frozen=True)
class Distribution:
    """A variable's densities; the first is everybody's. ``blanks``: customers without a value."""

    variable: Variable
    everybody: Density
    groups: tuple[Density, ...]
    blanks: int
    discrete: bool


def distribution(
    variable: Variable, counts: Counts, groups: Sequence[Group], medians: Mapping[int | None, float] | None = None
) -> Distribution:
    """The densities of groups on a variable.

    Parameters
    ----------
    counts : as of :func:`count_by_segment`
    medians : exact ones by place (None: everybody's); from the bins where not given
    """
    discrete = variable.whole and variable.slots <= DISCRETE_UP_TO

    def density(group: Group) -> Density:
        mine = (counts.sum(axis=0) if group.place is None else counts[group.place])[:-1]
        median = (medians or {}).get(group.place, median_of_bins(mine, variable))
        known = int(mine.sum())
        shares = mine / max(1, known) if discrete else smoothed(mine / max(1, known))
        return Density(group, tuple(float(s) for s in shares), median, known)

    rows = tuple(density(g) for g in groups)
    return Distribution(variable, density(EVERYBODY), rows, int(counts[:, -1].sum()), discrete)


def smoothed(shares: Array) -> Array:
    """Shares spread over neighbouring bins by a bell of one bin's standard deviation; none leak over the ends.

    >>> smoothed(np.array([0.0, 0.0, 1.0, 0.0, 0.0])).round(2)
    array([0.06, 0.24, 0.4 , 0.24, 0.06])
    """
    steps = np.arange(-3, 4)
    bell = np.exp(-(steps**2) / 2)
    bell /= bell.sum()
    return np.asarray(np.convolve(np.pad(shares, 3, mode="symmetric"), bell, mode="valid"))


def median_of_bins(counts: Counts, variable: Variable) -> float | None:
    """The median from counts of bins, on a straight line within its bin."""
    total = int(counts.sum())
    if not total or variable.bins is None:
        return None
    below = np.concatenate([[0], counts.cumsum()])
    place = int(np.searchsorted(below[1:], total / 2))
    part = (total / 2 - below[place]) / max(1, counts[place])
    return float(variable.bins.low + (place + part) * variable.bins.width)


# ------------------------------------------------------------------------------------------------ in words


def value_text(variable: Variable, value: float | None) -> str:
    """A value of a variable as a label: a date, a percentage or a short number.

    >>> value_text(Variable("s", "S", "number", unit="share"), 0.25), value_text(Variable("a", "A", "number"), 1234)
    ('25\u202f%', '1.2k')
    """
    if value is None:
        return "unknown"
    if variable.kind == "date":
        return day_text(value)
    return percent(value) if variable.unit == "share" else short(value)


def medians_in_words(found: Distribution) -> str:
    """A variable and the medians of the chosen segments, from the lowest to the highest."""
    known = [d for d in found.groups if d.group.place is not None and d.median is not None]
    label, everybody = brief(found.variable.label), value_text(found.variable, found.everybody.median)
    if not known:
        return f"{label}: median of everyone {everybody}"
    if len(known) == 1:
        return f"{label}: median {value_text(found.variable, known[0].median)}, everyone {everybody}"
    lowest, highest = (pick(known, key=lambda d: d.median or 0.0) for pick in (min, max))
    low, high = (value_text(found.variable, d.median) for d in (lowest, highest))
    if low == high:
        return f"{label}: the same median, {low}"
    return f"{label}: median {low} ({lowest.group.short}) to {high} ({highest.group.short})"


def tail_in_words(found: Distribution) -> str:
    """What the bins of a variable leave in the dark: values beyond them, and blanks."""
    bins, variable, notes = found.variable.bins, found.variable, []
    if bins and bins.largest > bins.high:
        ends = value_text(variable, bins.high), value_text(variable, bins.largest)
        notes.append(f"Values above {ends[0]}, up to {ends[1]}, are in the last bin.")
    if bins and bins.smallest < bins.low:
        notes.append(f"Values below {value_text(variable, bins.low)} are in the first bin.")
    if found.blanks:
        notes.append(f"{full(found.blanks)} unknown left out.")
    return " ".join(notes)


def standing_in_words(axes: Sequence[str], lines: Sequence[tuple[Group, Sequence[float]]]) -> str:
    """The finding of a radar, in a sentence.

    >>> standing_in_words(["Income", "Age"], [(Group(0, "A", 0), [81.2, 50.0])])
    'A: high on income (81)'
    """
    mine = [(g, v) for g, v in lines if g.place is not None]
    if not mine:
        return "Everyone is at 50, by definition"
    if len(mine) == 1:
        group, values = mine[0]
        ranked = sorted(zip(values, axes, strict=True), key=lambda p: -p[0])
        high = [f"{brief(a.lower())} ({v:.0f})" for v, a in ranked if v >= HIGH][:3]
        low = [f"{brief(a.lower())} ({v:.0f})" for v, a in reversed(ranked) if v <= LOW][:3]
        said = [f"high on {listed(high)}" if high else "", f"low on {listed(low)}" if low else ""]
        return f"{group.short}: {'; '.join(w for w in said if w) or 'in the middle on everything'}"
    table = np.array([v for _, v in mine])
    spread = np.nan_to_num(table.max(axis=0) - table.min(axis=0), nan=-1.0)
    widest = int(spread.argmax())
    ends = int(np.nanargmin(table[:, widest])), int(np.nanargmax(table[:, widest]))
    lowest, highest = (f"{table[i, widest]:.0f} ({mine[i][0].short})" for i in ends)
    return f"Furthest apart on {brief(axes[widest].lower())}: percentile {lowest} to {highest}"
