"""Features: the columns that segscope derives, with their formulas, and the choice that clustering starts from."""

from collections.abc import Sequence
from datetime import date
from typing import cast

import ibis
import ibis.expr.types as ir

from segscope import formula
from segscope.engine import LARGEST_NUMBER
from segscope.errors import ColumnError, FormulaError, RecipeError, did_you_mean
from segscope.formula import quote
from segscope.intake.facts import ColumnFacts, column_kind
from segscope.recipe import ColumnRole, Concept, DerivedColumn, Family, Recipe, Role
from segscope.transactions.names import restated

VALUE_CORE = (Concept.TENURE, Concept.SPEND, Concept.PURCHASES, Concept.BASKET)
MAX_PROPOSED_FEATURES = 6


def propose_derived(
    columns: Sequence[ColumnRole], families: Sequence[Family], as_of: date | None
) -> tuple[DerivedColumn, ...]:
    """Propose derived columns from roles and families; each only where its sources exist and its name is free."""
    proposals = [
        *_ages(columns, as_of),
        *_tenure(columns, as_of),
        *_children(columns),
        *_value(columns, families),
    ]
    taken = {c.column for c in columns}
    return tuple(d for d in proposals if d.name not in taken)


def _ages(columns: Sequence[ColumnRole], as_of: date | None) -> list[DerivedColumn]:
    birth = _with(columns, Concept.BIRTH)
    if birth is None or as_of is None:
        return []
    born = quote(birth.column) if birth.role is Role.MEASURE else f"year({quote(birth.column)})"
    return [DerivedColumn("age", "Age", f"{as_of.year} - {born}", f"age reached in {as_of.year}", Concept.AGE, "years")]


def _tenure(columns: Sequence[ColumnRole], as_of: date | None) -> list[DerivedColumn]:
    start = _with(columns, Concept.ENROLMENT)
    if start is None or as_of is None:
        return []
    text = f"days({quote(start.column)}, {as_of.isoformat()})"
    meaning = f"days from {start.label} to {as_of.isoformat()}, the newest date in the data"
    return [DerivedColumn("days_enrolled", "Days enrolled", text, meaning, Concept.TENURE, "days")]


def _children(columns: Sequence[ColumnRole]) -> list[DerivedColumn]:
    parts = [c.column for c in columns if c.concept is Concept.CHILDREN]
    if len(parts) < 2:
        return []
    meaning = "kids and teens in the household"
    return [DerivedColumn("children_at_home", "Children at home", _sum(parts), meaning, Concept.CHILDREN, "children")]


def _value(columns: Sequence[ColumnRole], families: Sequence[Family]) -> list[DerivedColumn]:
    found: list[DerivedColumn] = []
    spend = _total(columns, families, "spend", Concept.SPEND)
    purchases = _total(columns, families, "purchases", Concept.PURCHASES)
    if isinstance(spend, DerivedColumn):
        found.append(spend)
    if isinstance(purchases, DerivedColumn):
        found.append(purchases)
    count = None if purchases is None else purchases.name if isinstance(purchases, DerivedColumn) else purchases.column
    if spend is not None and count is not None and _with(columns, Concept.BASKET) is None:
        total = spend.name if isinstance(spend, DerivedColumn) else spend.column
        text = f"ratio({quote(total)}, {quote(count)})"
        meaning = "total spend divided by the number of purchases; blank without a purchase"
        found.append(DerivedColumn("average_spend", "Average spend", text, meaning, Concept.BASKET, "a purchase"))
    overlaps = [m for f in families if f.kind == "purchases" for m in f.members if m.overlaps]
    if overlaps and count is not None:
        text = f"min(1, ratio({_sum([m.column for m in overlaps])}, {quote(count)}))"
        meaning = "purchases made on a deal as a share of all purchases, at most 1"
        found.append(DerivedColumn("deal_share", "Share bought on deals", text, meaning, Concept.DEALS, "share"))
    responses = next((f for f in families if f.kind == "responses"), None)
    if responses:
        text = _sum([m.column for m in responses.parts])
        meaning = f"offers accepted out of {len(responses.parts)}"
        found.append(DerivedColumn("offers_accepted", "Offers accepted", text, meaning, Concept.OFFERS, "offers"))
    return found


def _total(
    columns: Sequence[ColumnRole], families: Sequence[Family], kind: str, concept: Concept
) -> DerivedColumn | ColumnRole | None:
    ready = _with(columns, concept)
    family = next((f for f in families if f.kind == kind), None)
    if ready is not None or family is None:
        return ready
    parts = ", ".join(m.label.lower() for m in family.parts)
    name, label = ("total_spend", "Total spend") if kind == "spend" else ("purchases", "Purchases")
    return DerivedColumn(name, label, _sum([m.column for m in family.parts]), f"sum over {parts}", concept)


def _sum(names: Sequence[str]) -> str:
    return f"sum({', '.join(quote(n) for n in names)})"


def _with(columns: Sequence[ColumnRole], concept: Concept) -> ColumnRole | None:
    usable = (Role.MEASURE, Role.DATE)
    return next((c for c in columns if c.concept is concept and c.role in usable), None)


