"""How many segments are there? The evidence for each number of them, on one panel, and a button to take any of them."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update, set_props

from segscope.errors import SegscopeError
from segscope.features import check_features
from segscope.figures import evidence as figures
from segscope.figures.clustering import Measure, evidence_title
from segscope.recipe import MAX_SEGMENTS
from segscope.study import Fit, LiveStudy, Order
from segscope.theme import Scheme
from segscope.web import parts
from segscope.web.attributes import aria
from segscope.web.clustering import cards
from segscope.web.pressing import press, read_press, store
from segscope.web.rerun import ASKED, JOB, STUDY, fill, time_left
from segscope.web.studies import Studies
from segscope.wording import counted

SCHEME = "scheme"
GRAPHS = {m.key: f"clustering-{m.key}" for m in figures.PANEL}
FITTED = "evidence-fitted"  # the file of the fit whose evidence the page shows; parts that tell of it follow this
TITLE, NOTE, SAID, REASON, NUMBERS, STATE = (
    "evidence-title", "evidence-note", "evidence-said", "evidence-reason", "evidence-numbers", "evidence-state",
)  # fmt: skip
USE, PROBLEM, AGAIN, STOP = "evidence-use", "evidence-problem", "evidence-again", "evidence-stop"
TABLE = "evidence-table"
HELP = {
    "wcss": "Sum of squared distances of customers from the centre of their segment. It always falls as segments are "
    "added; the elbow (Kneedle, Satopää et al. 2011) is where more segments stop paying.",
    "gap": "How much tighter the segments are than those of customers without structure (Tibshirani, Walther and "
    "Hastie 2001). Its own rule takes the first number that does not gain from one more, within a standard error. "
    "It is not used for the recommendation: a skewed crowd looks like groups to it.",
    "silhouette": "How much nearer customers are to their own segment than to the next, from -1 to 1: the higher the "
    "better (Rousseeuw 1987). By Euclidean distance, on a sample of at most 2,500; thin lines: 95 % interval.",
    "squared": "The same by squared distance, exact for every customer that the criteria are computed on, in time "
    "that grows with their number only. Its values are higher: compare them with each other, not with the Euclidean.",
    "prediction": "Cluster one half of the customers and predict the other half: how often do both agree? 0.8 or more "
    "is enough (Tibshirani and Walther 2005). Thin lines: standard error.",
    "stability": "Cluster resampled customers and look for each segment again: a dot for every segment, the line for "
    "the least stable. 0.75 or more is stable (Hennig 2007). Thin lines: standard error.",
    "separation": "Where two neighbouring segments meet, how dense are customers there, against inside them? For "
    "the closest two. At most 35 % is a gap: above, groups and one crowd could not be told apart in the study that "
    "the threshold was set by (see the documentation of methods).",
    "smallest": "Share of the customers in the smallest segment. Below 2 % it is too small to plan for.",
    "bic": "Bayesian information criterion of the Gaussian mixture (Schwarz 1978): fit, less a price for every number "
    "that is estimated. The lowest is best; a mixture takes skew for extra groups.",
}


def register(app: Dash, studies: Studies) -> None:
    """Draw the panel, follow the evidence while it is completed, and take a number of segments."""

    @app.callback(
        Output(STATE, "children"),
        Output(STOP, "hidden"),
        Output(AGAIN, "hidden"),
        Input(JOB, "data"),
        State(FITTED, "data"),
        State(STUDY, "data"),
    )
    def _follow(job: dict[str, Any] | None, fitted: str, study: dict[str, str] | None) -> tuple[Any, ...]:
        if not study:
            return no_update, no_update, no_update
        live = studies.get(study["id"])
        if live.card.fit != fitted and live.stamp == study["fit"]:  # other segments come with a page of their own
            # No output: what follows would wait for every look at the job, of which there are several a second.
            set_props(FITTED, {"data": live.card.fit})
        runs = completing(job)
        return state(live.fit, job), live.fit.evidence.complete or not runs, live.fit.evidence.complete or busy(job)

    @app.callback(
        *[Output(graph, "figure") for graph in GRAPHS.values()],
        Input(SCHEME, "data"),
        Input(FITTED, "data"),
        State(STUDY, "data"),
    )
    def _criteria(scheme: Scheme, _fitted: str, study: dict[str, str]) -> list[go.Figure]:
        studies.jobs.warm()
        fit = studies.get(study["id"]).fit
        return [figures.panel_figure(fit, measure, scheme) for measure in figures.PANEL]

    @app.callback(
        Output(cards.BANNER, "children"),
        Output(TITLE, "children"),
        Output({"type": SAID, "key": ALL}, "children"),
        Output(REASON, "children"),
        Output(NUMBERS, "children"),
        Output(NOTE, "children"),
        Input(FITTED, "data"),
        State(STUDY, "data"),
    )
    def _complete(_fitted: str, study: dict[str, str]) -> tuple[Any, ...]:
        fit = studies.get(study["id"]).fit
        said = [figures.panel_words(fit, measure) for measure in figures.PANEL]
        return (
            cards.verdict(fit),
            evidence_title(fit),
            said,
            reason(fit),
            numbers(fit),
            figures.sample_words(fit.evidence),
        )

    @app.callback(
        Output(ASKED, "data", allow_duplicate=True),
        Output(PROBLEM, "children"),
        Input(store("evidence"), "data"),
        *[Input(graph, "clickData") for graph in GRAPHS.values()],
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _act(pressed: object, *given: Any) -> tuple[object, object]:
        wanted, study = read_press(pressed) if ctx.triggered_id == store("evidence") else clicked(), given[-1]
        if not study or not wanted:
            return no_update, no_update
        try:
            return act(studies, study["id"], wanted), None
        except SegscopeError as error:
            return no_update, parts.notice(str(error), "bad")


# ------------------------------------------------------------------------------------------------ what happens


def clicked() -> dict[str, Any]:
    """The number of segments whose point was clicked; nothing when the page has only just appeared."""
    value = ctx.triggered[0]["value"] if ctx.triggered else None
    return {"k": int(value["points"][0]["x"])} if value else {}


def act(studies: Studies, study_id: str, wanted: Mapping[str, Any]) -> object:
    """Complete the evidence, stop that, or take a number of segments. Returns what marks the request.

    Raises
    ------
    SegscopeError : when the recipe does not allow it
    """
    if wanted.get("do") == STOP:
        studies.jobs.cancel(study_id)
        return {"stopped": study_id}
    if wanted.get("do") == AGAIN:
        return {"number": studies.complete(study_id).number}
    return use(studies, study_id, int(wanted["k"]))


def use(studies: Studies, study_id: str, k: int) -> object:
    """Run the study with a number of segments. Returns what marks the request; nothing where it is shown already.

    Raises
    ------
    SegscopeError : when the recipe does not allow it
    """
    live = studies.get(study_id)
    if k == live.fit.found and not live.fit.segmentation.hand:
        return no_update
    wanted = live.recipe.replace(segments=k)
    check_features(live.customers, wanted)
    return {"number": studies.start(study_id, Order(str(live.folder), wanted, live.card.reading)).number}


# ------------------------------------------------------------------------------------------------ parts


def card(live: LiveStudy) -> html.Section:
    """How many segments: the criteria side by side, what speaks for which number, and a button for each."""
    fit = live.fit
    shown = {m.key for m in figures.shown_measures(fit.evidence)}
    charts = [criterion(fit, m, m.key in shown) for m in figures.PANEL]
    return parts.card(
        html.Span(evidence_title(fit), id=TITLE),
        dcc.Store(id=FITTED, data=live.card.fit),
        html.Div(
            [
                html.Div(state(fit, None), id=STATE, className="evidence-state"),
                html.Button(
                    "Stop", id=STOP, className="button small-button", hidden=True, **press("evidence", do=STOP)
                ),
                html.Button(
                    "Complete it",
                    id=AGAIN,
                    className="button small-button",
                    hidden=True,
                    **press("evidence", do=AGAIN),
                ),
            ],
            className="evidence-states",
        ),
        html.Div(charts, className="evidence-panel three" if len(shown) % 4 else "evidence-panel"),
        html.Div([html.P(reason(fit), id=REASON, className="evidence-reason"), choice(fit)], className="evidence-foot"),
        html.Div(id=PROBLEM),
        html.Details(
            [html.Summary("All numbers"), html.Div(id=NUMBERS)],
            className="evidence-numbers",
        ),
        html.P(figures.sample_words(fit.evidence), id=NOTE, className="card-note"),
        subtitle=f"Each line runs over k, the number of segments, from 1 to {figures.panel_rows(fit)[-1].k}; "
        "dashed: the threshold; blue: what is shown. Click a point to take its number.",
        class_name="evidence-card",
    )


def criterion(fit: Fit, measure: Measure, shown: bool) -> html.Div:
    """A criterion: its title with help, what it says, its chart."""
    title = [measure.title, parts.info(help_words(fit, measure.key))]
    said = html.P(figures.panel_words(fit, measure), id={"type": SAID, "key": measure.key}, className="card-note")
    chart = parts.chart(GRAPHS[measure.key], f"{measure.title} by number of segments", figures.HEIGHT)
    return html.Div([html.H3(title, className="criterion-title inline"), said, chart], hidden=not shown)


def help_words(fit: Fit, key: str) -> str:
    """What a criterion is; of stability also with how many resamples it was measured."""
    more = f" Measured with {figures.resamples_words(fit.evidence)}." if key == "stability" else ""
    return HELP[key] + more


def reason(fit: Fit) -> list[Any]:
    """The recommended number with its reason in a sentence."""
    head, _, rest = fit.evidence.reason.partition(":")
    text = rest.strip()
    return [html.Strong(f"Recommended: {head}."), f" {text[:1].upper()}{text[1:]}"]


def choice(fit: Fit) -> html.Div:
    """A button for each number of segments; the recommended one has a dot."""
    buttons = [use_button(fit, k) for k in range(1, MAX_SEGMENTS + 1)]
    return html.Div(
        [html.Span("Use k =", className="card-note"), *buttons],
        className="evidence-use",
        role="group",
        **aria(label="Number of segments to use"),
    )


def use_button(fit: Fit, k: int) -> html.Button:
    """The button that runs the study with a number of segments."""
    current, recommended = k == fit.found and not fit.segmentation.hand, k == fit.evidence.recommended
    words = "no segments: everybody together" if k == 1 else counted(k, "segment")
    marks = [", recommended" if recommended else "", ", shown now" if current else ""]
    return html.Button(
        str(k),
        id=f"{USE}-{k}",
        className=f"use-k{' current' if current else ''}{' recommended' if recommended else ''}",
        disabled=current,
        title=f"Use {words}{''.join(marks)}",
        **aria(label=f"Use {words}{''.join(marks)}", pressed="true" if current else "false"),
        **press("evidence", k=k),
    )


def numbers(fit: Fit) -> list[Any]:
    """All criteria as a table, and a button that copies it."""
    head, rows = figures.numbers_table(fit)
    table = parts.plain_table(head, rows, "numbers-table", "All criteria by number of segments")
    copy = dcc.Clipboard(target_id=TABLE, title="Copy the table", className="copy-table")
    return [html.Div(table, id=TABLE), copy]


def completing(job: dict[str, Any] | None) -> bool:
    """Whether the full evidence is being completed."""
    return busy(job) and bool(job and job["completes"])


def busy(job: dict[str, Any] | None) -> bool:
    """Whether a run of the study goes on."""
    return bool(job and job["status"] == "running")


def state(fit: Fit, job: dict[str, Any] | None) -> Any:
    """Whether this is a first look, and how far the full evidence is."""
    if fit.evidence.complete:
        return None
    first = html.Strong(f"First look: {figures.resamples_words(fit.evidence)}.")
    if job and completing(job):
        left = time_left(job["seconds"], job["share"]) or f"{job['seconds']:.0f} s so far"
        words: list[Any] = [first, f" The full evidence is being completed, {left}. {job['stage']} …"]
        bar = html.Div(fill(job["share"]), className="progress", role="progressbar", **_progress(job["share"]))
        return html.Div([html.Div(words), bar], className="first-look")
    if job and busy(job):
        return parts.notice([first, " The full evidence follows the run that goes on."])
    if job and job["completes"] and job["status"] == "failed":
        return parts.notice([first, f" The full evidence failed. {job['message']}"], "bad")
    if job and job["completes"] and job["status"] == "cancelled":
        return parts.notice([first, " Completing the evidence was stopped."], "warn")
    return parts.notice([first, " Gap, 100 resamples and other methods come with the full evidence."])


def _progress(share: float) -> dict[str, Any]:
    return aria(label="How far the full evidence is", valuemin=0, valuemax=100, valuenow=round(100 * share))
