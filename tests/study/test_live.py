"""A study in use: everybody loaded once, with bins and segments, behind a locked door."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from segscope.engine import rows
from segscope.exploring import Choice, count_bins, count_customers, select
from segscope.study import SEGMENT_VARIABLE, LiveStudy, open_study, read_card


@pytest.fixture
def live(shop: Path) -> LiveStudy:
    return open_study(shop)


def test_every_customer_is_loaded_with_a_segment(live: LiveStudy) -> None:
    assert count_customers(live.engine, live.customers) == live.card.customers == 60


def test_the_segment_is_a_variable_like_any_other(live: LiveStudy) -> None:
    place, variable = live.variable(SEGMENT_VARIABLE)
    assert variable.choices == tuple(s.name for s in live.fit.segments)
    counts = count_bins(live.engine, live.customers, live.variables, live.customers)
    assert counts[SEGMENT_VARIABLE] == [s.size for s in live.fit.segments] + [0]
    chosen = select(live.customers, (Choice(SEGMENT_VARIABLE, (variable.choices[0],)),), live.variables)
    assert count_customers(live.engine, chosen) == live.fit.segments[0].size
    assert live.variables[place] is variable


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
