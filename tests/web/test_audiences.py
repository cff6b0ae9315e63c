"""Audiences and lists in the page: routes against the real application, parts against a real study."""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastexcel
import httpx
import numpy as np
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segscope.study import SEGMENT_VARIABLE
from segscope.study.audiences import Audience, read_audiences, save_audience
from segscope.study.loading import Loaded, Loading
from segscope.web.audiences import act, rows, undo_row
from segscope.web.differing import EVERYONE, REST, find_differences
from segscope.web.exploration import associated, clicked_pair, selection_counts
from segscope.web.list_export import offered
from segscope.web.lists import list_address, routes
from segscope.web.plots import crosstab_title, draw_pair
from segscope.web.studies import Studies
from segscope.web.whose import AUDIENCE, SEGMENT

KOELN = Audience("Köln & co", {"city": {"in": ["Köln"]}})
GONE = Audience("Rich", {"salary": [1, 2]})


@pytest.fixture(scope="module")
def studies(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studies]:
    folder = shutil.copytree(shop, tmp_path_factory.mktemp("audiences") / "shop")
    save_audience(folder, KOELN)
    save_audience(folder, GONE)
    opened = Studies([folder])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(studies: Studies) -> Iterator[TestClient]:
    server = FastAPI()
    server.include_router(routes(studies))
    with TestClient(server) as opened:
        yield opened


def got(client: TestClient, **wanted: Any) -> httpx.Response:
    answer: httpx.Response = client.get(list_address("shop", **wanted))
    return answer


STATES = st.fixed_dictionaries(
    {},
    optional={
        "age": st.tuples(st.integers(20, 45), st.integers(45, 70)).map(list),
        "city": st.fixed_dictionaries({"in": st.lists(st.sampled_from(["Köln", "Bonn", "(blank)"]), min_size=1)}),
        "orders": st.tuples(st.none(), st.integers(0, 25)).map(list),
    },
)


@given(STATES)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_list_that_is_sent_has_as_many_rows_as_the_page_counts(
    client: TestClient, studies: Studies, state: dict[str, Any]
) -> None:
    answer = got(client, f=json.dumps(state), format="csv", columns=[""])
    sent = list(csv.reader(io.StringIO(answer.text)))
    assert sent[0] == ["customer_id", "segment", "segment_probability", "second_segment"]
    assert len(sent) - 1 == selection_counts(studies.get("shop"), state)["selected"]


def test_every_format_holds_the_same_customers(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "o.xlsx").write_bytes(got(client, format="xlsx", audience="Köln & co").content)
    sheet = fastexcel.read_excel(tmp_path / "o.xlsx").load_sheet(0).to_arrow().to_pydict()
    table = pq.read_table(io.BytesIO(got(client, format="parquet", audience="Köln & co").content)).to_pydict()
    lines = list(csv.DictReader(io.StringIO(got(client, format="csv", audience="Köln & co").text)))
    assert len(lines) == 20
    assert sheet["customer_id"] == table["customer_id"] == [line["customer_id"] for line in lines]
    assert sheet["note"] == table["note"]
    assert [line["note"] for line in lines] == ["'" + note for note in table["note"]], "a formula that would run"


def test_a_download_is_named_after_what_it_is_and_is_not_compressed_again(client: TestClient) -> None:
    headers = got(client, audience="Köln & co").headers
    assert headers["content-disposition"].startswith('attachment; filename="shop-k-ln-co-customers.csv"')
    assert headers["content-encoding"] == "identity"


@pytest.mark.parametrize(
    ("wanted", "status", "told"),
    [
        ({"audience": "Köln co"}, 404, "Did you mean Köln & co?"),
        ({"audience": "Rich"}, 404, "'Rich' no longer fits this study"),
        ({"segment": "nobody"}, 404, "There is no segment 'nobody'"),
        ({"columns": ["agee"]}, 400, "Did you mean age?"),
        ({"f": "{"}, 400, "must be a JSON object"),
        ({"f": '{"age": "x"}'}, 400, "must be a pair of limits"),
        ({"format": "exe"}, 422, "csv"),
    ],
)
def test_what_cannot_be_sent_says_why(client: TestClient, wanted: dict[str, Any], status: int, told: str) -> None:
    answer = got(client, **wanted)
    assert answer.status_code == status
    assert told in answer.text
    assert "content-disposition" not in answer.headers
    assert client.get(list_address("../shop")).status_code == 404


def texts(part: Any) -> str:
    """All the words of a component."""
    if isinstance(part, (list, tuple)):
        return " ".join(map(texts, part))
    if isinstance(part, str):
        return part
    return texts(getattr(part, "children", None) or [])


def test_the_list_of_audiences_tells_sizes_conditions_and_what_is_gone(studies: Studies) -> None:
    koeln, gone = rows(studies.get("shop"))
    assert "20 customers · 33\u202f%" in texts(koeln)
    assert "City Köln" in texts(koeln)
    assert "no longer fits this study" in texts(gone)
    assert "Apply" not in texts(gone)


