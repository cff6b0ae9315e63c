"""Answers kept in a folder: asked once, only aggregates, within bounds, and never those about other tables."""

import os
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from segscope.engine import answers
from segscope.engine.answers import Answers

CUSTOMERS = ibis.table({"__row": "int64", "spend": "float64", "city": "string"}, name="customers")
BY_CITY = CUSTOMERS.group_by("city").agg(n=CUSTOMERS.count())


class Asked:
    """A question that counts how often it is asked."""

    def __init__(self, answer: pa.Table) -> None:
        self.answer, self.times = answer, 0

    def __call__(self) -> pa.Table:
        self.times += 1
        return self.answer


def test_what_was_answered_once_is_not_asked_again_even_by_another_process(tmp_path: Path) -> None:
    asked = Asked(pa.table({"n": [1, None], "city": ["Köln", "Ulm"]}))
    for _ in range(2):  # two servers, one after the other
        kept = Answers(tmp_path / "answers", "these data", ["customers"])
        assert kept.answered("SELECT 1", asked).equals(asked.answer)
    assert asked.times == 1


def test_other_data_and_other_questions_are_asked(tmp_path: Path) -> None:
    asked = Asked(pa.table({"n": [1]}))
    for about, query in (("a", "q"), ("b", "q"), ("a", "r")):
        Answers(tmp_path, about, ["customers"]).answered(query, asked)
    assert asked.times == 3


@pytest.mark.parametrize(
    ("expression", "given", "kept"),
    [
        (BY_CITY, {}, True),
        (CUSTOMERS.spend.sum().as_table(), {}, True),
        (CUSTOMERS.filter(CUSTOMERS.spend > 3), {}, False),
        (ibis.table({"n": "int64"}, name="__blank").count(), {}, False),
        (ibis.table({"n": "int64"}, name="chosen").count(), {"chosen": CUSTOMERS.select(n="__row")}, True),
        (ibis.table({"n": "int64"}, name="chosen"), {"chosen": CUSTOMERS.select(n="__row")}, False),
    ],
)
def test_only_aggregates_of_what_never_changes_are_kept(
    expression: ibis.Table, given: dict[str, ibis.Table], kept: bool, tmp_path: Path
) -> None:
    assert Answers(tmp_path, "", ["customers"]).covers(expression, given) is kept


def test_the_folder_stays_within_its_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MOST_BYTES", 2_500)
    monkeypatch.setattr(answers, "LARGEST_BYTES", 20_000)
    kept = Answers(tmp_path, "", ["customers"])
    for i in range(6):
        kept.answered(f"q{i}", Asked(pa.table({"n": [i] * 10})))
        for age, file in enumerate(sorted(tmp_path.iterdir(), key=lambda p: -p.stat().st_mtime)):
            os.utime(file, (1e9 - age, 1e9 - age))
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) <= 2_500
    last, first = Asked(pa.table({"n": [0]})), Asked(pa.table({"n": [0]}))
    kept.answered("q5", last)
    kept.answered("q0", first)
    assert (last.times, first.times) == (0, 1)
    large = Asked(pa.table({"n": list(range(10_000))}))
    kept.answered("large", large)
    kept.answered("large", large)
    assert large.times == 2


def test_a_damaged_answer_and_a_folder_that_cannot_be_written_are_no_harm(tmp_path: Path) -> None:
    asked = Asked(pa.table({"n": [1]}))
    kept = Answers(tmp_path / "answers", "", ["customers"])
    kept.answered("q", asked)
    for file in (tmp_path / "answers").iterdir():
        file.write_bytes(b"ARROW1 but not really")
    assert kept.answered("q", asked).equals(asked.answer)
    (tmp_path / "file").write_text("")
    assert Answers(tmp_path / "file" / "answers", "", ["customers"]).answered("q", asked).equals(asked.answer)
    assert asked.times == 3
