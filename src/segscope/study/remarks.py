"""Remarks on findings: which are pinned, hidden, or have a note, in ``insights.json`` beside a study's card.

A remark is kept by the segment's id and what was measured, so it outlives a refit that keeps the segment.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from segscope.errors import StudyError
from segscope.insights import Finding
from segscope.insights.testing import Quantity
from segscope.segmentation import Segment
from segscope.study.keeping import read_kept, write_kept

FILE = "insights.json"
SCHEMA_VERSION = 1
LONGEST_NOTE = 500
MOST_REMARKS = 500
_writing = Lock()


@dataclass(frozen=True)
class About:
    """What a remark is about: a segment by its id, and what was measured of it."""

    segment: str
    quantity: Quantity
    column: str
    value: str = ""

    @property
    def key(self) -> str:
        """A short text that tells it from others and holds nothing of the data's own.

        >>> About("s1", "mean", "income").key
        '6860531054d8fac6'
        """
        text = json.dumps([self.segment, self.quantity, self.column, self.value])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Remark:
    """What a person decided about a finding. One that says nothing is not kept."""

    about: About
    pinned: bool = False
    hidden: bool = False
    note: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing is decided."""
        return not (self.pinned or self.hidden or self.note)


@dataclass(frozen=True)
class _Kept:
    remarks: tuple[Remark, ...]
    schema_version: int = SCHEMA_VERSION


def about(finding: Finding, segments: tuple[Segment, ...]) -> About:
    """What a finding is about."""
    candidate = finding.candidate
    return About(segments[finding.segment].id, candidate.quantity, candidate.column, candidate.value)


def read_remarks(folder: Path) -> tuple[Remark, ...]:
    """The remarks of a study, the oldest first; none where there is no file of them.

    Raises
    ------
    StudyError : when the file is damaged
    """
    return read_kept(folder / FILE, _Kept(()), SCHEMA_VERSION).remarks


def keep_remark(folder: Path, remark: Remark) -> None:
    """Keep a remark in place of an earlier one about the same; the file is written whole or not at all.

    Raises
    ------
    StudyError : for a note that is too long, for too many remarks, and where nothing can be written
    """
    if len(remark.note) > LONGEST_NOTE:
        raise StudyError(f"A note has at most {LONGEST_NOTE} letters. This one has {len(remark.note)}. Shorten it.")
    with _writing:
        others = tuple(r for r in read_remarks(folder) if r.about != remark.about)
        if not remark.empty and len(others) >= MOST_REMARKS:
            raise StudyError(f"A study keeps at most {MOST_REMARKS} remarks. Unpin or show again what is not needed.")
        write_kept(folder / FILE, _Kept(others if remark.empty else (*others, remark)), "remark")
