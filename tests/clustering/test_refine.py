import numpy as np
import pyarrow as pa
import pytest

from segscope.clustering import as_points, kmeans, nearest_numpy, refine
from segscope.clustering.points import Array
from segscope.clustering.refine import Refined
from segscope.engine import connect
from tests.clustering.data import NINE, groups


def refined(values: Array, centres: object, threads: int = 2, max_passes: int = 50) -> Refined:
    engine = connect(threads=threads)
    columns = [f"x{i}" for i in range(values.shape[1])]
    model = engine.store("model", pa.table({c: values[:, i] for i, c in enumerate(columns)}))
    return refine(engine, model, columns, centres, max_passes)  # type: ignore[arg-type]


def test_nine_customers() -> None:
    found = refined(NINE, [[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    assert found.sizes == (3, 3, 3)
    assert found.wcss == pytest.approx(4.0)
    assert found.moved == 0.0


def test_k_means_on_everybody_is_at_a_standstill_already() -> None:
    values = np.random.default_rng(2).gamma(2.0, size=(2000, 3)) - 1.7
    solution = kmeans(as_points(values), 5, seed=0)
    found = refined(values, solution.centres)
    assert found.passes == 1
    assert found.centres == solution.centres
    assert found.sizes == solution.sizes
    assert found.wcss == pytest.approx(solution.wcss, rel=1e-9)


def test_bits_depend_on_neither_rows_nor_threads() -> None:
    values = np.random.default_rng(2).normal(size=(30_000, 3))
    start = values[:4].tolist()
    shuffled = values[np.random.default_rng(3).permutation(len(values))]
    assert refined(values, start, threads=1, max_passes=6) == refined(shuffled, start, threads=8, max_passes=6)


def test_wcss_and_sizes_belong_to_the_centres_even_when_stopped_early() -> None:
    values = groups()
    found = refined(values, values[:3].tolist(), max_passes=2)
    labels, d2, _, _ = nearest_numpy(values, found.centres)
    assert found.passes == 2
    assert found.wcss == pytest.approx(d2.sum())
    assert found.sizes == tuple(np.bincount(labels, minlength=3).tolist())


def test_an_empty_segment_keeps_its_centre() -> None:
    found = refined(NINE, [[0.0, 0.0], [500.0, 500.0]])
    assert (500.0, 500.0) in found.centres
    assert found.sizes == (9, 0)
