"""Honesty of the insights: how often they speak of nothing, and how often they find what is there.

    python benchmarks/insights.py [--draws 100] [--planted 40]

Shuffled: the sample customers, fitted; then their segments are dealt out anew at random. Nothing deserves saying.
Planted: customers in four segments of equal chance; in one of them a column lies 5, 10, 20 and 40 % of a standard
deviation higher (findings) or a channel's purchases lower (opportunities). Halves, correction and thresholds are the
product's.
Smooth: segments cut from two features, and spend that depends on these alone. Customers who are alike spend alike, so
there is no opportunity, though segments differ.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.cluster import KMeans

from segscope import samples
from segscope.engine import Engine, connect
from segscope.insights import Finding, Insights, find_insights
from segscope.insights.opportunities import (
    Behaviour,
    Opportunities,
    gather_behaviour,
    outcomes_of,
    weigh_opportunities,
)
from segscope.profiling import profile
from segscope.recipe import ColumnRole, Family, FamilyMember, Recipe, Role
from segscope.segmentation import SEGMENT
from segscope.study import Choices, fit_source, open_study
from segscope.study.fitting import customer_key

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

SIZES = (2_000, 20_000)
PLANTED = (0.05, 0.10, 0.20, 0.40)
SHIFTED = tuple(f"c{i}" for i in range(len(PLANTED)))
SEGMENTS = 4
NAMES = tuple(f"Segment {i + 1}" for i in range(SEGMENTS))


def shuffled(place: Path, customers: int, draws: int) -> tuple[int, int]:
    """In how many draws there was no finding, and in how many no comparison with customers alike held."""
    file = place / f"{customers}.parquet"
    samples.write(file, customers)
    fit_source(file, place / str(customers), Choices(segments=SEGMENTS))
    live = open_study(place / str(customers))
    profiles, recipe = live.fit.profiles, live.recipe
    names = [s.name for s in live.fit.segments]
    numbers, categories = list(profiles.everybody.numbers), list(profiles.everybody.categories)
    outcomes = outcomes_of(recipe, profiles)
    key = customer_key(live.sample, recipe)
    columns = [m.column for _, m in outcomes]
    behaviour = gather_behaviour(live.engine, live.sample, SEGMENT, key, live.fit.segmentation, columns)
    kept = live.engine.fetch(live.sample.select(*live.recipe.names))
    segments = live.engine.fetch(live.sample.select(SEGMENT))[SEGMENT].to_numpy()
    random = np.random.default_rng(1)
    silent = still = 0
    for _ in range(draws):
        dealt = pa.array(random.permutation(segments))
        table = live.engine.store("dealt", kept.append_column(SEGMENT, dealt))
        fresh = profile(live.engine, table, SEGMENT, len(names), numbers, categories)
        found = find_insights(live.engine, table, SEGMENT, customer_key(table, recipe), recipe, fresh, names)
        silent += found.confirmed == 0
        other = replace(behaviour, segment=random.permutation(behaviour.segment))
        sizes = [g.customers for g in fresh.segments]
        still += weigh_opportunities(other, outcomes, sizes, names).confirmed == 0
    live.engine.close()
    return silent, still


def planted_findings(customers: int, random: np.random.Generator) -> Insights:
    """Findings on twelve columns of noise, four of which are shifted in the first segment."""
    segment = random.integers(0, SEGMENTS, customers)
    values = random.normal(100, 15, (customers, 12))
    for i, size in enumerate(PLANTED):
        values[segment == 0, i] += 15 * size
    names = [f"c{i}" for i in range(12)]
    columns = {name: values[:, i] for i, name in enumerate(names)}
    ids = [f"{i:06d}" for i in random.permutation(customers)]
    engine: Engine = connect()
    table = engine.store("customers", pa.table({"id": ids, "segment": segment, **columns}))
    recipe = Recipe((ColumnRole("id", Role.IDENTIFIER, "", "ID"), *(ColumnRole(n, Role.MEASURE, "", n) for n in names)))
    found = find_insights(
        engine, table, "segment", table["id"], recipe, profile(engine, table, "segment", SEGMENTS, names, []), NAMES
    )
    engine.close()
    return found


def planted_opportunities(customers: int, random: np.random.Generator) -> Opportunities:
    """Opportunities where purchases by eight channels depend on a feature, four of them lower in the first segment."""
    model = random.normal(size=(customers, 2))
    segment = random.integers(0, SEGMENTS, customers)
    noise = random.normal(0, 1, (customers, 8))
    for i, size in enumerate(PLANTED):
        noise[segment == 0, i] -= size * np.sqrt(2)  # the standard deviation of feature and noise together
    return weigh_opportunities(_behaviour(model, segment, model[:, :1] + noise, random), _channels(8), [1] * 4, NAMES)


def smooth_opportunities(customers: int, random: np.random.Generator) -> Opportunities:
    """Opportunities where segments are cut from the features and spend depends on these alone, and bends."""
    model = random.normal(size=(customers, 3))
    segment = KMeans(SEGMENTS, n_init=1, random_state=int(random.integers(1_000_000))).fit_predict(model)
    bent = np.exp(0.6 * model[:, :1] + 0.3 * model[:, 1:2])
    spend = bent * random.gamma(2, 0.5, (customers, 6))
    return weigh_opportunities(_behaviour(model, segment, spend, random), _channels(6), [1] * 4, NAMES)


def _behaviour(model: Array, segment: Places, outcomes: Array, random: np.random.Generator) -> Behaviour:
    return Behaviour(segment.astype(float), random.random(len(model)) < 0.5, model, outcomes)


def _channels(count: int) -> list[tuple[Family, FamilyMember]]:
    members = tuple(FamilyMember(f"c{i}", f"c{i}") for i in range(count))
    # A family each: a card is shown for each of them, so that each can be counted.
    return [(Family(m.column, m.label, "purchases", (m,)), m) for m in members]


def _about(finding: Finding, column: str) -> bool:
    return finding.segment == 0 and finding.candidate.column == column


def main() -> None:
    """Print the tables of docs/insights.md."""
    options = argparse.ArgumentParser()
    options.add_argument("--draws", type=int, default=100)
    options.add_argument("--planted", type=int, default=40)
    chosen = options.parse_args()
    began = time.monotonic()
    print("| customers | draws | no finding | no comparison held |\n|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as place:
        for size in SIZES:
            silent, still = shuffled(Path(place), size, chosen.draws)
            print(f"| {size:,} | {chosen.draws} | {silent} | {still} |", flush=True)
    print("\n| customers | kind | 5 % | 10 % | 20 % | 40 % | others, a draw |\n|---:|---|---:|---:|---:|---:|---:|")
    for size in SIZES:
        random = np.random.default_rng(size)
        said = [planted_findings(size, random) for _ in range(chosen.planted)]
        lists = [(*s.findings, *s.further) for s in said]
        held = [np.mean([any(_about(f, c) for f in found) for found in lists]) for c in SHIFTED]
        extra = np.mean([sum(f.candidate.column not in SHIFTED for f in found) for found in lists])
        print(f"| {size:,} | findings |", *(f" {h:.0%} |" for h in held), f" {extra:.2f} |", flush=True)
        cards = [planted_opportunities(size, random).cards for _ in range(chosen.planted)]
        own = [
            np.mean([any(c.segment == 0 and c.member.column == column for c in s) for s in cards]) for column in SHIFTED
        ]
        extra = np.mean([sum(c.member.column not in SHIFTED for c in s) for s in cards])
        print(f"| {size:,} | opportunities |", *(f" {h:.0%} |" for h in own), f" {extra:.2f} |", flush=True)
    print("\n| customers | draws | smooth: no opportunity |\n|---:|---:|---:|")
    for size in SIZES:
        random = np.random.default_rng(size + 1)
        none = sum(not smooth_opportunities(size, random).cards for _ in range(chosen.planted))
        print(f"| {size:,} | {chosen.planted} | {none} |", flush=True)
    print(f"\n{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
