"""The route of the grid: pages, orders, search, choices of customers; what it refuses; cells that are inert texts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from segscope.recipe import ColumnRole, Recipe, Role
from segscope.web.customer_pages import cell_text
from segscope.web.customers import columns
from segscope.web.server import make_server
from segscope.web.studies import Studies


@pytest.fixture(scope="module")
def client(shop: Path) -> Iterator[TestClient]:
    studies = Studies([shop])
    with TestClient(make_server(studies)) as opened:
        yield opened
    studies.close()


def asked(client: TestClient, **query: Any) -> dict[str, Any]:
    answer = client.get("/api/studies/study/browse", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_page_has_its_customers_the_number_of_all_and_a_title(client: TestClient) -> None:
    found = asked(client, columns=["c0", "c3"], order="c3", down=True, count=3)
    assert (found["total"], found["title"], found["empty"]) == (60, "60 customers", "")
    assert [row["c3"] for row in found["rows"]] == ["1,300", "1,278", "1,258"]
    assert set(found["rows"][0]) == {"row", "segment", "second", "strength", "second_strength", "c0", "c3"}
    segment = asked(client, of="segment:s1")
    assert segment["total"] == 20 and segment["title"].startswith("20 customers of ")


def test_filters_of_the_address_count(client: TestClient) -> None:
    assert asked(client, f=json.dumps({"city": {"in": ["Bonn"]}}))["total"] == 20
    assert asked(client, of="segment:s1", f=json.dumps({"city": {"in": ["Bonn"]}}))["total"] == 0


def test_nobody_found_is_told_with_what_ids_look_like(client: TestClient) -> None:
    found = asked(client, find="X1")
    assert (found["rows"], found["total"]) == ([], 0)
    assert found["empty"] == "No customer has an id that begins with this. Ids look like 0000 or 0001."
    assert asked(client, find="001")["total"] == 10


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"of": "segment:s9"}, 404),
        ({"of": "audience:Nobody"}, 404),
        ({"order": "c99"}, 400),
        ({"columns": ["x"]}, 400),
        ({"f": "["}, 400),
        ({"f": '{"nope": [1, 2]}'}, 400),
        ({"count": 100_000}, 422),
        ({"start": -1}, 422),
    ],
)
def test_what_is_not_there_is_refused(client: TestClient, query: dict[str, Any], status: int) -> None:
    assert client.get("/api/studies/study/browse", params=query).status_code == status


def test_a_page_of_an_older_fit_is_told_so(client: TestClient) -> None:
    assert asked(client, fit="another") == {"older": "The study was fitted anew. Load the page again."}


RECIPE = Recipe(
    columns=(
        ColumnRole("id", Role.IDENTIFIER, "", "ID"),
        ColumnRole("spend", Role.MEASURE, "", "Spend"),
        ColumnRole("news", Role.FLAG, "", "Newsletter"),
        ColumnRole("mail", Role.PERSONAL, "", "E-mail"),
        ColumnRole("sex", Role.CATEGORY, "", "Gender", sensitive=True),
    ),
    features=("spend",),
)


def test_cells_are_texts_as_people_read_them() -> None:
    assert [cell_text(RECIPE, "id", v) for v in (1234567, "<b>x</b>", None)] == ["1234567", "<b>x</b>", ""]
    assert [cell_text(RECIPE, "spend", v) for v in (58138.2, -12.5, float("nan"))] == ["58,138", "-12.5", ""]
    assert [cell_text(RECIPE, "news", v) for v in (1, 0, True)] == ["yes", "no", "yes"]
    assert len(cell_text(RECIPE, "mail", "x" * 10_000)) == 200


def test_personal_and_sensitive_columns_are_shown_only_when_chosen() -> None:
    def shown(*chosen: str) -> list[str]:
        return [c["field"] for c in columns(RECIPE, chosen)]

    assert shown() == ["c0", "segment", "strength", "second", "second_strength", "c1"]
    assert shown("mail", "nobody's")[-1] == "c3"
