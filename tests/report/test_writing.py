"""Writing reports: the command, the route of the page, and whatever a user gets wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from segscope.errors import SourceError, StudyError
from segscope.report import ENDINGS, write_report
from segscope.web.reporting import report_address, routes
from segscope.web.studies import Studies
from tests.test_cli import Run, refused


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    studies, server = Studies([folder]), FastAPI()
    server.include_router(routes(studies))
    with TestClient(server) as opened:
        yield opened
    studies.close()


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


@pytest.mark.parametrize("ending", ENDINGS)
def test_command_and_page_give_the_same_bytes(
    command: Run, client: TestClient, folder: Path, tmp_path: Path, ending: str
) -> None:
    target = tmp_path / f"report{ending}"
    ran = command("report", folder, "-o", target)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Report written to {target.name}")
    answer = client.get(report_address("study", "html" if ending == ".html" else "pptx"))
    assert answer.status_code == 200
    assert answer.content == target.read_bytes()
    assert f"report{ending}" in answer.headers["content-disposition"]
    assert answer.headers["content-encoding"] == "identity"
    assert [p.name for p in tmp_path.iterdir()] == [target.name]


def test_a_report_of_a_study_that_is_not_there(client: TestClient) -> None:
    answer = client.get(report_address("studi", "html"))
    assert (answer.status_code, answer.json()) == (404, {"error": "There is no study 'studi'. Did you mean study?"})


def test_an_ending_that_is_no_report(command: Run, folder: Path, tmp_path: Path) -> None:
    refused(command("report", folder, "-o", tmp_path / "report.docx"), "report.docx must end in .html or .pptx.")


def test_a_folder_that_is_no_study(command: Run, tmp_path: Path) -> None:
    refused(command("report", tmp_path, "-o", tmp_path / "report.html"), "is not a study")
    with pytest.raises(StudyError, match="There is no study at"):
        write_report(tmp_path / "nope", tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "taken.html").mkdir()
    for target, told in (
        (tmp_path / "taken.html", "is a folder"),
        (tmp_path / "nowhere" / "report.html", "There is no folder"),
        (Path("/proc/report.html"), "cannot be written"),  # where not even root may write
    ):
        with pytest.raises(SourceError, match=told):
            write_report(folder, target)
    assert [p.name for p in tmp_path.iterdir()] == ["taken.html"]
