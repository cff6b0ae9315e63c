"""The path from one number of segments to the next: who splits from whom, as a drawing and in sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from segscope.figures.labels import spaced
from segscope.figures.positions import short_name
from segscope.segmentation import Segment
from segscope.theme import Scheme, figure, palette, plain, segment_colour, translucent
from segscope.wording import counted, listed, percent

Array = npt.NDArray[np.float64]
Flows = Sequence[Sequence[Sequence[float]]]

HEIGHT = 460
THIN = 0.02  # of all customers: thinner flows are counted, not drawn
GAP = 0.025  # of all customers, between two segments of a column
NODE = 0.13  # width of a segment, where numbers of segments are 1 apart
LABEL_SHARE = 0.06  # of the height, that a name needs
MOSTLY = 0.6  # share of a segment that comes from one other, from which it is a part of that one
HEADING = "Who splits from whom, from one number of segments to the next"
TIMES = {2: "two", 3: "three", 4: "four"}


@dataclass(frozen=True, eq=False)
class Path:
    """Who is where in the solutions with 1, 2, 3 ... segments.

    Attributes
    ----------
    flows : for each number of segments k but the last, customers in arrays of shape (k, k + 1)
    shown : the number of segments of the study
    matched : at that number, the place of the study's segment that each one is; empty where they are not the same
    """

    flows: tuple[Array, ...]
    shown: int
    matched: tuple[int, ...]

    @property
    def total(self) -> float:
        """All customers."""
        return float(self.flows[0].sum())

    def sizes(self, k: int) -> Array:
        """Customers of each segment of the solution with k segments, shape (k,)."""
        return np.asarray(self.flows[0].sum(axis=1) if k == 1 else self.flows[k - 2].sum(axis=0))

    def ancestor(self, k: int, place: int) -> int:
        """The segment of the shown number that one further on mostly comes from, step by step."""
        for j in range(k, self.shown, -1):
            place = int(self.flows[j - 2][:, place].argmax())
        return place

    @property
    def numbers(self) -> range:
        """The numbers of segments, from 1."""
        return range(1, len(self.flows) + 2)


def path_of(flows: Flows, shown: int, matched: Sequence[int]) -> Path:
    """A path from the flows of a fit."""
    arrays = tuple(np.array(f) for f in flows)
    return Path(arrays, shown, tuple(matched) if 1 < shown <= len(arrays) + 1 else ())


# ------------------------------------------------------------------------------------------------------------ drawing


@dataclass(frozen=True)
class Node:
    """A segment of one of the solutions, drawn: from ``top`` down over ``size`` customers."""

    k: int
    place: int
    top: float
    size: float
    colour: int | None


def path_drawing(path: Path, segments: Sequence[Segment], scheme: Scheme) -> go.Figure:
    """Columns of segments for k = 1, 2, 3 ..., and the customers who go from one to the next.

    The study's own segments have their colour, and so has what mostly comes from them further on; the rest is grey.
    """
    look = palette(scheme)
    columns = _nodes(path, segments)
    nodes = [n for column in columns for n in column]
    shapes = [
        s for a, b, f in zip(columns, columns[1:], path.flows, strict=False) for s in _bands(a, b, f, path, scheme)
    ]
    bars = {
        "type": "bar", "x": [n.k for n in nodes], "y": [round(n.size, 1) for n in nodes], "name": "segment",
        "base": [round(n.top, 1) for n in nodes], "width": NODE,
        "marker": {"color": [_colour(n, scheme) for n in nodes], "line": {"width": 0}},
        "text": [_said(n, path, segments) for n in nodes], "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip
    ends = [min(n.top for n in nodes), max(n.top + n.size for n in nodes)]
    ticks = [f"<b>{k}</b>" if k == path.shown else str(k) for k in path.numbers]
    made = figure(
        scheme,
        HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        hovermode="closest",
        shapes=shapes,
        annotations=_names(columns, path, segments, ends, scheme),
        xaxis={
            "title": {"text": "k (number of segments)"}, "tickvals": list(path.numbers), "ticktext": ticks,
            "range": [0.8, len(columns) + 0.2], "showgrid": False, "fixedrange": True,
            "tickfont": {"color": look.secondary},
        },
        yaxis={"visible": False, "range": [ends[1], ends[0]], "fixedrange": True, "title": {"text": "customers"}},
    )  # fmt: skip
    return made.add_traces([bars])


def _nodes(path: Path, segments: Sequence[Segment]) -> list[list[Node]]:
    """Columns of nodes, each in its order from the top down."""
    orders = _orders(path.flows)
    if path.matched:
        # Either way up has the same crossings: the most valuable segments go to the top, as in all lists.
        values = [path.matched[place] for place in orders[path.shown - 1]]
        if np.dot(np.arange(len(values)), values) < np.dot(np.arange(len(values)), values[::-1]):
            orders = [order[::-1] for order in orders]
    columns: list[list[Node]] = []
    for k in path.numbers:
        sizes, top = path.sizes(k), -(k - 1) * GAP * path.total / 2
        column = []
        for place in orders[k - 1]:
            known = path.matched and k >= path.shown
            colour = segments[path.matched[path.ancestor(k, place)]].colour if known else None
            column.append(Node(k, place, top, float(sizes[place]), colour))
            top += float(sizes[place]) + GAP * path.total
        columns.append(column)
    return columns


def _orders(flows: Sequence[Array]) -> list[list[int]]:
    """An order of each column in which few flows cross: each segment near the middle of those it is joined to."""
    orders = [[0], *[list(range(f.shape[1])) for f in flows]]
    for _ in range(4):
        for i, flow in enumerate(flows):
            orders[i + 1] = _by_middle(flow, orders[i], orders[i + 1])
        for i in range(len(flows) - 1, -1, -1):
            orders[i] = _by_middle(flows[i].T, orders[i + 1], orders[i])
    return orders


def _by_middle(flow: Array, fixed: list[int], moved: list[int]) -> list[int]:
    places = np.empty(len(fixed))
    places[fixed] = (np.arange(len(fixed)) + 0.5) / len(fixed)
    middle = places @ flow / np.maximum(flow.sum(axis=0), 1e-12)
    return sorted(moved, key=lambda j: (round(float(middle[j]), 9), moved.index(j)))


def _bands(
    before: Sequence[Node], after: Sequence[Node], flow: Array, path: Path, scheme: Scheme
) -> list[dict[str, Any]]:
    """The customers who go from each segment to each of the next solution; thin flows keep their room."""
    shapes = []
    left = {n.place: n.top for n in before}
    for child in after:
        right = child.top
        for parent in before:
            size = float(flow[parent.place, child.place])
            if size >= THIN * path.total:
                colour = parent.colour if parent.colour is not None else child.colour
                shapes.append(_band(parent.k, left[parent.place], right, size, _flow_colour(colour, scheme)))
            left[parent.place] += size
            right += size
    return shapes


def _band(k: int, start: float, end: float, size: float, colour: str) -> dict[str, Any]:
    a, b, middle = k + NODE / 2, k + 1 - NODE / 2, k + 0.5
    path = (
        f"M{a:g},{start:.0f}C{middle:g},{start:.0f} {middle:g},{end:.0f} {b:g},{end:.0f}L{b:g},{end + size:.0f}"
        f"C{middle:g},{end + size:.0f} {middle:g},{start + size:.0f} {a:g},{start + size:.0f}Z"
    )
    return {"type": "path", "path": path, "fillcolor": colour, "line": {"width": 0}, "layer": "below"}


def _colour(node: Node, scheme: Scheme) -> str:
    return palette(scheme).faint if node.colour is None else segment_colour(node.colour, scheme)


def _flow_colour(colour: int | None, scheme: Scheme) -> str:
    if colour is None:
        return translucent(palette(scheme).everybody, 0.75)
    return translucent(segment_colour(colour, scheme), 0.3)


def _names(
    columns: Sequence[Sequence[Node]], path: Path, segments: Sequence[Segment], ends: Sequence[float], scheme: Scheme
) -> list[dict[str, Any]]:
    if not path.matched:
        return []
    look, column = palette(scheme), columns[path.shown - 1]
    room = LABEL_SHARE * (ends[1] - ends[0])
    places = spaced([n.top + n.size / 2 for n in column], room, ends[1] - room / 2)
    last = path.shown > 0.75 * len(columns)
    side = {"xanchor": "right", "xshift": -10} if last else {"xanchor": "left", "xshift": 10}
    return [
        {
            "x": path.shown, "y": at, "text": f"<b>{plain(short_name(segments[path.matched[n.place]].name))}</b>",
            "showarrow": False, "font": {"size": 12, "color": look.text}, "bgcolor": translucent(look.card, 0.75),
            "borderpad": 2, **side,
        }
        for n, at in zip(column, places, strict=True)
    ]  # fmt: skip


def _said(node: Node, path: Path, segments: Sequence[Segment]) -> str:
    name = plain(short_name(_name(path, segments, node.k, node.place)))
    return f"{counted(node.k, 'segment')}<br>{name}: {node.size:,.0f} customers, {percent(node.size / path.total)}"


def _name(path: Path, segments: Sequence[Segment], k: int, place: int) -> str:
    """What a segment is called: further on than the study's own it is a part of the one it mostly comes from."""
    if k == 1:
        return "Everybody"
    if not path.matched or k < path.shown:
        return "a segment"
    name = segments[path.matched[path.ancestor(k, place)]].name
    return name if k == path.shown else f"a part of {name}"


