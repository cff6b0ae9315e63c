"""The form that adds a derived column: a name, a formula, and what it comes to before anything is run."""

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, State, dcc, html

from segscope.engine import one
from segscope.errors import FormulaError, SegscopeError
from segscope.features import as_number, derive
from segscope.formula import quote
from segscope.recipe import DerivedColumn, Role
from segscope.study import LiveStudy
from segscope.web import parts
from segscope.web.attributes import data, in_browser
from segscope.web.drafting import DRAFT, drafted
from segscope.web.studies import Studies
from segscope.wording import full

STUDY = "study"
NAME, FORMULA, FOUND, ADD = "formula-name", "formula-text", "formula-found", "formula-add"
SHOWN_COLUMNS = 60
LANGUAGE = (
    "Arithmetic with + - * /, comparisons that give 1 or 0, and: sum(a, b, …) and mean(a, b, …), where blanks do not "
    "count; min and max; ratio(a, b), blank where b is 0; days(from, to) between dates, also written as 2014-06-29; "
    "year(date); log(x); abs(x); if(condition, then, else); fill(a, b), b where a is blank. Names with spaces stand in "
    "`backticks`."
)


def form(live: LiveStudy) -> html.Div:
    """Name, formula, what it comes to, and the columns that it can use."""
    recipe = live.recipe
    usable = [c.column for c in recipe.columns if c.role in (Role.MEASURE, Role.FLAG, Role.DATE)]
    usable += [d.name for d in recipe.derived]
    chips = [html.Button(n, className="chip", **data(insert=quote(n))) for n in usable[:SHOWN_COLUMNS]]
    rest = len(usable) - SHOWN_COLUMNS
    return html.Div(
        [
            html.H3(["Add a derived column", parts.info(LANGUAGE)], className="inline"),
            html.Div(
                [
                    html.Label(
                        [html.Span("Name", className="field-label"), dcc.Input(id=NAME, value="", maxLength=80)]
                    ),
                    html.Label(
                        [
                            html.Span("Formula", className="field-label"),
                            dcc.Input(id=FORMULA, value="", debounce=0.25, placeholder="ratio(total_spend, Income)"),
                        ],
                        className="formula-field",
                    ),
                    html.Button("Add", id=ADD, className="button", disabled=True),
                ],
                className="formula-line",
            ),
            html.Div(id=FOUND, className="formula-found", role="status"),
            html.Div(
                [*chips, html.Span(f"and {rest} more", className="muted small") if rest > 0 else None],
                className="formula-columns",
            ),
        ],
        className="formula-form",
    )


def register(app: Dash, studies: Studies) -> None:
    """Say what a formula comes to while it is typed, and add it to the changes."""

    @app.callback(
        Output(FOUND, "children"),
        Output(ADD, "disabled"),
        Input(FORMULA, "value"),
        Input(NAME, "value"),
        State(DRAFT, "data"),
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _found(text: str | None, name: str | None, kept: Mapping[str, Any] | None, study: Mapping[str, str]) -> Any:
        if not (text or "").strip():
            return None, True
        try:
            return said(studies.get(study["id"]), kept or {}, text or ""), not (name or "").strip()
        except SegscopeError as error:
            return html.Span(str(error), className="problem"), True

    in_browser(
        app,
        "editing.derive",
        Output(NAME, "value"),
        Output(FORMULA, "value"),
        Input(ADD, "n_clicks"),
        State(NAME, "value"),
        State(FORMULA, "value"),
        prevent_initial_call=True,
    )


def said(live: LiveStudy, kept: Mapping[str, Any], text: str) -> str:
    """What a formula comes to over all customers, in words.

    Raises
    ------
    FormulaError : when it cannot be read, or does not give numbers
    """
    recipe = drafted(live, kept).recipe
    known = live.customers.select(*(c.column for c in recipe.columns if c.column in live.customers.columns))
    table = derive(known, recipe.derived)
    value = derive(table, [DerivedColumn("__tried", text, text, "")])["__tried"]
    if not (value.type().is_numeric() or value.type().is_boolean()):
        raise FormulaError("The formula gives dates. Use days(from, to) or year(date) to make numbers of them.")
    number = as_number(value)
    found = one(
        live.engine,
        number.name("x")
        .as_table()
        .agg(n=lambda t: t.count(), present=lambda t: t.x.count(), q=lambda t: t.x.quantile([0.0, 0.5, 1.0])),
    )
    blank = int(found["n"]) - int(found["present"])
    if not found["present"]:
        return "Blank for every customer."
    low, middle, high = found["q"]
    if low == high:
        return f"{full(low)} for every customer: it tells nobody apart."
    more = f"; blank for {blank:,}" if blank else ""
    return f"From {full(low)} to {full(high)}, median {full(middle)}{more}."
