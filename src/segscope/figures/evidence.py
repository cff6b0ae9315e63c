"""The panel of the evidence: every criterion over the number of segments, small, and what each says in words."""

from collections.abc import Sequence

import plotly.graph_objects as go

from segscope.clustering import Criteria, Evidence
from segscope.clustering.choice import SMALLEST_SHARE
from segscope.clustering.separation import VALLEY_DEEP
from segscope.clustering.stability import JACCARD_STABLE, STRENGTH_ENOUGH
from segscope.figures.clustering import (
    Measure,
    band,
    beside,
    dot,
    finding,
    k_axis,
    line,
    rows_of,
    silhouette_error,
    threshold_line,
    two_digits,
)
from segscope.study import Fit
from segscope.theme import Scheme, figure, palette
from segscope.wording import counted, full, listed, percent, short

HEIGHT = 152
ROOM = {"l": 4, "r": 8, "t": 20, "b": 4}
FROM_ZERO = ("prediction", "stability", "separation", "smallest", "wcss")

PANEL = (
    Measure("wcss", "Spread within (WCSS)", lambda c: c.wcss, lambda c: c.wcss_error, None, short),
    Measure("gap", "Gap statistic", lambda c: c.gap, lambda c: c.gap_error, None, two_digits),
    Measure("silhouette", "Silhouette, Euclidean", lambda c: c.silhouette, silhouette_error, None, two_digits),
    Measure(
        "squared",
        "Silhouette, squared",
        lambda c: c.squared_silhouette,
        lambda c: c.squared_silhouette_error,
        None,
        two_digits,
    ),
    Measure(
        "prediction",
        "Prediction strength",
        lambda c: c.prediction_strength,
        lambda c: c.prediction_strength_error,
        STRENGTH_ENOUGH,
        two_digits,
    ),
    Measure(
        "stability", "Stability (Jaccard)", lambda c: c.jaccard, lambda c: c.jaccard_error, JACCARD_STABLE, two_digits
    ),
    Measure("separation", "Between segments", lambda c: c.separation, lambda c: None, VALLEY_DEEP, percent),
    Measure(
        "smallest",
        "Smallest segment",
        lambda c: c.smallest_share if c.k > 1 else None,
        lambda c: None,
        SMALLEST_SHARE,
        percent,
    ),
    Measure("bic", "BIC of the mixture", lambda c: c.bic, lambda c: None, None, short),
)


def shown_measures(evidence: Evidence) -> tuple[Measure, ...]:
    """The criteria that were measured for some number of segments, or will be with the full evidence."""
    mixture = evidence.method == "mixture"
    return tuple(m for m in PANEL if m.key != "bic" or mixture)


def panel_rows(fit: Fit) -> tuple[Criteria, ...]:
    """The criteria by number of segments, the fitted number among them."""
    return rows_of(fit)


def panel_figure(fit: Fit, measure: Measure, scheme: Scheme) -> go.Figure:
    """One criterion over the number of segments: the current one in blue, its threshold dashed, its own pick ringed."""
    criteria, chosen, look = panel_rows(fit), fit.found, palette(scheme)
    known = [(c, v, measure.error(c) or 0.0) for c in criteria if (v := measure.value(c)) is not None]
    ks, values = [c.k for c, _, _ in known], [round(v, 4) for _, v, _ in known]
    traces, notes, shapes = [], [], [band(chosen, look)]
    if measure.threshold is not None:
        shapes.append(threshold_line(measure.threshold, look))
    if measure.key == "stability" and (dots := _segment_dots(criteria, look.faint)):
        traces.append(dots)
    if known:
        hover = "k = %{x}: %{text}<extra></extra>"
        texts = [_with_error(measure, v, e) for _, v, e in known]
        traces.append({**line(ks, values, look, "", [e for *_, e in known]), "hovertemplate": hover, "text": texts})
    ring = own_pick(fit.evidence, measure)
    if ring in ks and ring != chosen:
        at = values[ks.index(ring)]
        traces.append(dot(ring, at, {"color": look.card, "size": 9, "line": {"color": look.text, "width": 1.6}}))
    if chosen in ks:
        mine = values[ks.index(chosen)]
        traces.append(dot(chosen, mine, {"color": look.accent, "size": 9}))
        said = {"x": chosen, "y": mine, "text": f"<b>{measure.written(mine)}</b>", "showarrow": False}
        notes.append({**said, "font": {"color": look.accent, "size": 12}, **beside(ks, values, chosen)})
    low, high = _reach(measure, values)
    made = figure(
        scheme,
        HEIGHT,
        margin=ROOM,
        showlegend=False,
        shapes=shapes,
        annotations=notes,
        xaxis={**k_axis([c.k for c in criteria]), "tickvals": [c.k for c in criteria if c.k == 1 or c.k % 2 == 0]},
        yaxis={"visible": False, "range": [low - 0.08 * (high - low), high + 0.16 * (high - low)]},
    )
    return made.add_traces(traces)


