"""The plots of the Explore page: two measures, a measure by category, two categories; each says what it shows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from segscope.errors import ColumnError
from segscope.exploring import (
    Boxes,
    Cloud,
    Crosstab,
    Density,
    Filters,
    Levels,
    Variable,
    boxes,
    boxes_of,
    cloud,
    count_levels,
    crosstab,
    density,
    parse_filters,
    select,
    shapes,
    thinned,
)
from segscope.exploring.associations import spearman
from segscope.figures import boxes as box_figures
from segscope.figures import explore as figures
from segscope.figures import pair as pair_figures
from segscope.figures.axes import shown as value_shown
from segscope.figures.axes import span
from segscope.intake import ROW
from segscope.study import SEGMENT_VARIABLE, LiveStudy
from segscope.theme import Scheme
from segscope.web import exploration
from segscope.web.exploration import fewer
from segscope.wording import counted, listed, times

# With everything else of a refresh, the points stay below 200 kB before compression.
POINTS, PAIR_BYTES = 20_000, 95_000
FEWEST_TO_SAY, FEWEST_EXPECTED = 20, 5.0  # customers; Cochran's (1954) rule for an expected count
WEAK = 0.1  # a correlation, or Cramer's V, that is next to nothing: Cohen's (1988) small
State = Mapping[str, Any]


def _colours(live: LiveStudy) -> dict[str, dict[str, int]]:
    return {SEGMENT_VARIABLE: {s.name: s.colour for s in live.fit.segments}}


def draw_pair(live: LiveStudy, counts: State, names: Mapping[str, str], scheme: Scheme) -> tuple[go.Figure, str, str]:
    """Two measures: every selected customer as a point where they are few; else a sample, over a density of all."""
    axes = {axis: live.variable(column) for axis, column in names.items() if column or axis in "xy"}
    x, y = axes["x"], axes["y"]
    _check_kinds({"x": x, "y": y}, category=False)
    filters = parse_filters(counts["filters"], live.variables)
    variables = {axis: v for axis, (_, v) in axes.items()}
    points = min(POINTS, pair_figures.points_within(variables, PAIR_BYTES))
    many = counts["selected"] > points
    selected = select(live.customers, filters, live.variables)
    source = select(live.sample, filters, live.variables) if many else selected.order_by(ROW)
    drawn = cloud(live.engine, source, axes)
    everybody = _whole_density(live, x, y) if filters or many else None
    selection = _density(live, filters, counts["selected"], x, y) if filters and many else None
    shown = drawn if x[1].bins is None or y[1].bins is None else thinned(drawn, x[1].bins, y[1].bins, points)
    colours = _colours(live).get(names.get("colour", ""))
    made = pair_figures.pair(shown, variables, colours, scheme, everybody, selection, all_drawn=not many)
    title, strength = relation(drawn, x[1], y[1])
    said = [_drawn_words(shown, (selection or everybody) if many else None), *_size_words(variables), strength]
    return made, title, "; ".join(said)


def _check_kinds(axes: Mapping[str, tuple[int, Variable]], category: bool) -> None:
    """Refuse what no select of ours offers.

    Raises
    ------
    ColumnError : for a category where a measure is needed, or the other way round
    """
    for _, variable in axes.values():
        if (variable.kind == "category") != category:
            what = "a category" if category else "a measure"
            raise ColumnError(f"{variable.label} is not {what}, so it cannot be drawn like this. Choose {what}.")


def _density(
    live: LiveStudy, filters: Filters, selected: int, x: tuple[int, Variable], y: tuple[int, Variable]
) -> Density:
    rows, others = fewer(live, filters, selected)
    found = density(live.engine, rows, x, y)
    return _whole_density(live, x, y).without(found) if others else found


def _whole_density(live: LiveStudy, x: tuple[int, Variable], y: tuple[int, Variable]) -> Density:
    return live.once(("density", x[0], y[0]), lambda: density(live.engine, live.customers, x, y))


def _drawn_words(shown: Cloud, counted_all: Density | None) -> str:
    """What the points and the shades are."""
    if counted_all is None:
        return f"All {counted(shown.shown, 'customer')} with both values as points"
    beyond = f", {counted_all.beyond:,} of them beyond the axes" if counted_all.beyond else ""
    return (
        f"Shades count all {counted_all.customers:,} customers with both values{beyond}; {shown.shown:,} of them as "
        "points, fewer where it is crowded"
    )


def _size_words(axes: Mapping[str, Variable]) -> list[str]:
    """What the size of a point stands for."""
    size = axes.get("size")
    if size is None:
        return []
    if size.kind == "category":
        return [f"larger: {size.label} {size.shown[-1]}" if size.choices else ""]
    low, high = (value_shown(end, size) for end in span(size))
    return [f"area: {size.label}, {low} to {high}"]


def relation(drawn: Cloud, x: Variable, y: Variable) -> tuple[str, str]:
    """How two measures go together, as a title and a figure with its name."""
    if drawn.shown < 10:
        return f"{y.label} against {x.label}", "too few customers to tell a relation"
    rho = float(spearman([np.array(drawn.columns[a], dtype=float) for a in ("x", "y")])[0, 1])
    if np.isnan(rho):
        return f"{y.label} against {x.label}", "one of them does not vary"
    words = "hardly changes with" if abs(rho) < WEAK else ("rises" if rho > 0 else "falls")
    degree = " steeply" if abs(rho) >= 0.7 else " slightly" if abs(rho) < 0.3 else ""
    title = f"{y.label} {words} {x.label}" if abs(rho) < WEAK else f"{y.label} {words}{degree} with {x.label}"
    return title, f"Spearman {rho:.2f}"


def draw_boxes(
    live: LiveStudy, counts: State, y: str, names: Mapping[str, str], violins: bool, scheme: Scheme
) -> tuple[go.Figure, str, str]:
    """A measure by category, as boxes or violins; two categories as counts against expectation."""
    filters = parse_filters(counts["filters"], live.variables)
    chosen = select(live.customers, filters, live.variables)
    by = _distinct({axis: live.variable(column) for axis, column in names.items() if column or axis == "x"})
    _check_kinds(by, category=True)
    place, number = live.variable(y)
    if number.kind == "category":
        return _draw_crosstab(live, chosen, (place, number), by["x"], scheme)
    axes = [(axis, at, v) for axis, (at, v) in by.items()]
    many = counts["selected"] > exploration.MANY
    found = (
        boxes_of(_levels(live, filters, counts["selected"], number, axes))
        if many
        else boxes(live.engine, chosen, number, axes)
    )
    spread = shapes(live.engine, chosen, (place, number), axes) if violins else None
    made = box_figures.boxes(found, number, {axis: v for axis, (_, v) in by.items()}, _colours(live), scheme, spread)
    kept = box_figures.split(found, {axis: v for axis, (_, v) in by.items()})
    return made, _box_title(found.groups, number, by["x"][1]), _box_note(found, kept, by, violins)


def _box_note(found: Boxes, kept: box_figures.Split, by: Mapping[str, tuple[int, Variable]], violins: bool) -> str:
    """What the boxes are of, and what has no room among them."""
    n = sum(g["n"] for g in found.groups)
    crowded = violins and kept.size > box_figures.MAX_VIOLINS
    what = "quartiles and spread" if violins and not crowded else "quartiles"
    note = f"{what} of all {n:,} selected customers with a value; whiskers reach 1.5 interquartile ranges"
    if kept.left_out:
        left = [f"{number} {by[axis][1].label}" for axis, number in kept.left_out.items()]
        note += f"; no room for the {listed(left)} with the fewest customers"
    return note + ("; too many for violins" if crowded else "")


def _levels(
    live: LiveStudy, filters: Filters, selected: int, number: Variable, axes: Sequence[tuple[str, int, Variable]]
) -> Levels:
    def everybody() -> Levels:
        return live.once(
            ("levels", number.column, *axes), lambda: count_levels(live.engine, live.customers, number, axes)
        )

    if not filters:
        return everybody()
    rows, others = fewer(live, filters, selected)
    found = count_levels(live.engine, rows, number, axes)
    return everybody().without(found) if others else found


def _draw_crosstab(
    live: LiveStudy, chosen: Any, first: tuple[int, Variable], second: tuple[int, Variable], scheme: Scheme
) -> tuple[go.Figure, str, str]:
    """Two categories: counts against what independence would give."""
    found = crosstab(live.engine, chosen, first, second)
    made = figures.crosstab(found, first[1], second[1], scheme)
    n = sum(map(sum, found.counts))
    note = f"{n:,} selected customers; blue: more than if the two had nothing to do with each other, orange: fewer"
    return made, crosstab_title(found, first[1], second[1]), note


def crosstab_title(found: Crosstab, first: Variable, second: Variable) -> str:
    """The pair of values that come together most beyond what independence would give (largest Pearson residual).

    >>> yes_no = Variable("a", "Newsletter", "category"), Variable("b", "City", "category")
    >>> crosstab_title(Crosstab(("no", "yes"), ("Bonn", "Ulm"), ((10, 90), (90, 10))), *yes_no)
    'Newsletter no with City Ulm: 1.8x as often as by chance'
    """
    counts = np.array(found.counts, dtype=float).reshape(len(found.rows), len(found.columns))
    total = counts.sum()
    if min(counts.shape) < 2 or total < FEWEST_TO_SAY:
        return f"{first.label} by {second.label}"
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / total
    residuals = np.where(expected >= FEWEST_EXPECTED, (counts - expected) / np.sqrt(np.maximum(expected, 1e-9)), 0.0)
    phi = float(np.sqrt(((counts - expected) ** 2 / expected).sum() / total / (min(counts.shape) - 1)))
    row, column = (int(i) for i in np.unravel_index(residuals.argmax(), counts.shape))
    if phi < WEAK or residuals[row, column] <= 0:
        return f"{first.label} hardly goes with {second.label}"
    lift = times(counts[row, column] / expected[row, column])
    return f"{first.label} {found.rows[row]} with {second.label} {found.columns[column]}: {lift} as often as by chance"


def _distinct(by: dict[str, tuple[int, Variable]]) -> dict[str, tuple[int, Variable]]:
    """The same category twice would split a box by itself: the later choice gives way."""
    kept: dict[str, tuple[int, Variable]] = {}
    for axis, pair in by.items():
        if pair not in kept.values():
            kept[axis] = pair
    return kept


def _box_title(groups: Sequence[Mapping[str, Any]], number: Variable, category: Variable) -> str:
    by_value: dict[str, list[tuple[int, float]]] = {}
    for g in groups:
        by_value.setdefault(g["x"], []).append((g["n"], g["median"]))
    enough = {
        v: sum(n * m for n, m in found) / sum(n for n, _ in found)
        for v, found in by_value.items()
        if sum(n for n, _ in found) >= 20
    }
    if len(enough) < 2:
        return f"{number.label} by {category.label}"
    highest, lowest = max(enough, key=lambda v: enough[v]), min(enough, key=lambda v: enough[v])
    if enough[highest] == enough[lowest]:
        return f"{number.label} is much the same whatever {category.label}"
    # "5" and "yes" do not speak for themselves.
    speak = category.column == SEGMENT_VARIABLE or any(len(word) > 3 for word in f"{highest} {lowest}".split())
    of = "" if speak else f"{category.label} "
    return f"{number.label} is highest for {of}{highest}, lowest for {of}{lowest}"
