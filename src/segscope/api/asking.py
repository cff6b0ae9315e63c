"""Requests as they come: who asks, what the body says, and the one shape of everything that is refused."""

import hmac
import json
from collections.abc import AsyncIterator
from typing import Any, NoReturn

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

MOST_CUSTOMERS = 10_000
MOST_BYTES = 16 * 1024**2
NO_STORE = {"Cache-Control": "no-store"}
CODES = {
    400: "unreadable",
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "media_type",
    422: "not_possible",
}


def check_key(key: str | None, authorization: str | None) -> None:
    """Raise unless no key is asked for, or this is it: "Bearer KEY"."""
    if key is not None and not hmac.compare_digest((authorization or "").encode(), f"Bearer {key}".encode()):
        raise HTTPException(401, "This server asks for its key: send the header Authorization: Bearer KEY.")


async def read_body(content_type: str, parts: AsyncIterator[bytes]) -> Any:
    """The JSON of a body.

    Raises
    ------
    HTTPException : for another kind of body, one that is too large, and what is no JSON
    """
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "The body must be JSON: send the header Content-Type: application/json.")
    body = bytearray()
    async for part in parts:
        body += part
        if len(body) > MOST_BYTES:
            most = f"The body must be at most {MOST_BYTES // 1024**2} MB. Send fewer customers at once."
            raise HTTPException(413, most)
    try:
        return json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):  # what is no JSON, no UTF-8, or a number of too many digits
        raise HTTPException(400, "The body is not JSON.") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def read_order(data: Any) -> dict[str, Any]:
    """Whether a body is one customer or several; raise where it is neither, or more than are scored at once."""
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


def problem(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """What is refused, in its one shape."""
    code = CODES.get(status, "error")
    return JSONResponse({"error": message, "code": code}, status, {**NO_STORE, **(headers or {})})


def refusal(error: HTTPException) -> Response:
    """An error of HTTP, in the same shape."""
    headers = dict(error.headers or {})
    if error.status_code == 401:
        headers["WWW-Authenticate"] = "Bearer"
    said = error.detail if error.detail not in ("Not Found", "Method Not Allowed") else f"{error.detail}."
    return problem(error.status_code, str(said), headers)
