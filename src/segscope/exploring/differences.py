"""How a selection differs from the rest, or from others: every variable by its effect size, largest first."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from scipy.special import chndtrinc

from segscope.engine import Engine, one
from segscope.exploring.counts import SELECTION, BinCounts
from segscope.exploring.variables import Variable, numeric

# 97.5 % point of the normal distribution.
Z95 = 1.959964
FEWEST_CUSTOMERS = 2


@dataclass(frozen=True)
class Moments:
    """Count, sum and sum of squares (about a fixed centre) of one variable among some customers."""

    count: int
    total: float
    squares: float
    centre: float

    @property
    def mean(self) -> float:
        """The mean, NaN without customers."""
        return self.centre + self.total / self.count if self.count else math.nan

    def without(self, part: "Moments") -> "Moments":
        """The rest, when a part is taken away."""
        return Moments(self.count - part.count, self.total - part.total, self.squares - part.squares, self.centre)

    @property
    def sum_of_squares(self) -> float:
        """Sum of squared distances from the mean."""
        return max(0.0, self.squares - self.total**2 / self.count) if self.count else 0.0


@dataclass(frozen=True)
class Difference:
    """How the selection differs from the rest (or from others) in one variable.

    Attributes
    ----------
    effect : Cohen's d for a number (signed), Cramer's V for a category (0 to 1)
    low, high : its 95 % interval
    selection, rest : the means; for a category the share of the value that differs most, named by ``value``
    """

    column: str
    label: str
    unit: str
    effect: float
    low: float
    high: float
    selection: float
    rest: float
    value: str | None = None

    @property
    def size(self) -> float:
        """Size on a common scale, at least 0."""
        return abs(self.scaled(self.effect))

    def scaled(self, effect: float) -> float:
        """An effect on the scale of Cohen's d: V = 0.5 is as large as d = 1.15 (Cohen 1988, for an even split)."""
        if self.value is None:
            return effect
        v = min(effect, 0.999)
        return 2 * v / math.sqrt(1 - v * v)


def moments(
    engine: Engine, table: ibis.Table, variables: Sequence[Variable], selected: ibis.Table, counts: BinCounts
) -> dict[str, Moments]:
    """Moments of every number among selected customers, in one query; taken about the variable's first bin.

    Parameters
    ----------
    counts : of the selected customers' bins; they tell all of a variable whose every value has a bin of its own
    """
    told = {v.column: moments_of_counts(v, counts[v.column]) for v in variables if _has_bin_each(v)}
    numbers = [v for v in variables if v.kind != "category" and v.bins and v.column not in told]
    stand_in = ibis.table(table.schema(), name=SELECTION)
    aggregates: dict[str, ir.Scalar] = {}
    for i, variable in enumerate(numbers):
        centre = variable.bins.low if variable.bins else 0.0
        x = numeric(stand_in, variable) - centre
        aggregates |= {f"n{i}": x.count(), f"s{i}": x.sum(), f"q{i}": (x * x).sum()}
    if not aggregates:
        return told
    found = one(engine, stand_in.agg(**aggregates), {SELECTION: selected})
    return told | {
        v.column: Moments(
            int(found[f"n{i}"]), found[f"s{i}"] or 0.0, found[f"q{i}"] or 0.0, v.bins.low if v.bins else 0.0
        )
        for i, v in enumerate(numbers)
    }


