"""Figures of the Explore tab: associations, pair plot, boxes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from segscope.exploring import Associations, Boxes, Cloud, Crosstab, Density, Shapes, Variable
from segscope.exploring.variables import BLANK, day_text
from segscope.theme import Scheme, diverging, figure, palette, plain, segment_colour, translucent
from segscope.wording import short

WRITTEN_FROM = 0.3  # weaker associations are coloured, not written: Cohen's (1988) medium correlation
MAX_FACETS = 4
LETTERS = {"Spearman": "ρ", "Cramér's V": "V", "correlation ratio": "η"}
MAX_COLOURS = 10
SMALLER_FROM = 2_000  # points
SHADES, SIZES_A_PIXEL = 255, 10
# Of a value on its way to the browser: digits and a comma, or base64.
DATE_BYTES, NUMBER_BYTES, WHOLE_BYTES, BYTE_BYTES = 13.0, 8.0, 16 / 3, 4 / 3
ROOTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # steps of a shade
DENSEST = 0.6  # its opacity where most customers are
SHAPE_WIDTH = 0.42  # half of a violin, where categories stand one apart
BOX_PARTS = {"lowerfence": "low", "q1": "quarter", "median": "median", "q3": "three_quarters", "upperfence": "high"}


def axis_title(variable: Variable) -> str:
    """A variable's name with its unit."""
    return plain(f"{variable.label} ({variable.unit})" if variable.unit else variable.label)


def associations(found: Associations, scheme: Scheme) -> go.Figure:
    """All pairs as a heat map: accent for together, warm for against, strong ones written."""
    size = len(found.columns)
    labels = [plain(label) for label in found.labels]
    values = np.round(found.values, 3)
    shown = values.copy()
    np.fill_diagonal(shown, np.nan)
    text = [["" if np.isnan(v) or abs(v) < WRITTEN_FROM or size > 30 else f"{v:.1f}" for v in row] for row in shown]
    # One letter a cell: the names would be most of what the browser has to load.
    letters = [[LETTERS[measure] for measure in row] for row in found.measures]
    made = figure(scheme, max(340, 19 * size + 130))
    made.add_trace(
        go.Heatmap(
            z=[[None if np.isnan(v) else float(v) for v in row] for row in shown],
            x=labels,
            y=labels,
            text=text,
            texttemplate="%{text}",
            textfont={"size": 9},
            customdata=letters,
            hovertemplate="%{y} and %{x}<br>%{customdata} = %{z:.2f}<extra></extra>",
            hoverongaps=False,
            zmin=-1,
            zmax=1,
            colorscale=diverging(scheme),
            showscale=False,
            xgap=1.5,
            ygap=1.5,
        )
    )
    ticks = {"tickmode": "array", "tickvals": labels, "showgrid": False, "tickfont": {"size": 10}}
    made.update_xaxes(tickangle=-90, side="top", **ticks)
    made.update_yaxes(autorange="reversed", **ticks)
    return made


def pair(
    chosen: Cloud,
    axes: Mapping[str, Variable],
    colours: Mapping[str, int] | None,
    scheme: Scheme,
    everybody: Density | None = None,
    selection: Density | None = None,
) -> go.Figure:
    """Two measures: customers as points, coloured and sized by any variable, over how many lie where.

    Parameters
    ----------
    everybody : drawn in grey behind
    selection : drawn over it, where there are more customers than points
    """
    look = palette(scheme)
    made = figure(scheme, 440, margin={"l": 8, "r": 12, "t": 30, "b": 8})
    x, y = axes["x"], axes["y"]
    if everybody is not None:
        made.add_trace(_grid(everybody, x, y, look.faint, "Everybody"))
    if selection is not None:
        made.add_trace(_grid(selection, x, y, look.accent, "Selection"))
    colour = axes.get("colour")
    sizes = _sizes(chosen, axes.get("size"))
    if colour is None:
        made.add_trace(_points(chosen, x, y, translucent(look.accent, 0.62), sizes, "Selection"))
    elif colour.kind == "category":
        values = chosen.columns["colour"]
        for place, value in enumerate(colour.choices[:MAX_COLOURS]):
            rows = [i for i, v in enumerate(values) if v == value]
            if rows:
                shade = segment_colour(colours[value] if colours else place, scheme)
                part = Cloud({k: [v[i] for i in rows] for k, v in chosen.columns.items()}, len(rows))
                part_sizes = sizes if isinstance(sizes, float) else sizes[rows]
                made.add_trace(_points(part, x, y, translucent(shade, 0.7), part_sizes, plain(value)))
    else:
        trace = _points(chosen, x, y, look.accent, sizes, "Selection")
        low, high = _range(colour)
        ends = [_shown(v, colour) for v in (low, (low + high) / 2, high)]
        bar = {"thickness": 8, "outlinewidth": 0, "title": {"text": axis_title(colour), "side": "right"}, "len": 0.8,
               "tickvals": [0, SHADES / 2, SHADES], "ticktext": ends}  # fmt: skip
        scale = [[0, look.everybody], [1, look.accent]]
        shades = _bytes([SHADES * share for share in _shares(chosen.columns["colour"], colour)])
        trace.marker.update(color=shades, colorscale=scale, cmin=0, cmax=SHADES, colorbar=bar, opacity=0.75)
        made.add_trace(trace)
    for update, variable in ((made.update_xaxes, x), (made.update_yaxes, y)):
        update(title_text=axis_title(variable), **_axis(variable))
    made.update_layout(
        showlegend=colour is not None and colour.kind == "category",
        hovermode="closest",
        legend={"itemsizing": "constant"},
    )
    return made


