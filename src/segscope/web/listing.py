"""What a list of studies shows of each: read from its folder, and again only when its card was written since."""

from dataclasses import dataclass
from pathlib import Path

from segscope.errors import SegscopeError
from segscope.study import Card, Fit, read_card, read_fit
from segscope.study.folder import CARD


@dataclass(frozen=True)
class Listed:
    """A study as a list shows it.

    Attributes
    ----------
    changed : when its card was written last, in seconds since 1970
    problem : why it cannot be opened; card and fit are None then
    """

    id: str
    changed: float
    card: Card | None
    fit: Fit | None
    problem: str = ""


class Listing:
    """Remembers what it has read, by study. Safe to use from many threads: at worst something is read twice."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[int, Listed]] = {}

    def entry(self, study_id: str, folder: Path | None) -> Listed:
        """What a list shows of a study; what is wrong with it where it cannot be read."""
        stamp = changed(folder)
        kept = self._read.get(study_id)
        if kept and kept[0] == stamp:
            return kept[1]
        try:
            card = read_card(folder or Path())
            entry = Listed(study_id, stamp / 1e9, card, read_fit(folder or Path(), card))
        except SegscopeError as error:
            entry = Listed(study_id, stamp / 1e9, None, None, str(error))
        self._read[study_id] = (stamp, entry)
        return entry

    def forget(self, study_id: str) -> None:
        """Remember nothing of a study that is gone, so that one that gets its id is read."""
        self._read.pop(study_id, None)


def changed(folder: Path | None) -> int:
    """When a study's card was written last, in nanoseconds since 1970; 0 where there is none any more."""
    try:
        return (folder / CARD).stat().st_mtime_ns if folder else 0
    except OSError:
        return 0
