"""How one block of synthetic customers is drawn.

A customer is a vector of correlated normal numbers (a Gaussian copula), read off the quantiles and shares of the
customer's kind: low, frequent or high spender. Each kind has correlations of its own: among all customers purchases
rise with spend, among the high spenders much less, and one copula for all would make them buy far too often. The
statistics are in `statistics.py`; no row of the published file is anywhere.

Customers come in pages of 2,240, the size of the published file, so that what is rare there (one income of 666,666,
three birth years around 1900) is exactly as rare here, also in a small sample. A block is 29 pages, drawn as a whole
from a random stream of its own: customer i depends on the seed and on i, never on how many customers were asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from segscope.samples import statistics

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

PAGE_CUSTOMERS = 2_240
BLOCK_PAGES = 29
BLOCK_CUSTOMERS = PAGE_CUSTOMERS * BLOCK_PAGES

TWINS_PER_PAGE = 182  # customers who differ from another one in nothing but the ID
BLANK = -1  # stands for a missing value while a column is still an array of integers

# The last three marital statuses are given out by the oddities, the others by the copula.
EDUCATIONS = statistics.EDUCATIONS
MARITAL_STATUSES = (*statistics.MARITAL_STATUSES, "Alone", "Absurd", "YOLO")


@dataclass(frozen=True)
class Oddity:
    """A strange record: how many there are on a page, and the lowest and highest value of the columns it overwrites."""

    name: str
    per_page: int
    ranges: Mapping[str, tuple[int, int]]
    step: int = 1  # values are low, low + step, ... up to high


def _marital(status: str) -> Mapping[str, tuple[int, int]]:
    code = MARITAL_STATUSES.index(status)
    return {"Marital_Status": (code, code)}


_HARDLY_ANYTHING = {
    "MntWines": (1, 40),
    "MntFruits": (0, 5),
    "MntMeatProducts": (1, 12),
    "MntFishProducts": (0, 3),
    "MntSweetProducts": (0, 2),
    "MntGoldProds": (1, 9),
    "NumDealsPurchases": (0, 0),
    "NumWebPurchases": (0, 1),
    "NumCatalogPurchases": (0, 0),
    "NumStorePurchases": (0, 0),
}
_ONE_PILE = {name: (0, 20) for name in _HARDLY_ANYTHING if name.startswith("Mnt")}

ODDITIES = (
    Oddity("income unknown", 23, {"Income": (BLANK, BLANK)}),
    Oddity("income mistyped", 1, {"Income": (555_555, 999_999)}, step=111_111),
    Oddity("born before 1901", 3, {"Year_Birth": (1893, 1900)}),
    Oddity("alone", 3, _marital("Alone")),
    Oddity("absurd", 2, _marital("Absurd")),
    Oddity("you only live once", 2, _marital("YOLO")),
    Oddity("looks but hardly buys", 9, {**_HARDLY_ANYTHING, "Income": (1_730, 8_030), "NumWebVisitsMonth": (13, 20)}),
    Oddity("rich but absent", 4, {**_HARDLY_ANYTHING, "Income": (153_000, 162_500), "NumWebVisitsMonth": (0, 1)}),
    Oddity(
        "meat in bulk, by catalogue",
        4,
        {
            **_ONE_PILE,
            "MntMeatProducts": (1_580, 1_725),
            "Income": (156_000, 161_000),
            "NumDealsPurchases": (0, 15),
            "NumWebPurchases": (0, 0),
            "NumCatalogPurchases": (22, 28),
            "NumStorePurchases": (0, 1),
            "NumWebVisitsMonth": (0, 1),
        },
    ),
    Oddity(
        "gold in bulk, on the web",
        4,
        {
            **_ONE_PILE,
            "MntGoldProds": (262, 362),
            "Income": (4_400, 7_200),
            "NumDealsPurchases": (0, 0),
            "NumWebPurchases": (23, 27),
            "NumCatalogPurchases": (0, 1),
            "NumStorePurchases": (0, 1),
            "NumWebVisitsMonth": (0, 1),
        },
    ),
    Oddity(
        "everything in one order",
        1,
        {
            **_ONE_PILE,
            "MntMeatProducts": (1_580, 1_725),
            "Income": (BLANK, BLANK),
            "NumDealsPurchases": (0, 0),
            "NumWebPurchases": (0, 0),
            "NumCatalogPurchases": (0, 0),
            "NumStorePurchases": (1, 1),
            "NumWebVisitsMonth": (0, 0),
        },
    ),
)


@dataclass(frozen=True, eq=False)
class Statistics:
    """What the copula needs to know about the published file; `published()` is the one that the product ships.

    customers: how many of a page's distinct customers are of each kind.
    quantiles: column -> array (kinds, levels), in the column's unit.
    shares: column -> array (kinds, values), rows adding to 1; value v is the code or the count v.
    correlations: array (kinds, columns, columns) between the normal numbers, columns in the order of `columns`.
    """

    customers: tuple[int, ...]
    levels: Floats
    quantiles: Mapping[str, Floats]
    shares: Mapping[str, Floats]
    correlations: Floats
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", (*self.quantiles, *self.shares))


@cache
def published() -> Statistics:
    """The kept statistics as arrays."""
    return Statistics(
        customers=statistics.CUSTOMERS_PER_PAGE,
        levels=np.array(statistics.LEVELS_PERCENT) / 100,
        quantiles={name: np.array(rows, dtype=np.float64) for name, rows in statistics.QUANTILES.items()},
        shares={name: _shares(rows) for name, rows in statistics.SHARES_PER_MILLE.items()},
        correlations=np.array([_symmetric(rows) for rows in statistics.CORRELATION_PERCENT.values()]) / 100,
    )


def _symmetric(lower_rows: tuple[tuple[int, ...], ...]) -> Floats:
    """The lower half, each row one longer than the one before -> array (columns, columns)."""
    lower = np.zeros((len(lower_rows),) * 2)
    lower[np.tril_indices(len(lower_rows))] = [value for row in lower_rows for value in row]
    symmetric: Floats = lower + np.tril(lower, -1).T
    return symmetric


def _shares(rows: tuple[tuple[int, ...], ...]) -> Floats:
    """Per-mille rows of unequal length -> array (kinds, values) of shares, short rows ending in zeros."""
    shares = np.zeros((len(rows), max(map(len, rows))))
    for kind, per_mille in enumerate(rows):
        shares[kind, : len(per_mille)] = per_mille
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def random_stream(seed: int, block: int, stream: int) -> np.random.Generator:
    """The random numbers of one block: any block can be drawn without those before it.

    >>> float(random_stream(0, 7, 0).random()) == float(random_stream(0, 7, 0).random())
    True
    """
    counter = np.array([0, 0, block, stream], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=seed, counter=counter))


def customer_ids(block: int) -> Ints:
    """IDs of a block's customers, shape (64,960,): unique over all blocks, below 2^30, in no visible order.

    Multiplying by an odd number and folding the high bits down are both reversible, so no two customers share an ID.

    >>> len(np.unique(np.concatenate([customer_ids(0), customer_ids(1)]))) == 2 * BLOCK_CUSTOMERS
    True
    """
    mask = (1 << 30) - 1
    ids = (np.arange(BLOCK_CUSTOMERS, dtype=np.int64) + block * BLOCK_CUSTOMERS + 0x9E3779) & mask
    for factor in (0x2C1B3C6D, 0x297A2D39):
        ids = (ids * (factor & mask)) & mask
        ids ^= ids >> 15
    return ids


def block_columns(seed: int, block: int, kept: Statistics | None = None) -> dict[str, Ints]:
    """Every drawn column of one block of customers, without ID and constants.

    Returns column -> integers of shape (64,960,): categories as codes, the enrolment as days since the first one,
    money in the file's own unit, `BLANK` where the value is missing.

    >>> columns = block_columns(seed=0, block=0)
    >>> int((columns["Income"] == BLANK).sum()) // BLOCK_PAGES
    24
    """
    kept = kept or published()
    random = random_stream(seed, block, stream=0)
    drawn = draw_ordinary(random, kept)
    _make_odd(drawn, random, kept.customers)
    rows = _shuffled_rows(random, kept.customers)
    return {name: values[rows] for name, values in drawn.items()}


def draw_ordinary(random: np.random.Generator, kept: Statistics) -> dict[str, Ints]:
    """The distinct customers of one block, before anything odd happens to them, one kind after the other."""
    drawn = {name: np.empty(sum(kept.customers) * BLOCK_PAGES, dtype=np.int64) for name in kept.columns}
    end = 0
    for kind, per_page in enumerate(kept.customers):
        start, end = end, end + per_page * BLOCK_PAGES
        independent = random.standard_normal((len(kept.columns), end - start))
        normals = np.linalg.cholesky(kept.correlations[kind]) @ independent
        for name, normal in zip(kept.columns, normals, strict=True):
            drawn[name][start:end] = _decode(normal, name, kind, kept)
    return drawn


def _decode(normal: Floats, name: str, kind: int, kept: Statistics) -> Floats | Ints:
    """Turn normal numbers into the values of a column that lie at the same place of the kind's distribution."""
    if name in kept.quantiles:
        values: Floats = np.rint(np.interp(ndtr(normal), kept.levels, kept.quantiles[name][kind]))
        return values
    # Each value reaches up to a threshold; the last value has none, and so reaches up to infinity.
    thresholds = ndtri(np.cumsum(kept.shares[name][kind])[:-1].clip(0, 1))
    return np.searchsorted(thresholds, normal)


