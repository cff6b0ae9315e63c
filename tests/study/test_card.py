"""The card: solutions are kept side by side under names of their own, one of them current."""

from dataclasses import replace

import pytest

from segscope.errors import StudyError
from segscope.intake import ReadOptions
from segscope.intake.report import IntakeReport
from segscope.study.card import MOST_KEPT, Card, Snapshot, dropped, keeping, made_current, renamed, with_data

REPORT = IntakeReport("a.csv", "delimited text", 3, ())


def card(fit: str, before: Card | None = None, name: str = "3 segments") -> Card:
    base = before or Card("a", "a.csv", 3, "data/d.parquet", "", REPORT)
    return keeping(replace(base, fit=fit), name)


def test_each_new_solution_is_kept_beside_those_before() -> None:
    two = card("fits/2.json", card("fits/1.json"))
    assert [(k.id, k.name, k.fit) for k in two.kept] == [
        ("r1", "3 segments", "fits/1.json"),
        ("r2", "3 segments (2)", "fits/2.json"),
    ]
    assert two.current is two.kept[1]


def test_the_same_solution_again_is_kept_once() -> None:
    assert len(card("fits/1.json", card("fits/1.json")).kept) == 1


def test_a_fit_with_more_evidence_takes_the_place_of_the_one_with_less() -> None:
    one = renamed(card("fits/quick.json"), "r1", "Spring")
    after = keeping(replace(one, fit="fits/full.json"), "4 segments", instead_of="fits/quick.json")
    assert [(k.id, k.name, k.fit) for k in after.kept] == [("r1", "Spring", "fits/full.json")]


def test_the_way_back_takes_data_and_reading_along() -> None:
    one = card("fits/1.json")
    other = Snapshot("data/e.parquet", 5, REPORT, ReadOptions(delimiter=";"))
    two = keeping(replace(with_data(one, other), fit="fits/2.json"), "x")
    back = made_current(two, "r1")
    assert (back.fit, back.data, back.customers, back.reading) == ("fits/1.json", "data/d.parquet", 3, ReadOptions())
    assert (back.kept, back.snapshots) == (two.kept, (other,))
    assert made_current(back, "r2") == two


def test_data_go_with_the_last_solution_that_rests_on_them() -> None:
    one = card("fits/1.json")
    two = keeping(replace(with_data(one, Snapshot("data/e.parquet", 5, REPORT, ReadOptions())), fit="fits/2.json"), "x")
    assert [s.data for s in two.snapshots] == ["data/d.parquet"]
    assert dropped(two, "r1").snapshots == ()


@pytest.mark.parametrize(
    ("name", "complaint"), [("", "needs a name"), ("\x00\n", "needs a name"), ("3 segments (2)", "Another solution")]
)
def test_a_name_must_be_one_and_ones_own(name: str, complaint: str) -> None:
    with pytest.raises(StudyError, match=complaint):
        renamed(card("fits/2.json", card("fits/1.json")), "r1", name)


def test_the_current_solution_stays_and_others_can_go() -> None:
    two = card("fits/2.json", card("fits/1.json"))
    assert [k.id for k in dropped(two, "r1").kept] == ["r2"]
    with pytest.raises(StudyError, match="current solution cannot be removed"):
        dropped(two, "r2")
    with pytest.raises(StudyError, match="no solution 'r9'"):
        dropped(two, "r9")


def test_beyond_the_limit_the_oldest_goes_that_nobody_named() -> None:
    many = renamed(card("fits/0.json"), "r1", "Spring")
    for i in range(1, MOST_KEPT + 2):
        many = card(f"fits/{i}.json", many)
    assert len(many.kept) == MOST_KEPT
    assert [k.id for k in many.kept[:2]] == ["r1", "r4"]
