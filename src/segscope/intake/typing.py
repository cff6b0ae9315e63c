"""Types for whole columns, decided from all of their values, as engine expressions.

A column takes the type that all of its values fit, but for one in a hundred: those become blank, are counted and listed.
Most columns are written as programs write them, and one cheap aggregate proves it; only the others are looked at closely.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine, rows
from segscope.errors import RecipeError, did_you_mean
from segscope.intake import dates, numbers
from segscope.intake.cells import Counts, commonest, count_if, is_empty, is_missing, is_padded, measure, without_edges
from segscope.intake.lexicon import CURRENCIES, YES_NO, YES_NO_WORDS
from segscope.intake.report import KINDS, ROW, ColumnReading, Kind, ReadOptions

RUBBISH = 0.01
GLANCE_ROWS = 500
SHOWN = 5
LARGEST_EXACT = 10**15
FIRST_DATE, LAST_DATE = 19_000_101, 21_001_231
MONTH_OR_CURRENCY = (
    r"(?i)^(?:(?:[a-z]{2,10}\.?,? )?[0-9]{0,2}\.?[ -]?(?:jan|feb|f.v|m.r|apr|avr|abr|ma[yijg]|mei|jui?[nl]|giu|lug|ago|aug|ao|"
    r"se[pt]|o[ck]t|ott|out|nov|d[ei.][csz]|ene|gen)|(?:US|A|C|R)?\$|k[rč]|z.|ft|s?fr|rs|"
    + "|".join(code for code in CURRENCIES if len(code) == 3 and code.isupper())
    + r")\D*[0-9]"
)
LOOKS_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,17})")
LOOKS_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
LOOKS_ISO = re.compile(r"\d{4}-\d\d-\d\d")
CODE = r"^[A-Z]{2,5}$"


@dataclass(frozen=True)
class Plan:
    """How one column will be read: its cleaned text (NULL for missing), the typed value, and what to say about it."""

    column: str
    kind: Kind
    text: ir.StringValue
    value: ir.Value
    present: int
    note: str = ""
    exact: bool = False  # every present value is known to be readable


def type_columns(
    engine: Engine, table: ibis.Table, name: str, found: Sequence[str], told: ReadOptions
) -> tuple[ibis.Table, tuple[ColumnReading, ...]]:
    """Store the typed table of a table of texts under ``name``, with one reading for each column."""
    plans = plan_columns(engine, table, told)
    readable = measure(engine, table, {p.column: {"n": p.value.count()} for p in plans if not p.exact})
    total = _rows(engine, table)
    readings = []
    for plan, original in zip(plans, found, strict=True):
        unreadable = 0 if plan.exact else plan.present - int(readable[plan.column]["n"])
        examples = _examples(engine, table, plan) if unreadable else ()
        readings.append(
            ColumnReading(plan.column, original, plan.kind, total - plan.present, unreadable, examples, plan.note)
        )
    values = {plan.column: plan.value for plan in plans}
    return engine.store(name, table.select(**{ROW: table.rowid()}, **values)), tuple(readings)


def plan_columns(engine: Engine, table: ibis.Table, told: ReadOptions) -> list[Plan]:
    """Decide the kind and the form of every column."""
    forced = _forced(table.columns, told)
    plans = _evident(engine, table, [c for c in table.columns if c not in forced])
    looks = _look(engine, table, [c for c in table.columns if c not in plans], forced)
    plans |= _decide(engine, table, looks, forced, told)
    return [plans[column] for column in table.columns]


# ------------------------------------------------------------------------------------------ columns that programs wrote


def _evident(engine: Engine, table: ibis.Table, columns: Sequence[str]) -> dict[str, Plan]:
    """Plans for columns of which every cell is empty or a plain whole number, number or ISO date."""
    sample = engine.fetch(table.select(*columns).limit(GLANCE_ROWS)).to_pydict() if columns else {}
    guesses = {column: guess for column in columns if (guess := _glance(sample[column]))}
    wanted: dict[str, dict[str, ir.Scalar]] = {}
    values: dict[str, ir.Value] = {}
    for column, guess in guesses.items():
        text = table[column]
        value = values[column] = _plain(text, guess)
        wanted[column] = {
            "rows": text.count() + count_if(text.isnull()),
            "empty": count_if(is_empty(text)),
            "read": value.count(),
            "zeros": count_if((text >= "00") & (text < "0:")),
        }
        if guess != "date":
            wanted[column] |= {"low": value.min(), "high": value.max()}
        if guess == "number":
            wanted[column]["thousandths"] = count_if(text.substr(text.length() - 4, 1) == ".")
    plans = {}
    for column, counts in measure(engine, table, wanted).items():
        guess = guesses[column]
        present = counts["rows"] - counts["empty"]
        if not present or counts["read"] != present or _may_mean_else(guess, counts, present):
            continue
        text = table[column]
        plans[column] = Plan(column, guess, text, values[column], present, exact=True)
    return plans


def _glance(cells: Sequence[str | None]) -> Kind | None:
    filled = [cell for cell in cells if cell]
    kinds: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("integer", LOOKS_WHOLE),
        ("number", LOOKS_NUMBER),
        ("date", LOOKS_ISO),
    )
    return next((kind for kind, form in kinds if filled and all(map(form.fullmatch, filled))), None)


def _plain(text: ir.StringValue, kind: Kind) -> ir.Value:
    if kind == "integer":
        return numbers.plain_integer(text)
    if kind == "number":
        value = text.try_cast("float64")
        usual = (value.abs() < 1e308) & ~text.contains("_")
        return usual.ifelse(value, ibis.null("float64"))
    iso = (text.length() == 10) & (text.substr(4, 1) == "-")
    return iso.ifelse(text, ibis.null("string")).try_cast("date")


def _may_mean_else(kind: Kind, counts: Counts, present: int) -> bool:
    """Whether plain figures could be codes, dates, or thousands with a point: then the values need a closer look."""
    if kind == "number":
        large = max(abs(counts["low"]), abs(counts["high"])) >= LARGEST_EXACT
        return bool(counts["zeros"]) or counts["thousandths"] == present or large
    low, high = counts.get("low", 0), counts.get("high", 0)
    return (
        kind == "integer"
        and low >= FIRST_DATE
        and (high <= LAST_DATE or (low >= FIRST_DATE * 10**6 and high <= (LAST_DATE + 1) * 10**6))
    )


# --------------------------------------------------------------------------------------------------- a look at the rest


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


def _look(engine: Engine, table: ibis.Table, columns: Sequence[str], forced: Mapping[str, Kind]) -> dict[str, Look]:
    raw = {column: table[column] for column in columns}
    first = measure(engine, table, {c: _first_counts(text) for c, text in raw.items()})
    padded = [c for c in columns if first[c]["padded"]]
    raw |= {column: without_edges(table[column]) for column in padded}
    first |= measure(engine, table, {c: _first_counts(raw[c]) for c in padded})
    looks = {}
    for column in columns:
        counts, text = first[column], raw[column]
        missing, note = is_missing(text), ""
        if (
            counts["na"]
            and counts["codes"] == counts["rows"] - counts["missing"] + counts["na"]
            and counts["codes"] > counts["na"]
        ):
            # Codes in capitals: NA is North America or Namibia.
            missing &= text != "NA"
            counts["missing"] -= counts["na"]
            note = "NA kept as a code like the others"
        elif counts["missing"] == counts["empty"]:
            missing = is_empty(text)
        value = missing.ifelse(ibis.null("string"), text) if counts["missing"] else text
        looks[column] = Look(value, counts["rows"] - counts["missing"], counts, note)
    close = {
        c: look for c, look in looks.items() if look.present and (look.share("figures") >= 1 - RUBBISH or c in forced)
    }
    shapes = measure(engine, table, {c: _second_counts(look.text) for c, look in close.items()})
    return {c: replace(look, counts=look.counts | shapes.get(c, {})) for c, look in looks.items()}


def _first_counts(text: ir.StringValue) -> dict[str, ir.Scalar]:
    return {
        "rows": text.count() + count_if(text.isnull()),
        "empty": count_if(is_empty(text)),
        "missing": count_if(is_missing(text)),
        "padded": count_if(is_padded(text)),
        "yes_no": count_if(text.lower().isin(sorted(YES_NO_WORDS))),
        "figures": count_if(~is_missing(text) & ((text < ":") | (text >= "\x7f") | text.re_search(MONTH_OR_CURRENCY))),
        "na": count_if(text == "NA"),
        "codes": count_if(text.re_search(CODE)),
    }


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


# ---------------------------------------------------------------------------------------------------------- the decision


def _decide(
    engine: Engine, table: ibis.Table, looks: Mapping[str, Look], forced: Mapping[str, Kind], told: ReadOptions
) -> dict[str, Plan]:
    habits = [d for look in looks.values() if (d := _decimal(look))]
    habit = told.decimal or (max(sorted(set(habits)), key=habits.count) if habits else None)
    plans: dict[str, Plan] = {}
    dated: list[str] = []
    for column, look in looks.items():
        kind = forced.get(column) or _likely(look)
        if kind in ("integer", "number"):
            plans[column] = _number_plan(engine, table, column, look, kind if column in forced else None, habit)
        elif kind in ("date", "datetime"):
            dated.append(column)
        elif kind == "boolean":
            plans[column] = _boolean_plan(engine, table, column, look, column in forced)
        else:
            plans[column] = _text_plan(column, look)
    return plans | _date_plans(engine, table, {c: looks[c] for c in dated}, forced, told)


def _likely(look: Look) -> Kind:
    if not look.present:
        return "text"
    if look.counts["yes_no"] == look.present:
        return "boolean"
    if look.share("ymd") == 1:
        return "date"
    if max(look.share("."), look.share(",")) >= 1 - RUBBISH:
        return "text" if _codes(look) else "number"
    if sum(look.share(shape) for shape in dates.SHAPES) >= 1 - RUBBISH:
        return "date"
    return "text"


def _codes(look: Look) -> str:
    """Why figures are a code and no number, if they are."""
    if look.share("zeros") >= RUBBISH or (look.counts["zeros"] and look.counts["shortest"] == look.counts["longest"]):
        return "figures with leading zeros kept as text"
    if look.share("long") >= RUBBISH:
        return "long codes kept as text"
    return "telephone numbers kept as text" if look.share("phones") >= 0.5 else ""


def _text_plan(column: str, look: Look, note: str = "") -> Plan:
    note = note or look.note
    if not note and max(look.share("."), look.share(",")) >= 1 - RUBBISH:
        note = _codes(look)
    return Plan(column, "text", look.text, look.text, look.present, note, exact=True)


def _decimal(look: Look) -> str | None:
    """The decimal sign that the values prove, if they prove one."""
    dot, comma = look.counts.get(".", 0), look.counts.get(",", 0)
    if max(dot, comma) < (1 - RUBBISH) * look.present or dot == comma:
        return None
    return "." if dot > comma else ","


def _number_plan(
    engine: Engine, table: ibis.Table, column: str, look: Look, forced: Kind | None, habit: str | None
) -> Plan:
    proven = _decimal(look)
    decimal = proven or habit or "."
    plain = look.counts["plain"] == look.present
    notes = [look.note] if look.note else []
    if not plain:
        reason, remarks = _affixes(engine, table, look)
        if reason and not forced:
            return _text_plan(column, look, reason)
        notes += remarks
    if look.counts["marked"] and not plain:
        if proven == ",":
            notes.append("decimal comma")
        elif proven is None:
            other = "," if decimal == "." else "."
            notes.append(f"values leave the decimal sign open: read with '{decimal}', not '{other}'")
    value = numbers.number(look.text, numbers.NumberForm(decimal, plain and decimal == "."))
    fraction = (value != value.round()) | look.text.re_search(r"[0-9][eE]")
    if plain:
        fraction |= look.text.contains(".")
    found = measure(engine, table, {column: {"fractions": count_if(fraction), "large": value.abs().max()}})[column]
    whole = not found["fractions"] and (found["large"] or 0) < 2**53
    if forced == "integer" or (whole and forced != "number"):
        whole_value = (value == value.round()).ifelse(value, ibis.null("float64")).try_cast("int64")
        return Plan(column, "integer", look.text, whole_value, look.present, "; ".join(notes))
    return Plan(column, "number", look.text, value, look.present, "; ".join(notes))


def _affixes(engine: Engine, table: ibis.Table, look: Look) -> tuple[str, list[str]]:
    """A reason to keep the column as text, or what to say about the signs around its figures."""
    is_number = numbers.is_number(look.text, ".") | numbers.is_number(look.text, ",")
    found = commonest(engine, table, is_number.ifelse(numbers.affix(look.text), ibis.null("string")), 50)
    counts: dict[str, int] = {}
    for sign, count in found:
        named = numbers.affix_name(sign)
        counts[named] = counts.get(named, 0) + count
    signs = {sign: n for sign, n in counts.items() if sign}
    if not signs:
        return "", []
    main = max(sorted(signs), key=lambda sign: signs[sign])
    others = sorted(sign for sign in signs if sign != main)
    if others and sum(signs[s] for s in others) > RUBBISH * look.present:
        return f"amounts in several units ({', '.join([main, *others][:6])}) kept as text", []
    if main == "%":
        return "", ["percent sign dropped: 12 % is 12"]
    return "", [f"currency {main}" if main in CURRENCIES.values() else f"unit {main}"]


def _boolean_plan(engine: Engine, table: ibis.Table, column: str, look: Look, forced: bool) -> Plan:
    words = {word for word, _ in commonest(engine, table, look.text.lower(), len(YES_NO_WORDS) + 1)}
    for yes, no in YES_NO:
        if words <= yes | no and (any(len(word) > 1 for word in words) or (words & yes and words & no)):
            value = look.text.lower().isin(sorted(yes))
            return Plan(
                column,
                "boolean",
                look.text,
                look.text.isnull().ifelse(ibis.null("boolean"), value),
                look.present,
                look.note,
            )
    if not forced:
        return _text_plan(column, look)
    yes = set().union(*(y for y, _ in YES_NO)) | {"1", "1.0"}
    no = set().union(*(n for _, n in YES_NO)) | {"0", "0.0"}
    lower = look.text.lower()
    value = ibis.cases(
        (lower.isin(sorted(yes - no)), True), (lower.isin(sorted(no)), False), else_=ibis.null("boolean")
    )
    return Plan(column, "boolean", look.text, value, look.present, look.note)


# --------------------------------------------------------------------------------------------------------------- dates


def _date_plans(
    engine: Engine, table: ibis.Table, looks: Mapping[str, Look], forced: Mapping[str, Kind], told: ReadOptions
) -> dict[str, Plan]:
    """Plans for columns of dates. A column whose values leave the order open follows the others of the file."""
    shapes = {c: tuple(s for s in dates.SHAPES if look.counts.get(s)) or ("y-m-d",) for c, look in looks.items()}
    wanted = {}
    for column, look in looks.items():
        day, month = (dates.day(look.text, shapes[column], first) for first in (True, False))
        clock = look.text.re_search(dates.CLOCK) & ~look.text.re_search(r"[T\s]0?0:00(:00([.,]0+)?)?(\s|Z|[-+]|$)")
        wanted[column] = {
            "day": day.count(),
            "month": month.count(),
            "day_only": look.text.min(where=day.notnull() & month.isnull()),
            "month_only": look.text.min(where=month.notnull() & day.isnull()),
            "days": day.day().nunique(),
            "months": month.day().nunique(),
            "clock": count_if(clock | look.text.re_search(r"^[0-9]{8}[T ]?[0-9]{4,6}$")),
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
            plans[column] = _text_plan(column, look, mixed)
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


# -------------------------------------------------------------------------------------------------------------- helpers


def _forced(columns: Sequence[str], told: ReadOptions) -> dict[str, Kind]:
    forced: dict[str, Kind] = {}
    for column, kind in told.types:
        if column not in columns:
            raise RecipeError(f"There is no column {column!r} to give a type.{did_you_mean(column, columns)}")
        if kind not in KINDS:
            raise RecipeError(f"The type of column {column!r} must be one of {', '.join(KINDS)}. Got {kind!r}.")
        forced[column] = kind  # type: ignore[assignment]  # checked above
    return forced


def _examples(engine: Engine, table: ibis.Table, plan: Plan) -> tuple[str, ...]:
    unread = plan.value.isnull().ifelse(plan.text, ibis.null("string"))
    return tuple(value for value, _ in commonest(engine, table, unread, SHOWN))


def _rows(engine: Engine, table: ibis.Table) -> int:
    return int(rows(engine, table.aggregate(n=table.count()))[0]["n"])