def test_an_export_is_offered_with_its_size_and_refused_where_it_cannot_be(studies: Studies) -> None:
    live = studies.get("shop")
    counts = selection_counts(live, {"city": {"in": ["Bonn"]}})
    words, href, look = offered(live, "shop", counts, ("selection", "csv", "few", False))
    assert words == "20 customers, 4 columns: customer_id, segment, segment_probability and second_segment"
    assert href == list_address("shop", format="csv", f='{"city": {"in": ["Bonn"]}}', columns=[""])
    assert look == "button primary"
    words, href, look = offered(live, "shop", counts, ("audience:Rich", "csv", "all", False))
    assert (href, look) == ("", "button primary off")
    assert "no longer fits" in texts(words)


def test_an_audience_is_renamed_deleted_and_put_back(shop: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(shop, tmp_path / "own")
    save_audience(folder, KOELN)
    studies = Studies([folder])
    live = studies.get("own")
    act(live, "rename", KOELN.name, "Cologne", None)
    assert [a.name for a in read_audiences(folder)] == ["Cologne"]
    shown, changed, _ = act(live, "rename", "Cologne", " ", None)
    assert "needs a name" in texts(shown[0])
    _, changed, removed = act(live, "delete", "Cologne", None, None)
    assert (read_audiences(folder), changed) == ((), {"deleted": "Cologne"})
    assert "Deleted Cologne" in " ".join(texts(undo_row(removed)).split())
    act(live, "undo", "Cologne", None, removed)
    assert read_audiences(folder) == (Audience("Cologne", KOELN.filters),)
    studies.close()


@pytest.mark.parametrize(
    ("against", "told"),
    [
        (REST, "Against the other 30 customers"),
        (EVERYONE, "Against all 60 customers, the selection among them"),
        (AUDIENCE + KOELN.name, "Against the 20 customers of Köln & co"),
        (SEGMENT + "s1", "of whom are selected too"),
    ],
)
def test_a_selection_is_compared_with_whom_one_chooses(studies: Studies, against: str, told: str) -> None:
    live = studies.get("shop")
    found = find_differences(live, selection_counts(live, {"newsletter": {"in": ["yes"]}}), against)
    assert told in found.note
    shown = texts(found.rows)
    assert " vs " in shown
    assert " to " in shown, "the interval stands in the row"
    assert "Newsletter" not in shown, "what is filtered by differs by choice"
    assert found.title != "How does this selection differ?"


def test_a_selection_against_an_audience_equals_the_same_customers_as_the_rest(studies: Studies) -> None:
    live = studies.get("shop")
    counts = selection_counts(live, {"city": {"in": ["Bonn", "Ulm"]}})
    rest = find_differences(live, counts, REST)
    audience = find_differences(live, counts, AUDIENCE + KOELN.name)
    assert texts(rest.rows) == texts(audience.rows)


def test_any_cell_of_the_associations_opens_its_pair(studies: Studies) -> None:
    live = studies.get("shop")

    def clicked(x: str, y: str) -> dict[str, str]:
        return clicked_pair(live, {"points": [{"x": x, "y": y}]})

    assert clicked("Age", "Spend") == {"explore-x": "age", "explore-y": "spend"}
    assert clicked("City", "Age") == {"explore-box-y": "age", "explore-box-x": "city"}
    assert clicked("Age", "City") == {"explore-box-y": "age", "explore-box-x": "city"}
    assert clicked("City", "Newsletter") == {"explore-box-y": "newsletter", "explore-box-x": "city"} or clicked(
        "City", "Newsletter"
    ) == {"explore-box-y": "city", "explore-box-x": "newsletter"}
    assert clicked("Age", "Age") == clicked("Age", "nothing") == clicked_pair(live, None) == {}


def test_a_small_selection_of_many_customers_is_looked_at_whole(studies: Studies) -> None:
    """As if only nine of the sixty were in the sample: what is told of twenty customers rests on all twenty."""
    live = studies.get("shop")
    few = Loaded(live.engine, live.customers, live.sample.filter(live.sample.age > 55))
    thin = replace(live, loading=Loading.over(few))
    counts = selection_counts(thin, {"city": {"in": ["Bonn"]}})
    assert associated(thin, counts).customers == counts["selected"] == 20
    chart, _, note = draw_pair(thin, counts, {"x": "age", "y": "spend", "size": "", "colour": ""}, "light")
    assert len(chart.data[-1].x) == 19, "one of them has no age"
    assert note.startswith("All 19 customers with both values as points")


def test_of_many_customers_points_are_a_part_and_shades_count_all(
    studies: Studies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segscope.web.plots.POINTS", 10)
    live = studies.get("shop")
    counts = selection_counts(live, {"newsletter": {"in": ["yes"]}})
    names = {"x": "orders", "y": "spend", "size": "", "colour": SEGMENT_VARIABLE}
    chart, _, note = draw_pair(live, counts, names, "light")
    grids = [t for t in chart.data if t.type == "heatmap"]
    assert [np.nansum(t.z) for t in grids] == [60, 30], "everybody, and the selection"
    assert sum(len(t.x) for t in chart.data if t.type == "scattergl") <= 10
    assert note.startswith("Shades count all 30 customers with both values")


def test_a_crosstab_of_nobody_has_a_title_too() -> None:
    from segscope.exploring import Crosstab, Variable

    city = Variable("c", "City", "category")
    assert crosstab_title(Crosstab((), (), ()), city, city) == "City by City"
    even = Crosstab(("a", "b"), ("c", "d"), ((50, 50), (50, 50)))
    assert crosstab_title(even, city, city) == "City hardly goes with City"
