"""The recipe: everything that the user decided about a study. Frozen, and a JSON file.

Data go in as they are; what happens to them on the way to a segment is decided here and nowhere else: roles of
columns, cleaning rules, derived columns, features, transforms, method, number of segments, seed.
"""

import dataclasses
import typing
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Literal, Self

from segscope.errors import RecipeError, did_you_mean
from segscope.json_text import build, dump_json, parse_json

SCHEMA_VERSION = 1
MAX_SEGMENTS = 12
METHOD_NAMES = {"kmeans": "k-means", "mixture": "Gaussian mixture", "ward": "Ward"}
LEAST_WEIGHT, MOST_WEIGHT = 0.1, 10.0


class Role(StrEnum):
    """What a column is for."""

    IDENTIFIER = "identifier"
    MEASURE = "measure"
    CATEGORY = "category"
    FLAG = "flag"
    DATE = "date"
    TEXT = "text"
    CONSTANT = "constant"
    PERSONAL = "personal"
    IGNORED = "ignored"


class Concept(StrEnum):
    """What a number is about, where names and formulas tell it. Drives proposals, names of segments and units."""

    SPEND = "spend"
    PURCHASES = "purchases"
    BASKET = "basket"
    TENURE = "tenure"
    RECENCY = "recency"
    DEALS = "deals"
    OFFERS = "offers"
    AGE = "age"
    BIRTH = "birth"
    CHILDREN = "children"
    INCOME = "income"
    VISITS = "visits"
    ENROLMENT = "enrolment"
    RESPONSE = "response"
    COMPLAINT = "complaint"


Transform = Literal["auto", "none"]
Method = Literal["kmeans", "mixture", "ward"]
FamilyKind = Literal["spend", "purchases", "responses", "other"]
CleaningAction = Literal["implausible", "fill", "bound", "log"]


@dataclass(frozen=True)
class ColumnRole:
    """What one column of the source is, and why we think so."""

    column: str
    role: Role
    reason: str
    label: str
    concept: Concept | None = None
    family: str | None = None
    unit: str = ""
    sensitive: bool = False


@dataclass(frozen=True)
class FamilyMember:
    """One column of a family. ``overlaps``: it counts again what other members count (deals within channels)."""

    column: str
    label: str
    overlaps: bool = False


@dataclass(frozen=True)
class Family:
    """Columns that measure one thing split by something: spend by product, purchases by channel."""

    name: str
    label: str
    kind: FamilyKind
    members: tuple[FamilyMember, ...]
    unit: str = ""

    @property
    def parts(self) -> tuple[FamilyMember, ...]:
        """The members that add up to a whole."""
        return tuple(m for m in self.members if not m.overlaps)


@dataclass(frozen=True)
class CleaningRule:
    """One rule of cleaning.

    ``implausible``: values outside [low, high], and the listed values, count as blank. ``fill``: blanks take the
    median, or the one listed value, wherever clustering or scoring needs a number; charts and counts go on showing them
    as blank. ``bound``, ``log``: stand here where the user has switched off, for a feature, what its values call for.
    """

    action: CleaningAction
    column: str
    reason: str
    low: float | None = None
    high: float | None = None
    values: tuple[float, ...] = ()
    enabled: bool = True


@dataclass(frozen=True)
class DerivedColumn:
    """A column computed from others by a formula (see segscope.formula)."""

    name: str
    label: str
    formula: str
    meaning: str
    concept: Concept | None = None
    unit: str = ""


@dataclass(frozen=True)
class TransactionLog:
    """How a log of transactions becomes one row per customer (see segscope.transactions). Names are the log's columns.

    Attributes
    ----------
    customer, date : who bought, and when
    amount : money of a row; where it is None, ``unit_price`` times ``quantity`` is
    order : number of the order that a row belongs to; rows of one order are one purchase
    product, channel : what was bought and where
    currency, only_currency : the column that names the currency, and the one whose rows count
    merge_same_day : all that a customer buys on one day is one purchase
    count_zero_orders : a purchase worth 0 is a purchase too
    products, channels : the values that have columns of their own; others count as "other"
    reason : why the source was taken for a log, in words
    """

    customer: str
    date: str
    amount: str | None = None
    unit_price: str | None = None
    quantity: str | None = None
    order: str | None = None
    product: str | None = None
    channel: str | None = None
    currency: str | None = None
    only_currency: str | None = None
    merge_same_day: bool = True
    count_zero_orders: bool = True
    products: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class FeatureWeight:
    """How much a feature counts: its squared distances times this; 1 for a feature that is not named."""

    feature: str
    weight: float


