"""Changes that are not run yet: what they come to, undo and redo, and the button that runs them.

A page marks what can be changed with ``change_of``; assets/editing.js keeps the changes in the browser, in order, until
they are run. What they come to is worked out here, with segscope.editing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash, Input, Output, State, ctx, dcc, html, no_update

from segscope.editing import Change, Draft, draft
from segscope.errors import RecipeError, SegscopeError
from segscope.hand import lost_in_words
from segscope.json_text import build
from segscope.study import LiveStudy, Order
from segscope.web import parts, rerun
from segscope.web.attributes import aria, data, in_browser
from segscope.web.studies import Studies
from segscope.wording import counted

STUDY, JOB, ASKED = "study", "job", "job-asked"
KEPT, DRAFT, CHIP = "draft-kept", "draft", "header-draft"
BAR, TITLE, LIST, RUN, UNDO, REDO, DISCARD, PROBLEM = (
    "draft-bar", "draft-title", "draft-list", "draft-run", "draft-undo", "draft-redo", "draft-discard", "draft-problem",
)  # fmt: skip
PROGRESS, FILL, STAGE, CANCEL = "draft-progress", "draft-fill", "draft-stage", "draft-cancel"
STALE = "Segments, charts and findings still show the data before these changes."


def change_of(kind: str, name: str, now: str) -> dict[str, Any]:
    """Attributes that let a control change something: what, of which name, and its value as it is."""
    return data(change=kind, name=name, now=now)


def choice(kind: str, name: str, options: Sequence[tuple[str, str]], now: str, label: str) -> html.Select:
    """A choice of one, as a control of the browser's own: light enough for a thousand columns."""
    return html.Select(
        [html.Option(text, value=value, selected=value == now) for value, text in options],
        className="pick",
        **change_of(kind, name, now),
        **aria(label=label),
    )


def switch(kind: str, name: str, on: bool, label: str) -> html.Button:
    """Something that is on or off."""
    return html.Button(
        html.Span(className="switch-knob"),
        className="switch",
        role="switch",
        **change_of(kind, name, "yes" if on else "no"),
        **aria(label=label, checked="true" if on else "false"),
    )


def bar() -> html.Div:
    """The bar that says what is changed and not run yet; hidden while nothing is."""
    buttons = [
        html.Button("Undo", id=UNDO, className="button", title="Ctrl+Z", **data(draft="undo")),
        html.Button("Redo", id=REDO, className="button", title="Ctrl+Shift+Z", **data(draft="redo")),
        html.Button("Discard", id=DISCARD, className="button", **data(draft="discard")),
        html.Button("Run again", id=RUN, className="button primary"),
    ]
    progress = html.Div(
        [
            html.Div(rerun.fill(0.0), id=FILL, className="progress"),
            html.Div(
                [html.Div(id=STAGE, className="progress-words"), html.Button("Cancel", id=CANCEL, className="button")],
                className="progress-line",
            ),
        ],
        id=PROGRESS,
        className="progress-box",
        hidden=True,
    )
    return html.Div(
        [
            dcc.Store(id=KEPT, storage_type="session"),
            dcc.Store(id=DRAFT),
            html.Section(
                [
                    html.Div(
                        [
                            html.Div([html.H2(id=TITLE), html.Ul(id=LIST)], className="draft-words", role="status"),
                            html.Div(buttons, className="draft-buttons"),
                        ],
                        className="draft-line",
                    ),
                    html.Div(id=PROBLEM),
                    progress,
                ],
                id=BAR,
                className="draft-bar",
                hidden=True,
                **aria(label="Changes that are not run yet"),
            ),
        ],
        className="draft-place",
    )


