"""What segments are made of: shares of categories and flags with intervals, against everybody."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from segscope.comparing.groups import EVERYBODY, Group, brief
from segscope.comparing.standing import Counts
from segscope.exploring import Variable
from segscope.wording import percent

CERTAIN = 1.96
CLEAR_Z = 3.0
MOST_VALUES = 12


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval (Wilson 1927); ``of`` customers are known."""

    share: float
    low: float
    high: float
    of: int


@dataclass(frozen=True)
class Composition:
    """Shares of values (rows) in groups (columns); the last column of ``shares`` is everybody's.

    ``prefix``: what a value needs before it to be understood on its own. ``lift``: each share is told as a multiple of
    everybody's (see :func:`as_lift`).
    """

    title: str
    prefix: str
    values: tuple[str, ...]
    groups: tuple[Group, ...]
    shares: tuple[tuple[Share, ...], ...]
    blanks: int
    lift: bool = False


def wilson(count: int, of: int) -> Share:
    """A share with its interval (Wilson 1927).

    >>> wilson(5, 10)
    Share(share=0.5, low=0.2365895936, high=0.7634104064, of=10)
    """
    if of == 0:
        return Share(math.nan, math.nan, math.nan, 0)
    p, z2 = count / of, CERTAIN**2
    middle, width = (p + z2 / (2 * of)) / (1 + z2 / of), CERTAIN / (1 + z2 / of)
    reach = width * math.sqrt(p * (1 - p) / of + z2 / (4 * of**2))
    return Share(p, round(max(0.0, middle - reach), 10), round(min(1.0, middle + reach), 10), of)


def composition(variable: Variable, counts: Counts, groups: Sequence[Group]) -> Composition:
    """What each group, and everybody, is made of by the values of a category; rare values are put together.

    The most frequent value comes first, but marks such as 1 to 5 stand in their own order.

    >>> marks = Variable("r", "R score", "category", choices=("3", "1", "2"))
    >>> composition(marks, np.array([[30, 20, 10, 0]]), []).values
    ('1', '2', '3')
    """
    order = _order(variable.choices, counts)
    names = [variable.choices[i] for i in order[:MOST_VALUES]]
    merged = counts[:, order[:MOST_VALUES]]
    if len(order) > MOST_VALUES:
        rare = len(order) - MOST_VALUES
        names.append(f"{rare} more values")
        merged = np.column_stack([merged, counts[:, order[MOST_VALUES:]].sum(axis=1)])
    columns = [merged.sum(axis=0) if g.place is None else merged[g.place] for g in (*groups, EVERYBODY)]
    shares = tuple(tuple(wilson(int(c[row]), int(c.sum())) for c in columns) for row in range(len(names)))
    blanks = int(counts[:, -1].sum())
    return Composition(variable.label, f"{brief(variable.label)} ", tuple(names), tuple(groups), shares, blanks)


def _order(choices: Sequence[str], counts: Counts) -> npt.NDArray[np.intp]:
    if len(choices) <= MOST_VALUES and all(c.isascii() and c.isdigit() for c in choices):
        return np.argsort([int(c) for c in choices], kind="stable")
    return np.argsort(-counts[:, :-1].sum(axis=0), kind="stable")


def as_lift(found: Composition) -> Composition:
    """The same composition as lift: how many times as large each share is as everybody's, with its interval.

    Everybody is all customers, so that their share is known: the interval is that of the segment's share.

    >>> counts = np.array([[30, 70, 0], [10, 90, 0]])
    >>> colour = Variable("c", "C", "category", choices=("red", "blue"))
    >>> [round(s.share, 2) for s in as_lift(composition(colour, counts, [Group(0, "A", 0)])).shares[1]]
    [1.5, 1.0]
    """
    rows = tuple(tuple(_times(share, row[-1].share) for share in row) for row in found.shares)
    return replace(found, shares=rows, lift=True)


def _times(share: Share, everybody: float) -> Share:
    if not everybody > 0:
        return Share(math.nan, math.nan, math.nan, share.of)
    return Share(share.share / everybody, share.low / everybody, share.high / everybody, share.of)


def flags_together(flags: Mapping[str, tuple[Variable, Counts]], groups: Sequence[Group]) -> Composition:
    """The share of yes for every flag, in each group and among everybody; the most frequent first."""
    rows = []
    for variable, counts in flags.values():
        yes = variable.choices.index("yes") if "yes" in variable.choices else None
        columns = [counts.sum(axis=0) if g.place is None else counts[g.place] for g in (*groups, EVERYBODY)]
        counted = [(0 if yes is None else int(c[yes]), int(c[:-1].sum())) for c in columns]
        rows.append((variable.label, tuple(wilson(count, of) for count, of in counted)))
    rows.sort(key=lambda row: -row[1][-1].share)
    blanks = max((int(counts[:, -1].sum()) for _, counts in flags.values()), default=0)
    return Composition("Yes or no", "", tuple(r[0] for r in rows), tuple(groups), tuple(r[1] for r in rows), blanks)


def composition_in_words(found: Composition) -> str:
    """The share that stands out most against everybody, if chance does not explain it (hypergeometric z of 3)."""
    best, words = CLEAR_Z, ""
    for value, row in zip(found.values, found.shares, strict=True):
        everybody = row[-1]
        for group, mine in zip(found.groups, row, strict=False):
            if group.place is None or not 0 < mine.of < everybody.of or not 0 < everybody.share < 1:
                continue
            rest = (everybody.of - mine.of) / max(1, everybody.of - 1)
            z = abs(mine.share - everybody.share) / math.sqrt(everybody.share * (1 - everybody.share) / mine.of * rest)
            if z > best:
                shares = f"{percent(mine.share)} of {group.short}, {percent(everybody.share)} of everyone"
                best, words = z, f"{found.prefix}{brief(value)}: {shares}"
    return words or f"{found.title}: no clear difference from everyone"
