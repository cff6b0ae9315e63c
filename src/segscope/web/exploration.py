"""What the Explore page shows, computed for a study and the filters of the page."""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import numpy as np
import plotly.graph_objects as go
from dash import set_props

from segscope.errors import SegscopeError
from segscope.exploring import (
    Associations,
    Cloud,
    Crosstab,
    Density,
    Filters,
    Levels,
    Variable,
    associate,
    boxes,
    boxes_of,
    cloud,
    count_bins,
    count_each,
    count_levels,
    crosstab,
    density,
    parse_filters,
    select,
    shapes,
    thinned,
    without,
)
from segscope.exploring.associations import SAMPLE_CUSTOMERS, spearman
from segscope.exploring.filters import passes
from segscope.figures import explore as figures
from segscope.intake import ROW
from segscope.study import SEGMENT_VARIABLE, LiveStudy
from segscope.theme import Scheme, segment_variable
from segscope.wording import counted, times

# A pair plot's points; with everything else of a refresh they stay below 200 kB, uncompressed.
POINTS, POINTS_BYTES = 12_000, 135_000
FEWEST_TO_SAY, FEWEST_EXPECTED = 20, 5.0  # customers; Cochran's (1954) rule for an expected count
MANY = 200_000  # selected customers from which quartiles are found through counts of levels
WEAK = 0.1  # a correlation, or Cramer's V, that is next to nothing: Cohen's (1988) small
State = Mapping[str, Any]


def _whole(live: LiveStudy) -> tuple[dict[str, list[int]], int]:
    """Everybody's counts in each bin of each variable, and how many they are."""

    def compute() -> dict[str, list[int]]:
        return count_bins(live.engine, live.customers, live.variables, live.customers)

    return live.once("counts of everybody", compute), live.fit.customers


def everybody_counts(live: LiveStudy) -> dict[str, list[int]]:
    """Everybody's counts in each bin of each variable."""
    return _whole(live)[0]


def panels_meta(live: LiveStudy) -> dict[str, Any]:
    """What the panels need to know of every variable, and everybody's counts."""
    counts, total = _whole(live)
    return {
        "key": f"{live.folder.name}/{live.stamp}",
        "fit": live.stamp,
        "variables": [_panel(live, v) for v in _ordered(live)],
        "counts": counts,
        "total": total,
    }


def _ordered(live: LiveStudy) -> list[Variable]:
    """Segments and features first, then what is derived, then the rest; members of families last."""
    features = live.recipe.features

    def rank(v: Variable) -> tuple[bool, bool, bool, int]:
        feature = features.index(v.column) if v.column in features else 99
        return bool(v.family), v.column not in features and v.column != SEGMENT_VARIABLE, not v.derived, feature

    return sorted(live.variables, key=rank)


def _panel(live: LiveStudy, variable: Variable) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "column": variable.column,
        "key": variable.column,
        "place": live.variable(variable.column)[0],
        "label": variable.label,
        "kind": variable.kind,
        "unit": variable.unit,
        "whole": variable.whole,
        "choices": list(variable.choices),
        "others": variable.others,
        "bins": _bins_told(variable),
    }
    again = [i for i, v in enumerate(live.views) if v.column == variable.column][1:]
    if again:
        # No column of a table has a name with this mark.
        shown["log"] = {"place": again[0], "key": f"{variable.column}\0log", "bins": _bins_told(live.views[again[0]])}
    if variable.column == SEGMENT_VARIABLE:
        shown["colours"] = [segment_variable(s.colour) for s in live.fit.segments]
    return shown


def _bins_told(variable: Variable) -> dict[str, Any] | None:
    bins = variable.bins
    names = ("low", "width", "count", "smallest", "largest", "edges")
    return None if bins is None else {name: getattr(bins, name) for name in names}


def selection_counts(live: LiveStudy, state: State | None) -> dict[str, Any]:
    """Counts of every variable among the selected customers; filters that cannot be read are told and left out."""
    refused = False
    try:
        filters = parse_filters(state, live.variables)
    except SegscopeError as error:
        set_props("toast", {"children": str(error)})
        filters, state, refused = (), {}, True
    if not filters:
        counts, total = _whole(live)
        return {"filters": {}, "selected": total, "counts": counts, "refused": refused}
    rows, others = fewer(live, filters, _estimated(live, filters))
    counts = count_bins(live.engine, live.customers, live.variables, rows)
    if others:
        counts = without(everybody_counts(live), counts)
    return {"filters": state, "selected": sum(counts[SEGMENT_VARIABLE]), "counts": counts}


def fewer(live: LiveStudy, filters: Filters, selected: int) -> tuple[ibis.Table, bool]:
    """The selected customers; or the others, and True, where these are fewer to read in a large study.

    What is counted among the others is taken from what everybody's counts are.
    """
    if live.fit.customers < MANY or selected <= live.fit.customers / 2 or not filters:
        return select(live.customers, filters, live.variables), False
    return live.customers.filter(~passes(live.customers, filters, live.variables)), True


