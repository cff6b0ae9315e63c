"""A few customers assigned to segments in NumPy, alike to the last label."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segscope import formula
from segscope.clustering.assign import distances2
from segscope.clustering.handmade import cells_of, log_odds, probabilities
from segscope.preparation import to_model_numpy
from segscope.segmentation.model import Segmentation

Array = npt.NDArray[np.float64]


def features_numpy(segmentation: Segmentation, values: Mapping[str, Array]) -> dict[str, Array]:
    """Features of customers given as arrays of source columns.

    NaN is a blank; dates are days since 1970-01-01; a category is the place of its level (CategoryPreparation.code).
    """
    known = dict(values)
    for rule in segmentation.recipe.cleaning:
        if rule.action == "implausible" and rule.enabled and rule.column in known:
            x = known[rule.column]
            wrong = np.isin(x, rule.values)
            wrong |= (x < rule.low) if rule.low is not None else False
            wrong |= (x > rule.high) if rule.high is not None else False
            known[rule.column] = np.where(wrong, np.nan, x)
    for name, node, needs in segmentation.derivations:
        if all(c in known for c in needs):
            known[name] = formula.to_numpy(node, known)
    return {f: known[f] for f in segmentation.recipe.features if f in known}


@dataclass(frozen=True, eq=False)
class Placed:
    """Where n customers in model space are, pins aside.

    Attributes
    ----------
    segment : places of their segments, shape (n,)
    probabilities : of each segment, shape (n, k)
    centre : places of their nearest centres, shape (n,)
    distance2 : squared distance from that centre, shape (n,)
    """

    segment: npt.NDArray[np.intp]
    probabilities: Array
    centre: npt.NDArray[np.intp]
    distance2: Array


def place_numpy(segmentation: Segmentation, model: Array) -> Placed:
    """Place customers in model space, array of shape (n, p), as :func:`assign` does but for pins."""
    d2 = distances2(model, segmentation.centres, segmentation.shapes)
    centre = d2.argmin(axis=1)
    least = d2[np.arange(len(d2)), centre]
    plan = segmentation.plan
    if plan is None:
        odds = np.exp((least[:, None] - d2) / (2 * segmentation.blur))
        return Placed(centre, np.asarray(odds / odds.sum(axis=1, keepdims=True)), centre, least)
    shares = probabilities(log_odds(model, d2, segmentation.blur, plan)[1])
    return Placed(plan.places[cells_of(model, centre, plan)], shares, centre, least)


def assign_numpy(segmentation: Segmentation, features: Mapping[str, Array]) -> npt.NDArray[np.intp]:
    """Places of the segments of customers given as arrays of features, as :func:`assign` finds them but for pins."""
    return place_numpy(segmentation, to_model_numpy(features, segmentation.preparation)).segment


def strengths_numpy(segmentation: Segmentation, model: Array) -> Array:
    """Probability of each segment, shape (n, k), of customers in model space, shape (n, p), pins aside."""
    return place_numpy(segmentation, model).probabilities
