"""Removing a study: its own files, and the folder if nothing else is in it."""

from contextlib import suppress
from pathlib import Path

from segscope.errors import StudyError
from segscope.study.audiences import FILE as AUDIENCES
from segscope.study.folder import (
    ANSWER_NAME,
    ANSWERS,
    CARD,
    DATA_NAME,
    FIT_NAME,
    KEPT_SOURCE,
    ORIGIN,
    SECONDS,
    is_study,
)
from segscope.study.remarks import FILE as REMARKS

LEFT_BY_RUNS = ".partial"


def remove_study(folder: Path) -> None:
    """Remove a study. Files that a study does not write stay, and their folder with them.

    Raises
    ------
    StudyError : for a folder that holds no study, or one whose files cannot be removed
    """
    if not is_study(folder):
        raise StudyError(f"There is no study at {folder} any more.")
    try:
        (folder / CARD).unlink()  # first: what is left of a removal that was cut short is no study any more
        for path in _own_files(folder):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StudyError(f"The study at {folder} cannot be removed: {error.strerror}.") from None
    for inner in (folder / "data", folder / "fits", folder / ANSWERS, folder / ORIGIN.parent, folder):
        with suppress(OSError):  # it holds other files
            inner.rmdir()


def _own_files(folder: Path) -> list[Path]:
    named = [
        folder / ORIGIN,
        folder / KEPT_SOURCE,
        folder / f"{CARD}{LEFT_BY_RUNS}",
        folder / AUDIENCES,
        folder / REMARKS,
        folder / SECONDS,
    ]
    for inner, form in (("data", DATA_NAME), ("fits", FIT_NAME), (ANSWERS, ANSWER_NAME)):
        if not (folder / inner).is_dir():
            continue
        for path in (folder / inner).iterdir():
            name = path.relative_to(folder).as_posix()
            if form.fullmatch(name) or path.suffix == LEFT_BY_RUNS:
                named.append(path)
    return named
