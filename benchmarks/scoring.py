"""Times the scoring over HTTP: one customer in process, single scores and batches over loopback. Nothing is asserted.

A server in a process of its own; this one asks it: ``--clients`` connections at once, for ``--seconds`` each. Beside it
an application that says "ok" to everything, under the same server, is asked the same: what no application can exceed.
On a busy machine the processor time that the server spends on an answer says more than how many came in a second.

    python benchmarks/scoring.py --seconds 10 --clients 4
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from segscope import samples
from segscope.api import MOST_CUSTOMERS, answer
from segscope.engine import connect
from segscope.study import Choices, fit_source, open_study, read_card
from segscope.study.folder import read_data

ADDRESS = "/api/v1/studies/study/score"


def rows(folder: Path, count: int) -> list[dict[str, object]]:
    """Customers as a program would send them: the columns that the segmentation needs."""
    live = open_study(folder)
    engine = connect()
    table = engine.fetch(read_data(folder, read_card(folder), engine, "s").select(*live.fit.segmentation.needed))
    found = json.loads(json.dumps(table.to_pylist(), default=str))
    engine.close()
    live.engine.close()
    return [found[i % len(found)] for i in range(count)]


def in_process(folder: Path, customers: list[dict[str, object]]) -> None:
    """Median of one customer, complete and of whom one field is known, with no HTTP around it."""
    live = open_study(folder)
    feature = live.recipe.features[1]
    orders = {
        "complete": [{"customer": c} for c in customers[:500]],
        "one field": [{"customer": {feature: 9.0 + i}} for i in range(100)],
    }
    for name, given in orders.items():
        taken = []
        for order in given:
            start = time.perf_counter()
            answer(live, order)
            taken.append(time.perf_counter() - start)
        median, p95 = (1e3 * statistics.quantiles(taken, n=20)[i] for i in (9, 18))
        print(f"in process, {name}: median {median:.2f} ms, p95 {p95:.2f} ms")
    live.engine.close()


async def exchange(port: int, body: bytes, until: float, taken: list[float]) -> None:
    """Ask again and again over one connection. Written by hand: a client library would be what is measured."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {ADDRESS} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json"
    request = f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    while time.perf_counter() < until:
        start = time.perf_counter()
        writer.write(request)
        await writer.drain()
        answered = await reader.readuntil(b"\r\n\r\n")
        if not answered.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"the server said {answered.splitlines()[0]!r}")
        length = next(
            int(line.split(b":")[1]) for line in answered.lower().splitlines() if line.startswith(b"content-length")
        )
        await reader.readexactly(length)
        taken.append(time.perf_counter() - start)
    writer.close()


async def load(port: int, body: bytes, clients: int, seconds: float) -> list[float]:
    """How long each answer took, in seconds, of several connections at once."""
    taken: list[float] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(exchange(port, body, until, taken) for _ in range(clients)))
    return taken


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def processor_seconds(process: int) -> float:
    """Time on the processor of a process so far (Linux only)."""
    said = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


PLAIN = """
import sys, uvicorn
async def app(scope, receive, send):
    if scope["type"] == "http":
        while (await receive()).get("more_body"): pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
uvicorn.run(app, port=int(sys.argv[1]), log_level="critical", lifespan="off")
"""


def yardstick(body: bytes, clients: int, seconds: float) -> None:
    """The same requests to an application that does nothing."""
    port = free_port()
    server = subprocess.Popen([sys.executable, "-c", PLAIN, str(port)])
    try:
        for _ in range(200):
            time.sleep(0.1)
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
        report("yardstick, an application that does nothing", server.pid, port, body, 1, clients, seconds)
    finally:
        server.terminate()
        server.wait(10)


def report(name: str, process: int, port: int, body: bytes, number: int, clients: int, seconds: float) -> None:
    """Ask for some seconds and print how many customers were answered."""
    start, spent = time.perf_counter(), processor_seconds(process)
    taken = asyncio.run(load(port, body, clients, seconds))
    rate = len(taken) * number / (time.perf_counter() - start)
    each = 1e3 * (processor_seconds(process) - spent) / len(taken)
    median = 1e3 * statistics.median(taken)
    print(
        f"{name}, {clients} connections: {rate:,.0f} customers/s, median {median:.1f} ms; "
        f"{each:.2f} ms of the server's processor an answer", flush=True,
    )  # fmt: skip


def over_http(folder: Path, customers: list[dict[str, object]], clients: int, seconds: float) -> None:
    """Single scores and batches a second over loopback."""
    port = free_port()
    one = json.dumps({"customer": customers[0]}).encode()
    yardstick(one, clients, seconds)
    command = [sys.executable, "-m", "segscope", "serve", str(folder), "--port", str(port), "--no-browser"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        next(line for line in server.stdout if "http://" in line)
        batch = json.dumps({"customers": customers}).encode()
        httpx.post(f"http://127.0.0.1:{port}{ADDRESS}", content=one, headers={"Content-Type": "application/json"})
        for name, body, number, at_once in (
            ("single", one, 1, clients),
            ("batches of 10,000", batch, len(customers), 2),
        ):
            report(name, server.pid, port, body, number, at_once, seconds)
    finally:
        server.terminate()
        server.wait(10)


def main() -> None:
    """Run all of it on sample customers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=4)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "study")
        samples.write(Path(place, "c.parquet"), 5000)
        fit_source(Path(place, "c.parquet"), folder, Choices(segments=4), thorough=False)
        customers = rows(folder, MOST_CUSTOMERS)
        in_process(folder, customers)
        over_http(folder, customers, told.clients, told.seconds)


if __name__ == "__main__":
    main()