def derive(table: ibis.Table, derived: Sequence[DerivedColumn]) -> ibis.Table:
    """Add derived columns to a table, in order; each may use the ones before it.

    >>> t = ibis.table({"a": "int64"}, name="t")
    >>> derive(t, [DerivedColumn("b", "B", "a + 1", ""), DerivedColumn("c", "C", "b * 2", "")]).columns
    ('a', 'b', 'c')
    """
    for column in derived:
        node = formula.parse(column.formula)
        try:
            value = formula.to_ibis(node, table)
        except FormulaError as error:
            raise FormulaError(f"{column.label} ({column.formula}): {error}") from None
        table = table.mutate(**{column.name: value})
    return table


def source_columns(recipe: Recipe, names: Sequence[str]) -> tuple[str, ...]:
    """Columns of the source that the named features rest on, in the source's order.

    >>> d = (DerivedColumn("b", "B", "x + y", ""), DerivedColumn("c", "C", "b / y", ""))
    >>> r = Recipe(tuple(ColumnRole(n, Role.MEASURE, "", n) for n in "yxz"), derived=d)
    >>> source_columns(r, ["c"])
    ('y', 'x')
    """
    formulas = {d.name: d.formula for d in recipe.derived}
    wanted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in formulas:
            waiting += formula.columns(formula.parse(formulas[name]))
        else:
            wanted.add(name)
    return tuple(c.column for c in recipe.columns if c.column in wanted)


def making_columns(recipe: Recipe) -> frozenset[str]:
    """The features, what they are computed from, and what says the same: segments differ on these by construction."""
    found = {*recipe.features, *source_columns(recipe, recipe.features)}
    return frozenset(found | restated(recipe.log, found)) if recipe.log else frozenset(found)


def propose_features(recipe: Recipe, facts: Sequence[ColumnFacts]) -> tuple[str, ...]:
    """Propose the features that clustering starts from: the value core, else the measures that tell most.

    The value core says how long, how much, how often and how much a time. Where fewer than two of these exist, up to
    six measures stand in, totals before their parts; where there is none, categories.

    Raises
    ------
    ColumnError : when neither a number nor a category varies
    """
    core = [name for concept in VALUE_CORE if (name := recipe.with_concept(concept))]
    if len(core) < len(VALUE_CORE) and (recency := recipe.with_concept(Concept.RECENCY)):
        core.append(recency)
    if len(core) >= 2:
        return tuple(core)
    in_family = {m.column for f in recipe.families for m in f.members}
    distinct = {f.name: f.distinct for f in facts}
    births = {c.column for c in recipe.columns if c.concept is Concept.BIRTH}
    measures = [c.column for c in recipe.columns if c.role is Role.MEASURE and distinct[c.column] > 2]
    ranked = [d.name for d in recipe.derived]
    ranked += [c for c in measures if c not in in_family and c not in births]
    ranked += [c for c in measures if c in in_family]
    # Two different numbers, or yes and no, tell little, but more than nothing.
    poor = [c.column for c in recipe.columns if c.role in (Role.MEASURE, Role.FLAG) and distinct[c.column] == 2]
    categories = [c.column for c in recipe.columns if c.role is Role.CATEGORY and distinct[c.column] > 1]
    chosen = tuple(dict.fromkeys(core + ranked or poor or categories))[:MAX_PROPOSED_FEATURES]
    if not chosen:
        raise ColumnError(
            "No column holds numbers or categories that differ between customers, so there is nothing to cluster on. "
            "segscope needs at least one such column."
        )
    return chosen


def check_features(table: ibis.Table, recipe: Recipe) -> None:
    """Raise unless every feature is a known column of numbers or a category."""
    if not recipe.features:
        raise RecipeError("Choose at least one feature to cluster on.")
    repeated = [f for f in recipe.features if recipe.features.count(f) > 1]
    if repeated:
        raise RecipeError(f"The feature {repeated[0]!r} is chosen twice.")
    known = {c.column: c for c in recipe.columns}
    derived = {d.name for d in recipe.derived}
    roles = (Role.MEASURE, Role.FLAG, Role.CATEGORY)
    usable = [c for c in table.columns if c in derived or (c in known and known[c].role in roles)]
    for name in recipe.features:
        if name not in known and name not in derived:
            raise ColumnError(f"There is no column {name!r} to cluster on.{did_you_mean(name, usable)}")
        is_category = name in known and known[name].role is Role.CATEGORY
        if name not in usable or not (is_category or column_kind(table[name]) in ("number", "boolean")):
            role = known[name].role.value if name in known else "text"
            raise ColumnError(f"The column {name!r} holds neither numbers nor a category; its role is {role}.")
    unknown = [w.feature for w in recipe.weights if w.feature not in recipe.features]
    if unknown:
        raise RecipeError(f"{unknown[0]!r} has a weight but is no feature.{did_you_mean(unknown[0], recipe.features)}")


def too_large(name: str) -> ColumnError:
    """The error for a column whose numbers cannot be computed with."""
    return ColumnError(
        f"The column {name!r} holds numbers beyond {LARGEST_NUMBER:.0e}, too large to compute with. "
        "Let a cleaning rule count them as blank."
    )


def as_number(column: ir.Value) -> ir.FloatingValue:
    """A number or flag as float64."""
    kind = column.type()
    number = column.cast("int8").cast("float64") if kind.is_boolean() else column.cast("float64")
    return cast(ir.FloatingValue, number)
