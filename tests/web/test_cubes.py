"""The routes of the panels: counts while brushing, values inside "other", errors in the house's shape."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from segscope import samples
from segscope.exploring import count_bins, parse_filters, select
from segscope.study import Choices, LiveStudy, fit_source
from segscope.web import cubes
from segscope.web.server import make_server
from segscope.web.studies import Studies

FILTERS = {"age": [30, 60], "Education": {"in": ["PhD", "Master"]}}


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Studies:
    """Sample customers, few and ten times as many; and a shop whose customers live in many towns."""
    place = tmp_path_factory.mktemp("studies")
    samples.write(place / "small.parquet", 300)
    fit_source(place / "small.parquet", place / "small", Choices(segments=3))
    samples.write(place / "large.parquet", 3000)
    fit_source(place / "large.parquet", place / "large", Choices(segments=3))
    towns = [f"town {i % 47:02d}" for i in range(280)] + ["<b>rare</b>"] * 3
    columns = {"spend": [float(i % 50) for i in range(283)], "visits": [i % 9 for i in range(283)], "town": towns}
    pq.write_table(pa.table(columns), place / "towns.parquet")
    fit_source(place / "towns.parquet", place / "towns", Choices(segments=2))
    return Studies([place / "small", place / "large", place / "towns"])


@pytest.fixture(scope="module")
def client(studies: Studies) -> Iterator[TestClient]:
    with TestClient(make_server(studies), base_url="http://127.0.0.1") as made:
        yield made


def place(live: LiveStudy, column: str) -> int:
    return live.variable(column)[0]


def asked(
    client: TestClient, studies: Studies, study: str = "small", route: str = "cube", **query: Any
) -> httpx.Response:
    answer: httpx.Response = client.get(
        f"/api/studies/{study}/{route}", params={"fit": studies.get(study).stamp, **query}
    )
    return answer


def read(live: LiveStudy, body: bytes, column: int, shown: list[int]) -> dict[int, NDArray[np.uint32]]:
    """The tables of a body, as the page reads it; the variable's own counts under its own place."""
    numbers, rows = np.frombuffer(body, "<u4"), live.variables[column].slots + 1
    found, at = {column: numbers[:rows]}, rows
    for other in shown:
        columns = live.variables[other].slots + 1
        found[other] = numbers[at : at + rows * columns].reshape(rows, columns)
        at += rows * columns
    assert at == len(numbers)
    return found


def test_a_cube_sums_up_to_the_counts_of_the_other_filters(client: TestClient, studies: Studies) -> None:
    live = studies.get("small")
    income, shown = place(live, "Income"), [place(live, c) for c in ("age", "Education", "__segment")]
    filters = {**FILTERS, "Income": [1, 2]}
    answer = asked(client, studies, column=income, shown=",".join(map(str, shown)), f=json.dumps(filters))
    assert answer.status_code == 200
    found = read(live, answer.content, income, shown)
    chosen = select(live.customers, parse_filters(FILTERS, live.variables), live.variables)
    expected = count_bins(live.engine, live.customers, live.variables, chosen)
    assert found[income].tolist() == expected["Income"]
    assert sum(expected["Income"]) > 0
    for other in shown:
        assert found[other].sum(axis=0).tolist() == expected[live.variables[other].column]


def test_a_kept_cube_of_everybody_is_the_same_again(client: TestClient, studies: Studies) -> None:
    first = asked(client, studies, column=0, shown="1,2")
    assert first.content == asked(client, studies, column=0, shown="1,2", f="{}").content
    assert first.content != asked(client, studies, column=0, shown="2,1").content


def test_an_answer_is_not_kept_by_the_browser(client: TestClient, studies: Studies) -> None:
    assert asked(client, studies, column=0).headers["Cache-Control"] == "no-store"


