"""Drift: how far the customers that are scored differ from those that the study was fitted on.

The population stability index of each feature, PSI = sum (a - e) ln(a / e) over bins, where e and a are the shares of
the fit's and of the scored customers; bins are tenths of the fit's customers, levels of a category, and blanks.
Below 0.1 is taken for stable, above 0.25 for a change (Siddiqi, N. (2006). Credit Risk Scorecards. Wiley).
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt

from segscope.engine import Engine, one
from segscope.features import as_number
from segscope.preparation import CategoryPreparation, code_expression
from segscope.segmentation import (
    DISTANCE2,
    SEGMENT,
    Segmentation,
    assign,
    carried,
    centre_column,
    to_customers,
    without_unneeded,
)
from segscope.wording import listed, percent

CHANGED, SLIGHTLY = 0.25, 0.1
TENTHS = tuple(i / 10 for i in range(1, 10))
LEAST_SHARE = 1e-4
Counts = npt.NDArray[np.int64]
Edges = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, eq=False)
class Seen:
    """What was seen of some customers: counts by bin of each feature (blanks last), by segment, and who fits none."""

    features: dict[str, Counts]
    segments: Counts
    none: int

    def __add__(self, other: "Seen") -> "Seen":
        features = {f: counts + other.features[f] for f, counts in self.features.items()}
        return Seen(features, self.segments + other.segments, self.none + other.none)

    @property
    def customers(self) -> int:
        """How many."""
        return int(self.segments.sum())


@dataclass(frozen=True)
class Drift:
    """The customers scored against those of the fit.

    Attributes
    ----------
    psi : of each feature
    fits_none, fits_none_before : share of customers beyond the reach of their segment; None where it was not measured
    shares, shares_before : of the segments, by name
    """

    customers: int
    psi: dict[str, float]
    fits_none: float | None
    fits_none_before: float | None
    shares: dict[str, float]
    shares_before: dict[str, float]
    psi_of_segments: float

    @property
    def changed(self) -> tuple[str, ...]:
        """Features that are distributed in another way than in the fit."""
        return tuple(f for f, value in self.psi.items() if value > CHANGED)

    def to_json(self) -> str:
        """Everything, as JSON."""
        return json.dumps({**vars(self), "changed": list(self.changed)}, indent=1, ensure_ascii=False) + "\n"

    def in_words(self) -> list[str]:
        """What to tell at the end of a run."""
        moved = [f"{name} {percent(self.shares_before[name])} → {percent(s)}" for name, s in self.shares.items()]
        lines = [f"Segments, in the fit → here: {'; '.join(moved)}."]
        slight = [f"{f} ({v:.2f})" for f, v in self.psi.items() if SLIGHTLY < v <= CHANGED]
        strong = [f"{f} ({self.psi[f]:.2f})" for f in self.changed]
        if strong:
            lines.append(f"Not like the customers of the fit in {listed(strong)} (PSI above {CHANGED}): fit anew.")
        if slight:
            lines.append(f"Slightly different in {listed(slight)} (PSI above {SLIGHTLY}).")
        if not strong and not slight:
            lines.append(f"Every feature is distributed as in the fit (PSI at most {SLIGHTLY}).")
        if self.fits_none is not None and self.fits_none_before is not None:
            lines.append(
                f"Unlike any segment: {percent(self.fits_none)} (in the fit {percent(self.fits_none_before)})."
            )
        return lines


def tenths(engine: Engine, source: ibis.Table, segmentation: Segmentation) -> Edges:
    """What parts each number into tenths of the customers of the fit; ties make fewer parts."""
    customers = to_customers(source, without_unneeded(segmentation.recipe))
    measures = segmentation.recipe.measured_features
    if not measures:
        return {}
    asked = {f"q{i}": as_number(customers[f]).quantile(list(TENTHS)) for i, f in enumerate(measures)}
    found = one(engine, customers.agg(**asked))
    return {f: tuple(sorted(set(found[f"q{i}"] or ()))) for i, f in enumerate(measures)}


def see(engine: Engine, source: ibis.Table, segmentation: Segmentation, edges: Edges) -> Seen:
    """Count typed customers, streamed."""
    customers = to_customers(source, without_unneeded(segmentation.recipe)).select(*carried(segmentation, source))
    assigned = assign(customers, segmentation)
    values = {
        f"x{i}": code_expression(assigned[step.feature], step)
        if isinstance(step, CategoryPreparation)
        else as_number(assigned[step.feature])
        for i, step in enumerate(segmentation.preparation)
    }
    places = {"segment": assigned[SEGMENT], "centre": assigned[centre_column(segmentation)]}
    table = assigned.select(**values, **places, distance2=assigned[DISTANCE2])
    seen = [
        counted(batch["segment"].to_numpy(), batch["distance2"].to_numpy(),
                [batch[name].to_numpy(zero_copy_only=False) for name in values], segmentation, edges,
                batch["centre"].to_numpy())
        for batch in engine.batches(table)
    ]  # fmt: skip
    return sum_of(seen)


def counted(
    segment: npt.NDArray[Any],
    distance2: npt.NDArray[np.float64],
    values: Sequence[npt.NDArray[np.float64]],
    segmentation: Segmentation,
    edges: Edges,
    centre: npt.NDArray[Any] | None = None,
) -> Seen:
    """Count customers given as arrays of shape (n,): features in original units, places of levels, NaN for blank.

    ``centre``: places of their nearest centres, where these are not their segments.
    """
    centre = segment if centre is None else centre
    features = {}
    for step, x in zip(segmentation.preparation, values, strict=True):
        blank = np.isnan(x)
        if isinstance(step, CategoryPreparation):
            bins, number = np.where(blank, step.width, x).astype(np.intp), step.width
        else:
            limits = np.array(edges[step.feature])
            number = len(limits) + 1
            bins = np.where(blank, number, np.searchsorted(limits, x, side="left"))
        features[step.feature] = np.bincount(bins, minlength=number + 1).astype(np.int64)
    k = len(segmentation.segments)
    beyond = int((distance2 > np.array(segmentation.reach)[centre]).sum()) if segmentation.reach else 0
    return Seen(features, np.bincount(segment, minlength=k).astype(np.int64), beyond)


def sum_of(seen: Sequence[Seen]) -> Seen:
    """All of them together; at least one."""
    total = seen[0]
    for more in seen[1:]:
        total = total + more
    return total


def drift(before: Seen, now: Seen, segmentation: Segmentation) -> Drift:
    """Compare the customers scored with those of the fit."""
    names = [s.name for s in segmentation.segments]
    measured = bool(segmentation.reach)
    return Drift(
        now.customers,
        {f: psi(before.features[f], counts) for f, counts in now.features.items()},
        now.none / now.customers if measured else None,
        before.none / before.customers if measured else None,
        dict(zip(names, (now.segments / now.customers).tolist(), strict=True)),
        dict(zip(names, (before.segments / before.customers).tolist(), strict=True)),
        psi(before.segments, now.segments),
    )


def psi(expected: Counts, actual: Counts) -> float:
    """The population stability index of two rows of counts; a share counts as at least 0.0001.

    >>> psi(np.array([50, 50]), np.array([50, 50])), round(psi(np.array([50, 50]), np.array([80, 20])), 3)
    (0.0, 0.416)
    """
    shares = [np.maximum(counts / max(int(counts.sum()), 1), LEAST_SHARE) for counts in (expected, actual)]
    return math.fsum((a - e) * math.log(a / e) for e, a in zip(*shares, strict=True))
