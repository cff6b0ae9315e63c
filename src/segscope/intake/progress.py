"""Progress of a reading: what is being done, in words, and how much of it is done."""

import io
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Progress = Callable[[str, float], None]
"""Told a stage in words and the share of the whole that is done, from 0 to 1."""

TICK_SECONDS = 0.5
BUFFER_BYTES = 2**20


def untold(stage: str, share: float) -> None:
    """The progress that nobody wants to hear."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """Progress within a part of the whole.

    >>> part(lambda stage, share: print(stage, share), 0.5, 1.0)("Typing columns", 0.5)
    Typing columns 0.75
    """
    return lambda stage, share: progress(stage, start + (end - start) * share)


@contextmanager
def passing(progress: Progress, stage: str, seconds: float) -> Iterator[None]:
    """Tell of one piece of work that cannot be asked how far it is, and takes about ``seconds``.

    Told from a thread beside; what ``progress`` raises there is raised here when the work is over.
    """
    over, failures, began = threading.Event(), list[Exception](), time.monotonic()

    def tell() -> None:
        while not over.wait(TICK_SECONDS):
            # The share approaches 1 and never reaches it, however wrong the estimate is.
            try:
                progress(stage, -math.expm1(-(time.monotonic() - began) / max(seconds, TICK_SECONDS)))
            except Exception as failure:
                failures.append(failure)
                return

    progress(stage, 0.0)
    beside = threading.Thread(target=tell, daemon=True)
    beside.start()
    try:
        yield
    finally:
        over.set()
        beside.join()
    if failures:
        raise failures[0]
    progress(stage, 1.0)


class WatchedFile(io.FileIO):
    """A file that tells the share of its bytes that have been read, once for each buffer."""

    def __init__(self, path: Path, progress: Progress, stage: str) -> None:
        super().__init__(path)
        self._bytes = max(path.stat().st_size, 1)
        self._progress, self._stage = progress, stage

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read the next bytes."""
        count = super().readinto(buffer) or 0
        self._progress(self._stage, min(1.0, self.tell() / self._bytes))
        return count


def open_watched(path: Path, progress: Progress, stage: str, newline: str | None = None) -> io.TextIOWrapper:
    """Open a text in UTF-8, perhaps with a mark at its start, to be read from start to end."""
    buffered = io.BufferedReader(WatchedFile(path, progress, stage), BUFFER_BYTES)
    return io.TextIOWrapper(buffered, encoding="utf-8-sig", errors="replace", newline=newline)
