"""Words in the names of a log's columns, and what part they speak for. General vocabulary, English and German."""

from collections.abc import Set
from functools import cache

from segscope.intake.words import tokens

OWNERS = {
    "customer", "cust", "client", "user", "member", "account", "acct", "subscriber", "cardholder", "buyer", "shopper",
    "guest", "consumer", "patron", "donor", "household", "hh", "loyalty", "card", "email", "mail", "person", "msisdn",
    "kunde", "kunden", "kd", "käufer", "kaeufer", "mitglied", "mitglieds", "karte", "karten", "konto",
}  # fmt: skip
CONTACTS = {"email", "mail", "phone", "mobile", "telephone", "tel", "telefon", "name", "vorname", "nachname"}
OWN_NUMBERS = {"id", "uid", "cid", "uuid", "guid", "key", "identifier"}
NUMBERS = OWN_NUMBERS | {"no", "nr", "number", "num", "nummer", "code", "ref", "hash", "kennung"}
BESIDE_OWNERS = NUMBERS | {"unique", "hashed", "anonymous", "bill", "sold", "to", "address", "name"}

MOMENTS = {
    "date", "datum", "day", "tag", "time", "timestamp", "datetime", "ts", "dt", "at", "created", "zeit", "zeitpunkt",
}  # fmt: skip
ORDERS = {
    "order", "invoice", "transaction", "trans", "txn", "receipt", "basket", "ticket", "bill", "booking", "purchase",
    "checkout", "sale", "bestellung", "bestell", "auftrag", "auftrags", "rechnung", "rechnungs", "beleg", "bon", "kauf",
    "kassenbon",
}  # fmt: skip
OTHER_MOMENTS = {
    "birth", "birthdate", "birthday", "born", "dob", "geburt", "geburts", "join", "joined", "signup", "registered",
    "registration", "since", "shipped", "ship", "shipping", "delivery", "delivered", "due", "updated", "modified",
    "returned", "refund", "expiry", "expires", "first", "last", "start", "end", "valid", "cancelled", "estimated",
    "approved", "liefer", "lieferung",
}  # fmt: skip

MONEY = {
    **dict.fromkeys(("amount", "amt", "revenue", "sales", "spend", "spent", "turnover", "monetary", "gmv"), 5),
    **dict.fromkeys(("umsatz", "betrag"), 5),
    **dict.fromkeys(("total", "subtotal", "sum", "paid", "value", "payment", "dollars", "wert", "summe", "gesamt"), 4),
    **dict.fromkeys(("net", "gross", "netto", "brutto", "eur", "euro", "usd", "gbp", "chf"), 3),
    **dict.fromkeys(("price", "preis"), 2),
    "cost": 1,
}
SURE_MONEY = 3
NOT_MONEY = {
    "tax", "vat", "mwst", "steuer", "discount", "rabatt", "shipping", "freight", "fee", "profit", "margin", "tip",
    "points", "rating", "balance", "count", "items", "installments", "year", "month", "weight",
}  # fmt: skip
PRICES = {"price", "preis", "cost"}
EACH = {"unit", "each", "per", "einzel", "stück", "stueck", "item", "piece"}
QUANTITIES = {
    **dict.fromkeys(("quantity", "qty", "menge"), 3),
    **dict.fromkeys(("units", "pieces", "pcs", "stück", "stueck", "stk", "anzahl"), 2),
    **dict.fromkeys(("items", "count", "cds"), 1),
}

CATEGORIES = {
    "category", "subcategory", "department", "dept", "genre", "section", "kategorie", "warengruppe", "produktgruppe",
    "abteilung", "sortiment",
}  # fmt: skip
PRODUCTS = CATEGORIES | {
    "product", "produkt", "item", "article", "artikel", "brand", "marke", "sku", "stock", "plu", "description",
    "beschreibung", "bezeichnung", "asin", "isbn",
}  # fmt: skip
CHANNELS = {
    "channel", "kanal", "vertriebsweg", "store", "shop", "filiale", "branch", "outlet", "source", "medium", "platform",
    "device", "marketplace", "location", "pos", "website",
}  # fmt: skip
CURRENCIES = {"currency", "ccy", "curr", "währung", "waehrung"}

_KNOWN: Set[str] = frozenset().union(
    OWNERS, BESIDE_OWNERS, MOMENTS, ORDERS, OTHER_MOMENTS, MONEY, NOT_MONEY, PRICES, EACH, QUANTITIES, PRODUCTS,
    CHANNELS, CURRENCIES,
)  # fmt: skip


