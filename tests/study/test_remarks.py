"""Remarks on findings: kept whole, replaced, forgotten, and refused with a reason."""

from pathlib import Path

import pytest

from segscope.errors import StudyError
from segscope.study.remarks import FILE, LONGEST_NOTE, About, Remark, keep_remark, read_remarks

INCOME = About("s1", "mean", "income")
CITY = About("s2", "rate", "city", "<b>Köln</b>")


def test_a_remark_takes_the_place_of_the_one_before_and_an_empty_one_is_forgotten(tmp_path: Path) -> None:
    assert read_remarks(tmp_path) == ()
    keep_remark(tmp_path, Remark(INCOME, pinned=True))
    keep_remark(tmp_path, Remark(CITY, hidden=True))
    keep_remark(tmp_path, Remark(INCOME, pinned=True, note="ask sales"))
    assert read_remarks(tmp_path) == (Remark(CITY, hidden=True), Remark(INCOME, pinned=True, note="ask sales"))
    keep_remark(tmp_path, Remark(CITY))
    assert [r.about for r in read_remarks(tmp_path)] == [INCOME]
    assert [p.name for p in tmp_path.iterdir()] == [FILE]


def test_what_a_remark_is_about_tells_segment_quantity_column_and_value_apart() -> None:
    others = [About("s2", "mean", "income"), About("s1", "share", "income"), About("s1", "mean", "income", "x"), CITY]
    assert INCOME.key not in {o.key for o in others} and len({o.key for o in others}) == 4
    assert CITY.key.isalnum()


def test_too_long_a_note_and_a_damaged_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="at most 500 letters"):
        keep_remark(tmp_path, Remark(INCOME, note="x" * (LONGEST_NOTE + 1)))
    for text in ("{", '{"remarks": [{"about": 3}]}', '{"remarks": [], "schema_version": 9}'):
        (tmp_path / FILE).write_text(text)
        with pytest.raises(StudyError, match=r"insights\.json"):
            read_remarks(tmp_path)
