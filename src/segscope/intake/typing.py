"""Types for whole columns, decided from all values, as engine expressions."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine, one
from segscope.intake.report import ROW, ColumnReading, Kind, ReadOptions

MISSING = ("", "na", "n/a", "#n/a", "null", "none", "nan", "-", "?", "\\n")
INTEGER = r"^\s*[-+]?(0|[1-9]\d{0,17})\s*$"
NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
DAY_MONTH = r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})$"


@dataclass(frozen=True)
class Reading:
    value: ir.Value
    report: ColumnReading


def type_columns(engine: Engine, table: ibis.Table, name: str, found: tuple[str, ...], told: ReadOptions):  # type: ignore[no-untyped-def]
    readings = [read_column(engine, table, c, f) for c, f in zip(table.columns, found, strict=True)]
    typed = engine.store(name, table.select(**{ROW: table.rowid()}, **{r.report.name: r.value for r in readings}))
    return typed, tuple(r.report for r in readings)


def read_column(engine: Engine, table: ibis.Table, column: str, found: str) -> Reading:
    text = table[column].strip()
    blank = text.lower().isin(MISSING) | text.isnull()
    value = blank.ifelse(ibis.null("string"), text)
    dates = {
        "iso": value.re_search(r"^\d{4}-\d{1,2}-\d{1,2}$").ifelse(value, ibis.null("string")).try_cast("date"),
        "dmy": value.re_search(DAY_MONTH).ifelse(value.re_replace(DAY_MONTH, r"\3-\2-\1"), ibis.null("string")).try_cast("date"),
        "mdy": value.re_search(DAY_MONTH).ifelse(value.re_replace(DAY_MONTH, r"\3-\1-\2"), ibis.null("string")).try_cast("date"),
        "ymd": value.re_search(r"^(19|20)\d{6}$").ifelse(value.re_replace(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3"), ibis.null("string")).try_cast("date"),
    }
    counts = one(
        engine,
        table.aggregate(
            present=value.count(),
            rows=text.count(),
            integers=value.re_search(INTEGER).sum(),
            numbers=value.re_search(NUMBER).sum(),
            zeros=value.re_search(r"^0\d").sum(),
            **{k: v.count() for k, v in dates.items()},
            yes=value.lower().isin(["yes", "no", "true", "false"]).sum(),
        ),
    )
    counts = {k: int(v or 0) for k, v in counts.items()}
    present = counts["present"]
    kind: Kind = "text"
    result: ir.Value = value
    note = ""
    best = max(("iso", "dmy", "mdy"), key=lambda k: counts[k])
    if present and counts["ymd"] == present:
        kind, result, note = "date", dates["ymd"], "eight digits read as year, month, day"
    elif present and counts["zeros"] == 0 and counts["integers"] >= 0.99 * present:
        kind, result = "integer", value.re_search(INTEGER).ifelse(value, ibis.null("string")).try_cast("int64")
    elif present and counts["zeros"] == 0 and counts["numbers"] >= 0.99 * present:
        kind, result = "number", value.re_search(NUMBER).ifelse(value, ibis.null("string")).try_cast("float64")
    elif present and counts[best] >= 0.99 * present:
        kind, result = "date", dates[best]
        note = {"iso": "", "dmy": "dates read day first", "mdy": "dates read month first"}[best]
    elif present and counts["yes"] == present:
        kind, result = "boolean", value.lower().isin(["yes", "true"])
    read = int(one(engine, table.aggregate(n=result.count()))["n"])
    return Reading(result, ColumnReading(column, found, kind, counts["rows"] - present, present - read, (), note))
