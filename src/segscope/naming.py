"""Names: two to four words for each segment that follow from its profile against the others, and hold on the data.

A noun tells the level of value ("top spenders"), an adjective what sets the segment apart from those with the same
noun ("new", "frequent"). Where the features have no known concept, names say which feature is high and which low.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segscope.profiling import Profiles
from segscope.recipe import Concept, DerivedColumn, Recipe
from segscope.wording import counted, listed, percent, short, times

# Half and a fifth of a standard deviation: Cohen's (1988) medium and small difference.
CLEAR = 0.5
NOTICEABLE = 0.2
LOW_VALUE = -0.3

ADJECTIVES: dict[Concept, tuple[str, str]] = {
    Concept.TENURE: ("settled", "new"),
    Concept.PURCHASES: ("frequent", "occasional"),
    Concept.BASKET: ("big-basket", "small-basket"),
    Concept.RECENCY: ("lapsing", "recent"),
    Concept.INCOME: ("high-income", "low-income"),
    Concept.AGE: ("older", "younger"),
    Concept.CHILDREN: ("family", "child-free"),
    Concept.DEALS: ("deal-seeking", "full-price"),
    Concept.OFFERS: ("responsive", "unresponsive"),
    Concept.VISITS: ("browsing", "rarely browsing"),
}


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
    """A segment in words."""

    name: str
    sentence: str
    traits: tuple[Trait, ...]


@dataclass(frozen=True)
class _Feature:
    column: str
    label: str
    concept: Concept | None
    unit: str


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


def portray(profiles: Profiles, recipe: Recipe, kept: Mapping[int, str] | None = None) -> tuple[Portrait, ...]:
    """Name and describe every segment, in the order of the profiles. Names are unique.

    ``kept``: place of a segment -> the name that it keeps from an earlier fit.
    """
    features = [_feature(recipe, f) for f in recipe.measured_features]
    categories = [_feature(recipe, f) for f in recipe.category_features]
    names = _names(profiles, features, categories, kept or {})
    return tuple(
        Portrait(name, _sentence(profiles, features, categories, place), _traits(profiles, recipe, place))
        for place, name in enumerate(names)
    )


def _feature(recipe: Recipe, name: str) -> _Feature:
    column = recipe.column(name)
    return _Feature(name, column.label, column.concept, column.unit)


def _names(
    profiles: Profiles, features: Sequence[_Feature], categories: Sequence[_Feature], kept: Mapping[int, str]
) -> list[str]:
    places = range(len(profiles.segments))
    spend = next((f for f in features if f.concept is Concept.SPEND), None)
    if len(places) == 1:
        candidates = [["all customers"]]
    elif spend is None:
        candidates = [_generic_words(profiles, features, categories, g) for g in places]
    else:
        nouns = _nouns(profiles, spend.column)
        others = [f for f in features if f is not spend]
        candidates = [_candidates(profiles, others, categories, nouns, g) for g in places]
    return _unique(candidates, kept)


def _nouns(profiles: Profiles, spend: str) -> list[str]:
    differences = [profiles.standard_difference(g, spend) for g in range(len(profiles.segments))]
    highest = max(differences)

    def noun(difference: float) -> str:
        if difference == highest and difference > CLEAR:
            return "top spenders"
        if difference > CLEAR:
            return "high spenders"
        return "low spenders" if difference < LOW_VALUE else "mid spenders"

    return [noun(d) for d in differences]


def _candidates(
    profiles: Profiles,
    features: Sequence[_Feature],
    categories: Sequence[_Feature],
    nouns: Sequence[str],
    segment: int,
) -> list[str]:
    """Names for one segment, best first."""
    alike = [g for g, noun in enumerate(nouns) if noun == nouns[segment] and g != segment]
    ranked = sorted(
        ((_telling(profiles, f, segment, alike), f) for f in features if _adjective(profiles, f, segment)),
        key=lambda pair: -pair[0],
    )
    adjectives = [word for strength, f in ranked if strength > 0 and (word := _adjective(profiles, f, segment))]
    plain = [] if alike else [nouns[segment]]
    strong = [a for a, (strength, _) in zip(adjectives, ranked, strict=False) if alike or strength >= CLEAR]
    names = [f"{a} {nouns[segment]}" for a in strong]
    pairs = [f"{nouns[segment]}, {w}" for w in _category_words(profiles, categories, segment)]
    pairs += [f"{a} {b} {nouns[segment]}" for i, a in enumerate(adjectives) for b in adjectives[i + 1 :]]
    if nouns[segment] == "top spenders":
        return [*plain, *names, *pairs, nouns[segment]]
    return [*names, *plain, *pairs, nouns[segment]]


def _telling(profiles: Profiles, feature: _Feature, segment: int, alike: Sequence[int]) -> float:
    """How well a feature tells this segment from those with the same noun (from everybody, where there is none)."""
    mine = profiles.standard_difference(segment, feature.column)
    if not alike:
        return abs(mine)
    sign = 1.0 if mine > 0 else -1.0
    return min(sign * (mine - profiles.standard_difference(g, feature.column)) for g in alike)


def _adjective(profiles: Profiles, feature: _Feature, segment: int) -> str | None:
    difference = profiles.standard_difference(segment, feature.column)
    if abs(difference) < NOTICEABLE:
        return None
    high = difference > 0
    if feature.concept in ADJECTIVES:
        return ADJECTIVES[feature.concept][0 if high else 1]
    return f"{'high' if high else 'low'}-{feature.label.lower()}"


def _category_words(profiles: Profiles, categories: Sequence[_Feature], segment: int) -> list[str]:
    """The level of each category that most sets a segment apart, the clearest category first."""
    found = [(level_lead(profiles, f.column, segment), f) for f in categories]
    ranked = sorted(found, key=lambda pair: (-pair[0][1], pair[1].column))
    return [f"{f.label.lower()} {level}" for (level, lead), f in ranked if lead >= NOTICEABLE and level]


def level_lead(profiles: Profiles, column: str, segment: int) -> tuple[str, float]:
    """The level whose share in a segment most exceeds everybody's, and by how much (a difference of shares)."""
    mine, all_ = profiles.segments[segment], profiles.everybody
    counts = mine.categories.get(column, {})
    leads = [
        (n / max(mine.customers, 1) - all_.categories[column].get(level, 0) / max(all_.customers, 1), level)
        for level, n in counts.items()
    ]
    lead, level = max(leads, default=(0.0, ""))
    return level, lead


