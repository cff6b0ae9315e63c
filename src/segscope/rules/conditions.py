"""Conditions: what a rule asks of one column, how two are narrowed or joined, and who meets them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Condition:
    """What a rule asks of one column.

    Of a number: to lie above ``low`` and not above ``high``, in original units; None for no bound. Of a text: to be one
    of ``values``, or, with ``other_than``, none of them.

    Attributes
    ----------
    text : whether the column holds texts
    blank : whether customers without a value meet it
    """

    column: str
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    other_than: bool = False
    text: bool = False
    blank: bool = True

    @property
    def asks_nothing(self) -> bool:
        """Whether everybody meets it."""
        if self.text:
            return self.blank and self.other_than and not self.values
        return self.blank and self.low is None and self.high is None

    @property
    def impossible(self) -> bool:
        """Whether nobody can meet it."""
        if self.text:
            return not (self.blank or self.other_than or self.values)
        return self.low is not None and self.high is not None and self.low >= self.high


Conditions = tuple[Condition, ...]


def narrowed(condition: Condition, fill: float, low: float | None = None, high: float | None = None) -> Condition:
    """A condition on a number with one more bound. A blank meets it when ``fill``, the value that it takes, does.

    >>> narrowed(Condition("a", low=2.0), fill=4.0, high=3.0)
    Condition(column='a', low=2.0, high=3.0, values=(), other_than=False, text=False, blank=False)
    """
    lows = [v for v in (condition.low, low) if v is not None]
    highs = [v for v in (condition.high, high) if v is not None]
    new = replace(condition, low=max(lows, default=None), high=min(highs, default=None))
    return replace(new, blank=(new.low is None or fill > new.low) and (new.high is None or fill <= new.high))


def only(condition: Condition, value: str | None) -> Condition:
    """A condition on a text that only one value still meets; None is a blank.

    >>> only(Condition("a", text=True, other_than=True), "x").values
    ('x',)
    """
    return replace(condition, values=() if value is None else (value,), other_than=False, blank=value is None)


def without(condition: Condition, value: str | None) -> Condition:
    """A condition on a text that one value less meets; None is a blank.

    >>> without(Condition("a", text=True, other_than=True), "x").values
    ('x',)
    """
    if value is None:
        return replace(condition, blank=False)
    if condition.other_than:
        return replace(condition, values=tuple(sorted({*condition.values, value})))
    return replace(condition, values=tuple(v for v in condition.values if v != value))


def joined(rules: Sequence[Conditions]) -> tuple[Conditions, ...]:
    """The same customers with fewer conditions: two that differ on one column only become one, where one can say both.

    >>> low, high = Condition("a", high=3.0, blank=False), Condition("a", low=3.0)
    >>> other = Condition("b", low=1.0, blank=False)
    >>> joined([(low, other), (high, other)]) == ((other,),)
    True
    """
    kept = list(rules)
    while pair := _first_pair(kept):
        i, j, both = pair
        kept[i] = both
        del kept[j]
    return tuple(kept)


def _first_pair(rules: Sequence[Conditions]) -> tuple[int, int, Conditions] | None:
    for j in range(len(rules)):
        for i in range(j):
            both = _both(rules[i], rules[j])
            if both is not None:
                return i, j, both
    return None


def _both(first: Conditions, second: Conditions) -> Conditions | None:
    others = {c.column: c for c in second}
    if {c.column for c in first} != set(others):
        return None
    differing = [c for c in first if c != others[c.column]]
    if len(differing) != 1:
        return None
    either = _either(differing[0], others[differing[0].column])
    if either is None:
        return None
    return tuple(either if c is differing[0] else c for c in first if c is not differing[0] or not either.asks_nothing)


def _either(first: Condition, second: Condition) -> Condition | None:
    """The condition that those meet who meet one of two; None where one condition cannot say it."""
    blank = first.blank or second.blank
    if first.text:
        return replace(
            first, values=_values(first, second), other_than=first.other_than or second.other_than, blank=blank
        )
    lower, upper = sorted((first, second), key=lambda c: -np.inf if c.low is None else c.low)
    if lower.high is not None and upper.low is not None and lower.high < upper.low:
        return None
    highs = [lower.high, upper.high]
    return replace(
        first, low=lower.low, high=None if None in highs else max(h for h in highs if h is not None), blank=blank
    )


def _values(first: Condition, second: Condition) -> tuple[str, ...]:
    mine, theirs = set(first.values), set(second.values)
    if first.other_than and second.other_than:
        return tuple(sorted(mine & theirs))
    if first.other_than or second.other_than:
        return tuple(sorted(mine - theirs if first.other_than else theirs - mine))
    return tuple(sorted(mine | theirs))


def meets(condition: Condition, column: Column) -> Mask:
    """Who meets a condition: numbers with NaN for blank, or texts with None, of shape (n,).

    >>> meets(Condition("a", low=1.0, blank=True), np.array([1.0, 2.0, np.nan])).tolist()
    [False, True, True]
    """
    if condition.text:
        values = frozenset(condition.values)
        found: Mask = np.array([(v in values) != condition.other_than for v in column], dtype=bool)
        missing = np.array([v is None for v in column], dtype=bool)
    else:
        missing = np.isnan(column)
        found = np.ones(len(column), dtype=bool)
        if condition.low is not None:
            found &= column > condition.low
        if condition.high is not None:
            found &= column <= condition.high
    return np.where(missing, condition.blank, found)


def meets_all(conditions: Conditions, columns: Mapping[str, Column], count: int) -> Mask:
    """Who meets every condition, of ``count`` customers."""
    found = np.ones(count, dtype=bool)
    for condition in conditions:
        found &= meets(condition, columns[condition.column])
    return found
