"""Lists of customers sent as files: a selection, an audience or a segment, streamed while it is read."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response, StreamingResponse

from segscope.errors import RecipeError, SegscopeError, StillLoadingError, StudyError
from segscope.exploring import parse_filters
from segscope.exporting import check_size, encoded
from segscope.study.browsing import View
from segscope.study.lists import CustomerList, customer_list, list_columns, unusual_list, wanted_filters
from segscope.web.arriving import unavailable
from segscope.web.studies import Studies
from segscope.web.uploads import disposition

Format = Literal["csv", "tsv", "parquet", "xlsx"]
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
UNREADABLE, NOT_FOUND = 400, 404
LONGEST_FILTER = 50_000


def list_address(study_id: str, **wanted: Any) -> str:
    """The address of a list of customers; what is wanted as :func:`routes` takes it.

    >>> list_address("shop", format="csv", columns=["age", "R&D"])
    '/api/studies/shop/customers?format=csv&columns=age&columns=R%26D'
    """
    return f"/api/studies/{quote(study_id)}/customers?{urlencode(wanted, doseq=True)}"


def unusual_address(study_id: str) -> str:
    """The address of the list of unusual customers."""
    return f"/api/studies/{quote(study_id)}/unusual"


def routes(studies: Studies) -> APIRouter:
    """The route of lists, for a server's studies. It runs in worker threads: a plain function."""
    router = APIRouter()

    @router.get("/api/studies/{study_id}/customers")
    def customers(
        study_id: str,
        format: Format = "csv",
        f: Annotated[str, Query(max_length=LONGEST_FILTER)] = "{}",
        segment: str | None = None,
        audience: str | None = None,
        columns: Annotated[list[str] | None, Query()] = None,
        personal: bool = False,
        reason: bool = False,
        find: str = "",
        view: View = "all",
    ) -> Response:
        """Send customers as a file.

        Parameters
        ----------
        f : filters as the page's address holds them; with a segment and an audience, all of them must hold
        columns : which columns follow identifier and segment; one empty name for none, left out for all
        personal : whether all columns include personal and sensitive ones
        reason : whether to say why each customer is in its segment
        find : how the identifier begins
        view : all of them in the order of the source, or the most typical or most borderline first
        """
        try:
            live = studies.get(study_id)
        except SegscopeError as error:
            return JSONResponse({"error": str(error)}, NOT_FOUND)
        try:
            filters = (*parse_filters(filter_state(f), live.variables), *wanted_filters(live, segment, audience))
            named = list_columns(live, personal) if columns is None else [c for c in columns if c]
            found = customer_list(live, filters, named, reason, find, view)
            blocks = _blocks(found, format)
            first = next(blocks, b"")
        except StillLoadingError as error:
            return unavailable(error)
        except StudyError as error:
            return JSONResponse({"error": str(error)}, NOT_FOUND)
        except SegscopeError as error:
            return JSONResponse({"error": str(error)}, UNREADABLE)
        which = "" if view == "all" else f"most {view}"
        name = " ".join(part for part in (live.card.name, audience, segment, which, "customers") if part)
        # "identity": megabytes are not compressed on the loop that answers everybody else.
        headers = {"Content-Disposition": disposition(name, f".{format}"), "Content-Encoding": "identity"}
        return StreamingResponse(chain([first], blocks), media_type=MEDIA[format], headers=headers)

    @router.get("/api/studies/{study_id}/unusual")
    def unusual(study_id: str, format: Format = "csv") -> Response:
        """Send the unusual customers as a file, the farthest first, with how far they are out and why."""
        try:
            live = studies.get(study_id)
            found = unusual_list(live)
        except StillLoadingError as error:
            return unavailable(error)
        except SegscopeError as error:
            return JSONResponse({"error": str(error)}, NOT_FOUND)
        blocks = encoded(found.batches(), found.schema, f".{format}")
        headers = {
            "Content-Disposition": disposition(f"{live.card.name} unusual customers", f".{format}"),
            "Content-Encoding": "identity",
        }
        return StreamingResponse(blocks, media_type=MEDIA[format], headers=headers)

    return router


def filter_state(text: str) -> dict[str, Any]:
    """Filters as an address holds them."""
    try:
        state = json.loads(text)
    except (ValueError, RecursionError):
        state = None
    if not isinstance(state, dict):
        raise RecipeError('The filters must be a JSON object such as {"age": [30, 40]}.')
    return state


def _blocks(found: CustomerList, ending: Format) -> Iterator[bytes]:
    """The file, block by block; what Excel cannot hold is refused before the first."""
    check_size(f".{ending}", found.count, len(found.names))
    return encoded(found.batches(), found.schema, f".{ending}")
