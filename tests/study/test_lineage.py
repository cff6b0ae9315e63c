"""Lineage: what a new fit inherits from the one before, and what it tells of its segments."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segscope.identity import transitions
from segscope.labels import locked, renamed, taken_for, taken_for_new
from segscope.origins import Ancestor, Former, Origin
from segscope.profiling import GroupProfile, Profiles
from segscope.recipe import Recipe
from segscope.segmentation import Segment, Segmentation
from segscope.study import Choices, fit_source, read_card, read_fit, refit
from segscope.study.history import edited, undone
from segscope.study.lineage import Before, Lineage, inherit

NOTHING = Profiles(GroupProfile(0, {}, {}), ())


def before(*names: str, former: tuple[Former, ...] = (), last: int = 0) -> Before:
    segments = tuple(Segment(f"s{i + 1}", n, i, 1, 0.3, "", "natural", 1.0) for i, n in enumerate(names))
    found = Segmentation(Recipe(columns=()), (), ((),) * len(names), segments, 1.0, 3, former=former)
    return Before(found, NOTHING, max(last, len(names)))


def inherited(shared: list[list[int]], earlier: Before) -> Lineage:
    counts = np.array(shared, dtype=np.int64)
    return inherit(transitions(counts), counts, "customers", earlier)


def test_a_split_segment_gives_its_other_part_an_id_that_was_never_there() -> None:
    found = inherited([[60, 0], [40, 0], [0, 80]], before("Top", "Low", last=7))
    assert found.ids == ("s1", "s8", "s2")
    assert found.colours == (0, 2, 1)
    assert [o.kind for o in found.origins if o] == ["survived", "split", "survived"]
    assert found.origins[1] == Origin("split", "customers", (Ancestor("s1", "Top", 0.4, 1.0),))
    assert found.former == ()


def test_merged_segments_are_remembered_with_what_became_of_them() -> None:
    old = Former("s9", "Old", 5, "", False, False, "gone")
    found = inherited([[90, 30], [0, 0]], before("Top", "Mid", former=(old,), last=9))
    assert (found.ids, found.former[0].became, found.former[0].into) == (("s1", "s10"), "merged", ("s1",))
    assert found.former[1] == replace(old, latest=False)
    assert found.origins[0] and [s.name for s in found.origins[0].sources] == ["Top", "Mid"]


@pytest.fixture
def study(shop: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shop, tmp_path / "study"))


def test_another_number_of_segments_keeps_names_ids_notes_and_locks(study: Path) -> None:
    fit = read_fit(study, read_card(study))
    k = len(fit.segments)
    changed, words = renamed(fit.segmentation, "s1", "Stars")
    changed, _ = locked(changed, "s1", True)
    edited(study, replace(fit, segmentation=changed), words)
    more = refit(study, fit.recipe.replace(segments=k + 1))
    star = next(s for s in more.segments if s.id == "s1")
    assert (star.name, star.locked, star.named) == ("Stars", True, True)
    assert star.origin and star.origin.kind == "survived"
    fresh = [s for s in more.segments if int(s.id[1:]) > k]
    assert fresh and all(s.origin and s.origin.kind in ("split", "new", "merged") for s in fresh)
    assert read_card(study).last_segment == max(int(s.id[1:]) for s in more.segments)


def test_the_user_overrules_and_goes_back(study: Path) -> None:
    fit = read_fit(study, read_card(study))
    first, second = fit.segments[0], fit.segments[1]
    changed, words = taken_for(fit.segmentation, first.id, second.id)
    assert [(s.id, s.name, s.colour) for s in changed.segments[:2]] == [
        (second.id, second.name, second.colour),
        (first.id, first.name, first.colour),
    ]
    edited(study, replace(fit, segmentation=changed), words)
    undone(study)
    assert read_fit(study, read_card(study)).segments == fit.segments
    changed, _ = taken_for_new(fit.segmentation, first.id, 9, second.name)
    assert (changed.segments[0].id, changed.segments[0].name) == ("s9", f"{second.name} 2")
    assert [f.id for f in changed.former] == [first.id]
    back, words = taken_for(changed, "s9", first.id)
    assert (back.segments[0].id, back.segments[0].name, back.former) == (first.id, first.name, ())
    assert words == f"{second.name} 2 is really {first.name}, said by hand"


def later(study: Path, lines: list[str]) -> Path:
    file = study.parent / "later.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_new_data_are_matched_on_the_customers_whom_an_identifier_names(study: Path, shop_file: Path) -> None:
    head, *lines = shop_file.read_text(encoding="utf-8").splitlines()
    old = read_fit(study, read_card(study))
    fit = fit_source(later(study, [head, *reversed(lines[10:])]), study, Choices(segments=2))
    assert [(s.id, s.name) for s in fit.segments] == [(s.id, s.name) for s in old.segments]
    assert {s.origin.by for s in fit.segments if s.origin} == {"customers"}


def test_without_a_customer_in_common_centres_tell(study: Path, shop_file: Path) -> None:
    cells = [line.split(";") for line in shop_file.read_text(encoding="utf-8").splitlines()]
    rows = [["x" + c[0], *c[1:2], *c[3:]] if i else [c[0], c[1], *c[3:]] for i, c in enumerate(cells)]
    old = read_fit(study, read_card(study))
    fit = fit_source(later(study, [";".join(row) for row in rows]), study, Choices(segments=2))
    assert [s.id for s in fit.segments] == [s.id for s in old.segments]
    assert {(s.origin.kind, s.origin.by) for s in fit.segments if s.origin} == {("survived", "centres")}
