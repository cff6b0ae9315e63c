"""Studies of the same customers on several engines."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from segscope import samples
from tests.study.lakes import CUSTOMERS, in_parts


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sample customers in three Parquet files of one folder; ``whole.parquet`` lies beside it."""
    place = tmp_path_factory.mktemp("lake")
    samples.write(place / "whole.parquet", CUSTOMERS)
    return in_parts(pq.read_table(place / "whole.parquet"), place / "customers.parquet", 3)
