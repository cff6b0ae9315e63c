"""The orders of the synthetic customers: how often, when, how much, what and where.

Repeat orders follow the BG/NBD model (Fader, Hardie & Lee 2005, "Counting your customers" the easy way): each customer
orders at random moments with a rate of their own, and after each repeat order may leave for good with a probability of
their own. Rate, order value, products and channels lean on the customer's row in the customer table, so the log and the
table tell one story; they do not add up to the same totals, as the log covers another length of time for each customer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from segscope.samples.people import Floats, Ints, random_stream

PRODUCTS = {
    "Wines": "MntWines",
    "Fruits": "MntFruits",
    "Meat": "MntMeatProducts",
    "Fish": "MntFishProducts",
    "Sweets": "MntSweetProducts",
    "Gold": "MntGoldProds",
}
CHANNELS = {"Web": "NumWebPurchases", "Catalog": "NumCatalogPurchases", "Store": "NumStorePurchases"}

LOG_DAYS = 730  # from the first enrolment; the last customer enrols on day 699
MOST_REPEATS = 240  # of one customer: with second orders and returns, fewer than 1,000 rows
RATE_SHAPE = 1.0  # of the gamma distribution of rates around what the customer table suggests
LEAVING = (1.0, 9.0)  # beta distribution of the probability to leave after a repeat order
SECOND_ORDER_SHARE = 0.03  # of orders followed by another one on the same day
RETURN_SHARE = 0.03
RETURN_WITHIN_DAYS = 30
FREE_SHARE = 0.01  # of orders worth 0: samples, vouchers
VALUE_SPREAD = 0.6  # standard deviation of the logarithm of an order's value, within a customer


@dataclass(frozen=True, eq=False)
class Orders:
    """Order rows as arrays of one length, by customer, then by day.

    customer: position in the block. day: since the first enrolment, 0 to 729. amount: money in whole cents, 0 for a
    free order, negative for a return, as is its quantity. product, channel: positions in PRODUCTS and CHANNELS.
    rank: 0, 1, ... within the customer, below 1,000.
    """

    customer: Ints
    rank: Ints
    day: Ints
    amount: Floats
    quantity: Ints
    product: Ints
    channel: Ints


def block_orders(columns: Mapping[str, Ints], seed: int, block: int) -> Orders:
    """Draw the orders of one block's customers, whose columns are as `people.block_columns` returns them."""
    random = random_stream(seed, block, stream=1)
    purchases = _total(columns, CHANNELS.values())
    usual_amount = _total(columns, PRODUCTS.values()) / np.maximum(purchases, 1)
    customer, day = _moments(columns["Dt_Customer"], purchases, random)

    amount = _amounts(usual_amount[customer], random)
    quantity = 1 + random.poisson(np.minimum(amount / 25, 8))
    product = _choice([columns[name] for name in PRODUCTS.values()], customer, random)
    channel = _choice([columns[name] for name in CHANNELS.values()], customer, random)

    # A return is a row of its own, later, with the sign turned; what would come back after the log ends is not in it.
    back_day = day + 1 + random.integers(RETURN_WITHIN_DAYS, size=len(day))
    back = np.flatnonzero((random.random(len(day)) < RETURN_SHARE) & (amount > 0) & (back_day < LOG_DAYS))
    rows = np.concatenate([np.arange(len(day)), back])
    sign = np.where(np.arange(len(rows)) < len(day), 1, -1)
    day = np.concatenate([day, back_day[back]])

    in_order = np.argsort(customer[rows] * 1024 + day, kind="stable")
    rows, sign, day = rows[in_order], sign[in_order], day[in_order]
    return Orders(
        customer=customer[rows],
        rank=_rank(customer[rows]),
        day=day,
        amount=amount[rows] * sign,
        quantity=quantity[rows] * sign,
        product=product[rows],
        channel=channel[rows],
    )


def _total(columns: Mapping[str, Ints], names: Iterable[str]) -> Floats:
    """Row sums of the named columns."""
    total: Floats = np.sum([columns[name] for name in names], axis=0, dtype=np.float64)
    return total


def _moments(enrolled_day: Ints, purchases: Floats, random: np.random.Generator) -> tuple[Ints, Ints]:
    """Customer and day of every order: the first on the day of enrolment, then by BG/NBD until the log ends."""
    count = len(enrolled_day)
    days_observed = LOG_DAYS - enrolled_day
    rate_per_day = (purchases + 0.5) / LOG_DAYS * random.standard_gamma(RATE_SHAPE, count) / RATE_SHAPE
    possible = np.minimum(random.poisson(rate_per_day * days_observed), MOST_REPEATS)
    repeats_until_leaving = random.geometric(random.beta(*LEAVING, count))

    # Given their number, the moments of a Poisson process are uniform. Sorting customer + moment sorts within each
    # customer; the first order has moment 0, and so comes first.
    moments = np.repeat(np.arange(count), possible) + random.random(int(possible.sum()))
    moments = np.sort(np.concatenate([np.arange(count, dtype=np.float64), moments]))
    customer = moments.astype(np.int64)
    day = enrolled_day[customer] + ((moments - customer) * days_observed[customer]).astype(np.int64)
    kept = _rank(customer) <= repeats_until_leaving[customer]
    copies = 1 + (random.random(int(kept.sum())) < SECOND_ORDER_SHARE)
    return np.repeat(customer[kept], copies), np.repeat(day[kept], copies)


def _rank(customer: Ints) -> Ints:
    """0, 1, 2, ... within each run of one customer.

    >>> _rank(np.array([4, 4, 4, 7, 9, 9])).tolist()
    [0, 1, 2, 0, 0, 1]
    """
    positions = np.arange(len(customer))
    starts = np.flatnonzero(np.diff(customer, prepend=-1))
    ranks: Ints = positions - np.repeat(starts, np.diff(starts, append=len(customer)))
    return ranks


def _amounts(usual: Floats, random: np.random.Generator) -> Floats:
    """Order values in whole cents: log-normal around the customer's usual order, a few of them 0."""
    factor = np.exp(VALUE_SPREAD * random.standard_normal(len(usual)) - VALUE_SPREAD**2 / 2)
    cents = np.rint(100 * np.maximum(usual, 1) * factor)
    cents[random.random(len(usual)) < FREE_SHARE] = 0
    amounts: Floats = cents / 100
    return amounts


def _choice(weights: list[Ints], customer: Ints, random: np.random.Generator) -> Ints:
    """For each order one of the codes 0, 1, ..., with its customer's weights; the last code where all weights are 0."""
    upto = np.cumsum(weights, axis=0)[:, customer]
    drawn = random.random(len(customer)) * upto[-1]
    # Counting the bounds that the draw has reached; without any weight it reaches them all.
    code: Ints = np.minimum((drawn >= upto).sum(axis=0), len(weights) - 1)
    return code
