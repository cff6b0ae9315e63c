"""The shell around every page: header, tabs, theme switch, notices; and which page an address shows."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from segscope.errors import SegscopeError, StillLoadingError
from segscope.study import LiveStudy
from segscope.web import arriving, pressing, reporting
from segscope.web.attributes import aria, in_browser
from segscope.web.studies import Studies
from segscope.wording import counted

LOGO = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20'%3E"
    "%3Crect width='9' height='9' rx='2.4' fill='%233B5BDB'/%3E"
    "%3Crect x='11' width='9' height='9' rx='2.4' fill='%230CA678'/%3E"
    "%3Crect y='11' width='9' height='9' rx='2.4' fill='%23F08C00'/%3E"
    "%3Ccircle cx='15.5' cy='15.5' r='3.4' fill='none' stroke='%23868E96' stroke-width='2.2'/%3E%3C/svg%3E"
)

TO_STUDIES = dcc.Link("Studies", href="/", className="crumb")


@dataclass(frozen=True)
class Page:
    """A tab: its name in the address, its title, and its layout for a study."""

    slug: str
    title: str
    layout: Callable[[LiveStudy], html.Div]


def layout(pages: tuple[Page, ...]) -> dmc.MantineProvider:
    """The frame that never changes; header, tabs and page are filled by the address."""
    return dmc.MantineProvider(
        [
            dcc.Location(id="url", refresh="callback-nav"),
            dcc.Store(id="study"),
            dcc.Store(id="refresh"),
            dcc.Store(id="job-asked"),
            dcc.Store(id="job"),
            dcc.Interval(id="job-clock", interval=1500, disabled=True),
            dcc.Store(id="scheme-choice", storage_type="local"),
            dcc.Store(id="scheme"),
            *pressing.stores(),
            html.A("Skip to content", href="#page", className="skip"),
            html.Header(
                [
                    dcc.Link(
                        [html.Img(src=LOGO, alt="", className="logo"), html.Span("segscope", className="brand-name")],
                        href="/",
                        className="brand",
                        title="All studies",
                    ),
                    html.Span("/", className="slash"),
                    html.Div(id="header-study", className="header-study"),
                    dcc.Link(id="header-draft", href="", className="chip accent header-draft"),
                    html.Div(id="header-job"),
                    html.Div(
                        [
                            html.Div(id="header-report"),
                            html.Button(
                                html.Span(className="scheme-icon"),
                                id="scheme-switch",
                                className="button icon",
                                **aria(label="Switch between light and dark"),
                            ),
                        ],
                        className="header-tools",
                    ),
                ],
                className="header",
            ),
            html.Nav(id="tabs", className="nav", **aria(label="Pages of the study")),
            html.Main(id="page", className="page", tabIndex=-1),
            html.Div(id="toast", className="toast", **aria(live="polite")),
        ],
        id="provider",
        theme={
            "primaryColor": "indigo",
            "defaultRadius": "md",
            "respectReducedMotion": True,
            "fontFamily": 'Inter, "Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif',
        },
    )


def register(app: Dash, studies: Studies, pages: tuple[Page, ...], home: Callable[[Studies], html.Div]) -> None:
    """Show the page that the address names, ``home`` where it names none; keep the theme."""

    @app.callback(
        Output("study", "data"),
        Output("header-study", "children"),
        Output("tabs", "children"),
        Output("page", "children"),
        Output("header-report", "children"),
        Input("url", "pathname"),
        Input("refresh", "data"),
    )
    def _show(pathname: str | None, _refresh: object) -> tuple[object, object, object, object, object]:
        if (pathname or "/").strip("/") == "":
            return None, [html.Strong("Studies")], [], home(studies), []
        study_id, slug = parse_address(pathname, studies, pages)
        if study_id is None:
            return no_update, [TO_STUDIES], [], not_found(pathname or "", studies), []
        try:
            live = studies.get(study_id, again=True)
            shown = _laid_out(next(p for p in pages if p.slug == slug), live)
        except SegscopeError as error:
            return no_update, [TO_STUDIES], [], cannot_open(str(error)), []
        return (
            {"id": study_id, "fit": live.stamp},
            header_study(live),
            tabs(pages, study_id, slug),
            shown,
            reporting.menu(study_id),
        )

    in_browser(
        app,
        "shell.scheme",
        Output("scheme", "data"),
        Output("scheme-choice", "data"),
        Output("provider", "forceColorScheme"),
        Input("scheme-switch", "n_clicks"),
        State("scheme-choice", "data"),
        State("scheme", "data"),
    )


def _laid_out(page: Page, live: LiveStudy) -> html.Div:
    """A page for a study; a place for it where it needs customers that are still on their way."""
    try:
        return page.layout(live)
    except StillLoadingError:
        return arriving.waiting(live, page.slug)


def address(study_id: str, slug: str) -> str:
    """The address of a page.

    >>> address("my study", "explore")
    '/s/my%20study/explore'
    """
    return f"/s/{quote(study_id)}/{slug}"


def parse_address(pathname: str | None, studies: Studies, pages: tuple[Page, ...]) -> tuple[str | None, str]:
    """Study and page of an address; the first of each where it names one only, (None, "") where there is none such."""
    parts = [p for p in (pathname or "").split("/") if p]
    slugs, ids = [p.slug for p in pages], studies.ids
    first = "explore" if "explore" in slugs else slugs[0]
    if len(parts) == 1 and parts[0] in slugs and ids:
        return ids[0], parts[0]
    if len(parts) in (2, 3) and parts[0] == "s" and parts[1] in ids:
        slug = parts[2] if len(parts) == 3 else first
        if slug in slugs:
            return parts[1], slug
    return None, ""


def header_study(live: LiveStudy) -> list[object]:
    """What the header says of the study."""
    synthetic = html.Span("synthetic sample", className="chip accent") if live.card.synthetic else None
    sizes = f"{counted(live.fit.customers, 'customer')} · {counted(len(live.fit.segments), 'segment')}"
    slash = html.Span("/", className="slash")
    return [TO_STUDIES, slash, html.Strong(live.card.name), html.Span(sizes, className="header-sizes"), synthetic]


def tabs(pages: tuple[Page, ...], study_id: str, slug: str) -> list[dcc.Link]:
    """The row of tabs, the current one marked."""
    return [
        dcc.Link(
            page.title,
            href=address(study_id, page.slug),
            className="nav-tab current" if page.slug == slug else "nav-tab",
        )
        for page in pages
    ]


def not_found(pathname: str, studies: Studies) -> html.Div:
    """What an address that leads nowhere shows."""
    named = [(entry.id, entry.card.name) for entry in studies.listed() if entry.card]
    links = [html.Li(dcc.Link(name, href=address(study_id, "explore"))) for study_id, name in named]
    here = "These studies are here:" if links else "There is no study yet."
    words = html.P(["There is nothing at ", html.Code(pathname), ". ", here])
    return html.Div([html.H1("Not here"), words, html.Ul(links)], className="card empty")


def cannot_open(reason: str) -> html.Div:
    """What a study that is damaged shows."""
    return html.Div(
        [html.H1("This study cannot be opened"), html.P(reason), dcc.Link("All studies", href="/")],
        className="card empty",
    )
