"""Answers kept in a folder: aggregates that a distributed engine took long for are asked once, also by the next server.

Only aggregates are kept, never rows of customers. Files are Arrow's; what cannot be read or written is asked again.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.feather as feather

ENDING = ".arrow"
LARGEST_BYTES = 4_000_000
"""An answer above is not kept."""
MOST_BYTES = 64_000_000
"""All of them together; those that nobody asked for longest go first."""


class Answers:
    """Answers about stored tables that never change.

    Parameters
    ----------
    folder : where they are kept, one file an answer
    about : what the tables hold, as a text that is another when they are
    tables : their names; answers about others are not kept
    """

    def __init__(self, folder: Path, about: str, tables: Iterable[str]) -> None:
        self._folder = folder
        self._about = about
        self._tables = frozenset(tables)
        self._lock = threading.Lock()

    def covers(self, expression: ir.Expr, given: Mapping[str, ir.Table]) -> bool:
        """Whether an answer may be kept: an aggregate over the tables alone."""
        parts = [expression.as_table(), *given.values()]
        named = {table.name for part in parts for table in part.op().find(ops.UnboundTable)} - set(given)
        return named <= self._tables and any(part.op().find(ops.Aggregate) for part in parts)

    def answered(self, query: str, ask: Callable[[], pa.Table]) -> pa.Table:
        """The answer to a query: as it was kept, or asked for now and kept."""
        name = hashlib.sha256(f"{self._about}\n{query}".encode()).hexdigest()[:32]
        path = self._folder / f"{name}{ENDING}"
        with suppress(OSError, pa.ArrowException):
            found = feather.read_table(path, memory_map=False)
            os.utime(path)  # it is wanted
            return found
        answer = ask()
        if answer.nbytes <= LARGEST_BYTES:
            with suppress(OSError, pa.ArrowException):
                self._keep(path, answer)
        return answer

    def _keep(self, path: Path, answer: pa.Table) -> None:
        self._folder.mkdir(exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.partial")
        try:
            feather.write_feather(answer, partial, compression="zstd")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        with self._lock:
            self._make_room()

    def _make_room(self) -> None:
        """Remove those that nobody asked for longest."""
        files = [(p, p.stat()) for p in self._folder.glob(f"*{ENDING}")]
        total = sum(s.st_size for _, s in files)
        for path, stat in sorted(files, key=lambda found: found[1].st_mtime):
            if total <= MOST_BYTES:
                return
            path.unlink(missing_ok=True)
            total -= stat.st_size
