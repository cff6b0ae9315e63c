"""Pages of the grid of customers, as JSON: what it asks beside Dash while somebody scrolls, sorts and searches."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from segscope.comparing import brief
from segscope.errors import RecipeError, SegscopeError, StillLoadingError, StudyError
from segscope.exploring import parse_filters
from segscope.exploring.paging import Order
from segscope.intake import ROW
from segscope.recipe import Concept, DerivedColumn, Recipe, Role
from segscope.segmentation import SECOND, SECOND_STRENGTH, SEGMENT, STRENGTH
from segscope.study import LiveStudy
from segscope.study.browsing import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    Browsed,
    View,
    Wanted,
    browse,
    some_identifiers,
)
from segscope.study.lists import wanted_filters
from segscope.web import whose
from segscope.web.arriving import not_yet_response
from segscope.web.lists import LONGEST_FILTER, filter_state
from segscope.web.studies import Studies
from segscope.wording import counted, full, listed, percent

UNREADABLE, NOT_FOUND = 400, 404
OLDER = "The study was fitted anew. Load the page again."
NO_STORE = {"Cache-Control": "no-store"}
OWN = {"segment": SEGMENT, "strength": STRENGTH, "second": SECOND, "second_strength": SECOND_STRENGTH}
FURTHEST = 2**53


def field_name(recipe: Recipe, column: str) -> str:
    """The name of a column in the grid: its place, since names from data may hold anything.

    >>> field_name(Recipe(columns=(), derived=(DerivedColumn("age", "Age", "1", ""),)), "age")
    'c0'
    """
    return f"c{recipe.names.index(column)}"


def routes(studies: Studies) -> APIRouter:
    """The route of pages, for a server's studies. It runs in worker threads: a plain function."""
    router = APIRouter()

    @router.get("/api/studies/{study_id}/browse")
    def customers(
        study_id: str,
        fit: str = "",
        of: str = "",
        f: Annotated[str, Query(max_length=LONGEST_FILTER)] = "{}",
        find: str = "",
        view: View = "all",
        columns: Annotated[list[str] | None, Query(max_length=MOST_COLUMNS)] = None,
        order: str = "",
        down: bool = False,
        start: Annotated[int, Query(ge=0, le=FURTHEST)] = 0,
        count: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
    ) -> Response:
        """Send a page of customers.

        Parameters
        ----------
        fit : the fit that the page was drawn for; "" for any
        of : "segment:" or "audience:" and a name; everybody without it
        f : filters as the page's address holds them
        find : how the identifier begins
        view : all of them, the most typical, or the most borderline
        columns : columns to add, each as c and its place among the study's columns
        order, down : by which of these columns, or segment, strength, second, second_strength; from the largest down
        """
        try:
            live = studies.get(study_id)
            if fit and fit != live.stamp:
                # No error: whoever changes a segment while its customers are on their way is about to see a new page.
                return JSONResponse({"older": OLDER}, headers=NO_STORE)
            filters = (*parse_filters(filter_state(f), live.variables), *filters_of(live, of))
            shown = [column_of(live.recipe, c) for c in columns or ()]
            by = OWN.get(order) or (column_of(live.recipe, order) if order else ROW)
            wanted = Wanted(filters, find, view, Order(by, down))
            found = browse(live, wanted, shown, start, count)
        except StillLoadingError as error:
            return not_yet_response(error)
        except StudyError as error:
            return JSONResponse({"error": str(error)}, NOT_FOUND, NO_STORE)
        except SegscopeError as error:
            return JSONResponse({"error": str(error)}, UNREADABLE, NO_STORE)
        said = {
            "total": found.total,
            "title": title(live, wanted, of, found.total),
            "empty": empty(live, wanted, found),
        }
        return JSONResponse({**said, "rows": grid_rows(live, found, shown)}, headers=NO_STORE)

    return router


def filters_of(live: LiveStudy, of: str) -> tuple[Any, ...]:
    """The filters of a choice of customers: "segment:s1", "audience:Young", or "" for everybody."""
    if of.startswith(whose.SEGMENT):
        return wanted_filters(live, segment=of.removeprefix(whose.SEGMENT))
    return wanted_filters(live, audience=of.removeprefix(whose.AUDIENCE)) if of.startswith(whose.AUDIENCE) else ()


def column_of(recipe: Recipe, field: str) -> str:
    """The column of a field of the grid (see :func:`field_name`)."""
    place = field.removeprefix("c")
    if not (place.isascii() and place.isdigit() and len(place) < 9 and int(place) < len(recipe.names)):
        raise RecipeError(f"There is no column {field!r:.40}. Columns are c0 to c{len(recipe.names) - 1}.")
    return recipe.names[int(place)]


# ------------------------------------------------------------------------------------------------ cells


def grid_rows(live: LiveStudy, found: Browsed, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Customers as the grid shows them: cells are texts, segments are places."""
    fields = {c: field_name(live.recipe, c) for c in columns}
    return [
        {
            "row": str(c[ROW]),
            "segment": c[SEGMENT],
            "second": c[SECOND],
            "strength": round(c[STRENGTH], 4),
            "second_strength": round(c[SECOND_STRENGTH] or 0.0, 4),
            **{name: cell_text(live.recipe, column, c[column]) for column, name in fields.items()},
        }
        for c in found.customers
    ]


def cell_text(recipe: Recipe, column: str, value: Any) -> str:
    """A value as a person reads it, in original units; empty for a blank."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    role = recipe.column(column)
    if not isinstance(role, DerivedColumn) and role.role is Role.FLAG and value in (0, 1):
        return "yes" if value else "no"
    counts = isinstance(role, DerivedColumn) or (role.role is Role.MEASURE and role.concept is not Concept.BIRTH)
    if counts and isinstance(value, (int, float)) and not isinstance(value, bool):
        return percent(value) if role.unit == "share" else full(float(value))
    return str(value)[:LONGEST_CELL]


# ------------------------------------------------------------------------------------------------ words


def title(live: LiveStudy, wanted: Wanted, of: str, total: int) -> str:
    """How many customers, and of whom."""
    if of.startswith(whose.SEGMENT):
        names: Mapping[str, str] = {s.id: s.name for s in live.fit.segments}
        whom = f" of {brief(names.get(of.removeprefix(whose.SEGMENT), of.removeprefix(whose.SEGMENT)))}"
    else:
        whom = f" of the audience {brief(of.removeprefix(whose.AUDIENCE))}" if of else ""
    if wanted.view != "all":
        most = "most typical" if wanted.view == "typical" else "most borderline"
        return f"The {total} {most} customers{whom}"
    return f"{counted(total, 'customer')}{whom}"


def empty(live: LiveStudy, wanted: Wanted, found: Browsed) -> str:
    """Why there is nobody, and what to do; empty where there is somebody."""
    if found.total:
        return ""
    alike = some_identifiers(live)
    if wanted.search and not live.recipe.identifier:
        return "No column of this study names its customers, so that none can be searched for."
    if wanted.search:
        elsewhere = " here" if wanted.filters else ""
        return f"No customer{elsewhere} has an id that begins with this. Ids look like {listed(alike, 'or')}."
    return "No customer meets the conditions. Choose another segment, or remove a filter."
