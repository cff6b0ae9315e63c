"""Reports: a study as one HTML file for reading and printing, or as a PowerPoint deck for showing."""

import os
from pathlib import Path

from segscope.errors import SourceError
from segscope.exporting import check_target
from segscope.report.contents import Contents, gather
from segscope.study import LiveStudy, open_study

ENDINGS = (".html", ".pptx")


def render(live: LiveStudy, ending: str) -> bytes:
    """The report of an open study, as the bytes of a file. The same study gives the same bytes.

    Parameters
    ----------
    ending : one of ``ENDINGS``
    """
    contents = gather(live)
    if ending == ".pptx":
        from segscope.report.deck import to_pptx

        return to_pptx(contents)
    from segscope.report.page import to_html

    return to_html(contents).encode()


def write_report(folder: Path, target: Path) -> int:
    """Write the report of a study; return its size in bytes. A failure leaves nothing behind.

    Parameters
    ----------
    target : the file, .html or .pptx

    Raises
    ------
    StudyError : when the folder holds no study, or a damaged one
    SourceError : when the file cannot be written
    """
    check_target(target, ENDINGS)
    live = open_study(folder)
    try:
        made = render(live, target.suffix.lower())
    finally:
        live.engine.close()
    partial = target.with_name(f".report-{os.getpid()}.partial")
    try:
        partial.write_bytes(made)
        partial.replace(target)
    except OSError as error:
        raise SourceError(f"{target} cannot be written: {error.strerror}. Name another place.") from None
    finally:
        partial.unlink(missing_ok=True)
    return len(made)


__all__ = ["ENDINGS", "Contents", "gather", "render", "write_report"]
