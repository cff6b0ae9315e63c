"""The usual RFM groups of a log's customers, beside the segments: a segmentation that is ready made."""

from typing import Any

from dash import html

from segscope.engine import rows
from segscope.segmentation import SEGMENT
from segscope.study import LiveStudy
from segscope.transactions.names import names_of
from segscope.transactions.rfm import GroupCount, group_counts
from segscope.web import parts
from segscope.web.attributes import data
from segscope.wording import percent, short

HOW = (
    "Every customer has a score from 1 to 5 for recency (5: bought most recently) and for frequency (5: bought most "
    "often), by fifths of all customers; equal values have equal scores. The two scores make the usual ten groups, by "
    "rule; the segments are found in the data."
)


def card(live: LiveStudy) -> html.Section | None:
    """The groups with customers, spend, and the segment that most of each are in; None where there is no log."""
    if live.recipe.log is None:
        return None
    names = names_of(live.recipe.log)
    counts = live.once(
        "rfm groups",
        lambda: group_counts(live.engine, live.customers, names.rfm_group, names.total_spend),
    )
    inside = live.once("rfm groups in segments", lambda: _segments(live, names.rfm_group))
    shown = [c for c in counts if c.customers]
    top = max(shown, key=lambda c: c.spend_share or 0.0, default=None)
    title = "The usual RFM groups, beside the segments"
    if top is not None and top.spend_share is not None:
        shares = f"{percent(top.share)} of customers and {percent(top.spend_share)} of spend"
        title = f"RFM groups: {top.group.name} are {shares}"
    head = ["Group", "Customers", "", "Share of spend", "", "Who they are", "Mostly in"]
    lines = [_line(c, inside.get(c.group.name), live) for c in shown]
    return parts.card(
        [title, parts.info(HOW)],
        parts.plain_table(head, lines, "rfm-table", "RFM groups"),
        subtitle="By recency and frequency of purchases, in fifths",
        class_name="rfm",
        **data(name="RFM groups"),
    )


def _segments(live: LiveStudy, group: str) -> dict[str, tuple[int, float]]:
    """The place of the segment that most customers of each group are in, and the share that are."""
    by = live.customers.group_by([group, SEGMENT]).agg(n=live.customers.count())
    found: dict[str, dict[int, int]] = {}
    for row in rows(live.engine, by):
        found.setdefault(row[group], {})[row[SEGMENT]] = row["n"]
    most = {}
    for name, counts in found.items():
        segment = min(counts, key=lambda s: (-counts[s], s))
        most[name] = (segment, counts[segment] / sum(counts.values()))
    return most


def _line(count: GroupCount, most: tuple[int, float] | None, live: LiveStudy) -> list[Any]:
    spend = count.spend_share or 0.0
    group = count.group
    mostly: list[Any] = []
    if most:
        segment = live.fit.segments[most[0]]
        mostly = [
            parts.swatch(segment.colour),
            f" {segment.name} ",
            html.Span(percent(most[1]), className="muted small"),
        ]
    return [
        html.Strong(group.name),
        html.Span([short(count.customers), html.Small(percent(count.share), className="muted")], className="two"),
        parts.bar(count.share, "var(--faint)"),
        percent(spend) if count.spend_share is not None else "–",
        parts.bar(spend, "var(--accent)"),
        html.Div([html.Div(group.description), html.Div(group.action, className="muted small")]),
        html.Span(mostly),
    ]
