"""Figures of the Clustering tab, criteria by number of segments, and what its cards say in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from segscope.clustering import Criteria
from segscope.figures.positions import short_name
from segscope.segmentation import Segment
from segscope.study import Fit
from segscope.theme import Palette, Scheme, figure, palette, translucent
from segscope.wording import full, listed, percent

WCSS_HEIGHT, SMALL_HEIGHT = 372, 162
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
UNSTABLE = " that another sample would make elsewhere"


@dataclass(frozen=True)
class Measure:
    """A criterion over the number of segments.

    Attributes
    ----------
    value, error : of a row of criteria; the error is half an interval
    threshold : published, drawn dashed; None where there is none
    written : how a value is written
    """

    key: str
    title: str
    value: Callable[[Criteria], float | None]
    error: Callable[[Criteria], float | None]
    threshold: float | None
    written: Callable[[float | None], str]


def two_digits(value: float | None) -> str:
    """A criterion as it is written, such as 0.36."""
    return "unknown" if value is None else f"{value:.2f}"


def silhouette_error(c: Criteria) -> float | None:
    """Half the 95 % interval of the sampled silhouette; None where the sample is everybody."""
    return None if c.silhouette_interval is None else (c.silhouette_interval[1] - c.silhouette_interval[0]) / 2


MEASURES = (
    Measure("silhouette", "Silhouette", lambda c: c.silhouette, silhouette_error, None, two_digits),
    Measure(
        "prediction",
        "Prediction strength",
        lambda c: c.prediction_strength,
        lambda c: c.prediction_strength_error,
        0.8,
        two_digits,
    ),
    Measure("stability", "Stability (Jaccard)", lambda c: c.jaccard, lambda c: c.jaccard_error, 0.75, two_digits),
    Measure(
        "smallest", "Smallest segment", lambda c: c.smallest_share if c.k > 1 else None, lambda c: None, 0.02, percent
    ),
)


def rows_of(fit: Fit) -> tuple[Criteria, ...]:
    """The criteria of a fit, the number of segments that it found among them where those are still the segments."""
    if fit.segmentation.hand:
        return fit.evidence.criteria
    return with_chosen(fit.evidence.criteria, fit.segments, fit.wcss)


def with_chosen(criteria: Sequence[Criteria], segments: Sequence[Segment], wcss: float) -> tuple[Criteria, ...]:
    """The criteria, with the fitted number of segments added where it lies beyond those that were weighed."""
    k = len(segments)
    if any(c.k == k for c in criteria):
        return tuple(criteria)
    fitted = Criteria(
        k, wcss, jaccard=min(s.stability for s in segments), smallest_share=min(s.share for s in segments)
    )
    return tuple(sorted([*criteria, fitted], key=lambda c: c.k))


def wcss_by_k(criteria: Sequence[Criteria], chosen: int, elbow: int | None, scheme: Scheme) -> go.Figure:
    """Within-cluster sum of squares over the number of segments, with the elbow and the choice marked."""
    look = palette(scheme)
    ks, values = [c.k for c in criteria], [round(c.wcss, 1) for c in criteria]
    by_k = dict(zip(ks, values, strict=True))
    traces, notes = [line(ks, values, look, "k = %{x}: WCSS %{y:,.0f}")], []
    if elbow in by_k and elbow != chosen:
        traces.append(
            dot(elbow, by_k[elbow], {"color": look.card, "size": 11, "line": {"color": look.text, "width": 2}})
        )
        # Under the falling curve there is room, unless the point lies low.
        aside, up = (0, -34) if by_k[elbow] > 0.3 * max(values) else (30, 78)
        notes.append(_note(elbow, by_k[elbow], f"elbow at {elbow}", look.text, aside, up))
    if chosen in by_k:
        words = f"<b>{chosen} chosen{', and the elbow' if chosen == elbow else ''}</b><br>WCSS {full(by_k[chosen])}"
        traces.append(dot(chosen, by_k[chosen], {"color": look.accent, "size": 11}))
        notes.append(_note(chosen, by_k[chosen], words, look.accent, 40 if chosen < 0.75 * max(ks) else -30, 36))
    made = figure(
        scheme,
        WCSS_HEIGHT,
        margin={"l": 8, "r": 16, "t": 22, "b": 8},
        showlegend=False,
        shapes=[band(chosen, look)],
        annotations=notes,
        xaxis={**k_axis(ks), "title": {"text": "k (number of segments)"}},
        yaxis={"title": {"text": "WCSS"}, "rangemode": "tozero", "tickformat": "~s", "nticks": 6},
    )
    return made.add_traces(traces)


def criterion_by_k(criteria: Sequence[Criteria], chosen: int, measure: Measure, scheme: Scheme) -> go.Figure:
    """One criterion over the number of segments, small: the choice marked, the published threshold dashed."""
    look = palette(scheme)
    known = [(c.k, v, measure.error(c) or 0.0) for c in criteria if (v := measure.value(c)) is not None]
    ks, values = [k for k, _, _ in known], [round(v, 4) for _, v, _ in known]
    hover = f"k = %{{x}}: {'%{y:.0%}' if measure.written is percent else '%{y:.2f}'}"
    traces, notes, shapes = [line(ks, values, look, hover, [e for _, _, e in known])], [], [band(chosen, look)]
    if measure.threshold is not None:
        shapes.append(threshold_line(measure.threshold, look))
    if chosen in ks:
        mine = values[ks.index(chosen)]
        traces.append(dot(chosen, mine, {"color": look.accent, "size": 9}))
        said = {"x": chosen, "y": mine, "text": f"<b>{measure.written(mine)}</b>", "showarrow": False}
        notes.append({**said, "font": {"color": look.accent, "size": 12}, **beside(ks, values, chosen)})
    low, high = min([*values, 0.0]), max([*values, measure.threshold or 0.0, 0.1])
    made = figure(
        scheme,
        SMALL_HEIGHT,
        margin={"l": 4, "r": 10, "t": 20, "b": 4},
        showlegend=False,
        shapes=shapes,
        annotations=notes,
        xaxis=k_axis([c.k for c in criteria]),
        yaxis={"visible": False, "range": [low - 0.06 * (high - low), high + 0.12 * (high - low)]},
    )
    return made.add_traces(traces)


def finding(criteria: Sequence[Criteria], measure: Measure, chosen: int) -> str:
    """What a criterion says, in a few words."""
    missing = chosen > 1 and next(measure.value(c) for c in criteria if c.k == chosen) is None
    return f"{_finding(criteria, measure)}; not measured at {chosen}" if missing else _finding(criteria, measure)


def _finding(criteria: Sequence[Criteria], measure: Measure) -> str:
    known = [(c.k, v, measure.error(c) or 0.0) for c in criteria if (v := measure.value(c)) is not None]
    if not known:
        return "not measured"
    if measure.threshold is None:
        best = max(known, key=lambda row: row[1])
        return f"best at {best[0]} ({measure.written(best[1])})"
    allowed = measure.key == "prediction"  # one standard error is forgiven, as in the recommendation
    held = [k for k, v, e in known if v + (e if allowed else 0.0) >= measure.threshold]
    limit = f"{measure.threshold:g}" if measure.written is not percent else measure.written(measure.threshold)
    if len(held) == len(known):
        return f"{limit} or more throughout"
    if not held:
        return f"never reaches {limit}"
    if held == list(range(known[0][0], held[-1] + 1)):
        return f"reaches {limit} up to {held[-1]}"
    return f"reaches {limit} at {', '.join(map(str, held))}"


def beside(ks: list[int], values: list[float], chosen: int) -> dict[str, Any]:
    """Where a point's value is written so that the line does not cross it: below a dip, else above."""
    at = ks.index(chosen)
    around = [values[i] for i in (at - 1, at + 1) if 0 <= i < len(values)]
    room = values[at] > min(values) + 0.25 * (max(values) - min(values)) or min(values) > 0.25 * max(values)
    if around and values[at] < min(around) and room:
        return {"yshift": -15}
    aside = {"xanchor": "left", "xshift": 3} if chosen < ks[-1] - 1 else {"xanchor": "right", "xshift": 6}
    return {"yshift": 14, **aside}


