"""The server: FastAPI owns health and files, Dash is mounted under it in worker threads."""

from a2wsgi import WSGIMiddleware
from fastapi import FastAPI
from starlette.types import ASGIApp

from segscope import __version__
from segscope.api import QuickScores, make_api
from segscope.web import batch_routes, cubes, customer_pages, lists, reporting
from segscope.web.app import make_app
from segscope.web.studies import Studies
from segscope.web.uploads import routes

WORKERS = 16


def make_server(studies: Studies) -> ASGIApp:
    """Build the application for a server's studies."""
    server = FastAPI(title="segscope", version=__version__, docs_url=None, redoc_url=None)
    dash = make_app(studies)

    @server.get("/health")
    async def health() -> dict[str, object]:
        # On the loop itself: it answers while every worker thread is busy.
        return {"status": "ok", "version": __version__, "studies": studies.number}

    server.include_router(routes(studies))
    server.include_router(batch_routes.routes(studies))
    server.include_router(cubes.routes(studies))
    server.include_router(lists.routes(studies))
    server.include_router(customer_pages.routes(studies))
    server.include_router(reporting.routes(studies))
    server.mount("/api/v1", make_api(studies, studies.settings.api_key))
    server.mount("/", WSGIMiddleware(dash.server, workers=WORKERS))  # type: ignore[arg-type]  # a2wsgi's own ASGI types
    return QuickScores(server, studies, studies.settings.api_key)
