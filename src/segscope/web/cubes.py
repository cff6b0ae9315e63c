"""What the panels of the Explore page ask beside Dash: cubes of counts while brushing, and values inside "other"."""

import asyncio
import json
from collections.abc import Callable, Mapping
from functools import lru_cache

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from segscope.engine import Stop
from segscope.errors import RecipeError, SegscopeError, StillLoadingError, StudyError
from segscope.exploring import Filters, parse_filters, select
from segscope.exploring.counts import count_one, top_values
from segscope.exploring.cubes import MAX_SHOWN, count_cube
from segscope.study import LiveStudy
from segscope.web.arriving import not_yet_response
from segscope.web.studies import Studies

KEPT_CUBES = 64
LISTENING = 0.02  # seconds between two looks whether the page still waits
LONGEST_SEARCH = 200
UNREADABLE, NOT_FOUND, CHANGED = 400, 404, 409
NO_STORE = {"Cache-Control": "no-store"}


class _ChangedError(StudyError):
    """A page that was drawn for an earlier fit."""


def routes(studies: Studies) -> APIRouter:
    """The routes of the panels, for a server's studies. Their work is done in worker threads."""
    router = APIRouter()

    @router.get("/api/studies/{study_id}/cube")
    async def cube(
        request: Request, study_id: str, fit: str = "", column: str = "", shown: str = "", f: str = "{}"
    ) -> Response:
        """Send the counts of a variable's bins by the bins of others, under all filters but its own.

        Parameters
        ----------
        fit : the fit that the page was drawn for
        column : the variable's place
        shown : places of the others, as 1,4,7; at most 60
        f : filters as the page's address holds them

        The body holds unsigned numbers of 32 bits, lowest byte first: the variable's own counts (its bins, then
        blanks), then for each other variable, in the order asked, a row of counts (its bins, then blanks) for each of
        the variable's slots. Its size depends on the bins alone, never on the number of customers. The engine stops
        counting when the page no longer waits: the pointer has gone on.
        """

        def work(stop: Stop) -> Response:
            live = _drawn(studies, study_id, fit)
            with live.engine.until(stop):
                return _cube(live, column, shown, f)

        return await _while_awaited(request, lambda stop: _answered(lambda: work(stop)))

    @router.get("/api/studies/{study_id}/counts")
    def counts(study_id: str, fit: str = "", column: str = "", f: str = "{}") -> Response:
        """Send a variable's counts, blanks last, under all filters: {"whole": everybody's, "counts": the selected}."""
        return _answered(lambda: _counts(_drawn(studies, study_id, fit), column, f))

    @router.get("/api/studies/{study_id}/values")
    def values(study_id: str, fit: str = "", column: str = "", search: str = "") -> Response:
        """Send values of a category that contain a text, most frequent first: {"values": [[value, customers], ...]}."""
        return _answered(lambda: _values(_drawn(studies, study_id, fit), column, search))

    return router


async def _while_awaited(request: Request, work: Callable[[Stop], Response]) -> Response:
    """Do work in a thread; if whoever asked hangs up, its query is ended."""
    stop = Stop()
    working = asyncio.ensure_future(run_in_threadpool(work, stop))
    while not working.done():
        await asyncio.wait({working}, timeout=LISTENING)
        if not working.done() and await request.is_disconnected():
            stop.tell()
    return await working


def _answered(work: Callable[[], Response]) -> Response:
    try:
        return work()
    except StillLoadingError as error:
        return not_yet_response(error)
    except _ChangedError as error:
        return JSONResponse({"error": str(error)}, CHANGED, NO_STORE)
    except StudyError as error:
        return JSONResponse({"error": str(error)}, NOT_FOUND, NO_STORE)
    except SegscopeError as error:
        return JSONResponse({"error": str(error)}, UNREADABLE, NO_STORE)


def _drawn(studies: Studies, study_id: str, fit: str) -> LiveStudy:
    """A study, if the page that asks was drawn for its current fit."""
    live = studies.get(study_id)
    if fit != live.stamp:
        raise _ChangedError("The study was fitted anew. Load the page again.")
    return live


def _cube(live: LiveStudy, column: str, shown: str, f: str) -> Response:
    place = _place(live, column)
    places = tuple(dict.fromkeys(_place(live, part) for part in shown.split(","))) if shown else ()
    if len(places) > MAX_SHOWN:
        raise RecipeError(f"At most {MAX_SHOWN} variables can be counted at once. Got {len(places)}.")
    filters = _filters(live, f)
    if any(found.column != live.views[place].column for found in filters):
        counted = count_cube(live.engine, live.customers, live.views, place, places, filters).to_bytes()
    else:
        counted = _of_everybody(live)(place, places)
    return Response(counted, media_type="application/octet-stream", headers=NO_STORE)


def _counts(live: LiveStudy, column: str, f: str) -> Response:
    place = _place(live, column)
    selected = select(live.customers, _filters(live, f), live.variables)
    found = [
        live.once(("counts", place), lambda: count_one(live.engine, live.customers, live.views, place)),
        count_one(live.engine, selected, live.views, place),
    ]
    return JSONResponse(dict(zip(("whole", "counts"), found, strict=True)), headers=NO_STORE)


def _of_everybody(live: LiveStudy) -> Callable[[int, tuple[int, ...]], bytes]:
    """Cubes without other filters, of which the latest are kept with the study."""

    def keeper() -> Callable[[int, tuple[int, ...]], bytes]:
        @lru_cache(maxsize=KEPT_CUBES)
        def counted(place: int, places: tuple[int, ...]) -> bytes:
            return count_cube(live.engine, live.customers, live.views, place, places).to_bytes()

        return counted

    return live.once("cubes of everybody", keeper)


def _values(live: LiveStudy, column: str, search: str) -> Response:
    variable = live.views[_place(live, column)]
    if variable.kind != "category":
        raise RecipeError(f"{variable.label} has limits, no values to search.")
    found = top_values(live.engine, live.customers, variable, search[:LONGEST_SEARCH])
    return JSONResponse({"values": found}, headers=NO_STORE)


def _place(live: LiveStudy, text: str) -> int:
    place = int(text) if text.isdecimal() and len(text) < 9 else -1
    if not 0 <= place < len(live.views):
        raise RecipeError(f"A variable's place must be a number from 0 to {len(live.views) - 1}. Got {text!r:.20}.")
    return place


def _filters(live: LiveStudy, text: str) -> Filters:
    try:
        state = json.loads(text, parse_int=float)
    except (ValueError, RecursionError):
        state = None
    if not isinstance(state, Mapping):
        raise RecipeError('The filters must be written as JSON, such as {"age": [30, 39]}.')
    return parse_filters(state, live.variables)
