"""Where the data come from and what was done with them: facts, cleaning in sentences, families of columns."""

from typing import Any

from dash import html

from segscope.cleaning import CleaningEntry, rule_key
from segscope.insights.saying import inner
from segscope.recipe import Family, Role
from segscope.study import LiveStudy
from segscope.web import parts
from segscope.web.drafting import choice, switch
from segscope.web.reading import how_read
from segscope.wording import counted, listed, percent

FORMATS = {
    "delimited text": "Delimited text", "excel": "Excel workbook", "parquet": "Parquet", "arrow": "Arrow",
    "json lines": "JSON lines", "data frame": "Data frame", "sqlite": "SQLite", "duckdb": "DuckDB",
    "postgresql": "PostgreSQL",
}  # fmt: skip
TREATED, KEPT, ASIDE = "Treated", "Seen and kept", "Set aside"
GROUPS = {"implausible": TREATED, "fill": TREATED, "bound": TREATED, "log": TREATED, "set_aside": ASIDE}
NOT_CLUSTERED = (Role.PERSONAL, Role.TEXT, Role.IGNORED)
LEAST_SHARE = 0.001

HOW_CLEANED = (
    "Customers are never dropped. An implausible value counts as blank. A blank stays a blank in every chart and "
    "count, and takes the median only where clustering or scoring needs a number."
)


# ------------------------------------------------------------------------------------------------ facts


def facts(live: LiveStudy) -> html.Dl:
    """What the data are, at a glance."""
    intake, recipe, customers = live.card.intake, live.recipe, live.fit.customers
    blanks = [c.missing for c in live.fit.columns]
    cells = customers * len(blanks)
    named = f"one a row, named by {recipe.identifier}" if recipe.identifier else "one a row, without an identifier"
    share = sum(blanks) / cells
    part = percent(share) if share >= LEAST_SHARE else f"under {percent(LEAST_SHARE)}"
    missing = f"{part} of all cells, in {counted(sum(b > 0 for b in blanks), 'column')}"
    features = [recipe.column(f).label for f in recipe.features]
    day = recipe.as_of.isoformat() if recipe.as_of else "none"
    told = [
        ("File", live.card.source, f"study {live.card.name}"),
        ("Read as", FORMATS.get(intake.format, intake.format), how_read(intake)),
        ("Customers", f"{customers:,}", named),
        (
            "Columns",
            f"{len(recipe.columns):,}",
            f"and {len(recipe.derived):,} derived" if recipe.derived else "none derived",
        ),
        ("Blank cells", f"{sum(blanks):,}", missing if sum(blanks) else "nothing is missing"),
        ("As-of date", day, "ages and days are counted on this day" if recipe.as_of else "nothing is counted to a day"),
    ]
    tiles = [
        html.Div([html.Dt(name), html.Dd(value, title=value), html.Dd(note, className="fact-note", title=note)])
        for name, value, note in told
    ]
    made = html.Div(
        [html.Dt("Segments made from"), html.Dd(listed([features[0], *map(inner, features[1:])]))],
        className="fact-wide",
    )
    next_ = html.Div([html.Dt("What happens then"), html.Dd(live.fit.how_made)], className="fact-wide")
    return html.Dl([*tiles, made, next_], className="card data-facts")


# ------------------------------------------------------------------------------------------------ cleaning


def cleaning(live: LiveStudy) -> html.Section:
    """What was done with the data, as sentences with counts."""
    groups: dict[str, list[html.Li]] = {"Mended while reading": [], TREATED: [], KEPT: [], ASIDE: []}
    for repair in live.card.intake.repairs:
        detail = f": {repair.detail}" if repair.detail else ""
        groups["Mended while reading"].append(_entry(f"{repair.count:,}", f"{repair.action.capitalize()}{detail}."))
    for entry in live.fit.cleaning:
        groups[GROUPS.get(entry.action, KEPT)].append(_cleaning_entry(entry, live))
    for column in live.recipe.columns:
        if column.role in NOT_CLUSTERED:
            groups[ASIDE].append(
                _entry(column.role.value, f"{column.label} is left out of clustering: {column.reason}.")
            )
    shown = {title: entries for title, entries in groups.items() if entries}
    said = listed([f"{len(entries)} {title.lower()}" for title, entries in shown.items()])
    body: list[Any] = [
        html.Div([html.H3(title), html.Ul(entries, className="cleaning-list")], className="cleaning-group")
        for title, entries in shown.items()
    ]
    return parts.card(
        [f"What was done with it: {said}" if said else "Nothing had to be cleaned", parts.info(HOW_CLEANED)],
        *(body or [html.P("No value looked wrong, and nothing is missing.", className="muted")]),
        class_name="data-cleaning",
    )


def _cleaning_entry(entry: CleaningEntry, live: LiveStudy) -> html.Li:
    number = {"log": "log", "set_aside": "constant"}.get(entry.action, f"{entry.count:,}")
    decide = _decide(entry, live)
    if not entry.customers:
        return _entry(number, entry.detail, decide=decide)
    identifier = live.recipe.identifier
    what = f"Whose: {identifier}" if identifier else "Which values"
    first = f", the first {len(entry.customers)}" if entry.count > len(entry.customers) else ""
    ids = html.Div([html.Code(c) for c in entry.customers], className="cleaning-ids")
    return _entry(number, entry.detail, html.Details([html.Summary(f"{what}{first}"), ids]), decide=decide)


def _decide(entry: CleaningEntry, live: LiveStudy) -> Any:
    """The control that decides a rule otherwise."""
    if not entry.rule:
        return None
    label = live.recipe.column(entry.column).label
    if entry.action == "fill":
        zero = any(r.action == "fill" and r.column == entry.column and r.values for r in live.recipe.cleaning)
        options = [("median", "median"), ("0", "0")]
        return choice("fill", entry.column, options, "0" if zero else "median", f"Blanks in {label} take")
    off = {("bound", entry.column), ("log", entry.column)} & {
        (r.action, r.column) for r in live.recipe.cleaning if not r.enabled
    }
    on = entry.rule not in _off_rules(live) and (entry.action, entry.column) not in off
    return switch("rule", entry.rule, on, f"{label}: {entry.action}")


def _off_rules(live: LiveStudy) -> set[str]:
    return {rule_key(r, live.recipe.cleaning) for r in live.recipe.cleaning if not r.enabled}


def _entry(number: str, sentence: str, *more: Any, decide: Any = None) -> html.Li:
    return html.Li([html.Span(number, className="cleaning-count"), html.Div([html.P(sentence), *more]), decide])


# ------------------------------------------------------------------------------------------------ families


def families(live: LiveStudy) -> html.Section:
    """Columns that belong together."""
    found = live.recipe.families
    none = html.P("No columns measure one thing split by something, such as spend by product.", className="muted")
    return parts.card(
        f"{counted(len(found), 'family')} of columns" if found else "No families of columns",
        *(map(_family, found) if found else [none]),
        subtitle="They measure one thing split by something; Insights compares segments on them",
        class_name="data-families",
    )


def _family(family: Family) -> html.Div:
    members = [
        html.Li(
            parts.chip([m.label, html.Em("overlaps")] if m.overlaps else m.label, "overlaps" if m.overlaps else ""),
            title=m.column,
        )
        for m in family.members
    ]
    count = counted(len(family.members), "column")
    return html.Div(
        [html.H3([family.label, html.Span(count, className="muted small")]), html.Ul(members)], className="family"
    )
