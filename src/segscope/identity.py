"""Identity: which new segment is which old one, so that ids, names and colours outlive a refit; and what became of all.

Transitions are told as in MONIC (Spiliopoulou, Ntoutsi, Theodoridis & Schult 2006): an old segment's *match* is the new
segment that holds at least half of its customers (the paper's survival threshold, tau = 0.5, the least with which there
is one match at most). An old segment that is alone with its match survives in it; several with one match are merged;
one without a match is split where the new segments that hold at least a fifth of it each (the paper's split threshold,
here 0.2) hold half of it together; else it is gone.

Three things are added. A new segment into which several were merged goes on as the one that it shares most with, where
that is at least half of all who are in either. A new segment that is nobody's match, but came for the most part from
one old segment and holds at least a fifth of it, is told as split from it. And a locked segment is matched first: it
goes on in its match, whoever else is merged into that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from segscope.origins import Fate, Kind

SURVIVAL = 0.5
SPLIT = 0.2
FIRST = 2.0  # a locked segment's match outweighs any other
Counts = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Match:
    """An old segment that lives on in a new one: their places, and the Jaccard overlap of their customers."""

    new: int
    old: int
    overlap: float


@dataclass(frozen=True)
class Arrival:
    """Where a new segment comes from.

    Attributes
    ----------
    old : place of the old segment that goes on in it; None for one that gets an id of its own
    sources : places of the old segments that it is told to come from, the one with most of its customers first
    """

    kind: Kind
    old: int | None
    sources: tuple[int, ...]


@dataclass(frozen=True)
class Departure:
    """What became of an old segment that does not go on, and the places of the new segments that it went to."""

    old: int
    became: Fate
    into: tuple[int, ...]


@dataclass(frozen=True)
class Transitions:
    """From the old segments to the new: an arrival for each new one, and the old ones that do not go on."""

    arrivals: tuple[Arrival, ...]
    departures: tuple[Departure, ...]


def match_segments(shared: Counts) -> tuple[Match, ...]:
    """Match new segments to old ones with which they share at least half of all who are in either.

    Parameters
    ----------
    shared : array of shape (new segments, old segments), the number of customers in both

    >>> match_segments(np.array([[90, 0], [5, 50], [5, 50]]))
    (Match(new=0, old=0, overlap=0.9),)
    """
    overlap = _jaccard(shared)
    news, olds = linear_sum_assignment(-overlap)
    pairs = zip(news.tolist(), olds.tolist(), strict=True)
    return tuple(Match(n, o, float(overlap[n, o])) for n, o in pairs if overlap[n, o] >= SURVIVAL)


def transitions(shared: Counts, locked: Sequence[int] = ()) -> Transitions:
    """What became of the old segments, by shared customers.

    Parameters
    ----------
    shared : array of shape (new segments, old segments), the number of customers in both
    locked : places of old segments that are matched first

    >>> for arrival in transitions(np.array([[60, 0], [40, 0], [0, 90]])).arrivals:
    ...     print(arrival)
    Arrival(kind='survived', old=0, sources=(0,))
    Arrival(kind='split', old=None, sources=(0,))
    Arrival(kind='survived', old=1, sources=(1,))
    """
    part, share, overlap = _of(shared, 0), _of(shared, 1), _jaccard(shared)
    matched = (part >= SURVIVAL) & (overlap == np.where(part >= SURVIVAL, overlap, -1.0).max(axis=0, keepdims=True))
    alone = matched.sum(axis=1, keepdims=True) == 1
    first = np.isin(np.arange(shared.shape[1]), list(locked))[None, :]
    eligible = matched & (alone | first | (overlap >= SURVIVAL))
    kept = _assigned(np.where(eligible, overlap + FIRST * first, 0.0))
    arrivals = tuple(_arrival(n, kept.get(n), matched, part, share) for n in range(len(shared)))
    gone = (o for o in range(shared.shape[1]) if o not in kept.values())
    return Transitions(arrivals, tuple(_departure(o, matched, part) for o in gone))


def transitions_of_centres(new: Array, old: Array, locked: Sequence[int] = ()) -> Transitions:
    """The same where no customers are in both: an old segment goes on in the new one whose centre is nearest.

    That is so while the centre moved less than half of the way to the nearest other old centre (one standard deviation,
    where there is no other). Splits and merges cannot be told.

    Parameters
    ----------
    new, old : arrays of shape (segments, features): means on the features that both have, in standard deviations

    >>> [a.old for a in transitions_of_centres(np.array([[2.1], [0.0], [9.0]]), np.array([[0.1], [2.0]])).arrivals]
    [1, 0, None]
    """
    moved = _distances(new, old)
    between = _distances(old, old) + np.diag(np.full(len(old), np.inf))
    limit = between.min(axis=0) / 2 if len(old) > 1 else np.ones(1)
    closeness = np.where(moved < limit, 1.0 - moved / limit, 0.0)
    first = np.isin(np.arange(len(old)), list(locked))[None, :]
    kept = _assigned(np.where(closeness > 0, closeness + FIRST * first, 0.0))
    new_one = Arrival("new", None, ())
    arrivals = (Arrival("survived", kept[n], (kept[n],)) if n in kept else new_one for n in range(len(new)))
    gone = (Departure(o, "gone", ()) for o in range(len(old)) if o not in kept.values())
    return Transitions(tuple(arrivals), tuple(gone))


def _arrival(new: int, old: int | None, matched: npt.NDArray[np.bool_], part: Array, share: Array) -> Arrival:
    taken = [o for o in _most_first(share[new]) if matched[new, o]]
    if len(taken) > 1:
        return Arrival("merged", old, tuple(taken))
    if old is not None:
        return Arrival("survived", old, (old,))
    largest = [o for o in _most_first(share[new]) if share[new, o] >= SURVIVAL and part[new, o] >= SPLIT]
    if largest:
        return Arrival("split", None, (largest[0],))
    return Arrival("new", None, tuple(o for o in _most_first(share[new]) if share[new, o] >= SPLIT))


def _departure(old: int, matched: npt.NDArray[np.bool_], part: Array) -> Departure:
    if matched[:, old].any():
        return Departure(old, "merged", (int(matched[:, old].argmax()),))
    into = tuple(n for n in _most_first(part[:, old]) if part[n, old] >= SPLIT)
    if len(into) > 1 and part[list(into), old].sum() >= SURVIVAL:
        return Departure(old, "split", into)
    return Departure(old, "gone", into)


def _assigned(weights: Array) -> dict[int, int]:
    """New to old, one to one, with the largest sum of weights; pairs of weight 0 are none."""
    news, olds = linear_sum_assignment(-weights)
    return {n: o for n, o in zip(news.tolist(), olds.tolist(), strict=True) if weights[n, o] > 0}


def _of(shared: Counts, axis: int) -> Array:
    total = shared.sum(axis=axis, keepdims=True)
    return np.asarray(np.divide(shared, total, out=np.zeros(shared.shape), where=total > 0))


def _jaccard(shared: Counts) -> Array:
    union = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0, keepdims=True) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros(shared.shape), where=union > 0))


def _distances(first: Array, second: Array) -> Array:
    """Root mean squared differences over the features."""
    return np.asarray(np.sqrt(((first[:, None, :] - second[None, :, :]) ** 2).mean(axis=2)))


def _most_first(values: Array) -> list[int]:
    return [int(i) for i in np.argsort(-values, kind="stable")]


def free_numbers(taken: Sequence[int], count: int) -> list[int]:
    """The lowest numbers that are not taken.

    >>> free_numbers([0, 2], 3)
    [1, 3, 4]
    """
    found: list[int] = []
    number = 0
    while len(found) < count:
        if number not in taken:
            found.append(number)
        number += 1
    return found
