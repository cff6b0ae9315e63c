"""Positions: where customers sit, on columns of their own choosing or on a map of model space."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

from segscope.engine import Engine
from segscope.features import as_number
from segscope.preparation import CategoryPreparation, Preparation, code_expression, to_model_numpy

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
AxisKind = Literal["principal", "discriminant"]

BULK = 0.99  # of the points drawn, the share that an axis must show
FAR_OFF = 1.6  # how much longer an axis may get before far-off points are left outside
GOLDEN = 0.6180339887498949
RIDGE = 1e-3  # of the mean variance: a direction without spread within segments must not outweigh all others


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
    """Customers on two directions of model space.

    Attributes
    ----------
    x, y : coordinates, shape (n,); y is None where model space has one direction only
    kinds : what each axis is
    explained : of each axis: of a principal one the share of the variation, of a discriminant one the share of what
        separates the segments, 0 to 1
    loadings : correlation of each coordinate of model space with each axis, shape (axes, p), -1 to 1
    """

    x: Array
    y: Array | None
    kinds: tuple[AxisKind, ...]
    explained: tuple[float, ...]
    loadings: Array

    @property
    def height(self) -> Array:
        """The vertical places, which mean nothing where there is no second axis."""
        return spread_out(len(self.x)) if self.y is None else self.y


def positions(
    engine: Engine,
    sample: ibis.Table,
    columns: Sequence[str],
    segment: str,
    limit: int,
    of: int,
    preparation: Preparation = (),
) -> Positions:
    """Draw customers.

    Parameters
    ----------
    sample : customers in the order of their hash
    columns : numbers, flags, and categories that are features
    segment : the column that holds the place of the segment
    of : how many customers there are
    preparation : of the features; a category among them is given as the place of its level
    """
    names = list(dict.fromkeys(columns))
    steps = {s.feature: s for s in preparation if isinstance(s, CategoryPreparation)}

    def value(name: str) -> ir.FloatingValue:
        return code_expression(sample[name], steps[name]) if name in steps else as_number(sample[name])

    wanted = {f"x{i}": value(c) for i, c in enumerate(names)}
    found = engine.fetch(sample.select(segment=sample[segment], **wanted).limit(limit))
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


def project(
    features: Mapping[str, Array], preparation: Preparation, segment: Places, kind: AxisKind = "principal"
) -> Map:
    """Put customers on a map, each axis turned so that what it shows most of rises.

    Principal axes are the two directions along which customers differ most. Discriminant axes [1]_ are those along
    which the means of segments lie farthest apart in units of the spread within segments. Two segments have one such
    axis; the second is then the principal direction of what it leaves over. One segment has none.

    Parameters
    ----------
    features : arrays of shape (n,) in original units; categories as places of their levels
    segment : shape (n,), from 0

    References
    ----------
    .. [1] Fisher, R. A. (1936). The use of multiple measurements in taxonomic problems. Annals of Eugenics 7.
    """
    model = to_model_numpy(features, preparation)
    centred = model - model.mean(axis=0)
    axes = min(2, *centred.shape)
    scores: Array = np.empty((len(centred), 0))
    explained: list[float] = []
    if kind == "discriminant":
        scores, explained = _discriminant(centred, segment, axes)
    kinds: list[AxisKind] = ["discriminant"] * len(explained)
    total = float((centred**2).sum())
    if len(explained) < axes:
        more, strengths = _principal(_left_over(centred, scores), axes - len(explained))
        scores = np.column_stack([scores, more])
        explained += [s / total if total > 0 else 0.0 for s in strengths]
        kinds += ["principal"] * len(strengths)
    loadings = _correlations(scores, centred)
    main = np.argmax(np.abs(loadings).round(9), axis=1)
    signs = np.where(loadings[np.arange(axes), main] < 0, -1.0, 1.0)
    scores, loadings = scores * signs, loadings * signs[:, None]
    return Map(scores[:, 0], scores[:, 1] if axes == 2 else None, tuple(kinds), tuple(explained), loadings)


def _discriminant(centred: Array, segment: Places, most: int) -> tuple[Array, list[float]]:
    """Scores of shape (n, axes) with a spread of 1 within segments, and the share of the separation of each axis."""
    n, p = centred.shape
    groups = np.unique(segment)
    axes = min(most, len(groups) - 1)
    means = np.array([centred[segment == g].mean(axis=0) for g in groups])
    sizes = np.array([(segment == g).sum() for g in groups])
    between = means.T @ (means * sizes[:, None]) / n
    within = centred.T @ centred / n - between
    ridge = RIDGE * max(float(np.trace(within + between)) / p, 1e-9)
    values, vectors = eigh(between, within + ridge * np.eye(p))
    values = np.maximum(values[::-1], 0.0)
    total = float(values.sum())
    shares = [float(v) / total if total > 0 else 0.0 for v in values[:axes]]
    return centred @ vectors[:, ::-1][:, :axes], shares


def _principal(values: Array, axes: int) -> tuple[Array, list[float]]:
    """Scores of shape (n, axes) on the principal components, and the sum of squares along each."""
    _, strengths, directions = np.linalg.svd(values, full_matrices=False)
    return values @ directions[:axes].T, [float(s) ** 2 for s in strengths[:axes]]


def _left_over(centred: Array, scores: Array) -> Array:
    """What a linear function of the scores does not tell."""
    if not scores.shape[1]:
        return centred
    return np.asarray(centred - scores @ np.linalg.lstsq(scores, centred, rcond=None)[0])


def _correlations(scores: Array, coordinates: Array) -> Array:
    """Correlations of shape (axes, p) of centred columns; 0 where one does not vary."""
    sizes = np.outer(np.linalg.norm(scores, axis=0), np.linalg.norm(coordinates, axis=0))
    products = scores.T @ coordinates
    return np.asarray(np.where(sizes > 1e-12, products / np.maximum(sizes, 1e-12), 0.0))


def spread_out(count: int) -> Array:
    """Heights from 0 to 1 that keep points on a line apart; they mean nothing.

    >>> spread_out(3).round(2)
    array([0.62, 0.24, 0.85])
    """
    return np.asarray((np.arange(1, count + 1) * GOLDEN) % 1.0)
