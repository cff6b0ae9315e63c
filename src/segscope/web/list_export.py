"""The export of a list in the Explore page: whose, in which form, with which columns; and what that comes to."""

import json
from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html, no_update

from segscope.errors import SegscopeError
from segscope.exploring import parse_filters
from segscope.exporting import check_size
from segscope.recipe import Role
from segscope.study import LiveStudy
from segscope.study.lists import customer_list, list_columns, wanted_filters
from segscope.web import parts
from segscope.web.attributes import aria
from segscope.web.lists import list_address
from segscope.web.studies import Studies
from segscope.web.whose import AUDIENCE, SEGMENT, kept_groups
from segscope.wording import counted, listed

OPEN, DIALOG, WHOM, FORMAT, COLUMNS, PERSONAL, SIZE, DOWNLOAD = (
    "export-open", "export", "export-whom", "export-format", "export-columns", "export-personal", "export-size",
    "export-download",
)  # fmt: skip
SELECTION = "selection"
FORMATS = [("csv", "CSV"), ("xlsx", "Excel"), ("parquet", "Parquet")]
ALL_COLUMNS, FEW_COLUMNS = "all", "few"
State_ = Mapping[str, Any]


def button() -> html.Button:
    """The button of the bar."""
    return html.Button("Export", id=OPEN, className="button", **aria(haspopup="dialog"))


def dialog(live: LiveStudy) -> dmc.Modal:
    """What the button opens."""
    return parts.dialog(DIALOG, "Export a list of customers", _form(live))


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""
    parts.opens(app, OPEN, DIALOG)

    @app.callback(
        Output(SIZE, "children"),
        Output(DOWNLOAD, "href"),
        Output(DOWNLOAD, "className"),
        Input(DIALOG, "opened"),
        Input(WHOM, "value"),
        Input(FORMAT, "value"),
        Input(COLUMNS, "value"),
        Input(PERSONAL, "checked"),
        State("explore-counts", "data"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def _size(opened: bool, of: str, form: str, columns: str, personal: bool, counts: State_, study: State_) -> Any:
        if not opened or not counts:
            return no_update, no_update, no_update
        return offered(studies.get(study["id"]), study["id"], counts, (of, form, columns, bool(personal)))


def offered(live: LiveStudy, study_id: str, counts: State_, wanted: tuple[str, str, str, bool]) -> tuple[Any, str, str]:
    """What an export will hold, in words; its address; and the look of the button, dead where it cannot be."""
    of, form, columns, personal = wanted
    asked: dict[str, Any] = {"format": form}
    try:
        if of.startswith(AUDIENCE):
            asked["audience"] = of.removeprefix(AUDIENCE)
        elif of.startswith(SEGMENT):
            asked["segment"] = of.removeprefix(SEGMENT)
        elif counts["filters"]:
            asked["f"] = json.dumps(counts["filters"], ensure_ascii=False)
        filters = parse_filters(counts["filters"] if of == SELECTION else {}, live.variables)
        filters += wanted_filters(live, asked.get("segment"), asked.get("audience"))
        if columns == FEW_COLUMNS:
            asked["columns"] = [""]
        elif personal:
            asked["personal"] = "true"
        named = () if columns == FEW_COLUMNS else list_columns(live, personal)
        found = customer_list(live, filters, named)
        check_size(f".{form}", found.count, len(found.names))
    except SegscopeError as error:
        return parts.notice(str(error), "bad"), "", "button primary off"
    words = f"{counted(found.count, 'customer')}, {counted(len(found.names), 'column')}: {listed(found.names[:4])}"
    more = f" and {len(found.names) - 4} more" if len(found.names) > 4 else ""
    return words + more, list_address(study_id, **asked), "button primary"


def whom(live: LiveStudy) -> list[dict[str, Any]]:
    """Whose list can be exported."""
    return [{"value": SELECTION, "label": "the current selection"}, *kept_groups(live)]


def _form(live: LiveStudy) -> html.Div:
    personal = [c.label for c in live.recipe.columns if c.role is Role.PERSONAL or c.sensitive]
    columns = [(ALL_COLUMNS, "all of the source"), (FEW_COLUMNS, "identifier and segment only")]
    choice = parts.select(WHOM, "Customers", [], SELECTION)
    choice.data = whom(live)
    return html.Div(
        [
            choice,
            parts.select(FORMAT, "Format", FORMATS, "csv"),
            parts.select(COLUMNS, "Columns", columns, ALL_COLUMNS),
            html.Div(
                dmc.Checkbox(
                    id=PERSONAL,
                    label=f"With what is personal or sensitive: {listed(personal)}",
                    checked=False,
                    size="xs",
                ),
                hidden=not personal,
            ),
            html.Div(id=SIZE, className="card-note", **aria(live="polite")),
            html.Div(
                html.A("Download", id=DOWNLOAD, download="", className="button primary"), className="question-buttons"
            ),
        ],
        className="question exporting",
    )
