"""The server's promises: health, safe headers, small wire, no other names, a free port."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse

from segscope import samples
from segscope.errors import SourceError, StudyError
from segscope.study import Choices, fit_source
from segscope.web.hosting import Door, _announcer, guarded, listen
from segscope.web.server import make_server
from segscope.web.studies import Studies


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    place = tmp_path_factory.mktemp("server")
    samples.write(place / "c.parquet", 300)
    fit_source(place / "c.parquet", place / "My Study!", Choices(segments=3))
    application = guarded(make_server(Studies([place / "My Study!"])), "127.0.0.1")
    with TestClient(application, base_url="http://127.0.0.1") as made:
        yield made


def test_health_answers(client: TestClient) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_every_answer_carries_the_safety_headers(client: TestClient) -> None:
    for path in ("/health", "/", "/_dash-layout"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in headers["Content-Security-Policy"]


def test_scripts_are_sent_compressed(client: TestClient) -> None:
    answer = client.get("/_dash-layout", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"


def test_a_request_that_names_another_host_is_refused(client: TestClient) -> None:
    answer: httpx.Response = client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_the_page_holds_no_address_of_another_machine(client: TestClient) -> None:
    text = client.get("/").text
    assert "//cdn" not in text
    assert 'src="http' not in text


def test_the_id_of_a_study_is_made_from_its_folder(client: TestClient) -> None:
    assert client.get("/s/my-study/explore").status_code == 200


def port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_port_that_is_listened_on_is_not_given_twice(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        wanted = port_of(free)
    first = listen(host, wanted)
    second = listen(host, wanted)
    try:
        assert len({port_of(s) for s in first}) == len({port_of(s) for s in second}) == 1
        assert port_of(first[0]) < port_of(second[0])
        for listener in (*first, *second):
            socket.create_connection(listener.getsockname()[:2], 1).close()
    finally:
        for listener in (*first, *second):
            listener.close()


def test_a_host_that_is_not_this_machine_is_refused_and_nothing_is_left_open() -> None:
    for host in ("203.0.113.7", "nowhere.invalid"):
        with pytest.raises(SourceError, match=rf"Cannot listen on {host}: .+ Name an address of this machine"):
            listen(host, 8050)


def test_the_ports_tried_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segscope.web.hosting.PORTS_TRIED", 1)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SourceError, match="No free port from"):
        listen("127.0.0.1", port_of(taken))


def test_the_application_is_served_on_the_next_port_when_the_wanted_one_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = port_of(taken)
        command = "from starlette.responses import PlainTextResponse as P; from segscope.web.hosting import *; "
        command += f"host_application(lambda tell: P('it'), 'localhost', {wanted}, False)"
        with subprocess.Popen([sys.executable, "-c", command], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                told, address = server.stdout.readline(), server.stdout.readline().split()[3]
                answer = httpx.get(address)
            finally:
                server.terminate()
                server.communicate(timeout=30)
    assert told == f"Port {wanted} is taken, so this is another one.\n"
    assert answer.text == "it"
    assert server.returncode == 0


def test_the_address_that_is_told_is_that_of_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    tell = _announcer("127.0.0.1", 8050, 8050, browser=False, path="/s/shop/explore")
    tell()
    tell()
    assert capsys.readouterr().out == "segscope is at http://127.0.0.1:8050/s/shop/explore   (Ctrl+C ends it)\n"


def test_a_server_without_any_study_answers(tmp_path: Path) -> None:
    studies = Studies([], tmp_path / "home")
    client = TestClient(guarded(make_server(studies), "127.0.0.1"), base_url="http://127.0.0.1")
    assert client.get("/health").json()["studies"] == 0
    assert client.get("/").status_code == 200
    studies.close()


def test_a_folder_that_is_no_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="not a study"):
        Studies([tmp_path])


def test_the_address_says_how_far_the_work_is_until_the_application_is_ready() -> None:
    door = Door()
    client = TestClient(guarded(door, "127.0.0.1"), base_url="http://127.0.0.1")
    door.tell("Reading <b>x</b>", 0.2)
    assert "Reading &lt;b&gt;x&lt;/b&gt;" in client.get("/anything").text
    assert client.get("/health").status_code == 503
    assert client.get("/starting").json() == {"stage": "Reading <b>x</b>", "share": 0.2, "ready": False}
    door.open(PlainTextResponse("open"))
    assert client.get("/anything").text == "open"
    assert client.get("/starting").json()["ready"] is True
