"""A standalone cluster of Spark that loses its machines, one after the other, under one process of an analyst.

The first worker fails in the middle of a fit, the master in the middle of the next, the last worker in that of a third.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from segscope.engine.spark_session import java_version
from segscope.library import load
from segscope.study import read_card, read_fit
from tests.conftest import REPOSITORY
from tests.study.lakes import CUSTOMERS
from tests.study.spark_cluster import SMALL, Cluster, cluster

pytestmark = pytest.mark.skipif(java_version() is None, reason="no Java for Spark: install openjdk-17-jre-headless")

MOST_SECONDS = 300
LOST = "was lost. Nothing was changed; try again when the cluster is back."


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the studies, and with what was scored and exported."""
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture(scope="module")
def told(place: Path, small_lake: Path) -> dict[str, Any]:
    """What the process reports (see tests/study/on_cluster.py)."""
    with cluster(place) as running:
        return go_through(running, small_lake, place)


def go_through(running: Cluster, source: Path, folder: Path) -> dict[str, Any]:
    given = [running.address, *map(str, (running.master, *running.workers, source, folder))]
    done = subprocess.run(
        [sys.executable, "-m", "tests.study.on_cluster", *given],
        env=os.environ | {"SEGSCOPE_TEST_SPARK": SMALL},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert report["lost"] == [True, True, True]
    return report


@pytest.fixture(scope="module")
def embedded(small_lake: Path) -> Path:
    """The same study on the embedded engine."""
    return small_lake.parent / "embedded"


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("fitted", ["without-worker", "without-master"])
def test_a_worker_or_the_master_lost_in_the_middle_of_a_fit_changes_nothing(
    fitted: str, place: Path, embedded: Path
) -> None:
    assert read_fit(place / fitted, read_card(place / fitted)) == read_fit(embedded, read_card(embedded))


def test_a_cluster_without_a_master_scores_and_exports_like_the_embedded_engine(
    told: dict[str, Any], place: Path, embedded: Path, small_lake: Path
) -> None:
    assert (told["scored"], told["listed"]) == (CUSTOMERS, CUSTOMERS)
    scored, expected = pq.read_table(place / "scored.parquet"), load(embedded).score(pq.read_table(small_lake))
    for column in ("ID", "segment", "second_segment"):
        assert scored[column].to_pylist() == expected[column].to_pylist()
    load(embedded).export(place / "embedded.csv")
    assert (place / "list.csv").read_bytes() == (place / "embedded.csv").read_bytes()


def test_a_lost_cluster_is_told_soon_and_leaves_the_last_segmentation(
    told: dict[str, Any],
) -> None:
    assert told["told"].endswith(LOST)
    assert told["waited"] < 30
    assert told["unchanged"]


def test_once_it_is_lost_it_is_refused_at_once(told: dict[str, Any]) -> None:
    assert "Nothing answers at spark://127.0.0.1" in told["again"]
