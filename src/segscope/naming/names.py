"""Names put together from claims, the most telling first; unique, and short."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from segscope.naming.claims import (
    CLEAR,
    Claim,
    Feature,
    adjective,
    categories,
    level,
    rfm_group,
    values,
)
from segscope.naming.standing import Scores
from segscope.profiling import Profiles
from segscope.recipe import Concept

MOST_WORDS = 4


@dataclass(frozen=True)
class Candidate:
    """A name that would be true, and why."""

    text: str
    claims: tuple[Claim, ...] = ()


def candidates(
    profiles: Profiles, features: Sequence[Feature], levels: Sequence[Feature], scores: Scores | None
) -> list[list[Candidate]]:
    """Names for each segment, the best first; at least one each.

    Parameters
    ----------
    features, levels : numbers and categories that made the segments
    scores : of each segment's typical customer, where recency and frequency made the segments
    """
    places = range(len(profiles.segments))
    if len(places) == 1:
        return [[Candidate("All customers")]]
    spend = next((f for f in features if f.concept is Concept.SPEND), None)
    if spend is None:
        found = [_plain(profiles, features, levels, g) for g in places]
    else:
        nouns = values(profiles, spend)
        others = [f for f in features if f is not spend]
        found = [_by_value(profiles, others, levels, nouns, g) for g in places]
    if scores is not None:
        found = [[*_usual(profiles, features, scores, spend, g), *found[g]] for g in places]
    return [[c for c in each if len(c.text.split()) <= MOST_WORDS] or each[:1] for each in found]


def _usual(
    profiles: Profiles, features: Sequence[Feature], scores: Scores, spend: Feature | None, segment: int
) -> list[Candidate]:
    """The field's usual name, and with what sets the segment apart where several have it."""
    groups = [rfm_group(scores, g) for g in range(len(profiles.segments))]
    mine = groups[segment]
    said = [values(profiles, spend)[segment]] if spend else []
    said += [c for f in features if f is not spend and (c := adjective(profiles, f, segment))]
    longer = [_named(f"{mine.words}, {claim.words}", mine, claim) for claim in said]
    alone = sum(g.words == mine.words for g in groups) == 1
    return [_named(mine.words, mine), *longer] if alone else longer


def _by_value(
    profiles: Profiles,
    features: Sequence[Feature],
    levels: Sequence[Feature],
    nouns: Sequence[Claim],
    segment: int,
) -> list[Candidate]:
    """Adjectives before a noun that tells the value."""
    noun = nouns[segment]
    alike = [g for g, other in enumerate(nouns) if other.words == noun.words and g != segment]
    ranked = sorted(
        ((_telling(profiles, f, segment, alike), c) for f in features if (c := adjective(profiles, f, segment))),
        key=lambda pair: -pair[0],
    )
    telling = [(strength, claim) for strength, claim in ranked if strength > 0]
    plain = [] if alike else [_named(noun.words, noun)]
    single = [_named(f"{c.words} {noun.words}", c, noun) for strength, c in telling if alike or strength >= CLEAR]
    pairs = [_named(f"{noun.words}, {c.words}", noun, c) for c in categories(profiles, levels, segment)]
    claims = [claim for _, claim in telling]
    pairs += [_named(f"{a.words} {b.words} {noun.words}", a, b, noun) for a, b in combinations(claims, 2)]
    first = [*plain, *single] if noun.words == "top spenders" else [*single, *plain]
    return [*first, *pairs, _named(noun.words, noun)]


def _telling(profiles: Profiles, feature: Feature, segment: int, alike: Sequence[int]) -> float:
    """How well a feature tells this segment from those with the same noun (from everybody, where there is none)."""
    mine = profiles.standard_difference(segment, feature.column)
    if not alike:
        return abs(mine)
    sign = 1.0 if mine > 0 else -1.0
    return min(sign * (mine - profiles.standard_difference(g, feature.column)) for g in alike)


def _plain(profiles: Profiles, features: Sequence[Feature], levels: Sequence[Feature], segment: int) -> list[Candidate]:
    """What is high and what is low, the farthest first."""
    ranked = sorted(features, key=lambda f: -abs(profiles.standard_difference(segment, f.column)))
    claims = [c for f in ranked if (c := level(profiles, f, segment))] + categories(profiles, levels, segment)
    if not claims:
        said = "no feature lies more than a fifth of a standard deviation from everybody's mean"
        return [_named("average customers", Claim("average customers", said))]
    return [_named(", ".join(c.words for c in claims[:n]), *claims[:n]) for n in range(1, len(claims) + 1)]


def _named(text: str, *claims: Claim) -> Candidate:
    return Candidate(text[:1].upper() + text[1:], claims)


def chosen(found: Sequence[Sequence[Candidate]], kept: Mapping[int, str]) -> list[str]:
    """Each segment's best name that no other holds; numbers settle what words cannot.

    Parameters
    ----------
    kept : place of a segment -> the name that it has already
    """
    names: dict[int, str] = dict(kept)
    for place, wanted in enumerate(found):
        if place in names:
            continue
        taken = {n.casefold() for n in names.values()}
        texts = [c.text for c in wanted]
        texts += [f"{texts[-1]} {number}" for number in range(2, len(found) + 2)]
        names[place] = next(t for t in texts if t.casefold() not in taken)
    return [names[place] for place in range(len(found))]


def behind(found: Sequence[Candidate], name: str) -> tuple[Claim, ...] | None:
    """The claims of a name that would be true of a segment; None for any other name. A number at its end counts not."""
    plain = re.sub(r" \d+$", "", name).casefold()
    return next((c.claims for c in found if c.text.casefold() in (plain, name.casefold())), None)


def suggestion(found: Sequence[Candidate], others: Sequence[str]) -> str:
    """The best name that none of the others has."""
    taken = {n.casefold() for n in others}
    return next((c.text for c in found if c.text.casefold() not in taken), found[0].text)
