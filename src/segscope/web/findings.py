"""The card of findings: read, look at the chart, pin, hide, note. What people decide is kept in the study."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, dcc, html, no_update

from segscope.errors import SegscopeError
from segscope.figures.insights import finding_amount, finding_bars, finding_height
from segscope.insights import Finding, Insights, find_insights
from segscope.segmentation import SEGMENT, Segment
from segscope.study import LiveStudy
from segscope.study.fitting import customer_key
from segscope.study.live import SAMPLE_CUSTOMERS
from segscope.study.remarks import LONGEST_NOTE, About, Remark, about, keep_remark, read_remarks
from segscope.theme import Scheme, segment_variable
from segscope.web import parts
from segscope.web.attributes import aria
from segscope.web.pressing import press, read_press, store
from segscope.web.studies import Studies
from segscope.wording import counted

FINDINGS, NOTE = "insights-findings", "insights-findings-note"
TYPED, CHARTED = "insights-typed", "insights-charted"
SHOWN_AT_ONCE = 8
State_ = Mapping[str, Any]

HOW_FOUND = (
    "Every segment was compared with all other customers on every column, on one half of the customers, drawn by a "
    "hash. What differed noticeably (effect size 0.1 or more) and survived the correction for how many were tried "
    "(Benjamini-Hochberg, 5 %) was looked at again on the other half, under the same conditions; intervals are of that "
    "half. Strength is the effect size after Cohen: from 0.8 very strong, from 0.5 strong, from 0.2 moderate, below it "
    "slight. Of more than 20,000 customers a sample of that size is searched; means and shares are those of all."
)
MADE = (
    "The segments were made from this column, or from what it is made of, so they differ on it by construction: it "
    "describes them, it does not prove them."
)


def card() -> html.Section:
    """The card, before the search is done."""
    waiting = html.Div([html.Div(className="skeleton finding-waiting") for _ in range(SHOWN_AT_ONCE)])
    return parts.card(
        ["What deserves saying", parts.info(HOW_FOUND)],
        html.Div(waiting, id=FINDINGS, className="findings"),
        dmc.Modal(
            id=CHARTED,
            opened=False,
            centered=True,
            radius="lg",
            size="xl",
            title="",
            closeButtonProps=aria(label="Close"),
        ),
        actions=[html.Span("Searching …", id=NOTE, className="card-note")],
        class_name="insights-findings",
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""

    @app.callback(Output(FINDINGS, "children"), Output(NOTE, "children"), Input("study", "data"))
    def _findings(study: State_ | None) -> tuple[Any, Any]:
        return draw(studies.get(study["id"])) if study else (no_update, no_update)

    @app.callback(
        Output(FINDINGS, "children", allow_duplicate=True),
        Input(store("findings"), "data"),
        State({"type": TYPED, "key": ALL}, "value"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def _act(pressed: object, typed: list[str | None], study: State_ | None) -> Any:
        wanted = read_press(pressed)
        if not study or not wanted:
            return no_update
        return act(studies.get(study["id"]), wanted["do"], wanted["key"], (typed or [""])[0] or "")

    @app.callback(
        Output(CHARTED, "opened"),
        Output(CHARTED, "title"),
        Output(CHARTED, "children"),
        Input(store("charted"), "data"),
        State("scheme", "data"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def _chart(pressed: object, scheme: Scheme | None, study: State_ | None) -> tuple[Any, Any, Any]:
        wanted = read_press(pressed)
        if not study or not wanted:
            return no_update, no_update, no_update
        return chart(studies.get(study["id"]), wanted["key"], scheme or "light")


def search(live: LiveStudy) -> Insights:
    """The findings of a study; searched for once, among at most 20,000 customers, so that nobody waits."""
    names = [s.name for s in live.fit.segments]
    key = customer_key(live.sample, live.recipe)
    return live.once_named(
        "insights: findings",  # where the report finds them too
        lambda: find_insights(live.engine, live.sample, SEGMENT, key, live.recipe, live.fit.profiles, names),
    )


# ------------------------------------------------------------------------------------------------ what happens


def act(live: LiveStudy, what: str, key: str, typed: str) -> Any:
    """Do what a button of a finding says; return the list as it is then."""
    if what == "edit":
        return draw(live, editing=key)[0]
    try:
        remark = _remark(live, key)
        if remark:
            keep_remark(live.folder, _changed(remark, what, typed))
    except SegscopeError as error:
        return [parts.notice(str(error), "bad"), *draw(live, editing=key if what == "save" else "")[0]]
    return draw(live, touched=key)[0]


def _changed(remark: Remark, what: str, typed: str) -> Remark:
    if what == "forget":
        return Remark(remark.about)
    if what == "save":
        return replace(remark, note=" ".join(typed.split()))
    if what in ("pin", "unpin"):
        return replace(remark, pinned=what == "pin", hidden=remark.hidden and what != "pin")
    if what in ("hide", "show"):
        return replace(remark, hidden=what == "hide", pinned=remark.pinned and what != "hide")
    return remark


def _remark(live: LiveStudy, key: str) -> Remark | None:
    """What is kept about a finding, or nothing yet; None for a finding that nobody knows."""
    kept = next((r for r in read_remarks(live.folder) if r.about.key == key), None)
    finding = _by_key(live).get(key)
    return kept or (Remark(about(finding, live.fit.segments)) if finding else None)


def _by_key(live: LiveStudy) -> dict[str, Finding]:
    found = search(live)
    return {about(f, live.fit.segments).key: f for f in (*found.findings, *found.further)}


def chart(live: LiveStudy, key: str, scheme: Scheme) -> tuple[bool, Any, Any]:
    """The chart of a finding, in a window of its own: whether it opens, its title, what is in it."""
    finding = _by_key(live).get(key)
    if finding is None:
        return False, no_update, no_update
    segments = live.fit.segments
    box = parts.chart("insights-finding", f"{finding.candidate.label}, by segment", finding_height(len(segments)))
    box.children[0].figure = finding_bars(finding, segments, scheme)
    note = "Bars: all customers whose value is known, with the 95 % interval. Dashed: everybody."
    return True, finding.sentence, [box, html.P([_evidence(finding), html.Br(), note], className="finding-note")]


# ------------------------------------------------------------------------------------------------ the list


def draw(live: LiveStudy, editing: str = "", touched: str = "") -> tuple[list[Any], str]:
    """The list of findings and the note beside its title.

    Parameters
    ----------
    editing : key of the finding whose note is being written
    touched : key of the finding that something was just decided about: the part where it stands is open
    """
    found, segments = search(live), live.fit.segments
    if not found.tried:
        few = "There are too few customers, or only one segment, to search on one half and confirm on the other."
        return [html.P(few, className="muted")], ""
    try:
        remarks, trouble = {r.about.key: r for r in read_remarks(live.folder)}, []
    except SegscopeError as error:
        remarks, trouble = {}, [parts.notice(str(error), "bad")]
    by_key = _by_key(live)
    pinned = [k for k in by_key if k in remarks and remarks[k].pinned]
    hidden = [k for k in by_key if k in remarks and remarks[k].hidden]
    ranked = [k for k in (about(f, segments).key for f in found.findings) if k not in pinned and k not in hidden]
    first, more = [*pinned, *ranked[:SHOWN_AT_ONCE]], ranked[SHOWN_AT_ONCE:]
    gone = [r for k, r in remarks.items() if k not in by_key and (r.pinned or r.note)]

    def listed_(keys: Sequence[str], start: int = 1) -> html.Ol:
        rows = [_finding(by_key[k], k, remarks.get(k), segments, k == editing) for k in keys]
        return html.Ol(rows, className="finding-list", start=str(start))

    def folded(title: str, keys: Sequence[str], inside: Any) -> html.Details:
        is_open = bool({editing, touched} & set(keys))
        return html.Details([html.Summary(title), inside], className="finding-more", open=is_open)

    none = "Nothing that was found on one half of the customers held on the other. That is an answer too."
    body: list[Any] = [*trouble, listed_(first) if first else html.P(none, className="muted")]
    if more:
        body.append(folded(f"Show {len(more)} more", more, listed_(more, len(first) + 1)))
    if hidden:
        body.append(folded(f"{len(hidden)} hidden", hidden, listed_(hidden)))
    if gone:
        title = f"{counted(len(gone), 'remark')} on what is not confirmed any more"
        body.append(folded(title, [r.about.key for r in gone], html.Ul([_gone(r, live) for r in gone])))
    return body, _note(live, found, len(first))


def _note(live: LiveStudy, found: Insights, shown: int) -> str:
    of = f" on {whom}" if (whom := _searched(live)) else ""
    held = f"{found.confirmed:,} confirmed on the other half"
    return f"{counted(found.tried, 'candidate')} tried{of}, {held}, {shown} shown"


def _searched(live: LiveStudy) -> str:
    """Whom the search looked at, where that is not everybody."""
    return "" if live.card.customers <= SAMPLE_CUSTOMERS else f"{SAMPLE_CUSTOMERS:,} customers drawn by a hash"


def _finding(finding: Finding, key: str, remark: Remark | None, segments: Sequence[Segment], editing: bool) -> html.Li:
    candidate = finding.candidate
    marks = [parts.tip(MADE, parts.chip("made the segments"))] if candidate.made else []
    marks += [parts.chip("sensitive", "warn")] if candidate.sensitive else []
    marks += [parts.chip("pinned", "accent")] if remark and remark.pinned else []
    words: list[Any] = [
        html.Div([html.H3(finding.sentence), *marks], className="finding-head"),
        html.P(_evidence(finding), className="finding-note"),
    ]
    if editing:
        words.append(_field(key, remark.note if remark else ""))
    elif remark and remark.note:
        words.append(html.P(remark.note, className="finding-remark"))
    words.append(_tools(finding, key, remark))
    return html.Li(
        [
            html.Div(words, className="finding-words"),
            _strip(finding, segments),
            html.Span(finding.strength, className="finding-strength"),
        ],
        className="finding",
        style={"--own": segment_variable(segments[finding.segment].colour)},
    )


def _tools(finding: Finding, key: str, remark: Remark | None) -> html.Div:
    def tool(text: str, what: str) -> html.Button:
        return html.Button(
            text,
            className="finding-tool",
            type="button",
            **aria(label=f"{text}: {finding.sentence}"),
            **press("findings", do=what, key=key),
        )

    chart_button = html.Button(
        "Chart", className="finding-tool", type="button", **aria(label=f"Chart: {finding.sentence}"),
        **press("charted", key=key),
    )  # fmt: skip
    pinned, hidden = bool(remark and remark.pinned), bool(remark and remark.hidden)
    return html.Div(
        [
            chart_button,
            tool("Unpin", "unpin") if pinned else tool("Pin", "pin"),
            tool("Show again", "show") if hidden else tool("Hide", "hide"),
            tool("Edit note" if remark and remark.note else "Note", "edit"),
        ],
        className="finding-tools",
    )


def _field(key: str, note: str) -> html.Div:
    field = dcc.Input(
        id={"type": TYPED, "key": key}, value=note, maxLength=LONGEST_NOTE, autoFocus=True, autoComplete="off"
    )
    return html.Div(
        [
            html.Label([html.Span("Note on this finding", className="sr-only"), field]),
            html.Button("Save", className="button small-button", **press("findings", do="save", key=key)),
            html.Button("Cancel", className="button small-button", **press("findings", do="leave", key=key)),
        ],
        className="finding-field",
    )


def _gone(remark: Remark, live: LiveStudy) -> html.Li:
    said: list[Any] = [html.Strong(_about_words(remark.about, live))]
    said += [html.Span(f" {remark.note}")] if remark.note else []
    forget = html.Button(
        "Forget", className="finding-tool", type="button", **press("findings", do="forget", key=remark.about.key)
    )
    return html.Li([*said, " ", forget], className="finding-note")


def _about_words(subject: About, live: LiveStudy) -> str:
    segment = next(
        (s.name for s in live.fit.segments if s.id == subject.segment), f"a segment that is gone ({subject.segment})"
    )
    known = subject.column in live.recipe.names
    label = live.recipe.column(subject.column).label if known else subject.column
    return f"{label}{f' “{subject.value}”' if subject.value else ''} of {segment}"


def _evidence(finding: Finding) -> str:
    side = finding.confirmed
    mine, everybody, value, low, high = (
        finding_amount(finding, v) for v in (finding.mine, finding.everybody, side.value, side.low, side.high)
    )
    whole = f"{mine} against {everybody} {'overall' if finding.candidate.quantity != 'mean' else 'on average'}"
    other = f"other half {value}, 95\u202f% interval {low} to {high}"
    return f"{whole}, n {finding.customers:,} · {other}, n {side.customers:,}"


def _strip(finding: Finding, segments: Sequence[Segment]) -> html.Div:
    """Every segment on one line: the finding's own with its interval, the others faint, everybody as a grey mark."""
    known = [v for v in finding.by_segment if v is not None]
    values = [*known, finding.everybody, finding.confirmed.low, finding.confirmed.high]
    low, high = min(0.0, *values), max(values)
    wide = high - low or 1.0

    def at(value: float) -> str:
        return f"{100 * (value - low) / wide:.2f}%"

    others = [
        html.I(className="strip-dot", style={"left": at(v), "background": segment_variable(s.colour)})
        for s, v in zip(segments, finding.by_segment, strict=True)
        if v is not None and s is not segments[finding.segment]
    ]
    reach = f"{100 * (finding.confirmed.high - finding.confirmed.low) / wide:.2f}%"
    shown = ", ".join(
        f"{s.name} {finding_amount(finding, v)}"
        for s, v in zip(segments, finding.by_segment, strict=True)
        if v is not None
    )
    words = f"{finding.candidate.label}: {shown}; everybody {finding_amount(finding, finding.everybody)}"
    return html.Div(
        [
            html.I(className="strip-line"),
            html.I(className="strip-all", style={"left": at(finding.everybody)}),
            *others,
            html.I(className="strip-reach", style={"left": at(finding.confirmed.low), "width": reach}),
            html.I(className="strip-own", style={"left": at(finding.mine)}),
        ],
        className="strip",
        role="img",
        title=words,
        **aria(label=words),
    )
