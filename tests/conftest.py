"""Fixtures that any test may ask for."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segscope.engine import Engine, connect

REPOSITORY = Path(__file__).resolve().parent.parent

# A second engine is tested by one more line here: every test that asks for `engine` runs on each of them.
ENGINES: dict[str, Callable[[], Engine]] = {"duckdb": connect}


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine that expressions must run on, with the same results."""
    engine = ENGINES[request.param]()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; they are not part of the repository."""
    folder = Path(os.environ.get("SEGSCOPE_TEST_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data sets: {folder} is not a folder (set SEGSCOPE_TEST_DATA)")
    return folder
