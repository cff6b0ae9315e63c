"""The same study on both engines at growing numbers of customers: time, memory, bytes that reach the driver, parity.

    python benchmarks/scale.py 1 3 10 30           # millions of sample customers, Spark in one process
    python benchmarks/scale.py 1 3 10 30 --cluster 5g --folder /big/disk
    python benchmarks/scale.py 1 --engine spark://10.0.0.7:7077 --folder /seen/by/all

``--cluster`` starts a master and two workers of one core on this machine, with so much memory each, so that the memory
of the driver is told apart from theirs. Each fit runs in a process of its own, one after the other, with four segments
and a first look at the evidence. Last comes a line for each engine through its times, and where the lines meet.
"""

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

MILLION = 1_000_000
MEASURES = ("seconds", "python_mb", "jvm_mb", "fetched_mb", "queries", "input_mb", "shuffle_mb")
COLUMNS = ("seconds", "Python (MB)", "JVM (MB)", "to the driver (MB)", "queries", "read (MB)", "shuffled (MB)", "same")
DRIVER = "spark.driver.memory=2g"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("millions", nargs="*", type=float, default=[1.0])
    parser.add_argument("--engine", default="spark", help="the engine to compare with DuckDB")
    parser.add_argument("--cluster", metavar="MEMORY", help="of each of two workers that are started here")
    parser.add_argument("--folder", help="where the customers are written for a while: 30 MB a million")
    parser.add_argument("--one", nargs=2, metavar=("ENGINE", "SOURCE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(fit_once(*given.one)))
        return
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="segscope-scale-", dir=given.folder)))
        address = started(stack, place, given.cluster) if given.cluster else given.engine
        print("| customers | engine | " + " | ".join(COLUMNS) + " |")
        print("|---:|---|" + "---:|" * len(MEASURES) + "---|")
        seconds: dict[str, list[float]] = {"duckdb": [], address: []}
        for millions in given.millions:
            compare(place, int(millions * MILLION), seconds)
    told(given.millions, seconds)


def started(stack: ExitStack, place: Path, memory: str) -> str:
    """The address of a cluster on this machine."""
    from tests.study.spark_cluster import cluster

    os.environ["SEGSCOPE_TEST_SPARK"] = f"spark.executor.memory={memory} {DRIVER}"
    return stack.enter_context(cluster(place, memory=memory)).address


def compare(place: Path, customers: int, seconds: dict[str, list[float]]) -> None:
    """Fit so many customers on each engine, and print what it took."""
    folder = make(place, customers)
    results = set()
    for engine, times in seconds.items():
        found = in_process(engine, folder)
        times.append(found["seconds"])
        results.add(found["result"])
        numbers = (f"{found[name]:,.0f}" for name in MEASURES)
        same = "yes" if len(results) == 1 else "NO"
        print("| " + " | ".join([f"{customers:,}", engine.partition(":")[0], *numbers, same]) + " |", flush=True)
    for file in folder.iterdir():
        file.unlink()


def told(millions: Sequence[float], seconds: dict[str, list[float]]) -> None:
    """Print the line through the times of each engine, and the number of customers where they meet."""
    if len(millions) < 2:
        return
    lines = {}
    for engine, times in seconds.items():
        a_million, fixed = np.polyfit(millions, times, 1)
        lines[engine] = fixed, a_million
        off = max(abs(fixed + a_million * m - t) / t for m, t in zip(millions, times, strict=True))
        print(f"\n{engine}: {fixed:.1f} s + {a_million:.2f} s a million; no time is farther off than {off:.0%}")
    (fixed, slope), (other_fixed, other_slope) = lines.values()
    if slope > other_slope and other_fixed > fixed:
        print(f"The lines meet at {(other_fixed - fixed) / (slope - other_slope):,.0f} million customers")
    else:
        print("The lines do not meet: the engine whose line is the lower one is the quicker at any number")


def make(place: Path, customers: int) -> Path:
    """A folder of Parquet files of sample customers."""
    from segscope import samples

    folder = place / f"{customers}.parquet"
    folder.mkdir()
    samples.write(folder / "part-0.parquet", customers)
    return folder


def in_process(engine: str, folder: Path) -> dict[str, Any]:
    """One fit in a process of its own."""
    asked = [sys.executable, __file__, "--one", engine, str(folder)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def fit_once(engine: str, folder: str) -> dict[str, Any]:
    """Fit, and say what it took; ``result`` stands for all that was found."""
    from segscope.json_text import dump_json
    from segscope.study import Choices, fit_source

    os.environ["SEGSCOPE_ENGINE"] = engine
    taken = counted()
    with tempfile.TemporaryDirectory() as place:
        started = time.perf_counter()
        found = fit_source(folder, Path(place) / "study", Choices(segments=4))
        seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "python_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "jvm_mb": jvm_mb(),
        "fetched_mb": taken["bytes"] / 2**20,
        "queries": taken["queries"],
        "result": hashlib.sha256(dump_json(found.segmentation).encode()).hexdigest()[:12],
        **(of_stages() if engine != "duckdb" else {"input_mb": 0.0, "shuffle_mb": 0.0}),
    }


def counted() -> dict[str, int]:
    """Counts, from now on, of queries that send rows here and of the bytes that they send."""
    from segscope.engine import DuckDBEngine, SparkEngine

    taken = {"bytes": 0, "queries": 0}
    for kind, asking in ((DuckDBEngine, "fetch"), (SparkEngine, "fetch"), (SparkEngine, "tally")):
        original = getattr(kind, asking)

        def answer(self: Any, *given: Any, _original: Any = original, **named: Any) -> Any:
            found = _original(self, *given, **named)
            taken["bytes"] += found.nbytes
            taken["queries"] += 1
            return found

        setattr(kind, asking, answer)
    return taken


def of_stages() -> dict[str, float]:
    """What Spark's stages read, from files and from what is kept, and wrote for each other."""
    from pyspark import SparkContext

    context = SparkContext._active_spark_context
    java, gateway = context._jvm, context._gateway
    none = gateway.new_array(java.double, 0)
    stages = context._jsc.sc().statusStore().stageList(None, False, False, none, java.java.util.ArrayList())
    each = [stages.apply(i) for i in range(stages.size())]
    return {
        "input_mb": sum(stage.inputBytes() for stage in each) / 2**20,
        "shuffle_mb": sum(stage.shuffleWriteBytes() for stage in each) / 2**20,
    }


def jvm_mb() -> float:
    """The greatest resident memory of this process's Java, 0 where there is none."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            told = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        if told["Name"].strip() == "java" and int(told["PPid"]) == os.getpid():
            return int(told["VmHWM"].split()[0]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
