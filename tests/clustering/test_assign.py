import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segscope.clustering import nearest, nearest_numpy
from segscope.clustering.assign import Shape, distance2_to, distances2
from segscope.engine import connect

ENGINE = connect(threads=2)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 6), st.integers(1, 7), st.booleans())
def test_expression_and_numpy_agree_to_the_last_bit(seed: int, n: int, p: int, k: int, grid: bool) -> None:
    generator = np.random.default_rng(seed)
    values, centres = generator.normal(size=(n, p)), generator.normal(size=(k, p))
    if grid:  # ties
        values, centres = values.round(), centres.round()
    columns = [f"x{i}" for i in range(p)]
    table = ENGINE.store("points", pa.table({"row": np.arange(n), **{c: values[:, i] for i, c in enumerate(columns)}}))
    found = ENGINE.fetch(nearest(table, columns, centres.tolist()).order_by("row"))
    labels, d2, second, second_d2 = nearest_numpy(values, centres.tolist())
    assert found.column("segment").to_pylist() == labels.tolist()
    assert found.column("distance2").to_pylist() == d2.tolist()
    if k > 1:
        assert found.column("second").to_pylist() == second.tolist()
        assert found.column("second_distance2").to_pylist() == second_d2.tolist()
    else:
        assert found.column("second").null_count == n
        assert (second == -1).all()


def shape(generator: np.random.Generator, p: int) -> Shape:
    factor = np.tril(generator.normal(size=(p, p)))
    return Shape(float(generator.normal()), tuple(tuple(row) for row in factor.tolist()))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 6), st.integers(1, 5))
def test_scores_of_shapes_agree_to_the_last_bit(seed: int, n: int, p: int, k: int) -> None:
    generator = np.random.default_rng(seed)
    values, centres = generator.normal(size=(n, p)), generator.normal(size=(k, p)).tolist()
    shapes = [shape(generator, p) for _ in range(k)]
    columns = [f"x{i}" for i in range(p)]
    table = ENGINE.store("shaped", pa.table({"row": np.arange(n), **{c: values[:, i] for i, c in enumerate(columns)}}))
    first = distance2_to(table, columns, centres[0], shapes[0])
    found = ENGINE.fetch(nearest(table.mutate(first=first), columns, centres, shapes).order_by("row"))
    labels, score, second, second_score = nearest_numpy(values, centres, shapes)
    assert found.column("segment").to_pylist() == labels.tolist()
    assert found.column("distance2").to_pylist() == score.tolist()
    assert found.column("first").to_pylist() == distances2(values, centres, shapes)[:, 0].tolist()
    if k > 1:
        assert found.column("second").to_pylist() == second.tolist()
        assert found.column("second_distance2").to_pylist() == second_score.tolist()


def test_a_score_is_the_penalty_and_the_squared_length_of_the_product() -> None:
    generator = np.random.default_rng(3)
    values, centre, own = generator.normal(size=(20, 4)), generator.normal(size=4), shape(generator, 4)
    products = (values - centre) @ np.array(own.factor).T
    expected = own.penalty + (products**2).sum(axis=1)
    assert distances2(values, [centre.tolist()], [own])[:, 0] == pytest.approx(expected)


def test_ties_go_to_the_lowest_index() -> None:
    labels, _, second, _ = nearest_numpy(np.array([[0.0]]), [[1.0], [-1.0], [1.0]])
    assert (labels.tolist(), second.tolist()) == ([0], [1])


def test_other_columns_are_kept() -> None:
    table = ENGINE.store("kept", pa.table({"name": ["a"], "x": [2.0]}))
    assert nearest(table, ["x"], [[1.0], [5.0]]).columns == (
        "name",
        "x",
        "segment",
        "distance2",
        "second",
        "second_distance2",
    )


def test_the_statement_grows_in_proportion_to_the_segments() -> None:

    columns = [f"x{i}" for i in range(8)]
    table = ibis.table(dict.fromkeys(columns, "float64"), name="t")
    lengths = [
        len(ibis.to_sql(nearest(table, columns, np.ones((k, 8)).tolist()), dialect="duckdb")) for k in (3, 6, 12)
    ]
    assert lengths[2] - lengths[1] == pytest.approx(2 * (lengths[1] - lengths[0]), rel=0.2)


def test_distances() -> None:
    assert distances2(np.array([[3.0, 4.0]]), [[0.0, 0.0], [3.0, 0.0]]).tolist() == [[25.0, 16.0]]
