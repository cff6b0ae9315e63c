"""Where do the customers sit? In three dimensions of one's choice, and on a map."""

from collections.abc import Sequence

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import Dash, Input, Output, State, html, no_update

from segscope.exploring.positions import AxisKind, Positions, positions, project
from segscope.figures import maps
from segscope.figures import positions as views
from segscope.preparation import CategoryPreparation
from segscope.recipe import Role
from segscope.segmentation import SEGMENT, Segment
from segscope.study import LiveStudy
from segscope.theme import Scheme, segment_variable
from segscope.web import parts
from segscope.web.attributes import aria
from segscope.web.studies import Studies

STUDY, SCHEME = "study", "scheme"
CLOUD, MAP = "clustering-cloud", "clustering-map"
CLOUD_NOTE, SHOWN = "clustering-cloud-note", "clustering-shown"
MAP_TITLE, MAP_NOTE, MAP_WORDS = "clustering-map-title", "clustering-map-note", "clustering-map-words"
MAP_AXES, MAP_POINTS = "clustering-map-axes", "clustering-map-points"
AXES = {name: f"clustering-axis-{name}" for name in "xyz"}
CLOUD_CUSTOMERS, MAP_CUSTOMERS, MAP_POINTS_SHOWN = 1_000, 20_000, 1_400
KINDS: tuple[tuple[AxisKind, str], ...] = (("principal", "Main directions"), ("discriminant", "Separating best"))
KINDS_HELP = (
    "Main directions (principal components): along which customers differ most, whatever the segments. Separating best "
    "(Fisher's discriminants): along which the segments lie farthest apart, in units of the spread within them. A map "
    "made to separate shows segments farther apart than they are."
)


def register(app: Dash, studies: Studies) -> None:
    """Draw cloud and map."""

    @app.callback(
        Output(CLOUD, "figure"),
        Output(CLOUD_NOTE, "children"),
        *[Input(select, "value") for select in AXES.values()],
        Input(SHOWN, "value"),
        Input(SCHEME, "data"),
        State(STUDY, "data"),
    )
    def _cloud(
        x: str, y: str, z: str, shown: list[str], scheme: Scheme, study: dict[str, str]
    ) -> tuple[object, object]:
        live = studies.get(study["id"])
        axes = chosen_axes(live, (x, y, z))
        if not axes:
            return no_update, no_update
        drawn = draw(live, [column for column, _ in axes.values()], CLOUD_CUSTOMERS)
        made = views.cloud(drawn, axes, live.fit.segments, chosen_segments(live, shown), scheme)
        return made, views.drawn_words(len(drawn), drawn.of, *views.far_out(drawn, list(drawn.columns)))

    @app.callback(
        Output(MAP, "figure"),
        Output(MAP_TITLE, "children"),
        Output(MAP_NOTE, "children"),
        Output(MAP_WORDS, "children"),
        Input(MAP_AXES, "value"),
        Input(MAP_POINTS, "checked"),
        Input(SCHEME, "data"),
        State(STUDY, "data"),
    )
    def _map(kind: AxisKind, points: bool, scheme: Scheme, study: dict[str, str]) -> tuple[go.Figure, str, str, str]:
        live = studies.get(study["id"])
        drawn, names = draw_map(live, kind), coordinate_names(live)
        made = maps.segment_map(drawn, names, live.fit.segments, points, scheme)
        return made, maps.map_title(drawn.found, names), maps.map_note(drawn), maps.axes_in_words(drawn.found, names)


def draw(live: LiveStudy, columns: Sequence[str], limit: int) -> Positions:
    """Customers to draw, from the study's sample."""
    preparation = live.fit.segmentation.preparation
    return positions(live.engine, live.sample, columns, SEGMENT, limit, live.fit.customers, preparation)


def draw_map(live: LiveStudy, kind: AxisKind) -> maps.Drawing:
    """The map of a study: computed once for each kind of axes."""
    kind = "principal" if kind != "discriminant" else kind

    def compute() -> maps.Drawing:
        drawn = draw(live, live.recipe.features, MAP_CUSTOMERS)
        found = project(drawn.columns, live.fit.segmentation.preparation, drawn.segment, kind)
        return maps.drawing(found, drawn.segment, len(live.fit.segments), MAP_POINTS_SHOWN, drawn.of)

    return live.once(("map", kind), compute)


