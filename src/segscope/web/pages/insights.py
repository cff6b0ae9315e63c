"""Insights: what deserves saying about the segments, what do they buy and how, and where does a new customer belong?"""

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, MATCH, Dash, Input, Output, State, html, no_update

from segscope.figures import insights as figures
from segscope.insights import FamilyView, Mode, describe_family, finding_in_words
from segscope.scoring import Donors, gather_donors
from segscope.study import LiveStudy
from segscope.theme import Scheme
from segscope.web import batch, findings, narrowing, opportunities, parts, placing
from segscope.web.attributes import in_browser
from segscope.web.shell import Page
from segscope.web.studies import Studies
from segscope.wording import listed

CHART, CHART_TITLE, CHART_NOTE, CHART_MODE, CHART_LOOK = (
    "insights-family", "insights-family-title", "insights-family-note", "insights-family-mode", "insights-family-look",
)  # fmt: skip
BARS, HEAT = "bars", "heat"

State_ = Mapping[str, Any]

ONLY_FAMILIES = (
    "What you select on the Explore tab can be looked at here alone: the families below are computed for those "
    "customers, and everybody means all of them. Findings stay those of all customers: they were confirmed on them."
)
NO_FAMILIES = (
    "No families were found: columns that measure one thing split by something, such as spend by product, purchases by "
    "channel or answers by campaign."
)


def layout(live: LiveStudy) -> html.Div:
    """The page for a study."""
    families = [_family_card(live, i) for i in range(len(live.recipe.families))]
    return html.Div(
        [
            html.H1("Insights", className="sr-only"),
            html.Div(
                [findings.card(), placing.card(live.fit.segmentation, live.fit.profiles)], className="insights-top"
            ),
            opportunities.card(),
            html.Div(
                narrowing.switch(narrowing.INSIGHTS_FILTERS, ONLY_FAMILIES),
                className="insights-only",
                hidden=not families,  # there all the same: callbacks are checked against the page
            ),
            html.Div(families or _no_families(), className="insights-families"),
            batch.card(live),
        ],
        className="insights",
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""

    findings.register(app, studies)

    @app.callback(
        Output(placing.PLACED, "children"),
        Output({"type": placing.FIELD, "place": ALL}, "error"),
        Output({"type": placing.FIELD, "place": ALL}, "description"),
        Input({"type": placing.FIELD, "place": ALL}, "value"),
        Input("study", "data"),
    )
    def _placed(typed: list[str | None], study: State_ | None) -> tuple[Any, Any, Any]:
        if not study:
            return no_update, [no_update] * len(typed), [no_update] * len(typed)
        live = studies.get(study["id"])
        return placing.answer(live.fit, _donors(live), typed)

    in_browser(
        app,
        "function (clicks, typed) { return typed.map(() => (clicks ? '' : window.dash_clientside.no_update)); }",
        Output({"type": placing.FIELD, "place": ALL}, "value"),
        Input(placing.CLEAR, "n_clicks"),
        State({"type": placing.FIELD, "place": ALL}, "value"),
        prevent_initial_call=True,
    )

    opportunities.register(app, studies)

    batch.register(app, studies)

    narrowing.register(app, studies, narrowing.INSIGHTS_FILTERS)

    @app.callback(
        Output({"type": CHART, "place": MATCH}, "figure"),
        Output({"type": CHART_TITLE, "place": MATCH}, "children"),
        Output({"type": CHART_NOTE, "place": MATCH}, "children"),
        Input({"type": CHART_MODE, "place": MATCH}, "value"),
        Input({"type": CHART_LOOK, "place": MATCH}, "value"),
        Input("scheme", "data"),
        Input(narrowing.INSIGHTS_FILTERS, "data"),
        State({"type": CHART_MODE, "place": MATCH}, "id"),
        State("study", "data"),
    )
    def _family(
        mode: Mode, look: str, scheme: Scheme | None, only: State_, own: State_, study: State_
    ) -> tuple[Any, Any, Any]:
        live = narrowing.study(studies, study, only)
        view = describe_family(live.recipe.families[own["place"]], live.fit.profiles, mode)
        segments = live.fit.segments
        drawn = figures.family_heat if look == HEAT else figures.family_bars
        chart = drawn(view, segments, scheme) if scheme else no_update
        return chart, finding_in_words(view, [s.name for s in segments]), _family_note(view, look)


# ------------------------------------------------------------------------------------------------ from the study


def _donors(live: LiveStudy) -> Donors:
    return live.once("insights: donors", lambda: gather_donors(live.engine, live.sample, live.fit.segmentation))


# ------------------------------------------------------------------------------------------------ families by segment


def _family_card(live: LiveStudy, i: int) -> html.Section:
    family, segments = live.recipe.families[i], live.fit.segments
    amount = "Rate" if family.kind == "responses" else "Amount"
    choice = dmc.SegmentedControl(
        id={"type": CHART_MODE, "place": i},
        data=[
            {"value": "amount", "label": amount},
            {"value": "share", "label": "Share"},
            {"value": "index", "label": "Index"},
        ],
        value="amount",
        size="xs",
        radius="md",
        className="family-mode",
        attributes={"root": {"aria-label": f"How to show {family.label}"}},
    )
    look = dmc.SegmentedControl(
        id={"type": CHART_LOOK, "place": i},
        data=[{"value": BARS, "label": "Bars"}, {"value": HEAT, "label": "Heat map"}],
        value=BARS,
        size="xs",
        radius="md",
        className="family-mode",
        attributes={"root": {"aria-label": f"How to draw {family.label}"}},
    )
    view = describe_family(family, live.fit.profiles, "amount")
    names = [s.name for s in segments]
    key = [html.Li([parts.swatch(s.colour), html.Span(s.name, className="clip")], title=s.name) for s in segments]
    key.append(html.Li([html.Span(className="swatch everybody"), "Everybody"]))
    return parts.card(
        html.Span(finding_in_words(view, names), id={"type": CHART_TITLE, "place": i}),
        html.Ul(key, className="family-key"),
        parts.chart({"type": CHART, "place": i}, f"{family.label}, by segment", figures.HEIGHT),
        subtitle=html.Span(_family_note(view, BARS), id={"type": CHART_NOTE, "place": i}),
        actions=[choice, look],
        class_name="family-card",
    )


def _family_note(view: FamilyView, look: str) -> str:
    what = view.family.label
    note = {
        "amount": f"{what}: share of customers who accepted" if view.of_customers else f"{what}: mean a customer",
        "share": f"{what}: what each segment's whole is made of",
        "index": f"{what}: mean a customer, where everybody's is 100",
    }[view.mode]
    if look == HEAT:
        note += ". Colour: blue above everybody, orange below, strongest from three times as much or a third"
    overlapping = [m.label for m in view.members if m.overlaps]
    if not overlapping:
        return note
    hatched = "" if look == HEAT else " (hatched)"
    return f"{note}. {listed(overlapping)}{hatched} counts again what the others count"


def _no_families() -> list[html.Section]:
    return [parts.card("Families by segment", html.P(NO_FAMILIES, className="muted"))]


PAGE = Page("insights", "Insights", layout)
