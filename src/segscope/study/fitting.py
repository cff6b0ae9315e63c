"""Fitting: the stages from a typed source table to a finished segmentation, in order. Pure: nothing is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import ibis

from segscope.cleaning import CleaningLog, describe_cleaning, propose_rules
from segscope.clustering import (
    Alternative,
    Evidence,
    Points,
    Refined,
    SegmentSilhouette,
    Solution,
    Tree,
    Verdict,
    draw,
    fit_method,
    judge,
    measure,
    refine,
    silhouettes_by_segment,
    softness,
    solution_at,
)
from segscope.clustering.ward import WARD_CUSTOMERS
from segscope.engine import Engine, one
from segscope.errors import DataError
from segscope.exploring import Variable, describe_variables
from segscope.features import check_features, propose_derived, propose_features
from segscope.hand import in_words
from segscope.intake.copies import find_copies
from segscope.intake.facts import ROW, ColumnFacts, measure_facts
from segscope.intake.progress import part
from segscope.intake.roles import newest_date, propose_roles
from segscope.naming import Portrait, by_value, methodology, portray, typical_scores, value_column
from segscope.preparation import Preparation, coordinates, fit_preparation, to_model
from segscope.profiling import Profiles, profile
from segscope.recipe import Recipe, Role
from segscope.segmentation import SEGMENT, Segment, Segmentation, assign_only, to_customers
from segscope.study.customers import Customers
from segscope.study.influence import Influence, influence_of_filling
from segscope.study.lineage import Before, trace, without_lineage
from segscope.study.notes import ColumnNote, note, prepared
from segscope.study.weighing import Here, Weigher
from segscope.unusual import far_out, quartiles, reach
from segscope.wording import counted

Progress = Callable[[str, float], None]
FEWEST_CUSTOMERS = 2


@dataclass(frozen=True)
class Fit:
    """Everything that fitting found. JSON.

    Attributes
    ----------
    wcss : within-cluster sum of squared distances over all customers who made the segments
    filling : what filling blanks did to the segments; None in fits from before this was measured
    silhouettes : how well customers fit into their segment, one a segment; empty in fits from before this was measured
    alternatives : the same customers by each method, once the evidence is complete
    path : who splits from whom: for each number of segments from 1 on, a row for each of its segments, with the
        customers who are in each segment of the next number; once the evidence is complete
    path_segments : which of the segments each of the path's is, at their number; empty where they are not the same
    tree : the top of a Ward tree of a sample, once the evidence is complete
    """

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
    filling: Influence | None = None
    silhouettes: tuple[SegmentSilhouette, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    path: tuple[tuple[tuple[float, ...], ...], ...] = ()
    path_segments: tuple[int, ...] = ()
    tree: Tree | None = None

    @property
    def recipe(self) -> Recipe:
        """The recipe that was fitted."""
        return self.segmentation.recipe

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments, from most to least valuable."""
        return self.segmentation.segments

    @property
    def found(self) -> int:
        """How many segments the method found, before any was merged or split by hand: what the evidence is about."""
        return len(self.segmentation.centres)

    @property
    def how_made(self) -> str:
        """How the segments were made, in sentences."""
        by_hand = in_words(self.segmentation.hand)
        sampled = self.customers > WARD_CUSTOMERS
        said = methodology(self.recipe, self.segmentation.preparation, self.found, sampled)
        return f"{said}{f' {by_hand}' if by_hand else ''}"


@dataclass(frozen=True, eq=False)
class Ready:
    """Customers ready to be clustered.

    Attributes
    ----------
    table : cleaned customers with derived columns
    model : the coordinates of those who make the segments
    points : those, or a weighted sample that stands for them
    aside : how many customers make no segments
    """

    engine: Engine
    recipe: Recipe
    table: ibis.Table
    preparation: Preparation
    model: ibis.Table
    points: Points
    aside: int


@dataclass(frozen=True)
class Described:
    """The segments of one number of segments, described.

    Attributes
    ----------
    order : of the segments, as places in ``refined`` and ``solution``
    """

    segmentation: Segmentation
    profiles: Profiles
    portraits: tuple[Portrait, ...]
    order: tuple[int, ...]
    refined: Refined
    solution: Solution


