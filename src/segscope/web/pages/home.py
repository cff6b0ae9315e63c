"""The first page: which studies are there, and how does a new one begin?"""

from typing import Any

from dash import ALL, MATCH, Dash, Input, Output, State, ctx, dcc, html, no_update, set_props

from segscope.errors import SegscopeError
from segscope.settings import size_words
from segscope.theme import segment_variable
from segscope.web import changes, parts, shelf
from segscope.web.addresses import file_name
from segscope.web.attributes import aria, data
from segscope.web.jobs import Job
from segscope.web.pressing import read_press, store
from segscope.web.rerun import fill
from segscope.web.shell import address
from segscope.web.studies import Studies
from segscope.web.uploads import UPLOADS
from segscope.wording import counted

STAMP, ASKED, CLOCK, MAKING, LIST, COUNT = (
    "home-stamp", "home-asked", "home-clock", "home-making", "home-list", "home-count",
)  # fmt: skip
DROP, CHOOSE, SENDING, SAMPLE, PATH, OPEN, PROBLEM = (
    "home-drop", "home-choose", "home-sending", "home-sample", "home-path", "home-open", "home-problem",
)  # fmt: skip
QUESTION, WORDS, YES, NO, NAMED = "home-question", "home-question-words", "home-yes", "home-no", "home-named"
FIELDS = {shelf.NAME: "rename", shelf.TABLE: "retry"}  # what Enter does in a field of a study
TICK_MILLISECONDS = 400
TEMPORARY = (
    "New studies here are kept only until the server ends. Download what you want to keep, or start the server with "
    "a folder for them: "
)


