"""Customers as records, field by field, as a program sends them: read, checked, and placed in NumPy.

A record names raw columns of the source, or features. One definition of what is missing: a field that is given as
null is a blank, which takes the preparation's fill as in the fit; a field that is not given is unknown, and is
integrated out (see segscope.scoring.placing).
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from segscope.errors import ScoreError, did_you_mean
from segscope.formula import EPOCH
from segscope.preparation import CategoryPreparation, to_model_numpy
from segscope.recipe import Role
from segscope.segmentation import Segmentation, features_numpy, place_numpy

Array = npt.NDArray[np.float64]
Record = Mapping[str, Any]
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
KINDS = {Role.DATE: "date", Role.CATEGORY: "category", Role.FLAG: "flag"}


@dataclass(frozen=True)
class Scores:
    """Where n customers belong.

    Attributes
    ----------
    segment : places of their segments, shape (n,)
    probabilities : of each segment, shape (n, k)
    fits_none : whether each lies beyond the reach of its nearest centre, shape (n,); None where that was not measured
    by_hand : whether each was placed by hand, shape (n,); None where nobody was
    unpinned : the probabilities of those placed by hand too as the model has them; None where nobody was
    """

    segment: npt.NDArray[np.intp]
    probabilities: Array
    fits_none: npt.NDArray[np.bool_] | None
    by_hand: npt.NDArray[np.bool_] | None = None
    unpinned: Array | None = None

    @property
    def second(self) -> npt.NDArray[np.intp]:
        """Places of the second segments, shape (n,); of the segments themselves where there is one only."""
        if self.probabilities.shape[1] == 1:
            return self.segment
        likely = self.probabilities if self.unpinned is None else self.unpinned
        order = np.argsort(-likely, axis=1, kind="stable")
        return np.where(order[:, 0] == self.segment, order[:, 1], order[:, 0])


@dataclass(frozen=True)
class RecordScorer:
    """A segmentation made ready to read and place records; make it once."""

    segmentation: Segmentation

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Raw columns that the features rest on."""
        return self.segmentation.needed

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Fields that count, raw columns and features, with what they hold: number, flag, date or category."""
        roles = {c.column: c.role for c in self.segmentation.recipe.columns}
        features = self.segmentation.recipe.features
        return {name: KINDS.get(roles.get(name, Role.MEASURE), "number") for name in (*self.needed, *features)}

    @cached_property
    def _levels(self) -> dict[str, CategoryPreparation]:
        return {s.feature: s for s in self.segmentation.preparation if isinstance(s, CategoryPreparation)}

    @cached_property
    def _others(self) -> frozenset[str]:
        return frozenset(self.segmentation.recipe.names) - set(self.kinds)

    def read(self, record: Record, where: str = "") -> dict[str, float]:
        """The fields of one record that count, as numbers; NaN for null. Other columns of the study are left out.

        Raises
        ------
        ScoreError : for a name that the study does not know, and a value that is not what the field holds
        """
        values = {}
        for name, value in record.items():
            kind = self.kinds.get(name)
            if kind is not None:
                values[name] = self._number(name, kind, value, where)
            elif name not in self._others:
                offers = did_you_mean(name, [*self.kinds])
                raise ScoreError(f"{where}There is no field {name!r:.80}.{offers}")
        return values

    def features(self, values: Mapping[str, float]) -> dict[str, float]:
        """The features that are given or follow from raw columns, of one customer; one that is given itself counts."""
        arrays = {name: np.array([value]) for name, value in values.items()}
        found = features_numpy(self.segmentation.lean, arrays)
        return {f: values[f] if f in values and f not in self.needed else float(a[0]) for f, a in found.items()}

    def missing(self, given: Mapping[str, object]) -> tuple[str, ...]:
        """The features that neither are given nor follow."""
        return tuple(f for f in self.segmentation.recipe.features if f not in given)

    def score(self, records: Sequence[Record]) -> Scores:
        """Place customers of whom every field is given, null or not.

        Raises
        ------
        ScoreError : names the customer and the field that is missing or wrong
        """
        first = self.read(records[0], _where(0, records)) if records else {}
        names = [*first]
        columns: dict[str, list[float]] = {name: [] for name in names}
        for i, record in enumerate(records):
            values = self.read(record, _where(i, records))
            if values.keys() != first.keys():
                other = next(iter(values.keys() ^ first.keys()))
                raise ScoreError(f"{_where(i, records)}All customers must have the same fields; {other!r:.80} differs.")
            for name in names:
                columns[name].append(values[name])
        found = self.score_columns({name: np.array(numbers) for name, numbers in columns.items()})
        return self.with_pins(found, [self.pinned(record) for record in records])

    def pinned(self, record: Record) -> int | None:
        """The place of the segment that somebody put this customer into by hand; None where nobody did."""
        name = self.segmentation.recipe.identifier
        value = record.get(name) if name else None
        known = isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))
        return self.segmentation.pinned.get(str(value)) if known else None

    def with_pins(self, scores: Scores, pinned: Sequence[int | None]) -> Scores:
        """Scores of which some customers were placed by hand.

        Parameters
        ----------
        pinned : the place of their segment, None for all others
        """
        rows = [i for i, place in enumerate(pinned) if place is not None]
        if not rows:
            return scores
        segment, probabilities = scores.segment.copy(), scores.probabilities.copy()
        by_hand = np.zeros(len(segment), dtype=bool)
        segment[rows], by_hand[rows] = [p for p in pinned if p is not None], True
        probabilities[rows] = np.eye(probabilities.shape[1])[segment[rows]]
        return Scores(segment, probabilities, scores.fits_none, by_hand, scores.probabilities)

    def score_columns(self, columns: Mapping[str, Array]) -> Scores:
        """Place customers given as arrays of shape (n,), read as :meth:`read` does; nobody is pinned.

        Raises
        ------
        ScoreError : when a feature is neither given nor follows
        """
        features = features_numpy(self.segmentation.lean, columns)
        given = {f: columns[f] for f in features if f in columns and f not in self.needed}
        lacking = self.missing(features)
        if lacking:
            needs = [c for c in self.needed if c not in columns] or list(lacking)
            lacks = f"{needs[0]!r:.80} is missing"
            raise ScoreError(f"To score several customers at once, give every field, null where it is blank: {lacks}.")
        return self.place({**features, **given})

    def place(self, features: Mapping[str, Array]) -> Scores:
        """Place customers by all of their features, arrays of shape (n,)."""
        fitted = self.segmentation
        found = place_numpy(fitted, to_model_numpy(features, fitted.preparation))
        beyond = found.distance2 > np.array(fitted.reach)[found.centre] if fitted.reach else None
        return Scores(found.segment, found.probabilities, beyond)

    def _number(self, name: str, kind: str, value: Any, where: str) -> float:
        if value is None:
            return math.nan
        return _READERS[kind](self, name, value, where)

    def _category(self, name: str, value: Any, where: str) -> float:
        if isinstance(value, (dict, list, float)):
            raise ScoreError(f"{where}{name} must be a text. Got {value!r:.60}.")
        text = value if isinstance(value, str) else str(value).lower()
        level = self._levels.get(name)
        return level.code(text or None) if level else math.nan

    def _plain(self, name: str, value: Any, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ScoreError(f"{where}{name} must be a number or null. Got {value!r:.60}.")
        return _finite(name, value, where)

    def _flag(self, name: str, value: Any, where: str) -> float:
        if not isinstance(value, (bool, int, float)):
            raise ScoreError(f"{where}{name} must be true, false, a number or null. Got {value!r:.60}.")
        return _finite(name, value, where)

    def _day(self, name: str, value: Any, where: str) -> float:
        try:
            if isinstance(value, str) and DAY.fullmatch(value):
                return float((date.fromisoformat(value) - EPOCH).days)
        except ValueError:
            pass
        raise ScoreError(f"{where}{name} must be a date such as 2014-06-29, or null. Got {value!r:.60}.")


_READERS: dict[str, Callable[[RecordScorer, str, Any, str], float]] = {
    "number": RecordScorer._plain,
    "flag": RecordScorer._flag,
    "date": RecordScorer._day,
    "category": RecordScorer._category,
}


def _finite(name: str, value: float, where: str) -> float:
    try:
        number = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        number = math.inf
    if not math.isfinite(number):
        raise ScoreError(f"{where}{name} must be a finite number.")
    return number


def _where(place: int, records: Sequence[Record]) -> str:
    return f"Customer {place + 1}: " if len(records) > 1 else ""
