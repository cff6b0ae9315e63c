"""Whether the words of names are true, told from the data themselves and from no profile."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from segscope.naming import Portrait
from segscope.recipe import Concept, Recipe
from segscope.transactions.rfm import GROUPS

HIGH_OR_LOW = {
    "settled": (Concept.TENURE, 1), "new": (Concept.TENURE, -1),
    "frequent": (Concept.PURCHASES, 1), "occasional": (Concept.PURCHASES, -1),
    "big-basket": (Concept.BASKET, 1), "small-basket": (Concept.BASKET, -1),
    "lapsing": (Concept.RECENCY, 1), "recent": (Concept.RECENCY, -1),
    "high-income": (Concept.INCOME, 1), "low-income": (Concept.INCOME, -1),
    "older": (Concept.AGE, 1), "younger": (Concept.AGE, -1),
    "family": (Concept.CHILDREN, 1), "child-free": (Concept.CHILDREN, -1),
    "deal-seeking": (Concept.DEALS, 1), "full-price": (Concept.DEALS, -1),
    "responsive": (Concept.OFFERS, 1), "unresponsive": (Concept.OFFERS, -1),
    "browsing": (Concept.VISITS, 1), "rarely browsing": (Concept.VISITS, -1),
}  # fmt: skip
SPENDERS = {"top spenders", "high spenders", "mid spenders", "low spenders"}
NOISE = 1e-9  # of floats
Array = np.ndarray[Any, np.dtype[Any]]


def untrue(portraits: tuple[Portrait, ...], recipe: Recipe, columns: Mapping[str, Array], places: Array) -> list[str]:
    """Words that do not hold, and names that are not made of their claims.

    Parameters
    ----------
    columns : every feature's values, one a customer, NaN for blank; texts for categories
    places : of everybody's segment
    """
    found = []
    for place, portrait in enumerate(portraits):
        left = portrait.suggested.lower()
        for claim in sorted(portrait.evidence, key=lambda c: -len(c.words)):
            left = left.replace(claim.words.lower(), "", 1)
            if not _holds(claim.words.lower(), place, recipe, columns, places):
                found.append(f"{portrait.suggested}: {claim.words} ({claim.reason})")
        if left.strip(", 0123456789") and portrait.suggested != "All customers":
            found.append(f"{portrait.suggested}: nothing is behind {left!r}")
    return found


def _holds(words: str, place: int, recipe: Recipe, columns: Mapping[str, Array], places: Array) -> bool:
    def apart(name: str, segment: int = place) -> float:
        x = columns[name].astype(float)
        spread = float(np.nanstd(x))
        return float(np.nanmean(x[places == segment]) - np.nanmean(x)) / spread if spread else 0.0

    if words in SPENDERS:
        spend = next(f for f in recipe.features if recipe.column(f).concept is Concept.SPEND)
        mine, highest = apart(spend), max(apart(spend, g) for g in range(places.max() + 1))
        return {
            "top spenders": mine > 0.5 - NOISE and mine >= highest - NOISE,
            "high spenders": mine > 0.5 - NOISE,
            "mid spenders": -0.3 - NOISE <= mine <= 0.5 + NOISE,
            "low spenders": mine < -0.3 + NOISE,
        }[words]
    if words in HIGH_OR_LOW:
        concept, sign = HIGH_OR_LOW[words]
        meant = [f for f in recipe.measured_features if recipe.column(f).concept is concept]
        return any(sign * apart(f) >= 0.2 - NOISE for f in meant)
    if words == "average customers":
        return all(abs(apart(f)) < 0.2 + NOISE for f in recipe.measured_features)
    group = next((g for g in GROUPS if g.name.lower() == words), None)
    if group:
        r = _score(-columns[str(recipe.with_concept(Concept.RECENCY))], places == place)
        f = _score(columns[str(recipe.with_concept(Concept.PURCHASES))], places == place)
        return group.r[0] <= r <= group.r[1] and group.f[0] <= f <= group.f[1]
    for name in recipe.features:
        label = recipe.column(name).label.lower()
        if words in (f"high {label}", f"low {label}", f"high-{label}", f"low-{label}"):
            return (1 if words.startswith("high") else -1) * apart(name) >= 0.2 - NOISE
        if words.startswith(f"{label} ") and name in recipe.category_features:
            is_it = np.array([str(v).lower() == words.removeprefix(f"{label} ") for v in columns[name]])
            return bool(is_it[places == place].mean() - is_it.mean() >= 0.2 - NOISE)
    return False


def _score(x: Array, mine: Array) -> int:
    """The fifth in which the median of some stands among all, equal values in the middle of theirs; 5 is highest."""
    x = x.astype(float)
    median = np.nanmedian(x[mine])
    standing = (np.sum(x < median) + np.sum(x == median) / 2) / np.count_nonzero(~np.isnan(x))
    return 1 + min(4, int(5 * standing))
