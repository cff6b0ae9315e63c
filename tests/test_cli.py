"""The command line: the commands of the contract, and one line with exit code 2 for whatever a user gets wrong."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from segscope import __version__, cli
from segscope.cli.commands import is_newer
from segscope.study.audiences import Audience, save_audience

HEADER = "id,spend,orders\n"


class Ran:
    """What a command printed, and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


class Run:
    """Runs the command line in this process."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.patch, self.capture = patch, capture

    def __call__(self, *arguments: object) -> Ran:
        self.patch.setattr(sys, "argv", ["segscope", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        found = self.capture.readouterr()
        return Ran(code, found.out, found.err)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


def refused(ran: Ran, *told: str) -> None:
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("segscope: ")
    assert ran.err.count("\n") == 1, ran.err
    for words in told:
        assert words in ran.err


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with everything that a user may name by mistake."""
    customers = "".join(f"{i},{i * 7 % 90}.5,{i % 6 + 1}\n" for i in range(8))
    texts = {
        "ok.csv": HEADER + customers,
        "empty.csv": "",
        "header.csv": HEADER,
        "one.csv": HEADER + "1,2.5,3\n",
        "words.csv": "id,name\n1,ann\n2,bob\n3,cem\n",
        "alike.csv": HEADER + "1,2.5,3\n2,2.5,3\n3,9.5,1\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    rubbish = bytes((i * i * 37 + i // 7) % 256 for i in range(4000))
    (tmp_path / "rubbish.csv").write_bytes(rubbish)
    (tmp_path / "rubbish.parquet").write_bytes(b"PAR1" + rubbish + b"PAR1")
    (tmp_path / "folder").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("years of work", encoding="utf-8")
    return tmp_path


def listing(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*")}


WRONG_SOURCES = [
    ("nope.csv", "There is no file nope.csv. Did you mean"),
    ("folder", "folder is a folder"),
    ("empty.csv", "empty.csv is empty"),
    ("header.csv", "header.csv has a header but no customers"),
    ("one.csv", "one.csv: The file has 1 customer"),
    ("words.csv", "words.csv: No column holds numbers or categories"),
    ("alike.csv", "alike.csv: There are 2 different customers"),
    ("rubbish.csv", "rubbish.csv is not a table"),
    ("rubbish.parquet", "rubbish.parquet is a damaged or foreign Parquet file"),
]


@pytest.mark.parametrize("command", ["fit", "run"])
@pytest.mark.parametrize(("source", "told"), WRONG_SOURCES)
def test_a_source_that_cannot_be_segmented(run: Run, place: Path, command: str, source: str, told: str) -> None:
    before = listing(place)
    refused(run(command, place / source, "--study", place / "study", "--segments", 3), told)
    assert listing(place) == before


@pytest.mark.parametrize(("source", "told"), [w for w in WRONG_SOURCES if "customer" not in w[1] or "header" in w[0]])
def test_a_source_that_cannot_be_scored(run: Run, place: Path, shop: Path, source: str, told: str) -> None:
    before = listing(place)
    wanted = told if source != "words.csv" else "words.csv lacks the columns"
    refused(run("score", shop, place / source, "-o", place / "out.csv"), wanted)
    assert listing(place) == before


def test_cells_that_are_no_numbers_can_be_counted_as_blanks(run: Run, place: Path, shop: Path, shop_file: Path) -> None:
    text = shop_file.read_text(encoding="utf-8")
    for row in (0, 3, 6):
        text = text.replace(f"{900 + 7 * row},50", "lots")
    (place / "broken.csv").write_text(text, encoding="utf-8")
    score = ("score", shop, place / "broken.csv", "-o", place / "o.csv")
    refused(
        run(*score), "3 of its 60 values are none", "“lots” (row 1) and “lots” (row 4)", "add --type 'spend=number'"
    )
    assert run(*score, "--type", "spend=number").code == 0


@pytest.mark.parametrize("command", ["fit", "run"])
@pytest.mark.parametrize("k", ["0", "13", "1000", "-1", "x", "2.5", "", "²"])
def test_an_impossible_number_of_segments(run: Run, place: Path, command: str, k: str) -> None:
    ran = run(command, place / "ok.csv", "--study", place / "study", "--segments", k)
    refused(ran, f"must be a whole number from 1 to 12, or auto. Got {k}")
    assert not (place / "study").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--features", "spnd"], "ok.csv: There is no column 'spnd' to cluster on. Did you mean spend?"),
        (["--features", "id"], "its role is identifier"),
        (["--features", "spend,spend"], "'spend' is chosen twice"),
        (["--features", ""], "Choose at least one feature"),
        (["--features", " , "], "Choose at least one feature"),
        (["--transform", "log"], "'auto' or 'none'"),
        (["--seed", "-1"], "seed"),
    ],
)
def test_an_impossible_choice(run: Run, place: Path, options: list[str], told: str) -> None:
    refused(run("fit", place / "ok.csv", "--study", place / "study", *options), told)
    assert not (place / "study").exists()


