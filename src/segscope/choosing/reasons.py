"""The reasons: each function says one thing for or against a column, with figures, or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from segscope import formula
from segscope.choosing.distributions import Distribution
from segscope.exploring import Associations
from segscope.features import source_columns
from segscope.preparation import FeaturePreparation, Preparation
from segscope.preparation.categories import MOST_LEVELS
from segscope.preparation.measures import LOG_ABOVE_SKEWNESS
from segscope.profiling import GroupProfile
from segscope.recipe import Concept, Recipe
from segscope.wording import counted, full, listed, percent

Tone = Literal["", "good", "warn"]

NEAR_CONSTANT_ABOVE = 0.95
MANY_BLANKS_ABOVE = 0.2
LIKE_IDENTIFIER_ABOVE = 0.9  # different values among the known ones
FEWEST_TO_TELL = 20  # customers, below which different values say nothing of an identifier
VALUE_WORDS = {
    Concept.TENURE: "how long somebody is a customer",
    Concept.SPEND: "how much somebody spends",
    Concept.PURCHASES: "how often somebody buys",
    Concept.BASKET: "how much somebody spends at a time",
    Concept.RECENCY: "how recently somebody bought",
}


@dataclass(frozen=True)
class Reason:
    """What speaks for or against a column: in two or three words ("" for what only adds), and in a sentence."""

    brief: str
    sentence: str
    tone: Tone = ""


@dataclass(frozen=True)
class Alike:
    """Another column that goes together with this one beyond 0.9: ``value``, by its measure, such as Spearman."""

    column: str
    label: str
    value: float
    measure: str


@dataclass(frozen=True)
class Known:
    """What a study knows of its customers.

    Attributes
    ----------
    everybody : profile of all customers on every column
    distinct : different values of the source's columns
    proposed : the features that a first fit takes
    preparation : of the features that make the segments now
    """

    everybody: GroupProfile
    distinct: Mapping[str, int]
    proposed: Sequence[str]
    preparation: Preparation
    distributions: Mapping[str, Distribution]
    associations: Associations


def levels(known: Known, name: str) -> dict[str, int]:
    return {value: n for value, n in known.everybody.categories.get(name, {}).items() if value}


def parts(recipe: Recipe, name: str) -> tuple[str, ...]:
    """The columns that a column is the sum of; none for any other."""
    node = next((formula.parse(d.formula) for d in recipe.derived if d.name == name), None)
    is_sum = isinstance(node, formula.Call) and node.function in ("sum", "+")
    return formula.columns(node) if node is not None and is_sum else ()


def proposed(recipe: Recipe, known: Known, name: str) -> list[Reason]:
    if name not in known.proposed:
        return []
    concept = recipe.column(name).concept
    words = VALUE_WORDS.get(concept) if concept else None
    sentence = f"Proposed: says {words}." if words else "Proposed: among the columns that tell most of a customer."
    return [Reason("proposed", sentence, "good")]


def redundant(recipe: Recipe, name: str, alike: Sequence[Alike]) -> list[Reason]:
    found = next((a for a in alike if a.column in recipe.features), None)
    if found is None:
        return []
    if name in recipe.features:
        what = "what they share counts twice"
    else:
        what = "it would tell hardly anything more, and count that twice"
    sentence = f"Goes together with {found.label}, which is chosen ({found.measure} {found.value:.2f}): {what}."
    return [Reason(f"like {found.label} {found.value:.2f}", sentence, "warn")]


def repeated(recipe: Recipe, name: str, summed: Sequence[str]) -> list[Reason]:
    inside = [recipe.column(p).label for p in summed if p in recipe.features]
    if inside:
        sentence = f"Adds up {listed(inside)}, chosen already: both count the same thing twice."
        return [Reason(f"adds up {counted(len(inside), 'chosen one')}", sentence, "warn")]
    for feature in recipe.features:
        if name in parts(recipe, feature):
            label = recipe.column(feature).label
            return [Reason(f"part of {label}", f"{label}, which is chosen, counts this already.", "warn")]
    return []


def superseded(recipe: Recipe, name: str) -> list[Reason]:
    age = next((d for d in recipe.derived if d.concept is Concept.AGE), None)
    if age is None or recipe.column(name).concept is not Concept.BIRTH:
        return []
    return [Reason(f"{age.label} says it", f"{age.label} says the same, and is easier to read.", "warn")]


def sensitive(recipe: Recipe, name: str) -> list[Reason]:
    marked = {c.column: c.label for c in recipe.columns if c.sensitive}
    origins = [marked[c] for c in source_columns(recipe, [name]) if c in marked]
    if not origins:
        return []
    where = "Marked as sensitive" if name in marked else f"Computed from {listed(origins)}, marked as sensitive"
    sentence = f"{where}: segments made of it treat people by it. Make sure that this is allowed and wanted."
    return [Reason("sensitive", sentence, "warn")]


def near_constant(commonest: float) -> list[Reason]:
    if commonest <= NEAR_CONSTANT_ABOVE:
        return []
    share = percent(min(commonest, 0.999) if commonest < 1 else 1.0)
    return [Reason(f"{share} the same", f"{share} of customers share one value: it tells few apart.", "warn")]


def number_like_identifier(recipe: Recipe, known: Known, name: str) -> list[Reason]:
    seen, distinct = known.everybody.numbers[name], known.distinct.get(name, 0)
    steady = seen.high - seen.low < 1.5 * seen.count  # a running number: hardly a gap
    if seen.count < FEWEST_TO_TELL or distinct < LIKE_IDENTIFIER_ABOVE * seen.count or not steady:
        return []
    if any(x != round(x) for x in (seen.low, seen.quarter, seen.median, seen.three_quarters, seen.high)):
        return []
    return [_identifier(distinct, seen.count)]


def category_like_identifier(levels: int, count: int) -> list[Reason]:
    enough = count >= FEWEST_TO_TELL and levels >= LIKE_IDENTIFIER_ABOVE * count
    return [_identifier(levels, count)] if enough else []


def _identifier(distinct: int, count: int) -> Reason:
    sentence = f"{distinct:,} different values among {counted(count, 'customer')}: it names rows rather than kinds."
    return Reason("like an identifier", sentence, "warn")


def blanks(known: Known, name: str) -> list[Reason]:
    everybody = known.everybody
    number = everybody.numbers.get(name)
    blank = everybody.customers - number.count if number else everybody.categories.get(name, {}).get("", 0)
    if not blank:
        return []
    share = blank / everybody.customers
    filled = f"filled with the median, {full(number.median)}" if number else "placed in the middle between its values"
    sentence = f"{blank:,} of {counted(everybody.customers, 'customer')} have no value; they are {filled}."
    return [Reason(f"{percent(share)} blank", sentence, "warn" if share > MANY_BLANKS_ABOVE else "")]


def _off(recipe: Recipe, action: str, name: str) -> bool:
    return any((r.action, r.column, r.enabled) == (action, name, False) for r in recipe.cleaning)


def skewed(recipe: Recipe, name: str, seen: Distribution, log: bool) -> list[Reason]:
    if log and seen.skewness_of_log is not None:
        told = f"Skewness {seen.skewness:.1f}; {seen.skewness_of_log:.1f} on a log scale"
        if recipe.transform == "none":
            return [Reason("skewed", f"{told}, which this preparation does not take.", "warn")]
        if _off(recipe, "log", name):
            return [Reason("log is off", f"{told}. The logarithm is switched off.", "warn")]
        return [Reason("log", f"{told}, which clustering {'sees' if name in recipe.features else 'would see'}.")]
    if abs(seen.skewness) > LOG_ABOVE_SKEWNESS:
        why = "values below 0 forbid a log scale" if seen.skewness > 0 else "a log scale would make it worse"
        return [Reason("skewed", f"Skewness {seen.skewness:.1f}, and {why}: its tail counts a lot.", "warn")]
    return []


def far_out(recipe: Recipe, name: str, seen: Distribution, step: FeaturePreparation | None) -> list[Reason]:
    bounded = step.bounded if step and recipe.transform == "auto" and not _off(recipe, "bound", name) else 0
    if not bounded and not seen.far_out:
        return []
    many = counted(bounded, "value") if bounded else f"About {percent(seen.far_out)} of the values"
    lie = "lies" if bounded == 1 else "lie"
    counts = "counts" if bounded == 1 else "count"
    told = f"{many} {lie} beyond three interquartile ranges from the quartiles"
    if recipe.transform == "none" or _off(recipe, "bound", name):
        return [Reason("unbounded tail", f"{told}, and {counts} in full.", "warn")]
    brief = f"{bounded:,} bounded" if bounded else "far-out values bounded"
    return [Reason(brief, f"{told}, and {counts} as the bound.")]


def scale(recipe: Recipe, known: Known, name: str) -> list[Reason]:
    column = recipe.column(name)
    if column.concept is Concept.BIRTH:  # years are no amounts
        return []
    seen = known.everybody.numbers[name]
    ends = f"{full(seen.low)} to {full(seen.high)}{f' {column.unit}' if column.unit else ''}"
    return [Reason("", f"From {ends}; standardised, so that its scale does not decide.")]


def level_words(levels: int) -> Reason:
    if levels > MOST_LEVELS:
        sentence = f"{levels:,} different values: the {MOST_LEVELS} most frequent count apart, the rest together."
        return Reason(f"{levels:,} levels", sentence, "warn")
    return Reason(counted(levels, "level"), f"{counted(levels, 'level')}, together as heavy as one measure.")
