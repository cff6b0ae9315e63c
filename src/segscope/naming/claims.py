"""Claims: words that a name is made of, each true of a segment, with what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

from segscope.naming.standing import Scores
from segscope.profiling import Profiles
from segscope.recipe import Concept, Recipe
from segscope.transactions.rfm import SCORES, group_of
from segscope.wording import percent, short

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
class Claim:
    """Words of a name, and the evidence for them."""

    words: str
    reason: str


@dataclass(frozen=True)
class Feature:
    """A feature as names speak of it."""

    column: str
    label: str
    concept: Concept | None
    unit: str

    def amount(self, value: float) -> str:
        """A value in words."""
        return percent(value) if self.unit == "share" else short(value)


def feature(recipe: Recipe, name: str) -> Feature:
    """A feature of a recipe."""
    column = recipe.column(name)
    return Feature(name, column.label, column.concept, column.unit)


def values(profiles: Profiles, spend: Feature) -> list[Claim]:
    """How much each segment is worth: top, high, mid or low spenders."""
    places = range(len(profiles.segments))
    differences = [profiles.standard_difference(g, spend.column) for g in places]
    highest = max(differences)

    def noun(difference: float) -> str:
        if difference == highest and difference > CLEAR:
            return "top spenders"
        if difference > CLEAR:
            return "high spenders"
        return "low spenders" if difference < LOW_VALUE else "mid spenders"

    return [
        Claim(noun(d), reason(profiles, spend, g) + (", the highest of all" if noun(d) == "top spenders" else ""))
        for g, d in zip(places, differences, strict=True)
    ]


def adjective(profiles: Profiles, feature: Feature, segment: int) -> Claim | None:
    """What a feature says of a segment in a word; None where the difference is small."""
    difference = profiles.standard_difference(segment, feature.column)
    if abs(difference) < NOTICEABLE:
        return None
    high = difference > 0
    if feature.concept in ADJECTIVES:
        words = ADJECTIVES[feature.concept][0 if high else 1]
    else:
        words = f"{'high' if high else 'low'}-{feature.label.lower()}"
    return Claim(words, reason(profiles, feature, segment))


def level(profiles: Profiles, feature: Feature, segment: int) -> Claim | None:
    """Which feature is high or low, where there is no word for it."""
    difference = profiles.standard_difference(segment, feature.column)
    if abs(difference) < NOTICEABLE:
        return None
    return Claim(f"{'high' if difference > 0 else 'low'} {feature.label.lower()}", reason(profiles, feature, segment))


def categories(profiles: Profiles, features: Sequence[Feature], segment: int) -> list[Claim]:
    """The level of each category that most sets a segment apart, the clearest category first."""
    found = [(level_lead(profiles, f.column, segment), f) for f in features]
    ranked = sorted(found, key=lambda pair: (-pair[0][1], pair[1].column))
    return [
        Claim(f"{f.label.lower()} {value}", shares(profiles, f, segment, value))
        for (value, lead), f in ranked
        if lead >= NOTICEABLE and value
    ]


def rfm_group(scores: Scores, segment: int) -> Claim:
    """The field's usual name: the group of the segment's typical customer."""
    r, f = scores[segment]
    said = f"the typical customer scores {r} of {SCORES} on recency and {f} of {SCORES} on frequency"
    return Claim(group_of(r, f).name, said)


def reason(profiles: Profiles, feature: Feature, segment: int) -> str:
    """Both means and the difference in standard deviations."""
    mine, everybody = profiles.segments[segment].numbers.get(feature.column), profiles.everybody.numbers[feature.column]
    difference = profiles.standard_difference(segment, feature.column)
    side = "above" if difference >= 0 else "below"
    amounts = f"{feature.amount(mine.mean if mine else everybody.mean)}, everybody {feature.amount(everybody.mean)}"
    return f"{feature.label.lower()} {amounts}; {abs(difference):.1f} standard deviations {side}"


def shares(profiles: Profiles, feature: Feature, segment: int, value: str) -> str:
    """The share of a level in the segment and among everybody."""
    groups = (profiles.segments[segment], profiles.everybody)
    mine, all_ = (g.categories[feature.column].get(value, 0) / max(g.customers, 1) for g in groups)
    return f"{percent(mine)} {feature.label.lower()} {value}, everybody {percent(all_)}"


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
