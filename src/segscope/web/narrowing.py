"""The switch "Only the selection from Explore": profiles, densities and comparisons of the selected customers alone."""

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, set_props

from segscope.errors import SegscopeError
from segscope.exploring import parse_filters
from segscope.study import LiveStudy
from segscope.study.audiences import condition_words
from segscope.study.narrowing import Narrowed, narrowed
from segscope.web import parts
from segscope.web.attributes import in_browser
from segscope.web.studies import Studies
from segscope.wording import counted, listed

FILTERS, INSIGHTS_FILTERS, STUDY = "segments-filters", "insights-filters", "study"
State_ = Mapping[str, Any]
HOW = (
    "What you select on the Explore tab can be looked at here alone: everything under this bar but the rules is "
    "computed for those customers, and everyone means all of them. Who is in which segment does not change."
)


def switch(filters: str = FILTERS, how: str = HOW) -> list[Any]:
    """The switch of a page, and what is selected, in the store of the id ``filters``."""
    only, said_ = _parts_of(filters)
    label = html.Span(["Only the selection from Explore", parts.info(how)], className="inline")
    return [
        dcc.Store(id=filters, data={}),
        dmc.Switch(id=only, label=label, checked=False, size="xs", className="segments-only"),
        html.Span(id=said_, className="small muted segments-only-said", role="status"),
    ]


def _parts_of(filters: str) -> tuple[str, str]:
    """Ids of a page's switch, and of what it says."""
    page = filters.removesuffix("-filters")
    return f"{page}-only", f"{page}-only-said"


def register(app: Dash, studies: Studies, filters: str = FILTERS) -> None:
    """The address, the browser's session and the switch decide together; say who is looked at."""
    only_id, said_id = _parts_of(filters)
    in_browser(
        app, "segments.only", Output(filters, "data"), Output(only_id, "checked"), Output(only_id, "disabled"),
        Input(STUDY, "data"), Input(only_id, "checked"),
    )  # fmt: skip

    @app.callback(Output(said_id, "children"), Input(filters, "data"), State(STUDY, "data"))
    def _said(only: State_ | None, shown: State_) -> str:
        return said(study(studies, shown, only))


def study(studies: Studies, shown: State_, only: State_ | None) -> LiveStudy:
    """The study that is shown, narrowed to the selection; filters that cannot be read are told and left out."""
    live = studies.get(shown["id"])
    try:
        return narrowed(live, parse_filters(only, live.variables))
    except SegscopeError as error:
        set_props("toast", {"children": str(error)})
        return live


def said(live: LiveStudy) -> str:
    """How many customers are looked at, and which; nothing where it is everybody."""
    if not isinstance(live, Narrowed):
        return ""
    words = listed(condition_words(live.filters, live.variables))
    return f"{counted(live.fit.profiles.everybody.customers, 'customer')}: {words}"
