"""Are probabilities right, and are missing fields dealt with as well as by the best imputer?

    python benchmarks/calibration.py [--data FOLDER] [--tested 1000] [--seeds 1 2 3 4 5]

Each data set is parted in two halves by chance. A study is fitted to the one, and knows nothing of the other, whose
customers are tested: complete, and with 30, 50 and 70 % of their fields hidden at random (each field on its own; one
stays). "Features" are what the study clusters on, "raw columns" what these are made of.

Complete: the centres of the segments are taken anew from resamples of the tested half; the probability of a customer's
segment is compared with how often he is in it then. "To rest": the same after k-means has come to rest from there,
which is not what the probability is of (that the segments themselves move says their stability).
Hidden: the first segment is compared with that of the complete customer; likewise the probability with segments drawn
anew. Mean filling, k nearest neighbours (5) and IterativeImputer learn from the same half and fill the same fields,
numbers as they are and on the scales on which segscope compares customers; of features also what follows from the
known ones by their formulas is told to them. Then the study assigns the filled customers.

A line holds the customers of all seeds, each of which parts, fits and hides anew. "Against the best" is by how much
more often segscope is right than the best of the others, which is chosen afterwards: where all are equally good, the
best of six looks better than it is. Its standard error is that of the difference customer by customer.
"""

import argparse
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - it must be imported before the next
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer

import segscope
from segscope import samples
from segscope.clustering.quick import followed_means
from segscope.clustering.softness import PASSES
from segscope.engine import connect
from segscope.intake import ROW, read
from segscope.preparation import CategoryPreparation, to_model_numpy
from segscope.scoring import Donors, gather_donors, place, right_with
from segscope.scoring.placing import known_fields
from segscope.segmentation import Segmentation, assign_numpy, features_numpy, strengths_numpy, to_customers
from segscope.study import open_study

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
SHARES = (0.3, 0.5, 0.7)
BINS = 10
DRAWS = 50
MIXED = ("total_spend", "days_enrolled", "Income", "Education")


@dataclass(frozen=True, eq=False)
class Line:
    """Customers of whom some fields were hidden, arrays of shape (n,).

    Attributes
    ----------
    right : whether the answer is the segment of the complete customer
    told, chance : how often that would be so as segscope says, and the probability of the segment
    stays : whether the answer is the segment after centres were drawn anew
    page : how often the page says that such fields are right; NaN where there are too many sets to try them all
    others : whether the answers after filling are right, by the way of filling
    """

    right: Flags
    told: Array
    chance: Array
    stays: Flags
    page: Array
    others: dict[str, Flags]

    def __str__(self) -> str:
        shares = {name: float(found.mean()) for name, found in self.others.items()}
        best = max(shares, key=lambda name: shares[name])
        gain = self.right.astype(float) - self.others[best]
        errors = expected_error(self.told, self.right), expected_error(self.chance, self.stays)
        page = "" if np.isnan(self.page).any() else f"the page says {self.page.mean():.1%}; "
        against = f"{100 * gain.mean():+.1f} ± {100 * gain.std() / np.sqrt(len(gain)):.1f}"
        said = ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
        return (
            f"{self.right.mean():.1%} | {self.told.mean():.1%} | {errors[0]:.3f} | {errors[1]:.3f} | "
            f"{shares[best]:.1%} | {against} | {page}{said} |"
        )


def together(lines: Sequence[Line]) -> Line:
    """The customers of several lines as one."""
    parts = {
        name: np.concatenate([getattr(line, name) for line in lines]) for name in vars(lines[0]) if name != "others"
    }
    return Line(**parts, others={way: np.concatenate([line.others[way] for line in lines]) for way in lines[0].others})


