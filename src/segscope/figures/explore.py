"""Figures of the Explore tab: associations, pair plot, boxes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from segscope.exploring import Associations, Boxes, Cloud, Crosstab, Variable
from segscope.exploring.variables import day_text
from segscope.theme import Scheme, diverging, figure, palette, plain, segment_colour, translucent
from segscope.wording import short

WRITTEN_FROM = 0.3  # weaker associations are coloured, not written: Cohen's (1988) medium correlation
MAX_FACETS = 4
LETTERS = {"Spearman": "ρ", "Cramér's V": "V", "correlation ratio": "η"}
MAX_COLOURS = 10
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
    everybody: Cloud,
    axes: Mapping[str, Variable],
    colours: Mapping[str, int] | None,
    scheme: Scheme,
) -> go.Figure:
    """Two measures as points; colour and size by any variable; everybody in grey behind."""
    look = palette(scheme)
    made = figure(scheme, 440, margin={"l": 8, "r": 12, "t": 30, "b": 8})
    x, y = axes["x"], axes["y"]
    made.add_trace(_points(everybody, x, y, look.everybody, 4, "Everybody", hover=False))
    colour = axes.get("colour")
    sizes = _sizes(chosen, axes.get("size"))
    if colour is None:
        made.add_trace(_points(chosen, x, y, translucent(look.accent, 0.62), sizes, "Selection"))
    elif colour.kind == "category":
        for place, value in enumerate(colour.choices[:MAX_COLOURS]):
            chosen_rows = [i for i, v in enumerate(chosen.columns["colour"]) if v == value]
            if chosen_rows:
                shade = segment_colour(colours[value] if colours else place, scheme)
                part = Cloud(
                    {k: [v[i] for i in chosen_rows] for k, v in chosen.columns.items()}, len(chosen_rows), chosen.of
                )
                part_sizes = [sizes[i] for i in chosen_rows] if isinstance(sizes, list) else sizes
                made.add_trace(_points(part, x, y, translucent(shade, 0.7), part_sizes, plain(value)))
    else:
        trace = _points(chosen, x, y, look.accent, sizes, "Selection")
        bar = {"thickness": 8, "outlinewidth": 0, "title": {"text": axis_title(colour), "side": "right"}, "len": 0.8}
        scale = [[0, look.everybody], [1, look.accent]]
        low, high = _range(colour)
        trace.marker.update(
            color=chosen.columns["colour"], colorscale=scale, cmin=low, cmax=high, colorbar=bar, opacity=0.75
        )
        made.add_trace(trace)
    for update, variable in ((made.update_xaxes, x), (made.update_yaxes, y)):
        update(title_text=axis_title(variable), **_axis(variable))
    made.update_layout(showlegend=colour is not None and colour.kind == "category", hovermode="closest")
    return made


def _points(
    cloud: Cloud, x: Variable, y: Variable, colour: str, size: Any, name: str, hover: bool = True
) -> go.Scatter:
    template = f"{axis_title(x)} %{{x}}<br>{axis_title(y)} %{{y}}<extra>{name}</extra>"
    return go.Scatter(
        x=_values(cloud.columns["x"], x),
        y=_values(cloud.columns["y"], y),
        mode="markers",
        name=name,
        marker={"color": colour, "size": size, "line": {"width": 0}},
        hovertemplate=template if hover else None,
        hoverinfo=None if hover else "skip",
        showlegend=name != "Everybody",
    )


def _values(values: Sequence[Any], variable: Variable) -> list[Any]:
    if variable.kind == "date":
        return [day_text(v) for v in values]
    return [None if v is None else float(f"{v:.5g}") for v in values]


def _sizes(cloud: Cloud, size: Variable | None) -> list[float] | float:
    if size is None:
        return 5.5
    low, high = _range(size)
    spread = (high - low) or 1.0
    # Area, not radius, stands for the amount.
    return [round(3 + 13 * max(0.0, min(1.0, ((v or low) - low) / spread)) ** 0.5, 1) for v in cloud.columns["size"]]


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


def beyond(cloud: Cloud, x: Variable, y: Variable) -> int:
    """How many drawn customers lie outside the axes, which end where the tail begins."""
    (x_low, x_high), (y_low, y_high) = _range(x), _range(y)
    pairs = zip(cloud.columns["x"], cloud.columns["y"], strict=True)
    return sum(not (x_low <= a <= x_high and y_low <= b <= y_high) for a, b in pairs)


def boxes(
    found: Boxes, number: Variable, by: Mapping[str, Variable], colours: Mapping[str, Mapping[str, int]], scheme: Scheme
) -> go.Figure:
    """Quartile boxes of a number by category, colour and facet, from quantiles of all rows."""
    facet = by.get("facet")
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
        template=base.layout.template, height=380, boxmode="group", margin={"l": 8, "r": 12, "t": 36, "b": 8}
    )
    colour = by.get("colour")
    series: list[str | None] = list(colour.choices[:MAX_COLOURS]) if colour else [None]
    for column, value in enumerate(facets, 1):
        for place, name in enumerate(series):
            groups = [g for g in found.groups if g["facet"] == value and g["colour"] == name]
            if groups:
                shade = _box_colour(colour, name, place, colours, scheme)
                made.add_trace(_box(groups, by["x"], name, shade, column == 1), col=column, row=1)
    made.update_xaxes(showgrid=False, categoryorder="array", categoryarray=[plain(c) for c in by["x"].choices])
    made.update_yaxes(tickformat="~s" if _range(number)[1] >= 1000 else None)
    made.update_yaxes(title_text=axis_title(number), col=1)
    made.update_layout(showlegend=colour is not None)
    made.update_annotations(font={"size": 12, "color": palette(scheme).secondary})
    return made


def _box_colour(
    colour: Variable | None, name: str | None, place: int, colours: Mapping[str, Mapping[str, int]], scheme: Scheme
) -> str:
    if colour is None or name is None:
        return palette(scheme).accent
    own = colours.get(colour.column)
    return segment_colour(own[name] if own else place, scheme)


def _box(groups: Sequence[Mapping[str, Any]], x: Variable, name: str | None, shade: str, legend: bool) -> go.Box:
    order = {c: i for i, c in enumerate(x.choices)}
    ranked = sorted(groups, key=lambda g: order.get(g["x"], len(order)))
    rounded = {key: [float(f"{g[source]:.5g}") for g in ranked] for key, source in BOX_PARTS.items()}
    return go.Box(
        x=[plain(g["x"]) for g in ranked],
        **rounded,
        name=plain(name or "all"),
        legendgroup=name,
        showlegend=legend,
        marker={"color": shade},
        line={"width": 1.4},
        fillcolor=translucent(shade, 0.22),
        hoverinfo="x+y",
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
