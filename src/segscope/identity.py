"""Identity: which new segment is which old one, so that ids, names and colours outlive a refit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

# MONIC (Spiliopoulou et al., 2006): a cluster survives when the overlap is at least one half.
SURVIVAL = 0.5


@dataclass(frozen=True)
class Match:
    """An old segment that lives on in a new one: their places, and the Jaccard overlap of their customers."""

    new: int
    old: int
    overlap: float


def match_segments(shared: npt.NDArray[np.int64]) -> tuple[Match, ...]:
    """Match new segments to old ones by their shared customers.

    Parameters
    ----------
    shared : array of shape (new segments, old segments), the number of customers in both

    >>> match_segments(np.array([[90, 0], [5, 50], [5, 50]]))
    (Match(new=0, old=0, overlap=0.9),)
    """
    union = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0, keepdims=True) - shared
    overlap = np.divide(shared, union, out=np.zeros(shared.shape), where=union > 0)
    news, olds = linear_sum_assignment(-overlap)
    pairs = zip(news.tolist(), olds.tolist(), strict=True)
    return tuple(Match(n, o, float(overlap[n, o])) for n, o in pairs if overlap[n, o] >= SURVIVAL)


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
