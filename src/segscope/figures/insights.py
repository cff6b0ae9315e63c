"""Figures of the Insights tab: a family of columns by segment as bars or as a heat map, and what a finding is about."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from segscope.insights import FamilyView, Finding
from segscope.segmentation import Segment
from segscope.theme import Scheme, diverging, figure, palette, plain, segment_colour
from segscope.wording import full, percent, short

HEIGHT = 300
GROUP_WIDTH = 0.84
LABELS_UP_TO = 30
LONGEST_LABEL = 22
ROW_HEIGHT = 46  # pixels a segment in the heat map, and in the chart of a finding
STRONGEST_RATIO = 3.0  # against everybody, at which the colour of the heat map is strongest
PALEST = 1.7  # how far the scale goes beyond that: text stays readable on every colour
GAP = " "  # the empty group that sets overlapping members apart


def family_bars(view: FamilyView, segments: Sequence[Segment], scheme: Scheme) -> go.Figure:
    """A group of bars a member, a bar a segment; members that overlap the others stand apart, hatched."""
    look = palette(scheme)
    labels = member_labels(view)
    shares = view.mode == "share" or (view.mode == "amount" and view.of_customers)
    made = figure(scheme, HEIGHT, barmode="group", bargap=1 - GROUP_WIDTH, bargroupgap=0.06, showlegend=False)
    if view.mode == "index":
        made.add_hline(y=100, line={"color": look.faint, "width": 1, "dash": "dot"}, layer="above")
    else:
        everybody = go.Bar(
            x=labels,
            y=view.everybody,
            name="Everybody",
            width=0.96,
            offset=-0.48,
            marker={"color": look.everybody, "opacity": 0.55},
            hovertemplate=_hover(view, "Everybody", view.everybody),
        )
        made.add_trace(everybody)
    written = len(labels) * len(segments) <= LABELS_UP_TO
    for segment, values in zip(segments, view.segments, strict=True):
        made.add_trace(_bars(view, labels, segment, values, scheme, written))
    made.update_xaxes(type="category", categoryorder="array", categoryarray=_order(view, labels))
    made.update_xaxes(tickfont={"size": 12, "color": look.secondary}, autotickangles=[0, 35, 90])
    made.update_yaxes(title=axis_title(view), rangemode="tozero", tickformat=".0%" if shares else "~s", nticks=6)
    made.update_layout(uniformtext={"minsize": 9, "mode": "hide"}, margin={"l": 8, "r": 4, "t": 16, "b": 8})
    return made


def _bars(
    view: FamilyView,
    labels: Sequence[str],
    segment: Segment,
    values: Sequence[float | None],
    scheme: Scheme,
    written: bool,
) -> go.Bar:
    colour = segment_colour(segment.colour, scheme)
    hatched = ["/" if m.overlaps else "" for m in view.members]
    return go.Bar(
        x=labels,
        y=values,
        name=plain(segment.name),
        marker={
            "color": colour,
            "cornerradius": 3,
            "pattern": {
                "shape": hatched,
                "fillmode": "overlay",
                "fgcolor": palette(scheme).card,
                "size": 5,
                "solidity": 0.25,
            },
        },
        text=[amount_text(view, v) for v in values] if written else None,
        textposition="outside",
        textangle=0,
        textfont={"size": 10, "color": palette(scheme).secondary},
        cliponaxis=False,
        hovertemplate=_hover(view, segment.name, values),
    )


def _hover(view: FamilyView, name: str, values: Sequence[float | None]) -> list[str]:
    return [
        f"<b>{plain(name)}</b><br>{plain(m.label)}: {amount_text(view, v) or 'unknown'}<extra></extra>"
        for m, v in zip(view.members, values, strict=True)
    ]


def amount_text(view: FamilyView, value: float | None) -> str:
    """A value of the view as it is written on a bar."""
    if value is None:
        return ""
    if view.mode == "share" or (view.mode == "amount" and view.of_customers):
        return percent(value)
    return f"{value:.0f}" if view.mode == "index" else short(value)


def member_labels(view: FamilyView) -> list[str]:
    """Labels of the members for the axis: safe, short, broken at a space, each different."""
    labels: list[str] = []
    for member in view.members:
        text = member.label if len(member.label) <= LONGEST_LABEL else member.label[: LONGEST_LABEL - 1].rstrip() + "…"
        label = plain(text) + ("<br>(among these)" if member.overlaps else "")
        labels.append(label if label not in labels else f"{label} {len(labels) + 1}")
    return labels


def _order(view: FamilyView, labels: Sequence[str]) -> list[str]:
    parts = [label for label, m in zip(labels, view.members, strict=True) if not m.overlaps]
    rest = [label for label, m in zip(labels, view.members, strict=True) if m.overlaps]
    return [*parts, GAP, *rest] if rest and parts else [*parts, *rest]


def axis_title(view: FamilyView) -> str:
    """What the vertical axis measures."""
    if view.mode == "index":
        return "index, everybody is 100"
    if view.mode == "share":
        whole = {"spend": "spend", "purchases": "purchases", "responses": "acceptances"}.get(view.family.kind, "sum")
        return f"share of the segment's {whole}"
    if view.of_customers:
        return "share of customers"
    what = {"spend": "spend", "purchases": "purchases"}.get(view.family.kind, "mean")
    return plain(f"{what} a customer{f', {view.family.unit}' if view.family.unit else ''}")


def family_heat(view: FamilyView, segments: Sequence[Segment], scheme: Scheme) -> go.Figure:
    """A row a segment, a column a member: the value as text, its ratio to everybody's as colour."""
    look = palette(scheme)
    labels = member_labels(view)
    names = _names(segments)
    made = figure(scheme, max(HEIGHT, ROW_HEIGHT * (len(segments) + 2)))
    rows = [[_against(v, e) for v, e in zip(row, view.everybody, strict=True)] for row in view.segments]
    texts = [[amount_text(view, v) for v in row] for row in view.segments]
    hover = [
        [
            f"<b>{plain(segment.name)}</b><br>{plain(m.label)}: {amount_text(view, v) or 'unknown'}"
            f"<br>everybody: {amount_text(view, e) or 'unknown'}<extra></extra>"
            for m, v, e in zip(view.members, row, view.everybody, strict=True)
        ]
        for segment, row in zip(segments, view.segments, strict=True)
    ]
    grid = {"x": labels, "y": names, "showscale": False, "xgap": 2, "ygap": 2}
    colours = go.Heatmap(
        z=rows, zmin=-PALEST, zmax=PALEST, zmid=0, colorscale=diverging(scheme), text=texts, texttemplate="%{text}",
        textfont={"size": 11, "color": look.text}, hovertemplate=hover, meta="shape", **grid,
    )  # fmt: skip
    # What the page's table of numbers reads: the values, where the colours stand for ratios.
    values = go.Heatmap(z=[list(row) for row in view.segments], opacity=0, hoverinfo="skip", **grid)
    made.add_traces([colours, values])
    made.update_xaxes(type="category", side="top", showgrid=False, tickfont={"size": 12, "color": look.secondary})
    made.update_yaxes(type="category", autorange="reversed", showgrid=False)
    made.update_yaxes(tickfont={"size": 12, "color": look.secondary})
    made.update_layout(margin={"l": 8, "r": 4, "t": 8, "b": 8})
    return made


