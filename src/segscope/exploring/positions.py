"""Positions: where customers sit, on columns of their own choosing or on the two main directions of model space."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import numpy.typing as npt

from segscope.engine import Engine
from segscope.features import as_number
from segscope.preparation import Preparation, to_model_numpy

Array = npt.NDArray[np.float64]

BULK = 0.99  # of the points drawn, the share that an axis must show
FAR_OFF = 1.6  # how much longer an axis may get before far-off points are left outside
GOLDEN = 0.6180339887498949


@dataclass(frozen=True, eq=False)
class Positions:
    """Customers as points: one array a column, NaN for blank, and the place of each one's segment.

    Attributes
    ----------
    columns : name -> values, shape (n,)
    segment : shape (n,)
    of : how many customers the points stand for
    """

    columns: dict[str, Array]
    segment: npt.NDArray[np.intp]
    of: int

    def __len__(self) -> int:
        return len(self.segment)


@dataclass(frozen=True, eq=False)
class Map:
    """Customers on the two directions of model space along which they differ most (principal components).

    Attributes
    ----------
    x, y : coordinates, shape (n,); y is None where there is only one feature
    explained : share of the variation on each axis
    loadings : how much each feature weighs on each axis, shape (axes, p), in the order of the features
    """

    x: Array
    y: Array | None
    explained: tuple[float, ...]
    loadings: Array


def positions(
    engine: Engine, sample: ibis.Table, columns: Sequence[str], segment: str, limit: int, of: int
) -> Positions:
    """Draw customers.

    Parameters
    ----------
    sample : customers in the order of their hash
    columns : numbers and flags
    segment : the column that holds the place of the segment
    of : how many customers there are
    """
    names = list(dict.fromkeys(columns))
    found = engine.fetch(
        sample.select(segment=sample[segment], **{f"x{i}": as_number(sample[c]) for i, c in enumerate(names)}).limit(
            limit
        )
    )
    arrays = {c: found[f"x{i}"].to_numpy(zero_copy_only=False).astype(float) for i, c in enumerate(names)}
    return Positions(arrays, found["segment"].to_numpy(zero_copy_only=False).astype(np.intp), of)


def bulk_range(values: Array) -> tuple[float, float]:
    """The range of an axis: all values, or their inner 99 % where a few would squash the rest.

    >>> bulk_range(np.arange(101.0))
    (0.0, 100.0)
    >>> bulk_range(np.append(np.arange(1000.0), 1e6))[1] < 1100
    True
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    inner_low, inner_high = (float(q) for q in np.quantile(known, [(1 - BULK) / 2, (1 + BULK) / 2]))
    reach = inner_high - inner_low
    if reach > 0 and high - low > FAR_OFF * reach:
        # The margin keeps what lies just beyond the quantile.
        low, high = max(low, inner_low - 0.1 * reach), min(high, inner_high + 0.1 * reach)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def project(features: Mapping[str, Array], preparation: Preparation) -> Map:
    """Put customers on a map: principal components of model space, each turned so that its main feature rises."""
    model = to_model_numpy(features, preparation)
    centred = model - model.mean(axis=0)
    _, strengths, directions = np.linalg.svd(centred, full_matrices=False)
    axes = min(2, *centred.shape)
    loadings = directions[:axes]
    main = np.argmax(np.abs(loadings).round(9), axis=1)
    signs = np.sign(loadings[np.arange(axes), main])
    loadings = loadings * np.where(signs == 0, 1.0, signs)[:, None]
    places = centred @ loadings.T
    total = float((strengths**2).sum())
    explained = tuple(float(s**2) / total if total > 0 else 0.0 for s in strengths[:axes])
    return Map(places[:, 0], places[:, 1] if axes == 2 else None, explained, loadings)


def spread_out(count: int) -> Array:
    """Heights from 0 to 1 that keep points on a line apart; they mean nothing.

    >>> spread_out(3).round(2)
    array([0.62, 0.24, 0.85])
    """
    return np.asarray((np.arange(1, count + 1) * GOLDEN) % 1.0)
