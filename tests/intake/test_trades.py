"""Files as companies of other trades have them: each column gets the role that an analyst would give it."""

import pytest

from segscope.engine import DuckDBEngine
from segscope.intake.copies import find_copies
from segscope.intake.facts import measure_facts
from segscope.intake.roles import propose_roles

from .conftest import Reader

N = 120

# Each column's cells and role. "a|b" takes its values in turn; {i} is the customer's number, {n}, {m} and {u} are
# numbers that look unlike it.
GERMAN_SHOP = {
    "Kundennr.": ("K{i:06d}", "identifier"),
    "Anrede": ("Herr|Frau|Divers", "category"),
    "Vorname": ("Anna|Ben|Cleo|Dan", "personal"),
    "Straße": ("Hauptstr. {i}", "personal"),
    "PLZ": ("0{n:04d}", "text"),
    "Telefonnummer": ("030/{u}", "personal"),
    "Geburtsdatum": ("01.12.1970|31.01.1985|15.06.1990", "date"),
    "Kunde seit": ("15.06.2019|31.01.2020|01.05.2021", "date"),
    "Anzahl Bestellungen": ("{n}", "measure"),
    "Umsatz (EUR)": ("{m},50", "measure"),
    "Retouren": ("{i},5 %", "measure"),
    "Newsletter": ("ja|nein|ja|ja", "flag"),
    "Familienstand": ("ledig|verheiratet", "category"),
}
SOFTWARE = {
    "account_uuid": ("6f9619ff-8b86-d011-b42d-{u:012x}", "identifier"),
    "plan": ("free|pro|team", "category"),
    "mrr_usd": ("{n}.25", "measure"),
    "seats": ("{m}", "measure"),
    "last_seen_at": ("2024-01-02 10:00:00|2024-02-03 11:30:00", "date"),
    "signup_ip": ("10.0.{i}.1", "personal"),
    "owner": ("user{i}@corp.example", "personal"),
    "country_code": ("US|DE|NA|FR|NL", "category"),
    "is_paying": ("1|0|1|1", "flag"),
    "churned": ("0|1|0|0", "ignored"),
    "created": ("1{u}", "ignored"),
}
BANK = {
    "CLIENTNUM": ("{u}", "identifier"),
    "Customer_Age": ("{n}", "measure"),
    "Genre": ("M|F|F", "category"),
    "Income_Category": ("< $40K|$40K - $60K", "category"),
    "Credit_Limit": ("{m}", "measure"),
    "Channel": ("1|2|3|4", "category"),
    "branch_code": ("{n}", "ignored"),
    "opened": ("20190114|20200229|20211231|20220505|20180808", "date"),
    "IBAN": ("DE8937040044{u:010d}", "personal"),
    "phone": ("7{u}", "personal"),
}
MARKETPLACE = {
    "order_id": ("ORD-{i:08d}", "ignored"),
    "customer_unique_id": ("{u:032x}", "identifier"),
    "customer_zip_code": ("0{n:04d}", "text"),
    "customer_state": ("SP|RJ|MG", "category"),
    "state_name": ("São Paulo|Rio|Minas", "ignored"),
    "price": ("€ {n}.50", "measure"),
    "price_cents": ("{n}50", "ignored"),
    "mixed": ("€ 5|$ 7|€ 9|$ 8|€ 6|$ 5|€ 1", "category"),
    "latitude": ("-23.{n:04d}1", "personal"),
    "review_score": ("1|2|3|4|5", "measure"),
}


@pytest.mark.parametrize("columns", [GERMAN_SHOP, SOFTWARE, BANK, MARKETPLACE])
def test_roles_of_a_trade(columns: dict[str, tuple[str, str]], engine: DuckDBEngine, read_typed: Reader) -> None:
    lines = [";".join(columns), *(";".join(cell(form, i) for form, _ in columns.values()) for i in range(N))]
    read_typed("\n".join(lines))
    table = engine.table("source")
    facts = measure_facts(engine, table)
    found = propose_roles(facts, find_copies(engine, table, facts)).columns
    assert {c.column: c.role.value for c in found} == {name: role for name, (_, role) in columns.items()}


def cell(form: str, i: int) -> str:
    choices = form.split("|")
    chosen = choices[(i * 7 + i // 11) % len(choices)]
    return chosen.format(i=i, n=(i * 7919 + 13) % 1009, m=(i * i * 31 + i * 17) % 997, u=100_000_007 + i * 6_700_417)
