"""Scores, as fast as they can be had: the way from the bytes of a request to those of its answer.

A single score costs less than the frameworks around it, so the server asks :class:`QuickScores` before anything else;
the same way stands behind the route that describes it.
"""

import json
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from segscope.api.answers import Shelf, answer, is_complete
from segscope.api.asking import check_key, problem, read_body, read_order, refusal
from segscope.errors import SegscopeError, StillLoadingError, StudyError

MANY = 50
"""So many customers are scored where the server listens; more would keep others waiting, and go to a thread."""
BEFORE, AFTER = "/api/v1/studies/", "/score"


class ScoreDesk:
    """Answers orders for scores."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._opened: set[str] = set()  # these are at hand, so that asking for one does not keep others waiting

    async def answer(self, study_id: str, content_type: str, parts: AsyncIterator[bytes]) -> bytes:
        """The answer to an order, as JSON.

        Raises
        ------
        HTTPException, SegscopeError : for a body that is no order, and one that cannot be scored
        """
        order = read_order(await read_body(content_type, parts))
        shelf = self._shelf
        live = shelf.get(study_id) if study_id in self._opened else await run_in_threadpool(shelf.get, study_id)
        self._opened.add(study_id)
        few = "customers" not in order or len(order["customers"]) <= MANY
        ready = few and is_complete(live, order)
        found = answer(live, order) if ready else await run_in_threadpool(answer, live, order)
        return json.dumps(found, allow_nan=False).encode()


class QuickScores:
    """Answers what asks for scores itself, and hands everything else on."""

    def __init__(self, app: ASGIApp, shelf: Shelf, key: str | None) -> None:
        self._app = app
        self._desk = ScoreDesk(shelf)
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        study_id = _asked(scope)
        if study_id is None:
            await self._app(scope, receive, send)
            return
        try:
            headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
            check_key(self._key, headers.get(b"authorization"))
            body = await self._desk.answer(study_id, headers.get(b"content-type", ""), _parts(receive))
        except ClientDisconnect:
            return  # nobody is there to read an answer
        except HTTPException as error:
            await refusal(error)(scope, receive, send)
        except SegscopeError as error:
            await refused(error)(scope, receive, send)
        else:
            said = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
            said.append((b"content-length", str(len(body)).encode()))
            await send({"type": "http.response.start", "status": 200, "headers": said})
            await send({"type": "http.response.body", "body": body})


def refused(error: SegscopeError) -> Response:
    """What a user has caused: a study that is not there, an order that cannot be scored."""
    if isinstance(error, StillLoadingError):
        return problem(503, str(error))
    return problem(404 if isinstance(error, StudyError) else 422, str(error))


def _asked(scope: Scope) -> str | None:
    """Of which study scores are asked for; None where something else is."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    path: str = scope["path"]
    if not (path.startswith(BEFORE) and path.endswith(AFTER)):
        return None
    study_id = path[len(BEFORE) : -len(AFTER)]
    return study_id if study_id and "/" not in study_id else None


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        yield message.get("body", b"")
        more = message.get("more_body", False)
