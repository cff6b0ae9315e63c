"""The server: FastAPI owns health, Dash is mounted under it in worker threads."""

from a2wsgi import WSGIMiddleware
from fastapi import FastAPI

from segscope import __version__
from segscope.web.app import make_app
from segscope.web.studies import Studies

WORKERS = 16


def make_server(studies: Studies) -> FastAPI:
    """Build the application for a set of open studies."""
    server = FastAPI(title="segscope", version=__version__, docs_url=None, redoc_url=None)
    dash = make_app(studies)

    @server.get("/health")
    def health() -> dict[str, object]:
        return {"status": "ok", "version": __version__, "studies": len(studies.ids)}

    server.mount("/", WSGIMiddleware(dash.server, workers=WORKERS))  # type: ignore[arg-type]  # a2wsgi's own ASGI types
    return server
