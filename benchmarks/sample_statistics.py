"""Derive the statistics behind the synthetic customers from the published file, or compare the two.

    python benchmarks/sample_statistics.py marketing_campaign.csv -o src/segscope/samples/statistics.py
    python benchmarks/sample_statistics.py marketing_campaign.csv

Needs the file, which is not part of the project. Takes a few seconds. Keeps aggregates only, never a row.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.cluster import KMeans

from segscope.samples.people import (
    BLANK,
    BLOCK_PAGES,
    PAGE_CUSTOMERS,
    TWINS_PER_PAGE,
    Statistics,
    block_columns,
    draw_ordinary,
    random_stream,
)

Floats = NDArray[np.float64]

LEVELS_PERCENT = (0, 1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 100)
EDUCATIONS = ("Basic", "2n Cycle", "Graduation", "Master", "PhD")
MARITAL_STATUSES = ("Single", "Together", "Married", "Divorced", "Widow")
KINDS = ("low", "frequent", "high")
FIRST_DAY = np.datetime64("2012-07-30")
SPEND = ("MntWines", "MntFruits", "MntMeatProducts", "MntFishProducts", "MntSweetProducts", "MntGoldProds")
CHANNELS = ("NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases")
MEASURES = ("Year_Birth", "Income", "Dt_Customer", "Recency", *SPEND)
FLAGS = ("AcceptedCmp3", "AcceptedCmp4", "AcceptedCmp5", "AcceptedCmp1", "AcceptedCmp2", "Complain", "Response")
COUNTS = (
    *("Education", "Marital_Status", "Kidhome", "Teenhome", "NumDealsPurchases", *CHANNELS, "NumWebVisitsMonth"),
    *FLAGS,
)
COLUMNS = (*MEASURES, *COUNTS)


def read(file: Path) -> dict[str, Floats]:
    """The published file as numbers: categories as codes, days since FIRST_DAY, a missing income as NaN."""
    table = pyarrow.csv.read_csv(file, parse_options=pyarrow.csv.ParseOptions(delimiter="\t"))
    days = pc.strptime(table["Dt_Customer"], "%d-%m-%Y", "s").to_numpy() - FIRST_DAY
    numbers = {n: table[n].to_numpy().astype(float) for n in COLUMNS if n not in ("Dt_Customer", *COUNTS[:2])}
    return {
        **numbers,
        "Dt_Customer": days / np.timedelta64(1, "D"),
        "Education": codes(table["Education"], EDUCATIONS),
        "Marital_Status": codes(table["Marital_Status"], MARITAL_STATUSES),
    }


def codes(texts: Any, known: tuple[str, ...]) -> Floats:
    """Position in `known`; what is not there (Alone, Absurd, YOLO) counts as the first, Single."""
    return np.array([known.index(t) if t in known else 0 for t in texts.to_pylist()], dtype=float)


def cluster_features(c: dict[str, Floats]) -> Floats:
    """Days enrolled, total spend, purchases, average spend per purchase (0 without purchases)."""
    spend, purchases = sum(c[n] for n in SPEND), sum(c[n] for n in CHANNELS)
    average = np.where(purchases > 0, spend / np.maximum(purchases, 1), 0)
    return np.column_stack([699 - c["Dt_Customer"], spend, purchases, average])


def standardised(x: Floats) -> Floats:
    return np.asarray((x - x.mean(axis=0)) / x.std(axis=0))


def wcss(c: dict[str, Floats], ks: range) -> Floats:
    """Within-cluster sum of squares over n, of the standardised features, for each k."""
    x = standardised(cluster_features(c))
    return np.array([KMeans(k, n_init=20, random_state=1).fit(x).inertia_ / len(x) for k in ks])


def spearman(c: dict[str, Floats]) -> Floats:
    """Rank correlations of COLUMNS, 0 with one that is constant; a missing income ranks as the median."""
    x = np.column_stack([np.where(np.isnan(c[n]), np.nanmedian(c[n]), c[n]) for n in COLUMNS])
    ranks = np.apply_along_axis(rankdata, 0, x)
    centred = ranks - ranks.mean(axis=0)
    norms = np.linalg.norm(centred, axis=0)
    correlation = centred.T @ centred / np.maximum(np.outer(norms, norms), 1e-9)
    np.fill_diagonal(correlation, 1)
    return np.asarray(correlation)


def ordinary(c: dict[str, Floats]) -> NDArray[np.bool_]:
    """Customers who are none of the oddities that samples/people.py adds by itself."""
    purchases = sum(c[n] for n in CHANNELS)
    odd = (c["Year_Birth"] < 1930) | (c["Income"] > 110_000) | (c["MntMeatProducts"] > 1_500) | (purchases <= 1)
    return np.asarray(
        ~(odd | (c["NumWebPurchases"] > 20) | (c["NumWebVisitsMonth"] > 10) | (c["NumStorePurchases"] == 0))
    )


def kinds(c: dict[str, Floats]) -> NDArray[np.int64]:
    """0, 1, 2 for low, frequent and high spenders: k-means on spend, purchases and their ratio."""
    x = cluster_features(c)[:, 1:]
    labels = KMeans(len(KINDS), n_init=10, random_state=0).fit_predict(standardised(x))
    by_average_order = np.argsort([x[labels == k, 2].mean() for k in range(len(KINDS))])
    return np.asarray(np.argsort(by_average_order)[labels])


def nearest_correlation(matrix: Floats, least_eigenvalue: float = 0.02) -> Floats:
    """Positive definite with a unit diagonal, with room for rounding to two digits."""
    values, vectors = np.linalg.eigh(matrix)
    fixed = (vectors * np.maximum(values, least_eigenvalue)) @ vectors.T
    scale = np.sqrt(np.diag(fixed))
    return np.asarray(fixed / scale / scale[:, None])


def margins(c: dict[str, Floats], kind: NDArray[np.int64]) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Quantiles and per-mille shares by kind, rounded as they are kept."""
    levels = np.array(LEVELS_PERCENT) / 100
    quantiles = {
        n: np.array([np.nanquantile(c[n][kind == k], levels) for k in range(len(KINDS))]).round() for n in MEASURES
    }
    shares = {}
    for n in COUNTS:
        values = range(int(c[n].max()) + 1)
        rows = np.array([[np.mean(c[n][kind == k] == v) for v in values] for k in range(len(KINDS))])
        shares[n] = (rows * 1000).round()
    return quantiles, shares


