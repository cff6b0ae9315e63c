"""Segments: who are they, and what sets those that I choose apart from each other and from everyone?"""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import ALL, Dash, Input, Output, State, dcc, html, no_update

from segscope import comparing
from segscope.comparing import Compared, Composition, Counts, Distribution, Group
from segscope.exploring import Variable
from segscope.figures import segments as figures
from segscope.profiling import GroupProfile, Profiles
from segscope.recipe import Concept
from segscope.study import SEGMENT_VARIABLE, LiveStudy
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
)
from segscope.web.attributes import in_browser
from segscope.web.shell import Page
from segscope.web.studies import Studies
from segscope.wording import counted

NAMES, CHOSEN, EVERY, SAID = "segments-names", "segments-chosen", "segments-all", "segments-said"
RADAR, RADAR_TITLE, RADAR_KEY = "segments-radar", "segments-radar-title", "segments-radar-key"
APART, APART_TITLE, APART_NOTE = "segments-apart", "segments-apart-title", "segments-apart-note"
FREE_ONLY, MORE = "segments-free-only", "segments-more"
RIDGE, RIDGE_TITLE, RIDGE_NOTE = "segments-ridge", "segments-ridge-title", "segments-ridge-note"
OTHER, OTHER_TITLE, OTHER_NOTE = "segments-other", "segments-other-title", "segments-other-note"
OTHER_CHOICE, COMPARE = "segments-other-choice", "segments-compare"
MADE_OF, MADE_OF_TITLE, MADE_OF_NOTE = "segments-made-of", "segments-made-of-title", "segments-made-of-note"
MADE_OF_CHOICE, MADE_OF_SCALE = "segments-made-of-choice", "segments-made-of-scale"
FLAGS, FLAGS_TITLE, FLAGS_NOTE = "segments-flags", "segments-flags-title", "segments-flags-note"
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
            html.Div(_ridge_cards(live), className="segment-ridges"),
            html.Div([_other_card(live), _made_of_card(live), _flags_card(live)], className="segment-ridges"),
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
        return _draw_radar(live, _groups(live, chosen), scheme) if scheme else (no_update,) * 3

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
        return _draw_apart(live, _groups(live, chosen), free_only, bool((more or 0) % 2))

    @app.callback(
        Output({"type": RIDGE, "place": ALL}, "figure"),
        Output({"type": RIDGE, "place": ALL}, "style"),
        Output({"type": RIDGE_TITLE, "place": ALL}, "children"),
        Output({"type": RIDGE_NOTE, "place": ALL}, "children"),
        State({"type": RIDGE, "place": ALL}, "id"),
        *look,
    )
    def _ridges(ids: list[State_], chosen: list[str], scheme: Scheme | None, only: State_, study: State_) -> Drawn:
        live = narrowing.study(studies, study, only)
        places = tuple(int(i["place"]) for i in ids)
        return _draw_ridges(live, places, _groups(live, chosen), scheme)

    @app.callback(
        Output(OTHER, "figure"),
        Output(OTHER, "style"),
        Output(OTHER_TITLE, "children"),
        Output(OTHER_NOTE, "children"),
        Input(OTHER_CHOICE, "value"),
        *look,
    )
    def _other(column: str | None, chosen: list[str], scheme: Scheme | None, only: State_, study: State_) -> Drawn:
        live = narrowing.study(studies, study, only)
        places = (live.variable(column)[0],) if column else ()
        drawn = _draw_ridges(live, places, _groups(live, chosen), scheme)
        return tuple(v[0] if v else no_update for v in drawn)

    @app.callback(
        Output(MADE_OF, "figure"),
        Output(MADE_OF, "style"),
        Output(MADE_OF_TITLE, "children"),
        Output(MADE_OF_NOTE, "children"),
        Input(MADE_OF_CHOICE, "value"),
        Input(MADE_OF_SCALE, "value"),
        *look,
    )
    def _made_of(
        column: str | None, scale: str, chosen: list[str], scheme: Scheme | None, only: State_, study: State_
    ) -> Drawn:
        live = narrowing.study(studies, study, only)
        return _draw_composition(_made_of_category(live, column, _groups(live, chosen)), scheme, scale == "lift")

    @app.callback(
        Output(FLAGS, "figure"),
        Output(FLAGS, "style"),
        Output(FLAGS_TITLE, "children"),
        Output(FLAGS_NOTE, "children"),
        *look,
    )
    def _flags(chosen: list[str], scheme: Scheme | None, only: State_, study: State_) -> Drawn:
        live = narrowing.study(studies, study, only)
        return _draw_composition(_made_of_flags(live, _groups(live, chosen)), scheme)

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
        rows = _number_rows(live, _groups(live, chosen), columns)
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
        rows = _number_rows(live, _groups(live, chosen), columns)
        return {"content": "\ufeff" + comparing.numbers_csv(rows), "filename": "segments.csv", "type": "text/csv"}


