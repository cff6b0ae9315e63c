"""The fields of the form for a new customer: made from the recipe, and read as people type."""

import math
import re
from dataclasses import dataclass
from datetime import date

from segscope.errors import ScoreError, did_you_mean
from segscope.formula import EPOCH
from segscope.preparation import CategoryPreparation
from segscope.profiling import NumberProfile, Profiles
from segscope.recipe import ColumnRole, Concept, DerivedColumn, Role
from segscope.segmentation import Segmentation
from segscope.wording import full

FAR_BEYOND = 10.0
TUKEY_WHISKER = 1.5
YES, NO = {"yes", "y", "true"}, {"no", "n", "false"}


@dataclass(frozen=True)
class Field:
    """One field of the form for a new customer.

    Attributes
    ----------
    levels : of a category, whose answer is the place of one
    date : whether it is a day, whose answer is days since 1970-01-01
    raw : whether it is a column that features are made of, and none itself
    """

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
    date: bool = False
    raw: bool = False


def form_fields(segmentation: Segmentation, profiles: Profiles) -> tuple[Field, ...]:
    """The fields of the form, made from the recipe, with plausible ranges: features, then what they are made of.

    ``usual`` leaves out what lies beyond Tukey's whiskers, so that one odd customer does not stretch it.
    """
    features = segmentation.recipe.features
    roles = {c.column: c.role for c in segmentation.recipe.columns}
    raw = [c for c in segmentation.needed if c not in features and roles[c] is not Role.CATEGORY]
    steps = {step.feature: step for step in segmentation.preparation}
    fields = []
    for name in (*features, *raw):
        column, step = segmentation.recipe.column(name), steps.get(name)
        if isinstance(step, CategoryPreparation):
            last = float(step.width - 1)
            fields.append(Field(name, column.label, "", 0.0, last, 0.0, True, None, (0.0, last), levels=step.names))
        elif name in profiles.everybody.numbers:
            fields.append(_number_field(column, name, profiles.everybody.numbers[name], name in raw))
        else:
            reach = (-math.inf, math.inf, 0.0)
            fields.append(Field(name, column.label, "", *reach, False, None, date=True, raw=name in raw))
    return tuple(fields)


def _number_field(column: ColumnRole | DerivedColumn, name: str, seen: NumberProfile, raw: bool) -> Field:
    share = isinstance(column, DerivedColumn) and column.concept is Concept.DEALS
    flag = isinstance(column, ColumnRole) and column.role is Role.FLAG
    reach = TUKEY_WHISKER * (seen.three_quarters - seen.quarter)
    usual = (max(seen.low, seen.quarter - reach), min(seen.high, seen.three_quarters + reach))
    if usual[0] >= usual[1]:
        usual = (seen.low, seen.high)
    bounds = (seen.low, seen.high, seen.median, seen.low >= 0, 1.0 if share else None)
    return Field(name, column.label, column.unit, *bounds, usual, flag, raw=raw)


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
    if field.date:
        return _read_day(field, str(text).strip())
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


def _read_day(field: Field, written: str) -> float:
    try:
        return float((date.fromisoformat(written) - EPOCH).days)
    except ValueError:
        raise ScoreError(f"{written[:30]!r} is not a day. Type {field.label} such as 2014-06-29.") from None


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
        size = f"of {value:,.6g}" if math.isfinite(value) else "of that size"
        raise ScoreError(f"{field.label} {size} is impossible here: customers have {seen}.")
