"""Scoring: which segment a customer belongs to, for whole files and for one customer of whom little is known.

What is not known about a customer is not replaced by zero or by the mean: it is integrated out over real customers
who are like this one in what is known.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import numpy as np
import numpy.typing as npt

from segscope import formula
from segscope.engine import Engine, connect
from segscope.errors import ScoreError, did_you_mean
from segscope.exporting import check_target, write_rows
from segscope.features import as_number
from segscope.intake import ROW, read, read_text
from segscope.preparation import to_model_numpy
from segscope.profiling import Profiles
from segscope.recipe import Concept, DerivedColumn
from segscope.segmentation import (
    SECOND,
    SEGMENT,
    STRENGTH,
    Segmentation,
    assign,
    check_columns,
    strengths_numpy,
    to_customers,
)
from segscope.wording import full

Array = npt.NDArray[np.float64]
APPENDED = ("segment", "segment_probability", "second_segment")
FEWEST_ALIKE = 40.0
KERNEL_WIDTH = 0.25
FAR_BEYOND = 10.0
TEXT_FORMATS = {"delimited text"}


def score_file(segmentation: Segmentation, source: Path, target: Path) -> int:
    """Score every row of a source and write it with ``segment``, ``segment_probability`` and ``second_segment``.

    The source's own columns and the order of its rows stay; cells of a text file stay as they stand in it.

    Returns
    -------
    the number of rows written
    """
    check_target(target)
    engine = connect()
    try:
        typed, report = read(source, engine, "typed")
        check_columns(typed, segmentation, report.source)
        scores = engine.store("scores", scored(typed, segmentation))
        own = typed
        if report.format in TEXT_FORMATS:
            text = read_text(source, engine, "text")[0]
            own = text if ROW in text.columns else text.mutate(**{ROW: ibis.row_number()})
        names = free_names([c for c in own.columns if c != ROW])
        joined = own.join(scores, ROW).order_by(ROW)
        kept = [c for c in own.columns if c != ROW]
        wanted = joined.select(*kept, **{n: joined[f"__{i}"] for i, n in enumerate(names)})
        schema = engine.fetch(wanted.limit(0)).schema
        return write_rows(engine.batches(wanted), schema, target)
    finally:
        engine.close()


def scored(source: ibis.Table, segmentation: Segmentation) -> ibis.Table:
    """Segment, its probability and the second segment of every row of a typed source, as an expression by ROW."""
    customers = to_customers(source, segmentation.recipe)
    found = assign(customers.select(ROW, *segmentation.recipe.features), segmentation)
    return found.select(
        ROW,
        __0=segment_name(found[SEGMENT], segmentation),
        __1=found[STRENGTH].round(6),
        __2=segment_name(found[SECOND], segmentation),
    )


def segment_name(place: ibis.expr.types.IntegerValue, segmentation: Segmentation) -> ibis.expr.types.StringValue:
    """The name of a segment by its place, as an expression."""
    cases = [(place == i, s.name) for i, s in enumerate(segmentation.segments)]
    return ibis.cases(*cases, else_=ibis.null("string"))


def free_names(taken: Sequence[str]) -> tuple[str, ...]:
    """Names of the appended columns; a number follows where the source has a column of that name.

    >>> free_names(["segment", "Income"])
    ('segment_2', 'segment_probability', 'second_segment')
    """
    found = []
    for name in APPENDED:
        options = [name, *(f"{name}_{n}" for n in range(2, len(taken) + 3))]
        found.append(next(o for o in options if o not in taken))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Donors:
    """Real customers over whom unknown features are integrated: features in original units, shape (n,) each."""

    features: dict[str, Array]

    def __len__(self) -> int:
        return len(next(iter(self.features.values())))


@dataclass(frozen=True)
class Placement:
    """Where a customer belongs.

    Attributes
    ----------
    probabilities : one a segment, in their order; they sum to 1
    first, second : places of the two most likely segments; second is None with one segment
    known : features that were given or follow from what was given
    """

    probabilities: tuple[float, ...]
    first: int
    second: int | None
    known: tuple[str, ...]


def gather_donors(engine: Engine, sample: ibis.Table, segmentation: Segmentation, count: int = 4000) -> Donors:
    """Take real customers from a sampled table."""
    features = segmentation.recipe.features
    found = engine.fetch(sample.select(**{f"x{i}": as_number(sample[f]) for i, f in enumerate(features)}).limit(count))
    fills = {s.feature: s.fill for s in segmentation.preparation}
    arrays = {f: found[f"x{i}"].to_numpy().astype(float) for i, f in enumerate(features)}
    return Donors({f: np.where(np.isnan(a), fills[f], a) for f, a in arrays.items()})


def place(segmentation: Segmentation, donors: Donors, given: Mapping[str, float]) -> Placement:
    """Place a customer of whom some features are known.

    Parameters
    ----------
    given : features by name, in original units; at least one

    Raises
    ------
    ScoreError : for a name that is no feature, or when nothing is given
    """
    unknown = [f for f in given if f not in segmentation.recipe.features]
    if unknown:
        raise ScoreError(f"There is no feature {unknown[0]!r}.{did_you_mean(unknown[0], segmentation.recipe.features)}")
    if not given:
        raise ScoreError("Fill in at least one field.")
    known = _with_implied(segmentation, {f: np.array([v]) for f, v in given.items()})
    weights = _likeness(segmentation, donors, known)
    complete = _with_implied(segmentation, {f: np.full(len(donors), v[0]) for f, v in known.items()}, donors)
    odds = strengths_numpy(segmentation, to_model_numpy(complete, segmentation.preparation))
    probabilities = weights @ odds / weights.sum()
    order = np.argsort(-probabilities, kind="stable")
    second = int(order[1]) if len(order) > 1 else None
    return Placement(tuple(float(p) for p in probabilities), int(order[0]), second, tuple(known))


def _with_implied(
    segmentation: Segmentation, known: Mapping[str, Array], donors: Donors | None = None
) -> dict[str, Array]:
    """Add features that follow from known ones by their formula; then the donors' where nothing is known."""
    values = dict(known)
    features = segmentation.recipe.features
    derived = {d.name: d for d in segmentation.recipe.derived if d.name in features}
    if donors is not None:
        inputs = {f: known.get(f, donors.features[f]) for f in features}
        for name, column in derived.items():
            needs = formula.columns(formula.parse(column.formula))
            if name not in known and all(n in inputs for n in needs) and any(n in known for n in needs):
                found = formula.to_numpy(formula.parse(column.formula), inputs)
                inputs[name] = np.where(np.isnan(found), inputs[name], found)
        return inputs
    for name, column in derived.items():
        node = formula.parse(column.formula)
        if name not in values and all(n in values for n in formula.columns(node)):
            found = formula.to_numpy(node, values)
            if not np.isnan(found).any():
                values[name] = found
    return values


