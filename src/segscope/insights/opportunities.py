"""Opportunities: where a segment does less of something than customers like it, and what half of that would be worth.

Customers of a segment are matched with others on the features. What they do less of (spend on a product, purchases by a
channel, answers to a campaign) is searched on one half of the customers and confirmed on the other, as findings are. It
is an association: that they would do more if somebody tried is for a test to show, and each card says how large a one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir
import numpy as np

from segscope.engine import Engine
from segscope.features import as_number
from segscope.insights.candidates import SPLIT_SEED
from segscope.insights.findings import FALSE_AT_MOST
from segscope.insights.matching import (
    Array,
    Comparison,
    Flags,
    compare,
    customers_for_means,
    customers_for_rates,
    match,
)
from segscope.insights.saying import inner
from segscope.insights.testing import benjamini_hochberg
from segscope.preparation import coordinates, to_model
from segscope.profiling import Profiles
from segscope.recipe import Family, FamilyMember, Recipe
from segscope.segmentation import Segmentation
from segscope.wording import percent, short

FAR = 0.2  # standard deviations of the comparable customers: Cohen's (1988) small difference
LEAST_MATCHED = 0.1  # of a segment; fewer do not speak for it
REACH = 1.96
MOST_CARDS = 6
KINDS = ("spend", "purchases", "responses")  # of which more is better; of other families nobody knows


@dataclass(frozen=True)
class Opportunity:
    """A segment that does less of something than customers like it. All numbers are of the half that confirmed it.

    Attributes
    ----------
    segment : place of the segment
    sentence : in plain words
    customers : of the segment, who have their like elsewhere; ``matched`` is their share of it
    mine, comparable : mean a customer, of these and of those like them (of answers: rates)
    less : how much less they do, a customer; ``less_low``, ``less_high`` its 95 % interval
    effect : ``-less`` in standard deviations of the comparable customers
    worth, worth_low, worth_high : what all of these customers together would do more if they moved half way, in the
        unit of the family
    test_customers : that each of two groups needs for a test to show half the way (80 % power, 5 %, two-sided)
    looked_at : customers of the segment in the half
    """

    segment: int
    family: Family
    member: FamilyMember
    sentence: str
    customers: int
    matched: float
    mine: float
    comparable: float
    less: float
    less_low: float
    less_high: float
    effect: float
    worth: float
    worth_low: float
    worth_high: float
    test_customers: int
    looked_at: int


@dataclass(frozen=True)
class Opportunities:
    """Cards, best first, and how many comparisons were tried, found on the one half and confirmed on the other."""

    cards: tuple[Opportunity, ...]
    tried: int
    found: int
    confirmed: int


@dataclass(frozen=True, eq=False)
class Behaviour:
    """Customers as arrays: segment (n,), half (n,), model space (n, p), and outcomes (n, m), NaN where unknown."""

    segment: Array
    second_half: Flags
    model: Array
    outcomes: Array


@dataclass(frozen=True)
class _Trial:
    segment: int
    outcome: int
    matched: float
    sides: tuple[Comparison, Comparison]


def outcomes_of(recipe: Recipe, profiles: Profiles) -> tuple[tuple[Family, FamilyMember], ...]:
    """What could be done more of: parts of families that are not features themselves and never below zero."""
    known = profiles.everybody.numbers
    return tuple(
        (family, member)
        for family in recipe.families
        if family.kind in KINDS
        for member in family.parts
        if member.column not in recipe.features and member.column in known and known[member.column].low >= 0
    )


def find_opportunities(
    engine: Engine,
    sample: ibis.Table,
    by: str,
    key: ir.StringValue,
    segmentation: Segmentation,
    profiles: Profiles,
    names: Sequence[str],
) -> Opportunities:
    """Search for what segments do less of than customers like them.

    Parameters
    ----------
    sample : customers, a bounded number of them: they are matched in memory
    by, key, names : as in :func:`segscope.insights.find_insights`
    """
    outcomes = outcomes_of(segmentation.recipe, profiles)
    if len(names) < 2 or not outcomes:
        return Opportunities((), 0, 0, 0)
    columns = [member.column for _, member in outcomes]
    behaviour = gather_behaviour(engine, sample, by, key, segmentation, columns)
    sizes = [group.customers for group in profiles.segments]
    return weigh_opportunities(behaviour, outcomes, sizes, names)


def gather_behaviour(
    engine: Engine,
    sample: ibis.Table,
    by: str,
    key: ir.StringValue,
    segmentation: Segmentation,
    columns: Sequence[str],
) -> Behaviour:
    """Fetch sampled customers, in an order that does not depend on that of the rows."""
    steps = segmentation.preparation
    features = {f"__x{i}": sample[step.feature] for i, step in enumerate(steps)}
    values = {f"y{i}": as_number(sample[c]) for i, c in enumerate(columns)}
    second = engine.uniform(key, SPLIT_SEED) >= 0.5
    own = sample.select(segment=sample[by].cast("float64"), second=second.cast("float64"), **values, **features)
    model = to_model(own, tuple(replace(step, feature=f"__x{i}") for i, step in enumerate(steps)))
    names = ["segment", "second", *values, *coordinates(steps)]
    found = engine.fetch(model.select(*names))
    table = np.column_stack([found[name].to_numpy().astype(float) for name in names])
    table = table[np.lexsort(table.T)]
    end = 2 + len(columns)
    return Behaviour(table[:, 0], table[:, 1] == 1.0, table[:, end:], table[:, 2:end])


def weigh_opportunities(
    behaviour: Behaviour, outcomes: Sequence[tuple[Family, FamilyMember]], sizes: Sequence[int], names: Sequence[str]
) -> Opportunities:
    """Search and confirm, on customers as arrays.

    Parameters
    ----------
    sizes : all customers of each segment
    """
    trials = [t for g in range(len(names)) for t in _tried(behaviour, g)]
    found = _surviving(trials, 0)
    confirmed = [t for t in _surviving(found, 1) if t.sides[0].difference * t.sides[1].difference > 0]
    missed = [t for t in confirmed if t.sides[1].difference < 0]
    cards = [_card(t, *outcomes[t.outcome], sizes[t.segment], names[t.segment]) for t in missed]
    return Opportunities(_ranked(cards), len(trials), len(found), len(confirmed))


def _tried(behaviour: Behaviour, segment: int) -> list[_Trial]:
    halves = [behaviour.second_half == second for second in (False, True)]
    models = [behaviour.model[half] for half in halves]
    matched = [match(x, behaviour.segment[half] == segment) for x, half in zip(models, halves, strict=True)]
    share = min(m.share for m in matched)
    if share < LEAST_MATCHED:
        return []
    trials = []
    for i in range(behaviour.outcomes.shape[1]):
        found, confirmed = (
            compare(m, x, behaviour.outcomes[half, i]) for m, x, half in zip(matched, models, halves, strict=True)
        )
        if found and confirmed:
            trials.append(_Trial(segment, i, share, (found, confirmed)))
    return trials


def _surviving(trials: Sequence[_Trial], half: int) -> list[_Trial]:
    adjusted = benjamini_hochberg([t.sides[half].p_value for t in trials])
    return [t for t, p in zip(trials, adjusted, strict=True) if abs(t.sides[half].effect) >= FAR and p <= FALSE_AT_MOST]


def _card(trial: _Trial, family: Family, member: FamilyMember, size: int, name: str) -> Opportunity:
    side = trial.sides[1]
    customers = round(size * trial.matched)
    less, reach = -side.difference, REACH * side.error
    low, high = max(0.0, less - reach), less + reach
    half = less / 2
    if family.kind == "responses":
        test = customers_for_rates(side.mine, min(1.0, side.mine + half))
    else:
        test = customers_for_means(half, side.deviation)
    return Opportunity(
        trial.segment, family, member, _sentence(family, member, name, side), customers, trial.matched, side.mine,
        side.comparable, less, low, high, side.effect, customers * half, customers * low / 2, customers * high / 2,
        test, side.customers,
    )  # fmt: skip


def _sentence(family: Family, member: FamilyMember, name: str, side: Comparison) -> str:
    label = inner(member.label)
    if family.kind == "responses":
        return (
            f"{percent(side.mine)} of {name} accepted {member.label}, {percent(side.comparable)} of customers like them"
        )
    does = {"spend": f"spend {short(side.mine)} on {label}", "purchases": f"buy {short(side.mine)} times by {label}"}
    return f"{name}: they {does[family.kind]}, customers like them {short(side.comparable)}"


def _ranked(cards: Sequence[Opportunity]) -> tuple[Opportunity, ...]:
    """The largest effect first; of a segment and a family only one."""
    chosen: list[Opportunity] = []
    for card in sorted(cards, key=lambda c: (c.effect, c.segment, c.member.column)):
        if all((card.segment, card.family) != (c.segment, c.family) for c in chosen):
            chosen.append(card)
    return tuple(chosen[:MOST_CARDS])
