"""The usual groups of recency and frequency: ten named regions of the grid of R scores and F scores.

Ordering customers by recency, frequency and monetary value goes back to direct mail (Hughes, *Strategic Database
Marketing*, 1994). The ten names are the ones that marketing tools have used since; they have no single source.
The M score is not part of the grid: it says what a group is worth, not where it stands.
"""

from dataclasses import dataclass

import ibis

from segscope.engine import Engine, exact_sum, fixed_point_scale, one, rows

SCORES = 5


@dataclass(frozen=True)
class Group:
    """One group of the grid.

    Attributes
    ----------
    r, f : lowest and highest R score and F score, both included
    description, action : who they are, and what is usually done
    """

    name: str
    r: tuple[int, int]
    f: tuple[int, int]
    description: str
    action: str


GROUPS = (
    Group(
        "Champions",
        (5, 5),
        (4, 5),
        "Bought very recently and buy often.",
        "Reward them, show them new things first, ask for reviews.",
    ),
    Group(
        "Loyal customers",
        (3, 4),
        (4, 5),
        "Buy often, the last time not long ago.",
        "Offer the next better product; invite them to a loyalty programme.",
    ),
    Group(
        "Potential loyalists",
        (4, 5),
        (2, 3),
        "Bought recently; how often is in the middle or just below.",
        "Recommend what fits; offer membership.",
    ),
    Group(
        "New customers",
        (5, 5),
        (1, 1),
        "Bought very recently, and among those who bought least often.",
        "Welcome them; help with the first steps.",
    ),
    Group(
        "Promising",
        (4, 4),
        (1, 1),
        "Bought recently, and among those who bought least often.",
        "Make the brand known; offer a small reason to come again.",
    ),
    Group(
        "Need attention",
        (3, 3),
        (3, 3),
        "In the middle of both scales.",
        "Make an offer for a limited time; recommend from what they bought.",
    ),
    Group(
        "About to sleep",
        (3, 3),
        (1, 2),
        "Bought some time ago, and rarely.",
        "Bring back to mind; recommend what is popular.",
    ),
    Group(
        "At risk",
        (1, 2),
        (3, 4),
        "Bought fairly often, but long ago.",
        "Write to them personally; offer a reason to return.",
    ),
    Group(
        "Cannot lose them",
        (1, 2),
        (5, 5),
        "Bought most often of all, but long ago.",
        "Talk to them; do not lose them to others.",
    ),
    Group(
        "Hibernating",
        (1, 2),
        (1, 2),
        "Bought long ago, and rarely.",
        "Write seldom; try one inexpensive offer.",
    ),
)


@dataclass(frozen=True)
class GroupCount:
    """One group's customers and money. Shares are of all customers, and of all spend (None where that is not > 0)."""

    group: Group
    customers: int
    share: float
    spend: float
    spend_share: float | None


def group_of(r: int, f: int) -> Group:
    """The group of an R score and an F score, each 1 (lowest) to 5 (highest).

    >>> group_of(5, 5).name, group_of(1, 5).name, group_of(3, 3).name
    ('Champions', 'Cannot lose them', 'Need attention')
    """
    return next(g for g in GROUPS if g.r[0] <= r <= g.r[1] and g.f[0] <= f <= g.f[1])


def group_counts(
    engine: Engine, customers: ibis.Table, group: str = "rfm_group", spend: str = "total_spend"
) -> tuple[GroupCount, ...]:
    """Count customers and money of every group, in the order of ``GROUPS``; ``group`` and ``spend`` name columns."""
    known = customers.select(group=customers[group], spend=customers[spend].cast("float64"))
    whole = one(engine, known.agg(n=known.count(), largest=known.spend.abs().max()))
    scale = fixed_point_scale(float(whole["largest"] or 0.0), int(whole["n"]))
    by_group = known.group_by("group").agg(n=known.count(), spend=exact_sum(known.spend, scale))
    found = {r["group"]: (int(r["n"]), int(r["spend"] or 0)) for r in rows(engine, by_group)}
    total = sum(units for _, units in found.values())
    counted = []
    for place in GROUPS:
        count, units = found.get(place.name, (0, 0))
        share = count / whole["n"] if whole["n"] else 0.0
        # Decimal money has four decimals at most; what is beyond comes from the fixed point.
        spent = round(units / scale, 4)
        counted.append(GroupCount(place, count, share, spent, units / total if total > 0 else None))
    return tuple(counted)
