"""How a selection differs from the rest: every variable by its effect size, largest first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

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
    """How the selection differs from the rest in one variable.

    Attributes
    ----------
    effect : Cohen's d for a number (signed), Cramer's V for a category (0 to 1)
    low, high : 95 % interval of Cohen's d; None for a category
    selection, rest : the means; for a category the share of the value that differs most, named by ``value``
    """

    column: str
    label: str
    unit: str
    effect: float
    low: float | None
    high: float | None
    selection: float
    rest: float
    value: str | None = None

    @property
    def size(self) -> float:
        """Size on a common scale: V = 0.5 is as large as d = 1.15 (Cohen 1988, for an even split)."""
        v = min(abs(self.effect), 0.999)
        return abs(self.effect) if self.value is None else 2 * v / math.sqrt(1 - v * v)


def moments(
    engine: Engine, table: ibis.Table, variables: Sequence[Variable], selected: ibis.Table
) -> dict[str, Moments]:
    """Moments of every number among selected customers, in one query; taken about the variable's first bin."""
    numbers = [v for v in variables if v.kind != "category" and v.bins]
    stand_in = ibis.table(table.schema(), name=SELECTION)
    aggregates: dict[str, ir.Scalar] = {}
    for i, variable in enumerate(numbers):
        centre = variable.bins.low if variable.bins else 0.0
        x = numeric(stand_in, variable) - centre
        aggregates |= {f"n{i}": x.count(), f"s{i}": x.sum(), f"q{i}": (x * x).sum()}
    if not aggregates:
        return {}
    found = one(engine, stand_in.agg(**aggregates), {SELECTION: selected})
    return {
        v.column: Moments(
            int(found[f"n{i}"]), found[f"s{i}"] or 0.0, found[f"q{i}"] or 0.0, v.bins.low if v.bins else 0.0
        )
        for i, v in enumerate(numbers)
    }


def differences(
    variables: Sequence[Variable],
    selected: dict[str, Moments],
    everybody: dict[str, Moments],
    selected_counts: BinCounts,
    all_counts: BinCounts,
) -> tuple[Difference, ...]:
    """Rank variables by how much the selection differs from the rest in them."""
    found: list[Difference] = []
    for v in variables:
        if v.kind == "category":
            difference = category_difference(v, selected_counts[v.column], all_counts[v.column])
        elif v.kind == "number":
            difference = number_difference(v, selected[v.column], everybody[v.column].without(selected[v.column]))
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
    pooled = (mine.sum_of_squares + rest.sum_of_squares) / (mine.count + rest.count - 2)
    if pooled <= 1e-12 * max(1.0, mine.centre**2):
        return None
    d = (mine.mean - rest.mean) / math.sqrt(pooled)
    error = math.sqrt(1 / mine.count + 1 / rest.count + d * d / (2 * (mine.count + rest.count)))
    return Difference(
        variable.column, variable.label, variable.unit, d, d - Z95 * error, d + Z95 * error, mine.mean, rest.mean
    )  # fmt: skip


def category_difference(variable: Variable, mine: Sequence[int], everybody: Sequence[int]) -> Difference | None:
    """Cramer's V of being selected against the category (bias-corrected), and the value that differs most.

    >>> v = Variable("c", "C", "category", choices=("x", "y"))
    >>> d = category_difference(v, [50, 0, 0], [50, 50, 0])
    >>> round(d.effect, 2), d.value, d.selection, d.rest
    (1.0, 'x', 1.0, 0.0)
    """
    slots = variable.slots
    rest = [a - m for m, a in zip(mine[:slots], everybody[:slots], strict=True)]
    n, others = sum(mine[:slots]), sum(rest)
    total = n + others
    present = [i for i in range(slots) if everybody[i]]
    if n < FEWEST_CUSTOMERS or others < FEWEST_CUSTOMERS or len(present) < 2:
        return None
    chi2 = 0.0
    for i in present:
        for count, size in ((mine[i], n), (rest[i], others)):
            expected = everybody[i] * size / total
            chi2 += (count - expected) ** 2 / expected
    phi2 = max(0.0, chi2 / total - (len(present) - 1) / (total - 1))
    value = max(present, key=lambda i: abs(mine[i] / n - rest[i] / others))
    effect = math.sqrt(min(1.0, phi2 / (1 - 1 / (total - 1))))
    return Difference(
        variable.column, variable.label, "", effect, None, None, mine[value] / n, rest[value] / others,
        variable.choices[value],
    )  # fmt: skip
