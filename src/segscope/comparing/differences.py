"""What sets groups apart: differences of means as effect sizes with intervals, from profiles alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from segscope.comparing.groups import Compared, Group
from segscope.exploring.variables import OTHER
from segscope.profiling import NumberProfile, Profiles
from segscope.wording import listed, percent, short, times

CERTAIN = 1.96
NOTICEABLE = 0.2  # Cohen's (1988) small difference
TELLING_RATIO = 1.25


@dataclass(frozen=True)
class Summary:
    """What a difference needs of a group: known values, their mean and (population) standard deviation."""

    count: int
    mean: float
    deviation: float


@dataclass(frozen=True)
class Difference:
    """How far the mean of one group lies above another's: Cohen's d with its 95 % interval.

    Attributes
    ----------
    everybody : the mean of all customers
    """

    column: Compared
    first: float
    second: float
    effect: float
    low: float
    high: float
    everybody: float

    @property
    def noticeable(self) -> bool:
        """At least a small difference, and one that chance does not explain."""
        return abs(self.effect) >= NOTICEABLE and (self.low > 0 or self.high < 0)


def summary(number: NumberProfile | None) -> Summary | None:
    """The part of a profile that differences need."""
    return Summary(number.count, number.mean, number.deviation) if number else None


def everyone_else(all_: NumberProfile | None, mine: NumberProfile | None) -> Summary | None:
    """Everybody but one segment, from the two profiles.

    >>> one = NumberProfile(2, 2.0, 1.0, 0.0, 1, 1, 1, 1, 1)
    >>> everyone_else(NumberProfile(4, 8.0, 2.0, 1.0, 1, 1, 2, 3, 3), one)
    Summary(count=2, mean=3.0, deviation=0.0)
    """
    if all_ is None:
        return None
    if mine is None:
        return summary(all_)
    count = all_.count - mine.count
    if count < 1:
        return None
    mean = (all_.mean * all_.count - mine.mean * mine.count) / count
    within = all_.count * all_.deviation**2 - mine.count * mine.deviation**2
    between = mine.count * (mine.mean - all_.mean) ** 2 + count * (mean - all_.mean) ** 2
    return Summary(count, mean, math.sqrt(max(0.0, within - between) / count))


def cohens_d(first: Summary, second: Summary) -> tuple[float, float, float]:
    """Cohen's d with its 95 % interval; infinite where the groups differ and neither varies.

    References
    ----------
    Hedges, L. V., Olkin, I. (1985). Statistical Methods for Meta-Analysis, chapter 5: the large-sample variance.

    >>> [round(v, 3) for v in cohens_d(Summary(50, 1.0, 1.0), Summary(50, 0.0, 1.0))]
    [0.99, 0.575, 1.405]
    """
    n, m = first.count, second.count
    gap = first.mean - second.mean
    pooled = math.sqrt((n * first.deviation**2 + m * second.deviation**2) / max(1, n + m - 2))
    if pooled <= 1e-12 * max(abs(first.mean), abs(second.mean), 1e-300):
        effect = math.copysign(math.inf, gap) if gap else 0.0
        return effect, effect, effect
    effect = gap / pooled
    reach = CERTAIN * math.sqrt((n + m) / (n * m) + effect**2 / (2 * (n + m)))
    return effect, effect - reach, effect + reach


def against_everyone(profiles: Profiles, segment: int, column: str) -> tuple[float, float, float]:
    """How far a segment's mean lies above everyone's, in everyone's standard deviations, with its 95 % interval.

    Everyone holds the segment too: the difference is that from everyone else, times the share of these, and so is its
    error. NaN where nothing is known, or nothing varies.
    """
    mine, all_ = profiles.segments[segment].numbers.get(column), profiles.everybody.numbers.get(column)
    rest = everyone_else(all_, mine)
    if mine is None or all_ is None or all_.deviation == 0:
        return math.nan, math.nan, math.nan
    difference = (mine.mean - all_.mean) / all_.deviation
    if rest is None:
        return difference, difference, difference
    error = math.sqrt(mine.deviation**2 / mine.count + rest.deviation**2 / rest.count) * rest.count / all_.count
    reach = CERTAIN * error / all_.deviation
    return difference, difference - reach, difference + reach


def differences(
    profiles: Profiles, columns: Sequence[Compared], first: int, second: int | None
) -> tuple[Difference, ...]:
    """Differences of one segment from another (None: from everyone else) on every column, the largest first.

    Of a category it is the share of the value that tells the two apart most.
    """
    found = []
    for column in columns:
        if column.column in profiles.everybody.categories:
            found += _of_category(profiles, column, first, second)
            continue
        mine = profiles.segments[first].numbers.get(column.column)
        if second is None:
            other = everyone_else(profiles.everybody.numbers.get(column.column), mine)
        else:
            other = summary(profiles.segments[second].numbers.get(column.column))
        own = summary(mine)
        if own and other and own.count > 1 and other.count > 1:
            everybody = profiles.everybody.numbers[column.column].mean
            found.append(Difference(column, own.mean, other.mean, *cohens_d(own, other), everybody))
    return tuple(sorted(found, key=lambda d: (-abs(d.effect), d.column.label)))


def _of_category(profiles: Profiles, column: Compared, first: int, second: int | None) -> list[Difference]:
    """The value of a category whose shares are farthest apart, blanks left out; none where nobody has one."""
    name = column.column
    groups = profiles.everybody.categories[name], profiles.segments[first].categories.get(name, {})
    all_, mine = ({v: n for v, n in g.items() if v} for g in groups)
    if second is None:
        theirs = {v: n - mine.get(v, 0) for v, n in all_.items()}
    else:
        theirs = {v: n for v, n in profiles.segments[second].categories.get(name, {}).items() if v}
    total, n, others = (sum(g.values()) for g in (all_, mine, theirs))
    if n < 2 or others < 2:
        return []
    found = [
        Difference(
            replace(column, label=f"{column.label} {value}"), mine.get(value, 0) / n, theirs.get(value, 0) / others,
            *cohens_d(_indicator(mine.get(value, 0), n), _indicator(theirs.get(value, 0), others)), all_[value] / total,
        )
        for value in all_
        if value != OTHER
    ]  # fmt: skip
    return [max(found, key=lambda d: (abs(d.effect), d.column.label))] if found else []


def _indicator(count: int, of: int) -> Summary:
    """A share as the mean of noughts and ones."""
    share = count / of
    return Summary(of, share, math.sqrt(share * (1 - share)))


def in_sentence(d: Difference, first: str, second: str) -> str:
    """A difference with both means, their ratio where it says something, and how sure it is.

    >>> spend = Compared("spend", "Total spend")
    >>> in_sentence(Difference(spend, 1546.0, 139.0, 2.31, 2.2, 2.42, 596.0), "Top", "Low")
    'Total spend is 11x as high for Top (1,546) as for Low (139): 2.3 standard deviations, 95 % interval 2.2 to 2.4.'
    >>> in_sentence(Difference(Compared("a", "Says yes", share=True), 0.1, 0.3, -0.5, -0.6, -0.4, 0.2), "Top", "Low")
    'Says yes: 10\u202f% of Top, 30\u202f% of Low: -0.5 standard deviations, 95 % interval -0.6 to -0.4.'
    """
    mine, theirs = d.column.amount(d.first), d.column.amount(d.second)
    sure = f"{d.effect:.1f} standard deviations, 95 % interval {d.low:.1f} to {d.high:.1f}"
    sure = "no overlap" if math.isinf(d.effect) else sure
    if d.column.share:
        return f"{d.column.label}: {mine} of {first}, {theirs} of {second}: {sure}."
    ratio = d.first / d.second if d.first > 0 and d.second > 0 else 1.0
    if ratio >= TELLING_RATIO or ratio <= 1 / TELLING_RATIO:
        return f"{d.column.label} is {times(ratio)} as high for {first} ({mine}) as for {second} ({theirs}): {sure}."
    side = "higher" if d.effect > 0 else "lower"
    return f"{d.column.label} is {side} for {first} ({mine}) than for {second} ({theirs}): {sure}."


def by_spread(profiles: Profiles, columns: Sequence[Compared], places: Sequence[int]) -> tuple[Compared, ...]:
    """Columns ordered by how far apart the segments' means are, in standard deviations of everybody."""

    def spread(column: Compared) -> float:
        found = [profiles.standard_difference(g, column.column) for g in places]
        return max(found) - min(found)

    return tuple(sorted(columns, key=lambda c: (-spread(c), c.label)))


