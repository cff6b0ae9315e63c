"""Candidates: every statement that could be made of a segment, and the sums that decide it, from one query.

A candidate is chosen from the recipe alone, before a look at how segments differ, so that how many were tried is known.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine, exact_sum, fixed_point_scale, rows
from segscope.features import as_number, making_columns, source_columns
from segscope.insights.testing import Quantity, Sums
from segscope.profiling import Profiles
from segscope.recipe import Concept, Family, FamilyMember, Recipe, Role

MOST_VALUES = 12
FEWEST_WITH_VALUE = 40
SPLIT_SEED = 20_240_601


@dataclass(frozen=True)
class Candidate:
    """Something measured of every customer, by which a segment may differ.

    Attributes
    ----------
    quantity : a mean, a rate (of a flag, or of one ``value`` of a category), or a part's share of its family's sum
    topic : what it is about; candidates of one topic tell much the same story
    never_negative : no customer's value lies below 0, so that a multiple of the average makes sense
    made : the segments were made from it, or from what it is made of: it differs by construction
    """

    quantity: Quantity
    column: str
    label: str
    topic: str
    value: str = ""
    family: str = ""
    concept: Concept | None = None
    unit: str = ""
    never_negative: bool = True
    made: bool = False
    sensitive: bool = False


Half = int
Tally = Mapping[tuple[int, Half], Sums]


def enumerate_candidates(recipe: Recipe, profiles: Profiles) -> tuple[Candidate, ...]:
    """List all candidates, in the order of the recipe: derived columns, then its own, then shares of families."""
    making = making_columns(recipe)
    everybody = profiles.everybody
    births = {c.column for c in recipe.columns if c.concept is Concept.BIRTH}
    sensitive = {c.column for c in recipe.columns if c.sensitive}
    members = {m.column: f for f in recipe.families for m in f.members}

    def common(name: str) -> dict[str, Any]:
        sources = set(source_columns(recipe, [name]))
        families = {members[c].name if c in members else "" for c in sources}
        column = recipe.column(name)
        own = families.pop() if len(families) == 1 else ""
        return {
            "label": column.label,
            "topic": own or (column.concept.value if column.concept else name),
            "family": members[name].name if name in members else "",
            "concept": column.concept,
            "never_negative": name not in everybody.numbers or everybody.numbers[name].low >= 0,
            "made": name in making or bool(sources & making),
            "sensitive": bool(sources & sensitive),
        }

    found = [Candidate("mean", d.name, unit=d.unit, **common(d.name)) for d in recipe.derived]
    for c in recipe.columns:
        if c.role is Role.MEASURE and c.column not in births:
            found.append(Candidate("mean", c.column, unit=c.unit, **common(c.column)))
        elif c.role is Role.FLAG:
            found.append(Candidate("rate", c.column, **common(c.column)))
        elif c.role is Role.CATEGORY and not (recipe.log and c.column in making):  # RFM scores say a feature again
            counts = everybody.categories.get(c.column, {})
            values = [v for v, n in counts.items() if v not in ("", "(other)") and n >= FEWEST_WITH_VALUE]
            found += [Candidate("rate", c.column, value=v, **common(c.column)) for v in values[:MOST_VALUES]]
    found = [c for c in found if c.value or c.column in everybody.numbers]
    for family in recipe.families:
        found += [
            Candidate("share", m.column, **{**common(m.column), "label": m.label})
            for m in shared_parts(family, profiles)
        ]
    return tuple(found)


def shared_parts(family: Family, profiles: Profiles) -> list[FamilyMember]:
    """The parts of a family whose shares of the sum make sense: two or more, none below zero, no yes and no."""
    known = profiles.everybody.numbers
    parts = [m for m in family.parts if m.column in known]
    makes_sense = family.kind != "responses" and len(parts) >= 2 and all(known[m.column].low >= 0 for m in parts)
    return parts if makes_sense else []


def tally(
    engine: Engine,
    customers: ibis.Table,
    by: str,
    key: ir.StringValue,
    candidates: Sequence[Candidate],
    recipe: Recipe,
    profiles: Profiles,
) -> list[Tally]:
    """Sum every candidate for each segment and half of the customers, in one query.

    The half is drawn by a hash of ``key``, so it is the same on every run and whatever the order of rows. Sums are
    taken in fixed point.
    """
    sums = _Summing(customers, profiles)
    readers = [sums.reader(candidate, recipe) for candidate in candidates]
    half = ibis.ifelse(engine.uniform(key, SPLIT_SEED) < 0.5, 0, 1)
    values = customers.select(segment=customers[by], half=half, **sums.inputs)
    aggregates = {name: make(values) for name, make in sums.aggregates.items()}
    answers = rows(engine, values.group_by(["segment", "half"]).agg(n=values.count(), **aggregates))
    return [{(int(a["segment"]), int(a["half"])): read(a) for a in answers} for read in readers]


class _Summing:
    """Collects what one query must sum; the same sum is asked for once."""

    def __init__(self, customers: ibis.Table, profiles: Profiles) -> None:
        self.customers = customers
        self.everybody = profiles.everybody
        self.profiles = profiles
        self.inputs: dict[str, ir.Value] = {}
        self.aggregates: dict[str, Callable[[ibis.Table], ir.Scalar]] = {}
        self._names: dict[tuple[str, ...], str] = {}

    def reader(self, candidate: Candidate, recipe: Recipe) -> Callable[[Mapping[str, Any]], Sums]:
        """Ask for a candidate's sums; what is returned reads them from an answer of the query."""
        if candidate.quantity == "share":
            return self._share(candidate, next(f for f in recipe.families if f.name == candidate.family))
        if candidate.quantity == "rate":
            return self._rate(candidate)
        x = self._number(candidate.column)
        count = self._count(x, self.everybody.numbers[candidate.column].count)
        total, squares = self._sum(x), self._sum(x, x)
        return lambda a: Sums(int(a[count]), total(a), squares(a))

    def _rate(self, candidate: Candidate) -> Callable[[Mapping[str, Any]], Sums]:
        column = self.customers[candidate.column]
        name = self._name("rate", candidate.column, candidate.value)
        self.inputs[name] = column.cast("string") == candidate.value if candidate.value else as_number(column) == 1.0
        self.aggregates[f"s_{name}"] = lambda t: t[name].cast("int64").sum()
        counts = self.everybody.categories.get(candidate.column, {})
        known = (
            sum(n for v, n in counts.items() if v)
            if candidate.value
            else self.everybody.numbers[candidate.column].count
        )
        count = self._count((name, 1.0), known)

        def read(answer: Mapping[str, Any]) -> Sums:
            total = float(answer[f"s_{name}"] or 0)
            return Sums(int(answer[count]), total, total)

        return read

    def _share(self, candidate: Candidate, family: Family) -> Callable[[Mapping[str, Any]], Sums]:
        # A blank part counts as 0 of its family's sum, which is what leaving it out of the sums does.
        parts = shared_parts(family, self.profiles)
        name = self._name("whole", family.name)
        if name not in self.inputs:
            total: ir.FloatingValue = ibis.literal(0.0)
            for part in parts:
                total = total + ibis.coalesce(as_number(self.customers[part.column]), 0.0)
            self.inputs[name] = total
        x = self._number(candidate.column)
        w = (name, sum(self.everybody.numbers[m.column].high for m in parts))
        sums = [self._sum(x), self._sum(x, x), self._sum(w), self._sum(w, w), self._sum(x, w)]
        return lambda a: Sums(int(a["n"]), *(read(a) for read in sums))

    def _number(self, column: str) -> tuple[str, float]:
        """An input and its largest size."""
        name = self._name("number", column)
        self.inputs[name] = as_number(self.customers[column])
        seen = self.everybody.numbers[column]
        return name, max(abs(seen.low), abs(seen.high))

    def _count(self, value: tuple[str, float], known: int) -> str:
        if known == self.everybody.customers:
            return "n"
        name = value[0]
        self.aggregates[f"n_{name}"] = lambda t: t[name].count()
        return f"n_{name}"

    def _sum(self, *factors: tuple[str, float]) -> Callable[[Mapping[str, Any]], float]:
        names = [name for name, _ in factors]
        scale = fixed_point_scale(math.prod(size for _, size in factors), self.everybody.customers)
        label = "s_" + "_".join(names)

        def make(table: ibis.Table) -> ir.Scalar:
            product = table[names[0]] if len(names) == 1 else table[names[0]] * table[names[1]]
            return exact_sum(product, scale)

        self.aggregates[label] = make
        return lambda answer: int(answer[label] or 0) / scale

    def _name(self, *what: str) -> str:
        return self._names.setdefault(what, f"x{len(self._names)}")
