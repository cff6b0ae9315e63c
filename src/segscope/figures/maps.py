"""The map: where each segment's customers crowd on two directions of model space, and what its axes mean in words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from segscope.exploring.densities import HOVER_CELLS, Density, density, mixture
from segscope.exploring.positions import Map, bulk_range
from segscope.figures.labels import spaced
from segscope.figures.positions import drawn_words, short_name, significant
from segscope.segmentation import Segment
from segscope.theme import Scheme, figure, palette, plain, segment_colour, translucent
from segscope.wording import counted, listed, percent

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Spans = tuple[float, float, float, float]

MAP_HEIGHT = 540
ROOM = 0.13  # beyond the outermost customers, so that the crowds at the edge are seen whole
HALF, MOST = 50, 10  # the places above hold the densest half of a segment, and nine in ten of it
LONGEST_LINE = 44  # letters of an axis title
NAMED = 0.75  # of the strongest correlation: what else an axis is named after
TOLD, TOLD_AT_MOST = 0.3, 4  # correlations that the words under the map tell
# Labels are kept apart as they would be on a narrow chart, so that they are on any.
LABEL_ROOM = (430.0, 380.0)
LABEL_HEIGHT, LETTER = 22.0, 6.8
_SHAPE = {"meta": "shape"}  # no numbers of the chart's table (assets/charts.js)
_QUIET = {"showticklabels": False, "showgrid": False, "zeroline": False}


@dataclass(frozen=True, eq=False)
class Drawing:
    """All that a map shows, computed once: densities of the segments, and some customers as points.

    Attributes
    ----------
    densities : by place of the segment; of those with a customer among the drawn
    counts : customers drawn in each cell of a coarse grid, shape (rows, columns, segments)
    points : places of some customers, shape (n, 2)
    segment : of those, shape (n,)
    drawn, of : customers drawn, and how many they stand for
    """

    found: Map
    spans: Spans
    densities: dict[int, Density]
    counts: npt.NDArray[np.int64]
    points: Array
    segment: Places
    drawn: int
    of: int


def drawing(found: Map, segment: Places, segments: int, points: int, of: int) -> Drawing:
    """Prepare a map of customers in ``segments`` segments; the first ``points`` of them can be shown as points."""
    x, y = found.x, found.height
    (x_low, x_high), (y_low, y_high) = bulk_range(x), bulk_range(y)
    x_room, y_room = ROOM * (x_high - x_low), ROOM * (y_high - y_low)
    spans = (x_low - x_room, x_high + x_room, y_low - y_room, y_high + y_room)
    densities = {g: density(x[segment == g], y[segment == g], spans) for g in range(segments) if (segment == g).any()}
    counts = mixture(x, y, segment, segments, spans)
    some = np.column_stack([x, y])[:points]
    return Drawing(found, spans, densities, counts, some, segment[:points], len(x), of)


# A view has no height of its own: it fills its box, which the style sheet makes square on a narrow screen.


def segment_map(
    drawn: Drawing, names: Sequence[str], segments: Sequence[Segment], with_points: bool, scheme: Scheme
) -> go.Figure:
    """Where the customers of each segment crowd, in its colour, its name at its densest place.

    Parameters
    ----------
    names : of the coordinates of model space
    with_points : whether customers are shown too
    """
    traces: list[dict[str, Any]] = [_crowd(d, segments[g], scheme) for g, d in drawn.densities.items()]
    traces.append(_composition(drawn, segments))
    if with_points:
        traces += [_points(drawn, g, segments[g], scheme) for g in drawn.densities]
    traces += [_peak(d, segments[g], scheme) for g, d in drawn.densities.items()]
    labels = keep_apart([_label(segments[g], d.peak, drawn.spans) for g, d in drawn.densities.items()])
    made = figure(
        scheme,
        MAP_HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        annotations=[_name_tag(label, scheme) for label in labels],
        xaxis={**_QUIET, "title": {"text": axis_title(drawn.found, 0, names)}, "range": drawn.spans[:2]},
        yaxis={**_QUIET, "title": {"text": axis_title(drawn.found, 1, names)}, "range": drawn.spans[2:]},
    )
    return made.add_traces(traces).update_layout(height=None)


def _crowd(found: Density, segment: Segment, scheme: Scheme) -> dict[str, Any]:
    """Where half of a segment's customers crowd, and nine in ten."""
    colour = segment_colour(segment.colour, scheme)
    pale, full = (translucent(colour, o) for o in ((0.2, 0.5) if scheme == "light" else (0.18, 0.45)))
    return {
        "type": "contour", "z": found.depth, "x0": found.x, "dx": found.dx, "y0": found.y, "dy": found.dy,
        "contours": {"start": MOST, "end": HALF, "size": HALF - MOST, "coloring": "fill"}, "autocontour": False,
        "colorscale": [[0, translucent(colour, 0)], [0.5, pale], [1, full]], "showscale": False,
        "line": {"color": translucent(colour, 0.75), "width": 1, "smoothing": 1.1}, "hoverinfo": "skip",
        "name": plain(short_name(segment.name)), **_SHAPE,
    }  # fmt: skip


