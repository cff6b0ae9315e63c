"""One definition: page form, command line, HTTP, Python and SQL give each real customer the same segment."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from segscope import load
from segscope.cli import app
from segscope.engine import connect
from segscope.scoring import RecordScorer, gather_donors, place
from segscope.study import Choices, Order, carry_out, fit_source, open_study, read_card, read_fit
from segscope.study.folder import read_data
from segscope.study.handwork import HandEdit
from segscope.web.hosting import guarded
from segscope.web.server import make_server
from segscope.web.studies import Studies


def as_sent(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as JSON has them."""
    rows: list[dict[str, Any]] = json.loads(json.dumps(table.to_pylist(), default=str))
    return rows


def work_by_hand_on(folder: Path) -> None:
    """Merge, split and pin through the product itself."""
    ids = [s.id for s in read_fit(folder, read_card(folder)).segments]
    edits = (HandEdit("merge", ids[2], ids[3]), HandEdit("split", ids[0]), HandEdit("pin", ids[1], customer="5524"))
    for edit in edits:
        carry_out(Order(str(folder), by_hand=edit))


@pytest.mark.real
@pytest.mark.parametrize("by_hand", [False, True])
def test_every_way_gives_each_real_customer_the_same_segment(real_data: Path, tmp_path: Path, by_hand: bool) -> None:
    folder = tmp_path / "study"
    # Income has blanks, and a placeholder that counts as one; Education is a category.
    chosen = ("total_spend", "average_spend", "Income", "Education")
    fit_source(real_data / "marketing_campaign.csv", folder, Choices(segments=4, features=chosen))
    if by_hand:
        work_by_hand_on(folder)
    engine = connect()
    table = engine.fetch(read_data(folder, read_card(folder), engine, "source").drop("__row"))
    pq.write_table(table, tmp_path / "in.parquet")

    python = load(folder).score(table)["segment"].to_pylist()

    done = CliRunner().invoke(
        app, ["score", str(folder), str(tmp_path / "in.parquet"), "-o", str(tmp_path / "o.parquet")]
    )
    assert done.exit_code == 0, done.output
    assert pq.read_table(tmp_path / "o.parquet")["segment"].to_pylist() == python

    with duckdb.connect() as connection:
        connection.register("customers", table)
        sql = {row[0]: row[1] for row in connection.execute(load(folder).sql()).fetchall()}
    assert [sql[i] for i in table["ID"].to_pylist()] == python

    studies = Studies([folder])
    client = TestClient(guarded(make_server(studies), "127.0.0.1"), base_url="http://127.0.0.1")
    rows = as_sent(table)
    answer = client.post("/api/v1/studies/study/score", json={"customers": rows})
    assert [s["segment"] for s in answer.json()["scores"]] == python
    one_by_one = [client.post("/api/v1/studies/study/score", json={"customer": row}).json() for row in rows[::20]]
    assert [found["scores"][0]["segment"] for found in one_by_one] == python[::20]
    studies.close()

    live = open_study(folder)
    segmentation = live.fit.segmentation
    scorer = RecordScorer(segmentation)
    donors = gather_donors(live.engine, live.sample, segmentation, 200)
    # What the form does with all of its fields known; a blank is given as one.
    placed = [place(segmentation, donors, scorer.features(scorer.read(row))).first for row in rows[::5]]
    # A new customer has no identifier: nobody is pinned in the form.
    wanted = [name for row, name in zip(rows[::5], python[::5], strict=True) if scorer.pinned(row) is None]
    assert [
        live.fit.segments[p].name for p, row in zip(placed, rows[::5], strict=True) if scorer.pinned(row) is None
    ] == wanted
    assert len(wanted) == len(placed) - by_hand * (rows[::5][0]["ID"] == 5524)
    live.engine.close()
    engine.close()