# ------------------------------------------------------------------------------------------------ from the study


def _groups(live: LiveStudy, chosen: Sequence[str] | None) -> tuple[Group, ...]:
    return comparing.choose(chosen, live.fit.segments)


def _count(live: LiveStudy, places: tuple[int, ...]) -> dict[str, Counts]:
    def compute() -> dict[str, Counts]:
        variables = {i: live.variables[i] for i in places}
        return comparing.count_by_segment(live.engine, live.customers, variables, len(live.fit.segments))

    return live.once(("counts by segment", places), compute)


def _columns(live: LiveStudy) -> tuple[Compared, ...]:
    return comparing.compared_columns(live.recipe, live.fit.profiles)


def _ridge_places(live: LiveStudy) -> list[int]:
    """The features, then income and age."""
    extra = [n for c in (Concept.INCOME, Concept.AGE) if (n := live.recipe.with_concept(c))]
    wanted = dict.fromkeys([*live.recipe.features, *extra])
    numbers = {v.column: i for i, v in enumerate(live.variables) if v.kind == "number"}
    return [numbers[n] for n in wanted if n in numbers]


def _categories(live: LiveStudy) -> list[Variable]:
    found = [v for v in live.variables if v.kind == "category" and not comparing.is_flag(v)]
    return [v for v in found if v.column != SEGMENT_VARIABLE and len(v.choices) > 1]


def _flag_places(live: LiveStudy) -> tuple[int, ...]:
    return tuple(i for i, v in enumerate(live.variables) if comparing.is_flag(v) and v.column != SEGMENT_VARIABLE)


def _draw_radar(live: LiveStudy, groups: Sequence[Group], scheme: Scheme) -> Drawn:
    axes = comparing.radar_axes(live.recipe, live.fit.profiles, live.variables)
    found = _count(live, tuple(axes))
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


def _draw_ridges(
    live: LiveStudy, places: tuple[int, ...], groups: Sequence[Group], scheme: Scheme | None
) -> tuple[list[Any], ...]:
    if not scheme:
        return tuple([no_update] * len(places) for _ in range(4))
    found = _count(live, places)
    profiles = with_quartiles(live, [live.variables[i].column for i in places])
    drawn = [_distribution(profiles, live.variables[i], found[live.variables[i].column], groups) for i in places]
    charts = [figures.ridges(d, scheme) for d in drawn]
    titles = [comparing.medians_in_words(d) for d in drawn]
    return charts, [_height(c) for c in charts], titles, [comparing.tail_in_words(d) for d in drawn]


def _distribution(profiles: Profiles, variable: Variable, counts: Counts, groups: Sequence[Group]) -> Distribution:
    by_place: dict[int | None, GroupProfile] = {None: profiles.everybody, **dict(enumerate(profiles.segments))}
    known = {place: p.numbers[variable.column] for place, p in by_place.items() if variable.column in p.numbers}
    return comparing.distribution(variable, counts, groups, {place: n.median for place, n in known.items()})


