"""The HTTP interface: scores, one shape of errors, a key, limits; and that it keeps to its own description."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance

from segscope.api import MOST_BYTES, MOST_CUSTOMERS, make_api
from segscope.settings import Settings
from segscope.web.hosting import guarded
from segscope.web.server import make_server
from segscope.web.studies import Studies

RICH = {"first_order": "2023-02-01", "orders": 21, "spend": 950.5}
POOR = {"first_order": "2023-02-01", "orders": 3, "spend": 25.5}
SCORE = "/api/v1/studies/study/score"
KEY = "a-key-of-many-signs"


@pytest.fixture(scope="module")
def studies(shop: Path) -> Iterator[Studies]:
    found = Studies([shop])
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(studies: Studies) -> TestClient:
    return TestClient(guarded(make_server(studies), "127.0.0.1"), base_url="http://127.0.0.1")


def scores(client: TestClient, body: Any) -> list[dict[str, Any]]:
    answer = client.post(SCORE, json=body)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["scores"]
    return found


def test_studies_and_their_segments_are_listed(client: TestClient, studies: Studies) -> None:
    (entry,) = client.get("/api/v1/studies").json()["studies"]
    assert (entry["id"], entry["customers"], entry["segments"], entry["problem"]) == ("study", 60, 2, "")
    card = client.get("/api/v1/studies/study").json()
    assert {f["name"]: f["kind"] for f in card["fields"]}["first_order"] == "date"
    assert card["features"] == list(studies.get("study").recipe.features)
    segments = client.get("/api/v1/studies/study/segments").json()["segments"]
    assert [(s["id"], s["size"]) for s in segments] == [("s1", 20), ("s2", 40)]


def test_one_customer_and_several_are_placed_in_their_order(client: TestClient) -> None:
    (one,) = scores(client, {"customer": RICH})
    assert (one["segment_id"], one["second_segment_id"], one["right"], one["fits_none"]) == ("s1", "s2", 1.0, False)
    assert sum(one["probabilities"].values()) == pytest.approx(1)
    several = scores(client, {"customers": [POOR, RICH, {**POOR, "city": "Ulm"}]})
    assert [s["segment_id"] for s in several] == ["s2", "s1", "s2"]
    assert scores(client, {"customers": []}) == []


def test_of_one_customer_any_field_is_enough(client: TestClient) -> None:
    (found,) = scores(client, {"customer": {"spend": 950.5}})
    assert found["segment_id"] == "s1" and found["right"] > 0.9 and found["fits_none"] is False


def test_a_field_given_as_null_is_a_blank_and_one_not_given_is_unknown(client: TestClient) -> None:
    whole = {**RICH, "orders": None, "spend": None}
    as_in_a_file = scores(client, {"customers": [whole, whole]})[0]
    assert scores(client, {"customer": whole}) == [as_in_a_file]
    (unknown,) = scores(client, {"customer": {"first_order": "2023-02-01"}})
    assert unknown["right"] < 1 and unknown["probabilities"] != as_in_a_file["probabilities"]


def test_a_customer_unlike_any_fits_none(client: TestClient) -> None:
    (found,) = scores(client, {"customer": {**RICH, "spend": -1e80, "first_order": "1900-01-01"}})
    assert found["fits_none"] is True


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"customer": {"spnd": 3}}, "There is no field 'spnd'. Did you mean spend?"),
        ({"customer": {"spend": "much"}}, "spend must be a number or null. Got 'much'."),
        ({"customer": {"spend": True}}, "spend must be a number or null. Got True."),
        ({"customer": {"first_order": "2023-02-30"}}, "first_order must be a date such as 2014-06-29"),
        ({"customer": {"first_order": 7}}, "first_order must be a date"),
        ({"customer": {}}, "Nothing follows from these fields."),
        ({"customer": {"city": "Ulm"}}, "Nothing follows from these fields."),
        ({"customers": [RICH, {"spend": 3}]}, "Customer 2: All customers must have the same fields"),
        ({"customers": [{"spend": 3}] * 2}, "give every field, null where it is blank"),
        ({"customers": [RICH, {**RICH, "spend": []}]}, "Customer 2: spend must be a number or null. Got []."),
        ({"customers": [RICH], "customer": RICH}, "either 'customer', an object of fields, or 'customers'"),
        ({"customers": [3]}, "either 'customer', an object of fields, or 'customers'"),
        ([], "either 'customer', an object of fields, or 'customers'"),
    ],
)
def test_what_cannot_be_scored_is_refused_with_the_reason(client: TestClient, body: Any, said: str) -> None:
    answer = client.post(SCORE, json=body)
    assert answer.status_code == 422
    assert said in answer.json()["error"]


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"method": "GET", "url": "/api/v1/studies/nope"}, 404, "not_found"),
        ({"method": "GET", "url": "/api/v1/nope"}, 404, "not_found"),
        ({"method": "PUT", "url": SCORE}, 405, "method_not_allowed"),
        ({"method": "POST", "url": SCORE, "content": "{}"}, 415, "media_type"),
        ({"method": "POST", "url": SCORE, "data": {"customer": "x"}}, 415, "media_type"),
        ({"method": "POST", "url": SCORE, "content": "{", "headers": JSON}, 400, "unreadable"),
        ({"method": "POST", "url": SCORE, "content": b"\xff", "headers": JSON}, 400, "unreadable"),
        ({"method": "POST", "url": SCORE, "content": "[" * 10**5, "headers": JSON}, 400, "unreadable"),
        ({"method": "POST", "url": SCORE, "content": '{"customer":{"spend":NaN}}', "headers": JSON}, 400, "unreadable"),
        (
            {"method": "POST", "url": SCORE, "content": '{"customer":{"spend":1e999}}', "headers": JSON},
            422,
            "not_possible",
        ),
        ({"method": "POST", "url": SCORE, "content": " " * (MOST_BYTES + 1), "headers": JSON}, 413, "too_large"),
        ({"method": "POST", "url": SCORE, "json": {"customers": [{}] * (MOST_CUSTOMERS + 1)}}, 413, "too_large"),
        (
            {"method": "POST", "url": SCORE, "json": {"customer": RICH}, "headers": {"Origin": "https://x.example"}},
            403,
            "",
        ),
    ],
    ids=range(13),
)
def test_every_error_has_one_shape(client: TestClient, request_: dict[str, Any], status: int, code: str) -> None:
    answer: httpx.Response = client.request(**request_)
    assert answer.status_code == status
    said = answer.json()
    assert isinstance(said["error"], str) and said["error"]
    if code:  # the last is refused before it comes here
        assert set(said) == {"error", "code"} and said["code"] == code


def test_the_quick_way_and_the_described_route_answer_alike(client: TestClient, studies: Studies) -> None:
    described = TestClient(make_api(studies))
    orders: tuple[Any, ...] = (
        {"customer": RICH},
        {"customer": {"spend": 3.0}},
        {"customers": [POOR] * 60},
        {"customer": {"spnd": 3}},
        [],
    )
    for body in orders:
        quick, slow = client.post(SCORE, json=body), described.post("/studies/study/score", json=body)
        assert (quick.status_code, quick.json()) == (slow.status_code, slow.json())
    for address in ("/api/v1/studies/nope/score", "/api/v1/studies//score", "/api/v1/studies/a/b/score"):
        assert client.post(address, json={"customer": RICH}).status_code == 404


def test_a_key_is_asked_for_where_one_is_set(studies: Studies) -> None:
    client = TestClient(make_api(studies, KEY))
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": KEY}, {"Authorization": "Bearer ü"}):
        sent = {name: value.encode() for name, value in headers.items()}
        answer = client.get("/studies", headers=sent)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert client.post("/studies/study/score", json={"customer": RICH}, headers=sent).status_code == 401
    right = {"Authorization": f"Bearer {KEY}"}
    assert client.get("/studies", headers=right).status_code == 200
    assert client.post("/studies/study/score", json={"customer": RICH}, headers=right).status_code == 200


def test_the_server_asks_for_the_key_of_its_settings(shop: Path) -> None:
    studies = Studies([shop], settings=replace(Settings(), api_key=KEY))
    client = TestClient(guarded(make_server(studies), "127.0.0.1"), base_url="http://127.0.0.1")
    assert client.get("/api/v1/studies").status_code == 401
    assert client.post(SCORE, json={"customer": RICH}).status_code == 401
    assert client.get("/health").status_code == 200
    assert KEY not in repr(studies.settings)
    studies.close()


def test_the_example_of_its_description_is_one(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()
    body = described["paths"]["/studies/{study_id}/score"]["post"]["requestBody"]["content"]["application/json"]
    assert [set(e["value"]) for e in body["examples"].values()] == [{"customer"}, {"customers"}]
    assert "http" not in json.dumps([s["url"] for s in described["servers"]])


@pytest.mark.parametrize("method", ["GET /studies", "GET /studies/{study_id}", "GET /studies/{study_id}/segments",
                                    "POST /studies/{study_id}/score"])  # fmt: skip
def test_no_request_makes_it_break_its_own_description(studies: Studies, method: str) -> None:
    verb, path = method.split()
    served = guarded(make_server(studies), "any.example")  # the names of hosts are another matter
    operation = schemathesis.openapi.from_asgi("/api/v1/openapi.json", served)[path][verb]

    @settings(
        max_examples=30, deadline=None, phases=[Phase.generate], database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(), known=st.booleans())
    def keeps_to_it(case: schemathesis.Case[Any], known: bool) -> None:
        if known and case.path_parameters:
            case.path_parameters["study_id"] = "study"
        case.call_and_validate(excluded_checks=[positive_data_acceptance])  # which fields there are, the study says

    keeps_to_it()
