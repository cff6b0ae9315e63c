"""How the chosen segments are spread: ridges of numbers, and shares of categories and of those who say yes."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import ALL, Dash, Input, Output, State, html, no_update

from segscope import comparing
from segscope.comparing import Composition, Counts, Distribution, Group
from segscope.exploring import Variable
from segscope.figures import segments as figures
from segscope.profiling import GroupProfile, Profiles
from segscope.recipe import Concept
from segscope.study import SEGMENT_VARIABLE, LiveStudy
from segscope.study.narrowing import with_quartiles
from segscope.theme import Scheme
from segscope.web import comparison, narrowing, parts
from segscope.web.studies import Studies
from segscope.wording import counted

RIDGE, RIDGE_TITLE, RIDGE_NOTE = "segments-ridge", "segments-ridge-title", "segments-ridge-note"
OTHER, OTHER_TITLE, OTHER_NOTE = "segments-other", "segments-other-title", "segments-other-note"
OTHER_CHOICE = "segments-other-choice"
MADE_OF, MADE_OF_TITLE, MADE_OF_NOTE = "segments-made-of", "segments-made-of-title", "segments-made-of-note"
MADE_OF_CHOICE, MADE_OF_SCALE = "segments-made-of-choice", "segments-made-of-scale"
FLAGS, FLAGS_TITLE, FLAGS_NOTE = "segments-flags", "segments-flags-title", "segments-flags-note"
State_ = Mapping[str, Any]
Drawn = tuple[Any, ...]


def register(app: Dash, studies: Studies, chosen: str) -> None:
    """Callbacks, in the order of the screen.

    Parameters
    ----------
    chosen : id of what holds the chosen segments
    """
    only = Input(narrowing.FILTERS, "data")
    look = (Input(chosen, "value"), Input("scheme", "data"), only, State("study", "data"))

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
        return _draw_ridges(live, places, groups_of(live, chosen), scheme)

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
        drawn = _draw_ridges(live, places, groups_of(live, chosen), scheme)
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
        return _draw_composition(_made_of_category(live, column, groups_of(live, chosen)), scheme, scale == "lift")

    @app.callback(
        Output(FLAGS, "figure"),
        Output(FLAGS, "style"),
        Output(FLAGS_TITLE, "children"),
        Output(FLAGS_NOTE, "children"),
        *look,
    )
    def _flags(chosen: list[str], scheme: Scheme | None, only: State_, study: State_) -> Drawn:
        live = narrowing.study(studies, study, only)
        return _draw_composition(_made_of_flags(live, groups_of(live, chosen)), scheme)


# ------------------------------------------------------------------------------------------------ from the study


def groups_of(live: LiveStudy, chosen: Sequence[str] | None) -> tuple[Group, ...]:
    """The segments that are chosen, and everybody where that is."""
    return comparing.choose(chosen, live.fit.segments)


def count(live: LiveStudy, places: tuple[int, ...]) -> dict[str, Counts]:
    """How many customers of each segment are in each bin of some variables."""

    def compute() -> dict[str, Counts]:
        variables = {i: live.variables[i] for i in places}
        return comparing.count_by_segment(live.engine, live.customers, variables, len(live.fit.segments))

    return live.once(("counts by segment", places), compute)


def ridge_places(live: LiveStudy) -> list[int]:
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


def _draw_ridges(
    live: LiveStudy, places: tuple[int, ...], groups: Sequence[Group], scheme: Scheme | None
) -> tuple[list[Any], ...]:
    if not scheme:
        return tuple([no_update] * len(places) for _ in range(4))
    found = count(live, places)
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
    return comparing.composition(variable, count(live, (place,))[column], groups)


def _made_of_flags(live: LiveStudy, groups: Sequence[Group]) -> Composition | None:
    places = _flag_places(live)
    found = count(live, places)
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


# ------------------------------------------------------------------------------------------------ parts


def ridge_cards(live: LiveStudy) -> list[html.Section]:
    """A card for each number that is drawn."""
    rows = len(comparing.first_choice(live.fit.segments))
    return [
        parts.card(
            html.Span(live.variables[i].label, id={"type": RIDGE_TITLE, "place": i}),
            parts.chart(
                {"type": RIDGE, "place": i}, f"{live.variables[i].label} by segment", figures.ridge_height(rows)
            ),
            html.P(id={"type": RIDGE_NOTE, "place": i}, className="card-note"),
        )
        for i in ridge_places(live)
    ]


def other_cards(live: LiveStudy) -> list[html.Section]:
    """Any other number, a category, and all flags together."""
    return [_other_card(live), _made_of_card(live), _flags_card(live)]


def _other_card(live: LiveStudy) -> html.Section:
    shown = set(ridge_places(live))
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
