"""A look at the first records: what is seen is what is read, and trying another way costs nothing."""

from pathlib import Path

import duckdb
import pytest

from segscope.errors import SegscopeError
from segscope.intake import ReadOptions
from segscope.intake.preview import preview, tables_of

from .conftest import Reader

SEMICOLON = "A report\n\nid;spent;town\n1;1,50;Köln\n2;20,00;Bonn\n3;7,25\n"


def file_of(folder: Path, data: bytes, name: str = "customers.csv") -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


def test_what_is_seen_is_what_is_read(tmp_path: Path, read_texts: Reader) -> None:
    found = preview(file_of(tmp_path, SEMICOLON.encode()), ReadOptions())
    assert found is not None
    read = read_texts(SEMICOLON)
    assert found.names == read.names
    assert found.rows == read.rows
    assert (found.before, found.ragged) == (("A report",), 1)


def test_another_encoding_and_another_header_are_tried(tmp_path: Path) -> None:
    file = file_of(tmp_path, SEMICOLON.encode("cp1252"))
    found = preview(file, ReadOptions(encoding="cp1252", skip_rows=2, header_rows=0))
    assert found is not None
    assert found.names == ("column_1", "column_2", "column_3")
    assert found.rows[1] == ("1", "1,50", "Köln")


def test_a_line_that_may_be_cut_is_not_shown(tmp_path: Path) -> None:
    found = preview(file_of(tmp_path, b"id,name\n" + b"1,abcdefgh\n" * 20_000), ReadOptions(), rows=100_000)
    assert found is not None
    assert found.ragged == 0


def test_sources_of_another_kind_have_no_preview(tmp_path: Path) -> None:
    assert preview("postgresql://localhost/shop", ReadOptions()) is None
    assert preview(file_of(tmp_path, b"PAR1" + b"x" * 90, "a.parquet"), ReadOptions()) is None


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SegscopeError, match="no encoding 'nonsense'"):
        preview(file_of(tmp_path, SEMICOLON.encode()), ReadOptions(encoding="nonsense"))


def test_the_tables_of_a_duckdb_file_are_listed(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as shop:
        shop.execute("CREATE TABLE customers (id INTEGER); CREATE VIEW regulars AS FROM customers")
    assert set(tables_of(tmp_path / "shop.duckdb")) == {"customers", "regulars"}
    assert tables_of(file_of(tmp_path, SEMICOLON.encode())) == ()
