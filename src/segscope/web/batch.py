"""The card that scores a file: drop it, see how far it is, how its customers differ from those of the fit, fetch it."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash, Input, Output, State, dcc, html

from segscope.scoring import likely, log_columns
from segscope.scoring.drift import CHANGED, SLIGHTLY
from segscope.segmentation import Segment
from segscope.settings import size_words
from segscope.study import Fit, LiveStudy
from segscope.web import parts
from segscope.web.attributes import aria, data
from segscope.web.batch_routes import batch_address, scored_address
from segscope.web.batches import Batch
from segscope.web.studies import Studies
from segscope.wording import counted, listed, percent

STUDY, DROP, ASKED, CLOCK, RESULT = "study", "batch-drop", "batch-asked", "batch-clock", "batch-result"
KEPT = "batch-columns"
FORMATS = (("csv", "CSV"), ("xlsx", "Excel"), ("parquet", "Parquet"))
ASK_MILLISECONDS = 500
SHOWN_NAMES = 4
HELP = (
    "Any file that a study can be made of: delimited text, Excel, Parquet, JSON lines, compressed or not. Its columns "
    "and the order of its rows stay; segment, segment_probability and second_segment are added."
)
PSI_HELP = (
    "Population stability index: how far a feature is distributed otherwise than in the fit. Up to 0.1 is stable, "
    "above 0.25 a change."
)
NOT_KEPT = "Nothing is kept here: file and result go when you remove them, after an hour, or when the server ends."


def card(live: LiveStudy) -> html.Section:
    """The card, with room for what becomes of a file."""
    return parts.card(
        ["Score a file", parts.info(HELP)],
        html.Button(
            [
                html.Span(className="drop-mark"),
                html.Span(
                    [
                        html.Span("Drop a file of customers here, or choose one", className="drop-title"),
                        html.Span(_needs(live.fit), className="card-note"),
                    ],
                    className="drop-words",
                ),
            ],
            id=DROP, className="drop batch-drop", type="button",
            **data(to="", limit="0", words=""),
        ),
        html.Div(id="batch-sending"),
        html.Div(id=RESULT, **aria(live="polite")),
        dcc.Store(id=ASKED),
        dcc.Store(id=KEPT, storage_type="local"),
        dcc.Interval(id=CLOCK, interval=ASK_MILLISECONDS, disabled=True),
        subtitle=NOT_KEPT,
        class_name="batch-card",
    )  # fmt: skip


def register(app: Dash, studies: Studies) -> None:
    """Say where files go, and follow one until it is scored."""

    @app.callback(Output(DROP, "data-to"), Output(DROP, "data-limit"), Output(DROP, "data-words"), Input(STUDY, "data"))
    def _where(study: dict[str, str] | None) -> tuple[Any, Any, Any]:
        most = studies.settings.upload_limit
        return (batch_address(study["id"]) if study else ""), str(most), size_words(most)

    @app.callback(
        Output(RESULT, "children"),
        Output(CLOCK, "disabled"),
        Input(ASKED, "data"),
        Input(CLOCK, "n_intervals"),
        State(KEPT, "data"),
        prevent_initial_call=True,
    )
    def _follow(asked: dict[str, str] | None, _ticks: int | None, kept: dict[str, Any] | None) -> tuple[Any, bool]:
        if not asked:
            return None, True
        batch = studies.batches.get(asked["token"])
        fit = studies.get(asked["study"]).fit
        return said_of(batch, fit, (kept or {}).get(asked["study"], {})), batch is None or batch.status != "running"


def said_of(batch: Batch | None, fit: Fit, kept: Mapping[str, str] | None = None) -> Any:
    """What the card says of a file.

    ``kept`` : for columns that were missing in earlier files, those that stood for them
    """
    if batch is None:
        return parts.notice("The scored file is no longer here. Score the file again.", "info")
    if batch.status == "failed":
        return html.Div([parts.notice(batch.message, "bad"), _remove(batch, "Dismiss")], className="batch-failed")
    if batch.status == "asking":
        return _asking(batch, kept or {}, log_columns(fit.recipe.log) if fit.recipe.log else {})
    return _going(batch) if batch.status == "running" else _done(batch, fit)


def _asking(batch: Batch, kept: Mapping[str, str], parts_of_log: Mapping[str, str]) -> html.Form:
    """A choice for each missing column: what was chosen, then what was chosen earlier, then the nearest name."""
    before = {name: kept[name] for name in batch.missing if kept.get(name) in batch.there}
    now = {**likely([n for n in batch.missing if n not in before], batch.there), **before, **batch.chosen}
    rows = [
        html.Label(
            [
                html.Span(
                    [name, html.Span(f" · {parts_of_log[name]}", className="muted") if name in parts_of_log else None],
                    className="field-label clip",
                    title=name,
                ),
                html.Select(
                    [html.Option("choose a column of the file", value="", selected=name not in now)]
                    + [html.Option(c, value=c, selected=now.get(name) == c) for c in batch.there],
                    className="pick",
                    **data(column=name),
                    **aria(label=f"Column of the file for {name}"),
                ),
            ]
        )
        for name in batch.missing
    ]
    note = "What you choose is proposed again for the next file, in this browser."
    buttons = [
        html.Button("Score with these columns", type="button", className="button primary", **data(match=batch.token)),
        _remove(batch, "Cancel"),
    ]
    return html.Form(
        [
            parts.notice(f"{batch.message} Choose the columns of the file that are meant.", "warn"),
            html.Div(rows, className="batch-columns"),
            html.P(note, className="card-note"),
            html.Div(buttons, className="batch-buttons"),
        ],
        className="batch-asking",
        **aria(label="Which column is which"),
    )


def _going(batch: Batch) -> html.Div:
    now = round(100 * batch.share)
    limits = {"valuemin": "0", "valuemax": "100", "valuenow": str(now)}
    fill = html.Div(className="progress-fill", style={"width": f"{max(2, now)}%"})
    words = [html.Strong(f"{batch.stage} …"), html.Span(batch.shown, className="muted")]
    bar = html.Div(
        fill, className="progress", role="progressbar", **aria(label=f"How far {batch.shown} is scored", **limits)
    )
    line = html.Div([html.Div(words, className="progress-words"), _remove(batch, "Cancel")], className="progress-line")
    return html.Div([bar, line], className="progress-box")


def _done(batch: Batch, fit: Fit) -> html.Div:
    drift = batch.result["drift"]
    rows, remarks = batch.result["rows"], batch.result["remarks"]
    columns = batch.result["columns"]
    links = [
        html.A(text, href=scored_address(batch.token, ending), download="", className="button")
        for ending, text in FORMATS
    ]
    return html.Div(
        [
            html.Div(
                [
                    html.Strong(f"{counted(rows, 'row')} of {batch.shown} scored"),
                    html.Span(_by(columns, batch.chosen), className="muted"),
                ],
                className="batch-head",
            ),
            html.Div(
                [html.Span("Download", className="muted"), *links, _remove(batch, "Remove now")],
                className="batch-buttons",
            ),
            parts.notice(html.Div([html.Div(r) for r in remarks]), "warn") if remarks else None,
            html.Div([_segments(drift, fit.segments), _features(drift, fit)], className="batch-tables")
            if drift
            else None,
        ],
        className="batch-done",
    )


def _segments(drift: dict[str, Any], segments: Sequence[Segment]) -> html.Div:
    colours = {s.name: s.colour for s in segments}
    rows: list[list[Any]] = []
    for name, share in drift["shares"].items():
        before = drift["shares_before"][name]
        own = [parts.swatch(colours[name]), " ", name] if name in colours else name
        customers = round(share * drift["customers"])
        rows.append([html.Span(own), f"{customers:,}", percent(share), percent(before), _points(share - before)])
    if drift["fits_none"] is not None:
        none, before = drift["fits_none"], drift["fits_none_before"]
        told = [f"{round(none * drift['customers']):,}", percent(none), percent(before), _points(none - before)]
        rows.append([html.Span("Unlike any segment", title="Beyond the reach of the nearest segment"), *told])
    head = ["Segment", "Here", "Share", "In the fit", "Difference"]
    return parts.plain_table(head, rows, "batch-table", "Segments here and in the fit")


def _features(drift: dict[str, Any], fit: Fit) -> html.Div:
    rows = [[fit.recipe.column(name).label, f"{value:.2f}", how_far(value)] for name, value in drift["psi"].items()]
    changed = drift["psi"] and max(drift["psi"].values()) > CHANGED
    advice = "Not like the customers of the fit: fit anew before you rely on the segments." if changed else ""
    table = parts.plain_table(
        ["Feature", parts.tip(PSI_HELP, "PSI"), "Against the fit"],
        rows,
        "batch-table",
        "How features differ from the fit",
    )
    return html.Div([table, parts.notice(advice, "warn") if advice else None])


def how_far(psi: float) -> str:
    """A population stability index in words.

    >>> how_far(0.02), how_far(0.2), how_far(0.4)
    ('as in the fit', 'slightly different', 'changed')
    """
    return "changed" if psi > CHANGED else "slightly different" if psi > SLIGHTLY else "as in the fit"


def _remove(batch: Batch, text: str) -> html.Button:
    return html.Button(text, type="button", className="button", **data(remove=batch.token))


def _points(change: float) -> str:
    """A change of a share in points, with its sign."""
    said = round(100 * change, 1)
    return f"{said:+.1f} points" if said else "none"


def _by(columns: Sequence[str], chosen: Mapping[str, str]) -> str:
    """By which columns a file was scored, those first that go by another name in it."""
    own = [f"{name} (here {chosen[name]})" for name in columns if name in chosen]
    rest = [name for name in columns if name not in chosen]
    return f"by {_some([*own, *rest], max(SHOWN_NAMES, len(own)))}"


def _needs(fit: Fit) -> str:
    """What a file must have."""
    needed = _some(fit.segmentation.needed)
    if fit.recipe.log is None:
        return f"It needs {needed}."
    orders = [f"{name} ({part})" for name, part in log_columns(fit.recipe.log).items()]
    return f"It needs {_some(orders)} of each order, or {needed} of each customer."


def _some(names: Sequence[str], shown: int = SHOWN_NAMES) -> str:
    """Some names, and how many more there are."""
    more = len(names) - shown
    return listed(list(names)) if more <= 1 else f"{', '.join(names[:shown])} and {more} more columns"
