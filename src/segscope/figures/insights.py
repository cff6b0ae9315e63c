"""Figures of the Insights tab: a family of columns by segment, everybody in grey behind."""

from collections.abc import Sequence

import plotly.graph_objects as go

from segscope.insights import FamilyView
from segscope.segmentation import Segment
from segscope.theme import Scheme, figure, palette, plain, segment_colour
from segscope.wording import percent, short

HEIGHT = 300
GROUP_WIDTH = 0.84
LABELS_UP_TO = 30
LONGEST_LABEL = 22
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
