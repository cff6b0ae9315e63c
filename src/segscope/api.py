"""The HTTP interface for programs, version 1: studies, their segments, and the score of customers.

    GET  /api/v1/studies                    what there is
    GET  /api/v1/studies/{id}               one study: its features and the fields that a customer is told by
    GET  /api/v1/studies/{id}/segments      its segments
    POST /api/v1/studies/{id}/score         one customer, or up to 10,000
    GET  /api/v1/openapi.json               all of it, with examples

Every error has one shape: {"error": a sentence, "code": a word}. A body must be application/json: a page of another
site cannot make a browser send that. Where a key is set, every request but that for openapi.json carries it.
"""

import hmac
import json
from collections.abc import Sequence
from typing import Any, NoReturn, Protocol

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from segscope import __version__
from segscope.errors import ScoreError, SegscopeError, StudyError
from segscope.scoring import Donors, Placement, RecordScorer, Scores, gather_donors, place, put
from segscope.segmentation import Segment
from segscope.study import Card, Fit, LiveStudy

MOST_CUSTOMERS = 10_000
MOST_BYTES = 16 * 1024**2
MANY = 50
"""So many customers are scored where the server listens; more would keep others waiting, and go to a thread."""
CODES = {
    400: "unreadable",
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "media_type",
    422: "not_possible",
}
NO_STORE = {"Cache-Control": "no-store"}
EXAMPLES = {
    "one": {"summary": "What is known of one customer", "value": {"customer": {"total_spend": 900}}},
    "several": {
        "summary": "Every field of several; null is a blank",
        "value": {"customers": [{"total_spend": 900, "purchases": 12}, {"total_spend": None, "purchases": 3}]},
    },
}


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


class Problem(BaseModel):
    """What every error looks like."""

    error: str = Field(examples=["There is no field 'Incme'. Did you mean Income?"])
    code: str = Field(examples=["not_possible"])


class StudyEntry(BaseModel):
    """A study in the list."""

    id: str
    name: str
    customers: int
    segments: int
    problem: str = Field(description="why it cannot be opened; empty when it can")


class StudyList(BaseModel):
    """All studies."""

    studies: list[StudyEntry]


class FieldCard(BaseModel):
    """A field that a customer can be told by."""

    name: str
    label: str
    kind: str = Field(description="number, flag, date (2014-06-29) or category")
    feature: bool = Field(description="whether it is a feature; else a raw column that features rest on")


class StudyCard(BaseModel):
    """One study."""

    id: str
    name: str
    customers: int
    segments: int
    method: str
    verdict: str
    features: list[str]
    fields: list[FieldCard]


class SegmentCard(BaseModel):
    """One segment."""

    id: str
    name: str
    size: int
    share: float
    sentence: str
    verdict: str


class SegmentList(BaseModel):
    """The segments of a study, in their order."""

    segments: list[SegmentCard]


RECORD = {"type": "object", "description": "fields by name: raw columns or features; null is a blank"}
ORDER = {
    "oneOf": [
        {
            "title": "One customer",
            "description": "a field left out is unknown: it is averaged over real customers who are alike",
            "type": "object",
            "properties": {"customer": RECORD},
            "required": ["customer"],
            "additionalProperties": False,
        },
        {
            "title": "Several customers",
            "description": "all with the same fields, none of those needed left out",
            "type": "object",
            "properties": {"customers": {"type": "array", "items": RECORD, "maxItems": MOST_CUSTOMERS}},
            "required": ["customers"],
            "additionalProperties": False,
        },
    ]
}


class Score(BaseModel):
    """Where a customer belongs."""

    segment: str
    segment_id: str
    segment_probability: float
    second_segment: str | None
    second_segment_id: str | None
    probabilities: dict[str, float] = Field(description="by the segment's id")
    fits_none: bool | None = Field(description="unlike any segment's customers; null when that cannot be said")
    placed_by_hand: bool = Field(description="whether somebody put this customer there, whatever the model says")
    right: float = Field(description="how often the segment would stay if everything were known; 1 when it is")
    ask_next: str | None = Field(description="the unknown feature whose answer would tell most")


class ScoreList(BaseModel):
    """The scores of several customers, in their order; of one, the only one."""

    scores: list[Score]


_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": Problem} for status in (400, 401, 404, 413, 415, 422)}


def make_api(shelf: Shelf, key: str | None = None) -> FastAPI:
    """The application to mount under /api/v1.

    Parameters
    ----------
    key : what every request must carry as "Authorization: Bearer KEY"; None asks for nothing
    """
    api = FastAPI(
        title="segscope",
        version=__version__,
        description="Studies, their segments, and the segment of any customer.",
        docs_url=None,  # its page would load scripts from another machine
        redoc_url=None,
        servers=[{"url": "/api/v1"}],
        root_path_in_servers=False,
    )
    api.add_exception_handler(SegscopeError, _refused)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(RequestValidationError, _unreadable)
    api.include_router(_routes(shelf), dependencies=[Depends(_guard(key))] if key else [])
    return api


