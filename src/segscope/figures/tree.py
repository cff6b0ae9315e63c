"""Ward's tree: how groups of customers merge into fewer and fewer, and where the study's number of segments cuts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from segscope.clustering import Tree
from segscope.recipe import MAX_SEGMENTS
from segscope.segmentation import Segment, Segmentation
from segscope.theme import Scheme, figure, palette, segment_colour
from segscope.wording import counted, short

HEIGHT = 380


@dataclass(frozen=True)
class Joint:
    """A branch or a merge, drawn.

    Attributes
    ----------
    x, height : its place among the branches, and Ward's distance at which it comes about
    leaves : the branches in it
    """

    x: float
    height: float
    leaves: tuple[int, ...]


def tree_drawing(tree: Tree, k: int, matched: Sequence[int], segments: Sequence[Segment], scheme: Scheme) -> go.Figure:
    """The top of the tree, cut into ``k`` groups.

    Parameters
    ----------
    matched : the place of the study's segment that each group of the cut is; empty where they are others
    """
    look = palette(scheme)
    joints, order = _joints(tree)
    groups = tree.cut(k) if k <= len(tree.sizes) else ()
    colours = [segment_colour(segments[g].colour, scheme) for g in matched]
    by_colour: dict[str, tuple[list[float | None], list[float | None]]] = {}
    for merge, joint in zip(tree.merges, joints[len(tree.sizes) :], strict=True):
        mine = {groups[leaf] for leaf in joint.leaves} if groups else set()
        colour = colours[mine.pop()] if colours and len(mine) == 1 else look.faint
        xs, ys = by_colour.setdefault(colour, ([], []))
        left, right = joints[merge.first], joints[merge.second]
        xs += [left.x, left.x, right.x, right.x, None]
        ys += [round(h, 3) for h in (left.height, joint.height, joint.height, right.height)]
        ys.append(None)
    lines: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "x": xs, "y": ys, "line": {"color": colour, "width": 1.8},
         "hoverinfo": "skip", "meta": "shape"}
        for colour, (xs, ys) in by_colour.items()
    ]  # fmt: skip
    cut = cut_height(tree, k)
    made = figure(
        scheme,
        HEIGHT,
        margin={"l": 8, "r": 12, "t": 16, "b": 8},
        showlegend=False,
        hovermode="closest",
        shapes=[] if cut is None else [_cut_line(cut, scheme)],
        annotations=[] if cut is None else [_cut_note(cut, k, scheme)],
        xaxis={
            "title": {"text": "customers in each branch"}, "showgrid": False, "range": [-0.7, len(order) - 0.3],
            "tickvals": list(range(len(order))), "ticktext": [short(tree.sizes[leaf]) for leaf in order],
            "tickangle": -90 if len(order) > 16 else 0,
        },
        yaxis={"title": {"text": "Ward's distance"}, "rangemode": "tozero", "nticks": 6},
    )  # fmt: skip
    return made.add_traces([*lines, _merges(tree, joints, scheme)])


def _merges(tree: Tree, joints: Sequence[Joint], scheme: Scheme) -> dict[str, Any]:
    """The merges as points to hover over, and as the numbers of the chart: segments before each, and its height."""
    tops = joints[len(tree.sizes) :]
    count = len(tree.merges)
    text = [
        f"From {count + 1 - i} groups to {count - i}<br>{merge.size:,.0f} customers joined"
        for i, merge in enumerate(tree.merges)
    ]
    return {
        "type": "scatter", "mode": "markers", "x": [round(j.x, 2) for j in tops],
        "y": [round(j.height, 3) for j in tops], "text": text, "name": "merge",
        "marker": {"size": 9, "color": palette(scheme).text, "opacity": 0.01},
        "hovertemplate": "%{text}<br>at distance %{y:.3~g}<extra></extra>",
    }  # fmt: skip


def _joints(tree: Tree) -> tuple[list[Joint], list[int]]:
    """Branches and merges with their places, and the order of the branches from left to right."""
    count = len(tree.sizes)
    members: list[tuple[int, ...]] = [(i,) for i in range(count)]
    weight = list(tree.sizes)
    for merge in tree.merges:
        # The larger one to the left.
        first, second = sorted((merge.first, merge.second), key=lambda branch: -weight[branch])
        members.append(members[first] + members[second])
        weight.append(merge.size)
    order = list(members[-1])
    place = {leaf: float(i) for i, leaf in enumerate(order)}
    joints = [Joint(place[i], 0.0, (i,)) for i in range(count)]
    for i, merge in enumerate(tree.merges):
        middle = (joints[merge.first].x + joints[merge.second].x) / 2
        joints.append(Joint(middle, merge.height, members[count + i]))
    return joints, order


def cut_height(tree: Tree, k: int) -> float | None:
    """A height at which the tree has k groups, half-way between two merges; None where it has no such height."""
    heights = [0.0, *(m.height for m in tree.merges)]
    if not 1 <= k <= len(heights):
        return None
    below = heights[len(heights) - k]
    above = heights[len(heights) - k + 1] if k > 1 else below * 1.06
    return (below + above) / 2


def _cut_line(height: float, scheme: Scheme) -> dict[str, Any]:
    line = {"color": palette(scheme).accent, "width": 1.4, "dash": "dash"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": height, "y1": height, "line": line}


def _cut_note(height: float, k: int, scheme: Scheme) -> dict[str, Any]:
    return {
        "xref": "paper", "x": 1, "xanchor": "right", "y": height, "yanchor": "bottom", "showarrow": False,
        "text": f"<b>cut into {k}</b>", "font": {"color": palette(scheme).accent, "size": 12},
    }  # fmt: skip


def match_cut(tree: Tree, segmentation: Segmentation) -> tuple[int, ...]:
    """The place of the segment that each group of the cut is, for a segmentation by Ward; else nothing."""
    k = len(segmentation.centres)
    if segmentation.hand or segmentation.recipe.method != "ward" or k > len(tree.sizes):
        return ()
    mine, theirs = np.array(tree.centres(k)), np.array(segmentation.centres)
    distances = ((mine[:, None] - theirs[None]) ** 2).sum(axis=2)
    places = tuple(int(p) for p in distances.argmin(axis=1))
    return places if len(set(places)) == k else ()


def longest_stretch(tree: Tree) -> int | None:
    """The number of groups, from 2 to 12, that the tree keeps over the longest stretch of heights."""
    heights = [0.0, *(m.height for m in tree.merges)]
    stretches = {k: heights[len(heights) - k + 1] - heights[len(heights) - k] for k in range(2, len(heights) + 1)}
    offered = {k: stretch for k, stretch in stretches.items() if k <= MAX_SEGMENTS}
    return max(offered, key=lambda k: offered[k]) if offered else None


def tree_title(tree: Tree, k: int) -> str:
    """How many groups the tree keeps longest, against how many there are."""
    longest = longest_stretch(tree)
    if longest is None:
        return "Ward's tree"
    if longest == k:
        return f"Ward's tree keeps {counted(k, 'group')} longest, as many as there are segments"
    return f"Ward's tree keeps {counted(longest, 'group')} longest; the line cuts it into {k}"


def tree_note(tree: Tree, customers: int) -> str:
    """What the tree was made of, and how to read it."""
    of = counted(customers, "customer")
    who = f"all {of}" if tree.sample >= customers else f"a sample of {tree.sample:,} of {of}"
    return (
        f"The last {len(tree.sizes)} branches of the tree of {who}. The higher two of them join, the more that adds "
        "to the spread within segments (Ward 1963)"
    )
