"""The studies that a server has open, by id. Safe to use from many threads."""

import re
import threading
from collections.abc import Iterable
from pathlib import Path

from segscope.errors import StudyError, did_you_mean
from segscope.study import LiveStudy, open_study, read_card
from segscope.web.jobs import Jobs


class Studies:
    """Open studies, and the runs that fit them anew. An id is made from the folder's name and used in addresses."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, LiveStudy] = {}
        self._versions: dict[str, int] = {}
        self.jobs = Jobs(self.reload)
        for folder in folders:
            self._open[self._free_id(folder)] = open_study(folder)

    def _free_id(self, folder: Path) -> str:
        base = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "study"
        names = [base, *(f"{base}-{n}" for n in range(2, len(self._open) + 3))]
        return next(n for n in names if n not in self._open)

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids in the order in which the studies were named."""
        return tuple(self._open)

    def get(self, study_id: str | None) -> LiveStudy:
        """An open study; a StudyError offers near matches."""
        with self._lock:
            found = self._open.get(study_id or "")
        if found is None:
            raise StudyError(f"There is no study {study_id!r}.{did_you_mean(study_id or '', self._open)}")
        return found

    def reload(self, study_id: str) -> LiveStudy:
        """Open a study again after it was fitted anew; until then everybody goes on with the old one."""
        old = self.get(study_id)
        if read_card(old.folder).fit == old.card.fit:
            return old
        fresh = open_study(old.folder)
        with self._lock:
            self._open[study_id] = fresh
        return fresh
