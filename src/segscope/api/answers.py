"""What the HTTP interface answers: scores, cards of studies and of segments, as plain data."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from segscope.api.shapes import SegmentCard
from segscope.errors import ScoreError
from segscope.scoring import Donors, Placement, RecordScorer, Scores, gather_donors, place, put
from segscope.segmentation import Segment
from segscope.study import Card, Fit, LiveStudy


class Entry(Protocol):
    """A study as a list of studies has it."""

    @property
    def id(self) -> str: ...
    @property
    def card(self) -> Card | None: ...
    @property
    def fit(self) -> Fit | None: ...
    @property
    def problem(self) -> str: ...


class Shelf(Protocol):
    """Where studies are."""

    def get(self, study_id: str | None) -> LiveStudy:
        """A study, opened if it is not yet."""

    def listed(self) -> Sequence[Entry]:
        """All studies."""


def answer(live: LiveStudy, order: dict[str, Any]) -> dict[str, Any]:
    """The answer to a checked order (see :class:`ScoreList`).

    Raises
    ------
    ScoreError : for a field that is not known, missing or wrong
    """
    scorer = _scorer(live)
    segments = live.fit.segments
    if "customers" in order:
        return {"scores": _scored(scorer.score(order["customers"]), segments) if order["customers"] else []}
    values = scorer.read(order["customer"])
    features = scorer.features(values)
    pinned = scorer.pinned(order["customer"])
    if not scorer.missing(features):
        found = scorer.place({f: _array(v) for f, v in features.items()})
        return {"scores": _scored(scorer.with_pins(found, [pinned]), segments)}
    known = {**values, **features}
    if not known:
        raise ScoreError("Nothing follows from these fields. Give a feature, or a column that one is made of.")
    placed = place(live.fit.segmentation, _donors(live), known)
    return {"scores": [_placed(placed if pinned is None else put(placed, pinned), segments, pinned is not None)]}


def _array(value: float) -> npt.NDArray[np.float64]:
    return np.array([value])


def _scorer(live: LiveStudy) -> RecordScorer:
    return live.once_named("scoring: records", lambda: RecordScorer(live.fit.segmentation))


def _donors(live: LiveStudy) -> Donors:
    return live.once("insights: donors", lambda: gather_donors(live.engine, live.sample, live.fit.segmentation))


def is_complete(live: LiveStudy, order: dict[str, Any]) -> bool:
    given = order.get("customer")
    needed = live.fit.segmentation.needed
    return given is None or all(name in given for name in needed) or all(f in given for f in live.recipe.features)


def _scored(scores: Scores, segments: Sequence[Segment]) -> list[dict[str, Any]]:
    names, ids = [s.name for s in segments], [s.id for s in segments]
    beyond = [None] * len(scores.segment) if scores.fits_none is None else scores.fits_none.tolist()
    alone = len(segments) == 1
    by_hand = [False] * len(scores.segment) if scores.by_hand is None else scores.by_hand.tolist()
    numbers = (scores.segment.tolist(), scores.second.tolist(), scores.probabilities.tolist())
    rows = zip(*numbers, beyond, by_hand, strict=True)
    return [
        {
            "segment": names[first],
            "segment_id": ids[first],
            "segment_probability": shares[first],
            "second_segment": None if alone else names[second],
            "second_segment_id": None if alone else ids[second],
            "probabilities": dict(zip(ids, shares, strict=True)),
            "fits_none": none,
            "placed_by_hand": put_there,
            "right": 1.0,
            "ask_next": None,
        }
        for first, second, shares, none, put_there in rows
    ]


def _placed(found: Placement, segments: Sequence[Segment], by_hand: bool) -> dict[str, Any]:
    second = segments[found.second] if found.second is not None else None
    return {
        "segment": segments[found.first].name,
        "segment_id": segments[found.first].id,
        "segment_probability": found.probabilities[found.first],
        "second_segment": second.name if second else None,
        "second_segment_id": second.id if second else None,
        "probabilities": {s.id: p for s, p in zip(segments, found.probabilities, strict=True)},
        "fits_none": found.fits_none,
        "placed_by_hand": by_hand,
        "right": found.right,
        "ask_next": found.ask_next[0] if found.ask_next else None,
    }


def entry_of(entry: Entry) -> dict[str, Any]:
    card, fit = entry.card, entry.fit
    return {
        "id": entry.id,
        "name": card.name if card else entry.id,
        "customers": card.customers if card else 0,
        "segments": len(fit.segments) if fit else 0,
        "problem": entry.problem,
    }


def card_of(study_id: str, live: LiveStudy) -> dict[str, Any]:
    recipe = live.recipe
    return {
        "id": study_id,
        "name": live.card.name,
        "customers": live.card.customers,
        "segments": len(live.fit.segments),
        "method": recipe.method,
        "verdict": live.fit.verdict.verdict,
        "features": list(recipe.features),
        "fields": [
            {"name": name, "label": recipe.column(name).label, "kind": kind, "feature": name in recipe.features}
            for name, kind in _scorer(live).kinds.items()
        ],
    }


def segment_of(segment: Segment) -> dict[str, Any]:
    return {part: getattr(segment, part) for part in SegmentCard.model_fields}
