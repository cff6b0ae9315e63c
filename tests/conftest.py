"""Fixtures that any test may ask for."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; they are not part of the repository."""
    folder = Path(os.environ.get("SEGSCOPE_TEST_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data sets: {folder} is not a folder (set SEGSCOPE_TEST_DATA)")
    return folder
