"""The same study on both engines at growing numbers of customers: time, memory, bytes that reach the driver, parity.

    python benchmarks/scale.py 1 3 10              # millions of sample customers
    python benchmarks/scale.py 1 --engine spark://127.0.0.1:7077

Each fit runs in a process of its own, one after the other, with four segments and a first look at the evidence.
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
from pathlib import Path
from typing import Any

MILLION = 1_000_000


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("millions", nargs="*", type=float, default=[1.0])
    parser.add_argument("--engine", default="spark", help="the engine to compare with DuckDB")
    parser.add_argument("--one", nargs=2, metavar=("ENGINE", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(fit_once(*given.one)))
        return
    print("| customers | engine | seconds | Python (MB) | JVM (MB) | to the driver (MB) | centres |")
    print("|---:|---|---:|---:|---:|---:|---|")
    with tempfile.TemporaryDirectory(prefix="segscope-scale-") as place:
        for millions in given.millions:
            customers = int(millions * MILLION)
            folder = make(Path(place), customers)
            for engine in ("duckdb", given.engine):
                found = in_process(engine, folder)
                told = [f"{customers:,}", engine.partition(":")[0], *(f"{found[n]:,.0f}" for n in MEASURES)]
                print("| " + " | ".join([*told, found["centres"]]) + " |", flush=True)
            for file in folder.iterdir():
                file.unlink()


MEASURES = ("seconds", "python_mb", "jvm_mb", "fetched_mb")


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
    """Fit, and say what it took."""
    from segscope.engine import DuckDBEngine, SparkEngine
    from segscope.recipe import dump_json
    from segscope.study import Choices, fit_source

    os.environ["SEGSCOPE_ENGINE"] = engine
    fetched = 0
    for kind in (DuckDBEngine, SparkEngine):
        original = kind.fetch

        def counted(self: Any, *given: Any, _original: Any = original, **named: Any) -> Any:
            nonlocal fetched
            found = _original(self, *given, **named)
            fetched += found.nbytes
            return found

        kind.fetch = counted  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as place:
        started = time.perf_counter()
        found = fit_source(folder, Path(place) / "study", Choices(segments=4))
        seconds = time.perf_counter() - started
    centres = hashlib.sha256(repr(found.segmentation.centres).encode()).hexdigest()[:12]
    whole = hashlib.sha256(dump_json(found.segmentation).encode()).hexdigest()[:12]
    return {
        "seconds": seconds,
        "python_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "jvm_mb": jvm_mb(),
        "fetched_mb": fetched / 2**20,
        "centres": f"{centres} {whole}",
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
