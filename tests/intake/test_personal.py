"""Personal data and sensitive attributes: told by names in four languages, and by values whatever the name."""

from typing import Any

import pytest

from segscope.intake.contents import content_of, is_card_number
from segscope.intake.facts import ColumnFacts
from segscope.intake.personal import personal_reason, sensitive_topic
from segscope.intake.roles import propose_roles
from segscope.recipe import Role


def text(name: str, distinct: int = 900, **more: Any) -> ColumnFacts:
    return ColumnFacts(name, "text", 1000, 0, distinct, **more)


def whole(name: str, low: float, high: float, distinct: int = 990, **more: Any) -> ColumnFacts:
    return ColumnFacts(name, "number", 1000, 0, distinct, whole=True, low=low, high=high, **more)


@pytest.mark.parametrize(
    ("cells", "content"),
    [
        (["ann@shop.example", "bob@x.org", "-", "c.d+e@f-g.co.uk", "x@y.de"], "e-mail addresses"),
        (["+49 (0)30 123456", "0171/2233445", "030-998877"], "telephone numbers"),
        (["(212) 555-0100", "(415) 555-0199"], "telephone numbers"),
        (["06 12 34 56 78", "01.44.55.66.77"], "telephone numbers"),
        (["4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009"], "card numbers"),
        (["4111111111111111", "4111111111111112"], ""),
        (["DE89 3704 0044 0532 0130 00", "FR1420041010050500013M02606"], "bank account numbers"),
        (["192.168.0.1", "10.0.0.255:8080"], "IP addresses"),
        (["123-45-6789", "987-65-4321"], "social security numbers"),
        (["6f9619ff-8b86-d011-b42d-00c04fc964ff", "00000000-0000-0000-0000-000000000000"], "identifiers"),
        (["2024-01-31", "2024-02-01"], ""),
        (["01.02.2024", "31.12.2023"], ""),
        (["31/12/2023 10:15", "01/02/2024 09:00"], ""),
        (["1,234,567", "2,345,678.50"], ""),
        (["1 234 567,00", "2 345 678,00"], ""),
        (["ORD-00012345", "ORD-00012346"], ""),
        (["10115", "01067"], ""),
        (["M", "F", "f"], "sex"),
        (["Herr", "Frau", "Divers"], "sex"),
        (["homme", "femme"], "sex"),
        (["m", "l", "s"], ""),
        (["w", "d"], ""),
        (["Married", "Single", "Together"], "marital status"),
        (["single", "double"], ""),
        (["white", "black", "asian"], "ethnicity"),
        (["white", "black", "red"], ""),
        (["white", "black"], ""),
        (["Catholic", "Muslim", "none"], "religion"),
        ([], ""),
        (["", "  "], ""),
    ],
)
def test_values_tell_what_they_are(cells: list[str], content: str) -> None:
    assert content_of(cells) == content


def test_the_check_digit_tells_a_card_from_another_number() -> None:
    assert is_card_number("4012888888881881")
    assert not is_card_number("4012888888881882")
    assert not is_card_number("0")


@pytest.mark.parametrize(
    "name",
    ["E-Mail", "email_address", "Telefonnummer", "Téléphone", "Teléfono móvil", "Handy", "Straße", "Dirección", "rue",
     "Adresse", "Vorname", "Prénom", "Apellidos", "last name", "CustomerName", "guest_name", "Name", "Nombre", "IBAN",
     "passport", "SSN", "ip", "Kreditkarte", "card number"],
)  # fmt: skip
def test_names_of_personal_data_in_four_languages(name: str) -> None:
    assert personal_reason(text(name))


@pytest.mark.parametrize("name", ["product name", "store_name", "brand", "city", "comment", "mailing list", "Ort"])
def test_names_of_things_are_not_personal(name: str) -> None:
    assert personal_reason(text(name)) == ""


def test_what_is_only_about_contacts_is_not_personal() -> None:
    assert personal_reason(ColumnFacts("PhoneService", "boolean", 1000, 0, 2)) == ""
    assert personal_reason(text("email_frequency", distinct=3)) == ""
    assert personal_reason(whole("mobile_minutes", 0, 4000)) == ""
    assert personal_reason(whole("phone_calls", 0, 90, distinct=80)) == ""
    assert personal_reason(whole("card_payments", 0, 90, distinct=80)) == ""


def test_a_number_that_is_a_telephone_or_a_card_never_becomes_a_measure() -> None:
    facts = [
        whole("customer_id", 1, 1000, distinct=1000),
        whole("Cell", 2.0e9, 9.8e9),
        whole("x", 4e15, 5e15, content="card numbers"),
        whole("card no", 4.1e15, 4.9e15),
        whole("D-U-N-S", 1.1e8, 9.9e8, distinct=1000),
        whole("salary", 1.1e8, 9.9e8, distinct=1000),
    ]
    assert [c.role for c in propose_roles(facts).columns] == [
        Role.IDENTIFIER, Role.PERSONAL, Role.PERSONAL, Role.PERSONAL, Role.IGNORED, Role.MEASURE,
    ]  # fmt: skip


def test_places_on_the_map_are_personal() -> None:
    latitude = ColumnFacts("latitude", "number", 1000, 0, 990, low=47.1, high=54.9)
    assert personal_reason(latitude) == "where somebody is on the map"


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("Gender", "sex or gender"), ("Geschlecht", "sex or gender"), ("Sexe", "sex or gender"),
        ("Anrede", "sex or gender"), ("Age", "age"), ("Edad", "age"), ("Date de naissance", "age"),
        ("SeniorCitizen", "age"), ("ethnic_group", "ethnic origin"), ("Nationalität", "ethnic origin"),
        ("Staatsangehörigkeit", "ethnic origin"), ("Religion", "religion"), ("smoker", "health"),
        ("Schwerbehinderung", "health"), ("Marital_Status", "marital status"), ("Familienstand", "marital status"),
        ("Situation familiale", "marital status"), ("Estado civil", "marital status"),
        ("sexual_orientation", "sexual orientation"), ("political party", "political opinion"),
        ("page", ""), ("account_age_days", ""), ("image", ""), ("percentage", ""), ("city", ""),
    ],
)  # fmt: skip
def test_names_of_sensitive_attributes_in_four_languages(name: str, topic: str) -> None:
    assert sensitive_topic(text(name, distinct=3)) == topic


def test_a_sensitive_column_keeps_its_role_and_says_why_it_is_marked() -> None:
    (column,) = propose_roles([text("x17", distinct=2, content="sex")]).columns
    assert (column.role, column.sensitive) == (Role.CATEGORY, True)
    assert column.reason == "2 different texts; sensitive: sex or gender"
