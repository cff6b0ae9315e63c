"""The feature chooser: a table of every column that could make segments, with what speaks for and against each.

What is ticked, weighed and switched is kept in a store of the browser by assets/choosing.js; what it comes to is worked
out here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from segscope.choosing import Candidate, Known, advice, candidates, describe_columns, number_columns
from segscope.editing import Change, draft
from segscope.errors import RecipeError
from segscope.exploring import associate, count_bins
from segscope.features import propose_features
from segscope.intake import ReadOptions
from segscope.intake.facts import ColumnFacts
from segscope.json_text import build
from segscope.recipe import FeatureWeight, Recipe
from segscope.study import SEGMENT_VARIABLE, LiveStudy
from segscope.web import distributions, parts
from segscope.web.attributes import aria, data
from segscope.wording import counted

FEATURES, SEARCH, COUNT, PROPOSE, ADVICE = (
    "rerun-features", "choosing-search", "choosing-count", "choosing-propose", "choosing-advice",
)  # fmt: skip
PICTURES = 30  # of distributions, so that a table of hundreds of columns stays light
NO_FEATURE = "Choose at least one feature to cluster on."
HELP = (
    "Customers are alike when they are alike on the features. Each is standardised, so that units do not decide; a "
    "weight of 2 makes a feature count twice as much. Point at the reasons to read them in full."
)


@dataclass(frozen=True)
class Chosen:
    """What a browser holds: the features, weights other than 1, and what is switched off ("log/COLUMN")."""

    features: tuple[str, ...]
    weights: dict[str, float]
    off: tuple[str, ...]


def held(recipe: Recipe) -> dict[str, Any]:
    """What a browser holds for a recipe."""
    return {
        "features": list(recipe.features),
        "weights": {w.feature: w.weight for w in recipe.weights},
        "off": list(_switched_off(recipe)),
    }


def proposed(live: LiveStudy) -> dict[str, Any]:
    """What a browser holds for the proposal: its features, each of the same weight, with what their values call for."""
    return {"features": [c.column for c in known_candidates(live) if c.suggested], "weights": {}, "off": []}


def with_features(current: Recipe, wanted: Mapping[str, Any]) -> Recipe:
    """The current recipe with the features, weights and switches that a browser holds.

    Features keep the recipe's order, new ones follow; so the same choices give the same recipe.

    Raises
    ------
    RecipeError : for a column that is not there, a weight out of range, or what no browser of ours holds
    """
    chosen: Chosen = build(Chosen, wanted, RecipeError, "choices")
    changes = [Change("feature", f, "no") for f in current.features if f not in chosen.features]
    changes += [Change("feature", f, "yes") for f in chosen.features if f not in current.features]
    before = _switched_off(current)
    for key in sorted({*before} ^ {*chosen.off}):
        action, _, column = key.partition("/")
        changes.append(Change("rule", f"{action}/0/{column}", "no" if key in chosen.off else "yes"))
    recipe = draft(current, ReadOptions(), changes).recipe
    weighed = [(f, chosen.weights.get(f, 1.0)) for f in recipe.features]
    weights = tuple(FeatureWeight(f, w) for f, w in weighed if w != 1)
    return recipe if set(weights) == set(recipe.weights) else recipe.replace(weights=weights)


def _switched_off(recipe: Recipe) -> tuple[str, ...]:
    rules = [r for r in recipe.cleaning if r.action in ("log", "bound") and not r.enabled]
    return tuple(f"{r.action}/{r.column}" for r in rules)


def known_candidates(live: LiveStudy) -> tuple[Candidate, ...]:
    """The candidates of a study, found once."""
    return live.once("candidates", lambda: _find(live))


def _find(live: LiveStudy) -> tuple[Candidate, ...]:
    recipe, everybody = live.recipe, live.fit.profiles.everybody
    facts = [ColumnFacts(n.name, "number", live.fit.customers, n.missing, n.distinct) for n in live.fit.columns]
    known = Known(
        everybody,
        {n.name: n.distinct for n in live.fit.columns},
        propose_features(recipe, facts),
        live.fit.segmentation.preparation,
        describe_columns(live.engine, live.sample, number_columns(recipe, everybody)),
        live.once("associations", lambda: associate(live.engine, live.sample, live.variables)),
    )
    return candidates(recipe, known)


def advice_list(live: LiveStudy, wanted: Recipe) -> Any:
    """What there is to say of the chosen features as a whole."""
    if not wanted.features:
        return parts.notice(NO_FEATURE, "bad")
    told = advice(wanted, known_candidates(live))
    return html.Ul([html.Li(sentence) for sentence in told], className="advice") if told else None


def chooser(live: LiveStudy) -> html.Div:
    """The table, its search, the proposal, and what there is to say of the choice."""
    what, label = "Columns that can make the segments", "Features: what makes two customers alike"
    search = dcc.Input(id=SEARCH, type="search", value="", placeholder="Search columns", className="data-search")
    table = _table(live, what)
    return html.Div(
        [
            dcc.Store(id=FEATURES, data=held(live.recipe)),
            html.Div(
                [
                    html.Div([label, parts.info(HELP)], className="field-label inline"),
                    html.Span(id=COUNT, className="muted small", role="status"),
                    html.Label([html.Span("Search columns", className="sr-only"), search]),
                    html.Button("Use the proposal", id=PROPOSE, className="button"),
                ],
                className="choosing-head",
            ),
            html.Div(table, className="table-box", tabIndex=0, role="region", **aria(label=what)),
            html.Div(id=ADVICE, role="status"),
        ],
        className="choosing",
    )


def _table(live: LiveStudy, what: str) -> html.Table:
    found = known_candidates(live)
    bins = live.once("choosing: counts", lambda: _sample_counts(live))
    pictures = {c.column: _picture(live, bins, c) for c in found[:PICTURES]}
    head = ["", "Column", "Distribution", "What speaks for and against", "Weight", "Log", "Bound"]
    cells = [html.Tr(_cells(c, live.recipe, pictures.get(c.column)), **_row(c)) for c in found]
    heads = [html.Th(h, scope="col") if h else html.Td() for h in head]
    return html.Table(
        [html.Caption(what, className="sr-only"), html.Thead(html.Tr(heads)), html.Tbody(cells)],
        className="plain-table choosing-table",
    )


def title(live: LiveStudy) -> str:
    """How many columns make the segments, and what is the matter with them."""
    chosen, of = len(live.recipe.features), len(known_candidates(live))
    doubtful = advice(live.recipe, known_candidates(live))
    words = f"{counted(chosen, 'feature')} of {of} columns" + (" makes" if chosen == 1 else " make") + " the segments"
    return f"{words}; {counted(len(doubtful), 'thing')} to consider" if doubtful else words


def _sample_counts(live: LiveStudy) -> Mapping[str, Sequence[int]]:
    variables = [v for v in live.variables if v.column != SEGMENT_VARIABLE]  # the segment comes last
    return count_bins(live.engine, live.sample, variables, live.sample)


def _picture(live: LiveStudy, counts: Mapping[str, Sequence[int]], candidate: Candidate) -> Any:
    variable = next((v for v in live.variables if v.column == candidate.column), None)
    if variable is None or candidate.column not in counts:
        return None
    profile = live.fit.profiles.everybody.numbers.get(candidate.column)
    return distributions.spread(variable, counts[candidate.column], profile)


def _row(candidate: Candidate) -> dict[str, Any]:
    words = " ".join([candidate.column, candidate.label, candidate.kind, *(r.brief for r in candidate.reasons)])
    return {"className": "chosen" if candidate.chosen else "", **data(choose=candidate.column, text=words.lower())}


def _cells(candidate: Candidate, recipe: Recipe, picture: Any) -> list[Any]:
    label, off = candidate.label, _switched_off(recipe)
    tick = html.Button(
        className="tick", role="checkbox", **aria(label=label, checked="true" if candidate.chosen else "false"),
        **data(tick="yes"),
    )  # fmt: skip
    unit = html.Span(candidate.unit, className="column-unit") if candidate.unit else None
    name = [html.Strong([label, unit], title=candidate.column), html.Small(candidate.kind)]
    switches = [
        _switch(action, label, f"{action}/{candidate.column}" not in off) if there else None
        for action, there in (("log", candidate.log), ("bound", candidate.bounds))
    ]
    weight = html.Span(**data(weight=f"Weight of {label}"))
    cells = [tick, name, picture, _why(candidate), weight, *switches]
    names = ["tick", "name", "picture", "why", "weight", "log", "bound"]
    return [html.Td(cell, className=f"ch-{n}") for n, cell in zip(names, cells, strict=True)]


def _why(candidate: Candidate) -> Any:
    nothing = html.Span("nothing against it", className="muted small")
    if not candidate.reasons:
        return nothing
    return html.Button(
        [parts.chip(r.brief, r.tone) for r in candidate.reasons if r.brief] or nothing,
        className="why",
        **data(full="\n".join(r.sentence for r in candidate.reasons)),
    )


def _switch(action: str, label: str, on: bool) -> html.Button:
    words = {"log": f"{label} on a log scale", "bound": f"Far-out values of {label} count as a bound"}[action]
    return html.Button(
        html.Span(className="switch-knob"), className="switch", role="switch", title=words,
        **data(prepare=action), **aria(label=words, checked="true" if on else "false"),
    )  # fmt: skip