def _generic_words(
    profiles: Profiles, features: Sequence[_Feature], categories: Sequence[_Feature], segment: int
) -> list[str]:
    ranked = sorted(features, key=lambda f: -abs(profiles.standard_difference(segment, f.column)))
    words: list[str] = []
    for feature in ranked:
        difference = profiles.standard_difference(segment, feature.column)
        if abs(difference) >= NOTICEABLE:
            words.append(f"{'high' if difference > 0 else 'low'} {feature.label.lower()}")
    words += _category_words(profiles, categories, segment)
    if not words:
        return ["average customers"]
    return [words[0], *(", ".join(words[:n]) for n in range(2, len(words) + 1))]


def _unique(candidates: Sequence[Sequence[str]], kept: Mapping[int, str]) -> list[str]:
    """Give each segment its best name that no other holds; numbers settle what words cannot."""
    names: dict[int, str] = dict(kept)
    for place, wanted in enumerate(candidates):
        if place in names:
            continue
        written = [w[:1].upper() + w[1:] for w in wanted]
        written += [f"{written[-1]} {number}" for number in range(2, len(candidates) + 2)]
        names[place] = next(w for w in written if w not in names.values())
    return [names[place] for place in range(len(candidates))]


def _sentence(profiles: Profiles, features: Sequence[_Feature], categories: Sequence[_Feature], segment: int) -> str:
    parts = [p for f in features if (p := _phrase(profiles, f, segment))]
    parts += [p for f in categories if (p := _share_phrase(profiles, f, segment))]
    if not parts:
        return "Like everybody on every feature."
    text = ", ".join(parts)
    return text[:1].upper() + text[1:] + "."


def _phrase(profiles: Profiles, feature: _Feature, segment: int) -> str:
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


def _share_phrase(profiles: Profiles, category: _Feature, segment: int) -> str:
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


METHODS = {
    "kmeans": "k-means",
    "mixture": "a Gaussian mixture (full covariances)",
    "ward": "Ward's hierarchical clustering (of a sample; each customer then joins the nearest group's centre)",
}


def methodology(recipe: Recipe, segments: int) -> str:
    """How the segments were made, in a sentence or two written from the recipe."""
    labels = [_label(recipe.column(f)) for f in recipe.features]
    scale = "standardised" if recipe.transform == "none" else "put on one scale, far-out values bounded"
    parts = [f"Customers were grouped by {listed(labels)}, each {scale}"]
    if recipe.category_features:
        parts[0] = f"Customers were grouped by {listed(labels)}, numbers each {scale}"
        parts.append("categories as indicators of their levels that together weigh as much as one number")
    heavier = [w for w in recipe.weights if w.weight != 1]
    if heavier:
        named = [f"{_label(recipe.column(w.feature))} {w.weight:g}" for w in heavier]
        parts.append(f"weighted ({listed(named)}, the others 1)")
    aside = " Customers with a value beyond its far-out fence made no segments, but belong to one." * recipe.set_aside
    after = {
        "kmeans": f"starting points drawn with seed {recipe.seed}, then refined on every customer",
        "mixture": f"starting points drawn with seed {recipe.seed}; each segment has a shape of its own",
        "ward": f"the sample drawn with seed {recipe.seed}",
    }[recipe.method]
    return f"{', '.join(parts)}, with {METHODS[recipe.method]} into {counted(segments, 'segment')}; {after}.{aside}"


def _label(column: object) -> str:
    label = column.label if isinstance(column, DerivedColumn) else getattr(column, "label", "")
    return str(label).lower()
