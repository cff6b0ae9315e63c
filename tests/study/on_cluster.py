"""What one process of an analyst goes through on a cluster that loses its machines; its report is JSON.

    python -m tests.study.on_cluster ADDRESS MASTER FIRST_WORKER SECOND_WORKER SOURCE STUDY

Beside the study: ``scored.parquet`` and ``list.csv``.
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


def main() -> None:
    """Fit while a worker is lost, score, export, and fit again while all is lost."""
    os.environ["SEGSCOPE_ENGINE"] = sys.argv[1]
    master, first, second = map(int, sys.argv[2:5])
    source, study = map(Path, sys.argv[5:])
    losses: list[str] = []
    fit_source(source, study, CHOICES, _losing(losses, "first worker", first))
    scored = load(study).score_file(source, study.parent / "scored.parquet").rows
    listed = load(study).export(study.parent / "list.csv")
    kept = _bytes_of(study)
    told, lost_at = "", 0.0

    def losing_all(stage: str, done: float) -> None:
        nonlocal lost_at
        _losing(losses, "master and last worker", master, second)(stage, done)
        lost_at = lost_at or (time.monotonic() if stage == IN_THE_MIDDLE else 0.0)

    try:
        fit_source(source, study, Choices(segments=4), losing_all)
    except SegscopeError as error:
        told = str(error)
    waited = time.monotonic() - lost_at
    try:
        load(study).export(study.parent / "again.csv")
        again = ""
    except SegscopeError as error:
        again = str(error)
    found = {"losses": losses, "scored": scored, "listed": listed, "told": told, "waited": waited, "again": again}
    print(json.dumps(found | {"unchanged": _bytes_of(study) == kept}))


def _losing(losses: list[str], what: str, *processes: int) -> Callable[[str, float], None]:
    def progress(stage: str, done: float) -> None:
        if stage == IN_THE_MIDDLE and what not in losses:
            losses.append(what)
            for process in processes:
                lose(process)

    return progress


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


if __name__ == "__main__":
    main()