def line(ks: list[int], values: list[float], look: Palette, hover: str, errors: Sequence[float] = ()) -> dict[str, Any]:
    """A criterion as a line with a point for each number of segments, and its errors as thin lines."""
    bars = {"type": "data", "array": [round(e, 4) for e in errors], "color": look.faint, "thickness": 1, "width": 0}
    return {
        "type": "scatter", "x": ks, "y": values, "mode": "lines+markers", "line": {"color": look.faint, "width": 1.6},
        "marker": {"color": look.secondary, "size": 6}, "hovertemplate": f"{hover}<extra></extra>",
        "error_y": bars if any(errors) else None,
    }  # fmt: skip


def dot(x: int, y: float, marker: dict[str, Any]) -> dict[str, Any]:
    """One point that stands out."""
    return {"type": "scatter", "x": [x], "y": [y], "mode": "markers", "marker": marker, "hoverinfo": "skip"}


def band(chosen: int, look: Palette) -> dict[str, Any]:
    """The band behind the chosen number."""
    return {
        "type": "rect", "x0": chosen - 0.32, "x1": chosen + 0.32, "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
        "fillcolor": translucent(look.accent, 0.11), "line": {"width": 0},
    }  # fmt: skip


def threshold_line(value: float, look: Palette) -> dict[str, Any]:
    """A dashed line at a threshold."""
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value,
        "line": {"color": look.faint, "width": 1, "dash": "dash"},
    }  # fmt: skip


