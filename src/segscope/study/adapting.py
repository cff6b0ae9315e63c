"""Adapting: the decisions of one recipe carried over to the columns of a source that was read in another way."""

from segscope import formula
from segscope.recipe import Recipe, Role

NUMBERS = (Role.MEASURE, Role.FLAG)


def adapt(decided: Recipe, proposed: Recipe) -> Recipe:
    """Carry decisions over to what was proposed for other columns.

    Roles live on where the column is still there and of the same nature; derived columns, rules and features where
    everything that they need still is. What is new is as proposed.

    >>> from segscope.recipe import ColumnRole
    >>> old = Recipe((ColumnRole("a", Role.FLAG, "decided by you", "A"),), features=("a", "gone"), segments=3)
    >>> new = Recipe((ColumnRole("a", Role.MEASURE, "numbers", "a"), ColumnRole("b", Role.DATE, "", "b")))
    >>> found = adapt(old, new)
    >>> [c.role.value for c in found.columns], found.features, found.segments
    (['flag', 'date'], ('a',), 3)
    """
    before = {c.column: c for c in decided.columns}

    columns = tuple(
        before[c.column] if c.column in before and _alike(before[c.column].role, c.role) else c
        for c in proposed.columns
    )
    known = {c.column for c in columns}
    kept = []
    for derived in decided.derived:
        if derived.name not in known and set(formula.columns(formula.parse(derived.formula))) <= known:
            kept.append(derived)
            known.add(derived.name)
    usable = {d.name for d in kept} | {c.column for c in columns if c.role in NUMBERS}
    ruled = {(r.action, r.column) for r in decided.cleaning}
    numbers = {c.column for c in columns if c.role is Role.MEASURE}
    cleaning = [r for r in decided.cleaning if r.column in numbers]
    cleaning += [r for r in proposed.cleaning if (r.action, r.column) not in ruled and r.column in numbers]
    return decided.replace(
        columns=columns,
        families=proposed.families,
        cleaning=tuple(cleaning),
        derived=tuple(kept),
        features=tuple(f for f in decided.features if f in usable),
        as_of=decided.as_of or proposed.as_of,
        log=proposed.log,
    )


def _alike(before: Role, now: Role) -> bool:
    """Whether a decided role can stand where another is proposed: numbers for numbers, dates for dates."""
    if before in (*NUMBERS, Role.DATE):
        return before is now or (before in NUMBERS and now in NUMBERS)
    return True