@dataclass(frozen=True)
class Segmented:
    """The segments of one number of segments, described and judged."""

    segmentation: Segmentation
    verdict: Verdict
    profiles: Profiles
    portraits: tuple[Portrait, ...]
    wcss: float
    filling: Influence
    silhouettes: tuple[SegmentSilhouette, ...]


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
    previous: Before | None = None,
    weigher: Weigher | None = None,
    thorough: bool = False,
) -> tuple[Fit, Ready, Mapping[int, Solution]]:
    """Fit a recipe to customers.

    Parameters
    ----------
    source : the customers, before cleaning
    previous : the fit whose ids, names and colours live on where its segments do
    weigher : who weighs the evidence; None does it here, another may do it in a process beside
    thorough : weigh with all resamples at once; else it is a first look

    Returns
    -------
    the fit, the customers that it was made of, to complete its evidence (they are gone with the engine), and the
    solutions that the evidence is about

    Raises
    ------
    DataError, ColumnError, RecipeError : when the data or the recipe do not allow it
    """
    weigher = weigher or Here()
    ready = make_ready(engine, source, recipe, part(progress, 0.1, 0.3))
    recipe = ready.recipe
    _check_distinct(ready.points, recipe.segments)
    weigher.take(ready.points, recipe.seed, recipe.method, thorough)
    weighed = None if recipe.segments else weigher.evidence(part(progress, 0.36, 0.65))
    k = recipe.segments or (weighed[0].recommended if weighed else 1)
    found = segmented(ready, k, part(progress, 0.65, 0.9) if weighed else part(progress, 0.36, 0.55), previous)
    numbers = found.profiles.everybody.numbers
    measured = {c: (p.low, p.quarter, p.median, p.three_quarters, p.high) for c, p in numbers.items()}
    variables = describe_variables(engine, ready.table, recipe, measured)
    cleaning = source.made + describe_cleaning(engine, source.table, recipe, source.facts)
    cleaning += prepared(ready.preparation, recipe, {c: p.low for c, p in numbers.items()}, ready.aside)
    evidence, solutions = weighed or weigher.evidence(part(progress, 0.55, 0.93))
    fitted = Fit(
        customers=source.facts[0].rows,
        columns=tuple(note(f, recipe) for f in source.facts),
        cleaning=cleaning,
        evidence=evidence,
        verdict=found.verdict,
        segmentation=found.segmentation,
        profiles=found.profiles,
        portraits=found.portraits,
        wcss=found.wcss,
        variables=variables,
        filling=found.filling,
        silhouettes=found.silhouettes,
    )
    return fitted, ready, solutions


def make_ready(engine: Engine, source: Customers, recipe: Recipe, progress: Progress) -> Ready:
    """Clean, derive and prepare, and draw the customers that the clustering works on.

    Raises
    ------
    DataError, ColumnError, RecipeError : when the data or the recipe do not allow it
    """
    customers = source.facts[0].rows if source.facts else 0
    if customers < FEWEST_CUSTOMERS:
        raise DataError(f"The file has {counted(customers, 'customer')}. Segments need at least {FEWEST_CUSTOMERS}.")
    table = engine.view("__customers", to_customers(source.table, recipe))
    if not recipe.features:
        recipe = recipe.replace(features=propose_features(recipe, source.facts))
    check_features(table, recipe)
    progress("Preparing features", 0.0)
    preparation = fit_preparation(engine, table, recipe)
    model = store_model(engine, table, recipe, preparation)
    aside = customers - int(one(engine, model.agg(n=model.count()))["n"]) if recipe.set_aside else 0
    if customers - aside < FEWEST_CUSTOMERS:
        raise DataError("Hardly any customer is left when the unusual ones are set aside. Let them take part.")
    progress("Drawing customers", 0.7)
    points = draw(engine, model, coordinates(preparation), "key", recipe.seed)
    return Ready(engine, recipe, table, preparation, model, points, aside)


def segmented(ready: Ready, k: int, progress: Progress, previous: Before | None) -> Segmented:
    """Cluster into ``k`` segments, refine on every customer, describe and judge.

    Parameters
    ----------
    previous : the fit whose ids, names and colours live on where its segments do
    """
    recipe = ready.recipe
    found = described(ready, k, progress, previous)
    segmentation, profiles, order = found.segmentation, found.profiles, found.order
    quarters = {f: (p.quarter, p.three_quarters) for f, p in profiles.everybody.numbers.items()}
    filling = influence_of_filling(ready.engine, ready.table, segmentation, quarters)
    progress("Judging the segments", 0.5)
    final = solution_at(ready.points, found.refined.centres, found.solution.shapes)
    judged = judge(ready.points, final, recipe.seed, on_progress=part(progress, 0.5, 1.0), method=recipe.method)
    segmentation, verdict = _judged(segmentation, judged, order)
    soft = softness(ready.points, final, segmentation.spread, recipe.seed, recipe.method)
    segmentation = replace(segmentation, softness=soft)
    silhouettes = silhouettes_by_segment(ready.points, final)
    ordered = tuple(silhouettes[i] for i in order)
    return Segmented(segmentation, verdict, profiles, found.portraits, found.refined.wcss, filling, ordered)


def described(ready: Ready, k: int, progress: Progress, previous: Before | None) -> Described:
    """Cluster into ``k`` segments, refine on every customer, profile, order and name them; not judged yet."""
    progress("Clustering", 0.0)
    solution = fit_method(ready.points, ready.recipe.method, k, ready.recipe.seed)
    progress("Refining on every customer", 0.05)
    refined, solution = _on_everybody(ready, solution)
    progress("Describing the segments", 0.2)
    segmentation, order, profiles, portraits = _describe(ready, _draft(ready, refined, solution), previous)
    return Described(segmentation, profiles, portraits, order, refined, solution)


