"""Runs in a child process: they end well, fail with words, can be stopped, and never harm what is there."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from segscope.errors import StudyError
from segscope.intake import ReadOptions
from segscope.recipe import Recipe
from segscope.settings import Settings
from segscope.study import Choices, Order, fit_source, is_study, read_card, read_fit
from segscope.study.archive import pack
from segscope.study.folder import read_solution
from segscope.web.jobs import Job, Jobs
from segscope.web.rerun import CALM_MILLISECONDS, QUICK_MILLISECONDS, pace

PATIENCE = 180.0


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of sixty customers in three crowds."""
    place = tmp_path_factory.mktemp("jobs")
    rows = [f"c{i},{10 * (i % 3) + i % 7 / 10},{5 * (i % 3) + i % 5 / 10},{i % 4},7" for i in range(60)]
    file = place / "customers.csv"
    file.write_text("\n".join(["id,alpha,beta,gamma,same", *rows]), encoding="utf-8")
    fit_source(file, place / "study", Choices(segments=2))
    return place / "study"


def recipe_of(folder: Path) -> Recipe:
    return read_fit(folder, read_card(folder)).recipe


def order(folder: Path, recipe: Recipe) -> Order:
    return Order(str(folder), recipe)


def ended(jobs: Jobs, study_id: str = "study") -> Job:
    def done() -> bool:
        job = jobs.latest(study_id)
        return job is not None and job.status != "running"

    wait_for(done)
    job = jobs.latest(study_id)
    assert job is not None
    return job


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def test_a_run_writes_the_study_and_can_be_undone(fitted: Path) -> None:
    opened: list[str] = []
    jobs = Jobs(opened.append)
    before = recipe_of(fitted)
    assert jobs.latest("study") is None
    assert jobs.earlier("study") is None

    wanted = before.replace(segments=3)
    first = jobs.start("study", order(fitted, wanted))
    assert first.status == "running"
    assert jobs.start("study", order(fitted, wanted)).number == 1  # joined, not started again
    job = ended(jobs)
    assert (job.status, job.message, job.number) == ("done", "", 1)
    assert job.seconds > 0
    assert opened == ["study"]
    assert recipe_of(fitted) == wanted
    assert len(read_fit(fitted, read_card(fitted)).segments) == 3
    assert jobs.earlier("study") == "r1"

    jobs.start("study", Order(str(fitted), solution="r1"))
    assert ended(jobs).status == "done"
    assert recipe_of(fitted) == before
    assert jobs.earlier("study") is None


def test_two_who_run_at_once_get_both_results_one_after_the_other(fitted: Path) -> None:
    jobs = Jobs(lambda _: None)
    one, other = recipe_of(fitted).replace(seed=11), recipe_of(fitted).replace(seed=12)
    first = jobs.start("study", order(fitted, one))
    second = jobs.start("study", order(fitted, other))
    assert (first.number, second.number) == (1, 2)
    assert [j.number for j in jobs.waiting("study")] == [2]
    wait_for(lambda: not jobs.waiting("study"))
    assert (ended(jobs).number, ended(jobs).status) == (2, "done")
    assert recipe_of(fitted) == other
    kept = {read_solution(fitted, k.fit).recipe for k in read_card(fitted).kept}
    assert {one, other} <= kept


def test_evidence_that_is_being_completed_gives_way_to_a_run(fitted: Path) -> None:
    jobs = Jobs(lambda _: None)
    completing = jobs.start("study", Order(str(fitted), complete=True))
    wanted = recipe_of(fitted).replace(seed=13)
    jobs.start("study", order(fitted, wanted))
    assert ended(jobs).status == "done"
    assert ended(jobs).number == completing.number + 1
    assert recipe_of(fitted) == wanted


def test_evidence_is_completed_and_stays_the_same_solution(fitted: Path) -> None:
    jobs, before = Jobs(lambda _: None), read_card(fitted)
    assert not read_fit(fitted, before).evidence.complete
    jobs.start("study", Order(str(fitted), complete=True))
    assert ended(jobs).status == "done"
    after = read_card(fitted)
    assert [k.id for k in after.kept] == [k.id for k in before.kept]
    assert read_fit(fitted, after).evidence.complete
    assert jobs.earlier("study") is None


