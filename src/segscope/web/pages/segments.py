"""Segments: who are they, and what sets those that I choose apart from each other and from everyone?"""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from segscope import comparing
from segscope.comparing import Compared, Group
from segscope.figures import segments as figures
from segscope.study import LiveStudy
from segscope.study.narrowing import with_quartiles
from segscope.theme import Scheme
from segscope.web import (
    comparison,
    customers,
    handwork,
    narrowing,
    parts,
    rfm_groups,
    rules,
    segment_cards,
    segment_editing,
    spreads,
)
from segscope.web.attributes import in_browser
from segscope.web.shell import Page
from segscope.web.spreads import groups_of
from segscope.web.studies import Studies
from segscope.wording import counted

NAMES, CHOSEN, EVERY, SAID = "segments-names", "segments-chosen", "segments-all", "segments-said"
RADAR, RADAR_TITLE, RADAR_KEY = "segments-radar", "segments-radar-title", "segments-radar-key"
APART, APART_TITLE, APART_NOTE = "segments-apart", "segments-apart-title", "segments-apart-note"
FREE_ONLY, MORE = "segments-free-only", "segments-more"
COMPARE = "segments-compare"
NUMBERS, NUMBERS_CHOICE, NUMBERS_OPEN = "segments-numbers", "segments-numbers-choice", "segments-numbers-open"
CSV, DOWNLOAD = "segments-csv", "segments-download"
STICKS_UP_TO, SHOWN_ROWS = 6, 10
State_ = Mapping[str, Any]
Drawn = tuple[Any, ...]


