"""Changes in words: what each makes different in the end, and what follows from all of them."""

from collections.abc import Set as AbstractSet

from segscope.editing.changes import YES, Change
from segscope.intake import ReadOptions
from segscope.recipe import METHOD_NAMES, ColumnRole, Recipe, Role, TransactionLog
from segscope.wording import listed


def sentence(change: Change, before: Recipe, after: Recipe, read_before: ReadOptions, read_after: ReadOptions) -> str:
    """What a change makes different in the end; "" where a later one took it back."""
    if change.kind in ("type", "reading"):
        return _reading_sentence(change, read_before, read_after)
    if change.kind == "role":
        old, new = _column(before, change.name), _column(after, change.name)
        return "" if old.role is new.role else f"{new.label} is {_A_ROLE[new.role]}."
    if change.kind == "sensitive":
        old, new = _column(before, change.name), _column(after, change.name)
        word = "marked" if new.sensitive else "no longer marked"
        return "" if old.sensitive == new.sensitive else f"{new.label} is {word} as sensitive."
    if change.kind == "feature":
        label = after.column(change.name).label if change.name in after.names else change.name
        was, is_ = change.name in before.features, change.name in after.features
        return "" if was == is_ else f"{label} {'makes' if is_ else 'no longer makes'} the segments."
    if change.kind == "weight":
        label, new_weight = after.column(change.name).label, after.weight(change.name)
        return "" if before.weight(change.name) == new_weight else f"{label} weighs {new_weight:g} times."
    if change.kind == "method":
        return "" if before.method == after.method else f"Customers are grouped by {METHOD_NAMES[after.method]}."
    if change.kind == "aside":
        words = "make no segments" if after.set_aside else "take part in making segments"
        return "" if before.set_aside == after.set_aside else f"Unusual customers {words}."
    if change.kind == "as_of":
        return "" if before.as_of == after.as_of else f"Ages and days are counted on {after.as_of}."
    if change.kind == "log":
        return _log_sentence(change, before.log, after.log)
    if change.kind in ("derive", "remove"):
        return _derived_sentence(change.name.strip(), before, after)
    return _rule_sentence(change, before, after)


_A_ROLE = {
    Role.IDENTIFIER: "what names the customer", Role.MEASURE: "a measure", Role.CATEGORY: "a category",
    Role.FLAG: "a yes or no", Role.DATE: "a date", Role.TEXT: "text", Role.CONSTANT: "a constant",
    Role.PERSONAL: "personal data", Role.IGNORED: "ignored",
}  # fmt: skip


def _derived_sentence(name: str, before: Recipe, after: Recipe) -> str:
    old, new = (next((d for d in r.derived if d.name == name), None) for r in (before, after))
    if new is None:
        return f"{old.label} is removed." if old else ""
    if old is None:
        return f"{new.label} = {new.formula} is added."
    return "" if old.formula == new.formula else f"{new.label} is now {new.formula}."


def _rule_sentence(change: Change, before: Recipe, after: Recipe) -> str:
    if before.cleaning == after.cleaning:
        return ""
    if change.kind == "fill":
        label = before.column(change.name).label
        return f"Blanks in {label} count as 0." if change.value == "0" else f"Blanks in {label} take the median."
    action, _, rest = change.name.partition("/")
    name = rest.partition("/")[2]
    if action in ("bound", "log"):
        label = before.column(name).label if name in before.names else name
        return f"{label}: {_PREPARED[action, change.value == YES]}."
    return f"Implausible values of {name} {'count as blank' if change.value == YES else 'are kept'}."


_PREPARED = {
    ("bound", True): "far-out values count as the bound",
    ("bound", False): "far-out values count as they are",
    ("log", True): "clustering sees its logarithm",
    ("log", False): "clustering sees it as it is",
}


def _log_sentence(change: Change, before: TransactionLog | None, after: TransactionLog | None) -> str:
    if before == after:
        return ""
    if after is None:
        return "Each row is a customer."
    if change.name == "rows":
        return "Each row is a transaction."
    value = getattr(after, change.name)
    if before is not None and getattr(before, change.name) == value:
        return ""
    if change.name == "merge_same_day":
        return "What a customer buys on one day is one purchase." if value else "Purchases of one day stay apart."
    if change.name == "count_zero_orders":
        return "Orders worth 0 are purchases." if value else "Orders worth 0 are no purchases."
    if change.name == "only_currency":
        return f"Only rows in {value} count."
    part = change.name.replace("_", " ")
    return f"The {part} is in {value}." if value else f"No column holds the {part}."


def _reading_sentence(change: Change, before: ReadOptions, after: ReadOptions) -> str:
    if change.kind == "type":
        old, new = dict(before.types).get(change.name), dict(after.types).get(change.name)
        if old == new:
            return ""
        return f"{change.name} is read as {new}." if new else f"The kind of {change.name} is guessed again."
    old, new = getattr(before, change.name), getattr(after, change.name)
    if old == new:
        return ""
    words = change.name.replace("_", " ")
    if new is None:
        return f"The {words} is guessed again."
    return f"The {words} is {new!r}." if isinstance(new, str) else f"The {words}: {new}."


def _column(recipe: Recipe, name: str) -> ColumnRole:
    return next(c for c in recipe.columns if c.column == name)


def follows(before: Recipe, after: Recipe, said: AbstractSet[str]) -> tuple[str, ...]:
    """What follows from changes besides what they say. ``said``: columns of which a change itself speaks."""
    lost = [f for f in before.features if f not in after.features and f not in said]
    told = [f"{before.column(name).label} no longer makes the segments." for name in lost]
    removed = [d.label for d in before.derived if d.name not in {x.name for x in after.derived}]
    if len(removed) > 1:
        told.append(f"{listed(removed)} go together.")
    if before.features and not after.features:
        told.append("No feature is left, so new ones are proposed.")
    return tuple(told)
