"""The columns that a customer made from a log has: their names, in their order."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from segscope.intake.facts import ROW
from segscope.recipe import TransactionLog

SLUG_LETTERS = 40
OTHER = "other"


@dataclass(frozen=True)
class CustomerNames:
    """Names of the customer's columns. The last of ``products`` and of ``channels`` is for all values left over."""

    customer: str
    first_purchase: str
    last_purchase: str
    recency_days: str
    purchases: str
    total_spend: str
    average_order: str
    tenure_days: str
    typical_gap_days: str
    units: str
    r_score: str
    f_score: str
    m_score: str
    rfm_group: str
    products: tuple[str, ...]
    channels: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Every name, whether the customers have that column or not."""
        single = (value for value in self.__dict__.values() if isinstance(value, str))
        return (*single, *self.products, *self.channels)


def names_of(log: TransactionLog) -> CustomerNames:
    """Name the columns of the customers of a log. The customer's column keeps its name; others give way to it.

    >>> names_of(TransactionLog("id", "date", "amount", product="kind", products=("Wine", "wine!"))).products
    ('spend_wine', 'spend_wine_2', 'spend_other')
    >>> names_of(TransactionLog("purchases", "date", "amount")).purchases
    'purchases_2'
    """
    single = [name for name in CustomerNames.__dataclass_fields__ if name not in ("customer", "products", "channels")]
    products = [f"spend_{slug(value)}" for value in log.products] + [f"spend_{OTHER}"] if log.product else []
    channels = [f"purchases_{slug(value)}" for value in log.channels] + [f"purchases_{OTHER}"] if log.channel else []
    free = numbered([*single, *products, *channels], (ROW, log.customer))
    last, last_product = len(single), len(single) + len(products)
    return CustomerNames(
        customer=log.customer,
        **dict(zip(single, free[:last], strict=True)),
        products=free[last:last_product],
        channels=free[last_product:],
    )


def restated(log: TransactionLog, features: Collection[str]) -> frozenset[str]:
    """Columns of a log's customers that are parts of features, or say again what features say.

    >>> log = TransactionLog("id", "date", "amount", product="kind", products=("Wine",))
    >>> sorted(restated(log, ("total_spend",)))
    ['average_order', 'm_score', 'spend_other', 'spend_wine']
    """
    names = names_of(log)
    said = {
        names.recency_days: (names.last_purchase, names.r_score, names.rfm_group),
        names.purchases: (*names.channels, names.average_order, names.f_score, names.rfm_group),
        names.total_spend: (*names.products, names.average_order, names.m_score),
        names.tenure_days: (names.first_purchase,),
    }
    return frozenset(column for feature in features for column in said.get(feature, ())) - frozenset(features)


def slug(text: str) -> str:
    """A value as part of a column's name: its letters and digits, at most 40.

    >>> slug("Sweets & Gold"), slug("'; DROP TABLE x"), slug("Übergröße"), slug("🍷")
    ('sweets_gold', 'drop_table_x', 'übergrösse', 'value')
    """
    return "_".join(re.findall(r"[^\W_]+", text.casefold()))[:SLUG_LETTERS].strip("_") or "value"


def numbered(names: Iterable[str], taken: Iterable[str]) -> tuple[str, ...]:
    """The names, each with a number appended where it is taken; engines do not tell capitals from small letters.

    >>> numbered(["a", "A", "b"], ["B"])
    ('a', 'A_2', 'b_2')
    """
    known = {name.casefold() for name in taken}
    found: list[str] = []
    for name in names:
        free, number = name, 2
        while free.casefold() in known:
            free, number = f"{name}_{number}", number + 1
        known.add(free.casefold())
        found.append(free)
    return tuple(found)
