"""Insights: what deserves saying about the segments, what do they buy and how, and where does a new customer belong?"""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, MATCH, Dash, Input, Output, State, html, no_update

from segscope.figures import insights as figures
from segscope.insights import FamilyView, Finding, Insights, Mode, describe_family, find_insights, finding_in_words
from segscope.scoring import Donors, gather_donors
from segscope.segmentation import SEGMENT, Segment
from segscope.study import LiveStudy
from segscope.study.fitting import customer_key
from segscope.theme import Scheme, segment_variable
from segscope.web import parts, placing
from segscope.web.attributes import aria, in_browser
from segscope.web.shell import Page
from segscope.web.studies import Studies
from segscope.wording import counted, full, listed, percent

FINDINGS, FINDINGS_NOTE = "insights-findings", "insights-findings-note"
CHART, CHART_TITLE, CHART_NOTE, CHART_MODE = (
    "insights-family", "insights-family-title", "insights-family-note", "insights-family-mode",
)  # fmt: skip

SHOWN_AT_ONCE = 8
State_ = Mapping[str, Any]

HOW_FOUND = (
    "Every segment was compared with all other customers on every column, on one half of the customers, drawn by a "
    "hash. What differed noticeably (effect size 0.2 or more) and survived the correction for how many were tried "
    "(Benjamini-Hochberg, 5 %) was looked at again on the other half, under the same conditions; intervals are of that "
    "half. Strength is the effect size after Cohen: from 0.8 very strong, from 0.5 strong, below it moderate."
)
MADE = (
    "The segments were made from this column, or from what it is made of, so they differ on it by construction: it "
    "describes them, it does not prove them."
)


