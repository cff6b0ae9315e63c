"""Fitting: the stages from a typed source table to a finished segmentation, in order. Pure: nothing is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, cast

import ibis
import numpy as np

from segscope.cleaning import CleaningEntry, CleaningLog, describe_cleaning, propose_rules
from segscope.clustering import (
    Evidence,
    Points,
    Refined,
    Verdict,
    draw,
    gather,
    judge,
    kmeans,
    refine,
    solution_at,
)
from segscope.engine import Engine, rows
from segscope.errors import DataError
from segscope.exploring import Variable, describe_variables
from segscope.features import check_features, propose_derived, propose_features
from segscope.identity import free_numbers, match_segments
from segscope.intake.copies import find_copies
from segscope.intake.facts import ROW, ColumnFacts, measure_facts
from segscope.intake.progress import part
from segscope.intake.roles import newest_date, propose_roles
from segscope.naming import Portrait, by_value, portray, value_column
from segscope.preparation import Preparation, coordinate, fit_preparation, to_model
from segscope.profiling import Profiles, profile
from segscope.recipe import ColumnRole, Recipe, Role
from segscope.segmentation import SEGMENT, Segment, Segmentation, assign, to_customers
from segscope.study.customers import Customers
from segscope.wording import counted

Progress = Callable[[str, float], None]
FEWEST_CUSTOMERS = 2


@dataclass(frozen=True)
class ColumnNote:
    """What became of one column of the source."""

    name: str
    role: Role
    missing: int
    note: str
    label: str
    distinct: int


@dataclass(frozen=True)
class Fit:
    """Everything that fitting found. JSON."""

    customers: int
    columns: tuple[ColumnNote, ...]
    cleaning: CleaningLog
    evidence: Evidence
    verdict: Verdict
    segmentation: Segmentation
    profiles: Profiles
    portraits: tuple[Portrait, ...]
    wcss: float
    variables: tuple[Variable, ...]

    @property
    def recipe(self) -> Recipe:
        """The recipe that was fitted."""
        return self.segmentation.recipe

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments, from most to least valuable."""
        return self.segmentation.segments


class Weigher(Protocol):
    """Who weighs the numbers of segments: this process, or one beside it (segscope.beside)."""

    def take(self, points: Points, seed: int) -> None:
        """Take the customers."""

    def evidence(self, progress: Progress) -> Evidence:
        """The evidence for each number of segments."""


class Here:
    """Weighs in this process, when asked."""

    def take(self, points: Points, seed: int) -> None:
        """Take the customers."""
        self._points, self._seed = points, seed

    def evidence(self, progress: Progress) -> Evidence:
        """The evidence for each number of segments."""
        return gather(self._points, self._seed, on_progress=progress)[0]


def propose_recipe(engine: Engine, source: ibis.Table, facts: Sequence[ColumnFacts]) -> Recipe:
    """Propose a whole recipe for a typed source table, without asking anything."""
    proposal = propose_roles(facts, find_copies(engine, source, facts))
    as_of = newest_date(facts, proposal.columns)
    return Recipe(
        columns=proposal.columns,
        families=proposal.families,
        cleaning=propose_rules(engine, source, facts, proposal.columns, as_of),
        derived=propose_derived(proposal.columns, proposal.families, as_of),
        as_of=as_of,
    )


