"""Do other methods find the same segments? Each beside the others at the same number of segments."""

from typing import Any

from dash import Dash, Input, Output, State, html, no_update

from segscope.clustering import Alternative
from segscope.errors import SegscopeError
from segscope.recipe import METHOD_NAMES, Method
from segscope.study import Fit, LiveStudy, Order
from segscope.study.folder import read_seconds
from segscope.study.solutions import agreement_words
from segscope.web import parts
from segscope.web.attributes import aria
from segscope.web.clustering.evidence import FITTED
from segscope.web.pressing import press, read_press, store
from segscope.web.rerun import ASKED, STUDY
from segscope.web.studies import Studies
from segscope.wording import counted, listed, percent

BODY, TITLE, PROBLEM = "methods-body", "methods-title", "methods-problem"
HELP = (
    "Adjusted Rand index (Hubert and Arabie 1985) with the segments shown: 1 the same, 0 no more than by chance. From "
    "0.9 agreement is excellent, from 0.8 good, from 0.65 moderate (Steinley 2004)."
)
SILHOUETTE = "Mean silhouette by squared distance, exact. It favours round segments of one size, as k-means makes them."
STABILITY = "Mean bootstrap Jaccard of the least stable segment, of 30 resamples; 0.75 or more is stable (Hennig 2007)."


def register(app: Dash, studies: Studies) -> None:
    """Draw the card once the evidence is complete, and run the study by another method."""

    @app.callback(
        Output(TITLE, "children"),
        Output(BODY, "children"),
        Input(FITTED, "data"),
        State(STUDY, "data"),
    )
    def _complete(_fitted: str, study: dict[str, str]) -> tuple[Any, Any]:
        live = studies.get(study["id"])
        return title(live.fit), body(live)

    @app.callback(
        Output(ASKED, "data", allow_duplicate=True),
        Output(PROBLEM, "children"),
        Input(store("methods"), "data"),
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _run(pressed: object, study: dict[str, str] | None) -> tuple[object, object]:
        wanted = read_press(pressed)
        if not study or not wanted:
            return no_update, no_update
        try:
            return run(studies, study["id"], wanted["method"]), None
        except SegscopeError as error:
            return no_update, parts.notice(str(error), "bad")


def run(studies: Studies, study_id: str, method: Method) -> object:
    """Run the study by a method, with as many segments as there are. Returns what marks the request.

    Raises
    ------
    SegscopeError : when the recipe does not allow it
    """
    live = studies.get(study_id)
    wanted = live.recipe.replace(method=method, segments=live.fit.found)
    return {"number": studies.start(study_id, Order(str(live.folder), wanted, live.card.reading)).number}


def card(live: LiveStudy) -> html.Section:
    """The card of a study."""
    return parts.card(
        html.Span(title(live.fit), id=TITLE),
        html.Div(id=BODY),
        html.Div(id=PROBLEM),
        subtitle=f"The same customers and features, in {counted(live.fit.found, 'segment')}, by each method",
        class_name="methods-card",
    )


def title(fit: Fit) -> str:
    """Whether the other methods find the same segments."""
    others = [a for a in fit.alternatives if a.method != fit.recipe.method]
    if not others or fit.found == 1:
        return "Other methods"
    same = [a for a in others if a.agreement >= 0.8]
    rest = [a for a in others if a not in same]
    alike = all(a.agreement >= 0.65 for a in rest)
    if not rest:
        return "The other methods find much the same segments"
    if not same:
        return f"The other methods find {'similar, not the same,' if alike else 'other'} segments"
    names = listed([METHOD_NAMES[a.method] for a in rest])
    what = "similar ones" if alike else "others"
    return f"{METHOD_NAMES[same[0].method]} finds much the same segments; {names} finds {what}"


def body(live: LiveStudy) -> Any:
    """The methods as a table, or why there is none."""
    fit = live.fit
    if fit.found == 1:
        return html.P("With everybody in one segment, all methods agree.", className="card-note")
    if not fit.alternatives:
        return html.P("This comes with the full evidence.", className="card-note")
    seconds = read_seconds(live.folder)
    help_of = {"Agreement": HELP, "Silhouette, squared": SILHOUETTE, "Least stable": STABILITY}
    columns = ("Method", "Agreement", "Silhouette, squared", "Least stable", "Sizes", "Time", "")
    head = [html.Span([c, parts.info(help_of[c])], className="inline") if c in help_of else c for c in columns]
    rows = [row(fit, other, seconds.get(other.method)) for other in fit.alternatives]
    note = "Time: of one fit and its 30 resamples, on this machine, for the solution compared last."
    return [
        parts.plain_table(head, rows, "methods-table", "Other methods beside these segments"),
        html.P(note, className="card-note") if seconds else None,
    ]


def row(fit: Fit, other: Alternative, seconds: float | None) -> list[Any]:
    """A method: how far it agrees, how well it does, its sizes, its time, a button that runs it."""
    mine, name = other.method == fit.recipe.method, METHOD_NAMES[other.method]
    agreed = [
        html.Strong(f"{other.agreement:.2f}"),
        html.Span(f" {agreement_words(other.agreement)}", className="muted"),
    ]
    button = html.Button(f"Use {name}", className="button small-button", **press("methods", method=other.method))
    return [
        html.Strong(name),
        html.Span("the segments shown", className="muted") if mine else agreed,
        f"{other.silhouette:.2f}",
        f"{other.stability:.2f}",
        sizes(other),
        "unknown" if seconds is None else f"{seconds:.1f} s",
        parts.chip("current", "accent") if mine else button,
    ]


def sizes(other: Alternative) -> html.Div:
    """The sizes of a method's segments as small bars, the largest first."""
    top = max(other.sizes)
    bars = [html.Span(style={"height": f"{max(6, 100 * share / top):.0f}%"}) for share in other.sizes]
    said = f"Shares: {', '.join(percent(share) for share in other.sizes)}"
    return html.Div(bars, className="size-strip", title=said, role="img", **aria(label=said))