def derive(c: dict[str, Floats], rounds: int = 25) -> tuple[Statistics, dict[str, Floats]]:
    """The statistics, with the correlations set so that each kind has the rank correlations that it has in the file."""
    usual = {n: v[ordinary(c)] for n, v in c.items()}
    kind = kinds(usual)
    quantiles, per_mille = margins(usual, kind)
    distinct = PAGE_CUSTOMERS - TWINS_PER_PAGE
    customers = np.round(np.bincount(kind) / len(kind) * distinct).astype(int)
    customers[0] += distinct - customers.sum()
    targets = np.array([spearman({n: v[kind == k] for n, v in usual.items()}) for k in range(len(KINDS))])
    kept = Statistics(
        customers=tuple(map(int, customers)),
        levels=np.array(LEVELS_PERCENT) / 100,
        quantiles=quantiles,
        shares={n: rows / rows.sum(axis=1, keepdims=True) for n, rows in per_mille.items()},
        correlations=np.array([nearest_correlation(t) for t in targets]),
    )
    for _ in range(rounds):
        drawn = draw_ordinary(random_stream(seed=12, block=0, stream=2), kept)
        parts = np.split(np.arange(len(drawn["Income"])), np.cumsum(customers[:-1]) * BLOCK_PAGES)
        reached = np.array([spearman({n: v[part].astype(float) for n, v in drawn.items()}) for part in parts])
        moved = (kept.correlations + 0.8 * (targets - reached)).clip(-0.98, 0.98)
        kept = replace(kept, correlations=np.array([nearest_correlation(m) for m in moved]).round(2))
    return kept, per_mille


def synthetic(seed: int, customers: int) -> dict[str, Floats]:
    """One block of synthetic customers as numbers, as `read` returns the published ones."""
    columns = {n: v[:customers].astype(float) for n, v in block_columns(seed, 0).items()}
    columns["Income"][columns["Income"] == BLANK] = np.nan
    columns["Marital_Status"][columns["Marital_Status"] >= len(MARITAL_STATUSES)] = 0
    return columns


