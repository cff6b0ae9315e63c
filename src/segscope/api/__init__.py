"""The HTTP interface for programs, version 1: studies, their segments, and the score of customers.

    GET  /api/v1/studies                    what there is
    GET  /api/v1/studies/{id}               one study: its features and the fields that a customer is told by
    GET  /api/v1/studies/{id}/segments      its segments
    POST /api/v1/studies/{id}/score         one customer, or up to 10,000
    GET  /api/v1/openapi.json               all of it, with examples

Every error has one shape: {"error": a sentence, "code": a word}. A body must be application/json: a page of another
site cannot make a browser send that. Where a key is set, every request but that for openapi.json carries it.
"""

from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from segscope import __version__
from segscope.api.answers import Shelf, answer, card_of, entry_of, segment_of
from segscope.api.asking import MOST_BYTES, MOST_CUSTOMERS, NO_STORE, check_key, problem, refusal
from segscope.api.scores import QuickScores, ScoreDesk, refused
from segscope.api.shapes import ERRORS, EXAMPLES, ORDER, Problem, ScoreList, SegmentList, StudyCard, StudyList
from segscope.errors import SegscopeError


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
    desk = ScoreDesk(shelf)
    router = APIRouter(responses={401: {"model": Problem}})

    @router.get("/studies", response_model=StudyList)
    def studies() -> Any:
        """All studies of this server."""
        return {"studies": [entry_of(entry) for entry in shelf.listed()]}

    @router.get("/studies/{study_id}", response_model=StudyCard, responses={404: {"model": Problem}})
    def study(study_id: str) -> Any:
        """One study: what its segments were made of, and the fields that a customer can be told by."""
        return card_of(study_id, shelf.get(study_id))

    @router.get("/studies/{study_id}/segments", response_model=SegmentList, responses={404: {"model": Problem}})
    def segments(study_id: str) -> Any:
        """The segments of a study, from most to least valuable."""
        return {"segments": [segment_of(s) for s in shelf.get(study_id).fit.segments]}

    body = {"required": True, "content": {"application/json": {"schema": ORDER, "examples": EXAMPLES}}}

    @router.post(
        "/studies/{study_id}/score",
        response_model=ScoreList,
        responses=ERRORS,
        openapi_extra={"requestBody": body},
    )
    async def score(study_id: str, request: Request) -> Response:
        """Score one customer, of whom any fields are known, or up to 10,000 of whom all are."""
        found = await desk.answer(study_id, request.headers.get("content-type", ""), request.stream())
        return Response(found, media_type="application/json", headers=NO_STORE)

    return router


def _guard(key: str) -> Any:
    async def check(request: Request) -> None:
        check_key(key, request.headers.get("authorization"))

    return check


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SegscopeError)  # noqa: S101
    return refused(error)


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    return refusal(error)


async def _unreadable(_request: Request, error: Exception) -> Response:
    return problem(422, "The request cannot be read. See /api/v1/openapi.json for what it must be.")


__all__ = ["MOST_BYTES", "MOST_CUSTOMERS", "QuickScores", "Shelf", "answer", "make_api"]
