"""Portraits: each segment in words: its name, a sentence, what sets it apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segscope.naming.claims import NOTICEABLE, Claim, Feature, feature, level_lead
from segscope.naming.names import behind, candidates, chosen, suggestion
from segscope.naming.standing import Scores
from segscope.profiling import Profiles
from segscope.recipe import Concept, Recipe
from segscope.wording import percent, short, times


@dataclass(frozen=True)
class Trait:
    """One thing that sets a segment apart: a column, its mean, and how far it lies from everybody's."""

    column: str
    label: str
    mean: float
    everybody: float
    difference: float


@dataclass(frozen=True)
class Portrait:
    """A segment in words.

    Attributes
    ----------
    name : that it was given; one that it kept from an earlier fit may no longer be what its profile says
    suggested : what its profile says; the same as the name where that still holds. Empty in fits from before
    evidence : for the words of what is suggested
    """

    name: str
    sentence: str
    traits: tuple[Trait, ...]
    suggested: str = ""
    evidence: tuple[Claim, ...] = ()


def value_column(recipe: Recipe) -> str | None:
    """The column that tells what customers are worth: spend, else the size of a purchase, else income."""
    for concept in (Concept.SPEND, Concept.BASKET, Concept.INCOME):
        name = recipe.with_concept(concept)
        if name:
            return name
    return None


def by_value(profiles: Profiles, recipe: Recipe) -> tuple[int, ...]:
    """Segments from most to least valuable, as positions; by the first feature, then size, where nothing tells it."""
    told = [c for c in (value_column(recipe), *recipe.measured_features) if c]

    def worth(place: int) -> tuple[float, ...]:
        numbers = profiles.segments[place].numbers
        means = [numbers[c].mean if c in numbers else float("-inf") for c in told]
        return (*(-m for m in means), -profiles.segments[place].customers)

    return tuple(sorted(range(len(profiles.segments)), key=worth))


def portray(
    profiles: Profiles, recipe: Recipe, kept: Mapping[int, str] | None = None, scores: Scores | None = None
) -> tuple[Portrait, ...]:
    """Name and describe every segment, in the order of the profiles. Names are unique.

    Parameters
    ----------
    kept : place of a segment -> the name that it keeps from an earlier fit
    scores : of each segment's typical customer, for the usual names of recency and frequency
    """
    features = [feature(recipe, f) for f in recipe.measured_features]
    categories = [feature(recipe, f) for f in recipe.category_features]
    found = candidates(profiles, features, categories, scores)
    names = chosen(found, kept or {})
    portraits = []
    for place, name in enumerate(names):
        claims = behind(found[place], name)
        others = [n for g, n in enumerate(names) if g != place]
        suggested = name if claims is not None else suggestion(found[place], others)
        portraits.append(
            Portrait(
                name,
                _sentence(profiles, features, categories, place),
                _traits(profiles, recipe, place),
                suggested,
                (claims if claims is not None else behind(found[place], suggested)) or (),
            )
        )
    return tuple(portraits)


def _sentence(profiles: Profiles, features: Sequence[Feature], categories: Sequence[Feature], segment: int) -> str:
    parts = [p for f in features if (p := _phrase(profiles, f, segment))]
    parts += [p for f in categories if (p := _share_phrase(profiles, f, segment))]
    if not parts:
        return "Like everybody on every feature."
    text = ", ".join(parts)
    return text[:1].upper() + text[1:] + "."


def _phrase(profiles: Profiles, feature: Feature, segment: int) -> str:
    mine = profiles.segments[segment].numbers.get(feature.column)
    if mine is None:
        return ""
    all_ = profiles.everybody.numbers[feature.column]
    amount = short(mine.mean)
    match feature.concept:
        case Concept.SPEND:
            ratio = mine.mean / all_.mean if all_.mean > 0 else 1.0
            about = "about the average" if 0.9 <= ratio <= 1.1 else f"{times(ratio)} the average"
            return f"spend {amount} each, {about}"
        case Concept.PURCHASES:
            return f"{amount} purchases"
        case Concept.BASKET:
            return f"{amount} a purchase"
        case Concept.TENURE:
            return f"customers for {amount} {feature.unit or 'days'}"
        case Concept.RECENCY:
            return f"last bought {amount} {feature.unit or 'days'} ago"
        case _:
            unit = f" {feature.unit}" if feature.unit else ""
            return f"{feature.label.lower()} {amount}{unit}"


def _share_phrase(profiles: Profiles, category: Feature, segment: int) -> str:
    level, lead = level_lead(profiles, category.column, segment)
    mine, all_ = profiles.segments[segment], profiles.everybody
    if lead < NOTICEABLE / 2 or not level:
        return ""
    shares = [g.categories[category.column].get(level, 0) / max(g.customers, 1) for g in (mine, all_)]
    return f"{percent(shares[0])} {category.label.lower()} {level} (everybody {percent(shares[1])})"


def _traits(profiles: Profiles, recipe: Recipe, segment: int, count: int = 3) -> tuple[Trait, ...]:
    births = {c.column for c in recipe.columns if c.concept is Concept.BIRTH}
    parts = {m.column for f in recipe.families for m in f.members}
    names = [n for n in profiles.everybody.numbers if n not in births and n not in parts]
    ranked = sorted(names, key=lambda n: (-abs(profiles.standard_difference(segment, n)), n))
    return tuple(_trait(profiles, recipe.column(n).label, n, segment) for n in ranked[:count])


def _trait(profiles: Profiles, label: str, column: str, segment: int) -> Trait:
    mine = profiles.segments[segment].numbers.get(column)
    everybody = profiles.everybody.numbers[column].mean
    return Trait(
        column, label, mine.mean if mine else everybody, everybody, profiles.standard_difference(segment, column)
    )
