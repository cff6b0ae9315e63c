"""Segments made by hand, as expressions: the steps after the model's own label, stage by stage.

The stages serve the expression that assigns customers (segscope.segmentation) and the generated SQL (segscope.sql); in
NumPy the same is in segscope.clustering.handmade. Pins come last: a pinned customer is where somebody put them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir

from segscope.clustering.assign import Centres, Shape, distance2_to
from segscope.clustering.handmade import LEAST_EXPONENT, Cut, Merge, Plan, Split, planned
from segscope.errors import StudyError
from segscope.wording import counted

MOST_PINS = 1_000
LONGEST_IDENTIFIER = 200
LEAST = -1.7e308

Name = Callable[[str], str]
Columns = Mapping[str, ir.Value]


@dataclass(frozen=True)
class Pin:
    """The customer with this identifier is in this segment (its label), whatever the model says."""

    customer: str
    segment: int


HandStep = Merge | Split | Pin


def structure(steps: Sequence[HandStep]) -> tuple[Merge | Split, ...]:
    """The steps that make segments."""
    return tuple(step for step in steps if not isinstance(step, Pin))


def pins(steps: Sequence[HandStep]) -> tuple[Pin, ...]:
    """The steps that put single customers somewhere."""
    return tuple(step for step in steps if isinstance(step, Pin))


def check_steps(steps: Sequence[HandStep], base: int, labels: Sequence[int]) -> Plan:
    """The plan of steps, which are refused where they do not fit together.

    Parameters
    ----------
    base : number of the model's centres
    labels : of the segments, in their order

    Raises
    ------
    StudyError : with what is wrong

    >>> check_steps([Pin("a", 1), Merge(0, 1)], 2, [0])
    Traceback (most recent call last):
    segscope.errors.StudyError: Customers are pinned after the segments are made: a pin comes before another step.
    """
    made, put = structure(steps), pins(steps)
    if tuple(steps) != (*made, *put):
        raise StudyError("Customers are pinned after the segments are made: a pin comes before another step.")
    if len(put) > MOST_PINS:
        raise StudyError(f"At most {MOST_PINS:,} customers can be pinned. Got {len(put):,}.")
    plan = planned(base, made, labels)
    if len({pin.customer for pin in put}) < len(put):
        raise StudyError("A customer can be pinned once only.")
    for pin in put:
        if not 0 < len(pin.customer) <= LONGEST_IDENTIFIER or "\0" in pin.customer:
            raise StudyError(f"A pinned customer needs an identifier of 1 to {LONGEST_IDENTIFIER} characters.")
        if pin.segment not in labels:
            raise StudyError(f"The customer {pin.customer!r:.60} is pinned to a segment that is not there.")
    return plan


def with_step(steps: Sequence[HandStep], step: HandStep) -> tuple[HandStep, ...]:
    """Steps and one more: a pin takes the place of an earlier one, and who was pinned to a merged segment follows it.

    >>> with_step([Pin("a", 2), Pin("b", 1)], Merge(0, 2))
    (Merge(into=0, other=2, words=''), Pin(customer='a', segment=0), Pin(customer='b', segment=1))
    """
    put = pins(steps)
    if isinstance(step, Pin):
        return (*structure(steps), *(p for p in put if p.customer != step.customer), step)
    if isinstance(step, Merge):
        put = tuple(Pin(p.customer, step.into if p.segment == step.other else p.segment) for p in put)
    return (*structure(steps), step, *put)


def without_pin(steps: Sequence[HandStep], customer: str) -> tuple[HandStep, ...]:
    """Steps without the pin of a customer."""
    return tuple(s for s in steps if not isinstance(s, Pin) or s.customer != customer)


def in_words(steps: Sequence[HandStep]) -> str:
    """What was done by hand, in a sentence; "" where nothing was.

    >>> in_words([Merge(0, 1, "Low merged into Mid"), Pin("a", 0)])
    'Then by hand: Low merged into Mid; 1 customer pinned.'
    """
    return f"Then by hand: {'; '.join(_done(steps))}." if steps else ""


def lost_in_words(steps: Sequence[HandStep]) -> str:
    """What another fit does not carry over; "" where nothing was done by hand.

    >>> lost_in_words([Merge(0, 1, "Low merged into Mid"), Pin("a", 0)])
    'Another run begins with the model. Not carried over: Low merged into Mid; 1 customer pinned.'
    """
    return f"Another run begins with the model. Not carried over: {'; '.join(_done(steps))}." if steps else ""


def _done(steps: Sequence[HandStep]) -> list[str]:
    put = len(pins(steps))
    made = [step.words or _plain(step) for step in structure(steps)]
    return [*made, *([f"{counted(put, 'customer')} pinned"] if put else [])]


def _plain(step: Merge | Split) -> str:
    return "two segments merged" if isinstance(step, Merge) else "one segment split in two"


@dataclass(frozen=True)
class HandStage:
    """One stage: a name, what to say of it, and the columns that it adds to the table before, or replaces."""

    name: str
    comments: tuple[str, ...]
    columns: Callable[[ibis.Table], Columns]


def by_cell(table: ibis.Table, cell: str, plan: Plan) -> ir.IntegerValue:
    """The place of the segment of a cell."""
    cases = [
        (table[cell].isin(list(group)), ibis.literal(place, "int64")) for place, group in enumerate(plan.groups[:-1])
    ]
    last = ibis.literal(len(plan.groups) - 1, "int64")
    return ibis.cases(*cases, else_=last) if cases else last


def cut_stages(plan: Plan, coordinates: Sequence[str], name: Name) -> Iterator[HandStage]:
    """From the model's own label, ``name("cell")``, to the cell after every split."""
    for i, cut in enumerate(plan.cuts):
        yield HandStage(f"distances_{i + 1}", (_said(i),), _two_distances(i, cut, coordinates, name))
        yield HandStage(f"split_{i + 1}", ("The nearer of the two decides.",), _only_cut(i, cut, name))


