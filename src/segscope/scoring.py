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
import pyarrow as pa

from segscope import formula
from segscope.engine import Engine, connect, one
from segscope.errors import ScoreError, did_you_mean
from segscope.exporting import check_target, write_rows
from segscope.features import as_number
from segscope.intake import ROW, IntakeReport, ReadOptions, read, read_text
from segscope.preparation import CategoryPreparation, FeaturePreparation, code_expression, to_model_numpy
from segscope.profiling import Profiles
from segscope.recipe import ColumnRole, Concept, DerivedColumn, Role
from segscope.segmentation import (
    SECOND,
    SEGMENT,
    STRENGTH,
    Segmentation,
    assign,
    check_columns,
    strengths_numpy,
    to_customers,
    without_unneeded,
)
from segscope.transactions import customers_of
from segscope.wording import full

Array = npt.NDArray[np.float64]
APPENDED = ("segment", "segment_probability", "second_segment")
FEWEST_ALIKE = 40.0
KERNEL_WIDTH = 0.25
FAR_BEYOND = 10.0
TUKEY_WHISKER = 1.5
PARTS_TO_ASK = 5
WORTH_ASKING = 0.02
YES, NO = {"yes", "y", "true"}, {"no", "n", "false"}
TEXT_FORMATS = {"delimited text"}


def score_file(segmentation: Segmentation, source: str | Path, target: Path, reading: ReadOptions | None = None) -> int:
    """Score every row of a source and write it with ``segment``, ``segment_probability`` and ``second_segment``.

    The source's own columns and the order of its rows stay; cells of a text file stay as they stand in it. In a log
    each row has the segment of its customer; rows that no customer was made of have none.

    Parameters
    ----------
    source : file or address, of customers or of transactions as the study's were
    reading : what the user knows of the source

    Returns
    -------
    the number of rows written
    """
    check_target(target)
    engine = connect()
    try:
        typed, report = read(source, engine, "typed", reading)
        scores = score_table(engine, typed, segmentation, report.source)
        own = typed
        if report.format in TEXT_FORMATS:
            text = read_text(source, engine, "text", reading)[0]
            own = text if ROW in text.columns else text.mutate(**{ROW: ibis.row_number()})
        wanted = own.left_join(scores, ROW).order_by(ROW).drop(ROW, f"{ROW}_right")
        found = engine.fetch(wanted.limit(0)).schema
        names = _as_found(found.names[: -len(APPENDED)], report)
        names += free_names(names)
        schema = pa.schema([field.with_name(name) for field, name in zip(found, names, strict=True)])
        return write_rows((b.rename_columns(names) for b in engine.batches(wanted)), schema, target)
    finally:
        engine.close()


def score_table(engine: Engine, typed: ibis.Table, segmentation: Segmentation, where: str) -> ibis.Table:
    """Score a typed source, of customers or of transactions; stored by ROW (see :func:`scored`)."""
    log, as_of = segmentation.recipe.log, segmentation.recipe.as_of
    if log is None or as_of is None or _has_customers(typed, segmentation):
        typed = _with_kinds(engine, typed, segmentation)
        check_columns(typed, segmentation, where)
        return engine.store("scores", scored(typed, segmentation))
    customers = customers_of(engine, typed, log, as_of, "scored_customers")[0]
    found = engine.store("scores_of_customers", scored(customers, segmentation))
    named = found.join(customers.select(ROW, __customer=customers[log.customer]), ROW).drop(ROW)
    rows = typed.select(ROW, __customer=typed[log.customer])
    return engine.store("scores", rows.join(named, "__customer").select(ROW, "__0", "__1", "__2"))


def _has_customers(typed: ibis.Table, segmentation: Segmentation) -> bool:
    """Whether a source for a log's study brings its customers ready made."""
    return all(name in typed.columns for name in segmentation.needed)


