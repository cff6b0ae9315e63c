"""Exporting: whole files or none, and nothing that a spreadsheet would run."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segscope.errors import SourceError
from segscope.exporting import check_target, disarmed, disarmed_name, write_rows


def written(path: Path, **columns: Any) -> int:
    table = pa.table(columns)
    return write_rows(iter(table.to_batches(max_chunksize=2)), table.schema, path)


def cells(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


@pytest.mark.parametrize(("name", "delimiter"), [("o.csv", ","), ("o.CSV", ","), ("o.tsv", "\t")])
def test_texts_come_back_as_they_went_in(tmp_path: Path, name: str, delimiter: str) -> None:
    texts = ["plain", 'say "hi"', "a,b", "a\tb", "line\nbreak", "", "ä 😀"]
    assert written(tmp_path / name, a=texts, b=list(range(7))) == 7
    assert cells(tmp_path / name, delimiter) == [["a", "b"], *[[t, str(i)] for i, t in enumerate(texts)]]


def test_parquet_keeps_types_and_texts(tmp_path: Path) -> None:
    written(tmp_path / "o.parquet", a=[1, None], b=["=1+1", None], c=[0.5, None])
    assert pq.read_table(tmp_path / "o.parquet").to_pydict() == {"a": [1, None], "b": ["=1+1", None], "c": [0.5, None]}


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+cmd|' /C calc'!A0", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "|x", "%x", "-", "--5", "=HYPERLINK(1)"],
)
def test_what_a_spreadsheet_would_run_is_disarmed(tmp_path: Path, text: str) -> None:
    written(tmp_path / "o.csv", **{text: [text]})
    assert cells(tmp_path / "o.csv") == [["'" + text], ["'" + text]]


@pytest.mark.parametrize("text", ["-5", "+5", "-1.5e-3", "-1.234,50", "-12 %", "1=1", "a-b", "", " =1"])
def test_numbers_and_plain_texts_are_left_alone(text: str) -> None:
    assert disarmed(pa.array([text])).to_pylist() == [text]


@given(st.text(max_size=30))
def test_no_text_leaves_the_house_that_starts_a_formula(text: str) -> None:
    (found,) = disarmed(pa.array([text], pa.string())).to_pylist()
    assert found in (text, "'" + text)
    assert not found.startswith(("=", "@", "\t", "\r", "|", "%"))
    assert disarmed_name(text) == found


def test_numbers_are_never_texts() -> None:
    assert disarmed(pa.array([-1.5, None])).to_pylist() == [-1.5, None]


@pytest.mark.parametrize("name", ["o.xlsx", "o", "o.csv.gz", "folder.csv", "missing/o.csv"])
def test_a_place_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(SourceError, match=r"must end in .csv, .tsv or .parquet|is a folder|There is no folder"):
        check_target(tmp_path / name)


@pytest.mark.parametrize("name", ["o.csv", "o.parquet"])
def test_a_failure_leaves_the_old_file_and_no_half_of_the_new(tmp_path: Path, name: str) -> None:
    written(tmp_path / name, a=[1])
    before = (tmp_path / name).read_bytes()

    def broken() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"a": pa.array([1, 2])})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_rows(broken(), pa.schema([("a", pa.int64())]), tmp_path / name)
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == before


def test_no_rows_make_a_file_with_a_header(tmp_path: Path) -> None:
    assert write_rows(iter([]), pa.schema([("a", pa.int64())]), tmp_path / "o.csv") == 0
    assert cells(tmp_path / "o.csv") == [["a"]]
