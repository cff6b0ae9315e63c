"""Stub."""

from dash import Dash, html

from segscope.study import LiveStudy
from segscope.web.shell import Page
from segscope.web.studies import Studies


def layout(live: LiveStudy) -> html.Div:
    return html.Div("clustering")


def register(app: Dash, studies: Studies) -> None:
    return None


PAGE = Page("clustering", "Clustering", layout)
