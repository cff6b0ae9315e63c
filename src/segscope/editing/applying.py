"""Each kind of change, applied to a recipe or to how the source is read."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from segscope import formula
from segscope.cleaning import rule_key
from segscope.editing.changes import NO, YES, Change
from segscope.errors import FormulaError, RecipeError, did_you_mean
from segscope.features import propose_derived
from segscope.intake import KINDS, ReadOptions
from segscope.recipe import (
    CleaningRule,
    ColumnRole,
    DerivedColumn,
    Family,
    FeatureWeight,
    Recipe,
    Role,
    TransactionLog,
)

NUMBERS = (Role.MEASURE, Role.FLAG)
BY_YOU = "decided by you"
LONGEST_NAME = 80


def apply(recipe: Recipe, reading: ReadOptions, change: Change) -> tuple[Recipe, ReadOptions]:
    """Make one change.

    Raises
    ------
    RecipeError, FormulaError : when it cannot be made, with the reason
    """
    if change.kind in ("type", "reading"):
        return recipe, _read(reading, change)
    return _EDITS[change.kind](recipe, change), reading


def _role(recipe: Recipe, change: Change) -> Recipe:
    if change.value not in {r.value for r in Role}:
        raise RecipeError(
            f"There is no role {change.value!r:.40}.{did_you_mean(change.value, [r.value for r in Role])}"
        )
    wanted = Role(change.value)
    column = source_column(recipe, change.name)
    columns = [_with_role(c, column.column, wanted) for c in recipe.columns]
    if wanted not in (*NUMBERS, Role.CATEGORY):
        recipe = _without_feature(recipe, column.column)
    if wanted not in NUMBERS:
        recipe = recipe.replace(
            families=_without_member(recipe.families, column.column),
            cleaning=tuple(r for r in recipe.cleaning if r.column != column.column),
        )
    return recipe.replace(columns=tuple(columns))


def _with_role(column: ColumnRole, name: str, wanted: Role) -> ColumnRole:
    if column.column == name:
        family = column.family if wanted in NUMBERS else None
        return replace(column, role=wanted, reason=BY_YOU, family=family)
    if wanted is Role.IDENTIFIER and column.role is Role.IDENTIFIER:
        return replace(column, role=Role.IGNORED, reason=f"{name} names the customer")
    return column


def _without_member(families: Sequence[Family], name: str) -> tuple[Family, ...]:
    smaller = [replace(f, members=tuple(m for m in f.members if m.column != name)) for f in families]
    return tuple(f for f in smaller if len(f.members) > 1)


def _sensitive(recipe: Recipe, change: Change) -> Recipe:
    column = source_column(recipe, change.name)
    marked = replace(column, sensitive=_yes(change))
    return recipe.replace(columns=tuple(marked if c is column else c for c in recipe.columns))


def _rule(recipe: Recipe, change: Change) -> Recipe:
    enabled = _yes(change)
    action, _, rest = change.name.partition("/")
    if action in ("bound", "log"):
        column = rest.partition("/")[2]
        recipe.column(column)
        others = tuple(r for r in recipe.cleaning if (r.action, r.column) != (action, column))
        off = CleaningRule("bound" if action == "bound" else "log", column, BY_YOU, enabled=False)
        return recipe.replace(cleaning=others if enabled else (*others, off))
    keys = {rule_key(r, recipe.cleaning): i for i, r in enumerate(recipe.cleaning)}
    if change.name not in keys:
        return recipe  # its column took another role, and the rule went with it
    rules = list(recipe.cleaning)
    rules[keys[change.name]] = replace(rules[keys[change.name]], enabled=enabled)
    return recipe.replace(cleaning=tuple(rules))


def _fill(recipe: Recipe, change: Change) -> Recipe:
    if change.value not in ("median", "0"):
        raise RecipeError(f"Blanks take 'median' or '0'. Got {change.value!r:.40}.")
    values = (0.0,) if change.value == "0" else ()
    reason = "blanks count as 0" if values else "blanks take the median where a number is needed"
    recipe.column(change.name)
    others = tuple(r for r in recipe.cleaning if (r.action, r.column) != ("fill", change.name))
    return recipe.replace(cleaning=(*others, CleaningRule("fill", change.name, reason, values=values)))


def _feature(recipe: Recipe, change: Change) -> Recipe:
    recipe.column(change.name)
    if not _yes(change):
        return _without_feature(recipe, change.name)
    return recipe if change.name in recipe.features else recipe.replace(features=(*recipe.features, change.name))


def _without_feature(recipe: Recipe, name: str) -> Recipe:
    return recipe.replace(
        features=tuple(f for f in recipe.features if f != name),
        weights=tuple(w for w in recipe.weights if w.feature != name),
    )


def _weight(recipe: Recipe, change: Change) -> Recipe:
    recipe.column(change.name)
    try:
        weight = float(change.value)
    except ValueError:
        raise RecipeError(f"The weight of {change.name!r} must be a number. Got {change.value!r:.40}.") from None
    others = tuple(w for w in recipe.weights if w.feature != change.name)
    return recipe.replace(weights=others if weight == 1 else (*others, FeatureWeight(change.name, weight)))


def _method(recipe: Recipe, change: Change) -> Recipe:
    return recipe.replace(method=change.value)


def _aside(recipe: Recipe, change: Change) -> Recipe:
    return recipe.replace(set_aside=_yes(change))


def _derive(recipe: Recipe, change: Change) -> Recipe:
    name = change.name.strip()
    if not name or len(name) > LONGEST_NAME or name.startswith("__"):
        raise RecipeError(
            f"The name of a derived column must have 1 to {LONGEST_NAME} characters and not begin with __."
        )
    if any(c.column == name for c in recipe.columns):
        raise RecipeError(f"The source has a column {name!r} already. Choose another name.")
    others = tuple(d for d in recipe.derived if d.name != name)
    place = next((i for i, d in enumerate(recipe.derived) if d.name == name), len(others))
    known = {c.column for c in recipe.columns} | {d.name for d in others[:place]}
    node = formula.parse(change.value)
    unknown = [c for c in formula.columns(node) if c not in known]
    if unknown:
        raise FormulaError(f"The formula needs a column {unknown[0]!r}.{did_you_mean(unknown[0], known)}")
    before = next((d for d in recipe.derived if d.name == name), None)
    column = (
        replace(before, formula=change.value, meaning=f"{before.meaning}; changed by you")
        if before
        else DerivedColumn(name, name, change.value, "added by you")
    )
    return recipe.replace(derived=(*others[:place], column, *others[place:]))


def _remove(recipe: Recipe, change: Change) -> Recipe:
    """Remove a derived column, and those that need it."""
    gone = {change.name}
    kept = []
    for derived in recipe.derived:
        if derived.name in gone or gone & set(formula.columns(formula.parse(derived.formula))):
            gone.add(derived.name)
        else:
            kept.append(derived)
    return recipe.replace(
        derived=tuple(kept),
        features=tuple(f for f in recipe.features if f not in gone),
        weights=tuple(w for w in recipe.weights if w.feature not in gone),
        cleaning=tuple(r for r in recipe.cleaning if r.column not in gone),
    )


def _as_of(recipe: Recipe, change: Change) -> Recipe:
    try:
        day = date.fromisoformat(change.value)
    except ValueError:
        raise RecipeError(f"The as-of date must be a day like 2014-06-29. Got {change.value!r:.40}.") from None
    anew = {d.name: d for d in propose_derived(recipe.columns, recipe.families, day)}
    before = {d.name: d for d in propose_derived(recipe.columns, recipe.families, recipe.as_of)}
    # Only formulas as they were proposed: one that was written by hand says what it means.
    derived = tuple(anew.get(d.name, d) if before.get(d.name) == d else d for d in recipe.derived)
    return recipe.replace(as_of=day, derived=derived)


def _log(recipe: Recipe, change: Change) -> Recipe:
    if change.name == "rows":
        if change.value == "customers":
            return recipe.replace(log=None)
        return recipe if recipe.log else recipe.replace(log=TransactionLog("", ""))
    if recipe.log is None:
        raise RecipeError(
            "Each row is a customer, so there is no log to map. Say first that the rows are transactions."
        )
    fields = {f.name: f for f in dataclasses.fields(TransactionLog)}
    if change.name not in fields:
        raise RecipeError(f"There is no part {change.name!r:.40} of a log.{did_you_mean(change.name, fields)}")
    value: Any = change.value
    if change.name in ("merge_same_day", "count_zero_orders"):
        value = _yes(change)
    elif change.name not in ("customer", "date"):
        value = change.value or None
    more: dict[str, Any] = {"product": {"products": ()}, "channel": {"channels": ()}}.get(change.name, {})
    return recipe.replace(log=replace(recipe.log, **{change.name: value}, **more))


_EDITS: dict[str, Callable[[Recipe, Change], Recipe]] = {
    "role": _role,
    "sensitive": _sensitive,
    "rule": _rule,
    "fill": _fill,
    "feature": _feature,
    "derive": _derive,
    "remove": _remove,
    "weight": _weight,
    "method": _method,
    "aside": _aside,
    "as_of": _as_of,
    "log": _log,
}


def _read(reading: ReadOptions, change: Change) -> ReadOptions:
    if change.kind == "type":
        if change.value and change.value not in KINDS:
            raise RecipeError(f"There is no kind {change.value!r:.40} of a column.")
        types = tuple((n, k) for n, k in reading.types if n != change.name)
        return replace(reading, types=(*types, (change.name, change.value)) if change.value else types)
    fields = {f.name for f in dataclasses.fields(ReadOptions)} - {"types"}
    if change.name not in fields:
        raise RecipeError(f"There is no way of reading called {change.name!r:.40}.{did_you_mean(change.name, fields)}")
    return replace(reading, **{change.name: _option(change)})


def _option(change: Change) -> Any:
    if change.value == "":
        return None
    if change.name in ("header_rows", "skip_rows"):
        if not change.value.isdecimal() or int(change.value) > 10_000:
            raise RecipeError(f"The number of lines must be a whole number from 0. Got {change.value!r:.40}.")
        return int(change.value)
    if change.name == "day_first":
        return _yes(change)
    return "" if change.value == "none" and change.name in ("quote", "escape") else change.value


def _yes(change: Change) -> bool:
    if change.value not in (YES, NO):
        raise RecipeError(f"The value must be {YES!r} or {NO!r}. Got {change.value!r:.40}.")
    return change.value == YES


def source_column(recipe: Recipe, name: str) -> ColumnRole:
    found = next((c for c in recipe.columns if c.column == name), None)
    if found is None:
        raise RecipeError(f"There is no column {name!r:.80}.{did_you_mean(name, [c.column for c in recipe.columns])}")
    return found
