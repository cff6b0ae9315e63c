"""Types for whole columns, decided from all of their values, as engine expressions.

A column takes the type that all of its values fit, but for one in a hundred: those become blank, are counted and
listed. Most columns are written as programs write them, and one cheap aggregate proves it; only the others are looked
at closely.
"""

from collections.abc import Mapping, Sequence

import ibis

from segscope.engine import Engine, one
from segscope.errors import RecipeError, SourceError, did_you_mean
from segscope.intake import dates, numbers
from segscope.intake.cells import commonest, count_if, measure
from segscope.intake.dating import date_plans
from segscope.intake.evident import Plan, evident_plans, glance
from segscope.intake.lexicon import CURRENCIES, YES_NO, YES_NO_WORDS
from segscope.intake.looks import RUBBISH, Look, code_reason, take_looks, text_plan
from segscope.intake.report import KINDS, ROW, ColumnReading, Kind, ReadOptions

SHOWN = 5
LARGEST_WHOLE = 2**53
MAX_COLUMNS = 2_000


def type_columns(
    engine: Engine, table: ibis.Table, name: str, found: Sequence[str], told: ReadOptions
) -> tuple[ibis.Table, tuple[ColumnReading, ...]]:
    """Store the typed table of a table of texts under ``name``, with one reading for each column."""
    if len(table.columns) > MAX_COLUMNS:
        raise SourceError(
            f"There are {len(table.columns):,} columns; at most {MAX_COLUMNS:,} can be given types. "
            "Leave out those that say nothing about customers, or convert the file with --text."
        )
    count = int(one(engine, table.aggregate(n=table.count()))["n"])
    plans = plan_columns(engine, table, count, told)
    readable = measure(engine, table, {p.column: {"n": p.value.count()} for p in plans if not p.exact})
    readings = []
    for plan, original in zip(plans, found, strict=True):
        unreadable = 0 if plan.exact else plan.present - int(readable[plan.column]["n"])
        examples = _examples(engine, table, plan) if unreadable else ()
        blanks = count - plan.present
        readings.append(ColumnReading(plan.column, original, plan.kind, blanks, unreadable, examples, plan.note))
    values = {plan.column: plan.value for plan in plans}
    return engine.store(name, table.select(**{ROW: table.rowid()}, **values)), tuple(readings)


def plan_columns(engine: Engine, table: ibis.Table, count: int, told: ReadOptions) -> list[Plan]:
    """Decide the kind and the form of every column."""
    forced = _forced(table.columns, told)
    glances = glance(engine, table, count)
    plans = evident_plans(engine, table, count, {c: cells for c, cells in glances.items() if c not in forced})
    rest = [column for column in table.columns if column not in plans]
    looks = take_looks(engine, table, rest, count, glances, forced)
    plans |= _decide(engine, table, looks, forced, told)
    return [plans[column] for column in table.columns]


def _decide(
    engine: Engine, table: ibis.Table, looks: Mapping[str, Look], forced: Mapping[str, Kind], told: ReadOptions
) -> dict[str, Plan]:
    habits = [d for look in looks.values() if (d := _decimal(look))]
    habit = told.decimal or (max(sorted(set(habits)), key=habits.count) if habits else None)
    plans: dict[str, Plan] = {}
    dated: dict[str, Look] = {}
    for column, look in looks.items():
        kind = forced.get(column) or _likely(look)
        if kind in ("integer", "number"):
            plans[column] = _number_plan(engine, table, column, look, forced.get(column), habit)
        elif kind in ("date", "datetime"):
            dated[column] = look
        elif kind == "boolean":
            plans[column] = _boolean_plan(engine, table, column, look, column in forced)
        else:
            plans[column] = text_plan(column, look)
    return plans | date_plans(engine, table, dated, forced, told)


def _likely(look: Look) -> Kind:
    if not look.present:
        return "text"
    if look.counts.get("yes_no") == look.present:
        return "boolean"
    if look.share("ymd") == 1:
        return "date"
    if max(look.share("."), look.share(",")) >= 1 - RUBBISH:
        return "text" if code_reason(look) else "number"
    if sum(look.share(shape) for shape in dates.SHAPES) >= 1 - RUBBISH:
        return "date"
    return "text"


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
            return text_plan(column, look, reason)
        notes += remarks
    if look.counts["marked"]:
        if proven == ",":
            notes.append("decimal comma")
        elif proven is None:
            other = "," if decimal == "." else "."
            notes.append(f"values leave the decimal sign open: read with '{decimal}', not '{other}'")
    plain = plain and decimal == "."
    value = numbers.number(look.text, numbers.NumberForm(decimal, plain))
    fraction = (value % 1.0 != 0) | look.text.re_search(r"[0-9][eE]")
    if plain:
        fraction |= look.text.contains(".")
    found = measure(engine, table, {column: {"fractions": count_if(fraction), "large": value.abs().max()}})[column]
    whole = not found["fractions"] and (found["large"] or 0) < LARGEST_WHOLE
    if forced == "integer" or (whole and forced != "number"):
        whole_value = (value % 1.0 == 0).ifelse(value, ibis.null("float64")).try_cast("int64")
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
    usual = "currency " if main in CURRENCIES.values() else "unit "
    remark = "percent sign dropped: 12 % is 12" if main == "%" else usual + main
    if others:
        strange = sum(signs[s] for s in others)
        remark += f"; {strange:,} in {', '.join(others[:5])} read as if they were {main}"
        if strange > RUBBISH * look.present:
            return f"amounts in several units ({', '.join([main, *others][:6])}) kept as text", [remark]
    return "", [remark]


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
        return text_plan(column, look)
    yes = set().union(*(y for y, _ in YES_NO)) | {"1", "1.0"}
    no = set().union(*(n for _, n in YES_NO)) | {"0", "0.0"}
    lower = look.text.lower()
    value = ibis.cases(
        (lower.isin(sorted(yes - no)), True), (lower.isin(sorted(no)), False), else_=ibis.null("boolean")
    )
    return Plan(column, "boolean", look.text, value, look.present, look.note)


def _forced(columns: Sequence[str], told: ReadOptions) -> dict[str, Kind]:
    forced: dict[str, Kind] = {}
    for column, kind in told.types:
        if column not in columns:
            raise RecipeError(f"There is no column {column!r} to give a type.{did_you_mean(column, columns)}")
        if kind not in KINDS:
            raise RecipeError(f"The type of column {column!r} must be one of {', '.join(KINDS)}. Got {kind!r}.")
        forced[column] = kind
    return forced


def _examples(engine: Engine, table: ibis.Table, plan: Plan) -> tuple[str, ...]:
    unread = plan.value.isnull().ifelse(plan.text, ibis.null("string"))
    return tuple(value for value, _ in commonest(engine, table, unread, SHOWN))
