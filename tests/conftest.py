"""Fixtures that any test may ask for."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segscope.engine import Engine, connect, connect_engine
from segscope.engine.spark_session import java_version
from segscope.study import Choices, fit_source

REPOSITORY = Path(__file__).resolve().parent.parent

# Tiny tables: nothing is worth compiling, and one partition holds them.
QUICK_SPARK = (
    "spark.master=local[1] spark.default.parallelism=1 spark.sql.shuffle.partitions=1 spark.driver.memory=1g "
    "spark.sql.codegen.wholeStage=false spark.sql.codegen.factoryMode=NO_CODEGEN spark.sql.adaptive.enabled=false"
)
os.environ.setdefault("SEGSCOPE_TEST_SPARK", QUICK_SPARK)
# Nothing runs long enough for Java's second compiler, or for a collector with threads of its own, to pay.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")

# A further engine is tested by one more line here: every test that asks for `engine` runs on each of them.
ENGINES: dict[str, Callable[[], Engine]] = {"duckdb": connect, "spark": lambda: connect_engine("spark")}
ON_EVERY_ENGINE = {"test_engine", "test_measures", "test_categories", "test_segmentation"}
# Of these, all but what is tried with a hundred examples, which would take Spark half a minute each.
EXAMPLES_ON_EVERY_ENGINE = {
    *("test_cleaning", "test_features", "test_profiling", "test_comparing"),
    *("test_unusual", "test_levels", "test_differences", "test_rfm"),
}
ON_SPARK = {"test_on_spark", "test_over_connect", "test_spark_sources"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests of stages run on every engine; those of what DuckDB alone does run on it."""
    if "engine" in metafunc.fixturenames:
        module, often = metafunc.module.__name__.rpartition(".")[2], hasattr(metafunc.function, "hypothesis")
        on_all = module in ON_EVERY_ENGINE or (module in EXAMPLES_ON_EVERY_ENGINE and not often)
        metafunc.parametrize("engine", sorted(ENGINES) if on_all else ["duckdb"], indirect=True)


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that needs Spark shares a worker, for it starts slowly, and so do those who need the same cluster."""
    for item in items:
        given = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        named = getattr(item, "fixturenames", ())
        if given.get("engine") == "spark" or "spark" in named or item.path.stem in ON_SPARK:
            item.add_marker(pytest.mark.xdist_group("spark"))
        elif item.path.stem == "test_on_cluster":
            item.add_marker(pytest.mark.xdist_group("cluster"))


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine that expressions must run on, with the same results."""
    if request.param == "spark" and java_version() is None:
        pytest.skip("no Java for Spark: install openjdk-17-jre-headless")
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
