"""A study behind Spark Connect: the same as on the embedded engine.

The server runs in the JVM that Spark's other tests use, and serves on loopback.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segscope.engine import SparkEngine, Stop, rows
from segscope.engine.spark_session import java_version
from segscope.errors import CancelledError
from segscope.library import load
from segscope.study import LiveStudy, fit_source, open_study, read_card, read_fit
from tests.study.asking import ASKED
from tests.study.differences import differences_of
from tests.study.lakes import CHOICES, CUSTOMERS
from tests.study.spark_cluster import free_port

pytestmark = pytest.mark.skipif(java_version() is None, reason="no Java for Spark: install openjdk-17-jre-headless")

SEVERAL = ("counts of a selection", "a cube", "quartiles of a selection", "points", "rules", "one customer", "a list")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where Spark Connect answers."""
    spark = SparkEngine("spark")
    context, port = spark._session.sparkContext._jsc.sc(), free_port()
    context.conf().set("spark.connect.grpc.binding.address", "127.0.0.1")
    context.conf().set("spark.connect.grpc.binding.port", str(port))
    spark._session._jvm.org.apache.spark.sql.connect.service.SparkConnectService.start(context)
    yield f"sc://127.0.0.1:{port}"
    spark.close()


@pytest.fixture(scope="module")
def embedded(small_lake: Path) -> Path:
    """The study on the embedded engine."""
    return small_lake.parent / "embedded"


@pytest.fixture(scope="module")
def study(address: str, small_lake: Path) -> Path:
    """The study, fitted over Spark Connect."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGSCOPE_ENGINE", address)
        fit_source(small_lake, small_lake.parent / "connect", CHOICES)
    return small_lake.parent / "connect"


@pytest.fixture(scope="module")
def both(embedded: Path, study: Path) -> Iterator[tuple[LiveStudy, LiveStudy]]:
    """The same study, open on either engine."""
    opened = open_study(embedded), open_study(study)
    yield opened
    for live in opened:
        live.engine.close()


def test_a_fit_is_the_same_to_the_last_bit(study: Path, embedded: Path) -> None:
    assert read_fit(study, read_card(study)) == read_fit(embedded, read_card(embedded))


def test_scoring_is_the_same(study: Path, embedded: Path, small_lake: Path, tmp_path: Path) -> None:
    assert load(study).score_file(small_lake, tmp_path / "scored.parquet").rows == CUSTOMERS
    scored, expected = pq.read_table(tmp_path / "scored.parquet"), load(embedded).score(pq.read_table(small_lake))
    for column in ("ID", "segment", "second_segment"):
        assert scored[column].to_pylist() == expected[column].to_pylist()


@pytest.mark.parametrize("asked", SEVERAL)
def test_what_a_page_asks_has_the_same_answer(asked: str, both: tuple[LiveStudy, LiveStudy]) -> None:
    embedded, connected = (ASKED[asked](live) for live in both)
    assert differences_of(embedded, connected) == []


def test_a_query_that_nobody_waits_for_ends(address: str) -> None:
    engine, stop = SparkEngine(address), Stop()
    long = engine.store("t", pa.table({"a": list(range(200_000))}))
    pairs = long.cross_join(long.view()).agg(n=(ibis._.a * ibis._.a_right).sum())  # minutes of work
    threading.Timer(0.2, stop.tell).start()
    started = time.monotonic()
    with pytest.raises(CancelledError, match="nobody waits"), engine.until(stop):
        engine.fetch(pairs)
    assert time.monotonic() - started < 10
    assert rows(engine, long.agg(n=ibis._.count())) == [{"n": 200_000}]
    engine.close()