@cache
def name_words(name: str) -> frozenset[str]:
    """The words of a name; words that are written together are told apart where the vocabulary knows them.

    >>> sorted(name_words("InvoiceNo")), sorted(name_words("unitprice")), sorted(name_words("Rechnungsdatum"))
    (['invoice', 'no'], ['price', 'unit'], ['datum', 'rechnungs'])
    """
    return frozenset(part for token in tokens(name) for part in _apart(token))


def _apart(token: str) -> tuple[str, ...]:
    if token in _KNOWN:
        return (token,)
    for place in range(len(token) - 2, 1, -1):
        if token[:place] in _KNOWN and token[place:] in _KNOWN:
            return (token[:place], token[place:])
    return (token,)


def customer_rank(name: str) -> int:
    """How surely a name speaks of the customer: 4 for an owner's number to 1 for a bare "id"; 0 for anything else.

    >>> [customer_rank(n) for n in ("customer_id", "email", "Customer Name", "id", "region_code", "customer_type")]
    [4, 3, 2, 1, 0, 0]
    """
    found = name_words(name)
    if not found <= OWNERS | BESIDE_OWNERS:
        return 0
    if found & OWNERS:
        return 2 if "name" in found else 4 if found & NUMBERS else 3
    return 1 if found & OWN_NUMBERS and "name" not in found else 0


def date_rank(name: str) -> int:
    """How surely a name speaks of the day of a purchase.

    >>> [date_rank(n) for n in ("InvoiceDate", "timestamp", "when", "ship_date")]
    [3, 2, 1, 0]
    """
    found = name_words(name)
    if found & OTHER_MOMENTS:
        return 0
    return 3 if found & ORDERS else 2 if found & MOMENTS else 1


def amount_rank(name: str) -> int:
    """How surely a name speaks of the money of a row; 3 or more is sure, 1 or 2 may be the price of one piece.

    >>> [amount_rank(n) for n in ("Total amount", "Umsatz", "net", "price", "unit_price", "tax amount", "order_id")]
    [9, 5, 3, 2, 0, 0, 0]
    """
    found = name_words(name)
    if found & NOT_MONEY or found & OWN_NUMBERS or unit_price_rank(name) == 2 or quantity_rank(name):
        return 0
    return sum(MONEY.get(word, 0) for word in found)


def unit_price_rank(name: str) -> int:
    """How surely a name speaks of the price of one piece.

    >>> [unit_price_rank(n) for n in ("UnitPrice", "Einzelpreis", "price", "amount")]
    [2, 2, 1, 0]
    """
    found = name_words(name)
    return 0 if not found & PRICES or found & NOT_MONEY else 2 if found & EACH else 1


def quantity_rank(name: str) -> int:
    """How surely a name speaks of a number of pieces.

    >>> [quantity_rank(n) for n in ("Quantity", "units", "item_count", "unit_price", "account")]
    [3, 2, 1, 0, 0]
    """
    found = name_words(name)
    return 0 if found & (NUMBERS | PRICES) else max((QUANTITIES.get(word, 0) for word in found), default=0)


def order_rank(name: str) -> int:
    """How surely a name speaks of the number of an order.

    >>> [order_rank(n) for n in ("order_id", "Invoice", "Bestellnummer", "order_status", "order_item_id", "orders")]
    [2, 1, 2, 0, 0, 0]
    """
    found = name_words(name)
    return 0 if not found & ORDERS or not found <= ORDERS | NUMBERS else 2 if found & NUMBERS else 1


def product_rank(name: str) -> int:
    """How surely a name speaks of what was bought: 2 for kinds of products, 1 for products.

    >>> [product_rank(n) for n in ("Category", "StockCode", "product_weight", "customer category")]
    [2, 1, 0, 0]
    """
    found = name_words(name)
    if found & (OWNERS | NOT_MONEY | PRICES | ORDERS | set(QUANTITIES)):
        return 0
    return 2 if found & CATEGORIES else 1 if found & PRODUCTS else 0


def channel_rank(name: str) -> int:
    """How surely a name speaks of where it was bought.

    >>> [channel_rank(n) for n in ("sales_channel", "Filiale", "customer_source")]
    [1, 1, 0]
    """
    found = name_words(name)
    return int(bool(found & CHANNELS) and not found & OWNERS)


def currency_rank(name: str) -> int:
    """Whether a name speaks of the currency.

    >>> currency_rank("currency_code"), currency_rank("code")
    (1, 0)
    """
    return int(bool(name_words(name) & CURRENCIES))