def expected_error(confidence: Array, right: Array | Flags) -> float:
    """Expected calibration error over ten bins of equal width (Naeini, Cooper & Hauskrecht 2015)."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    parts = [(bins == b) for b in range(BINS)]
    return float(sum(abs(confidence[p].mean() - right[p].mean()) * p.mean() for p in parts if p.any()))


def data_sets(place_: Path, data: Path | None) -> Iterator[tuple[str, pa.Table, tuple[str, ...] | None]]:
    """Name, customers and features (None for the proposal) of each data set."""
    samples.write(place_ / "sample.parquet", 4000)
    if data:
        yield "real file", typed(data / "marketing_campaign.csv"), None
    yield "sample", typed(place_ / "sample.parquet"), None
    yield "sample, with a category", typed(place_ / "sample.parquet"), MIXED
    if data:
        segscope.fit(data / "cdnow_sample.txt", place_ / "log", segments=4, quick=True)
        live = open_study(place_ / "log")
        names = list(live.recipe.features)
        yield "CDNOW log", live.engine.fetch(live.customers.select(*names)), tuple(names)
        live.engine.close()


def typed(file: Path) -> pa.Table:
    """A source as intake reads it."""
    engine = connect()
    table, _ = read(file, engine, "typed")
    found = engine.fetch(table.drop(*[c for c in table.columns if c == ROW]))
    engine.close()
    return found


def halves(table: pa.Table, random: np.random.Generator) -> tuple[pa.Table, pa.Table]:
    """Two halves by chance."""
    order = random.permutation(len(table))
    return table.take(pa.array(order[::2])), table.take(pa.array(order[1::2]))


def fields_of(tested: pa.Table, segmentation: Segmentation) -> Donors:
    """The fields of tested customers, as those of donors."""
    engine = connect()
    customers = to_customers(engine.store("tested", tested), segmentation.lean.recipe)
    found = gather_donors(engine, customers, segmentation, len(tested))
    engine.close()
    return found


def study_one(name: str, table: pa.Table, features: tuple[str, ...] | None, count: int, seed: int) -> dict[str, Line]:
    """The lines of one data set; that of complete customers is printed."""
    random = np.random.default_rng(seed)
    fitted, held_out = halves(table, random)
    with tempfile.TemporaryDirectory() as folder:
        segscope.fit(fitted, Path(folder, "study"), segments=4, features=features, quick=True)
        live = open_study(Path(folder, "study"))
        segmentation = live.fit.segmentation
        donors = gather_donors(live.engine, live.sample, segmentation)
        live.engine.close()
    everybody = fields_of(held_out, segmentation)
    complete(f"{name}, seed {seed}", segmentation, everybody, random)
    tested = everybody.only(np.arange(min(count, len(everybody))))
    redrawn = drawn_anew(segmentation, everybody, tested, random)
    lines = {}
    kinds = {"features": segmentation.recipe.features}
    if set(donors.scales) - set(segmentation.recipe.features):
        kinds["raw columns"] = segmentation.needed
    for kind, fields in kinds.items():
        for share in SHARES:
            hidden = random.random((len(tested), len(fields))) < share
            kept = random.integers(0, len(fields), len(tested))
            hidden[np.arange(len(tested)), kept] &= ~hidden.all(axis=1)
            title = f"{name} | {kind} | {share:.0%}"
            lines[title] = masked(segmentation, donors, tested, fields, hidden, redrawn)
    return lines


def complete(name: str, segmentation: Segmentation, everybody: Donors, random: np.random.Generator) -> None:
    """Print the line of complete customers."""
    model = to_model_numpy(everybody.features, segmentation.preparation)
    chances = strengths_numpy(segmentation, model)
    confidence, first = chances.max(axis=1), assign_numpy(segmentation, everybody.features)
    right = np.column_stack([_drawn(segmentation, model, random) == first for _ in range(DRAWS)])
    rested = np.mean([_drawn(segmentation, model, random, None) == first for _ in range(DRAWS)])
    error = expected_error(np.repeat(confidence, DRAWS), right.ravel().astype(float))
    own = expected_error(confidence, np.ones(len(first)))
    print(
        f"| {name} | complete | 0% | {right.mean():.1%} | {confidence.mean():.1%} | {own:.3f} | {error:.3f} | | "
        f"| softness {segmentation.softness:.2f}, to rest {rested:.1%} |", flush=True,
    )  # fmt: skip


def drawn_anew(
    segmentation: Segmentation, everybody: Donors, tested: Donors, random: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Segments of tested customers in one new draw each, shape (n,)."""
    model = to_model_numpy(everybody.features, segmentation.preparation)
    draws = np.stack([_drawn(segmentation, model, random)[: len(tested)] for _ in range(DRAWS)])
    found: npt.NDArray[np.intp] = draws[random.integers(0, DRAWS, len(tested)), np.arange(len(tested))]
    return found


def _drawn(
    segmentation: Segmentation, model: Array, random: np.random.Generator, passes: int | None = PASSES
) -> npt.NDArray[np.intp]:
    weights = np.bincount(random.integers(0, len(model), len(model)), minlength=len(model)).astype(float)
    centres = followed_means(model, weights, np.array(segmentation.centres), passes)
    found: npt.NDArray[np.intp] = ((model[:, None, :] - centres) ** 2).sum(axis=2).argmin(axis=1)
    return found


