"""What comes in and goes out as files: an upload streamed to disk and made a study, a study sent as a zip."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response, StreamingResponse

from segscope.errors import SegscopeError, SourceError
from segscope.settings import MIB, size_words
from segscope.study import read_card
from segscope.study.archive import pack
from segscope.web.addresses import file_name, slug
from segscope.web.studies import Studies
from segscope.wording import clean_name

UPLOADS = "/api/uploads"
BLOCK_BYTES = MIB
DISK_RESERVE_BYTES = 256 * MIB  # for what the study is made of, and for everybody else
SILENCE_SECONDS = 120.0
TOO_LARGE, DISK_FULL, UNREADABLE, NOT_FOUND = 413, 507, 400, 404


class RefusedError(SourceError):
    """An upload that is not taken, with the status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def archive_address(study_id: str) -> str:
    """The address of a study's zip.

    >>> archive_address("my-study")
    '/api/studies/my-study/archive'
    """
    return f"/api/studies/{quote(study_id)}/archive"


def routes(studies: Studies) -> APIRouter:
    """The routes of files, for a server's studies."""
    router = APIRouter()

    @router.api_route(UPLOADS, methods=["POST", "PUT"])
    async def upload(request: Request, name: str = "") -> Response:
        """Take the body of a request as a file, and start to make a study of it."""
        shown = file_name(name)
        try:
            place = await receive(request, shown, studies)
        except RefusedError as error:
            # The rest of the body is not waited for.
            return JSONResponse({"error": str(error)}, error.status, {"Connection": "close"})
        except ClientDisconnect:
            return Response(status_code=UNREADABLE)  # nobody is there to read it
        job = await run_in_threadpool(studies.make, str(place), shown, True)
        return JSONResponse({"study": job.study_id, "run": job.number}, 202)

    @router.get("/api/studies/{study_id}/archive")
    def archive(study_id: str) -> Response:
        """Send a study as a zip."""
        try:
            folder = studies.folder(study_id)
            name = read_card(folder).name
            blocks = pack(folder)
            first = next(blocks)
        except SegscopeError as error:
            return JSONResponse({"error": str(error)}, NOT_FOUND)
        # "identity": Parquet is compressed already, and not for the server to compress again.
        headers = {"Content-Disposition": disposition(name, ".zip"), "Content-Encoding": "identity"}
        return StreamingResponse(chain([first], blocks), media_type="application/zip", headers=headers)

    return router


def disposition(name: str, ending: str) -> str:
    """A header that names a download: plain ASCII for old readers, and the name itself (RFC 6266, RFC 5987).

    >>> disposition("Köln", ".zip")
    'attachment; filename="k-ln.zip"; filename*=UTF-8\\'\\'K%C3%B6ln.zip'
    """
    readable = quote(clean_name(name.replace("/", "-").replace("\\", "-"), "study") + ending, safe="")
    return f"attachment; filename=\"{slug(name)}{ending}\"; filename*=UTF-8''{readable}"


async def receive(request: Request, shown: str, studies: Studies) -> Path:
    """Write the body of a request to a file of its own; whatever goes wrong, nothing of it stays."""
    limit = studies.settings.upload_limit
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise _too_large(shown, limit)
    place = await run_in_threadpool(studies.home.place_for, shown)
    _check_disk(place, int(length) if length.isdecimal() else 0)
    try:
        # Opening and writing block, so they are done beside the loop that answers everybody else.
        with await run_in_threadpool(place.open, "xb") as file:
            size = await _copy(request.stream(), file, place, shown, limit)
        if not size:
            raise RefusedError(UNREADABLE, f"{shown} is empty. Choose a file with customers in it.")
    except BaseException as error:
        place.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise RefusedError(DISK_FULL, f"{shown} cannot be stored: {error.strerror or 'the disk fails'}.") from None
        raise
    return place


async def _copy(stream: AsyncIterator[bytes], file: BinaryIO, place: Path, shown: str, limit: int) -> int:
    size, block = 0, bytearray()
    while True:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                piece = await anext(stream, None)
        except TimeoutError:
            raise RefusedError(408, f"Nothing more of {shown} came for {SILENCE_SECONDS:.0f} seconds.") from None
        size += len(piece or b"")
        if size > limit:
            raise _too_large(shown, limit)
        block += piece or b""
        if len(block) >= BLOCK_BYTES or (piece is None and block):
            _check_disk(place, len(block))
            await run_in_threadpool(file.write, bytes(block))
            block.clear()
        if piece is None:
            return size


def _check_disk(place: Path, wanted: int) -> None:
    free = shutil.disk_usage(place.parent).free - DISK_RESERVE_BYTES
    if wanted > free:
        left = size_words(max(0, free))
        raise RefusedError(DISK_FULL, f"The server has room for {left} more on its disk, and this needs more.")


def _too_large(shown: str, limit: int) -> RefusedError:
    return RefusedError(
        TOO_LARGE,
        f"{shown} is larger than {size_words(limit)}, the largest upload here. Keep fewer columns, compress it with "
        "gzip, or save it as Parquet; whoever runs this server can raise the limit (SEGSCOPE_UPLOAD_LIMIT).",
    )
