"""One customer in a drawer: its segment, why it is there, what speaks for the second best, and its values."""

from collections.abc import Sequence
from typing import Any

from dash import html

from segscope.comparing import brief
from segscope.recipe import ColumnRole, Concept, Role
from segscope.segmentation import Segment
from segscope.study import LiveStudy
from segscope.study.browsing import Explained
from segscope.theme import segment_variable
from segscope.web import parts
from segscope.web.attributes import aria, data
from segscope.web.customer_pages import cell_text
from segscope.wording import full, percent

INSIDE, LIKELY = 0.9, 0.6
HOW = (
    "Each bar is a feature's part of the odds of this segment against the second best (in logarithms): to the right it "
    "speaks for the segment, to the left for the second best. The bars add up to the odds."
)


def title(live: LiveStudy, found: Explained) -> list[Any]:
    """Who it is."""
    name = live.recipe.identifier
    said = cell_text(live.recipe, name, found.values[name]) if name else f"Row {found.row + 1}"
    return [html.Span("Customer ", className="muted"), html.Strong(said or "without an id")]


def body(live: LiveStudy, found: Explained, chosen: Sequence[str]) -> list[Any]:
    """All about it; ``chosen`` are columns to show whatever they hold."""
    first = live.fit.segments[found.segment]
    second = None if found.second is None else live.fit.segments[found.second]
    made: list[Any] = [_where(first, second, found), *_pin(live, found)]
    if second:
        made += [_why(live, found, first, second)]
    return [*made, _values(live, found, chosen, first)]


def _where(first: Segment, second: Segment | None, found: Explained) -> html.Div:
    inside = (
        "right inside it" if found.strength >= INSIDE else "inside it" if found.strength >= LIKELY else "at its border"
    )
    rest = (
        f" Second best: {second.name}, {percent(found.second_strength)}." if second else " There is only this segment."
    )
    return html.Div(
        [
            html.P([parts.swatch(first.colour), first.name], className="placed-name"),
            html.P(f"Membership {percent(found.strength)}, {inside}.{rest}", className="placed-sure"),
        ],
        className="placed-box",
        style={"--own": segment_variable(first.colour)},
    )


def _pin(live: LiveStudy, found: Explained) -> list[html.Button]:
    """A button that takes the customer to the form that pins (assets/customers.js); only where a column names it."""
    name = live.recipe.identifier
    value = found.values[name] if name else None
    if value is None or len(live.fit.segments) < 2:
        return []
    return [html.Button("Pin to a segment …", className="button customer-pin", **data(pin=str(value)))]


def _why(live: LiveStudy, found: Explained, first: Segment, second: Segment) -> html.Div:
    """The pushes as bars, strongest first: those for the segment, then those for the second best."""
    ranked = sorted(found.pushes.items(), key=lambda p: -p[1])
    widest = max([abs(v) for _, v in ranked] + [1e-9])
    towards = [_push(live, found, f, v, widest, first) for f, v in ranked if v > 0]
    against = [_push(live, found, f, v, widest, second) for f, v in reversed(ranked) if v <= 0]
    nothing = html.Li("Nothing does on these features.", className="muted")
    return html.Div(
        [
            html.H3(["Why this customer is here", parts.info(HOW)], className="customer-head inline"),
            html.Ul(
                towards or [html.Li("No feature: it was placed by hand, or by the segment's size.", className="muted")]
            ),
            html.H3(f"What speaks for {brief(second.name)}", className="customer-head"),
            html.Ul(against or [nothing]),
        ],
        className="pushes",
    )


def _push(live: LiveStudy, found: Explained, feature: str, push: float, widest: float, whose: Segment) -> html.Li:
    column = live.recipe.column(feature)
    value = cell_text(live.recipe, feature, found.values[feature]) or "unknown"
    unit = f" {column.unit}" if column.unit not in ("", "share") else ""
    width = f"{max(2.0, 100 * abs(push) / widest):.0f}%"
    bar = html.Div(
        html.Div(className="bar-fill", style={"width": width, "background": segment_variable(whose.colour)}),
        className="bar",
    )
    said = html.Span([column.label, html.Span(f" {value}{unit}", className="muted")])
    return html.Li([said, bar, html.Strong(f"{push:+.2f}")], title=f"{push:+.2f} in the logarithm of the odds")


def _values(live: LiveStudy, found: Explained, chosen: Sequence[str], first: Segment) -> html.Div:
    """What is known of the customer beside its segment and everybody: means, or the share of the same value."""
    rows = [
        html.Tr(
            [
                html.Th(live.recipe.column(c).label, scope="row"),
                html.Td(
                    cell_text(live.recipe, c, found.values[c]) or html.Span("unknown", className="muted"),
                    className="number",
                ),
                *(html.Td(_usual(live, c, found, group), className="number muted") for group in (found.segment, None)),
            ]
        )
        for c in _told(live, chosen)
    ]
    head = ["", "This customer", brief(first.name, 22), "Everyone"]
    table = html.Table(
        [
            html.Caption("Values of the customer, its segment and everyone", className="sr-only"),
            html.Thead(html.Tr([html.Th(h, scope="col", className="number" if i else "") for i, h in enumerate(head)])),
            html.Tbody(rows),
        ],
        className="plain-table customer-values",
    )
    note = "Of the segment and of everyone: the mean, or the share of customers with the same value."
    label = aria(label="Values of the customer")
    return html.Div([html.H3("In original units", className="customer-head"), html.P(note, className="card-note"),
                     html.Div(table, className="table-box", tabIndex=0, role="region", **label)])  # fmt: skip


def _told(live: LiveStudy, chosen: Sequence[str]) -> list[str]:
    """Features, derived columns, then the source's; personal and sensitive ones only where they were chosen."""
    recipe = live.recipe
    derived = any(d.concept is Concept.AGE for d in recipe.derived)
    plain = [
        c.column
        for c in recipe.columns
        if c.role in (Role.MEASURE, Role.DATE, Role.CATEGORY, Role.FLAG)
        and not c.sensitive
        and not (derived and c.concept is Concept.BIRTH)
    ]
    wanted = dict.fromkeys([*recipe.features, *chosen, *(d.name for d in recipe.derived), *plain])
    return [c for c in wanted if c != recipe.identifier]


def _usual(live: LiveStudy, column: str, found: Explained, segment: int | None) -> str:
    profile = live.fit.profiles.everybody if segment is None else live.fit.profiles.segments[segment]
    role = live.recipe.column(column)
    if column in profile.numbers:
        flag = isinstance(role, ColumnRole) and role.role is Role.FLAG
        mean = profile.numbers[column].mean
        return f"{percent(mean)} yes" if flag else percent(mean) if role.unit == "share" else full(mean)
    levels = profile.categories.get(column)
    value = found.values[column]
    if not levels or value is None:
        return ""
    return percent(levels.get(str(value), 0) / max(1, sum(n for level, n in levels.items() if level)))