def layout(live: LiveStudy) -> html.Div:
    """The page for a study."""
    families = [_family_card(live, i) for i in range(len(live.recipe.families))]
    return html.Div(
        [
            html.H1("Insights", className="sr-only"),
            html.Div(
                [_findings_card(), placing.card(live.fit.segmentation, live.fit.profiles)], className="insights-top"
            ),
            html.Div(families, className="insights-families", hidden=not families),
        ],
        className="insights",
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""

    @app.callback(Output(FINDINGS, "children"), Output(FINDINGS_NOTE, "children"), Input("study", "data"))
    def _findings(study: State_ | None) -> tuple[Any, Any]:
        live = studies.get(study["id"]) if study else None
        return _say(_search(live), live.fit.segments) if live else (no_update, no_update)

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

    @app.callback(
        Output({"type": CHART, "place": MATCH}, "figure"),
        Output({"type": CHART_TITLE, "place": MATCH}, "children"),
        Output({"type": CHART_NOTE, "place": MATCH}, "children"),
        Input({"type": CHART_MODE, "place": MATCH}, "value"),
        Input("scheme", "data"),
        State({"type": CHART_MODE, "place": MATCH}, "id"),
        State("study", "data"),
    )
    def _family(mode: Mode, scheme: Scheme | None, own: State_, study: State_) -> tuple[Any, Any, Any]:
        live = studies.get(study["id"])
        view = describe_family(live.recipe.families[own["place"]], live.fit.profiles, mode)
        segments = live.fit.segments
        chart = figures.family_bars(view, segments, scheme) if scheme else no_update
        return chart, finding_in_words(view, [s.name for s in segments]), _family_note(view)


# ------------------------------------------------------------------------------------------------ from the study


def _search(live: LiveStudy) -> Insights:
    key = customer_key(live.customers, live.recipe)
    names = [s.name for s in live.fit.segments]
    return live.once(
        "insights: findings",
        lambda: find_insights(live.engine, live.customers, SEGMENT, key, live.recipe, live.fit.profiles, names),
    )


def _donors(live: LiveStudy) -> Donors:
    return live.once("insights: donors", lambda: gather_donors(live.engine, live.sample, live.fit.segmentation))


# ------------------------------------------------------------------------------------------------ what deserves saying


def _findings_card() -> html.Section:
    waiting = html.Div([html.Div(className="skeleton finding-waiting") for _ in range(SHOWN_AT_ONCE)])
    return parts.card(
        ["What deserves saying", parts.info(HOW_FOUND)],
        html.Div(waiting, id=FINDINGS, className="findings"),
        actions=[html.Span("Searching …", id=FINDINGS_NOTE, className="card-note")],
        class_name="insights-findings",
    )


def _say(found: Insights, segments: Sequence[Segment]) -> tuple[Any, str]:
    if not found.tried:
        few = "There are too few customers, or only one segment, to search on one half and confirm on the other."
        return html.P(few, className="muted"), ""
    first, more = found.findings[:SHOWN_AT_ONCE], found.findings[SHOWN_AT_ONCE:]
    held = f"{found.confirmed:,} confirmed on the other half"
    note = f"{counted(found.tried, 'candidate')} tried, {held}, {len(first)} shown"
    if not first:
        none = "Nothing that was found on one half of the customers held on the other. That is an answer too."
        return html.P(none, className="muted"), note
    body: list[Any] = [html.Ol([_finding(f, segments) for f in first], className="finding-list")]
    if more:
        rest = html.Ol([_finding(f, segments) for f in more], className="finding-list", start=str(SHOWN_AT_ONCE + 1))
        body.append(html.Details([html.Summary(f"Show {len(more)} more"), rest], className="finding-more"))
    return body, note


def _finding(finding: Finding, segments: Sequence[Segment]) -> html.Li:
    candidate = finding.candidate
    marks = [parts.tip(MADE, parts.chip("made the segments"))] if candidate.made else []
    marks += [parts.chip("sensitive", "warn")] if candidate.sensitive else []
    return html.Li(
        [
            html.Div(
                [
                    html.Div([html.H3(finding.sentence), *marks], className="finding-head"),
                    html.P(_evidence(finding), className="finding-note"),
                ],
                className="finding-words",
            ),
            _strip(finding, segments),
            html.Span(finding.strength, className="finding-strength"),
        ],
        className="finding",
        style={"--own": segment_variable(segments[finding.segment].colour)},
    )


def _evidence(finding: Finding) -> str:
    side = finding.confirmed
    mine, everybody, value, low, high = (
        _amount(finding, v) for v in (finding.mine, finding.everybody, side.value, side.low, side.high)
    )
    whole = f"{mine} against {everybody} {'overall' if finding.candidate.quantity != 'mean' else 'on average'}"
    other = f"other half {value}, 95\u202f% interval {low} to {high}"
    return f"{whole}, n {finding.customers:,} · {other}, n {side.customers:,}"


def _amount(finding: Finding, value: float) -> str:
    if finding.candidate.quantity != "mean":
        return percent(value)
    return full(value, 2) if abs(value) < 10 else full(value) if abs(value) < 100 else full(round(value))


def _strip(finding: Finding, segments: Sequence[Segment]) -> html.Div:
    """Every segment on one line: the finding's own with its interval, the others faint, everybody as a grey mark."""
    known = [v for v in finding.by_segment if v is not None]
    values = [*known, finding.everybody, finding.confirmed.low, finding.confirmed.high]
    low, high = min(0.0, *values), max(values)
    wide = high - low or 1.0

    def at(value: float) -> str:
        return f"{100 * (value - low) / wide:.2f}%"

    others = [
        html.I(className="strip-dot", style={"left": at(v), "background": segment_variable(s.colour)})
        for s, v in zip(segments, finding.by_segment, strict=True)
        if v is not None and s is not segments[finding.segment]
    ]
    reach = f"{100 * (finding.confirmed.high - finding.confirmed.low) / wide:.2f}%"
    shown = ", ".join(
        f"{s.name} {_amount(finding, v)}" for s, v in zip(segments, finding.by_segment, strict=True) if v is not None
    )
    words = f"{finding.candidate.label}: {shown}; everybody {_amount(finding, finding.everybody)}"
    return html.Div(
        [
            html.I(className="strip-line"),
            html.I(className="strip-all", style={"left": at(finding.everybody)}),
            *others,
            html.I(className="strip-reach", style={"left": at(finding.confirmed.low), "width": reach}),
            html.I(className="strip-own", style={"left": at(finding.mine)}),
        ],
        className="strip",
        role="img",
        title=words,
        **aria(label=words),
    )


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
    view = describe_family(family, live.fit.profiles, "amount")
    names = [s.name for s in segments]
    key = [html.Li([parts.swatch(s.colour), html.Span(s.name, className="clip")], title=s.name) for s in segments]
    key.append(html.Li([html.Span(className="swatch everybody"), "Everybody"]))
    return parts.card(
        html.Span(finding_in_words(view, names), id={"type": CHART_TITLE, "place": i}),
        html.Ul(key, className="family-key"),
        parts.chart({"type": CHART, "place": i}, f"{family.label}, by segment", figures.HEIGHT),
        subtitle=html.Span(_family_note(view), id={"type": CHART_NOTE, "place": i}),
        actions=[choice],
        class_name="family-card",
    )


def _family_note(view: FamilyView) -> str:
    what = view.family.label
    note = {
        "amount": f"{what}: share of customers who accepted" if view.of_customers else f"{what}: mean a customer",
        "share": f"{what}: what each segment's whole is made of",
        "index": f"{what}: mean a customer, where everybody's is 100",
    }[view.mode]
    overlapping = [m.label for m in view.members if m.overlaps]
    if not overlapping:
        return note
    return f"{note}. {listed(overlapping)} (hatched) counts again what the others count"


PAGE = Page("insights", "Insights", layout)
