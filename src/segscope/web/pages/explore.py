"""Explore: who are these customers, and what goes with what? Everything follows the same filters."""

from collections.abc import Mapping
from time import time
from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update, set_props

from segscope.figures import explore as figures
from segscope.study import SEGMENT_VARIABLE, LiveStudy
from segscope.theme import Scheme
from segscope.web import audiences, list_export, parts
from segscope.web.attributes import aria, data, in_browser
from segscope.web.differing import REST, against_choices, find_differences
from segscope.web.exploration import (
    associated,
    association_note,
    clicked_pair,
    opened_variable,
    panels_meta,
    selection_counts,
)
from segscope.web.plots import draw_boxes, draw_pair
from segscope.web.pressing import read_press, store
from segscope.web.shell import Page
from segscope.web.studies import Studies

NONE = ""
ORDERS = [("", "Features first"), ("differs", "What differs most"), ("name", "A to Z"), ("file", "As in the file")]
BOXES, VIOLINS = "boxes", "violins"
MOST_WAITING = 24  # three rows of a very wide window
State_ = Mapping[str, Any]


def layout(live: LiveStudy) -> html.Div:
    """The page for a study."""
    return html.Div(
        [
            dcc.Store(id="explore-meta", data=panels_meta(live)),
            dcc.Store(id="explore-filters"),
            dcc.Store(id="explore-counts"),
            dcc.Store(id="explore-drawn"),
            dcc.Store(id="explore-look"),
            html.H1("Explore", className="sr-only"),
            _bar(live),
            *audiences.dialogs(live),
            html.Div(
                "No customer passes all filters. Clear one of them.",
                id="explore-none",
                className="notice warn",
                hidden=True,
            ),
            html.Div(id="explore-panels", className="panels"),
            _panels_waiting(len(live.variables)),
            html.Button("Show all variables", id="explore-more", className="button explore-more", hidden=True),
            html.Div(
                [
                    html.Div([_difference_card(live), _association_card(live)], className="explore-stack"),
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
        """function (look) {
            const card = look && document.getElementById(look.at)?.closest(".card");
            if (card) card.scrollIntoView({ block: "nearest" });
            return window.dash_clientside.no_update;
        }""",
        Output("explore-look", "modified_timestamp"),
        Input("explore-look", "data"),
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

    audiences.register(app, studies)
    list_export.register(app, studies)

    @app.callback(
        Output("explore-differs-title", "children"),
        Output("explore-differs", "children"),
        Output("explore-differs-note", "children"),
        Input("explore-counts", "data"),
        Input("explore-against", "value"),
        State("study", "data"),
    )
    def _differs(counts: State_ | None, against: str, study: State_) -> tuple[Any, Any, Any]:
        if not counts:
            return no_update, no_update, no_update
        found = find_differences(studies.get(study["id"]), counts, against)
        return found.title, found.rows, found.note

    @app.callback(
        Output("explore-against", "data"), Input(audiences.CHANGED, "data"), State("study", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def _against(_changed: Any, study: State_) -> list[dict[str, Any]]:
        return against_choices(studies.get(study["id"]))

    @app.callback(
        Output("explore-drawn", "data", allow_duplicate=True),
        Input(store("differences"), "data"),
        State("explore-box-x", "value"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def _open_variable(pressed: object, by: str, study: State_ | None) -> Any:
        if study and (wanted := read_press(pressed)):
            _choose(opened_variable(studies.get(study["id"]), wanted["column"], by))
        return no_update

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
        live = studies.get(study["id"])
        found = associated(live, counts)
        figure = figures.associations(found, scheme)
        return figure, association_note(live, found), {"height": f"{figure.layout.height}px"}

    @app.callback(
        Output("explore-drawn", "data", allow_duplicate=True),
        Input("explore-associations", "clickData"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def _open_pair(clicked: State_ | None, study: State_) -> Any:
        _choose(clicked_pair(studies.get(study["id"]), clicked))
        return no_update

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
        return draw_pair(studies.get(study["id"]), counts, {"x": x, "y": y, "size": size, "colour": colour}, scheme)

    @app.callback(
        Output("explore-box", "figure"),
        Output("explore-box-title", "children"),
        Output("explore-box-note", "children"),
        Output("explore-box-how", "hidden"),
        Input("explore-counts", "data"),
        Input("explore-box-y", "value"),
        Input("explore-box-x", "value"),
        Input("explore-box-colour", "value"),
        Input("explore-box-facet", "value"),
        Input("explore-box-shape", "value"),
        Input("scheme", "data"),
        State("study", "data"),
    )
    def _boxes(
        counts: State_ | None, y: str, x: str, colour: str, facet: str, shape: str, scheme: Scheme | None, study: State_
    ) -> tuple[Any, Any, Any, Any]:
        if not counts or not scheme:
            return no_update, no_update, no_update, no_update
        names, live = {"x": x, "colour": colour, "facet": facet}, studies.get(study["id"])
        drawn = draw_boxes(live, counts, y, names, shape == VIOLINS, scheme)
        return *drawn, live.variable(y)[1].kind == "category"


def _choose(wanted: Mapping[str, str]) -> None:
    """Set selects of the page, whose charts follow, and bring the first one's card into view."""
    for select, value in wanted.items():
        set_props(select, {"value": value})
    if wanted:
        set_props("explore-look", {"data": {"at": next(iter(wanted)), "time": time()}})


# ---- the bar and the cards


def _bar(live: LiveStudy) -> html.Div:
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
                    html.Select(
                        [html.Option(label, value=value) for value, label in ORDERS],
                        id="explore-order",
                        className="explore-order",
                        title="Order of the panels",
                        **aria(label="Order of the panels"),
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
                    *audiences.tools(live),
                ],
                className="explore-tools",
            ),
        ],
        className="explore-bar",
    )


def _panels_waiting(count: int) -> html.Div:
    """Where the panels will be until they are drawn, so that what stands below does not move when they are."""
    places = [html.Div(className="skeleton panel") for _ in range(min(count, MOST_WAITING))]
    return html.Div(places, className="panels panels-waiting", **aria(hidden="true"))


def _difference_card(live: LiveStudy) -> html.Section:
    help_text = (
        "Cohen's d for numbers: the difference of the means in standard deviations. Cramér's V for categories. Both "
        "with their 95 % interval, the dark line over the bar. About 0.2 is small, 0.5 medium, 0.8 large (Cohen 1988). "
        "Click a row to see the variable."
    )
    return parts.card(
        [html.Span("How does this selection differ?", id="explore-differs-title"), parts.info(help_text)],
        html.Div(id="explore-differs", className="differs", **aria(live="polite")),
        html.Button("Numbers", className="chart-tool differs-numbers", **data(numbers="differs")),
        subtitle=html.Span(id="explore-differs-note"),
        actions=[_against_select(live)],
    )


def _against_select(live: LiveStudy) -> Any:
    choice = parts.select("explore-against", "From", [], REST)
    choice.data = against_choices(live)
    return choice


def _association_card(live: LiveStudy) -> html.Section:
    help_text = (
        "Spearman's rank correlation ρ for two measures, bias-corrected Cramér's V for two categories, the correlation "
        "ratio η for a measure and a category. Blue goes together, orange against each other; like stands by like."
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
            parts.select("explore-size", "Size", anything, NONE),
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
            parts.select("explore-box-y", "Show", [*numbers, *categories], y),
            parts.select("explore-box-x", "By", categories, plain_first),
            html.Div(
                [
                    parts.select("explore-box-colour", "Colour", optional, NONE),
                    parts.select("explore-box-facet", "Facet", optional, NONE),
                    parts.select("explore-box-shape", "As", [(BOXES, "boxes"), (VIOLINS, "violins")], BOXES),
                ],
                id="explore-box-how",
                className="box-how",
            ),
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


PAGE = Page("explore", "Explore", layout)
