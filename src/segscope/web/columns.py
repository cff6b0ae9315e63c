"""The columns of a study as tables: role, kind, distribution, blanks, what is odd; each can be decided here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from segscope import formula
from segscope.editing import possible_roles
from segscope.exploring import BinCounts, Variable, count_bins
from segscope.insights.saying import inner
from segscope.intake import KINDS
from segscope.intake.facts import column_kind
from segscope.profiling import NumberProfile
from segscope.recipe import DerivedColumn, Role
from segscope.study import SEGMENT_VARIABLE, LiveStudy, source_of
from segscope.web import distributions, parts
from segscope.web.attributes import aria, data
from segscope.web.drafting import choice, switch
from segscope.wording import counted, listed, percent, short

SEARCH, SHOWN, COUNT = "data-search", "data-shown", "data-count"
ROW, SPREAD = "data-row", "data-spread"

KIND_NAMES = {
    "integer": "whole numbers", "number": "numbers", "date": "dates", "datetime": "dates with time",
    "boolean": "yes or no", "text": "text",
}  # fmt: skip
AS_STATED = ("parquet", "arrow", "data frame")
TELLS_NOTHING = {"numbers", "only yes and no", "every value is a date"}  # the role and the kind say it already


@dataclass(frozen=True)
class Row:
    """One column of the source or a derived one, as the tables show it.

    Attributes
    ----------
    kind, told_kind : how it was read, and the kind that the user asked for ("" for none)
    roles : that it may take; none for a derived column
    feature : whether it makes the segments; None where it cannot
    tags : what it can be chosen by
    """

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
    told_kind: str = ""
    roles: tuple[Role, ...] = ()
    sensitive: bool = False
    feature: bool | None = None

    @property
    def text(self) -> str:
        """Everything that a search can find, in small letters."""
        computed = (self.derived.formula, self.derived.meaning) if self.derived else ()
        kind = KIND_NAMES.get(self.kind, "")
        words = [self.name, self.label, self.unit, self.role or "", kind, *self.notes, *computed]
        words += ["sensitive"] if self.sensitive else []
        return " ".join([*words, *(mark for mark, _ in self.marks)]).lower()


def rows_of(live: LiveStudy) -> list[Row]:
    source = [_source_row(live, i) for i in range(len(live.recipe.columns))]
    return source + [_derived_row(live, len(source) + i, d) for i, d in enumerate(live.recipe.derived)]


def _source_row(live: LiveStudy, i: int) -> Row:
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
    making = column.column in live.recipe.features
    kind = column_kind(live.customers[column.column])
    roles = tuple(dict.fromkeys((column.role, *possible_roles(kind, note.distinct))))
    is_number = column.role in (Role.MEASURE, Role.FLAG) and kind in ("number", "boolean")
    can_make = is_number or (column.role is Role.CATEGORY and note.distinct > 1)
    return Row(
        i, column.column, column.label, column.unit, column.role, reading.kind if reading else "",
        note.missing, note.distinct, tuple(notes), tuple(marks),
        _tags(column.role, note.missing, marks, odd, making),
        told_kind=dict(live.card.reading.types).get(column.column, ""), roles=roles, sensitive=column.sensitive,
        feature=making if can_make else None,
    )  # fmt: skip


def _reason(reason: str) -> list[str]:
    return [part for part in reason.split("; ") if part not in TELLS_NOTHING]


def _derived_row(live: LiveStudy, place: int, derived: DerivedColumn) -> Row:
    seen = live.fit.profiles.everybody.numbers.get(derived.name)
    missing = live.fit.customers - (seen.count if seen else 0)
    marks = _marks(live, derived.name)
    return Row(
        place, derived.name, derived.label, derived.unit, None, "number", missing, None, (), tuple(marks),
        _tags(None, missing, marks, False, derived.name in live.recipe.features), derived,
        feature=derived.name in live.recipe.features,
    )  # fmt: skip


def _marks(live: LiveStudy, name: str) -> list[tuple[str, str]]:
    """What is odd or special about a column, as chips: text and kind."""
    marks: list[tuple[str, str]] = []
    for entry in live.fit.cleaning:
        if entry.column == name and entry.count:
            done = {"implausible": "implausible", "fill": "filled", "bound": "far out"}.get(entry.action)
            marks += [(f"{entry.count:,} {done}", "warn")] if done else []
    return marks


def _tags(
    role: Role | None, missing: int, marks: Sequence[tuple[str, str]], noted: bool, making: bool
) -> tuple[str, ...]:
    odd = noted or any(kind == "warn" for _, kind in marks)
    chosen = {"odd": odd, "missing": missing > 0, "makes": making, "derived": role is None}
    return (*([role.value] if role else []), *(tag for tag, holds in chosen.items() if holds))


def _counts(live: LiveStudy) -> BinCounts:
    variables = [v for v in live.variables if v.column != SEGMENT_VARIABLE]  # the segment comes last
    return count_bins(live.engine, live.customers, variables, live.customers)


def draw_spreads(live: LiveStudy) -> list[Any]:
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


# ------------------------------------------------------------------------------------------------ tables


def columns_card(live: LiveStudy, rows: Sequence[Row]) -> html.Section:
    """The columns of the source, with what was found in each and a choice of role and kind."""
    source = [r for r in rows if r.derived is None]
    roles = {r.role.value: sum(x.role is r.role for x in source) for r in source if r.role}
    extra = {"odd": "Something to know", "missing": "With blanks", "makes": "Makes the segments", "derived": "Derived"}
    options = [("all", "Everything"), *((role, f"{role.capitalize()} ({n})") for role, n in roles.items())]
    options += [(tag, f"{text} ({n})") for tag, text in extra.items() if (n := sum(tag in r.tags for r in rows))]
    hint = "Search name, meaning, note"
    search = dcc.Input(id=SEARCH, type="search", value="", placeholder=hint, className="data-search")
    head = ["Column", "Role", "Clusters", "Distribution", "Blank", "Distinct", "Notes"]
    again = _can_be_read_again(live)
    what = f"The {counted(len(source), 'column')} of {live.card.source}"
    if live.recipe.log:
        what = f"{counted(len(source), 'column')} of each customer, made from {live.card.source}"
    return parts.card(
        what,
        _table(head, [_source_cells(r, live.fit.customers, again) for r in source], source, "Columns of the source"),
        subtitle=html.Span(id=COUNT, role="status"),
        actions=[
            html.Label([html.Span("Search columns", className="sr-only"), search]),
            parts.select(SHOWN, "Show", options, "all"),
        ],
        class_name="data-columns",
    )


def derived_card(live: LiveStudy, rows: Sequence[Row], form: html.Div) -> html.Section:
    """The derived columns, and the form that adds one."""
    derived = [r for r in rows if r.derived]
    head = ["Column", "Formula", "Clusters", "Distribution", "Blank", "Meaning"]
    table = _table(head, [_derived_cells(r, live.fit.customers) for r in derived], derived, "Derived columns")
    return parts.card(
        f"{counted(len(derived), 'column')} derived from them" if derived else "No derived columns yet",
        table if derived else None,
        form,
        subtitle="Computed in the engine, for every customer, wherever a segment is assigned",
        class_name="data-columns",
    )


def _can_be_read_again(live: LiveStudy) -> bool:
    return live.recipe.log is None and live.card.intake.format not in AS_STATED and source_of(live.folder) is not None


def _table(head: Sequence[str], cells: Sequence[Sequence[Any]], rows: Sequence[Row], caption: str) -> html.Div:
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


def _name(row: Row) -> list[Any]:
    unit = html.Span(row.unit, className="column-unit") if row.unit else None
    return [html.Strong([row.label, unit], title=row.label), html.Code(row.name, title=row.name)]


def _source_cells(row: Row, customers: int, again: bool) -> list[Any]:
    role = choice("role", row.name, [(r.value, r.value) for r in row.roles], str(row.role), f"Role of {row.label}")
    kind: Any = html.Small(KIND_NAMES.get(row.kind, ""))
    if again and row.kind:
        guessed = f"{KIND_NAMES[row.kind]}" if not row.told_kind else "as guessed"
        kinds = [("", guessed), *((k, KIND_NAMES[k]) for k in KINDS if k != row.kind or row.told_kind)]
        kind = choice("type", row.name, kinds, row.told_kind, f"How {row.label} is read")
    distinct = "" if row.distinct is None else f"{row.distinct:,}"
    return [_name(row), [role, kind], _clusters(row), _spread(row), _blank(row, customers), distinct, _notes(row)]


def _clusters(row: Row) -> Any:
    if row.feature is None:
        return html.Span("–", className="muted", **aria(label="cannot make segments"))
    return switch("feature", row.name, row.feature, f"{row.label} makes the segments")


def _notes(row: Row) -> html.Div:
    marks: list[Any] = [parts.chip(text, kind) for text, kind in row.marks]
    sensitive = html.Button(
        "sensitive", className="mark", role="switch",
        **data(change="sensitive", name=row.name, now="yes" if row.sensitive else "no"),
        **aria(checked="true" if row.sensitive else "false", label=f"{row.label} is sensitive"),
    )  # fmt: skip
    return html.Div([*marks, html.Span("; ".join(row.notes)), sensitive], className="column-notes")


def _derived_cells(row: Row, customers: int) -> list[Any]:
    derived = row.derived
    text = derived.formula if derived else ""
    marks = [parts.chip(mark, kind) for mark, kind in row.marks]
    acts = [
        html.Button("Change", className="link", **data(formula=text, of=row.name)),
        html.Button("Remove", className="link", **data(change="remove", name=row.name, now="kept", value="removed")),
    ]
    said = html.Span(derived.meaning if derived else "")
    meaning = html.Div([*marks, said, html.Span(acts, className="row-acts")], className="column-notes")
    return [_name(row), html.Code(text), _clusters(row), _spread(row), _blank(row, customers), meaning]


def _spread(row: Row) -> html.Div:
    return html.Div(id={"type": SPREAD, "place": row.place}, className="spread-cell")


def _blank(row: Row, customers: int) -> list[Any]:
    if not row.missing:
        return [html.Span("0", className="muted")]
    return [
        html.Strong(short(row.missing) if row.missing > 99_999 else f"{row.missing:,}"),
        html.Small(percent(row.missing / customers)),
    ]