@dataclass(frozen=True)
class Recipe:
    """Everything that the user decided. Equal recipes on equal data give equal bytes.

    Attributes
    ----------
    columns : roles of the source's columns, in their order
    families : columns that belong together
    cleaning : rules, in the order in which they apply
    derived : computed columns, in an order in which each needs only earlier ones
    features : names of the source or derived columns that clustering uses: numbers, flags and categories
    weights : of features that count more or less than others
    transform : "auto" (logs and robust bounds where the data ask for them) or "none" (standardise only)
    set_aside : unusual customers (a value beyond its far-out fence) make no segments; they are assigned all the same
    method : the clustering method
    segments : number of segments, 1 to 12; None lets the evidence choose
    seed : of every random draw
    as_of : the day on which ages and days are counted
    log : how the source, a log of transactions, becomes customers; None for a table of customers. ``columns`` are then
        those of the customers
    """

    columns: tuple[ColumnRole, ...]
    families: tuple[Family, ...] = ()
    cleaning: tuple[CleaningRule, ...] = ()
    derived: tuple[DerivedColumn, ...] = ()
    features: tuple[str, ...] = ()
    weights: tuple[FeatureWeight, ...] = ()
    transform: Transform = "auto"
    set_aside: bool = False
    method: Method = "kmeans"
    segments: int | None = None
    seed: int = 0
    as_of: date | None = None
    log: TransactionLog | None = None
    schema_version: int = field(default=SCHEMA_VERSION)

    def __post_init__(self) -> None:
        if self.segments is not None and not 1 <= self.segments <= MAX_SEGMENTS:
            raise RecipeError(
                f"The number of segments must be a whole number from 1 to {MAX_SEGMENTS}, or auto. Got {self.segments}."
            )
        if self.transform not in typing.get_args(Transform):
            raise RecipeError(f"The transform must be 'auto' or 'none'. Got {self.transform!r}.")
        if self.method not in typing.get_args(Method):
            raise RecipeError(f"The method must be 'kmeans', 'mixture' or 'ward'. Got {self.method!r}.")
        if not 0 <= self.seed < 2**32:
            raise RecipeError(f"The seed must be a whole number from 0 to 4294967295. Got {self.seed}.")
        for entry in self.weights:
            if not LEAST_WEIGHT <= entry.weight <= MOST_WEIGHT:
                raise RecipeError(
                    f"The weight of {entry.feature!r} must be a number from {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}. "
                    f"Got {entry.weight:g}."
                )

    def replace(self, **changes: Any) -> Self:
        """Return a new recipe with some decisions changed.

        >>> Recipe(columns=()).replace(segments=4).segments
        4
        >>> Recipe(columns=()).replace(segments=1000)
        Traceback (most recent call last):
        segscope.errors.RecipeError: The number of segments must be a whole number from 1 to 12, or auto. Got 1000.
        """
        return dataclasses.replace(self, **changes)

    def column(self, name: str) -> ColumnRole | DerivedColumn:
        """Return a source or derived column by name; a RecipeError offers near matches."""
        for column in self.columns:
            if column.column == name:
                return column
        for derived in self.derived:
            if derived.name == name:
                return derived
        raise RecipeError(f"There is no column {name!r}.{did_you_mean(name, self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the source's columns, then of the derived ones."""
        return tuple(c.column for c in self.columns) + tuple(d.name for d in self.derived)

    def weight(self, feature: str) -> float:
        """How much a feature counts, 1 where nothing else was decided.

        >>> Recipe(columns=(), features=("a", "b"), weights=(FeatureWeight("b", 2.0),)).weight("b")
        2.0
        """
        return next((w.weight for w in self.weights if w.feature == feature), 1.0)

    @property
    def category_features(self) -> tuple[str, ...]:
        """The features that are categories."""
        categories = {c.column for c in self.columns if c.role is Role.CATEGORY}
        return tuple(f for f in self.features if f in categories)

    @property
    def measured_features(self) -> tuple[str, ...]:
        """The features that are numbers or flags."""
        categories = set(self.category_features)
        return tuple(f for f in self.features if f not in categories)

    @property
    def identifier(self) -> str | None:
        """The column that names the customer, if the source has one."""
        return next((c.column for c in self.columns if c.role is Role.IDENTIFIER), None)

    def with_concept(self, concept: Concept) -> str | None:
        """Name of the derived column (first) or source column about this concept, if there is one."""
        named = [d.name for d in self.derived if d.concept is concept]
        named += [c.column for c in self.columns if c.concept is concept and c.role is not Role.CONSTANT]
        return named[0] if named else None

    def family_of_kind(self, kind: FamilyKind) -> Family | None:
        """The first family of a kind, if there is one."""
        return next((f for f in self.families if f.kind == kind), None)

    def to_json(self) -> str:
        """Write the recipe as JSON, keys in a fixed order."""
        return dump_json(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a recipe; anything but a recipe of this schema version is refused with a reason."""
        data = parse_json(text, RecipeError, "recipe")
        if not isinstance(data, dict) or data.get("schema_version") != SCHEMA_VERSION:
            raise RecipeError(f"The recipe must be a JSON object with schema_version {SCHEMA_VERSION}.")
        recipe = build(cls, data, RecipeError, "recipe")
        return typing.cast(Self, recipe)
