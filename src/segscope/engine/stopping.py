"""Ending queries that nobody waits for any more."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from segscope.errors import CancelledError

NOBODY_WAITS = "This was ended, since nobody waits for it any more."


class Stop:
    """A wish that queries end, told from another thread than the one that runs them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interrupt: Callable[[], None] | None = None
        self._told = False

    def tell(self) -> None:
        """End the query that runs under this, and let none begin."""
        with self._lock:
            self._told = True
            if self._interrupt:
                self._interrupt()

    @contextmanager
    def over(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Meanwhile, this is how a query is ended."""
        with self._lock:
            if self._told:
                raise CancelledError(NOBODY_WAITS)
            self._interrupt = interrupt
        try:
            yield
        finally:
            with self._lock:
                self._interrupt = None