def layout(studies: Studies) -> html.Div:
    """The page for a server's studies."""
    busy = _busy(studies)
    return html.Div(
        [
            dcc.Store(id=STAMP, data=studies.stamp()),
            dcc.Store(id=ASKED),
            dcc.Store(id=NAMED),
            dcc.Interval(id=CLOCK, interval=TICK_MILLISECONDS, disabled=not busy),
            html.Div(
                [html.H1("Studies", className="page-title"), html.P(count(studies), id=COUNT, className="card-note")],
                className="home-head",
            ),
            _beginning(studies),
            html.Div(id=SENDING, className="home-rows", **data(sending="")),
            html.Div([shelf.making_row(job) for job in studies.making()], id=MAKING, className="home-rows"),
            html.Div(shown(studies), id=LIST, className="home-list"),
            _where(studies),
            shelf.question(QUESTION, WORDS, YES, NO),
        ],
        className="home",
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""

    @app.callback(
        Output(STAMP, "data"),
        Output(CLOCK, "disabled"),
        Output({"type": shelf.BAR, "study": ALL}, "children"),
        Output({"type": shelf.STAGE, "study": ALL}, "children"),
        Input(CLOCK, "n_intervals"),
        Input(ASKED, "data"),
        State({"type": shelf.BAR, "study": ALL}, "id"),
        State(STAMP, "data"),
    )
    def _tick(_n: int | None, asked: dict[str, Any] | None, rows: list[dict[str, str]], shown: str) -> tuple[Any, ...]:
        busy = _busy(studies)  # asked first: what ends after this is seen by the next tick
        jobs = [studies.jobs.latest(row["study"]) for row in rows]
        stamp = studies.stamp()
        _open_when_made(studies, asked)
        studies.jobs.warm()
        return (
            no_update if stamp == shown else stamp,
            not busy,
            [fill(job.share) if job else no_update for job in jobs],
            [shelf.stage_words(job) if job else no_update for job in jobs],
        )

    @app.callback(
        Output(COUNT, "children"),
        Output(MAKING, "children"),
        Output(LIST, "children"),
        Input(STAMP, "data"),
        prevent_initial_call=True,
    )
    def _draw(_stamp: str) -> tuple[Any, ...]:
        return count(studies), [shelf.making_row(job) for job in studies.making()], shown(studies)

    @app.callback(
        Output(ASKED, "data"),
        Output(PROBLEM, "children"),
        Input(SAMPLE, "n_clicks"),
        Input(OPEN, "n_clicks"),
        Input(PATH, "n_submit"),
        State(PATH, "value"),
        prevent_initial_call=True,
    )
    def _begin(_sample: int | None, _open: int | None, _enter: int | None, path: str | None) -> tuple[Any, Any]:
        if not ctx.triggered[0]["value"]:  # the field has just appeared
            return no_update, no_update
        try:
            job = studies.make_sample() if ctx.triggered_id == SAMPLE else begin_from(studies, path)
        except SegscopeError as error:
            return no_update, parts.notice(str(error), "bad")
        return {"study": job.study_id, "run": job.number}, None

    @app.callback(
        Output(ASKED, "data", allow_duplicate=True),
        Input(store("studies"), "data"),
        *[State({"type": kind, "study": ALL}, "id") for kind in FIELDS],
        *[State({"type": kind, "study": ALL}, "value") for kind in FIELDS],
        prevent_initial_call=True,
    )
    def _act(pressed: object, *_fields: Any) -> Any:
        wanted = read_press(pressed)
        if not wanted:
            return no_update
        typed = {field["id"]["study"]: field.get("value") or "" for field in _typed(wanted["do"])}
        return act(studies, wanted["do"], wanted["study"], typed)

    @app.callback(
        Output({"type": shelf.TITLE, "study": MATCH}, "children"),
        Input({"type": shelf.EDIT, "what": ALL, "study": MATCH}, "n_clicks"),
        prevent_initial_call=True,
    )
    def _edit(_clicks: list[int | None]) -> Any:
        if not ctx.triggered[0]["value"]:
            return no_update
        chosen = dict(ctx.triggered_id or {})
        name = next((e.card.name for e in studies.listed() if e.id == chosen["study"] and e.card), "")
        part = shelf.name_field if chosen["what"] == "rename" else shelf.title
        return part(chosen["study"], name)

    @app.callback(
        Output(ASKED, "data", allow_duplicate=True),
        Output(QUESTION, "opened"),
        Input(YES, "n_clicks"),
        Input(NO, "n_clicks"),
        State(NAMED, "data"),
        prevent_initial_call=True,
    )
    def _answer(_yes: int | None, _no: int | None, named: str | None) -> tuple[Any, bool]:
        if ctx.triggered_id != YES or not named:
            return no_update, False
        try:
            studies.delete(named)
        except SegscopeError as error:
            set_props("toast", {"children": str(error)})
        return {"deleted": named}, False


# ------------------------------------------------------------------------------------------------ what happens


def begin_from(studies: Studies, path: str | None) -> Job:
    """Make a study from a path or address that was typed.

    Raises
    ------
    SegscopeError : where that is not offered, or nothing was typed
    """
    source = (path or "").strip().strip("\"'")
    if not studies.local:
        raise SegscopeError("This server takes uploads only.")
    if not source:
        raise SegscopeError("Type the path of a file, or the address of a database.")
    return studies.make(local_source(source), file_name(without_password(source)))


def local_source(source: str) -> str:
    """A path with the user's folder in place of ~; an address as it is.

    >>> local_source("sqlite:///shop.db")
    'sqlite:///shop.db'
    """
    from pathlib import Path

    return source if "://" in source else str(Path(source).expanduser())


def without_password(source: str) -> str:
    """An address without what follows its path: options may hold a password.

    >>> without_password("postgresql://me:secret@host/shop?password=x"), without_password("/data/what?.csv")
    ('postgresql://me:secret@host/shop', '/data/what?.csv')
    """
    return source.partition("?")[0] if "://" in source else source


def _typed(what: str) -> list[dict[str, Any]]:
    """The fields on the page that belong to a button, with what was typed into them."""
    fields = [field for kind in ctx.states_list for field in kind if field["property"] == "value"]
    return [field for field in fields if FIELDS[field["id"]["type"]] == what]


def act(studies: Studies, what: str, study_id: str, typed: dict[str, str]) -> dict[str, Any] | Any:
    """Do what a button of a study says. Returns what makes the page look again.

    Parameters
    ----------
    typed : by study, what stands in the field that belongs to the button
    """
    if what == "delete":
        entry = next((e for e in studies.listed() if e.id == study_id), None)
        if entry:
            set_props(WORDS, {"children": shelf.question_words(entry)})
            set_props(NAMED, {"data": study_id})
            set_props(QUESTION, {"opened": True})
        return no_update
    if what == "rename":
        changes.rename(studies, study_id, typed.get(study_id, ""))
    elif what == "cancel":
        studies.jobs.cancel(study_id)
    elif what == "dismiss":
        studies.dismiss(study_id)
    elif what == "retry":
        return {"study": study_id, "run": studies.retry(study_id, typed.get(study_id, "").strip()).number}
    return {what: study_id, "name": typed.get(study_id)}


def _open_when_made(studies: Studies, asked: dict[str, Any] | None) -> None:
    """Go to the study that was asked for on this page, once it is there."""
    job = studies.jobs.latest(asked["study"]) if asked and "study" in asked else None
    if asked and job and job.number == asked["run"] and job.status == "done":
        set_props("url", {"pathname": address(job.study_id, "data"), "search": "", "hash": ""})


def _busy(studies: Studies) -> bool:
    return any(studies.jobs.running(i) for i in studies.ids) or any(j.status == "running" for j in studies.making())


# ------------------------------------------------------------------------------------------------ parts


def count(studies: Studies) -> str:
    """How many studies there are, in words."""
    number = len(studies.ids)
    return counted(number, "study") if number else "None yet. A study is a customer file and the segments found in it."


def shown(studies: Studies) -> list[Any]:
    """The studies; where there is none, what one would tell."""
    found: list[Any] = list(shelf.cards(studies))
    return found or ([] if studies.making() else [_welcome()])


def _welcome() -> html.Div:
    promises = [
        (
            "The file is read as it is",
            "Separator, encoding, types and roles are found from its contents. Every repair and every blank that was "
            "filled is shown with its count.",
            (0,),
        ),
        (
            "Segments are judged, not just drawn",
            "Each solution is called natural, reproducible or constructed, with the evidence. Noise is never passed "
            "off as a finding.",
            (0, 1, 2),
        ),
        (
            "Then you work with them",
            "Explore and compare the segments, name them, read what sets them apart, and place a new customer.",
            (0, 1, 2, 3),
        ),
    ]

    def strip(colours: tuple[int, ...]) -> html.Div:
        pieces = [html.Span(style={"background": segment_variable(c)}) for c in colours]
        return html.Div(pieces, className="segment-strip")

    columns = [html.Div([strip(colours), html.H2(title), html.P(words)]) for title, words, colours in promises]
    return html.Div(columns, className="welcome")


def _beginning(studies: Studies) -> html.Section:
    """Where a new study begins: a place to drop a file at, which is a button too; a path; the sample."""
    limit = studies.settings.upload_limit
    drop = html.Div(
        [
            html.Div(className="drop-mark", **aria(hidden="true")),
            html.Div(
                [
                    html.P("Drop a customer file anywhere on this page", className="drop-title"),
                    html.P(
                        "CSV or other delimited text, Excel, Parquet, Arrow, JSON lines, SQLite or DuckDB, "
                        f"also packed; or a study’s zip. Up to {size_words(limit)}.",
                        className="card-note",
                    ),
                ],
                className="drop-words",
            ),
            html.Button("Choose a file", id=CHOOSE, className="button primary"),
        ],
        id=DROP,
        className="drop",
        **data(limit=limit, words=size_words(limit), to=UPLOADS),
    )
    sample = html.Div(
        [
            html.Div(
                [
                    html.P("No file at hand?", className="way-title"),
                    html.P("2,240 synthetic customers of a food shop, ready in seconds.", className="card-note"),
                ]
            ),
            html.Button("Try the sample customers", id=SAMPLE, className="button"),
        ],
        className="way",
    )
    # Always there for the callbacks; shown only where the server is for its own machine.
    path = html.Div(
        [
            html.Label("Or a file or database on this computer", htmlFor=PATH, className="way-title"),
            html.Div(
                [
                    dcc.Input(
                        id=PATH, placeholder="/data/customers.csv", className="path-input", autoComplete="off",
                        spellCheck=False,
                    ),
                    html.Button("Open", id=OPEN, className="button"),
                ],
                className="path-line",
            ),
        ],
        className="way path",
        hidden=not studies.local,
    )  # fmt: skip
    ways = html.Div([sample, path], className="ways")
    return html.Section(
        [html.Div([drop, ways], className="beginning-parts"), html.Div(id=PROBLEM)],
        className="card beginning",
        **aria(label="New study"),
    )


def _where(studies: Studies) -> html.P:
    """Where new studies are kept."""
    if studies.home.is_temporary:
        return html.P([TEMPORARY, html.Code("segscope serve FOLDER")], className="home-where")
    return html.P(["New studies are kept in ", html.Code(str(studies.home.folder)), "."], className="home-where")
