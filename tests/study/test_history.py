"""History: what was changed by hand can be undone and done again, and outlives a zip."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from segscope.errors import StudyError
from segscope.study import Fit, read_card, read_fit
from segscope.study.archive import pack, unpack
from segscope.study.card import MOST_EDITS, dropped
from segscope.study.folder import write_fit
from segscope.study.history import edited, next_redo, next_undo, read_history, redone, undone


@pytest.fixture
def study(shop: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shop, tmp_path / "study"))


def called(fit: Fit, name: str) -> Fit:
    first, *others = fit.segments
    return replace(fit, segmentation=replace(fit.segmentation, segments=(replace(first, name=name), *others)))


def rename(folder: Path, name: str) -> None:
    edited(folder, called(read_fit(folder, read_card(folder)), name), f"called {name}")


def name(folder: Path) -> str:
    return read_fit(folder, read_card(folder)).segments[0].name


def test_an_edit_changes_the_solution_and_keeps_no_other_beside_it(study: Path) -> None:
    before = read_card(study)
    rename(study, "Stars")
    after = read_card(study)
    assert name(study) == "Stars"
    assert [k.id for k in after.kept] == [k.id for k in before.kept]
    assert after.current and before.current and after.current.name == before.current.name
    (edit,) = read_history(study)
    assert (edit.words, edit.before, edit.after) == ("called Stars", before.fit, after.fit)
    assert edit.when.endswith("+00:00")


def test_edits_are_undone_and_done_again_in_order(study: Path) -> None:
    first = name(study)
    rename(study, "A")
    rename(study, "B")
    undone(study)
    assert name(study) == "A"
    undone(study)
    assert name(study) == first
    with pytest.raises(StudyError, match="nothing to undo"):
        undone(study)
    redone(study)
    assert name(study) == "A"
    redone(study)
    assert name(study) == "B"
    with pytest.raises(StudyError, match="nothing to redo"):
        redone(study)


def test_a_new_edit_forgets_what_was_undone(study: Path) -> None:
    rename(study, "A")
    undone(study)
    rename(study, "B")
    card = read_card(study)
    assert [e.words for e in read_history(study)] == ["called B"]
    assert next_redo(card) is None and next_undo(card) is not None
    assert len(list((study / "fits").glob("*.json"))) == 2  # the first fit, and B's


def test_there_and_back_again_by_hand_is_two_edits(study: Path) -> None:
    first = name(study)
    rename(study, "A")
    rename(study, first)
    assert len(read_history(study)) == 2
    undone(study)
    assert name(study) == "A"
    undone(study)
    assert name(study) == first
    redone(study)
    assert name(study) == "A"


def test_an_edit_that_changes_nothing_is_none(study: Path) -> None:
    rename(study, name(study))
    assert read_history(study) == ()


def test_the_way_back_has_an_end(study: Path) -> None:
    for i in range(MOST_EDITS + 2):
        rename(study, f"Name {i}")
    found = read_history(study)
    assert (len(found), found[0].words) == (MOST_EDITS, "called Name 2")
    assert len(list((study / "fits").glob("*.json"))) == MOST_EDITS + 1


def test_evidence_gathered_since_is_not_lost_on_the_way_back(study: Path) -> None:
    rename(study, "A")
    card = read_card(study)
    fit = read_fit(study, card)
    complete = replace(fit, evidence=replace(fit.evidence, complete=True))
    write_fit(study, card, complete, instead_of=card.fit)
    undone(study)
    assert read_fit(study, read_card(study)).evidence.complete
    redone(study)
    assert name(study) == "A"
    assert len(read_history(study)) == 1


def test_another_solution_has_a_history_of_its_own(study: Path) -> None:
    rename(study, "A")
    card = read_card(study)
    other = read_fit(study, card)
    write_fit(study, card, replace(other, wcss=other.wcss + 1.0))
    assert read_history(study) == ()
    assert len(dropped(read_card(study), "r1").history) == 0
    assert len(read_card(study).history) == 1


def test_the_history_comes_along_in_a_zip(study: Path, tmp_path: Path) -> None:
    first = name(study)
    rename(study, "A")
    file = tmp_path / "study.zip"
    file.write_bytes(b"".join(pack(study)))
    unpack(file, tmp_path / "copy", 1 << 30)
    undone(tmp_path / "copy")
    assert name(tmp_path / "copy") == first


def test_a_fit_of_the_history_that_is_gone_takes_its_edits_along(study: Path) -> None:
    before = read_card(study).fit
    rename(study, "A")
    (study / before).unlink()
    assert read_history(study) == ()
    assert name(study) == "A"
