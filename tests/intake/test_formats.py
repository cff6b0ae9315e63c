"""Workbooks, Parquet, Arrow, JSON lines and data frames, and the real files."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from segscope.engine import DuckDBEngine, rows
from segscope.errors import DataError, SourceError
from segscope.intake import ROW, ReadOptions, read, read_frame, read_text

from .conftest import Reader

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DAY = 41_507  # 21 August 2013, as workbooks count


class Day(float):
    """A date as a workbook holds it."""


def workbook(**sheets: Sequence[Sequence[Any]]) -> bytes:
    """The least that is a workbook."""

    def relation(name: str, kind: str, target: str) -> str:
        return f'<Relationship Id="{name}" Type="{RELATION}/{kind}" Target="{target}"/>'

    def cell(place: str, value: Any) -> str:
        if isinstance(value, bool):
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        if isinstance(value, int | float):
            return f'<c r="{place}" s="{int(isinstance(value, Day))}"><v>{float(value)!r}</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value is not None else ""

    def sheet(content: Sequence[Sequence[Any]]) -> str:
        lines = "".join(
            f'<row r="{r}">' + "".join(cell(f"{chr(65 + c)}{r}", v) for c, v in enumerate(line)) + "</row>"
            for r, line in enumerate(content, start=1)
        )
        return f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData></worksheet>'

    titles = list(sheets)
    entries = "".join(f'<sheet name="{t}" sheetId="{i}" r:id="r{i}"/>' for i, t in enumerate(titles, start=1))
    links = "".join(relation(f"r{i}", "worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(titles) + 1))
    book = relation("r1", "officeDocument", "xl/workbook.xml")
    links += relation("r99", "styles", "styles.xml")
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{book}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets>{entries}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>',
        **{f"xl/worksheets/sheet{i}.xml": sheet(content) for i, content in enumerate(sheets.values(), start=1)},
    }  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


CUSTOMERS: list[list[Any]] = [
    ["Report of customers"],
    [None],
    ["id", "joined", "spent", "vip", "name"],
    [1, Day(DAY), 1.5, True, "Ann"],
    [2, Day(DAY + 1), 2, False, None],
    [3, None, 1e-7, True, "Zoë"],
]


def test_the_largest_sheet_is_read_unless_told(read_typed: Reader) -> None:
    data = workbook(Notes=[["a", "b"], [1, 2]], Customers=CUSTOMERS)
    found = read_typed(data, name="book.xlsx")
    assert (found.report.format, found.report.sheet, found.report.rows) == ("excel", "Customers", 3)
    assert [c.kind for c in found.report.columns] == ["integer", "date", "number", "boolean", "text"]
    assert found.rows[0] == (1, date(2013, 8, 21), 1.5, True, "Ann")
    assert found.rows[2] == (3, None, 1e-7, True, "Zoë")
    assert found.repaired() == {"lines before the table set aside": 1}
    assert read_typed(data, sheet="Notes").rows == ((1, 2),)
    with pytest.raises(SourceError, match="Did you mean Notes"):
        read_typed(data, sheet="notes")
    with pytest.raises(DataError, match="empty"):
        read_typed(workbook(A=[], B=[]))


def test_json_lines_and_arrays(read_texts: Reader, read_typed: Reader) -> None:
    found = read_texts('{"id": 1, "a": {"b": [1, 2.50]}, "c": null}\n{"id": "02", "d": true}\nrubbish\n')
    assert found.names == ("id", "a", "c", "d")
    assert found.rows == (("1", '{"b": [1, 2.50]}', "", ""), ("02", "", "", "true"))
    assert found.repaired() == {"lines that are no JSON objects set aside": 1}
    typed = read_typed('[{"id": 1, "since": "2020-01-31"}, {"id": 2, "since": null}]')
    assert typed.rows == ((1, date(2020, 1, 31)), (2, None))


def frame() -> pa.Table:
    return pa.table(
        {
            "id": pa.array([1, 2, 3], pa.uint16()),
            "ID": pa.array([Decimal("1.50"), None, Decimal("2.25")]),
            "x": pa.array([1.5, float("nan"), float("inf")]),
            "day": pa.array([date(2020, 1, 31), None, date(2021, 1, 31)]),
            "at": pa.array([datetime(2020, 1, 31, 12, tzinfo=UTC), None, None], pa.timestamp("ns", "Europe/Berlin")),
            "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
            "tags": pa.array([["p", "q"], None, []]),
            "ok": pa.array([True, False, None]),
            "name": pa.array(["", "Zoë", "x"], pa.large_string()),
            "none": pa.nulls(3),
        }
    )


def write(kind: str, path: Path) -> Path:
    if kind == "parquet":
        pq.write_table(frame(), path)
    elif kind == "folder":
        path.mkdir()
        pq.write_table(frame().slice(0, 2), path / "a.parquet")
        pq.write_table(frame().slice(2), path / "b.parquet")
    elif kind == "stream":
        with pa.ipc.new_stream(path, frame().schema) as out:
            out.write_table(frame())
    else:
        pyarrow.feather.write_feather(frame(), path, compression="uncompressed")
    return path


@pytest.mark.parametrize("kind", ["parquet", "folder", "feather", "stream", "frame"])
def test_types_that_a_source_brings_are_kept(kind: str, engine: DuckDBEngine, tmp_path: Path) -> None:
    table, report = read_frame(frame(), engine) if kind == "frame" else read(write(kind, tmp_path / "any.csv"), engine)
    kinds = {c.name: (c.kind, c.blanks, c.unreadable) for c in report.columns}
    assert kinds == {
        "id": ("integer", 0, 0), "ID_2": ("number", 1, 0), "x": ("number", 1, 1), "day": ("date", 1, 0),
        "at": ("datetime", 2, 0), "kind": ("text", 0, 0), "tags": ("text", 1, 0), "ok": ("boolean", 1, 0),
        "name": ("text", 1, 0), "none": ("text", 3, 0),
    }  # fmt: skip
    assert report.column("tags").note == "nested values kept as JSON"
    first = rows(engine, table.order_by(ROW))[0]
    assert first == {
        ROW: 0, "id": 1, "ID_2": 1.5, "x": 1.5, "day": date(2020, 1, 31), "at": datetime(2020, 1, 31, 13), "kind": "a",
        "tags": '["p", "q"]', "ok": True, "name": None, "none": None,
    }  # fmt: skip


def test_frames_of_pandas_and_polars(engine: DuckDBEngine) -> None:
    pandas = pytest.importorskip("pandas")
    for table, report in (
        read_frame(pl.DataFrame({"id": [1, 2], "name": ["Ann", None]}), engine),
        read_frame(pandas.DataFrame({"id": [1, 2], "name": ["Ann", None]}), engine),
    ):
        assert [(c.name, c.kind, c.blanks) for c in report.columns] == [("id", "integer", 0), ("name", "text", 1)]
        assert len(engine.fetch(table)) == 2
    with pytest.raises(SourceError, match="pandas, Polars or Arrow"):
        read_frame([1, 2], engine)
    with pytest.raises(DataError, match="no customers"):
        read_frame(pl.DataFrame({"id": []}), engine)


def test_parquet_as_texts(engine: DuckDBEngine, tmp_path: Path) -> None:
    table, _ = read_text(write("parquet", tmp_path / "a.parquet"), engine)
    assert set(map(str, table.schema().types)) == {"string"}
    assert engine.fetch(table.x).to_pylist() == [{"x": "1.5"}, {"x": ""}, {"x": ""}]


def test_records_keep_their_places(read_typed: Reader, engine: DuckDBEngine) -> None:
    lines = "".join(f"{i},{i % 7}\n" for i in range(300_000))  # large enough for the engine's own reader
    found_rows = read_typed("id,x\n" + lines).column("id")
    assert found_rows == list(range(300_000))


def test_the_report_names_no_folder(engine: DuckDBEngine, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,x\n1,2\n")
    one, other = (read(file, engine, name=name)[1] for name in ("a", "b"))
    assert one == other
    assert str(tmp_path) not in repr(one)


@pytest.mark.real
def test_the_marketing_campaign(engine: DuckDBEngine, real_data: Path) -> None:
    table, report = read(real_data / "marketing_campaign.csv", engine)
    kinds = {c.name: c.kind for c in report.columns}
    words = {"Education": "text", "Marital_Status": "text", "Dt_Customer": "date"}
    assert (report.rows, len(kinds), report.delimiter, report.repairs) == (2240, 29, "\t", ())
    assert {name: kind for name, kind in kinds.items() if kind != "integer"} == words
    assert report.column("Income").blanks == 24
    assert sum(c.blanks + c.unreadable for c in report.columns) == 24
    assert "day first" in report.column("Dt_Customer").note
    first = rows(engine, table.filter(table[ROW] == 0))[0]
    assert (first["ID"], first["Dt_Customer"]) == (5524, date(2012, 9, 4))


@pytest.mark.real
def test_the_cdnow_sample(engine: DuckDBEngine, real_data: Path) -> None:
    table, report = read(real_data / "cdnow_sample.txt", engine)
    assert (report.rows, report.delimiter, report.header_rows) == (6919, "spaces", 0)
    assert [c.name for c in report.columns] == [f"column_{i}" for i in range(1, 6)]
    assert [c.kind for c in report.columns] == ["text", "text", "date", "integer", "number"]
    total = rows(engine, table.aggregate(n=table.column_5.sum().round(2), last=table.column_3.max()))[0]
    assert total["last"] == date(1998, 6, 30)


def test_options_do_not_change_when_replaced() -> None:
    assert replace(ReadOptions(), delimiter=";") == ReadOptions(delimiter=";")
    assert hash(ReadOptions(types=(("a", "text"),)))