# ------------------------------------------------------------------------------------------------------------ in words


def sentences(path: Path, segments: Sequence[Segment]) -> list[str]:
    """What happens from each number of segments to the next, one sentence a step."""
    return [step_in_words(path, segments, k) for k in path.numbers[:-1]]


def step_in_words(path: Path, segments: Sequence[Segment], k: int) -> str:
    """What happens from k segments to k + 1: who splits, who gathers from several, how many change sides."""
    flow = path.flows[k - 1]
    sizes = flow.sum(axis=0)
    main = flow.argmax(axis=0)
    own = flow[main, np.arange(k + 1)]
    part = own >= MOSTLY * np.maximum(sizes, 1e-12)

    def named(place: int) -> str:
        return f"{_name(path, segments, k, place)} ({flow[place].sum():,.0f})"

    said = []
    for parent in range(k):
        parts = sorted((float(own[j]) for j in range(k + 1) if main[j] == parent and part[j]), reverse=True)
        if len(parts) > 1:
            into = listed([f"{n:,.0f}" for n in parts])
            said.append(f"{named(parent)} splits in {TIMES.get(len(parts), str(len(parts)))}, {into}")
        elif not parts:
            said.append(f"{named(parent)} dissolves")
    for child in range(k + 1):
        if not part[child]:
            order = np.argsort(-flow[:, child], kind="stable")[:2]
            origins = listed([f"{_name(path, segments, k, p)} ({flow[p, child]:,.0f})" for p in order])
            said.append(f"a segment of {sizes[child]:,.0f} gathers, mostly from {origins}")
    moved = float(sizes[part].sum() - own[part].sum())
    if moved >= 0.5:
        said.append(f"{counted(round(moved), 'customer')} ({percent(moved / path.total)}) change sides")
    words = "; ".join(said)
    return f"From {k} to {k + 1}: {words}."