def _with_kinds(engine: Engine, source: ibis.Table, segmentation: Segmentation) -> ibis.Table:
    """A column without a single value has no kind of its own: it takes the one that the segmentation needs."""
    texts = [c for c in segmentation.needed if c in source.columns and source[c].type().is_string()]
    if not texts:
        return source
    known = one(engine, source.agg(**{f"n{i}": source[c].count() for i, c in enumerate(texts)}))
    roles = {c.column: c.role for c in segmentation.recipe.columns}
    blank = [c for i, c in enumerate(texts) if not known[f"n{i}"]]
    return source.mutate(**{c: ibis.null("date" if roles[c] is Role.DATE else "float64") for c in blank})


def _as_found(names: Sequence[str], report: IntakeReport) -> list[str]:
    """Names of columns as they stand in the source, unless one is empty or stands there twice."""
    found = {c.name: c.found_name for c in report.columns}
    written = [found.get(name, name) for name in names]
    return [w if w.strip() and written.count(w) == 1 else name for name, w in zip(names, written, strict=True)]


def scored(source: ibis.Table, segmentation: Segmentation) -> ibis.Table:
    """Segment, its probability and the second segment of every row of a typed source, as an expression by ROW."""
    customers = to_customers(source, without_unneeded(segmentation.recipe))
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

    >>> free_names(["Segment", "Income"])
    ('segment_2', 'segment_probability', 'second_segment')
    """
    lower = {name.lower() for name in taken}
    found = []
    for name in APPENDED:
        options = [name, *(f"{name}_{n}" for n in range(2, len(taken) + 3))]
        found.append(next(o for o in options if o not in lower))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Donors:
    """Real customers over whom unknown features are integrated: features in original units, shape (n,) each.

    A category is the place of its level (CategoryPreparation.code), NaN for a blank.
    """

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
    implied : those that follow, with their values
    without : those that follow to be blank (an average without a purchase), so that their fill value counts
    right : how often the first segment would stay if everything were known; 1 when it is
    ask_next : the unknown feature whose answer would tell most, with ``right`` as it is expected to be then
    """

    probabilities: tuple[float, ...]
    first: int
    second: int | None
    known: tuple[str, ...]
    implied: Mapping[str, float]
    without: tuple[str, ...]
    right: float
    ask_next: tuple[str, float] | None


def gather_donors(engine: Engine, sample: ibis.Table, segmentation: Segmentation, count: int = 4000) -> Donors:
    """Take real customers from a sampled table."""
    numbers = {
        f"x{i}": code_expression(sample[step.feature], step)
        if isinstance(step, CategoryPreparation)
        else as_number(sample[step.feature])
        for i, step in enumerate(segmentation.preparation)
    }
    found = engine.fetch(sample.select(**numbers).limit(count))
    fills = _fills(segmentation)
    arrays = {f: found[f"x{i}"].to_numpy().astype(float) for i, f in enumerate(segmentation.recipe.features)}
    return Donors({f: np.where(np.isnan(a), fills[f], a) for f, a in arrays.items()})


def _fills(segmentation: Segmentation) -> dict[str, float]:
    """What a blank of each feature counts as; NaN for a category, whose blanks lie in the middle."""
    steps = segmentation.preparation
    return {s.feature: s.fill if isinstance(s, FeaturePreparation) else math.nan for s in steps}


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
    known, without = _with_implied(segmentation, given)
    weights = _likeness(segmentation, donors, {f: np.array([v]) for f, v in known.items()})
    complete = _completed(segmentation, {f: np.full(len(donors), v) for f, v in known.items()}, donors)
    odds = strengths_numpy(segmentation, to_model_numpy(complete, segmentation.preparation))
    probabilities = np.minimum(weights @ odds / weights.sum(), 1.0)
    order = np.argsort(-probabilities, kind="stable")
    first, second = int(order[0]), int(order[1]) if len(order) > 1 else None
    right = float(weights @ (odds.argmax(axis=1) == first) / weights.sum())
    implied = {f: v for f, v in known.items() if f not in given and f not in without}
    unknown = [f for f in donors.features if f not in known]
    ask_next = _ask_next(donors, weights, odds, unknown, segmentation.recipe.category_features, right)
    return Placement(tuple(map(float, probabilities)), first, second, tuple(known), implied, without, right, ask_next)


