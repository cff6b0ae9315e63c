"""Figures of the Segments tab: radar, ridges, composition."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from segscope.comparing import Composition, Density, Distribution, Group, Share, value_text
from segscope.exploring import Variable
from segscope.exploring.variables import Bins, day_text, round_width
from segscope.theme import Scheme, figure, palette, plain, segment_colour, template, translucent

FEWEST_SPOKES = 3
LONGEST_LABEL = 22
RADAR_HEIGHT = 400
ROW_HEIGHT, FEWEST_ROWS_HEIGHT = 50, 62


def group_colour(group: Group, scheme: Scheme) -> str:
    """A segment's colour; grey for everybody."""
    return palette(scheme).faint if group.colour is None else segment_colour(group.colour, scheme)


def clipped(text: str, longest: int = LONGEST_LABEL) -> str:
    """A text short enough for a label, safe for Plotly.

    >>> clipped("Share <bought> on deals", 10)
    'Share &lt;bo…'
    """
    return plain(text if len(text) <= longest else text[: longest - 1].rstrip() + "…")


def wrapped(text: str, width: int = 14) -> str:
    """A text over two lines at most, safe for Plotly.

    >>> wrapped("Share bought on deals")
    'Share bought<br>on deals'
    """
    words = clipped(text, 2 * width).split(" ")
    lines = [words[0]]
    for word in words[1:]:
        if len(lines) == 1 and len(lines[0]) + len(word) >= width:
            lines.append(word)
        else:
            lines[-1] += " " + word
    return "<br>".join(lines)


# ------------------------------------------------------------------------------------------------ standing


def radar(axes: Sequence[str], lines: Sequence[tuple[Group, Sequence[float]]], scheme: Scheme) -> go.Figure:
    """Mean percentiles (0 to 100) of groups on named axes; points on lines where fewer than three make no radar."""
    if len(axes) < FEWEST_SPOKES:
        return _standing_points(axes, lines, scheme)
    look = palette(scheme)
    made = figure(scheme, RADAR_HEIGHT, showlegend=False)
    spokes = unlike([wrapped(a) for a in axes])
    around = [*range(len(axes)), 0]
    full_names = [plain(a) for a in axes]
    for group, values in sorted(lines, key=lambda line: line[0].place is not None):
        colour = group_colour(group, scheme)
        made.add_trace(
            go.Scatterpolar(
                r=[None if math.isnan(values[i]) else round(values[i], 1) for i in around],
                theta=[spokes[i] for i in around],
                customdata=[full_names[i] for i in around],
                name=plain(group.name),
                mode="lines+markers" if group.place is not None else "lines",
                line={"color": colour, "width": 2 if group.place is not None else 1.5},
                marker={"size": 5, "color": colour},
                fill="toself",
                fillcolor=translucent(colour, 0.22 if group.place is None else 0.13 if len(lines) <= 3 else 0.06),
                hovertemplate="%{customdata}: percentile %{r:.0f}<extra>%{fullData.name}</extra>",
            )
        )
    second = 90 - 360 / len(axes)  # the numbers stand along the second spoke
    ring = {"range": [0, 100], "tickvals": [25, 50, 75], "angle": second, "tickangle": second, "ticks": ""}
    made.update_polars(
        radialaxis={
            **ring, "showline": False, "gridcolor": look.line, "layer": "below traces",
            "tickfont": {"size": 10, "color": look.faint},
        },
        angularaxis={
            "type": "category", "gridcolor": look.line, "linecolor": look.line, "direction": "clockwise",
            "rotation": 90, "tickfont": {"size": 12, "color": look.secondary}, "ticks": "",
        },
        gridshape="linear",
    )  # fmt: skip
    made.update_layout(margin={"l": 84, "r": 84, "t": 44, "b": 40})
    return made


