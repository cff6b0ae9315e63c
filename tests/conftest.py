"""Fixtures that any test may ask for."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segscope.engine import Engine, connect
from segscope.study import Choices, fit_source

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


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty customers of a small shop in two plain groups: twenty who spend a lot, forty who spend little."""
    lines = ["customer_id;first_order;orders;spend;age;city;newsletter;note"]
    for i in range(60):
        much = i % 3 == 0
        orders, spend = (20 + i % 4, 900 + 7 * i) if much else (2 + i % 3, 20 + i % 11)
        age = "" if i % 20 == 7 else 25 + i % 40
        city, news = ("Köln", "Bonn", "Ulm")[i % 3], ("yes", "no")[i % 2]
        lines.append(
            f"{i:04d};{1 + i % 28:02d}.{1 + i % 12:02d}.2023;{orders};{spend},50;{age};{city};{news};=HYPERLINK({i})"
        )
    path = tmp_path_factory.mktemp("shop") / "shop.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def shop(shop_file: Path) -> Path:
    """The study of the small shop, in two segments. Copy it before you change it."""
    folder = shop_file.parent / "study"
    fit_source(shop_file, folder, Choices(segments=2))
    return folder
