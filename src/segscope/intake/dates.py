"""Dates as people write them, as engine expressions. One order of day and month for a whole column."""

from collections.abc import Iterable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segscope.intake.lexicon import MONTHS

TIME = (
    r"(?:(?:T|,?\s+)([0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)"
    r"\s*(?:[AaPp]\.?\s?[Mm]\.?)?\s*(?:Z|UTC|GMT|[-+][0-9]{2}:?(?:[0-9]{2})?)?)?$"
)
WEEKDAY = r"^(?:[[:alpha:]]{2,10}\.?,?\s+)?"
LETTERS = r"([[:alpha:]\x{00c0}-\x{024f}]{3,12})\.?"

# The shapes of dates, and where year, month and day stand in each. "d/m" is either order.
SHAPES = {
    "y-m-d": rf"^([0-9]{{4}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){TIME}",
    "d-m-y": rf"^([0-9]{{1,2}})[-/. ]\s?([0-9]{{1,2}})[-/. ]\s?([0-9]{{4}}){TIME}",
    "d-m-yy": rf"^([0-9]{{1,2}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{2}}){TIME}",
    "ymd": r"^((?:19|20)[0-9]{2}|2100)([01][0-9])([0-3][0-9])(?:[T ]?([0-2][0-9])([0-5][0-9])([0-5][0-9])?)?$",
    "d mon y": (
        rf"{WEEKDAY}([0-9]{{1,2}})(?:st|nd|rd|th|\.)?[-/. ]*(?:de |of )?{LETTERS}[-/., ]*(?:de )?([0-9]{{4}}){TIME}"
    ),
    "mon d y": rf"{WEEKDAY}{LETTERS}[-/. ]*([0-9]{{1,2}})(?:st|nd|rd|th)?,?[-/. ]\s*([0-9]{{4}}){TIME}",
    "d mon yy": rf"^([0-9]{{1,2}})[-/. ]{LETTERS}[-/. ]([0-9]{{2}}){TIME}",
}
NUMERIC = ("d-m-y", "d-m-yy")
CLOCK = r"[T\s]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}(?:[.,][0-9]+)?))?"
AFTERNOON = r"[Pp]\.?\s?[Mm]\.?"
MORNING = r"[Aa]\.?\s?[Mm]\.?"
OFFSET = r":[0-9]{2}(?:[.,][0-9]+)?\s*(?:Z|[-+][0-9]{2}:?(?:[0-9]{2})?|UTC|GMT)$"
# Two digits of a year: from this one on they are of the last century, as POSIX has it.
PIVOT = 69


@dataclass(frozen=True)
class DateForm:
    """How the dates of a column are written."""

    shapes: tuple[str, ...]
    day_first: bool = True
    time: bool = False


def has_shape(text: ir.StringValue, shape: str) -> ir.BooleanValue:
    """Whether a text looks like a date of this shape (the day may still not exist)."""
    return text.re_search(SHAPES[shape])


def day(text: ir.StringValue, shapes: Iterable[str], day_first: bool) -> ir.DateValue:
    """Read a column of dates; what does not fit, or is no day of the calendar, becomes NULL."""
    readings = [_one(text, shape, day_first) for shape in shapes]
    return readings[0] if len(readings) == 1 else ibis.coalesce(*readings)


def moment(text: ir.StringValue, form: DateForm) -> ir.TimestampValue:
    """Read a column of dates with times; the clock is the one that the file shows, offsets are left aside."""
    date = day(text, form.shapes, form.day_first)
    if "ymd" in form.shapes:
        digits = text.re_extract(r"^[0-9]{8}[T ]?([0-9]{4,6})$", 1)
        text = (digits != "").ifelse(
            ibis.literal(" ")
            + digits.substr(0, 2)
            + ":"
            + digits.substr(2, 2)
            + ":"
            + digits.substr(4, 2).rpad(2, "0"),
            text,
        )
    hour = _part(text, CLOCK, 1).cast("int64")
    hour = ibis.cases(
        (text.re_search(AFTERNOON) & (hour < 12), hour + 12),
        (text.re_search(MORNING) & (hour == 12), 0),
        else_=hour,
    )
    minute, second = _part(text, CLOCK, 2), text.re_extract(CLOCK, 3).replace(",", ".")
    second = (second == "").ifelse("00", second)
    clock = ibis.coalesce(hour.cast("string") + ":" + minute + ":" + second, "00:00:00")
    return (date.cast("string") + " " + clock).try_cast("timestamp")


def form_value(text: ir.StringValue, form: DateForm) -> ir.Value:
    """Dates, or dates with times, as the form says."""
    return moment(text, form) if form.time else day(text, form.shapes, form.day_first)


def _part(text: ir.StringValue, pattern: str, group: int) -> ir.StringValue:
    found = text.re_extract(pattern, group)
    return (found == "").ifelse(ibis.null("string"), found)


def _one(text: ir.StringValue, shape: str, day_first: bool) -> ir.DateValue:
    pattern = SHAPES[shape]
    if shape in ("y-m-d", "ymd"):
        iso = text.re_replace(pattern, r"\1-\2-\3")
    elif shape in NUMERIC:
        order = r"-\2-\1" if day_first else r"-\1-\2"
        iso = _year(text, pattern, shape) + text.re_replace(pattern, order)
    else:
        letters = text.re_extract(pattern, 1 if shape == "mon d y" else 2).lower()
        # French June and July share their first three letters.
        key = letters.startswith("juil").ifelse("jul", letters.substr(0, 3))
        month = key.cases(*((start, str(n)) for start, n in MONTHS.items() if len(start) == 3), else_="x")
        date = text.re_extract(pattern, 2 if shape == "mon d y" else 1)
        iso = _year(text, pattern, shape) + "-" + ibis.cases((key == "jui", "6"), else_=month) + "-" + date
    return text.re_search(pattern).ifelse(iso, ibis.null("string")).try_cast("date")


def _year(text: ir.StringValue, pattern: str, shape: str) -> ir.StringValue:
    year = text.re_extract(pattern, 3)
    if not shape.endswith("yy"):
        return year
    return (year >= str(PIVOT)).ifelse("19", "20") + year