def apart_in_words(first: str, second: str | None, found: Sequence[Difference]) -> str:
    """What sets two groups apart, in a sentence; ``second`` None: everyone else."""
    telling = [d for d in found if d.noticeable]
    higher = [d.column.word for d in telling if d.effect > 0][:3]
    lower = [d.column.word for d in telling if d.effect < 0][:3]
    if not telling:
        return f"{first} hardly differ from {second or 'everyone else'}"
    if second is None:
        parts = [f"higher on {listed(higher)}" if higher else "", f"lower on {listed(lower)}" if lower else ""]
        return f"{first} against everyone else: {'; '.join(p for p in parts if p)}"
    if not higher:
        return f"{second} are higher on {listed(lower)}"
    return f"{first} are higher on {listed(higher)}" + (f"; {second} on {listed(lower)}" if lower else "")


def spread_in_words(profiles: Profiles, ranked: Sequence[Compared], groups: Sequence[Group]) -> str:
    """Where three or more segments differ most, in a sentence."""
    if not ranked:
        return "Nothing tells these segments apart"
    top = ranked[0]
    known = [(profiles.segments[g.place].numbers.get(top.column), g.short) for g in groups if g.place is not None]
    means = [(number.mean, name) for number, name in known if number]
    if not means:
        return f"Nothing is known of {top.word} here"
    (low, lowest), (high, highest) = min(means), max(means)
    others = [c.word for c in ranked[1:3]]
    rest = f"; then on {listed(others)}" if others else ""
    say = percent if top.share else short
    return f"They differ most on {top.word}, {say(low)} ({lowest}) to {say(high)} ({highest}){rest}"
