"""What a committed filter makes the browser load: bounded for every choice, whatever the number of customers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from plotly.io.json import to_json_plotly

from segscope.exploring.cubes import count_cube
from segscope.figures import explore as figures
from segscope.study import SEGMENT_VARIABLE, Choices, LiveStudy, fit_source, open_study
from segscope.web.differing import REST, find_differences
from segscope.web.exploration import associated, association_note, selection_counts
from segscope.web.plots import draw_boxes, draw_pair

FEW, MANY = 21_000, 42_000  # both more than are drawn
MOST = 200_000  # bytes before compression
PAIRS = (
    {"x": "small", "y": "long"}, {"x": "fraction1", "y": "fraction2", "size": "fraction3", "colour": "fraction4"},
    {"x": "day", "y": "fraction1", "size": "town", "colour": "town"}, {"x": "small", "y": "small", "colour": "town"},
)  # fmt: skip
BOXES = (
    ("fraction1", {"x": "town"}), ("fraction1", {"x": "town", "colour": "shop", "facet": "kind"}),
    ("day", {"x": "kind", "colour": "shop", "facet": SEGMENT_VARIABLE}), ("shop", {"x": "town"}),
)  # fmt: skip
Sizes = dict[str, int]


def wide(customers: int) -> pa.Table:
    """Customers with much that is long to write: dates, fractions, many texts, skew and blanks."""
    chance = np.random.default_rng(5)
    skewed = {f"fraction{i}": chance.lognormal(i % 4, 1.2, customers) for i in range(20)}
    texts = {
        name: np.array([f"{name} of a middling name {i:03d}" for i in range(number)] + [None])[
            (number * chance.uniform(size=customers) ** 2).astype(int)
        ]
        for name, number in (("town", 45), ("shop", 12), ("kind", 5))
    }
    days = np.datetime64("2010-01-01") + chance.integers(0, 4000, customers)
    return pa.table(
        {**skewed, **texts, "day": days, "small": chance.poisson(9, customers),
         "long": chance.integers(10**6, 10**7, customers)}
    )  # fmt: skip


def opened(place: Path, customers: int) -> LiveStudy:
    pq.write_table(wide(customers), place / f"{customers}.parquet")
    folder = place / str(customers)
    chosen = Choices(segments=2, features=("small", "fraction1"))
    fit_source(place / f"{customers}.parquet", folder, chosen)
    return open_study(folder)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sizes, Sizes]]:
    """Bytes of each answer to a committed filter, of few customers and of twice as many."""
    place = tmp_path_factory.mktemp("payload")
    lives = [opened(place, customers) for customers in (FEW, MANY)]
    yield sizes(lives[0]), sizes(lives[1])
    for live in lives:
        live.engine.close()


def sizes(live: LiveStudy) -> Sizes:
    counts = selection_counts(live, {"small": [1, None]})
    found: dict[str, Any] = {"counts": counts}
    differ = find_differences(live, counts, REST)
    found["differences"] = [differ.title, differ.rows, differ.note]
    pairs = associated(live, counts)
    found["associations"] = [figures.associations(pairs, "light"), association_note(live, pairs)]
    found |= {f"pair {i}": draw_pair(live, counts, names, "light") for i, names in enumerate(PAIRS)}
    found |= {f"boxes {i}": draw_boxes(live, counts, y, by, False, "light") for i, (y, by) in enumerate(BOXES)}
    found |= {f"violins {i}": draw_boxes(live, counts, y, by, True, "light") for i, (y, by) in enumerate(BOXES)}
    cube = count_cube(live.engine, live.customers, live.variables, 0, range(1, 13))
    return {name: len(to_json_plotly(each)) for name, each in found.items()} | {"cube": len(cube.to_bytes())}


def test_a_refresh_stays_below_two_hundred_kilobytes_for_every_choice(answers: tuple[Sizes, Sizes]) -> None:
    _, large = answers
    kinds = ("counts", "differences", "associations", "pair", "boxes violins")
    worst = [max(size for name, size in large.items() if name.split()[0] in kind.split()) for kind in kinds]
    assert sum(worst) < MOST, large


def test_no_answer_grows_with_the_number_of_customers(answers: tuple[Sizes, Sizes]) -> None:
    few, many = answers
    grown = {name: (few[name], many[name]) for name in few if many[name] > few[name] * 1.03 + 500}
    assert not grown, "twice as many customers take a digit more at most"
