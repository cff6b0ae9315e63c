"""The form of another run: features, method, number of segments, preparation; and what the run came to."""

from collections.abc import Mapping
from time import time
from typing import Any, get_args

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update

from segscope.errors import RecipeError, SegscopeError
from segscope.features import check_features
from segscope.hand import lost_in_words
from segscope.recipe import MAX_SEGMENTS, METHOD_NAMES, Method, Recipe, Transform
from segscope.study import LiveStudy, Order
from segscope.web import parts, rerun
from segscope.web.attributes import in_browser
from segscope.web.clustering import choosing
from segscope.web.pressing import press, read_press, store
from segscope.web.rerun import ASKED, CANCEL, JOB, RECOMMENDED, RUN, STUDY, UNDO
from segscope.web.studies import Studies
from segscope.wording import counted

SEGMENTS, METHOD, TRANSFORM, ASIDE, SEED = (
    "rerun-segments", "rerun-method", "rerun-transform", "rerun-aside", "rerun-seed",
)  # fmt: skip
FEATURES = choosing.FEATURES
STALE, RESET, LOST, PROBLEM, SHOWN = "rerun-stale", "rerun-reset", "rerun-lost", "rerun-problem", "rerun-shown"
BY_EVIDENCE = "auto"
PREPARATIONS = (("auto", "As the data ask"), ("none", "Standardise only"))
UNUSUAL = (("no", "Bound them"), ("yes", "Set them aside"))
METHODS = {
    "kmeans": "Compact groups around a mean. Quick at any size: the one to start with.",
    "mixture": "Stretched groups of unequal width, which may overlap. For measures that rise together.",
    "ward": "Joins the most similar step by step, as a tree. For a few thousand customers, and nested groups.",
}
PREPARING = (
    "As the data ask: heavily skewed features are seen on a log scale, values far beyond the rest count as a bound, "
    "then all are standardised. Standardise only: the mean is taken off and the standard deviation divided out, "
    "nothing else."
)
SETTING_ASIDE = (
    "Unusual customers have a value beyond three interquartile ranges from the quartiles. Bound: such a value counts "
    "as the bound. Set aside: these customers make no segments, but each is assigned to one all the same."
)
CHOICES = (FEATURES, METHOD, SEGMENTS, TRANSFORM, ASIDE, SEED)


