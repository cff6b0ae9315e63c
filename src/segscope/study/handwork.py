"""Work by hand on the segments of a study: merge two, split one in two, pin a customer; everything is computed anew.

The model stays: nobody is clustered again but the customers of a segment that is split. What the change touches is
profiled on all its customers, and the verdict rests on resamples on which the same was done (docs/verdict.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import ibis
import numpy as np

from segscope.clustering import (
    Points,
    draw,
    kmeans,
    measure_groups,
    refine,
)
from segscope.clustering.handmade import MOST_SEGMENTS, Merge, Split
from segscope.engine import Engine, one, rows
from segscope.errors import DataError, StudyError
from segscope.hand import MOST_PINS, HandStep, Pin, pins, with_step, without_pin
from segscope.identity import free_numbers
from segscope.intake.progress import part
from segscope.labels import former_of
from segscope.origins import MOST_FORMER, Ancestor, Origin
from segscope.preparation import coordinates
from segscope.segmentation import (
    SEGMENT,
    Segment,
    Segmentation,
    assign_only,
    by_name,
    check_shape,
    segments_of_model,
    to_customers,
)
from segscope.study.customers import Source, make
from segscope.study.engines import engine_for
from segscope.study.fitting import Fit, Progress, store_model
from segscope.study.folder import engine_of, last_id, read_card, read_data, read_fit
from segscope.study.history import edited
from segscope.study.redescribing import Drafted, described, judged, labels_of, needed
from segscope.wording import counted

Kind = Literal["merge", "split", "pin", "unpin"]


@dataclass(frozen=True)
class HandEdit:
    """What is to be done by hand. JSON.

    Attributes
    ----------
    segment : id or name of the segment that is merged or split, or that a customer is pinned to
    other : the one that it is merged with
    keep : whose name, id and colour live on in a merge; "" those of the larger
    customer : identifier of the customer who is pinned, or is no longer
    """

    kind: Kind
    segment: str = ""
    other: str = ""
    keep: str = ""
    customer: str = ""


def work_by_hand(folder: Path, edit: HandEdit, progress: Progress) -> Fit:
    """Change the segments of a study by hand, and make that the current fit; undone by segscope.study.history.

    Raises
    ------
    SegscopeError : when it cannot be done; the study is as it was then
    """
    card = read_card(folder)
    before = read_fit(folder, card)
    check_edit(before.segmentation, edit)
    engine = engine_for(card.customers * len(card.intake.columns), engine_of(folder, card))
    try:
        progress("Reading the data", 0.0)
        source = make(engine, Source(read_data(folder, card, engine, "source"), ()), before.recipe).table
        table = engine.view("__customers", to_customers(source, before.recipe))
        if edit.kind in ("pin", "unpin"):
            drafted = _pinned(engine, table, before.segmentation, edit)
            found = described(engine, table, before, drafted, part(progress, 0.1, 0.95))
        else:
            last = last_id(folder, card)
            drafted, found = _remade(engine, table, before, edit, last, part(progress, 0.05, 0.95))
        check_shape(found.segmentation)
        progress("Writing the study", 0.95)
        edited(folder, found, _with_name(drafted.words, found))
    finally:
        engine.close()
    return found


def check_edit(segmentation: Segmentation, edit: HandEdit) -> None:
    """Raise unless something can be done by hand, as far as that can be told without the customers.

    Raises
    ------
    StudyError : with the reason
    """
    if edit.kind != "unpin":
        by_name(segmentation.segments, edit.segment)
    if edit.kind == "merge":
        one, other = by_name(segmentation.segments, edit.segment), by_name(segmentation.segments, edit.other)
        if one.id == other.id:
            raise StudyError(f"{one.name!r} cannot be merged with itself. Name another segment.")
        if edit.keep and by_name(segmentation.segments, edit.keep).id not in (one.id, other.id):
            raise StudyError(f"The name that lives on must be one of the two. Got {edit.keep!r:.60}.")
    elif edit.kind == "split" and len(segmentation.segments) >= MOST_SEGMENTS:
        raise StudyError(f"There are {MOST_SEGMENTS} segments, as many as can be. Merge two before you split one.")
    elif edit.kind in ("pin", "unpin"):
        _check_pin(segmentation, edit)


def _check_pin(segmentation: Segmentation, edit: HandEdit) -> None:
    if segmentation.recipe.identifier is None:
        raise StudyError("No column of this study names the customer, so nobody can be pinned.")
    if not edit.customer:
        raise StudyError("Name the customer to pin, by identifier.")
    if edit.kind == "unpin" and edit.customer not in segmentation.pinned:
        raise StudyError(f"The customer {edit.customer!r:.60} is not pinned.")
    if edit.kind == "pin" and len(segmentation.pinned) >= MOST_PINS and edit.customer not in segmentation.pinned:
        raise StudyError(f"{MOST_PINS:,} customers are pinned, as many as can be. Unpin some first.")


# ------------------------------------------------------------------------------------------------ what is to be


def merged(segmentation: Segmentation, edit: HandEdit) -> Drafted:
    """Two segments as one: it has the id, name and colour of the larger unless another is asked for."""
    pair = by_name(segmentation.segments, edit.segment), by_name(segmentation.segments, edit.other)
    kept = by_name(pair, edit.keep) if edit.keep else max(pair, key=lambda s: s.size)
    gone = next(s for s in pair if s is not kept)
    labels = labels_of(segmentation)
    words = f"{gone.name} merged into {kept.name}"
    step = Merge(labels[kept.id], labels[gone.id], words)
    origin = Origin("merged", "hand", tuple(Ancestor(s.id, s.name) for s in (kept, gone)))
    left = [replace(s, origin=origin) if s is kept else s for s in segmentation.segments if s is not gone]
    former = (former_of(gone, "merged", (kept.id,)), *segmentation.former)[:MOST_FORMER]
    segmentation = replace(segmentation, former=former)
    changed = _with_steps(segmentation, with_step(segmentation.hand, step), left, [labels[s.id] for s in left])
    return Drafted(changed, frozenset({step.into}), words)


def split(segmentation: Segmentation, segment: Segment, centres: Sequence[Sequence[float]], last: int) -> Drafted:
    """One segment as two: the first half keeps its id, name and colour.

    Parameters
    ----------
    centres : of the two halves, in model space
    last : the highest number of an id that was ever given; the second half gets the next
    """
    labels = labels_of(segmentation)
    fresh = len(segmentation.centres) + sum(isinstance(s, Split) for s in segmentation.hand)
    one, other = (tuple(map(float, c)) for c in centres)
    step = Split(labels[segment.id], fresh, (one, other), f"{segment.name} split in two")
    colour = free_numbers([s.colour for s in segmentation.segments], 1)[0]
    origin = Origin("split", "hand", (Ancestor(segment.id, segment.name),))
    new = replace(
        segment, id=f"s{last + 1}", name="", colour=colour, size=0, share=0.0, note="", locked=False, named=False,
        origin=origin,
    )  # fmt: skip
    order = [*segmentation.segments, new]
    known = [*(labels[s.id] for s in segmentation.segments), fresh]
    changed = _with_steps(segmentation, with_step(segmentation.hand, step), order, known)
    return Drafted(changed, frozenset({step.segment, fresh}), step.words)


def _with_steps(
    segmentation: Segmentation, steps: tuple[HandStep, ...], segments: Sequence[Segment], labels: Sequence[int]
) -> Segmentation:
    if not steps:  # as the model has it
        order = np.argsort(labels)
        return replace(segmentation, hand=(), labels=(), segments=tuple(segments[i] for i in order))
    return replace(segmentation, hand=steps, labels=tuple(labels), segments=tuple(segments))


def _pinned(engine: Engine, table: ibis.Table, segmentation: Segmentation, edit: HandEdit) -> Drafted:
    """One customer put into a segment, or left to the model again."""
    labels = labels_of(segmentation)
    known = [labels[s.id] for s in segmentation.segments]
    who = named(table, segmentation, [edit.customer])
    was = _places(engine, who, segmentation)
    if edit.kind == "unpin":
        steps, words = (
            without_pin(segmentation.hand, edit.customer),
            f"Customer {edit.customer} left to the model again",
        )
    else:
        check_customer(engine, who, edit.customer)
        target = by_name(segmentation.segments, edit.segment)
        steps = with_step(segmentation.hand, Pin(edit.customer, labels[target.id]))
        words = f"Customer {edit.customer} pinned to {target.name}"
    changed = _with_steps(segmentation, steps, segmentation.segments, known)
    check_shape(changed)
    now = _places(engine, who, changed)
    after = labels_of(changed)
    touched = {known[p] for p in was} | {after[changed.segments[p].id] for p in now}
    return Drafted(changed, frozenset(touched), words)


def check_customer(engine: Engine, who: ibis.Table, customer: str) -> None:
    """Raise unless a customer is among those of :func:`named`.

    Raises
    ------
    StudyError : with what to do
    """
    if not one(engine, who.agg(n=who.count()))["n"]:
        raise StudyError(f"There is no customer {customer!r:.60} in this study. Type the identifier in full.")


def named(table: ibis.Table, segmentation: Segmentation, customers: Sequence[str]) -> ibis.Table:
    """The customers with these identifiers.

    Raises
    ------
    StudyError : when the identifier is not of a kind that reads alike everywhere
    """
    name = segmentation.recipe.identifier
    kind = table[name].type()
    if not (kind.is_string() or kind.is_integer()):
        raise StudyError(f"Customers are pinned by an identifier of text or whole numbers, which {name!r} is not.")
    return table.filter(table[name].cast("string").isin(list(customers)))


def _places(engine: Engine, table: ibis.Table, segmentation: Segmentation) -> set[int]:
    found = assign_only(table.select(*needed(segmentation)), segmentation)
    return {int(r["place"]) for r in rows(engine, found.select(place=found[SEGMENT]).distinct())}


# ------------------------------------------------------------------------------------------------ done


def _remade(
    engine: Engine, table: ibis.Table, before: Fit, edit: HandEdit, last: int, progress: Progress
) -> tuple[Drafted, Fit]:
    """Two segments merged or one split, described and judged."""
    segmentation, recipe = before.segmentation, before.recipe
    progress("Preparing the customers", 0.0)
    model = store_model(engine, table, recipe, segmentation.preparation)
    names = coordinates(segmentation.preparation)
    points = draw(engine, model, names, "key", recipe.seed)
    if edit.kind == "merge":
        drafted = merged(segmentation, edit)
    else:
        progress("Splitting the segment", 0.15)
        target = by_name(segmentation.segments, edit.segment)
        place = segmentation.segments.index(target)
        inside = segments_of_model(model, segmentation)
        inside = engine.store("__part", inside.filter(inside.segment == place).select("key", *names))
        drafted = split(segmentation, target, _halves(engine, inside, names, recipe.seed, target), last)
        drafted = replace(drafted, segmentation=_with_pins_of_halves(engine, table, drafted.segmentation))
    found = described(engine, table, before, drafted, part(progress, 0.25, 0.5))
    progress("Measuring the segments", 0.5)
    made = found.segmentation
    centres = tuple((0.0,) * len(names) for _ in made.segments)
    wcss = measure_groups(engine, segments_of_model(model, made), names, centres).wcss
    verdict, silhouettes = judged(points, made, part(progress, 0.55, 1.0))
    word = zip(made.segments, verdict.segments, strict=True)
    segments = tuple(replace(s, verdict=v.verdict, stability=v.stability) for s, v in word)
    made = replace(made, segments=segments)
    return drafted, replace(found, segmentation=made, verdict=verdict, silhouettes=silhouettes, wcss=wcss)


def _halves(
    engine: Engine, inside: ibis.Table, names: Sequence[str], seed: int, segment: Segment
) -> tuple[tuple[float, ...], ...]:
    """Two centres of a segment's customers by k-means, the larger half's first."""
    points = draw(engine, inside, names, "key", seed)
    rested = refine(engine, inside, names, two_centres(points, seed, segment.name))
    order = sorted(range(2), key=lambda i: (-rested.sizes[i], i))
    return tuple(rested.centres[i] for i in order)


def two_centres(points: Points, seed: int, name: str) -> tuple[tuple[float, ...], ...]:
    """The centres of two halves of a segment's customers.

    Raises
    ------
    DataError : when the customers are all alike
    """
    if points.distinct < 2:
        raise DataError(f"{name!r} cannot be split: its customers are all alike on what the segments are made of.")
    return kmeans(points, 2, seed).centres


def _with_pins_of_halves(engine: Engine, table: ibis.Table, segmentation: Segmentation) -> Segmentation:
    """Who is pinned to a segment that is split goes to the nearer half."""
    step = next(s for s in reversed(segmentation.hand) if isinstance(s, Split))
    mine = [p.customer for p in pins(segmentation.hand) if p.segment == step.segment]
    if not mine:
        return segmentation
    two = replace(
        segmentation, centres=step.centres, shapes=(), reach=(), hand=(), labels=(), segments=segmentation.segments[:2]
    )
    name = segmentation.recipe.identifier or ""
    found = assign_only(named(table, segmentation, mine).select(*needed(segmentation)), two)
    who = rows(engine, found.filter(found[SEGMENT] == 1).select(customer=found[name].cast("string")).distinct())
    moved = {str(r["customer"]) for r in who}
    hand = tuple(
        Pin(s.customer, step.fresh) if isinstance(s, Pin) and s.customer in moved else s for s in segmentation.hand
    )
    return replace(segmentation, hand=hand)


def _with_name(words: str, fit: Fit) -> str:
    """What was done, with how many segments there are now."""
    return f"{words}; {counted(len(fit.segments), 'segment')} now"
