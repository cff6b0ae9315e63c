"""What the Explore page shows, computed for a study and the filters of the page."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from dash import html, no_update, set_props

from segscope.errors import SegscopeError
from segscope.exploring import (
    Associations,
    Cloud,
    Difference,
    Moments,
    Variable,
    associate,
    boxes,
    cloud,
    count_bins,
    count_customers,
    crosstab,
    differences,
    moments,
    parse_filters,
    select,
)
from segscope.exploring.associations import spearman
from segscope.figures import explore as figures
from segscope.study import SEGMENT_VARIABLE, LiveStudy
from segscope.theme import Scheme, segment_variable
from segscope.wording import counted, percent, short

EVERYBODY_POINTS = 700
DIFFERENCES_SHOWN = 8
State = Mapping[str, Any]


def _whole(live: LiveStudy) -> tuple[dict[str, list[int]], int]:
    """Everybody's counts in each bin of each variable, and how many they are."""

    def compute() -> dict[str, list[int]]:
        return count_bins(live.engine, live.customers, live.variables, live.customers)

    return live.once("counts of everybody", compute), live.fit.customers


def panels_meta(live: LiveStudy) -> dict[str, Any]:
    """What the panels need to know of every variable, and everybody's counts."""
    counts, total = _whole(live)
    return {
        "key": f"{live.folder.name}/{live.card.fit}",
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
    bins = variable.bins
    shown: dict[str, Any] = {
        "column": variable.column,
        "label": variable.label,
        "kind": variable.kind,
        "unit": variable.unit,
        "whole": variable.whole,
        "choices": list(variable.choices),
        "others": variable.others,
        "bins": None
        if bins is None
        else {k: getattr(bins, k) for k in ("low", "width", "count", "smallest", "largest")},
    }
    if variable.column == SEGMENT_VARIABLE:
        shown["colours"] = [segment_variable(s.colour) for s in live.fit.segments]
    return shown


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
    chosen = select(live.customers, filters, live.variables)
    counts = count_bins(live.engine, live.customers, live.variables, chosen)
    return {"filters": state, "selected": sum(counts[SEGMENT_VARIABLE]), "counts": counts}


def _whole_moments(live: LiveStudy) -> dict[str, Moments]:
    def compute() -> dict[str, Moments]:
        return moments(live.engine, live.customers, live.variables, live.customers)

    return live.once("moments of everybody", compute)


def difference_rows(live: LiveStudy, counts: State) -> tuple[Any, str]:
    total = live.fit.customers
    if counts["selected"] in (0, total):
        hint = (
            "Select customers above, by dragging over a chart or clicking a value, and this says what sets them apart."
        )
        return html.P(hint, className="muted small"), "Everybody is selected" if counts[
            "selected"
        ] else "Nobody is selected"
    filters = parse_filters(counts["filters"], live.variables)
    chosen = select(live.customers, filters, live.variables)
    mine = moments(live.engine, live.customers, live.variables, chosen)
    found = differences(live.variables, mine, _whole_moments(live), counts["counts"], _whole(live)[0])
    chosen_by = {f.column for f in filters}
    shown = [d for d in found if d.column not in chosen_by][:DIFFERENCES_SHOWN]
    note = (
        f"Against the other {total - counts['selected']:,} customers, largest effect first; filtered variables left out"
    )
    return [_difference_row(d) for d in shown], note


def _difference_row(d: Difference) -> html.Div:
    if d.value is None:
        label, mine, rest = d.label, short(d.selection), short(d.rest)
        interval = f"Cohen's d {d.effect:+.2f}, 95 % interval {d.low:+.2f} to {d.high:+.2f}"
    else:
        label, mine, rest = f"{d.label}: {d.value}", percent(d.selection), percent(d.rest)
        interval = f"Cramér's V {d.effect:.2f}"
    up = d.selection >= d.rest
    width = f"{min(1.0, d.size / 1.5) * 50:.1f}%"
    mark = html.I(className="up" if up else "down", style={"width": width})
    return html.Div(
        [
            html.Span(label, className="differs-label", title=label),
            html.Span([html.B(mine), " vs ", rest], className="differs-values"),
            html.Span(mark, className="differs-bar", title=interval),
            html.Span(
                f"{d.effect:+.2f}" if d.value is None else f"{d.effect:.2f}", className="differs-effect", title=interval
            ),
        ],
        className="differs-row",
    )


def associated(live: LiveStudy, state: State) -> Associations:
    """The association of every pair of variables in the selection."""
    filters = parse_filters(state, live.variables)
    if not filters:
        return live.once("associations", lambda: associate(live.engine, live.sample, live.variables))
    return associate(live.engine, select(live.sample, filters, live.variables), live.variables)


def association_note(found: Associations) -> str:
    return (
        f"{counted(found.customers, 'customer')} of the selection, ordered by likeness; click a cell to open the pair"
    )


def clicked_pair(live: LiveStudy, clicked: State | None) -> tuple[Any, Any]:
    by_label = {v.label: v.column for v in live.variables if v.kind != "category"}
    points = (clicked or {}).get("points") or [{}]
    x, y = by_label.get(points[0].get("x", "")), by_label.get(points[0].get("y", ""))
    return (x, y) if x and y and x != y else (no_update, no_update)


def _colours(live: LiveStudy) -> dict[str, dict[str, int]]:
    return {SEGMENT_VARIABLE: {s.name: s.colour for s in live.fit.segments}}


def draw_pair(live: LiveStudy, state: State, names: Mapping[str, str], scheme: Scheme) -> tuple[go.Figure, str, str]:
    axes = {axis: live.variable(column) for axis, column in names.items() if column}
    filters = parse_filters(state, live.variables)
    chosen = cloud(live.engine, select(live.sample, filters, live.variables), axes)
    everybody = (
        cloud(live.engine, live.sample, {a: axes[a] for a in ("x", "y")}, EVERYBODY_POINTS)
        if filters
        else Cloud({"x": [], "y": []}, 0, 0)
    )
    variables = {axis: v for axis, (_, v) in axes.items()}
    colours = _colours(live).get(names.get("colour", ""))
    made = figures.pair(chosen, everybody, variables, colours, scheme)
    title, strength = relation(chosen, variables["x"], variables["y"])
    out = figures.beyond(chosen, variables["x"], variables["y"])
    of = (
        count_customers(live.engine, select(live.customers, filters, live.variables)) if filters else live.fit.customers
    )
    note = f"{chosen.shown:,} of {of:,} customers drawn; {strength}" + (f"; {out:,} beyond the axes" if out else "")
    return made, title, note


def relation(drawn: Cloud, x: Variable, y: Variable) -> tuple[str, str]:
    """How two measures go together, as a title and a figure with its name."""
    if drawn.shown < 10:
        return f"{y.label} against {x.label}", "too few customers to tell a relation"
    rho = float(spearman([np.array(drawn.columns[a], dtype=float) for a in ("x", "y")])[0, 1])
    if np.isnan(rho):
        return f"{y.label} against {x.label}", "one of them does not vary"
    words = "hardly changes with" if abs(rho) < 0.1 else ("rises" if rho > 0 else "falls")
    degree = " steeply" if abs(rho) >= 0.7 else " slightly" if abs(rho) < 0.3 else ""
    title = f"{y.label} {words} {x.label}" if abs(rho) < 0.1 else f"{y.label} {words}{degree} with {x.label}"
    return title, f"Spearman {rho:.2f}"


def draw_boxes(
    live: LiveStudy, state: State, y: str, names: Mapping[str, str], scheme: Scheme
) -> tuple[go.Figure, str, str]:
    chosen = select(live.customers, parse_filters(state, live.variables), live.variables)
    by = _distinct({axis: live.variable(column) for axis, column in names.items() if column})
    place, number = live.variable(y)
    if number.kind == "category":
        return _draw_crosstab(live, chosen, (place, number), by["x"], scheme)
    found = boxes(live.engine, chosen, number, [(axis, place, v) for axis, (place, v) in by.items()])
    made = figures.boxes(found, number, {axis: v for axis, (_, v) in by.items()}, _colours(live), scheme)
    category = by["x"][1]
    n = sum(g["n"] for g in found.groups)
    note = f"quartiles of all {n:,} selected customers with a value; whiskers reach 1.5 interquartile ranges"
    return made, _box_title(found.groups, number, category), note


def _draw_crosstab(
    live: LiveStudy, chosen: Any, first: tuple[int, Variable], second: tuple[int, Variable], scheme: Scheme
) -> tuple[go.Figure, str, str]:
    """Two categories: counts against what independence would give."""
    found = crosstab(live.engine, chosen, first, second)
    made = figures.crosstab(found, first[1], second[1], scheme)
    n = sum(map(sum, found.counts))
    note = f"{n:,} selected customers; blue: more than if the two had nothing to do with each other, orange: fewer"
    return made, f"{first[1].label} by {second[1].label}", note


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
