"""Words in column names, and what they tell. General vocabulary: no file's own names."""

import re
import unicodedata
from collections.abc import Iterable

from segscope.intake.lexicon import CURRENCIES, UNITS

IDENTIFIER = {
    "id", "key", "uuid", "guid", "customerid", "clientid", "userid", "custid", "memberid", "kundennummer", "kundennr",
    "kundenid", "kennung", "customerno", "custno", "clientnum", "clientno", "memberno", "idcliente", "idclient",
}  # fmt: skip
OWNER = {
    "customer", "client", "user", "member", "account", "acct", "cust", "kunde", "kunden", "subscriber", "cardholder",
    "cliente", "guest", "patient", "player", "policy", "policyholder", "donor", "passenger", "mitglied", "household",
    "person",
}  # fmt: skip
NUMBER_OF = {"no", "nr", "number", "num", "code", "ref", "nummer", "numero"}
# Things that have identifiers of their own, and are not the customer.
OTHER_THINGS = {
    "order", "device", "session", "transaction", "invoice", "product", "store", "shop", "campaign", "item", "receipt",
    "ticket", "event", "cookie", "employee", "agent", "seller", "branch", "vehicle", "location", "room", "bestellung",
}  # fmt: skip
POSTAL = {"zip", "zipcode", "postcode", "postal", "plz", "postleitzahl"}
CODES = POSTAL | {
    "code", "region", "cluster", "group", "type", "class", "category", "channel", "kategorie", "gruppe",
    "typ", "klasse", "kanal",
}  # fmt: skip

SPEND = {
    "mnt", "amt", "amount", "spend", "spent", "spending", "revenue", "sales", "monetary", "turnover", "charges",
    "umsatz", "umsatze", "umsaetze", "ausgaben", "depenses", "ventes", "ventas", "gasto", "gastos",
}  # fmt: skip
PURCHASES = {
    "purchases",
    "purchase",
    "orders",
    "order",
    "transactions",
    "transaction",
    "bookings",
    "trips",
    "frequency",
    "trans",
    "bestellungen",
    "kaufe",
    "kaeufe",
    "einkaufe",
    "commandes",
    "achats",
    "pedidos",
    "compras",
}
# What came of an order: such orders are no kind of purchase beside the others.
STATUS = {
    "canceled", "cancelled", "cancellations", "returned", "returns", "refunded", "refunds", "failed", "open", "closed",
    "pending", "showed", "noshow", "rejected", "storniert", "retouren", "score", "index", "rank", "limit",
}  # fmt: skip
COUNT_OF = {"num", "n", "nb", "count", "cnt", "ct", "number", "qty", "total", "anzahl", "no", "de", "numero"}
TOTAL = {"total", "tot", "overall", "all", "sum", "gesamt", "summe"}
AVERAGE = {"avg", "average", "mean", "aov", "per", "moyen", "moyenne", "durchschnitt", "mittlerer", "medio", "media"}
BASKET = {"basket", "value", "aov", "panier", "warenkorb", "bestellwert", "carrito", "ticket"}
OVERLAP = {
    "deal",
    "deals",
    "discount",
    "discounts",
    "discounted",
    "promo",
    "promotion",
    "coupon",
    "coupons",
    "offer",
    "sale",
}
RESPONSE = {
    "accepted",
    "accept",
    "response",
    "responded",
    "respond",
    "converted",
    "cmp",
    "campaign",
    "clicked",
    "opened",
}
LAST_RESPONSE = {"response", "responded", "converted", "accepted"}
BIRTH = {"birth", "born", "dob", "yob", "birthdate", "birthday", "birthyear", "geburtsdatum", "geburtsjahr",
    "geburtstag", "naissance", "nacimiento"}  # fmt: skip
AGE = {"age", "alter", "edad"}
# The age of these is not the customer's.
AGE_OF_THINGS = {
    "account", "acct", "days", "book", "device", "vehicle", "car", "house", "property", "company", "contract",
    "building",
}  # fmt: skip
INCOME = {"income", "salary", "wage", "wages", "earnings", "einkommen", "gehalt", "revenu",
    "revenus", "salaire", "ingresos", "salario"}  # fmt: skip
