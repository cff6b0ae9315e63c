"""What a segmentation must be like; a hostile or damaged one is refused with a reason."""

import math
import re
from typing import TYPE_CHECKING

from segscope import formula
from segscope.errors import StudyError
from segscope.preparation import CategoryPreparation, FeaturePreparation
from segscope.recipe import Recipe

if TYPE_CHECKING:
    from segscope.segmentation.model import Segmentation

SCHEMA_VERSION = 1


def check_shape(segmentation: "Segmentation") -> None:
    """Raise unless the parts of a segmentation fit together and every number is finite."""
    p, k = len(segmentation.coordinates), len(segmentation.centres)
    if not segmentation.schema_version == segmentation.recipe.schema_version == SCHEMA_VERSION:
        raise StudyError(f"The segmentation must have schema_version {SCHEMA_VERSION}, and so must its recipe.")
    segments = len(segmentation.labels) if segmentation.hand else k
    if segments != len(segmentation.segments) or not segmentation.centres or not segmentation.segments:
        raise StudyError("The segmentation must have as many centres as segments, at least one.")
    if any(len(centre) != p for centre in segmentation.centres):
        raise StudyError(f"Every centre of the segmentation must have {p} numbers, one a coordinate of its features.")
    if len(segmentation.shapes) not in (0, k) or len(segmentation.reach) not in (0, k):
        raise StudyError("The segmentation must have a shape and a reach for every centre, or for none.")
    if any(len(shape.factor) != p or any(len(row) != p for row in shape.factor) for shape in segmentation.shapes):
        raise StudyError(f"Every shape of the segmentation must have {p} rows of {p} numbers.")
    if tuple(step.feature for step in segmentation.preparation) != segmentation.recipe.features:
        raise StudyError("The segmentation's preparation does not fit the features of its recipe.")
    numbers = [v for centre in segmentation.centres for v in centre] + [segmentation.spread, *segmentation.reach]
    numbers += [v for shape in segmentation.shapes for row in shape.factor for v in (shape.penalty, *row)]
    if not all(math.isfinite(v) for v in numbers):
        raise StudyError("The segmentation holds a number that is not finite, or a deviation that is not positive.")
    for step in segmentation.preparation:
        _check_category(step) if isinstance(step, CategoryPreparation) else _check_measure(step)
    for name in ("spread", "softness"):
        if not 0 < getattr(segmentation, name) < math.inf:
            raise StudyError(f"The segmentation's {name} must be positive. Got {getattr(segmentation, name)}.")
    ids, names = ({getattr(s, part) for s in segmentation.segments} for part in ("id", "name"))
    if len(ids) < len(segmentation.segments) or not all(re.fullmatch(r"s[1-9]\d{0,8}", i) for i in ids):
        raise StudyError("Every segment must have an id of its own, such as s1.")
    if len(names) < len(segmentation.segments) or any(s.colour < 0 for s in segmentation.segments):
        raise StudyError("Every segment must have a name of its own, and a place in the palette.")
    _check_recipe(segmentation.recipe)
    _check_hand(segmentation, p)


def _check_hand(segmentation: "Segmentation", p: int) -> None:
    plan = segmentation.plan  # raises where the steps do not fit together
    if plan is None:
        if segmentation.labels:
            raise StudyError("The segmentation has labels of segments made by hand, but no step by hand.")
        return
    places = [centre for cut in plan.cuts for centre in cut.centres]
    if any(len(centre) != p or not all(map(math.isfinite, centre)) for centre in places):
        raise StudyError(f"Every centre of a segment split by hand must have {p} finite numbers.")
    if segmentation.pinned and segmentation.recipe.identifier is None:
        raise StudyError("The segmentation pins customers, but none of its columns names the customer.")


def _check_measure(step: FeaturePreparation) -> None:
    numbers = (step.fill, step.mean, step.deviation, step.weight)
    if not all(map(math.isfinite, numbers)) or step.deviation <= 0 or step.weight <= 0:
        raise StudyError("The segmentation holds a number that is not finite, or a deviation that is not positive.")
    if (step.low is None) != (step.high is None) or (step.low or 0.0) > (step.high or 0.0):
        raise StudyError("The segmentation holds bounds of a feature that are not a low one and a high one.")


def _check_category(step: CategoryPreparation) -> None:
    if step.width != len(step.names) or step.width < 2 or len(set(step.levels)) < len(step.levels):
        raise StudyError(f"The segmentation must have a share for each level of {step.feature!r}, at least two.")
    if not all(0 < share < 1 for share in step.shares) or step.weight <= 0:
        raise StudyError(f"The shares of the levels of {step.feature!r} must lie between 0 and 1.")


def _check_recipe(recipe: Recipe) -> None:
    known = {c.column for c in recipe.columns}
    derived = {d.name for d in recipe.derived}
    for rule in recipe.cleaning:
        if rule.column not in (known if rule.action == "implausible" else known | derived):
            raise StudyError(f"The segmentation cleans a column {rule.column!r} that it does not have.")
    for column in recipe.derived:
        unknown = [name for name in formula.columns(formula.parse(column.formula)) if name not in known]
        if unknown:
            raise StudyError(f"The segmentation's {column.name!r} needs a column {unknown[0]!r} that it does not have.")
        known.add(column.name)
    for name in recipe.features:
        if name not in known:
            raise StudyError(f"The segmentation has no column {name!r}, though it is one of its features.")
