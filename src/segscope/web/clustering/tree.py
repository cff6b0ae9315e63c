"""How do groups of customers merge into fewer? Ward's tree, in front for Ward's method, else folded away."""

from dash import Dash, Input, Output, State, html

from segscope.figures import tree as figures
from segscope.study import Fit
from segscope.theme import Scheme
from segscope.web import parts
from segscope.web.clustering.evidence import FITTED
from segscope.web.studies import Studies

STUDY, SCHEME = "study", "scheme"
BODY, PLOT, TITLE, NOTE = "clustering-tree-body", "clustering-tree", "clustering-tree-title", "clustering-tree-note"
HEADING = "Ward's tree"
COMING = "The tree is part of the full evidence and appears here when that is complete."
MISSING = "This fit holds no tree. Run it again to see it."


def register(app: Dash, studies: Studies) -> None:
    """Draw the tree, and draw it anew when the evidence has been completed."""

    @app.callback(
        Output(PLOT, "figure"),
        Output(TITLE, "children"),
        Output(NOTE, "children"),
        Output(BODY, "hidden"),
        Input(SCHEME, "data"),
        Input(FITTED, "data"),
        State(STUDY, "data"),
    )
    def _tree(scheme: Scheme, _fitted: str, study: dict[str, str]) -> tuple[object, ...]:
        return contents(studies.get(study["id"]).fit, scheme)


def contents(fit: Fit, scheme: Scheme) -> tuple[object, ...]:
    """Figure, title, note, and whether the drawing is hidden."""
    if fit.tree is None or not fit.tree.merges:
        return parts.EMPTY_FIGURE, HEADING, MISSING if fit.evidence.complete else COMING, True
    k, matched = fit.found, figures.match_cut(fit.tree, fit.segmentation)
    drawing = figures.tree_drawing(fit.tree, k, matched, fit.segments, scheme)
    return drawing, figures.tree_title(fit.tree, k), figures.tree_note(fit.tree, fit.evidence.customers), False


def card(fit: Fit) -> html.Section:
    """The tree; folded where another method made the segments."""
    note = html.P(id=NOTE, className="card-note")
    chart = parts.chart(PLOT, "Ward's tree: branches of customers and how they merge", figures.HEIGHT)
    body = html.Div(chart, id=BODY, hidden=True)
    title = html.Span(HEADING, id=TITLE)
    if fit.recipe.method == "ward":
        return parts.card(title, note, body, class_name="tree-card")
    return html.Section(html.Details([html.Summary(title), note, body], className="tree-folded"), className="card")
