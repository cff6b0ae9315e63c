"""What one process of an analyst goes through on a cluster that loses its machines; its report is JSON.

    python -m tests.study.on_cluster ADDRESS MASTER FIRST_WORKER SECOND_WORKER SOURCE FOLDER

In the folder: the studies ``without-worker`` and ``without-master``, ``scored.parquet`` and ``list.csv``.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from segscope.errors import SegscopeError
from segscope.library import load
from segscope.study import Choices, fit_source
from tests.study.lakes import CHOICES
from tests.study.spark_cluster import lose

IN_THE_MIDDLE = "Refining on every customer"  # the clustering's own table is kept by the workers by then


class Losing:
    """Progress of a fit that loses a process in its middle."""

    def __init__(self, process: int) -> None:
        self._process = process
        self.at = 0.0  # the moment of it; 0 before

    def __call__(self, stage: str, done: float) -> None:
        """Be told how far the fit is."""
        if stage == IN_THE_MIDDLE and not self.at:
            self.at = time.monotonic()
            lose(self._process)


def main() -> None:
    """Fit while a worker is lost; fit, score and export without a master; lose all, and ask once more."""
    os.environ["SEGSCOPE_ENGINE"] = sys.argv[1]
    master, first, second = map(Losing, map(int, sys.argv[2:5]))
    source, folder = map(Path, sys.argv[5:])
    study = folder / "without-master"
    fit_source(source, folder / "without-worker", CHOICES, first)
    fit_source(source, study, CHOICES, master)
    scored = load(study).score_file(source, folder / "scored.parquet").rows
    listed = load(study).export(folder / "list.csv")
    kept = _bytes_of(study)
    told = _refused(lambda: fit_source(source, study, Choices(segments=4), second))
    waited = time.monotonic() - second.at
    again = _refused(lambda: load(study).export(folder / "again.csv"))
    found = {"lost": [bool(lost.at) for lost in (first, master, second)], "scored": scored, "listed": listed}
    found |= {"told": told, "waited": waited, "again": again, "unchanged": _bytes_of(study) == kept}
    print(json.dumps(found))


def _refused(work: Callable[[], object]) -> str:
    """What an error says; nothing where there was none."""
    try:
        work()
    except SegscopeError as error:
        return str(error)
    return ""


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


if __name__ == "__main__":
    main()
