"""Files that are scored in the page: taken, scored in a child process, and fetched; nothing is kept afterwards."""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from segscope.errors import StudyError
from segscope.exporting import check_size, encoded
from segscope.settings import Settings
from segscope.web.batch_work import score_upload
from segscope.web.children import context, death, too_long
from segscope.wording import listed

Status = Literal["running", "asking", "done", "failed"]
MOST_AT_ONCE = 20
KEPT_SECONDS = 3600.0
SECONDS_TO_END = 3.0


@dataclass(frozen=True)
class Batch:
    """A file as its scoring stands.

    Attributes
    ----------
    status : "asking" when columns are missing: the file is kept until somebody says which they are
    stage, share : what is done now, and the part done, 0 to 1
    message : why it failed, or what is asked
    missing, there : columns that the study needs and the file lacks, and those of the file that may stand for them
    chosen : for each of the study's columns the file's that stands for it
    result : rows, the columns that counted, and the drift (see segscope.scoring.Drift), once it is done
    """

    token: str
    study_id: str
    shown: str
    status: Status = "running"
    stage: str = "Waiting"
    share: float = 0.0
    message: str = ""
    missing: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Kept:
    batch: Batch
    source: Path
    target: Path
    since: float
    process: BaseProcess | None = None
    result: dict[str, Any] = field(default_factory=dict)
    removed: bool = False


class Batches:
    """The files that a server scores, by a token that nobody can guess. Safe for many threads.

    Parameters
    ----------
    folder : of a study, by its id; raises a StudyError where there is none
    settings : how many run at once, and what one may use
    """

    def __init__(self, folder: Callable[[str], Path], settings: Settings) -> None:
        self._folder = folder
        self._settings = settings
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._places = threading.Semaphore(settings.runs)

    def get(self, token: str) -> Batch | None:
        """A file, while it is kept."""
        self._sweep()
        with self._lock:
            found = self._kept.get(token)
            return found.batch if found else None

    def start(self, study_id: str, source: Path, shown: str) -> Batch:
        """Score a file, which is ours from now on.

        Raises
        ------
        StudyError : when too many are kept
        """
        self._sweep()
        self._folder(study_id)
        token = secrets.token_hex(16)
        kept = _Kept(Batch(token, study_id, shown), source, source.with_name(f"{token}.parquet"), time.monotonic())
        with self._lock:
            if len(self._kept) >= MOST_AT_ONCE:
                raise StudyError(f"{MOST_AT_ONCE} scored files are kept here already. Remove one, or wait.")
            self._kept[token] = kept
        self._begin(kept)
        return kept.batch

    def _begin(self, kept: _Kept) -> None:
        folder = self._folder(kept.batch.study_id)
        threading.Thread(target=self._carry, args=(kept, folder), daemon=True).start()

    def again(self, token: str, chosen: Mapping[str, str]) -> Batch:
        """Score a file that lacks columns with others in their place.

        Parameters
        ----------
        chosen : for each missing column the file's that stands for it

        Raises
        ------
        StudyError : when it does not ask for columns, or one is to stand for two
        """
        twice = next((c for c in chosen.values() if list(chosen.values()).count(c) > 1), None)
        if twice is not None:
            names = listed([f"“{name}”" for name, column in chosen.items() if column == twice])
            raise StudyError(f"The column “{twice:.80}” is chosen for {names}. Choose one for each.")
        with self._lock:
            kept = self._kept.get(token)
            if kept is None or kept.batch.status != "asking":
                raise StudyError("This file is no longer here. Score the file again.")
            if not set(chosen) <= set(kept.batch.missing):
                raise StudyError("Choose columns for those that are missing only.")
            kept.batch = replace(kept.batch, status="running", stage="Waiting", share=0.0, chosen=dict(chosen))
        self._begin(kept)
        return kept.batch

    def remove(self, token: str) -> None:
        """Stop the scoring of a file, and remove it and what came of it."""
        with self._lock:
            kept = self._kept.pop(token, None)
            if kept is None:
                return
            kept.removed = True
            process = kept.process
        if process and process.is_alive():
            process.terminate()
        else:
            _unlink(kept)

    def close(self) -> None:
        """Stop all, and remove all."""
        with self._lock:
            tokens = list(self._kept)
        for token in tokens:
            self.remove(token)

    def blocks(self, token: str, ending: str) -> Iterator[bytes]:
        """A scored file in a format, block by block.

        Raises
        ------
        SegscopeError : when it is no longer there, or the format cannot hold it
        """
        with self._lock:
            kept = self._kept.get(token)
        if kept is None or kept.batch.status != "done":
            raise StudyError("This scored file is no longer here. Score the file again.")
        file = pq.ParquetFile(kept.target)
        schema = file.schema_arrow
        check_size(f".{ending}", file.metadata.num_rows, len(schema))
        return encoded(file.iter_batches(), schema, f".{ending}")

    def _sweep(self) -> None:
        old = time.monotonic() - KEPT_SECONDS
        with self._lock:
            gone = [t for t, k in self._kept.items() if k.since < old and k.batch.status != "running"]
        for token in gone:
            self.remove(token)

    def _carry(self, kept: _Kept, folder: Path) -> None:
        with self._places:
            failure = "" if kept.removed else self._follow(kept, folder)
        asking = bool(kept.batch.missing) and not kept.removed and not kept.result
        if not asking:
            kept.source.unlink(missing_ok=True)
            if not kept.result or kept.removed:
                _unlink(kept)
        with self._lock:
            kept.since = time.monotonic()
            if kept.result:
                kept.batch = replace(kept.batch, status="done", share=1.0, result=kept.result)
            else:
                kept.batch = replace(kept.batch, status="asking" if asking else "failed", message=failure)

    def _follow(self, kept: _Kept, folder: Path) -> str:
        """Start the child and listen to it until it ends. Returns why it failed."""
        settings, failure = self._settings, ""
        ours, theirs = context().Pipe(duplex=False)
        paths = str(folder), str(kept.source), kept.batch.shown, str(kept.target)
        renames = {column: name for name, column in kept.batch.chosen.items()}
        process = context().Process(  # type: ignore[attr-defined]  # BaseContext does not declare it
            target=score_upload, args=(*paths, renames, settings.run_bytes, theirs), daemon=True
        )
        process.start()
        theirs.close()
        with self._lock:
            kept.process = process
        if kept.removed:
            process.terminate()
        until = time.monotonic() + settings.run_seconds
        with ours, suppress(EOFError, OSError):
            while ours.poll(max(0.0, until - time.monotonic())):
                failure = self._hear(kept, json.loads(ours.recv_bytes())) or failure
            failure = too_long(settings.run_seconds)
            process.terminate()
        process.join(SECONDS_TO_END)
        if process.is_alive():
            process.kill()
            process.join()
        return failure or death(process.exitcode, settings)

    def _hear(self, kept: _Kept, said: dict[str, Any]) -> str:
        with self._lock:
            if "stage" in said:
                kept.batch = replace(kept.batch, stage=said["stage"], share=said["share"])
            if "missing" in said and not kept.batch.missing:  # what was asked first is asked until it is answered
                kept.batch = replace(kept.batch, missing=tuple(said["missing"]), there=tuple(said["there"]))
            kept.result = said.get("done", kept.result)
        return str(said.get("failed", ""))


def _unlink(kept: _Kept) -> None:
    kept.source.unlink(missing_ok=True)
    kept.target.unlink(missing_ok=True)
    for partial in kept.target.parent.glob(f".{kept.target.name}.*.partial"):
        partial.unlink(missing_ok=True)
