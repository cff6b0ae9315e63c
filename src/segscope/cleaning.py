"""Cleaning: what looks wrong in the data, what is done about it, and how often. Nothing is done in silence.

Customers are never dropped. An implausible value counts as blank; a blank stays a blank in every chart and count,
and takes the median only where clustering or scoring needs a number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from segscope.engine import LARGEST_NUMBER, Engine, one, rows
from segscope.intake.cells import measure
from segscope.intake.facts import ROW, ColumnFacts
from segscope.recipe import CleaningRule, ColumnRole, Concept, Recipe, Role

OLDEST_CUSTOMER_YEARS = 100
BIRTH_YEARS = (1901, 2100)  # 1900 is what forms hold when nobody filled them in
FAR_OUT_FENCE = 3.0  # Tukey (1977): beyond three interquartile ranges is "far out"
PLACEHOLDER_DIGITS = 4
LISTED_CUSTOMERS = 20


@dataclass(frozen=True)
class CleaningEntry:
    """One thing that cleaning did or saw, in words, with the number of customers that it concerns.

    ``rule`` names the rule behind it (:func:`rule_key`), "" where there is none.
    """

    action: str
    column: str
    count: int
    detail: str
    customers: tuple[str, ...] = ()
    rule: str = ""


CleaningLog = tuple[CleaningEntry, ...]


def rule_key(rule: CleaningRule, rules: Sequence[CleaningRule]) -> str:
    """What names a rule among others: its action, its place among those of its column, and the column.

    >>> rules = (CleaningRule("implausible", "a", ""), CleaningRule("implausible", "a", "", high=9.0))
    >>> rule_key(rules[1], rules)
    'implausible/1/a'
    """
    same = [r for r in rules if (r.action, r.column) == (rule.action, rule.column)]
    return f"{rule.action}/{same.index(rule)}/{rule.column}"


def propose_rules(
    engine: Engine, table: ibis.Table, facts: Sequence[ColumnFacts], columns: Sequence[ColumnRole], as_of: date | None
) -> tuple[CleaningRule, ...]:
    """Propose the rules that the data call for: impossible ages, placeholder numbers, blanks in measures."""
    by_name = {f.name: f for f in facts}
    measures = [c for c in columns if c.role is Role.MEASURE]
    rules: list[CleaningRule] = []
    placeholders = _placeholders(engine, table, [by_name[c.column] for c in measures])
    for column in measures:
        known = by_name[column.column]
        limits = _age_rule(column, known, as_of) or _size_rule(known)
        rules += [r for r in (limits, _placeholder_rule(known, placeholders.get(column.column, ()))) if r]
    implausible = {r.column for r in rules}
    blank = [c.column for c in measures if by_name[c.column].blanks > 0 or c.column in implausible]
    fills = [CleaningRule("fill", name, "blanks take the median where a number is needed") for name in blank]
    return (*rules, *fills)


def _age_rule(column: ColumnRole, facts: ColumnFacts, as_of: date | None) -> CleaningRule | None:
    if column.concept is Concept.BIRTH:
        # Without a date in the file nothing tells what today is, and the clock must not decide.
        low, high = (as_of.year - OLDEST_CUSTOMER_YEARS, as_of.year) if as_of else BIRTH_YEARS
        reason = f"a customer born before {low} would be over {OLDEST_CUSTOMER_YEARS}"
    elif column.concept is Concept.AGE:
        low, high = 0, OLDEST_CUSTOMER_YEARS
        reason = f"an age must lie from 0 to {OLDEST_CUSTOMER_YEARS} years"
    else:
        return None
    found = _outside(facts, low, high)
    return CleaningRule("implausible", column.column, reason, low=float(low), high=float(high)) if found else None


def _size_rule(facts: ColumnFacts) -> CleaningRule | None:
    if not _outside(facts, -LARGEST_NUMBER, LARGEST_NUMBER):
        return None
    reason = f"no amount is beyond {LARGEST_NUMBER:.0e}, and sums of its squares could not be held"
    return CleaningRule("implausible", facts.name, reason, low=-LARGEST_NUMBER, high=LARGEST_NUMBER)


def _outside(facts: ColumnFacts, low: float, high: float) -> bool:
    below = isinstance(facts.low, float) and facts.low < low
    return below or (isinstance(facts.high, float) and facts.high > high)


def _placeholders(engine: Engine, table: ibis.Table, facts: Sequence[ColumnFacts]) -> dict[str, tuple[float, ...]]:
    """The placeholder numbers that columns hold beyond their fences, in rising order, by column: one pass."""
    asked = {
        f.name: {str(n): (table[f.name].cast("float64") == n).any() for n in _possible_placeholders(f)} for f in facts
    }
    found = measure(engine, table, asked)
    return {name: tuple(float(number) for number, held in told.items() if held) for name, told in found.items()}


def _possible_placeholders(facts: ColumnFacts) -> tuple[float, ...]:
    fences = far_out_fences(facts)
    if fences is None or not facts.whole or not isinstance(facts.low, float) or not isinstance(facts.high, float):
        return ()
    inside = (n for n in PLACEHOLDERS if facts.low <= n <= facts.high)
    return tuple(n for n in inside if n < fences[0] or n > fences[1])


def _placeholder_rule(facts: ColumnFacts, found: Sequence[float]) -> CleaningRule | None:
    fences = far_out_fences(facts)
    if not found or fences is None:
        return None
    listed = ", ".join(f"{v:,.0f}" for v in found[:3])
    fence = f"the fence of {fences[1]:,.0f} (upper quartile + 3 interquartile ranges)"
    reason = f"{listed}: one digit repeated, far beyond {fence}"
    return CleaningRule("implausible", facts.name, reason, values=tuple(found))


def far_out_fences(facts: ColumnFacts) -> tuple[float, float] | None:
    """Tukey's far-out fences, or None where the quartiles do not spread.

    >>> far_out_fences(ColumnFacts("a", "number", 9, 0, 9, quarter=10.0, three_quarters=20.0))
    (-20.0, 50.0)
    """
    if facts.quarter is None or facts.three_quarters is None or facts.three_quarters <= facts.quarter:
        return None
    reach = FAR_OUT_FENCE * (facts.three_quarters - facts.quarter)
    return facts.quarter - reach, facts.three_quarters + reach


def is_placeholder(value: float) -> bool:
    """Whether a number is one digit repeated four times or more, as people type to pass a form.

    >>> [is_placeholder(v) for v in (666666, 99999, -9999, 111, 1234, 66.5)]
    [True, True, True, False, False, False]
    """
    if value != round(value):
        return False
    digits = str(abs(int(value)))
    return len(digits) >= PLACEHOLDER_DIGITS and len(set(digits)) == 1


# Beyond 16 digits no float is one digit repeated.
PLACEHOLDERS = tuple(
    sign * float(str(digit) * length)
    for sign, digits, lengths in ((-1, range(9, 0, -1), range(16, 3, -1)), (1, range(1, 10), range(4, 17)))
    for length in lengths
    for digit in digits
    if is_placeholder(float(str(digit) * length))
)


def clean(table: ibis.Table, rules: Sequence[CleaningRule]) -> ibis.Table:
    """Return the table with implausible values blank. Only rules that are enabled count."""
    for rule in rules:
        if rule.action == "implausible" and rule.enabled:
            table = table.mutate(**{rule.column: _without(table[rule.column], rule)})
    return table


def _implausible(value: ir.Value, rule: CleaningRule) -> ir.BooleanValue:
    wrong: ir.BooleanValue = ibis.literal(False)
    if rule.low is not None:
        wrong = wrong | (value < rule.low)
    if rule.high is not None:
        wrong = wrong | (value > rule.high)
    return wrong | value.isin(rule.values) if rule.values else wrong


def _without(value: ir.Value, rule: CleaningRule) -> ir.Value:
    return ibis.ifelse(_implausible(value, rule), ibis.null(value.type()), value)


def describe_cleaning(engine: Engine, table: ibis.Table, recipe: Recipe, facts: Sequence[ColumnFacts]) -> CleaningLog:
    """Count what cleaning did and saw on the source table (before cleaning).

    Entries come in the order: implausible, fill, set aside, repeated rows, repeated identifiers.
    """
    by_name = {f.name: f for f in facts}
    implausible = [r for r in recipe.cleaning if r.action == "implausible"]
    fills = [r for r in recipe.cleaning if r.action == "fill" and r.column in by_name]
    found = _what_rules_meet(engine, table, implausible, fills, recipe, by_name)
    log = [_implausible_entry(engine, table, r, recipe, int(found[f"n{i}"] or 0)) for i, r in enumerate(implausible)]
    log += [
        _fill_entry(r, recipe, by_name[r.column], found[f"median{i}"], int(found[f"blank{i}"] or 0))
        for i, r in enumerate(fills)
    ]
    log += [
        CleaningEntry("set_aside", c.column, by_name[c.column].rows, f"{c.label} is left out: {c.reason}.")
        for c in recipe.columns
        if c.role is Role.CONSTANT
    ]
    log += _repeated(engine, table, recipe, by_name)
    return tuple(e for e in log if e.count > 0 or e.action == "set_aside")


def _what_rules_meet(
    engine: Engine,
    table: ibis.Table,
    implausible: Sequence[CleaningRule],
    fills: Sequence[CleaningRule],
    recipe: Recipe,
    facts: Mapping[str, ColumnFacts],
) -> dict[str, Any]:
    """How many values are implausible by each rule; median and blanks of each filled column once it is cleaned."""
    asked: dict[str, ir.Scalar] = {f"n{i}": _implausible(table[r.column], r).sum() for i, r in enumerate(implausible)}
    known: dict[str, Any] = {}
    for i, fill in enumerate(fills):
        rules = [r for r in implausible if r.column == fill.column and r.enabled]
        if rules or facts[fill.column].kind != "number":
            column = reduce(_without, rules, table[fill.column])
            asked |= {f"median{i}": column.cast("float64").quantile(0.5), f"blank{i}": column.isnull().sum()}
        else:
            known |= {f"median{i}": facts[fill.column].median, f"blank{i}": facts[fill.column].blanks}
    return known | (one(engine, table.agg(**asked)) if asked else {})


def _implausible_entry(
    engine: Engine, table: ibis.Table, rule: CleaningRule, recipe: Recipe, count: int
) -> CleaningEntry:
    identifier = recipe.identifier
    wrong = table.filter(_implausible(table[rule.column], rule))
    value = wrong[rule.column]
    named = value.cast("string") if identifier is None else wrong[identifier].cast("string")
    first = wrong.select(value=value, customer=named).order_by(["value", "customer"]).limit(LISTED_CUSTOMERS)
    listed = rows(engine, first) if count else []
    values = ", ".join(f"{r['value']:.15g}" for r in listed) + (" …" if count > LISTED_CUSTOMERS else "")
    done = "counted as blank" if rule.enabled else "kept, since the rule is off"
    detail = f"{count:,} implausible {_plural('value', count)} in {rule.column} {done} ({values}): {rule.reason}."
    customers = tuple(str(r["customer"]) for r in listed)
    return CleaningEntry("implausible", rule.column, count, detail, customers, rule_key(rule, recipe.cleaning))


def _fill_entry(
    rule: CleaningRule, recipe: Recipe, facts: ColumnFacts, median: float | None, blank: int
) -> CleaningEntry:
    made = blank - facts.blanks
    extra = f", and {made:,} implausible {_plural('value', made)}," if made > 0 else ""
    what = f"{facts.blanks:,} {_plural('blank', facts.blanks)}{extra} in {rule.column}"
    filled = f"the median {median:,.6g}" if median is not None else "nothing"
    done = f"filled with {f'{rule.values[0]:,.6g}' if rule.values else filled} wherever a number is needed"
    detail = f"{what} {done}; charts show them as blank."
    return CleaningEntry("fill", rule.column, facts.blanks, detail, rule=rule_key(rule, recipe.cleaning))


def _repeated(engine: Engine, table: ibis.Table, recipe: Recipe, facts: Mapping[str, ColumnFacts]) -> CleaningLog:
    entries: list[CleaningEntry] = []
    content = [c for c in table.columns if c not in (ROW, recipe.identifier)]
    if content:
        groups = table.group_by(content).agg(__n=table.count())
        extra = int(one(engine, groups.agg(n=(groups["__n"] - 1).sum()))["n"] or 0)
        but = f" once {recipe.identifier} is left out" if recipe.identifier else ""
        detail = f"{extra:,} rows repeat another row exactly{but}. They are kept: two customers can look alike."
        entries.append(CleaningEntry("report_repeated", "", extra, detail))
    if recipe.identifier:
        twice = facts[recipe.identifier].present - facts[recipe.identifier].distinct
        detail = f"{twice:,} rows repeat an identifier in {recipe.identifier} that another row has. They are kept."
        entries.append(CleaningEntry("report_repeated_identifier", recipe.identifier, twice, detail))
    return tuple(entries)


def _plural(word: str, count: int) -> str:
    return word if count == 1 else word + "s"