def odds_stages(plan: Plan, coordinates: Sequence[str], spread: float, name: Name) -> Iterator[HandStage]:
    """From ``cell`` and the model's log odds ``l0`` ... to those of each segment, ``s0`` ..., so named by ``name``."""
    twice = 2 * spread
    for i, cut in enumerate(plan.cuts):
        yield HandStage(f"distances_{i + 1}", (_said(i),), _two_distances(i, cut, coordinates, name))
        whole = [name(f"l{cell}") for cell in cut.of]
        if len(whole) > 1:
            yield HandStage(f"most_{i + 1}", ("What is split was merged before.",), _most(name("most"), whole))
            yield HandStage(f"whole_{i + 1}", (), _together(name("whole"), name("most"), whole))
        before = name("whole") if len(whole) > 1 else whole[0]
        yield HandStage(f"split_{i + 1}", ("The nearer of the two decides.",), _split(i, cut, before, twice, name))
    merged = {p: [name(f"l{cell}") for cell in group] for p, group in enumerate(plan.groups)}
    several = {p: columns for p, columns in merged.items() if len(columns) > 1}
    if several:
        yield HandStage(
            "merged", ("Segments merged by hand add their probabilities.",),
            lambda t: {k: v for p, columns in several.items() for k, v in _most(name(f"m{p}"), columns)(t).items()},
        )  # fmt: skip
    yield HandStage(
        "segments",
        tuple(f"segment {p}: cells {', '.join(map(str, group))}" for p, group in enumerate(plan.groups)),
        lambda t: {
            name("place"): by_cell(t, name("cell"), plan),
            **{
                name(f"s{p}"): t[columns[0]]
                if len(columns) == 1
                else _together(name(f"s{p}"), name(f"m{p}"), columns)(t)[name(f"s{p}")]
                for p, columns in merged.items()
            },
        },
    )


def race_stages(segments: int, pinned: Mapping[str, int] | None, name: Name) -> Iterator[HandStage]:
    """From ``place`` and ``s0`` ... to ``place``, ``probability``, ``second_place`` and ``second_probability``.

    Parameters
    ----------
    pinned : place by the text of the identifier, which is the column ``name("id")``; None where nobody is
    """
    s = [name(f"s{p}") for p in range(segments)]
    place, by_hand = name("place"), name("by_hand")
    if pinned is not None:
        yield HandStage("pinned", ("Customers placed by hand.",), lambda t: {by_hand: _pinned(t[name("id")], pinned)})
    yield HandStage(
        "total", (),
        lambda t: {
            **({place: (t[by_hand] >= 0).ifelse(t[by_hand], t[place])} if pinned is not None else {}),
            name("total"): reduce(add, [_exp(t[c]) for c in s]),
        },
    )  # fmt: skip

    def shared(table: ibis.Table) -> Columns:
        own = _chosen(table, place, s) if segments > 1 else table[s[0]]
        share = _exp(own) / table[name("total")]
        return {name("probability"): (table[by_hand] >= 0).ifelse(1.0, share) if pinned is not None else share}

    yield HandStage("scored", ("The probability of the segment.",), shared)
    if segments == 1:
        return
    yield HandStage(
        "others", ("It is put out of the race.",),
        lambda t: {c: (t[place] == p).ifelse(LEAST, t[c]) for p, c in enumerate(s)},
    )  # fmt: skip
    yield HandStage("second", ("The race is run again.",), _most(name("best"), s))

    def ranked(table: ibis.Table) -> Columns:
        share = _exp(table[name("best")]) / table[name("total")]
        return {
            name("second_place"): first_equal(table, name("best"), s),
            name("second_probability"): (table[by_hand] >= 0).ifelse(0.0, share) if pinned is not None else share,
        }

    yield HandStage("ranked", ("Ties go to the segment named first.",), ranked)


