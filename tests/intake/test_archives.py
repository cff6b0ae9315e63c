"""Packed files: compressed texts, the one table in a ZIP archive, and packed files of other formats."""

import bz2
import gzip
import io
import lzma
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segscope.engine import DuckDBEngine
from segscope.errors import SegscopeError, SourceError
from segscope.intake import archives, read, read_text, survey

from .conftest import Reader
from .test_formats import CUSTOMERS, workbook

TEXT = "id;city;spent\n1;Köln;1,5\n2;Bonn;2,5\n".encode()
JSON = '{"id": 1, "city": "Köln", "spent": 1.5}\n{"id": 2, "city": "Bonn", "spent": 2.5}\n'.encode()
ROWS = ((1, "Köln", 1.5), (2, "Bonn", 2.5))


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"id": [1, 2], "city": ["Köln", "Bonn"], "spent": [1.5, 2.5]}), out)
    return out.getvalue()


def sqlite() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE customers AS SELECT 1 AS id, 'Köln' AS city, 1.5 AS spent")
    connection.execute("INSERT INTO customers VALUES (2, 'Bonn', 2.5)")
    connection.commit()
    return connection.serialize()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda data: zipped(("customers.csv", data)),
}


@pytest.mark.parametrize("packing", sorted(PACKERS))
@pytest.mark.parametrize(
    ("data", "format", "source"),
    [
        (TEXT, "delimited text", "my file.csv"),
        (JSON, "json lines", "my file.csv"),
        (parquet(), "parquet", "my file.csv"),
        (workbook(A=[["id", "city", "spent"], [1, "Köln", 1.5], [2, "Bonn", 2.5]]), "excel", "my file.csv"),
        (sqlite(), "sqlite", "customers in my file.csv"),
    ],
    ids=["text", "json", "parquet", "workbook", "sqlite"],
)  # fmt: skip
def test_what_is_packed_is_read_as_if_it_were_not(
    packing: str, data: bytes, format: str, source: str, read_typed: Reader
) -> None:
    found = read_typed(PACKERS[packing](data), name="my file.csv")
    assert found.rows == ROWS
    assert (found.report.source, found.report.format, found.report.compression) == (source, format, packing)


def test_a_zip_archive_may_hold_litter_and_a_packed_text(read_typed: Reader) -> None:
    litter = (("customers/", b""), ("__MACOSX/customers/._a.csv", b"x"), ("customers/.DS_Store", b"x"))
    found = read_typed(zipped(*litter, ("../../customers/a.csv.gz", gzip.compress(TEXT))))
    assert (found.rows, found.report.compression) == (ROWS, "zip")


def test_ways_to_pack(read_typed: Reader) -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert read_typed(zipped(("a.csv", TEXT), method=method)).rows == ROWS
    assert read_typed(bz2.compress(TEXT[:20]) + bz2.compress(TEXT[20:])).rows == ROWS
    assert read_typed(lzma.compress(TEXT[:20]) + lzma.compress(TEXT[20:])).rows == ROWS


def test_packed_texts_stand_as_they_are(read_texts: Reader) -> None:
    for pack in PACKERS.values():
        assert read_texts(pack(TEXT)).rows == (("1", "Köln", "1,5"), ("2", "Bonn", "2,5"))
        assert read_texts(pack(parquet())).rows == (("1", "Köln", "1.5"), ("2", "Bonn", "2.5"))


def test_a_workbook_is_no_archive(read_typed: Reader) -> None:
    found = read_typed(workbook(Customers=CUSTOMERS), name="book.zip")
    assert (found.report.format, found.report.sheet, found.report.compression) == ("excel", "Customers", "")


def with_password() -> bytes:
    """An archive whose member says that it is encrypted."""
    data = bytearray(zipped(("a.csv", TEXT)))
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    return bytes(data)


LONG = b"id,name\n" + b"".join(b"%d,name %d\n" % (i, i * i) for i in range(9999))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (zipped(("a.csv", TEXT), ("b\n\x1b[31m.csv", TEXT)), "ZIP archive of 2 files: a.csv, b  [31m.csv. Unpack"),
        (zipped(*((f"{i}.csv", TEXT) for i in range(2000))), "of 2,000 files"),
        (zipped(), "without files"),
        (zipped(("folder/", b"")), "without files"),
        (with_password(), "with a password"),
        (zipped(("inner.zip", zipped(("a.csv", TEXT)))), "an archive in an archive"),
        (gzip.compress(zipped(("a.csv", TEXT))), "an archive in an archive"),
        (zipped(("a.parquet.gz", gzip.compress(parquet()))), "packed twice"),
        (zipped(("a.csv", b"")), "is empty"),
        (zipped(("a.png", b"\x89PNG\r\n")), "a PNG picture"),
        (zipped(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w/>")), "an office document"),
        (zipped(("a.csv", LONG))[:-30], "truncated archive"),
        (zipped(("a.csv", LONG))[:200] + b"\0" * 50 + zipped(("a.csv", LONG))[250:], "damaged"),
        (bz2.compress(LONG)[:-20], "truncated bzip2 archive"),
        (bz2.compress(LONG)[:200] + b"\0" * 50 + bz2.compress(LONG)[250:], "truncated bzip2 archive"),
        (lzma.compress(LONG)[:-20], "truncated xz archive"),
        (lzma.compress(LONG)[:200] + b"\0" * 50 + lzma.compress(LONG)[250:], "truncated xz archive"),
        (bz2.compress(parquet())[:-20], "truncated bzip2 archive"),
    ],
)  # fmt: skip
def test_packed_files_that_cannot_be_read(data: bytes, words: str, read_typed: Reader) -> None:
    with pytest.raises(SourceError, match=words.replace("[", r"\[")) as caught:
        read_typed(data, name="my file.csv")
    text = str(caught.value)
    assert text.startswith("my file.csv")
    assert text.endswith(".")
    assert text.isprintable()
    assert "unpacked" not in text


def test_what_unfolds_without_end_is_refused(read_typed: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "BOMB_BYTES", 2**20)
    monkeypatch.setattr(archives, "BOMB_BYTES", 2**20)
    bomb = b"a,b\n" * 2_000_000
    for data in (bz2.compress(bomb), lzma.compress(bomb), zipped(("a.csv", bomb)), gzip.compress(b"PAR1" + bomb)):
        with pytest.raises(SourceError, match="unfolds to more than 200 times"):
            read_typed(data)


def test_nothing_is_left_behind(read_typed: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    read_typed(zipped(("a.csv", TEXT)))
    with pytest.raises(SourceError):
        read_typed(zipped(("a.png", b"\x89PNG\r\n")))
    assert list(place.iterdir()) == []


SEEDS = [pack(data) for pack in PACKERS.values() for data in (TEXT, parquet(), sqlite())] + [sqlite()]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 20), st.binary(max_size=6)), max_size=4),
)
def test_any_damage_of_a_packed_file_is_read_or_refused(
    seed: bytes, edits: list[tuple[float, int, bytes]], engine: DuckDBEngine, tmp_path: Path
) -> None:
    data = bytearray(seed)
    for place, removed, added in edits:
        at = int(place * len(data))
        data[at : at + removed] = added
    file = tmp_path / "any.csv"
    file.write_bytes(data)
    for reader in (read, read_text):
        try:
            table, report = reader(file, engine)
        except SegscopeError as refusal:
            assert str(refusal).endswith((".", "?"))
        else:
            assert len(engine.fetch(table)) == report.rows
