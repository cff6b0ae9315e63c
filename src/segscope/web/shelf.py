"""What the first page shows of each study: a card for one that is there, a row for one that is being made."""

import time
from datetime import UTC, datetime
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from segscope.segmentation import Segment
from segscope.study import Fit
from segscope.theme import segment_variable
from segscope.web import parts
from segscope.web.attributes import aria, data
from segscope.web.jobs import Job
from segscope.web.listing import Listed
from segscope.web.pressing import entered, press
from segscope.web.rerun import fill
from segscope.web.studies import Studies
from segscope.web.uploads import archive_address
from segscope.wording import LONGEST_NAME, counted, percent

TITLE, NAME, EDIT, BAR, STAGE = "home-title", "home-name", "home-edit", "home-bar", "home-stage"
TABLE = "home-table"
TABLE_FLAG = " (--table NAME)"  # how a refusal asks for a table on the command line; the page has a field instead
SEGMENTS_NAMED = 5
UNITS = ((60.0, "minute"), (3600.0, "hour"), (86400.0, "day"))
DAYS_IN_WORDS = 14


def doing(what: str, study_id: str) -> dict[str, Any]:
    """Attributes of a button that does something to a study."""
    return press("studies", do=what, study=study_id)


def part_of(kind: str, study_id: str) -> dict[str, str]:
    """The id of a part that belongs to a study."""
    return {"type": kind, "study": study_id}


def cards(studies: Studies) -> list[html.Article]:
    """A card for every study, the one changed last first."""
    return [study_card(entry, _running(studies.jobs.latest(entry.id))) for entry in studies.listed()]


def study_card(entry: Listed, job: Job | None) -> html.Article:
    """A study: name, segments in their colours, customers, verdict, and what can be done with it."""
    if entry.card is None or entry.fit is None:
        return _damaged(entry)
    card, fit = entry.card, entry.fit
    synthetic = parts.chip("synthetic", "accent") if card.synthetic else None
    source = html.Span(card.source, className="study-source", title=card.source)
    head = html.Div(
        [
            html.Div(title(entry.id, card.name), id=part_of(TITLE, entry.id), className="study-title"),
            html.P([source, synthetic], className="study-from"),
        ]
    )
    word = fit.verdict.verdict
    sizes = html.P(
        [
            html.Span([strong(fit.customers, "customer"), " in ", strong(len(fit.segments), "segment")]),
            parts.chip(word, word) if len(fit.segments) > 1 else None,
        ],
        className="study-sizes",
    )
    foot = html.Div([changed(entry.changed), _buttons(entry.id, card.name)], className="study-foot")
    body: list[Any] = [head, sizes, *(_segments(fit)), _progress(job) if job else None, foot]
    return html.Article(body, className="card study", **data(study=entry.id))


def strong(count: int, noun: str) -> html.Span:
    """A count with its noun, the count standing out."""
    number, _, words = counted(count, noun).partition(" ")
    return html.Span([html.Strong(number), f" {words}"])


def title(study_id: str, name: str) -> html.H2:
    """The name of a study, which opens it."""
    return html.H2(dcc.Link(name, href=f"/s/{study_id}/explore", className="study-link"))


def name_field(study_id: str, name: str) -> html.Div:
    """The name of a study, to be changed."""
    return html.Div(
        [
            html.Label(
                [
                    html.Span("Name of the study", className="sr-only"),
                    dcc.Input(
                        id=part_of(NAME, study_id), value=name, maxLength=LONGEST_NAME, autoFocus=True,
                        autoComplete="off",
                    ),
                ]
            ),
            html.Button(
                "Save", className="button primary small-button", **entered("studies", do="rename", study=study_id)
            ),
            html.Button(
                "Cancel", id={"type": EDIT, "what": "leave", "study": study_id}, className="button small-button",
                **data(leave="rename"),
            ),
        ],
        className="name-field",
    )  # fmt: skip


def making_row(job: Job) -> html.Article:
    """A study that is being made, or could not be."""
    name = html.Strong(job.order.shown, className="making-name")
    if job.status == "running":
        return html.Article([html.Div([name], className="making-head"), _progress(job)], className="card making")
    asks = TABLE_FLAG in job.message
    field = dcc.Input(id=part_of(TABLE, job.study_id), placeholder="Name of the table", autoComplete="off")
    label = html.Label([html.Span("Name of the table", className="sr-only"), field], className="table-field")
    buttons = html.Div(
        [
            label if asks else None,
            html.Button(
                "Read it" if asks else "Try again",
                className="button",
                **entered("studies", do="retry", study=job.study_id),
            ),
            html.Button("Dismiss", className="button", **doing("dismiss", job.study_id)),
        ],
        className="making-buttons",
    )
    reason = html.P(job.message.replace(TABLE_FLAG, ""), className="making-reason", role="alert")
    words = html.Div([html.Span("No study was made of "), name], className="making-head")
    return html.Article([html.Div([words, reason], className="making-words"), buttons], className="card making failed")


