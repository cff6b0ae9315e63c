"""A measure by category: quartile boxes and violins, from all rows, beside each other by colour and facet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from segscope.exploring import BLANK, Bins, Boxes, Shapes, Variable
from segscope.exploring.variables import day_text
from segscope.figures.axes import axis_range, axis_title, span, written
from segscope.theme import Scheme, figure, palette, plain, segment_colour, translucent

MAX_FACETS, MAX_COLOURS, MAX_BOXES = 4, 10, 320
MAX_VIOLINS, MAX_CORNERS = 60, 1_500  # outlines of a chart, and their corners: more are neither seen nor quickly loaded
LONGEST_MUTE = 3  # letters of a value such as "yes" or "5"
ABOVE_TITLES = 1.08  # of the axes' height: where a legend stands clear of the titles of facets
SHAPE_WIDTH = 0.42  # half of a violin, where categories stand one apart
BOX_PARTS = {"lowerfence": "low", "q1": "quarter", "median": "median", "q3": "three_quarters", "upperfence": "high"}
Group = Mapping[str, Any]


@dataclass(frozen=True)
class Split:
    """Which values of each category are shown: the most frequent, blanks among them.

    ``left_out`` : axis ("x", "colour", "facet") -> how many of its values have no room
    """

    x: tuple[str, ...]
    colour: tuple[str | None, ...]
    facet: tuple[str | None, ...]
    left_out: Mapping[str, int]

    @property
    def size(self) -> int:
        """Places for a box."""
        return len(self.x) * len(self.colour) * len(self.facet)


@dataclass(frozen=True)
class Slot:
    """Where a series stands beside others: the categories of the axis, its offset from their middle, and its width."""

    names: Sequence[str]
    offset: float
    width: float

    def at(self, name: str) -> float:
        """The place of a category on the axis."""
        return round(self.names.index(name) + self.offset * 2 * SHAPE_WIDTH, 3)


def split(found: Boxes, by: Mapping[str, Variable]) -> Split:
    """Choose the values that are shown."""
    most = {"facet": MAX_FACETS, "colour": MAX_COLOURS}
    kept: dict[str, tuple[str | None, ...]] = {}
    left_out = {}
    for axis in ("facet", "colour", "x"):
        if axis not in by:
            kept[axis] = (None,)
            continue
        present = {g[axis] for g in found.groups}
        ordered = tuple(v for v in (*by[axis].shown, BLANK) if v in present)
        room = most.get(axis) or MAX_BOXES // (len(kept["facet"]) * len(kept["colour"]))
        kept[axis] = ordered[:room] or (None,)
        if len(ordered) > room:
            left_out[axis] = len(ordered) - room
    return Split(tuple(v for v in kept["x"] if v is not None), kept["colour"], kept["facet"], left_out)


def boxes(
    found: Boxes,
    number: Variable,
    by: Mapping[str, Variable],
    colours: Mapping[str, Mapping[str, int]],
    scheme: Scheme,
    spread: Shapes | None = None,
) -> go.Figure:
    """Quartile boxes of a number by category, colour and facet, from quantiles of all rows.

    ``spread`` draws how all rows are spread behind each box (a violin), as wide as its fullest bin.
    """
    kept = split(found, by)
    made = _frame(kept, number, by, scheme, spread is not None)
    violins = {(g["facet"], g["colour"], g["x"]): g for g in (spread.groups if spread else ())}
    told: set[str | None] = set()  # colours that the legend has: some are in a few facets only
    for (column, facet), (place, name) in product(enumerate(kept.facet, 1), enumerate(kept.colour)):
        groups = [g for g in found.groups if (g["facet"], g["colour"]) == (facet, name) and g["x"] in kept.x]
        if not groups:
            continue
        shade = _box_colour(by.get("colour"), name, place, colours, scheme)
        slot = Slot(kept.x, (place + 0.5) / len(kept.colour) - 0.5, 1 / len(kept.colour))
        shapes = [violins[key] for key in ((facet, name, x) for x in kept.x) if key in violins]
        if shapes and kept.size <= MAX_VIOLINS:
            corners = MAX_CORNERS // kept.size
            made.add_trace(_outlines(shapes, number, slot, shade, corners), col=column, row=1)
        made.add_trace(_box(groups, number, slot, name, shade, name not in told, bool(shapes)), col=column, row=1)
        told.add(name)
    return made


def _frame(kept: Split, number: Variable, by: Mapping[str, Variable], scheme: Scheme, violins: bool) -> go.Figure:
    """The axes, one beside the other for each facet."""
    titles = _facet_titles(by["facet"], kept) if "facet" in by else None
    made = make_subplots(cols=len(kept.facet), shared_yaxes=True, horizontal_spacing=0.03, subplot_titles=titles)
    base = figure(scheme, 380)
    made.update_layout(
        template=base.layout.template, height=380, boxmode="overlay", margin={"l": 8, "r": 12, "t": 36, "b": 8}
    )
    made.update_xaxes(
        showgrid=False,
        range=[-0.5, len(kept.x) - 0.5],
        tickmode="array",
        tickvals=list(range(len(kept.x))),
        ticktext=[plain(n) for n in kept.x],
    )
    made.update_yaxes(tickformat="~s" if number.kind != "date" and span(number)[1] >= 1000 else None)
    if violins:
        made.update_yaxes(range=axis_range(number)["range"])
    if number.kind == "date":
        made.update_yaxes(type="date")
    made.update_yaxes(title_text=axis_title(number), col=1)
    made.update_layout(showlegend="colour" in by)
    if titles and "colour" in by:
        made.update_layout(legend={"y": ABOVE_TITLES, "yanchor": "bottom"})
    made.update_annotations(font={"size": 12, "color": palette(scheme).secondary})
    return made


def _facet_titles(facet: Variable, kept: Split) -> list[str]:
    """What each facet holds; with the name of the category where its values do not speak for themselves."""
    values = [value for value in kept.facet if value is not None]
    speak = any(len(value) > LONGEST_MUTE for value in values)
    return [plain(value if speak else f"{facet.label}: {value}") for value in values]


def _outlines(groups: Sequence[Group], number: Variable, slot: Slot, shade: str, corners: int) -> go.Scatter:
    """Violins of one colour, one after the other with a gap between."""
    xs: list[float] = []
    ys: list[float] = []
    for group in groups:
        for x, y in _corners(group, number, slot, corners):
            xs.append(x)
            ys.append(y)
        xs.append(np.nan)
        ys.append(np.nan)
    dates = number.kind == "date"
    return go.Scatter(
        x=np.array(xs, np.float32),
        y=[None if np.isnan(y) else day_text(y) for y in ys] if dates else np.array(ys, np.float32),
        mode="lines",
        fill="toself",
        fillcolor=translucent(shade, 0.25),
        line={"color": shade, "width": 1, "shape": "linear"},
        hoverinfo="skip",
        showlegend=False,
        meta="shape",
    )


def _corners(group: Group, number: Variable, slot: Slot, most: int) -> list[tuple[float, float]]:
    """The outline of a violin: each bin as wide as it is full, up to the last bin that holds anybody."""
    counts, bins = merged(group["counts"], number.bins, max(2, most // 2 - 3))
    if bins is None or not any(counts):
        return []
    filled = [i for i, n in enumerate(counts) if n]
    first, last, fullest = filled[0], filled[-1], max(counts)
    half = [SHAPE_WIDTH * slot.width * n / fullest for n in counts[first : last + 1]]
    middles = [bins.low + (i + 0.5) * bins.width for i in range(first, last + 1)]
    ends = [bins.low + first * bins.width, *middles, bins.low + (last + 1) * bins.width]
    half = [half[0], *half, half[-1]]
    at = slot.at(group["x"])
    right = [(at + h, y) for h, y in zip(half, ends, strict=True)]
    left = [(at - h, y) for h, y in zip(half, ends, strict=True)]
    return [*right, *reversed(left), right[0]]


def merged(counts: Sequence[int], bins: Bins | None, most: int) -> tuple[list[int], Bins | None]:
    """Neighbouring bins put together until they are few enough.

    >>> merged([1, 2, 3], Bins(0.0, 1.0, 3, 0, 3), 2)[0]
    [3, 3]
    """
    found = list(counts)
    while bins is not None and len(found) > most:
        found = [sum(found[i : i + 2]) for i in range(0, len(found), 2)]
        bins = Bins(bins.low, bins.width * 2, len(found), bins.smallest, bins.largest)
    return found, bins


def _box_colour(
    colour: Variable | None, name: str | None, place: int, colours: Mapping[str, Mapping[str, int]], scheme: Scheme
) -> str:
    if colour is None or name is None:
        return palette(scheme).accent
    if name == BLANK:
        return palette(scheme).faint
    own = colours.get(colour.column)
    return segment_colour(own[name] if own else place, scheme)


def _box(
    groups: Sequence[Group], number: Variable, slot: Slot, name: str | None, shade: str, legend: bool, narrow: bool
) -> go.Box:
    ranked = sorted(groups, key=lambda g: slot.names.index(g["x"]))
    rounded = {key: written([g[source] for g in ranked], number) for key, source in BOX_PARTS.items()}
    return go.Box(
        x=[slot.at(g["x"]) for g in ranked],
        **rounded,
        width=(0.12 if narrow else 0.6) * slot.width,
        name=plain(name or "all"),
        legendgroup=name,
        showlegend=legend,
        marker={"color": shade},
        line={"width": 1.4},
        fillcolor=translucent(shade, 0.22),
        customdata=[plain(g["x"]) for g in ranked],
        hoverinfo="y",
    )
