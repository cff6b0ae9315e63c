"""Variables: the columns that can be looked at, each with bins that stay readable under heavy skew."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine, one, rows
from segscope.features import as_number
from segscope.formula import EPOCH
from segscope.intake.facts import column_kind
from segscope.recipe import Concept, Recipe, Role

BLANK = "(blank)"
OTHER = "(other)"
YES_OR_NO = ("no", "yes")
TARGET_BINS = 40
MAX_CHOICES = 40
RENARD = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)
DECADES_IN_TENS = 4
WORTH_A_LOG = 10.0  # times the first edge: less than a decade looks the same
FAR_OUT_FENCE = 3.0  # Tukey (1977): the axis ends at the far-out fences, the tail is one bar and is counted

LONGER_ABOVE, WIDER_ABOVE = 3.0, 1.5  # times: the upper half of all values, and of the middle half

VariableKind = Literal["number", "date", "category"]
Quartiles = tuple[float, float, float, float, float]


@dataclass(frozen=True)
class Bins:
    """Equal bins of a number or date (days since 1970-01-01).

    Attributes
    ----------
    low, width, count : bin i holds values from low + i width up to, not including, low + (i + 1) width
    smallest, largest : of all values; values beyond the bins count in the first or last bin
    edges : where the bins are not equal: bin i holds values from edge i up to, not including, edge i + 1
    skewed : most values crowd above 0 and a few lie far above them
    """

    low: float
    width: float
    count: int
    smallest: float
    largest: float
    edges: tuple[float, ...] = ()
    skewed: bool = False

    @property
    def high(self) -> float:
        """The end of the last bin."""
        return self.low + self.count * self.width


@dataclass(frozen=True)
class Variable:
    """A column that can be looked at, filtered and plotted.

    ``bins`` for numbers and dates; ``choices`` (most frequent first) for categories and flags, with ``others`` counting
    the values that are grouped. ``names``: what people call the choices where these are ids; the column then holds
    their places, so that a thing can be called otherwise without touching a customer.
    """

    column: str
    label: str
    kind: VariableKind
    unit: str = ""
    whole: bool = False
    bins: Bins | None = None
    choices: tuple[str, ...] = ()
    others: int = 0
    derived: bool = False
    family: str = ""
    names: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """The choices as people read them."""
        return self.names or self.choices

    def called(self, value: str) -> str:
        """What people call a choice.

        >>> Variable("x", "Segment", "category", choices=("s1", "s2"), names=("Stars", "Others")).called("s2")
        'Others'
        """
        return dict(zip(self.choices, self.names, strict=True)).get(value, value) if self.names else value

    @property
    def slots(self) -> int:
        """Number of bars, without the one for blanks."""
        return self.bins.count if self.bins else len(self.choices)


def as_days(column: ir.Value) -> ir.FloatingValue:
    """A date as days since 1970-01-01."""
    day = column.date() if column.type().is_timestamp() else column
    return day.delta(ibis.date(EPOCH), unit="day").cast("float64")


def numeric(table: ibis.Table, variable: Variable) -> ir.FloatingValue:
    """A number, or a date as days, as float64."""
    column = table[variable.column]
    return as_days(column) if variable.kind == "date" else as_number(column)


def describe_variables(
    engine: Engine, table: ibis.Table, recipe: Recipe, known: Mapping[str, Quartiles] | None = None
) -> tuple[Variable, ...]:
    """Describe every column that can be looked at: derived ones first, then the source's in their order.

    Identifiers, texts, constants, personal and ignored columns are left out; so is a birth year that an age stands for.

    Parameters
    ----------
    known : smallest value, quartiles and largest value of columns that were measured already
    """
    variables = [Variable(d.name, d.label, "number", d.unit, derived=True) for d in recipe.derived]
    has_age = any(d.concept is Concept.AGE for d in recipe.derived)
    for c in recipe.columns:
        hidden = has_age and c.concept is Concept.BIRTH
        if c.role in (Role.MEASURE, Role.DATE) and not hidden:
            kind: VariableKind = "date" if c.role is Role.DATE else "number"
            variables.append(Variable(c.column, c.label, kind, c.unit, family=c.family or ""))
        elif c.role is Role.FLAG and column_kind(table[c.column]) in ("number", "boolean"):
            variables.append(Variable(c.column, c.label, "category", choices=YES_OR_NO, family=c.family or ""))
        elif c.role in (Role.CATEGORY, Role.FLAG):
            variables.append(Variable(c.column, c.label, "category", family=c.family or ""))
    numbers = [v for v in variables if v.kind != "category"]
    with_bins = {v.column: v for v in _with_bins(engine, table, numbers, known or {})}
    return tuple(
        with_bins[v.column] if v.column in with_bins else v if v.choices else _with_choices(engine, table, v)
        for v in variables
    )


def _with_bins(
    engine: Engine, table: ibis.Table, variables: Sequence[Variable], known: Mapping[str, Quartiles]
) -> list[Variable]:
    if not variables:
        return []
    aggregates: dict[str, ir.Scalar] = {}
    for i, variable in enumerate(variables):
        x = numeric(table, variable)
        if not _is_of_integers(table, variable):
            aggregates[f"whole{i}"] = (x % 1.0 == 0).all()
        if variable.column not in known:
            aggregates[f"q{i}"] = x.quantile([0.0, 0.25, 0.5, 0.75, 1.0])
    found = one(engine, table.agg(**aggregates)) if aggregates else {}
    quartiles = [known.get(v.column) or found[f"q{i}"] for i, v in enumerate(variables)]
    return [_binned(v, quartiles[i], bool(found.get(f"whole{i}", True))) for i, v in enumerate(variables)]


def _is_of_integers(table: ibis.Table, variable: Variable) -> bool:
    """Whether a number is whole without a look at its values."""
    return variable.kind == "number" and bool(table[variable.column].type().is_integer())


def _binned(variable: Variable, quantiles: Sequence[float] | None, whole: bool) -> Variable:
    if quantiles is None or quantiles[0] is None:
        quantiles, whole = [0.0] * 5, True
    smallest, quarter, median, three_quarters, largest = quantiles
    bins = choose_bins(smallest, quarter, median, three_quarters, largest, whole)
    return replace(variable, whole=whole, bins=replace(bins, skewed=is_skewed(quantiles)))


def is_skewed(quartiles: Sequence[float]) -> bool:
    """Whether values that are not below 0 lie far farther above their median than below it, all or the middle half.

    >>> is_skewed((0.0, 10.0, 20.0, 40.0, 500.0)), is_skewed((18.0, 36.0, 45.0, 55.0, 75.0))
    (True, False)
    """
    smallest, quarter, median, three_quarters, largest = quartiles
    longer = largest - median > LONGER_ABOVE * (median - smallest)
    return smallest >= 0 and (longer or three_quarters - median > WIDER_ABOVE * (median - quarter))


def choose_bins(
    smallest: float, quarter: float, median: float, three_quarters: float, largest: float, whole: bool
) -> Bins:
    """Choose about forty bins, or fewer, of a round width over the bulk of the values.

    >>> choose_bins(0, 1, 1, 2, 3, whole=True)
    Bins(low=-0.5, width=1.0, count=4, smallest=0, largest=3, edges=(), skewed=False)
    >>> choose_bins(0, 10, 20, 40, 5000, whole=True).high
    130.0
    """
    spread = three_quarters - quarter
    low, high = smallest, largest
    if spread > 0:
        low = max(smallest, quarter - FAR_OUT_FENCE * spread)
        high = min(largest, three_quarters + FAR_OUT_FENCE * spread)
    elif largest > median:
        high = min(largest, median + max(1.0, abs(median)) * 10)
    if whole and high - low <= TARGET_BINS:
        return Bins(math.floor(low) - 0.5, 1.0, int(math.floor(high) - math.floor(low)) + 1, smallest, largest)
    width = round_width((high - low) / TARGET_BINS, whole) if high > low else 1.0
    if whole:
        width = max(1.0, width)
    start = math.floor(low / width) * width
    count = max(1, math.floor((high - start) / width) + (1 if (high - start) % width or high == start else 0))
    if start + count * width <= high and high == largest:
        count += 1
    return Bins(start, width, count, smallest, largest)


def round_width(width: float, whole: bool = False) -> float:
    """The least of 1, 2, 2.5 (not for whole numbers), 5 or 10 times a power of ten that is not below a width.

    >>> round_width(37.0), round_width(0.12), round_width(1.0)
    (50.0, 0.2, 1.0)
    """
    power = 10.0 ** math.floor(math.log10(width))
    steps = (1.0, 2.0, 5.0, 10.0) if whole else (1.0, 2.0, 2.5, 5.0, 10.0)
    return next(step * power for step in steps if step * power >= width * (1 - 1e-9))


def log_view(variable: Variable) -> Variable | None:
    """The same measure in bins of equal ratios, where it is skewed and nothing is below 0; else None.

    Edges are Renard's preferred numbers (ISO 3), ten or five a decade; whole numbers have whole edges. Values below
    the first, such as 0, are in the first bin.

    >>> skewed = Variable("a", "A", "number", "", True, Bins(0.0, 1.0, 10, 0.0, 100.0))
    >>> log_view(skewed).bins.edges[:12]
    (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0, 10.0, 13.0, 16.0, 20.0)
    """
    bins = variable.bins
    if variable.kind != "number" or bins is None or bins.smallest < 0:
        return None
    start = max(bins.smallest, 1.0 if variable.whole else bins.width / 100)
    if bins.largest <= bins.high and not (bins.skewed and bins.largest >= WORTH_A_LOG * start):
        return None
    decades = range(math.floor(math.log10(start)), math.floor(math.log10(bins.largest)) + 1)
    series = RENARD[:: 1 if len(decades) <= DECADES_IN_TENS else 2]
    every = (number * 10.0**decade for decade in decades for number in series)
    rounded = sorted({float(math.ceil(e)) if variable.whole else float(f"{e:.6g}") for e in every})
    inner = [e for e in rounded if start <= e <= bins.largest]
    edges = (0.0, *inner, math.nextafter(bins.largest, math.inf))
    return replace(variable, bins=replace(bins, count=len(edges) - 1, edges=edges))


def _with_choices(engine: Engine, table: ibis.Table, variable: Variable) -> Variable:
    value = text_value(table, variable)
    counts = table.select(value=value).filter(value.notnull()).group_by("value").agg(n=ibis._.count())
    found = rows(engine, counts.order_by([ibis.desc("n"), "value"]).limit(MAX_CHOICES + 1))
    values = [str(r["value"]) for r in found]
    others = 0
    if len(values) > MAX_CHOICES:
        others = int(one(engine, counts.agg(n=counts.count()))["n"]) - MAX_CHOICES
        values = [*values[:MAX_CHOICES], OTHER]
    elif set(values) <= {"yes", "no"}:
        values = [v for v in ("no", "yes") if v in values]
    return replace(variable, choices=tuple(values), others=others)


def text_value(table: ibis.Table, variable: Variable) -> ir.StringValue:
    """A category's value as text; flags read yes and no."""
    column = table[variable.column]
    if variable.names:
        return ibis.cases(*((column == place, value) for place, value in enumerate(variable.choices)))
    kind = column.type()
    if kind.is_boolean():
        return ibis.cases((column.isnull(), ibis.null("string")), (column, "yes"), else_="no")
    if kind.is_numeric() and variable.choices == YES_OR_NO:
        number = column.cast("float64")
        blank = ibis.null("string")
        return ibis.cases(
            (column.isnull(), blank), (number == 1, "yes"), (number == 0, "no"), else_=column.cast("string")
        )
    return column.cast("string")


def day_text(days: float) -> str:
    """Days since 1970-01-01 as an ISO date.

    >>> day_text(0.0)
    '1970-01-01'
    """
    return date.fromordinal(EPOCH.toordinal() + round(days)).isoformat()
