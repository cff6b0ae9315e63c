"""Scratch: what lies on disk while a process runs, and goes with it."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from segscope.engine import connect_scratch, rows
from segscope.scratch import PREFIX, is_left, scratch_folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_tables_on_disk_are_gone_when_the_engine_is_closed(place: Path) -> None:
    engine = connect_scratch(512 * 1024**2)
    assert rows(engine, engine.store("t", pa.table({"a": [1]}))) == [{"a": 1}]
    (folder,) = place.iterdir()
    assert folder.stat().st_mode & 0o077 == 0, "nobody else can read it"
    assert list(folder.glob("tables.duckdb*"))
    engine.close()
    assert not list(place.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="processes are told apart elsewhere only")
def test_what_a_killed_process_has_left_is_removed_and_nothing_else(place: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, others = place / f"{PREFIX}{ended.pid}-a", place / f"{PREFIX}{os.getppid()}-b"
    strange = place / f"{PREFIX}of-somebody"
    for folder in (left, others, strange):
        folder.mkdir()
        (folder / "tables.duckdb").write_bytes(b"x")
    mine = scratch_folder()
    assert {p.name for p in place.iterdir()} == {mine.name, others.name, strange.name}
    assert is_left(left)
