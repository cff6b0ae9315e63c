"""Drift: the customers that are scored against those of the fit."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from segscope import load
from segscope.cli import app
from segscope.scoring.drift import psi


def test_the_study_s_own_customers_have_not_drifted(shop: Path, shop_file: Path, tmp_path: Path) -> None:
    found = load(shop).score_file(shop_file, tmp_path / "out.csv")
    assert found.rows == 60 and found.drift is not None
    assert max(found.drift.psi.values()) == 0.0 and found.drift.changed == ()
    assert (
        found.drift.shares == found.drift.shares_before == pytest.approx({s.name: s.share for s in load(shop).segments})
    )


def test_other_customers_are_told_with_what_changed(shop: Path, tmp_path: Path) -> None:
    day = pa.array(["2023-02-01"] * 30).cast(pa.date32())
    table = pa.table({"first_order": day, "orders": [3] * 30, "spend": [25.5] * 20 + [None] * 9 + [9e9]})
    pq.write_table(table, tmp_path / "in.parquet")
    target, report = tmp_path / "out.parquet", tmp_path / "drift.json"
    done = CliRunner().invoke(
        app, ["score", str(shop), str(tmp_path / "in.parquet"), "-o", str(target), "--report", str(report)]
    )
    assert done.exit_code == 0, done.output
    told = json.loads(report.read_text())
    assert told["customers"] == 30 and "spend" in told["changed"] and told["psi"]["spend"] > 1
    assert told["shares"] != told["shares_before"]
    assert "PSI above 0.25" in done.output and "spend" in done.output


def test_a_parquet_file_is_scored_alike_in_parts_and_whole(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    day = pa.array(["2023-02-01", None, "2022-05-05"] * 100).cast(pa.date32())
    table = pa.table({"tags": [["a"]] * 300, "first_order": day, "orders": random.integers(0, 30, 300),
                      "spend": random.uniform(-50, 1500, 300), "segment": ["own"] * 300})  # fmt: skip
    pq.write_table(table, tmp_path / "in.parquet")
    monkeypatch.setattr("segscope.scoring.files.ROWS_AT_ONCE", 7)
    drift = load(shop).score_file(tmp_path / "in.parquet", tmp_path / "out.parquet").drift
    found, whole = pq.read_table(tmp_path / "out.parquet"), load(shop).score(table)
    assert drift is not None and drift.customers == 300
    assert found.column_names == [*table.column_names, "segment_2", "segment_probability", "second_segment"]
    assert found.select(table.column_names).equals(table)
    for name in found.column_names[-3:]:
        assert found[name].to_pylist() == whole[name].to_pylist()


def test_the_index_is_zero_for_equal_shares_and_finite_for_an_empty_bin() -> None:
    assert psi(np.array([5, 5]), np.array([50, 50])) == 0.0
    assert psi(np.array([10, 0]), np.array([5, 5])) == pytest.approx(
        (0.5 - 1) * np.log(0.5) + (0.5 - 1e-4) * np.log(0.5 / 1e-4)
    )
