"""Words in column names, and what they tell. General vocabulary: no file's own names."""

import re
from collections.abc import Iterable

IDENTIFIER = {"id", "key", "uuid", "guid", "customerid", "clientid", "userid", "custid", "kundennummer", "kundennr"}
OWNER = {"customer", "client", "user", "member", "account", "cust", "kunde", "kunden", "subscriber", "cardholder"}
NUMBER_OF = {"no", "nr", "number", "num", "code", "ref"}
CODES = {
    "code",
    "zip",
    "zipcode",
    "postcode",
    "postal",
    "plz",
    "region",
    "cluster",
    "group",
    "type",
    "class",
    "category",
}

PERSONAL = {
    "email", "mail", "phone", "mobile", "telephone", "tel", "firstname", "lastname", "surname", "forename", "fullname",
    "address", "street", "iban", "ssn", "passport", "vorname", "nachname", "strasse", "ip",
}  # fmt: skip
PERSON_NAME = {"first", "last", "full", "given", "family", "middle", "user", "customer", "client", "contact"}
SENSITIVE = {
    "gender", "sex", "ethnicity", "ethnic", "race", "religion", "health", "disability", "age", "birth", "dob", "born",
    "marital", "orientation", "nationality", "political",
}  # fmt: skip

SPEND = {"mnt", "amt", "amount", "spend", "spent", "spending", "revenue", "sales", "monetary", "turnover", "umsatz"}
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
}
COUNT_OF = {"num", "n", "nb", "count", "cnt", "number", "qty", "total", "anzahl", "no"}
AVERAGE = {"avg", "average", "mean", "aov", "per"}
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
BIRTH = {"birth", "born", "dob", "yob", "birthdate", "birthday", "birthyear", "geburtsdatum", "geburtsjahr"}
INCOME = {"income", "salary", "wage", "wages", "earnings", "einkommen", "gehalt"}
RECENCY = {"recency", "lastpurchase", "lastorder"}
LAST = {"last", "latest", "recent"}
ENROLMENT = {
    "enrol", "enroll", "enrolled", "enrolment", "enrollment", "join", "joined", "signup", "registered", "registration",
    "register", "since", "created", "start", "started", "opened", "first", "customer", "client", "member", "onboarded",
}  # fmt: skip
TENURE = {"tenure", "enrolled", "seniority", "membership"}
CHILDREN_STEMS = ("kid", "teen", "child", "kind")
VISITS = {"visit", "visits", "sessions", "logins", "pageviews"}
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
    "max": "maximum",
}  # fmt: skip

_PIECES = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+")


def tokens(name: str) -> tuple[str, ...]:
    """Split a column's name into lower-case words.

    >>> tokens("NumWebPurchases"), tokens("customer_id"), tokens("AcceptedCmp3"), tokens("Order value (EUR)")
    (('num', 'web', 'purchases'), ('customer', 'id'), ('accepted', 'cmp', '3'), ('order', 'value', 'eur'))
    """
    return tuple(piece.lower() for piece in _PIECES.findall(name))


def readable(words: Iterable[str], fallback: str) -> str:
    """Write words as a short label in sentence case.

    >>> readable(("num", "web", "visits", "month"), "x"), readable((), "Kidhome")
    ('Web visits month', 'Kidhome')
    """
    written = " ".join(w for w in (WRITTEN_OUT.get(t, t) for t in words) if w)
    text = written or fallback
    return "ID" if text == "id" else text[:1].upper() + text[1:]
