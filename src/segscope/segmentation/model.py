"""The fitted model: what it consists of, and its JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, Self, cast

from segscope import formula
from segscope.clustering.assign import Shape
from segscope.clustering.handmade import Plan
from segscope.errors import StudyError, did_you_mean
from segscope.features import source_columns
from segscope.hand import HandStep, check_steps, pins
from segscope.json_text import build, dump_json, parse_json
from segscope.origins import Former, Origin
from segscope.preparation import Preparation, coordinates
from segscope.recipe import Recipe
from segscope.segmentation.checking import SCHEMA_VERSION, check_shape

VerdictWord = Literal["natural", "reproducible", "constructed"]


@dataclass(frozen=True)
class Segment:
    """One cluster with an identity that outlives it.

    Attributes
    ----------
    id : stable, such as "s1"
    name : what people call it
    colour : place in the palette
    size : customers in it; ``share`` of all
    value_share : its part of everybody's total spend, where there is one
    sentence : a portrait in a sentence
    verdict, stability : whether it is there (see segscope.clustering)
    note : what a person wrote about it
    locked : matched first at the next fit, and called as it is (see segscope.identity)
    named : whether a person gave the name
    origin : where it comes from; None in the first fit of a study
    """

    id: str
    name: str
    colour: int
    size: int
    share: float
    sentence: str
    verdict: VerdictWord
    stability: float
    value_share: float | None = None
    note: str = ""
    locked: bool = False
    named: bool = False
    origin: Origin | None = None


@dataclass(frozen=True)
class Segmentation:
    """A fitted model: assigns any customer to a segment.

    Attributes
    ----------
    centres : rows of p numbers in model space, one a segment in the order of ``segments`` unless some were made by hand
    spread : mean squared distance, per feature, of customers from their centre
    shapes : of the segments of a Gaussian mixture, one a centre; empty where the nearest centre decides
    reach : squared distance (or score) beyond which a customer fits none, one a centre; empty in segmentations from
        before this was measured
    softness : of the borders, by which probabilities are calibrated (see segscope.clustering.softness); 1 in
        segmentations from before this was measured
    hand : what was done by hand since, in its order, to base labels, which are the places of ``centres``
    labels : the label of each segment after these steps, in the order of ``segments``; empty where there are none
    former : segments that are no more
    """

    recipe: Recipe
    preparation: Preparation
    centres: tuple[tuple[float, ...], ...]
    segments: tuple[Segment, ...]
    spread: float
    customers: int
    shapes: tuple[Shape, ...] = ()
    reach: tuple[float, ...] = ()
    softness: float = 1.0
    hand: tuple[HandStep, ...] = ()
    labels: tuple[int, ...] = ()
    former: tuple[Former, ...] = ()
    schema_version: int = field(default=SCHEMA_VERSION)

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the model-space columns."""
        return coordinates(self.preparation)

    @property
    def blur(self) -> float:
        """By how much squared distances differ where segments are about e times as likely: the spread, calibrated."""
        return self.spread * self.softness

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Columns of the source without which nobody can be assigned."""
        return source_columns(self.recipe, self.recipe.features)

    @cached_property
    def plan(self) -> Plan | None:
        """What the steps by hand come to; None where there are none."""
        return check_steps(self.hand, len(self.centres), self.labels) if self.hand else None

    @cached_property
    def pinned(self) -> Mapping[str, int]:
        """The customers placed by hand: the place of their segment by the text of their identifier."""
        return {pin.customer: self.labels.index(pin.segment) for pin in pins(self.hand)}

    @property
    def made_by_hand(self) -> tuple[int, ...]:
        """Places of the segments that were merged or split by hand."""
        return self.plan.changed if self.plan else ()

    @cached_property
    def lean(self) -> Self:
        """The same, with only the cleaning and the derived columns that the features rest on."""
        return replace(self, recipe=without_unneeded(self.recipe))

    @cached_property
    def derivations(self) -> tuple[tuple[str, formula.Node, tuple[str, ...]], ...]:
        """Names of the derived columns that the features rest on, their formulas, and what these need."""
        nodes = [(d.name, formula.parse(d.formula)) for d in without_unneeded(self.recipe).derived]
        return tuple((name, node, formula.columns(node)) for name, node in nodes)

    def to_json(self) -> str:
        """Write the segmentation as JSON."""
        return dump_json(self)

    @classmethod
    def from_json(cls, text: str, where: str = "segmentation") -> Self:
        """Read a segmentation; a foreign or damaged file is refused with a reason."""
        data = parse_json(text, StudyError, where)
        if not isinstance(data, dict) or data.get("schema_version") != SCHEMA_VERSION:
            raise StudyError(f"The {where} must be a JSON object with schema_version {SCHEMA_VERSION}.")
        found = cast(Self, build(cls, data, StudyError, where))
        check_shape(found)
        return found


def unlabelled(segmentation: Segmentation) -> Segmentation:
    """What decides who is in which segment: everything but what segments are called and were before."""
    return replace(segmentation, segments=(), former=())


def without_unneeded(recipe: Recipe) -> Recipe:
    """The recipe with only the cleaning and the derived columns that its features rest on."""
    wanted = set(recipe.features)
    for column in reversed(recipe.derived):
        if column.name in wanted:
            wanted.update(formula.columns(formula.parse(column.formula)))
    return recipe.replace(
        derived=tuple(d for d in recipe.derived if d.name in wanted),
        cleaning=tuple(r for r in recipe.cleaning if r.column in wanted),
    )


def by_name(segments: Sequence[Segment], name: str) -> Segment:
    """A segment by name or id; a StudyError offers near matches."""
    for segment in segments:
        if name.lower() in (segment.name.lower(), segment.id.lower()):
            return segment
    raise StudyError(f"There is no segment {name!r}.{did_you_mean(name, [s.name for s in segments])}")
