"""One clean table, one spoiled place: each file gives what a careful person would read in it."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from segscope.converting import convert
from segscope.engine import DuckDBEngine
from segscope.intake import read_text

from .conftest import Found, Reader

HEAD = ("DATE", "TIME", "Qty", "PRODUCTID", "Price", "URL", "Comments")
ROWS = tuple(
    (
        f"{i % 12 + 1:02d}/{i + 1:02d}/2020",
        f"{i:02d}:{i * 7 % 60:02d}:00",
        str(i % 5 + 1),
        f"P-{100 + i}",
        f"{i * 3.7 + 0.99:.2f}",
        f"https://shop.example/p?id={i}&r=a",
        ("", "fine", 'late, but "ok"')[i % 3],
    )
    for i in range(20)
)
PLACES = [0, 1, 3, 19, 20]


def line(cells: Sequence[str], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow(cells)
    return out.getvalue()


def spoiled(place: int, text: str, end: str = "\n") -> bytes:
    lines = [line(HEAD), *map(line, ROWS)]
    lines[place] = text
    return "".join(x + (end if i == place else "\n") for i, x in enumerate(lines)).encode()


def is_clean(found: Found) -> bool:
    return (found.header, found.rows) == (HEAD, ROWS)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("place", PLACES)
def test_one_record_in_another_delimiter(place: int, delimiter: str, read_texts: Reader) -> None:
    found = read_texts(spoiled(place, line((HEAD, *ROWS)[place], delimiter)))
    assert is_clean(found)
    assert found.repaired() == {"records in another delimiter split by it": 1}


@pytest.mark.parametrize("at", [0, 1, 3, 4, 7])
@pytest.mark.parametrize("place", PLACES)
def test_one_delimiter_too_many(place: int, at: int, read_texts: Reader) -> None:
    cells = list((HEAD, *ROWS)[place])
    assert is_clean(read_texts(spoiled(place, line([*cells[:at], "", *cells[at:]]))))


@pytest.mark.parametrize("end", ["\r", "\r\n", "\r\r\n"])
@pytest.mark.parametrize("place", PLACES)
def test_one_line_that_ends_otherwise(place: int, end: str, read_texts: Reader) -> None:
    assert is_clean(read_texts(spoiled(place, line((HEAD, *ROWS)[place]), end)))


@pytest.mark.parametrize("place", PLACES)
def test_one_record_in_quotes_throughout(place: int, read_texts: Reader) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="").writerow((HEAD, *ROWS)[place])
    assert is_clean(read_texts(spoiled(place, out.getvalue())))


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r\n"])
@pytest.mark.parametrize("rows", [0, 1, 2, 20])
def test_any_number_of_records_is_converted_under_their_names(rows: int, end: str, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("\n".join([line(HEAD), *map(line, ROWS[:rows])]) + end, newline="")
    count, _ = convert(source, target, as_text=True)
    with target.open(newline="", encoding="utf-8-sig") as file:
        assert [tuple(record) for record in csv.reader(file)] == [HEAD, *ROWS[:rows]]
    assert count == rows


def test_words_in_capitals_are_names_and_not_values(read_texts: Reader) -> None:
    assert read_texts("URL,SKU,EUR\n").header == ("URL", "SKU", "EUR")


@pytest.mark.parametrize("quote", ["'", "`"])
def test_quotes_of_other_kinds(quote: str, read_texts: Reader) -> None:
    data = "\n".join(
        ",".join(quote + c.replace(quote, quote * 2) + quote if "," in c else c for c in row) for row in (HEAD, *ROWS)
    )
    assert is_clean(read_texts(data))


def test_a_sign_that_escapes_in_quoted_cells_stands_for_itself_in_addresses(read_texts: Reader) -> None:
    data = "\n".join(
        ",".join('"' + c.replace('"', '/"') + '"' if "," in c else c for c in row) for row in (HEAD, *ROWS)
    )
    assert is_clean(read_texts(data))


WORD = st.text(alphabet="abcdefgh XYZäé,;|'\".:/-", min_size=1, max_size=9).map(str.strip)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.integers(0, 999), WORD, st.floats(0, 99).map("{:.2f}".format)), min_size=4, max_size=9),
    delimiter=st.sampled_from([",", ";", "\t", "|", "^", "~"]),
    quote=st.sampled_from(['"', "'"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_table_in_any_dialect_comes_back(
    rows: list[tuple[int, str, str]],
    delimiter: str,
    quote: str,
    end: str,
    encoding: str,
    engine: DuckDBEngine,
    tmp_path: Path,
) -> None:
    assume(all(text for _, text, _ in rows))
    table = [(str(number), text, price) for number, text, price in rows]
    file = tmp_path / "any.csv"
    with file.open("w", newline="", encoding=encoding) as out:
        writer = csv.writer(out, delimiter=delimiter, quotechar=quote, lineterminator=end, quoting=csv.QUOTE_ALL)
        writer.writerows([("id", "remark", "price"), *table])
    stored, report = read_text(file, engine)
    assert [c.found_name for c in report.columns] == ["id", "remark", "price"]
    assert [tuple(row.values()) for row in engine.fetch(stored).to_pylist()] == table
