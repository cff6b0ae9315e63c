"""Segments changed in place: what a browser may ask for, and what follows from it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from segscope.errors import StudyError
from segscope.labels import taken_for_new
from segscope.study import open_study, read_card, read_fit, reopened
from segscope.study.history import edited
from segscope.web.rules import _counts, _shown
from segscope.web.segment_editing import changed


def test_what_is_known_by_ids_follows_a_person_who_overrules(shop: Path, tmp_path: Path) -> None:
    study = Path(shutil.copytree(shop, tmp_path / "study"))
    live = open_study(study)
    size = str(_shown(live, None).conditions)
    found, words = taken_for_new(live.fit.segmentation, "s1", 9, "Others")
    edited(study, replace(live.fit, segmentation=found), words)
    again = reopened(live, study)
    assert again.customers is live.customers
    assert {rule.segment for rule in _shown(again, size).rules} == {"s9", "s2"}
    assert set(_counts(again, _shown(again, size))) == {"s9", "s2"}
    live.engine.close()


@pytest.mark.parametrize(
    ("what", "segment", "value", "complaint"),
    [
        ("size", "s1", "3", "nothing called 'size'"),
        ("name", "s7", "x", "no segment 's7'"),
        ("colour", "s1", "red", "from 0 to 9"),
        ("colour", "s1", "99", "from 0 to 9"),
        ("is", "s1", "s77", "no segment 's77'"),
        ("name", "", "", "no segment ''"),
    ],
)
def test_what_a_browser_may_not_ask_for_is_refused(
    shop: Path, what: str, segment: str, value: str, complaint: str
) -> None:
    fit = read_fit(shop, read_card(shop))
    with pytest.raises(StudyError, match=complaint):
        changed(fit, 2, what, segment, value)
