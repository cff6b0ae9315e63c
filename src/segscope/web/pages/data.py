"""Data: what is this data, column by column, and what was done with it on the way to the segments?

Everything that was decided can be decided otherwise here: the changes wait in a bar until they are run.
"""

from collections.abc import Mapping
from typing import Any

from dash import ALL, Dash, Input, Output, State, dcc, html, no_update

from segscope.samples import SYNTHETIC_NOTE
from segscope.study import LiveStudy
from segscope.web import columns, drafting, formulas, parts, provenance, reading, rows_card
from segscope.web.attributes import in_browser
from segscope.web.shell import Page
from segscope.web.studies import Studies

TEXTS = "data-texts"
State_ = Mapping[str, Any]


def layout(live: LiveStudy) -> html.Div:
    """The page for a study."""
    rows = columns.rows_of(live)
    synthetic = parts.notice(SYNTHETIC_NOTE, "warn") if live.card.synthetic else None
    return html.Div(
        [
            dcc.Store(id=TEXTS, data=[{"text": r.text, "tags": r.tags} for r in rows]),
            html.H1("Data", className="sr-only"),
            synthetic,
            drafting.bar(),
            provenance.facts(live),
            html.Div([reading.card(live), rows_card.card(live)], className="data-source"),
            html.Div([provenance.cleaning(live), provenance.families(live)], className="data-pair"),
            columns.columns_card(live, rows),
            columns.derived_card(live, rows, formulas.form(live)),
        ],
        className="data",
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""
    drafting.register(app, studies)
    reading.register(app, studies)
    rows_card.register(app, studies)

    in_browser(
        app,
        "data.filter",
        Output({"type": columns.ROW, "place": ALL}, "hidden"),
        Output(columns.COUNT, "children"),
        Input(columns.SEARCH, "value"),
        Input(columns.SHOWN, "value"),
        State(TEXTS, "data"),
    )

    @app.callback(
        Output({"type": columns.SPREAD, "place": ALL}, "children"),
        Input("study", "data"),
        State({"type": columns.SPREAD, "place": ALL}, "id"),
    )
    def _spreads(study: State_ | None, cells: list[State_]) -> list[Any]:
        live = studies.get(study["id"]) if study else None
        return columns.draw_spreads(live) if live else [no_update] * len(cells)

    formulas.register(app, studies)


PAGE = Page("data", "Data", layout)