def base_columns(
    table: ibis.Table,
    coordinates: Sequence[str],
    centres: Centres,
    shapes: Sequence[Shape],
    nearest: str,
    spread: float,
) -> list[ir.FloatingValue]:
    """The log odds of each of the model's centres, relative to the nearest."""
    forms = shapes or (None,) * len(centres)
    far = [distance2_to(table, coordinates, c, shape) for c, shape in zip(centres, forms, strict=True)]
    return [(table[nearest] - d) / (2 * spread) for d in far]


def first_equal(table: ibis.Table, best: str, columns: Sequence[str]) -> ir.IntegerValue:
    """The place of the first of some columns that equals another."""
    if len(columns) == 1:
        return ibis.literal(0, "int64")
    cases = [(table[c] == table[best], ibis.literal(p, "int64")) for p, c in enumerate(columns[:-1])]
    return ibis.cases(*cases, else_=ibis.literal(len(columns) - 1, "int64"))


def pinned_place(identifier: ir.StringValue, pinned: Mapping[str, int], otherwise: ir.IntegerValue) -> ir.IntegerValue:
    """Where somebody put a customer, else where they are anyway."""
    found = _pinned(identifier, pinned)
    return (found >= 0).ifelse(found, otherwise)


def _pinned(identifier: ir.StringValue, pinned: Mapping[str, int]) -> ir.IntegerValue:
    by_place: dict[int, list[str]] = {}
    for customer, place in pinned.items():
        by_place.setdefault(place, []).append(customer)
    cases = [(identifier.isin(names), ibis.literal(place, "int64")) for place, names in sorted(by_place.items())]
    return ibis.cases(*cases, else_=ibis.literal(-1, "int64"))


def _said(i: int) -> str:
    return f"a{i}, b{i} - squared distances to the two centres of a segment split by hand"


def _two_distances(i: int, cut: Cut, coordinates: Sequence[str], name: Name) -> Callable[[ibis.Table], Columns]:
    first, second = cut.centres
    return lambda t: {
        name(f"a{i}"): distance2_to(t, coordinates, first),
        name(f"b{i}"): distance2_to(t, coordinates, second),
    }


def _cut(table: ibis.Table, i: int, cut: Cut, name: Name) -> ir.IntegerValue:
    halves = (table[name(f"b{i}")] < table[name(f"a{i}")]).ifelse(
        ibis.literal(cut.second, "int64"), ibis.literal(cut.first, "int64")
    )
    return table[name("cell")].isin(list(cut.of)).ifelse(halves, table[name("cell")])


def _only_cut(i: int, cut: Cut, name: Name) -> Callable[[ibis.Table], Columns]:
    return lambda t: {name("cell"): _cut(t, i, cut, name)}


def _split(i: int, cut: Cut, whole: str, twice: float, name: Name) -> Callable[[ibis.Table], Columns]:
    a, b = name(f"a{i}"), name(f"b{i}")
    return lambda t: {
        name("cell"): _cut(t, i, cut, name),
        name(f"l{cut.first}"): t[whole] - _softplus((t[a] - t[b]) / twice),
        name(f"l{cut.second}"): t[whole] - _softplus((t[b] - t[a]) / twice),
    }


def _most(column: str, of: Sequence[str]) -> Callable[[ibis.Table], Columns]:
    return lambda t: {column: ibis.greatest(*(t[c] for c in of))}


def _together(column: str, most: str, of: Sequence[str]) -> Callable[[ibis.Table], Columns]:
    return lambda t: {column: t[most] + reduce(add, [_exp(t[c] - t[most]) for c in of]).ln()}


def _softplus(lead: ir.FloatingValue) -> ir.FloatingValue:
    return ibis.greatest(lead, 0.0) + (1.0 + _exp(-lead.abs())).ln()


def _exp(value: ir.FloatingValue) -> ir.FloatingValue:
    return ibis.greatest(value, LEAST_EXPONENT).exp()


def _chosen(table: ibis.Table, place: str, columns: Sequence[str]) -> ir.FloatingValue:
    cases = [(table[place] == p, table[c]) for p, c in enumerate(columns[:-1])]
    return ibis.cases(*cases, else_=table[columns[-1]])
