"""Explore: who are these customers, and what goes with what? Everything follows the same filters."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import plotly.graph_objects as go
from dash import Dash, Input, Output, State, dcc, html, no_update, set_props

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
from segscope.web import parts
from segscope.web.attributes import aria, in_browser
from segscope.web.shell import Page
from segscope.web.studies import Studies
from segscope.wording import counted, percent, short

NONE = ""
EVERYBODY_POINTS = 700
DIFFERENCES_SHOWN = 8
State_ = Mapping[str, Any]


def layout(live: LiveStudy) -> html.Div:
    """The page for a study."""
    return html.Div(
        [
            dcc.Store(id="explore-meta", data=_meta(live)),
            dcc.Store(id="explore-filters"),
            dcc.Store(id="explore-counts"),
            dcc.Store(id="explore-drawn"),
            html.H1("Explore", className="sr-only"),
            _bar(),
            html.Div(
                "No customer passes all filters. Clear one of them.",
                id="explore-none",
                className="notice warn",
                hidden=True,
            ),
            html.Div(id="explore-panels", className="panels"),
            html.Button("Show all variables", id="explore-more", className="button explore-more", hidden=True),
            html.Div(
                [
                    html.Div([_difference_card(), _association_card(live)], className="explore-stack"),
                    html.Div([_pair_card(live), _box_card(live)], className="explore-stack"),
                ],
                className="explore-charts",
            ),
        ],
        className="explore",
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""
    in_browser(
        app,
        """function (meta, search) {
            try { return JSON.parse(new URLSearchParams(search || "").get("f") || "{}"); } catch (e) { return {}; }
        }""",
        Output("explore-filters", "data"),
        Input("explore-meta", "data"),
        State("url", "search"),
    )
    in_browser(
        app,
        "explore.draw",
        Output("explore-drawn", "data"),
        Input("explore-meta", "data"),
        Input("explore-counts", "data"),
    )
    in_browser(
        app,
        "explore.address",
        Output("explore-drawn", "modified_timestamp"),
        Input("explore-filters", "data"),
    )

    @app.callback(Output("explore-counts", "data"), Input("explore-filters", "data"), State("study", "data"))
    def _counts(filters: State_ | None, study: State_) -> dict[str, Any]:
        return selection_counts(studies.get(study["id"]), filters)

    @app.callback(
        Output("explore-differs", "children"),
        Output("explore-differs-note", "children"),
        Input("explore-counts", "data"),
        State("study", "data"),
    )
    def _differs(counts: State_ | None, study: State_) -> tuple[Any, Any]:
        if not counts:
            return no_update, no_update
        return _difference_rows(studies.get(study["id"]), counts)

    @app.callback(
        Output("explore-associations", "figure"),
        Output("explore-associations-note", "children"),
        Output("explore-associations", "style"),
        Input("explore-counts", "data"),
        Input("scheme", "data"),
        State("study", "data"),
    )
    def _associations(counts: State_ | None, scheme: Scheme | None, study: State_) -> tuple[Any, Any, Any]:
        if not counts or not scheme:
            return no_update, no_update, no_update
        found = _associated(studies.get(study["id"]), counts["filters"])
        figure = figures.associations(found, scheme)
        return figure, _association_note(found), {"height": f"{figure.layout.height}px"}

    @app.callback(
        Output("explore-x", "value"),
        Output("explore-y", "value"),
        Input("explore-associations", "clickData"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def _open_pair(clicked: State_ | None, study: State_) -> tuple[Any, Any]:
        return _clicked_pair(studies.get(study["id"]), clicked)

    @app.callback(
        Output("explore-pair", "figure"),
        Output("explore-pair-title", "children"),
        Output("explore-pair-note", "children"),
        Input("explore-counts", "data"),
        Input("explore-x", "value"),
        Input("explore-y", "value"),
        Input("explore-size", "value"),
        Input("explore-colour", "value"),
        Input("scheme", "data"),
        State("study", "data"),
    )
    def _pair(
        counts: State_ | None, x: str, y: str, size: str, colour: str, scheme: Scheme | None, study: State_
    ) -> tuple[Any, Any, Any]:
        if not counts or not scheme:
            return no_update, no_update, no_update
        return _draw_pair(
            studies.get(study["id"]), counts["filters"], {"x": x, "y": y, "size": size, "colour": colour}, scheme
        )

    @app.callback(
        Output("explore-box", "figure"),
        Output("explore-box-title", "children"),
        Output("explore-box-note", "children"),
        Input("explore-counts", "data"),
        Input("explore-box-y", "value"),
        Input("explore-box-x", "value"),
        Input("explore-box-colour", "value"),
        Input("explore-box-facet", "value"),
        Input("scheme", "data"),
        State("study", "data"),
    )
    def _boxes(
        counts: State_ | None, y: str, x: str, colour: str, facet: str, scheme: Scheme | None, study: State_
    ) -> tuple[Any, Any, Any]:
        if not counts or not scheme:
            return no_update, no_update, no_update
        return _draw_boxes(
            studies.get(study["id"]), counts["filters"], y, {"x": x, "colour": colour, "facet": facet}, scheme
        )


# ---- the bar and the cards


def _bar() -> html.Div:
    return html.Div(
        [
            html.Div(id="explore-count", className="explore-count", **aria(live="polite")),
            html.Div(id="explore-chips", className="explore-chips"),
            html.Button("Reset", id="explore-reset", className="button quiet", hidden=True),
            html.Div(
                [
                    dcc.Input(
                        id="explore-search", type="search", placeholder="Find a variable", className="explore-search"
                    ),
                    html.Button(
                        "↶",
                        id="explore-undo",
                        className="button icon",
                        disabled=True,
                        title="Undo",
                        **aria(label="Undo"),
                    ),
                    html.Button(
                        "↷",
                        id="explore-redo",
                        className="button icon",
                        disabled=True,
                        title="Redo",
                        **aria(label="Redo"),
                    ),
                ],
                className="explore-tools",
            ),
        ],
        className="explore-bar",
    )


def _difference_card() -> html.Section:
    help_text = (
        "Cohen's d for numbers: the difference of the means in standard deviations, with its 95 % interval on hover. "
        "Cramér's V for categories. About 0.2 is small, 0.5 medium, 0.8 large (Cohen 1988)."
    )
    return parts.card(
        ["How does this selection differ?", parts.info(help_text)],
        html.Div(id="explore-differs", className="differs", **aria(live="polite")),
        subtitle=html.Span(id="explore-differs-note"),
    )


def _association_card(live: LiveStudy) -> html.Section:
    help_text = (
        "Spearman's rank correlation for two measures, bias-corrected Cramér's V for two categories, the correlation "
        "ratio for a measure and a category. Blue goes together, orange against each other; like stands by like."
    )
    return parts.card(
        ["What goes with what", parts.info(help_text)],
        parts.chart("explore-associations", "What goes with what", 560),
        subtitle=html.Span("in the selection", id="explore-associations-note"),
    )


def _pair_card(live: LiveStudy) -> html.Section:
    numbers, categories = _numbers(live), _categories(live)
    x, y = _first_pair(live)
    anything = [(NONE, "none"), *numbers, *categories]
    return parts.card(
        html.Span("Two measures", id="explore-pair-title"),
        parts.chart("explore-pair", "Two measures against each other", 440),
        subtitle=html.Span(id="explore-pair-note"),
        actions=[
            parts.select("explore-x", "X", numbers, x),
            parts.select("explore-y", "Y", numbers, y),
            parts.select("explore-size", "Size", [(NONE, "none"), *numbers], NONE),
            parts.select("explore-colour", "Colour", anything, SEGMENT_VARIABLE),
        ],
    )


def _box_card(live: LiveStudy) -> html.Section:
    numbers, categories = _numbers(live), _categories(live)
    _, y = _first_pair(live)
    plain_first = next((c for c, _ in categories if c != SEGMENT_VARIABLE), SEGMENT_VARIABLE)
    optional = [(NONE, "none"), *categories]
    return parts.card(
        html.Span("A measure by category", id="explore-box-title"),
        parts.chart("explore-box", "A measure by category", 380),
        subtitle=html.Span(id="explore-box-note"),
        actions=[
            parts.select("explore-box-y", "Measure", numbers, y),
            parts.select("explore-box-x", "By", categories, plain_first),
            parts.select("explore-box-colour", "Colour", optional, NONE),
            parts.select("explore-box-facet", "Facet", optional, NONE),
        ],
    )


def _numbers(live: LiveStudy) -> list[tuple[str, str]]:
    return [(v.column, v.label) for v in live.variables if v.kind != "category"]


def _categories(live: LiveStudy) -> list[tuple[str, str]]:
    found = [(v.column, v.label) for v in live.variables if v.kind == "category"]
    return sorted(found, key=lambda pair: pair[0] != SEGMENT_VARIABLE)


def _first_pair(live: LiveStudy) -> tuple[str, str]:
    """Income against spend where there are such; else the first two features."""
    numbers = [c for c, _ in _numbers(live)]
    incomes = [c.column for c in live.recipe.columns if c.concept == "income" and c.column in numbers]
    spends = [d.name for d in live.recipe.derived if d.concept == "spend"]
    ranked = [*incomes[:1], *spends[:1], *live.recipe.features, *numbers]
    known = list(dict.fromkeys(c for c in ranked if c in numbers))
    return known[0], known[1] if len(known) > 1 else known[0]


# ---- what the callbacks compute


@lru_cache(maxsize=8)
def _whole(live: LiveStudy) -> tuple[dict[str, list[int]], int]:
    return count_bins(live.engine, live.customers, live.variables, live.customers), live.fit.customers


def _meta(live: LiveStudy) -> dict[str, Any]:
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


def selection_counts(live: LiveStudy, state: State_ | None) -> dict[str, Any]:
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


@lru_cache(maxsize=8)
def _whole_moments(live: LiveStudy) -> dict[str, Moments]:
    return moments(live.engine, live.customers, live.variables, live.customers)


def _difference_rows(live: LiveStudy, counts: State_) -> tuple[Any, str]:
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


def _associated(live: LiveStudy, state: State_) -> Associations:
    filters = parse_filters(state, live.variables)
    return associate(live.engine, select(live.sample, filters, live.variables), live.variables)


def _association_note(found: Associations) -> str:
    return (
        f"{counted(found.customers, 'customer')} of the selection, ordered by likeness; click a cell to open the pair"
    )


def _clicked_pair(live: LiveStudy, clicked: State_ | None) -> tuple[Any, Any]:
    by_label = {v.label: v.column for v in live.variables if v.kind != "category"}
    points = (clicked or {}).get("points") or [{}]
    x, y = by_label.get(points[0].get("x", "")), by_label.get(points[0].get("y", ""))
    return (x, y) if x and y and x != y else (no_update, no_update)


def _colours(live: LiveStudy) -> dict[str, dict[str, int]]:
    return {SEGMENT_VARIABLE: {s.name: s.colour for s in live.fit.segments}}


def _draw_pair(live: LiveStudy, state: State_, names: Mapping[str, str], scheme: Scheme) -> tuple[go.Figure, str, str]:
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


def _draw_boxes(
    live: LiveStudy, state: State_, y: str, names: Mapping[str, str], scheme: Scheme
) -> tuple[go.Figure, str, str]:
    chosen = select(live.customers, parse_filters(state, live.variables), live.variables)
    by = _distinct({axis: live.variable(column) for axis, column in names.items() if column})
    number = live.variable(y)[1]
    found = boxes(live.engine, chosen, number, [(axis, place, v) for axis, (place, v) in by.items()])
    made = figures.boxes(found, number, {axis: v for axis, (_, v) in by.items()}, _colours(live), scheme)
    category = by["x"][1]
    n = sum(g["n"] for g in found.groups)
    note = f"quartiles of all {n:,} selected customers with a value; whiskers reach 1.5 interquartile ranges"
    return made, _box_title(found.groups, number, category), note


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


PAGE = Page("explore", "Explore", layout)

__all__ = ["PAGE", "crosstab", "register", "relation", "selection_counts"]