def _against(mine: float | None, everybody: float | None) -> float | None:
    """A ratio on a logarithmic scale from -1 to 1; None where there is none."""
    if mine is None or not everybody:
        return None
    reach = math.log(STRONGEST_RATIO)
    return max(-1.0, min(1.0, math.log(mine / everybody) / reach)) if mine > 0 else -1.0


def finding_bars(finding: Finding, segments: Sequence[Segment], scheme: Scheme) -> go.Figure:
    """What a finding measures, in every segment, with the 95 % interval; everybody as a dashed line."""
    look = palette(scheme)
    names = _names(segments)
    made = figure(scheme, finding_height(len(segments)), showlegend=False, bargap=0.42)
    for place, (segment, name) in enumerate(zip(segments, names, strict=True)):
        value, reach = finding.by_segment[place], finding.intervals[place]
        if value is None or reach is None:
            continue
        low, high = reach
        written = (
            f"{finding_amount(finding, value)} ({finding_amount(finding, low)} to {finding_amount(finding, high)})"
        )
        made.add_bar(
            x=[value],
            y=[name],
            name=plain(segment.name),
            orientation="h",
            marker={
                "color": segment_colour(segment.colour, scheme),
                "opacity": 1.0 if place == finding.segment else 0.5,
                "cornerradius": 3,
            },
            error_x={"array": [high - value], "arrayminus": [value - low], "color": look.text, "thickness": 1.5},
            hovertemplate=f"<b>{plain(segment.name)}</b><br>{written}<extra></extra>",
        )
    made.add_vline(
        x=finding.everybody,
        line={"color": look.faint, "width": 1.5, "dash": "dash"},
        annotation={
            "text": f"everybody {finding_amount(finding, finding.everybody)}",
            "font": {"size": 11, "color": look.secondary},
            "yanchor": "bottom",
        },
        annotation_position="top",
    )
    rates = finding.candidate.quantity != "mean"
    unit = f", {finding.candidate.unit}" if finding.candidate.unit else ""
    title = "share" if rates else plain(f"mean {finding.candidate.label}{unit}")
    made.update_xaxes(title=title, tickformat=".0%" if rates else "~s", nticks=6, rangemode="tozero")
    made.update_yaxes(type="category", categoryorder="array", categoryarray=names[::-1], showgrid=False)
    labels = [_with_value(finding, name, value) for name, value in zip(names, finding.by_segment, strict=True)]
    made.update_yaxes(tickvals=names, ticktext=labels, tickfont={"size": 12, "color": look.secondary})
    made.update_layout(margin={"l": 8, "r": 16, "t": 26, "b": 8})
    return made


def _with_value(finding: Finding, name: str, value: float | None) -> str:
    return f"{name}<br><b>{'too few' if value is None else finding_amount(finding, value)}</b>"


def finding_height(segments: int) -> int:
    """The height in pixels of the chart of a finding."""
    return 90 + ROW_HEIGHT * segments


def finding_amount(finding: Finding, value: float) -> str:
    """A value of what a finding measures, in full."""
    if finding.candidate.quantity != "mean":
        return percent(value)
    return full(value, 2) if abs(value) < 10 else full(value) if abs(value) < 100 else full(round(value))


def _names(segments: Sequence[Segment]) -> list[str]:
    """Names of segments for an axis: safe, short, each different."""
    names: list[str] = []
    for segment in segments:
        cut = segment.name if len(segment.name) <= LONGEST_LABEL else segment.name[: LONGEST_LABEL - 1].rstrip() + "…"
        names.append(plain(cut) if plain(cut) not in names else f"{plain(cut)} {len(names) + 1}")
    return names
