"""The process beside computes what this one would, tells how far it is, and is not waited for when it dies."""

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from segscope.beside import Beside
from segscope.clustering import as_points, gather
from segscope.errors import SegscopeError

POINTS = as_points(np.random.default_rng(1).normal(size=(150, 2)) + np.repeat([[0, 0], [7, 0], [0, 7]], 50, axis=0))


@pytest.fixture
def beside() -> Iterator[Beside]:
    with closing(Beside()) as made:
        yield made


def test_it_finds_the_same_evidence_to_the_last_bit(beside: Beside) -> None:
    stages: list[str] = []
    beside.take(POINTS, seed=5, method="kmeans")
    evidence, solutions = beside.evidence(lambda stage, share: stages.append(stage))
    here, found = gather(POINTS, 5)
    assert evidence == here
    assert {k: s.outline for k, s in solutions.items()} == {k: s.outline for k, s in found.items()}
    assert all(np.array_equal(solutions[k].labels, found[k].labels) for k in found)
    assert [solutions[k].wcss for k in found] == [s.wcss for s in found.values()]
    assert "Clustering into 3" in stages


def test_its_early_end_is_told(beside: Beside) -> None:
    beside.take(POINTS, seed=5, method="kmeans")
    beside.close()
    with pytest.raises(SegscopeError, match="ended early"):
        beside.evidence(lambda stage, share: None)


def test_closing_ends_the_process_at_once(beside: Beside) -> None:
    process = beside._process
    assert process.poll() is None
    beside.close()
    assert process.poll() is not None