def card(live: LiveStudy) -> html.Section:
    """What can be changed, the button that runs it, and room for its progress."""
    recipe, aside = live.recipe, "yes" if live.recipe.set_aside else "no"
    return parts.card(
        choosing.title(live),
        choosing.chooser(live),
        html.Div(
            [
                _method(recipe),
                html.Div([_segments(recipe, live.fit.evidence.recommended), _seed(recipe)], className="rerun-few"),
                html.Div(
                    [
                        _either(TRANSFORM, "Preparation", PREPARING, PREPARATIONS, recipe.transform),
                        _either(ASIDE, "Unusual customers", SETTING_ASIDE, UNUSUAL, aside),
                    ],
                    className="rerun-few",
                ),
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
        _lost(live),
        dcc.Store(id=SHOWN, data={"drawn": time(), "fields": CHOICES}),
        html.Div(id=PROBLEM),
        html.Div(
            [
                html.Div(id=rerun.OUTCOME),
                html.Div(
                    [
                        html.Button(
                            "Undo last run", id=UNDO, className="button", hidden=True, **press("form", do=UNDO)
                        ),
                        html.Button(
                            "Run again",
                            id=RUN,
                            className="button primary",
                            title="Ctrl+Enter",
                            **press("form", do=RUN),
                        ),
                    ],
                    className="rerun-buttons",
                ),
            ],
            className="rerun-foot",
        ),
        rerun.progress(),
        subtitle="Change it and run again: the solution that is shown stays kept",
        class_name="rerun",
        id="rerun",
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""

    in_browser(
        app, "choosing.show", Output(choosing.COUNT, "children"), Input(FEATURES, "data"),
        Input(choosing.SEARCH, "value"),
    )  # fmt: skip

    in_browser(
        app, "form.keep", Output(SHOWN, "modified_timestamp"), Input(SHOWN, "data"),
        *[Input(name, "data" if name == FEATURES else "value") for name in CHOICES],
    )  # fmt: skip

    @app.callback(
        Output(STALE, "hidden"),
        Output(choosing.ADVICE, "children"),
        inputs={"choices": [Input(name, "data" if name == FEATURES else "value") for name in CHOICES]},
        state={"study": State(STUDY, "data")},
    )
    def _compare(choices: list[Any], study: dict[str, str]) -> tuple[bool, object]:
        live = studies.get(study["id"])
        try:
            wanted = chosen(live.recipe, *choices)
        except SegscopeError as error:
            return False, parts.notice(str(error), "bad")
        return wanted == live.recipe, choosing.advice_list(live, wanted)

    @app.callback(
        [Output(name, "data" if name == FEATURES else "value") for name in CHOICES],
        Input(RESET, "n_clicks"),
        Input(choosing.PROPOSE, "n_clicks"),
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _put_back(_reset: int, _propose: int, study: dict[str, str]) -> list[Any]:
        live = studies.get(study["id"])
        if ctx.triggered_id == choosing.PROPOSE:
            return [choosing.proposed(live), *[no_update] * (len(CHOICES) - 1)]
        return as_choices(live.recipe)

    @app.callback(
        Output(ASKED, "data"),
        Output(PROBLEM, "children"),
        inputs={
            "pressed": Input(store("form"), "data"),
            "choices": [State(name, "data" if name == FEATURES else "value") for name in CHOICES],
            "study": State(STUDY, "data"),
        },
        prevent_initial_call=True,
    )
    def _act(pressed: object, choices: list[Any], study: dict[str, str] | None) -> tuple[object, object]:
        button = read_press(pressed).get("do")
        if not study or not button:
            return no_update, no_update
        try:
            return act(studies, study["id"], button, choices), None
        except SegscopeError as error:
            # Without any feature the chooser itself says so.
            return no_update, parts.notice(str(error), "bad") if choices[0]["features"] else None

    @app.callback(
        Output(rerun.PROGRESS, "hidden"),
        Output(rerun.BAR, "children"),
        Output(rerun.BAR, "aria-valuenow"),
        Output(rerun.STAGE, "children"),
        Output(rerun.WAITING, "children"),
        Output(rerun.OUTCOME, "children"),
        Output(UNDO, "hidden"),
        Output(UNDO, "disabled"),
        Input(JOB, "data"),
        State(STUDY, "data"),
    )
    def _show(job: dict[str, Any] | None, study: dict[str, str]) -> tuple[object, ...]:
        # The completing of evidence is told of by the panel of the evidence.
        running = bool(job and job["status"] == "running" and not job["completes"])
        share = job["share"] if job else 0.0
        no_earlier = studies.jobs.earlier(study["id"]) is None
        told = rerun.fill(share), round(100 * share), rerun.stage(job), rerun.waiting(job), rerun.outcome(job)
        return not running, *told, no_earlier, running


def as_choices(recipe: Recipe) -> list[Any]:
    """The form's values for a recipe, in the order of ``CHOICES``."""
    segments, aside = str(recipe.segments or BY_EVIDENCE), "yes" if recipe.set_aside else "no"
    return [choosing.held(recipe), recipe.method, segments, recipe.transform, aside, recipe.seed]


def chosen(
    current: Recipe, features: Mapping[str, Any], method: str, segments: str, transform: str, aside: str, seed: Any
) -> Recipe:
    """The current recipe with the form's choices.

    Raises
    ------
    RecipeError : for a choice that the form does not offer
    """
    if transform not in get_args(Transform):
        raise RecipeError(f"There is no preparation {transform!r:.40}.")
    if segments != BY_EVIDENCE and not str(segments).isdecimal():
        raise RecipeError(
            f"The number of segments must be a whole number from 1 to {MAX_SEGMENTS}. Got {segments!r:.20}."
        )
    if not isinstance(seed, int):
        raise RecipeError(f"The seed must be a whole number from 0 to 4294967295. Got {seed!r:.20}.")
    return choosing.with_features(current, features).replace(
        segments=None if segments == BY_EVIDENCE else int(segments),
        method=method,
        transform=transform,
        set_aside=aside == "yes",
        seed=seed,
    )


def act(studies: Studies, study_id: str, button: str, choices: list[Any]) -> object:
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
        wanted = chosen(live.recipe, *choices)
    check_features(live.customers, wanted)
    return {"number": studies.start(study_id, Order(str(live.folder), wanted, live.card.reading)).number}


# ------------------------------------------------------------------------------------------------ fields


def _lost(live: LiveStudy) -> html.Div:
    """What was done by hand and another run would leave behind."""
    words = lost_in_words(live.fit.segmentation.hand)
    kept = " The solution that has it stays kept, under Solutions."
    return html.Div([html.Strong("Work by hand. "), words, kept], className="stale", id=LOST, hidden=not words)


def _method(recipe: Recipe) -> html.Div:
    radios = [
        dmc.Radio(value=name, label=METHOD_NAMES[name], description=METHODS[name], size="xs")
        for name in get_args(Method)
    ]
    group = dmc.RadioGroup(html.Div(radios, className="rerun-methods"), id=METHOD, value=recipe.method, label="Method")
    return html.Div(group, className="field")


def _segments(recipe: Recipe, recommended: int) -> html.Div:
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


def _either(name: str, label: str, words: str, options: tuple[tuple[str, str], ...], value: str) -> html.Div:
    return html.Div(
        [
            html.Div([label, parts.info(words)], className="field-label inline"),
            dmc.SegmentedControl(
                id=name,
                data=[{"value": v, "label": text} for v, text in options],
                value=value,
                fullWidth=True,
                size="xs",
                radius="md",
            ),
        ],
        className="field",
    )


def _seed(recipe: Recipe) -> html.Details:
    field = dmc.NumberInput(
        id=SEED, value=recipe.seed, min=0, max=2**32 - 1, allowDecimal=False, size="xs", label="Seed",
        description="Of every random draw. Another seed shows what depends on chance.",
    )  # fmt: skip
    return html.Details([html.Summary("More"), field], className="field rerun-more")
