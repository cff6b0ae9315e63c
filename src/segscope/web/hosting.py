"""The address: listens at once, says how far the work is, and hands over to the application when it is ready.

Light to import, so that the page is there while everything else is still being loaded and fitted.
"""

import errno
import html
import logging
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType

import uvicorn
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segscope.errors import SourceError

Tell = Callable[[str, float], None]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORTS_TRIED = 50
UNFREE = (errno.EADDRINUSE, errno.EACCES)  # somebody else's, or kept for administrators
READING = ("GET", "HEAD", "OPTIONS")
WORKABLE = 0.36  # the share from which the data are read and found fit: only then an address is worth telling

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

START_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>segscope</title><style>
:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:light-dark(#f8f9fa,#111214);
color:light-dark(#1a1b1e,#f1f3f5);font:15px/1.5 Inter,system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
main{width:min(420px,86vw)}h1{font-size:19px;margin:0 0 4px}p{margin:0 0 14px;color:light-dark(#495057,#ced4da)}
div{height:8px;border-radius:4px;background:light-dark(#e9ecef,#2c2e33);overflow:hidden}
i{display:block;height:100%;border-radius:4px;background:#3b5bdb;width:3%}
</style></head><body><main><h1>segscope</h1><p id="stage" role="status">STAGE</p>
<div role="progressbar" aria-label="How far it is" aria-valuemin="0" aria-valuemax="100"><i id="bar"></i></div></main>
<script>
(async function ask() {
  try {
    const said = await (await fetch("/starting", { cache: "no-store" })).json();
    if (said.ready) return location.reload();
    document.getElementById("stage").textContent = said.stage + " \\u2026";
    document.getElementById("bar").style.width = Math.max(3, 100 * said.share) + "%";
    document.querySelector("[role=progressbar]").setAttribute("aria-valuenow", Math.round(100 * said.share));
  } catch (gone) { document.getElementById("stage").textContent = "The server has stopped. Its terminal says why."; }
  setTimeout(ask, 400);
})();
</script></body></html>"""


class Door:
    """One address with two tenants: a page that says how far the work is, then the application."""

    def __init__(self) -> None:
        self.stage = "Starting"
        self.share = 0.0
        self._app: ASGIApp | None = None

    def tell(self, stage: str, share: float) -> None:
        """Say what is being done, and the part that is done, 0 to 1."""
        self.stage, self.share = stage, share

    def open(self, app: ASGIApp) -> None:
        """Let the application answer from now on."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["path"] == "/starting":
            said = {"stage": self.stage, "share": round(self.share, 3), "ready": self._app is not None}
            await JSONResponse(said)(scope, receive, send)
        elif self._app is not None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._start_page(scope["path"])(scope, receive, send)

    def _start_page(self, path: str) -> Response:
        if path == "/health":
            return JSONResponse({"status": "starting", "stage": self.stage}, status_code=503)
        return HTMLResponse(START_PAGE.replace("STAGE", html.escape(self.stage)), headers={"Cache-Control": "no-store"})


class SafeHeaders:
    """Adds the safety headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self._headers]
            await send(message)

        await self._app(scope, receive, with_headers)


class SameOrigin:
    """Refuses what a page of somebody else's makes a browser send here. Programs, which name no origin, pass."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["method"] not in READING and not self._is_own(Headers(scope=scope)):
            said = {"error": "This request came from a page of another site, and was refused."}
            await JSONResponse(said, 403, {"Connection": "close"})(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_own(self, headers: Headers) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = headers.get("origin")
        return origin is None or origin.partition("://")[2] == headers.get("host")


def guarded(app: ASGIApp, host: str) -> ASGIApp:
    """An application with safe headers, compression, and a refusal of other sites and, on loopback, of other names."""
    wrapped: ASGIApp = GZipMiddleware(SafeHeaders(SameOrigin(app)), minimum_size=1000, compresslevel=5)
    if host in LOOPBACK:
        # A page elsewhere must not reach a local server by pointing its own name at it.
        wrapped = TrustedHostMiddleware(wrapped, allowed_hosts=[*LOOPBACK, "[::1]"])
    return wrapped


def listen(host: str, wanted: int) -> list[socket.socket]:
    """Sockets that listen on the wanted port, or on the next free one; nobody else can take it any more.

    Returns
    -------
    One socket, or two where the host has an address of each kind, as ``localhost`` does; all on one port

    Raises
    ------
    SourceError : when no port near the wanted one is free, or the host is not this machine
    """
    families = _families(host)
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with ExitStack() as opened:
            try:
                sockets = [opened.enter_context(socket.create_server((host, port), family=f)) for f in families]
            except OSError as error:
                if error.errno in UNFREE:
                    continue
                raise _not_here(host, error) from None
            opened.pop_all()
            return sockets
    raise SourceError(f"No free port from {wanted} to {wanted + PORTS_TRIED - 1} on {host}. Name another with --port.")


def _families(host: str) -> list[socket.AddressFamily]:
    """The kinds of address that a host has: IPv4, IPv6 or both."""
    if ":" in host:
        return [socket.AF_INET6]
    try:
        # AI_ADDRCONFIG: a machine without IPv6 may still have an IPv6 address in its list of hosts.
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except OSError as error:
        raise _not_here(host, error) from None
    return list(dict.fromkeys(family for family, *_ in found))


def _not_here(host: str, error: OSError) -> SourceError:
    return SourceError(f"Cannot listen on {host}: {error.strerror}. Name an address of this machine with --host.")


def host_application(prepare: Callable[[Tell], ASGIApp], host: str, port: int, browser: bool, path: str = "") -> None:
    """Listen, prepare the application while the page shows how far it is, then serve it until interrupted.

    Parameters
    ----------
    prepare : makes the application; what it raises ends the server and is raised here
    path : the page whose address is told and opened
    """
    if not 1 <= port <= 65535:
        raise SourceError(f"The port must be a number from 1 to 65535. Got {port}.")
    sockets = listen(host, port)
    taken = sockets[0].getsockname()[1]
    door = Door()
    server = uvicorn.Server(uvicorn.Config(guarded(door, host), log_level="warning", access_log=False, lifespan="off"))
    listener = threading.Thread(target=server.run, args=(sockets,), daemon=True)
    announce = _announcer(host, port, taken, browser, path)

    def tell(stage: str, share: float) -> None:
        door.tell(stage, share)
        if share >= WORKABLE:
            announce()

    _end_on_terminate()
    listener.start()
    try:
        door.open(prepare(tell))
        announce()
        while listener.is_alive():
            listener.join(0.5)
    except KeyboardInterrupt:
        sys.stdout.write("\n")
    finally:
        server.should_exit = True
        listener.join(3)


def _announcer(host: str, wanted: int, taken: int, browser: bool, path: str) -> Callable[[], None]:
    """Tells the address, once."""
    told = threading.Event()

    def announce() -> None:
        if told.is_set():
            return
        told.set()
        shown = f"http://{'[' + host + ']' if ':' in host else host}:{taken}{path}"
        if taken != wanted:
            sys.stdout.write(f"Port {wanted} is taken, so this is another one.\n")
        sys.stdout.write(f"segscope is at {shown}   (Ctrl+C ends it)\n")
        sys.stdout.flush()
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        if browser and sys.stdout.isatty():
            threading.Timer(0.2, webbrowser.open, [shown]).start()

    return announce


def _end_on_terminate() -> None:
    """Let a terminated server clean up as an interrupted one does."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)
