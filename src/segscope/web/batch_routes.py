"""The routes of files that are scored: sent, removed, fetched."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Body, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response, StreamingResponse

from segscope.errors import SegscopeError
from segscope.web.addresses import file_name
from segscope.web.lists import MEDIA, Format
from segscope.web.studies import Studies
from segscope.web.uploads import RefusedError, disposition, receive

UNREADABLE, NOT_FOUND = 400, 404
MOST_COLUMNS = 1000


def batch_address(study_id: str) -> str:
    """Where a file to be scored is sent.

    >>> batch_address("my-study")
    '/api/studies/my-study/batch'
    """
    return f"/api/studies/{quote(study_id, safe='')}/batch"


def scored_address(token: str, ending: str) -> str:
    """Where a scored file is fetched.

    >>> scored_address("abc", "xlsx")
    '/api/batches/abc/scored?format=xlsx'
    """
    return f"/api/batches/{token}/scored?format={ending}"


def routes(studies: Studies) -> APIRouter:
    """The routes of files that are scored."""
    router = APIRouter()

    @router.post("/api/studies/{study_id}/batch")
    async def send(study_id: str, request: Request, name: str = "") -> Response:
        """Take the body of a request as a file, and start to score it."""
        shown = file_name(name)
        try:
            await run_in_threadpool(studies.folder, study_id)
            place = await receive(request, shown, studies)
            batch = await run_in_threadpool(studies.batches.start, study_id, place, shown)
        except RefusedError as error:
            return JSONResponse({"error": str(error)}, error.status, {"Connection": "close"})
        except SegscopeError as error:
            return JSONResponse({"error": str(error)}, NOT_FOUND, {"Connection": "close"})
        except ClientDisconnect:
            return Response(status_code=UNREADABLE)  # nobody is there to read it
        return JSONResponse({"token": batch.token, "study": study_id}, 202)

    @router.post("/api/batches/{token}/columns")
    def columns(token: str, chosen: Annotated[dict[str, str], Body(max_length=MOST_COLUMNS)]) -> Response:
        """Score a file that lacks columns with others in their place: its own, by the study's names."""
        try:
            studies.batches.again(token, chosen)
        except SegscopeError as error:
            return JSONResponse({"error": str(error)}, UNREADABLE)
        return Response(status_code=202)

    @router.delete("/api/batches/{token}")
    def remove(token: str) -> Response:
        """Stop, and remove everything."""
        studies.batches.remove(token)
        return Response(status_code=204)

    @router.get("/api/batches/{token}/scored")
    def scored(token: str, format: Format = "csv") -> Response:
        """Send a scored file."""
        batch = studies.batches.get(token)
        try:
            blocks = studies.batches.blocks(token, format)
        except SegscopeError as error:
            return JSONResponse({"error": str(error)}, NOT_FOUND if batch is None else UNREADABLE)
        name = disposition(f"{Path(batch.shown).stem if batch else ''} scored", f".{format}")
        headers = {"Content-Disposition": name, "Content-Encoding": "identity"}
        return StreamingResponse(blocks, media_type=MEDIA[format], headers=headers)

    return router
