"""Which columns are about a person's identity, and which tell what a person is judged by. By name and by value.

Names in English, German, French and Spanish. A name alone never makes personal data of yes and no.
"""

from segscope.intake import words
from segscope.intake.facts import ColumnFacts

MANY = 50
FEWEST_DIGITS, MOST_DIGITS = 7, 19

PERSONAL_CONTENTS = (
    "e-mail addresses",
    "telephone numbers",
    "card numbers",
    "bank account numbers",
    "IP addresses",
    "social security numbers",
)
SENSITIVE_CONTENTS = ("sex", "marital status", "religion", "ethnicity", "sexual orientation")

# Words that name persons whatever the values are.
PERSON = {
    "firstname", "lastname", "surname", "forename", "fullname", "middlename", "vorname", "nachname", "familienname",
    "zuname", "prenom", "apellido", "apellidos", "maiden",
}  # fmt: skip
GIVEN = {
    "first", "last", "full", "given", "family", "middle", "user", "customer", "client", "contact", "cust", "guest",
    "member", "patient", "kunde", "kunden", "cliente", "holder", "owner", "person", "passenger", "donor",
}  # fmt: skip
NAME = {"name", "nom", "nombre", "naam"}
PLACE = {
    "address", "addr", "street", "adresse", "anschrift", "strasse", "hausnummer", "rue", "direccion", "calle",
    "domicilio", "domicile", "latitude", "longitude", "lat", "lon", "lng", "geo", "gps",
}  # fmt: skip
# Words of contact and of documents: personal where the values differ from customer to customer.
CONTACT = {
    "email", "mail", "courriel", "correo", "phone", "mobile", "telephone", "tel", "cell", "cellphone", "fax", "handy",
    "telefon", "telefonnummer", "mobilnummer", "handynummer", "portable", "telefono", "movil", "ip", "iban", "bic",
    "ssn", "passport", "passeport", "pasaporte", "reisepass", "dni", "nif", "nss", "steuernummer", "kontonummer",
    "kreditkarte", "pan", "licence", "license", "ausweis",
}  # fmt: skip
CARDS = {"card", "carte", "tarjeta", "karte"}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SENSITIVE: dict[str, frozenset[str]] = {
    "sex or gender": _words("gender sex sexe sexo geschlecht genero anrede salutation civilite pronouns"),
    "age": _words(
        "age alter edad birth born dob yob birthdate birthday birthyear geburtsdatum geburtsjahr geburtstag naissance "
        "nacimiento senior altersgruppe seniorcitizen"
    ),
    "ethnic origin": _words(
        "ethnicity ethnic race ethnie ethnizitat etnia raza nationality nationalitat nationalite nacionalidad "
        "staatsangehorigkeit staatsburgerschaft citizenship migration"
    ),
    "religion": _words("religion religious konfession confession faith religioso"),
    "health": _words(
        "health disability disabled handicap handicapped gesundheit behinderung schwerbehinderung sante salud "
        "discapacidad diagnosis disease smoker smoking smoke raucher fumeur fumador bmi pregnant pregnancy diabetes "
        "blood hypertension medication chronic"
    ),
    "marital status": _words("marital familienstand married maritalstatus matrimonial"),
    "sexual orientation": _words("orientation sexuality"),
    "political opinion": _words("political politics partei politique politica politico"),
    "trade union membership": _words("gewerkschaft syndicat sindicato"),
}
SENSITIVE_PAIRS: dict[frozenset[str], str] = {
    frozenset({"situation", "familiale"}): "marital status",
    frozenset({"estado", "civil"}): "marital status",
    frozenset({"etat", "civil"}): "marital status",
    frozenset({"civil", "status"}): "marital status",
    frozenset({"trade", "union"}): "trade union membership",
}


def personal_reason(facts: ColumnFacts) -> str:
    """Why a column is personal data; nothing if it is not.

    >>> personal_reason(ColumnFacts("E-Mail-Adresse", "text", 900, 0, 900))
    'named like an address'
    >>> personal_reason(ColumnFacts("contact", "text", 900, 0, 900, content="card numbers"))
    'card numbers, by their values'
    >>> personal_reason(ColumnFacts("PhoneService", "boolean", 900, 0, 2))
    ''
    """
    if facts.content in PERSONAL_CONTENTS:
        return f"{facts.content}, by their values"
    if facts.kind in ("boolean", "date"):
        return ""
    parts = set(words.folded(facts.name))
    if facts.kind == "number":
        return _personal_number(facts, parts)
    varied = facts.distinct > min(MANY, facts.present / 2)
    if parts & PERSON or (parts & NAME and parts & GIVEN) or (parts <= NAME and facts.distinct > MANY):
        return "named like a person's name"
    if varied and parts & PLACE:
        return "named like an address"
    if varied and (parts & CONTACT or _documents(parts)):
        return "named like a contact or a document"
    return ""


def named_personal(name: str) -> bool:
    """Whether a name speaks of a person's name, address, contact or document.

    >>> named_personal("email_id"), named_personal("customer_id")
    (True, False)
    """
    return bool(set(words.folded(name)) & (PERSON | PLACE | CONTACT))


def sensitive_topic(facts: ColumnFacts) -> str:
    """What a column tells that a person may be judged by; nothing if it tells no such thing.

    >>> sensitive_topic(ColumnFacts("Familienstand", "text", 900, 0, 3))
    'marital status'
    >>> sensitive_topic(ColumnFacts("x17", "text", 900, 0, 2, content="sex"))
    'sex or gender'
    """
    if facts.content in SENSITIVE_CONTENTS:
        return {"sex": "sex or gender", "ethnicity": "ethnic origin"}.get(facts.content, facts.content)
    parts = frozenset(words.folded(facts.name))
    for pair, topic in SENSITIVE_PAIRS.items():
        if pair <= parts:
            return topic
    if parts & words.AGE_OF_THINGS:
        parts -= {"age", "alter"}
    return next((topic for topic, names in SENSITIVE.items() if parts & names), "")


def _personal_number(facts: ColumnFacts, parts: set[str]) -> str:
    low, high = facts.low, facts.high
    if not isinstance(low, float) or not isinstance(high, float):
        return ""
    if parts & {"latitude", "longitude", "lat", "lon", "lng"} and not facts.whole and -180 <= low <= high <= 180:
        return "where somebody is on the map"
    long = low >= 10.0 ** (FEWEST_DIGITS - 1) and high < 10.0**MOST_DIGITS
    varied = facts.distinct > min(MANY, facts.present / 2)
    named = parts & CONTACT or _documents(parts)
    return "named like a telephone number or a document" if facts.whole and long and varied and named else ""


def _documents(parts: set[str]) -> bool:
    number = parts & (words.NUMBER_OF | {"numero", "nummer", "n"})
    return bool(parts & CARDS and (number or len(parts) == 1)) or bool(parts & {"social"} and parts & {"security"})