def layout(live: LiveStudy) -> html.Div:
    """The page for a study."""
    segments = live.fit.segments
    names = {**{s.id: s.name for s in segments}, comparing.EVERYONE: "everyone"}
    return html.Div(
        [
            dcc.Store(id=NAMES, data={"names": names, "first": comparing.first_choice(segments)}),
            dcc.Download(id=DOWNLOAD),
            html.H1("Segments", className="sr-only"),
            html.Div(segment_cards.cards(live.fit, _columns(live)), className="segment-cards"),
            segment_cards.former_list(live.fit),
            segment_editing.history(live),
            _compare_bar(live),
            html.Div([_radar_card(), _apart_card()], className="segment-pair"),
            html.Div(spreads.ridge_cards(live), className="segment-ridges"),
            html.Div(spreads.other_cards(live), className="segment-ridges"),
            rules.card(live),
            handwork.card(live),
            handwork.dialog(),
            rfm_groups.card(live),
            customers.card(live),
            _numbers_card(live),
        ],
        className="segments",
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""
    segment_editing.register(app, studies)
    in_browser(app, "segments.read", Output(CHOSEN, "value"), Input(NAMES, "data"), Input(EVERY, "n_clicks"))
    in_browser(app, "segments.write", Output(SAID, "children"), Input(CHOSEN, "value"), State(NAMES, "data"))
    narrowing.register(app, studies)
    only = Input(narrowing.FILTERS, "data")
    look = (Input(CHOSEN, "value"), Input("scheme", "data"), only, State("study", "data"))

    @app.callback(Output(RADAR, "figure"), Output(RADAR_TITLE, "children"), Output(RADAR_KEY, "children"), *look)
    def _radar(chosen: list[str], scheme: Scheme | None, only: State_, study: State_) -> Drawn:
        live = narrowing.study(studies, study, only)
        return _draw_radar(live, groups_of(live, chosen), scheme) if scheme else (no_update,) * 3

    @app.callback(
        Output(APART_TITLE, "children"),
        Output(APART_NOTE, "children"),
        Output(APART, "children"),
        Output(MORE, "children"),
        Input(CHOSEN, "value"),
        Input(FREE_ONLY, "checked"),
        Input(MORE, "n_clicks"),
        only,
        State("study", "data"),
    )
    def _apart(chosen: list[str], free_only: bool, more: int | None, only: State_, study: State_) -> Drawn:
        live = narrowing.study(studies, study, only)
        return _draw_apart(live, groups_of(live, chosen), free_only, bool((more or 0) % 2))

    spreads.register(app, studies, CHOSEN)
    rules.register(app, studies)
    customers.register(app, studies)
    handwork.register(app, studies)

    @app.callback(
        Output(NUMBERS, "children"),
        Input(CHOSEN, "value"),
        Input(NUMBERS_CHOICE, "value"),
        Input(NUMBERS_OPEN, "n_clicks"),
        only,
        State("study", "data"),
    )
    def _numbers(chosen: list[str], columns: list[str], opened: int | None, only: State_, study: State_) -> Any:
        if not (opened or 0) % 2:
            return no_update
        live = narrowing.study(studies, study, only)
        rows = _number_rows(live, groups_of(live, chosen), columns)
        return comparison.number_table(rows) if rows else html.P("Choose a variable.", className="muted")

    @app.callback(
        Output(DOWNLOAD, "data"),
        Input(CSV, "n_clicks"),
        State(CHOSEN, "value"),
        State(NUMBERS_CHOICE, "value"),
        State(narrowing.FILTERS, "data"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def _csv(clicks: int | None, chosen: list[str], columns: list[str], only: State_, study: State_) -> Any:
        live = narrowing.study(studies, study, only)
        rows = _number_rows(live, groups_of(live, chosen), columns)
        return {"content": "\ufeff" + comparing.numbers_csv(rows), "filename": "segments.csv", "type": "text/csv"}


# ------------------------------------------------------------------------------------------------ from the study


def _columns(live: LiveStudy) -> tuple[Compared, ...]:
    return comparing.compared_columns(live.recipe, live.fit.profiles)


def _draw_radar(live: LiveStudy, groups: Sequence[Group], scheme: Scheme) -> Drawn:
    axes = comparing.radar_axes(live.recipe, live.fit.profiles, live.variables)
    found = spreads.count(live, tuple(axes))
    standing = {v.column: comparing.mean_percentiles(found[v.column]) for v in axes.values()}
    labels = [v.label for v in axes.values()]
    lines = [(g, [50.0 if g.place is None else float(s[g.place]) for s in standing.values()]) for g in groups]
    return figures.radar(labels, lines, scheme), comparing.standing_in_words(labels, lines), comparison.key(groups)


def _draw_apart(live: LiveStudy, groups: Sequence[Group], free_only: bool, more: bool) -> Drawn:
    """What sets groups apart; categories are compared where there are two."""
    profiles, pair = live.fit.profiles, len(comparing.only_segments(groups)) < 3
    categories = comparing.compared_categories(live.recipe, profiles) if pair else ()
    columns, levels = ([c for c in found if not (free_only and c.origin)] for found in (_columns(live), categories))
    number = len(columns) + len(levels)
    shown = number if more else SHOWN_ROWS
    return *comparison.apart(profiles, groups, columns, shown, levels), _more_words(number, shown)


def _more_words(columns: int, shown: int) -> str:
    if columns <= SHOWN_ROWS:
        return ""
    return "Show fewer" if shown > SHOWN_ROWS else f"{counted(columns - SHOWN_ROWS, 'more variable')}, less different"


def _number_rows(live: LiveStudy, groups: Sequence[Group], columns: Sequence[str] | None) -> tuple[comparing.Row, ...]:
    wanted = [c for c in _columns(live) if c.column in set(columns or ())]
    return comparing.number_rows(with_quartiles(live, [c.column for c in wanted]), wanted, groups)


# ------------------------------------------------------------------------------------------------ parts


def _compare_bar(live: LiveStudy) -> html.Div:
    segments = live.fit.segments
    wanted = [(s.id, comparing.brief(s.name), s.colour) for s in segments] + [(comparing.EVERYONE, "Everyone", None)]
    chips = [
        dmc.Chip(name, value=value, className="compare-chip", style=comparison.own(colour), size="sm")
        for value, name, colour in wanted
    ]
    group = dmc.ChipGroup(chips, id=CHOSEN, multiple=True, value=comparing.first_choice(segments))
    return html.Div(
        [
            html.H2("Compare", className="compare-title", id=COMPARE),
            html.Div(group, className="compare-chips", role="group", **comparison.aria(labelledby=COMPARE)),
            html.Button("All", id=EVERY, className="button quiet", hidden=len(segments) < 3),
            *narrowing.switch(),
            html.Div(id=SAID, className="sr-only", role="status", **comparison.aria(live="polite")),
        ],
        className="compare-bar sticks" if len(segments) <= STICKS_UP_TO else "compare-bar",
    )


def _radar_card() -> html.Section:
    return parts.card(
        html.Span("Where they stand", id=RADAR_TITLE),
        parts.chart(RADAR, "Mean percentiles of the chosen segments", figures.RADAR_HEIGHT),
        html.Div(id=RADAR_KEY, className="key"),
        subtitle=html.Span(
            ["Mean percentile among all customers, 0 at the centre, 100 at the rim", parts.info(comparison.HOW_RANKED)],
            className="inline",
        ),
    )


def _apart_card() -> html.Section:
    free = dmc.Checkbox(id=FREE_ONLY, label="Leave out what made the segments", checked=False, size="xs", radius="sm")
    return parts.card(
        html.Span("What sets them apart", id=APART_TITLE),
        html.Div(id=APART),
        html.Button(id=MORE, className="button quiet more"),
        subtitle=html.Span(id=APART_NOTE, className="inline"),
        actions=[free],
    )


def _numbers_card(live: LiveStudy) -> html.Section:
    columns = _columns(live)
    shown = {live.variables[i].column for i in spreads.ridge_places(live)}
    choice = dmc.MultiSelect(
        id=NUMBERS_CHOICE,
        data=[{"value": c.column, "label": c.label} for c in columns],
        value=[c.column for c in columns if c.column in shown],
        size="xs", radius="md", searchable=True, clearable=True, className="numbers-choice",
        **comparison.aria(label="Variables in the table"),
    )  # fmt: skip
    save = html.Button("CSV", id=CSV, className="button", title="These numbers as a file")
    body = [html.Div([choice, save], className="numbers-tools"), html.Div(id=NUMBERS)]
    note = html.Span("mean, spread and quartiles", className="muted small")
    words = html.Summary([html.Span("The numbers", className="card-title"), note], id=NUMBERS_OPEN)
    return html.Section(html.Details([words, *body]), className="card segment-numbers")


PAGE = Page("segments", "Segments", layout)
