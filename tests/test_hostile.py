"""What somebody wrote into a customer file to run in a spreadsheet runs in none, whichever way it leaves."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import fastexcel
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from segscope.cli import app
from segscope.comparing import EVERYBODY, Compared, numbers_csv
from segscope.exporting import FORMULA
from segscope.library import load
from segscope.profiling import NumberProfile
from segscope.study import Choices, fit_source
from segscope.web.server import make_server
from segscope.web.studies import Studies

TEXTS = ["=1+1", "+cmd|' /C calc'!A0", "-1+1", "@SUM(A1)", "\t=1", "'=1", '"=1"', "-12.5", "plain", "\uff1d1"]
NAME, CODE = "=HYPERLINK(1)", "@code"
READ = [t.strip() for t in TEXTS]  # intake takes blanks off, a scored file keeps its cells


def disarmed(texts: list[str]) -> list[str]:
    """Four times, as often as they are in the file."""
    return [t if t in ('"=1"', "-12.5", "plain") else f"'{t}" for t in texts] * 4


def read_back(text: str) -> dict[str, list[str]]:
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def file(place: Path) -> Path:
    """Forty customers with a text that starts a formula, a code of letters, and an amount below nought."""
    path = place / "hostile.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["id", NAME, "spend", "orders", "balance"])
        for i in range(40):
            spend, orders = (900 + i, 20 + i % 5) if i % 2 else (20 + i, 2 + i % 3)
            writer.writerow([f"{i:03d}", TEXTS[i % len(TEXTS)], spend, orders, -12.5 - i])
    return path


@pytest.fixture(scope="module")
def study(place: Path, file: Path) -> Path:
    fit_source(file, place / "study", Choices(segments=2, features=("spend", "orders")), thorough=False)
    return place / "study"


@pytest.fixture(scope="module")
def client(study: Path) -> Iterator[TestClient]:
    studies = Studies([study])
    with TestClient(make_server(studies)) as opened:
        yield opened
    studies.close()


def check(found: dict[str, list[str]], texts: list[str]) -> None:
    """Texts are disarmed, in cells and names; numbers are as they were."""
    assert found[f"'{NAME}"] == texts
    assert found["balance"][:3] == ["-12.5", "-13.5", "-14.5"]


def test_the_page_sends_lists_that_run_nothing(client: TestClient, study: Path, place: Path) -> None:
    query = {"columns": [NAME, "balance"], "reason": "true"}
    answer = client.get("/api/studies/study/customers", params={"format": "csv", **query})
    check(read_back(answer.content.decode()), disarmed(READ))
    for ending in ("xlsx", "parquet"):
        answer = client.get("/api/studies/study/customers", params={"format": ending, **query})
        (place / f"o.{ending}").write_bytes(answer.content)
    sheet = fastexcel.read_excel(place / "o.xlsx").load_sheet(0).to_arrow().to_pydict()
    table = pq.read_table(place / "o.parquet").to_pydict()
    for found in (sheet, table):
        assert [str(v) for v in found[NAME]] == READ * 4
        assert found["balance"][:2] == [-12.5, -13.5]


def test_the_command_line_writes_lists_that_run_nothing(study: Path, place: Path) -> None:
    ran = CliRunner().invoke(
        app, ["export", str(study), "--columns", f"{NAME},balance", "--reason", "-o", str(place / "o.csv")]
    )
    assert ran.exit_code == 0, ran.output
    found = read_back((place / "o.csv").read_bytes().decode())
    check(found, disarmed(READ))
    assert list(found)[:5] == ["id", "segment", "segment_probability", "second_segment", "reason"]
    assert all("everyone's" in reason for reason in found["reason"])


def test_scoring_writes_files_that_run_nothing(study: Path, file: Path, place: Path) -> None:
    load(study).score_file(file, place / "scored.csv")
    check(read_back((place / "scored.csv").read_bytes().decode()), disarmed(TEXTS))


def test_numbers_behind_charts_run_nothing() -> None:
    one = NumberProfile(2, -3.0, -1.5, 0.5, -2, -2, -1.5, -1, -1)
    rows = [(Compared("x", text), EVERYBODY, one) for text in TEXTS]
    found = list(csv.reader(io.StringIO(numbers_csv(rows), newline="")))[1:]
    assert [row[0] for row in found] * 4 == disarmed(TEXTS)
    assert {row[3] for row in found} == {"-1.5"}


def test_the_same_signs_start_a_formula_in_the_browser() -> None:
    script = (Path(__file__).parents[1] / "src/segscope/web/assets/charts.js").read_text(encoding="utf-8")
    assert f"/{FORMULA}/" in script.replace("\\uff1d\\uff0b\\uff0d\\uff20", "\uff1d\uff0b\uff0d\uff20")
