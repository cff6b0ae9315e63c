"""Reads a 1 GB CSV as segscope does and as DuckDB's own reader does, each in a process of its own; prints one row.

    python benchmarks/intake.py [--megabytes 1000] [--folder DIR]

The file has mixed types (identifiers, dates, decimals, categories, flags, free text) and is removed afterwards.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb

from segscope.engine import connect
from segscope.intake import read

HEADER = "customer_id,joined,last_order,city,channel,orders,spend,average_order,newsletter,remark\n"
CITIES = ("Berlin", "Köln", "Wien", "Zürich", "Paris", "Lyon", "Oslo", "Rome")
CHANNELS = ("web", "store", "catalogue")
BLOCK_ROWS = 20_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--read-by", choices=("segscope", "duckdb"))
    parser.add_argument("file", type=Path, nargs="?")
    told = parser.parse_args()
    if told.read_by:
        print(json.dumps(measured(told.read_by, told.file)))
        return
    with tempfile.TemporaryDirectory(dir=told.folder) as folder:
        file = Path(folder) / "customers.csv"
        rows = write(file, told.megabytes * 10**6)
        found = {who: in_a_child(who, file) for who in ("duckdb", "segscope")}
    ours, theirs = found["segscope"], found["duckdb"]
    print("| MB | rows | cores | DuckDB s (CPU s) | segscope s (CPU s) | ratio, wall | ratio, CPU | peak GB |")
    print("|---|---|---|---|---|---|---|---|")
    print(
        f"| {told.megabytes:,} | {rows:,} | {os.cpu_count()} | {theirs['wall']:.1f} ({theirs['cpu']:.1f}) "
        f"| {ours['wall']:.1f} ({ours['cpu']:.1f}) | {ours['wall'] / theirs['wall']:.2f} "
        f"| {ours['cpu'] / theirs['cpu']:.2f} | {ours['peak_gb']:.2f} |"
    )


def write(file: Path, size: int) -> int:
    """Write a file of at least ``size`` bytes; return the number of customers in it."""
    draw, rows = random.Random(1), 0
    with file.open("w", encoding="utf-8", newline="") as out:
        out.write(HEADER)
        while out.tell() < size:
            out.write("".join(customer(rows + i, draw) for i in range(BLOCK_ROWS)))
            rows += BLOCK_ROWS
    return rows


def customer(number: int, draw: random.Random) -> str:
    """One line of the file."""
    joined = date(2015, 1, 1) + timedelta(days=draw.randrange(3000))
    last = joined + timedelta(days=draw.randrange(900))
    orders, spend = draw.randrange(1, 60), draw.lognormvariate(5, 1)
    remark = f'"likes {draw.choice(CITIES)}, prefers {draw.choice(CHANNELS)}"' if number % 3 == 0 else ""
    return (
        f"C{number:09d},{joined},{last},{draw.choice(CITIES)},{draw.choice(CHANNELS)},{orders},{spend:.2f},"
        f"{spend / orders:.4f},{'yes' if draw.random() < 0.4 else 'no'},{remark}\n"
    )


def in_a_child(who: str, file: Path) -> dict[str, float]:
    """Read the file in a process of its own, so that its memory is its own."""
    command = [sys.executable, __file__, "--read-by", who, str(file)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def measured(who: str, file: Path) -> dict[str, float]:
    """Seconds of wall and of processors, and the most memory held, of one reading."""
    began, used = time.perf_counter(), time.process_time()
    if who == "segscope":
        read(file, connect())
    else:
        duckdb.connect().execute("CREATE TABLE t AS SELECT * FROM read_csv(?, all_varchar = true)", [str(file)])
    return {
        "wall": time.perf_counter() - began,
        "cpu": time.process_time() - used,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


if __name__ == "__main__":
    main()