def _composition(drawn: Drawing, segments: Sequence[Segment]) -> dict[str, Any]:
    """What the pointer finds anywhere: whose customers are here, and how many of all."""
    width = (drawn.spans[1] - drawn.spans[0]) / HOVER_CELLS
    height = (drawn.spans[3] - drawn.spans[2]) / HOVER_CELLS
    totals = drawn.counts.sum(axis=2)
    text = [[_here(cell, drawn.drawn, segments) for cell in row] for row in drawn.counts]
    return {
        "type": "heatmap", "z": np.where(totals > 0, 1.0, np.nan).tolist(), "text": text, "hoverongaps": False,
        "x0": drawn.spans[0] + width / 2, "dx": width, "y0": drawn.spans[2] + height / 2, "dy": height,
        "colorscale": [[0, "rgba(0,0,0,0)"], [1, "rgba(0,0,0,0)"]], "showscale": False,
        "hovertemplate": "%{text}<extra></extra>", **_SHAPE,
    }  # fmt: skip


def _here(cell: npt.NDArray[np.int64], drawn: int, segments: Sequence[Segment]) -> str:
    total = int(cell.sum())
    if not total:
        return ""
    most = [int(g) for g in np.argsort(-cell, kind="stable")[:2] if cell[g] > 0]
    parts = [f"{percent(int(cell[g]) / total)} {plain(short_name(segments[g].name))}" for g in most]
    return f"{'<br>'.join(parts)}<br>{percent(total / drawn)} of all are here"


def _points(drawn: Drawing, place: int, segment: Segment, scheme: Scheme) -> dict[str, Any]:
    mine, name = drawn.segment == place, plain(short_name(segment.name))
    marker = {"color": segment_colour(segment.colour, scheme), "size": 4.5, "opacity": 0.6, "line": {"width": 0}}
    return {
        "type": "scatter", "mode": "markers", "x": significant(drawn.points[mine, 0], 3),
        "y": significant(drawn.points[mine, 1], 3), "name": name, "marker": marker,
        "hovertemplate": f"{name}<extra></extra>",
    }  # fmt: skip


def _peak(found: Density, segment: Segment, scheme: Scheme) -> dict[str, Any]:
    name, look = plain(short_name(segment.name)), palette(scheme)
    colour = segment_colour(segment.colour, scheme)
    return {
        "type": "scatter", "mode": "markers", "x": significant(np.array(found.peak[:1]), 3),
        "y": significant(np.array(found.peak[1:]), 3), "name": name,
        "marker": {"color": colour, "size": 7, "line": {"width": 1.5, "color": look.card}},
        "hovertemplate": f"<b>{name}</b><br>{size_words(segment)}<extra></extra>",
    }  # fmt: skip


def size_words(segment: Segment) -> str:
    """How many customers a segment has, and their share."""
    return f"{counted(segment.size, 'customer')}, {percent(segment.share)}"


def axis_title(found: Map, axis: int, names: Sequence[str]) -> str:
    """An axis of the map: what rises along it, and how much of the variation or of the separation it holds."""
    if axis >= len(found.explained):
        return "spread out only to be seen"
    words, held = plain(_main(found.loadings[axis], names)), _held(found, axis)
    # A long one stands in two lines: a narrow chart would cut it.
    return f"{words} →{' · ' if len(words) + len(held) < LONGEST_LINE else '<br>'}{held}"


