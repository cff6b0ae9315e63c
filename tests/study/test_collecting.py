"""Only aggregates, the drawn customers and pages of rows reach this process, however many customers there are."""

from functools import partial
from pathlib import Path

import pytest

from segscope import samples
from segscope.clustering import draw
from segscope.engine import connect
from segscope.study import fit_source, open_study
from tests.study.collecting import collected
from tests.study.lakes import CHOICES

CUSTOMERS = 20_000
DRAWN = 5_000
# Counts of whole numbers in each segment are the largest aggregate: as many as there are different numbers.
MOST_ROWS = 12_000


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    samples.write(tmp_path / "customers.parquet", CUSTOMERS)
    return tmp_path / "customers.parquet"


@pytest.fixture
def few_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many customers are more than are clustered whole; here fewer are many."""
    monkeypatch.setattr("segscope.study.fitting.draw", partial(draw, size=DRAWN))


@pytest.mark.usefixtures("few_drawn")
def test_a_fit_and_a_study_that_opens_collect_no_more_than_what_is_drawn_and_counted(
    customers: Path, tmp_path: Path
) -> None:
    with collected(MOST_ROWS) as found:
        fit_source(customers, tmp_path / "study", CHOICES)
        open_study(tmp_path / "study").engine.close()
    drawn = [rows for columns, rows in found if "__chance" in columns]
    assert len(drawn) == 1
    assert drawn[0] < 1.1 * DRAWN


def test_a_stage_that_collects_its_customers_fails(customers: Path) -> None:
    engine = connect()
    table = engine.scan_parquet("t", customers)
    with collected(MOST_ROWS), pytest.raises(AssertionError, match=r"20000 rows of .* were collected"):
        engine.fetch(table.select("ID"))
