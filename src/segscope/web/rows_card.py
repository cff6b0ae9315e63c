"""What a row of the source is, a customer or a transaction; how a log becomes customers; the day that ages count to."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html

from segscope.errors import SegscopeError
from segscope.recipe import Recipe, TransactionLog
from segscope.study import LiveStudy
from segscope.web import parts
from segscope.web.attributes import aria, data, in_browser
from segscope.web.drafting import DRAFT, choice, drafted, switch
from segscope.web.studies import Studies
from segscope.wording import counted

STUDY, PARTS, DAY, DAY_PUT = "study", "rows-parts", "rows-day", "rows-day-put"
ROWS = (("customers", "a customer"), ("transactions", "a transaction"))
NAMING, MONEY, DAYS = ("integer", "text"), ("integer", "number"), ("date", "datetime")
LOG_PARTS = (
    ("customer", "Customer", NAMING),
    ("date", "Date", DAYS),
    ("amount", "Amount", MONEY),
    ("unit_price", "Unit price", MONEY),
    ("quantity", "Quantity", MONEY),
    ("order", "Order", NAMING),
    ("product", "Product", (*NAMING, "boolean")),
    ("channel", "Channel", (*NAMING, "boolean")),
    ("currency", "Currency", ("text",)),
)
AS_OF = (
    "Ages and days are counted to this day. It is the newest date in the data, unless you choose another: the clock "
    "does not decide, so that the same data give the same segments tomorrow."
)
MERGING = "What a customer buys on one day is one purchase"
ZEROS = "Orders worth 0 are purchases"


def card(live: LiveStudy) -> html.Section:
    """The card for a study."""
    recipe = live.recipe
    day = recipe.as_of.isoformat() if recipe.as_of else None
    controls = html.Div(
        [
            html.Label(
                [
                    html.Span("Each row is", className="field-label"),
                    choice("log", "rows", ROWS, "transactions" if recipe.log else "customers", "Each row is"),
                ]
            ),
            html.Div(
                [
                    html.Div(["As-of date", parts.info(AS_OF)], className="field-label inline"),
                    dmc.DateInput(
                        id=DAY, value=day, valueFormat="YYYY-MM-DD", size="xs", radius="md", **aria(label="As-of date")
                    ),
                ]
            ),
        ],
        className="log-parts",
    )
    return parts.card(
        _title(live),
        controls,
        html.Div(_mapping(live, recipe), id=PARTS),
        html.Div(id=DAY_PUT, hidden=True, **data(now=day or "")),
        subtitle=recipe.log.reason if recipe.log else None,
        class_name="data-rows",
    )


def register(app: Dash, studies: Studies) -> None:
    """Show the parts of a log while the rows are, or are to be, transactions; take another day."""

    @app.callback(Output(PARTS, "children"), Input(DRAFT, "data"), State(STUDY, "data"))
    def _parts(kept: Mapping[str, Any] | None, study: Mapping[str, str]) -> Any:
        live = studies.get(study["id"])
        try:
            return _mapping(live, drafted(live, kept or {}).recipe)
        except SegscopeError:
            return _mapping(live, live.recipe)  # the bar says what is wrong

    in_browser(app, "editing.day", Output(DAY_PUT, "title"), Input(DAY, "value"))


def _title(live: LiveStudy) -> str:
    rows, customers = live.card.intake.rows, counted(live.fit.customers, "customer")
    if live.recipe.log is None:
        return "Each row is a customer"
    return f"Each row is a transaction: {counted(rows, 'row')} became {customers}"


def _mapping(live: LiveStudy, recipe: Recipe) -> list[Any]:
    """Which column is which part of the log, and its rules; nothing where rows are customers."""
    if recipe.log is None:
        return []
    now = live.recipe.log or TransactionLog("", "")
    readings = [(c.name, c.kind) for c in live.card.intake.columns]
    chosen = [
        html.Label(
            [
                html.Span(label, className="field-label"),
                choice("log", part, _options([n for n, k in readings if k in kinds], part), _now(now, part), label),
            ]
        )
        for part, label, kinds in LOG_PARTS
    ]
    if recipe.log.currency:
        field = html.Span("Only rows in", className="field-label")
        chosen.append(html.Label([field, _currencies(live, recipe.log, now)]))
    rules = [
        html.Div([switch("log", "merge_same_day", now.merge_same_day, MERGING), MERGING]),
        html.Div([switch("log", "count_zero_orders", now.count_zero_orders, ZEROS), ZEROS]),
    ]
    return [html.Div(chosen, className="log-parts"), html.Div(rules, className="log-rules")]


def _now(log: TransactionLog, part: str) -> str:
    return getattr(log, part) or ""


def _options(columns: Sequence[str], part: str) -> list[tuple[str, str]]:
    none = "choose a column" if part in ("customer", "date") else "none"
    return [("", none), *((c, c) for c in columns)]


def _currencies(live: LiveStudy, log: TransactionLog, now: TransactionLog) -> html.Select:
    known = [c for c in (log.only_currency, now.only_currency) if c]
    options = [("", "the only one"), *((c, c) for c in dict.fromkeys(known))]
    return choice("log", "only_currency", options, now.only_currency or "", "Only rows in")
