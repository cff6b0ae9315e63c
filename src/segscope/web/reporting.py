"""The report as a download: the menu in the header, and the route that sends the file."""

from typing import Literal
from urllib.parse import quote

from dash import html
from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from segscope.errors import SegscopeError, StillLoadingError
from segscope.web.arriving import unavailable
from segscope.web.studies import Studies
from segscope.web.uploads import disposition

Ending = Literal["html", "pptx"]
MEDIA = {
    "html": "text/html; charset=utf-8",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
NOT_FOUND = 404


def report_address(study_id: str, ending: Ending) -> str:
    """The address of a study's report.

    >>> report_address("my study", "html")
    '/api/studies/my%20study/report.html'
    """
    return f"/api/studies/{quote(study_id, safe='')}/report.{ending}"


def menu(study_id: str) -> html.Details:
    """The button that opens the two forms of the report."""
    page = html.A(
        [html.Strong("Page"), html.Span("one HTML file: read offline, print on A4")],
        href=report_address(study_id, "html"),
        download="",
    )
    deck = html.A(
        [html.Strong("PowerPoint"), html.Span("a slide a segment, charts to edit")],
        href=report_address(study_id, "pptx"),
        download="",
    )
    opener = html.Summary("Report", className="button primary")
    return html.Details([opener, html.Div([page, deck])], className="report-menu")


def routes(studies: Studies) -> APIRouter:
    """The route of reports, for a server's studies. It runs in worker threads: a plain function."""
    router = APIRouter()

    @router.get("/api/studies/{study_id}/report.{ending}")
    def report(study_id: str, ending: Ending) -> Response:
        """Send a study's report as a file: ``html`` or ``pptx``."""
        from segscope.report import render  # not before somebody wants one: a second of loading

        try:
            live = studies.get(study_id)
            made = render(live, f".{ending}")
        except StillLoadingError as error:
            return unavailable(error)
        except SegscopeError as error:
            return JSONResponse({"error": str(error)}, NOT_FOUND)
        # "identity": what is inside is compressed already, and not for the loop that answers everybody else.
        headers = {"Content-Disposition": disposition(f"{live.card.name} report", f".{ending}")}
        return Response(made, media_type=MEDIA[ending], headers={**headers, "Content-Encoding": "identity"})

    return router