@pytest.mark.parametrize(
    ("recipe", "told"), [("nope.json", "cannot be read"), ("ok.csv", "not JSON"), ("folder", "cannot be read")]
)
def test_a_recipe_that_is_none(run: Run, place: Path, recipe: str, told: str) -> None:
    refused(run("fit", place / "ok.csv", "--study", place / "study", "--recipe", place / recipe), told)


@pytest.mark.parametrize(
    ("study", "told"), [("other", "holds other files"), ("ok.csv", "is a file"), ("ok.csv/x", "is not a folder")]
)
def test_a_place_where_no_study_can_be(run: Run, place: Path, study: str, told: str) -> None:
    before = listing(place)
    refused(run("fit", place / "ok.csv", "--study", place / study, "--segments", 2), told)
    assert listing(place) == before


@pytest.mark.parametrize(
    ("command", "study", "told"),
    [
        ("describe", "nope", "There is no study at"),
        ("score", "nope", "There is no study at"),
        ("describe", "other", "is not a study"),
        ("score", "other", "is not a study"),
        ("serve", "other", "is not a study"),
        ("serve", "ok.csv", "is a file"),
    ],
)
def test_a_study_that_is_none(run: Run, place: Path, command: str, study: str, told: str) -> None:
    more = [place / "ok.csv", "-o", place / "out.csv"] if command == "score" else []
    refused(run(command, place / study, *more), told)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null"])
def test_a_damaged_study(run: Run, place: Path, shop: Path, text: str) -> None:
    folder = shutil.copytree(shop, place / "study")
    (folder / "study.json").write_text(text, encoding="utf-8")
    refused(run("describe", folder, "--json"), "study.json")


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("nowhere/out.csv", "There is no folder"),
        ("out.xls", "must end in .csv, .tsv, .parquet or .xlsx"),
        ("out", "must end in"),
    ],
)
def test_a_place_where_no_scores_can_be(
    run: Run, place: Path, shop: Path, shop_file: Path, target: str, told: str
) -> None:
    before = listing(place)
    refused(run("score", shop, shop_file, "-o", place / target), told)
    assert listing(place) == before


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--customers", "0"], "from 1 to 100,000,000"),
        (["--customers", "9", "--kind", "people"], "'customers' or 'transactions'"),
    ],
)
def test_an_impossible_sample(run: Run, place: Path, options: list[str], told: str) -> None:
    refused(run("sample", *options, "-o", place / "sample.csv"), told)
    assert not (place / "sample.csv").exists()


@pytest.mark.parametrize(
    "arguments", [["fit"], ["frobnicate"], ["fit", "a.csv", "--bogus"], ["fit", "a.csv", "--seed", "x"]]
)
def test_a_command_that_is_written_wrong_ends_with_code_2(run: Run, arguments: list[str]) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_an_old_study_outlives_a_refused_fit(run: Run, place: Path, shop: Path) -> None:
    folder = shutil.copytree(shop, place / "study")
    before = {p: p.read_bytes() for p in folder.rglob("*.*")}
    refused(run("fit", place / "alike.csv", "--study", folder, "--segments", 3), "alike.csv")
    assert {p: p.read_bytes() for p in folder.rglob("*.*")} == before


# ----------------------------------------------------------------------------------------------------- what should work


def test_fit_describe_and_score(run: Run, place: Path, shop_file: Path) -> None:
    fitted = run("fit", shop_file, "--study", place / "study", "--segments", "2", "--transform", "none", "--seed", "3")
    assert (fitted.code, len(fitted.out.splitlines())) == (0, 2)
    assert "Top spenders" in fitted.out.splitlines()[0]

    described = run("describe", place / "study", "--json")
    found = json.loads(described.out)
    assert (found["customers"], found["k"], found["transform"], found["seed"]) == (60, 2, "none", 3)
    assert run("describe", place / "study", "--json").out == described.out
    assert run("describe", place / "study").out.startswith("60 customers, 2 segments")

    scored = run("score", place / "study", shop_file, "-o", place / "out.csv")
    assert scored.out.startswith("60 customers scored into out.csv\n")
    with (place / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["customer_id"] for r in rows] == [f"{i:04d}" for i in range(60)]
    assert [sum(r["segment"] == s["name"] for r in rows) for s in found["segments"]] == [20, 40]


