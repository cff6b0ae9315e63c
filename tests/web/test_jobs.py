"""Runs in a child process: they end well, fail with words, can be stopped, and never harm what is there."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from segscope.errors import StudyError
from segscope.recipe import Recipe
from segscope.study import Choices, fit_source, read_card, read_fit
from segscope.web.jobs import Job, Jobs

PATIENCE = 60.0


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
    first = jobs.start("study", fitted, before, wanted)
    assert first.status == "running"
    assert jobs.start("study", fitted, before, wanted) == jobs.latest("study")  # joined, not started again
    with pytest.raises(StudyError, match="Another run"):
        jobs.start("study", fitted, before, before.replace(segments=4))
    job = ended(jobs)
    assert (job.status, job.message, job.number) == ("done", "", 1)
    assert job.seconds > 0
    assert opened == ["study"]
    assert recipe_of(fitted) == wanted
    assert len(read_fit(fitted, read_card(fitted)).segments) == 3
    assert jobs.earlier("study") == before

    jobs.start("study", fitted, wanted, before)
    assert ended(jobs).status == "done"
    assert recipe_of(fitted) == before
    assert jobs.earlier("study") is None


def test_a_run_that_fails_says_why_and_leaves_the_segmentation(fitted: Path) -> None:
    jobs = Jobs(lambda _: pytest.fail("nothing was written"))
    card = read_card(fitted)
    jobs.start("study", fitted, recipe_of(fitted), recipe_of(fitted).replace(features=("same",)))
    job = ended(jobs)
    assert job.status == "failed"
    assert "same" in job.message
    assert read_card(fitted) == card
    assert jobs.earlier("study") is None


def test_a_cancelled_run_leaves_the_segmentation(fitted: Path) -> None:
    jobs = Jobs(lambda _: pytest.fail("nothing was written"))
    card, current = read_card(fitted), recipe_of(fitted)
    jobs.start("study", fitted, current, current.replace(segments=5))
    jobs.cancel("study")
    assert ended(jobs).status == "cancelled"
    assert read_card(fitted) == card
    jobs.cancel("study")  # too late: nothing happens
    jobs.cancel("nobody")
    assert ended(jobs).status == "cancelled"


def test_a_run_that_is_killed_is_reported(fitted: Path) -> None:
    jobs = Jobs(lambda _: pytest.fail("nothing was written"))
    current = recipe_of(fitted)
    jobs.start("study", fitted, current, current.replace(segments=6))
    child = jobs._runs["study"].process.pid
    assert child is not None
    os.kill(child, getattr(signal, "SIGKILL", signal.SIGTERM))
    job = ended(jobs)
    assert job.status == "failed"
    assert "ended" in job.message


def test_progress_rises_and_has_words(fitted: Path) -> None:
    jobs = Jobs(lambda _: None)
    current = recipe_of(fitted)
    seen: list[tuple[str, float]] = []
    jobs.start("study", fitted, current, current.replace(seed=1))

    def done() -> bool:
        job = jobs.latest("study")
        assert job is not None
        seen.append((job.stage, job.share))
        return job.status != "running"

    wait_for(done)
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert len({stage for stage, _ in seen}) > 2


def test_a_result_that_cannot_be_opened_is_a_failure(fitted: Path) -> None:
    def opened(_: str) -> None:
        raise StudyError("It cannot be opened.")

    jobs = Jobs(opened)
    current = recipe_of(fitted)
    jobs.start("study", fitted, current, current.replace(seed=2))
    job = ended(jobs)
    assert (job.status, job.message) == ("failed", "It cannot be opened.")
