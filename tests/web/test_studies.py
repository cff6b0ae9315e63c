"""The studies of a server: found, opened at first sight, made, renamed, removed; nothing unfinished is left behind."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from segscope.errors import StudyError
from segscope.intake import ReadOptions
from segscope.labels import renamed
from segscope.settings import Settings
from segscope.study import Order, is_study, read_card
from segscope.web import changes
from segscope.web.homes import split_folders
from segscope.web.studies import Studies

PATIENCE = 180.0


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


@contextmanager
def serving(folders: list[Path], home: Path | None = None, settings: Settings | None = None) -> Iterator[Studies]:
    studies = Studies(folders, home, settings)
    try:
        yield studies
    finally:
        studies.close()


@pytest.fixture
def own(shop: Path, tmp_path: Path) -> Path:
    """A study of the shop that may be changed, in a home of its own."""
    shutil.copytree(shop, tmp_path / "home" / "shop")
    return tmp_path / "home" / "shop"


def upload(studies: Studies, source: Path) -> Path:
    place = studies.home.place_for(source.name)
    shutil.copyfile(source, place)
    return place


def test_the_homes_studies_are_listed_and_opened_at_first_sight(own: Path) -> None:
    shutil.copytree(own, own.parent / "Second Shop")
    (own.parent / "other").mkdir()
    with serving([], own.parent) as studies:
        assert studies.ids == ("second-shop", "shop")
        assert {entry.card.name for entry in studies.listed() if entry.card} == {"shop"}
        assert studies.get("shop") is studies.get("shop")
        assert studies.get("second-shop").folder.name == "Second Shop"


def test_a_study_that_is_named_and_in_the_home_is_one(own: Path) -> None:
    with serving([own], own.parent) as studies:
        assert studies.ids == ("shop",)


def test_studies_of_one_name_get_numbers(own: Path, shop: Path, tmp_path: Path) -> None:
    shutil.copytree(shop, tmp_path / "Shop")
    with serving([tmp_path / "Shop", own]) as studies:
        assert studies.ids == ("shop", "shop-2")


def test_a_segment_is_called_otherwise_at_once_and_there_is_a_way_back(own: Path) -> None:
    with serving([own]) as studies:
        live = studies.get("shop")
        first = live.fit.segments[0]
        words = changes.edit(studies, "shop", lambda fit, _: renamed(fit.segmentation, first.id, "Stars"))
        after = studies.get("shop")
        assert words == f"{first.name} is now called Stars"
        assert (after.fit.segments[0].name, after.customers) == ("Stars", live.customers)
        assert changes.edit(studies, "shop", lambda fit, _: renamed(fit.segmentation, first.id, "Stars")) == ""
        assert changes.step(studies, "shop", "undo") == f"Undone: {words}"
        assert studies.get("shop").fit.segments[0].name == first.name
        assert changes.step(studies, "shop", "redo") == f"Done again: {words}"
        with pytest.raises(StudyError, match="nothing to redo"):
            changes.step(studies, "shop", "redo")


def test_a_damaged_study_is_listed_with_its_reason_and_stops_nobody(own: Path) -> None:
    (own.parent / "broken").mkdir()
    (own.parent / "broken" / "study.json").write_text("{", encoding="utf-8")
    with serving([], own.parent) as studies:
        problems = {entry.id: entry.problem for entry in studies.listed()}
        assert "damaged" in problems["broken"]
        assert problems["shop"] == ""
        with pytest.raises(StudyError, match="damaged"):
            studies.get("broken")
        studies.delete("broken")
        assert studies.ids == ("shop",)


def test_a_study_that_appears_in_the_home_is_found_and_one_that_goes_is_forgotten(own: Path) -> None:
    with serving([], own.parent) as studies:
        before = studies.stamp()
        shutil.copytree(own, own.parent / "late")
        assert list(studies.ids) == ["shop", "late"]
        assert studies.stamp() != before
        shutil.rmtree(own)
        assert list(studies.ids) == ["late"]


def test_a_misspelt_study_is_answered_with_the_near_one(own: Path) -> None:
    with serving([own]) as studies, pytest.raises(StudyError, match="Did you mean shop"):
        studies.get("shp")


def test_an_upload_becomes_a_study_of_the_home_named_after_it(shop_file: Path, tmp_path: Path) -> None:
    with serving([], tmp_path / "home") as studies:
        place = upload(studies, shop_file)
        assert place.parent.parent == tmp_path / "home"
        assert place.suffix == ".csv"
        first = studies.make(str(place), "../Läden & <b>.csv", keep=True)
        assert first.study_id == "l-den-b"
        assert [job.study_id for job in studies.making()] == ["l-den-b"]
        assert not studies.ids
        wait_for(lambda: studies.ids == ("l-den-b",) and not studies.making())
        assert studies.get("l-den-b").folder == tmp_path / "home" / "l-den-b"
        again = studies.make(str(upload(studies, shop_file)), "Läden & <b>.csv", keep=True)
        assert again.study_id == "l-den-b-2"
        wait_for(lambda: len(studies.ids) == 2)
        assert not place.exists()
    assert sorted(p.name for p in (tmp_path / "home").iterdir()) == ["l-den-b", "l-den-b-2"]


def test_a_name_that_anything_in_the_home_has_is_not_taken(shop_file: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "shop").write_text("mine", encoding="utf-8")
    with serving([], tmp_path / "home") as studies:
        assert studies.make(str(shop_file), "shop.csv").study_id == "shop-2"


def test_a_file_that_was_named_stays_where_it_is(shop_file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "mine.csv"
    shutil.copyfile(shop_file, copy)
    with serving([], tmp_path / "home") as studies:
        studies.make(str(copy), "mine.csv")
        wait_for(lambda: studies.ids == ("mine",) and not studies.making())
        assert copy.exists()


def test_a_failure_stays_until_it_is_dismissed_and_can_be_tried_again(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("id\n1\n2\n", encoding="utf-8")
    with serving([], tmp_path / "home") as studies:
        place = upload(studies, bad)
        studies.make(str(place), "bad.csv", keep=True)

        def failed() -> bool:
            return [job.status for job in studies.making()] == ["failed"]

        wait_for(failed)
        assert "bad.csv" in studies.making()[0].message
        assert studies.retry("bad").number == 2
        wait_for(failed)
        studies.dismiss("bad")
        assert studies.making() == []
        assert not place.exists()
        with pytest.raises(StudyError, match="no such failed run"):
            studies.dismiss("bad")


def test_a_source_of_several_tables_is_tried_again_with_one(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        for table in ("customers", "others"):
            database.execute(f"CREATE TABLE {table} (id INTEGER, spend REAL)")
        database.executemany("INSERT INTO customers VALUES (?, ?)", [(i, i % 3 * 10 + i % 7) for i in range(60)])
        database.commit()
    with serving([], tmp_path / "home") as studies:
        studies.make(str(tmp_path / "shop.db"), "shop.db")
        wait_for(lambda: [job.status for job in studies.making()] == ["failed"])
        assert "customers" in studies.making()[0].message
        studies.retry("shop", table="customers")
        wait_for(lambda: studies.ids == ("shop",) and not studies.making())
        assert studies.get("shop").card.reading.table == "customers"


def test_a_cancelled_upload_leaves_nothing(shop_file: Path, tmp_path: Path) -> None:
    with serving([], tmp_path / "home") as studies:
        place = upload(studies, shop_file)
        job = studies.make(str(place), "shop.csv", keep=True)
        studies.jobs.cancel(job.study_id)
        wait_for(lambda: not studies.making() and not place.exists())
        assert [p.name for p in (tmp_path / "home").rglob("*")] == [place.parent.name]


def test_closing_leaves_nothing_unfinished(shop_file: Path, tmp_path: Path) -> None:
    with serving([], tmp_path / "home") as studies:
        studies.make(str(upload(studies, shop_file)), "shop.csv", keep=True)
    assert [p.name for p in (tmp_path / "home").iterdir() if p.name.startswith(".")] == []


@pytest.mark.skipif(sys.platform == "win32", reason="a process is not asked for there")
def test_what_a_killed_server_left_is_cleared_away_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for number in (ended.pid, os.getppid()):
        (tmp_path / f".incoming-{number}").mkdir()
        (tmp_path / f".incoming-{number}" / "x.csv").touch()
    with serving([], tmp_path):
        assert [p.name for p in tmp_path.iterdir()] == [f".incoming-{os.getppid()}"]


def test_without_a_home_new_studies_go_with_the_server(shop_file: Path, own: Path) -> None:
    with serving([own]) as studies:
        assert studies.home.is_temporary
        studies.make(str(shop_file), "new.csv")
        wait_for(lambda: "new" in studies.ids)
        folder = studies.folder("new")
        assert is_study(folder)
    assert not folder.exists()
    assert is_study(own)


def test_a_renamed_study_keeps_its_folder_and_address(own: Path) -> None:
    with serving([], own.parent) as studies:
        live = studies.get("shop")
        changes.rename(studies, "shop", "  Corner\nshop <b> ")
        assert studies.get("shop").card.name == read_card(own).name == "Corner shop <b>"
        assert studies.get("shop").customers is live.customers
        with pytest.raises(StudyError, match="needs a name"):
            changes.rename(studies, "shop", " \x00 ")
        with pytest.raises(StudyError, match="no study"):
            changes.rename(studies, "nobody", "x")


def test_a_deleted_study_is_gone_and_its_name_is_free(own: Path, shop_file: Path) -> None:
    with serving([], own.parent) as studies:
        studies.get("shop")
        studies.delete("shop")
        assert not studies.ids
        assert not own.exists()
        assert studies.make(str(shop_file), "shop.csv").study_id == "shop"


def test_the_runs_of_a_study_that_is_gone_are_not_those_of_one_that_gets_its_name(own: Path, tmp_path: Path) -> None:
    with serving([], own.parent) as studies:
        studies.start("shop", Order("", None))
        wait_for(lambda: not studies.jobs.running("shop"))
        own.rename(tmp_path / "away")
        assert not studies.ids
        (tmp_path / "away").rename(own)
        assert list(studies.ids) == ["shop"]
        assert studies.jobs.latest("shop") is None


def test_a_study_is_fitted_anew_and_back_without_knowing_its_recipe(own: Path) -> None:
    with serving([own]) as studies:
        before = studies.get("shop").recipe
        studies.start("shop", Order("", before.replace(segments=3)))
        with pytest.raises(StudyError, match="run of this study is going on"):
            changes.rename(studies, "shop", "x")
        with pytest.raises(StudyError, match="run of this study is going on"):
            studies.delete("shop")
        wait_for(lambda: not studies.jobs.running("shop"))
        assert len(studies.get("shop").fit.segments) == 3
        studies.undo("shop")
        wait_for(lambda: not studies.jobs.running("shop"))
        assert studies.get("shop").recipe == before
        with pytest.raises(StudyError, match="no earlier"):
            studies.undo("shop")


def test_a_source_is_read_anew_and_back(own: Path, shop_file: Path) -> None:
    shutil.copyfile(shop_file, own / "source" / "original")
    with serving([own]) as studies:
        before = studies.get("shop").card
        studies.start("shop", Order("", reading=ReadOptions(types=(("age", "text"),))))
        wait_for(lambda: not studies.jobs.running("shop"))
        assert studies.get("shop").card.intake.column("age").kind == "text"
        studies.undo("shop")
        wait_for(lambda: not studies.jobs.running("shop"))
        assert studies.get("shop").card.intake == before.intake


def test_folders_are_told_apart(own: Path, tmp_path: Path) -> None:
    assert split_folders([]) == ([], None)
    assert split_folders([own]) == ([own], None)
    assert split_folders([own, own.parent]) == ([own], own.parent)
    assert split_folders([tmp_path / "new"]) == ([], tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_folders_that_cannot_be_served_are_refused(own: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StudyError, match="is not a study"):
        split_folders([tmp_path / "other"])
    with pytest.raises(StudyError, match="is a file"):
        split_folders([tmp_path / "other" / "letter.txt"])
    with pytest.raises(StudyError, match="one place only"):
        split_folders([own.parent, tmp_path / "new"])