def _height(chart: go.Figure) -> dict[str, str]:
    return {"height": f"{chart.layout.height}px"}


def _made_of_category(
    live: LiveStudy,
    column: str | None,
    groups: Sequence[Group],
) -> Composition | None:
    if not column:
        return None
    place, variable = live.variable(column)
    return comparing.composition(variable, _count(live, (place,))[column], groups)


def _made_of_flags(live: LiveStudy, groups: Sequence[Group]) -> Composition | None:
    places = _flag_places(live)
    found = _count(live, places)
    flags = {live.variables[i].column: (live.variables[i], found[live.variables[i].column]) for i in places}
    return comparing.flags_together(flags, groups) if flags else None


def _draw_composition(found: Composition | None, scheme: Scheme | None, lift: bool = False) -> Drawn:
    if found is None or not scheme:
        return (no_update,) * 4
    chart = figures.composition(comparing.as_lift(found) if lift else found, scheme)
    blanks = f" {counted(found.blanks, 'customer')} unknown left out." if found.blanks else ""
    what = "How many times everyone's share." if lift else "Share of each segment."
    note = [f"{what}{blanks}", parts.info(comparison.HOW_SURE)]
    return chart, _height(chart), comparing.composition_in_words(found), note


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


def _ridge_cards(live: LiveStudy) -> list[html.Section]:
    rows = len(comparing.first_choice(live.fit.segments))
    return [
        parts.card(
            html.Span(live.variables[i].label, id={"type": RIDGE_TITLE, "place": i}),
            parts.chart(
                {"type": RIDGE, "place": i}, f"{live.variables[i].label} by segment", figures.ridge_height(rows)
            ),
            html.P(id={"type": RIDGE_NOTE, "place": i}, className="card-note"),
        )
        for i in _ridge_places(live)
    ]


def _other_card(live: LiveStudy) -> html.Section:
    shown = set(_ridge_places(live))
    others = [v for i, v in enumerate(live.variables) if v.kind != "category" and i not in shown]
    rows = len(comparing.first_choice(live.fit.segments))
    options = [(v.column, v.label) for v in others]
    choice = parts.select(OTHER_CHOICE, "Variable", options, options[0][0] if options else None)
    return parts.card(
        html.Span("Any other variable", id=OTHER_TITLE),
        parts.chart(OTHER, "Another variable by segment", figures.ridge_height(rows)),
        html.P(id=OTHER_NOTE, className="card-note"),
        actions=[choice],
        hidden=not options,
    )


def _made_of_card(live: LiveStudy) -> html.Section:
    options = [(v.column, v.label) for v in _categories(live)]
    scale = dmc.SegmentedControl(
        id=MADE_OF_SCALE, data=[{"value": "share", "label": "Share"}, {"value": "lift", "label": "Lift"}],
        value="share", size="xs", radius="md", **comparison.aria(label="What the points tell"),
    )  # fmt: skip
    choice = parts.select(MADE_OF_CHOICE, "Category", options, options[0][0] if options else None)
    return parts.card(
        html.Span("What they are made of", id=MADE_OF_TITLE),
        parts.chart(MADE_OF, "Composition of the chosen segments by category", 300),
        subtitle=html.Span(id=MADE_OF_NOTE, className="inline"),
        actions=[scale, choice],
        hidden=not options,
    )


def _flags_card(live: LiveStudy) -> html.Section:
    return parts.card(
        html.Span("Who says yes", id=FLAGS_TITLE),
        parts.chart(FLAGS, "Share of yes in the chosen segments", 300),
        subtitle=html.Span(id=FLAGS_NOTE, className="inline"),
        hidden=not _flag_places(live),
    )


def _numbers_card(live: LiveStudy) -> html.Section:
    columns = _columns(live)
    shown = {live.variables[i].column for i in _ridge_places(live)}
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
