import ibis
import numpy as np
import pyarrow as pa
import pytest

from segscope.clustering import Points, as_points, draw
from segscope.clustering.points import Array, thinned
from segscope.engine import DuckDBEngine, connect
from segscope.errors import DataError


def stored(engine: DuckDBEngine, values: Array, shuffle: int | None = None) -> ibis.Table:
    order = np.arange(len(values)) if shuffle is None else np.random.default_rng(shuffle).permutation(len(values))
    columns = {f"x{i}": values[order, i] for i in range(values.shape[1])}
    return engine.store("model", pa.table({**columns, "id": [str(i) for i in order]}))


def same(a: Points, b: Points) -> bool:
    return a.values.tobytes() == b.values.tobytes() and a.weights.tobytes() == b.weights.tobytes()


def test_few_customers_are_all_taken() -> None:
    values = np.random.default_rng(0).normal(size=(300, 2))
    engine = connect()
    points = draw(engine, stored(engine, values), ["x0", "x1"], "id", seed=1)
    assert points.exact
    assert points.customers == 300
    assert (points.weights == 1).all()
    assert same(points, as_points(values))


def test_many_customers_are_sampled_with_weights() -> None:
    values = np.random.default_rng(0).normal(size=(20_000, 2)) + 3.0
    values[0] = (80.0, 80.0)
    engine = connect()
    points = draw(engine, stored(engine, values), ["x0", "x1"], "id", seed=1, size=2_000)
    assert len(points.values) == pytest.approx(2_000, abs=300)  # fewer, since no chance exceeds 1
    assert points.weights.sum() == pytest.approx(20_000)
    assert not points.exact
    mean = np.average(points.values, axis=0, weights=points.weights)
    assert mean == pytest.approx(values.mean(axis=0), abs=0.1)
    # The remote customer is as good as certain to be in the sample, standing for hardly more than itself.
    assert points.values[-1].tolist() == [80.0, 80.0]
    assert points.weights[-1] < 2


def test_the_sample_depends_on_the_seed_only() -> None:
    values = np.random.default_rng(0).normal(size=(20_000, 2))
    samples = []
    for threads, shuffle, seed in ((1, None, 5), (8, 1, 5), (1, None, 6)):
        engine = connect(threads=threads)
        samples.append(draw(engine, stored(engine, values, shuffle), ["x0", "x1"], "id", seed=seed, size=1_000))
    assert same(samples[0], samples[1])
    assert not same(samples[0], samples[2])


@pytest.mark.parametrize("bad", [[[np.nan]], [[np.inf]]])
def test_blanks_are_refused(bad: list[list[float]]) -> None:
    with pytest.raises(DataError, match="blank"):
        as_points(np.array(bad))


def test_nulls_and_no_customers_are_refused() -> None:
    engine = connect()
    model = engine.store("model", pa.table({"x": pa.array([1.0, None]), "id": ["a", "b"]}))
    with pytest.raises(DataError, match="blanks"):
        draw(engine, model, ["x"], "id", seed=0)
    with pytest.raises(DataError, match="at least one customer"):
        draw(engine, model.filter(model.id == "c"), ["x"], "id", seed=0)
    with pytest.raises(DataError, match="at least one feature"):
        draw(engine, model, [], "id", seed=0)


def test_distinct_points_are_counted() -> None:
    assert as_points(np.array([[1.0], [0.0], [-0.0], [1.0]])).distinct == 2


def test_thinning_gives_points_of_equal_weight() -> None:
    points = Points(np.arange(100.0).reshape(-1, 1), np.r_[np.full(50, 3.0), np.full(50, 1.0)], 200)
    thin = thinned(points, 90, seed=0)
    assert len(set(thin.weights)) == 1
    assert thin.weights.sum() == pytest.approx(200)
    assert (thin.values < 50).sum() == 50
    assert (np.diff(thin.values.ravel()) > 0).all()
