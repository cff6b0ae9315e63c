"""Ending queries of Spark from another thread than the one that waits for them.

A task of Spark looks between two batches of rows whether it is still wanted.
"""

import threading
import uuid
from contextlib import suppress
from typing import Any, Protocol

AGAIN_SECONDS = 0.2


class Ending(Protocol):
    """The queries that a thread runs from ``begin`` to ``leave``, which any thread can end."""

    def begin(self) -> None:
        """From now on this thread's queries are meant."""

    def end(self) -> None:
        """End the one that runs, and all that follow."""

    def leave(self) -> None:
        """This thread's further queries are not meant."""


def ending(session: Any, connect: bool) -> Ending:
    """The way to end queries of a session, in this process or behind Spark Connect."""
    return TaggedQueries(session) if connect else GroupOfJobs(session.sparkContext)


class TaggedQueries:
    """Queries behind Spark Connect, where a server knows them by a tag."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._tag = uuid.uuid4().hex
        self._left = threading.Event()
        self._ender: threading.Thread | None = None

    def begin(self) -> None:
        """From now on this thread's queries are meant."""
        self._session.addTag(self._tag)

    def end(self) -> None:
        """End the one that runs, and all that follow."""
        if self._ender is None:
            self._ender = threading.Thread(target=self._interrupt, name="segscope-ending", daemon=True)
            self._ender.start()

    def leave(self) -> None:
        """This thread's further queries are not meant."""
        self._left.set()
        self._session.removeTag(self._tag)

    def _interrupt(self) -> None:
        # A query that the server has not heard of yet is not ended by being told once.
        from pyspark.errors import PySparkException

        with suppress(PySparkException):  # a server that is lost: the query says so
            while not self._left.is_set():
                self._session.interruptTag(self._tag)
                self._left.wait(AGAIN_SECONDS)


class GroupOfJobs:
    """Queries of a driver in this process.

    A session's tags would not do here: only the thread that gave one can end by it. Of a group, those jobs are ended
    too that a query is still planning.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self._group = uuid.uuid4().hex

    def begin(self) -> None:
        """From now on this thread's queries are meant."""
        self._context.setJobGroup(self._group, "somebody waits for it", interruptOnCancel=True)

    def end(self) -> None:
        """End the one that runs, and all that follow."""
        self._context._jsc.sc().cancelJobGroupAndFutureJobs(self._group)

    def leave(self) -> None:
        """This thread's further queries are not meant."""
        for name in ("spark.jobGroup.id", "spark.job.description", "spark.job.interruptOnCancel"):
            self._context.setLocalProperty(name, None)
