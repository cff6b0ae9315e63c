"""The home: the folder where a server's new studies are made, and where what is uploaded for them arrives."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from segscope.errors import StudyError
from segscope.scratch import has_ended
from segscope.study import is_study
from segscope.study.folder import CARD
from segscope.web.addresses import ending

INCOMING = ".incoming-"


class Home:
    """A folder for new studies, made where it is not there yet; what killed servers have left in it is removed.

    Parameters
    ----------
    folder : None is a temporary one, which goes with the server

    Raises
    ------
    StudyError : when nothing can be made there
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="segscope-")
        self.folder = folder or Path(self._temporary.name if self._temporary else "")
        self._incoming = self.folder / f"{INCOMING}{os.getpid()}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            left = [p for p in self.folder.iterdir() if p.name.startswith(INCOMING) and _is_left(p)]
        except OSError as error:
            raise StudyError(f"New studies cannot be made in {self.folder}: {error.strerror}.") from None
        for place in left:
            shutil.rmtree(place, ignore_errors=True)

    @property
    def is_temporary(self) -> bool:
        """Whether new studies go with the server."""
        return self._temporary is not None

    def place_for(self, shown: str) -> Path:
        """Where a file that is on its way to a study can be written; its name says nothing but its kind."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        return self._incoming / f"{secrets.token_hex(8)}{ending(shown)}"

    def close(self) -> None:
        """Leave nothing unfinished behind."""
        shutil.rmtree(self._incoming, ignore_errors=True)
        if self._temporary:
            self._temporary.cleanup()


def split_folders(places: Iterable[Path]) -> tuple[list[Path], Path | None]:
    """Tell studies from the home: a folder that is none, but empty, not there yet, or has studies in it.

    Raises
    ------
    StudyError : for a second home, a file, and a folder that holds other things
    """
    studies: list[Path] = []
    home: Path | None = None
    for place in places:
        if is_study(place):
            studies.append(place)
            continue
        if place.is_file():
            raise StudyError(f"{place} is a file. Name the folder of a study, or one for studies.")
        seen = [p for p in place.iterdir() if not p.name.startswith(".")] if place.is_dir() else []
        if seen and not any(is_study(p) for p in seen):
            raise StudyError(
                f"{place} is not a study: it has no {CARD}, nor has a folder in it. Name a study, a folder of "
                "studies, or a new or empty folder for them."
            )
        if home is not None:
            raise StudyError(f"New studies go to one place only. Got {home} and {place}.")
        home = place
    return studies, home


def _is_left(place: Path) -> bool:
    """Whether a folder of uploads belongs to a server that has ended; one of our number is from before our time."""
    number = place.name.removeprefix(INCOMING)
    return number == str(os.getpid()) or has_ended(number)
