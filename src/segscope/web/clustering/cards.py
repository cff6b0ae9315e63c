"""Cards of the Clustering tab that no choice changes: verdict and recipe."""

from collections.abc import Sequence
from typing import Any

from dash import html

from segscope.figures import clustering as figures
from segscope.preparation import CategoryPreparation, Step, in_words
from segscope.recipe import METHOD_NAMES, DerivedColumn, Recipe
from segscope.study import Fit, LiveStudy
from segscope.web import parts, rerun
from segscope.web.attributes import aria
from segscope.web.clustering.centres import MEANINGS
from segscope.web.pressing import press
from segscope.wording import counted, full

BANNER = "clustering-verdict"


def banner(fit: Fit) -> html.Div:
    """The verdict, in a place of its own: it is drawn again when the evidence is complete."""
    return html.Div(verdict(fit), id=BANNER)


def verdict(fit: Fit) -> html.Section:
    """How many segments, what they are, what that means."""
    k, recommended, word = len(fit.segments), fit.evidence.recommended, fit.verdict.verdict
    take = html.Button(
        "Use no segments" if recommended == 1 else f"Use {counted(recommended, 'segment')} instead",
        id=rerun.RECOMMENDED,
        className="button",
        hidden=recommended == fit.found,
        title=fit.evidence.reason,
        **press("form", do=rerun.RECOMMENDED),
    )
    title = html.H1(figures.verdict_title(fit), className="verdict-title")
    words = html.Div([title, html.P(fit.verdict.sentence, className="verdict-words")], className="verdict-text")
    meaning = html.Span(
        [parts.chip(word, word), parts.info(MEANINGS[word])], className="verdict-chip inline", hidden=k == 1
    )
    return html.Section(
        [
            html.Div(str(k), className="verdict-k", **aria(hidden="true")),
            words,
            html.Div([meaning, take], className="verdict-side"),
        ],
        className=f"card verdict {word if k > 1 else 'single'}",
    )


def recipe_card(live: LiveStudy) -> html.Section:
    """What makes two customers alike, and how the segments came about."""
    fit, recipe = live.fit, live.recipe
    steps = fit.segmentation.preparation
    return parts.card(
        "Recipe",
        html.Ul([feature_row(recipe, step) for step in steps], className="recipe-features", tabIndex=0),
        html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts(fit)], className="facts"),
        html.P(fit.how_made, className="methodology"),
        subtitle="What makes two customers alike",
    )


def feature_row(recipe: Recipe, step: Step) -> html.Li:
    """A feature: what it is, where it comes from, what is done to it."""
    column = recipe.column(step.feature)
    origin: Sequence[Any] = ["column ", html.Code(step.feature)]
    title = f"Column {step.feature} of the file"
    if isinstance(column, DerivedColumn):
        origin, title = [html.Code(column.formula)], f"{column.formula}: {column.meaning}"
    source = html.Div(origin, className="formula", title=title)
    words = html.Div([html.Strong(column.label), source], className="recipe-words")
    return html.Li([words, parts.chip(in_words(step))])


def facts(fit: Fit) -> list[tuple[str, str]]:
    """The rest of the recipe: names and values."""
    recipe, sample = fit.recipe, fit.evidence.sample
    steps = [s for s in fit.segmentation.preparation if s.blanks]
    blanks = [f"{s.blanks:,} in {recipe.column(s.feature).label} ({_filled_with(s)})" for s in steps]
    chosen = "as the evidence says" if recipe.segments is None else "as asked for"
    explored = "all of them" if sample >= fit.customers else f"explored on {sample:,}, refined on all"
    return [
        ("Method", METHOD_NAMES[recipe.method]),
        ("Segments", f"{fit.found}, {chosen}{f'; {len(fit.segments)} by hand' * bool(fit.segmentation.hand)}"),
        ("Customers", f"{fit.customers:,}, {explored}"),
        ("Blanks filled", ", ".join(blanks) if blanks else "none"),
        ("Seed", str(recipe.seed)),
    ]


def _filled_with(step: Step) -> str:
    return "in the middle" if isinstance(step, CategoryPreparation) else full(step.fill)
