"""Where do the customers sit? In three dimensions of one's choice, and on a map."""

from collections.abc import Sequence

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import Dash, Input, Output, State, html

from segscope.exploring.positions import Positions, positions, project
from segscope.figures import positions as views
from segscope.recipe import Recipe
from segscope.segmentation import SEGMENT, Segment
from segscope.study import LiveStudy
from segscope.theme import Scheme, segment_variable
from segscope.web import parts
from segscope.web.attributes import aria
from segscope.web.studies import Studies

STUDY, SCHEME = "study", "scheme"
CLOUD, MAP = "clustering-cloud", "clustering-map"
CLOUD_NOTE, SHOWN = "clustering-cloud-note", "clustering-shown"
MAP_TITLE, MAP_NOTE = "clustering-map-title", "clustering-map-note"
AXES = {name: f"clustering-axis-{name}" for name in "xyz"}
CLOUD_CUSTOMERS, MAP_CUSTOMERS = 1_000, 1_400


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
    ) -> tuple[go.Figure, str]:
        live = studies.get(study["id"])
        axes = chosen_axes(live, (x, y, z))
        drawn = draw(live, [column for column, _ in axes.values()], CLOUD_CUSTOMERS)
        made = views.cloud(drawn, axes, live.fit.segments, chosen_segments(live, shown), scheme)
        return made, views.drawn_words(len(drawn), drawn.of, *views.far_out(drawn, list(drawn.columns)))

    @app.callback(
        Output(MAP, "figure"),
        Output(MAP_TITLE, "children"),
        Output(MAP_NOTE, "children"),
        Input(SCHEME, "data"),
        State(STUDY, "data"),
    )
    def _map(scheme: Scheme, study: dict[str, str]) -> tuple[go.Figure, str, str]:
        live = studies.get(study["id"])
        drawn, labels = draw(live, live.recipe.features, MAP_CUSTOMERS), feature_labels(live.recipe)
        found = project(drawn.columns, live.fit.segmentation.preparation)
        made = views.segment_map(found, drawn.segment, labels, live.fit.segments, scheme)
        return made, views.map_title(found, labels), views.map_note(found, len(drawn), drawn.of)


def draw(live: LiveStudy, columns: Sequence[str], limit: int) -> Positions:
    """Customers to draw, from the study's sample."""
    return positions(live.engine, live.sample, columns, SEGMENT, limit, live.fit.customers)


def feature_labels(recipe: Recipe) -> list[str]:
    """Labels of the features."""
    return [recipe.column(f).label for f in recipe.features]


def axis_options(live: LiveStudy) -> list[tuple[str, str]]:
    """Numbers that an axis can show: column and label, features first."""
    numbers = [v.column for v in live.variables if v.kind == "number"]
    return [(c, live.recipe.column(c).label) for c in dict.fromkeys([*live.recipe.features, *numbers])]


def default_axes(live: LiveStudy) -> list[str]:
    """The three features whose means differ most between segments; other numbers where there are fewer."""
    profiles = live.fit.profiles

    def told_apart(feature: str) -> float:
        return sum(s.customers * profiles.standard_difference(g, feature) ** 2 for g, s in enumerate(profiles.segments))

    ranked = sorted(live.recipe.features, key=lambda f: -told_apart(f))
    rest = [c for c, _ in axis_options(live) if c not in ranked]
    return ([*ranked, *rest] * 3)[:3]


def chosen_axes(live: LiveStudy, wanted: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Axis -> (column, label); the default where a column is not on offer, as in a window from before a run."""
    options = dict(axis_options(live))
    columns = [w if w in options else d for w, d in zip(wanted, default_axes(live), strict=True)]
    return {name: (column, options[column]) for name, column in zip("xyz", columns, strict=True)}


def chosen_segments(live: LiveStudy, shown: Sequence[str] | None) -> list[int]:
    """Places of the segments that are ticked."""
    return [g for g in range(len(live.fit.segments)) if str(g) in (shown or ())]


def cloud_card(live: LiveStudy) -> html.Section:
    """Customers in three dimensions of one's choice."""
    options, defaults, several = axis_options(live), default_axes(live), len(live.fit.segments) > 1
    best = f": {live.recipe.column(defaults[0]).label.lower()} tells them apart best" if several else ""
    return parts.card(
        f"Where they sit{best}",
        legend(live.fit.segments),
        parts.chart(CLOUD, "Customers in three dimensions", views.CLOUD_HEIGHT, three_d=True),
        subtitle=[html.Span(id=CLOUD_NOTE), ". Drag to turn, scroll to come nearer."],
        actions=[parts.select(AXES[n], n.upper(), options, d) for n, d in zip("xyz", defaults, strict=True)],
        class_name="cloud-card",
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


def map_card() -> html.Section:
    """Customers on the two directions along which they differ most."""
    return parts.card(
        html.Span("The map", id=MAP_TITLE),
        parts.chart(MAP, "Customers on the two main directions", views.MAP_HEIGHT),
        subtitle=html.Span(id=MAP_NOTE),
        class_name="map-card",
    )
