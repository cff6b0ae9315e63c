"""Families: columns that measure one thing split by something, in files of any trade, and nothing silly."""

import pytest

from segscope.intake.families import find_families
from segscope.intake.words import header_unit
from segscope.recipe import ColumnRole, Role


def families(*names: str, role: Role = Role.MEASURE) -> list[tuple[str, list[str]]]:
    columns = [ColumnRole(n, role, "", n, unit=header_unit(n)[1]) for n in names]
    return [(f.label, [m.column for m in f.members]) for f in find_families(columns)]


@pytest.mark.parametrize(
    ("names", "label"),
    [
        (("spend_food", "spend_wine", "spend_toys"), "Spend by product"),
        (("Umsatz Online", "Umsatz Filiale", "Umsatz Katalog"), "Spend by channel"),
        (("Q1 2023 Sales", "Q2 2023 Sales", "Q3 2023 Sales", "Q4 2023 Sales"), "Spend by period"),
        (("kWh Jan", "kWh Feb", "kWh Mar"), "Kwh by period"),
        (("orders_web", "orders_store", "orders_phone"), "Purchases by channel"),
        (("premium_motor", "premium_home", "premium_life"), "Premium by kind"),
        (("day_calls", "eve_calls", "night_calls"), "Calls by period"),
        (("spend_wine_12m", "spend_meat_12m", "spend_fish_12m"), "Spend by product"),
    ],
)
def test_what_a_family_is_split_by(names: tuple[str, ...], label: str) -> None:
    assert families(*names) == [(label, list(names))]


def test_a_total_is_no_part_of_its_family() -> None:
    assert families("Umsatz (EUR)", "Umsatz Bio", "Umsatz Obst", "Umsatz Brot", "Umsatz gesamt") == [
        ("Spend by product", ["Umsatz Bio", "Umsatz Obst", "Umsatz Brot"])
    ]


def test_columns_of_different_units_do_not_add_up() -> None:
    names = ["sales wine (EUR)", "sales meat (EUR)", "sales fish (EUR)", "sales wine (kg)", "sales meat (kg)"]
    assert families(*names) == [("Spend by product", names[:3])]


@pytest.mark.parametrize(
    "names",
    [
        ("order_value", "order_count", "order_frequency"),
        ("payment_value", "payment_installments", "payment_sequential"),
        ("customer_height", "customer_points", "customer_luck"),
        ("avg_basket", "avg_visit", "avg_rating"),
        ("sessions_7d", "sessions_30d", "sessions_90d"),
        ("BookingsCanceled", "BookingsNoShowed", "BookingsReturned"),
        ("product_weight", "product_length", "product_height"),
        ("x1", "x2", "x3"),
    ],
)
def test_columns_that_share_a_word_but_measure_different_things_are_no_family(names: tuple[str, ...]) -> None:
    assert families(*names) == []


def test_yes_and_no_columns_that_share_only_is_are_no_family() -> None:
    assert families("is_paying", "is_vip", "is_new", role=Role.FLAG) == []


def test_the_members_keep_their_common_unit() -> None:
    columns = [ColumnRole(f"sales_{n}_eur", Role.MEASURE, "", n, unit="EUR") for n in ("wine", "meat", "fish")]
    (family,) = find_families(columns)
    assert family.unit == "EUR"
    assert [m.label for m in family.members] == ["Wine", "Meat", "Fish"]
