"""The project keeps its promises: what CONTRIBUTING.md and SECURITY.md say of the repository as a whole."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCES = sorted((REPOSITORY / "src").rglob("*.py"))

MACHINE_PATH = re.compile(r"(?<![\w.:/~-])/(?:home|Users|root|work|opt|mnt)/\w|\b[A-Z]:\\Users\\")
DOWNLOAD_ADDRESS = re.compile(r"https?://[^ ]*(/simple/|\.whl|\.tar\.gz|\.tgz|\.deb)")

UNSAFE_MODULES = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
UNSAFE_CALLS = {"eval", "exec"}


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every text file that git tracks or would add, by its path."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip(f"not a git checkout: {listing.stderr.strip()}")
    found = {}
    for name in filter(None, listing.stdout.split("\0")):
        try:
            found[name] = (REPOSITORY / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):  # a picture, or deleted and not yet committed
            continue
    return found


def lines_that_match(pattern: re.Pattern[str], texts: dict[str, str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def canonical(requirement: str) -> str:
    """The normalised project name at the start of a requirement (PEP 503)."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name.group()).lower()


def unsafe_uses(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module)):
                modules = [module]
            case ast.Call(func=ast.Name(id=name)) if name in UNSAFE_CALLS:
                yield f"line {node.lineno}: {name}(...)"
                continue
            case _:
                continue
        for module in modules:
            if module.partition(".")[0] in UNSAFE_MODULES:
                yield f"line {node.lineno}: import of {module}"


def test_no_file_names_a_path_of_somebodys_machine(texts: dict[str, str]) -> None:
    assert lines_that_match(MACHINE_PATH, texts) == []


def test_no_file_holds_a_download_address(texts: dict[str, str]) -> None:
    assert lines_that_match(DOWNLOAD_ADDRESS, texts) == []


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("data = '/" + "home/ann/customers.csv'", MACHINE_PATH),
        ("see /" + "work/notes", MACHINE_PATH),
        ("open('C:" + r"\Users\ann\customers.csv')", MACHINE_PATH),
        ("--index-url https://" + "pypi.example/simple/", DOWNLOAD_ADDRESS),
        ("polars @ https://" + "files.example/polars-2.1.0-py3-none-any.whl", DOWNLOAD_ADDRESS),
    ],
)
def test_the_patterns_find_what_they_are_for(line: str, pattern: re.Pattern[str]) -> None:
    assert lines_that_match(pattern, {"example": line}) == [f"example:1: {line}"]


def test_constraints_are_exact_pins_and_cover_every_dependency() -> None:
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[^\s;]+", pin)] == []

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {canonical(each) for each in project["dependencies"] + project["optional-dependencies"]["dev"]}
    assert wanted - {canonical(pin) for pin in pins} == set()


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_the_papers_are_there(name: str) -> None:
    assert (REPOSITORY / name).read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPOSITORY / "src")))
def test_no_pickle_and_no_evaluation_of_text(path: Path) -> None:
    assert list(unsafe_uses(path.read_text(encoding="utf-8"))) == []


def test_unsafe_uses_are_found() -> None:
    source = "import os, pickle\nfrom joblib.pool import dump\neval('1')\nmodel.eval()\n"
    assert list(unsafe_uses(source)) == [
        "line 1: import of pickle",
        "line 2: import of joblib.pool",
        "line 3: eval(...)",
    ]
