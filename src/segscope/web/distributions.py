"""Distributions as small pictures inside a table: a silhouette of a number, the parts of a category."""

from collections.abc import Sequence
from typing import Any

from dash import html

from segscope.exploring import Variable
from segscope.exploring.variables import OTHER, day_text
from segscope.profiling import NumberProfile
from segscope.web.attributes import aria
from segscope.wording import listed, percent, short

HEIGHT = 20
BAR = 0.82
MOST_PARTS = 6
NAMED_PARTS = 2
LONGEST_NAME = 22


def spread(variable: Variable, counts: Sequence[int], profile: NumberProfile | None) -> html.Div:
    """A variable's distribution. ``counts``: customers a bin or choice, the last entry counting blanks."""
    seen = list(counts[:-1])
    if not sum(seen):
        return html.Div(html.Span("all blank", className="spread-none"))
    if variable.kind == "category":
        return _parts(variable, seen)
    return _silhouette(variable, seen, profile)


def _silhouette(variable: Variable, counts: Sequence[int], profile: NumberProfile | None) -> html.Div:
    bins = variable.bins
    write = day_text if variable.kind == "date" else short
    low, high = (write(bins.smallest), write(bins.largest)) if bins else ("", "")
    middle = f"median {short(profile.median)}" if profile and variable.kind != "date" else ""
    words = f"from {low} to {high}" + (f", {middle}" if middle else "")
    mask = f'url("{silhouette_image(counts)}")'
    picture = html.Div(className="spread", role="img", title=words, style={"maskImage": mask}, **aria(label=words))
    return html.Div([picture, html.Div([html.Span(t) for t in (low, middle, high) if t], className="spread-ends")])


def silhouette_image(counts: Sequence[int]) -> str:
    """Bars as a picture that a style sheet uses as a mask, so that it takes the colour of its surroundings.

    >>> silhouette_image([1, 2]).rpartition("%3Cpath")[2]
    " d='M0 20v-10h.82v10zM1 20v-20h.82v20z'/%3E%3C/svg%3E"
    """
    tallest = max(counts)
    bars = []
    for place, count in enumerate(counts):
        if count:
            tall = f"{max(1.0, HEIGHT * count / tallest):.3g}"
            bars.append(f"M{place} {HEIGHT}v-{tall}h{f'{BAR:g}'[1:]}v{tall}z")
    return (
        f"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {len(counts)} {HEIGHT}' "
        f"preserveAspectRatio='none'%3E%3Cpath d='{''.join(bars)}'/%3E%3C/svg%3E"
    )


def _parts(variable: Variable, counts: Sequence[int]) -> html.Div:
    total = sum(counts)
    if set(variable.choices) <= {"yes", "no"}:
        return _yes(counts[variable.choices.index("yes")] / total if "yes" in variable.choices else 0.0)
    ranked = sorted(zip(counts, variable.choices, strict=True), key=lambda pair: (pair[1] == OTHER, -pair[0]))
    shown = [(n / total, choice) for n, choice in ranked if n]
    head, rest = shown[:MOST_PARTS], shown[MOST_PARTS:]
    widths = [share for share, _ in head] + ([sum(share for share, _ in rest)] if rest else [])
    words = listed([f"{choice} {percent(share)}" for share, choice in head])
    bars: list[Any] = [html.I(style={"width": f"{100 * w:.2f}%"}) for w in widths]
    names = [f"{_shortened(choice)} {percent(share)}" for share, choice in shown[:NAMED_PARTS]]
    more = len(shown) - NAMED_PARTS
    names += [f"{more} more"] if more > 0 else []
    picture = html.Div(bars, className="spread-parts", role="img", title=words, **aria(label=words))
    return html.Div([picture, html.Div(html.Span(" · ".join(names)), className="spread-ends")])


def _yes(share: float) -> html.Div:
    words = f"{percent(share)} yes"
    fill = html.I(style={"width": f"{100 * share:.2f}%"})
    picture = html.Div(fill, className="spread-yes", role="img", **aria(label=words))
    return html.Div([picture, html.Div(html.Span(words), className="spread-ends")])


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1].rstrip() + "…"
