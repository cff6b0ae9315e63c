"""The customers themselves: all of a segment in a grid, search by id, who is typical and borderline, and one whole."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, dcc, html, no_update

from segscope.comparing import brief
from segscope.errors import SegscopeError
from segscope.recipe import ColumnRole, Recipe, Role
from segscope.study import LiveStudy
from segscope.study.audiences import read_audiences
from segscope.study.browsing import LISTED, explain
from segscope.theme import segment_variable
from segscope.web import one_customer, parts
from segscope.web.attributes import aria, in_browser
from segscope.web.customer_pages import field_name
from segscope.web.narrowing import FILTERS
from segscope.web.segment_cards import CUSTOMERS_OF
from segscope.web.studies import Studies
from segscope.web.whose import AUDIENCE, SEGMENT

PAGE, TITLE, OF, FIND, VIEW, SHOWN, GRID, NOTE = (
    "customers-page", "customers-title", "customers-of", "customers-find", "customers-view", "customers-shown",
    "customers-grid", "customers-note",
)  # fmt: skip
OPENED, DRAWER, DRAWER_TITLE, DRAWER_BODY = (
    "customers-opened", "customers-drawer", "customers-drawer-title", "customers-drawer-body",
)  # fmt: skip
CARD = "customers-card"
FILES = (("csv", "CSV"), ("xlsx", "Excel"), ("parquet", "Parquet"))
ROWS_A_PAGE, ROW_HEIGHT = 100, 36
TYPING_PAUSE_MS = 300
VIEWS = (("all", "All members"), ("typical", "Most typical"), ("borderline", "Most borderline"))
State_ = Mapping[str, Any]
HOW = (
    "Membership: the probability of the segment, from the distances to all segments. Most typical: the "
    f"{LISTED} nearest to their segment's centre. Most borderline: the {LISTED} whose membership exceeds that of the "
    "second best segment by least. Export takes the customers that are found here, with a reason for each."
)


def card(live: LiveStudy) -> html.Section:
    """The card; its rows are asked for as they come into view."""
    return parts.card(
        [html.Span("Customers", id=TITLE), parts.info(HOW)],
        dcc.Store(id=PAGE, data=_page(live)),
        dcc.Store(id=OPENED),
        _tools(live),
        html.P(id=NOTE, className="notice customers-note", role="status", hidden=True),
        _grid(live),
        _drawer(),
        subtitle="In original units. Press Enter on a row, or click it, to see why a customer is here.",
        actions=[_export()],
        class_name="customers",
        id=CARD,
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""
    in_browser(
        app, "customers.read", Output(OF, "value"), Output(FIND, "value"), Output(VIEW, "value"), Input(PAGE, "data")
    )

    in_browser(
        app, "customers.whose", Output(OF, "value", allow_duplicate=True),
        Input({"type": CUSTOMERS_OF, "segment": ALL}, "n_clicks"), prevent_initial_call=True,
    )  # fmt: skip

    @app.callback(Output(GRID, "columnDefs"), Input(SHOWN, "value"), State("study", "data"), prevent_initial_call=True)
    def _columns(shown: list[str] | None, study: State_) -> list[dict[str, Any]]:
        return columns(studies.get(study["id"]).recipe, shown or ())

    in_browser(
        app, "customers.ask", Output(CARD, "title"),
        Input(OF, "value"), Input(FIND, "value"), Input(VIEW, "value"), Input(SHOWN, "value"), Input(FILTERS, "data"),
        State(PAGE, "data"),
    )  # fmt: skip

    @app.callback(
        Output(DRAWER, "opened"), Output(DRAWER_TITLE, "children"), Output(DRAWER_BODY, "children"),
        Input(OPENED, "data"), State(SHOWN, "value"), State("study", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def _open(opened: State_ | None, shown: list[str] | None, study: State_) -> tuple[Any, Any, Any]:
        live = studies.get(study["id"])
        found = explain(live, int(opened["row"])) if opened else None
        if found is None:
            return False, no_update, no_update
        return True, one_customer.title(live, found), one_customer.body(live, found, _visible(live.recipe, shown or ()))


# ------------------------------------------------------------------------------------------------ parts


def _page(live: LiveStudy) -> dict[str, Any]:
    """What the browser must know to ask for pages and to draw them."""
    recipe = live.recipe
    return {
        "fit": live.stamp,
        "names": list(recipe.names),
        "always": [field_name(recipe, c) for c in _always(recipe)],
        "segments": [{"id": s.id, "name": s.name, "colour": segment_variable(s.colour)} for s in live.fit.segments],
        "first": SEGMENT + live.fit.segments[0].id,
    }


def _tools(live: LiveStudy) -> html.Div:
    segments = [{"value": SEGMENT + s.id, "label": brief(s.name)} for s in live.fit.segments]
    try:
        audiences = [{"value": AUDIENCE + a.name, "label": brief(a.name)} for a in read_audiences(live.folder)]
    except SegscopeError:
        audiences = []  # a damaged file is told where audiences are kept
    groups = [{"group": "Segments", "items": segments}, {"group": "Audiences", "items": audiences}]
    whom = [{"value": "everybody", "label": "Everybody"}, *(g for g in groups if g["items"])]
    extra = [
        {"value": c.column if isinstance(c, ColumnRole) else c.name, "label": _label(c)}
        for c in _choosable(live.recipe)
    ]
    named = live.recipe.identifier
    return html.Div(
        [
            dmc.Select(
                id=OF, data=whom, value=None, size="xs", radius="md", allowDeselect=False, className="customers-of",
                comboboxProps={"shadow": "md", "width": "max-content", "position": "bottom-start"},
                **aria(label="Whose customers"),
            ),
            dmc.SegmentedControl(
                id=VIEW, data=[{"value": v, "label": t} for v, t in VIEWS], value="all", size="xs", radius="md",
                className="customers-view", **aria(label="Which of them"),
            ),
            dmc.TextInput(
                id=FIND, placeholder="Search by id" if named else "No column names the customers", value="", size="xs",
                radius="md", debounce=TYPING_PAUSE_MS, disabled=not named, autoComplete="off",
                className="customers-find", **aria(label="Search by id, whole or its beginning"),
            ),
            dmc.MultiSelect(
                id=SHOWN, data=extra, value=[], placeholder="Add columns", size="xs", radius="md", searchable=True,
                clearable=True, className="customers-shown", maxValues=20, **aria(label="Columns to add"),
            ),
        ],
        className="customers-tools",
    )  # fmt: skip


def _grid(live: LiveStudy) -> html.Div:
    grid = dag.AgGrid(
        id=GRID,
        columnDefs=columns(live.recipe, ()),
        defaultColDef={
            "sortable": True,
            "sortingOrder": ["desc", "asc", None],
            "resizable": True,
            "minWidth": 90,
            "suppressMovable": True,
        },
        rowModelType="infinite",
        getRowId="params.data.row",
        dashGridOptions={
            "cacheBlockSize": ROWS_A_PAGE,
            "maxBlocksInCache": 20,
            "maxConcurrentDatasourceRequests": 2,
            "blockLoadDebounceMillis": 80,
            "infiniteInitialRowCount": 12,
            "rowHeight": ROW_HEIGHT,
            "headerHeight": ROW_HEIGHT,
            "suppressMultiSort": True,
            "enableCellTextSelection": True,
            "ensureDomOrder": True,
            "animateRows": False,
        },
        className="customers-grid",
        style={"height": "472px"},
    )
    return html.Div(grid, className="customers-box", role="region", **aria(label="Customers"))


def columns(recipe: Recipe, shown: Sequence[str]) -> list[dict[str, Any]]:
    """The columns of the grid: who, segment, membership, second best, features, then what was chosen."""
    identifier = [
        _column(recipe, c) | {"pinned": "left", "width": 130, "flex": 0}
        for c in _always(recipe)[:1]
        if c == recipe.identifier
    ]
    rest = [c for c in _visible(recipe, shown) if c != recipe.identifier]
    return [
        *identifier,
        {"field": "segment", "headerName": "Segment", "cellRenderer": "CustomerSegment", "minWidth": 170, "flex": 1.4},
        {"field": "strength", "headerName": "Membership", "cellRenderer": "CustomerStrength", "width": 140},
        {
            "field": "second",
            "headerName": "Second best",
            "cellRenderer": "CustomerSegment",
            "minWidth": 170,
            "flex": 1.4,
        },
        {
            "field": "second_strength",
            "headerName": "Membership there",
            "cellRenderer": "CustomerStrength",
            "width": 150,
        },
        *(_column(recipe, c) for c in rest),
    ]


def _column(recipe: Recipe, name: str) -> dict[str, Any]:
    column = recipe.column(name)
    number = not isinstance(column, ColumnRole) or column.role is Role.MEASURE
    unit = f" ({column.unit})" if column.unit and column.unit != "share" else ""
    kind = {"type": "rightAligned"} if number else {}
    return {
        "field": field_name(recipe, name),
        "headerName": f"{column.label}{unit}",
        "minWidth": 120,
        "flex": 1,
        **kind,
    }


def _always(recipe: Recipe) -> list[str]:
    """What is shown whatever is chosen: the identifier, then the features."""
    return list(dict.fromkeys([*([recipe.identifier] if recipe.identifier else []), *recipe.features]))


def _visible(recipe: Recipe, shown: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*_always(recipe), *(c for c in shown if c in recipe.names)]))


def _choosable(recipe: Recipe) -> list[Any]:
    """Columns that can be added; personal and sensitive ones last: they are hidden unless they are chosen."""
    always = set(_always(recipe))
    found = [c for c in (*recipe.derived, *recipe.columns) if (getattr(c, "column", None) or c.name) not in always]  # type: ignore[attr-defined]
    return sorted(found, key=lambda c: isinstance(c, ColumnRole) and (c.role is Role.PERSONAL or c.sensitive))


def _label(column: Any) -> str:
    if isinstance(column, ColumnRole) and column.role is Role.PERSONAL:
        return f"{column.label} (personal)"
    return f"{column.label} (sensitive)" if isinstance(column, ColumnRole) and column.sensitive else str(column.label)


def _export() -> html.Details:
    """The same customers as a file; the addresses follow what is chosen."""
    links = [html.A(html.Strong(name), id=f"customers-{ending}", href="", download="") for ending, name in FILES]
    words = html.Span(
        "The customers found here, with segment, membership, second best, the columns shown and a reason. All members "
        "stand in the order of the source, however the grid is sorted."
    )
    return html.Details(
        [html.Summary("Export", className="button"), html.Div([words, *links])], className="report-menu customers-files"
    )


def _drawer() -> dmc.Drawer:
    return dmc.Drawer(
        html.Div(id=DRAWER_BODY, className="customer"),
        id=DRAWER,
        title=html.Div(id=DRAWER_TITLE, className="customer-title"),
        position="right",
        size="min(560px, 100vw)",
        padding="lg",
        closeButtonProps=aria(label="Close"),
    )
