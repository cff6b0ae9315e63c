"""How well does each customer fit into their segment? The silhouette plot."""

import plotly.graph_objects as go
from dash import Dash, Input, Output, State, html, no_update

from segscope.figures import silhouettes as figures
from segscope.study import Fit
from segscope.theme import Scheme
from segscope.web import parts
from segscope.web.studies import Studies

STUDY, SCHEME = "study", "scheme"
PLOT = "clustering-silhouettes"
UNMEASURED = "This fit is from before silhouettes of segments were measured. Run it again to see them."


def register(app: Dash, studies: Studies) -> None:
    """Draw the plot."""

    @app.callback(Output(PLOT, "figure"), Input(SCHEME, "data"), State(STUDY, "data"))
    def _plot(scheme: Scheme, study: dict[str, str]) -> go.Figure | object:
        fit = studies.get(study["id"]).fit
        return figures.silhouette_plot(fit.silhouettes, fit.segments, scheme) if can_be_drawn(fit) else no_update


def can_be_drawn(fit: Fit) -> bool:
    """Whether there are silhouettes: one segment has none."""
    return len(fit.segments) > 1 and len(fit.silhouettes) == len(fit.segments)


def card(fit: Fit) -> html.Section:
    """How well customers fit into their segment; hidden where there is one segment."""
    drawn = can_be_drawn(fit)
    return parts.card(
        figures.silhouettes_title(fit) if drawn else "How well customers fit into their segment",
        html.Div(
            parts.chart(PLOT, "Silhouettes of the customers by segment", figures.height(len(fit.segments))),
            hidden=not drawn,
        ),
        html.P(figures.below_words(fit) if drawn else UNMEASURED, className="card-note"),
        subtitle=figures.silhouettes_note(fit) if drawn else None,
        class_name="silhouettes-card",
        hidden=len(fit.segments) == 1,
    )
