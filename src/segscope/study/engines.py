"""Which engine a study gets: in memory, or on disk where its tables would fill the machine."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from segscope.engine import EMBEDDED, Engine, connect, connect_engine, connect_scratch
from segscope.settings import from_environment

CELLS_IN_MEMORY = 50_000_000
"""Above, tables lie on disk, compressed: ten million customers with 34 columns in 1 GB."""

BYTES_A_CELL = 8


def engine_for(cells: int, place: str = "") -> Engine:
    """An engine for a table of so many cells (rows times columns).

    Parameters
    ----------
    place : another engine than the embedded one (see segscope.engine.connect_engine)
    """
    if place and place != EMBEDDED:
        return connect_engine(place)
    return connect() if cells <= CELLS_IN_MEMORY else connect_scratch(from_environment().study_memory)


def engine_to_read(source: Any) -> str:
    """The engine that SEGSCOPE_ENGINE names, where a source can be its own: a path, an address, the name of a table.

    >>> engine_to_read({"a": [1, 2]})
    ''
    """
    return from_environment().engine if isinstance(source, (str, Path)) else ""


def cells_of(source: Any) -> int:
    """About how many cells a source has, without reading it; 0 where that cannot be told."""
    if not isinstance(source, (str, Path)):
        rows = getattr(source, "num_rows", 0) or getattr(source, "height", 0)
        return int(rows) * len(getattr(source, "columns", ()))
    path = Path(source)
    try:
        if path.is_dir():
            return sum(map(_cells_of_parquet, path.glob("*.parquet")))
        if path.suffix.lower() in (".parquet", ".pq"):
            return _cells_of_parquet(path)
        return path.stat().st_size // BYTES_A_CELL
    except (OSError, ValueError):
        return 0


def _cells_of_parquet(file: Path) -> int:
    found = pq.read_metadata(file)
    return int(found.num_rows) * int(found.num_columns)
