"""Long work: a study fitted or made in a child process, with progress, cancel and limits.

The runs of one study come one after the other, in the order in which they were asked for. The child writes the study as
its last step, so whatever becomes of it, the segmentation that was there stays until a better one is whole. Runs belong
to the server, not to a page: they go on when the page is left or loaded again.
"""

import json
import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Literal

from segscope import samples
from segscope.errors import SegscopeError, StudyError
from segscope.settings import Settings
from segscope.study import Order, carry_out, is_study, read_card
from segscope.study.archive import holds_study, unpack
from segscope.web.children import context, death, defect, is_memory, limit, too_long, too_much

Status = Literal["running", "done", "failed", "cancelled"]

SECONDS_TO_END = 3.0
SECONDS_BETWEEN_LOOKS = 0.1
STEPS_BACK = 20
MOST_WAITING = 5
SAMPLE_SHARE = 0.05


@dataclass(frozen=True)
class Job:
    """A run as it stands.

    Attributes
    ----------
    number : counts the runs of a server, from 1
    order : what it was asked to do
    sample : synthetic customers to write to the order's source first; 0 for none
    stage, share : what it does now, and the part done, 0 to 1
    message : why it failed
    started, ended : when, of a monotonic clock
    """

    number: int
    study_id: str
    order: Order
    started: float
    sample: int = 0
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
    after: "_Run | None" = None
    solution_before: str = ""
    written_before: tuple[str, str] | None = None
    process: BaseProcess | None = None
    stopped: bool = False
    finished: bool = False
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def folder(self) -> Path:
        return Path(self.job.order.folder)


