"""The comparison as HTML: the table of differences, the heat map of means, the numbers."""

import math
from collections.abc import Sequence
from typing import Any

from dash import html

from segscope.comparing import (
    EVERYBODY,
    Compared,
    Difference,
    Group,
    Row,
    against_everyone,
    apart_in_words,
    by_spread,
    differences,
    in_sentence,
    only_segments,
    spread_in_words,
)
from segscope.profiling import Profiles
from segscope.theme import segment_variable
from segscope.web import parts
from segscope.wording import full

WIDEST_EFFECT = 3.0
SENTENCES = 3
PLOT_HALF = 42.0  # per cent of the cell's width, on either side of nought
ROOM_UP_TO = 0.6
STRONGEST_TINT = 46  # per cent: text stays readable on it in both schemes
FULL_TINT_AT = 2.0
WIDE_FROM = 7
ORIGINS = {"feature": ("◆", "made the segments"), "part": ("◇", "part of what made them")}

HOW_FAR = (
    "Cohen's d: the difference of the two means divided by the standard deviation within the two groups. "
    "0.2 is small, 0.5 medium, 0.8 large. The line is the 95 % interval (Hedges and Olkin). "
    "Of a category it is the share of the value that tells the two apart most. "
    "Variables that made the segments differ by construction, so their interval proves nothing."
)
HOW_TINTED = (
    "Means in original units; under each, how many standard deviations (of everyone) it lies above or below "
    "everyone's, with the 95 % interval. The colour tells the same, and is full at two. Variables that made the "
    "segments differ by construction, so their interval proves nothing."
)
HOW_RANKED = (
    "Every customer has a percentile among all customers on each variable; customers in the same bin of its "
    "histogram share the middle one. Shown is the mean of a segment. Everyone's is 50 on every axis."
)
HOW_SURE = "Point and line: the share with its 95 % interval (Wilson). Grey bar: everyone."


def own(colour: int | None) -> dict[str, str]:
    """The style that gives an element a segment's colour (grey: everybody's)."""
    return {"--own": "var(--faint)" if colour is None else segment_variable(colour)}


def group_name(group: Group) -> html.Span:
    """A group's name beside its colour."""
    square = html.Span(className="swatch own-swatch")
    return html.Span([square, group.short], className="group-name", style=own(group.colour))


def aria(**named: str) -> dict[str, Any]:
    """Accessible names and states as attributes.

    >>> aria(label="Compare")
    {'aria-label': 'Compare'}
    """
    return {f"aria-{name}": value for name, value in named.items()}


def key(groups: Sequence[Group]) -> list[html.Span]:
    """Which colour is whose."""
    return [group_name(g) for g in groups]


# ------------------------------------------------------------------------------------------------ differences


def apart(
    profiles: Profiles,
    groups: Sequence[Group],
    columns: Sequence[Compared],
    shown: int,
    categories: Sequence[Compared] = (),
) -> tuple[Any, Any, Any]:
    """What sets the groups apart: title, note, table. Two are compared, one with everyone else, more side by side.

    Parameters
    ----------
    categories : compared too, by their shares, where there are two groups
    """
    chosen = only_segments(groups)
    if not chosen or not columns or len(profiles.segments) == 1:
        empty = "There is only one segment." if len(profiles.segments) == 1 else "Choose at least one segment above."
        empty = empty if profiles.everybody.customers else "Nobody is selected."
        return "What sets them apart", "", html.P(empty, className="muted")
    if len(chosen) > 2:
        ranked = by_spread(profiles, columns, [g.place for g in chosen if g.place is not None])
        title = spread_in_words(profiles, ranked, chosen)
        note = ["Means, tinted by their distance from everyone's", parts.info(HOW_TINTED)]
        return title, note + origin_key(ranked), heat_table(profiles, ranked[:shown], groups)
    first = chosen[0].place or 0
    second = chosen[1] if len(chosen) == 2 else Group(None, "Everyone else", None)
    found = differences(profiles, [*columns, *categories], first, second.place)
    title = apart_in_words(chosen[0].short, None if second.place is None else second.short, found)
    note = ["Difference in standard deviations with 95 % interval", parts.info(HOW_FAR)]
    everyone = profiles if len(groups) == 3 else None
    table = difference_table(chosen[0], second, found[:shown], everyone)
    names = chosen[0].short, "everyone else" if second.place is None else second.short
    said = [html.Li(in_sentence(d, *names)) for d in found[:SENTENCES] if d.noticeable]
    return title, note + origin_key([*columns, *categories]), [html.Ul(said, className="apart-sentences"), table]


