"""Servers for the browser tests: real ones, each in a process of its own, on studies that are fitted once a session."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SECONDS_TO_START = 90.0  # four on an idle machine


@dataclass(frozen=True)
class Site:
    """A running server and where its studies are.

    Attributes
    ----------
    pid : the server's process
    ids : the ids of studies that are not what the tests call them
    """

    url: str
    pid: int = 0
    ids: Mapping[str, str] = field(default_factory=dict)

    def page(self, study: str, tab: str) -> str:
        """Address of a tab of a study ("sample" or "real")."""
        return f"{self.url}/s/{self.ids.get(study, study)}/{tab}"


def start_server(
    folders: list[Path], completes: bool = False, settings: Mapping[str, str] | None = None
) -> tuple[subprocess.Popen[str], str]:
    """A server on studies.

    Parameters
    ----------
    completes : whether it completes their evidence by itself, which takes the machine's time
    settings : further environment variables
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "segscope", "serve", *map(str, folders), "--port", str(port)]
    own = {**os.environ, "SEGSCOPE_COMPLETE_EVIDENCE": "yes" if completes else "no", **(settings or {})}
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, text=True, env=own)
    url, until = f"http://127.0.0.1:{port}", time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            if answer.status == 200:
                return server, url
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with code {server.returncode}")
        time.sleep(0.1)
    server.kill()
    raise RuntimeError(f"the server did not answer in {SECONDS_TO_START:.0f} seconds")


@contextmanager
def started(folders: list[Path], completes: bool = False, settings: Mapping[str, str] | None = None) -> Iterator[Site]:
    """A server on studies, which ends afterwards."""
    server, url = start_server(folders, completes, settings)
    try:
        yield Site(url, server.pid)
    finally:
        server.terminate()
        server.wait(30)


@contextmanager
def lent(bench: Site, home: Path, study: Path, place: Path) -> Iterator[Site]:
    """A copy of a study that a server in use takes in by its home, and forgets afterwards; its runs end with it.

    Parameters
    ----------
    home : the server's
    place : where the copy is made
    """
    shutil.copytree(study, place)
    known = home / f"{place.name}-{time.monotonic_ns():x}"
    known.symlink_to(place, target_is_directory=True)
    try:
        yield Site(bench.url, bench.pid, {"sample": known.name})
    finally:
        known.unlink()
        end_runs(bench)


def fitted_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that ``make`` fills. Of the workers of a session, the first to need it makes it, and the others wait."""
    own = factory.getbasetemp()
    root = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    place, making = root / f"once-{name}", root / f"once-{name}.making"
    while not place.exists():
        try:
            making.mkdir()
        except FileExistsError:
            time.sleep(0.1)
            continue
        try:
            if not place.exists():
                make(making)
                making.rename(place)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return place


# ------------------------------------------------------------------------------------------------ runs of a server


def children(pid: int) -> list[int]:
    """The processes that a process started, where the system tells them: Linux."""
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(child) for child in file.read_text(encoding="ascii").split()]
    return found


def origins_of_runs(site: Site) -> list[int]:
    """The processes that a server's runs are forked from: one, once a page that can start a run was shown."""
    found = []
    for pid in children(site.pid):
        with suppress(OSError):
            if b"multiprocessing.forkserver" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


@contextmanager
def runs_held(site: Site) -> Iterator[None]:
    """No run of a server gets on meanwhile, so that it can be looked at: what runs are forked from is stopped."""
    until = time.monotonic() + SECONDS_TO_START
    while sys.platform == "linux" and not origins_of_runs(site):
        assert time.monotonic() < until, "the server has not got ready for runs"
        time.sleep(0.05)
    held = origins_of_runs(site)
    for pid in held:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in held:
            os.kill(pid, signal.SIGCONT)


def end_runs(site: Site) -> None:
    """End what a test left running."""
    for origin in origins_of_runs(site):
        for pid in children(origin):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
