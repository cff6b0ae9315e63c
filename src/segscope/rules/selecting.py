"""Selecting by rule: as an expression over customers, and as one SQL statement that anybody can read and run."""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from typing import cast

import ibis
import ibis.expr.types as ir
import sqlglot
from sqlglot import exp

from segscope.engine import Engine, one
from segscope.errors import RecipeError, StudyError, did_you_mean
from segscope.features import source_columns
from segscope.rules.conditions import Condition, Conditions
from segscope.rules.learning import RuleSet, SegmentRule, rule_features, rule_values
from segscope.rules.saying import conditions_in_words
from segscope.segmentation import Segmentation, to_customers, without_unneeded
from segscope.wording import counted, one_line, percent

DIALECTS = {
    "duckdb": ("DuckDB", "duckdb"),
    "postgres": ("PostgreSQL", "postgres"),
    "mysql": ("MySQL", "mysql"),
    "mssql": ("SQL Server", "tsql"),
    "bigquery": ("BigQuery", "bigquery"),
    "snowflake": ("Snowflake", "snowflake"),
    "databricks": ("Databricks", "databricks"),
}
"""Dialects by the name that Ibis gives them: the name for people, and sqlglot's."""

FEATURES = "customer_features"
RULE_SEGMENT = "segment_by_rule"


def selects(rule: SegmentRule, table: ibis.Table, segmentation: Segmentation) -> ir.BooleanValue:
    """Whether a rule selects a customer, as an expression over a table with the features; a blank is no.

    Parameters
    ----------
    table : customers with the features in original units (see segscope.segmentation.to_customers)
    """
    values = rule_values(table, rule_features(segmentation))
    found: ir.BooleanValue = ibis.literal(False)
    if rule.clauses:
        found = reduce(or_, [_all(clause.conditions, values) for clause in rule.clauses])
    return ibis.coalesce(found, False)


def count_selected(engine: Engine, customers: ibis.Table, rules: RuleSet, segmentation: Segmentation) -> dict[str, int]:
    """How many of all customers each rule selects, by the segment's id."""
    chosen = customers.select(**{f"n{i}": selects(r, customers, segmentation) for i, r in enumerate(rules.rules)})
    found = one(engine, chosen.agg(**{name: chosen[name].cast("int64").sum() for name in chosen.columns}))
    return {rule.segment: int(found[f"n{i}"] or 0) for i, rule in enumerate(rules.rules)}


def rule_sql(
    rules: RuleSet,
    segmentation: Segmentation,
    schema: ibis.Schema,
    dialect: str = "duckdb",
    table: str = "customers",
    segment: str | None = None,
) -> str:
    """The rules as one SQL statement over a table with the columns of the source, before cleaning.

    Cleaning and derived columns are part of the statement. It selects the identifier (where there is none, the columns
    that the rules rest on) of the customers of one segment, or that of everybody and ``segment_by_rule``.

    Parameters
    ----------
    schema : types of the source's columns
    dialect : a key of ``DIALECTS``
    table : name of the table, as one name
    segment : id of a segment; None is all of them

    Raises
    ------
    RecipeError : for a dialect that is not known
    StudyError : for a segment that is not known
    """
    if dialect not in DIALECTS:
        raise RecipeError(f"There is no SQL dialect {dialect!r:.80}.{did_you_mean(dialect, DIALECTS)}")
    chosen = [rule for rule in rules.rules if segment in (None, rule.segment)]
    if not chosen:
        raise StudyError(f"There is no segment {segment!r:.80}.{did_you_mean(str(segment), _ids(rules))}")
    customers = _customers(chosen, segmentation, schema, table)
    shown = [segmentation.recipe.identifier or ""]
    shown = [c for c in shown if c in customers.columns] or list(customers.columns)
    named = ibis.table(customers.schema(), name=_free(FEATURES, [table]))
    if segment is not None:
        query = named.filter(_where(chosen[0], named)).select(*shown)
    else:
        names = {s.id: s.name for s in segmentation.segments}
        cases = [(_where(rule, named), names[rule.segment]) for rule in chosen if rule.clauses]
        query = named.select(*shown, **{_free(RULE_SEGMENT, shown): ibis.cases(*cases)})
    comments = [f"-- {line}" for rule in chosen for line in _comments(rule, segmentation)]
    return "\n".join([*comments, _with(named.get_name(), customers, query, dialect)])