def difference_table(
    first: Group, second: Group, found: Sequence[Difference], everyone: Profiles | None = None
) -> html.Div:
    """Every variable with both means and the difference as a dot with its interval, the largest first.

    ``everyone``: the profiles, where everybody's mean is wanted too.
    """
    finite = [abs(v) for d in found for v in (d.effect, d.low, d.high) if math.isfinite(v)]
    reach = min(WIDEST_EFFECT, max([1.0, *finite]))
    named = [first, second, *([EVERYBODY] if everyone else [])]
    head = [html.Th("Variable", scope="col")]
    for group in named:
        kind = "number everyone" if group is EVERYBODY else "number"
        head.append(html.Th(group_name(group), scope="col", className=kind))
    head.append(html.Th(_scale(reach), scope="col", className="effect-head"))
    rows = [_difference_row(d, first, second, reach, everyone) for d in found]
    return _table(head, rows, "effects", f"Differences between {first.name} and {second.name}")


def _difference_row(d: Difference, first: Group, second: Group, reach: float, everyone: Profiles | None) -> html.Tr:
    higher = first if d.effect > 0 else second
    cells: list[Any] = [
        html.Th(_labelled(d.column), scope="row"),
        html.Td(d.column.amount(d.first), className="number own-text", style=own(first.colour)),
        html.Td(d.column.amount(d.second), className="number own-text", style=own(second.colour)),
    ]
    if everyone:
        cells.append(html.Td(d.column.amount(d.everybody), className="number muted everyone"))
    return html.Tr([*cells, html.Td(_effect(d, reach), style=own(higher.colour))])


def _labelled(column: Compared) -> list[Any]:
    unit = html.Span(f" {column.unit}", className="unit") if column.unit and column.unit != "share" else None
    return [column.label, unit, origin_mark(column.origin) if column.origin else None]


def origin_mark(origin: str) -> html.Span:
    """The mark of a variable that made the segments, or is part of what did."""
    mark, words = ORIGINS[origin]
    drawn = [html.Span(mark, **aria(hidden="true")), html.Span(words, className="sr-only")]
    return html.Span(drawn, className="origin", title=words)


def origin_key(columns: Sequence[Compared]) -> list[Any]:
    """What the marks mean, those that occur."""
    found = {c.origin for c in columns}
    return [html.Span(f"{mark} {words}", className="origin-key") for o, (mark, words) in ORIGINS.items() if o in found]


def _effect(d: Difference, reach: float) -> html.Div:
    """A dot with its interval around nought."""

    def place(value: float) -> float:
        return 50 + PLOT_HALF * min(1.0, max(-1.0, value / reach))

    infinite = math.isinf(d.effect)
    text = "no overlap" if infinite else f"{d.effect:+.1f}"
    said = text if infinite else f"{d.effect:+.2f}, 95 % interval {d.low:+.2f} to {d.high:+.2f}"
    # The number stands on the outer side of the interval while there is room.
    outside = (d.effect >= 0) == (abs(d.effect) < ROOM_UP_TO * reach)
    side, end = ("left", place(d.high)) if outside else ("right", 100 - place(d.low))
    line = {"left": f"{place(d.low):.2f}%", "width": f"{max(0.0, place(d.high) - place(d.low)):.2f}%"}
    return html.Div(
        [
            html.Span(className="effect-zero"),
            html.Span(className="effect-line", style=line),
            html.Span(className="effect-dot", style={"left": f"{place(d.effect):.2f}%"}),
            html.Span(text, className="effect-text", style={side: f"calc({end:.2f}% + 9px)"}),
        ],
        className="effect",
        role="img",
        title=said,
        **aria(label=said),
    )


