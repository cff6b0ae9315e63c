"""Who is unusual, and why; what becomes of the segments without them; and what filling blanks did."""

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, State, html, no_update

from segscope.clustering import agreement
from segscope.engine import Engine
from segscope.errors import SegscopeError
from segscope.recipe import Recipe
from segscope.segmentation import SEGMENT, Segmentation, assign
from segscope.study import Fit, LiveStudy, Order
from segscope.study.folder import read_solution
from segscope.study.lists import feature_quarters
from segscope.unusual import Counts, Unusual, bounds, count_unusual, list_unusual, mark
from segscope.web import parts
from segscope.web.attributes import aria
from segscope.web.lists import unusual_address
from segscope.web.pressing import press, read_press, store
from segscope.web.studies import Studies
from segscope.wording import counted, listed, percent

STUDY, ASKED = "study", "job-asked"
TITLE, WHAT, BODY, CHANGE, CHANGED, PROBLEM = (
    "unusual-title", "unusual-what", "unusual-body", "unusual-change", "unusual-changed", "unusual-problem",
)  # fmt: skip
LISTED = 50
# Steinley (2004), Psychological Methods 9: above 0.90 two partitions agree excellently, below 0.65 poorly.
AGREES, DIFFERS = 0.9, 0.65
HELP = (
    "Unusual: a value farther from the quartiles than three interquartile ranges (Tukey's far-out fence), or farther "
    "from the centre of the segment than that fence of its customers' distances. Setting aside is about values only."
)


