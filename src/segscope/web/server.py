"""The server: FastAPI owns health and safety headers, Dash is mounted under it, uvicorn serves both."""

import logging
import socket
import sys
import threading
import webbrowser
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import uvicorn
from a2wsgi import WSGIMiddleware
from fastapi import FastAPI, Request, Response
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from segscope import __version__
from segscope.errors import SourceError
from segscope.web.app import make_app
from segscope.web.studies import Studies

WORKERS = 16
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORTS_TRIED = 50

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    # Dash's renderer and Plotly's WebGL build code at run time; nothing may come from or go to another machine.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; "
        "frame-ancestors 'self'; base-uri 'self'; form-action 'self'"
    ),
}


def make_server(studies: Studies, host: str = "127.0.0.1") -> FastAPI:
    """Build the ASGI application."""
    server = FastAPI(title="segscope", version=__version__, docs_url=None, redoc_url=None)
    dash = make_app(studies)

    @server.get("/health")
    def health() -> dict[str, object]:
        return {"status": "ok", "version": __version__, "studies": len(studies.ids)}

    @server.middleware("http")
    async def safe(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    server.mount("/", WSGIMiddleware(dash.server, workers=WORKERS))  # type: ignore[arg-type]  # a2wsgi's own ASGI types
    server.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    if host in LOOPBACK:
        # A page elsewhere must not reach a local server by pointing its own name at it.
        server.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, "[::1]"])
    return server


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or the next free one."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise SourceError(f"No free port from {wanted} to {wanted + PORTS_TRIED - 1} on {host}. Name another with --port.")


def serve(folders: Sequence[Path], host: str, port: int, browser: bool) -> None:
    """Open studies and serve them until interrupted."""
    if not 1 <= port <= 65535:
        raise SourceError(f"The port must be a number from 1 to 65535. Got {port}.")
    studies = Studies(folders)
    server = make_server(studies, host)
    taken = free_port(host, port)
    if taken != port:
        sys.stdout.write(f"Port {port} is taken, so this is another one.\n")
    shown = f"http://{'[' + host + ']' if ':' in host else host}:{taken}"
    sys.stdout.write(f"segscope is at {shown}   (Ctrl+C ends it)\n")
    sys.stdout.flush()
    if browser and sys.stdout.isatty():
        threading.Timer(1.0, webbrowser.open, [shown]).start()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    uvicorn.run(server, host=host, port=taken, log_level="warning", access_log=False)
