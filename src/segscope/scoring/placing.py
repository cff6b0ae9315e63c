"""Placing one customer of whom little is known.

What is not known is not replaced by zero or by the mean: it is integrated out over real customers who are like this
one in what is known.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import ibis
import numpy as np
import numpy.typing as npt

from segscope import formula
from segscope.engine import Engine
from segscope.errors import ScoreError, did_you_mean
from segscope.features import as_number
from segscope.preparation import CategoryPreparation, FeaturePreparation, code_expression, to_model_numpy
from segscope.recipe import DerivedColumn
from segscope.segmentation import Segmentation, place_numpy

Array = npt.NDArray[np.float64]
FEWEST_ALIKE = 40.0
KERNEL_WIDTH = 0.25
PARTS_TO_ASK = 5
WORTH_ASKING = 0.02


@dataclass(frozen=True, eq=False)
class Donors:
    """Real customers over whom unknown features are integrated: features in original units, shape (n,) each.

    A category is the place of its level (CategoryPreparation.code), NaN for a blank.
    """

    features: dict[str, Array]

    def __len__(self) -> int:
        return len(next(iter(self.features.values())))


@dataclass(frozen=True)
class Placement:
    """Where a customer belongs.

    Attributes
    ----------
    probabilities : one a segment, in their order; they sum to 1
    first, second : places of the two most likely segments; second is None with one segment
    known : features that were given or follow from what was given
    implied : those that follow, with their values
    without : those that follow to be blank (an average without a purchase), so that their fill value counts
    right : how often the first segment would stay if everything were known; 1 when it is
    ask_next : the unknown feature whose answer would tell most, with ``right`` as it is expected to be then
    """

    probabilities: tuple[float, ...]
    first: int
    second: int | None
    known: tuple[str, ...]
    implied: Mapping[str, float]
    without: tuple[str, ...]
    right: float
    ask_next: tuple[str, float] | None


def gather_donors(engine: Engine, sample: ibis.Table, segmentation: Segmentation, count: int = 4000) -> Donors:
    """Take real customers from a sampled table."""
    numbers = {
        f"x{i}": code_expression(sample[step.feature], step)
        if isinstance(step, CategoryPreparation)
        else as_number(sample[step.feature])
        for i, step in enumerate(segmentation.preparation)
    }
    found = engine.fetch(sample.select(**numbers).limit(count))
    fills = _fills(segmentation)
    arrays = {f: found[f"x{i}"].to_numpy().astype(float) for i, f in enumerate(segmentation.recipe.features)}
    return Donors({f: np.where(np.isnan(a), fills[f], a) for f, a in arrays.items()})


def _fills(segmentation: Segmentation) -> dict[str, float]:
    """What a blank of each feature counts as; NaN for a category, whose blanks lie in the middle."""
    steps = segmentation.preparation
    return {s.feature: s.fill if isinstance(s, FeaturePreparation) else math.nan for s in steps}


def place(segmentation: Segmentation, donors: Donors, given: Mapping[str, float]) -> Placement:
    """Place a customer of whom some features are known.

    Parameters
    ----------
    given : features by name, in original units; at least one. NaN is a blank: known to be unknown, it counts as the
        preparation's fill, as it does in a file. A feature that is not given is integrated out

    Raises
    ------
    ScoreError : for a name that is no feature, or when nothing is given
    """
    unknown = [f for f in given if f not in segmentation.recipe.features]
    if unknown:
        raise ScoreError(f"There is no feature {unknown[0]!r}.{did_you_mean(unknown[0], segmentation.recipe.features)}")
    if not given:
        raise ScoreError("Fill in at least one field.")
    known, without = _with_implied(segmentation, given)
    weights = _likeness(segmentation, donors, {f: np.array([v]) for f, v in known.items()})
    complete = _completed(segmentation, {f: np.full(len(donors), v) for f, v in known.items()}, donors)
    placed = place_numpy(segmentation, to_model_numpy(complete, segmentation.preparation))
    odds, labels = placed.probabilities, placed.segment
    probabilities = np.minimum(weights @ odds / weights.sum(), 1.0)
    order = np.argsort(-probabilities, kind="stable")
    unknown = [f for f in donors.features if f not in known]
    # With all known the segment is certain; after a merge it need not be the likeliest.
    first = int(order[0]) if unknown else int(labels[0])
    second = next((int(p) for p in order if p != first), None)
    right = float(weights @ (labels == first) / weights.sum())
    implied = {f: v for f, v in known.items() if f not in given and f not in without}
    ask_next = _ask_next(
        donors, weights, np.eye(odds.shape[1])[labels], unknown, segmentation.recipe.category_features, right
    )
    return Placement(tuple(map(float, probabilities)), first, second, tuple(known), implied, without, right, ask_next)


def put(found: Placement, segment: int) -> Placement:
    """The placement of a customer whom somebody put into a segment by hand, whatever is known."""
    order = sorted(range(len(found.probabilities)), key=lambda p: -found.probabilities[p])
    shares = tuple(float(p == segment) for p in range(len(order)))
    second = next((p for p in order if p != segment), None)
    return replace(found, probabilities=shares, first=segment, second=second, right=1.0, ask_next=None)


def _with_implied(segmentation: Segmentation, given: Mapping[str, float]) -> tuple[dict[str, float], tuple[str, ...]]:
    """Add features that follow from the given ones by their formula, and name those that follow to be blank."""
    values = dict(given)
    without: list[str] = []
    fills = _fills(segmentation)
    for column in _derived_features(segmentation):
        node = formula.parse(column.formula)
        needs = formula.columns(node)
        if column.name not in values and all(n in values for n in needs):
            found = float(formula.to_numpy(node, {n: np.array([values[n]]) for n in needs})[0])
            if math.isnan(found):
                without.append(column.name)
            values[column.name] = fills[column.name] if math.isnan(found) else found
        elif column.name in given:
            values |= _turned_round(node, column.name, values, fills)
    return values, tuple(without)


def _turned_round(
    node: formula.Node, name: str, values: Mapping[str, float], features: Mapping[str, float]
) -> dict[str, float]:
    """What follows from a known ratio and one of its two sides: the other side."""
    match node:
        case formula.Call("ratio" | "/", (formula.Name(top), formula.Name(bottom))):
            sides = [values[side] for side in (name, top, bottom) if side in values]
            if any(math.isnan(side) for side in sides):
                return {}
            if bottom in values and top not in values and top in features:
                return {top: values[name] * values[bottom]}
            if top in values and bottom not in values and bottom in features and values[name] != 0:
                return {bottom: values[top] / values[name]}
    return {}


def _derived_features(segmentation: Segmentation) -> list[DerivedColumn]:
    return [d for d in segmentation.recipe.derived if d.name in segmentation.recipe.features]


def _completed(segmentation: Segmentation, known: Mapping[str, Array], donors: Donors) -> dict[str, Array]:
    """Each donor with what is known in place of its own; features that rest on both follow their formula."""
    fills = _fills(segmentation)
    inputs = {f: known.get(f, donors.features[f]) for f in segmentation.recipe.features}
    for column in _derived_features(segmentation):
        node = formula.parse(column.formula)
        needs = formula.columns(node)
        if column.name not in known and all(n in inputs for n in needs) and any(n in known for n in needs):
            found = formula.to_numpy(node, inputs)
            inputs[column.name] = np.where(np.isnan(found), fills[column.name], found)
    return inputs


def _ask_next(
    donors: Donors, weights: Array, labels: Array, unknown: Sequence[str], categories: Sequence[str], right: float
) -> tuple[str, float] | None:
    """The unknown feature that would settle the segment best: donors alike, sorted by it, guessed part by part.

    ``labels``: 1 for the segment of each donor, else 0, shape (n, k).
    """
    best: tuple[str, float] | None = None
    labels = labels * weights[:, None]
    for feature in unknown:
        part = _parts(donors.features[feature], weights, feature in categories)
        sums = np.array([labels[part == i].sum(axis=0) for i in range(int(part.max()) + 1)])
        expected = float(sums.max(axis=1).sum() / weights.sum())
        if expected > right + WORTH_ASKING and (best is None or expected > best[1]):
            best = feature, expected
    return best


def _parts(values: Array, weights: Array, is_category: bool) -> npt.NDArray[np.intp]:
    """Equally heavy parts of the donors in the order of a number; the levels of a category, blanks first."""
    if is_category:
        return np.where(np.isnan(values), 0, values + 1).astype(np.intp)
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    part = np.empty(len(values), dtype=np.intp)
    part[order] = np.minimum((reached * PARTS_TO_ASK).astype(int), PARTS_TO_ASK - 1)
    return part


def _likeness(segmentation: Segmentation, donors: Donors, known: Mapping[str, Array]) -> Array:
    """How much each donor counts: a Gaussian kernel on what is known, widened until enough donors count."""
    steps = tuple(s for s in segmentation.preparation if s.feature in known)
    if len(steps) == len(segmentation.preparation):
        return np.ones(len(donors))
    mine = to_model_numpy(known, steps)
    theirs = to_model_numpy(donors.features, steps)
    d2 = ((theirs - mine) ** 2).sum(axis=1)
    d2 = d2 - d2.min()
    width = KERNEL_WIDTH
    wanted = min(FEWEST_ALIKE, len(donors) / 2)
    while True:
        weights = np.exp(-d2 / (2 * width * width))
        if weights.sum() ** 2 / (weights**2).sum() >= wanted or width > 100:
            return np.asarray(weights)
        width *= 1.5
