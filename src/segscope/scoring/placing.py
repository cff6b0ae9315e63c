"""Placing customers of whom little is known.

What is not known is not replaced by zero or by the mean: it is integrated out over real customers who are like this
one in what is known.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from segscope import formula
from segscope.errors import ScoreError, did_you_mean
from segscope.preparation import CategoryPreparation, to_model_numpy
from segscope.scoring.donors import Donors, fills_of
from segscope.scoring.likeness import likeness, own_coordinates
from segscope.segmentation import Segmentation, features_numpy, place_numpy

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
PARTS_TO_ASK = 5
WORTH_ASKING = 0.02


@dataclass(frozen=True)
class Placement:
    """Where a customer belongs.

    Attributes
    ----------
    probabilities : one a segment, in their order; they sum to 1. Each is the chance that the customer, were everything
        known, would be in this segment when the segments are drawn anew from other customers like these
    first, second : places of the two most likely segments; second is None with one segment
    known : fields that were given or follow from what was given
    implied : features that follow, with their values
    without : those that follow to be blank (an average without a purchase), so that their fill value counts
    right : how often the first segment would stay if everything were known; 1 when it is
    fits_none : whether the customer more likely than not lies beyond the reach of its segment; None where the reach was
        not measured
    ask_next : the unknown field whose answer would tell most, with ``right`` as it is expected to be then
    """

    probabilities: tuple[float, ...]
    first: int
    second: int | None
    known: tuple[str, ...]
    implied: Mapping[str, float]
    without: tuple[str, ...]
    right: float
    fits_none: bool | None
    ask_next: tuple[str, float] | None


@dataclass(frozen=True, eq=False)
class Cloud:
    """What customers may be, given what is known: for each of c customers the a donors that count.

    Attributes
    ----------
    weights : shape (c, a), each row sums to 1
    odds : probabilities of each segment, shape (c, a, k)
    labels : the segment of each, shape (c, a)
    beyond : whether each lies beyond the reach of its segment, shape (c, a); None where that was not measured
    donors : places of the donors, shape (c, a); none where everything is known
    """

    weights: Array
    odds: Array
    labels: Places
    beyond: npt.NDArray[np.bool_] | None
    donors: Places = field(default_factory=lambda: np.empty((0, 0), dtype=np.intp))

    @property
    def probabilities(self) -> Array:
        """Of each segment, shape (c, k); weights that sum to 1 but for rounding do not show."""
        found: Array = np.einsum("ca,cak->ck", self.weights, self.odds)
        found /= found.sum(axis=1, keepdims=True)
        return found

    @property
    def shares(self) -> Array:
        """How often each segment would be the answer, were everything known, shape (c, k)."""
        k = self.odds.shape[2]
        found: Array = np.einsum("ca,cak->ck", self.weights, np.eye(k)[self.labels])
        return found


def place(segmentation: Segmentation, donors: Donors, given: Mapping[str, float]) -> Placement:
    """Place a customer of whom some fields are known.

    Parameters
    ----------
    given : features, and raw columns that they are made of, by name, in original units (see :class:`Donors`); at least
        one. NaN is a blank: known to be unknown, it counts as the preparation's fill, as it does in a file. A field
        that is not given is integrated out

    Raises
    ------
    ScoreError : for a name that is neither, or when nothing is given
    """
    known, without = known_fields(segmentation, donors, given)
    cloud = gather(segmentation, donors, {f: np.array([v]) for f, v in known.items()})
    probabilities = cloud.probabilities[0]
    order = np.argsort(-probabilities, kind="stable")
    # With all known the segment is certain; after a merge by hand it need not be the likeliest.
    first = int(order[0]) if cloud.donors.size else int(cloud.labels[0, 0])
    second = next((int(p) for p in order if p != first), None)
    right = min(float(cloud.shares[0, first]), 1.0)
    beyond = None if cloud.beyond is None else bool(cloud.weights[0] @ cloud.beyond[0] > 0.5)  # rather than not
    features = segmentation.recipe.features
    implied = {f: v for f, v in known.items() if f not in given and f not in without and f in features}
    return Placement(
        tuple(map(float, probabilities)), first, second, tuple(known), implied, without, right, beyond,
        _ask_next(segmentation, donors, cloud, known, right),
    )  # fmt: skip


def known_fields(
    segmentation: Segmentation, donors: Donors, given: Mapping[str, float]
) -> tuple[dict[str, float], tuple[str, ...]]:
    """The fields that are known: those given and those that follow from them by a formula; and who of these is blank.

    Raises
    ------
    ScoreError : for a name that is neither a feature nor a raw column of one, or when nothing is given
    """
    fields = list(dict.fromkeys([*segmentation.recipe.features, *segmentation.needed]))
    unknown = [f for f in given if f not in fields]
    if unknown:
        raise ScoreError(f"There is no feature {unknown[0]!r}.{did_you_mean(unknown[0], fields)}")
    if not given:
        raise ScoreError("Fill in at least one field.")
    values, without = _with_implied(segmentation, given)
    told = {f: v for f, v in values.items() if f in segmentation.recipe.features or f in donors.scales}
    if not told:
        raise ScoreError("Nothing follows from these fields. Fill in another.")
    return told, without


def gather(
    segmentation: Segmentation, donors: Donors, known: Mapping[str, Array], without: Places | None = None
) -> Cloud:
    """What customers may be who are known by the same fields, arrays of shape (c,).

    ``without``: for each customer a donor that does not count, since it is that customer.
    """
    if all(f in known for f in segmentation.recipe.features):
        return _cloud(segmentation, known, np.ones((len(next(iter(known.values()))), 1)))
    learned = likeness(segmentation, donors, tuple(known))
    near, weights, ahead = learned.alike(own_coordinates(segmentation, donors, known), without)
    shape, places = near.shape, near.ravel()
    theirs = {f: x[places] for f, x in donors.values.items()}
    for i, step in enumerate(learned.moved):
        x = donors.features[step.feature]
        if not _tells_kinds(x) and not any(name in donors.raw and name in known for name in known):
            moved = np.log1p(np.maximum(theirs[step.feature], 0.0)) if step.log else theirs[step.feature]
            moved = moved + ahead[:, :, i].ravel() * step.unit
            theirs[step.feature] = np.expm1(np.maximum(moved, 0.0)) if step.log else moved
    given = {f: np.repeat(x, shape[1]) for f, x in known.items()}
    return _cloud(segmentation, _completed(segmentation, given, theirs), weights, near)


def _cloud(
    segmentation: Segmentation, features: Mapping[str, Array], weights: Array, near: Places | None = None
) -> Cloud:
    placed = place_numpy(segmentation, to_model_numpy(features, segmentation.preparation))
    reach = np.array(segmentation.reach)
    beyond = (placed.distance2 > reach[placed.centre]).reshape(weights.shape) if segmentation.reach else None
    found = weights, placed.probabilities.reshape(*weights.shape, -1), placed.segment.reshape(weights.shape), beyond
    return Cloud(*found) if near is None else Cloud(*found, near)


def put(found: Placement, segment: int) -> Placement:
    """The placement of a customer whom somebody put into a segment by hand, whatever is known."""
    order = sorted(range(len(found.probabilities)), key=lambda p: -found.probabilities[p])
    shares = tuple(float(p == segment) for p in range(len(order)))
    second = next((p for p in order if p != segment), None)
    return replace(found, probabilities=shares, first=segment, second=second, right=1.0, ask_next=None)


def _with_implied(segmentation: Segmentation, given: Mapping[str, float]) -> tuple[dict[str, float], tuple[str, ...]]:
    """Add fields that follow from the given ones by their formula, and name those that follow to be blank."""
    fills = fills_of(segmentation)
    raw = {name: np.array([v]) for name, v in given.items() if name not in segmentation.recipe.features}
    made = features_numpy(segmentation.lean, raw) if raw else {}
    values = {**given, **{f: float(x[0]) for f, x in made.items() if f not in given}}
    without = [f for f in made if math.isnan(values[f]) and f not in given]
    values |= {f: fills[f] for f in without}
    for name, node, needs in segmentation.derivations:
        if name not in values and all(n in values for n in needs):
            found = float(formula.to_numpy(node, {n: np.array([values[n]]) for n in needs})[0])
            if math.isnan(found) and name in fills:
                without.append(name)
                found = fills[name]
            values[name] = found
        elif name in given:
            values |= _turned_round(node, name, values, fills)
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


def _completed(segmentation: Segmentation, known: Mapping[str, Array], theirs: Mapping[str, Array]) -> dict[str, Array]:
    """Each donor with what is known in place of its own; what rests on both follows its formula."""
    fills = fills_of(segmentation)
    values = {**theirs, **known}
    touched = set(known)
    for name, node, needs in segmentation.derivations:
        if name in known or not any(n in touched for n in needs) or not all(n in values for n in needs):
            continue
        found = formula.to_numpy(node, values)
        values[name] = np.where(np.isnan(found), fills.get(name, math.nan), found)
        touched.add(name)
    return {f: values[f] for f in segmentation.recipe.features}


def _tells_kinds(values: Array) -> bool:
    """Whether a number is a flag: what lies between its two values is no customer."""
    low, high = values.min(), values.max()
    return bool(((values == low) | (values == high)).all())


def _ask_next(
    segmentation: Segmentation, donors: Donors, cloud: Cloud, known: Mapping[str, float], right: float
) -> tuple[str, float] | None:
    """The unknown field that would settle the segment best: donors alike, sorted by it, guessed part by part."""
    best: tuple[str, float] | None = None
    if not cloud.donors.size:
        return None
    weights, near = cloud.weights[0], cloud.donors[0]
    labels = np.eye(cloud.odds.shape[2])[cloud.labels[0]] * weights[:, None]
    features = segmentation.recipe.features
    raw_only = [f for f in donors.scales if f not in features]
    asked = raw_only if any(f in raw_only for f in known) else features
    levelled = {s.feature for s in segmentation.preparation if isinstance(s, CategoryPreparation)}
    for name in asked:
        if name in known:
            continue
        part = _parts(donors.values[name][near], weights, name in levelled)
        sums = np.array([labels[part == i].sum(axis=0) for i in range(int(part.max()) + 1)])
        expected = min(float(sums.max(axis=1).sum()), 1.0)
        if expected > right + WORTH_ASKING and (best is None or expected > best[1]):
            best = name, expected
    return best


def _parts(values: Array, weights: Array, is_category: bool) -> Places:
    """Equally heavy parts of the donors in the order of a number; the levels of a category, blanks first."""
    if is_category:
        return np.where(np.isnan(values), 0, values + 1).astype(np.intp)
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    part = np.empty(len(values), dtype=np.intp)
    part[order] = np.minimum((reached * PARTS_TO_ASK).astype(int), PARTS_TO_ASK - 1)
    return part