def _routes(shelf: Shelf) -> APIRouter:
    router = APIRouter(responses={401: {"model": Problem}})

    @router.get("/studies", response_model=StudyList)
    def studies() -> Any:
        """All studies of this server."""
        return {"studies": [_entry(entry) for entry in shelf.listed()]}

    @router.get("/studies/{study_id}", response_model=StudyCard, responses={404: {"model": Problem}})
    def study(study_id: str) -> Any:
        """One study: what its segments were made of, and the fields that a customer can be told by."""
        return _card(study_id, shelf.get(study_id))

    @router.get("/studies/{study_id}/segments", response_model=SegmentList, responses={404: {"model": Problem}})
    def segments(study_id: str) -> Any:
        """The segments of a study, from most to least valuable."""
        return {"segments": [_segment(s) for s in shelf.get(study_id).fit.segments]}

    body = {"required": True, "content": {"application/json": {"schema": ORDER, "examples": EXAMPLES}}}

    @router.post(
        "/studies/{study_id}/score",
        response_model=ScoreList,
        responses=_ERRORS,
        openapi_extra={"requestBody": body},
    )
    async def score(study_id: str, request: Request) -> Response:
        """Score one customer, of whom any fields are known, or up to 10,000 of whom all are."""
        order = _order(await _body(request))
        live = await run_in_threadpool(shelf.get, study_id) if study_id not in opened else shelf.get(study_id)
        opened.add(study_id)
        few = "customers" not in order or len(order["customers"]) <= MANY
        ready = few and _is_complete(live, order)
        found = answer(live, order) if ready else await run_in_threadpool(answer, live, order)
        return Response(json.dumps(found, allow_nan=False), media_type="application/json", headers=NO_STORE)

    opened: set[str] = set()  # these are at hand, so that asking for one does not keep others waiting
    return router


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
    if not features:
        raise ScoreError("No feature follows from these fields. Give a feature, or all columns that one is made of.")
    placed = place(live.fit.segmentation, _donors(live), features)
    return {"scores": [_placed(placed if pinned is None else put(placed, pinned), segments, pinned is not None)]}


def _array(value: float) -> npt.NDArray[np.float64]:
    return np.array([value])


def _scorer(live: LiveStudy) -> RecordScorer:
    return live.once_named("scoring: records", lambda: RecordScorer(live.fit.segmentation))


def _donors(live: LiveStudy) -> Donors:
    return live.once("insights: donors", lambda: gather_donors(live.engine, live.sample, live.fit.segmentation))


def _is_complete(live: LiveStudy, order: dict[str, Any]) -> bool:
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
        "fits_none": None,
        "placed_by_hand": by_hand,
        "right": found.right,
        "ask_next": found.ask_next[0] if found.ask_next else None,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    card, fit = entry.card, entry.fit
    return {
        "id": entry.id,
        "name": card.name if card else entry.id,
        "customers": card.customers if card else 0,
        "segments": len(fit.segments) if fit else 0,
        "problem": entry.problem,
    }


def _card(study_id: str, live: LiveStudy) -> dict[str, Any]:
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


def _segment(segment: Segment) -> dict[str, Any]:
    return {part: getattr(segment, part) for part in SegmentCard.model_fields}


async def _body(request: Request) -> Any:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "The body must be JSON: send the header Content-Type: application/json.")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise HTTPException(
                413, f"The body must be at most {MOST_BYTES // 1024**2} MB. Send fewer customers at once."
            )
        parts.append(part)
    try:
        return json.loads(b"".join(parts), parse_constant=_no_number)
    except (ValueError, RecursionError):  # what is no JSON, no UTF-8, or a number of too many digits
        raise HTTPException(400, "The body is not JSON.") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _order(data: Any) -> dict[str, Any]:
    wanted = "The body must be an object with either 'customer', an object of fields, or 'customers', a list of such."
    given: dict[str, Any] = data if isinstance(data, dict) else {}
    if given.keys() not in ({"customer"}, {"customers"}):
        raise HTTPException(422, wanted)
    records = given.get("customers", [given.get("customer")])
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise HTTPException(422, wanted)
    if len(records) > MOST_CUSTOMERS:
        raise HTTPException(413, f"At most {MOST_CUSTOMERS:,} customers are scored at once. Got {len(records):,}.")
    return given


def _guard(key: str) -> Any:
    wanted = f"Bearer {key}".encode()

    async def check(request: Request) -> None:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted):
            raise HTTPException(401, "This server asks for its key: send the header Authorization: Bearer KEY.")

    return check


def _problem(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    code = CODES.get(status, "error")
    return JSONResponse({"error": message, "code": code}, status, {**NO_STORE, **(headers or {})})


async def _refused(_request: Request, error: Exception) -> Response:
    return _problem(404 if isinstance(error, StudyError) else 422, str(error))


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    headers = dict(error.headers or {})
    if error.status_code == 401:
        headers["WWW-Authenticate"] = "Bearer"
    said = error.detail if error.detail not in ("Not Found", "Method Not Allowed") else f"{error.detail}."
    return _problem(error.status_code, str(said), headers)


async def _unreadable(_request: Request, error: Exception) -> Response:
    return _problem(422, "The request cannot be read. See /api/v1/openapi.json for what it must be.")