def card(live: LiveStudy) -> html.Section:
    """The card; who they are comes when the page is there."""
    aside = live.recipe.set_aside
    return parts.card(
        [html.Span("Unusual customers", id=TITLE), parts.info(HELP)],
        html.Div(html.Div(className="skeleton", style={"height": "120px"}), id=BODY),
        html.P(id=CHANGED, className="unusual-changed", role="status"),
        html.Div(id=PROBLEM),
        subtitle=html.Span(id=WHAT),
        actions=[
            html.Button(
                f"See the segments {'with' if aside else 'without'} them",
                id=CHANGE,
                className="button",
                hidden=True,
                **press("unusual", do=CHANGE),
            )
        ],
        class_name="unusual",
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks, in the order of the screen."""

    @app.callback(
        Output(TITLE, "children"),
        Output(WHAT, "children"),
        Output(BODY, "children"),
        Output(CHANGE, "hidden"),
        Output(CHANGED, "children"),
        Input(STUDY, "data"),
    )
    def _show(study: Mapping[str, str]) -> tuple[Any, ...]:
        live = studies.get(study["id"])
        counts, found = live.once("unusual", lambda: find(live))
        can_change = bool(sum(counts.by_feature.values())) or live.recipe.set_aside
        done = what_is_done(live.recipe) if can_change else None
        return (
            title(counts, live.fit),
            done,
            body(live, counts, found, unusual_address(study["id"])),
            not can_change,
            changed(live),
        )

    @app.callback(
        Output(ASKED, "data", allow_duplicate=True),
        Output(PROBLEM, "children"),
        Input(store("unusual"), "data"),
        State(STUDY, "data"),
        prevent_initial_call=True,
    )
    def _change(pressed: object, study: Mapping[str, str] | None) -> tuple[object, object]:
        if not study or not read_press(pressed):
            return no_update, no_update
        live = studies.get(study["id"])
        try:
            order = Order(str(live.folder), other_way(live.recipe), live.card.reading)
            return {"number": studies.start(study["id"], order).number}, None
        except SegscopeError as error:
            return no_update, parts.notice(str(error), "bad")


def find(live: LiveStudy) -> tuple[Counts, tuple[Unusual, ...]]:
    """How many customers are unusual, and those who are most."""
    segmentation, quarters = live.fit.segmentation, feature_quarters(live.fit)
    limits = bounds(segmentation.preparation, quarters)
    marked = mark(live.customers, segmentation, quarters)
    names = [s.name for s in live.fit.segments]
    counts = count_unusual(live.engine, marked, limits)
    return counts, list_unusual(live.engine, marked, live.recipe, limits, names, LISTED)


def other_way(recipe: Recipe) -> Recipe:
    """The same recipe with the unusual customers set aside, or no longer."""
    return recipe.replace(set_aside=not recipe.set_aside)


# ------------------------------------------------------------------------------------------------ words


def title(counts: Counts, fit: Fit) -> str:
    """How many are unusual, and most for what."""
    if not counts.customers:
        return "No customer is unusual on these features"
    share = percent(counts.customers / fit.customers)
    are = "is" if counts.customers == 1 else "are"
    feature, many = max(counts.by_feature.items(), key=lambda pair: pair[1], default=("", 0))
    most = f", {'most' if many < counts.customers else 'all'} for {fit.recipe.column(feature).label}" if many else ""
    return f"{counted(counts.customers, 'customer')} ({share}) {are} unusual{most}"


def what_is_done(recipe: Recipe) -> str:
    """What becomes of customers with a far-out value."""
    if recipe.set_aside:
        return "Set aside: those with a far-out value made no segments, but each is assigned to one"
    if recipe.transform == "none":
        return "They take part as they are, and can move segments: only standardising was asked for"
    return "They take part, and hardly move segments: a far-out value counts as the bound"


def filling_words(fit: Fit) -> str | None:
    """What filling blanks did to the segments.

    Returns
    -------
    None where no blank was filled, or where that was not measured
    """
    if fit.filling is None or not fit.filling.customers:
        return None
    moved = fit.filling.moved
    were = f"{counted(fit.filling.customers, 'customer')} had a blank filled"
    if not moved:
        return f"{were}; none of them would be in another segment had it been filled with the lower or upper quartile."
    return f"{were}; {moved:,} of them would be in another segment had it been filled with the lower or upper quartile."


def changed_words(aside: int, fits: tuple[Fit, Fit], rand: float) -> str:
    """What setting unusual customers aside changes.

    Parameters
    ----------
    aside : customers who made no segments
    fits : with them, and without
    rand : adjusted Rand index of the two partitions
    """
    how = "changes the segments much" if rand < DIFFERS else "moves some customers to other segments"
    how = "hardly changes the segments" if rand > AGREES else how
    many = [counted(len(fit.segments), "segment") for fit in fits]
    number = f"{many[0]} either way" if many[0] == many[1] else f"{many[1]} in place of {many[0]}"
    return f"Setting {counted(aside, 'customer')} aside {how}: {number}, adjusted Rand {rand:.2f}."


# ------------------------------------------------------------------------------------------------ with and without


def changed(live: LiveStudy) -> str | None:
    """What setting aside changes, where both solutions are kept."""
    other = live.once(("unusual: the other way", live.card.kept), lambda: _kept_other(live))
    if other is None:
        return None
    rand = live.once(
        ("unusual: agreement", live.card.kept), lambda: agreement_of(live.engine, live, other.segmentation)
    )
    fits = (other, live.fit) if live.recipe.set_aside else (live.fit, other)
    aside = next((e.count for e in fits[1].cleaning if e.action == "bound" and not e.column), 0)
    return changed_words(aside, fits, rand)


def _kept_other(live: LiveStudy) -> Fit | None:
    wanted = other_way(live.recipe)
    for kept in reversed(live.card.kept):
        if kept.data == live.card.data and kept != live.card.current:
            try:
                found = read_solution(live.folder, kept.fit)
            except (SegscopeError, OSError):
                continue
            if found.recipe == wanted:
                return found
    return None


def agreement_of(engine: Engine, live: LiveStudy, other: Segmentation) -> float:
    """Adjusted Rand index of the shown segments and another segmentation on the same features, among the sample."""
    sample = live.sample.select(*other.recipe.features, __now=live.sample[SEGMENT])
    both = assign(sample, other)
    found = engine.fetch(both.select("__now", then=both[SEGMENT]))
    return agreement(found["__now"].to_numpy(), found["then"].to_numpy())


# ------------------------------------------------------------------------------------------------ parts


def body(live: LiveStudy, counts: Counts, found: tuple[Unusual, ...], address: str) -> list[Any]:
    """How many for which reason, the list, its address as a file, and what filling did."""
    filled = filling_words(live.fit)
    note = html.P(filled, className="card-note") if filled else None
    if not counts.customers:
        return [note]
    labels = [(live.recipe.column(f).label, n) for f, n in counts.by_feature.items() if n]
    reasons = [parts.chip(f"{n:,} for {label}") for label, n in labels]
    reasons += [parts.chip(f"{counts.far:,} far from their segment's centre")] if counts.far else []
    return [html.Div(reasons, className="unusual-reasons"), _table(live, counts, found, address), note]


def _table(live: LiveStudy, counts: Counts, found: tuple[Unusual, ...], address: str) -> html.Div:
    named = bool(live.recipe.identifier)
    head = [*(["Customer"] if named else []), "Segment", "Why"]
    rows = [html.Tr([html.Td(cell) for cell in _cells(live, one, named)]) for one in found]
    more = counts.customers - len(found)
    caption = f"The {len(found)} most unusual customers" if more > 0 else "The unusual customers"
    table = html.Table(
        [
            html.Caption(caption, className="sr-only"),
            html.Thead(html.Tr([html.Th(h, scope="col") for h in head])),
            html.Tbody(rows),
        ],
        className="plain-table unusual-table",
    )
    box = html.Div(table, className="table-box", tabIndex=0, role="region", **aria(label=caption))
    words = f"{caption}; {more:,} more are in the file." if more else None
    link = html.A(f"Download all {counts.customers:,} as CSV", href=address, className="button unusual-download")
    return html.Div([box, html.Div([html.P(words, className="card-note"), link], className="unusual-foot")])


def _cells(live: LiveStudy, one: Unusual, named: bool) -> list[Any]:
    segment = live.fit.segments[one.segment]
    where = html.Span([parts.swatch(segment.colour), segment.name], className="unusual-segment")
    why = listed(one.reasons)
    return [*([html.Code(one.identifier)] if named else []), where, why[:1].upper() + why[1:]]
