"""How large are the segments, and what are their customers like? Sizes, and a heat map of the centres."""

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html

from segscope.figures import centres as figures
from segscope.figures import clustering
from segscope.figures.centres import Units
from segscope.preparation import Step
from segscope.segmentation import Segment
from segscope.study import Fit
from segscope.theme import segment_variable
from segscope.web import parts
from segscope.web.attributes import aria
from segscope.web.studies import Studies
from segscope.wording import percent, stability_words

STUDY = "study"
UNITS, TABLE = "clustering-centre-units", "clustering-centre-table"
STRONGEST = 1.5  # standard deviations at which the colour of a centre is full
CHOICES: tuple[tuple[Units, str], ...] = (("original", "Original units"), ("standard", "Standard units"))
MEANINGS = {
    "natural": "Natural: found again when the customers are resampled, with hardly anybody between them and others.",
    "reproducible": "Reproducible: found again when the customers are resampled, but shading into the neighbours.",
    "constructed": "Constructed: another sample of customers would be cut elsewhere. A convenience, not a finding.",
}


def register(app: Dash, studies: Studies) -> None:
    """Write the centres in the units of one's choice."""

    @app.callback(Output(TABLE, "children"), Input(UNITS, "value"), State(STUDY, "data"))
    def _table(units: Units, study: dict[str, str]) -> html.Table:
        return table(studies.get(study["id"]).fit, units)


def sizes_card(fit: Fit) -> html.Section:
    """Customers per segment, and how real each is."""
    top = max(s.share for s in fit.segments)
    rows = [size_row(fit, place, segment, top) for place, segment in enumerate(fit.segments)]
    return parts.card(
        clustering.sizes_title(fit), html.Ul(rows, className="sizes", tabIndex=0), class_name="sizes-card"
    )


def size_row(fit: Fit, place: int, segment: Segment, top: float) -> html.Li:
    """A segment: name, bar, count, share, verdict."""
    name = [parts.swatch(segment.colour), html.Span(segment.name, title=segment.name)]
    count = [html.Strong(f"{segment.size:,}"), html.Span(percent(segment.share), className="muted")]
    bar = parts.bar(segment.share / top, segment_variable(segment.colour))
    row = [html.Div(name, className="size-name"), bar, html.Div(count, className="size-count")]
    if len(fit.segments) > 1:
        judged = fit.verdict.segments[place]
        stable = f"{stability_words(judged.stability)} ({judged.stability:.2f} of 1)"
        chip = html.Span(parts.chip(judged.verdict, judged.verdict), title=MEANINGS[judged.verdict])
        words = html.Span(f"{stable}, {clustering.apart_words(fit, place)}", className="muted small")
        row.append(html.Div([chip, words], className="size-verdict"))
    return html.Li(row)


def centres_card(fit: Fit) -> html.Section:
    """Each feature in each segment, coloured by its distance from everybody."""
    scale: list[Any] = [f"{STRONGEST} σ below", html.Span(className="centre-scale"), f"{STRONGEST} σ above everybody"]
    box = html.Div(id=TABLE, className="table-box centres-box", tabIndex=0, role="region", **aria(label="Centres"))
    kinds = "Mean of a number, share of a category's leading level" if fit.recipe.category_features else "Mean"
    return parts.card(
        figures.centres_title(fit),
        box,
        html.Div(scale, className="scale-line muted small"),
        subtitle=f"{kinds}; colour: distance from everybody in standard deviations (σ). Most valuable segment first",
        actions=[_units_choice()],
        class_name="centres-card",
    )


def _units_choice() -> dmc.SegmentedControl:
    return dmc.SegmentedControl(
        id=UNITS,
        data=[{"value": value, "label": text} for value, text in CHOICES],
        value="original",
        size="xs",
        radius="md",
        **aria(label="Units of the centres"),
    )


def table(fit: Fit, units: Units) -> html.Table:
    """The heat map: a row for each segment, then everybody."""
    steps = fit.segmentation.preparation
    head = [html.Th(html.Span("Segment", className="sr-only"), scope="col"), *[_head(fit, s, units) for s in steps]]
    body = [_row(fit, place, units) for place in range(len(fit.segments))]
    last = "One σ is" if units == "standard" else "Everybody"
    cells = [html.Td(figures.everybody(fit, s)[0 if units == "standard" else 1]) for s in steps]
    name = html.Th([html.Span(className="swatch everybody"), last], scope="row")
    body.append(html.Tr([name, *cells], className="everybody-row"))
    caption = html.Caption("Each feature by segment", className="sr-only")
    return html.Table([caption, html.Thead(html.Tr(head)), html.Tbody(body)], className="centres")


def _head(fit: Fit, step: Step, units: Units) -> html.Th:
    column = fit.recipe.column(step.feature)
    unit = "" if units == "standard" else column.unit
    return html.Th(html.Div([column.label, html.Span(unit, className="unit")]), scope="col")


def _row(fit: Fit, place: int, units: Units) -> html.Tr:
    segment = fit.segments[place]
    name = html.Th([parts.swatch(segment.colour), html.Span(segment.name, title=segment.name)], scope="row")
    return html.Tr([name, *[_cell(fit, place, step, units) for step in fit.segmentation.preparation]])


def _cell(fit: Fit, place: int, step: Step, units: Units) -> html.Td:
    found = figures.cell(fit, place, step)
    standard = units == "standard"
    besides = [] if standard or not found.besides else [html.Span(found.besides, className="besides")]
    return html.Td(
        [found.standard if standard else found.original, *besides],
        className=f"centre {'high' if found.difference >= 0 else 'low'}",
        style={"--strength": f"{min(1.0, abs(found.difference) / STRONGEST):.2f}"},
        title=found.words,
    )
