"""What cannot be read is refused in a sentence that names the file and says what to do; nothing else is raised."""

import csv
import gzip
import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segscope.engine import DuckDBEngine
from segscope.errors import DataError, SegscopeError, SourceError
from segscope.intake import read, read_text, survey

from .conftest import Reader
from .pollutions import CUSTOMERS, POLLUTIONS, SHOP


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("a.csv", "a,b\n1,2\n")
        packed.writestr("b.csv", "a,b\n3,4\n")
    return out.getvalue()


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", SourceError, "is empty"),
        (b"\n\n  \n", SourceError, "is empty"),
        (b"\xef\xbb\xbf", SourceError, "is empty"),
        (b"\0" * 50, SourceError, "binary"),
        (b"id,name\n", DataError, "a header but no customers"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), SourceError, "PNG picture"),
        (bytes((i * 7919) % 251 for i in range(5000)), SourceError, "binary"),
        (b"%PDF-1.7 ...", SourceError, "PDF"),
        (gzip.compress(b"id,name\n" + b"1,Ann\n" * 9999)[:-20], SourceError, "truncated gzip"),
        (b"\x1f\x8b\x08abc", SourceError, "truncated gzip"),
        (b"\x28\xb5\x2f\xfdabc", SourceError, "truncated zstd"),
        (archive(), SourceError, "ZIP archive of 2 files: a.csv, b.csv"),
        (archive()[:-30], SourceError, "truncated archive"),
        (parquet()[:-20], SourceError, "foreign Parquet"),
        (b"ARROW1abc", SourceError, "foreign Arrow"),
        (b"\xd0\xcf\x11\xe0abc", SourceError, "workbook"),
        (b"SQLite format 3\0abc", SourceError, "SQLite"),
        (b'[{"id": 1}, {"id"', SourceError, "JSON array"),
        (b",".join(b"c%d" % i for i in range(10_001)) + b"\n", SourceError, "10,001 columns"),
    ],
)  # fmt: skip
def test_refusals(data: bytes, error: type[SegscopeError], words: str, read_typed: Reader) -> None:
    with pytest.raises(error, match=words) as caught:
        read_typed(data, name="my file.csv")
    text = str(caught.value)
    assert text.startswith("my file.csv")
    assert text.endswith(".")
    assert "\n" not in text
    assert "/" not in text


def test_a_missing_file_offers_its_neighbours(engine: DuckDBEngine, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("a\n1\n")
    with pytest.raises(SourceError, match=r"^There is no file custmers\.csv\. Did you mean customers\.csv\?$"):
        read(tmp_path / "custmers.csv", engine)
    with pytest.raises(SourceError, match="is a folder without Parquet files"):
        read(tmp_path, engine)


def test_a_line_without_end_is_refused(read_typed: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "MAX_LINE_BYTES", 10**6)
    with pytest.raises(SourceError, match="a line of more than 1 MB"):
        read_typed(b"a,b\n" + b"x" * (5 * 10**6))


def test_an_archive_that_unfolds_without_end_is_refused(read_typed: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "BOMB_BYTES", 2**20)
    with pytest.raises(SourceError, match="unfolds to more than 200 times"):
        read_typed(gzip.compress(b"a,b\n" * 10_000_000, 9))


def test_an_unknown_encoding_is_refused(read_typed: Reader) -> None:
    for name in ("utf-99", "base64", "\0"):
        with pytest.raises(SourceError, match="encoding"):
            read_typed(b"a,b\n1,2\n", encoding=name)


def test_wide_and_long_cells_are_fine(read_typed: Reader) -> None:
    wide = ",".join(f"c{i}" for i in range(300)) + "\n" + ",".join("1" for _ in range(300)) + "\n"
    assert len(read_typed(wide).names) == 300
    assert read_typed("a,b\n1," + "x" * 3_000_000 + "\n").rows[0] == (1, "x" * 3_000_000)


SEEDS = [POLLUTIONS[way](CUSTOMERS).data() for way in ("as it is", "UTF-16 LE", "backslash", "gzip", "CRLF")]
SEEDS += [SHOP.data(), parquet(), archive(), b'{"a": 1}\n{"b": [1, {"c": 2}]}\n']
EDITS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 20),
        st.one_of(st.binary(max_size=6), st.sampled_from([b'"', b"'", b",", b"\n", b"\r", b"\0", b"\\", b"\xff\xfe"])),
    ),
    max_size=5,
)  # fmt: skip


def check(data: bytes, engine: DuckDBEngine, folder: Path) -> None:
    file = folder / "any.csv"
    file.write_bytes(data)
    for reader in (read, read_text):
        try:
            table, report = reader(file, engine)
        except SegscopeError as refusal:
            assert str(refusal).endswith((".", "?"))
        else:
            assert len(engine.fetch(table)) == report.rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=120).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_are_read_or_refused(data: bytes, engine: DuckDBEngine, tmp_path: Path) -> None:
    check(data, engine, tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.sampled_from(SEEDS), edits=EDITS)
def test_any_damage_is_read_or_refused(
    seed: bytes, edits: list[tuple[float, int, bytes]], engine: DuckDBEngine, tmp_path: Path
) -> None:
    data = bytearray(seed)
    for place, removed, added in edits:
        at = int(place * len(data))
        data[at : at + removed] = added
    check(bytes(data), engine, tmp_path)


TEXT_CELLS = st.text(alphabet=st.sampled_from("abcXYZ019 äé,;|\t\"'\n\r\\.:-"), max_size=8).map(str.strip)

ROWS = st.tuples(st.integers(0, 999), TEXT_CELLS, st.floats(0, 99).map(lambda x: round(x, 2)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 999), TEXT_CELLS, st.floats(0, 99).map(lambda x: round(x, 2))), min_size=2, max_size=8
    ),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_a_spreadsheet_writes_comes_back(
    rows: list[tuple[int, str, float]], delimiter: str, engine: DuckDBEngine, tmp_path: Path
) -> None:
    file = tmp_path / "any.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerows([("id", "remark", "sum"), *rows])
    table, _ = read_text(file, engine)
    found = [tuple(row.values()) for row in engine.fetch(table).to_pylist()]
    assert found == [(str(number), text, str(value)) for number, text, value in rows]
