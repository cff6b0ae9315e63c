"""Charts of the page: the dashboard's own figures in its light scheme, each with a name and its numbers as a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import plotly.graph_objects as go

from segscope.comparing import EVERYBODY, Group, medians_in_words, standing_in_words, value_text
from segscope.figures import clustering as criteria
from segscope.figures.insights import amount_text, family_bars
from segscope.figures.segments import radar, ridges
from segscope.report.contents import Contents, SegmentFacts
from segscope.theme import Scheme
from segscope.wording import full

SCHEME: Scheme = "light"
WCSS_HEIGHT, CRITERION_HEIGHT, RADAR_HEIGHT, FAMILY_HEIGHT = 190, 108, 300, 190
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Chart:
    """A figure, its place on the page, its name for those who cannot see it, and its numbers.

    Attributes
    ----------
    title : what it shows, in words
    head, rows : its numbers as a table; none where a table beside it has them
    """

    id: str
    title: str
    name: str
    figure: go.Figure
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.figure.layout.height)


def evidence_charts(contents: Contents) -> list[Chart]:
    """WCSS, then the other criteria, over the number of segments; their numbers are in :func:`evidence_table`."""
    fit, k = contents.fit, contents.fit.found
    rows = criteria.rows_of(fit)
    title = f"Spread within segments (WCSS): {criteria.elbow_words(fit)}"
    figure = criteria.wcss_by_k(rows, k, fit.evidence.elbow, SCHEME).update_layout(height=WCSS_HEIGHT)
    charts = [Chart("evidence-wcss", title, "Spread within segments by number of segments", figure)]
    for measure in criteria.MEASURES:
        title = f"{measure.title}: {criteria.finding(rows, measure, k)}"
        figure = criteria.criterion_by_k(rows, k, measure, SCHEME).update_layout(height=CRITERION_HEIGHT)
        charts.append(Chart(f"evidence-{measure.key}", title, f"{measure.title} by number of segments", figure))
    return charts


def evidence_table(contents: Contents) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Head and rows of the criteria for each number of segments."""
    fit = contents.fit
    found = criteria.rows_of(fit)
    head = ("k", "WCSS", *(m.title for m in criteria.MEASURES))
    rows = tuple((str(c.k), full(c.wcss), *(_or_dash(m.value(c), m) for m in criteria.MEASURES)) for c in found)
    return head, rows


def _or_dash(value: float | None, measure: criteria.Measure) -> str:
    return "–" if value is None else measure.written(value)


def standing_chart(contents: Contents, segment: SegmentFacts) -> Chart:
    """Where a segment stands among all customers, everybody in grey."""
    axes = [v.label for v in contents.axes]
    figure = radar(axes, [(segment.group, segment.standing), _everybody(axes)], SCHEME)
    figure.update_layout(height=RADAR_HEIGHT, margin={"l": 80, "r": 80, "t": 30, "b": 26})
    figure.update_polars(angularaxis_tickfont_size=10.5)
    rows = tuple((a, UNKNOWN if math.isnan(v) else f"{v:.0f}") for a, v in zip(axes, segment.standing, strict=True))
    return Chart(
        f"standing-{segment.segment.id}",
        standing_in_words(axes, [(segment.group, segment.standing)]),
        f"Mean percentile of {segment.segment.name} among all customers",
        figure,
        ("Variable", "Mean percentile"),
        rows,
    )


def _everybody(axes: Sequence[str]) -> tuple[Group, list[float]]:
    return EVERYBODY, [50.0] * len(axes)


def family_charts(contents: Contents, segment: SegmentFacts) -> list[Chart]:
    """Each family of columns as the segment's index: its mean where everybody's is 100."""
    charts = []
    for i, view in enumerate(contents.families):
        own = replace(view, segments=(view.segments[segment.place],))
        figure = family_bars(own, [segment.segment], SCHEME).update_layout(height=FAMILY_HEIGHT)
        figure.update_yaxes(title=None, nticks=4)
        rows = tuple(
            (m.label, amount_text(view, v) or UNKNOWN) for m, v in zip(view.members, own.segments[0], strict=True)
        )
        name = f"{view.family.label}: index of {segment.segment.name}, everybody is 100"
        chart_id = f"family-{i}-{segment.segment.id}"
        charts.append(Chart(chart_id, view.family.label, name, figure, ("Column", "Index"), rows))
    return charts


def distribution_charts(contents: Contents) -> list[Chart]:
    """How each feature is spread within each segment, everybody in grey behind."""
    charts = []
    for i, found in enumerate(contents.distributions):
        rows = tuple((d.group.name, value_text(found.variable, d.median), f"{d.known:,}") for d in found.groups)
        name = f"{found.variable.label} by segment"
        head = ("Segment", "Median", "Customers known")
        charts.append(Chart(f"spread-{i}", medians_in_words(found), name, ridges(found, SCHEME), head, rows))
    return charts