def test_a_run_that_fails_says_why_and_leaves_the_segmentation(fitted: Path) -> None:
    jobs = Jobs(lambda _: pytest.fail("nothing was written"))
    card = read_card(fitted)
    jobs.start("study", order(fitted, recipe_of(fitted).replace(features=("same",))))
    job = ended(jobs)
    assert job.status == "failed"
    assert "same" in job.message
    assert read_card(fitted) == card
    assert jobs.earlier("study") is None


def test_a_cancelled_run_leaves_the_segmentation(fitted: Path) -> None:
    jobs = Jobs(lambda _: pytest.fail("nothing was written"))
    card, current = read_card(fitted), recipe_of(fitted)
    jobs.start("study", order(fitted, current.replace(segments=5)))
    jobs.cancel("study")
    assert ended(jobs).status == "cancelled"
    assert read_card(fitted) == card
    jobs.cancel("study")  # too late: nothing happens
    jobs.cancel("nobody")
    assert ended(jobs).status == "cancelled"


def test_a_run_that_is_killed_is_reported(fitted: Path) -> None:
    jobs = Jobs(lambda _: pytest.fail("nothing was written"))
    current = recipe_of(fitted)
    jobs.start("study", order(fitted, current.replace(segments=6)))
    wait_for(lambda: jobs._runs["study"][-1].process is not None)
    child = jobs._runs["study"][-1].process
    assert child is not None
    assert child.pid is not None
    os.kill(child.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    job = ended(jobs)
    assert job.status == "failed"
    assert "ended" in job.message


def test_progress_rises_and_has_words(fitted: Path) -> None:
    jobs = Jobs(lambda _: None)
    current = recipe_of(fitted)
    seen: list[tuple[str, float]] = []
    jobs.start("study", order(fitted, current.replace(seed=1)))

    def done() -> bool:
        job = jobs.latest("study")
        assert job is not None
        seen.append((job.stage, job.share))
        return job.status != "running"

    wait_for(done)
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert len({stage for stage, _ in seen}) > 2


@pytest.mark.parametrize(
    ("error", "told"), [(StudyError("It cannot be opened."), "It cannot be opened."), (KeyError("x"), "A defect")]
)
def test_a_result_that_cannot_be_opened_is_a_failure(fitted: Path, error: Exception, told: str) -> None:
    def opened(_: str) -> None:
        raise error

    jobs = Jobs(opened)
    current = recipe_of(fitted)
    jobs.start("study", order(fitted, current.replace(seed=2)))
    job = ended(jobs)
    assert job.status == "failed"
    assert job.message.startswith(told)


def test_a_study_is_made_from_an_upload_which_moves_into_it(fitted: Path, tmp_path: Path) -> None:
    upload = tmp_path / "0f0f.csv"
    upload.write_bytes((fitted.parent / "customers.csv").read_bytes())
    jobs = Jobs(lambda _: None)
    jobs.start("new", Order(str(tmp_path / "new"), source=str(upload), shown="My customers.csv", keep=True))
    job = ended(jobs, "new")
    assert (job.status, job.message) == ("done", "")
    card = read_card(tmp_path / "new")
    assert (card.name, card.source, card.customers) == ("My customers", "My customers.csv", 60)
    assert not upload.exists()
    assert jobs.earlier("new") is None


def test_a_study_that_cannot_be_made_is_told_by_the_name_that_people_know(tmp_path: Path) -> None:
    upload = tmp_path / "0f0f.csv"
    upload.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    jobs = Jobs(lambda _: pytest.fail("nothing was written"))
    jobs.start("new", Order(str(tmp_path / "new"), source=str(upload), shown="photo.csv", keep=True))
    job = ended(jobs, "new")
    assert job.status == "failed"
    assert "photo.csv" in job.message
    assert "0f0f" not in job.message
    assert not (tmp_path / "new").exists()


def test_the_sample_is_made_and_fitted(tmp_path: Path) -> None:
    jobs = Jobs(lambda _: None)
    source = tmp_path / "sample.parquet"
    jobs.start("new", Order(str(tmp_path / "new"), source=str(source), shown="sample.parquet", keep=True), sample=200)
    assert ended(jobs, "new").status == "done"
    card = read_card(tmp_path / "new")
    assert (card.customers, card.synthetic) == (200, True)


def test_a_zip_that_holds_a_study_is_taken_in(fitted: Path, tmp_path: Path) -> None:
    upload = tmp_path / "0f0f.zip"
    upload.write_bytes(b"".join(pack(fitted)))
    jobs = Jobs(lambda _: None)
    jobs.start("new", Order(str(tmp_path / "new"), source=str(upload), shown="study.zip", keep=True))
    assert ended(jobs, "new").status == "done"
    assert read_card(tmp_path / "new") == read_card(fitted)


def test_an_order_of_another_reading_can_be_undone(fitted: Path, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    fit_source(fitted.parent / "customers.csv", folder, Choices(segments=2))
    as_text = Order(str(folder), recipe_of(folder), ReadOptions(types=(("gamma", "text"),)))
    jobs = Jobs(lambda _: None)
    jobs.start("study", as_text)
    assert ended(jobs).status == "done"
    assert read_card(folder).reading == as_text.reading
    assert jobs.earlier("study") == "r1"
    jobs.start("study", Order(str(folder), solution="r1"))
    assert ended(jobs).status == "done"
    assert read_card(folder).reading == ReadOptions()
    assert jobs.earlier("study") is None


def test_a_run_that_takes_too_long_is_ended(fitted: Path) -> None:
    card, jobs = read_card(fitted), Jobs(lambda _: pytest.fail("nothing was written"), Settings(run_seconds=0))
    jobs.start("study", order(fitted, recipe_of(fitted).replace(segments=4)))
    job = ended(jobs)
    assert job.status == "failed"
    assert "SEGSCOPE_RUN_SECONDS" in job.message
    assert read_card(fitted) == card


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of a process")
def test_a_run_that_needs_too_much_memory_says_so(tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    line = ",".join(str(i) for i in range(40))
    file.write_text("\n".join([",".join(f"c{i}" for i in range(40)), *[line] * 200_000]), encoding="utf-8")
    jobs = Jobs(lambda _: pytest.fail("nothing was written"), Settings(run_memory=60_000_000))
    jobs.start("new", Order(str(tmp_path / "new"), source=str(file), shown="wide.csv"))
    job = ended(jobs, "new")
    assert job.status == "failed"
    assert "memory" in job.message
    assert not is_study(tmp_path / "new")


def test_further_runs_wait_and_can_be_cancelled_while_they_do(fitted: Path, tmp_path: Path) -> None:
    jobs = Jobs(lambda _: None, Settings(runs=1))
    source = str(fitted.parent / "customers.csv")
    jobs.start("first", Order(str(tmp_path / "first"), source=source, shown="first.csv"))
    jobs.start("second", Order(str(tmp_path / "second"), source=source, shown="second.csv"))
    jobs.start("third", Order(str(tmp_path / "third"), source=source, shown="third.csv"))
    jobs.cancel("third")
    assert ended(jobs, "third").status == "cancelled"
    assert ended(jobs, "first").status == ended(jobs, "second").status == "done"
    assert not (tmp_path / "third").exists()


def test_closing_ends_what_runs(fitted: Path) -> None:
    jobs = Jobs(lambda _: None)
    jobs.start("study", order(fitted, recipe_of(fitted).replace(seed=9)))
    jobs.close()
    assert ended(jobs).status in ("cancelled", "done")


def test_a_browser_asks_seldom_while_nobody_waits_for_what_runs() -> None:
    now = time.monotonic()
    asked_for, completing = Order("shop"), Order("shop", complete=True)
    assert pace(Job(1, "shop", asked_for, started=now)) == QUICK_MILLISECONDS
    assert pace(Job(1, "shop", asked_for, started=now - 60)) == CALM_MILLISECONDS
    assert pace(Job(1, "shop", completing, started=now)) == CALM_MILLISECONDS