@cache
def _page_ranks(distinct: int) -> Ints:
    """A fixed order of a page's distinct customers in which every short run is spread over all kinds."""
    step = next(step for step in range(int(distinct * 0.381), distinct) if np.gcd(step, distinct) == 1)
    return (np.arange(distinct) * step) % distinct


@cache
def _block_rows(customers: tuple[int, ...]) -> Ints:
    """Where a page's r-th customer lies in the block, shape (pages, 2,240); the last 182 are twins of others."""
    pages = np.arange(BLOCK_PAGES)[:, None]
    starts = np.cumsum((0, *customers[:-1])) * BLOCK_PAGES
    rows = np.concatenate([s + pages * n + np.arange(n) for s, n in zip(starts, customers, strict=True)], axis=1)
    odd = sum(oddity.per_page for oddity in ODDITIES)
    # Twins are of ordinary customers, so that the number of oddities on a page is exact.
    twins = rows[:, _page_ranks(rows.shape[1])[odd : odd + TWINS_PER_PAGE]]
    return np.concatenate([rows, twins], axis=1)


def _make_odd(drawn: dict[str, Ints], random: np.random.Generator, customers: tuple[int, ...]) -> None:
    """Overwrite what is odd, in place: the arrays were made for this block a moment ago."""
    page_ranks, taken = _page_ranks(sum(customers)), 0
    for oddity in ODDITIES:
        rows = _block_rows(customers)[:, page_ranks[taken : taken + oddity.per_page]].ravel()
        taken += oddity.per_page
        for name, (low, high) in oddity.ranges.items():
            steps = (high - low) // oddity.step
            drawn[name][rows] = low + oddity.step * (random.random(len(rows)) * (steps + 1)).astype(np.int64)


def _shuffled_rows(random: np.random.Generator, customers: tuple[int, ...]) -> Ints:
    """Which drawn row each customer of the block is, shape (64,960,): every page in an order of its own."""
    order = np.argsort(random.random((BLOCK_PAGES, PAGE_CUSTOMERS)), axis=1, kind="stable")
    rows = np.empty_like(order)
    np.put_along_axis(rows, order, _block_rows(customers), axis=1)
    return rows.ravel()