def fit(
    engine: Engine,
    source: Customers,
    recipe: Recipe,
    progress: Progress,
    previous: Segmentation | None = None,
    weigher: Weigher | None = None,
) -> Fit:
    """Fit a recipe to customers.

    Parameters
    ----------
    source : the customers, before cleaning
    previous : the segmentation whose ids, names and colours live on where its segments do
    weigher : who weighs the evidence; None does it here, another may do it in a process beside

    Raises
    ------
    DataError, ColumnError, RecipeError : when the data or the recipe do not allow it
    """
    weigher, facts = weigher or Here(), source.facts
    customers = facts[0].rows if facts else 0
    if customers < FEWEST_CUSTOMERS:
        raise DataError(f"The file has {counted(customers, 'customer')}. Segments need at least {FEWEST_CUSTOMERS}.")
    table = engine.view("__customers", to_customers(source.table, recipe))
    if not recipe.features:
        recipe = recipe.replace(features=propose_features(recipe, facts))
    check_features(table, recipe)
    progress("Preparing features", 0.1)
    preparation = fit_preparation(engine, table, recipe.features, recipe.transform, recipe.cleaning)
    columns = [coordinate(i) for i in range(len(preparation))]
    model = _store_model(engine, table, recipe, preparation, columns)
    progress("Drawing customers", 0.25)
    points = draw(engine, model, columns, "key", recipe.seed)
    _check_distinct(points, recipe.segments)
    weigher.take(points, recipe.seed)
    evidence = None if recipe.segments else weigher.evidence(part(progress, 0.36, 0.65))
    k = recipe.segments or (evidence.recommended if evidence else 1)
    progress("Clustering", 0.65 if evidence else 0.36)
    solution = kmeans(points, k, recipe.seed)
    progress("Refining on every customer", 0.66 if evidence else 0.38)
    refined = refine(engine, model, columns, solution.centres)
    progress("Describing the segments", 0.7 if evidence else 0.42)
    draft = _draft(recipe, preparation, refined, customers)
    segmentation, order, profiles, portraits = _describe(engine, table, draft, previous)
    measured = {
        c: (p.low, p.quarter, p.median, p.three_quarters, p.high) for c, p in profiles.everybody.numbers.items()
    }
    variables = describe_variables(engine, table, recipe, measured)
    for name in ("__assigned", "__model", "__customers"):
        engine.drop(name)
    progress("Judging the segments", 0.85 if evidence else 0.5)
    judged = judge(points, solution_at(points, refined.centres), recipe.seed)
    segmentation, verdict = _judged(segmentation, judged, order)
    evidence = evidence or weigher.evidence(part(progress, 0.55, 0.93))
    notes = tuple(_note(f, recipe) for f in facts)
    cleaning = source.made + describe_cleaning(engine, source.table, recipe, facts)
    cleaning += _prepared(preparation, recipe, {c: p.low for c, p in profiles.everybody.numbers.items()})
    return Fit(
        customers, notes, cleaning, evidence, verdict, segmentation, profiles, portraits, refined.wcss, variables
    )


def _store_model(
    engine: Engine, table: ibis.Table, recipe: Recipe, preparation: Preparation, columns: Sequence[str]
) -> ibis.Table:
    # Lloyd passes read the model table many times: worth storing.
    renamed = table.select(
        **{f"__x{i}": table[f] for i, f in enumerate(recipe.features)}, key=customer_key(table, recipe)
    )
    steps = tuple(replace(step, feature=f"__x{i}") for i, step in enumerate(preparation))
    return engine.store("__model", to_model(renamed, steps).select("key", *columns))


def customer_key(table: ibis.Table, recipe: Recipe) -> ibis.expr.types.StringValue:
    """A text that tells customers apart and does not depend on the order of rows."""
    if recipe.identifier:
        return ibis.coalesce(table[recipe.identifier].cast("string"), "")
    parts = [ibis.coalesce(table[f].cast("string"), "") for f in recipe.features]
    key = parts[0]
    for following in parts[1:]:
        key = key + "|" + following
    return key


def _check_distinct(points: Points, wanted: int | None) -> None:
    if wanted is not None and points.distinct < wanted:
        raise DataError(
            f"There are {counted(points.distinct, 'different customer')} on the chosen features, fewer than the "
            f"{wanted} segments asked for. Ask for fewer segments or choose other features."
        )


def _draft(recipe: Recipe, preparation: Preparation, refined: Refined, customers: int) -> Segmentation:
    """The segmentation before its segments are put in order, named and judged."""
    spread = max(refined.wcss / customers / len(preparation), 1e-9)
    segments = tuple(
        Segment(f"s{i + 1}", "", i, size, size / customers, "", "constructed", 0.0)
        for i, size in enumerate(refined.sizes)
    )
    return Segmentation(recipe, preparation, refined.centres, segments, spread, customers)


def _judged(segmentation: Segmentation, verdict: Verdict, order: Sequence[int]) -> tuple[Segmentation, Verdict]:
    """Put a verdict in the order of the segments, and each word to its segment."""
    places = {old: new for new, old in enumerate(order)}
    judged = tuple(
        replace(s, nearest=None if s.nearest is None else places[s.nearest])
        for s in (verdict.segments[i] for i in order)
    )
    segments = tuple(
        replace(segment, verdict=found.verdict, stability=found.stability)
        for segment, found in zip(segmentation.segments, judged, strict=True)
    )
    return replace(segmentation, segments=segments), replace(verdict, segments=judged)


