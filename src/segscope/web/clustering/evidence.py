"""How many segments are there? The evidence for each number of them, on one panel."""

import plotly.graph_objects as go
from dash import Dash, Input, Output, State, html

from segscope.figures import clustering as figures
from segscope.study import Fit
from segscope.theme import Scheme
from segscope.web import parts
from segscope.web.studies import Studies

STUDY, SCHEME = "study", "scheme"
WCSS = "clustering-wcss"
CRITERIA = {m.key: f"clustering-{m.key}" for m in figures.MEASURES}
HELP = {
    "wcss": "Sum of squared distances of customers from the centre of their segment. It always falls as segments are "
    "added; the elbow (Kneedle, Satopää et al. 2011) is where more segments stop paying.",
    "silhouette": "How much nearer customers are to their own segment than to the next, from -1 to 1: the higher the "
    "better (Rousseeuw 1987).",
    "prediction": "Cluster one half of the customers and predict the other half: how often do both agree? 0.8 or more "
    "is enough (Tibshirani and Walther 2005). Thin lines: standard error.",
    "stability": "Cluster resampled customers and look for each segment again; this is the least stable segment. "
    "0.75 or more is stable (Hennig 2007). Thin lines: standard error.",
    "smallest": "Share of the customers in the smallest segment. Below 2 % it is too small to plan for.",
}


def register(app: Dash, studies: Studies) -> None:
    """Draw the panel."""

    @app.callback(
        Output(WCSS, "figure"),
        *[Output(graph, "figure") for graph in CRITERIA.values()],
        Input(SCHEME, "data"),
        State(STUDY, "data"),
    )
    def _criteria(scheme: Scheme, study: dict[str, str]) -> list[go.Figure]:
        studies.jobs.warm()
        return criteria_figures(studies.get(study["id"]).fit, scheme)


def criteria_figures(fit: Fit, scheme: Scheme) -> list[go.Figure]:
    """WCSS, then the other criteria, over the number of segments."""
    rows, k = figures.with_chosen(fit.evidence.criteria, fit.segments, fit.wcss), len(fit.segments)
    small = [figures.criterion_by_k(rows, k, measure, scheme) for measure in figures.MEASURES]
    return [figures.wcss_by_k(rows, k, fit.evidence.elbow, scheme), *small]


def card(fit: Fit) -> html.Section:
    """How many segments: WCSS with its elbow, and what else speaks for each number."""
    rows, k = figures.with_chosen(fit.evidence.criteria, fit.segments, fit.wcss), len(fit.segments)
    wcss = criterion("wcss", WCSS, "Spread within segments (WCSS)", figures.elbow_words(fit), figures.WCSS_HEIGHT)
    small = [
        criterion(m.key, CRITERIA[m.key], m.title, figures.finding(rows, m, k), figures.SMALL_HEIGHT)
        for m in figures.MEASURES
    ]
    lines = f"Each line runs over the number of segments, k = 1 to {rows[-1].k}"
    return parts.card(
        figures.evidence_title(fit),
        html.Div([wcss, html.Div(small, className="evidence-small")], className="evidence"),
        html.P(fit.evidence.reason, className="evidence-reason"),
        subtitle=f"{lines}; dashed: the published threshold; blue: what is shown",
    )


def criterion(key: str, graph: str, title: str, said: str, height: int) -> html.Div:
    """A criterion: its title with help, what it says, its chart."""
    return html.Div(
        [
            html.H3([title, parts.info(HELP[key])], className="criterion-title inline"),
            html.P(said, className="card-note"),
            parts.chart(graph, f"{title} by number of segments", height),
        ]
    )