def _with_implied(segmentation: Segmentation, given: Mapping[str, float]) -> tuple[dict[str, float], tuple[str, ...]]:
    """Add features that follow from the given ones by their formula, and name those that follow to be blank."""
    values = dict(given)
    without: list[str] = []
    fills = _fills(segmentation)
    for column in _derived_features(segmentation):
        node = formula.parse(column.formula)
        needs = formula.columns(node)
        if column.name not in values and all(n in values for n in needs):
            found = float(formula.to_numpy(node, {n: np.array([values[n]]) for n in needs})[0])
            if math.isnan(found):
                without.append(column.name)
            values[column.name] = fills[column.name] if math.isnan(found) else found
        elif column.name in given:
            values |= _turned_round(node, column.name, values, fills)
    return values, tuple(without)


def _turned_round(
    node: formula.Node, name: str, values: Mapping[str, float], features: Mapping[str, float]
) -> dict[str, float]:
    """What follows from a known ratio and one of its two sides: the other side."""
    match node:
        case formula.Call("ratio" | "/", (formula.Name(top), formula.Name(bottom))):
            if bottom in values and top not in values and top in features:
                return {top: values[name] * values[bottom]}
            if top in values and bottom not in values and bottom in features and values[name] != 0:
                return {bottom: values[top] / values[name]}
    return {}


def _derived_features(segmentation: Segmentation) -> list[DerivedColumn]:
    return [d for d in segmentation.recipe.derived if d.name in segmentation.recipe.features]


def _completed(segmentation: Segmentation, known: Mapping[str, Array], donors: Donors) -> dict[str, Array]:
    """Each donor with what is known in place of its own; features that rest on both follow their formula."""
    inputs = {f: known.get(f, donors.features[f]) for f in segmentation.recipe.features}
    for column in _derived_features(segmentation):
        node = formula.parse(column.formula)
        needs = formula.columns(node)
        if column.name not in known and all(n in inputs for n in needs) and any(n in known for n in needs):
            found = formula.to_numpy(node, inputs)
            inputs[column.name] = np.where(np.isnan(found), inputs[column.name], found)
    return inputs


def _ask_next(
    donors: Donors, weights: Array, odds: Array, unknown: Sequence[str], categories: Sequence[str], right: float
) -> tuple[str, float] | None:
    """The unknown feature that would settle the segment best: donors alike, sorted by it, guessed part by part."""
    best: tuple[str, float] | None = None
    labels = np.eye(odds.shape[1])[odds.argmax(axis=1)] * weights[:, None]
    for feature in unknown:
        part = _parts(donors.features[feature], weights, feature in categories)
        sums = np.array([labels[part == i].sum(axis=0) for i in range(int(part.max()) + 1)])
        expected = float(sums.max(axis=1).sum() / weights.sum())
        if expected > right + WORTH_ASKING and (best is None or expected > best[1]):
            best = feature, expected
    return best


def _parts(values: Array, weights: Array, is_category: bool) -> npt.NDArray[np.intp]:
    """Equally heavy parts of the donors in the order of a number; the levels of a category, blanks first."""
    if is_category:
        return np.where(np.isnan(values), 0, values + 1).astype(np.intp)
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    part = np.empty(len(values), dtype=np.intp)
    part[order] = np.minimum((reached * PARTS_TO_ASK).astype(int), PARTS_TO_ASK - 1)
    return part


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
    """One field of the form for a new customer. ``levels``: of a category, whose answer is the place of one."""

    feature: str
    label: str
    unit: str
    low: float
    high: float
    typical: float
    never_negative: bool
    at_most: float | None
    usual: tuple[float, float] = (-math.inf, math.inf)
    yes_or_no: bool = False
    levels: tuple[str, ...] = ()


