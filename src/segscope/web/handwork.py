"""Work by hand on the segments: merge two, split one, pin a customer; what will be is shown before it is done."""

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, State, ctx, dcc, html, no_update

from segscope.clustering.handmade import MOST_SEGMENTS
from segscope.comparing import brief
from segscope.errors import SegscopeError
from segscope.hand import LONGEST_IDENTIFIER, pins, structure
from segscope.segmentation import Segment, by_name
from segscope.study import Fit, LiveStudy
from segscope.study.handwork import HandEdit
from segscope.study.history import next_redo, next_undo
from segscope.web import parts
from segscope.web.attributes import aria, data
from segscope.web.foreseeing import edit_of, preview
from segscope.web.pressing import entered, press, read_press, store
from segscope.web.segment_editing import undo_button
from segscope.web.studies import Studies
from segscope.wording import counted

STUDY, ASKED = "study", "job-asked"
WANTED, DIALOG = "hand-wanted", "hand-dialog"
WITH, KEEP, FIELDS, PREVIEW, DO, LEAVE = (
    "hand-with", "hand-keep", "hand-fields", "hand-preview", "hand-do", "hand-leave",
)  # fmt: skip
CUSTOMER, SEGMENT, PIN, PROBLEM = "hand-customer", "hand-segment", "hand-pin", "hand-problem"
SHOWN_PINS = 100
State_ = Mapping[str, Any]
HOW = (
    "What is done by hand comes after the model: nobody else moves, and every way of scoring follows. Stability and "
    "verdict are computed anew, with the same done to each resample. A fit with another recipe begins with the model "
    "again: segments that live on keep their names, but merges, splits and pins are not carried over."
)
HOW_PINNED = "A pinned customer is in this segment whatever the model says. Pins take no part in the verdict."


def actions(segments: int, segment: Segment) -> list[html.Button]:
    """The buttons of a segment's card: merge it, split it."""
    several, full_up = segments > 1, segments >= MOST_SEGMENTS
    merge = html.Button(
        "Merge with …",
        className="menu-item",
        hidden=not several,
        **data(closes="menu"),
        **aria(label=f"Merge {segment.name} with another segment"),
        **press("hand", kind="merge", segment=segment.id),
    )
    cut = html.Button(
        "Split in two",
        className="menu-item",
        disabled=full_up,
        title=f"There are {MOST_SEGMENTS} segments, as many as can be" if full_up else "",
        **data(closes="menu"),
        **aria(label=f"Split {segment.name} in two"),
        **press("hand", kind="split", segment=segment.id),
    )
    return [merge, cut]


def marks(fit: Fit, place: int) -> list[html.Span]:
    """Marks of a segment's card: whether it was made by hand, and how many customers are pinned to it."""
    put = sum(p == place for p in fit.segmentation.pinned.values())
    found = []
    if place in fit.segmentation.made_by_hand:
        found.append(html.Span(parts.chip("made by hand"), title="Merged or split by hand, after the model"))
    if put:
        found.append(html.Span(parts.chip(f"{put} pinned"), title=f"{counted(put, 'customer')} placed by hand"))
    return found


def dialog() -> html.Div:
    """The question before two segments are merged, or one is split."""
    fields = html.Div(
        [parts.select(WITH, "With", [], None), parts.select(KEEP, "Name of", [], None)],
        id=FIELDS,
        className="hand-fields",
        hidden=True,
    )
    buttons = html.Div(
        [
            html.Button("Leave it", id=LEAVE, className="button"),
            html.Button("Do it", id=DO, className="button primary"),
        ],
        className="question-buttons",
    )
    body = html.Div(
        [fields, dcc.Loading(html.Div(id=PREVIEW), type="dot"), buttons], className="question hand-question"
    )
    return html.Div(
        [
            dcc.Store(id=WANTED),
            parts.dialog(DIALOG, "", body, size="xl"),
        ]
    )  # fmt: skip


