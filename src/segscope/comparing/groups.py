"""Who is compared, and on what: the chosen segments, everybody, and the columns of their profiles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from segscope.features import making_columns
from segscope.profiling import Profiles
from segscope.recipe import Concept, DerivedColumn, Recipe, Role
from segscope.segmentation import Segment
from segscope.wording import full, percent

Origin = Literal["feature", "part", ""]
EVERYONE = "everyone"
ALL_CHOSEN_UP_TO = 4
LONGEST_NAME = 34


@dataclass(frozen=True)
class Group:
    """A segment, or everybody (``place`` and ``colour`` None)."""

    place: int | None
    name: str
    colour: int | None

    @property
    def short(self) -> str:
        """The name as sentences and heads can bear it."""
        return brief(self.name)


def brief(text: str, longest: int = LONGEST_NAME) -> str:
    """A text of bounded length.

    >>> brief("High share of deals", 10)
    'High shar…'
    """
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


EVERYBODY = Group(None, "Everyone", None)


def first_choice(segments: Sequence[Segment]) -> list[str]:
    """What is compared until somebody chooses: all segments when there are few, else the first two; and everyone."""
    few = segments if len(segments) <= ALL_CHOSEN_UP_TO else segments[:2]
    return [*(s.id for s in few), EVERYONE]


def choose(wanted: Sequence[str] | None, segments: Sequence[Segment]) -> tuple[Group, ...]:
    """The groups behind ids of segments and "everyone", in the order of the segments; unknown ids are passed over.

    >>> both = [Segment(f"s{i}", n, i, 5, 0.5, "", "natural", 1.0) for i, n in enumerate("ab")]
    >>> [g.name for g in choose(["everyone", "s1", "s9"], both)]
    ['b', 'Everyone']
    """
    asked = set(wanted or ())
    groups = [Group(i, s.name, s.colour) for i, s in enumerate(segments) if s.id in asked]
    return (*groups, EVERYBODY) if EVERYONE in asked else tuple(groups)


def only_segments(groups: Sequence[Group]) -> tuple[Group, ...]:
    """The groups without everybody."""
    return tuple(g for g in groups if g.place is not None)


@dataclass(frozen=True)
class Compared:
    """A column whose means are compared.

    Attributes
    ----------
    share : its mean is shown as a percentage
    origin : "feature" when it made the segments, "part" when a feature is computed from it
    """

    column: str
    label: str
    unit: str = ""
    share: bool = False
    origin: Origin = ""

    def amount(self, value: float | None) -> str:
        """A value of this column in words."""
        return percent(value) if self.share else full(value)

    @property
    def word(self) -> str:
        """The label within a sentence."""
        return brief(self.label.lower())

    @property
    def title(self) -> str:
        """The label with its unit."""
        return f"{self.label} ({self.unit})" if self.unit and self.unit != "share" else self.label


def compared_categories(recipe: Recipe, profiles: Profiles) -> tuple[Compared, ...]:
    """The categories of the profiles that have at least two values."""
    found = []
    for name, counts in profiles.everybody.categories.items():
        if len([v for v, n in counts.items() if v and n]) > 1:
            origin: Origin = "feature" if name in recipe.features else ""
            found.append(Compared(name, recipe.column(name).label, share=True, origin=origin))
    return tuple(found)


def compared_columns(recipe: Recipe, profiles: Profiles) -> tuple[Compared, ...]:
    """The columns of the profiles that are worth comparing; a birth year steps back behind the age made of it."""
    has_age = any(d.concept is Concept.AGE for d in recipe.derived)
    parts = making_columns(recipe) - set(recipe.features)
    found = []
    for name, everybody in profiles.everybody.numbers.items():
        column = recipe.column(name)
        if (has_age and column.concept is Concept.BIRTH) or everybody.deviation == 0:
            continue
        flag = not isinstance(column, DerivedColumn) and column.role is Role.FLAG
        origin: Origin = "feature" if name in recipe.features else "part" if name in parts else ""
        found.append(Compared(name, column.label, column.unit, flag or column.unit == "share", origin))
    return tuple(found)
