"""Fitting a study anew from the page: the form, how far the run is, and the line in the header that is on every page.

The run itself is the server's (see segscope.web.jobs). A browser only asks how it stands, and only while it goes on.
"""

from typing import Any, get_args

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update, set_props

from segscope.errors import RecipeError, SegscopeError
from segscope.features import check_features
from segscope.intake.facts import column_kind
from segscope.recipe import MAX_SEGMENTS, Recipe, Role, Transform
from segscope.study import LiveStudy, Order
from segscope.web import parts
from segscope.web.attributes import aria
from segscope.web.jobs import Job
from segscope.web.shell import address
from segscope.web.studies import Studies
from segscope.wording import counted, percent

STUDY, REFRESH, JOB, ASKED, CLOCK, HEADER = "study", "refresh", "job", "job-asked", "job-clock", "header-job"
SEGMENTS, FEATURES, TRANSFORM = "rerun-segments", "rerun-features", "rerun-transform"
STALE, RESET, RUN, UNDO, RECOMMENDED = "rerun-stale", "rerun-reset", "rerun-run", "rerun-undo", "rerun-recommended"
PROBLEM, PROGRESS, BAR, STAGE, CANCEL, OUTCOME = (
    "rerun-problem", "rerun-progress", "rerun-bar", "rerun-stage", "rerun-cancel", "rerun-outcome",
)  # fmt: skip
BY_EVIDENCE = "auto"
NO_FEATURE = "Choose at least one feature to cluster on."
PREPARATIONS = (("auto", "As the data ask"), ("none", "Standardise only"))


def form(live: LiveStudy) -> html.Section:
    """What can be changed, the button that runs it, and room for its progress."""
    recipe = live.recipe
    return parts.card(
        "Change it and run again",
        html.Div(
            [
                _segments_choice(recipe, live.fit.evidence.recommended),
                _features_choice(live),
                _transform_choice(recipe),
                _buttons(),
            ],
            className="rerun-fields",
        ),
        html.Div(
            [
                "These choices differ from what is shown. Run again to see them, or ",
                html.Button("put them back", id=RESET, className="link"),
            ],
            id=STALE,
            className="stale",
            hidden=True,
        ),
        html.Div(id=PROBLEM),
        _progress(),
        html.Div(id=OUTCOME),
        class_name="rerun",
        id="rerun",
    )


