"""A study narrowed to a selection: profiles, quartiles, counts and densities are those of a direct computation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segscope.comparing import composition, count_by_segment, distribution, mean_percentiles
from segscope.comparing.groups import Group
from segscope.comparing.standing import smoothed
from segscope.exploring import Choice, Filters, Range
from segscope.segmentation import SEGMENT
from segscope.study import LiveStudy, open_study
from segscope.study.narrowing import Narrowed, narrowed, with_quartiles

SELECTION: Filters = (Range("age", 30.0, 55.0), Choice("city", ("Köln", "Bonn")))


@pytest.fixture(scope="module")
def live(shop: Path) -> Iterator[LiveStudy]:
    opened = open_study(shop)
    yield opened
    opened.engine.close()


@pytest.fixture(scope="module")
def chosen(live: LiveStudy) -> list[dict[str, Any]]:
    """The selected customers, in Python."""
    everybody: list[dict[str, Any]] = live.engine.fetch(live.customers).to_pylist()
    return [c for c in everybody if c["age"] and 30 <= c["age"] <= 55 and c["city"] in ("Köln", "Bonn")]


def values(chosen: list[dict[str, Any]], column: str, segment: int | None) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([float(c[column]) for c in chosen if segment is None or c[SEGMENT] == segment])


def test_profiles_of_a_selection_equal_a_direct_computation(live: LiveStudy, chosen: list[dict[str, Any]]) -> None:
    found = narrowed(live, SELECTION)
    profiles, exact = found.fit.profiles, with_quartiles(found, ["spend", "age"])
    assert 0 < profiles.everybody.customers == len(chosen) < 60
    for segment in (None, 0, 1):
        for column in ("spend", "age"):
            x = values(chosen, column, segment)
            group = profiles.everybody if segment is None else profiles.segments[segment]
            quick = group.numbers[column]
            assert (quick.count, quick.low, quick.high) == (len(x), x.min(), x.max())
            assert (quick.mean, quick.deviation) == pytest.approx((x.mean(), x.std()))
            whole = (exact.everybody if segment is None else exact.segments[segment]).numbers[column]
            assert [whole.quarter, whole.median, whole.three_quarters] == pytest.approx(
                np.quantile(x, [0.25, 0.5, 0.75])
            )
    assert sum(profiles.everybody.categories["city"].values()) == len(chosen)


def test_densities_ranks_and_shares_of_a_selection_equal_a_direct_computation(
    live: LiveStudy, chosen: list[dict[str, Any]]
) -> None:
    found = narrowed(live, SELECTION)
    (spend, variable), (city, cities) = live.variable("spend"), live.variable("city")
    counts = count_by_segment(found.engine, found.customers, {spend: variable, city: cities}, 2)
    bins = variable.bins
    assert bins is not None
    edges = [*bins.edges] or [bins.low + i * bins.width for i in range(bins.count + 1)]
    inner = np.array(edges[1:-1])
    direct = [
        np.bincount(np.searchsorted(inner, values(chosen, "spend", g), side="right"), minlength=bins.count)
        for g in (0, 1)
    ]
    assert counts["spend"][:, :-1].tolist() == [d.tolist() for d in direct]
    drawn = distribution(variable, counts["spend"], (Group(0, "a", 0),))
    assert drawn.groups[0].shares == pytest.approx(smoothed(direct[0] / direct[0].sum()))
    everybody = direct[0] + direct[1]
    ranks = 100 * (everybody.cumsum() - everybody / 2) / everybody.sum()
    assert mean_percentiles(counts["spend"]) == pytest.approx([(d * ranks).sum() / d.sum() for d in direct])
    shares = composition(cities, counts["city"], (Group(1, "b", 1),))
    for place, name in enumerate(shares.values):
        mine = [c["city"] == name for c in chosen if c[SEGMENT] == 1]
        assert shares.shares[place][0].share == pytest.approx(np.mean(mine))


def test_without_a_filter_the_study_is_itself_and_a_selection_is_kept(live: LiveStudy) -> None:
    assert narrowed(live, ()) is live
    assert with_quartiles(live, ["spend"]) is live.fit.profiles
    found = narrowed(live, SELECTION)
    assert isinstance(found, Narrowed) and narrowed(live, SELECTION) is found
    assert (found.filters, found.fit.segments) == (SELECTION, live.fit.segments)


def test_a_selection_without_a_segment_or_without_anybody_has_no_numbers_of_it(live: LiveStudy) -> None:
    nobody = narrowed(live, (Range("spend", -10.0, -5.0),))
    assert nobody.fit.profiles.everybody.customers == 0
    assert nobody.fit.profiles.everybody.numbers == {}
    poor = narrowed(live, (Range("spend", None, 100.0),))
    assert [g.customers for g in poor.fit.profiles.segments] == [0, 40]
    assert poor.fit.profiles.segments[0].numbers == {}
