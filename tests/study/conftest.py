"""Studies of the same customers on several engines."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from segscope import samples
from segscope.study import fit_source, open_study
from tests.study.collecting import Collected, collected
from tests.study.lakes import CHOICES, CUSTOMERS, FEW_COLUMNS, in_parts

SEVERAL = 10  # counts of numbers in each segment may be more than there are customers, where these are few


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sample customers in three Parquet files of one folder; ``whole.parquet`` lies beside it."""
    place = tmp_path_factory.mktemp("lake")
    samples.write(place / "whole.parquet", CUSTOMERS)
    return in_parts(pq.read_table(place / "whole.parquet"), place / "customers.parquet", 3)


@pytest.fixture(scope="session")
def small_lake(lake: Path) -> Path:
    """The same customers with fewer columns, for what is not about columns; ``embedded`` beside it is their study."""
    customers = pq.read_table(lake.parent / "whole.parquet").select(FEW_COLUMNS)
    (lake.parent / "small").mkdir()
    small = in_parts(customers, lake.parent / "small" / "customers.parquet", 3)
    fit_source(small, small.parent / "embedded", CHOICES)
    return small


@pytest.fixture(scope="session")
def on_duckdb(lake: Path) -> list[Collected]:
    """A study on the embedded engine, ``duckdb`` beside the lake: what it collected when it was fitted and opened."""
    with collected(CUSTOMERS * SEVERAL) as found:
        fit_source(lake, lake.parent / "duckdb", CHOICES)
        open_study(lake.parent / "duckdb").engine.close()
    return found


@pytest.fixture(scope="session")
def on_spark(lake: Path) -> list[Collected]:
    """The same on Spark, ``spark`` beside the lake."""
    with pytest.MonkeyPatch.context() as patch, collected(CUSTOMERS * SEVERAL) as found:
        patch.setenv("SEGSCOPE_ENGINE", "spark")
        fit_source(lake, lake.parent / "spark", CHOICES)
        patch.delenv("SEGSCOPE_ENGINE")
        open_study(lake.parent / "spark").engine.close()
    return found
