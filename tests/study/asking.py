"""What the pages ask of an open study, as one function each."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from segscope import comparing
from segscope.exploring import associate, count_each, parse_filters, select
from segscope.exploring.counts import count_bins, top_values
from segscope.exploring.cubes import count_cube
from segscope.exploring.differences import moments
from segscope.exploring.paging import Order
from segscope.exploring.pairs import boxes, cloud, crosstab, density, shapes
from segscope.insights import find_insights, find_opportunities
from segscope.rules import count_selected, learn_rules
from segscope.segmentation import SEGMENT
from segscope.study import LiveStudy
from segscope.study.browsing import Wanted, browse, explain
from segscope.study.fitting import customer_key
from segscope.study.lists import customer_list, unusual_list
from segscope.study.narrowing import narrowed, with_quartiles

FILTERS = {"Income": [30000, 70000], "Education": {"in": ["PhD", "Master", "Graduation", "(blank)"]}}
SINCE = {"Dt_Customer": ["2013-01-01", "2013-12-31"]}


def _selected(live: LiveStudy, state: Mapping[str, Any]) -> Any:
    return select(live.customers, parse_filters(state, live.variables), live.variables)


def counted(live: LiveStudy, state: Mapping[str, Any]) -> dict[str, list[int]]:
    """Counts of the customers that some filters leave."""
    return count_bins(live.engine, live.customers, live.variables, _selected(live, state) if state else live.customers)


def _axes(live: LiveStudy, **columns: str) -> dict[str, Any]:
    return {axis: live.variable(column) for axis, column in columns.items()}


def _split(live: LiveStudy) -> list[Any]:
    return [("x", *live.variable("Education")), ("colour", *live.variable(SEGMENT))]


def _found(live: LiveStudy, search: Callable[..., Any], *more: Any) -> Any:
    names = [s.name for s in live.fit.segments]
    key = customer_key(live.sample, live.recipe)
    return search(live.engine, live.sample, SEGMENT, key, *more, live.fit.profiles, names)


ASKED: dict[str, Callable[[LiveStudy], Any]] = {
    "counts of everybody": lambda live: counted(live, {}),
    "counts of a selection": lambda live: counted(live, FILTERS),
    "counts of days": lambda live: counted(live, SINCE),
    "several selections at once": lambda live: count_each(
        live.engine, live.customers, [parse_filters(f, live.variables) for f in (FILTERS, SINCE)], live.variables
    ),
    "a cube": lambda live: count_cube(live.engine, live.customers, live.views, 3, range(len(live.views))).to_bytes(),
    "a cube of a selection": lambda live: count_cube(
        live.engine, live.customers, live.views, 2, range(12), parse_filters(FILTERS, live.variables)
    ).to_bytes(),
    "values inside other": lambda live: top_values(live.engine, live.customers, live.variable("Education")[1], "A"),
    "moments": lambda live: moments(
        live.engine, live.customers, live.variables, _selected(live, FILTERS), counted(live, FILTERS)
    ),
    "associations": lambda live: associate(live.engine, live.sample, live.variables),
    "points": lambda live: cloud(live.engine, live.sample, _axes(live, x="Income", y="total_spend", colour=SEGMENT)),
    "shades": lambda live: density(live.engine, live.customers, live.variable("Income"), live.variable("total_spend")),
    "boxes": lambda live: boxes(live.engine, live.customers, live.variable("Income")[1], _split(live)),
    "violins": lambda live: shapes(live.engine, live.customers, live.variable("Income"), _split(live)),
    "two categories": lambda live: crosstab(
        live.engine, live.customers, live.variable("Education"), live.variable(SEGMENT)
    ),
    "counts by segment": lambda live: comparing.count_by_segment(
        live.engine, live.customers, dict(enumerate(live.variables)), len(live.fit.segments)
    ),
    "profiles of a selection": lambda live: narrowed(live, parse_filters(FILTERS, live.variables)).fit.profiles,
    "quartiles of a selection": lambda live: with_quartiles(
        narrowed(live, parse_filters(FILTERS, live.variables)), ["Income", "total_spend"]
    ),
    "rules": lambda live: learn_rules(live.engine, live.sample, live.fit.segmentation),
    "customers that rules find": lambda live: count_selected(
        live.engine,
        live.customers,
        learn_rules(live.engine, live.sample, live.fit.segmentation)[0],
        live.fit.segmentation,
    ),
    "findings": lambda live: _found(live, find_insights, live.recipe),
    "opportunities": lambda live: _found(live, find_opportunities, live.fit.segmentation),
    "a page of customers": lambda live: browse(
        live, Wanted(parse_filters(FILTERS, live.variables), order=Order("Income", True)), ["ID", "Education"], 5, 20
    ),
    "borderline customers": lambda live: browse(live, Wanted(view="borderline"), ["ID", "Income"], 0, 20),
    "customers by identifier": lambda live: browse(live, Wanted(search="1"), ["ID"], 0, 20),
    "one customer": lambda live: explain(live, 17),
    "a list": lambda live: _rows(
        customer_list(live, parse_filters(FILTERS, live.variables), None, reason=True).batches()
    ),
    "unusual customers": lambda live: _rows(unusual_list(live).batches()),
}


def _rows(batches: Iterator[pa.RecordBatch]) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.to_pylist()]
