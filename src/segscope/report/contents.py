"""Contents: everything that a report shows, gathered once from a study, so that page and deck say the same.

Numbers come from the study's fit, its card and its confirmed findings; nothing is typed in, and nothing depends on the
clock: the same study gives the same contents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from segscope.clustering import SegmentVerdict
from segscope.comparing import (
    EVERYBODY,
    Compared,
    Counts,
    Difference,
    Distribution,
    Group,
    brief,
    compared_columns,
    count_by_segment,
    differences,
    distribution,
    mean_percentiles,
    radar_axes,
)
from segscope.exploring import Variable
from segscope.figures.clustering import apart_words
from segscope.insights import FamilyView, Finding, Insights, describe_family, find_insights
from segscope.naming import Portrait, value_column
from segscope.profiling import GroupProfile
from segscope.recipe import Recipe
from segscope.segmentation import SEGMENT, Segment
from segscope.study import Card, Fit, LiveStudy
from segscope.study.fitting import customer_key
from segscope.wording import stability_words

MOST_DIFFERENCES = 8
MOST_FINDINGS = 3
MOST_FAMILIES = 6


@dataclass(frozen=True)
class SegmentFacts:
    """What a report says of one segment.

    Attributes
    ----------
    standing : mean percentile among all customers on each axis of the contents, 0 to 100; NaN where nothing is known
    from_everybody : on each measured axis, how many standard deviations (of everybody) its mean lies above everybody's
    apart : what sets it apart from all other customers, the largest first
    findings : confirmed findings about it, best first
    """

    place: int
    segment: Segment
    portrait: Portrait
    verdict: SegmentVerdict
    stability: str
    standing: tuple[float, ...]
    from_everybody: tuple[float, ...]
    apart: tuple[Difference, ...]
    findings: tuple[Finding, ...]

    @property
    def group(self) -> Group:
        """The segment as figures know it."""
        return Group(self.place, self.segment.name, self.segment.colour)

    @property
    def headline(self) -> str:
        """The best confirmed finding about it, else its portrait, in a sentence."""
        return self.findings[0].sentence if self.findings else self.segment.sentence


@dataclass(frozen=True)
class Contents:
    """Everything that a report shows.

    Attributes
    ----------
    axes : the variables on which segments are seen
    columns : what segments are compared on
    distributions : densities of the features, by segment
    families : families of columns as indices, where everybody is 100
    worth : label of what value shares are shares of, None where nothing tells value
    """

    card: Card
    fit: Fit
    axes: tuple[Variable, ...]
    columns: tuple[Compared, ...]
    segments: tuple[SegmentFacts, ...]
    distributions: tuple[Distribution, ...]
    families: tuple[FamilyView, ...]
    insights: Insights
    worth: str | None

    @property
    def recipe(self) -> Recipe:
        """Everything that was decided."""
        return self.fit.recipe

    @cached_property
    def measured(self) -> tuple[Variable, ...]:
        """The axes that are numbers or yes and no: those with means."""
        return tuple(v for v in self.axes if v.column in self.fit.profiles.everybody.numbers)

    @property
    def data_fingerprint(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the study's data file."""
        return Path(self.card.data).stem

    @property
    def fit_fingerprint(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of what was fitted, the recipe included."""
        return Path(self.card.fit).stem


def gather(live: LiveStudy) -> Contents:
    """Gather what a report shows from an open study."""
    fit = live.fit
    axes = radar_axes(live.recipe, fit.profiles, live.variables)
    counts = _counts(live, axes)
    standing = [mean_percentiles(counts[v.column]) for v in axes.values()]
    columns, insights = compared_columns(live.recipe, fit.profiles), find_confirmed(live)
    measured = [v.column for v in axes.values() if v.column in fit.profiles.everybody.numbers]
    segments = tuple(
        SegmentFacts(
            place,
            segment,
            fit.portraits[place],
            fit.verdict.segments[place],
            stability_in_words(fit, place),
            tuple(float(s[place]) for s in standing),
            tuple(fit.profiles.standard_difference(place, c) for c in measured),
            differences(fit.profiles, columns, place, None)[:MOST_DIFFERENCES],
            tuple(f for f in insights.findings if f.segment == place)[:MOST_FINDINGS],
        )
        for place, segment in enumerate(fit.segments)
    )
    features = [v for v in axes.values() if v.column in live.recipe.features and v.kind == "number"]
    groups = [s.group for s in segments]
    worth = value_column(live.recipe)
    return Contents(
        live.card,
        fit,
        tuple(axes.values()),
        columns,
        segments,
        tuple(_distribution(fit, v, counts[v.column], groups) for v in features),
        tuple(describe_family(f, fit.profiles, "index") for f in live.recipe.families[:MOST_FAMILIES]),
        insights,
        brief(live.recipe.column(worth).label) if worth else None,
    )


def find_confirmed(live: LiveStudy) -> Insights:
    """The findings of a study that were confirmed on the other half of its customers; searched for once."""
    key = customer_key(live.sample, live.recipe)
    names = [s.name for s in live.fit.segments]
    return live.once_named(
        "insights: findings",  # where the Insights page keeps them too
        lambda: find_insights(live.engine, live.sample, SEGMENT, key, live.recipe, live.fit.profiles, names),
    )


def stability_in_words(fit: Fit, place: int) -> str:
    """How surely a segment is found again, and whether it stands apart."""
    stability = fit.segments[place].stability
    if len(fit.segments) == 1:
        return "the only segment"
    return f"{stability_words(stability)} ({stability:.2f} of 1), {apart_words(fit, place)}"


def _counts(live: LiveStudy, variables: dict[int, Variable]) -> dict[str, Counts]:
    return live.once(
        ("counts by segment", tuple(variables)),  # where the Segments page keeps them too
        lambda: count_by_segment(live.engine, live.customers, variables, len(live.fit.segments)),
    )


def _distribution(fit: Fit, variable: Variable, counts: Counts, groups: Sequence[Group]) -> Distribution:
    by_place: dict[int | None, GroupProfile] = {None: fit.profiles.everybody, **dict(enumerate(fit.profiles.segments))}
    medians = {p: g.numbers[variable.column].median for p, g in by_place.items() if variable.column in g.numbers}
    return distribution(variable, counts, groups or (EVERYBODY,), medians)
