"""The whole evidence panel and the final fit beside scikit-learn's sweep, in one run. Nothing is asserted.

The sweep is KMeans for k = 1 ... 10, ten starts each, on all rows: what analysts do for an elbow. Ours is everything
that `segscope fit` does after reading: preparation, evidence for 1 to 12 segments with all resamples, gap, other
methods, the final centres moved on all rows, profiles. Both see the same standardised features. Prints times, their
ratio, and the WCSS of the final fit over scikit-learn's best of ten at the same k, on all rows.

    python benchmarks/sweep.py                      a million sample customers, eight features
    python benchmarks/sweep.py --customers 100000
    python benchmarks/sweep.py --customers 10000000 --alone   ours only: time by stage and peak memory
"""

import argparse
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import ibis
import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from segscope import samples
from segscope.clustering import draw, fit_method, refine
from segscope.clustering.workers import in_turn
from segscope.engine import Engine, connect
from segscope.preparation import coordinates
from segscope.segmentation import to_customers
from segscope.study import Choices, Fit, fit_source, read_card
from segscope.study.fitting import store_model

FEATURES = (
    "Income", "Recency", "MntWines", "MntMeatProducts", "NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases",
    "NumWebVisitsMonth",
)  # fmt: skip
K_MAX, STARTS = 10, 10
READING = "Reading the file"


class Stages:
    """How many seconds each stage takes, by its name without numbers."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage, self._since = "", time.perf_counter()

    def __call__(self, stage: str, share: float) -> None:
        """Note that a stage begins."""
        now = time.perf_counter()
        if self._stage:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = "".join(c for c in stage if not c.isdecimal()), now


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--segments", type=int, default=4)
    parser.add_argument("--alone", action="store_true", help="leave scikit-learn out")
    wanted = parser.parse_args()
    print(f"machine: {os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f} at the start\n")
    with tempfile.TemporaryDirectory() as name:
        file, folder = Path(name) / "customers.parquet", Path(name) / "study"
        samples.write(file, wanted.customers)
        fit, stages = ours(file, folder, wanted.segments)
        after_reading = sum(s for stage, s in stages.items() if stage != READING)
        unit = 1024 if sys.platform != "darwin" else 1
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
        lines = [(stage, f"{seconds:.1f} s") for stage, seconds in stages.items()]
        lines += [
            (f"all of it, {wanted.customers:,} customers x {len(FEATURES)}", f"{after_reading:.1f} s after reading"),
            ("peak memory", f"{memory:.2f} GB"),
        ]
        if not wanted.alone:
            engine, model, names = in_model_space(folder, fit)
            seconds = alike(engine, model, names, fit)
            table = engine.fetch(model.select(*names))
            values = np.column_stack([column.to_numpy() for column in table.columns])
            lines += beside(values, fit, after_reading, seconds)
    print("| what | measured |\n| --- | --- |")
    for what, measured in lines:
        print(f"| {what} | {measured} |")


def ours(file: Path, folder: Path, segments: int) -> tuple[Fit, dict[str, float]]:
    """The fit with complete evidence, and the seconds of its stages."""
    stages = Stages()
    choices = Choices(segments=segments, features=FEATURES, transform="none")
    fit = fit_source(file, folder, choices, stages, thorough=True)
    stages("", 1.0)
    return fit, stages.seconds


def in_model_space(folder: Path, fit: Fit) -> tuple[Engine, ibis.Table, Sequence[str]]:
    """All customers in the units in which they are clustered, in memory, and the names of their coordinates."""
    engine = connect()
    source = engine.scan_parquet("source", folder / read_card(folder).data)
    table = to_customers(source, fit.recipe)
    model = store_model(engine, table, fit.recipe, fit.segmentation.preparation)
    return engine, model, coordinates(fit.segmentation.preparation)


def alike(engine: Engine, model: ibis.Table, names: Sequence[str], fit: Fit) -> float:
    """Seconds of what scikit-learn's sweep does too: compact centres for each k, and final ones on all rows."""
    started = time.perf_counter()
    points = draw(engine, model, names, "key", fit.recipe.seed)
    numbers = range(1, K_MAX + 1)
    found = list(in_turn(numbers, lambda k, _: fit_method(points, "kmeans", k, fit.recipe.seed, STARTS)))
    refine(engine, model, names, found[len(fit.segments) - 1].centres)
    return time.perf_counter() - started


def beside(values: NDArray[np.float64], fit: Fit, seconds: float, alike: float) -> Sequence[tuple[str, str]]:
    """scikit-learn's sweep on the same rows."""
    started = time.perf_counter()
    inertia = {k: KMeans(k, n_init=STARTS, random_state=0).fit(values).inertia_ for k in range(1, K_MAX + 1)}
    took = time.perf_counter() - started
    k = len(fit.segments)
    return [
        (f"scikit-learn: k = 1 ... {K_MAX}, {STARTS} starts each, all rows", f"{took:.1f} s"),
        ("how many times as long as all of ours", f"{took / seconds:.1f}"),
        (f"ours: drawing, k = 1 ... {K_MAX}, and the centres of k = {k} moved on all rows", f"{alike:.1f} s"),
        ("how many times as long as that", f"{took / alike:.1f}"),
        (f"WCSS at k = {k} over scikit-learn's best of {STARTS}", f"{fit.wcss / inertia[k]:.6f}"),
        *(
            (f"WCSS of the evidence at k = {c.k} over the same", f"{c.wcss / inertia[c.k]:.4f}")
            for c in fit.evidence.criteria
            if c.k in inertia
        ),
    ]


if __name__ == "__main__":
    main()
