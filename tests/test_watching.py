"""A query on a cluster waits while somebody works, and not much longer."""

import time
from collections.abc import Callable

import pytest

from segscope.engine import spark_watch
from segscope.engine.spark_watch import Watch

NOBODY_LISTENS = "spark://127.0.0.1:1"


class Context:
    """What a watch asks of Spark's context: whether it is closed, and how many hold data, this process among them."""

    def __init__(self, holders: int) -> None:
        self.holders = holders
        self.stopped = False
        self._jsc = self

    def sc(self) -> "Context":
        return self

    getExecutorMemoryStatus = sc  # noqa: N815 - Spark's own name

    def size(self) -> int:
        return self.holders

    def isStopped(self) -> bool:  # noqa: N802 - Spark's own name
        return self.stopped

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_watch, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(spark_watch, "WITHOUT_MASTER_SECONDS", 0.05)


def soon(is_so: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5.0
    while not is_so() and time.monotonic() < end:
        time.sleep(0.01)
    return is_so()


def test_a_query_without_workers_and_master_is_ended() -> None:
    context = Context(holders=1)
    with Watch(context, NOBODY_LISTENS).over():
        assert soon(lambda: context.stopped)


def test_a_query_goes_on_while_a_worker_is_left() -> None:
    context = Context(holders=2)
    with Watch(context, NOBODY_LISTENS).over():
        time.sleep(0.3)
        assert not context.stopped
        context.holders = 1
        assert soon(lambda: context.stopped)


def test_without_a_worker_a_master_that_answers_is_given_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_watch, "answers", lambda place: True)
    context = Context(holders=1)
    with Watch(context, NOBODY_LISTENS).over():
        time.sleep(0.3)
        assert not context.stopped
        monkeypatch.setattr(spark_watch, "WITHOUT_WORKER_SECONDS", 0.05)
        assert soon(lambda: context.stopped)


def test_where_no_query_runs_nothing_is_ended() -> None:
    context = Context(holders=1)
    watch = Watch(context, NOBODY_LISTENS)
    with watch.over():
        pass
    time.sleep(0.3)
    assert not context.stopped
    with watch.over():
        assert soon(lambda: context.stopped)
