"""Pieces of work side by side on the machine's cores; each has its own seed, so that the result is the same on any."""

import os
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from segscope.clustering.threads import one_thread

Work = TypeVar("Work")
Result = TypeVar("Result")
MOST_WORKERS = 2
"""Threads take turns at Python's own steps: more of them hardly help."""


class _GivenUpError(Exception):
    """Ends a piece of work whose result nobody takes."""


def in_turn(
    pieces: Sequence[Work], work: Callable[[Work, Callable[[], None]], Result], cores: int | None = None
) -> Generator[Result]:
    """The results of pieces of work in their order, as they are there; two are done at a time.

    Parameters
    ----------
    work : takes a piece, and a function to call now and then, which ends the work when the results are no longer taken
    cores : how many the machine has; None asks it

    A list that is no longer read is closed, as ``contextlib.closing`` does, so that the work ends too.

    >>> list(in_turn([1, 2, 3], lambda piece, _step: piece * 10))
    [10, 20, 30]
    """
    stopped = threading.Event()

    def step() -> None:
        if stopped.is_set():
            raise _GivenUpError

    workers = min(MOST_WORKERS, cores or os.cpu_count() or 1, len(pieces))
    if workers < 2:
        for piece in pieces:
            yield work(piece, step)
        return
    # Held here too: what two threads hold and let go in turns must be the same before, between and after.
    with one_thread(), _pool(workers, stopped) as pool:
        # The last ones take longest, and are begun first.
        futures = {i: pool.submit(work, pieces[i], step) for i in reversed(range(len(pieces)))}
        for i in range(len(pieces)):
            yield futures[i].result()


@contextmanager
def _pool(workers: int, stopped: threading.Event) -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)
