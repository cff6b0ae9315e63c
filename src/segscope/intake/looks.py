"""A closer look at the columns that are not evident: what their values look like, counted over all of them."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine, one
from segscope.intake import dates, numbers
from segscope.intake.cells import (
    MISSING_WORD,
    Counts,
    count_if,
    is_empty,
    is_missing,
    is_padded,
    measure,
    without_edges,
)
from segscope.intake.evident import Glances, Plan
from segscope.intake.lexicon import CURRENCIES, YES_NO_WORDS

RUBBISH = 0.01
MANY_ROWS, FEW_VALUES = 100_000, 64
MONTHS_BEGIN = (
    "jan|feb|f.v|m.r|apr|avr|abr|ma[yijg]|mei|jui?[nl]|giu|lug|ago|aug|ao|se[pt]|o[ck]t|ott|out|nov|d[ei.][csz]|ene|gen"
)
MONTH_OR_CURRENCY = (
    rf"(?i)^(?:(?:[a-z]{{2,10}}\.?,? )?[0-9]{{0,2}}\.?[ -]?(?:{MONTHS_BEGIN})|(?:US|A|C|R)?\$|k[rč]|z.|ft|s?fr|rs|"
    + "|".join(code for code in CURRENCIES if len(code) == 3 and code.isupper())
    + r")\D*[0-9]"
)
CODE = re.compile(r"^[A-Z]{2,5}$")


@dataclass(frozen=True)
class Look:
    """A column that needs a closer look: its text, NULL for missing, and counts of what its values look like."""

    text: ir.StringValue
    present: int
    counts: Counts
    note: str = ""

    def share(self, key: str) -> float:
        """Share of the values that are not missing."""
        return float(self.counts.get(key) or 0) / self.present if self.present else 0.0


def take_looks(
    engine: Engine, table: ibis.Table, columns: Sequence[str], count: int, glances: Glances, close: Collection[str]
) -> dict[str, Look]:
    """Look at columns; at those that hold figures, or are in ``close``, closely."""
    texts: dict[str, ir.StringValue] = {column: table[column] for column in columns}
    found = {c: _first_by_value(engine, table, c, glances[c]) for c in columns if _is_repeated(glances[c], count)}
    found |= measure(engine, table, {c: _first_counts(texts[c], glances[c]) for c in columns if c not in found})
    padded = [c for c in columns if found[c]["padded"]]
    texts |= {column: without_edges(table[column]) for column in padded}
    found |= measure(engine, table, {c: _first_counts(texts[c], glances[c]) for c in padded})
    looks = {column: _cleaned(texts[column], count, found[column]) for column in columns}
    near = [c for c, k in looks.items() if k.present and (k.share("figures") >= 1 - RUBBISH or c in close)]
    shapes = measure(engine, table, {c: _second_counts(looks[c].text) for c in near})
    return {c: replace(look, counts=look.counts | shapes.get(c, {})) for c, look in looks.items()}


def _cleaned(text: ir.StringValue, rows: int, counts: Counts) -> Look:
    """The text with NULL for missing. Among codes in capitals, NA is North America or Namibia."""
    missing, absent, note = is_missing(text), counts["missing"], ""
    if counts.get("na") and counts["na"] < counts["codes"] == rows - absent + counts["na"]:
        missing, absent, note = missing & (text != "NA"), absent - counts["na"], "NA kept as a code like the others"
    elif absent == counts["empty"]:
        missing = is_empty(text)
    return Look(missing.ifelse(ibis.null("string"), text) if absent else text, rows - absent, counts, note)


def _is_repeated(cells: Sequence[str], count: int) -> bool:
    """Whether a column of many rows seems to have few values: then each value is looked at once."""
    return count >= MANY_ROWS and len(set(cells)) <= FEW_VALUES


def _first_by_value(engine: Engine, table: ibis.Table, column: str, cells: Sequence[str]) -> Counts:
    """The first counts, from one row a value."""
    values = table.group_by(text=table[column]).agg(n=table.count())

    def weighed(condition: ir.BooleanValue) -> ir.IntegerScalar:
        return ibis.coalesce(condition.ifelse(values.n, ibis.literal(0, "int64")).sum(), 0)

    found = one(engine, values.agg(**_first_counts(values.text, cells, weighed)))
    return {key: int(n) for key, n in found.items()}


def _first_counts(
    text: ir.StringValue, cells: Sequence[str], count_if: Callable[[ir.BooleanValue], ir.Scalar] = count_if
) -> dict[str, ir.Scalar]:
    """Counts over all cells. What some cells already disprove is not asked again."""
    filled = [cell.strip() for cell in cells if not MISSING_WORD.fullmatch(cell.strip())]
    counts = {
        "empty": count_if(is_empty(text)),
        "missing": count_if(is_missing(text)),
        "padded": count_if(is_padded(text)),
    }
    if all(cell.lower() in YES_NO_WORDS for cell in filled):
        counts["yes_no"] = count_if(text.lower().isin(sorted(YES_NO_WORDS)))
    if all(CODE.fullmatch(cell) for cell in filled) and "NA" in map(str.strip, cells):
        counts |= {"na": count_if(text == "NA"), "codes": count_if(text.re_search(CODE.pattern))}
    if sum(map(_may_be_figures, filled)) >= len(filled) / 2:
        counts["figures"] = count_if(
            (_begins_with_figure(text) | text.re_search(MONTH_OR_CURRENCY)) & ~is_missing(text)
        )
    return counts


def _may_be_figures(cell: str) -> bool:
    letter = cell[:1].isascii() and cell >= ":"
    return any(map(str.isdecimal, cell)) and (not letter or bool(re.search(MONTH_OR_CURRENCY, cell)))


def _begins_with_figure(text: ir.StringValue) -> ir.BooleanValue:
    """Whether a text begins with a digit or a sign rather than a letter of English."""
    return (text < ":") | (text >= "\x7f")


def _second_counts(text: ir.StringValue) -> dict[str, ir.Scalar]:
    return {
        "plain": count_if(text.re_search(numbers.PLAIN)),
        ".": count_if(numbers.is_number(text, ".")),
        ",": count_if(numbers.is_number(text, ",")),
        "marked": count_if(text.re_search(r"[.,]")),
        "zeros": count_if(text.re_search(numbers.LEADING_ZERO)),
        "long": count_if(text.re_search(numbers.LONG_CODE)),
        "phones": count_if(text.re_search(numbers.PHONE)),
        "shortest": text.length().min(),
        "longest": text.length().max(),
        **{shape: count_if(dates.has_shape(text, shape)) for shape in dates.SHAPES},
    }


def code_reason(look: Look) -> str:
    """Why figures are a code and no number, if they are."""
    if look.share("zeros") >= RUBBISH or (look.counts["zeros"] and look.counts["shortest"] == look.counts["longest"]):
        return "figures with leading zeros kept as text"
    if look.share("long") >= RUBBISH:
        return "long codes kept as text"
    return "telephone numbers kept as text" if look.share("phones") >= 0.5 else ""


def text_plan(column: str, look: Look, note: str = "") -> Plan:
    """A column that stays text, with a reason where it holds figures."""
    note = note or look.note
    if not note and max(look.share("."), look.share(",")) >= 1 - RUBBISH:
        note = code_reason(look)
    return Plan(column, "text", look.text, look.text, look.present, note, exact=True)