def _note(x: int, y: float, text: str, colour: str, aside: int, up: int) -> dict[str, Any]:
    """A note some pixels aside and up from a point, with a thin line to it."""
    return {
        "x": x, "y": y, "text": text, "ax": aside, "ay": -up, "showarrow": True, "arrowhead": 0, "arrowwidth": 1,
        "arrowcolor": colour, "standoff": 6, "font": {"color": colour, "size": 12}, "borderpad": 2,
        "xanchor": "left" if aside > 0 else "right" if aside < 0 else "center", "align": "left",
    }  # fmt: skip


def k_axis(ks: Sequence[int]) -> dict[str, Any]:
    """The axis of the numbers of segments."""
    ends = [min(ks) - 0.6, max(ks) + 0.6]
    return {"tickmode": "array", "tickvals": list(ks), "range": ends, "showgrid": False, "fixedrange": True}


def verdict_title(fit: Fit) -> str:
    """The verdict in a line."""
    words = [s.verdict for s in fit.verdict.segments]
    k, natural, sliced = len(words), words.count("natural"), words.count("reproducible")
    if k == 1:
        return "One segment: everybody, so there is nothing to tell apart"
    if natural == k:
        return f"{NUMBERS[k]} natural groups of customers"
    if sliced == k:
        return f"{NUMBERS[k]} slices of one continuum, each found again in other samples"
    kinds = (
        (natural, "natural group", ""),
        (sliced, "reproducible slice", ""),
        (k - natural - sliced, "cut", UNSTABLE),
    )
    said = [f"{NUMBERS[n].lower()} {noun}{'' if n == 1 else 's'}{rest}" for n, noun, rest in kinds if n]
    return f"{NUMBERS[k]} segments: {listed(said)}"


def evidence_title(fit: Fit) -> str:
    """How many segments the evidence supports, against how many there are."""
    k, recommended = fit.found, fit.evidence.recommended
    if fit.segmentation.hand:
        supported = "none" if recommended == 1 else NUMBERS[recommended].lower()
        return f"How many segments? The evidence supports {supported}; by hand they are {len(fit.segments)}"
    if k == recommended == 1:
        return "How many segments? None: no split of these customers holds"
    if k == recommended:
        return f"How many segments? {NUMBERS[k]} has the best support"
    if recommended == 1:
        return f"How many segments? The evidence supports none; these are {NUMBERS[k].lower()}, as asked for"
    supported = f"The evidence supports {NUMBERS[recommended].lower()}"
    return f"How many segments? {supported}; these are {NUMBERS[k].lower()}, as asked for"


def elbow_words(fit: Fit) -> str:
    """Where the WCSS curve bends."""
    return "no clear elbow" if fit.evidence.elbow is None else f"bends at {fit.evidence.elbow}"


def sizes_title(fit: Fit) -> str:
    """Which segment is the largest."""
    if len(fit.segments) == 1:
        return "Customers per segment"
    largest = max(fit.segments, key=lambda s: s.size)
    return f"Customers per segment: {largest.name} {'are' if largest.name.endswith('s') else 'is'} the largest"


def apart_words(fit: Fit, place: int) -> str:
    """Whether a segment stands apart."""
    judged = fit.verdict.segments[place]
    if judged.separated_from_nearest or judged.nearest is None:
        return "apart from all others"
    return f"no gap to {short_name(fit.segments[judged.nearest].name)}"