def module_text(kept: Statistics, per_mille: dict[str, Floats]) -> str:
    """The Python source of samples/statistics.py."""

    def table(rows: Floats) -> list[str]:
        return [f"        ({', '.join(f'{int(v)}' for v in r)}),  # {k}" for r, k in zip(rows, KINDS, strict=True)]

    lines = [
        '"""What is kept of the published "Customer Personality Analysis" file: aggregates, none of its rows.',
        "",
        "Written by benchmarks/sample_statistics.py. Three kinds of customers, found by k-means on total spend,",
        "purchases and average spend per purchase; within each kind quantiles, shares, and the correlations between",
        "the normal numbers of the copula, set so that the kind has the rank correlations that it has in the file.",
        '"""',
        "",
        "# ruff: noqa: E501",
        "# fmt: off",
        "",
        f"KINDS = {KINDS!r}".replace("'", '"'),
        "",
        "# How many of the distinct customers of a page (2,240 less the twins) are of each kind.",
        f"CUSTOMERS_PER_PAGE = {kept.customers!r}",
        "",
        "# Codes 0, 1, 2, ... in the shares below.",
        f"EDUCATIONS = {EDUCATIONS!r}".replace("'", '"'),
        f"MARITAL_STATUSES = {MARITAL_STATUSES!r}".replace("'", '"'),
        "",
        "# Dt_Customer is counted in days from here.",
        f'FIRST_DAY = "{FIRST_DAY}"',
        "",
        "# The value below which so many percent of the kind's customers lie.",
        f"LEVELS_PERCENT = {LEVELS_PERCENT!r}",
        "QUANTILES = {",
    ]
    for name, rows in kept.quantiles.items():
        lines += [f'    "{name}": (', *table(rows), "    ),"]
    lines += ["}", "", "# Of a thousand of the kind's customers, how many have the value or code 0, 1, 2, ..."]
    lines += ["SHARES_PER_MILLE = {"]
    for name, rows in per_mille.items():
        lines += [f'    "{name}": (', *table(rows), "    ),"]
    lines += ["}", "", "# Between the columns in the order above, in percent: the lower half, one row a column."]
    lines += ["CORRELATION_PERCENT = {"]
    for kind, matrix in zip(KINDS, kept.correlations, strict=True):
        lines.append(f'    "{kind}": (')
        for i, name in enumerate(kept.columns):
            row = ", ".join(f"{round(v * 100):3d}" for v in matrix[i, : i + 1])
            lines.append(f"        ({row}{',' if i == 0 else ''}),  # {name}")
        lines.append("    ),")
    return "\n".join([*lines, "}", ""])


def compare(c: dict[str, Floats]) -> str:
    """The published file beside the shipped synthetic customers."""
    ks, target = range(1, 9), spearman(c)
    lines = []
    for customers, seed in ((2240, 0), (2240, 1), (64960, 0)):
        twin = synthetic(seed, customers)
        gap = np.abs(spearman(twin) - target)[np.tril_indices(len(COLUMNS), -1)]
        ratios = ", ".join(f"k={k} {r:.3f}" for k, r in zip(ks, wcss(twin, ks) / wcss(c, ks), strict=True))
        lines.append(f"{customers:,} customers: Spearman differs by {gap.mean():.4f} on average, {gap.max():.3f} most")
        lines.append(f"   WCSS / n over the file's: {ratios}")
    block = synthetic(seed=0, customers=64960)
    apart = {n: distance(c[n], block[n]) for n in COLUMNS}
    lines.append("largest distance between distribution functions, by column:")
    lines += [f"   {n:20} {d:.3f}" for n, d in sorted(apart.items(), key=lambda item: -item[1])]
    return "\n".join(lines)


def distance(a: Floats, b: Floats) -> float:
    """Kolmogorov-Smirnov distance, missing values left out."""
    a, b = np.sort(a[~np.isnan(a)]), np.sort(b[~np.isnan(b)])
    at = np.union1d(a, b)
    return float(np.abs(np.searchsorted(a, at, "right") / len(a) - np.searchsorted(b, at, "right") / len(b)).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, help="the published marketing_campaign.csv (tab separated)")
    parser.add_argument("-o", "--output", type=Path, help="write the statistics here; without it, compare")
    arguments = parser.parse_args()
    published = read(arguments.file)
    if arguments.output:
        arguments.output.write_text(module_text(*derive(published)), encoding="utf-8")
    else:
        print(compare(published))


if __name__ == "__main__":
    main()
