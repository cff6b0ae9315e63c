"""What the Explore page says about a selection is what a direct count says, whichever side of it is read."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segscope import samples
from segscope.errors import ColumnError
from segscope.exploring import log_view, parse_filters
from segscope.exploring.counts import count_one
from segscope.study import Choices, LiveStudy, fit_source, open_study
from segscope.web import exploration
from segscope.web.differing import REST, find_differences
from segscope.web.exploration import selection_counts
from segscope.web.plots import draw_boxes, draw_pair

NUMBERS = ("Income", "Recency", "MntWines", "MntMeatProducts", "NumWebPurchases")
CATEGORIES = ("Education", "Marital_Status")
Columns = Mapping[str, NDArray[Any]]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStudy]:
    place = tmp_path_factory.mktemp("exploring")
    samples.write(place / "c.parquet", 700)
    fit_source(place / "c.parquet", place / "study", Choices(segments=3))
    opened = open_study(Path(place / "study"))
    yield opened
    opened.engine.close()


@pytest.fixture(scope="module")
def columns(live: LiveStudy) -> Columns:
    rows = live.engine.fetch(live.customers.select(*NUMBERS, *CATEGORIES))
    return {name: rows[name].to_numpy() for name in rows.column_names}


def random_filters(live: LiveStudy, chance: random.Random) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for name in chance.sample((*NUMBERS, *CATEGORIES), chance.randint(1, 3)):
        variable = live.variable(name)[1]
        if variable.bins is None:
            state[name] = {"in": chance.sample((*variable.choices, "(blank)"), 2)}
        else:
            low, high = sorted(chance.uniform(variable.bins.smallest - 9, variable.bins.high) for _ in range(2))
            state[name] = [chance.choice([low, None]), high]
    return state


def passing(columns: Columns, state: Mapping[str, Any]) -> NDArray[np.bool_]:
    found = np.ones(len(columns["Income"]), dtype=bool)
    for name, wanted in state.items():
        values = columns[name]
        if isinstance(wanted, dict):
            found &= np.array([("(blank)" if v is None else v) in wanted["in"] for v in values])
        else:
            low, high = (-np.inf if wanted[0] is None else wanted[0]), wanted[1]
            with np.errstate(invalid="ignore"):
                found &= (values >= low) & (values <= high)
    return found


@pytest.mark.parametrize("many", [10**9, 0], ids=["as a small study", "as a large study"])
def test_two_hundred_random_filters_give_the_counts_of_a_direct_count(
    live: LiveStudy, columns: Columns, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exploration, "MANY", many)
    chance = random.Random(7)
    for _ in range(100):
        state = random_filters(live, chance)
        chosen = passing(columns, state)
        found = selection_counts(live, state)
        assert found["selected"] == chosen.sum(), state
        for name in NUMBERS:
            bins = live.variable(name)[1].bins
            assert bins is not None
            values = columns[name][chosen].astype(float)
            known = values[~np.isnan(values)]
            places = np.clip(np.floor((known - bins.low) / bins.width), 0, bins.count - 1).astype(int)
            expected = [*np.bincount(places, minlength=bins.count).tolist(), len(values) - len(known)]
            assert found["counts"][name] == expected, (name, state)


def test_a_large_study_says_what_a_small_one_says(live: LiveStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    for many in (10**9, 0):
        monkeypatch.setattr(exploration, "MANY", many)
        for state in ({"Recency": [None, 80]}, {"Recency": [81, None]}):
            counts = selection_counts(live, state)
            differs = find_differences(live, counts, REST)
            boxes = draw_boxes(live, counts, "MntWines", {"x": "Education"}, False, "light")
            pair = draw_pair(live, counts, {"x": "Income", "y": "MntWines"}, "light")
            said.append((counts["counts"], differs.title, differs.note, boxes[0].to_json(), boxes[1:], pair[1:]))
    assert said[:2] == said[2:]


def test_a_skewed_measure_has_a_second_view_that_counts_everybody(live: LiveStudy) -> None:
    place = len(live.variables)
    view = live.views[place]
    assert view == log_view(live.variable(view.column)[1])
    counts = count_one(live.engine, live.customers, live.views, place)
    assert sum(counts) == live.fit.customers
    assert view.bins is not None
    values = live.engine.fetch(live.customers.select(view.column))[view.column].to_numpy().astype(float)
    expected = np.histogram(values[~np.isnan(values)], [-np.inf, *view.bins.edges[1:-1], np.inf])[0].tolist()
    assert counts[:-1] == expected


def test_a_limit_of_many_digits_is_refused_in_words(live: LiveStudy) -> None:
    with pytest.raises(Exception, match="The limit on Income must be a number up to"):
        parse_filters({"Income": [10**400, None]}, live.variables)


def test_what_no_select_offers_is_refused_in_words(live: LiveStudy) -> None:
    everybody = selection_counts(live, {})
    with pytest.raises(ColumnError, match="Did you mean Income"):
        draw_pair(live, everybody, {"x": "Incom", "y": "MntWines"}, "light")
    with pytest.raises(ColumnError, match="Education is not a measure"):
        draw_pair(live, everybody, {"x": "Education", "y": "MntWines"}, "light")
    with pytest.raises(ColumnError, match="Income is not a category"):
        draw_boxes(live, everybody, "MntWines", {"x": "Income"}, False, "light")
