"""Do names survive? Bootstrap refits of a file at the same number of segments, and refits with one segment more.

    python benchmarks/names.py FILE [--refits 50] [--segments 2 3 4 5 6]

A refit draws as many customers as the file has, with replacement, and is matched to the first fit as new data are: on
the customers whom the identifier names once in both. Then all customers of the file are put into the refit's segments:
a customer keeps the name when it is the one that the first fit gave. Refits are told by how far the two agree (adjusted
Rand index), since where customers are grouped otherwise, names cannot stay.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import ibis
import numpy as np

from segscope.clustering import agreement
from segscope.engine import Engine, connect
from segscope.intake import ROW, read
from segscope.recipe import Recipe
from segscope.segmentation import SEGMENT, Segmentation, assign_only, to_customers
from segscope.study.customers import Customers, propose, source_of_table
from segscope.study.fitting import Described, described, make_ready
from segscope.study.lineage import Before, unique

AGREE = 0.9
UNSPLIT = 0.8


@dataclass(frozen=True)
class Refit:
    """How far a refit agrees with the first fit, and which share of customers kept their segment's name."""

    agreement: float
    kept: float


def fitted(engine: Engine, customers: Customers, recipe: Recipe, k: int, before: Before | None) -> Described:
    """Fit ``k`` segments; neither they nor other numbers of them are judged."""
    ready = make_ready(engine, customers, recipe, lambda *_: None)
    return described(ready, k, lambda *_: None, before)


def places(engine: Engine, table: ibis.Table, segmentation: Segmentation) -> np.ndarray:
    """The place of everybody's segment, in the order of the file."""
    found = assign_only(to_customers(table, segmentation.recipe), segmentation)
    return np.asarray(engine.fetch(found.select(ROW, SEGMENT).order_by(ROW))[SEGMENT].to_numpy())


def names(segmentation: Segmentation, labels: np.ndarray) -> np.ndarray:
    """The name of everybody's segment."""
    return np.array([s.name for s in segmentation.segments], dtype=object)[labels]


def bootstrap(engine: Engine, table: ibis.Table, seed: int) -> ibis.Table:
    """As many customers, drawn with replacement."""
    rows = engine.fetch(table.order_by(ROW))
    drawn = np.random.default_rng(seed).integers(0, rows.num_rows, rows.num_rows)
    taken = rows.take(drawn)
    order = taken.schema.get_field_index(ROW)
    return engine.store("resample", taken.set_column(order, ROW, [np.arange(rows.num_rows)]))


def refits(engine: Engine, customers: Customers, recipe: Recipe, k: int, number: int) -> list[Refit]:
    """Refit resamples at the same number of segments."""
    first = fitted(engine, customers, recipe, k, None)
    one = first.segmentation
    labels = places(engine, customers.table, one)
    who = unique(assign_only(to_customers(customers.table, recipe), one), str(recipe.identifier))
    before = Before(one, first.profiles, k, engine.store("who", who), same_data=False)
    found = []
    for seed in range(number):
        resample = Customers(bootstrap(engine, customers.table, seed), customers.facts)
        again = fitted(engine, resample, recipe, k, before).segmentation
        theirs = places(engine, customers.table, again)
        same = float((names(one, labels) == names(again, theirs)).mean())
        found.append(Refit(agreement(labels, theirs, np.ones(len(labels))), same))
    return found


def one_more(engine: Engine, customers: Customers, recipe: Recipe, k: int) -> tuple[int, int]:
    """How many segments stay together (four fifths of them) with one segment more, and how many of these are called
    the same."""
    first = fitted(engine, customers, recipe, k, None)
    before = Before(first.segmentation, first.profiles, k)
    more = fitted(engine, customers, recipe, k + 1, before).segmentation
    old, new = (places(engine, customers.table, s) for s in (first.segmentation, more))
    unsplit = kept = 0
    for place, segment in enumerate(first.segmentation.segments):
        parts = np.bincount(new[old == place], minlength=k + 1)
        if parts.max() >= UNSPLIT * parts.sum():
            unsplit += 1
            kept += more.segments[int(parts.argmax())].name == segment.name
    return unsplit, kept


def line(k: int, found: Sequence[Refit]) -> str:
    """The refits of one number of segments as a row of a table."""
    agreeing = [r.kept for r in found if r.agreement > AGREE]
    others = [r.kept for r in found if r.agreement <= AGREE]
    least = f"{100 * min(agreeing):.1f} %" if agreeing else "-"
    mean = f"{100 * float(np.mean(agreeing)):.1f} %" if agreeing else "-"
    reached = sum(kept >= 0.95 for kept in agreeing)
    rest = f"{100 * float(np.mean(others)):.1f} %" if others else "-"
    return f"| {k} | {len(agreeing)} of {len(found)} | {mean} | {least} | {reached} of {len(agreeing)} | {rest} |"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--refits", type=int, default=50)
    parser.add_argument("--segments", type=int, nargs="+", default=[2, 3, 4, 5, 6])
    asked = parser.parse_args()
    begun = time.perf_counter()
    engine = connect()
    table, _ = read(asked.file, engine, "source")
    recipe, customers = propose(engine, source_of_table(engine, table))
    recipe = make_ready(engine, customers, recipe, lambda *_: None).recipe
    print(
        "| segments | refits that agree (> 0.9) | names kept, mean | least | at least 95 % | names kept in the others |"
    )
    print("|---|---|---|---|---|---|")
    for k in asked.segments:
        print(line(k, refits(engine, customers, replace(recipe, segments=k), k, asked.refits)), flush=True)
    print("\n| segments | one more | unsplit segments | of these called the same |\n|---|---|---|---|")
    for k in range(2, 8):
        unsplit, kept = one_more(engine, customers, recipe, k)
        print(f"| {k} | {k + 1} | {unsplit} | {kept} |", flush=True)
    print(f"\n{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