class Jobs:
    """The runs of a server: of each study those that are not over yet, and the last that is. Safe for many threads.

    Parameters
    ----------
    opened : called with a study's id once a run has written it, to open the new segmentation
    settings : how many run at once, and what one may use
    ended : called with every run that has ended, whatever became of it
    """

    def __init__(
        self,
        opened: Callable[[str], object],
        settings: Settings | None = None,
        ended: Callable[[Job], object] = lambda _: None,
    ) -> None:
        self._opened = opened
        self._ended = ended
        self._settings = settings or Settings()
        self._places = threading.Semaphore(self._settings.runs)
        self._lock = threading.Lock()
        self._runs: dict[str, list[_Run]] = {}
        self._earlier: dict[str, list[str]] = {}
        self._count = 0

    def warm(self) -> None:
        """Make the first run start as fast as later ones. Returns at once."""
        context_ = context()
        if context_.get_start_method() == "forkserver":
            from multiprocessing.forkserver import ensure_running

            ensure_running()

    def latest(self, study_id: str) -> Job | None:
        """The run of a study that goes on, else the last one, whatever became of it."""
        with self._lock:
            runs = self._runs.get(study_id, [])
            return next((r.job for r in runs if r.job.status == "running"), runs[-1].job if runs else None)

    def waiting(self, study_id: str) -> tuple[Job, ...]:
        """The runs of a study that wait for the one that goes on."""
        with self._lock:
            return tuple(r.job for r in self._runs.get(study_id, []) if r.job.status == "running")[1:]

    def running(self, study_id: str) -> bool:
        """Whether a run of a study is going on."""
        job = self.latest(study_id)
        return job is not None and job.status == "running"

    def earlier(self, study_id: str) -> str | None:
        """Id of the solution before the last run; None where there was none since the server started."""
        with self._lock:
            ids = self._earlier.get(study_id)
            return ids[-1] if ids else None

    def start(self, study_id: str, order: Order, sample: int = 0) -> Job:
        """Start a run, after those of this study that go on. Who asks for what is asked for already joins it.

        Evidence that is being completed gives way: its run is stopped.

        Parameters
        ----------
        order : what to do
        sample : synthetic customers to write to the order's source first

        Raises
        ------
        StudyError : when too many runs of this study wait
        """
        with self._lock:
            going = [r for r in self._runs.get(study_id, []) if r.job.status == "running"]
            for run in going:
                if run.job.order == order and not run.stopped:
                    return run.job
            if len(going) > MOST_WAITING:
                raise StudyError(f"{MOST_WAITING} runs of this study wait already. Let them end, or cancel some.")
            giving_way = [r for r in going if r.job.order.complete]
            self._count += 1
            job = Job(self._count, study_id, order, time.monotonic(), sample)
            run = _Run(job, going[-1] if going else None)
            self._runs[study_id] = [*(going or self._runs.get(study_id, [])[-1:]), run]
        for other in giving_way:
            self._stop(other)
        threading.Thread(target=self._carry, args=(run,), daemon=True).start()
        return job

    def cancel(self, study_id: str) -> None:
        """Stop the run of a study that goes on; the segmentation that was there stays."""
        with self._lock:
            going = [r for r in self._runs.get(study_id, []) if r.job.status == "running"]
        if going:
            self._stop(going[0])

    def give_way(self, study_id: str) -> None:
        """Stop the completing of evidence, and wait until it has ended: its study is about to be changed by hand."""
        with self._lock:
            going = [r for r in self._runs.get(study_id, []) if r.job.status == "running" and r.job.order.complete]
        for run in going:
            self._stop(run)
            run.over.wait(2 * SECONDS_TO_END)

    def _stop(self, run: _Run) -> None:
        with self._lock:
            if run.job.status != "running" or run.finished:
                return
            run.stopped = True
            run.job = replace(run.job, stage="Stopping")
            process = run.process
        if process:
            process.terminate()

    def forget(self, study_id: str) -> None:
        """Forget what ran of a study that is no more."""
        with self._lock:
            self._runs.pop(study_id, None)
            self._earlier.pop(study_id, None)

    def close(self) -> None:
        """Stop every run, and wait until they have ended."""
        with self._lock:
            going = [run for runs in self._runs.values() for run in runs if run.job.status == "running"]
        for run in reversed(going):
            self._stop(run)
        for run in going:
            run.over.wait(2 * SECONDS_TO_END)

    def _carry(self, run: _Run) -> None:
        """Wait for a place, let a child do the run, and say what became of it."""
        failure = ""
        if self._enter(run):
            try:
                failure = self._follow(run)
            except OSError as error:
                failure = f"The run could not be started: {error.strerror or error}."
            finally:
                self._places.release()
        self._settle(run, failure)
        try:
            self._ended(run.job)
        finally:
            run.over.set()

    def _enter(self, run: _Run) -> bool:
        """Take a place among the runs; False when the run was cancelled before there was one."""
        while run.after and not run.after.over.wait(SECONDS_BETWEEN_LOOKS):
            with self._lock:
                if run.stopped:
                    return False
                run.job = replace(run.job, stage="Waiting for the run before it to end")
        run.after = None
        while not self._places.acquire(timeout=SECONDS_BETWEEN_LOOKS):
            with self._lock:
                if run.stopped:
                    return False
                run.job = replace(run.job, stage="Waiting for another run to end")
        return True

    def _follow(self, run: _Run) -> str:
        """Start the child and listen to it until it ends. Returns why it failed, if it says so."""
        run.written_before, run.solution_before = _written(run.folder), _solution(run.folder)
        process, line = _launch(run.job, self._settings)
        with self._lock:
            run.process, stopped, failure = process, run.stopped, ""
        if stopped:
            process.terminate()
        until = time.monotonic() + self._settings.run_seconds
        with line, suppress(EOFError, OSError):
            while line.poll(max(0.0, until - time.monotonic())):
                said = json.loads(line.recv_bytes())
                failure = said.get("failed", failure)
                with self._lock:
                    run.finished = run.finished or "done" in said
                    if "stage" in said and not run.stopped:
                        run.job = replace(run.job, stage=said["stage"], share=said["share"])
            failure = too_long(self._settings.run_seconds)
            process.terminate()
        process.join(SECONDS_TO_END)
        if process.is_alive():
            process.kill()
            process.join()
        return failure or death(process.exitcode, self._settings)

    def _settle(self, run: _Run, failure: str) -> None:
        """Say what became of a run whose process has ended, and open what it wrote."""
        status: Status = "cancelled" if run.stopped else "failed"
        message = "" if run.stopped else failure
        try:
            # Cancelled a moment too late, or killed after its last step: what is written counts.
            if run.finished or (run.process and _written(run.folder) != run.written_before):
                with self._lock:
                    run.job = replace(run.job, stage="Opening the result", share=0.98)
                self._opened(run.job.study_id)
                status, message = "done", ""
        except SegscopeError as error:
            status, message = "failed", str(error)
        except Exception as error:
            logging.getLogger(__name__).exception("The result of a run cannot be opened")
            status, message = "failed", defect(error)
        with self._lock:
            if status == "done":
                self._remember(run)
            run.job = replace(run.job, status=status, message=message, ended=time.monotonic())

    def _remember(self, run: _Run) -> None:
        """Keep the way back: the solution that was current before."""
        ids, now = self._earlier.setdefault(run.job.study_id, []), _solution(run.folder)
        if ids and ids[-1] == now:
            ids.pop()
        elif run.solution_before and run.solution_before != now:
            ids.append(run.solution_before)
            del ids[:-STEPS_BACK]