def stage_words(job: Job) -> list[Any]:
    """What a run does now, and how long it has taken."""
    return [html.Strong(f"{job.stage} …"), html.Span(f"{job.seconds:.0f} s", className="muted")]


def changed(when: float) -> html.Time:
    """When a study was changed, in words; the time itself appears when it is pointed at."""
    exact, since = datetime.fromtimestamp(when, UTC), time.time() - when
    return html.Time(
        ago(since) if since < DAYS_IN_WORDS * 86400 else f"{exact:%d %B %Y}",
        dateTime=exact.isoformat(timespec="seconds"),
        title=f"Changed {exact:%Y-%m-%d %H:%M} UTC",
        className="study-changed",
    )


def ago(seconds: float) -> str:
    """How long ago something was.

    >>> [ago(s) for s in (5, 61, 7300, 200_000)]
    ['just now', '1 minute ago', '2 hours ago', '2 days ago']
    """
    size, unit = next(((s, u) for s, u in reversed(UNITS) if seconds >= s), (0.0, ""))
    return f"{counted(int(seconds // size), unit)} ago" if size else "just now"


def _running(job: Job | None) -> Job | None:
    return job if job and job.status == "running" else None


def _segments(fit: Fit) -> tuple[html.Div, html.Ul]:
    """How the customers part, as one bar, and the names of the largest parts."""
    ordered = sorted(fit.segments, key=lambda s: -s.size)
    pieces = [
        html.Span(
            style={"flexGrow": max(s.share, 0.004), "background": segment_variable(s.colour)},
            title=f"{s.name}: {percent(s.share)}",
        )
        for s in ordered
    ]
    named = [_named(s) for s in ordered[:SEGMENTS_NAMED]]
    if len(ordered) > SEGMENTS_NAMED:
        named.append(html.Li(html.Span(f"and {len(ordered) - SEGMENTS_NAMED} more", className="muted")))
    return html.Div(pieces, className="segment-strip", **aria(hidden="true")), html.Ul(named, className="segment-names")


def _named(segment: Segment) -> html.Li:
    share = html.Span(percent(segment.share), className="muted")
    return html.Li([parts.swatch(segment.colour), html.Span(segment.name, className="strip-name"), share])


def _buttons(study_id: str, name: str) -> html.Div:
    return html.Div(
        [
            html.Button(
                "Rename", id={"type": EDIT, "what": "rename", "study": study_id}, className="link",
                **aria(label=f"Rename {name}"),
            ),
            html.A(
                "Download", href=archive_address(study_id), download="", className="link",
                **aria(label=f"Download {name} as a zip"),
            ),
            html.Button(
                "Delete", className="link danger", **aria(label=f"Delete {name}"), **doing("delete", study_id)
            ),
        ],
        className="study-buttons",
    )  # fmt: skip


def _progress(job: Job) -> html.Div:
    bar = html.Div(
        fill(job.share),
        id=part_of(BAR, job.study_id),
        className="progress",
        role="progressbar",
        **aria(label=f"How far {job.order.shown or 'the run'} is", valuemin=0, valuemax=100),
    )
    stage = part_of(STAGE, job.study_id)
    words = html.Div(stage_words(job), id=stage, className="progress-words", **aria(live="polite"))
    cancel = html.Button("Cancel", className="button small-button", **doing("cancel", job.study_id))
    return html.Div([bar, html.Div([words, cancel], className="progress-line")], className="progress-box")


def _damaged(entry: Listed) -> html.Article:
    body = [
        html.H2(entry.id, className="study-title"),
        html.P(entry.problem, className="making-reason", role="alert"),
        html.Div(
            [
                changed(entry.changed),
                html.Div(
                    html.Button(
                        "Delete", className="link danger", **aria(label=f"Delete {entry.id}"),
                        **doing("delete", entry.id),
                    ),
                    className="study-buttons",
                ),
            ],
            className="study-foot",
        ),
    ]  # fmt: skip
    return html.Article(body, className="card study damaged", **data(study=entry.id))


def question(modal_id: str, words_id: str, yes_id: str, no_id: str) -> dmc.Modal:
    """The question before a study is deleted."""
    return dmc.Modal(
        html.Div(
            [
                html.Div(id=words_id),
                html.Div(
                    [
                        html.Button("Keep it", id=no_id, className="button"),
                        html.Button("Delete", id=yes_id, className="button danger"),
                    ],
                    className="question-buttons",
                ),
            ],
            className="question",
        ),
        id=modal_id,
        title="Delete this study?",
        opened=False,
        centered=True,
        radius="lg",
        closeButtonProps=aria(label="Close"),
    )


def question_words(entry: Listed) -> html.Div:
    """What would be removed, and what not."""
    name = entry.card.name if entry.card else entry.id
    size = f" with {counted(entry.card.customers, 'customer')}" if entry.card else ""
    return html.Div(
        [
            html.P([html.Strong(name), size, " is removed from the disk: its data, its segments and their names, and ",
                    "the file that was uploaded for it, if there is one."]),
            html.P("Files that are not the study's stay. This cannot be undone; a download can be imported again.",
                   className="card-note"),
        ]
    )  # fmt: skip