def register(app: Dash, studies: Studies) -> None:
    """Keep the form, the progress and the header in step with what runs."""

    @app.callback(
        Output(JOB, "data"),
        Output(CLOCK, "disabled"),
        Output(HEADER, "children"),
        Input(CLOCK, "n_intervals"),
        Input(STUDY, "data"),
        Input(ASKED, "data"),
    )
    def _follow(_ticks: int | None, study: dict[str, str] | None, _asked: object) -> tuple[object, bool, object]:
        if study:
            studies.complete(study["id"])
        job = studies.jobs.latest(study["id"]) if study else None
        if study and job:
            _announce(studies.get(study["id"]), study["fit"], job, ctx.triggered_id == CLOCK)
        return as_data(job), job is None or job.status != "running", header_line(job)

    @app.callback(
        Output(STALE, "hidden"),
        Output(FEATURES, "error"),
        Input(SEGMENTS, "value"),
        Input(FEATURES, "value"),
        Input(TRANSFORM, "value"),
        State(STUDY, "data"),
    )
    def _compare(segments: str, features: list[str], transform: str, study: dict[str, str]) -> tuple[bool, str | None]:
        current = studies.get(study["id"]).recipe
        return chosen(current, segments, features, transform) == current, None if features else NO_FEATURE

    @app.callback(
        Output(SEGMENTS, "value"),
        Output(FEATURES, "value"),
        Output(TRANSFORM, "value"),
        Input(RESET, "n_clicks"),
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _put_back(_clicks: int, study: dict[str, str]) -> tuple[str, list[str], str]:
        recipe = studies.get(study["id"]).recipe
        return str(recipe.segments or BY_EVIDENCE), list(recipe.features), recipe.transform

    @app.callback(
        Output(ASKED, "data"),
        Output(PROBLEM, "children"),
        inputs={
            "_clicks": [Input(button, "n_clicks") for button in (RUN, UNDO, RECOMMENDED, CANCEL)],
            "choices": [State(SEGMENTS, "value"), State(FEATURES, "value"), State(TRANSFORM, "value")],
            "study": State(STUDY, "data"),
        },
        prevent_initial_call=True,
    )
    def _act(_clicks: list[int], choices: list[Any], study: dict[str, str]) -> tuple[object, object]:
        if not ctx.triggered[0]["value"]:  # Dash also calls when the page appears, since the shell holds an output
            return no_update, no_update
        try:
            return act(studies, study["id"], str(ctx.triggered_id), *choices), None
        except SegscopeError as error:
            # Without any feature the field itself says so.
            return no_update, parts.notice(str(error), "bad") if choices[1] else None

    @app.callback(
        Output(PROGRESS, "hidden"),
        Output(BAR, "children"),
        Output(BAR, "aria-valuenow"),
        Output(STAGE, "children"),
        Output(OUTCOME, "children"),
        Output(RUN, "disabled"),
        Output(UNDO, "hidden"),
        Output(UNDO, "disabled"),
        Input(JOB, "data"),
        State(STUDY, "data"),
    )
    def _show(job: dict[str, Any] | None, study: dict[str, str]) -> tuple[object, ...]:
        job = None if job and job["completes"] else job  # which the panel of the evidence tells of
        running = bool(job and job["status"] == "running")
        share = job["share"] if job else 0.0
        no_earlier = studies.jobs.earlier(study["id"]) is None
        return not running, fill(share), round(100 * share), stage(job), outcome(job), running, no_earlier, running


def chosen(current: Recipe, segments: str, features: list[str] | None, transform: str) -> Recipe:
    """The current recipe with the form's choices; features keep the recipe's order, new ones follow.

    Raises
    ------
    RecipeError : for a choice that the form does not offer
    """
    wanted = tuple(features or ())
    ordered = tuple(f for f in current.features if f in wanted) + tuple(f for f in wanted if f not in current.features)
    if transform not in get_args(Transform):
        raise RecipeError(f"There is no preparation {transform!r:.40}.")
    if segments != BY_EVIDENCE and not str(segments).isdecimal():
        raise RecipeError(
            f"The number of segments must be a whole number from 1 to {MAX_SEGMENTS}. Got {segments!r:.20}."
        )
    return current.replace(
        segments=None if segments == BY_EVIDENCE else int(segments), features=ordered, transform=transform
    )


def act(studies: Studies, study_id: str, button: str, segments: str, features: list[str], transform: str) -> object:
    """Do what a button says. Returns what marks the request, so that the page starts to follow it.

    Raises
    ------
    SegscopeError : when the choices do not allow a run
    """
    live = studies.get(study_id)
    if button == CANCEL:
        studies.jobs.cancel(study_id)
        return {"cancelled": study_id}
    if button == UNDO:
        return {"number": studies.undo(study_id).number}
    if button == RECOMMENDED:
        wanted = live.recipe.replace(segments=live.fit.evidence.recommended)
    else:
        wanted = chosen(live.recipe, segments, features, transform)
    check_features(live.customers, wanted)
    return {"number": studies.start(study_id, Order(str(live.folder), wanted, live.card.reading)).number}


def _announce(live: LiveStudy, shown: str, job: Job, just_now: bool) -> None:
    """Show the new segmentation where the old one is still shown, and say on any page what became of a run."""
    if shown != live.stamp:
        set_props(REFRESH, {"data": live.stamp})
    if job.order.complete:
        return
    if just_now and job.status == "done":
        set_props(
            "toast", {"children": f"{counted(len(live.fit.segments), 'segment')} now, fitted in {job.seconds:.1f} s."}
        )
    elif just_now and job.status == "failed":
        set_props("toast", {"children": f"The run failed. {job.message}"})


def as_data(job: Job | None) -> dict[str, Any] | None:
    """A run as the browser knows it."""
    if job is None:
        return None
    return {
        "number": job.number,
        "status": job.status,
        "stage": job.stage,
        "share": job.share,
        "message": job.message,
        "seconds": round(job.seconds, 1),
        "completes": job.order.complete,
        "what": asked_for(job.order.recipe) if job.order.recipe else job.order.shown,
    }


def asked_for(recipe: Recipe) -> str:
    """What a recipe asks for, in words.

    >>> asked_for(Recipe(columns=(), features=("a", "b"), segments=3))
    '3 segments from 2 features'
    >>> asked_for(Recipe(columns=(), features=("a",)))
    'as many segments as the evidence supports, from 1 feature'
    """
    features = counted(len(recipe.features), "feature")
    if recipe.segments is None:
        return f"as many segments as the evidence supports, from {features}"
    return f"{counted(recipe.segments, 'segment')} from {features}"


def header_line(job: Job | None) -> object:
    """The line in the header while a run goes on; it leads to its progress."""
    if job is None or job.status != "running":
        return None
    what = "Completing the evidence" if job.order.complete else "Fitting"
    words: list[Any] = [html.Span(className="job-dot"), f"{what}, {percent(job.share)}"]
    return dcc.Link(words, href=address(job.study_id, "clustering"), className="chip accent job-chip", title=job.stage)


def fill(share: float) -> html.Div:
    """The filled part of the progress bar."""
    return html.Div(className="progress-fill", style={"width": f"{max(2.0, 100 * share):.1f}%"})


def stage(job: dict[str, Any] | None) -> list[object]:
    """What a run does now, and how long it has taken."""
    if not job:
        return []
    return [html.Strong(f"{job['stage']} …"), html.Span(f"{job['seconds']:.1f} s", className="muted")]


def outcome(job: dict[str, Any] | None) -> object:
    """What became of the last run."""
    if not job or job["status"] == "running":
        return None
    if job["status"] == "failed":
        return parts.notice(
            [html.Strong("The run failed. "), job["message"], " What you see is the segmentation before it."], "bad"
        )
    if job["status"] == "cancelled":
        return parts.notice(f"Cancelled: {job['what']}. The segmentation is as it was.")
    return html.P(f"Last run: {job['what']}, in {job['seconds']:.1f} s.", className="card-note")


def _segments_choice(recipe: Recipe, recommended: int) -> html.Div:
    options = [(BY_EVIDENCE, f"By evidence (now {recommended})")]
    options += [(str(k), counted(k, "segment")) for k in range(1, MAX_SEGMENTS + 1)]
    return html.Div(
        dmc.Select(
            id=SEGMENTS,
            label="Number of segments",
            data=[{"value": v, "label": text} for v, text in options],
            value=str(recipe.segments or BY_EVIDENCE),
            allowDeselect=False,
            size="sm",
            comboboxProps={"shadow": "md"},
            maxDropdownHeight=320,
        ),
        className="field",
    )


def _features_choice(live: LiveStudy) -> html.Div:
    return html.Div(
        dmc.MultiSelect(
            id=FEATURES,
            label="Features: what makes two customers alike",
            data=[{"group": name, "items": items} for name, items in usable(live).items() if items],
            value=list(live.recipe.features),
            searchable=True,
            clearable=True,
            hidePickedOptions=True,
            nothingFoundMessage="No such column of numbers",
            size="sm",
            comboboxProps={"shadow": "md"},
            maxDropdownHeight=300,
            clearButtonProps={**aria(label="Remove all features", hidden=False), "tabIndex": 0},
        ),
        className="field",
    )


def usable(live: LiveStudy) -> dict[str, list[dict[str, str]]]:
    """Columns that can be clustered on, as options in groups: derived, measures, flags."""
    recipe = live.recipe

    def is_number(name: str) -> bool:
        return column_kind(live.customers[name]) in ("number", "boolean")

    def of(role: Role) -> list[dict[str, str]]:
        return [{"value": c.column, "label": c.label} for c in recipe.columns if c.role is role and is_number(c.column)]

    derived = [{"value": d.name, "label": d.label} for d in recipe.derived if is_number(d.name)]
    return {"Derived": derived, "Measures": of(Role.MEASURE), "Yes or no": of(Role.FLAG)}


def _transform_choice(recipe: Recipe) -> html.Div:
    words = (
        "As the data ask: heavily skewed features are seen on a log scale, values far beyond the rest count as a "
        "bound, then all are standardised. Standardise only: the mean is taken off and the standard deviation divided "
        "out, nothing else."
    )
    return html.Div(
        [
            html.Div(["Preparation", parts.info(words)], className="field-label inline"),
            dmc.SegmentedControl(
                id=TRANSFORM,
                data=[{"value": value, "label": text} for value, text in PREPARATIONS],
                value=recipe.transform,
                fullWidth=True,
                size="xs",
                radius="md",
            ),
        ],
        className="field",
    )


def _buttons() -> html.Div:
    return html.Div(
        [
            html.Button("Undo last run", id=UNDO, className="button", hidden=True),
            html.Button("Run again", id=RUN, className="button primary"),
        ],
        className="rerun-buttons",
    )


def _progress() -> html.Div:
    bar = html.Div(
        fill(0.0),
        id=BAR,
        className="progress",
        role="progressbar",
        **aria(label="How far the run is", valuemin=0, valuemax=100, valuenow=0),
    )
    below = html.Div(
        [html.Div(id=STAGE, className="progress-words"), html.Button("Cancel", id=CANCEL, className="button")],
        className="progress-line",
    )
    return html.Div([bar, below], id=PROGRESS, className="progress-box", hidden=True)
