"""A spoiled file gives back the table it was made from: each way of spoiling alone, and every two together."""

from itertools import combinations

import pytest

from segscope.intake import delimited

from .conftest import Reader
from .pollutions import POLLUTIONS, TABLES, Spoiled, changed, expected

# Two ways that leave a table in doubt, even to a person: words without a header above them may be names, and a
# sentence is as good a record as any where blanks delimit.
DOUBTFUL = {
    frozenset({"no header", "one customer"}): {"words"},
    frozenset({"no header", "two customers"}): {"words"},
    frozenset({"a line after", "mixed line ends"}): {"words"},
    frozenset({"one space", "a line after"}): {"numbers", "words"},
    frozenset({"one space", "one line before"}): set(TABLES),
    frozenset({"one space", "lines and a blank one before"}): set(TABLES),
}


def differences(table: Spoiled, read_texts: Reader) -> str:
    try:
        data = table.data()
    except UnicodeEncodeError:
        return ""  # this encoding cannot hold this table
    header, rows = expected(table)
    found = read_texts(data)
    if found.rows != rows:
        return f"records {found.rows}"
    if header is None:
        return "" if found.report.header_rows == 0 else f"a header {found.header}"
    return "" if found.header == tuple(header) else f"header {found.header}"


@pytest.mark.parametrize("strict_from", [0, 2**62], ids=["engine's reader", "tolerant reader"])
@pytest.mark.parametrize("way", POLLUTIONS)
@pytest.mark.parametrize("name", TABLES)
def test_each_way(name: str, way: str, strict_from: int, read_texts: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "STRICT_FROM_BYTES", strict_from)
    assert differences(POLLUTIONS[way](TABLES[name]), read_texts) == ""


@pytest.mark.parametrize(("name", "step"), [("customers", 1), ("shop", 5), ("numbers", 5), ("words", 5)])
def test_every_two_ways(name: str, step: int, read_texts: Reader) -> None:
    table = TABLES[name]
    wrong = {}
    for first, second in list(combinations(POLLUTIONS, 2))[::step]:
        if changed(first, table) & changed(second, table) or name in DOUBTFUL.get(frozenset({first, second}), ()):
            continue
        difference = differences(POLLUTIONS[second](POLLUTIONS[first](table)), read_texts)
        if difference:
            wrong[first, second] = difference
    assert wrong == {}
