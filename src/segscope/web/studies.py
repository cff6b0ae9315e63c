"""The studies of a server, by id: opened at first sight, made, fitted anew, removed. Safe to use from many threads."""

import shutil
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

from segscope.errors import StudyError, did_you_mean
from segscope.settings import Settings
from segscope.study import (
    Card,
    LiveStudy,
    Order,
    begin_study,
    is_study,
    open_study,
    read_card,
    reopened,
)
from segscope.study.handwork import HandEdit, check_customer, check_edit, named
from segscope.study.removing import remove_study
from segscope.web.addresses import slug
from segscope.web.batches import Batches
from segscope.web.homes import Home
from segscope.web.jobs import Job, Jobs
from segscope.web.listing import Listed, Listing, changed

RUN_IS_ON = "A run of this study is going on. Wait for it, or cancel it first."
SAMPLE_FILE, SAMPLE_CUSTOMERS = "sample_customers.parquet", 2240


class Studies:
    """The studies of a server, and the runs that make them and fit them anew.

    An id is made from the folder's name and used in addresses; it stays when a study is renamed.

    Parameters
    ----------
    folders : studies that are opened at once
    home : folder whose studies are served too, and where new ones are made; None is a temporary one
    local : whether the server is for its own machine only, so that a path of it can be asked for
    """

    def __init__(
        self, folders: Iterable[Path] = (), home: Path | None = None, settings: Settings | None = None,
        local: bool = False,
    ) -> None:  # fmt: skip
        self.settings = settings or Settings()
        self.local = local and self.settings.local_files
        self._lock = threading.RLock()
        self._opening = threading.Lock()
        self._folders: dict[str, Path] = {}
        self._open: dict[str, LiveStudy] = {}
        self._making: set[str] = set()
        self._tried: set[str] = set()
        self._listing = Listing()
        self.jobs = Jobs(self.reload, self.settings, self._ended)
        self.batches = Batches(self.folder, self.settings)
        for folder in folders:
            study_id = self._free_id(folder.resolve().name)
            self._open[study_id], self._folders[study_id] = begin_study(folder), folder
        self.home = Home(home)
        self._scan()

    # -------------------------------------------------------------------------------------------- what there is

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids: first the studies that were named, in their order, then the home's."""
        with self._lock:
            self._scan()
            return tuple(self._folders)

    @property
    def number(self) -> int:
        """How many studies there are, as of the last look; never waits."""
        return len(self._folders)

    def get(self, study_id: str | None, again: bool = False) -> LiveStudy:
        """A study, opened if it is not yet; a StudyError offers near matches, or says why it cannot be opened.

        Parameters
        ----------
        again : whether one whose customers could not be loaded is opened once more
        """
        with self._lock:
            found = self._open.get(study_id or "")
        if found is not None and not (again and found.loading.has_failed):
            return found
        with self._opening:
            with self._lock:
                now, folder = self._open.get(study_id or ""), self._folder(study_id or "")
            if now is not None and now is not found:
                return now
            fresh = begin_study(folder)
            with self._lock:
                self._open[str(study_id)] = fresh
            return fresh

    def is_loading(self, study_id: str) -> bool:
        """Whether the customers of a study are on their way."""
        with self._lock:
            found = self._open.get(study_id)
        return found is not None and not found.loading.is_over

    def listed(self) -> list[Listed]:
        """All studies, the one changed last first."""
        entries = [self._listing.entry(i, self._folders.get(i)) for i in self.ids]
        return sorted(entries, key=lambda e: (-e.changed, e.id))

    def making(self) -> list[Job]:
        """Runs that make a study: those going on, and those that failed and were not dismissed; the newest first."""
        with self._lock:
            jobs = [self.jobs.latest(i) for i in self._making]
        shown = [j for j in jobs if j and j.status in ("running", "failed")]
        return sorted(shown, key=lambda j: -j.number)

    def stamp(self) -> str:
        """A text that changes whenever a list of studies must be drawn anew."""
        runs = [(j.study_id, j.number, j.status) for j in self.making()]
        return repr((runs, [(i, changed(self._folders.get(i)), self.jobs.running(i)) for i in self.ids]))

    # -------------------------------------------------------------------------------------------- runs

    def start(self, study_id: str, order: Order) -> Job:
        """Fit a study anew, or read its source anew where the order's reading is another than the study's.

        Parameters
        ----------
        order : its recipe may be None, which leaves the recipe as it is; its folder is the study's

        Raises
        ------
        StudyError : when too many runs of this study wait
        """
        live = self.get(study_id)
        wanted = Order(str(live.folder), order.recipe or live.recipe, order.reading)
        return self.jobs.start(study_id, wanted)

    def switch(self, study_id: str, solution_id: str) -> Job:
        """Make a kept solution the current one.

        Raises
        ------
        StudyError : when it is not kept any more
        """
        live = self.get(study_id)
        read_card(live.folder).solution(solution_id)
        return self.jobs.start(study_id, Order(str(live.folder), solution=solution_id))

    def complete(self, study_id: str) -> Job:
        """Complete the evidence of a study's current fit."""
        return self.jobs.start(study_id, Order(str(self.get(study_id).folder), complete=True))

    def by_hand(self, study_id: str, edit: HandEdit) -> Job:
        """Merge, split, pin or unpin, in a run.

        Raises
        ------
        StudyError : for what cannot be done, as far as that can be told beforehand; or when too many runs wait
        """
        live = self.get(study_id)
        check_edit(live.fit.segmentation, edit)
        if edit.kind == "pin":
            check_customer(live.engine, named(live.customers, live.fit.segmentation, [edit.customer]), edit.customer)
        return self.jobs.start(study_id, Order(str(live.folder), by_hand=edit))

    def looked_at(self, study_id: str) -> None:
        """Complete the evidence of a study that somebody looks at, where that was not done or tried yet."""
        live = self.get(study_id)
        # A run would want the machine, or the cluster, at the same time as what a reader waits for.
        busy = not live.loading.is_over or live.loading.has_failed
        with self._lock:
            done = live.fit.evidence.complete or live.card.fit in self._tried or self.jobs.running(study_id)
            if busy or done or not self.settings.complete_evidence:
                return
            self._tried.add(live.card.fit)
        self.complete(study_id)

    def undo(self, study_id: str) -> Job:
        """Go back to the solution before the last run.

        Raises
        ------
        StudyError : when there was none since the server started, or it is not kept any more
        """
        earlier = self.jobs.earlier(study_id)
        if earlier is None:
            raise StudyError("There is no earlier solution to go back to.")
        return self.switch(study_id, earlier)

    def reload(self, study_id: str) -> LiveStudy:
        """Open a study again after a run wrote it; until then everybody goes on with the old one."""
        with self._lock:
            old, job = self._open.get(study_id), self.jobs.latest(study_id)
            folder = self._folders.get(study_id) or (Path(job.order.folder) if job else None)
        if folder is None:
            raise StudyError(f"There is no study {study_id!r:.80}.")
        if old and _current(read_card(folder)) == _current(old.card):
            return old
        fresh = reopened(old, folder) if old else open_study(folder)
        with self._lock:
            self._open[study_id], self._folders[study_id] = fresh, folder
        return fresh

    # -------------------------------------------------------------------------------------------- new ones

    def make(self, source: str, shown: str, keep: bool = False, sample: int = 0) -> Job:
        """Make a study from a file or address, in a run.

        Parameters
        ----------
        shown : the source's name for people; the study's folder and id are made from it
        keep : whether the source is ours and moves into the study
        sample : synthetic customers to write to the source first
        """
        with self._lock:
            study_id = self._free_place(Path(shown).stem)
            self._making.add(study_id)
            order = Order(str(self.home.folder / study_id), source=source, shown=shown, keep=keep)
            return self.jobs.start(study_id, order, sample=sample)

    def make_sample(self) -> Job:
        """Make a study of synthetic customers."""
        place = self.home.place_for(SAMPLE_FILE)
        return self.make(str(place), SAMPLE_FILE, keep=True, sample=SAMPLE_CUSTOMERS)

    def retry(self, study_id: str, table: str = "") -> Job:
        """Make a study again whose making failed; ``table`` is the one to read of a source that has several."""
        job = self._failed(study_id)
        reading = replace(job.order.reading, table=table) if table else job.order.reading
        return self.jobs.start(study_id, replace(job.order, reading=reading), sample=job.sample)

    def dismiss(self, study_id: str) -> None:
        """Forget a study whose making failed, and what was uploaded for it."""
        self._drop(self._failed(study_id))

    # -------------------------------------------------------------------------------------------- changes

    def rewrite(self, study_id: str, write: Callable[[Path, Card], Card]) -> None:
        """Write a study by hand. Evidence that is being completed gives way, and begins again later.

        Parameters
        ----------
        write : of the study's folder and card; returns the card as it is then

        Raises
        ------
        StudyError : while a run is going on
        """
        self.jobs.give_way(study_id)
        with self._lock:
            if self.jobs.running(study_id):
                raise StudyError(RUN_IS_ON)
            folder = self._folder(study_id)
            card = write(folder, read_card(folder))
            self._tried.discard(card.fit)
            if live := self._open.get(study_id):
                self._open[study_id] = reopened(live, folder)

    def delete(self, study_id: str) -> None:
        """Remove a study's files. Files that are none of it stay.

        Raises
        ------
        StudyError : while a run is going on, or when files cannot be removed
        """
        self.jobs.give_way(study_id)
        with self._lock:
            if self.jobs.running(study_id):
                raise StudyError(RUN_IS_ON)
            remove_study(self._folder(study_id))
            del self._folders[study_id]
            self._open.pop(study_id, None)
            self._listing.forget(study_id)
            self.jobs.forget(study_id)

    def folder(self, study_id: str) -> Path:
        """The folder of a study; a StudyError offers near matches."""
        with self._lock:
            return self._folder(study_id)

    def close(self) -> None:
        """Stop what runs, and leave nothing unfinished behind."""
        self.jobs.close()
        self.batches.close()
        self.home.close()

    # -------------------------------------------------------------------------------------------- inside

    def _scan(self) -> None:
        """Take in the home's studies that are new, and forget those that are gone."""
        gone = [i for i, folder in self._folders.items() if not is_study(folder)]
        for study_id in gone:
            self._folders.pop(study_id)
            self._open.pop(study_id, None)
            self._listing.forget(study_id)
            if not self.jobs.running(study_id):
                self.jobs.forget(study_id)  # they are none of a study that gets its id
        known = {folder.resolve() for folder in self._folders.values()}
        making = {(self.home.folder / i).resolve() for i in self._making}
        with suppress(OSError):
            for folder in sorted(self.home.folder.iterdir()):
                place = folder.resolve()
                if not folder.name.startswith(".") and is_study(folder) and place not in known | making:
                    self._folders[self._free_id(folder.name)] = folder

    def _free_id(self, name: str) -> str:
        """An id that no study has, made from a name."""
        base = slug(name)
        names = (base if n == 1 else f"{base}-{n}" for n in count(1))
        return next(n for n in names if n not in self._folders and n not in self._making)

    def _free_place(self, name: str) -> str:
        """The same for a study that is to be made: nothing has that name in the home either."""
        self._scan()
        names = (name if n == 1 else f"{slug(name)}-{n}" for n in count(1))
        return next(i for i in map(self._free_id, names) if not (self.home.folder / i).exists())

    def _folder(self, study_id: str) -> Path:
        if study_id not in self._folders:
            self._scan()
        if study_id not in self._folders:
            raise StudyError(f"There is no study {study_id!r:.80}.{did_you_mean(study_id, self._folders)}")
        return self._folders[study_id]

    def _failed(self, study_id: str) -> Job:
        job = self.jobs.latest(study_id)
        if study_id not in self._making or job is None or job.status != "failed":
            raise StudyError("There is no such failed run any more. Load the page again.")
        return job

    def _ended(self, job: Job) -> None:
        """Clear up after a run that made a study, or did not."""
        if job.study_id not in self._making:
            return
        for partial in self.home.folder.glob(f".{job.study_id}-*.partial"):
            shutil.rmtree(partial, ignore_errors=True)
        if job.status == "cancelled":
            self._drop(job)
        elif job.status == "done":
            self._unlink(job)
            with self._lock:
                self._making.discard(job.study_id)

    def _drop(self, job: Job) -> None:
        self._unlink(job)
        with self._lock:
            self._making.discard(job.study_id)
            self.jobs.forget(job.study_id)

    def _unlink(self, job: Job) -> None:
        """Remove what was uploaded for a run; a file that somebody named stays."""
        if job.order.keep:
            Path(job.order.source).unlink(missing_ok=True)


def _current(card: Card) -> tuple[str, str]:
    return card.data, card.fit
