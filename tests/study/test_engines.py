"""Large sources get an engine on disk; how large one is can be told before it is read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segscope.study.engines import CELLS_IN_MEMORY, cells_of, engine_for


def test_cells_are_told_from_the_file_and_from_frames(tmp_path: Path) -> None:
    table = pa.table({"a": [1, 2, 3], "b": [1, 2, 3]})
    pq.write_table(table, tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_bytes(b"x" * 80)
    assert [cells_of(s) for s in (tmp_path / "a.parquet", tmp_path / "a.csv", table)] == [6, 10, 6]


def test_the_cells_of_a_folder_are_those_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "customers").mkdir()
    for part in "ab":
        pq.write_table(pa.table({"a": [1, 2, 3]}), tmp_path / "customers" / f"{part}.parquet")
    assert cells_of(tmp_path / "customers") == 6


def test_what_cannot_be_told_counts_as_small(tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    assert [cells_of(s) for s in (tmp_path / "bad.parquet", tmp_path / "none.csv", "postgresql://x/y")] == [0, 0, 0]


@pytest.mark.parametrize(("cells", "files"), [(CELLS_IN_MEMORY, 0), (CELLS_IN_MEMORY + 1, 1)])
def test_tables_of_many_cells_lie_on_disk(
    cells: int, files: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    engine = engine_for(cells)
    engine.store("t", pa.table({"a": [1]}))
    assert len(list(tmp_path.rglob("*.duckdb"))) == files
    engine.close()
    assert list(tmp_path.rglob("*.duckdb")) == []
