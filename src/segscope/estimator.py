"""A scikit-learn estimator: the preparation and the clustering of segscope, so that segments can sit in a pipeline."""

from dataclasses import replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from segscope.clustering import as_points, fit_method
from segscope.clustering.assign import distances2
from segscope.engine import connect
from segscope.errors import SegscopeError
from segscope.preparation import FeaturePreparation, Preparation, fit_preparation, to_model_numpy
from segscope.recipe import ColumnRole, Method, Recipe, Role, Transform

Array = npt.NDArray[np.float64]


class SegmentClusterer(ClusterMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Segments of customers given as numbers, prepared and clustered as a study does it.

    Blanks (NaN) take the median; skewed features are seen on a log scale, far-out values are bounded, all are
    standardised. A feature that is the same for everybody tells nothing, and weighs nothing.

    Parameters
    ----------
    n_segments : number of segments, 1 to 12
    method : "kmeans", "mixture" or "ward"
    scale : "auto", or "none" to fill and standardise only (a study's ``--transform``)
    random_state : seed, 0 to 4294967295

    Attributes
    ----------
    preparation_ : how each feature becomes a coordinate
    cluster_centers_ : array of shape (n_segments, p), in model space
    shapes_ : of the components of a mixture; empty otherwise
    labels_ : array of shape (n_samples,), the segment of each customer

    >>> X = np.array([[1.0, 10.0], [2.0, 11.0], [90.0, 300.0], [91.0, np.nan]])
    >>> model = SegmentClusterer(n_segments=2).fit(X)
    >>> model.labels_.tolist(), model.predict([[88.0, 290.0]]).tolist()
    ([0, 0, 1, 1], [1])
    """

    def __init__(
        self, n_segments: int = 2, *, method: Method = "kmeans", scale: Transform = "auto", random_state: int = 0
    ) -> None:
        self.n_segments = n_segments
        self.method = method
        self.scale = scale
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the segments of customers.

        Parameters
        ----------
        X : array of shape (n_samples, n_features); NaN is a blank
        y : not used

        Raises
        ------
        ValueError : when there are fewer different customers than segments, or a parameter cannot be
        """
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2)
        try:
            self.preparation_ = _prepared(X, self.scale)
            points = as_points(self._model(X))
            found = fit_method(points, self.method, self.n_segments, self.random_state)
        except SegscopeError as error:
            raise ValueError(str(error)) from None
        self.cluster_centers_ = np.array(found.centres)
        self.shapes_ = found.shapes
        self.labels_ = self._nearest(X)
        return self

    def predict(self, X: Any) -> npt.NDArray[np.intp]:
        """The segment of each customer, shape (n_samples,)."""
        check_is_fitted(self)
        return self._nearest(validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False))

    def transform(self, X: Any) -> Array:
        """Squared distances from the segments' centres (in a mixture, scores), shape (n_samples, n_segments)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return distances2(self._model(X), self.cluster_centers_, self.shapes_)

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may expect of it."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _model(self, X: Array) -> Array:
        return to_model_numpy({f"x{i}": X[:, i] for i in range(X.shape[1])}, self.preparation_)

    def _nearest(self, X: Array) -> npt.NDArray[np.intp]:
        labels: npt.NDArray[np.intp] = distances2(self._model(X), self.cluster_centers_, self.shapes_).argmin(axis=1)
        return labels


def _prepared(X: Array, scale: Transform) -> Preparation:
    names = [f"x{i}" for i in range(X.shape[1])]
    varied = [n for n, x in zip(names, X.T, strict=True) if len(np.unique(x[~np.isnan(x)])) > 1]
    columns = tuple(ColumnRole(n, Role.MEASURE, "", n) for n in names)
    engine = connect(threads=1)
    try:
        table = engine.store("X", pa.table({n: pa.array(x, from_pandas=True) for n, x in zip(names, X.T, strict=True)}))
        recipe = Recipe(columns, features=tuple(varied), transform=scale)
        fitted = {s.feature: s for s in (fit_preparation(engine, table, recipe) if varied else ())}
    finally:
        engine.close()
    flat = FeaturePreparation("", 0.0, False, 0.0, 0.0, 0.0, 1.0, 0, 0)  # bounds of 0 and 0: the same place for all
    return tuple(fitted.get(n) or replace(flat, feature=n) for n in names)
