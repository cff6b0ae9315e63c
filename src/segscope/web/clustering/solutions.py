"""Which solutions are kept, which is current, and how do any two of them differ?"""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import ALL, Dash, Input, Output, State, dcc, html, no_update

from segscope.errors import SegscopeError
from segscope.figures import solutions as figures
from segscope.recipe import METHOD_NAMES, Recipe
from segscope.segmentation import Segment
from segscope.study import LiveStudy
from segscope.study.solutions import (
    Comparison,
    Solution,
    compare_solutions,
    read_solutions,
    recipe_differences,
)
from segscope.theme import Scheme, segment_variable
from segscope.web import changes, parts
from segscope.web.attributes import aria
from segscope.web.clustering.evidence import FITTED
from segscope.web.pressing import press, read_press, store, typed
from segscope.web.rerun import ASKED, STUDY
from segscope.web.studies import Studies
from segscope.wording import LONGEST_NAME, counted, full, percent

SCHEME = "scheme"
TITLE, LIST, CHANGED, PROBLEM, BACK = (
    "solutions-title", "solutions-list", "solutions-changed", "solutions-problem", "solutions-back",
)  # fmt: skip
NAME, DRAWN, JUDGED = "solutions-name", "solutions-drawn", "solutions-judged"
FIRST, SECOND, BESIDE, FLOW, FLOW_BOX, SAID, NUMBERS, COUNTS = (
    "solutions-first", "solutions-second", "solutions-beside", "solutions-flow", "solutions-flow-box",
    "solutions-said", "solutions-numbers", "solutions-counts",
)  # fmt: skip
PAIRS = (
    "Each segment is paired with at most one of the other solution, so that as many customers as possible stay. Who is "
    "outside these pairs moves."
)
HEAD = ("Name", "k", "Method", "Features", "Also", "Verdict", "Silhouette", "Least stable", "")


