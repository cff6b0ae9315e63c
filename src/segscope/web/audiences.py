"""Audiences in the Explore page: save the current filters under a name, apply, rename, delete, and take lists away."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update, set_props

from segscope.errors import SegscopeError
from segscope.exploring import count_each, parse_filters, renewed
from segscope.exporting import check_size
from segscope.recipe import Role
from segscope.study import LiveStudy
from segscope.study.audiences import (
    LONGEST_NAME,
    Audience,
    condition_words,
    conditions,
    delete_audience,
    find_audience,
    read_audiences,
    rename_audience,
    save_audience,
    values_gone,
)
from segscope.study.lists import customer_list, list_columns, wanted_filters
from segscope.web import parts
from segscope.web.attributes import aria, in_browser
from segscope.web.lists import list_address
from segscope.web.pressing import entered, press, read_press, store
from segscope.web.studies import Studies
from segscope.wording import counted, listed, percent

SAVE, SAVING, NAME, CONDITIONS, KEEP, PROBLEM = (
    "audience-save", "audience-saving", "audience-name", "audience-conditions", "audience-keep", "audience-problem",
)  # fmt: skip
SHOW, LIST, SHOWN, CHANGED, APPLIED, REMOVED = (
    "audience-show", "audience-list", "audience-shown", "audience-changed", "audience-applied", "audience-removed",
)  # fmt: skip
EXPORT, EXPORTING, WHOM, FORMAT, COLUMNS, PERSONAL, SIZE, DOWNLOAD = (
    "export-open", "export", "export-whom", "export-format", "export-columns", "export-personal", "export-size",
    "export-download",
)  # fmt: skip
FIELD = "audience-field"
SELECTION, AUDIENCE, SEGMENT = "selection", "audience:", "segment:"
FORMATS = [("csv", "CSV"), ("xlsx", "Excel"), ("parquet", "Parquet")]
ALL_COLUMNS, FEW_COLUMNS = "all", "few"
State_ = Mapping[str, Any]


def tools(live: LiveStudy) -> list[Any]:
    """The buttons of the bar."""
    return [
        html.Button("Save as audience", id=SAVE, className="button", disabled=True),
        html.Button(show_label(live), id=SHOW, className="button", **aria(haspopup="dialog")),
        html.Button("Export", id=EXPORT, className="button", **aria(haspopup="dialog")),
    ]


def dialogs(live: LiveStudy) -> list[Any]:
    """What the buttons open, and what is kept meanwhile."""
    return [
        dcc.Store(id=CHANGED),
        dcc.Store(id=APPLIED),
        dcc.Store(id=REMOVED),
        _modal(SAVING, "Save as audience", _saving()),
        _modal(LIST, "Audiences", html.Div(id=SHOWN, className="audiences"), size="lg"),
        _modal(EXPORTING, "Export a list of customers", _exporting(live)),
    ]


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""
    in_browser(
        app,
        "function (counts) { return !counts || !Object.keys(counts.filters).length; }",
        Output(SAVE, "disabled"),
        Input("explore-counts", "data"),
    )
    for button, modal in ((SHOW, LIST), (EXPORT, EXPORTING)):
        in_browser(
            app,
            "function (clicks) { return clicks ? true : window.dash_clientside.no_update; }",
            Output(modal, "opened"),
            Input(button, "n_clicks"),
            prevent_initial_call=True,
        )
    in_browser(app, "audiences.apply", Output(APPLIED, "modified_timestamp"), Input(APPLIED, "data"))

    @app.callback(
        Output(SAVING, "opened"),
        Output(CONDITIONS, "children"),
        Output(NAME, "value"),
        Output(PROBLEM, "children"),
        Input(SAVE, "n_clicks"),
        State("explore-counts", "data"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def _open(clicks: int | None, counts: State_ | None, study: State_) -> tuple[Any, ...]:
        if not clicks or not counts:
            return no_update, no_update, no_update, no_update
        return True, said(studies.get(study["id"]), counts), "", None

    @app.callback(
        Output(SAVING, "opened", allow_duplicate=True),
        Output(PROBLEM, "children", allow_duplicate=True),
        Output(CHANGED, "data"),
        Input(KEEP, "n_clicks"),
        Input(NAME, "n_submit"),
        State(NAME, "value"),
        State("explore-counts", "data"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def _keep(_click: int | None, _enter: int | None, name: str | None, counts: State_, study: State_) -> Any:
        if not ctx.triggered[0]["value"]:  # the field has just appeared
            return no_update, no_update, no_update
        live = studies.get(study["id"])
        try:
            save_audience(live.folder, Audience((name or "").strip(), dict(counts["filters"])))
        except SegscopeError as error:
            return no_update, parts.notice(str(error), "bad"), no_update
        return False, None, {"saved": name}

    @app.callback(
        Output(SHOWN, "children"),
        Output(SHOW, "children"),
        Output(WHOM, "data"),
        Input(SHOW, "n_clicks"),
        Input(CHANGED, "data"),
        State(REMOVED, "data"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def _draw(_clicks: int | None, changed: State_ | None, removed: State_ | None, study: State_) -> tuple[Any, ...]:
        live = studies.get(study["id"])
        undo = undo_row(removed) if ctx.triggered_id == CHANGED and "deleted" in (changed or {}) else []
        return [*undo, *rows(live)], show_label(live), whom(live)

    @app.callback(
        Output(SHOWN, "children", allow_duplicate=True),
        Output(CHANGED, "data", allow_duplicate=True),
        Output(REMOVED, "data"),
        Input(store("audiences"), "data"),
        State({"type": FIELD, "name": ALL}, "value"),
        State(REMOVED, "data"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def _act(pressed: object, names: list[str | None], removed: State_ | None, study: State_ | None) -> Any:
        wanted = read_press(pressed)
        if not study or not wanted:
            return no_update, no_update, no_update
        return act(studies.get(study["id"]), wanted["do"], wanted["name"], (names or [""])[0], removed)

    @app.callback(
        Output(SIZE, "children"),
        Output(DOWNLOAD, "href"),
        Output(DOWNLOAD, "className"),
        Input(EXPORTING, "opened"),
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


# ------------------------------------------------------------------------------------------------ what happens


def act(live: LiveStudy, what: str, name: str, typed: str | None, removed: State_ | None) -> tuple[Any, Any, Any]:
    """Do what a button of an audience says.

    Parameters
    ----------
    typed : what stands in the field of the audience that is being renamed
    removed : the audience that was deleted last, to put it back

    Returns
    -------
    rows of the list, what changed, and what was removed
    """
    try:
        if what == "apply":
            audience = find_audience(read_audiences(live.folder), name)
            conditions(audience, live.variables)
            set_props(APPLIED, {"data": {"filters": renewed(audience.filters, live.variables)}})
            set_props(LIST, {"opened": False})
        elif what == "export":
            set_props(LIST, {"opened": False})
            set_props(WHOM, {"value": AUDIENCE + name})
            set_props(EXPORTING, {"opened": True})
        elif what == "edit":
            return rows(live, editing=name), no_update, no_update
        elif what == "rename":
            rename_audience(live.folder, name, typed or "")
            return rows(live), {"renamed": name, "to": typed}, no_update
        elif what == "delete":
            audience, place = delete_audience(live.folder, name)
            gone = {"name": audience.name, "filters": audience.filters, "place": place}
            return no_update, {"deleted": name}, gone
        elif what == "undo" and removed:
            save_audience(live.folder, Audience(removed["name"], removed["filters"]), removed["place"])
            return no_update, {"restored": name}, None
        else:
            return rows(live), no_update, no_update
    except SegscopeError as error:
        return (
            [parts.notice(str(error), "bad"), *rows(live, editing=name if what == "rename" else "")],
            no_update,
            no_update,
        )
    return no_update, no_update, no_update


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


# ------------------------------------------------------------------------------------------------ parts


def show_label(live: LiveStudy) -> str:
    """The words of the button that shows the audiences."""
    try:
        count = len(read_audiences(live.folder))
    except SegscopeError:
        return "Audiences (!)"
    return f"Audiences ({count})" if count else "Audiences"


def said(live: LiveStudy, counts: State_) -> html.Div:
    """The current selection in words."""
    filters = parse_filters(counts["filters"], live.variables)
    words = [html.Li(w) for w in condition_words(filters, live.variables)]
    return html.Div([html.P(_share(live, counts["selected"])), html.Ul(words, className="conditions")])


def rows(live: LiveStudy, editing: str = "") -> list[Any]:
    """A row for every audience: name, size, conditions, and what can be done with it."""
    try:
        audiences = read_audiences(live.folder)
    except SegscopeError as error:
        return [parts.notice(str(error), "bad")]
    if not audiences:
        return [html.P("None yet. Select some customers, and save their filters under a name.", className="muted")]
    fitting: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for audience in audiences:
        try:
            fitting[audience.name] = conditions(audience, live.variables)
        except SegscopeError as error:
            problems[audience.name] = str(error)
    sizes = dict(
        zip(fitting, count_each(live.engine, live.customers, list(fitting.values()), live.variables), strict=True)
    )
    found = []
    for audience in audiences:
        head = _field(audience.name) if audience.name == editing else html.Strong(audience.name)
        if audience.name in problems:
            words: Any = html.P(problems[audience.name], className="problem", role="alert")
            size, doable = "", [("edit", "Rename"), ("delete", "Delete")]
        else:
            filters = fitting[audience.name]
            words = html.P(_words(live, filters), className="card-note")
            size = _share(live, sizes[audience.name])
            doable = [("apply", "Apply"), ("export", "Export"), ("edit", "Rename"), ("delete", "Delete")]
        buttons = [_button(what, text, audience.name) for what, text in doable]
        found.append(
            html.Article(
                [
                    html.Div([head, html.Span(size, className="audience-size")], className="audience-head"),
                    words,
                    html.Div(buttons, className="audience-buttons"),
                ],
                className="audience",
            )
        )
    return found


def undo_row(removed: State_ | None) -> list[Any]:
    """What was deleted just now, and the way back."""
    if not removed:
        return []
    words = html.Span(["Deleted ", html.Strong(removed["name"]), "."])
    back = html.Button("Undo", className="button small-button", **press("audiences", do="undo", name=removed["name"]))
    return [html.Div([words, back], className="notice audience-undo", role="status")]


def _words(live: LiveStudy, filters: Any) -> list[Any]:
    gone = values_gone(filters, live.variables)
    shown: list[Any] = ["; ".join(condition_words(filters, live.variables))]
    if gone:
        shown.append(html.Span(f" No customer is in {listed(gone, 'or')} any more.", className="problem"))
    return shown


def _share(live: LiveStudy, count: int) -> str:
    return f"{counted(count, 'customer')} · {percent(count / max(1, live.fit.customers))}"


def _button(what: str, text: str, name: str) -> html.Button:
    return html.Button(text, className="link", **aria(label=f"{text} {name}"), **press("audiences", do=what, name=name))


def _field(name: str) -> html.Span:
    field = dcc.Input(
        id={"type": FIELD, "name": name}, value=name, maxLength=LONGEST_NAME, autoFocus=True, autoComplete="off"
    )
    return html.Span(
        [
            html.Label([html.Span("Name of the audience", className="sr-only"), field]),
            html.Button("Save", className="button small-button", **entered("audiences", do="rename", name=name)),
            html.Button("Cancel", className="button small-button", **press("audiences", do="leave", name=name)),
        ],
        className="audience-field",
    )


def _modal(modal_id: str, title: str, inside: Any, size: str = "md") -> dmc.Modal:
    return dmc.Modal(
        inside, id=modal_id, title=title, opened=False, centered=True, radius="lg", size=size, keepMounted=True,
        closeButtonProps=aria(label="Close"),
    )  # fmt: skip


def _saving() -> html.Div:
    field = dcc.Input(id=NAME, maxLength=LONGEST_NAME, autoComplete="off", placeholder="Such as: Wine lovers under 40")
    return html.Div(
        [
            html.Div(id=CONDITIONS, className="audience-said"),
            html.Label(["Name", field], className="audience-naming"),
            html.Div(id=PROBLEM),
            html.P("Kept are the conditions, so that it always means those who meet them.", className="card-note"),
            html.Div(html.Button("Save", id=KEEP, className="button primary"), className="question-buttons"),
        ],
        className="question",
    )


def whom(live: LiveStudy) -> list[dict[str, Any]]:
    """Whose list can be exported."""
    choices: list[dict[str, Any]] = [{"value": SELECTION, "label": "the current selection"}]
    try:
        audiences: Sequence[Audience] = read_audiences(live.folder)
    except SegscopeError:
        audiences = ()  # the list of audiences says what is wrong
    if audiences:
        kept = [{"value": AUDIENCE + a.name, "label": a.name} for a in audiences]
        choices.append({"group": "Audiences", "items": kept})
    segments = [{"value": SEGMENT + s.id, "label": s.name} for s in live.fit.segments]
    return [*choices, {"group": "Segments", "items": segments}]


def _exporting(live: LiveStudy) -> html.Div:
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