def sql_types(customers: ibis.Table, segmentation: Segmentation) -> ibis.Schema:
    """Types of the source's columns, from its customers: the ``schema`` of :func:`rule_sql`."""
    known = [c.column for c in segmentation.recipe.columns if c.column in customers.columns]
    return ibis.schema({name: customers[name].type() for name in known})


def _free(name: str, taken: Sequence[str]) -> str:
    return _free(f"{name}_", taken) if name in taken else name


def _ids(rules: RuleSet) -> list[str]:
    return [rule.segment for rule in rules.rules]


def _customers(rules: Sequence[SegmentRule], segmentation: Segmentation, schema: ibis.Schema, table: str) -> ibis.Table:
    """Identifier and the columns that rules speak of, made from a table of the source."""
    asked = {c.column for rule in rules for clause in rule.clauses for c in clause.conditions}
    features = [f for f in rule_features(segmentation) if f.column in asked]
    recipe = without_unneeded(segmentation.recipe.replace(features=tuple(f.column for f in features), weights=()))
    identifier = recipe.identifier
    wanted = [*([identifier] if identifier in schema.names else []), *source_columns(recipe, recipe.features)]
    # Somebody to count is needed even where no column is asked.
    source = ibis.table({name: schema[name] for name in wanted or schema.names}, name=table)
    made = to_customers(source, recipe)
    kept: dict[str, ir.Value] = {}
    if identifier in schema.names:
        kept[str(identifier)] = made[identifier]
    if not kept and not features:
        return made
    return made.select(**{**kept, **rule_values(made, features)})


def _where(rule: SegmentRule, table: ibis.Table) -> ir.BooleanValue:
    if not rule.clauses:
        return ibis.literal(False)
    values = {name: table[name] for name in table.columns}
    return reduce(or_, [_all(clause.conditions, values) for clause in rule.clauses])


def _all(conditions: Conditions, values: dict[str, ir.Value]) -> ir.BooleanValue:
    if not conditions:
        return ibis.literal(True)
    return reduce(and_, [_met(c, values[c.column]) for c in conditions])


def _met(condition: Condition, value: ir.Value) -> ir.BooleanValue:
    """Whether a value meets a condition: blank where it is blank and the condition asks for a value."""
    if condition.text:
        values = list(condition.values)
        if not values and not condition.other_than:
            return value.isnull()
        asked = [value.notin(values) if condition.other_than else value.isin(values)] if values else []
        asked += [] if condition.blank or values else [value.notnull()]
    else:
        asked = [value > _number(condition.low)] if condition.low is not None else []
        asked += [value <= _number(condition.high)] if condition.high is not None else []
        asked += [value.notnull()] if not asked else []
    inside = reduce(and_, asked)
    return cast(ir.BooleanValue, inside | value.isnull() if condition.blank else inside)


def _number(value: float) -> float | int:
    """A threshold as people would write it."""
    return int(value) if value == int(value) and abs(value) < 1e15 else value


def _with(name: str, inner: ibis.Table, query: ibis.Table, dialect: str) -> str:
    """The query over a query with a name. Its columns need no table before them: there is only one."""
    theirs = DIALECTS[dialect][1]
    outer = sqlglot.parse_one(str(ibis.to_sql(query, dialect)), read=theirs)
    for column in outer.find_all(exp.Column):
        column.set("table", None)
    for table in outer.find_all(exp.Table):
        table.set("alias", None)
    quoted = exp.to_identifier(name, quoted=True).sql(dialect=theirs)
    # Lines of the inner query are left as they are: a name from the data may hold a line break.
    return f"WITH {quoted} AS (\n{ibis.to_sql(inner, dialect)}\n)\n{outer.sql(dialect=theirs, pretty=True)}"


def _comments(rule: SegmentRule, segmentation: Segmentation) -> list[str]:
    """What a statement says about a rule, each a line."""
    name = next(s.name for s in segmentation.segments if s.id == rule.segment)
    said = [conditions_in_words(c.conditions, segmentation) for c in rule.clauses]
    lines = [f"{name} ({rule.segment}): {said[0] if said else 'no rule of this size finds them'}"]
    lines += [f"or {words}" for words in said[1:]]
    if rule.coverage and rule.precision:
        found, right = percent(rule.coverage.share), percent(rule.precision.share)
        held = counted(rule.coverage.of, "customer")
        lines.append(f"It selects {found} of the segment's {held} held out; {right} of those selected are in it")
    return [one_line(line) for line in lines]