def form_fields(segmentation: Segmentation, profiles: Profiles) -> tuple[Field, ...]:
    """The fields of the form, made from the recipe, with plausible ranges.

    ``usual`` leaves out what lies beyond Tukey's whiskers, so that one odd customer does not stretch it.
    """
    fields = []
    for step in segmentation.preparation:
        name = step.feature
        column = segmentation.recipe.column(name)
        if isinstance(step, CategoryPreparation):
            last = float(step.width - 1)
            fields.append(Field(name, column.label, "", 0.0, last, 0.0, True, None, (0.0, last), levels=step.names))
            continue
        seen = profiles.everybody.numbers[name]
        share = isinstance(column, DerivedColumn) and column.concept is Concept.DEALS
        flag = isinstance(column, ColumnRole) and column.role is Role.FLAG
        reach = TUKEY_WHISKER * (seen.three_quarters - seen.quarter)
        usual = (max(seen.low, seen.quarter - reach), min(seen.high, seen.three_quarters + reach))
        if usual[0] >= usual[1]:
            usual = (seen.low, seen.high)
        never_negative, at_most = seen.low >= 0, 1.0 if share else None
        fields.append(
            Field(
                name, column.label, column.unit, seen.low, seen.high, seen.median, never_negative, at_most, usual, flag
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
    if field.levels:
        return _read_level(field, str(text).strip())
    written = re.sub(r"[\s\u00a0\u202f'$€£]", "", str(text))
    if field.yes_or_no:
        return _read_yes_or_no(field, written)
    percentage = field.at_most is not None and written.endswith("%")
    written = written.removesuffix("%") if percentage else written
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", written):
        written = written.replace(",", "")
    elif re.fullmatch(r"[+-]?\d+,\d+", written):
        written = written.replace(",", ".")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", written):
        raise ScoreError(f"{str(text).strip()[:30]!r} is not a number. Type digits, such as {full(field.typical)}.")
    value = float(written) / 100 if percentage else float(written)
    _check_possible(field, value)
    return value


def unusual(field: Field, value: float) -> str:
    """A remark on a value that is possible but beyond all customers; empty for any other.

    >>> unusual(Field("spend", "Total spend", "", 5.0, 2525.0, 400.0, True, None), 3000)
    'More than any customer has (5 to 2,525).'
    """
    if field.low <= value <= field.high:
        return ""
    return (
        f"{'More' if value > field.high else 'Less'} than any customer has ({full(field.low)} to {full(field.high)})."
    )


def _read_level(field: Field, written: str) -> float:
    for place, level in enumerate(field.levels):
        if level.lower() == written.lower():
            return float(place)
    offers = did_you_mean(written, field.levels)
    raise ScoreError(f"{field.label} has no value {written[:30]!r}.{offers}")


def _read_yes_or_no(field: Field, written: str) -> float:
    answers = {**dict.fromkeys(YES, 1.0), **dict.fromkeys(NO, 0.0), "1": 1.0, "0": 0.0}
    if written.lower() not in answers:
        raise ScoreError(f"{field.label} is yes or no: type 1 for yes, 0 for no.")
    return answers[written.lower()]


def _check_possible(field: Field, value: float) -> None:
    if field.never_negative and value < 0:
        raise ScoreError(f"{field.label} cannot be below 0.")
    if field.at_most is not None and value > field.at_most:
        raise ScoreError(f"{field.label} is a share: at most {full(field.at_most)}.")
    reach = FAR_BEYOND * max(abs(field.high), abs(field.low), 1.0)
    if not math.isfinite(value) or abs(value) > reach:
        seen = f"{full(field.low)} to {full(field.high)}"
        raise ScoreError(f"{field.label} of {value:,.6g} is impossible here: customers have {seen}.")