def path_title(path: Path, segments: Sequence[Segment]) -> str:
    """The step that leads on from the study's segments, or to them where they are the last."""
    if path.shown > 1 and not path.matched:
        return HEADING
    last = path.numbers[-1] - 1
    return step_in_words(path, segments, min(path.shown, last)).split(";")[0].rstrip(".")


def path_note(path: Path) -> str:
    """What is drawn and what is not, and whether the study's own segments are found among the explored ones."""
    thin = [float(v) for f in path.flows for v in f.ravel() if 0 < v < THIN * path.total]
    share = sum(thin) / path.total / len(path.flows)
    flows = f"{counted(len(thin), 'flow')} thinner than {percent(THIN)} {'is' if len(thin) == 1 else 'are'} not drawn"
    left = f"; {flows}, {percent(share)} of the customers of a step" if thin else ""
    return f"Solutions as explored for the evidence, from 1 to {path.numbers[-1]} segments{left}"


def unmatched_words(path: Path) -> str:
    """What to say where the study's segments have no counterpart that is certain; else nothing."""
    if path.matched or path.shown == 1:
        return ""
    if path.shown not in path.numbers:
        return f"The path was explored up to {path.numbers[-1]} segments."
    return (
        f"The solution with {counted(path.shown, 'segment')} as explored is not quite the one shown, which was sought "
        "with more starts and on every customer; its segments are therefore drawn without names."
    )