def test_the_bytes_follow_from_the_bins_and_not_from_the_customers(client: TestClient, studies: Studies) -> None:
    for study, customers in (("small", 300), ("large", 3000)):
        live = studies.get(study)
        assert live.fit.customers == customers
        shown = [i for i in range(len(live.variables)) if i != 0]
        slots = [v.slots + 1 for v in live.variables]
        answer = asked(client, studies, study, column=0, shown=",".join(map(str, shown)))
        assert len(answer.content) == 4 * (slots[0] + slots[0] * sum(slots[i] for i in shown))
        assert len(answer.content) < 200_000


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"column": "nothing"}, "A variable's place must be a number from 0 to"),
        ({"column": "-1"}, "A variable's place"),
        ({"column": "0", "shown": "1,999"}, "A variable's place"),
        ({"column": "0", "shown": "1,,2"}, "A variable's place"),
        ({"column": "0", "f": "{"}, "must be written as JSON"),
        ({"column": "0", "f": "[1]"}, "must be written as JSON"),
        ({"column": "0", "f": "[" * 20_000}, "must be written as JSON"),
        ({"column": "0", "f": '{"Incom": [1, 2]}'}, "Did you mean Income?"),
        ({"column": "0", "f": '{"Income": [NaN, 2]}'}, "must be a number"),
        ({"column": "0", "f": '{"Income": "all"}'}, "must be a pair of limits"),
    ],
)
def test_a_question_that_cannot_be_read_is_told_what_is_wrong(
    client: TestClient, studies: Studies, query: dict[str, str], words: str
) -> None:
    answer = asked(client, studies, **query)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert words in answer.json()["error"]


def test_limits_beyond_all_numbers_are_no_defect(client: TestClient, studies: Studies) -> None:
    live = studies.get("small")
    answer = asked(client, studies, column=place(live, "age"), f='{"Income": [1' + "0" * 400 + ", null]}")
    assert answer.status_code == 200
    assert not np.frombuffer(answer.content, "<u4").any()


def test_a_variable_that_is_asked_for_often_is_counted_once(client: TestClient, studies: Studies) -> None:
    live = studies.get("small")
    many = ",".join(str(i % len(live.variables)) for i in range(5000))
    once = ",".join(str(i) for i in range(len(live.variables)))
    assert asked(client, studies, column=0, shown=many).content == asked(client, studies, column=0, shown=once).content


def test_an_unknown_study_and_an_earlier_fit_are_told_apart(client: TestClient, studies: Studies) -> None:
    gone = client.get("/api/studies/gone/cube", params={"fit": "x", "column": "0"})
    assert (gone.status_code, list(gone.json())) == (404, ["error"])
    earlier = asked(client, studies, fit="fits/0000000000000000.json", column="0")
    assert (earlier.status_code, list(earlier.json())) == (409, ["error"])
    assert "fitted anew" in earlier.json()["error"]


def test_a_value_inside_other_is_found_with_its_customers(client: TestClient, studies: Studies) -> None:
    live = studies.get("towns")
    town = place(live, "town")
    assert "<b>rare</b>" not in live.variables[town].choices
    found = asked(client, studies, "towns", "values", column=town, search="RARE")
    assert found.json() == {"values": [["<b>rare</b>", 3]]}


def test_numbers_have_no_values_to_search(client: TestClient, studies: Studies) -> None:
    answer = asked(client, studies, "towns", "values", column=place(studies.get("towns"), "spend"), search="1")
    assert answer.status_code == 400
    assert "no values to search" in answer.json()["error"]


def test_a_cube_that_nobody_waits_for_is_counted_no_further(studies: Studies, monkeypatch: pytest.MonkeyPatch) -> None:
    live = studies.get("small")
    everyone = live.engine.store("many", pa.table({"a": list(range(200_000))}))
    pairs = everyone.cross_join(everyone.view()).agg(n=(ibis._.a * ibis._.a_right).sum())  # minutes of work
    monkeypatch.setattr(cubes, "count_cube", lambda engine, *_: engine.fetch(pairs))
    query = f"fit={live.stamp}&column={place(live, 'age')}&shown={place(live, 'Income')}"
    scope = {
        "type": "http", "method": "GET", "path": "/api/studies/small/cube", "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1")],
    }  # fmt: skip
    incoming = iter([{"type": "http.request", "body": b"", "more_body": False}])
    answers: list[Any] = []

    async def receive() -> Any:
        return next(incoming, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        answers.append(message)

    asyncio.run(asyncio.wait_for(make_server(studies)(scope, receive, send), 20))
    assert "nobody waits" in str(answers[-1])