def coordinate_names(live: LiveStudy) -> list[str]:
    """What the coordinates of model space stand for: a feature, or the level of a category ("Education: PhD")."""
    names: list[str] = []
    for step in live.fit.segmentation.preparation:
        label = live.recipe.column(step.feature).label
        names += [f"{label}: {n}" for n in step.names] if isinstance(step, CategoryPreparation) else [label]
    return names


def axis_options(live: LiveStudy) -> list[tuple[str, str]]:
    """Numbers that an axis can show: column and label, features first."""
    numbers = [v.column for v in live.variables if v.kind == "number"]
    return [(c, live.recipe.column(c).label) for c in dict.fromkeys([*live.recipe.measured_features, *numbers])]


def default_axes(live: LiveStudy) -> list[str]:
    """The three features whose means differ most between segments, flags last; other numbers where there are fewer."""
    profiles = live.fit.profiles

    def told_apart(feature: str) -> float:
        return sum(s.customers * profiles.standard_difference(g, feature) ** 2 for g, s in enumerate(profiles.segments))

    flags = {c.column for c in live.recipe.columns if c.role is Role.FLAG}
    ranked = sorted(live.recipe.measured_features, key=lambda f: (f in flags, -told_apart(f)))
    rest = [c for c, _ in axis_options(live) if c not in ranked]
    return ([*ranked, *rest] * 3)[:3]


def chosen_axes(live: LiveStudy, wanted: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Axis -> (column, label); the default where one is not on offer, as from before a run. {} without any number."""
    options, defaults = dict(axis_options(live)), default_axes(live)
    if not defaults:
        return {}
    columns = [w if w in options else d for w, d in zip(wanted, defaults, strict=True)]
    return {name: (column, options[column]) for name, column in zip("xyz", columns, strict=True)}


def chosen_segments(live: LiveStudy, shown: Sequence[str] | None) -> list[int]:
    """Places of the segments that are ticked."""
    return [g for g in range(len(live.fit.segments)) if str(g) in (shown or ())]


def cloud_card(live: LiveStudy) -> html.Section:
    """Customers in three dimensions of one's choice; hidden where no column is a number."""
    options, defaults, several = axis_options(live), default_axes(live), len(live.fit.segments) > 1
    known = defaults or ["", "", ""]
    best = f": {live.recipe.column(known[0]).label.lower()} tells them apart best" if several and defaults else ""
    return parts.card(
        f"Where they sit{best}",
        legend(live.fit.segments),
        parts.chart(CLOUD, "Customers in three dimensions", views.CLOUD_HEIGHT, three_d=True),
        subtitle=[html.Span(id=CLOUD_NOTE), ". Drag to turn, scroll to come nearer."],
        actions=[parts.select(AXES[n], n.upper(), options, d) for n, d in zip("xyz", known, strict=True)],
        class_name="cloud-card",
        hidden=not defaults,
    )


def legend(segments: Sequence[Segment]) -> dmc.CheckboxGroup:
    """The segments' colours, each to be ticked on and off."""
    boxes = [
        dmc.Checkbox(label=s.name, value=str(g), color=segment_variable(s.colour), size="xs")
        for g, s in enumerate(segments)
    ]
    everyone = [str(g) for g in range(len(segments))]
    return dmc.CheckboxGroup(
        html.Div(boxes, className="legend"), id=SHOWN, value=everyone, **aria(label="Segments shown")
    )


def map_card(live: LiveStudy) -> html.Section:
    """Where the segments' customers crowd, on two directions of model space."""
    return parts.card(
        html.Span("The map", id=MAP_TITLE),
        parts.chart(MAP, "Where the customers of each segment crowd, on two directions", maps.MAP_HEIGHT),
        html.P(id=MAP_WORDS, className="card-note"),
        subtitle=html.Span(id=MAP_NOTE),
        actions=[_kind_choice(len(live.fit.segments) > 1), _points_switch()],
        class_name="map-card",
    )


def _kind_choice(several: bool) -> html.Div:
    choice = dmc.SegmentedControl(
        id=MAP_AXES,
        data=[{"value": value, "label": text} for value, text in KINDS],
        value="principal",
        size="xs",
        radius="md",
        **aria(label="Axes of the map"),
    )
    return html.Div([choice, parts.info(KINDS_HELP)], className="map-kinds", hidden=not several)


def _points_switch() -> dmc.Switch:
    return dmc.Switch(id=MAP_POINTS, label="Customers", checked=False, size="xs", className="map-points")
