"""Which order and form the dates of columns have, decided for each whole column."""

from collections.abc import Mapping, Sequence

import ibis

from segscope.engine import Engine
from segscope.intake import dates
from segscope.intake.cells import Counts, count_if, measure
from segscope.intake.evident import Plan
from segscope.intake.looks import RUBBISH, Look, text_plan
from segscope.intake.report import Kind, ReadOptions

MIDNIGHT = r"[T\s]0?0:00(:00([.,]0+)?)?(\s|Z|[-+]|$)"
COMPACT_TIME = r"^[0-9]{8}[T ]?[0-9]{4,6}$"


def date_plans(
    engine: Engine, table: ibis.Table, looks: Mapping[str, Look], forced: Mapping[str, Kind], told: ReadOptions
) -> dict[str, Plan]:
    """Plans for columns of dates. One whose values leave the order open follows the others of the file."""
    shapes = {c: tuple(s for s in dates.SHAPES if look.counts.get(s)) or ("y-m-d",) for c, look in looks.items()}
    wanted = {}
    for column, look in looks.items():
        day, month = (dates.day(look.text, shapes[column], first) for first in (True, False))
        clock = look.text.re_search(dates.CLOCK) & ~look.text.re_search(MIDNIGHT)
        wanted[column] = {
            "day": day.count(),
            "month": month.count(),
            "day_only": look.text.min(where=day.notnull() & month.isnull()),
            "month_only": look.text.min(where=month.notnull() & day.isnull()),
            "days": day.day().nunique(),
            "months": month.day().nunique(),
            "clock": count_if(clock | look.text.re_search(COMPACT_TIME)),
            "offset": count_if(look.text.re_search(dates.OFFSET)),
        }
    found = measure(engine, table, wanted)
    proven = [found[c]["day"] > found[c]["month"] for c in looks if found[c]["day"] != found[c]["month"]]
    plans = {}
    for column, look in looks.items():
        counts = found[column]
        numeric = any(shape in dates.NUMERIC for shape in shapes[column])
        day_first, note = _order(counts, numeric, proven, told)
        best = max(counts["day"], counts["month"]) if counts["day"] != counts["month"] else counts["day"]
        if column not in forced and best < (1 - RUBBISH) * look.present:
            mixed = (
                "dates in two orders kept as text" if numeric and counts["day_only"] and counts["month_only"] else ""
            )
            plans[column] = text_plan(column, look, mixed)
            continue
        time = forced[column] == "datetime" if column in forced else bool(counts["clock"])
        notes = [n for n in (look.note, note) if n]
        if "ymd" in shapes[column]:
            notes.append("figures read as year, month, day")
        if any(shape.endswith("yy") for shape in shapes[column]):
            notes.append(f"years of two digits: {dates.PIVOT} to 99 are of the last century")
        if counts["offset"]:
            notes.append("clock times as written, offsets left aside")
        form = dates.DateForm(shapes[column], day_first, time)
        kind: Kind = "datetime" if time else "date"
        plans[column] = Plan(column, kind, look.text, dates.form_value(look.text, form), look.present, "; ".join(notes))
    return plans


def _order(counts: Counts, numeric: bool, proven: Sequence[bool], told: ReadOptions) -> tuple[bool, str]:
    """Whether days stand before months, and what proves it."""
    if not numeric:
        return True, ""
    if counts["day"] != counts["month"]:
        first = counts["day"] > counts["month"]
        proof = counts["day_only"] if first else counts["month_only"]
        return first, f"dates read {_words(first)}: {proof} proves it"
    if told.day_first is not None:
        return told.day_first, f"dates read {_words(told.day_first)}, as told"
    if proven and len(set(proven)) == 1:
        return proven[0], f"dates read {_words(proven[0])}, as in the other columns"
    if (counts["days"] == 1) != (counts["months"] == 1):
        first = counts["days"] == 1
        return first, f"dates read {_words(first)}: then all fall on one day of the month"
    return True, "the values do not tell day from month: dates read day first"


def _words(day_first: bool) -> str:
    return "day first" if day_first else "month first"