def card(live: LiveStudy) -> html.Section:
    """What was done by hand, who is pinned, and the form that pins somebody."""
    fit = live.fit
    steps = [html.Li(step.words or "changed") for step in structure(fit.segmentation.hand)]
    done = html.Ol(steps, className="hand-steps") if steps else html.P(_nothing(fit), className="card-note")
    undo = html.Div(undo_button(live), className="hand-undo", hidden=next_undo(live.card) is None)
    return parts.card(
        ["Made by hand", parts.info(HOW)],
        html.Div(
            [
                html.Div([html.H3("Segments"), done, undo]),
                html.Div([html.H3(["Customers", parts.info(HOW_PINNED)], className="inline"), *_pins(live)]),
            ],
            className="hand-columns",
        ),
        class_name="hand",
        id="by-hand",
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""

    @app.callback(
        Output(WANTED, "data"),
        Output(DIALOG, "opened"),
        Output(DIALOG, "title"),
        Output(FIELDS, "hidden"),
        Output(WITH, "data"),
        Output(WITH, "value"),
        Output(PREVIEW, "children", allow_duplicate=True),
        Output(DO, "disabled", allow_duplicate=True),
        Input(store("hand"), "data"),
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _open(pressed: object, study: State_ | None) -> tuple[Any, ...]:
        wanted = read_press(pressed)
        return opened(studies.get(study["id"]).fit, wanted) if study and wanted else (no_update,) * 8

    @app.callback(
        Output(KEEP, "data"),
        Output(KEEP, "value"),
        Input(WANTED, "data"),
        Input(WITH, "value"),
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _names(wanted: State_ | None, other: str | None, study: State_) -> tuple[Any, Any]:
        return names(studies.get(study["id"]).fit, wanted, other) if wanted else (no_update, no_update)

    @app.callback(
        Output(PREVIEW, "children"),
        Output(DO, "children"),
        Output(DO, "disabled"),
        Input(WANTED, "data"),
        Input(WITH, "value"),
        Input(KEEP, "value"),
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _preview(wanted: State_ | None, other: str | None, keep: str | None, study: State_) -> tuple[Any, Any, bool]:
        return preview(studies.get(study["id"]), wanted, other, keep) if wanted else ("", "Do it", True)

    @app.callback(
        Output(ASKED, "data", allow_duplicate=True),
        Output(DIALOG, "opened", allow_duplicate=True),
        Input(DO, "n_clicks"),
        Input(LEAVE, "n_clicks"),
        State(WANTED, "data"),
        State(WITH, "value"),
        State(KEEP, "value"),
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _do(
        _do: int, _leave: int, wanted: State_, other: str | None, keep: str | None, study: State_
    ) -> tuple[Any, bool]:
        if ctx.triggered_id != DO or not wanted:
            return no_update, False
        return start(studies, study["id"], edit_of(wanted, other, keep)), False

    @app.callback(
        Output(ASKED, "data", allow_duplicate=True),
        Output(PROBLEM, "children"),
        Input(store("pins"), "data"),
        State(CUSTOMER, "value"),
        State(SEGMENT, "value"),
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _pin(pressed: object, customer: str | None, segment: str | None, study: State_ | None) -> tuple[Any, Any]:
        wanted = read_press(pressed)
        return pin(studies, study["id"], wanted, customer, segment) if study and wanted else (no_update,) * 2


# ------------------------------------------------------------------------------------------------ what is asked for


def opened(fit: Fit, pressed: State_) -> tuple[Any, ...]:
    """What the dialog begins with.

    Returns
    -------
    the wish, that it is open, its title, whether it has no fields, the segments to merge with and the first choice,
    what stands there until the preview comes, and that nothing can be pressed before
    """
    segment = by_name(fit.segments, str(pressed["segment"]))
    merge = pressed["kind"] == "merge"
    others = [{"value": s.id, "label": s.name} for s in fit.segments if s is not segment]
    nearest = fit.verdict.segments[fit.segments.index(segment)].nearest
    first = fit.segments[nearest].id if nearest is not None else None
    title = f"Merge {segment.name} with another segment" if merge else f"Split {segment.name} in two"
    wish = {"kind": pressed["kind"], "segment": segment.id}
    waiting = html.Div(className="skeleton hand-waiting", role="status", **aria(label="Looking at what will be"))
    return wish, True, title, not merge, others, first if merge else None, waiting, True


def names(fit: Fit, wanted: State_, other: str | None) -> tuple[Any, Any]:
    """Whose name may live on in a merge; the larger's unless somebody chooses."""
    if wanted["kind"] != "merge" or not other:
        return no_update, no_update
    pair = [by_name(fit.segments, wanted["segment"]), by_name(fit.segments, other)]
    larger = max(pair, key=lambda s: s.size)
    return [{"value": s.id, "label": s.name} for s in pair], larger.id


def start(studies: Studies, study_id: str, edit: HandEdit) -> dict[str, int]:
    """Start the run that does it. Returns what marks the request."""
    return {"number": studies.by_hand(study_id, edit).number}


def pin(studies: Studies, study_id: str, wanted: State_, customer: str | None, segment: str | None) -> tuple[Any, Any]:
    """Pin the customer of the form, or unpin one of the list. Returns what marks the request, and what is wrong."""
    try:
        if wanted["do"] == "unpin":
            return start(studies, study_id, HandEdit("unpin", customer=str(wanted["customer"]))), None
        edit = HandEdit("pin", segment or "", customer=str(customer or "").strip())
        return start(studies, study_id, edit), None
    except SegscopeError as error:
        return no_update, parts.notice(str(error), "bad")


def told(live: LiveStudy, step: str | None = None) -> list[Any]:
    """What was done last, with the way back, for the notice at the end of a run.

    Parameters
    ----------
    step : "undo" or "redo" where that was what was done
    """
    edit = next_redo(live.card) if step == "undo" else next_undo(live.card)
    words = edit.words if edit else f"{counted(len(live.fit.segments), 'segment')} now"
    before = {"undo": "Undone: ", "redo": "Done again: "}.get(step or "", "")
    back = "redo" if step == "undo" else "undo"
    return [html.Span(f"{before}{words}. "), html.Button(back.capitalize(), className="toast-button", **data(do=back))]


def what(edit: HandEdit) -> str:
    """What a run does by hand, in words.

    >>> what(HandEdit("merge", "s1", "s2"))
    'two segments merged'
    """
    return {
        "merge": "two segments merged",
        "split": "a segment split in two",
        "pin": f"customer {edit.customer} pinned",
        "unpin": f"customer {edit.customer} unpinned",
    }[edit.kind]


# ------------------------------------------------------------------------------------------------ parts


def _nothing(fit: Fit) -> str:
    words = "Merge two segments or split one from the menu of their cards."
    return (
        f"As the model has them. {words}" if len(fit.segments) > 1 else "Split the segment from the menu of its card."
    )


def _pins(live: LiveStudy) -> list[Any]:
    fit = live.fit
    if fit.recipe.identifier is None:
        return [
            html.P("No column names the customer, so nobody can be pinned.", className="card-note"),
            *_form(fit, hidden=True),
        ]
    put = pins(fit.segmentation.hand)
    lines = [_pinned(fit, p.customer) for p in put[:SHOWN_PINS]]
    rest = (
        [html.P(f"and {counted(len(put) - SHOWN_PINS, 'more')}", className="card-note")]
        if len(put) > SHOWN_PINS
        else []
    )
    return [*_form(fit), html.Ul(lines, className="hand-pins") if put else None, *rest]


def _form(fit: Fit, hidden: bool = False) -> list[Any]:
    label = fit.recipe.column(fit.recipe.identifier).label if fit.recipe.identifier else "Customer"
    field = dcc.Input(
        id=CUSTOMER, placeholder=label, maxLength=LONGEST_IDENTIFIER, autoComplete="off", spellCheck=False,
        className="hand-customer",
    )  # fmt: skip
    options = [(s.id, brief(s.name)) for s in fit.segments]
    form = html.Div(
        [
            html.Label([html.Span(f"Customer to pin, by {label}", className="sr-only"), field]),
            parts.select(SEGMENT, "In", options, options[0][0]),
            html.Button("Pin", id=PIN, className="button", **entered("pins", do="pin")),
        ],
        className="hand-form",
        hidden=hidden,
    )
    return [form, html.Div(id=PROBLEM)]


def _pinned(fit: Fit, customer: str) -> html.Li:
    segment = fit.segments[fit.segmentation.pinned[customer]]
    unpin = html.Button(
        "Unpin",
        className="button quiet",
        **aria(label=f"Unpin {customer}"),
        **press("pins", do="unpin", customer=customer),
    )
    where = html.Span([parts.swatch(segment.colour), segment.name], className="hand-where")
    return html.Li([html.Code(customer), where, unpin])