def store_model(engine: Engine, table: ibis.Table, recipe: Recipe, preparation: Preparation) -> ibis.Table:
    """The coordinates of those who make the segments, with their key: read many times, so it is stored."""
    if recipe.set_aside:
        quarters = quartiles(engine, table, recipe.measured_features)
        table = table.filter(~far_out(table, preparation, quarters))
    renamed = table.select(
        **{f"__x{i}": table[f] for i, f in enumerate(recipe.features)}, key=customer_key(table, recipe)
    )
    steps = tuple(replace(step, feature=f"__x{i}") for i, step in enumerate(preparation))
    return engine.store("__model", to_model(renamed, steps).select("key", *coordinates(preparation)))


def _on_everybody(ready: Ready, solution: Solution) -> tuple[Refined, Solution]:
    """Centres of k-means are moved until they stand still on all rows; other methods' segments are counted there."""
    columns = coordinates(ready.preparation)
    if ready.recipe.method == "kmeans":
        return refine(ready.engine, ready.model, columns, solution.centres), solution
    counted_ = measure(ready.engine, ready.model, columns, solution.centres, solution.shapes)
    kept = [j for j, size in enumerate(counted_.sizes) if size]
    if len(kept) == len(counted_.sizes):
        return counted_, solution
    shapes = tuple(solution.shapes[j] for j in kept) if solution.shapes else ()
    solution = solution_at(ready.points, [solution.centres[j] for j in kept], shapes)
    return measure(ready.engine, ready.model, columns, solution.centres, shapes), solution


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


def _draft(ready: Ready, refined: Refined, solution: Solution) -> Segmentation:
    """The segmentation before its segments are put in order, named and judged."""
    took_part = sum(refined.sizes)
    spread = 1.0 if solution.shapes else max(refined.wcss / took_part / len(ready.preparation), 1e-9)
    segments = tuple(
        Segment(f"s{i + 1}", "", i, size, size / took_part, "", "constructed", 0.0)
        for i, size in enumerate(refined.sizes)
    )
    return Segmentation(
        ready.recipe, ready.preparation, refined.centres, segments, spread, took_part + ready.aside, solution.shapes
    )


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
    ready: Ready, draft: Segmentation, previous: Before | None
) -> tuple[Segmentation, tuple[int, ...], Profiles, tuple[Portrait, ...]]:
    """Profile the segments, put them in order of value, give them ids, names and colours."""
    engine, table, recipe, k = ready.engine, ready.table, ready.recipe, len(draft.segments)
    assigned = engine.view("__assigned", assign_only(table, draft))
    numbers, categories = profiled_columns(recipe)
    unordered = profile(engine, assigned, SEGMENT, k, numbers, categories)
    order = by_value(unordered, recipe)
    profiles = Profiles(unordered.everybody, tuple(unordered.segments[i] for i in order))
    far = reach(engine, assigned, draft)
    ordered = replace(
        draft,
        centres=tuple(draft.centres[i] for i in order),
        segments=tuple(draft.segments[i] for i in order),
        shapes=tuple(draft.shapes[i] for i in order) if draft.shapes else (),
        reach=tuple(far[i] for i in order),
    )
    found = trace(engine, table, ordered, profiles, previous) if previous else without_lineage(k)
    names = {place: segment.name for place, segment in found.kept.items()}
    portraits = portray(profiles, recipe, names, typical_scores(engine, table, recipe, profiles))
    worth = value_column(recipe)
    segments: list[Segment] = []
    for place, (segment, portrait) in enumerate(zip(ordered.segments, portraits, strict=True)):
        old = found.kept.get(place)
        segments.append(
            replace(
                segment,
                id=found.ids[place],
                colour=found.colours[place],
                name=portrait.name,
                sentence=portrait.sentence,
                size=profiles.segments[place].customers,
                share=profiles.segments[place].customers / draft.customers,
                value_share=profiles.share_of_total(place, worth) if worth else None,
                note=old.note if old else "",
                locked=old.locked if old else False,
                named=old.named if old else False,
                origin=found.origins[place],
            )
        )
    return replace(ordered, segments=tuple(segments), former=found.former), order, profiles, portraits


def profiled_columns(recipe: Recipe) -> tuple[list[str], list[str]]:
    """Columns that profiles cover: numbers and flags, and categories."""
    numbers = [d.name for d in recipe.derived]
    numbers += [c.column for c in recipe.columns if c.role in (Role.MEASURE, Role.FLAG)]
    return numbers, [c.column for c in recipe.columns if c.role is Role.CATEGORY]


__all__ = ["ROW", "ColumnNote", "Fit", "Progress", "fit", "measure_facts", "profiled_columns", "propose_recipe"]
