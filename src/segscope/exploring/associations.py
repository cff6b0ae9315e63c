"""Associations between all pairs of variables, each by the measure that fits the pair.

Two measures: Spearman's rank correlation. Two categories: Cramer's V with bias correction (Bergsma 2013). A measure
and a category: the correlation ratio, eta. From all customers up to 20,000, above from a sample of that size drawn by a
hash of the customer, so that it never changes between runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import ibis
import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from segscope.engine import Engine
from segscope.exploring.counts import bin_column
from segscope.exploring.variables import Variable, numeric

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Measure = Literal["Spearman", "Cramér's V", "correlation ratio"]
SAMPLE_CUSTOMERS = 20_000
FEWEST_CUSTOMERS = 5


@dataclass(frozen=True)
class Associations:
    """All pairs of variables.

    Attributes
    ----------
    columns, labels : the variables, ordered so that what belongs together stands together
    values : square; Spearman from -1 to 1, the other two from 0 to 1; NaN where it cannot be told
    measures : which measure each value is
    customers : how many customers it was computed from
    """

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    values: Array
    measures: tuple[tuple[Measure, ...], ...]
    customers: int


def associate(engine: Engine, sample: ibis.Table, variables: Sequence[Variable]) -> Associations:
    """Compute the association of every pair of variables among the customers of a (sampled) table with bin columns."""
    wanted = {}
    for i, variable in enumerate(variables):
        wanted[f"v{i}"] = sample[bin_column(i)] if variable.kind == "category" else numeric(sample, variable)
    rows = engine.fetch(sample.select(**wanted).limit(SAMPLE_CUSTOMERS))
    arrays = [rows[f"v{i}"].to_numpy().astype(float) for i in range(len(variables))]
    for i, variable in enumerate(variables):
        if variable.kind == "category":
            arrays[i] = np.where(arrays[i] >= variable.slots, np.nan, arrays[i])
    values, measures = association_matrix(arrays, [v.kind == "category" for v in variables])
    order = block_order(values)
    return Associations(
        tuple(variables[i].column for i in order),
        tuple(variables[i].label for i in order),
        values[np.ix_(order, order)],
        tuple(tuple(measures[i][j] for j in order) for i in order),
        rows.num_rows,
    )


def strongest(found: Associations, most: int) -> Associations:
    """At most so many of the variables, those that go most with any other, in the same order."""
    if len(found.columns) <= most:
        return found
    others = np.abs(np.nan_to_num(found.values))
    np.fill_diagonal(others, 0.0)
    kept = sorted(np.argsort(-others.max(axis=1), kind="stable")[:most].tolist())
    return Associations(
        tuple(found.columns[i] for i in kept),
        tuple(found.labels[i] for i in kept),
        found.values[np.ix_(kept, kept)],
        tuple(tuple(found.measures[i][j] for j in kept) for i in kept),
        found.customers,
    )


def association_matrix(arrays: Sequence[Array], is_category: Sequence[bool]) -> tuple[Array, list[list[Measure]]]:
    """The association of every pair. Arrays of shape (n,), NaN for blank; categories as codes 0, 1, 2 ..."""
    size = len(arrays)
    values = np.full((size, size), np.nan)
    measures: list[list[Measure]] = [["Spearman"] * size for _ in range(size)]
    numbers = [i for i in range(size) if not is_category[i]]
    if numbers:
        values[np.ix_(numbers, numbers)] = spearman([arrays[i] for i in numbers])
    for i in range(size):
        for j in range(i, size):
            if not (is_category[i] or is_category[j]):
                continue
            if is_category[i] and is_category[j]:
                values[i, j], measures[i][j] = cramers_v(arrays[i], arrays[j]), "Cramér's V"
            else:
                groups, numbers_ = (i, j) if is_category[i] else (j, i)
                values[i, j], measures[i][j] = correlation_ratio(arrays[groups], arrays[numbers_]), "correlation ratio"
            values[j, i], measures[j][i] = values[i, j], measures[i][j]
    return values, measures


def spearman(arrays: Sequence[Array]) -> Array:
    """Spearman's rank correlation of every pair, on the customers who have both values.

    >>> spearman([np.array([1.0, 2, 3, 4, 5]), np.array([1.0, 4, 9, 16, 99])])[0, 1].round(6)
    np.float64(1.0)
    """
    size = len(arrays)
    result = np.full((size, size), np.nan)
    values = np.array(arrays)
    known = ~np.isnan(values)
    complete = [i for i in range(size) if known[i].all()]
    # Each column is sorted once; the ranks among some of the customers follow from its codes.
    codes = [np.unique(each, return_inverse=True)[1] for each in values]
    if complete and values.shape[1] >= FEWEST_CUSTOMERS:
        result[np.ix_(complete, complete)] = _pearson(np.array([_ranks(codes[i]) for i in complete]))
    for i in range(size):
        if i in complete:
            continue
        # Among the customers who have this one, all complete columns are ranked at once.
        result[i, [i, *complete]] = _with_first([codes[j][known[i]] for j in (i, *complete)])
        result[complete, i] = result[i, complete]
        for j in range(i + 1, size):
            if j not in complete:
                both = known[i] & known[j]
                result[i, j] = result[j, i] = _with_first([codes[i][both], codes[j][both]])[1]
    return result


def _ranks(codes: Codes) -> Array:
    """Ranks from 1, equal values sharing the mean of theirs, of values told as codes in the values' order.

    >>> _ranks(np.array([2, 0, 2, 5]))
    array([2.5, 1. , 2.5, 4. ])
    """
    counts = np.bincount(codes)
    return (np.cumsum(counts) - (counts - 1) / 2)[codes]


def _with_first(codes: Sequence[Codes]) -> Array:
    """Spearman's correlation of the first row with each row, shape (rows,), NaN among too few customers."""
    if len(codes[0]) < FEWEST_CUSTOMERS:
        return np.full(len(codes), np.nan)
    ranks = np.array([_ranks(each) for each in codes])
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    norms = np.sqrt((centred**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.clip(np.einsum("ik,k->i", centred, centred[0]) / (norms * norms[0]), -1.0, 1.0))


def _pearson(values: Array) -> Array:
    centred = values - values.mean(axis=1, keepdims=True)
    norms = np.sqrt((centred**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = centred / norms[:, None]
    return np.asarray(np.clip(np.einsum("ik,jk->ij", scaled, scaled), -1.0, 1.0))


def cramers_v(first: Array, second: Array) -> float:
    """Cramer's V with bias correction (Bergsma, 2013); 0 to 1, NaN where a variable does not vary.

    >>> codes = np.array([0.0, 0, 1, 1] * 50)
    >>> round(cramers_v(codes, codes), 3), round(cramers_v(codes, np.array([0.0, 1] * 100)), 3)
    (1.0, 0.0)
    """
    both = ~(np.isnan(first) | np.isnan(second))
    n = int(both.sum())
    if n < FEWEST_CUSTOMERS:
        return float("nan")
    a, b = (x[both].astype(np.int64) for x in (first, second))
    table = np.bincount(a * (b.max() + 1) + b, minlength=(a.max() + 1) * (b.max() + 1)).reshape(
        a.max() + 1, b.max() + 1
    )
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0].astype(float)
    rows, cols = table.shape
    if min(rows, cols) < 2:
        return float("nan")
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / n
    phi2 = float(((table - expected) ** 2 / expected).sum()) / n
    phi2 = max(0.0, phi2 - (rows - 1) * (cols - 1) / (n - 1))
    rows_, cols_ = rows - (rows - 1) ** 2 / (n - 1), cols - (cols - 1) ** 2 / (n - 1)
    return float(np.sqrt(phi2 / max(1e-12, min(rows_ - 1, cols_ - 1)))) if phi2 > 0 else 0.0


def correlation_ratio(groups: Array, numbers: Array) -> float:
    """Eta: the square root of the share of a number's variance that lies between groups; 0 to 1.

    >>> correlation_ratio(np.array([0.0, 0, 0, 1, 1, 1]), np.array([1.0, 1, 1, 5, 5, 5]))
    1.0
    """
    both = ~(np.isnan(groups) | np.isnan(numbers))
    if both.sum() < FEWEST_CUSTOMERS:
        return float("nan")
    codes, x = groups[both].astype(np.int64), numbers[both]
    counts = np.bincount(codes).astype(float)
    off = x - x.mean()
    sums = np.bincount(codes, weights=off)
    total = float((off**2).sum())
    if total == 0 or (counts > 0).sum() < 2:
        return float("nan")
    between = float((sums[counts > 0] ** 2 / counts[counts > 0]).sum())
    return float(np.sqrt(min(1.0, between / total)))


def block_order(values: Array) -> list[int]:
    """An order in which strongly associated variables stand together (average linkage on 1 - |association|)."""
    size = len(values)
    if size < 3:
        return list(range(size))
    distance = 1 - np.abs(np.nan_to_num(values, nan=0.0))
    distance = (distance + distance.T) / 2
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance, checks=False), method="average", optimal_ordering=size <= 60)
    return [int(i) for i in leaves_list(tree)]
