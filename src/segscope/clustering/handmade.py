"""Segments changed by hand, on top of a model: some merged, some split in two; everybody else stays where they are.

The model gives each customer a base label, the place of its centre. Steps follow in their order, and come to this: a
split cuts *cells* (at first one a centre) in two by the nearer of two centres, and a segment is a group of cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from segscope.clustering.assign import distances2
from segscope.clustering.points import Array, Labels
from segscope.clustering.quick import quick_kmeans
from segscope.errors import StudyError

LEAST_EXPONENT = -700.0
"""Below it exp() is 0 for any purpose; PostgreSQL refuses to compute it."""

MOST_STEPS = 60
MOST_SEGMENTS = 12
RESAMPLE_STARTS = 5

Centre = tuple[float, ...]


@dataclass(frozen=True)
class Merge:
    """Customers labelled ``other`` become ``into``. ``words``: what was done, with the names of that day."""

    into: int
    other: int
    words: str = ""


@dataclass(frozen=True)
class Split:
    """Customers labelled ``segment`` go to the nearer of two centres; the second is labelled ``fresh``."""

    segment: int
    fresh: int
    centres: tuple[Centre, Centre]
    words: str = ""


@dataclass(frozen=True)
class Cut:
    """Cells that are cut in two by the nearer of two centres, and the two cells that take their place."""

    of: tuple[int, ...]
    first: int
    second: int
    centres: tuple[Centre, Centre]


@dataclass(frozen=True)
class Plan:
    """What steps come to.

    Attributes
    ----------
    base : centres of the model; each is a cell
    cuts : in their order; the i-th makes the cells base + 2 i and base + 2 i + 1
    groups : the cells of each segment, in the order of the segments
    """

    base: int
    cuts: tuple[Cut, ...]
    groups: tuple[tuple[int, ...], ...]

    @property
    def cells(self) -> tuple[int, ...]:
        """The cells that are left, in the order of the segments."""
        return tuple(cell for group in self.groups for cell in group)

    @property
    def changed(self) -> tuple[int, ...]:
        """Places of the segments that are not as the model has them."""
        return tuple(p for p, group in enumerate(self.groups) if len(group) > 1 or group[0] >= self.base)

    @property
    def places(self) -> npt.NDArray[np.intp]:
        """The place of the segment of each cell; -1 for a cell that was cut."""
        found = np.full(self.base + 2 * len(self.cuts), -1, dtype=np.intp)
        for place, group in enumerate(self.groups):
            found[list(group)] = place
        return found

    def centres(self, base: Sequence[Centre]) -> tuple[Centre, ...]:
        """The centre by which each of ``cells`` is found."""
        every = [*base, *(centre for cut in self.cuts for centre in cut.centres)]
        return tuple(every[cell] for cell in self.cells)


def planned(base: int, steps: Sequence[Merge | Split], labels: Sequence[int] = ()) -> Plan:
    """What steps come to; steps that do not follow from one another are refused.

    Parameters
    ----------
    base : number of the model's centres
    labels : of the segments, in their order; none takes the labels that are left from the least on

    Raises
    ------
    StudyError : for a label that is not there, or that was there before

    >>> planned(3, [Merge(0, 2), Split(0, 3, ((0.0,), (1.0,)))]).groups
    ((3,), (1,), (4,))
    >>> planned(2, [Merge(0, 2)])
    Traceback (most recent call last):
    segscope.errors.StudyError: A step by hand names a segment 2 that is not there. There are: 0, 1.
    """
    if len(steps) > MOST_STEPS:
        raise StudyError(f"At most {MOST_STEPS} segments can be merged and split by hand. Got {len(steps)}.")
    cells: dict[int, tuple[int, ...]] = {label: (label,) for label in range(base)}
    cuts: list[Cut] = []
    for step in steps:
        named = (step.into, step.other) if isinstance(step, Merge) else (step.segment,)
        for label in named:
            if label not in cells:
                there = ", ".join(map(str, cells))
                raise StudyError(f"A step by hand names a segment {label} that is not there. There are: {there}.")
        if isinstance(step, Merge):
            if step.into == step.other:
                raise StudyError("A segment cannot be merged with itself.")
            cells[step.into] = tuple(sorted(cells[step.into] + cells.pop(step.other)))
            continue
        if step.fresh != base + len(cuts):
            raise StudyError(f"A segment split by hand must be numbered {base + len(cuts)}. Got {step.fresh}.")
        first = base + 2 * len(cuts)
        cuts.append(Cut(cells[step.segment], first, first + 1, step.centres))
        cells[step.segment], cells[step.fresh] = (first,), (first + 1,)
    order = list(labels) or sorted(cells)
    if sorted(order) != sorted(cells):
        raise StudyError("The labels of the segments must be those that the steps by hand leave, each once.")
    return Plan(base, tuple(cuts), tuple(cells[label] for label in order))


def cells_of(values: Array, labels: Labels, plan: Plan) -> Labels:
    """The cell of each customer, array of shape (n,).

    Parameters
    ----------
    values : array of shape (n, p), model space
    labels : array of shape (n,), what the model says
    """
    cells = labels.copy()
    for cut in plan.cuts:
        inside = np.flatnonzero(np.isin(cells, cut.of))
        d2 = distances2(values[inside], cut.centres)
        cells[inside] = np.where(d2[:, 1] < d2[:, 0], cut.second, cut.first)
    return cells


def log_odds(values: Array, d2: Array, spread: float, plan: Plan) -> tuple[Array, Array]:
    """The logarithm of how likely each cell and each segment is, up to a constant of each customer.

    Merged segments add their probabilities; a split divides one by the softmax over its two centres.

    Parameters
    ----------
    values : array of shape (n, p), model space
    d2 : array of shape (n, base), squared distances or scores

    Returns
    -------
    cells, segments : arrays of shape (n, cells left) and (n, segments), in their order

    >>> x = np.array([[0.0]])
    >>> cells, segments = log_odds(x, np.array([[0.0, 0.0, 0.0]]), 0.5, planned(3, [Merge(0, 1)]))
    >>> np.exp(segments).round(9).tolist()
    [[2.0, 1.0]]
    """
    twice = 2 * spread
    odds = {j: (d2.min(axis=1) - d2[:, j]) / twice for j in range(plan.base)}
    for cut in plan.cuts:
        whole = together([odds.pop(cell) for cell in cut.of])
        two = distances2(values, cut.centres)
        lead = (two[:, 0] - two[:, 1]) / twice
        odds[cut.first], odds[cut.second] = whole - softplus(lead), whole - softplus(-lead)
    cells = np.column_stack([odds[cell] for cell in plan.cells])
    return cells, np.column_stack([together([odds[cell] for cell in group]) for group in plan.groups])


def together(odds: Sequence[Array]) -> Array:
    """The logarithm of a sum of odds given by their logarithms."""
    if len(odds) == 1:
        return odds[0]
    most = np.maximum.reduce(list(odds))
    total = np.zeros(len(most))
    for one in odds:
        total = total + np.exp(np.maximum(one - most, LEAST_EXPONENT))
    summed: Array = most + np.log(total)
    return summed


def softplus(lead: Array) -> Array:
    """log(1 + exp(lead)), at any size."""
    found: Array = np.maximum(lead, 0.0) + np.log(1.0 + np.exp(np.maximum(-np.abs(lead), LEAST_EXPONENT)))
    return found


def probabilities(odds: Array) -> Array:
    """Probabilities of shape (n, k) from log odds; no row sums to anything but 1."""
    raised = np.exp(np.maximum(odds, LEAST_EXPONENT))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def repeated(
    values: Array, counts: npt.NDArray[np.int64], base: tuple[Labels, Labels], cells: Labels, plan: Plan, seed: int
) -> Labels:
    """The steps done again on another clustering of the same customers: their segments, array of shape (n,).

    The clusters are matched to the model's by optimal assignment of their Jaccard similarities; the same are merged,
    and the same are split anew, by 2-means on the customers who were drawn.

    Parameters
    ----------
    values : array of shape (n, p)
    counts : array of shape (n,), how often each customer was drawn
    base : the model's labels, and those of the other clustering
    cells : by the plan itself, to know which half is which
    """
    mine, other = base
    again = _matched(mine, other, plan.base)[other]
    for i, cut in enumerate(plan.cuts):
        inside = np.flatnonzero(np.isin(again, cut.of))
        drawn = inside[counts[inside] > 0]
        again[inside] = cut.first
        if len(drawn) < 2 or (values[drawn] == values[drawn[0]]).all():
            continue
        centres = quick_kmeans(values[drawn], counts[drawn].astype(float), 2, seed + 7919 * (i + 1), RESAMPLE_STARTS)
        nearer = distances2(values[inside], centres).argmin(axis=1)
        # What the plan made of these customers later on counts for the half that it came from.
        second = np.isin(cells[inside], _below(cut.second, plan))
        first = np.isin(cells[inside], _below(cut.first, plan))
        straight = int((nearer[second] == 1).sum() + (nearer[first] == 0).sum())
        crossed = int((nearer[second] == 0).sum() + (nearer[first] == 1).sum())
        again[inside] = np.where((nearer == 1) == (straight >= crossed), cut.second, cut.first)
    return plan.places[again]


def _below(cell: int, plan: Plan) -> list[int]:
    """A cell, and the cells that cuts have made of it."""
    found = [cell]
    for cut in plan.cuts:
        if set(found) & set(cut.of):
            found += [cut.first, cut.second]
    return found


def _matched(mine: Labels, other: Labels, k: int) -> npt.NDArray[np.intp]:
    """For each of the other clusters, the one of mine that it is: so that the Jaccard similarities are greatest."""
    both = np.bincount(other * k + mine, minlength=k * k).reshape(k, k)
    union = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    others, mines = linear_sum_assignment(-both / np.maximum(union, 1))
    found = np.empty(k, dtype=np.intp)
    found[others] = mines
    return found
