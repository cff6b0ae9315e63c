"""Findings: what deserves saying about the segments. Found on one half of the customers, confirmed on the other.

On the first half every candidate is tried for every segment against all other customers. What differs noticeably
(effect size first) and survives Benjamini-Hochberg over all that were tried is looked at again on the other half, under
the same two conditions. What is left is ranked so that one story is told once.

The search needs no more than a sample of the customers; the numbers of a segment and of everybody are those of all.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine
from segscope.insights.candidates import Candidate, Tally, enumerate_candidates, tally
from segscope.insights.saying import say
from segscope.insights.testing import (
    NOBODY,
    NOTICEABLE,
    Estimate,
    Sums,
    benjamini_hochberg,
    difference,
    estimate,
    interval,
)
from segscope.profiling import GroupProfile, Profiles
from segscope.recipe import Concept, Family, Recipe
from segscope.wording import percent

Strength = Literal["very strong", "strong", "moderate", "slight"]

STRENGTHS: tuple[tuple[float, Strength], ...] = ((0.8, "very strong"), (0.5, "strong"), (0.2, "moderate"))
FALSE_AT_MOST = 0.05
MOST_FINDINGS = 24
# Ranking: an effect beyond this adds nothing; what repeats a column, a topic or a segment, and what the segments were
# made from, tells less.
LARGEST_EFFECT = 1.5
SAME_COLUMN, SAME_TOPIC, SAME_SEGMENT, MADE = 0.2, 0.4, 0.75, 0.5


@dataclass(frozen=True)
class Side:
    """What one half of the customers says of a segment: the quantity, its 95 % interval, the effect, customers."""

    value: float
    low: float
    high: float
    effect: float
    p_value: float
    customers: int


@dataclass(frozen=True)
class Finding:
    """One thing that deserves saying.

    Attributes
    ----------
    segment : place of the segment
    sentence : the finding in plain words
    mine, everybody : the quantity in the segment and among all customers, whether they were searched or not
    by_segment : the quantity in each segment
    customers : of the segment, whose value is known
    found, confirmed : what the two halves say
    strength : of the weaker half's effect, after Cohen (1988)
    intervals : 95 % interval of the quantity in each segment
    """

    candidate: Candidate
    segment: int
    sentence: str
    mine: float
    everybody: float
    by_segment: tuple[float | None, ...]
    customers: int
    found: Side
    confirmed: Side
    strength: Strength
    intervals: tuple[tuple[float, float] | None, ...]


@dataclass(frozen=True)
class Insights:
    """Findings, and how many candidates were tried, found on the one half and confirmed on the other.

    Attributes
    ----------
    findings : the most telling ones, best first, each least like those before it
    further : all others that were confirmed, in no order of worth
    """

    findings: tuple[Finding, ...]
    tried: int
    found: int
    confirmed: int
    further: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Trial:
    place: int
    segment: int
    sides: tuple[Side, Side]


def find_insights(
    engine: Engine,
    customers: ibis.Table,
    by: str,
    key: ir.StringValue,
    recipe: Recipe,
    profiles: Profiles,
    names: Sequence[str],
) -> Insights:
    """Search for what deserves saying.

    Parameters
    ----------
    customers : all customers, or a sample of them; the integer column ``by`` holds the segment, from 0
    key : a text that tells customers apart; decides the half, whatever the order of rows
    profiles : of all customers
    names : of the segments, in their order
    """
    candidates = enumerate_candidates(recipe, profiles)
    if len(names) < 2 or not candidates:
        return Insights((), 0, 0, 0)
    tallies = tally(engine, customers, by, key, candidates, recipe, profiles)
    trials = [
        trial
        for i, candidate in enumerate(candidates)
        for g in range(len(names) if len(names) > 2 else 1)  # of two segments, the one mirrors the other
        if (trial := _try(i, candidate, g, tallies[i], len(names))) is not None
    ]
    found = _surviving(trials, 0)
    confirmed = [t for t in _surviving(found, 1) if t.sides[0].effect * t.sides[1].effect > 0]
    findings = [_finding(t, candidates[t.place], tallies[t.place], recipe, profiles, names) for t in confirmed]
    first = _value_first(findings, recipe, profiles, names)
    ranked = _ranked(findings, first)
    told = {(f.candidate, f.segment) for f in ranked}
    further = tuple(f for f in findings if (f.candidate, f.segment) not in told)
    return Insights(ranked, len(trials), len(found), len(confirmed), further)


def _try(place: int, candidate: Candidate, segment: int, sums: Tally, segments: int) -> _Trial | None:
    sides = tuple(_side(candidate, segment, sums, segments, half) for half in (0, 1))
    return _Trial(place, segment, (sides[0], sides[1])) if sides[0] and sides[1] else None


def _side(candidate: Candidate, segment: int, sums: Tally, segments: int, half: int) -> Side | None:
    quantity = candidate.quantity
    mine = estimate(sums.get((segment, half), NOBODY), quantity)
    others = [sums.get((g, half), NOBODY) for g in range(segments) if g != segment]
    rest = estimate(sum(others, NOBODY), quantity)
    if mine is None or rest is None:
        return None
    tested = difference(mine, rest, quantity)
    if tested is None:
        return None
    return Side(mine.value, *_interval(mine, candidate), *tested, mine.count)


def _surviving(trials: Sequence[_Trial], half: int) -> list[_Trial]:
    adjusted = benjamini_hochberg([t.sides[half].p_value for t in trials])
    return [
        t
        for t, p in zip(trials, adjusted, strict=True)
        if abs(t.sides[half].effect) >= NOTICEABLE and p <= FALSE_AT_MOST
    ]


def _finding(
    trial: _Trial, candidate: Candidate, sums: Tally, recipe: Recipe, profiles: Profiles, names: Sequence[str]
) -> Finding:
    family = next((f for f in recipe.families if f.name == candidate.family), None)
    groups = [_both_halves(sums, g) for g in range(len(names))]
    searched = [estimate(group, candidate.quantity) for group in [*groups, sum(groups, NOBODY)]]
    whole = [
        _of_all(e, candidate, family, group) if e else None
        for e, group in zip(searched, [*profiles.segments, profiles.everybody], strict=True)
    ]
    mine, everybody = whole[trial.segment], whole[-1]
    value, average = mine.value if mine else 0.0, everybody.value if everybody else 0.0
    return Finding(
        candidate,
        trial.segment,
        say(candidate, family, names[trial.segment], value, average),
        value,
        average,
        tuple(e.value if e else None for e in whole[:-1]),
        mine.count if mine else 0,
        *trial.sides,
        _strength(trial),
        tuple(_interval(e, candidate) if e else None for e in whole[:-1]),
    )


def _both_halves(sums: Tally, segment: int) -> Sums:
    return sums.get((segment, 0), NOBODY) + sums.get((segment, 1), NOBODY)


def _of_all(searched: Estimate, candidate: Candidate, family: Family | None, group: GroupProfile) -> Estimate:
    """The same estimate of all customers of a group, of whom some were searched."""
    numbers = group.numbers
    if candidate.quantity == "share" and family:
        parts = {m.column: numbers[m.column].total for m in family.parts if m.column in numbers}
        count, value = group.customers, parts.get(candidate.column, 0.0) / sum(parts.values())
    elif candidate.value:
        counts = group.categories[candidate.column]
        count = sum(n for v, n in counts.items() if v)
        # Profiles count the commonest values one by one; of a rarer one the search knows more.
        value = counts[candidate.value] / count if candidate.value in counts else searched.value
    else:
        count, value = numbers[candidate.column].count, numbers[candidate.column].mean
    return Estimate(value, searched.deviation / math.sqrt(count), searched.deviation, count)


def _interval(whole: Estimate, candidate: Candidate) -> tuple[float, float]:
    low, high = interval(whole, candidate.quantity)
    return max(0.0, low) if candidate.never_negative else low, high


def _weaker(sides: tuple[Side, Side]) -> float:
    return min(abs(sides[0].effect), abs(sides[1].effect))


def _strength(trial: _Trial) -> Strength:
    effect = _weaker(trial.sides)
    return next((word for least, word in STRENGTHS if effect >= least), "slight")


def _value_first(
    findings: Sequence[Finding], recipe: Recipe, profiles: Profiles, names: Sequence[str]
) -> Finding | None:
    """Share of customers against share of spend, of the segment where they are furthest apart, if it is confirmed."""
    spend = recipe.with_concept(Concept.SPEND)
    gaps: list[tuple[float, str, Finding]] = []
    for finding in findings:
        if finding.candidate.column != spend or finding.candidate.quantity != "mean":
            continue
        share = profiles.segments[finding.segment].customers / profiles.everybody.customers
        worth = profiles.share_of_total(finding.segment, finding.candidate.column)
        if worth is not None and worth > share:
            text = f"{names[finding.segment]} are {percent(share)} of customers and {percent(worth)} of spend"
            gaps.append((worth - share, text, finding))
    if not gaps:
        return None
    _, sentence, finding = max(gaps, key=lambda g: (g[0], -g[2].segment))
    return replace(finding, sentence=sentence)


def _ranked(findings: Sequence[Finding], first: Finding | None) -> tuple[Finding, ...]:
    """Greedily: the strongest that is least like those before it."""
    chosen: list[Finding] = [first] if first else []
    waiting = [f for f in findings if not first or (f.candidate, f.segment) != (first.candidate, first.segment)]
    columns: dict[str, int] = {}
    topics: dict[str, int] = {}
    segments: dict[int, int] = {}

    def note(finding: Finding) -> None:
        for seen, what in ((columns, finding.candidate.column), (topics, finding.candidate.topic)):
            seen[what] = seen.get(what, 0) + 1
        segments[finding.segment] = segments.get(finding.segment, 0) + 1

    if first:
        note(first)
    while waiting and len(chosen) < MOST_FINDINGS:
        best = max(waiting, key=lambda f: _worth(f, columns, topics, segments))
        waiting.remove(best)
        chosen.append(best)
        note(best)
    return tuple(chosen)


def _worth(
    finding: Finding, columns: Mapping[str, int], topics: Mapping[str, int], segments: Mapping[int, int]
) -> float:
    candidate = finding.candidate
    worth = min(_weaker((finding.found, finding.confirmed)), LARGEST_EFFECT)
    worth *= MADE if candidate.made else 1.0
    worth *= SAME_COLUMN ** columns.get(candidate.column, 0) * SAME_TOPIC ** topics.get(candidate.topic, 0)
    return float(worth * SAME_SEGMENT ** segments.get(finding.segment, 0))