def _standing_points(axes: Sequence[str], lines: Sequence[tuple[Group, Sequence[float]]], scheme: Scheme) -> go.Figure:
    made = figure(scheme, RADAR_HEIGHT // 2 + 40 * len(axes), showlegend=False)
    for group, values in lines:
        made.add_trace(
            go.Scatter(
                x=[None if math.isnan(v) else round(v, 1) for v in values],
                y=unlike([wrapped(a) for a in axes]),
                name=plain(group.name),
                mode="markers",
                marker={"size": 13, "color": group_colour(group, scheme)},
                hovertemplate="%{y}: percentile %{x:.0f}<extra>%{fullData.name}</extra>",
            )
        )
    made.update_xaxes(range=[-2, 102], title_text="Mean percentile among all customers", tickvals=[0, 25, 50, 75, 100])
    made.update_yaxes(autorange="reversed", showgrid=True)
    return made


# ------------------------------------------------------------------------------------------------ ridges


def ticks(variable: Variable, wanted: int = 4) -> tuple[list[float], list[str]]:
    """Places and texts of a few round ticks of a number, in original units.

    >>> from segscope.exploring.variables import Bins
    >>> ticks(Variable("a", "A", "number", bins=Bins(0, 5, 32, 0, 1679)))
    ([0.0, 50.0, 100.0, 150.0], ['0', '50', '100', '150'])
    """
    bins = variable.bins
    if bins is None:
        return [], []
    rough = 0.8 * (bins.high - bins.low) / wanted
    step = float(math.floor(round_width(max(1.0, rough)))) if variable.whole else round_width(rough)
    places = [i * step for i in range(math.ceil(bins.low / step - 1e-9), math.floor(bins.high / step + 1e-9) + 1)]
    return [round(p, 12) for p in places], [value_text(variable, p) for p in places]


def ridge_height(rows: int) -> int:
    """The height of a figure of ridges."""
    each = FEWEST_ROWS_HEIGHT if rows <= 2 else ROW_HEIGHT if rows <= 6 else 38
    return 46 + each * max(1, rows)


def ridges(found: Distribution, scheme: Scheme) -> go.Figure:
    """One row a group: its density over everybody's in grey, with the median. Every row has the same scale."""
    rows = found.groups or (found.everybody,)
    bins = found.variable.bins
    if bins is None:
        return figure(scheme, ridge_height(len(rows)))
    peak = 100 * max(max(r.shares, default=0.0) for r in (*rows, found.everybody)) or 1.0
    # Plain dictionaries, put together once: a page shows many of these figures.
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"annotations": [], "shapes": []}
    layout["xaxis"] = _original_units(found.variable, bins, len(rows))
    for place, row in enumerate(rows):
        axis = "y" if place == 0 else f"y{place + 1}"
        if row.group.place is not None:
            traces.append(_layer(found.everybody, found, bins, axis, scheme))
        traces.append(_layer(row, found, bins, axis, scheme))
        top = 1 - place / len(rows)
        layout[axis.replace("y", "yaxis")] = {
            "domain": [round(max(0.0, top - 0.98 / len(rows)), 4), round(top, 4)], "range": [0, _four(peak * 1.12)],
            "visible": False, "fixedrange": True, "anchor": "x",
        }  # fmt: skip
        layout["annotations"].append(_name(row, bins, axis, peak))
        if row.median is not None:
            layout["shapes"].append(_median_line(row, row.median, found.variable, bins, axis, peak, scheme))
            layout["annotations"].append(_median_label(row, row.median, found.variable, bins, axis, peak))
    layout |= {"showlegend": False, "barmode": "overlay", "hovermode": "closest", "height": ridge_height(len(rows))}
    layout |= {"margin": {"l": 4, "r": 4, "t": 4, "b": 4}, "template": _ridge_template(scheme)}
    return go.Figure({"data": traces, "layout": layout})


@lru_cache(maxsize=4)
def _ridge_template(scheme: Scheme) -> go.layout.Template:
    """The house's template with what all ridges share."""
    made = go.layout.Template(template(scheme).to_plotly_json())
    hover = "%{x}: %{y:.1f} %<extra>%{fullData.name}</extra>"
    line = {"shape": "spline", "smoothing": 0.8, "width": 1.6}
    made.data.scatter = [go.Scatter(mode="lines", fill="tozeroy", line=line, hovertemplate=hover)]
    made.data.bar = [go.Bar(hovertemplate=hover)]
    made.layout.annotationdefaults = {"showarrow": False, "font": {"size": 10.5, "color": palette(scheme).text}}
    made.layout.scene, made.layout.polar, made.layout.legend = None, None, None
    return made


