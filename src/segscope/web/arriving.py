"""Customers on their way: what a page shows before they are there, and how a browser is told to ask again.

Many customers, or those on a cluster, are loaded behind pages that are there already. Whatever needs them answers "not
yet"; assets/working.js asks again until they are there, so that no thread of the server waits.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, State, dcc, html, no_update
from starlette.responses import JSONResponse

from segscope.errors import StillLoadingError
from segscope.study import LiveStudy
from segscope.web.attributes import aria
from segscope.wording import counted

if TYPE_CHECKING:
    from segscope.web.shell import Page
    from segscope.web.studies import Studies

NOT_YET, UNAVAILABLE = 202, 503
HEADERS = {"Retry-After": "1", "Cache-Control": "no-store"}
HERE = "arriving"
PLACES = 15  # of panels


def said(error: StillLoadingError) -> dict[str, Any]:
    """What a browser is told of customers on their way."""
    return {"error": str(error), "loading": error.customers, "seconds": round(error.seconds, 1)}


def not_yet(error: StillLoadingError) -> tuple[dict[str, Any], int, dict[str, str]]:
    """The answer to a page that asks too early."""
    return said(error), NOT_YET, HEADERS


def not_yet_response(error: StillLoadingError) -> JSONResponse:
    """The same for routes beside Dash that a page asks again."""
    return JSONResponse(said(error), NOT_YET, HEADERS)


def unavailable(error: StillLoadingError) -> JSONResponse:
    """The answer to who wants a file too early, and does not ask again by itself."""
    return JSONResponse(said(error), UNAVAILABLE, HEADERS)


def waiting(live: LiveStudy, slug: str) -> html.Div:
    """What stands in the place of the page of this name, which needs the customers."""
    words = (
        "This page is drawn from all of them, and comes by itself as soon as they are there. Segments and Insights "
        "show what the study knows already."
    )
    card = html.Section(
        [
            html.H1(f"Loading {counted(live.fit.customers, 'customer')}", className="card-title"),
            html.P(words, className="muted"),
            html.Div(html.Div(className="arriving-part"), className="progress", **aria(hidden="true")),
        ],
        className="card arriving-card",
        role="status",
    )
    places = html.Div([html.Div(className="skeleton panel") for _ in range(PLACES)], className="panels")
    return html.Div([dcc.Store(id=HERE, data=slug), card, html.Div(places, **aria(hidden="true"))])


def register(app: Dash, studies: "Studies", pages: "Sequence[Page]") -> None:
    """Show the page as soon as the customers are there."""

    @app.callback(
        Output("page", "children", allow_duplicate=True),
        Input(HERE, "data"),
        State("study", "data"),
        prevent_initial_call="initial_duplicate",
    )
    def _arrived(slug: str | None, study: Mapping[str, Any] | None) -> Any:
        page = next((p for p in pages if p.slug == slug), None)
        return page.layout(studies.get(study["id"])) if page and study else no_update
