"""A study in use: everybody loaded once, with bins and segments, behind a locked door."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from segscope.engine import rows
from segscope.errors import ColumnError
from segscope.exploring import Choice, count_bins, count_customers, in_words, parse_filters, select
from segscope.study import SEGMENT_VARIABLE, LiveStudy, open_study, read_card, read_fit, reopened
from segscope.study.history import edited


@pytest.fixture
def live(shop: Path) -> LiveStudy:
    return open_study(shop)


def test_every_customer_is_loaded_with_a_segment(live: LiveStudy) -> None:
    assert count_customers(live.engine, live.customers) == live.card.customers == 60


def test_the_segment_is_a_variable_like_any_other(live: LiveStudy) -> None:
    place, variable = live.variable(SEGMENT_VARIABLE)
    assert variable.choices == tuple(s.id for s in live.fit.segments)
    assert variable.shown == tuple(s.name for s in live.fit.segments)
    counts = count_bins(live.engine, live.customers, live.variables, live.customers)
    assert counts[SEGMENT_VARIABLE] == [s.size for s in live.fit.segments] + [0]
    chosen = select(live.customers, (Choice(SEGMENT_VARIABLE, (variable.choices[0],)),), live.variables)
    assert count_customers(live.engine, chosen) == live.fit.segments[0].size
    assert live.variables[place] is variable


def test_a_column_that_no_page_offers_is_refused_with_near_matches(live: LiveStudy) -> None:
    with pytest.raises(ColumnError, match="nothing to show of a column 'agee'"):
        live.variable("agee")


def test_every_variable_counts_everybody_once(live: LiveStudy) -> None:
    counts = count_bins(live.engine, live.customers, live.variables, live.customers)
    assert {c: sum(n) for c, n in counts.items()} == dict.fromkeys(counts, 60)
    assert counts["age"][-1] == 3, "the three blank ages are counted as blank"


def test_the_sample_is_everybody_in_an_order_that_does_not_change(live: LiveStudy, shop: Path) -> None:
    again = open_study(shop)
    ids = [[r["customer_id"] for r in rows(s.engine, s.sample.select("customer_id"))] for s in (live, again)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 60
    assert ids[0] != sorted(ids[0])
    again.engine.close()


def test_the_engine_reads_no_file_once_the_data_are_in(live: LiveStudy, shop: Path) -> None:
    with pytest.raises(Exception, match=r"[Pp]ermission|disabled"):
        live.engine.scan_parquet("again", shop / read_card(shop).data)


def test_many_threads_may_ask_at_once(live: LiveStudy) -> None:
    def ask(_: int) -> dict[str, list[int]]:
        return count_bins(live.engine, live.customers, live.variables, live.customers)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(24)))
    assert all(a == answers[0] for a in answers)


def test_another_name_touches_no_customer_and_breaks_no_filter(shop: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shop, tmp_path / "study"))
    live = open_study(folder)
    old = live.fit.segments[0]
    kept = [{SEGMENT_VARIABLE: {"in": [old.id]}}, {"__segment_name": {"in": [old.name]}}]
    before, named = live.stamp, live.once_named("x", lambda: [s.name for s in live.fit.segments])
    fit = read_fit(folder, live.card)
    first, *others = fit.segments
    segments = (replace(first, name="Stars"), *others)
    edited(folder, replace(fit, segmentation=replace(fit.segmentation, segments=segments)), "called Stars")
    again = reopened(live, folder)
    assert again.engine is live.engine and again.customers is live.customers
    place, variable = again.variable(SEGMENT_VARIABLE)
    assert variable.shown[0] == again.views[place].shown[0] == "Stars"
    assert again.stamp != before
    assert again.once_named("x", lambda: [s.name for s in again.fit.segments]) != named
    for state in kept:
        (found,) = parse_filters(state, live.variables)
        assert found == Choice(SEGMENT_VARIABLE, (old.id,))
        assert in_words(found, variable) == "Segment Stars"
    live.engine.close()
