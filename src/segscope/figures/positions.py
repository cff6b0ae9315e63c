"""Figures of where customers sit: in three dimensions of one's choice, and on a map of the two main directions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from segscope.exploring.positions import Map, Positions, bulk_range, spread_out
from segscope.segmentation import Segment
from segscope.theme import Palette, Scheme, figure, palette, plain, segment_colour, translucent
from segscope.wording import listed, percent

Array = npt.NDArray[np.float64]
Axes = Mapping[str, tuple[str, str]]

CLOUD_HEIGHT, MAP_HEIGHT = 480, 540
CAMERA = {"eye": {"x": 1.3, "y": -1.42, "z": 0.62}, "center": {"x": 0.02, "y": -0.02, "z": -0.16}}
MAX_NAME = 26
# Labels are kept apart as they would be on a narrow chart, so that they are on any.
LABEL_ROOM = (430.0, 380.0)
LABEL_HEIGHT, LETTER = 22.0, 6.8


def short_name(name: str, most: int = MAX_NAME) -> str:
    """A name that fits a label.

    >>> short_name("x" * 30, 10)
    'xxxxxxxxx…'
    """
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


# A view has no height of its own: it fills its box, which the style sheet makes square on a narrow screen.


def cloud(drawn: Positions, axes: Axes, segments: Sequence[Segment], shown: Sequence[int], scheme: Scheme) -> go.Figure:
    """Customers in three dimensions, coloured by segment.

    Parameters
    ----------
    axes : "x", "y" and "z" -> (column, label)
    shown : places of the segments to draw
    """
    look = palette(scheme)
    values = [f"{plain(short_name(label))} %{{{name}:,.4~g}}" for name, (_, label) in axes.items()]
    traces = []
    for place in shown:
        mine, name = drawn.segment == place, plain(short_name(segments[place].name))
        colour = segment_colour(segments[place].colour, scheme)
        traces.append(
            {
                "type": "scatter3d", "mode": "markers", "name": name,
                **{axis: significant(drawn.columns[column][mine]) for axis, (column, _) in axes.items()},
                "marker": {"color": colour, "size": 3.4, "opacity": 0.82, "line": {"width": 0}},
                "hovertemplate": "<br>".join([f"<b>{name}</b>", *values]) + "<extra></extra>",
            }
        )  # fmt: skip
    scene: dict[str, Any] = {
        f"{axis}axis": _scene_axis(drawn.columns[column], label, look) for axis, (column, label) in axes.items()
    }
    scene |= {"aspectmode": "cube", "camera": CAMERA, "uirevision": "where"}
    edge = {"l": 0, "r": 0, "t": 0, "b": 0}
    made = figure(scheme, CLOUD_HEIGHT, margin=edge, showlegend=False, uirevision="where", scene=scene)
    return made.add_traces(traces).update_layout(height=None)


def _scene_axis(values: Array, label: str, look: Palette) -> dict[str, Any]:
    low, high = bulk_range(values)
    room = 0.03 * (high - low)
    return {
        "title": {"text": plain(short_name(label)), "font": {"color": look.text, "size": 12}},
        "range": [low - room, high + room],
        "tickformat": "~s" if max(abs(low), abs(high)) >= 1000 else ",.3~g",
        "nticks": 6,
        "gridcolor": look.everybody,
        "linecolor": look.everybody,
    }


def far_out(drawn: Positions, columns: Sequence[str]) -> tuple[int, int]:
    """How many points lie beyond the axes, and how many have no value on one of them."""
    beyond = np.zeros(len(drawn), dtype=bool)
    blank = np.zeros(len(drawn), dtype=bool)
    for column in columns:
        values = drawn.columns[column]
        low, high = bulk_range(values)
        room = 0.03 * (high - low)
        blank |= np.isnan(values)
        beyond |= (values < low - room) | (values > high + room)
    return int((beyond & ~blank).sum()), int(blank.sum())


def significant(values: Array, digits: int = 4) -> list[float | None]:
    """Values as short as a chart needs them; blanks as None.

    >>> significant(np.array([1234.567, 0.00123456, float("nan"), 0.0]))
    [1235.0, 0.001235, None, 0.0]
    """
    return [None if np.isnan(v) else float(f"{v:.{digits}g}") for v in values]


def segment_map(
    found: Map, segment: npt.NDArray[np.intp], features: Sequence[str], segments: Sequence[Segment], scheme: Scheme
) -> go.Figure:
    """Customers on the two main directions, coloured by segment, names at the centres. ``features``: labels."""
    x, y = found.x, spread_out(len(found.x)) if found.y is None else found.y
    traces = []
    for place, each in enumerate(segments):
        mine, name = segment == place, plain(short_name(each.name))
        marker = {"color": segment_colour(each.colour, scheme), "size": 5.5, "opacity": 0.62, "line": {"width": 0}}
        traces.append(
            {"type": "scatter", "mode": "markers", "x": significant(x[mine], 3), "y": significant(y[mine], 3),
             "name": name, "marker": marker, "hovertemplate": f"{name}<extra></extra>"}
        )  # fmt: skip
    (x_low, x_high), (y_low, y_high) = bulk_range(x), bulk_range(y)
    x_room, y_room = 0.04 * (x_high - x_low), 0.06 * (y_high - y_low)
    spans = (x_low - x_room, x_high + x_room, y_low - y_room, y_high + y_room)
    places = [g for g in range(len(segments)) if (segment == g).any()]
    centres = [(float(np.median(x[segment == g])), float(np.median(y[segment == g]))) for g in places]
    labels = keep_apart([_label(segments[g], c, spans) for g, c in zip(places, centres, strict=True)])
    made = figure(
        scheme,
        MAP_HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        annotations=[_name_tag(label, scheme) for label in labels],
        xaxis={**_QUIET, "title": {"text": axis_words(found, 0, features)}, "range": spans[:2]},
        yaxis={**_QUIET, "title": {"text": axis_words(found, 1, features)}, "range": spans[2:]},
    )
    return made.add_traces(traces).update_layout(height=None)


_QUIET = {"showticklabels": False, "showgrid": False, "zeroline": False}


def axis_words(found: Map, axis: int, features: Sequence[str]) -> str:
    """An axis of the map in words: the features that rise along it."""
    if axis >= len(found.explained):
        return "spread out only to be seen"
    return f"{plain(_main_features(found.loadings[axis], features))} →"


def _main_features(loadings: Array, features: Sequence[str]) -> str:
    order = np.argsort(-np.abs(loadings), kind="stable")
    strong = [i for i in order if abs(loadings[i]) >= 0.75 * abs(loadings[order[0]])][:2]
    words = [("" if loadings[i] > 0 else "less ") + short_name(features[i]).lower() for i in strong]
    return listed(words)


def map_title(found: Map, features: Sequence[str]) -> str:
    """What the map shows, in a sentence."""
    across = _main_features(found.loadings[0], features)
    if len(found.explained) < 2:
        return f"The map: {across} runs left to right"
    up = _main_features(found.loadings[1], features)
    return f"The map: {across} to the right, {up} to the top"


def map_note(found: Map, shown: int, of: int) -> str:
    """How many customers the map shows, and how much of the variation."""
    held = listed([percent(share) for share in found.explained])
    axes = "its axes hold" if len(found.explained) > 1 else "its axis holds"
    return f"{drawn_words(shown, of)}; {axes} {held} of the variation"


@dataclass(frozen=True)
class Label:
    """A segment's name near its centre; measures in pixels of a narrow chart, ``up`` from the bottom."""

    segment: Segment
    centre: tuple[float, float]
    left: float
    width: float
    up: float
    wished: float
    anchor: str


