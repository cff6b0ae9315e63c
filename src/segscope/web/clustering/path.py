"""Who splits from whom as segments are added? The path from one number of segments to the next."""

from dash import Dash, Input, Output, State, html

from segscope.figures import path as figures
from segscope.study import Fit
from segscope.theme import Scheme
from segscope.web import parts
from segscope.web.clustering.evidence import FITTED
from segscope.web.studies import Studies

STUDY, SCHEME = "study", "scheme"
BODY, PLOT, TITLE, NOTE = "clustering-path-body", "clustering-path", "clustering-path-title", "clustering-path-note"
WORDS, WAITING = "clustering-path-words", "clustering-path-waiting"
COMING = "The path is part of the full evidence and appears here when that is complete."
MISSING = "This fit holds no path. Run it again to see who splits from whom."


def register(app: Dash, studies: Studies) -> None:
    """Draw the path, and draw it anew when the evidence has been completed."""

    @app.callback(
        Output(PLOT, "figure"),
        Output(TITLE, "children"),
        Output(NOTE, "children"),
        Output(WORDS, "children"),
        Output(WAITING, "children"),
        Output(BODY, "hidden"),
        Input(SCHEME, "data"),
        Input(FITTED, "data"),
        State(STUDY, "data"),
    )
    def _path(scheme: Scheme, _fitted: str, study: dict[str, str]) -> tuple[object, ...]:
        return contents(studies.get(study["id"]).fit, scheme)


def contents(fit: Fit, scheme: Scheme) -> tuple[object, ...]:
    """Figure, title, note, sentences, what is waited for, and whether the drawing is hidden."""
    if not fit.path:
        return parts.EMPTY_FIGURE, figures.HEADING, "", [], MISSING if fit.evidence.complete else COMING, True
    path = figures.path_of(fit.path, fit.found, () if fit.segmentation.hand else fit.path_segments)
    told = enumerate(figures.sentences(path, fit.segments), 1)
    words = [html.Li(sentence, className="current" if k == path.shown else "") for k, sentence in told]
    drawing = figures.path_drawing(path, fit.segments, scheme)
    title, note = figures.path_title(path, fit.segments), figures.path_note(path)
    return drawing, title, note, words, figures.unmatched_words(path), False


def card() -> html.Section:
    """The drawing of the path, and each step of it in words."""
    return parts.card(
        html.Span(figures.HEADING, id=TITLE),
        html.P(id=WAITING, className="card-note"),
        html.Div(
            [
                parts.chart(PLOT, "Customers who go from each segment to those of the next number", figures.HEIGHT),
                html.Ol(id=WORDS, className="path-steps", tabIndex=0),
            ],
            id=BODY,
            className="path-body",
            hidden=True,
        ),
        subtitle=html.Span(id=NOTE),
        class_name="path-card",
    )