def _likeness(segmentation: Segmentation, donors: Donors, known: Mapping[str, Array]) -> Array:
    """How much each donor counts: a Gaussian kernel on what is known, widened until enough donors count."""
    steps = tuple(s for s in segmentation.preparation if s.feature in known)
    if len(steps) == len(segmentation.preparation):
        return np.ones(len(donors))
    mine = to_model_numpy(known, steps)
    theirs = to_model_numpy(donors.features, steps)
    d2 = ((theirs - mine) ** 2).sum(axis=1)
    d2 = d2 - d2.min()
    width = KERNEL_WIDTH
    wanted = min(FEWEST_ALIKE, len(donors) / 2)
    while True:
        weights = np.exp(-d2 / (2 * width * width))
        if weights.sum() ** 2 / (weights**2).sum() >= wanted or width > 100:
            return np.asarray(weights)
        width *= 1.5


@dataclass(frozen=True)
class Field:
    """One field of the form for a new customer."""

    feature: str
    label: str
    unit: str
    low: float
    high: float
    typical: float
    never_negative: bool
    at_most: float | None


def form_fields(segmentation: Segmentation, profiles: Profiles) -> tuple[Field, ...]:
    """The fields of the form, made from the recipe, with plausible ranges."""
    fields = []
    for name in segmentation.recipe.features:
        column = segmentation.recipe.column(name)
        seen = profiles.everybody.numbers[name]
        share = isinstance(column, DerivedColumn) and column.concept is Concept.DEALS
        fields.append(
            Field(
                name, column.label, column.unit, seen.low, seen.high, seen.median, seen.low >= 0, 1.0 if share else None
            )
        )
    return tuple(fields)


def read_number(field: Field, text: str | float | None) -> float | None:
    """Read what a person typed into a field; None for an empty one.

    Raises
    ------
    ScoreError : for what is no number, or cannot be true

    >>> spend = Field("spend", "Total spend", "", 0.0, 2500.0, 400.0, True, None)
    >>> read_number(spend, " 1,200 "), read_number(spend, "")
    (1200.0, None)
    >>> read_number(spend, "abc")
    Traceback (most recent call last):
    segscope.errors.ScoreError: 'abc' is not a number. Type digits, such as 400.
    >>> read_number(spend, "-5")
    Traceback (most recent call last):
    segscope.errors.ScoreError: Total spend cannot be below 0.
    """
    if text is None or not str(text).strip():
        return None
    written = re.sub(r"[\s\u00a0\u202f']", "", str(text))
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", written):
        written = written.replace(",", "")
    elif re.fullmatch(r"[+-]?\d+,\d+", written):
        written = written.replace(",", ".")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", written):
        raise ScoreError(f"{str(text).strip()[:30]!r} is not a number. Type digits, such as {full(field.typical)}.")
    value = float(written)
    _check_possible(field, value)
    return value


def _check_possible(field: Field, value: float) -> None:
    if field.never_negative and value < 0:
        raise ScoreError(f"{field.label} cannot be below 0.")
    if field.at_most is not None and value > field.at_most:
        raise ScoreError(f"{field.label} is a share: at most {full(field.at_most)}.")
    reach = FAR_BEYOND * max(abs(field.high), abs(field.low), 1.0)
    if not math.isfinite(value) or abs(value) > reach:
        seen = f"{full(field.low)} to {full(field.high)}"
        raise ScoreError(f"{field.label} of {value:,.6g} is impossible here: customers have {seen}.")
