"""Cards of the Clustering tab that no choice changes: verdict, recipe, customers per segment, centres."""

from collections.abc import Sequence
from typing import Any

from dash import html

from segscope.figures import clustering as figures
from segscope.naming import methodology
from segscope.preparation import CategoryPreparation, Step, in_words
from segscope.recipe import METHOD_NAMES, DerivedColumn, Recipe
from segscope.segmentation import Segment
from segscope.study import Fit, LiveStudy
from segscope.theme import segment_variable
from segscope.web import parts, rerun
from segscope.web.attributes import aria
from segscope.wording import counted, full, percent, short, stability_words

MEANINGS = {
    "natural": "Natural: found again when the customers are resampled, with hardly anybody between them and others.",
    "reproducible": "Reproducible: found again when the customers are resampled, but shading into the neighbours.",
    "constructed": "Constructed: another sample of customers would be cut elsewhere. A convenience, not a finding.",
}
STRONGEST = 1.5  # standard deviations at which the colour of a centre is full


def banner(fit: Fit) -> html.Section:
    """The verdict: how many, what they are, what that means."""
    k, recommended, word = len(fit.segments), fit.evidence.recommended, fit.verdict.verdict
    take = html.Button(
        f"Use {counted(recommended, 'segment')} instead",
        id=rerun.RECOMMENDED,
        className="button",
        hidden=recommended == k,
        title=fit.evidence.reason,
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
        html.P(methodology(recipe, len(fit.segments)), className="methodology"),
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
        ("Segments", f"{len(fit.segments)}, {chosen}"),
        ("Customers", f"{fit.customers:,}, {explored}"),
        ("Blanks filled", ", ".join(blanks) if blanks else "none"),
        ("Seed", str(recipe.seed)),
    ]


def _filled_with(step: Step) -> str:
    return "in the middle" if isinstance(step, CategoryPreparation) else full(step.fill)


def sizes_card(fit: Fit) -> html.Section:
    """Customers per segment, and how real each is."""
    top = max(s.share for s in fit.segments)
    rows = [size_row(fit, place, segment, top) for place, segment in enumerate(fit.segments)]
    return parts.card(figures.sizes_title(fit), html.Ul(rows, className="sizes"))


def size_row(fit: Fit, place: int, segment: Segment, top: float) -> html.Li:
    """A segment: name, bar, count, share, verdict."""
    name = [parts.swatch(segment.colour), html.Span(segment.name, title=segment.name)]
    count = [html.Strong(f"{segment.size:,}"), html.Span(percent(segment.share), className="muted")]
    bar = parts.bar(segment.share / top, segment_variable(segment.colour))
    row = [html.Div(name, className="size-name"), bar, html.Div(count, className="size-count")]
    if len(fit.segments) > 1:
        judged = fit.verdict.segments[place]
        stable = f"{stability_words(judged.stability)} ({judged.stability:.2f} of 1)"
        chip = html.Span(parts.chip(judged.verdict, judged.verdict), title=MEANINGS[judged.verdict])
        words = html.Span(f"{stable}, {figures.apart_words(fit, place)}", className="muted small")
        row.append(html.Div([chip, words], className="size-verdict"))
    return html.Li(row)


def centres_card(fit: Fit) -> html.Section:
    """Means of the features in original units, coloured by distance from everybody."""
    features = fit.recipe.features
    head = [html.Th(html.Span("Segment", className="sr-only"), scope="col")]
    head += [centre_head(fit.recipe.column(f).label, fit.recipe.column(f).unit) for f in features]
    body = [centre_row(fit, place) for place in range(len(fit.segments))]
    everybody = [html.Td(html.Div(short(fit.profiles.everybody.numbers[f].mean))) for f in features]
    name = html.Th([html.Span(className="swatch everybody"), "Everybody"], scope="row")
    body.append(html.Tr([name, *everybody], className="everybody-row"))
    caption = html.Caption("Mean of each feature by segment", className="sr-only")
    table = html.Table([caption, html.Thead(html.Tr(head)), html.Tbody(body)], className="centres")
    scale: list[Any] = [f"{STRONGEST} σ below", html.Span(className="centre-scale"), f"{STRONGEST} σ above everybody"]
    return parts.card(
        figures.centres_title(fit),
        html.Div(table, className="table-box", tabIndex=0, role="region", **aria(label="Centres")),
        html.Div(scale, className="scale-line muted small"),
        subtitle="Mean in original units; colour: distance from everybody in standard deviations (σ)",
    )


def centre_head(label: str, unit: str) -> html.Th:
    """The head of a column: a feature and its unit."""
    return html.Th(html.Div([label, html.Span(unit, className="unit")]), scope="col")


def centre_row(fit: Fit, place: int) -> html.Tr:
    """A segment's means."""
    segment = fit.segments[place]
    name = html.Th([parts.swatch(segment.colour), html.Span(segment.name, title=segment.name)], scope="row")
    return html.Tr([name, *[centre_cell(fit, place, f) for f in fit.recipe.features]])


def centre_cell(fit: Fit, place: int, feature: str) -> html.Td:
    """A mean, with its distance from everybody as colour and in words."""
    found = fit.profiles.segments[place].numbers.get(feature)
    mean = found.mean if found else None
    difference = fit.profiles.standard_difference(place, feature)
    words = f"{abs(difference):.1f} standard deviations {'above' if difference >= 0 else 'below'} everybody"
    value = html.Div(
        short(mean),
        className="centre high" if difference >= 0 else "centre low",
        style={"--strength": f"{min(1.0, abs(difference) / STRONGEST):.2f}"},
        title=f"{full(mean)}: {words}",
    )
    return html.Td([value, html.Span(words, className="sr-only")])