def _original_units(variable: Variable, bins: Bins, rows: int) -> dict[str, Any]:
    title = variable.label if variable.unit in ("", "share") else f"{variable.label} ({variable.unit})"
    marks: dict[str, Any] = {"nticks": 4, "tickformat": "%b %Y"}
    if variable.kind == "number":
        places, texts = ticks(variable)
        marks = {"tickvals": places, "ticktext": texts}
    return {
        "range": [_on_axis(variable, v) for v in (bins.low, bins.high)], "showgrid": False, "fixedrange": True,
        "title": {"text": clipped(title, 48), "font": {"size": 11}, "standoff": 4},
        "anchor": "y" if rows == 1 else f"y{rows}", **marks,
    }  # fmt: skip


def _on_axis(variable: Variable, value: float) -> float | str:
    return day_text(value) if variable.kind == "date" else value


def _four(value: float) -> float:
    """Four figures are enough for a place in a picture."""
    return float(f"{value:.4g}")


def _layer(row: Density, found: Distribution, bins: Bins, axis: str, scheme: Scheme) -> dict[str, Any]:
    everybody = row.group.place is None
    middles = bins.low + bins.width * (np.arange(bins.count) + 0.5)
    colour = palette(scheme).everybody if everybody else group_colour(row.group, scheme)
    layer = {
        "x": [day_text(m) for m in middles] if found.variable.kind == "date" else compact(middles),
        "y": np.array(row.shares, dtype=np.float32) * 100,
        "yaxis": axis,
        "name": plain(row.group.name),
    }
    if found.discrete:
        width, opacity = (0.92, 1.0) if everybody else (0.62, 0.75)
        return {**layer, "type": "bar", "width": bins.width * width, "marker": {"color": translucent(colour, opacity)}}
    line = {"color": colour, "width": 0} if everybody else {"color": colour}
    return {**layer, "type": "scatter", "line": line, "fillcolor": translucent(colour, 0.75 if everybody else 0.5)}


