"""Every command in the README and docs runs, and the README's Python too.

The README's are processes of their own, as a user's are; the many of the how-to run in this one, which has loaded
everything already.
"""

import json
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from segscope import cli, samples
from segscope.library import load
from segscope.study import Choices, fit_source

ROOT = Path(__file__).parents[1]
SERVING = ("run", "serve", "demo")


def console_commands(text: str) -> list[list[str]]:
    blocks = re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL)
    return [shlex.split(line[2:]) for block in blocks for line in block.splitlines() if line.startswith("$ segscope ")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    samples.write(folder / "customers.csv", 250)
    samples.write(folder / "new-customers.csv", 200, seed=1)
    samples.write(folder / "new-customers.parquet", 200, seed=1)
    renamed = (folder / "new-customers.csv").read_text().replace("Dt_Customer", "Joined on").replace("MntWines", "Wine")
    (folder / "renamed.csv").write_text(renamed)
    with sqlite3.connect(folder / "shop.db") as shop:
        shop.execute("CREATE TABLE customers (id INTEGER, joined TEXT, orders INTEGER, spend REAL)")
        people = [(i, f"2023-{1 + i % 12:02d}-01", 1 + i % 9, 10.5 * (1 + i % 7)) for i in range(60)]
        shop.executemany("INSERT INTO customers VALUES (?, ?, ?, ?)", people)
        shop.execute("CREATE TABLE notes (text TEXT)")
    shop.close()
    return folder


def run(command: list[str], place: Path) -> None:
    """Run a command in a process of its own; a server until it says where it is."""
    full = [sys.executable, "-m", "segscope", *command[1:]]
    if command[1] in SERVING:
        full = full[: full.index("--port")] if "--port" in full else full
        server = subprocess.Popen(
            [*full, "--port", "8990", "--no-browser"], cwd=place, stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            assert any("http://127.0.0.1:" in line for line in server.stdout)
        finally:
            server.terminate()
            server.wait(10)
        return
    done = subprocess.run(full, cwd=place, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_every_command_of_the_readme_runs(place: Path) -> None:
    commands = console_commands((ROOT / "README.md").read_text(encoding="utf-8"))
    assert commands
    for command in commands:
        run(command, place)


def test_every_command_of_the_how_to_runs(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = console_commands((ROOT / "docs/how-to.md").read_text(encoding="utf-8"))
    assert commands
    monkeypatch.chdir(place)
    for command in commands:
        if command[1] in SERVING:
            run(command, place)
            continue
        told = list(takewhile(lambda word: word != ">", command))
        monkeypatch.setattr(sys, "argv", told)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert not ended.value.code, f"{told}: {said.err}"
        for target in command[len(told) + 1 :]:
            Path(target).write_text(said.out, encoding="utf-8")


def test_the_python_of_the_readme_runs(place: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)[0]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=place, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("customers, ") == 4


@pytest.fixture(scope="module")
def study(place: Path) -> Path:
    """A study of the customers, ``my-study`` as in the README."""
    fit_source(place / "customers.csv", place / "my-study", Choices(segments=3))
    return place / "my-study"


def test_scored_files_keep_their_rows(place: Path, study: Path) -> None:
    model = load(study)
    for name in ("scored.csv", "scored.parquet"):
        model.score_file(place / "new-customers.parquet", place / name)
    ids = pq.read_table(place / "new-customers.parquet")["ID"].to_pylist()
    assert pq.read_table(place / "scored.parquet")["ID"].to_pylist() == ids
    assert pacsv.read_csv(place / "scored.csv")["ID"].to_pylist() == ids


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.usefixtures("study")
def test_the_curl_example_of_the_readme_scores_a_customer(place: Path) -> None:
    line = re.findall(r"^curl .*$", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[0]
    command = [sys.executable, "-m", "segscope", "serve", "my-study", "--port", "8995"]
    server = subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = next(m for said in server.stdout if (m := re.search(r"http://127\.0\.0\.1:\d+", said)))[0]
        asked = shlex.split(line.replace("http://127.0.0.1:8050", address))
        said = subprocess.run([*asked, "--silent", "--fail"], capture_output=True, text=True, timeout=60, check=True)
    finally:
        server.terminate()
        server.wait(10)
    answer = json.loads(said.stdout)
    assert answer["scores"][0]["segment"]