def _label(segment: Segment, centre: tuple[float, float], spans: tuple[float, float, float, float]) -> Label:
    across = (centre[0] - spans[0]) / (spans[1] - spans[0])
    up = (centre[1] - spans[2]) / (spans[3] - spans[2]) * LABEL_ROOM[1]
    width = LETTER * len(short_name(segment.name)) + 16
    anchor = "left" if across < 0.25 else "right" if across > 0.75 else "center"
    left = across * LABEL_ROOM[0] - {"left": 0.0, "center": width / 2, "right": width}[anchor]
    return Label(segment, centre, left, width, up, up, anchor)


def keep_apart(labels: Sequence[Label]) -> list[Label]:
    """Move labels up and down, as little as will do, until none covers another."""
    steps = sorted((step * LABEL_HEIGHT / 4 for step in range(-80, 81)), key=abs)
    lowest, highest = LABEL_HEIGHT / 2, LABEL_ROOM[1] - LABEL_HEIGHT / 2
    placed: list[Label] = []
    for label in sorted(labels, key=lambda each: each.up):
        moved = [replace(label, up=label.up + step) for step in steps if lowest <= label.up + step <= highest]
        free = (each for each in moved if not any(_covers(each, other) for other in placed))
        placed.append(next(free, label))
    return placed


def _covers(one: Label, other: Label) -> bool:
    beside = one.left + one.width < other.left or other.left + other.width < one.left
    return not beside and abs(one.up - other.up) < LABEL_HEIGHT


def _name_tag(label: Label, scheme: Scheme) -> dict[str, Any]:
    look, colour = palette(scheme), segment_colour(label.segment.colour, scheme)
    shift = label.up - label.wished
    return {
        "x": label.centre[0], "y": label.centre[1], "text": f"<b>{plain(short_name(label.segment.name))}</b>",
        "ax": 0, "ay": -shift, "xanchor": label.anchor, "yanchor": "middle", "showarrow": True, "arrowhead": 0,
        "arrowwidth": 1.2 if abs(shift) > LABEL_HEIGHT else 0.1, "arrowcolor": colour, "bordercolor": colour,
        "borderwidth": 1.5, "borderpad": 3, "bgcolor": translucent(look.card, 0.88),
        "font": {"size": 12, "color": look.text},
    }  # fmt: skip


def drawn_words(shown: int, of: int, beyond: int = 0, blank: int = 0) -> str:
    """How many customers a chart shows.

    >>> drawn_words(900, 2240, beyond=7)
    '900 of 2,240 customers drawn; 7 far out lie beyond the axes'
    >>> drawn_words(12, 12)
    'All 12 customers drawn'
    """
    parts = [f"All {of:,} customers drawn" if shown == of else f"{shown:,} of {of:,} customers drawn"]
    if beyond:
        parts.append(f"{beyond:,} far out {'lies' if beyond == 1 else 'lie'} beyond the axes")
    if blank:
        parts.append(f"{blank:,} without a value left out")
    return "; ".join(parts)
