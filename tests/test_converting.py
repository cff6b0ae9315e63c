"""A conversion keeps every cell, and types only when asked to."""

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from segscope.converting import convert
from segscope.errors import SourceError

ROWS = [
    ["customer id", "spend", "joined", "note"],
    ["007", "1.234,50", "21.08.2013", "=1+1"],
    ["008", "", "03.02.2014", 'a "quoted" word; and a semicolon'],
    ["009", "12,00", "04.09.2012", "two\nlines"],
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "odd.txt"
    with path.open("w", newline="", encoding="cp1252") as file:
        csv.writer(file, delimiter=";").writerows(
            [*ROWS, *[[f"{i:03d}", "5,00", "05.05.2015", "ü"] for i in range(10, 40)]]
        )
    return path


def cells(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_as_text_every_cell_and_the_header_stand_as_they_stood(source: Path, tmp_path: Path) -> None:
    count, report = convert(source, tmp_path / "out.csv", as_text=True)
    assert count == 33
    assert cells(tmp_path / "out.csv")[:4] == ROWS
    assert report.delimiter == ";"


def test_typed_the_numbers_are_numbers_and_the_dates_dates(source: Path, tmp_path: Path) -> None:
    convert(source, tmp_path / "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet")
    assert table["spend"].to_pylist()[:3] == [1234.5, None, 12.0]
    assert table["joined"].to_pylist()[0].isoformat() == "2013-08-21"
    assert table["customer id"].to_pylist()[0] == "007"
    assert "__row" not in table.column_names


def test_what_cannot_be_read_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no file"):
        convert(tmp_path / "absent.csv", tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []
