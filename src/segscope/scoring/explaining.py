"""Why a customer is placed where he is, how often such an answer is right, and what would have to change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segscope.preparation import CategoryPreparation
from segscope.scoring.donors import Donors
from segscope.scoring.placing import Placement, gather, known_fields, place
from segscope.segmentation import Segmentation, assign_numpy

Array = npt.NDArray[np.float64]
TRIED_CUSTOMERS = 400
STEPS = 40
DIGITS = 3


@dataclass(frozen=True)
class Change:
    """The least change of one field that moves a customer to a more valuable segment.

    Attributes
    ----------
    value : what the field would have to be, in its units
    segment : place of the segment that follows
    far : how far the change goes, as a share of the donors who lie between
    """

    field: str
    value: float
    segment: int
    far: float


def right_with(segmentation: Segmentation, donors: Donors, fields: Sequence[str]) -> tuple[float, int]:
    """How often an answer from some fields is right, tried on the donors themselves, and on how many.

    Each is placed by these fields alone and over the others only, and compared with the segment of all fields.
    """
    key = tuple(sorted(fields))
    if key not in donors.tried:
        donors.tried[key] = _tried(segmentation, donors, key)
    return donors.tried[key]


def _tried(segmentation: Segmentation, donors: Donors, fields: Sequence[str]) -> tuple[float, int]:
    few = np.arange(min(TRIED_CUSTOMERS, len(donors)))
    known = {f: donors.values[f][few] for f in fields}
    truth = assign_numpy(segmentation, {f: x[few] for f, x in donors.features.items()})
    found = gather(segmentation, donors, known, without=few).probabilities.argmax(axis=1)
    return float((found == truth).mean()), len(few)


def pushes(
    segmentation: Segmentation, donors: Donors, given: Mapping[str, float], found: Placement
) -> dict[str, float]:
    """By how much each given field raises the probability of the first segment, were all others known without it."""
    base = assign_numpy(segmentation, donors.features)
    told = {}
    for name in given:
        others = {f: v for f, v in given.items() if f != name}
        before = place(segmentation, donors, others).probabilities if others else None
        share = before[found.first] if before else float((base == found.first).mean())
        told[name] = found.probabilities[found.first] - share
    return dict(sorted(told.items(), key=lambda item: -abs(item[1])))


def next_better(
    segmentation: Segmentation, donors: Donors, given: Mapping[str, float], found: Placement
) -> Change | None:
    """The least change of one given field with which the customer is likeliest to be in a more valuable segment.

    Segments stand from the most to the least valuable one. What follows from a changed field follows anew.
    """
    if found.first == 0:
        return None
    changes = [c for name in given if (c := _change(segmentation, donors, given, name, found.first))]
    return min(changes, key=lambda c: (c.far, c.field), default=None)


def _change(
    segmentation: Segmentation, donors: Donors, given: Mapping[str, float], name: str, first: int
) -> Change | None:
    ordered = np.sort(donors.values[name][~np.isnan(donors.values[name])])
    levelled = {s.feature for s in segmentation.preparation if isinstance(s, CategoryPreparation)}
    tried = np.unique(ordered) if name in levelled else _rounded(np.quantile(ordered, np.linspace(0, 1, STEPS + 1)))
    tried = tried[tried != given[name]]
    placed = [known_fields(segmentation, donors, {**given, name: float(v)})[0] for v in tried]
    same = [known for known in placed if known.keys() == placed[0].keys()]
    if not same:
        return None
    cloud = gather(segmentation, donors, {f: np.array([known[f] for known in same]) for f in same[0]})
    segments = cloud.probabilities.argmax(axis=1)
    here = float(np.searchsorted(ordered, given[name], side="right"))
    ways = [
        Change(name, float(known[name]), int(segment), abs(float(np.searchsorted(ordered, known[name])) - here))
        for known, segment in zip(same, segments, strict=True)
        if segment < first
    ]
    nearest = min(ways, key=lambda c: c.far, default=None)
    return None if nearest is None else Change(name, nearest.value, nearest.segment, nearest.far / len(ordered))


def _rounded(values: Array) -> Array:
    """To three digits, as a person would say them; each once."""
    sizes = 10 ** (np.floor(np.log10(np.maximum(np.abs(values), 1e-9))) - DIGITS + 1)
    return np.unique(np.round(values / sizes) * sizes)