def register(app: Dash, studies: Studies) -> None:
    """Keep the bar in step with the changes, and run them."""

    in_browser(app, "editing.take", Output(DRAFT, "data"), Input(KEPT, "data"), Input(STUDY, "data"))
    in_browser(
        app,
        "editing.chip",
        Output(CHIP, "children"),
        Output(CHIP, "href"),
        Input(STUDY, "data"),
        Input("url", "pathname"),
    )

    @app.callback(
        Output(BAR, "hidden"),
        Output(TITLE, "children"),
        Output(LIST, "children"),
        Output(PROBLEM, "children"),
        Output(RUN, "disabled"),
        Output(UNDO, "disabled"),
        Output(REDO, "disabled"),
        Input(DRAFT, "data"),
        Input(JOB, "data"),
        State(STUDY, "data"),
    )
    def _show(kept: Mapping[str, Any] | None, job: Mapping[str, Any] | None, study: Mapping[str, str]) -> Any:
        return show(studies.get(study["id"]), kept or {}, job)

    @app.callback(
        Output(ASKED, "data", allow_duplicate=True),
        Output(PROBLEM, "children", allow_duplicate=True),
        Input(RUN, "n_clicks"),
        Input(CANCEL, "n_clicks"),
        State(DRAFT, "data"),
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _act(_run: int, _cancel: int, kept: Mapping[str, Any] | None, study: Mapping[str, str]) -> Any:
        if not ctx.triggered[0]["value"]:
            return no_update, no_update
        try:
            return act(studies, study["id"], str(ctx.triggered_id), kept or {}), None
        except SegscopeError as error:
            return no_update, parts.notice(str(error), "bad")

    @app.callback(
        Output(PROGRESS, "hidden"),
        Output(FILL, "children"),
        Output(STAGE, "children"),
        Input(JOB, "data"),
    )
    def _progress(job: dict[str, Any] | None) -> tuple[bool, object, object]:
        running = bool(job and job["status"] == "running")
        return not running, rerun.fill(job["share"] if job else 0.0), rerun.stage(job)


def changes(kept: Mapping[str, Any]) -> tuple[Change, ...]:
    """The changes that a browser holds; anything else in their place is refused."""
    found: tuple[Change, ...] = build(tuple[Change, ...], kept.get("done") or [], RecipeError, "changes")
    return found


def drafted(live: LiveStudy, kept: Mapping[str, Any]) -> Draft:
    """What the browser's changes make of a study's recipe and reading."""
    return draft(live.recipe, live.card.reading, changes(kept))


def show(live: LiveStudy, kept: Mapping[str, Any], job: Mapping[str, Any] | None) -> tuple[object, ...]:
    """The bar for some changes: hidden, title, list, problem, and which buttons rest."""
    done, undone = kept.get("done") or [], kept.get("undone") or 0
    running = bool(job and job["status"] == "running")
    try:
        found = drafted(live, kept)
    except SegscopeError as error:
        refused = parts.notice([str(error), " Undo it, or change it again."], "bad")
        return False, "This change cannot be made", [], refused, True, not done, not undone
    log = found.recipe.log
    if log and not (log.customer and log.date and (log.amount or (log.unit_price and log.quantity))):
        wanted = "Choose the log's customer, date and amount (or unit price and quantity)"
        return False, wanted, [html.Li(s) for s in found.sentences], None, True, not done, not undone
    same = (found.recipe, found.reading) == (live.recipe, live.card.reading)
    if same and not running:
        return not undone, "Nothing is changed any more", [], None, True, not done, not undone
    count = len(found.sentences)
    title = f"{counted(count, 'change')} not run yet" if not running else "Running"
    lost = lost_in_words(live.fit.segmentation.hand)
    notes = [*found.follows, STALE, *([lost] if lost else [])]
    items = [html.Li(s) for s in found.sentences] + [html.Li(s, className="muted") for s in notes]
    failed = job and job["status"] == "failed"
    problem = parts.notice([html.Strong("The run failed. "), job["message"]], "bad") if job and failed else None
    return False, title, items, problem, running or same, running or not done, running or not undone


def act(studies: Studies, study_id: str, button: str, kept: Mapping[str, Any]) -> object:
    """Run the changes, or stop the run. Returns what marks the request, so that the page starts to follow it."""
    if button == CANCEL:
        studies.jobs.cancel(study_id)
        return {"cancelled": study_id}
    live = studies.get(study_id)
    found = drafted(live, kept)
    return {"number": studies.start(study_id, Order(str(live.folder), found.recipe, found.reading)).number}
