"""Exporting: whole files or none, and nothing that a spreadsheet would run."""

import csv
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import fastexcel
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segscope.errors import SourceError
from segscope.exporting import check_target, disarmed, disarmed_name, encoded, write_rows


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
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "|x",
        "%x",
        "-",
        "--5",
        "=HYPERLINK(1)",
        "'=1",
        "''-x",
        "\uff1d1+1",
        "\uff20x",
    ],
)
def test_what_a_spreadsheet_would_run_is_disarmed(tmp_path: Path, text: str) -> None:
    written(tmp_path / "o.csv", **{text: [text]})
    assert cells(tmp_path / "o.csv") == [["'" + text], ["'" + text]]


@pytest.mark.parametrize(
    "text", ["-5", "+5", "-1.5e-3", "-1.234,50", "-12 %", "1=1", "a-b", "", " =1", "'t Hooft", '"=1"']
)
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


@pytest.mark.parametrize("name", ["o.xls", "o", "o.csv.gz", "folder.csv", "missing/o.csv"])
def test_a_place_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(SourceError, match=r"must end in .csv, .tsv, .parquet or .xlsx|is a folder|There is no folder"):
        check_target(tmp_path / name)


@pytest.mark.parametrize("name", ["o.csv", "o.parquet", "o.xlsx"])
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


def sheet(path: Path) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = fastexcel.read_excel(path).load_sheet(0).to_arrow().to_pydict()
    return found


def test_a_workbook_holds_numbers_dates_and_blanks_as_such(tmp_path: Path) -> None:
    written(tmp_path / "o.xlsx", n=[1.5, None, -2.0], b=[True, None, False], t=["a", None, "0123"], i=[1, 2, None])
    assert sheet(tmp_path / "o.xlsx") == {
        "n": [1.5, None, -2.0], "b": [True, None, False], "t": ["a", None, "0123"], "i": [1.0, 2.0, None],
    }  # fmt: skip
    written(tmp_path / "d.xlsx", d=[date(2024, 2, 29), None], t=[datetime(2024, 1, 2, 3, 4, 5)] * 2)
    found = sheet(tmp_path / "d.xlsx")
    assert [str(v)[:10] for v in found["d"]] == ["2024-02-29", "None"]
    assert str(found["t"][0]) == "2024-01-02 03:04:05"


def test_a_workbook_runs_no_text_and_changes_none(tmp_path: Path) -> None:
    texts = ["=1+1", '=HYPERLINK("http://x")', "https://example.org", "@SUM(A1)", "\t=1", "<b>&", "ä 😀", "+5"]
    written(tmp_path / "o.xlsx", **{"=cmd()": texts})
    assert sheet(tmp_path / "o.xlsx") == {"=cmd()": texts}
    with zipfile.ZipFile(tmp_path / "o.xlsx") as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_what_a_sheet_cannot_hold_as_a_number_stays_exact_as_text(tmp_path: Path) -> None:
    written(tmp_path / "o.xlsx", big=[9_007_199_254_740_993], endless=[float("inf")])
    assert sheet(tmp_path / "o.xlsx") == {"big": ["9007199254740993"], "endless": ["inf"]}


def test_a_workbook_of_too_many_rows_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    many = pa.record_batch({"a": pa.nulls(1_048_576, pa.int8())})
    with pytest.raises(SourceError, match=r"holds 1,048,575 rows, and there are 1,048,576. Use CSV or Parquet"):
        write_rows(iter([many]), many.schema, tmp_path / "o.xlsx")
    assert not list(tmp_path.iterdir())


def test_a_text_that_no_cell_holds_is_refused_by_its_column(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"column 'story' has 32,768 letters"):
        written(tmp_path / "o.xlsx", story=["x" * 32_768])


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_the_first_rows_leave_before_the_last_are_made(ending: str) -> None:
    made = []

    def batches() -> Iterator[pa.RecordBatch]:
        for i in range(3):
            made.append(i)
            yield pa.record_batch({"a": pa.array([f"row {i}"])})

    blocks = encoded(batches(), pa.schema([("a", pa.string())]), ending)
    assert next(blocks)
    assert made == [0]
