"""Files scored in the page: taken, scored in a child, fetched in any format, and gone afterwards."""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastexcel
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from plotly.utils import PlotlyJSONEncoder

from segscope.settings import Settings
from segscope.web.batch import said_of
from segscope.web.batches import Batch
from segscope.web.hosting import guarded
from segscope.web.server import make_server
from segscope.web.studies import Studies

CSV = "first_order;orders;spend;note\n2023-02-01;21;950,5;=SUM(A1)\n2023-02-01;3;25,5;\n"
SEND = "/api/studies/study/batch"


@pytest.fixture(scope="module")
def studies(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studies]:
    found = Studies([shop], tmp_path_factory.mktemp("home"), Settings(upload_limit=10_000))
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(studies: Studies) -> TestClient:
    return TestClient(guarded(make_server(studies), "127.0.0.1"), base_url="http://127.0.0.1")


def scored(client: TestClient, studies: Studies, name: str, body: bytes) -> str:
    answer = client.post(SEND, params={"name": name}, content=body)
    assert answer.status_code == 202, answer.text
    token: str = answer.json()["token"]
    ended(studies, token)
    return token


def ended(studies: Studies, token: str) -> Batch | None:
    for _ in range(600):
        batch = studies.batches.get(token)
        if batch is None or batch.status != "running":
            return batch
        time.sleep(0.1)
    raise AssertionError("the file was not scored within a minute")


def left(studies: Studies) -> list[Path]:
    return [p for folder in studies.home.folder.iterdir() for p in folder.iterdir()]


def test_a_file_is_scored_told_of_and_fetched_in_any_format(client: TestClient, studies: Studies) -> None:
    token = scored(client, studies, "new.csv", CSV.encode())
    batch = studies.batches.get(token)
    assert batch is not None and batch.status == "done", batch
    assert batch.result["rows"] == 2 and set(batch.result["columns"]) == {"first_order", "orders", "spend"}
    assert list(batch.result["drift"]["shares"].values()) == [0.5, 0.5]
    assert [p.suffix for p in left(studies)] == [".parquet"]  # what was sent is gone already
    text = client.get(f"/api/batches/{token}/scored").text.replace('"', "").splitlines()
    names = [s.name for s in studies.get("study").fit.segments]
    assert text[0].startswith("first_order,orders,spend,note,segment,segment_probability,second_segment")
    assert "'=SUM(A1)" in text[1] and names[0] in text[1] and names[1] in text[2]
    table = pq.read_table(io.BytesIO(client.get(f"/api/batches/{token}/scored?format=parquet").content))
    assert table["segment"].to_pylist() == names
    book = fastexcel.read_excel(client.get(f"/api/batches/{token}/scored?format=xlsx").content)
    assert book.load_sheet(0).to_arrow()["segment"].to_pylist() == names
    words = str(said_of(batch, studies.get("study").fit))
    assert "2 rows of new.csv scored" in words and "changed" in words
    assert client.delete(f"/api/batches/{token}").status_code == 204
    assert client.get(f"/api/batches/{token}/scored").status_code == 404
    assert left(studies) == []


def test_a_column_that_is_missing_is_named_with_those_that_may_stand_for_it(
    client: TestClient, studies: Studies
) -> None:
    token = scored(client, studies, "new.csv", CSV.replace("spend", "spent").encode())
    batch = studies.batches.get(token)
    assert batch is not None and batch.status == "asking"
    assert batch.message == "new.csv lacks the column 'spend'."
    assert (batch.missing, batch.there) == (("spend",), ("spent", "note"))
    assert len(left(studies)) == 1  # until somebody says which it is
    client.delete(f"/api/batches/{token}")
    assert left(studies) == []


def test_another_column_can_stand_for_one_that_is_missing(client: TestClient, studies: Studies) -> None:
    token = scored(client, studies, "new.csv", CSV.replace("spend", "spent").replace("orders", "n").encode())
    columns = f"/api/batches/{token}/columns"
    for chosen, said in (
        ({"spend": "spent", "orders": "spent"}, "“spent” is chosen for “spend” and “orders”"),
        ({"first_order": "note"}, "those that are missing only"),
    ):
        answer = client.post(columns, json=chosen)
        assert (answer.status_code, said in answer.json()["error"]) == (400, True)
    # What is not enough, or does not fit, is asked for again.
    for chosen, said in (
        ({"spend": "spent"}, "lacks the column 'orders'"),
        ({"spend": "note", "orders": "n"}, "numbers"),
    ):
        assert client.post(columns, json=chosen).status_code == 202
        batch = ended(studies, token)
        assert batch is not None and (batch.status, set(batch.missing)) == ("asking", {"orders", "spend"})
        assert said in batch.message and batch.chosen == chosen
    assert client.post(columns, json={"spend": "spent", "orders": "n"}).status_code == 202
    batch = ended(studies, token)
    assert batch is not None and batch.status == "done"
    assert "spend (here spent)" in str(said_of(batch, studies.get("study").fit))
    first = client.get(f"/api/batches/{token}/scored").text.splitlines()[0].replace('"', "")
    assert first == "first_order,n,spent,note,segment,segment_probability,second_segment"
    assert client.post(columns, json={}).status_code == 400
    client.delete(f"/api/batches/{token}")
    assert left(studies) == []


def test_the_choice_of_a_column_proposes_what_was_chosen_before_and_else_the_nearest(studies: Studies) -> None:
    fit = studies.get("study").fit
    asked = Batch("t", "s", "f", "asking", missing=("spend", "orders"), there=("spent", "money", "</option><script>"))

    def proposed(kept: dict[str, str]) -> list[str]:
        picks = json.loads(json.dumps(said_of(asked, fit, kept), cls=PlotlyJSONEncoder))["props"]["children"][1]
        found = [
            o["props"] for row in picks["props"]["children"] for o in row["props"]["children"][1]["props"]["children"]
        ]
        return [o["value"] for o in found if o["selected"]]

    assert proposed({}) == ["spent", ""]
    assert proposed({"spend": "money", "orders": "gone"}) == ["money", ""]


@pytest.mark.parametrize(
    ("address", "body", "status", "said"),
    [
        ("/api/studies/nope/batch", b"x", 404, "There is no study 'nope'"),
        (SEND, b"", 400, "is empty"),
        (SEND, b"x" * 10_001, 413, "larger than"),
    ],
)
def test_what_cannot_be_taken_is_refused(
    client: TestClient, studies: Studies, address: str, body: bytes, status: int, said: str
) -> None:
    answer: Any = client.post(address, params={"name": "a.csv"}, content=body)
    assert (answer.status_code, said in answer.json()["error"]) == (status, True)
    assert left(studies) == []


def test_a_file_that_is_removed_while_it_is_scored_leaves_nothing(client: TestClient, studies: Studies) -> None:
    answer = client.post(SEND, params={"name": "new.csv"}, content=CSV.encode())
    token = answer.json()["token"]
    assert client.delete(f"/api/batches/{token}").status_code == 204
    assert studies.batches.get(token) is None
    for _ in range(600):
        if not left(studies):
            return
        time.sleep(0.1)
    raise AssertionError(left(studies))