def _grid(found: Density, x: Variable, y: Variable, shade: str, name: str) -> go.Heatmap:
    """Customers in each cell. The shade grows with the root of the count: thin places are seen beside crowds."""
    counts = found.counts
    return go.Heatmap(
        x=_values(found.x, x),
        y=_values(found.y, y),
        z=[[int(n) or None for n in row] for row in counts],
        zmin=0,
        zmax=max(1, int(counts.max(initial=0))),
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
        x=_short_values(cloud.columns["x"], x),
        y=_short_values(cloud.columns["y"], y),
        mode="markers",
        name=name,
        marker={"color": colour, "size": size, "line": {"width": 0}}
        | ({} if isinstance(size, float) else {"sizeref": SIZES_A_PIXEL}),
        hovertemplate=f"{axis_title(x)} %{{x}}<br>{axis_title(y)} %{{y}}<extra>{name}</extra>",
    )


def _values(values: Sequence[Any], variable: Variable) -> list[Any]:
    if variable.kind == "date":
        return [day_text(v) for v in values]
    return [None if v is None else _brief(v) for v in values]


def _brief(value: float) -> float | int:
    """A number in four figures, finer than a screen: half of what the browser would have to load."""
    rounded = float(f"{value:.4g}")
    return int(rounded) if rounded.is_integer() else rounded


def point_bytes(axes: Mapping[str, Variable]) -> float:
    """About how many bytes a point takes on its way to the browser.

    >>> number, day = Variable("a", "A", "number", whole=True), Variable("d", "D", "date")
    >>> point_bytes({"x": number, "y": number}) < point_bytes({"x": number, "y": day, "size": number})
    True
    """
    places = sum(DATE_BYTES if v.kind == "date" else WHOLE_BYTES if _is_small(v) else NUMBER_BYTES
                 for v in (axes["x"], axes["y"]))  # fmt: skip
    return places + BYTE_BYTES * len({"size", "colour"} & set(axes))


def _short_values(values: Sequence[Any], variable: Variable) -> Any:
    """Whole numbers in binary, which takes half of their digits; others as they are shown."""
    return np.array(values, dtype=np.int32) if _is_small(variable) else _values(values, variable)


def _is_small(variable: Variable) -> bool:
    bins = variable.bins
    return (
        variable.kind == "number" and variable.whole and bins is not None and max(-bins.smallest, bins.largest) < 2**31
    )


def _sizes(cloud: Cloud, size: Variable | None) -> Any:
    """One size for all, in pixels, or bytes that stand for tenths of a pixel."""
    if size is None:
        return 5.5 if cloud.shown <= SMALLER_FROM else 4.0
    # Area, not radius, stands for the amount.
    return _bytes([SIZES_A_PIXEL * (3 + 13 * share**0.5) for share in _shares(cloud.columns["size"], size)])


def _shares(values: Sequence[Any], variable: Variable) -> list[float]:
    """Where values lie between the ends of their axis, from 0 to 1."""
    low, high = _range(variable)
    return [max(0.0, min(1.0, ((low if v is None else v) - low) / ((high - low) or 1.0))) for v in values]


def _bytes(values: Sequence[float]) -> Any:
    return np.array(values).round().astype(np.uint8)


def _shown(value: float, variable: Variable) -> str:
    return day_text(value) if variable.kind == "date" else short(value)


def _range(variable: Variable) -> tuple[float, float]:
    bins = variable.bins
    if bins is None:
        return 0.0, 1.0
    return max(bins.low, bins.smallest), min(bins.high, bins.largest)