def _held(found: Map, axis: int) -> str:
    of = "separation" if found.kinds[axis] == "discriminant" else "variation"
    return f"{percent(found.explained[axis])} of the {of}"


def _main(loadings: Array, names: Sequence[str]) -> str:
    """The coordinates that an axis is named after: the strongest, and the next if it is nearly as strong."""
    order = np.argsort(-np.abs(loadings).round(9), kind="stable")
    strong = [i for i in order if abs(loadings[i]) >= NAMED * abs(loadings[order[0]])][:2]
    return listed([("" if loadings[i] >= 0 else "less ") + _lower(short_name(names[i])) for i in strong])


def _lower(name: str) -> str:
    """In lower case, but for the level of a category, which is the data's own word.

    >>> _lower("Total spend"), _lower("Education: PhD")
    ('total spend', 'education: PhD')
    """
    feature, colon, level = name.partition(": ")
    return f"{feature.lower()}{colon}{level}"


def map_title(found: Map, names: Sequence[str]) -> str:
    """What the map shows, in a sentence."""
    start = "The map where segments separate best" if found.kinds[0] == "discriminant" else "The map"
    across = _main(found.loadings[0], names)
    if len(found.explained) < 2:
        return f"{start}: {across} runs left to right"
    return f"{start}: {across} to the right, {_main(found.loadings[1], names)} to the top"


def map_note(drawn: Drawing) -> str:
    """How many customers the map rests on, and how to read its colours."""
    return (
        f"{drawn_words(drawn.drawn, drawn.of)}. Dark: where the densest half of a segment is; pale: where nine in ten "
        "of it are"
    )


def axes_in_words(found: Map, names: Sequence[str]) -> str:
    """What each axis means: the coordinates of model space that it goes with, with their correlations."""
    ends = ("To the right", "To the top")
    told = [
        f"{end}: {said}" for end, row in zip(ends, found.loadings, strict=False) if (said := _goes_with(row, names))
    ]
    return f"{'. '.join(told)}. In brackets: correlation with the axis." if told else ""


def _goes_with(loadings: Array, names: Sequence[str]) -> str:
    order = np.argsort(-np.abs(loadings).round(9), kind="stable")
    told = [i for i in order if abs(loadings[i]) >= TOLD][:TOLD_AT_MOST]
    return listed([f"{'more' if loadings[i] > 0 else 'less'} {_lower(names[i])} ({loadings[i]:.2f})" for i in told])


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
    """Move labels up or down until none covers another; those above others stay above, so that a larger chart helps."""
    lowest, highest = LABEL_HEIGHT / 2, LABEL_ROOM[1] - LABEL_HEIGHT / 2
    placed: list[Label] = []
    for column in _columns(labels):
        ups = spaced([max(label.up, lowest) for label in column], LABEL_HEIGHT, highest)
        placed += [replace(label, up=up) for label, up in zip(column, ups, strict=True)]
    return placed


def _columns(labels: Sequence[Label]) -> list[list[Label]]:
    """Labels that lie above one another, from the lowest up; labels of different columns cannot meet."""
    columns: list[list[Label]] = []
    end = float("-inf")
    for label in sorted(labels, key=lambda each: each.left):
        if label.left > end:
            columns.append([])
        columns[-1].append(label)
        end = max(end, label.left + label.width)
    return [sorted(column, key=lambda each: each.up) for column in columns]


def _name_tag(label: Label, scheme: Scheme) -> dict[str, Any]:
    look, colour = palette(scheme), segment_colour(label.segment.colour, scheme)
    shift = label.up - label.wished
    return {
        "x": label.centre[0], "y": label.centre[1], "text": f"<b>{plain(short_name(label.segment.name))}</b>",
        "ax": 0, "ay": -shift, "xanchor": label.anchor, "yanchor": "middle", "showarrow": True, "arrowhead": 0,
        "arrowwidth": 1.2 if abs(shift) > LABEL_HEIGHT else 0.1, "arrowcolor": colour, "bordercolor": colour,
        "borderwidth": 1.5, "borderpad": 3, "bgcolor": translucent(look.card, 0.88),
        "font": {"size": 12, "color": look.text}, "hovertext": size_words(label.segment),
    }  # fmt: skip
