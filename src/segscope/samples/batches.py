"""The synthetic customers and their transaction log as Arrow record batches, a block of customers at a time."""

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from segscope.errors import SourceError
from segscope.samples import statistics
from segscope.samples.orders import CHANNELS, PRODUCTS, block_orders
from segscope.samples.people import (
    BLANK,
    BLOCK_CUSTOMERS,
    EDUCATIONS,
    MARITAL_STATUSES,
    Ints,
    block_columns,
    customer_ids,
)

MOST_CUSTOMERS = 100_000_000
SYNTHETIC_NOTE = (
    "These customers are synthetic: drawn at random to resemble a published customer file, none of them exists."
)

_NOTE = {"segscope.note": SYNTHETIC_NOTE}
_FIRST_DAY = np.datetime64(statistics.FIRST_DAY, "D")
_CONSTANTS = {"Z_CostContact": 3, "Z_Revenue": 11}
_TEXTS = {"Education": EDUCATIONS, "Marital_Status": MARITAL_STATUSES}

# The order of the published file, campaigns 3, 4, 5, 1, 2 included.
CUSTOMER_COLUMNS = (
    *("ID", "Year_Birth", "Education", "Marital_Status", "Income", "Kidhome", "Teenhome", "Dt_Customer", "Recency"),
    *("MntWines", "MntFruits", "MntMeatProducts", "MntFishProducts", "MntSweetProducts", "MntGoldProds"),
    *("NumDealsPurchases", "NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases", "NumWebVisitsMonth"),
    *("AcceptedCmp3", "AcceptedCmp4", "AcceptedCmp5", "AcceptedCmp1", "AcceptedCmp2", "Complain"),
    *("Z_CostContact", "Z_Revenue", "Response"),
)
_CUSTOMER_TYPES = {"Education": pa.string(), "Marital_Status": pa.string(), "Dt_Customer": pa.date32()}
CUSTOMER_SCHEMA = pa.schema([(name, _CUSTOMER_TYPES.get(name, pa.int64())) for name in CUSTOMER_COLUMNS], _NOTE)
TRANSACTION_SCHEMA = pa.schema(
    [
        ("customer_id", pa.int64()),
        ("order_id", pa.int64()),
        ("date", pa.date32()),
        ("amount", pa.float64()),
        ("quantity", pa.int64()),
        ("product", pa.string()),
        ("channel", pa.string()),
    ],
    _NOTE,
)


def customer_batches(customers: int, seed: int = 0) -> Iterator[pa.RecordBatch]:
    """Synthetic customers with the 29 columns of the published "Customer Personality Analysis" file.

    customers: 1 to 100,000,000. seed: 0 to 2^64 - 1. A customer is the same however many are asked for.
    Yields batches of up to 64,960 customers: dates as date32, a missing income as null, everything else as int64 or
    string. Money is in the file's own unit, Recency in days. Memory: one batch.
    Raises SourceError when a number is out of its range.

    >>> [batch.num_rows for batch in customer_batches(100_000)]
    [64960, 35040]
    """
    return _batches(_customer_batch, customers, seed)


def customers(customers: int, seed: int = 0) -> pa.Table:
    """All of `customer_batches` in one table, at about 230 bytes a customer.

    >>> table = customers(2_240)
    >>> table.num_rows, table.num_columns, table["Income"].null_count
    (2240, 29, 24)
    >>> customers(0)
    Traceback (most recent call last):
        ...
    segscope.errors.SourceError: The number of sample customers must be from 1 to 100,000,000. Got 0 instead.
    """
    return pa.Table.from_batches(customer_batches(customers, seed), CUSTOMER_SCHEMA)


def transaction_batches(customers: int, seed: int = 0) -> Iterator[pa.RecordBatch]:
    """A transaction log of the same synthetic customers, over two years from the first enrolment.

    customers, seed: as for `customer_batches`; the IDs are the same too. One row is one order, with a unique order_id;
    a return is a row of its own with a negative amount and quantity. Amounts are in whole cents, some are 0.
    Yields a batch for each 64,960 customers, by customer, then by date. Memory: one batch of about 350,000 rows.
    Raises SourceError when a number is out of its range.

    >>> log = next(transaction_batches(1_000))
    >>> log.schema.names
    ['customer_id', 'order_id', 'date', 'amount', 'quantity', 'product', 'channel']
    """
    return _batches(_transaction_batch, customers, seed)


def _batches(draw: Callable[[int, int, int], pa.RecordBatch], customers: int, seed: int) -> Iterator[pa.RecordBatch]:
    """Check at once, not at the first batch, then draw lazily. `draw` takes seed, block and customers wanted of it."""
    if not 1 <= customers <= MOST_CUSTOMERS:
        limits = f"from 1 to {MOST_CUSTOMERS:,}"
        raise SourceError(f"The number of sample customers must be {limits}. Got {customers:,} instead.")
    if not 0 <= seed < 2**64:
        raise SourceError(f"The seed of the sample customers must be from 0 to 2^64 - 1. Got {seed} instead.")
    starts = range(0, customers, BLOCK_CUSTOMERS)
    return (draw(seed, block, min(customers - start, BLOCK_CUSTOMERS)) for block, start in enumerate(starts))


def _customer_batch(seed: int, block: int, wanted: int) -> pa.RecordBatch:
    columns = block_columns(seed, block)
    columns["ID"] = customer_ids(block)
    columns |= {name: np.full(BLOCK_CUSTOMERS, value) for name, value in _CONSTANTS.items()}
    arrays = [_customer_array(name, columns[name][:wanted]) for name in CUSTOMER_COLUMNS]
    return pa.RecordBatch.from_arrays(arrays, schema=CUSTOMER_SCHEMA)


def _customer_array(name: str, values: Ints) -> pa.Array:
    if name in _TEXTS:
        return _texts(_TEXTS[name], values)
    if name == "Dt_Customer":
        return pa.array(_FIRST_DAY + values)
    return pa.array(values, mask=values == BLANK) if name == "Income" else pa.array(values)


def _transaction_batch(seed: int, block: int, wanted: int) -> pa.RecordBatch:
    orders = block_orders(block_columns(seed, block), seed, block)
    kept = slice(0, int(np.searchsorted(orders.customer, wanted)))
    customer = orders.customer[kept]
    arrays = [
        pa.array(customer_ids(block)[customer]),
        # Up to 1,000 rows a customer, so that an order keeps its number in a larger sample.
        pa.array((block * BLOCK_CUSTOMERS + customer + 1) * 1_000 + orders.rank[kept]),
        pa.array(_FIRST_DAY + orders.day[kept]),
        pa.array(orders.amount[kept]),
        pa.array(orders.quantity[kept]),
        _texts(tuple(PRODUCTS), orders.product[kept]),
        _texts(tuple(CHANNELS), orders.channel[kept]),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=TRANSACTION_SCHEMA)


def _texts(names: tuple[str, ...], codes: Ints) -> pa.Array:
    return pa.array(names).take(pa.array(codes))