def register(app: Dash, studies: Studies) -> None:
    """Callbacks in screen order: the list, what its buttons do, the comparison of two."""

    @app.callback(
        Output(TITLE, "children"),
        Output(LIST, "children"),
        Output(BACK, "children"),
        Output(FIRST, "data"),
        Output(SECOND, "data"),
        Output(FIRST, "value"),
        Output(BESIDE, "hidden"),
        Output(DRAWN, "data"),
        Input(CHANGED, "data"),
        Input(FITTED, "data"),
        State(FIRST, "value"),
        State(DRAWN, "data"),
        State(STUDY, "data"),
    )
    def _list(
        _changed: object, _fitted: object, first: str | None, drawn: object, study: dict[str, str] | None
    ) -> tuple[Any, ...]:
        if not study:
            return (no_update,) * 8
        live = studies.get(study["id"])
        kept = solutions(live)
        current = live.card.current.id if live.card.current else None
        shown = [current, *([s.kept.id, s.kept.name] for s in kept)]
        if shown == drawn:  # only evidence was added: a name that is being typed stays
            return (no_update,) * 8
        options = [{"value": s.kept.id, "label": s.kept.name} for s in kept]
        there = first if any(s.kept.id == first for s in kept) else current
        earlier = studies.jobs.earlier(study["id"])
        return title(kept), table(live, kept), back(kept, earlier), options, options, there, len(kept) < 2, shown

    @app.callback(
        Output({"type": JUDGED, "solution": ALL, "what": ALL}, "children"),
        Input(FITTED, "data"),
        State({"type": JUDGED, "solution": ALL, "what": ALL}, "id"),
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _judged(_fitted: object, cells: list[dict[str, str]], study: dict[str, str] | None) -> list[Any]:
        by_id = {s.kept.id: judged(s) for s in solutions(studies.get(study["id"]))} if study else {}
        return [by_id.get(cell["solution"], {}).get(cell["what"], no_update) for cell in cells]

    @app.callback(
        Output(ASKED, "data", allow_duplicate=True),
        Output(CHANGED, "data"),
        Output(PROBLEM, "children"),
        Output(SECOND, "value"),
        Input(store("solutions"), "data"),
        State(SECOND, "value"),
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _act(
        pressed: object, second: str | None, study: dict[str, str] | None
    ) -> tuple[object, object, object, object]:
        wanted = read_press(pressed)
        if not study or not wanted:
            return (no_update,) * 4
        if wanted["do"] == "compare":
            return no_update, no_update, None, wanted["solution"]
        try:
            asked = act(studies, study["id"], wanted["do"], wanted["solution"], str(wanted.get("value", "")))
        except SegscopeError as error:
            return no_update, {"problem": str(error)}, parts.notice(str(error), "bad"), no_update
        if asked is None:
            return (no_update,) * 4
        gone = wanted["do"] == "remove" and wanted["solution"] == second
        return asked, asked, None, None if gone else no_update

    @app.callback(
        Output(SAID, "children"),
        Output(NUMBERS, "children"),
        Output(COUNTS, "children"),
        Output(FLOW, "figure"),
        Output(FLOW, "style"),
        Output(FLOW_BOX, "hidden"),
        Input(FIRST, "value"),
        Input(SECOND, "value"),
        Input(SCHEME, "data"),
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _compare(
        first: str | None, second: str | None, scheme: Scheme, study: dict[str, str] | None
    ) -> tuple[Any, ...]:
        if not study or not first or not second:
            return nothing(None)
        if first == second:
            return nothing(parts.notice("Choose two solutions."))
        live = studies.get(study["id"])
        try:
            one, other = solution(live, first), solution(live, second)
            found = comparison(live, one, other)
        except SegscopeError as error:
            return nothing(parts.notice(str(error), "warn"))
        drawn = figures.flow_figure(found, one.fit.segments, other.fit.segments, scheme)
        counts = flow_table(found, one.fit.segments, other.fit.segments)
        return said(found, one, other), criteria_table(one, other), counts, drawn, height(drawn), False


# ------------------------------------------------------------------------------------------------ what happens


def solutions(live: LiveStudy) -> tuple[Solution, ...]:
    """The kept solutions, each file read once."""
    files = tuple(k.fit for k in live.card.kept)
    read = {s.kept.fit: s.fit for s in live.once(("solutions", files), lambda: read_solutions(live.folder, live.card))}
    return tuple(Solution(k, read[k.fit]) for k in reversed(live.card.kept) if k.fit in read)


def solution(live: LiveStudy, solution_id: str) -> Solution:
    """One of them; a StudyError offers near matches."""
    kept = live.card.solution(solution_id)
    return next(s for s in solutions(live) if s.kept.id == kept.id)


def comparison(live: LiveStudy, first: Solution, second: Solution) -> Comparison:
    """Both assigned to all customers, counted once."""
    key = ("solutions compared", first.kept.data, first.kept.fit, second.kept.data, second.kept.fit)
    return live.once(key, lambda: compare_solutions(live.folder, live.card, first, second))


def act(studies: Studies, study_id: str, what: str, solution_id: str, value: str) -> object:
    """Do what a row says. Returns what makes the page look again; None where nothing was changed.

    Raises
    ------
    SegscopeError : when it cannot be done
    """
    if what in ("show", "back"):
        return {"number": studies.switch(study_id, solution_id).number}
    if what == "remove":
        changes.drop_solution(studies, study_id, solution_id)
        return {"removed": solution_id}
    if value == studies.get(study_id).card.solution(solution_id).name:
        return None
    changes.rename_solution(studies, study_id, solution_id, value)
    return {"renamed": solution_id, "name": value}


# ------------------------------------------------------------------------------------------------ parts


def card() -> html.Section:
    """The card; its contents follow, since reading solutions takes a moment."""
    return parts.card(
        html.Span("Solutions", id=TITLE),
        dcc.Store(id=CHANGED),
        dcc.Store(id=DRAWN),
        html.Div(html.Div(className="skeleton solutions-skeleton"), id=LIST),
        html.Div(id=PROBLEM),
        html.Div(
            [
                html.Div([_choice(FIRST, "Compare"), _choice(SECOND, "with")], className="solutions-choice"),
                dcc.Loading(html.Div(id=SAID), type="dot", delay_show=300),
                html.Div(
                    [
                        parts.chart(FLOW, "Customers from the segments of one solution to those of the other", 260),
                        html.Div(id=NUMBERS),
                        html.Div(id=COUNTS, className="solutions-counts"),
                    ],
                    id=FLOW_BOX,
                    className="solutions-flow",
                    hidden=True,
                ),
            ],
            id=BESIDE,
            className="solutions-beside",
            hidden=True,
        ),
        subtitle="Every run is kept beside the others: click a name to change it",
        actions=[html.Div(id=BACK)],
        class_name="solutions-card",
    )


def _choice(component_id: str, label: str) -> dmc.Select:
    return dmc.Select(
        id=component_id, data=[], value=None, label=label, placeholder="Choose a solution", size="xs", radius="md",
        searchable=True, comboboxProps={"shadow": "md"}, className="solutions-select",
    )  # fmt: skip


def title(kept: Sequence[Solution]) -> str:
    """How many solutions there are, and of how many segments."""
    if len(kept) < 2:
        return "Solutions: one so far; each run is kept here beside it"
    numbers_ = sorted({len(s.fit.segments) for s in kept})
    span = str(numbers_[0]) if len(numbers_) == 1 else f"{numbers_[0]} to {numbers_[-1]}"
    return f"{len(kept)} solutions are kept, of {span} segment{'' if span == '1' else 's'}"


def back(kept: Sequence[Solution], earlier: str | None) -> Any:
    """The way back to the solution before the last run."""
    there = next((s for s in kept if s.kept.id == earlier), None)
    if there is None:
        return None
    return html.Button(
        f"Undo last run: {there.kept.name}", className="button solutions-back",
        title=f"Go back to {there.kept.name}", **_doing("back", there.kept.id),
    )  # fmt: skip


def table(live: LiveStudy, kept: Sequence[Solution]) -> html.Div:
    """The kept solutions, the newest first."""
    current = live.card.current
    rows = [_row(s, current is not None and s.kept.id == current.id) for s in kept]
    return parts.plain_table(HEAD, rows, "solutions-table", "Kept solutions")


def _row(one: Solution, current: bool) -> list[Any]:
    fit, kept = one.fit, one.kept
    recipe = fit.recipe
    labels = [recipe.column(f).label for f in recipe.features]
    name = dcc.Input(
        id={"type": NAME, "solution": kept.id}, value=kept.name, debounce=True, maxLength=LONGEST_NAME,
        autoComplete="off", spellCheck=False, className="solution-name",
    )  # fmt: skip
    cells = {
        what: html.Span(shown, id={"type": JUDGED, "solution": kept.id, "what": what})
        for what, shown in judged(one).items()
    }
    buttons = [] if current else _buttons(one)
    field = [html.Span(f"Name of {kept.name}", className="sr-only"), name]
    return [
        html.Label(field, **typed("solutions", do="rename", solution=kept.id)),
        cells["k"],
        METHOD_NAMES[recipe.method],
        parts.tip(", ".join(labels), str(len(labels))),
        html.Div([parts.chip(mark) for mark in marks(recipe)], className="solution-marks"),
        cells["verdict"],
        cells["silhouette"],
        cells["stable"],
        html.Div([parts.chip("current", "accent"), *buttons] if current else buttons, className="solution-buttons"),
    ]


def judged(one: Solution) -> dict[str, Any]:
    """The cells of a row that change when its evidence is completed."""
    fit, k = one.fit, len(one.fit.segments)
    best = html.Span(" ●", className="good-dot", title="The recommended number")
    return {
        "k": [str(k), best] if k == fit.evidence.recommended else str(k),
        "verdict": parts.chip(fit.verdict.verdict, fit.verdict.verdict) if k > 1 else "–",
        "silhouette": _two(one.criteria.silhouette),
        "stable": _two(least_stable(one)),
    }


def _buttons(one: Solution) -> list[Any]:
    kept = one.kept
    sure = html.Button("Yes, remove it", className="link danger", **_doing("remove", kept.id))
    return [
        html.Button("Show", className="link", **aria(label=f"Show {kept.name}"), **_doing("show", kept.id)),
        html.Button(
            "Compare", className="link", **aria(label=f"Compare with {kept.name}"), **_doing("compare", kept.id)
        ),
        html.Details([html.Summary("Remove", **aria(label=f"Remove {kept.name}")), sure], className="solution-remove"),
    ]


def _doing(what: str, solution_id: str) -> dict[str, Any]:
    return press("solutions", do=what, solution=solution_id)


def marks(recipe: Recipe) -> list[str]:
    """What else a recipe does, in a few words each."""
    told = ["standardised only"] if recipe.transform == "none" else []
    told += ["weights"] if recipe.weights else []
    told += ["unusual set aside"] if recipe.set_aside else []
    return [*told, *([f"seed {recipe.seed}"] if recipe.seed else [])]


def least_stable(one: Solution) -> float | None:
    """Stability of the least stable segment; None where there is one only."""
    return min(s.stability for s in one.fit.verdict.segments) if len(one.fit.segments) > 1 else None


def said(found: Comparison, first: Solution, second: Solution) -> list[Any]:
    """How far both agree, what the recipes do otherwise, and who moves."""
    differs = recipe_differences(first.fit.recipe, second.fit.recipe) or ("The recipes are the same.",)
    moves = figures.moves(found, first.fit.segments, second.fit.segments)
    missing = found.only_first + found.only_second
    left_out = f" {counted(missing, 'customer')} are not in both, or not told apart there." if missing else ""
    return [
        html.P([html.Strong(figures.comparison_title(found)), left_out], className="solutions-finding"),
        html.Div(
            [
                _told(f"{second.kept.name}, against {first.kept.name}", differs),
                _told(["Who moves", parts.info(PAIRS)], moves) if moves else None,
            ],
            className="solutions-words",
        ),
    ]


def _told(heading: Any, sentences: Sequence[str]) -> html.Div:
    return html.Div([html.H3(heading, className="criterion-title inline"), html.Ul([html.Li(s) for s in sentences])])


def height(drawn: go.Figure) -> dict[str, str]:
    """The chart as high as its figure."""
    return {"height": f"{drawn.layout.height:.0f}px"}


def nothing(why: Any) -> tuple[Any, ...]:
    """The comparison without one: why there is none."""
    return why, None, None, parts.EMPTY_FIGURE, {"height": "0px"}, True


def flow_table(found: Comparison, first: Sequence[Segment], second: Sequence[Segment]) -> html.Div:
    """Customers in each pair of segments: the fuller the colour, the larger the part of the row."""
    head: list[Any] = [html.Th(html.Span("From, to", className="sr-only"), scope="col")]
    head += [html.Th(html.Div([parts.swatch(s.colour), html.Span(s.name, title=s.name)]), scope="col") for s in second]
    body = []
    for segment, counts in zip(first, found.flow, strict=True):
        name = html.Th([parts.swatch(segment.colour), html.Span(segment.name, title=segment.name)], scope="row")
        body.append(html.Tr([name, *[_flow_cell(segment, second[j], n, sum(counts)) for j, n in enumerate(counts)]]))
    caption = html.Caption("Customers in each pair of segments", className="sr-only")
    made = html.Table([caption, html.Thead(html.Tr(head)), html.Tbody(body)], className="flow-table")
    return html.Div(made, className="table-box", tabIndex=0, role="region", **aria(label="Customers who move"))


def _flow_cell(segment: Segment, to: Segment, count: int, of: int) -> html.Td:
    share = count / of if of else 0.0
    if not count:
        return html.Td("·", className="muted")
    style = {"--fill": segment_variable(segment.colour), "--strength": f"{share:.2f}"}
    words = f"{counted(count, 'customer')} of {segment.name} in {to.name}: {percent(share)}"
    return html.Td(f"{count:,}", style=style, title=words)


def criteria_table(first: Solution, second: Solution) -> html.Div:
    """The criteria of both side by side; WCSS only where the same space was divided."""
    pair = (first, second)
    spaces = {(s.fit.segmentation.preparation, s.fit.recipe.set_aside, s.kept.data) for s in pair}
    rows: list[list[Any]] = [
        ["Segments", *[str(len(s.fit.segments)) for s in pair]],
        ["Verdict", *[s.fit.verdict.verdict if len(s.fit.segments) > 1 else "–" for s in pair]],
        ["Silhouette, Euclidean", *[_two(s.criteria.silhouette) for s in pair]],
        ["Silhouette, squared", *[_two(s.criteria.squared_silhouette) for s in pair]],
        ["Least stable segment", *[_two(least_stable(s)) for s in pair]],
        ["Prediction strength", *[_two(s.criteria.prediction_strength) for s in pair]],
        ["Smallest segment", *[percent(min(g.share for g in s.fit.segments)) for s in pair]],
        ["WCSS", *[full(s.fit.wcss) if len(spaces) == 1 else "not comparable" for s in pair]],
    ]
    head = ["", *[html.Span(s.kept.name, title=s.kept.name) for s in pair]]
    return parts.plain_table(head, rows, "criteria-beside", "Criteria of both solutions")


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
