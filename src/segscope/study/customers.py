"""The customers of a source: its rows themselves, or made from a log of transactions; and what is proposed for them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import ibis

from segscope.cleaning import CleaningLog, propose_rules
from segscope.editing import Change, draft
from segscope.engine import Engine
from segscope.errors import RecipeError
from segscope.features import propose_derived
from segscope.intake import ReadOptions
from segscope.intake.copies import find_copies
from segscope.intake.facts import ColumnFacts, measure_facts
from segscope.intake.roles import newest_date, propose_roles
from segscope.recipe import Recipe, TransactionLog
from segscope.study.adapting import adapt
from segscope.transactions import check_log, customers_of, newest_day, propose_columns, recognise
from segscope.transactions.splitting import own_values

MADE = "__from_log"


@dataclass(frozen=True)
class Source:
    """A typed source: a table of customers, or a log."""

    table: ibis.Table
    facts: tuple[ColumnFacts, ...]


@dataclass(frozen=True)
class Customers:
    """Customers, one a row, before cleaning. ``made``: what was counted while they were made from a log."""

    table: ibis.Table
    facts: tuple[ColumnFacts, ...]
    made: CleaningLog = ()


def source_of_table(engine: Engine, table: ibis.Table) -> Source:
    """A stored table with its facts."""
    return Source(table, measure_facts(engine, table))


def propose(engine: Engine, source: Source) -> tuple[Recipe, Customers]:
    """Propose a whole recipe for a source, without asking anything, and make its customers.

    Raises
    ------
    RecipeError : when the amounts of a log are in several currencies
    """
    log = recognise(engine, source.table, source.facts)
    return _propose_log(engine, source, log, None) if log else _propose_rows(engine, source)


def make(engine: Engine, source: Source, recipe: Recipe) -> Customers:
    """The customers of a source under a recipe.

    Raises
    ------
    ColumnError, RecipeError, DataError : when the recipe's log does not fit the source
    """
    if recipe.log is None:
        return Customers(source.table, source.facts)
    if recipe.as_of is None:
        raise RecipeError("A log needs the day to which days are counted: the recipe has no as_of.")
    table, report = customers_of(engine, source.table, recipe.log, recipe.as_of, MADE)
    return Customers(table, measure_facts(engine, table), report.entries)


def decide(engine: Engine, source: Source, changes: Sequence[Change]) -> tuple[Recipe, Customers]:
    """Propose a recipe and change it.

    What makes customers of a log is changed first, since their columns follow from it.
    """
    first = [c for c in changes if c.kind in ("log", "as_of")]
    rest = [c for c in changes if c not in first]
    if any(c.kind == "log" for c in first):
        start = Recipe(columns=(), log=_recognised(engine, source))
        wanted = draft(start, ReadOptions(), first).recipe
        recipe, customers = adapted(engine, source, wanted)
    else:
        recipe, customers = propose(engine, source)
        wanted = draft(recipe, ReadOptions(), first).recipe
        if recipe.log and wanted.as_of != recipe.as_of:
            recipe, customers = adapted(engine, source, wanted)
        else:
            recipe = wanted
    return draft(recipe, ReadOptions(), rest).recipe, customers


def adapted(engine: Engine, source: Source, wanted: Recipe) -> tuple[Recipe, Customers]:
    """A recipe whose log, day or source is another than when it was decided: decisions live on where they can."""
    if wanted.log is None:
        proposed, customers = _propose_rows(engine, source)
    else:
        proposed, customers = _propose_log(engine, source, wanted.log, wanted.as_of)
    if not wanted.columns:
        return proposed, customers
    return adapt(wanted, proposed), customers


def _recognised(engine: Engine, source: Source) -> TransactionLog | None:
    return recognise(engine, source.table, source.facts)


def _propose_rows(engine: Engine, source: Source) -> tuple[Recipe, Customers]:
    proposal = propose_roles(source.facts, find_copies(engine, source.table, source.facts))
    as_of = newest_date(source.facts, proposal.columns)
    recipe = Recipe(
        columns=proposal.columns,
        families=proposal.families,
        cleaning=propose_rules(engine, source.table, source.facts, proposal.columns, as_of),
        derived=propose_derived(proposal.columns, proposal.families, as_of),
        as_of=as_of,
    )
    return recipe, Customers(source.table, source.facts)


def _propose_log(engine: Engine, source: Source, log: TransactionLog, as_of: date | None) -> tuple[Recipe, Customers]:
    check_log(source.table, replace(log, products=(), channels=()))
    log = _with_values(engine, source.table, log)
    day = as_of or newest_day(engine, source.table, log)
    customers = make(engine, source, Recipe(columns=(), log=log, as_of=day))
    proposal = propose_columns(log, customers.facts)
    recipe = Recipe(
        columns=proposal.columns,
        families=proposal.families,
        cleaning=propose_rules(engine, customers.table, customers.facts, proposal.columns, day),
        derived=proposal.derived,
        features=proposal.features,
        as_of=day,
        log=log,
    )
    return recipe, customers


def _with_values(engine: Engine, table: ibis.Table, log: TransactionLog) -> TransactionLog:
    """A log whose product and channel, chosen by hand, have the values that get columns of their own."""
    if log.product and not log.products:
        log = replace(log, products=own_values(engine, table, replace(log, product=None, products=()), log.product))
    if log.channel and not log.channels:
        log = replace(log, channels=own_values(engine, table, replace(log, channel=None, channels=()), log.channel))
    return log
