"""In plain conditions: which rules pick the customers of each segment, how surely, and what they are as SQL."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html, no_update

from segscope.comparing import Share, brief
from segscope.rules import (
    DIALECTS,
    Clause,
    RuleSet,
    SegmentRule,
    condition_in_words,
    count_selected,
    learn_rules,
    rule_sql,
    simple_enough,
    sql_types,
)
from segscope.segmentation import Segment
from segscope.study import LiveStudy
from segscope.theme import segment_variable
from segscope.web import parts
from segscope.web.attributes import aria, data, in_browser
from segscope.web.studies import Studies
from segscope.wording import NARROW, counted, full, listed, percent

TITLE, NOTE, BODY, SIZE = "rules-title", "rules-note", "rules-body", "rules-size"
SQL, SQL_OPEN, SQL_SEGMENT, SQL_DIALECT, SQL_COPY = (
    "rules-sql", "rules-sql-open", "rules-sql-segment", "rules-sql-dialect", "rules-sql-copy",
)  # fmt: skip
EVERY_SEGMENT = "every"
State_ = Mapping[str, Any]
HOW = (
    "A small tree is grown on half of the customers (of 20,000 at most), in original units; thresholds are rounded to "
    "few digits. Every figure is measured on the other half, which the tree never saw. Coverage: the share of the "
    "segment's customers that its rule selects. Precision: the share of those selected that are in the segment. "
    "Behind each: the 95 % interval (Wilson). Every customer is selected by exactly one rule."
)


def card(live: LiveStudy) -> html.Section:
    """The card; its content comes when the page is there."""
    size = dmc.Select(
        id=SIZE, data=[], value=None, size="xs", radius="md", allowDeselect=False, className="select rules-size",
        comboboxProps={"shadow": "md", "width": "max-content", "position": "bottom-end"},
        **aria(label="How simple the rules are"),
    )  # fmt: skip
    return parts.card(
        [html.Span("In plain conditions", id=TITLE), parts.info(HOW)],
        html.Div(html.Div(className="skeleton", style={"height": "160px"}), id=BODY),
        _sql_part(live),
        subtitle=html.Span(id=NOTE),
        actions=[size],
        class_name="rules",
        **data(name="Rules"),
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""

    @app.callback(
        Output(TITLE, "children"),
        Output(NOTE, "children"),
        Output(BODY, "children"),
        Output(SIZE, "data"),
        Output(SIZE, "value"),
        Input(SIZE, "value"),
        State("study", "data"),
    )
    def _rules(size: str | None, study: State_) -> tuple[Any, ...]:
        live = studies.get(study["id"])
        sets, shown = _sets(live), _shown(live, size)
        options = [{"value": str(s.conditions), "label": _size_in_words(s)} for s in sets]
        table = rule_table(live, shown, _counts(live, shown))
        return _title(shown), _note(shown), table, options, str(shown.conditions)

    @app.callback(
        Output(SQL, "children"),
        Input(SIZE, "value"),
        Input(SQL_SEGMENT, "value"),
        Input(SQL_DIALECT, "value"),
        Input(SQL_OPEN, "n_clicks"),
        State("study", "data"),
    )
    def _sql(size: str | None, segment: str, dialect: str, opened: int | None, study: State_) -> Any:
        live = studies.get(study["id"])
        return sql_text(live, _shown(live, size), segment, dialect) if (opened or 0) % 2 else no_update

    in_browser(
        app, "rules.copy", Output(SQL_COPY, "children"), Input(SQL_COPY, "n_clicks"), State(SQL, "children"),
        prevent_initial_call=True,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ from the study


def _sets(live: LiveStudy) -> tuple[RuleSet, ...]:
    return live.once(("rules", _ids(live)), lambda: learn_rules(live.engine, live.sample, live.fit.segmentation))


def _ids(live: LiveStudy) -> tuple[str, ...]:
    """Ids of the segments, by which rules know them: a person may say that a segment is another."""
    return tuple(s.id for s in live.fit.segments)


def _shown(live: LiveStudy, size: str | None) -> RuleSet:
    """The rules of a size (their number of conditions); those to show first where there are none of it."""
    sets = _sets(live)
    return next((s for s in sets if str(s.conditions) == size), simple_enough(sets))


def _counts(live: LiveStudy, rules: RuleSet) -> dict[str, int]:
    key = ("rules count", rules.conditions, _ids(live))
    return live.once(key, lambda: count_selected(live.engine, live.customers, rules, live.fit.segmentation))


def sql_text(live: LiveStudy, rules: RuleSet, segment: str, dialect: str) -> str:
    """The rules as SQL over a table with the columns of the source."""
    types = sql_types(live.customers, live.fit.segmentation)
    chosen = None if segment == EVERY_SEGMENT else segment
    return rule_sql(rules, live.fit.segmentation, types, dialect, segment=chosen)


# ------------------------------------------------------------------------------------------------ words


def _title(rules: RuleSet) -> str:
    if rules.agreement is None:
        return "In plain conditions"
    return f"In plain conditions: the rules agree on {percent(rules.agreement.share)} of customers held out"


def _note(rules: RuleSet) -> str:
    if rules.agreement is None:
        return f"Learned on {counted(rules.learned_on, 'customer')}; none is left to measure the rules on."
    learned = f"Learned on {counted(rules.learned_on, 'customer')}, measured on {full(rules.agreement.of)} others"
    return f"{learned}; the 95{NARROW}% interval of the agreement is {_interval(rules.agreement)}."


def _size_in_words(rules: RuleSet) -> str:
    agreed = f" · {percent(rules.agreement.share)} agree" if rules.agreement else ""
    return f"{counted(rules.conditions, 'condition')}{agreed}"


def _interval(share: Share) -> str:
    """The interval of a share.

    >>> _interval(Share(0.5, 0.41, 0.59, 100))
    '41–59\u202f%'
    """
    return f"{100 * share.low:.0f}–{100 * share.high:.0f}{NARROW}%"


# ------------------------------------------------------------------------------------------------ parts


def rule_table(live: LiveStudy, rules: RuleSet, counts: Mapping[str, int]) -> html.Div:
    """A row a segment: its conditions, how many of its customers they find, how many they select wrongly."""
    segments = {s.id: s for s in live.fit.segments}
    head = [
        ("Segment", ""),
        ("Who is in it", ""),
        ("Coverage", "number"),
        ("Precision", "number"),
        ("Selects", "number"),
    ]
    rows = [_row(live, segments[rule.segment], rule, counts[rule.segment]) for rule in rules.rules]
    table = html.Table(
        [
            html.Caption("Each segment in plain conditions", className="sr-only"),
            html.Thead(html.Tr([html.Th(text, scope="col", className=kind) for text, kind in head])),
            html.Tbody(rows),
        ],
        className="plain-table rules-table",
    )
    return html.Div(table, className="table-box", tabIndex=0, role="region", **aria(label="Rules"))


def _row(live: LiveStudy, segment: Segment, rule: SegmentRule, count: int) -> html.Tr:
    name = html.Th(
        html.Span([html.Span(className="swatch own-swatch"), brief(segment.name)], className="group-name"), scope="row"
    )
    clauses = [_clause(live, clause, i) for i, clause in enumerate(rule.clauses)]
    said = clauses or [html.P("No rule of this size finds them. Choose more conditions.", className="muted")]
    cells = [
        html.Td(said, className="rule-clauses"),
        html.Td(_share(rule.coverage), className="number", **data(head="Coverage")),
        html.Td(_share(rule.precision), className="number", **data(head="Precision")),
        html.Td(_selected(count, segment), className="number", **data(head="Selects")),
    ]
    return html.Tr([name, *cells], style={"--own": segment_variable(segment.colour)})


def _clause(live: LiveStudy, clause: Clause, place: int) -> html.P:
    """Conditions joined by "and"; all clauses but the first begin with "or"."""
    recipe = live.recipe
    blanks = {step.feature for step in live.fit.segmentation.preparation if step.blanks}
    words = [condition_in_words(c, recipe, c.column in blanks) for c in clause.conditions] or ["everybody"]
    said: list[Any] = [html.Span("or ", className="rule-or")] if place else []
    for i, condition in enumerate(words):
        said += [html.Span(" and ", className="muted")] if i else []
        said.append(html.Span(condition, className="rule-condition"))
    return html.P(said, title=_clause_figures(clause))


def _clause_figures(clause: Clause) -> str:
    shares = [(clause.coverage, "coverage"), (clause.precision, "precision")]
    return listed([f"{name} {percent(s.share)} ({_interval(s)})" for s, name in shares if s])


def _share(share: Share | None) -> Any:
    if share is None:
        return html.Span("–", title="Nobody held out to measure it on")
    return [html.Strong(percent(share.share)), html.Small(_interval(share), className="muted")]


def _selected(count: int, segment: Segment) -> list[Any]:
    return [html.Strong(full(count)), html.Small(f"segment: {full(segment.size)}", className="muted")]


def _sql_part(live: LiveStudy) -> html.Details:
    segments = [(EVERY_SEGMENT, "All segments"), *((s.id, brief(s.name)) for s in live.fit.segments)]
    dialects = [(key, name) for key, (name, _) in DIALECTS.items()]
    copy = html.Button("Copy", id=SQL_COPY, className="button", **aria(live="polite"))
    tools: Sequence[Any] = [
        parts.select(SQL_SEGMENT, "Segment", segments, EVERY_SEGMENT),
        parts.select(SQL_DIALECT, "Dialect", dialects, "duckdb"),
        copy,
    ]
    note = (
        "One statement over a table called customers with the columns of the source; cleaning and formulas are in it."
    )
    if live.recipe.log:
        note += " The table has a row a customer, as made from the log."
    summary = html.Summary("The same as SQL", id=SQL_OPEN)
    text = html.Pre(id=SQL, className="rules-sql", tabIndex=0, **aria(label="SQL"))
    return html.Details([summary, html.P(note, className="card-note"), html.Div(tools, className="card-actions"), text])