def _describe(
    engine: Engine, table: ibis.Table, draft: Segmentation, previous: Segmentation | None
) -> tuple[Segmentation, tuple[int, ...], Profiles, tuple[Portrait, ...]]:
    """Profile the segments, put them in order of value, give them ids, names and colours."""
    recipe, k = draft.recipe, len(draft.segments)
    assigned = engine.view("__assigned", assign(table, draft))
    numbers, categories = profiled_columns(recipe)
    unordered = profile(engine, assigned, SEGMENT, k, numbers, categories)
    order = by_value(unordered, recipe)
    profiles = Profiles(unordered.everybody, tuple(unordered.segments[i] for i in order))
    ordered = replace(
        draft,
        centres=tuple(draft.centres[i] for i in order),
        segments=tuple(draft.segments[i] for i in order),
    )
    kept = _kept(engine, table, ordered, previous)
    portraits = portray(profiles, recipe, {place: segment.name for place, segment in kept.items()})
    worth = value_column(recipe)
    colours = free_numbers([s.colour for s in kept.values()], k)
    ids = free_numbers([int(s.id[1:]) - 1 for s in kept.values()], k)
    segments: list[Segment] = []
    for place, (segment, portrait) in enumerate(zip(ordered.segments, portraits, strict=True)):
        old = kept.get(place)
        segments.append(
            replace(
                segment,
                id=old.id if old else f"s{ids.pop(0) + 1}",
                colour=old.colour if old else colours.pop(0),
                name=portrait.name,
                sentence=portrait.sentence,
                value_share=profiles.share_of_total(place, worth) if worth else None,
            )
        )
    return replace(ordered, segments=tuple(segments)), order, profiles, portraits


def profiled_columns(recipe: Recipe) -> tuple[list[str], list[str]]:
    """Columns that profiles cover: numbers and flags, and categories."""
    numbers = [d.name for d in recipe.derived]
    numbers += [c.column for c in recipe.columns if c.role in (Role.MEASURE, Role.FLAG)]
    return numbers, [c.column for c in recipe.columns if c.role is Role.CATEGORY]


def _kept(engine: Engine, table: ibis.Table, new: Segmentation, previous: Segmentation | None) -> dict[int, Segment]:
    """Old segments that live on, by the place of the new segment that they live on in."""
    if previous is None or not all(c in table.columns for c in previous.recipe.features):
        return {}
    if any(table[f].type().is_string() for f in previous.recipe.features):
        return {}
    now = assign(table, new)
    both = assign(now.select(*table.columns, __now=now[SEGMENT]), previous)
    counts = rows(engine, both.group_by(new=both["__now"], old=both[SEGMENT]).agg(n=ibis._.count()))
    shared = np.zeros((len(new.segments), len(previous.segments)), dtype=np.int64)
    for row in counts:
        shared[row["new"], row["old"]] = row["n"]
    return {m.new: previous.segments[m.old] for m in match_segments(shared)}


def _note(facts: ColumnFacts, recipe: Recipe) -> ColumnNote:
    role = next(
        (c for c in recipe.columns if c.column == facts.name),
        ColumnRole(facts.name, Role.IGNORED, "the recipe does not name it", facts.name),
    )
    return ColumnNote(facts.name, role.role, facts.blanks, role.reason, role.label, facts.distinct)


def _prepared(preparation: Preparation, recipe: Recipe, lows: Mapping[str, float]) -> CleaningLog:
    """What preparation did to features, as entries of the cleaning log. ``lows``: smallest values."""
    entries: list[CleaningEntry] = []
    source = {c.column for c in recipe.columns}
    told = {r.column for r in recipe.cleaning if r.action == "fill" and r.column in source}
    by_hand = {r.column for r in recipe.cleaning if r.action == "fill" and r.values}
    off = [r for r in recipe.cleaning if r.action in ("bound", "log") and not r.enabled]
    for rule in off:
        what = "its logarithm" if rule.action == "log" else "bounds for its far-out values"
        label = recipe.column(rule.column).label
        entries.append(
            CleaningEntry(rule.action, rule.column, 0, f"{label} is clustered without {what}, as decided by you.")
        )
    for step in preparation:
        label = recipe.column(step.feature).label
        if step.blanks and step.feature not in told:
            with_what = f"{step.fill:,.6g}" if step.feature in by_hand else f"the median {step.fill:,.6g}"
            detail = f"{counted(step.blanks, 'blank')} in {label} filled with {with_what} for clustering."
            entries.append(CleaningEntry("fill", step.feature, step.blanks, detail, rule=f"fill/0/{step.feature}"))
        if step.bounded and step.low is not None and step.high is not None:
            low, high = (cast(float, np.expm1(v)) if step.log else v for v in (step.low, step.high))
            detail = (
                f"{counted(step.bounded, 'value')} of {label} beyond {low:,.6g} to {high:,.6g} counted as the bound in "
                "clustering (three interquartile ranges beyond the quartiles); charts show them as they are."
            )
            entries.append(CleaningEntry("bound", step.feature, step.bounded, detail, rule=f"bound/0/{step.feature}"))
        if step.log:
            below = "; values below 0 count as 0" if lows.get(step.feature, 0.0) < 0 else ""
            detail = f"{label} is heavily skewed, so clustering sees its logarithm{below}."
            entries.append(CleaningEntry("log", step.feature, 0, detail, rule=f"log/0/{step.feature}"))
    return tuple(entries)


__all__ = ["ROW", "ColumnNote", "Fit", "Progress", "fit", "measure_facts", "profiled_columns", "propose_recipe"]
