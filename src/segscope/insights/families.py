"""Families by segment: spend by product, purchases by channel, offers by campaign; and what is to be seen in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from segscope.insights.saying import against_average, doing, inner
from segscope.profiling import GroupProfile, Profiles
from segscope.recipe import Family, FamilyMember
from segscope.wording import listed, percent, short

Mode = Literal["amount", "share", "index"]
MODES: tuple[Mode, ...] = ("amount", "share", "index")

CLEAR_RATIO = 1.25
CLEAR_POINTS = 0.03
WORTH_A_WORD = 0.04
MOST_OF_THE_GAP = 0.66


@dataclass(frozen=True)
class FamilyView:
    """A family of columns by segment.

    Attributes
    ----------
    mode : "amount": mean a customer (of yes and no: share of customers); "share": of the segment's sum over the parts;
        "index": the mean where everybody's is 100
    labels, overlaps : of the members; one that overlaps counts again what the others count
    everybody : a value a member
    segments : for each segment, a value a member; None where nobody's value is known
    """

    family: Family
    mode: Mode
    members: tuple[FamilyMember, ...]
    everybody: tuple[float | None, ...]
    segments: tuple[tuple[float | None, ...], ...]

    @property
    def of_customers(self) -> bool:
        """Whether amounts are shares of customers (yes and no) rather than means."""
        return self.family.kind == "responses"


def describe_family(family: Family, profiles: Profiles, mode: Mode) -> FamilyView:
    """Put a family's members side by side for everybody and each segment; those that overlap come last."""
    known = profiles.everybody.numbers
    members = [m for m in family.members if m.column in known]
    members.sort(key=lambda m: (m.overlaps, -known[m.column].mean))
    if family.kind == "responses":
        members.sort(key=lambda m: m.overlaps)
        order = [m.column for m in family.members]
        members.sort(key=lambda m: (m.overlaps, order.index(m.column)))
    parts = [m.column for m in members if not m.overlaps]

    def values(group: GroupProfile) -> tuple[float | None, ...]:
        whole = sum(group.numbers[c].total for c in parts if c in group.numbers)
        return tuple(_value(group, profiles.everybody, m.column, whole, mode) for m in members)

    return FamilyView(
        family, mode, tuple(members), values(profiles.everybody), tuple(values(g) for g in profiles.segments)
    )  # fmt: skip


def _value(group: GroupProfile, everybody: GroupProfile, column: str, whole: float, mode: Mode) -> float | None:
    mine = group.numbers.get(column)
    if mine is None:
        return None
    if mode == "amount":
        return mine.mean
    if mode == "share":
        return mine.total / whole if whole > 0 else None
    average = everybody.numbers[column].mean
    return 100 * mine.mean / average if average > 0 else None


def finding_in_words(view: FamilyView, names: Sequence[str]) -> str:
    """What the chart of a family shows, in a sentence."""
    if len(names) < 2 or len(view.members) == 0:
        return view.family.label
    said = {"amount": _amounts, "share": _shares, "index": _indices}[view.mode](view, names)
    return said or f"{view.family.label}: segments differ little"


def _amounts(view: FamilyView, names: Sequence[str]) -> str:
    if view.of_customers:
        return _rates(view, names)
    best = _furthest(view, lambda mine, all_: mine / all_ if all_ > 0 else 0.0, parts_only=True)
    if best is None or best[0] < CLEAR_RATIO:
        return ""
    _, g, i = best
    mine, everybody = view.segments[g][i] or 0.0, view.everybody[i] or 0.0
    member = inner(view.members[i].label)
    multiple = against_average(mine, everybody)
    deeds = {"spend": f"spend {multiple} on {member}", "purchases": f"buy {multiple} by {member}"}
    said = doing(names[g], deeds.get(view.family.kind, f"have {multiple} of {member}"))
    drivers = _drivers(view, g)
    if view.members[i].label not in drivers:  # the largest multiple, of another part than makes the distance
        return said
    lead = listed([drivers[0], *map(inner, drivers[1:])])
    return f"{lead} {'makes' if len(drivers) == 1 else 'make'} the difference: {said}"


def _drivers(view: FamilyView, segment: int) -> list[str]:
    """The one or two parts that make up most of a segment's distance from everybody, largest first."""
    gaps: list[tuple[float, str]] = []
    for i, member in enumerate(view.members):
        mine, everybody = view.segments[segment][i], view.everybody[i]
        if not member.overlaps and mine is not None and everybody is not None:
            gaps.append((abs(mine - everybody), member.label))
    gaps.sort(key=lambda pair: -pair[0])
    whole = sum(gap for gap, _ in gaps)
    return [label for _, label in gaps[: 1 if gaps[0][0] >= MOST_OF_THE_GAP * whole else 2]]


def _rates(view: FamilyView, names: Sequence[str]) -> str:
    best = _furthest(view, lambda mine, all_: mine - all_, parts_only=False)
    if best is None or best[0] < CLEAR_POINTS:
        return ""
    _, g, i = best
    rates = f"{percent(view.segments[g][i])} of {names[g]} accepted, {percent(view.everybody[i])} of all"
    return f"{view.members[i].label} divides most: {rates}"


def _shares(view: FamilyView, names: Sequence[str]) -> str:
    best = _furthest(view, lambda mine, all_: mine - all_, parts_only=True)
    if best is None or best[0] < CLEAR_POINTS:
        return ""
    _, g, i = best
    others = [(v, h) for h in range(len(names)) if h != g and (v := view.segments[h][i]) is not None]
    least, lowest = min(others)
    whole = {"spend": "the spend", "purchases": "the purchases", "responses": "the acceptances"}.get(
        view.family.kind, "the sum"
    )
    mine = percent(view.segments[g][i])
    return f"{view.members[i].label}: {mine} of {whole} of {names[g]}, {percent(least)} among {names[lowest]}"


def _indices(view: FamilyView, names: Sequence[str]) -> str:
    high = _furthest(view, lambda mine, all_: mine, parts_only=False)
    low = _furthest(view, lambda mine, all_: -mine, parts_only=False)
    if high is None or low is None or high[0] < 100 * CLEAR_RATIO:
        return ""
    top = f"{names[high[1]]} on {inner(view.members[high[2]].label)} ({short(high[0])})"
    return f"Furthest from 100: {top}, {names[low[1]]} on {inner(view.members[low[2]].label)} ({short(abs(low[0]))})"


def _furthest(
    view: FamilyView, measure: Callable[[float, float], float], parts_only: bool
) -> tuple[float, int, int] | None:
    """The largest value of a measure over segments and members, with both places; small members do not speak."""
    if view.mode == "amount" and not view.of_customers:
        whole = sum(v or 0.0 for v, m in zip(view.everybody, view.members, strict=True) if not m.overlaps)
    else:
        whole = 0.0
    found: list[tuple[float, int, int]] = []
    for g, values in enumerate(view.segments):
        for i, mine in enumerate(values):
            everybody = view.everybody[i]
            if mine is None or everybody is None or everybody < WORTH_A_WORD * whole:
                continue
            if not (parts_only and view.members[i].overlaps):
                found.append((measure(mine, everybody), -g, -i))
    if not found:
        return None
    value, g, i = max(found)
    return value, -g, -i
