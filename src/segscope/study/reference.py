"""A reference to data that stay where they are: in place of a snapshot, where the engine reads its sources itself."""

import json
from dataclasses import dataclass
from pathlib import Path

from segscope.engine import DistributedEngine
from segscope.errors import StudyError
from segscope.intake import ReadOptions
from segscope.intake.lake import place_of
from segscope.json_text import build, dump_json


@dataclass(frozen=True)
class Reference:
    """Where a study's data are, and what they were like when it was fitted.

    Attributes
    ----------
    engine : which engine reads them (see segscope.engine.connect_engine)
    source : path, address or name of a table, as it was given
    fingerprint : another when the source is (see DistributedEngine.fingerprint)
    """

    engine: str
    source: str
    fingerprint: str

    def to_json(self) -> str:
        """Write the reference as JSON."""
        return dump_json(self)


def reference_to(engine: DistributedEngine, source: str, told: ReadOptions) -> Reference:
    """A reference to a source as it is now."""
    source = str(Path(source).resolve()) if Path(source).exists() else source
    return Reference(engine.place, source, engine.fingerprint(place_of(source, told)))


def read_reference(path: Path) -> Reference:
    """Read a reference that a study holds."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise StudyError(f"{path.name} is damaged and cannot be read. Fit the study again.") from None
    found: Reference = build(Reference, data, StudyError, path.name)
    return found


def check_unchanged(engine: DistributedEngine, reference: Reference, told: ReadOptions) -> None:
    """Raise when the source is another than when the study was fitted."""
    now = engine.fingerprint(place_of(reference.source, told))
    if now != reference.fingerprint:
        raise StudyError(
            f"{reference.source} has changed since the study was fitted. Fit it again, so that the segments are those "
            "of the customers that are there now."
        )
