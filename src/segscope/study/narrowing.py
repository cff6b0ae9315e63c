"""A study narrowed to a selection: the same segments, with the profiles of the customers who pass some filters."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from segscope.exploring import Filters, select
from segscope.exploring.paging import Pager
from segscope.profiling import Profiles, profile
from segscope.segmentation import SEGMENT
from segscope.study.fitting import profiled_columns
from segscope.study.live import LiveStudy
from segscope.study.loading import Loaded, Loading


@dataclass(frozen=True, eq=False)
class Narrowed(LiveStudy):
    """A study of which only the customers who pass ``filters`` are looked at; quartiles are computed when asked for.

    ``whole``: the profiles of all customers.
    """

    filters: Filters = ()
    whole: Profiles | None = None


def narrowed(live: LiveStudy, filters: Filters) -> LiveStudy:
    """The study with the customers of a selection alone: profiles and counts are theirs, computed in the engine.

    The study itself where there is no filter.
    """
    if not filters:
        return live
    pager = live.once("pager", lambda: Pager(live.engine, live.sample))
    return pager.remember(("narrowed", filters, live.fit.segments), lambda: _narrowed(live, filters))


def _narrowed(live: LiveStudy, filters: Filters) -> Narrowed:
    chosen = select(live.customers, filters, live.variables)
    numbers, categories = profiled_columns(live.recipe)
    k = len(live.fit.segments)
    whole = live.fit.profiles
    found = profile(live.engine, chosen, SEGMENT, k, numbers, categories, quartiles=False, whole=whole)
    given = {f.name: getattr(live, f.name) for f in fields(LiveStudy) if f.init and not f.name.startswith("_")}
    chosen_alone = Loading.over(Loaded(live.engine, chosen, live.sample))
    changed = {"loading": chosen_alone, "fit": replace(live.fit, profiles=found)}
    return Narrowed(**{**given, **changed}, filters=filters, whole=whole)


def with_quartiles(live: LiveStudy, columns: Sequence[str]) -> Profiles:
    """Profiles of some columns with their exact quartiles."""
    if not isinstance(live, Narrowed):
        return live.fit.profiles
    numbers = tuple(c for c in columns if c in live.fit.profiles.everybody.numbers)
    k, whole = len(live.fit.segments), live.whole

    def compute() -> Profiles:
        return profile(live.engine, live.customers, SEGMENT, k, numbers, (), whole=whole)

    return live.once(("quartiles", numbers), compute)
