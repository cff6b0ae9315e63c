"""Preparation of categories: an indicator for each level, scaled so that a category weighs as much as a measure.

After the factor analysis of mixed data: the indicator of a level that has the share p of customers is centred and
divided by the square root of p, so that a rare level in common makes two customers more alike than a frequent one.
All levels of a category with L levels then have a variance of L - 1; dividing by it gives each category the variance
of one standardised measure.

References
----------
Pagès, J. (2004). Analyse factorielle de données mixtes. Revue de Statistique Appliquée 52.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from segscope.engine import Engine, rows
from segscope.errors import ColumnError
from segscope.features import as_number

Array = npt.NDArray[np.float64]

MOST_LEVELS = 12
RAREST_SHARE = 0.02
"""A rarer level is taken together with others: alone it would outweigh any measure."""

OTHER = "(other)"


@dataclass(frozen=True)
class CategoryPreparation:
    """How a category becomes coordinates of model space, one a level.

    Attributes
    ----------
    levels : values with a coordinate of their own, the most frequent first
    shares : of the customers whose value is known, one a level, and of the others where there are any
    other : whether further values share a coordinate, the last
    blanks : customers without a value: they lie in the middle, at 0 in every coordinate
    weight : how much the category counts: its squared distances times this
    """

    feature: str
    levels: tuple[str, ...]
    shares: tuple[float, ...]
    other: bool
    blanks: int
    weight: float = 1.0

    @property
    def width(self) -> int:
        """How many coordinates it has."""
        return len(self.shares)

    @property
    def names(self) -> tuple[str, ...]:
        """What the coordinates stand for."""
        return (*self.levels, OTHER) if self.other else self.levels

    @property
    def heights(self) -> tuple[float, ...]:
        """How far a level's customers lie above all others in its coordinate."""
        return tuple(math.sqrt(self.weight / (self.width - 1) / share) for share in self.shares)

    def code(self, value: str | None) -> float:
        """The place of a value among the coordinates; NaN for a blank, and for a new value where there is no other.

        >>> step = CategoryPreparation("plan", ("basic", "pro"), (0.7, 0.2, 0.1), True, 0)
        >>> step.code("pro"), step.code("trial"), step.code(None)
        (1.0, 2.0, nan)
        """
        if value in self.levels:
            return float(self.levels.index(value))
        return float(len(self.levels)) if value is not None and self.other else math.nan


def fit_categories(engine: Engine, table: ibis.Table, features: Sequence[str]) -> tuple[CategoryPreparation, ...]:
    """Find the levels of categories and their shares, on all rows of a table.

    Raises
    ------
    ColumnError : when a category has the same value, or a blank, for every customer
    """
    return tuple(_fitted(engine, table, feature) for feature in features)


def _fitted(engine: Engine, table: ibis.Table, feature: str) -> CategoryPreparation:
    values = table.select(value=text_of(table[feature]))
    counts = values.group_by("value").agg(n=ibis._.count()).order_by([ibis.desc("n"), "value"])
    found = [(r["value"], int(r["n"])) for r in rows(engine, counts)]
    blanks = sum(n for value, n in found if value is None)
    known = [(str(value), n) for value, n in found if value is not None]
    total = sum(n for _, n in known)
    if len(known) < 2:
        raise ColumnError(f"The feature {feature!r} has the same value for every customer. Choose another.")
    frequent = [(value, n) for value, n in known[:MOST_LEVELS] if n >= RAREST_SHARE * total]
    if len(known) - len(frequent) == 1 and len(frequent) < MOST_LEVELS:
        frequent = known  # one value alone is no worse than "other"
    rest = total - sum(n for _, n in frequent)
    if len(frequent) + (rest > 0) < 2:
        frequent, rest = known[:2], total - known[0][1] - known[1][1]
    shares = [n / total for _, n in frequent] + ([rest / total] if rest else [])
    return CategoryPreparation(feature, tuple(v for v, _ in frequent), tuple(shares), rest > 0, blanks)


def text_of(column: ir.Value) -> ir.StringValue:
    """A category as text, whatever its type; an empty text is a blank."""
    text = column.cast("string")
    return text.nullif("")


def category_expressions(value: ir.Value, step: CategoryPreparation) -> list[ir.FloatingValue]:
    """The coordinates of a category, one a level, in the same arithmetic as :func:`category_numpy`."""
    return level_expressions(code_expression(value, step), step)


def level_expressions(code: ir.FloatingValue, step: CategoryPreparation) -> list[ir.FloatingValue]:
    """The coordinates of a category that is given as a place among them (see :func:`code_expression`)."""
    known = as_number(code.notnull())
    return [
        (as_number(ibis.coalesce(code == float(place), False)) - share * known) * height
        for place, (share, height) in enumerate(zip(step.shares, step.heights, strict=True))
    ]


def code_expression(value: ir.Value, step: CategoryPreparation) -> ir.FloatingValue:
    """The place of a value among the coordinates, as :meth:`CategoryPreparation.code` gives it; blank for NaN."""
    text = text_of(value)
    cases = [(text == level, place) for place, level in enumerate(step.levels)]
    other = len(step.levels) if step.other else ibis.null("int64")
    return ibis.cases((text.isnull(), ibis.null("int64")), *cases, else_=other).cast("float64")


def category_numpy(codes: Array, step: CategoryPreparation) -> Array:
    """Coordinates of shape (n, levels) of a category given as places among the coordinates, NaN for blank.

    >>> step = CategoryPreparation("plan", ("basic", "pro"), (0.5, 0.5), False, 0)
    >>> category_numpy(np.array([0.0, 1.0, np.nan]), step).round(3).tolist()
    [[0.707, -0.707], [-0.707, 0.707], [0.0, 0.0]]
    """
    known = (~np.isnan(codes)).astype(float)
    result = np.empty((len(codes), step.width))
    for place, (share, height) in enumerate(zip(step.shares, step.heights, strict=True)):
        result[:, place] = ((codes == place).astype(float) - share * known) * height
    return result
