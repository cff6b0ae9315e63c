"""The same recipe gives the same segmentation: again, rows shuffled, on 1 or 8 threads, in chunks of another size."""

from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from threadpoolctl import threadpool_limits

from segscope import samples
from segscope.clustering import draw, gather
from segscope.engine import connect
from segscope.json_text import dump_json
from segscope.recipe import Method
from segscope.study import Choices, fit_source, fitting, running, weighing

CUSTOMERS, SAMPLE = 600, 250
FEATURES = ("Income", "MntWines", "NumStorePurchases")
Fitted = Callable[..., str]


@pytest.fixture(params=[False, True], ids=["all customers", "a weighted sample"])
def fitted(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fitted:
    """Fits a table and returns its segmentation as it is written; with a sample, as large studies are."""
    monkeypatch.setattr(weighing, "gather", partial(gather, k_max=3))  # the evidence has a test of its own
    if request.param:
        monkeypatch.setattr(fitting, "draw", partial(draw, size=SAMPLE))

    numbers = count()

    def fit(table: pa.Table, method: Method, threads: int, chunk: int) -> str:
        file = tmp_path / "customers.parquet"
        pq.write_table(table, file, row_group_size=chunk)
        monkeypatch.setattr(running, "engine_for", lambda _cells, _place: connect(threads=threads))
        with threadpool_limits(threads):
            found = fit_source(
                file, tmp_path / f"study{next(numbers)}", Choices(segments=3, features=FEATURES, method=method)
            )
        return dump_json(found.segmentation)

    return fit


@pytest.mark.parametrize("method", ["kmeans", "mixture", "ward"])
def test_a_recipe_gives_the_same_segmentation_to_the_last_bit(fitted: Fitted, method: Method, tmp_path: Path) -> None:
    samples.write(tmp_path / "sample.parquet", CUSTOMERS)
    table = pq.read_table(tmp_path / "sample.parquet")
    shuffled = table.take(np.random.default_rng(7).permutation(len(table)))
    first = fitted(table, method, threads=1, chunk=CUSTOMERS)
    assert fitted(shuffled, method, threads=8, chunk=97) == first
