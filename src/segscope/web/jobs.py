"""Long work: a study fitted anew in a child process, with progress and cancel. One run a study at a time.

The child writes the study as its last step, so whatever becomes of it, the segmentation that was there stays until a
better one is whole. Runs belong to the server, not to a page: they go on when the page is left or loaded again.
"""

import json
import multiprocessing
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Literal

from segscope.errors import SegscopeError, StudyError
from segscope.recipe import Recipe
from segscope.study import read_card, refit

Status = Literal["running", "done", "failed", "cancelled"]

# What the process that children are forked from imports beforehand: a run then starts in milliseconds.
PRELOADED = ["segscope.web.jobs", "ibis.backends.sql.compilers"]
SECONDS_TO_END = 3.0
RECIPES_KEPT = 20


@dataclass(frozen=True)
class Job:
    """A run as it stands.

    Attributes
    ----------
    number : counts the runs of a server, from 1
    stage, share : what it does now, and the part done, 0 to 1
    message : why it failed
    started, seconds : when (of a monotonic clock), and how long it took or has taken so far
    """

    number: int
    study_id: str
    recipe: Recipe
    started: float
    status: Status = "running"
    stage: str = "Starting"
    share: float = 0.0
    message: str = ""
    ended: float | None = None

    @property
    def seconds(self) -> float:
        """How long it took, or has taken so far."""
        return (self.ended or time.monotonic()) - self.started


@dataclass
class _Run:
    job: Job
    folder: Path
    process: BaseProcess
    before: Recipe
    fit_before: str
    stopped: bool = False
    finished: bool = False


class Jobs:
    """The runs of a server, the latest of each study. Safe to use from many threads.

    Parameters
    ----------
    opened : called with a study's id once a run has written it, to open the new segmentation
    """

    def __init__(self, opened: Callable[[str], object]) -> None:
        self._opened = opened
        self._lock = threading.Lock()
        self._runs: dict[str, _Run] = {}
        self._earlier: dict[str, list[Recipe]] = {}
        self._count = 0

    def warm(self) -> None:
        """Make the first run start as fast as later ones. Returns at once."""
        context = _context()
        if context.get_start_method() == "forkserver":
            from multiprocessing.forkserver import ensure_running

            ensure_running()

    def latest(self, study_id: str) -> Job | None:
        """The latest run of a study, whatever became of it."""
        with self._lock:
            run = self._runs.get(study_id)
            return run.job if run else None

    def earlier(self, study_id: str) -> Recipe | None:
        """The recipe before the current one, to go back to; None where there was none since the server started."""
        with self._lock:
            recipes = self._earlier.get(study_id)
            return recipes[-1] if recipes else None

    def start(self, study_id: str, folder: Path, current: Recipe, wanted: Recipe) -> Job:
        """Start a run. Who asks for what is running already joins it.

        Parameters
        ----------
        current, wanted : the recipe as it is, and the one to fit

        Raises
        ------
        StudyError : when another recipe is being fitted
        """
        with self._lock:
            going = self._runs.get(study_id)
            if going and going.job.status == "running":
                if going.job.recipe == wanted:
                    return going.job
                raise StudyError("Another run of this study is going on. Wait for it, or cancel it first.")
            self._count += 1
            job = Job(self._count, study_id, wanted, time.monotonic())
            process, line = _launch(folder, wanted)
            run = _Run(job, folder, process, current, read_card(folder).fit)
            self._runs[study_id] = run
        threading.Thread(target=self._follow, args=(run, line), daemon=True).start()
        return job

    def cancel(self, study_id: str) -> None:
        """Stop the run of a study; the segmentation that was there stays."""
        with self._lock:
            run = self._runs.get(study_id)
            if run is None or run.job.status != "running" or run.finished:
                return
            run.stopped = True
            run.job = replace(run.job, stage="Stopping")
        run.process.terminate()

    def _follow(self, run: _Run, line: Connection) -> None:
        failure = ""
        with line, suppress(EOFError, OSError):
            while True:
                said = json.loads(line.recv_bytes())
                failure = said.get("failed", failure)
                with self._lock:
                    run.finished = run.finished or "done" in said
                    if "stage" in said and not run.stopped:
                        run.job = replace(run.job, stage=said["stage"], share=said["share"])
        run.process.join(SECONDS_TO_END)
        if run.process.is_alive():
            run.process.kill()
            run.process.join()
        self._settle(run, failure)

    def _settle(self, run: _Run, failure: str) -> None:
        """Say what became of a run whose process has ended, and open what it wrote."""
        status: Status = "cancelled" if run.stopped else "failed"
        message = "" if run.stopped else failure or _death(run.process.exitcode)
        try:
            # Cancelled a moment too late, or killed after its last step: what is written counts.
            if run.finished or read_card(run.folder).fit != run.fit_before:
                with self._lock:
                    run.job = replace(run.job, stage="Opening the result", share=0.98)
                self._opened(run.job.study_id)
                status, message = "done", ""
        except SegscopeError as error:
            status, message = "failed", str(error)
        with self._lock:
            if status == "done":
                self._remember(run)
            run.job = replace(run.job, status=status, message=message, ended=time.monotonic())

    def _remember(self, run: _Run) -> None:
        recipes = self._earlier.setdefault(run.job.study_id, [])
        if recipes and recipes[-1] == run.job.recipe:
            recipes.pop()
        elif run.before != run.job.recipe:
            recipes.append(run.before)
            del recipes[:-RECIPES_KEPT]


@cache
def _context() -> BaseContext:
    """On Linux fork from a small process of our own (this one has threads); elsewhere start afresh."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _launch(folder: Path, recipe: Recipe) -> tuple[BaseProcess, Connection]:
    context = _context()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(str(folder), recipe.to_json(), theirs), daemon=True)  # type: ignore[attr-defined]  # BaseContext does not declare it
    process.start()
    theirs.close()
    return process, ours


def work(folder: str, recipe: str, line: Connection) -> None:
    """Fit a study, telling stages and the end over a pipe as JSON. Runs in the child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C ends the server, which ends its children

    def tell(**said: object) -> None:
        with suppress(BrokenPipeError):
            line.send_bytes(json.dumps(said).encode())

    try:
        refit(Path(folder), Recipe.from_json(recipe), lambda stage, share: tell(stage=stage, share=round(share, 3)))
        tell(done=True)
    except SegscopeError as error:
        tell(failed=str(error))
    except MemoryError:
        tell(failed="The run needs more memory than this machine has free.")
    except Exception as error:
        tell(failed=f"A defect in segscope stopped the run ({type(error).__name__}). The server's log says more.")
        raise


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        return "The run was ended from outside. The machine may have run out of memory."
    return "The run ended without a result. The server's log may say more."