RECENCY = {"recency", "lastpurchase", "lastorder"}
LAST = {
    "last", "latest", "recent", "end", "ended", "churn", "cancelled", "letzte", "letzter", "letztes",
    "dernier", "derniere", "ultima", "ultimo", "next", "expiry", "expires", "renewal",
}  # fmt: skip
ENROLMENT = {
    "enrol", "enroll", "enrolled", "enrolment", "enrollment", "join", "joined", "signup", "registered", "registration",
    "register", "since", "created", "start", "started", "opened", "first", "customer", "client", "member", "onboarded",
    "seit", "registrierung", "anmeldung", "eintritt", "inscription", "depuis", "alta", "registro", "creation",
}  # fmt: skip
TENURE = {"tenure", "enrolled", "seniority", "membership"}
CHILDREN_STEMS = ("kid", "teen", "child", "kinder", "enfants", "hijos")
VISITS = {"visit", "visits", "sessions", "logins", "pageviews", "besuche", "visites", "visitas"}
COMPLAINT = {"complain", "complained", "complaint", "complaints", "ticket", "tickets"}

# Nouns that say what kind of thing a family's member is, not which one it is.
GENERIC_NOUNS = {
    "products",
    "product",
    "prods",
    "prod",
    "purchases",
    "purchase",
    "orders",
    "sales",
    "spend",
    "amount",
    "items",
}
WRITTEN_OUT = {
    "mnt": "", "num": "", "nb": "", "dt": "date", "cmp": "campaign", "prods": "products", "prod": "product",
    "amt": "amount", "qty": "quantity", "avg": "average", "freq": "frequency", "yr": "year", "pct": "percent",
    "cust": "customer", "acct": "account", "catalog": "catalogue", "tot": "total", "cnt": "count", "min": "minimum",
    "max": "maximum", "ct": "count", "trans": "transactions", "bal": "balance",
}  # fmt: skip

_PIECES = re.compile(r"[kMG]Wh|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+")

_INITIAL = re.compile(r"(?<=\b[a-z]) (?=\d)|(?<=\d) (?=[a-z]\b)")  # q 1 is q1, 30 d is 30d
_BRACKETS = re.compile(r"(.+?)\s*[(\[](?:in )?([^()\[\]]{1,8})[)\]]\s*")
_SIGN = re.compile(r"(.+?)\s*([$€£%])\s*")
_CODE = re.compile(r"(.+?)[_ ](eur|usd|gbp|chf|EUR|USD|GBP|CHF|kWh|kg|pct)")
THOUSANDS = {"k$", "k€", "k£", "T€", "TEUR", "kEUR", "kUSD", "pct"}


def tokens(name: str) -> tuple[str, ...]:
    """Split a column's name into lower-case words.

    >>> tokens("NumWebPurchases"), tokens("customer_id"), tokens("AcceptedCmp3"), tokens("Order value (EUR)")
    (('num', 'web', 'purchases'), ('customer', 'id'), ('accepted', 'cmp', '3'), ('order', 'value', 'eur'))
    """
    return tuple(piece.lower() for piece in _PIECES.findall(name))


def folded(name: str) -> tuple[str, ...]:
    """The words of a name without accents, to be looked up.

    >>> folded("Dirección"), folded("Straße"), folded("Nº de pedidos")
    (('direccion',), ('strasse',), ('no', 'de', 'pedidos'))
    """
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ẞ", "SS"))
    return tokens("".join(c for c in plain if not unicodedata.combining(c)))


def header_unit(name: str) -> tuple[str, str]:
    """A name without the unit that stands at its end, and that unit.

    >>> header_unit("Umsatz (EUR)"), header_unit("Won %"), header_unit("mrr_usd"), header_unit("Spend (net)")
    (('Umsatz', 'EUR'), ('Won', '%'), ('mrr', 'USD'), ('Spend (net)', ''))
    """
    found = _BRACKETS.fullmatch(name) or _SIGN.fullmatch(name) or _CODE.fullmatch(name)
    if not found:
        return name, ""
    unit = found.group(2).strip()
    unit = unit.upper() if unit.upper() in CURRENCIES else unit
    if unit in CURRENCIES or unit in UNITS or unit in THOUSANDS:
        return found.group(1).strip(" _"), "%" if unit == "pct" else CURRENCIES.get(unit, unit)
    return name, ""


def readable(words: Iterable[str], fallback: str) -> str:
    """Write words as a short label in sentence case.

    >>> readable(("num", "web", "visits", "month"), "x"), readable((), "Kidhome")
    ('Web visits month', 'Kidhome')
    """
    written = " ".join(w for w in (WRITTEN_OUT.get(t, t) for t in words) if w)
    text = _INITIAL.sub("", written) or fallback
    return "ID" if text == "id" else text[:1].upper() + text[1:]