def test_a_recipe_of_another_study_is_followed(run: Run, place: Path, shop: Path, shop_file: Path) -> None:
    from segscope.study import read_card, read_fit

    (place / "recipe.json").write_text(read_fit(shop, read_card(shop)).recipe.to_json(), encoding="utf-8")
    assert run("fit", shop_file, "--study", place / "study", "--recipe", place / "recipe.json", "--quick").code == 0
    assert run("describe", place / "study", "--json").out == run("describe", shop, "--json").out


def test_a_sample_is_written(run: Run, place: Path) -> None:
    ran = run("sample", "--customers", "20", "-o", place / "sample.csv")
    assert ran.out == "20 synthetic rows written to sample.csv\n"
    assert len((place / "sample.csv").read_text(encoding="utf-8").splitlines()) == 21


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").out == f"segscope {__version__}\n"


def test_a_refusal_in_a_process_of_its_own(place: Path) -> None:
    command = [sys.executable, "-m", "segscope", "fit", str(place / "nope.csv"), "--study", str(place / "study")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    refused(Ran(ran.returncode, ran.stdout, ran.stderr), "There is no file nope.csv")


def test_a_reader_that_has_seen_enough_is_no_error(shop: Path) -> None:
    command = f'"{sys.executable}" -m segscope describe "{shop}" --json | head -c 10'
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (ran.stdout[:1], ran.stderr) == ("{", "")


def test_a_list_of_a_segment_and_an_audience_is_exported(run: Run, place: Path, shop: Path) -> None:
    folder = shutil.copytree(shop, place / "study")
    save_audience(folder, Audience("Bonn", {"city": {"in": ["Bonn"]}}))
    ran = run("export", folder, "--audience", "bonn", "--columns", "age,city", "-o", place / "o.csv")
    assert (ran.code, ran.out) == (0, "20 customers written to o.csv\n")
    head, first, *_ = (place / "o.csv").read_text(encoding="utf-8").splitlines()
    assert head == '"customer_id","segment","segment_probability","second_segment","age","city"'
    assert first.startswith('"0001",')
    assert first.endswith('"Bonn"')
    refused(run("export", folder, "--segment", "nobody", "-o", place / "o.csv"), "There is no segment 'nobody'")
    refused(run("export", folder, "--columns", "agee", "-o", place / "o.csv"), "Did you mean age?")
    refused(run("export", folder, "-o", place / "o.pdf"), "must end in")
    refused(run("export", folder, "--audience", "Bon", "-o", place / "x.csv"), "Did you mean Bonn?")
    assert not (place / "x.csv").exists()


def test_columns_of_other_names_are_said_to_stand_for_those_that_are_missing(run: Run, place: Path, shop: Path) -> None:
    (place / "in.csv").write_text(
        "first_order;orders;paid\n01.02.2023;21;950,50\n01.02.2023;3;25,50\n", encoding="utf-8"
    )
    score = ("score", shop, place / "in.csv", "-o", place / "out.csv")
    refused(
        run(*score),
        "lacks the column 'spend'. There are: paid. If another column is meant, add --rename 'COLUMN=spend'.",
    )
    refused(run(*score, "--rename", "paid"), "--rename must be COLUMN=NAME. Got 'paid'.")
    refused(run(*score, "--rename", "payed=spend"), "has no column 'payed'. Did you mean paid?")
    ran = run(*score, "--rename", "paid=spend")
    assert ran.code == 0, ran.err
    assert (place / "out.csv").read_text(encoding="utf-8").splitlines()[0].count("paid") == 1


def test_a_folder_is_newer_than_its_study_once_one_of_its_files_is_written_anew(shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "customers.parquet"
    folder.mkdir()
    (folder / "part-0.parquet").write_bytes(b"")
    fitted = (shop / "study.json").stat().st_mtime
    for place in (folder / "part-0.parquet", folder):
        os.utime(place, (fitted - 60, fitted - 60))
    assert not is_newer(str(folder), shop)
    os.utime(folder / "part-0.parquet", (fitted + 60, fitted + 60))
    assert is_newer(str(folder), shop)
    assert is_newer("shop.customers", shop), "whether a table has changed, only reading tells"