def compact(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same numbers in the smallest type that the browser reads and that holds them.

    >>> compact(np.array([50.0, 150.0])).dtype, compact(np.array([0.25])).dtype
    (dtype('int16'), dtype('float32'))
    """
    whole = bool((values == values.round()).all()) and bool((np.abs(values) < 2**15).all())
    return values.astype(np.int16 if whole else np.float32)


def _along(median: float | None, bins: Bins) -> float:
    """Where a median lies on the axis, from 0 to 1."""
    return 0.0 if median is None else min(1.0, max(0.0, (median - bins.low) / (bins.high - bins.low)))


def _name(row: Density, bins: Bins, axis: str, peak: float) -> dict[str, Any]:
    """The name of the row, at the side where the median is not."""
    side, x = ("left", 0) if _along(row.median, bins) > 0.5 else ("right", 1)
    place = {"xref": "paper", "yref": axis, "x": x, "y": _four(peak * 1.1), "xanchor": side, "yanchor": "top"}
    return {"text": clipped(row.group.name, 26), **place}


def _median_line(
    row: Density, median: float, variable: Variable, bins: Bins, axis: str, peak: float, scheme: Scheme
) -> dict[str, Any]:
    colour = palette(scheme).secondary if row.group.place is None else group_colour(row.group, scheme)
    at = _on_axis(variable, min(max(median, bins.low), bins.high))
    ends = {"x0": at, "x1": at, "y0": 0, "y1": _four(peak * 0.86)}
    return {"type": "line", "xref": "x", "yref": axis, **ends, "line": {"color": colour, "width": 1.6}}


def _median_label(
    row: Density, median: float, variable: Variable, bins: Bins, axis: str, peak: float
) -> dict[str, Any]:
    at = _on_axis(variable, min(max(median, bins.low), bins.high))
    side, shift = ("right", -3) if _along(row.median, bins) >= 0.8 else ("left", 3)
    return {
        "text": f"<b>{value_text(variable, median)}</b>", "x": at, "y": _four(peak * 0.9), "xref": "x", "yref": axis,
        "xanchor": side, "xshift": shift, "yanchor": "middle",
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------ composition


def composition(found: Composition, scheme: Scheme) -> go.Figure:
    """Shares of values, or their lift: a grey bar for everybody, a point with its 95 % interval for each group."""
    look = palette(scheme)
    groups = [(i, g) for i, g in enumerate(found.groups) if g.place is not None]
    everyone = len(groups) < len(found.groups) or not groups
    block = max(34, (15 if len(groups) <= 5 else 11) * len(groups) + 12)
    made = figure(scheme, 44 + block * len(found.values), showlegend=False, hovermode="closest")
    made.update_layout(barmode="overlay", scattermode="group", scattergap=0.2)
    names = unlike([clipped(v, 24) for v in found.values])
    if everyone:
        made.add_trace(
            go.Bar(
                x=[_shown(row[-1].share, found) for row in found.shares], y=names, orientation="h", name="Everyone",
                width=0.8,
                alignmentgroup="everybody",
                marker={"color": look.everybody, "cornerradius": 3}, customdata=[plain(v) for v in found.values],
                hovertemplate=f"%{{customdata}}: %{{x:.1f}}{_unit(found)}<extra>Everyone</extra>",
            )
        )  # fmt: skip
    for column, group in groups:
        made.add_trace(_points(found, column, group, names, scheme))
    most = max((s.high for row in found.shares for s in row if not math.isnan(s.high)), default=1.0)
    reach = most * 1.06 if found.lift else min(104.0, 100 * most * 1.06 + 1)
    title = "Times everyone's share" if found.lift else "Share of the segment"
    made.update_xaxes(range=[0, reach], ticksuffix=_unit(found), title_text=title, nticks=6)
    made.update_yaxes(
        type="category", categoryorder="array", categoryarray=names, range=[len(names) - 0.5, -0.5], showgrid=False,
        tickfont={"size": 12, "color": look.secondary}, ticklabelstandoff=8,
    )  # fmt: skip
    return made


def _points(found: Composition, column: int, group: Group, names: Sequence[str], scheme: Scheme) -> go.Scatter:
    mine = [row[column] for row in found.shares]
    colour = group_colour(group, scheme)
    return go.Scatter(
        x=[_shown(s.share, found) for s in mine],
        y=list(names),
        orientation="h",
        alignmentgroup="segments",
        offsetgroup=str(column),
        name=plain(group.name),
        mode="markers",
        cliponaxis=False,
        marker={"size": 9, "color": colour, "line": {"color": palette(scheme).card, "width": 1}},
        error_x={
            "type": "data", "symmetric": False, "array": [_reach(s.share, s.high, found) for s in mine],
            "arrayminus": [_reach(s.low, s.share, found) for s in mine], "color": colour, "thickness": 1.6, "width": 0,
        },
        customdata=[[plain(v), _interval(s, found)] for v, s in zip(found.values, mine, strict=True)],
        hovertemplate="%{customdata[0]}: %{x:.1f}" + _unit(found) + ", %{customdata[1]}<extra>%{fullData.name}</extra>",
    )  # fmt: skip


def unlike(names: Sequence[str]) -> list[str]:
    """Names made different from each other where they are the same.

    >>> unlike(["a", "b", "a"])
    ['a', 'b', 'a (2)']
    """
    return [n if n not in names[:i] else f"{n} ({list(names[: i + 1]).count(n)})" for i, n in enumerate(names)]


def _scale(found: Composition) -> float:
    return 1.0 if found.lift else 100.0


def _unit(found: Composition) -> str:
    return "x" if found.lift else " %"


def _shown(share: float, found: Composition) -> float | None:
    return None if math.isnan(share) else round(_scale(found) * share, 2)


def _reach(low: float, high: float, found: Composition) -> float:
    return 0.0 if math.isnan(low) or math.isnan(high) else round(_scale(found) * (high - low), 2)


def _interval(share: Share, found: Composition) -> str:
    if share.of == 0:
        return "nobody known"
    return f"95 % interval {_scale(found) * share.low:.1f} to {_scale(found) * share.high:.1f}"