def _estimated(live: LiveStudy, filters: Filters) -> int:
    """About how many customers pass, by the sample."""
    if live.fit.customers < MANY:
        return 0
    (passing,) = count_each(live.engine, live.sample, [filters], live.variables)
    return round(passing / min(SAMPLE_CUSTOMERS, live.fit.customers) * live.fit.customers)


def associated(live: LiveStudy, counts: State) -> Associations:
    """The association of every pair of variables in the selection: of all its customers, or of those in the sample."""
    filters = parse_filters(counts["filters"], live.variables)
    if not filters:
        return live.once("associations", lambda: associate(live.engine, live.sample, live.variables))
    few = counts["selected"] <= SAMPLE_CUSTOMERS
    source = live.customers if few else live.sample
    selected = select(source, filters, live.variables)
    return associate(live.engine, selected.order_by(ROW) if few else selected, live.variables)


def association_note(found: Associations) -> str:
    return (
        f"{counted(found.customers, 'customer')} of the selection, ordered by likeness; click a cell to open the pair"
    )


def clicked_pair(live: LiveStudy, clicked: State | None) -> dict[str, str]:
    """What a click on a cell asks for: the select to change -> its value; nothing where the cell is no pair."""
    by_label = {v.label: v for v in live.variables}
    point = ((clicked or {}).get("points") or [{}])[0]
    x, y = by_label.get(point.get("x", "")), by_label.get(point.get("y", ""))
    if x is None or y is None or x == y:
        return {}
    if "category" not in (x.kind, y.kind):
        return {"explore-x": x.column, "explore-y": y.column}
    shown, by = (y, x) if x.kind == "category" else (x, y)
    return {"explore-box-y": shown.column, "explore-box-x": by.column}


def opened_variable(live: LiveStudy, column: str, by: str) -> dict[str, str]:
    """The same for a click on a variable: it is shown by the category that is chosen, or by segment if it is that."""
    return {"explore-box-y": column, "explore-box-x": SEGMENT_VARIABLE if by == column else by}


def _colours(live: LiveStudy) -> dict[str, dict[str, int]]:
    return {SEGMENT_VARIABLE: {s.name: s.colour for s in live.fit.segments}}


def draw_pair(live: LiveStudy, counts: State, names: Mapping[str, str], scheme: Scheme) -> tuple[go.Figure, str, str]:
    """Two measures: every selected customer as a point where they are few; else a sample, over a density of all."""
    axes = {axis: live.variable(column) for axis, column in names.items() if column}
    x, y = axes["x"], axes["y"]
    filters = parse_filters(counts["filters"], live.variables)
    variables = {axis: v for axis, (_, v) in axes.items()}
    points = min(POINTS, int(POINTS_BYTES / figures.point_bytes(variables)))
    many = counts["selected"] > points
    selected = select(live.customers, filters, live.variables)
    source = select(live.sample, filters, live.variables) if many else selected.order_by(ROW)
    drawn = cloud(live.engine, source, axes)
    everybody = _whole_density(live, x, y) if filters or many else None
    selection = _density(live, filters, counts["selected"], x, y) if filters and many else None
    shown = drawn if x[1].bins is None or y[1].bins is None else thinned(drawn, x[1].bins, y[1].bins, points)
    colours = _colours(live).get(names.get("colour", ""))
    made = figures.pair(shown, variables, colours, scheme, everybody, selection)
    title, strength = relation(drawn, x[1], y[1])
    return made, title, f"{_drawn_words(shown, (selection or everybody) if many else None)}; {strength}"


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
    by = _distinct({axis: live.variable(column) for axis, column in names.items() if column})
    place, number = live.variable(y)
    if number.kind == "category":
        return _draw_crosstab(live, chosen, (place, number), by["x"], scheme)
    axes = [(axis, at, v) for axis, (at, v) in by.items()]
    many = counts["selected"] > MANY
    found = (
        boxes_of(_levels(live, filters, counts["selected"], number, axes))
        if many
        else boxes(live.engine, chosen, number, axes)
    )
    spread = shapes(live.engine, chosen, (place, number), axes) if violins else None
    made = figures.boxes(found, number, {axis: v for axis, (_, v) in by.items()}, _colours(live), scheme, spread)
    n = sum(g["n"] for g in found.groups)
    what = "quartiles and spread" if violins else "quartiles"
    note = f"{what} of all {n:,} selected customers with a value; whiskers reach 1.5 interquartile ranges"
    return made, _box_title(found.groups, number, by["x"][1]), note


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
    return f"{number.label} is highest for {highest}, lowest for {lowest}"
