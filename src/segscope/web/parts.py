"""The parts that pages are made of: cards, chart cards, chips, notices. The look of the house is here and in assets."""

from collections.abc import Sequence
from typing import Any, cast

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html

from segscope.theme import segment_variable
from segscope.web.attributes import aria, data, in_browser

Child = Any

GRAPH_CONFIG = {"displaylogo": False, "displayModeBar": False, "responsive": True, "scrollZoom": False}
GRAPH_3D_CONFIG = {**GRAPH_CONFIG, "scrollZoom": True}


def card(
    title: Child,
    *children: Child,
    subtitle: Child = None,
    actions: Sequence[Child] = (),
    class_name: str = "",
    **attributes: Any,
) -> html.Section:
    """A card: a title that says what it shows, a note under it, things to choose at its right."""
    head = html.Div(
        [
            html.Div(
                [
                    html.H2(title, className="card-title"),
                    html.P(subtitle, className="card-note") if subtitle is not None else None,
                ],
                className="card-words",
            ),
            html.Div(list(actions), className="card-actions") if actions else None,
        ],
        className="card-head",
    )
    return html.Section([head, *children], className=f"card {class_name}".strip(), **attributes)


def chart(graph_id: Any, name: str, height: int, three_d: bool = False) -> html.Div:
    """A chart with an accessible name, its numbers as a table and its picture one click away (assets/charts.js)."""
    return html.Div(
        [
            dcc.Graph(
                id=graph_id,
                config=cast(Any, GRAPH_3D_CONFIG if three_d else GRAPH_CONFIG),
                style={"height": f"{height}px"},
                figure=EMPTY_FIGURE,
                className="graph",
            ),
            html.Div(
                [
                    html.Button("Numbers", className="chart-tool", **data(chart="numbers")),
                    html.Button("PNG", className="chart-tool", **data(chart="png")),
                ],
                className="chart-tools",
            ),
        ],
        className="chart",
        role="group",
        style={"--height": f"{height}px"},  # kept free while the library that draws is loaded
        **aria(label=name),
        **data(name=name),
    )


EMPTY_FIGURE: dict[str, Any] = {
    "data": [],
    "layout": {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": {"visible": False},
        "yaxis": {"visible": False},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
    },
}


def select(
    component_id: Any, label: str, options: Sequence[tuple[str, str]], value: str | None, **extra: Any
) -> dmc.Select:
    """A choice of one. ``options`` are pairs of value and text."""
    return dmc.Select(
        id=component_id,
        data=[{"value": v, "label": text} for v, text in options],
        value=value,
        size="xs",
        radius="md",
        allowDeselect=False,
        searchable=len(options) > 8,
        comboboxProps={"shadow": "md", "width": "max-content", "position": "bottom-start"},
        leftSection=html.Span(label, className="select-label"),
        leftSectionWidth=18 + 7 * len(label),
        className="select",
        **aria(label=label),
        **extra,
    )


def info(text: str) -> dmc.Tooltip:
    """A short help beside the thing."""
    mark = html.Button("i", className="info", **aria(label=text))
    return dmc.Tooltip(
        mark, label=text, multiline=True, w=280, withArrow=True, events={"hover": True, "focus": True, "touch": True}
    )


def tip(text: str, child: Child) -> dmc.Tooltip:
    """A help that appears over a thing that can be pointed at or focused."""
    return dmc.Tooltip(
        html.Span(child, tabIndex=0, className="tipped"),
        label=text,
        multiline=True,
        w=280,
        withArrow=True,
        events={"hover": True, "focus": True, "touch": True},
    )


def swatch(colour: int) -> html.Span:
    """The colour of a segment as a small square."""
    return html.Span(className="swatch", style={"background": segment_variable(colour)})


def chip(text: Child, kind: str = "") -> html.Span:
    """A small label; ``kind`` is natural, reproducible, constructed, accent or nothing."""
    return html.Span(text, className=f"chip {kind}".strip())


def notice(text: Child, kind: str = "info") -> html.Div:
    """A message in place; ``kind`` is info, good, warn or bad."""
    return html.Div(text, className=f"notice {kind}", role="alert" if kind == "bad" else "status")


def bar(share: float, colour: str) -> html.Div:
    """A thin bar of a share from 0 to 1."""
    width = f"{max(0.0, min(1.0, share)) * 100:.2f}%"
    return html.Div(html.Div(className="bar-fill", style={"width": width, "background": colour}), className="bar")


def dialog(dialog_id: str, title: str, inside: Child, size: str = "md") -> dmc.Modal:
    """A dialog over the page, closed at first; what is typed in it stays while it is closed."""
    return dmc.Modal(
        inside, id=dialog_id, title=title, opened=False, centered=True, radius="lg", size=size, keepMounted=True,
        closeButtonProps=aria(label="Close"),
    )  # fmt: skip


def opens(app: Dash, button_id: str, dialog_id: str) -> None:
    """Let a button open a dialog, in the browser."""
    in_browser(
        app,
        "function (clicks) { return clicks ? true : window.dash_clientside.no_update; }",
        Output(dialog_id, "opened"),
        Input(button_id, "n_clicks"),
        prevent_initial_call=True,
    )


def plain_table(
    head: Sequence[Child], rows: Sequence[Sequence[Child]], class_name: str = "", caption: str = ""
) -> html.Div:
    """A quiet table in a box that scrolls by itself."""
    return html.Div(
        html.Table(
            [
                html.Caption(caption, className="sr-only") if caption else None,
                html.Thead(html.Tr([html.Th(h, scope="col") for h in head])),
                html.Tbody([html.Tr([html.Td(cell) for cell in row]) for row in rows]),
            ],
            className=f"plain-table {class_name}".strip(),
        ),
        className="table-box",
        tabIndex=0,
    )
