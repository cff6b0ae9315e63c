"""Two measures against each other: customers as points, over how many lie where."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from segscope.exploring import BLANK, Cloud, Density, Variable
from segscope.figures.axes import BASE64, axis_range, axis_title, compact, shown, span, value_bytes, written
from segscope.theme import Scheme, figure, palette, plain, segment_colour, translucent

MAX_COLOURS = 10
SMALLER_FROM = 2_000  # points
SHADES, SIZES_A_PIXEL = 255, 10
BLANK_SIZE, LEAST_SIZE = 2, 3  # pixels
ROOTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # steps of a shade
DENSEST = 0.6  # its opacity where most customers are
MAX_CELLS = 1_800  # of a density
CELL_BYTES = 4 * BASE64
FRAME_BYTES = 9_000  # axes, legends and the colours' own traces
OTHERS = "others"
Bytes = npt.NDArray[np.uint8]


def pair(
    chosen: Cloud,
    axes: Mapping[str, Variable],
    colours: Mapping[str, int] | None,
    scheme: Scheme,
    everybody: Density | None = None,
    selection: Density | None = None,
    all_drawn: bool = False,
) -> go.Figure:
    """Two measures: customers as points, coloured and sized by any variable, over how many lie where.

    Parameters
    ----------
    everybody : drawn in grey behind
    selection : drawn over it, where there are more customers than points
    all_drawn : whether the points are all of the selection; its numbers are theirs then, not those of the crowd behind
    """
    look = palette(scheme)
    made = figure(scheme, 440, margin={"l": 8, "r": 12, "t": 30, "b": 8})
    x, y, colour = axes["x"], axes["y"], axes.get("colour")
    if everybody is not None:
        made.add_trace(_grid(everybody, x, y, look.faint, "Everybody"))
        if all_drawn:
            made.data[-1].meta = "shape"
    if selection is not None:
        made.add_trace(_grid(selection, x, y, look.accent, "Selection"))
    sizes = _sizes(chosen, axes.get("size"))
    if colour is None:
        made.add_trace(_points(chosen, x, y, translucent(look.accent, 0.62), sizes, "Selection"))
    elif colour.kind == "category":
        for name, shade, rows in _groups(chosen, colour, colours, scheme):
            made.add_trace(_points(_part(chosen, rows), x, y, shade, _some(sizes, rows), plain(name)))
    else:
        known = [i for i, v in enumerate(chosen.columns["colour"]) if v is not None]
        blank = [i for i, v in enumerate(chosen.columns["colour"]) if v is None]
        if blank:
            shade = translucent(look.faint, 0.55)
            made.add_trace(_points(_part(chosen, blank), x, y, shade, _some(sizes, blank), "blank"))
        made.add_trace(_shaded(_part(chosen, known), axes, _some(sizes, known), scheme))
    made.update_traces(meta=_told(axes), selector={"type": "scattergl"})
    for update, variable in ((made.update_xaxes, x), (made.update_yaxes, y)):
        update(title_text=axis_title(variable), **axis_range(variable))
    made.update_layout(
        showlegend=colour is not None and colour.kind == "category",
        hovermode="closest",
        legend={"itemsizing": "constant"},
    )
    return made


def points_within(axes: Mapping[str, Variable], budget: int) -> int:
    """How many points a plot of two measures carries in so many bytes, over two densities.

    >>> number, day = Variable("a", "A", "number", whole=True), Variable("d", "D", "date")
    >>> points_within({"x": number, "y": number}, 90_000) > points_within({"x": number, "y": day}, 90_000)
    True
    """
    grids = 2 * CELL_BYTES * min(MAX_CELLS, axes["x"].slots * axes["y"].slots)
    point = value_bytes(axes["x"]) + value_bytes(axes["y"]) + BASE64 * len({"size", "colour"} & set(axes))
    return int((budget - FRAME_BYTES - grids) / point)


def _groups(
    chosen: Cloud, colour: Variable, colours: Mapping[str, int] | None, scheme: Scheme
) -> Iterator[tuple[str, str, list[int]]]:
    """Name, colour and places of the points of each value; in grey and behind, the rare ones and the blanks."""
    look = palette(scheme)
    values = chosen.columns["colour"]
    own = colour.shown[:MAX_COLOURS]
    rows: dict[str, list[int]] = {}
    for i, value in enumerate(values):
        rows.setdefault(value if value in own else "blank" if value == BLANK else OTHERS, []).append(i)
    for name, opacity in ((OTHERS, 0.7), ("blank", 0.45)):
        if name in rows and name not in own:
            yield name, translucent(look.faint, opacity), rows[name]
    for place, name in enumerate(own):
        if name in rows:
            shade = segment_colour(colours[name] if colours else place, scheme)
            yield name, translucent(shade, 0.7), rows[name]


def _told(axes: Mapping[str, Variable]) -> dict[str, Any]:
    """What the sizes and shades of points stand for, so that the numbers of the chart can name them."""
    told: dict[str, Any] = {}
    for axis in ("size", "colour"):
        variable = axes.get(axis)
        if variable is None or (axis == "colour" and variable.kind == "category"):
            continue  # a category's colours are series
        told[axis] = {"title": axis_title(variable), "kind": "whole" if variable.whole else variable.kind}
        if variable.kind == "category":
            told[axis]["values"] = [plain(name) for name in variable.shown]
        else:
            told[axis]["ends"] = span(variable)
    return told


def _shaded(chosen: Cloud, axes: Mapping[str, Variable], sizes: Any, scheme: Scheme) -> go.Scattergl:
    """Points whose shade grows with a number, and the bar that says how."""
    look, colour = palette(scheme), axes["colour"]
    trace = _points(chosen, axes["x"], axes["y"], look.accent, sizes, "Selection")
    low, high = span(colour)
    ends = [shown(v, colour) for v in (low, (low + high) / 2, high)]
    bar = {"thickness": 8, "outlinewidth": 0, "title": {"text": axis_title(colour), "side": "right"}, "len": 0.8,
           "tickvals": [0, SHADES / 2, SHADES], "ticktext": ends}  # fmt: skip
    scale = [[0, look.everybody], [1, look.accent]]
    shades = _bytes([SHADES * share for share in _shares(chosen.columns["colour"], colour)])
    trace.marker.update(color=shades, colorscale=scale, cmin=0, cmax=SHADES, colorbar=bar, opacity=0.75)
    return trace


def _grid(found: Density, x: Variable, y: Variable, shade: str, name: str) -> go.Heatmap:
    """Customers in each cell. The shade grows with the root of the count: thin places are seen beside crowds."""
    found = found.within(MAX_CELLS)
    counts = np.where(found.counts > 0, found.counts, np.nan).astype(np.float32)
    return go.Heatmap(
        x=written(found.x, x),
        y=written(found.y, y),
        z=counts,
        zmin=0,
        zmax=max(1, int(found.counts.max(initial=0))),
        colorscale=[[t * t, translucent(shade, round(DENSEST * (0.15 + 0.85 * t), 3))] for t in ROOTS],
        showscale=False,
        hoverongaps=False,
        name=name,
        hovertemplate=(
            f"{axis_title(x)} about %{{x}}<br>{axis_title(y)} about %{{y}}<br>%{{z:,}} customers<extra>{name}</extra>"
        ),
    )


def _points(cloud: Cloud, x: Variable, y: Variable, colour: str, size: Any, name: str) -> go.Scattergl:
    # Drawn by the graphics card: as elements of the page, ten thousand points block it for a second.
    return go.Scattergl(
        x=compact(cloud.columns["x"], x),
        y=compact(cloud.columns["y"], y),
        mode="markers",
        name=name,
        marker={"color": colour, "size": size, "line": {"width": 0}}
        | ({} if isinstance(size, float) else {"sizeref": SIZES_A_PIXEL}),
        hovertemplate=f"{axis_title(x)} %{{x}}<br>{axis_title(y)} %{{y}}<extra>{name}</extra>",
    )


def _part(chosen: Cloud, rows: Sequence[int]) -> Cloud:
    return Cloud({name: [values[i] for i in rows] for name, values in chosen.columns.items()}, len(rows))


def _some(sizes: "float | Bytes", rows: Sequence[int]) -> "float | Bytes":
    return sizes if isinstance(sizes, float) else sizes[list(rows)]


def _sizes(cloud: Cloud, size: Variable | None) -> "float | Bytes":
    """One size for all, in pixels, or bytes that stand for tenths of a pixel."""
    if size is None:
        return 5.5 if cloud.shown <= SMALLER_FROM else 4.0
    # Area, not radius, stands for the amount; a blank is smaller than the least.
    amounts = zip(_shares(cloud.columns["size"], size), cloud.columns["size"], strict=True)
    return _bytes(
        [SIZES_A_PIXEL * (BLANK_SIZE if v in (None, BLANK) else LEAST_SIZE + 13 * s**0.5) for s, v in amounts]
    )


def _shares(values: Sequence[Any], variable: Variable) -> list[float]:
    """Where values lie between the ends of their axis, from 0 to 1; blanks at 0. Of a category, in the order shown."""
    if variable.kind == "category":
        last = max(1, len(variable.shown) - 1)
        place = {name: i / last for i, name in enumerate(variable.shown)}
        return [place.get(v, 0.0) for v in values]
    low, high = span(variable)
    return [max(0.0, min(1.0, ((low if v is None else v) - low) / ((high - low) or 1.0))) for v in values]


def _bytes(values: Sequence[float]) -> Bytes:
    return np.array(values).round().astype(np.uint8)
