"""Densities: where on a map the customers of each segment crowd, on a grid that is small whatever the number drawn."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Spans = tuple[float, float, float, float]

CELLS = 48
HOVER_CELLS = 20
NORMAL_QUARTILES = 1.349  # between the quartiles of a normal distribution, in standard deviations
LEAST_WIDTH, MOST_WIDTH = 0.8, 2.2  # of the kernel, in cells
TRIVIAL = 2  # percent of a segment's customers that may lie outside of the part of the grid that is kept


@dataclass(frozen=True, eq=False)
class Density:
    """Where the customers of one segment crowd.

    Attributes
    ----------
    depth : shape (rows, columns), 0 to 100: percent of the segment's customers who live in thinner places than this
        cell, so that the places above 50 hold the densest half of it (highest density regions [1]_)
    x, y : middle of the first cell
    dx, dy : width and height of a cell
    peak : the densest place

    References
    ----------
    .. [1] Hyndman, R. J. (1996). Computing and graphing highest density regions. The American Statistician 50.
    """

    depth: npt.NDArray[np.uint8]
    x: float
    y: float
    dx: float
    dy: float
    peak: tuple[float, float]


def density(x: Array, y: Array, spans: Spans) -> Density:
    """Where the customers at (x, y) crowd, by a Gaussian kernel on a grid; at least one of them.

    Parameters
    ----------
    spans : lowest and highest x, lowest and highest y of the grid; customers beyond count at its edge
    """
    columns, dx = _cells(x, spans[0], spans[1], CELLS)
    rows, dy = _cells(y, spans[2], spans[3], CELLS)
    counts = np.bincount(rows * CELLS + columns, minlength=CELLS * CELLS).reshape(CELLS, CELLS).astype(float)
    # Silverman's rule in two dimensions (1986, 4.14), within what a grid can show and a few levels of a category bear.
    rule = [_spread(v) * len(v) ** (-1 / 6) / step for v, step in ((y, dy), (x, dx))]
    sigma = [min(max(s, LEAST_WIDTH), MOST_WIDTH) for s in rule]
    smooth = gaussian_filter(counts, sigma, mode="nearest")
    order = np.argsort(-smooth.ravel(), kind="stable")
    mass = smooth.ravel()[order] / smooth.sum()
    ranked = np.empty(CELLS * CELLS)
    ranked[order] = 100 * (1 - np.cumsum(mass) + mass / 2)
    depth = ranked.reshape(CELLS, CELLS)
    top, left = divmod(int(order[0]), CELLS)
    rows_kept, columns_kept = np.nonzero(depth >= TRIVIAL)
    first_row, last_row = _ends(rows_kept)
    first, last = _ends(columns_kept)
    return Density(
        np.clip(depth[first_row:last_row, first:last].round(), 0, 100).astype(np.uint8),
        spans[0] + (first + 0.5) * dx,
        spans[2] + (first_row + 0.5) * dy,
        dx,
        dy,
        (spans[0] + (left + 0.5) * dx, spans[2] + (top + 0.5) * dy),
    )


def mixture(x: Array, y: Array, segment: Places, segments: int, spans: Spans) -> npt.NDArray[np.int64]:
    """How many customers of each segment are in each cell of a coarse grid, shape (rows, columns, segments).

    >>> counts = mixture(np.array([0.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0]), np.array([0, 1, 1]), 2, (0, 1, 0, 1))
    >>> counts[0, 0].tolist(), counts[-1, -1].tolist(), int(counts.sum())
    ([1, 0], [0, 2], 3)
    """
    columns, _ = _cells(x, spans[0], spans[1], HOVER_CELLS)
    rows, _ = _cells(y, spans[2], spans[3], HOVER_CELLS)
    flat = (rows * HOVER_CELLS + columns) * segments + segment
    counts = np.bincount(flat, minlength=HOVER_CELLS * HOVER_CELLS * segments)
    return counts.astype(np.int64).reshape(HOVER_CELLS, HOVER_CELLS, segments)


def _cells(values: Array, low: float, high: float, count: int) -> tuple[Places, float]:
    step = (high - low) / count
    return np.clip(np.floor((values - low) / step), 0, count - 1).astype(np.intp), step


def _spread(values: Array) -> float:
    """The standard deviation, or what the quartiles make of it where a few far values would blow it up."""
    quartiles = np.quantile(values, [0.25, 0.75])
    middle = float(quartiles[1] - quartiles[0]) / NORMAL_QUARTILES
    return min(float(values.std()), middle) if middle > 0 else float(values.std())


def _ends(places: Places) -> tuple[int, int]:
    """First and one past the last place, with a cell of room on either side."""
    return max(int(places.min()) - 1, 0), min(int(places.max()) + 2, CELLS)