def _launch(job: Job, settings: Settings) -> tuple[BaseProcess, Connection]:
    context_ = context()
    ours, theirs = context_.Pipe(duplex=False)
    told = (job.order.to_json(), job.sample, settings.run_bytes, settings.unpack_limit, theirs)
    process = context_.Process(target=work, args=told, daemon=True)  # type: ignore[attr-defined]  # BaseContext does not declare it
    process.start()
    theirs.close()
    return process, ours


def work(order: str, sample: int, memory_bytes: int, unpack_bytes: int, line: Connection) -> None:
    """Carry out an order, telling stages and the end over a pipe as JSON. Runs in the child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C ends the server, which ends its children
    limit(memory_bytes)
    wanted = Order.from_json(order)

    def tell(**said: object) -> None:
        with suppress(BrokenPipeError):
            line.send_bytes(json.dumps(said).encode())

    try:
        _do(wanted, sample, unpack_bytes, lambda stage, share: tell(stage=stage, share=round(share, 3)))
        tell(done=True)
    except Exception as error:
        if is_memory(error) or is_memory(error.__cause__):
            tell(failed=too_much(memory_bytes))
        elif isinstance(error, SegscopeError):
            tell(failed=_named(str(error), wanted))
        else:
            tell(failed=defect(error))
            raise


def _do(order: Order, sample: int, unpack_bytes: int, progress: Callable[[str, float], None]) -> None:
    source = Path(order.source)
    if order.source and "://" not in order.source and holds_study(source):
        progress("Checking the study", 0.1)
        unpack(source, Path(order.folder), unpack_bytes, order.shown)
        return
    if sample:
        progress("Making sample customers", 0.0)
        samples.write(source, sample)
        carry_out(order, lambda stage, share: progress(stage, SAMPLE_SHARE + (1 - SAMPLE_SHARE) * share))
        return
    carry_out(order, progress)


def _named(message: str, order: Order) -> str:
    """A message with the name that people know in place of the upload's."""
    return message.replace(Path(order.source).name, order.shown) if order.source and order.shown else message


def _written(folder: Path) -> tuple[str, str] | None:
    """What a study's card says is current; None where there is no study that can be read."""
    try:
        card = read_card(folder) if is_study(folder) else None
    except SegscopeError:
        return None
    return (card.data, card.fit) if card else None


def _solution(folder: Path) -> str:
    """The id of a study's current solution; "" where there is none."""
    try:
        card = read_card(folder) if is_study(folder) else None
    except SegscopeError:
        return ""
    return card.current.id if card and card.current else ""
