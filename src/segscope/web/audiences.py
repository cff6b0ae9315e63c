"""Audiences in the Explore page: save the current filters under a name, apply, rename, delete."""

from collections.abc import Mapping
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update, set_props

from segscope.errors import SegscopeError
from segscope.exploring import count_each, parse_filters, renewed
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
from segscope.web import list_export, parts, whose
from segscope.web.attributes import aria, in_browser
from segscope.web.pressing import entered, press, read_press, store
from segscope.web.studies import Studies
from segscope.wording import counted, listed, percent

SAVE, SAVING, NAME, CONDITIONS, KEEP, PROBLEM = (
    "audience-save", "audience-saving", "audience-name", "audience-conditions", "audience-keep", "audience-problem",
)  # fmt: skip
SHOW, LIST, SHOWN, CHANGED, APPLIED, REMOVED = (
    "audience-show", "audience-list", "audience-shown", "audience-changed", "audience-applied", "audience-removed",
)  # fmt: skip
FIELD = "audience-field"
State_ = Mapping[str, Any]


def tools(live: LiveStudy) -> list[Any]:
    """The buttons of the bar."""
    return [
        html.Button("Save as audience", id=SAVE, className="button", disabled=True),
        html.Button(show_label(live), id=SHOW, className="button", **aria(haspopup="dialog")),
        list_export.button(),
    ]


def dialogs(live: LiveStudy) -> list[Any]:
    """What the buttons open, and what is kept meanwhile."""
    return [
        dcc.Store(id=CHANGED),
        dcc.Store(id=APPLIED),
        dcc.Store(id=REMOVED),
        parts.dialog(SAVING, "Save as audience", _saving()),
        parts.dialog(LIST, "Audiences", html.Div(id=SHOWN, className="audiences"), size="lg"),
        list_export.dialog(live),
    ]


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""
    in_browser(
        app,
        "function (counts) { return !counts || !Object.keys(counts.filters).length; }",
        Output(SAVE, "disabled"),
        Input("explore-counts", "data"),
    )
    parts.opens(app, SHOW, LIST)
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
        Output(list_export.WHOM, "data"),
        Input(SHOW, "n_clicks"),
        Input(CHANGED, "data"),
        State(REMOVED, "data"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def _draw(_clicks: int | None, changed: State_ | None, removed: State_ | None, study: State_) -> tuple[Any, ...]:
        live = studies.get(study["id"])
        undo = undo_row(removed) if ctx.triggered_id == CHANGED and "deleted" in (changed or {}) else []
        return [*undo, *rows(live)], show_label(live), list_export.whom(live)

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
            set_props(list_export.WHOM, {"value": whose.AUDIENCE + name})
            set_props(list_export.DIALOG, {"opened": True})
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