def masked(
    segmentation: Segmentation, donors: Donors, tested: Donors, fields: tuple[str, ...], hidden: Flags,
    redrawn: npt.NDArray[np.intp],
) -> Line:  # fmt: skip
    """Customers with hidden fields."""
    truth = assign_numpy(segmentation, tested.features)
    given = [
        {f: float(tested.values[f][i]) for j, f in enumerate(fields) if not hidden[i, j]} for i in range(len(tested))
    ]
    placed = [place(segmentation, donors, g) for g in given]
    first = np.array([p.first for p in placed])
    told = np.array([p.right for p in placed])
    chance = np.array([p.probabilities[p.first] for p in placed])
    # How often the page says that such fields are right; of raw columns there are too many sets to try them all.
    few = fields == segmentation.recipe.features
    page = np.array([right_with(segmentation, donors, p.known)[0] if few else np.nan for p in placed])
    others = filled_by_others(segmentation, donors, tested, fields, hidden, given)
    return Line(first == truth, told, chance, first == redrawn, page, {n: f == truth for n, f in others.items()})


def filled_by_others(
    segmentation: Segmentation, donors: Donors, tested: Donors, fields: tuple[str, ...], hidden: Flags,
    given: list[dict[str, float]],
) -> dict[str, npt.NDArray[np.intp]]:  # fmt: skip
    """Segments of customers whose hidden fields are filled by other ways."""
    found = {}
    ways = {"mean": SimpleImputer(), "neighbours": KNNImputer(), "iterative": IterativeImputer(random_state=0)}
    features = set(fields) == set(segmentation.recipe.features)
    for scale in ("model",) if features else ("plain", "log"):
        for name, way in ways.items():
            if features:
                learned = to_model_numpy(donors.features, segmentation.preparation)
                shown = np.vstack([_model_row(segmentation, known_fields(segmentation, donors, g)[0]) for g in given])
            else:
                learned, shown = _columns(donors, donors, fields, scale), _columns(donors, tested, fields, scale)
                shown[hidden] = np.nan
            filled = way.fit(learned).transform(shown)
            model = filled if features else _to_model(segmentation, donors, tested, fields, hidden, filled, scale)
            d2 = ((model[:, None, :] - np.array(segmentation.centres)) ** 2).sum(axis=2)
            found[f"{name}, {scale}"] = d2.argmin(axis=1)
    return found


def _model_row(segmentation: Segmentation, known: dict[str, float]) -> Array:
    parts = []
    for step in segmentation.preparation:
        blank = np.full((1, step.width), np.nan)
        parts.append(to_model_numpy({step.feature: np.array([known[step.feature]])}, (step,))
                     if step.feature in known else blank)  # fmt: skip
    return np.hstack(parts)


def _columns(donors: Donors, tested: Donors, fields: tuple[str, ...], scale: str) -> Array:
    """Raw columns side by side, standardised by the donors', through logarithms where they are skewed or not at all."""
    found = []
    for name in fields:
        x, seen = tested.raw[name].copy(), donors.scales[name]
        if scale == "log" and seen.log:
            x = np.log1p(np.maximum(x, 0))
        own = donors.raw[name] if not (scale == "log" and seen.log) else np.log1p(donors.raw[name])
        found.append((x - np.nanmean(own)) / (np.nanstd(own) or 1.0))
    return np.column_stack(found)


def _to_model(
    segmentation: Segmentation, donors: Donors, tested: Donors, fields: tuple[str, ...], hidden: Flags, filled: Array,
    scale: str,
) -> Array:  # fmt: skip
    columns = {}
    for j, name in enumerate(fields):
        seen = donors.scales[name]
        logged = scale == "log" and seen.log
        own = np.log1p(donors.raw[name]) if logged else donors.raw[name]
        x = filled[:, j] * (np.nanstd(own) or 1.0) + np.nanmean(own)
        columns[name] = np.where(hidden[:, j], np.expm1(x) if logged else x, tested.raw[name])
        if any(isinstance(s, CategoryPreparation) and s.feature == name for s in segmentation.preparation):
            columns[name] = np.round(np.clip(columns[name], 0, None))
    return to_model_numpy(features_numpy(segmentation.lean, columns), segmentation.preparation)


def main() -> None:
    """Print the table of docs/methods.md."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, help="folder with marketing_campaign.csv and cdnow_sample.txt")
    options.add_argument("--tested", type=int, default=1000)
    options.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    options.add_argument("--only", help="one data set")
    chosen = options.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(
        "| data | known by | hidden | right | said | ECE, right | ECE, probability | best | against the best, points "
        "| |"
    )
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---|")
    with tempfile.TemporaryDirectory() as place_:
        for name, table, features in data_sets(Path(place_), chosen.data):
            if not chosen.only or chosen.only == name:
                found = [study_one(name, table, features, chosen.tested, seed) for seed in chosen.seeds]
                for title in found[0]:
                    print(f"| {title} | {together([lines[title] for lines in found])}", flush=True)


if __name__ == "__main__":
    main()