def _segment_dots(criteria: Sequence[Criteria], colour: str) -> dict[str, object] | None:
    """A dot for the stability of each segment of each number of segments."""
    points = [(c.k, round(value, 3)) for c in criteria for value in c.jaccards]
    if not points:
        return None
    return {
        "type": "scatter", "x": [k for k, _ in points], "y": [y for _, y in points], "mode": "markers",
        "name": "each segment", "marker": {"color": colour, "size": 4, "opacity": 0.55},
        "hovertemplate": "k = %{x}: a segment with %{y:.2f}<extra></extra>",
    }  # fmt: skip


def _with_error(measure: Measure, value: float, error: float) -> str:
    written = full(value) if measure.key in ("wcss", "bic") else measure.written(value)
    return f"{written} ± {full(error) if measure.key == 'wcss' else f'{error:.3f}'}" if error else written


def _reach(measure: Measure, values: Sequence[float]) -> tuple[float, float]:
    """Both ends of the axis: from 0 where that means something."""
    if not values:
        return 0.0, 1.0
    ends = [*values, *([measure.threshold] if measure.threshold is not None else [])]
    if measure.key in FROM_ZERO or measure.key in ("silhouette", "squared"):
        ends = [*ends, 0.0]
    low, high = min(ends), max(ends)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def own_pick(evidence: Evidence, measure: Measure) -> int | None:
    """The number that a criterion would choose by a rule of its own: the elbow of WCSS, the gap's first maximum."""
    return {"wcss": evidence.elbow, "gap": evidence.gap_choice}.get(measure.key)


def panel_words(fit: Fit, measure: Measure) -> str:
    """What a criterion says, in a few words."""
    evidence, rows = fit.evidence, panel_rows(fit)
    known = [(c.k, v) for c in rows if (v := measure.value(c)) is not None]
    if measure.key == "wcss":
        return f"bends at {evidence.elbow}" if evidence.elbow else "no clear elbow"
    if not known:
        return "not measured" if evidence.complete else "comes with the full evidence"
    if measure.key == "gap":
        chosen = evidence.gap_choice
        return f"its own rule says {chosen}" if chosen else "its own rule finds no number"
    if measure.key == "separation":
        held = [str(k) for k, v in known if v <= VALLEY_DEEP]
        return f"empty enough at {listed(held)}" if held else f"never down to {percent(VALLEY_DEEP)}"
    if measure.key == "bic":
        return f"lowest at {min(known, key=lambda row: row[1])[0]}"
    return finding(rows, measure, fit.found)


def resamples_words(evidence: Evidence) -> str:
    """With how many resamples stability was measured: "100 resamples", or "10 to 30 resamples".

    >>> resamples_words(Evidence((Criteria(2, 1.0, resamples=10), Criteria(3, 1.0, resamples=30)), None, 2, "", 9, 9))
    '10 to 30 resamples'
    """
    numbers = sorted({c.resamples for c in evidence.criteria if c.resamples})
    if not numbers:
        return "no resamples"
    return counted(numbers[0], "resample") if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]} resamples"


def sample_words(evidence: Evidence) -> str:
    """On how many customers the criteria were computed, and what their errors mean then."""
    if evidence.sample >= evidence.customers:
        return (
            f"Computed on all {evidence.customers:,} customers. Thin lines: standard errors of what is resampled "
            "or drawn at random."
        )
    return (
        f"Computed on {evidence.sample:,} weighted customers, drawn to stand for all {evidence.customers:,}. Thin "
        "lines: standard errors, by which another draw would differ. The segments themselves were counted on "
        "everybody."
    )


def numbers_table(fit: Fit) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """All criteria as a table, with their errors: its head, and a row for each number of segments."""
    measures = shown_measures(fit.evidence)
    head = ("k", *(m.title for m in measures), "Resamples", "All apart")
    rows = []
    for c in panel_rows(fit):
        cells = ["–" if (v := m.value(c)) is None else _with_error(m, v, m.error(c) or 0.0) for m in measures]
        apart = "–" if c.k == 1 else "yes" if c.separated else "no"
        rows.append((str(c.k), *cells, str(c.resamples) if c.resamples else "–", apart))
    return head, rows
