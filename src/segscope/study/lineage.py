"""Lineage: the segments of the fit before live on in a new one, with id, name, colour, note and lock; the rest is told.

They are matched on the customers who are in both: the same rows, or those whom an identifier names in two sets of data.
Where there are none, today's customers are put into the segments before, if these can be computed; else segments are
matched by their means, in original units, on the features that both have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import ibis
import numpy as np

from segscope.engine import Engine, rows
from segscope.identity import Counts, Transitions, free_numbers, transitions, transitions_of_centres
from segscope.labels import former_of
from segscope.origins import MOST_FORMER, Ancestor, By, Former, Origin
from segscope.profiling import Profiles
from segscope.segmentation import SEGMENT, Segment, Segmentation, assign_only

KEY, PLACE = "__who", "__place"


@dataclass(frozen=True, eq=False)
class Before:
    """The fit before, whose segments may live on.

    Attributes
    ----------
    last_id : the highest number of an id that the study has given; none is given twice
    places : where those were whom an identifier names once, where the data are others now: columns KEY and PLACE
    same_data : whether the customers are the same rows
    """

    segmentation: Segmentation
    profiles: Profiles
    last_id: int
    places: ibis.Table | None = None
    same_data: bool = True


@dataclass(frozen=True)
class Lineage:
    """What new segments inherit.

    Attributes
    ----------
    kept : place of a new segment -> the segment before that lives on in it
    ids, colours : for every new segment
    origins : of every new segment; empty where there was no fit before
    former : the segments that are no more, those of the fit before first
    """

    kept: Mapping[int, Segment]
    ids: tuple[str, ...]
    colours: tuple[int, ...]
    origins: tuple[Origin | None, ...]
    former: tuple[Former, ...] = ()


def without_lineage(segments: int) -> Lineage:
    """The first segments of a study."""
    places = range(segments)
    return Lineage({}, tuple(f"s{i + 1}" for i in places), tuple(places), (None,) * segments)


def trace(engine: Engine, table: ibis.Table, new: Segmentation, profiles: Profiles, before: Before) -> Lineage:
    """Find which segments before live on in which new one.

    Parameters
    ----------
    table : today's customers, cleaned and with derived columns
    new : their segmentation, before its segments have names
    profiles : of its segments
    """
    old = before.segmentation
    locked = [place for place, segment in enumerate(old.segments) if segment.locked]
    shared, by = _shared(engine, table, new, before)
    if shared is not None:
        return inherit(transitions(shared, locked), shared, by, before)
    found = _by_centres(new, profiles, before, locked)
    return inherit(found, np.zeros((len(new.segments), len(old.segments)), dtype=np.int64), "centres", before)


def inherit(found: Transitions, shared: Counts, by: By, before: Before) -> Lineage:
    """What follows from the transitions: ids that were never given, free colours, origins in words of today."""
    old = before.segmentation.segments
    kept = {new: old[a.old] for new, a in enumerate(found.arrivals) if a.old is not None}
    fresh = iter(range(before.last_id + 1, before.last_id + 1 + len(found.arrivals)))
    ids = tuple(kept[n].id if n in kept else f"s{next(fresh)}" for n in range(len(found.arrivals)))
    free = iter(free_numbers([s.colour for s in kept.values()], len(ids)))
    colours = tuple(kept[n].colour if n in kept else next(free) for n in range(len(ids)))
    origins = tuple(
        Origin(a.kind, by, tuple(_source(old[o], shared, new, o) for o in a.sources))
        for new, a in enumerate(found.arrivals)
    )
    gone = tuple(former_of(old[d.old], d.became, tuple(ids[n] for n in d.into)) for d in found.departures)
    earlier = (replace(f, latest=False) for f in before.segmentation.former if f.id not in ids)
    return Lineage(kept, ids, colours, origins, (*gone, *earlier)[:MOST_FORMER])


def _source(segment: Segment, shared: Counts, new: int, old: int) -> Ancestor:
    n, came, is_ = int(shared[new, old]), int(shared[:, old].sum()), int(shared[new].sum())
    return Ancestor(segment.id, segment.name, n / came if came else 0.0, n / is_ if is_ else 0.0)


def _shared(engine: Engine, table: ibis.Table, new: Segmentation, before: Before) -> tuple[Counts | None, By]:
    """Customers in each new segment and each before; None where none can be compared."""
    old, identifier = before.segmentation, new.recipe.identifier
    if before.places is not None and identifier:
        now = assign_only(table.select(*dict.fromkeys([identifier, *new.recipe.features])), new)
        named = unique(engine.view("__now", now), identifier)
        both = named.join(before.places.rename(old=PLACE), KEY)
        counts = _counted(engine, both.group_by(new=both[PLACE], old=both["old"]).agg(n=ibis._.count()), new, old)
        engine.drop("__now")
        if counts.sum():
            return counts, "customers"
    if not all(c in table.columns for c in old.recipe.features) or any(
        table[f].type().is_string() for f in old.recipe.measured_features
    ):
        return None, "centres"
    features = dict.fromkeys([*new.recipe.features, *old.recipe.features])
    now = engine.view("__now", assign_only(table.select(*features), new))
    both = assign_only(now.select(*features, __now=now[SEGMENT]), old)
    counts = _counted(engine, both.group_by(new=both["__now"], old=both[SEGMENT]).agg(n=ibis._.count()), new, old)
    engine.drop("__now")
    return counts, "customers" if before.same_data else "model"


def unique(assigned: ibis.Table, identifier: str) -> ibis.Table:
    """The customers whom an identifier names once, with the place of their segment: columns KEY and PLACE."""
    named = assigned.select(**{KEY: assigned[identifier].cast("string"), PLACE: assigned[SEGMENT]})
    once = named.group_by(KEY).agg(n=ibis._.count(), **{PLACE: named[PLACE].min()})
    return once.filter((once.n == 1) & once[KEY].notnull()).select(KEY, PLACE)


def _counted(engine: Engine, found: ibis.Table, new: Segmentation, old: Segmentation) -> Counts:
    counts = np.zeros((len(new.segments), len(old.segments)), dtype=np.int64)
    for row in rows(engine, found):
        counts[row["new"], row["old"]] = row["n"]
    return counts


def _by_centres(new: Segmentation, profiles: Profiles, before: Before, locked: Sequence[int]) -> Transitions:
    old = before.profiles
    both = [
        f
        for f in new.recipe.measured_features
        if f in before.segmentation.recipe.measured_features
        and f in profiles.everybody.numbers
        and f in old.everybody.numbers
        and old.everybody.numbers[f].deviation > 0
    ]
    scales = {f: old.everybody.numbers[f].deviation for f in both}
    if not both:
        k = len(before.segmentation.segments)
        return transitions(np.zeros((len(new.segments), k), dtype=np.int64))
    places = [
        np.array([[_mean(found, g, f) / scales[f] for f in both] for g in range(len(found.segments))])
        for found in (profiles, old)
    ]
    return transitions_of_centres(places[0], places[1], locked)


def _mean(profiles: Profiles, place: int, column: str) -> float:
    own = profiles.segments[place].numbers.get(column)
    return own.mean if own else profiles.everybody.numbers[column].mean
