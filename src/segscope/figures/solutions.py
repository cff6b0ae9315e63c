"""Two solutions side by side: how customers flow from the segments of one to those of the other, and what that says."""

from collections.abc import Sequence

import plotly.graph_objects as go

from segscope.figures.positions import short_name
from segscope.segmentation import Segment
from segscope.study.solutions import Comparison, agreement_words
from segscope.theme import Scheme, figure, palette, plain, segment_colour, translucent
from segscope.wording import counted, percent

LEAST_HEIGHT, HEIGHT_A_SEGMENT = 220, 42
LEAST_DRAWN = 0.002  # share of the customers below which a stream is left out of the picture; the table has it


def flow_figure(
    comparison: Comparison, first: Sequence[Segment], second: Sequence[Segment], scheme: Scheme
) -> go.Figure:
    """Streams of customers from the segments of one solution (left) to those of another (right)."""
    look, total = palette(scheme), max(1, comparison.customers)
    drawn = [
        (i, j, n) for i, row in enumerate(comparison.flow) for j, n in enumerate(row) if n and n >= LEAST_DRAWN * total
    ]
    labels = [_label(s) for s in (*first, *second)]
    colours = [segment_colour(s.colour, scheme) for s in (*first, *second)]
    hover = "%{value:,} customers<br>from %{source.label}<br>to %{target.label}<br>%{customdata}<extra></extra>"
    sizes = [sum(row) for row in comparison.flow]
    stream = {
        "source": [i for i, _, _ in drawn],
        "target": [len(first) + j for _, j, _ in drawn],
        "value": [n for _, _, n in drawn],
        "color": [translucent(segment_colour(first[i].colour, scheme), 0.34) for i, _, _ in drawn],
        "customdata": [f"{percent(n / sizes[i])} of the former" for i, _, n in drawn],
        "hovertemplate": hover,
    }
    node = {
        "label": labels, "color": colours, "pad": 14, "thickness": 12, "line": {"width": 0},
        "hovertemplate": "%{label}: %{value:,} customers<extra></extra>",
        "x": [0.001] * len(first) + [0.999] * len(second),
        "y": [*_places(sizes, total), *_places([sum(column) for column in zip(*comparison.flow, strict=True)], total)],
    }  # fmt: skip
    height = max(LEAST_HEIGHT, HEIGHT_A_SEGMENT * max(len(first), len(second)))
    made = figure(scheme, height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False)
    text = {"color": look.text, "size": 12}
    return made.add_trace({"type": "sankey", "arrangement": "fixed", "node": node, "link": stream, "textfont": text})


def _label(segment: Segment) -> str:
    return plain(short_name(segment.name))


def _places(sizes: Sequence[int], total: int) -> list[float]:
    """Where the middle of each box is, from top to bottom, so that they keep the order of the segments."""
    places, done = [], 0
    for size in sizes:
        places.append(min(0.999, max(0.001, (done + size / 2) / total)))
        done += size
    return places


def comparison_title(comparison: Comparison) -> str:
    """How far two solutions agree, in a sentence."""
    words, moved = agreement_words(comparison.agreement), comparison.moved
    agree = f"adjusted Rand {comparison.agreement:.2f}"
    if not moved and comparison.agreement > 0.999:
        return f"Both put everybody into the same segments ({agree})"
    found = {"different": "Different segments", "similar": "Similar segments"}.get(
        words, f"{words.capitalize()} segments"
    )
    share = percent(moved / max(1, comparison.customers))
    verb = "changes" if moved == 1 else "change"
    return f"{found} ({agree}): {counted(moved, 'customer')} ({share}) {verb} segment"


def moves(comparison: Comparison, first: Sequence[Segment], second: Sequence[Segment], most: int = 5) -> list[str]:
    """The largest groups of customers who change segment, in sentences."""
    cells = [
        (n, i, j)
        for i, row in enumerate(comparison.flow)
        for j, n in enumerate(row)
        if n and comparison.lives_on[i] != j
    ]
    ordered = sorted(cells, key=lambda cell: (-cell[0], cell[1], cell[2]))
    told = [
        f"{counted(n, 'customer')} {'goes' if n == 1 else 'go'} from {first[i].name} to {second[j].name}"
        for n, i, j in ordered[:most]
    ]
    rest = sum(n for n, _, _ in ordered[most:])
    return [*told, f"{counted(rest, 'customer')} in {counted(len(ordered) - most, 'smaller move')}"] if rest else told
