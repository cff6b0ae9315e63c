"""The stages of scoring as expressions, each over the one before: features, filled, model, distances, nearest, scored.

They are made of the same parts as the expression that scores files (segscope.segmentation), split so that each stage
can be read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segscope import formula
from segscope.cleaning import clean
from segscope.clustering.assign import distance2_to
from segscope.clustering.handmade import LEAST_EXPONENT
from segscope.features import as_number, derive
from segscope.hand import first_equal, odds_stages, race_stages
from segscope.preparation import (
    CategoryPreparation,
    code_expression,
    filled_expression,
    in_words,
    level_expressions,
    standardised_expression,
)
from segscope.recipe import CleaningRule, DerivedColumn
from segscope.segmentation import Segmentation

FARTHEST = 1.7e308


@dataclass(frozen=True)
class Stage:
    """One step of the statement: a name, what to say of it, and the query over the stage before."""

    name: str
    comments: tuple[str, ...]
    query: ibis.Table


@dataclass(frozen=True)
class Own:
    """Names of our own columns, which no column of the source has."""

    prefix: str

    def __call__(self, name: str) -> str:
        return f"{self.prefix}{name}"


def stages(segmentation: Segmentation, source: ibis.Schema, keys: Sequence[str], own: Own) -> Iterator[Stage]:
    """The stages after the first, which gives the source's columns their types.

    Parameters
    ----------
    segmentation : with only the cleaning and the derived columns that its features rest on
    source : columns of the first stage: numbers as float64, texts, dates, and the keys
    keys : columns that say which customer a row is, carried through to the end
    """
    last = ibis.table(source, name="raw")
    recipe = segmentation.recipe
    for i, rules in enumerate(_rounds(recipe.cleaning)):
        said = tuple(f"{rule.column}: {rule.reason}" for rule in rules)
        query = clean(last, rules).select(*last.columns)
        last = _named(query, name := "cleaned" + (f"_{i + 1}" if i else ""))
        yield Stage(name, ("What cannot be true counts as blank.", *said), query)
    levels = _levels(recipe.derived)
    for i, columns in enumerate(levels):
        said = tuple(f"{c.label} = {c.formula}" + (f" ({c.meaning})" if c.meaning else "") for c in columns)
        later = {*keys, *recipe.features, *_read([c for level in levels[i + 1 :] for c in level])}
        made = derive(last, columns)
        query = made.select(*(c for c in made.columns if c in later))
        last = _named(query, name := "features" + (f"_{i + 1}" if i else ""))
        yield Stage(name, ("Columns that follow from others.", *said), query)
    yield from _placed(segmentation, last, keys, own)


def _placed(segmentation: Segmentation, last: ibis.Table, keys: Sequence[str], own: Own) -> Iterator[Stage]:
    steps = segmentation.preparation
    query = last.select(
        *keys,
        **{
            step.feature: code_expression(last[step.feature], step)
            if isinstance(step, CategoryPreparation)
            else filled_expression(as_number(last[step.feature]), step, lambda x: x.ln())
            for step in steps
        },
    )
    said = [_filled_in_words(step) for step in steps]
    yield Stage("filled", ("Blanks are filled, skewed amounts seen on a log scale, levels numbered.", *said), query)
    last = _named(query, "filled")
    made: list[tuple[str, ir.Value]] = []
    for step in steps:
        if isinstance(step, CategoryPreparation):
            levels = level_expressions(last[step.feature], step)
            made += [(f"{step.feature} is {n}", v) for n, v in zip(step.names, levels, strict=True)]
        else:
            made.append((f"{step.feature}: {in_words(step)}", standardised_expression(last[step.feature], step)))
    z = [own(f"z{i}") for i in range(len(made))]
    query = last.select(*keys, **{name: value for name, (_, value) in zip(z, made, strict=True)})
    yield Stage("model", tuple(f"z{i} - {said}" for i, (said, _) in enumerate(made)), query)
    last = _named(query, "model")
    if segmentation.plan:
        yield from _by_hand(segmentation, last, keys, own, z)
    else:
        yield from _distances(segmentation, last, keys, own, z)


def _by_hand(
    segmentation: Segmentation, last: ibis.Table, keys: Sequence[str], own: Own, z: Sequence[str]
) -> Iterator[Stage]:
    """From coordinates to segments that were merged, split or given customers by hand (see segscope.hand)."""
    plan = segmentation.plan
    assert plan is not None  # noqa: S101 - the caller looked
    centres, shapes = segmentation.centres, segmentation.shapes
    d, forms = [own(f"d{j}") for j in range(len(centres))], shapes or (None,) * len(centres)
    far = {name: distance2_to(last, z, c, shape) for name, c, shape in zip(d, centres, forms, strict=True)}
    what = "score (a component of a Gaussian mixture)" if shapes else "squared distance"
    yield Stage("distances", (f"The {what} of each centre that the model found.",), last.select(*keys, *z, **far))
    last = _named(last.select(*keys, *z, **far), "distances")
    nearest = own("distance")
    query = last.select(*last.columns, **{nearest: ibis.least(*(last[n] for n in d)) if len(d) > 1 else last[d[0]]})
    yield Stage("nearest", ("The least distance decides.",), query)
    last = _named(query, "nearest")
    odds = {own(f"l{j}"): (last[nearest] - last[n]) / (2 * segmentation.blur) for j, n in enumerate(d)}
    query = last.select(*keys, *z, **{own("cell"): first_equal(last, nearest, d)}, **odds)
    yield Stage("cells", ("How likely each centre is (a logarithm).",), query)
    last = _named(query, "cells")
    pinned = segmentation.pinned if own("id") in keys else None
    k = len(plan.groups)
    kept: list[str] = []
    for stage in (*odds_stages(plan, z, segmentation.blur, own), *race_stages(k, pinned, own)):
        if stage.name == "total":  # from here on only the segments count
            kept = [*keys, *(own(n) for n in ("place", *(["by_hand"] if pinned else ()), *(f"s{p}" for p in range(k))))]
        columns = stage.columns(last)
        query = last.select(*(c for c in kept or last.columns if c not in columns and c in last.columns), **columns)
        yield Stage(stage.name, stage.comments, query)
        last, kept = _named(query, stage.name), []


def _distances(
    segmentation: Segmentation, last: ibis.Table, keys: Sequence[str], own: Own, z: Sequence[str]
) -> Iterator[Stage]:
    k = len(segmentation.segments)
    d = [own(f"d{j}") for j in range(k)]
    first, second = own("distance"), own("second_distance")
    place, runner_up = own("place"), own("second_place")
    shapes = segmentation.shapes or (None,) * k
    far = {
        name: distance2_to(last, z, centre, shape)
        for name, centre, shape in zip(d, segmentation.centres, shapes, strict=True)
    }
    what = "score (a component of a Gaussian mixture)" if segmentation.shapes else "squared distance"
    said = tuple(f"d{j} - {s.name}: {what}" for j, s in enumerate(segmentation.segments))
    query = last.select(*keys, **far)
    yield Stage("distances", said, query)
    last = _named(query, "distances")
    query = last.select(*keys, *d, **{first: ibis.least(*(last[n] for n in d)) if k > 1 else last[d[0]]})
    yield Stage("nearest", ("The least distance decides.",), query)
    last = _named(query, "nearest")
    total = _sum([(ibis.greatest((last[first] - last[n]) / (2 * segmentation.blur), LEAST_EXPONENT)).exp() for n in d])
    scored = {place: first_equal(last, first, d), own("probability"): 1.0 / total}
    if k == 1:
        yield Stage("scored", ("There is only this segment.",), last.select(*keys, **scored))
        return
    query = last.select(*keys, *d, **scored)
    yield Stage("scored", ("Place of the nearest segment and its probability.",), query)
    last = _named(query, "scored")
    others = {n: (last[place] == j).ifelse(FARTHEST, last[n]) for j, n in enumerate(d)}
    query = last.select(*keys, place, own("probability"), **others)
    yield Stage("others", ("The nearest is put out of the race.",), query)
    last = _named(query, "others")
    query = last.select(*keys, place, own("probability"), *d, **{second: ibis.least(*(last[n] for n in d))})
    yield Stage("second", ("The race is run again.",), query)
    last = _named(query, "second")
    query = last.select(*keys, place, own("probability"), **{runner_up: first_equal(last, second, d)})
    yield Stage("ranked", ("Ties go to the segment named first.",), query)


def _sum(parts: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _named(query: ibis.Table, name: str) -> ibis.Table:
    return ibis.table(query.schema(), name=name)


def _rounds(rules: Sequence[CleaningRule]) -> list[list[CleaningRule]]:
    """Rules that blank values, so that each column stands once in a round."""
    rounds: list[list[CleaningRule]] = []
    for rule in rules:
        if rule.action != "implausible" or not rule.enabled:
            continue
        free = next((r for r in rounds if all(rule.column != other.column for other in r)), None)
        free.append(rule) if free is not None else rounds.append([rule])
    return rounds


def _levels(derived: Sequence[DerivedColumn]) -> list[list[DerivedColumn]]:
    """Derived columns, so that each level needs only those before it."""
    levels: list[list[DerivedColumn]] = []
    for column in derived:
        if levels and not _read([column]) & {c.name for c in levels[-1]}:
            levels[-1].append(column)
        else:
            levels.append([column])
    return levels


def _read(derived: Sequence[DerivedColumn]) -> set[str]:
    return {name for c in derived for name in formula.columns(formula.parse(c.formula))}


def _filled_in_words(step: object) -> str:
    if isinstance(step, CategoryPreparation):
        return f"{step.feature}: its levels, numbered from 0"
    feature, fill, log = (getattr(step, part) for part in ("feature", "fill", "log"))
    return f"{feature}: a blank counts as {fill:.6g}" + (", then log(1 + x)" if log else "")
