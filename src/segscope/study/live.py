"""A study in use: its customers in an engine, ready to be explored from many threads."""

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import ibis

from segscope.engine import Engine
from segscope.exploring import Variable, add_bins, log_view
from segscope.intake import ROW
from segscope.recipe import Recipe, dump_json
from segscope.segmentation import SEGMENT, assign, to_customers
from segscope.study.card import Card
from segscope.study.customers import MADE, Source, make
from segscope.study.engines import engine_for
from segscope.study.fitting import Fit, customer_key
from segscope.study.folder import read_card, read_data, read_fit

SAMPLE_CUSTOMERS = 20_000
Result = TypeVar("Result")
SEGMENT_VARIABLE = "__segment_name"


@dataclass(frozen=True, eq=False)
class LiveStudy:
    """A study with its customers loaded.

    Attributes
    ----------
    customers : stored table: source columns, derived columns, segment, bins of every variable
    sample : up to 20,000 of them, in the order of a hash of the customer
    variables : what can be looked at; the segment is one of them
    views : the same variables, then the skewed measures again in logarithmic bins
    """

    folder: Path
    card: Card
    fit: Fit
    engine: Engine
    customers: ibis.Table
    sample: ibis.Table
    variables: tuple[Variable, ...]
    views: tuple[Variable, ...]
    _kept: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    _locks: dict[Hashable, Lock] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def recipe(self) -> Recipe:
        """The recipe of the current fit."""
        return self.fit.recipe

    def variable(self, column: str) -> tuple[int, Variable]:
        """Place and description of a variable."""
        return next((i, v) for i, v in enumerate(self.variables) if v.column == column)

    @property
    def stamp(self) -> str:
        """What tells this data and segmentation from others; the same when only evidence is added."""
        return self.once("stamp", lambda: _fingerprint(self.card.data + dump_json(self.fit.segmentation)))

    def once(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """Compute something that never changes for this study once; it is forgotten with the study."""
        with self._lock:
            lock = self._locks.setdefault(key, Lock())
        with lock:
            if key not in self._kept:
                self._kept[key] = compute()
            found: Result = self._kept[key]
        return found


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def reopened(live: LiveStudy, folder: Path) -> LiveStudy:
    """A study that is open, as it is written now; where only evidence was added its customers stay loaded."""
    card = read_card(folder)
    fit = read_fit(folder, card)
    same = (live.card.data, live.fit.segmentation, live.fit.variables)
    if same == (card.data, fit.segmentation, fit.variables):
        return replace(live, card=card, fit=fit)
    return open_study(folder)


def open_study(folder: Path) -> LiveStudy:
    """Load a study's customers into an engine of their own; after that the engine reads no file but its own."""
    card = read_card(folder)
    fit = read_fit(folder, card)
    engine = engine_for(card.customers * len(fit.columns))
    source = read_data(folder, card, engine, "source")
    if fit.recipe.log:
        source = make(engine, Source(source, ()), fit.recipe).table
    live = _load(engine, source, folder, card, fit)
    engine.drop("source")
    engine.drop(MADE)
    engine.lock()
    return live


def _load(engine: Engine, source: ibis.Table, folder: Path, card: Card, fit: Fit) -> LiveStudy:
    table = engine.view("__customers", to_customers(source, fit.recipe))
    assigned = engine.view("__assigned", assign(table, fit.segmentation))
    names = [s.name for s in fit.segments]
    named = assigned.mutate(
        **{SEGMENT_VARIABLE: ibis.cases(*[(assigned[SEGMENT] == i, n) for i, n in enumerate(names)], else_="")}
    )
    named = engine.view("__named", named)
    variables = (*fit.variables, Variable(SEGMENT_VARIABLE, "Segment", "category", choices=tuple(names)))
    logarithmic = tuple(view for v in variables if (view := log_view(v)))
    with_bins = add_bins(named, variables, logarithmic)
    customers = engine.store("customers", with_bins)
    order = engine.uniform(customer_key(customers, fit.recipe), 0)
    sample = engine.store("sample", customers.order_by([order, ROW]).limit(SAMPLE_CUSTOMERS))
    for name in ("__named", "__assigned", "__customers"):
        engine.drop(name)
    return LiveStudy(folder, card, fit, engine, customers, sample, variables, (*variables, *logarithmic))
