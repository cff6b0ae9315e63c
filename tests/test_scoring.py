"""Scoring files: every row in its place, every cell as it stood, three columns more."""

import csv
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segscope.converting import convert
from segscope.errors import ColumnError, MissingColumnsError, SegscopeError, SourceError
from segscope.scoring import free_names, score_file
from segscope.segmentation import Segmentation
from segscope.study import read_card, read_fit

APPENDED = ["segment", "segment_probability", "second_segment"]


@pytest.fixture(scope="module")
def model(shop: Path) -> Segmentation:
    return read_fit(shop, read_card(shop)).segmentation


def scored(model: Segmentation, tmp_path: Path, text: str, name: str = "in.csv") -> list[list[str]]:
    (tmp_path / name).write_bytes(text.encode("utf-8"))
    score_file(model, tmp_path / name, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


RICH = "01.02.2023;21;950,50"
POOR = "01.02.2023;3;25,50"


def test_cells_stand_as_they_stood_and_rows_where_they_were(model: Segmentation, tmp_path: Path) -> None:
    lines = [
        f'007;{RICH};"a ""q"" b"',
        f"7;{POOR}; padded ",
        f'007;{RICH};"semi;colon"',
        f"x;{POOR};NULL",
        f";{RICH};n/a",
    ]
    found = scored(model, tmp_path, "customer_id;first_order;orders;spend;note\n" + "\n".join(lines) + "\n")
    assert found[0] == ["customer_id", "first_order", "orders", "spend", "note", *APPENDED]
    assert [row[0] for row in found[1:]] == ["007", "7", "007", "x", ""]
    assert [row[3] for row in found[1:]] == ["950,50", "25,50", "950,50", "25,50", "950,50"]
    assert [row[4] for row in found[1:]] == ['a "q" b', " padded ", "semi;colon", "NULL", "n/a"]
    names = [s.name for s in model.segments]
    assert [row[5] for row in found[1:]] == [names[0], names[1], names[0], names[1], names[0]]
    assert all(0.5 < float(row[6]) <= 1 for row in found[1:])
    assert [row[7] for row in found[1:]] == [names[1], names[0], names[1], names[0], names[1]]


def test_names_of_columns_stand_as_they_stood(model: Segmentation, tmp_path: Path) -> None:
    found = scored(
        model, tmp_path, f"customer_id;first_order;orders;spend; Odd  Name ;__x;ODD\n1;{RICH};a;b;c\n2;{POOR};a;b;c\n"
    )
    assert found[0][4:] == [" Odd  Name ", "__x", "ODD", *APPENDED]


def test_a_source_that_has_a_segment_keeps_it(model: Segmentation, tmp_path: Path) -> None:
    found = scored(model, tmp_path, f"customer_id;first_order;orders;spend;Segment\n1;{RICH};gold\n2;{POOR};tin\n")
    assert found[0][4:] == ["Segment", "segment_2", "segment_probability", "second_segment"]
    assert [row[4] for row in found[1:]] == ["gold", "tin"]


def test_formulas_in_the_source_are_disarmed(model: Segmentation, tmp_path: Path) -> None:
    found = scored(model, tmp_path, f"customer_id;first_order;orders;spend;note\n1;{RICH};=1+1\n2;{POOR};-5\n")
    assert [row[4] for row in found[1:]] == ["'=1+1", "-5"]


def test_columns_that_no_feature_rests_on_may_be_missing(model: Segmentation, tmp_path: Path) -> None:
    assert "age" not in model.needed
    assert len(scored(model, tmp_path, f"first_order;orders;spend\n{RICH}\n{POOR}\n")) == 3


def test_unknown_values_do_not_keep_a_customer_from_being_placed(model: Segmentation, tmp_path: Path) -> None:
    found = scored(model, tmp_path, f"first_order;orders;spend\n{RICH}\n;;\n01.02.2023;;25,50\n")
    assert all(row[3] in {s.name for s in model.segments} for row in found[1:])


def test_a_whole_column_of_blanks_is_unknown_and_not_wrong(model: Segmentation, tmp_path: Path) -> None:
    found = scored(model, tmp_path, "customer_id;first_order;orders;spend\n1;;;950,50\n2;;;25,50\n")
    assert all(row[4] in {s.name for s in model.segments} and row[1:3] == ["", ""] for row in found[1:])


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_cells_that_are_no_numbers_are_counted_and_shown_with_their_rows(
    model: Segmentation, tmp_path: Path, suffix: str
) -> None:
    lines = [f"{i};{RICH}" for i in range(1, 31)]
    for row, cell in ((4, "a lot"), (9, "-,-"), (30, "unknown amount")):
        lines[row - 1] = lines[row - 1].replace("950,50", cell)
    (tmp_path / "in.csv").write_text("\n".join(["customer_id;first_order;orders;spend", *lines]), encoding="utf-8")
    with pytest.raises(ColumnError) as refused:
        score_file(model, tmp_path / "in.csv", tmp_path / f"out.{suffix}")
    assert str(refused.value) == (
        "The column 'spend' of in.csv must hold numbers, as it did when the study was fitted. 3 of its 30 values are "
        "none, such as “a lot” (row 4) and “-,-” (row 9). Correct such cells or leave them blank, and score the file "
        "again."
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("customer_id;first_order;orders\n1;01.02.2023;3\n", "in.csv lacks the column 'spend'"),
        ("customer_id;first_order;orders;spent\n1;01.02.2023;3;4\n", "lacks the column 'spend'. Did you mean spent"),
        (
            f"customer_id;first_order;orders;spend\n1;{RICH.replace('950,50', 'a lot')}\n",
            "'spend' of in.csv must hold numbers",
        ),
        ("customer_id;first_order;orders;spend\n1;soon;3;4\n", "'first_order' of in.csv must hold dates"),
        ("customer_id;first_order;orders;spend\n", "no customers"),
        ("", "is empty"),
    ],
)
def test_what_cannot_be_scored_is_refused_and_nothing_is_written(
    model: Segmentation, tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(SegscopeError, match=complaint):
        scored(model, tmp_path, text)
    assert [p.name for p in tmp_path.iterdir()] == ["in.csv"]


def test_parquet_goes_in_and_out(model: Segmentation, tmp_path: Path) -> None:
    table = pa.table({"first_order": [None, None], "orders": [21, 3], "spend": [950.5, 25.5], "tags": [["a"], []]})
    table = table.set_column(0, "first_order", pa.array(["2023-02-01", "2023-02-01"]).cast(pa.date32()))
    pq.write_table(table, tmp_path / "in.parquet")
    assert score_file(model, tmp_path / "in.parquet", tmp_path / "out.parquet").rows == 2
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.column_names == ["first_order", "orders", "spend", "tags", *APPENDED]
    assert found["segment"].to_pylist() == [s.name for s in model.segments]
    assert found["orders"].type == pa.int64()


def test_a_file_may_be_scored_onto_itself(model: Segmentation, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(f"first_order;orders;spend\n{RICH}\n{POOR}\n", encoding="utf-8")
    assert score_file(model, path, path).rows == 2
    assert path.read_text(encoding="utf-8").splitlines()[0].endswith('"second_segment"')


def test_the_place_to_write_is_checked_before_any_work(model: Segmentation, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="There is no folder"):
        score_file(model, tmp_path / "not there.csv", tmp_path / "nowhere" / "out.csv")


def test_the_study_places_its_own_customers_as_it_did(model: Segmentation, shop_file: Path, tmp_path: Path) -> None:
    score_file(model, shop_file, tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet")["segment"].to_pylist()
    assert [found.count(s.name) for s in model.segments] == [s.size for s in model.segments]


def test_appended_names_are_free_in_any_case() -> None:
    assert free_names(["SEGMENT", "segment_2"]) == ("segment_3", "segment_probability", "second_segment")


def test_a_needed_column_of_the_wrong_kind_is_a_column_error(model: Segmentation, tmp_path: Path) -> None:
    with pytest.raises(ColumnError):
        scored(model, tmp_path, "first_order;orders;spend\nsoon;3;4\n")


def test_cells_that_cannot_be_read_and_two_columns_of_one_name_are_told(model: Segmentation, tmp_path: Path) -> None:
    lines = [f"01.02.2023;{n};{20 + n},50;7" for n in range(1, 400)]
    text = "\n".join(["first_order;orders;spend;spend", *lines, "01.02.2023;many;950,50;7"])
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    done = score_file(model, tmp_path / "in.csv", tmp_path / "out.csv")
    assert done.remarks == (
        "1 value of orders could not be read and count as blank: “many”.",
        "2 columns are called spend; the first counts.",
    )


OTHER_NAMES = f"first_order;Orders 2023;amount\n{RICH}\n{POOR}\n"


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_column_of_another_name_can_stand_for_one_that_is_missing(
    model: Segmentation, tmp_path: Path, ending: str
) -> None:
    (tmp_path / "in.csv").write_text(OTHER_NAMES, encoding="utf-8")
    source = tmp_path / f"in{ending}"
    if ending == ".parquet":
        convert(tmp_path / "in.csv", source)
    with pytest.raises(MissingColumnsError) as refused:
        score_file(model, source, tmp_path / "out.parquet")
    assert set(refused.value.missing) == {"orders", "spend"}
    assert len(refused.value.there) == 2 and "amount" in refused.value.there
    score_file(model, source, tmp_path / "out.parquet", renames={"Orders 2023": "orders", "amount": "spend"})
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.column_names == ["first_order", "Orders 2023", "amount", *APPENDED]
    assert found["segment"].to_pylist() == [s.name for s in model.segments]


@pytest.mark.parametrize(
    ("renames", "complaint"),
    [
        ({"amont": "spend"}, "in.csv has no column 'amont'. Did you mean amount?"),
        ({"amount": "spent"}, "The study has no column 'spent'. Did you mean spend?"),
        ({"amount": "spend", "Orders 2023": "spend"}, "Both 'amount' and 'Orders 2023' are to stand for 'spend'"),
        ({"amount": "first_order"}, "lacks the columns"),
        ({"first_order": "spend", "Orders 2023": "orders", "amount": "first_order"}, "must hold"),
    ],
)
def test_what_cannot_stand_for_a_column_is_told(
    model: Segmentation, tmp_path: Path, renames: dict[str, str], complaint: str
) -> None:
    (tmp_path / "in.csv").write_text(OTHER_NAMES, encoding="utf-8")
    with pytest.raises(ColumnError, match=re.escape(complaint)):
        score_file(model, tmp_path / "in.csv", tmp_path / "out.csv", renames=renames)
    assert not (tmp_path / "out.csv").exists()
