"""Segments changed in place: name, colour, note, lock; each change is kept in the study and can be undone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update

from segscope.errors import SegscopeError, StudyError
from segscope.labels import locked, noted, recoloured, renamed, segment_by_id, taken_for, taken_for_new
from segscope.segmentation import Segmentation
from segscope.study import Fit, LiveStudy
from segscope.study.card import Edit
from segscope.study.history import edits, next_redo, next_undo
from segscope.web import changes
from segscope.web.attributes import aria, data
from segscope.web.jobs import Job
from segscope.web.studies import Studies
from segscope.wording import counted

WANTED = "segments-wanted"
LONGEST_VALUE = 2000  # letters that a browser may send; the library says what is too long


def register(app: Dash, studies: Studies) -> None:
    """Do what a card asks for."""

    @app.callback(
        Output("refresh", "data", allow_duplicate=True),
        Output("toast", "children", allow_duplicate=True),
        Output("job-asked", "data", allow_duplicate=True),
        Input(WANTED, "data"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def _change(wanted: Mapping[str, Any] | None, study: Mapping[str, str]) -> tuple[Any, Any, Any]:
        return act(studies, study["id"], wanted) if wanted else (no_update,) * 3


def act(studies: Studies, study_id: str, wanted: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Do what a card or the history asks for.

    Returns
    -------
    what makes the page look again, a notice with the way back, and a run that does the work
    """
    what, segment, value = (str(wanted.get(part) or "")[:LONGEST_VALUE] for part in ("what", "segment", "value"))
    try:
        if what in ("undo", "redo"):
            done = changes.step(studies, study_id, "undo" if what == "undo" else "redo")
        else:
            done = changes.edit(studies, study_id, lambda fit, last: changed(fit, last, what, segment, value))
    except SegscopeError as error:
        return no_update, str(error), no_update
    if isinstance(done, Job):
        return no_update, no_update, {"number": done.number}
    return studies.get(study_id).stamp, _told(what, done) if done else no_update, no_update


def changed(fit: Fit, last_id: int, what: str, segment: str, value: str) -> tuple[Segmentation, str]:
    """A segmentation with one thing about a segment changed, and what was done in words.

    Parameters
    ----------
    last_id : the highest number of an id that was ever given

    Raises
    ------
    StudyError : for a thing that cannot be changed, or a value that is refused
    """
    segmentation = fit.segmentation
    if what == "name":
        return renamed(segmentation, segment, value)
    if what == "colour":
        return recoloured(segmentation, segment, int(value) if value.isdecimal() and len(value) < 3 else -1)
    if what == "note":
        return noted(segmentation, segment, value)
    if what == "lock":
        return locked(segmentation, segment, value == "on")
    if what == "is":
        return taken_for(segmentation, segment, value)
    if what == "new":
        place = segmentation.segments.index(segment_by_id(segmentation, segment))
        return taken_for_new(segmentation, segment, last_id + 1, fit.portraits[place].suggested or "New segment")
    raise StudyError(f"There is nothing called {what!r:.20} to change about a segment.")


def _told(what: str, words: str) -> list[Any]:
    """What was done, with the way back."""
    back = "redo" if what == "undo" else "undo"
    return [html.Span(f"{words}. "), html.Button(back.capitalize(), className="toast-button", **data(do=back))]


# ------------------------------------------------------------------------------------------------ parts


def history(live: LiveStudy) -> html.Div:
    """What was changed by hand, the newest first, with undo and redo."""
    found = edits(live.card)
    lines = [html.Li(_line(e), className="undone" if e.undone else "") for e in reversed(found)]
    buttons = [undo_button(live), _button("Redo", "redo", next_redo(live.card))]
    summary = html.Summary(f"{counted(len(found), 'change')} by hand: see, undo")
    body = [html.Div(buttons, className="history-buttons"), html.Ol(lines, className="history-list")]
    return html.Div(
        [dcc.Store(id=WANTED), html.Details([summary, *body], className="history", hidden=not found)],
        className="segment-history",
    )


def undo_button(live: LiveStudy) -> html.Button:
    """Takes the last change by hand back."""
    return _button("Undo", "undo", next_undo(live.card))


def _line(edit: Edit) -> list[Any]:
    when = datetime.fromisoformat(edit.when)
    said = html.Span([edit.words, " (undone)" if edit.undone else ""])
    return [said, html.Time(f"{when:%d %b %Y, %H:%M} UTC", dateTime=edit.when, className="muted")]


def _button(words: str, what: str, edit: Edit | None) -> html.Button:
    title = f"{words}: {edit.words}" if edit else f"Nothing to {what}"
    named = data(do=what) | aria(label=title)
    return html.Button(words, className="button", disabled=edit is None, title=title, **named)