def leading(
    variables: Sequence[Variable],
    my_counts: BinCounts,
    their_counts: BinCounts,
    shown: int,
    everybody: Mapping[str, tuple[Moments, Sequence[int]]],
) -> tuple[Variable, ...]:
    """The variables that may be among the first to differ: those whose moments are worth reading every customer for.

    By the bins, values lie in the middle of their bin and the tails at the end of the axis; so half as many again are
    taken as are shown. And each variable whose tails could make it as large as the last of those shown: how much all
    customers' tails hold together bounds what a part of them can hold.

    Parameters
    ----------
    everybody : moments and counts of everybody's numbers
    """
    mine, theirs = (
        {v.column: moments_of_counts(v, counts[v.column]) for v in variables if v.kind == "number"}
        for counts in (my_counts, their_counts)
    )
    ranked = differences(variables, mine, theirs, my_counts, their_counts)
    found = {d.column for d in ranked[: shown + shown // 2]}
    least = ranked[shown - 1].size if len(ranked) >= shown else 0.0
    for v in variables:
        if v.kind == "number" and v.column not in found and _has_tail(v):
            mean = [_mean_between(v, counts[v.column], *everybody[v.column]) for counts in (my_counts, their_counts)]
            most = max(mean[0][1] - mean[1][0], mean[1][1] - mean[0][0])
            if most > least * _pooled(mine[v.column], theirs[v.column]):
                found.add(v.column)
    return tuple(v for v in variables if v.column in found)


def _has_tail(variable: Variable) -> bool:
    """Whether a bin holds values from beyond the axis."""
    bins = variable.bins
    return bins is not None and (bins.smallest < bins.low or bins.largest > bins.high)


def _mean_between(
    variable: Variable, counts: Sequence[int], whole: Moments, everybody: Sequence[int]
) -> tuple[float, float]:
    """The least and the largest mean that some customers can have, by their bins and the sum of everybody's values."""
    bins, last = variable.bins, variable.slots - 1
    if bins is None or not sum(counts[: last + 1]) or last < 1:
        return 0.0, 0.0
    ends = {  # of the values in a bin that holds a tail, about the first bin
        0: (min(bins.smallest - bins.low, 0.0), bins.width),
        last: (last * bins.width, max(bins.largest - bins.low, (last + 1) * bins.width)),
    }
    inner = [0, *counts[1:last]], [0, *everybody[1:last]]
    mine, all_ = (math.fsum(n * (i + 0.5) * bins.width for i, n in enumerate(of)) for of in inner)
    others = [e - c for e, c in zip(everybody, counts, strict=True)]
    least, most = (sum(counts[i] * ends[i][side] for i in ends) for side in (0, 1))
    others_least, others_most = (sum(others[i] * ends[i][side] for i in ends) for side in (0, 1))
    in_ends = whole.total - all_
    low, high = max(least, in_ends - others_most), min(most, in_ends - others_least)
    n = sum(counts[: last + 1])
    return (mine + min(low, high)) / n, (mine + max(low, high)) / n


def _pooled(mine: Moments, rest: Moments) -> float:
    """The standard deviation within two groups."""
    return math.sqrt((mine.sum_of_squares + rest.sum_of_squares) / max(1, mine.count + rest.count - 2))


def moments_of_counts(variable: Variable, counts: Sequence[int]) -> Moments:
    """Moments of a number whose values are taken at the middle of their bin; the last count, of blanks, is left out.

    They are exact for whole numbers with a bin for each.

    >>> from segscope.exploring import Bins
    >>> v = Variable("a", "A", "number", "", True, Bins(-0.5, 1.0, 3, 0, 2))
    >>> moments_of_counts(v, [1, 2, 1, 9]).mean
    1.0
    """
    width = variable.bins.width if variable.bins else 1.0
    steps = [width * (0.5 + i) for i in range(variable.slots)]
    of = counts[: variable.slots]
    return Moments(
        sum(of),
        math.fsum(n * w for n, w in zip(of, steps, strict=True)),
        math.fsum(n * w * w for n, w in zip(of, steps, strict=True)),
        variable.bins.low if variable.bins else 0.0,
    )


def _has_bin_each(variable: Variable) -> bool:
    """Whether each bin holds one whole number, and none holds a tail."""
    bins = variable.bins
    if variable.kind != "number" or bins is None or not variable.whole or bins.width != 1.0:
        return False
    return bins.low <= bins.smallest and bins.largest <= bins.high and bins.low % 1.0 == 0.5


def differences(
    variables: Sequence[Variable],
    mine: dict[str, Moments],
    theirs: dict[str, Moments],
    my_counts: BinCounts,
    their_counts: BinCounts,
) -> tuple[Difference, ...]:
    """Rank variables by how much a selection differs from others in them.

    Where the two share customers, those count in both, and the intervals are wider than they need be.
    """
    found: list[Difference] = []
    for v in variables:
        if v.kind == "category":
            difference = category_difference(v, my_counts[v.column], their_counts[v.column])
        elif v.kind == "number":
            difference = number_difference(v, mine[v.column], theirs[v.column])
        else:
            difference = None
        if difference is not None:
            found.append(difference)
    return tuple(sorted(found, key=lambda d: (-d.size, d.column)))


def number_difference(variable: Variable, mine: Moments, rest: Moments) -> Difference | None:
    """Cohen's d with its large-sample interval (Hedges & Olkin 1985); None where it cannot be told.

    >>> v = Variable("a", "A", "number")
    >>> d = number_difference(v, Moments(4, 8.0, 18.0, 0.0), Moments(4, 4.0, 6.0, 0.0))
    >>> round(d.effect, 3), d.selection, d.rest
    (1.225, 2.0, 1.0)
    """
    if mine.count < FEWEST_CUSTOMERS or rest.count < FEWEST_CUSTOMERS:
        return None
    pooled = _pooled(mine, rest)
    if pooled <= 1e-6 * max(1.0, abs(mine.centre)):
        return None
    d = (mine.mean - rest.mean) / pooled
    error = math.sqrt(1 / mine.count + 1 / rest.count + d * d / (2 * (mine.count + rest.count)))
    return Difference(
        variable.column, variable.label, variable.unit, d, d - Z95 * error, d + Z95 * error, mine.mean, rest.mean
    )  # fmt: skip


def category_difference(variable: Variable, mine: Sequence[int], theirs: Sequence[int]) -> Difference | None:
    """Cramer's V of being selected against the category (bias-corrected, Bergsma 2013), with its interval.

    The interval inverts the noncentral chi-square distribution (Steiger 2004). Blanks, the last count, are left out.

    >>> v = Variable("c", "C", "category", choices=("x", "y"))
    >>> d = category_difference(v, [50, 0, 0], [0, 50, 0])
    >>> round(d.effect, 2), d.value, d.selection, d.rest
    (1.0, 'x', 1.0, 0.0)
    """
    slots = variable.slots
    n, others = sum(mine[:slots]), sum(theirs[:slots])
    total = n + others
    both = [m + t for m, t in zip(mine[:slots], theirs[:slots], strict=True)]
    present = [i for i in range(slots) if both[i]]
    if n < FEWEST_CUSTOMERS or others < FEWEST_CUSTOMERS or len(present) < 2:
        return None
    chi2 = 0.0
    for i in present:
        for count, size in ((mine[i], n), (theirs[i], others)):
            expected = both[i] * size / total
            chi2 += (count - expected) ** 2 / expected
    freedom = len(present) - 1
    phi2 = max(0.0, chi2 / total - freedom / (total - 1))
    value = max(present, key=lambda i: abs(mine[i] / n - theirs[i] / others))
    effect = math.sqrt(min(1.0, phi2 / (1 - 1 / (total - 1))))
    low, high = (_noncentrality(chi2, freedom, p) for p in (0.975, 0.025))
    return Difference(
        variable.column, variable.label, "", effect,
        min(effect, math.sqrt(low / total)), max(effect, math.sqrt(min(1.0, high / total))),
        mine[value] / n, theirs[value] / others, variable.shown[value],
    )  # fmt: skip


def _noncentrality(chi2: float, freedom: int, probability: float) -> float:
    """The noncentrality under which a chi-square statistic stays below ``chi2`` with this probability; 0 for none."""
    found = float(chndtrinc(chi2, freedom, probability))
    return found if math.isfinite(found) else 0.0
