"""Uploads and downloads against a real server: streamed, bounded, refused early, and nothing left of what broke off."""

import http.client
import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from segscope.settings import MIB, Settings
from segscope.study import read_card
from segscope.study.archive import holds_study
from segscope.web import changes
from segscope.web.hosting import guarded
from segscope.web.server import make_server
from segscope.web.studies import Studies

PATIENCE = 180.0
LIMIT = 3 * MIB


@dataclass(frozen=True)
class Running:
    """A server in this process, with an upload limit of 3 MB."""

    port: int
    studies: Studies

    @property
    def incoming(self) -> list[Path]:
        """Files on their way."""
        return [p for place in self.studies.home.folder.glob(".incoming-*") for p in place.iterdir()]

    def ask(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        """Ask and wait for the answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})  # type: ignore[arg-type]
        answer = line.getresponse()
        content = answer.read()
        line.close()
        return answer.status, content, answer.msg

    def raw(self, head: str) -> socket.socket:
        """Send the head of a request; its body is the caller's."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        line.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        return line


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def running(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("uploads")
    shutil.copytree(shop, home / "shop")
    studies = Studies([], home, Settings(upload_limit=LIMIT))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    application = guarded(make_server(studies), "127.0.0.1")
    server = uvicorn.Server(uvicorn.Config(application, port=port, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    yield Running(port, studies)
    server.should_exit = True
    thread.join(10)
    studies.close()


def error_of(content: bytes) -> str:
    return str(json.loads(content)["error"])


def test_an_upload_becomes_a_study(running: Running, shop_file: Path) -> None:
    for method, made in (("POST", "my-shop"), ("PUT", "my-shop-2")):
        status, content, _ = running.ask(method, "/api/uploads?name=..%2FMy%20shop.csv", shop_file.read_bytes())
        assert (status, json.loads(content)["study"]) == (202, made)
        wait_for(lambda made=made: made in running.studies.ids)  # type: ignore[misc]
        assert read_card(running.studies.folder(made)).source == "My shop.csv"
    wait_for(lambda: not running.incoming)


def test_a_study_goes_out_as_a_zip_and_comes_in_again(running: Running, tmp_path: Path) -> None:
    changes.rename(running.studies, "shop", 'Köln "A/B"\u202e')
    status, content, headers = running.ask("GET", "/api/studies/shop/archive", Accept_Encoding="gzip")
    assert status == 200
    assert (
        headers["Content-Disposition"]
        == "attachment; filename=\"k-ln-a-b.zip\"; filename*=UTF-8''K%C3%B6ln%20%22A-B%22.zip"
    )
    assert "Content-Encoding" not in headers or headers["Content-Encoding"] == "identity"
    (tmp_path / "out.zip").write_bytes(content)
    assert holds_study(tmp_path / "out.zip")
    assert running.ask("POST", "/api/uploads?name=back.zip", content)[0] == 202
    wait_for(lambda: "back" in running.studies.ids)
    assert read_card(running.studies.folder("back")) == read_card(running.studies.folder("shop"))


def test_a_study_that_is_none_is_not_sent(running: Running) -> None:
    status, content, _ = running.ask("GET", "/api/studies/nobody/archive")
    assert status == 404
    assert "no study" in error_of(content)
    assert not running.ask("GET", "/api/studies/..%2Fshop/archive")[1].startswith(b"PK")


def test_a_length_over_the_limit_is_refused_before_anything_is_sent(running: Running) -> None:
    with running.raw(f"POST /api/uploads?name=a.csv HTTP/1.1\nHost: 127.0.0.1\nContent-Length: {LIMIT + 1}") as line:
        answer = http.client.HTTPResponse(line)
        answer.begin()
        assert answer.status == 413
        assert "larger than 3 MB" in error_of(answer.read())
    assert not running.incoming


def test_a_body_without_a_length_is_refused_once_it_is_too_long(running: Running) -> None:
    head = "POST /api/uploads?name=a.csv HTTP/1.1\nHost: 127.0.0.1\nTransfer-Encoding: chunked"
    with running.raw(head) as line:
        for _ in range(LIMIT // MIB):
            line.sendall(f"{MIB:x}\r\n".encode() + bytes(MIB) + b"\r\n")
        line.sendall(b"1\r\nx\r\n")  # and goes on for ever
        answer = http.client.HTTPResponse(line)
        answer.begin()
        assert answer.status == 413
    wait_for(lambda: not running.incoming)


def test_a_body_of_just_the_limit_is_taken(running: Running) -> None:
    status, content, _ = running.ask("POST", "/api/uploads?name=full.csv", b"x" * LIMIT)
    assert status == 202
    made = json.loads(content)["study"]
    wait_for(lambda: any(j.study_id == made and j.status == "failed" for j in running.studies.making()))
    running.studies.dismiss(made)
    assert not running.incoming


def test_an_empty_upload_is_refused(running: Running) -> None:
    status, content, _ = running.ask("POST", "/api/uploads?name=a.csv", b"")
    assert status == 400
    assert error_of(content) == "a.csv is empty. Choose a file with customers in it."
    assert not running.incoming


def test_an_upload_that_is_killed_leaves_nothing_behind(running: Running) -> None:
    runs = len(running.studies.making())
    line = running.raw(f"POST /api/uploads?name=a.csv HTTP/1.1\nHost: 127.0.0.1\nContent-Length: {LIMIT}")
    line.sendall(bytes(2 * MIB))
    wait_for(lambda: bool(running.incoming))
    line.close()
    wait_for(lambda: not running.incoming)
    assert len(running.studies.making()) == runs


def test_a_full_disk_is_told(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage("/"))
    monkeypatch.setattr("segscope.web.uploads.shutil.disk_usage", lambda _: usage(10**12, 10**12 - 10**6, 10**6))
    status, content, _ = running.ask("POST", "/api/uploads?name=a.csv", b"id,spend\n1,2\n")
    assert status == 507
    assert "disk" in error_of(content)
    assert not running.incoming


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"},
     {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"}],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/uploads?name=a.csv", "/_dash-update-component"])
def test_a_page_of_another_site_cannot_post(running: Running, path: str, headers: dict[str, str]) -> None:
    status, content, _ = running.ask("POST", path, b"id,spend\n1,2\n", **headers)
    assert status == 403
    assert "another site" in error_of(content)
    assert not running.incoming


def test_health_is_told_while_an_upload_stands_still_and_a_hostile_file_is_read(
    running: Running, tmp_path: Path
) -> None:
    line = running.raw(f"POST /api/uploads?name=slow.csv HTTP/1.1\nHost: 127.0.0.1\nContent-Length: {LIMIT}")
    line.sendall(b"x")
    hostile = tmp_path / "wide.csv"  # twenty thousand columns of unique text
    hostile.write_text("\n".join(",".join(f"r{i}c{j}" for j in range(20_000)) for i in range(30)), encoding="utf-8")
    job = running.studies.make(str(hostile), "wide.csv")
    slowest = 0.0
    while running.studies.jobs.running(job.study_id) and slowest < 1.0:
        start = time.monotonic()
        assert running.ask("GET", "/health")[0] == 200
        slowest = max(slowest, time.monotonic() - start)
        time.sleep(0.02)
        if time.monotonic() - job.started > 5.0:
            running.studies.jobs.cancel(job.study_id)
    assert slowest < 1.0, "the promise of /health"
    line.close()
    wait_for(lambda: not running.incoming)
