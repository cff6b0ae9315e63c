"""A standalone cluster of Spark on loopback: one master and some workers, each a process of its own."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 60.0

# Two workers with a core each, and nothing begins before both are there.
SMALL = (
    "spark.executor.memory=512m spark.cores.max=2 spark.scheduler.minRegisteredResourcesRatio=1.0 "
    "spark.scheduler.maxRegisteredResourcesWaitingTime=60s spark.driver.memory=1g spark.default.parallelism=2 "
    "spark.sql.shuffle.partitions=2 spark.sql.codegen.wholeStage=false spark.sql.codegen.factoryMode=NO_CODEGEN "
    "spark.sql.adaptive.enabled=false spark.shuffle.io.retryWait=1s"
)


@dataclass(frozen=True)
class Cluster:
    """Where a cluster answers, and the ids of its processes."""

    address: str
    master: int
    workers: tuple[int, ...]


@contextmanager
def cluster(place: Path, workers: int = 2, memory: str = "700m") -> Iterator[Cluster]:
    """Start a cluster that keeps its files in a folder; all of its processes are gone at the end."""
    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    started: list[subprocess.Popen[bytes]] = []
    try:
        started.append(_start(place / "master", "master.Master", "--port", str(port)))
        _wait_for(place / "master.log", "I have been elected leader", 1)
        for i in range(workers):
            given = ["--cores", "1", "--memory", memory, "--work-dir", str(place / f"worker-{i}"), address]
            started.append(_start(place / f"worker-{i}", "worker.Worker", *given))
        _wait_for(place / "master.log", "Registering worker", workers)
        yield Cluster(address, started[0].pid, tuple(process.pid for process in started[1:]))
    finally:
        for process in started:
            lose(process.pid)
            process.wait()


def lose(process: int) -> None:
    """End a process and those that it started, at once and without a word, as a machine that fails does."""
    for lost in [process, *_children(process)]:
        try:
            os.kill(lost, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _start(place: Path, kind: str, *given: str) -> subprocess.Popen[bytes]:
    import pyspark

    home = Path(pyspark.__file__).parent
    settings = {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
    settings |= {"SPARK_LOCAL_DIRS": str(place), "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false"}
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}", "--host", "127.0.0.1"]
    with place.with_suffix(".log").open("wb") as log:
        return subprocess.Popen(
            [*command, "--webui-port", "0", *given], env=os.environ | settings, stdout=log, stderr=log
        )


def _wait_for(log: Path, sign: str, times: int) -> None:
    end = time.monotonic() + START_SECONDS
    while len(re.findall(sign, log.read_text(errors="replace"))) < times:
        if time.monotonic() > end:
            raise TimeoutError(f"The cluster does not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.2)


def _children(process: int) -> Sequence[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == process:
            found.append(int(status.parent.name))
    return found


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
