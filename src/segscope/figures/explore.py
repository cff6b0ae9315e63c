"""Heat maps of the Explore tab: associations of all pairs, and two categories against expectation."""

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from segscope.exploring import Associations, Crosstab, Variable
from segscope.theme import Scheme, diverging, figure, plain
from segscope.wording import short

WRITTEN_FROM = 0.3  # weaker associations are coloured, not written: Cohen's (1988) medium correlation
LETTERS = {"Spearman": "rho", "Cramér's V": "V", "correlation ratio": "eta"}  # as few bytes as say it
EXPECTED_BESIDES = 5  # customers

Array = npt.NDArray[np.float64]


def associations(found: Associations, scheme: Scheme) -> go.Figure:
    """All pairs as a heat map: accent for together, warm for against, strong ones written."""
    size = len(found.columns)
    labels = [plain(label) for label in found.labels]
    values = np.round(found.values, 2)
    shown = values.copy()
    np.fill_diagonal(shown, np.nan)
    text = [["" if np.isnan(v) or abs(v) < WRITTEN_FROM or size > 30 else f"{v:.1f}" for v in row] for row in shown]
    # A letter a cell: the names would be most of what the browser has to load.
    letters = [[LETTERS[measure] for measure in row] for row in found.measures]
    made = figure(scheme, max(340, 19 * size + 130))
    made.add_trace(
        go.Heatmap(
            z=[[None if np.isnan(v) else float(v) for v in row] for row in shown],
            x=labels,
            y=labels,
            text=text,
            texttemplate="%{text}",
            textfont={"size": 9},
            customdata=letters,
            hovertemplate="%{y} and %{x}<br>%{customdata} = %{z:.2f}<extra></extra>",
            hoverongaps=False,
            zmin=-1,
            zmax=1,
            colorscale=diverging(scheme),
            showscale=False,
            xgap=1.5,
            ygap=1.5,
        )
    )
    ticks = {"tickmode": "array", "tickvals": labels, "showgrid": False, "tickfont": {"size": 10}}
    made.update_xaxes(tickangle=-90, side="top", **ticks)
    made.update_yaxes(autorange="reversed", **ticks)
    return made


def shades(counts: Array, expected: Array) -> Array:
    """How far counts are from expectation, -2 to 2: the logarithm (base 2) of their ratio, where handfuls stay pale.

    Five customers who behave as expected are added to either side: none where a half was expected says nothing.

    References
    ----------
    DuMouchel, W. (1999). Bayesian data mining in large frequency tables. The American Statistician 53: ratios of counts
    are drawn towards 1 by a gamma prior.

    >>> shades(np.array([0.0, 0.0, 1000.0]), np.array([0.5, 95.0, 500.0])).round(2).tolist()
    [-0.14, -2.0, 0.99]
    """
    ratio = (counts + EXPECTED_BESIDES) / (expected + EXPECTED_BESIDES)
    clipped: Array = np.clip(np.log2(ratio), -2, 2)
    return clipped


def crosstab(found: Crosstab, first: Variable, second: Variable, scheme: Scheme) -> go.Figure:
    """Two categories: how many, shaded by how far from expectation; more than expected in accent, fewer in warm."""
    counts = np.array(found.counts, dtype=float)
    total = counts.sum()
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / max(total, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = np.where(expected > 0, counts / expected, 1.0)
    made = figure(scheme, max(260, 26 * len(found.rows) + 110))
    made.add_trace(
        go.Heatmap(
            z=shades(counts, expected).round(3).tolist(),
            x=[plain(c) for c in found.columns],
            y=[plain(r) for r in found.rows],
            text=[[short(v) for v in row] for row in counts.tolist()],
            texttemplate="%{text}",
            customdata=lift.round(2).tolist(),
            zmin=-2,
            zmax=2,
            colorscale=diverging(scheme),
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="%{y}, %{x}: %{text} customers, %{customdata} of expected<extra></extra>",
        )
    )
    made.update_xaxes(title_text=plain(second.label), showgrid=False)
    made.update_yaxes(title_text=plain(first.label), autorange="reversed", showgrid=False)
    return made
