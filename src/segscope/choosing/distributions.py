"""How the numbers of a column are spread, as far as it matters for clustering on them."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import numpy.typing as npt

from segscope.engine import Engine
from segscope.features import as_number
from segscope.preparation.measures import FAR_OUT_FENCE, LOG_ABOVE_SKEWNESS

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Distribution:
    """How the numbers of a column are spread among sampled customers.

    Attributes
    ----------
    skewness : between the first and the last percentile, so that one absurd value does not decide
    skewness_of_log : the same of log(1 + x); None where a value below 0 forbids a log
    commonest : share of the known values that are the most frequent one, 0 to 1
    far_out : share of the known values beyond Tukey's far-out fences, on the scale that clustering would see
    """

    skewness: float
    skewness_of_log: float | None
    commonest: float
    far_out: float

    @property
    def calls_for_log(self) -> bool:
        """Whether clustering takes the logarithm unless it is told not to."""
        return self.skewness_of_log is not None and self.skewness > LOG_ABOVE_SKEWNESS


def describe(values: Array) -> Distribution:
    """The distribution of numbers, shape (n,), NaN for blank.

    >>> found = describe(np.array([0.0, 1, 1, 1, 2, 2, 3, 5, 9, 40, 200, 999]))
    >>> found.calls_for_log, found.commonest
    (True, 0.25)
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return Distribution(0.0, None, 1.0, 0.0)
    low, quarter, three_quarters, high = np.quantile(known, [0.01, 0.25, 0.75, 0.99])
    inner = known[(known >= low) & (known <= high)]
    plain = _skewness(inner)
    logged = _skewness(np.log1p(inner)) if low >= 0 else None
    seen, ends = known, np.array([quarter, three_quarters])
    if logged is not None and plain > LOG_ABOVE_SKEWNESS:
        seen, ends = np.log1p(np.maximum(known, 0.0)), np.log1p(ends)
    reach = FAR_OUT_FENCE * (ends[1] - ends[0])
    beyond = (seen < ends[0] - reach) | (seen > ends[1] + reach) if reach > 0 else np.zeros(0)
    counts = np.unique(known, return_counts=True)[1]
    return Distribution(plain, logged, float(counts.max() / len(known)), float(beyond.sum() / len(known)))


def _skewness(values: Array) -> float:
    off = values - values.mean()
    spread = float((off**2).mean())
    return float((off**3).mean()) / spread**1.5 if spread > 0 else 0.0


def describe_columns(engine: Engine, sample: ibis.Table, columns: Sequence[str]) -> dict[str, Distribution]:
    """The distributions of columns of numbers among the customers of a (sampled) table."""
    if not columns:
        return {}
    rows = engine.fetch(sample.select(**{f"x{i}": as_number(sample[c]) for i, c in enumerate(columns)}))
    return {c: describe(rows[f"x{i}"].to_numpy().astype(float)) for i, c in enumerate(columns)}
