"""Small JSON files beside a study's card, which keep what people decide: read checked, written whole or not at all."""

import json
import os
from pathlib import Path
from typing import TypeVar

from segscope.errors import StudyError
from segscope.json_text import build, dump_json

LARGEST_FILE_BYTES = 5_000_000
Kept = TypeVar("Kept")


def read_kept(path: Path, nothing: Kept, schema_version: int) -> Kept:
    """What is kept in a file; ``nothing``, a frozen dataclass of the file's kind, where there is no file.

    Raises
    ------
    StudyError : when the file is damaged, too large or of another version
    """
    name = path.name
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise StudyError(f"{name} is larger than a study's file can be.")
        data = json.loads(path.read_text(encoding="utf-8"))
        kept: Kept = build(type(nothing), data, StudyError, name)
    except FileNotFoundError:
        return nothing
    except (OSError, ValueError, RecursionError) as error:
        raise StudyError(f"{name} is damaged and cannot be read ({type(error).__name__}). Remove it.") from None
    version = data.get("schema_version", schema_version)
    if version != schema_version:
        raise StudyError(f"{name} must have schema_version {schema_version}. Got {version!r:.40}.")
    return kept


def write_kept(path: Path, kept: object, what: str) -> None:
    """Write a file anew, whole or not at all.

    Parameters
    ----------
    what : what is being saved, for the refusal

    Raises
    ------
    StudyError : where nothing can be written
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(dump_json(kept), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise StudyError(f"The {what} cannot be saved: {error.strerror}.") from None
    finally:
        partial.unlink(missing_ok=True)
