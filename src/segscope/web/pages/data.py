"""Data: what is this data, column by column, and what was done with it on the way to the segments?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import ALL, Dash, Input, Output, State, dcc, html, no_update

from segscope import formula
from segscope.exploring import BinCounts, Variable, count_bins
from segscope.insights.saying import inner
from segscope.profiling import NumberProfile
from segscope.recipe import DerivedColumn, Role
from segscope.samples import SYNTHETIC_NOTE
from segscope.study import SEGMENT_VARIABLE, LiveStudy
from segscope.web import distributions, parts, provenance
from segscope.web.attributes import aria, data, in_browser
from segscope.web.shell import Page
from segscope.web.studies import Studies
from segscope.wording import counted, listed, percent, short

SEARCH, SHOWN, COUNT, TEXTS = "data-search", "data-shown", "data-count", "data-texts"
ROW, SPREAD = "data-row", "data-spread"

KINDS = {
    "integer": "whole numbers", "number": "numbers", "date": "dates", "datetime": "dates with time",
    "boolean": "yes or no", "text": "text",
}  # fmt: skip
ROLE_KINDS = {Role.PERSONAL: "bad", Role.CONSTANT: "idle", Role.IGNORED: "idle"}
TELLS_NOTHING = {"numbers", "only yes and no", "every value is a date"}  # the role and the kind say it already
State_ = Mapping[str, Any]


def layout(live: LiveStudy) -> html.Div:
    """The page for a study."""
    rows = _rows(live)
    synthetic = parts.notice(SYNTHETIC_NOTE, "warn") if live.card.synthetic else None
    return html.Div(
        [
            dcc.Store(id=TEXTS, data=[{"text": r.text, "tags": r.tags} for r in rows]),
            html.H1("Data", className="sr-only"),
            synthetic,
            provenance.facts(live),
            html.Div([provenance.cleaning(live), provenance.families(live)], className="data-pair"),
            _columns_card(live, rows),
            _derived_card(live, rows),
        ],
        className="data",
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""

    in_browser(
        app,
        "data.filter",
        Output({"type": ROW, "place": ALL}, "hidden"),
        Output(COUNT, "children"),
        Input(SEARCH, "value"),
        Input(SHOWN, "value"),
        State(TEXTS, "data"),
    )

    @app.callback(
        Output({"type": SPREAD, "place": ALL}, "children"),
        Input("study", "data"),
        State({"type": SPREAD, "place": ALL}, "id"),
    )
    def _spreads(study: State_ | None, cells: list[State_]) -> list[Any]:
        live = studies.get(study["id"]) if study else None
        return _draw_spreads(live) if live else [no_update] * len(cells)


# ------------------------------------------------------------------------------------------------ from the study


@dataclass(frozen=True)
class _Row:
    """One column of the source or a derived one, as the tables show it. ``tags``: what it can be chosen by."""

    place: int
    name: str
    label: str
    unit: str
    role: Role | None
    kind: str
    missing: int
    distinct: int | None
    notes: tuple[str, ...]
    marks: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    derived: DerivedColumn | None = None

    @property
    def text(self) -> str:
        """Everything that a search can find, in small letters."""
        computed = (self.derived.formula, self.derived.meaning) if self.derived else ()
        words = [self.name, self.label, self.unit, self.role or "", self.kind, *self.notes, *computed]
        return " ".join([*words, *(mark for mark, _ in self.marks)]).lower()


def _rows(live: LiveStudy) -> list[_Row]:
    source = [_source_row(live, i) for i in range(len(live.recipe.columns))]
    return source + [_derived_row(live, len(source) + i, d) for i, d in enumerate(live.recipe.derived)]


def _source_row(live: LiveStudy, i: int) -> _Row:
    column, note = live.recipe.columns[i], live.fit.columns[i]
    reading = next((c for c in live.card.intake.columns if c.name == column.column), None)
    notes = [reading.note] if reading and reading.note else []
    if reading and reading.found_name not in ("", column.column):
        notes.append(f"called “{reading.found_name}” in the file")
    if reading and reading.unreadable:
        examples = listed([f"“{e}”" for e in reading.examples_unreadable[:3]])
        notes.append(f"{counted(reading.unreadable, 'value')} could not be read and became blank: {examples}")
    odd = bool(notes)
    notes += _reason(column.reason)
    into = [d.label for d in live.recipe.derived if column.column in formula.columns(formula.parse(d.formula))]
    notes += [f"goes into {listed([inner(label) for label in into])}"] if into else []
    marks = _marks(live, column.column)
    marks += [("sensitive", "warn")] if column.sensitive else []
    return _Row(
        i, column.column, column.label, column.unit, column.role, KINDS.get(reading.kind, "") if reading else "",
        note.missing, note.distinct, tuple(notes), tuple(marks),
        _tags(column.role, note.missing, marks, odd),
    )  # fmt: skip


def _reason(reason: str) -> list[str]:
    return [part for part in reason.split("; ") if part not in TELLS_NOTHING]


def _derived_row(live: LiveStudy, place: int, derived: DerivedColumn) -> _Row:
    seen = live.fit.profiles.everybody.numbers.get(derived.name)
    missing = live.fit.customers - (seen.count if seen else 0)
    marks = _marks(live, derived.name)
    return _Row(
        place, derived.name, derived.label, derived.unit, None, "numbers", missing, None, (), tuple(marks),
        _tags(None, missing, marks, False), derived,
    )  # fmt: skip


def _marks(live: LiveStudy, name: str) -> list[tuple[str, str]]:
    """What is odd or special about a column, as chips: text and kind."""
    marks = [("makes the segments", "accent")] if name in live.recipe.features else []
    for entry in live.fit.cleaning:
        if entry.column == name and entry.count:
            done = {"implausible": "implausible", "fill": "filled", "bound": "far out"}.get(entry.action)
            marks += [(f"{entry.count:,} {done}", "warn")] if done else []
    return marks


def _tags(role: Role | None, missing: int, marks: Sequence[tuple[str, str]], noted: bool) -> tuple[str, ...]:
    odd = noted or any(kind == "warn" for _, kind in marks)
    making = any(text == "makes the segments" for text, _ in marks)
    chosen = {"odd": odd, "missing": missing > 0, "makes": making, "derived": role is None}
    return (*([role.value] if role else []), *(tag for tag, holds in chosen.items() if holds))


def _counts(live: LiveStudy) -> BinCounts:
    variables = [v for v in live.variables if v.column != SEGMENT_VARIABLE]  # the segment comes last
    return count_bins(live.engine, live.customers, variables, live.customers)


def _draw_spreads(live: LiveStudy) -> list[Any]:
    counts = live.once("data: counts", lambda: _counts(live))
    by_name: dict[str, Variable] = {v.column: v for v in live.variables}
    numbers: Mapping[str, NumberProfile] = live.fit.profiles.everybody.numbers
    names = [c.column for c in live.recipe.columns] + [d.name for d in live.recipe.derived]
    return [
        distributions.spread(by_name[n], counts[n], numbers.get(n))
        if n in by_name and n in counts
        else _no_spread(live, n)
        for n in names
    ]


def _no_spread(live: LiveStudy, name: str) -> html.Span:
    seen = live.fit.profiles.everybody.numbers.get(name)
    if seen is not None and seen.low < seen.high:
        return html.Span(f"{seen.low:.15g} to {seen.high:.15g}", className="spread-none")
    return html.Span("–", className="spread-none", **aria(label="no distribution"))


# ------------------------------------------------------------------------------------------------ columns


def _columns_card(live: LiveStudy, rows: Sequence[_Row]) -> html.Section:
    source = [r for r in rows if r.derived is None]
    roles = {r.role.value: sum(x.role is r.role for x in source) for r in source if r.role}
    extra = {"odd": "Something to know", "missing": "With blanks", "makes": "Makes the segments", "derived": "Derived"}
    options = [("all", "Everything"), *((role, f"{role.capitalize()} ({n})") for role, n in roles.items())]
    options += [(tag, f"{text} ({n})") for tag, text in extra.items() if (n := sum(tag in r.tags for r in rows))]
    hint = "Search name, meaning, note"
    search = dcc.Input(id=SEARCH, type="search", value="", placeholder=hint, className="data-search")
    head = ["Column", "Role", "Distribution", "Blank", "Distinct", "Notes"]
    return parts.card(
        [f"The {counted(len(source), 'column')} of {live.card.source}"],
        _table(head, [_source_cells(r, live.fit.customers) for r in source], source, "Columns of the source"),
        subtitle=html.Span(id=COUNT, role="status"),
        actions=[
            html.Label([html.Span("Search columns", className="sr-only"), search]),
            parts.select(SHOWN, "Show", options, "all"),
        ],
        class_name="data-columns",
    )


def _derived_card(live: LiveStudy, rows: Sequence[_Row]) -> html.Section:
    derived = [r for r in rows if r.derived]
    head = ["Column", "Formula", "Distribution", "Blank", "Meaning"]
    return parts.card(
        f"{counted(len(derived), 'column')} derived from them",
        _table(head, [_derived_cells(r, live.fit.customers) for r in derived], derived, "Derived columns"),
        subtitle="Computed in the engine, for every customer, wherever a segment is assigned",
        class_name="data-columns",
        hidden=not derived,
    )


def _table(head: Sequence[str], cells: Sequence[Sequence[Any]], rows: Sequence[_Row], caption: str) -> html.Div:
    numbers = ("Blank", "Distinct")
    body = [
        html.Tr(
            [html.Td(c, className=f"col-{h.lower()}", **data(name=h)) for h, c in zip(head, line, strict=True)],
            id={"type": ROW, "place": row.place},
        )
        for row, line in zip(rows, cells, strict=True)
    ]
    heads = [html.Th(h, scope="col", className="number" if h in numbers else "") for h in head]
    table = html.Table(
        [html.Caption(caption, className="sr-only"), html.Thead(html.Tr(heads)), html.Tbody(body)],
        className="plain-table column-table",
    )
    return html.Div(table, className="table-box", tabIndex=0, role="region", **aria(label=caption))


def _name(row: _Row) -> list[Any]:
    unit = html.Span(row.unit, className="column-unit") if row.unit else None
    return [html.Strong([row.label, unit], title=row.label), html.Code(row.name, title=row.name)]


def _source_cells(row: _Row, customers: int) -> list[Any]:
    role = [parts.chip(row.role.value, ROLE_KINDS.get(row.role, "")), html.Small(row.kind)] if row.role else []
    marks = [parts.chip(text, kind) for text, kind in row.marks]
    distinct = "" if row.distinct is None else f"{row.distinct:,}"
    notes = html.Div([*marks, html.Span("; ".join(row.notes))], className="column-notes")
    return [_name(row), role, _spread(row), _blank(row, customers), distinct, notes]


def _derived_cells(row: _Row, customers: int) -> list[Any]:
    derived = row.derived
    marks = [parts.chip(text, kind) for text, kind in row.marks]
    meaning = html.Div([*marks, html.Span(derived.meaning if derived else "")], className="column-notes")
    return [_name(row), html.Code(derived.formula if derived else ""), _spread(row), _blank(row, customers), meaning]


def _spread(row: _Row) -> html.Div:
    return html.Div(id={"type": SPREAD, "place": row.place}, className="spread-cell")


def _blank(row: _Row, customers: int) -> list[Any]:
    if not row.missing:
        return [html.Span("0", className="muted")]
    return [
        html.Strong(short(row.missing) if row.missing > 99_999 else f"{row.missing:,}"),
        html.Small(percent(row.missing / customers)),
    ]


PAGE = Page("data", "Data", layout)
