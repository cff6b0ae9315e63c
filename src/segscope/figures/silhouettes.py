"""The silhouette plot: how well the customers of each segment fit into it, drawn from their quantiles."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from segscope.clustering import SegmentSilhouette
from segscope.clustering.points import EXACT_CUSTOMERS
from segscope.figures.labels import spaced
from segscope.figures.positions import short_name
from segscope.segmentation import Segment
from segscope.study import Fit
from segscope.theme import Scheme, figure, palette, plain, segment_colour, translucent
from segscope.wording import counted, listed, percent

BETWEEN = 0.012  # of all customers, between two bands
LABEL_HEIGHT = 18.0  # pixels
MISPLACED = 0.02  # share of a segment nearer to another one from which it is said


def height(segments: int) -> int:
    """Of the plot, in pixels.

    >>> height(2), height(12)
    (270, 520)
    """
    return 220 + 25 * segments


def silhouette_plot(found: Sequence[SegmentSilhouette], segments: Sequence[Segment], scheme: Scheme) -> go.Figure:
    """One band a segment, as wide as it has customers: the silhouettes of its customers, from the best down.

    Parameters
    ----------
    found : one a segment, in the order of ``segments``
    """
    look = palette(scheme)
    total = sum(s.size for s in segments)
    starts, end = [], 0.0
    for segment in segments:
        starts.append(end)
        end += segment.size + BETWEEN * total
    middles = [start + s.size / 2 for start, s in zip(starts, segments, strict=True)]
    places = spaced(middles, LABEL_HEIGHT / (height(len(segments)) - 70) * end, end)
    traces, names = [], []
    for silhouette, segment, start, at in zip(found, segments, starts, places, strict=True):
        traces.append(_band(silhouette, segment, start, scheme))
        names.append(_name(segment, silhouette, at, scheme))
    low = min(-0.05, *(min(s.quantiles) for s in found))
    mean = sum(f.mean * s.size for f, s in zip(found, segments, strict=True)) / total
    line = {"type": "line", "x0": mean, "x1": mean, "yref": "paper", "y0": 0, "y1": 1}
    made = figure(
        scheme,
        height(len(segments)),
        margin={"l": 8, "r": 12, "t": 20, "b": 8},
        showlegend=False,
        hovermode="closest",
        annotations=[*names, _mean_note(mean, scheme)],
        shapes=[{**line, "line": {"color": look.secondary, "width": 1, "dash": "dash"}}],
        xaxis={"title": {"text": "silhouette (squared Euclidean)"}, "range": [low - 0.02, 1.0], "nticks": 8},
        yaxis={"visible": False, "range": [end, -BETWEEN * total], "title": {"text": "customers"}},
    )
    return made.add_traces(traces)


def _band(found: SegmentSilhouette, segment: Segment, start: float, scheme: Scheme) -> dict[str, Any]:
    colour, name = segment_colour(segment.colour, scheme), plain(short_name(segment.name))
    steps = len(found.quantiles) - 1
    said = f"<b>{name}</b><br>mean {found.mean:.2f}; {percent(found.below_zero)} nearer to another segment"
    return {
        "type": "scatter", "mode": "lines", "name": name, "fill": "tozerox",
        "x": [round(q, 3) for q in reversed(found.quantiles)],
        "y": [round(start + i * segment.size / steps, 1) for i in range(steps + 1)],
        "line": {"color": colour, "width": 1}, "fillcolor": translucent(colour, 0.75),
        "hovertemplate": f"{said}<extra></extra>",
    }  # fmt: skip


def _name(segment: Segment, found: SegmentSilhouette, at: float, scheme: Scheme) -> dict[str, Any]:
    look = palette(scheme)
    return {
        "xref": "paper", "x": 1, "xanchor": "right", "y": at, "yanchor": "middle", "showarrow": False,
        "text": f"<b>{plain(short_name(segment.name))}</b> {found.mean:.2f}",
        "font": {"color": look.text, "size": 12}, "bgcolor": translucent(look.card, 0.7), "borderpad": 2,
    }  # fmt: skip


def _mean_note(mean: float, scheme: Scheme) -> dict[str, Any]:
    return {
        "x": mean, "yref": "paper", "y": 1, "yanchor": "bottom", "showarrow": False, "text": f"mean {mean:.2f}",
        "font": {"color": palette(scheme).secondary, "size": 11},
    }  # fmt: skip


def silhouettes_title(fit: Fit) -> str:
    """Which segment's customers fit best, and of which some are nearer to another."""
    found = fit.silhouettes
    best = max(range(len(found)), key=lambda g: found[g].mean)
    name = short_name(fit.segments[best].name)
    start = f"{name} {'sit' if name.endswith('s') else 'sits'} best ({found[best].mean:.2f})"
    worst = max(range(len(found)), key=lambda g: found[g].below_zero)
    if found[worst].below_zero < MISPLACED:
        return f"{start}; hardly anybody is nearer to another segment"
    share = percent(found[worst].below_zero)
    return f"{start}; {share} of {short_name(fit.segments[worst].name)} are nearer to another segment"


def silhouettes_note(fit: Fit) -> str:
    """What the silhouette is, and on whom it was computed."""
    return (
        "From 1 (far from all others) over 0 (on the border) to -1 (among another segment's customers). Each band is a "
        f"segment, as wide as it has customers, from its best placed down. By squared Euclidean distance, on {_on(fit)}"
    )


def _on(fit: Fit) -> str:
    made, points = fit.evidence.customers, fit.evidence.sample
    who = counted(made, "customer") + (" who made the segments" if fit.recipe.set_aside else "")
    return f"all {who}" if made <= EXACT_CUSTOMERS else f"a weighted sample of {points:,} that stand for {who}"


def below_words(fit: Fit) -> str:
    """Of which segments a noticeable part is nearer to another segment."""
    said = [
        f"{percent(f.below_zero)} of {s.name}"
        for f, s in sorted(zip(fit.silhouettes, fit.segments, strict=True), key=lambda pair: -pair[0].below_zero)
        if f.below_zero >= MISPLACED
    ]
    return f"Nearer to another segment: {listed(said)}." if said else ""
