"""Watching over a standalone cluster: a query must not wait for ever for workers that are gone."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

LOOK_SECONDS = 1.0
REACH_SECONDS = 2.0
WITHOUT_MASTER_SECONDS = 5.0
"""So long a query waits when no worker is left and no master answers that could find another."""
WITHOUT_WORKER_SECONDS = 120.0
"""So long it waits when no worker is left, or has come yet, and the master answers."""


class Watch:
    """Ends the connection to a cluster that has nobody left to work, so that queries fail in place of waiting.

    Spark goes on without its master while a worker is left, and this does not disturb it.

    Parameters
    ----------
    context : of Spark, in this process
    place : spark://host:port
    """

    def __init__(self, context: Any, place: str) -> None:
        self._context = context
        self._place = place
        self._queries = 0
        self._lock = threading.Lock()
        self._watcher: threading.Thread | None = None

    @contextmanager
    def over(self) -> Iterator[None]:
        """Meanwhile a query runs that somebody waits for."""
        with self._lock:
            self._queries += 1
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._look, name="segscope-watch", daemon=True)
                self._watcher.start()
        try:
            yield
        finally:
            with self._lock:
                self._queries -= 1

    @property
    def is_open(self) -> bool:
        """Whether the connection stands, as far as this process knows."""
        return is_open(self._context)

    def _look(self) -> None:
        alone_since: float | None = None
        while self._is_wanted():
            time.sleep(LOOK_SECONDS)
            if not is_open(self._context):
                continue
            now = time.monotonic()
            alone_since = None if has_workers(self._context) else alone_since or now
            if alone_since is None:
                continue
            patience = WITHOUT_WORKER_SECONDS if answers(self._place) else WITHOUT_MASTER_SECONDS
            if now - alone_since > patience:
                self._context.stop()

    def _is_wanted(self) -> bool:
        with self._lock:
            if not self._queries:
                self._watcher = None
            return self._queries > 0


def is_open(context: Any) -> bool:
    """Whether the connection stands, as far as this process knows."""
    return context._jsc is not None and not context._jsc.sc().isStopped()


def has_workers(context: Any) -> bool:
    """Whether anybody but this process holds data or runs tasks."""
    return int(context._jsc.sc().getExecutorMemoryStatus().size()) > 1


def answers(place: str) -> bool:
    """Whether a program listens at an address.

    >>> answers("spark://127.0.0.1:1")
    False
    """
    parts = urlsplit(place)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 7077), REACH_SECONDS).close()
    except OSError:
        return False
    return True