def _scale(reach: float) -> html.Div:
    marks = [-reach, 0.0, reach]
    drawn = [
        html.Span("0" if m == 0 else f"{m:+.1f}", style={"left": f"{50 + PLOT_HALF * m / reach:.1f}%"}) for m in marks
    ]
    name = html.Span("Difference in standard deviations", className="sr-only")
    return html.Div([name, *drawn], className="effect-scale")


# ------------------------------------------------------------------------------------------------ heat map


def heat_table(profiles: Profiles, ranked: Sequence[Compared], groups: Sequence[Group]) -> html.Div:
    """Means of variables (rows) in groups (columns), tinted by how far they lie from everybody's."""
    head = [html.Th("Variable", scope="col")]
    head += [html.Th(group_name(g), scope="col", className="heat-head") for g in groups]
    rows = [
        html.Tr([html.Th(_labelled(column), scope="row"), *(_heat_cell(profiles, column, g) for g in groups)])
        for column in ranked
    ]
    return _table(head, rows, "heat wide" if len(groups) > WIDE_FROM else "heat", "Means of the chosen segments")


def _heat_cell(profiles: Profiles, column: Compared, group: Group) -> html.Td:
    if group.place is None:
        return html.Td(column.amount(profiles.everybody.numbers[column.column].mean), className="number everybody")
    mine = profiles.segments[group.place].numbers.get(column.column)
    if mine is None:
        return html.Td("unknown", className="number")
    difference, low, high = against_everyone(profiles, group.place, column.column)
    if math.isnan(difference):
        return html.Td(column.amount(mine.mean), className="number")
    tint = STRONGEST_TINT * min(1.0, abs(difference) / FULL_TINT_AT)
    colour = "var(--accent)" if difference > 0 else "var(--warm)"
    side = "above" if difference >= 0 else "below"
    said = f"{abs(difference):.1f} standard deviations {side} everyone, 95 % interval {low:+.2f} to {high:+.2f}"
    interval = f"{difference:+.1f} ±{(high - low) / 2:.2f}"
    shown = html.Small(interval, className="heat-interval", **aria(hidden="true"))
    return html.Td(
        [column.amount(mine.mean), html.Span(f", {said}", className="sr-only"), shown],
        className="number",
        title=said,
        style={"background": f"color-mix(in srgb, {colour} {tint:.0f}%, transparent)"},
    )


def _table(head: Sequence[html.Th], rows: Sequence[html.Tr], kind: str, caption: str) -> html.Div:
    table = html.Table(
        [html.Caption(caption, className="sr-only"), html.Thead(html.Tr(list(head))), html.Tbody(list(rows))],
        className=f"plain-table compare-table {kind}",
    )
    return html.Div(table, className="table-box", tabIndex=0, role="region", **aria(label=caption))


# ------------------------------------------------------------------------------------------------ numbers


def number_table(rows: Sequence[Row]) -> html.Div:
    """Mean, spread and quartiles of every chosen variable and group, in original units."""
    head = ["Variable", "", "Known", "Mean", "Deviation", "Lowest", "Quarter", "Median", "Three quarters", "Highest"]
    body = []
    before: Compared | None = None
    for column, group, n in rows:
        values = (n.mean, n.deviation, n.low, n.quarter, n.median, n.three_quarters, n.high)
        cells = [html.Td(column.amount(v), className="number") for v in values]
        label = html.Span(column.title, className="sr-only" if column is before else "")
        count = html.Td(full(n.count), className="number")
        body.append(html.Tr([html.Th(label, scope="row"), html.Td(group_name(group)), count, *cells]))
        before = column
    heads = [html.Th(h, scope="col", className="number" if i > 1 else "") for i, h in enumerate(head)]
    return _table(heads, body, "numbers", "Numbers of the chosen segments")
