"""Scratch: folders for what lies on disk while a process runs, in the system's place for temporary files."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

PREFIX = "segscope-scratch-"


def scratch_folder() -> Path:
    """Make an empty folder that only this user can read; what processes that were killed have left is removed.

    >>> folder = scratch_folder()
    >>> folder.name.startswith(f"segscope-scratch-{os.getpid()}-"), list(folder.iterdir())
    (True, [])
    >>> folder.rmdir()
    """
    place = Path(tempfile.gettempdir())
    for folder in place.glob(f"{PREFIX}*"):
        if is_left(folder):
            shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place))


def is_left(folder: Path) -> bool:
    """Whether a scratch folder belongs to a process that has ended."""
    return has_ended(folder.name.removeprefix(PREFIX).partition("-")[0])


def has_ended(process: str) -> bool:
    """Whether no process has a number any more; False where that cannot be known, on Windows, and for no number.

    >>> has_ended(str(os.getpid())), has_ended("not a number")
    (False, False)
    """
    if sys.platform == "win32" or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False
