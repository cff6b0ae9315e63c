"""A study in use: its customers in an engine, ready to be explored from many threads."""

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import ibis

from segscope.engine import Engine, check_engine, distributed
from segscope.errors import ColumnError, did_you_mean
from segscope.exploring import Variable, add_bins, log_view
from segscope.intake import ROW
from segscope.json_text import dump_json
from segscope.recipe import Recipe
from segscope.segmentation import SEGMENT, assign, to_customers, unlabelled
from segscope.study.card import Card
from segscope.study.customers import MADE, Source, make
from segscope.study.engines import CELLS_IN_MEMORY, engine_for
from segscope.study.fitting import Fit, customer_key
from segscope.study.folder import ANSWERS, engine_of, read_card, read_data, read_fit
from segscope.study.loading import Loaded, Loading
from segscope.version import VERSION

SAMPLE_CUSTOMERS = 20_000
Result = TypeVar("Result")
SEGMENT_VARIABLE = SEGMENT


@dataclass(frozen=True, eq=False)
class LiveStudy:
    """A study, and its customers, which are loaded or on their way.

    Attributes
    ----------
    loading : of the customers; what needs them raises StillLoadingError before they are there, and NotLoadedError
        where they cannot be
    variables : what can be looked at; the segment is one of them
    views : the same variables, then the skewed measures again in logarithmic bins
    """

    folder: Path
    card: Card
    fit: Fit
    loading: Loading
    variables: tuple[Variable, ...]
    views: tuple[Variable, ...]
    _kept: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    _locks: dict[Hashable, Lock] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def engine(self) -> Engine:
        """The engine that holds the customers."""
        return self.loading.get().engine

    @property
    def customers(self) -> ibis.Table:
        """The customers as a stored table: source columns, derived columns, segment, bins of every variable."""
        return self.loading.get().customers

    @property
    def sample(self) -> ibis.Table:
        """Up to 20,000 of them, in the order of a hash of the customer."""
        return self.loading.get().sample

    @property
    def recipe(self) -> Recipe:
        """The recipe of the current fit."""
        return self.fit.recipe

    def variable(self, column: str) -> tuple[int, Variable]:
        """Place and description of a variable.

        Raises
        ------
        ColumnError : for a column that no page offers, with near matches
        """
        for place, variable in enumerate(self.variables):
            if variable.column == column:
                return place, variable
        near = did_you_mean(str(column), [v.column for v in self.variables])
        raise ColumnError(f"There is nothing to show of a column {column!r:.80}.{near}")

    @property
    def stamp(self) -> str:
        """What tells this data and segmentation from others; the same when only evidence is added."""
        return self.once_named("stamp", lambda: _fingerprint(self.card.data + dump_json(self.fit.segmentation)))

    def once(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """Compute something that never changes for this study once; it is forgotten with the study."""
        with self._lock:
            lock = self._locks.setdefault(key, Lock())
        with lock:
            if key not in self._kept:
                self._kept[key] = compute()
            found: Result = self._kept[key]
        return found

    def once_named(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """The same for what holds the names of segments: computed anew when these change."""
        return self.once((key, self.fit.segments), compute)


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def reopened(live: LiveStudy, folder: Path) -> LiveStudy:
    """A study that is open, as it is written now.

    Where only evidence was added, or segments are called otherwise, its customers stay loaded.
    """
    card = read_card(folder)
    fit = read_fit(folder, card)
    if _what_is_loaded(live.card, live.fit) != _what_is_loaded(card, fit):
        return open_study(folder)
    segment = segment_variable(fit)
    variables, views = (tuple(segment if v.names else v for v in shown) for shown in (live.variables, live.views))
    return replace(live, card=card, fit=fit, variables=variables, views=views)


def _what_is_loaded(card: Card, fit: Fit) -> tuple[object, ...]:
    """What the stored customers follow from: everything but what their segments are called."""
    return card.data, unlabelled(fit.segmentation), fit.variables


def segment_variable(fit: Fit) -> Variable:
    """The segment as a variable: its choices are ids, so that another name breaks no filter."""
    ids, names = (tuple(getattr(s, part) for s in fit.segments) for part in ("id", "name"))
    return Variable(SEGMENT_VARIABLE, "Segment", "category", choices=ids, names=names)


def open_study(folder: Path) -> LiveStudy:
    """Load a study's customers into an engine of their own; after that the engine reads no file but its own."""
    card = read_card(folder)
    fit = read_fit(folder, card)
    return _live(folder, card, fit, Loading.over(_load(folder, card, fit)))


def begin_study(folder: Path) -> LiveStudy:
    """The same, but customers who are many, or who lie elsewhere, are loaded beside."""
    card = read_card(folder)
    fit = read_fit(folder, card)
    place = engine_of(folder, card)
    if not place and _cells(card, fit) <= CELLS_IN_MEMORY:
        return open_study(folder)
    if place:
        check_engine(place)
    return _live(folder, card, fit, Loading(lambda: _load(folder, card, fit), fit.customers))


def _cells(card: Card, fit: Fit) -> int:
    return card.customers * len(fit.columns)


def _live(folder: Path, card: Card, fit: Fit, loading: Loading) -> LiveStudy:
    variables = (*fit.variables, segment_variable(fit))
    return LiveStudy(folder, card, fit, loading, variables, (*variables, *_logarithmic(variables)))


def _logarithmic(variables: tuple[Variable, ...]) -> tuple[Variable, ...]:
    return tuple(view for v in variables if (view := log_view(v)))


def _load(folder: Path, card: Card, fit: Fit) -> Loaded:
    """Load the customers of a study: each with its segment and the bins of every variable."""
    engine = engine_for(_cells(card, fit), engine_of(folder, card))
    source = read_data(folder, card, engine, "source")
    if fit.recipe.log:
        source = make(engine, Source(source, ()), fit.recipe).table
    table = engine.view("__customers", to_customers(source, fit.recipe))
    assigned = engine.view("__assigned", assign(table, fit.segmentation))
    variables = (*fit.variables, segment_variable(fit))
    customers = engine.store("customers", add_bins(assigned, variables, _logarithmic(variables)))
    order = engine.uniform(customer_key(customers, fit.recipe), 0)
    sample = engine.store("sample", customers.order_by([order, ROW]).limit(SAMPLE_CUSTOMERS))
    for name in ("__assigned", "__customers", "source", MADE):
        engine.drop(name)
    if lake := distributed(engine):
        what = (VERSION, card.data, dump_json(unlabelled(fit.segmentation)), *map(repr, fit.variables))
        lake.remember(folder / ANSWERS, "\n".join(what), ("customers", "sample"))
    engine.lock()
    return Loaded(engine, customers, sample)
