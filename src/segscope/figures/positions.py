"""Figures of where customers sit in three dimensions of one's choice, and how many of them are drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from segscope.exploring.positions import Positions, bulk_range
from segscope.segmentation import Segment
from segscope.theme import Palette, Scheme, figure, palette, plain, segment_colour

Array = npt.NDArray[np.float64]
Axes = Mapping[str, tuple[str, str]]

CLOUD_HEIGHT = 480
CAMERA = {"eye": {"x": 1.3, "y": -1.42, "z": 0.62}, "center": {"x": 0.02, "y": -0.02, "z": -0.16}}
MAX_NAME = 26


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
