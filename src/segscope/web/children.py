"""Child processes for long work: how they start, what they may use, and what is said when they fail."""

import multiprocessing
import os
import signal
import sys
from functools import cache
from multiprocessing.context import BaseContext
from pathlib import Path

from segscope.settings import Settings, size_words

# What the process that children are forked from imports beforehand: a run then starts in milliseconds.
PRELOADED = ["segscope.web.jobs", "ibis.backends.sql.compilers"]
NICENESS = 5  # the page answers first
LOADER_FAILED = 127  # glibc ends a process so when a library finds no memory for its thread-local data


@cache
def context() -> BaseContext:
    """On Linux fork from a small process of our own (this one has threads); elsewhere start afresh."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(PRELOADED)
    return found


def limit(memory_bytes: int) -> None:
    """Bound the memory that this process may fill, and let others go first. Where the system can do so: Linux."""
    if sys.platform == "linux":
        import resource

        # The system counts what could be written to, and libraries reserve much more of that than they ever fill.
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
        reserved = max(0, int(pages[5]) - int(pages[1])) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes + reserved, hard))
        os.nice(NICENESS)


def is_memory(error: BaseException | None) -> bool:
    """Whether an error is for want of memory; the engine's own is known by its name only, for only it may name that."""
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException"


def defect(error: Exception) -> str:
    """What to say of a defect of ours."""
    return f"A defect in segscope stopped the run ({type(error).__name__}). The server's log says more."


def too_much(memory_bytes: int) -> str:
    """What to say when memory did not suffice."""
    return (
        f"The run needs more memory than the {size_words(memory_bytes)} that one run may use. Take fewer customers or "
        "columns; whoever runs this server can raise the limit (SEGSCOPE_RUN_MEMORY)."
    )


def too_long(seconds: int) -> str:
    """What to say when time ran out."""
    return (
        f"The run took longer than {seconds:,} seconds, which is the limit, and was ended. Take fewer customers or "
        "columns; whoever runs this server can raise the limit (SEGSCOPE_RUN_SECONDS)."
    )


def death(code: int | None, settings: Settings) -> str:
    """What to say of a child that ended without a word."""
    if code in (-signal.SIGABRT, LOADER_FAILED):  # how libraries in C++, and the C library, end without memory
        return too_much(settings.run_bytes)
    if code is not None and code < 0:
        return "The run was ended from outside. The machine may have run out of memory."
    return "The run ended without a result. The server's log may say more."