def _axis(variable: Variable) -> dict[str, Any]:
    low, high = _range(variable)
    margin = (high - low) * 0.03 or 1.0
    if variable.kind == "date":
        return {"range": [day_text(low - margin), day_text(high + margin)]}
    return {"range": [low - margin, high + margin], "tickformat": "~s" if high - low >= 1000 else None}


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
    facet, colour = by.get("facet"), by.get("colour")
    facets: list[str | None] = list(facet.choices[:MAX_FACETS]) if facet else [None]
    facets = [f for f in facets if any(g["facet"] == f for g in found.groups)] or [None]
    made = make_subplots(
        cols=len(facets),
        shared_yaxes=True,
        horizontal_spacing=0.03,
        subplot_titles=[plain(f"{facet.label}: {f}") for f in facets if f] if facet else None,
    )
    base = figure(scheme, 380)
    made.update_layout(
        template=base.layout.template, height=380, boxmode="overlay", margin={"l": 8, "r": 12, "t": 36, "b": 8}
    )
    series: list[str | None] = list(colour.choices[:MAX_COLOURS]) if colour else [None]
    series = [s for s in series if any(g["colour"] == s for g in found.groups)] or [None]
    present = {g["x"] for g in found.groups}
    names = [c for c in (*by["x"].choices, BLANK) if c in present]
    for column, value in enumerate(facets, 1):
        for place, name in enumerate(series):
            groups = [g for g in found.groups if g["facet"] == value and g["colour"] == name]
            if not groups:
                continue
            shade = _box_colour(colour, name, place, colours, scheme)
            slot = Slot(names, (place + 0.5) / len(series) - 0.5, 1 / len(series))
            if spread is not None:
                for group in spread.groups:
                    if group["facet"] == value and group["colour"] == name:
                        made.add_trace(_violin(group, number, slot, shade), col=column, row=1)
            made.add_trace(_box(groups, number, slot, name, shade, column == 1, spread is not None), col=column, row=1)
    made.update_xaxes(
        showgrid=False,
        range=[-0.5, len(names) - 0.5],
        tickmode="array",
        tickvals=list(range(len(names))),
        ticktext=[plain(n) for n in names],
    )
    made.update_yaxes(tickformat="~s" if number.kind != "date" and _range(number)[1] >= 1000 else None)
    if spread is not None:
        made.update_yaxes(range=_axis(number)["range"])
    if number.kind == "date":
        made.update_yaxes(type="date")
    made.update_yaxes(title_text=axis_title(number), col=1)
    made.update_layout(showlegend=colour is not None)
    made.update_annotations(font={"size": 12, "color": palette(scheme).secondary})
    return made


@dataclass(frozen=True)
class Slot:
    """Where a series stands beside others: the categories of the axis, its offset from their middle, and its width."""

    names: Sequence[str]
    offset: float
    width: float

    def at(self, name: str) -> float:
        """The place of a category on the axis."""
        return round(self.names.index(name) + self.offset * 2 * SHAPE_WIDTH, 3)


def _violin(group: Mapping[str, Any], number: Variable, slot: Slot, shade: str) -> go.Scatter:
    """The outline of a violin: each bin as wide as it is full, up to the last bin that holds anybody."""
    counts, bins = group["counts"], number.bins
    if bins is None or not any(counts):
        return go.Scatter(meta="shape")
    filled = [i for i, n in enumerate(counts) if n]
    first, last, most = filled[0], filled[-1], max(counts)
    half = [SHAPE_WIDTH * slot.width * n / most for n in counts[first : last + 1]]
    middles = [bins.low + (i + 0.5) * bins.width for i in range(first, last + 1)]
    ends = [bins.low + first * bins.width, *middles, bins.low + (last + 1) * bins.width]
    half = [half[0], *half, half[-1]]
    at = slot.at(group["x"])
    return go.Scatter(
        x=[round(at + h, 3) for h in half] + [round(at - h, 3) for h in reversed(half)],
        y=_values([*ends, *reversed(ends)], number),
        mode="lines",
        fill="toself",
        fillcolor=translucent(shade, 0.25),
        line={"color": shade, "width": 1, "shape": "linear"},
        hoverinfo="skip",
        showlegend=False,
        meta="shape",
    )


def _box_colour(
    colour: Variable | None, name: str | None, place: int, colours: Mapping[str, Mapping[str, int]], scheme: Scheme
) -> str:
    if colour is None or name is None:
        return palette(scheme).accent
    own = colours.get(colour.column)
    return segment_colour(own[name] if own else place, scheme)


def _box(
    groups: Sequence[Mapping[str, Any]],
    number: Variable,
    slot: Slot,
    name: str | None,
    shade: str,
    legend: bool,
    narrow: bool,
) -> go.Box:
    ranked = sorted(groups, key=lambda g: slot.names.index(g["x"]))
    rounded = {key: _values([g[source] for g in ranked], number) for key, source in BOX_PARTS.items()}
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


def crosstab(found: Crosstab, first: Variable, second: Variable, scheme: Scheme) -> go.Figure:
    """Two categories as shares within each value of the first; more than expected in accent, fewer in warm."""
    counts = np.array(found.counts, dtype=float)
    total = counts.sum()
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / max(total, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = np.where(expected > 0, counts / expected, 1.0)
    made = figure(scheme, max(260, 26 * len(found.rows) + 110))
    made.add_trace(
        go.Heatmap(
            z=np.clip(np.log2(np.clip(lift, 0.25, 4)), -2, 2).round(3).tolist(),
            x=[plain(c) for c in found.columns],
            y=[plain(r) for r in found.rows],
            text=[[short(v) for v in row] for row in counts.tolist()],
            texttemplate="%{text}",
            customdata=lift.round(2).tolist(),
            zmin=-2,
            zmax=2,
            colorscale=diverging(scheme),
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="%{y}, %{x}: %{text} customers, %{customdata} of expected<extra></extra>",
        )
    )
    made.update_xaxes(title_text=plain(second.label), showgrid=False)
    made.update_yaxes(title_text=plain(first.label), autorange="reversed", showgrid=False)
    return made
