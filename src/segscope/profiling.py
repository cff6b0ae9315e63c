"""Profiles: what the customers of each segment are like, and everybody, on every column. All rows, in the engine."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
from numpy.typing import NDArray

from segscope.engine import LARGEST_NUMBER, Engine, columns_at_once, exact_sum, fixed_point_scale, one, rows
from segscope.features import as_number, too_large

EVERYBODY = -1
COLUMNS_A_QUERY, COUNTED_A_QUERY, COLUMNS_WITHOUT_QUARTILES = 6, 12, 40
MAX_VALUES = 60
FEW_LEVELS = 10_000
"""Whole numbers within so wide a span are counted, each value once, rather than sorted in every segment: the same
quantiles to the last bit, in a tenth of the time."""

EXACT = (1.0, 1.0)
"""Scales of integers whose sums, and those of their squares, are exact as they are."""


@dataclass(frozen=True)
class NumberProfile:
    """A number among one group of customers, in original units, blanks left out.

    Attributes
    ----------
    count : customers whose value is known
    total, mean, deviation : of those (population standard deviation)
    low, quarter, median, three_quarters, high : quantiles
    """

    count: int
    total: float
    mean: float
    deviation: float
    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float


@dataclass(frozen=True)
class GroupProfile:
    """One segment (or everybody): how many customers, and its profile on each column."""

    customers: int
    numbers: dict[str, NumberProfile]
    categories: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Profiles:
    """Profiles of everybody and of each segment, in the order of the segments."""

    everybody: GroupProfile
    segments: tuple[GroupProfile, ...]

    def standard_difference(self, segment: int, column: str) -> float:
        """How many standard deviations (of everybody) the segment's mean lies above everybody's."""
        mine, all_ = self.segments[segment].numbers.get(column), self.everybody.numbers[column]
        if mine is None or all_.deviation == 0:
            return 0.0
        return (mine.mean - all_.mean) / all_.deviation

    def level_differences(self, segment: int, column: str) -> tuple[tuple[str, float], ...]:
        """How many standard deviations (of everybody) the share of each level lies above everybody's, farthest first.

        The standard deviation of a level with the share p is that of its indicator, sqrt(p (1 - p)). Blanks are left
        out.

        >>> everybody = GroupProfile(100, {}, {"plan": {"basic": 50, "pro": 50}})
        >>> Profiles(everybody, (GroupProfile(10, {}, {"plan": {"pro": 10}}),)).level_differences(0, "plan")
        (('basic', -1.0), ('pro', 1.0))
        """
        all_ = {v: n for v, n in self.everybody.categories[column].items() if v}
        mine = {v: n for v, n in self.segments[segment].categories.get(column, {}).items() if v}
        total, known = sum(all_.values()), sum(mine.values())
        found = []
        for level, n in all_.items():
            share = n / total
            apart = mine.get(level, 0) / known - share if known else 0.0
            found.append((level, apart / math.sqrt(share * (1 - share)) if share < 1 else 0.0))
        return tuple(sorted(found, key=lambda pair: -abs(pair[1])))

    def share_of_total(self, segment: int, column: str) -> float | None:
        """The part of everybody's total that this segment holds; None where totals make no sense."""
        mine, all_ = self.segments[segment].numbers.get(column), self.everybody.numbers.get(column)
        return mine.total / all_.total if mine and all_ and all_.total > 0 and all_.low >= 0 else None


def profile(
    engine: Engine,
    table: ibis.Table,
    by: str,
    segments: int,
    numbers: Sequence[str],
    categories: Sequence[str],
    quartiles: bool = True,
    whole: Profiles | None = None,
) -> Profiles:
    """Profile every segment and everybody.

    Parameters
    ----------
    table : customers; the integer column ``by`` holds the segment, from 0 to segments - 1
    numbers, categories : columns to profile
    quartiles : False leaves them NaN, which is many times quicker
    whole : profiles of a table that this one is a part of: the ends of columns are not looked for again
    """
    sizes = {
        int(r["segment"]): int(r["n"]) for r in rows(engine, table.group_by(segment=table[by]).agg(n=table.count()))
    }
    sizes[EVERYBODY] = sum(sizes.values())
    found: dict[int, dict[str, NumberProfile]] = {g: {} for g in range(EVERYBODY, segments)}
    for group, column, number in _number_profiles(engine, table, by, numbers, quartiles, whole):
        found[group][column] = number
    values = _category_counts(engine, table, by, categories, segments)
    groups = {g: GroupProfile(sizes.get(g, 0), found[g], values[g]) for g in range(EVERYBODY, segments)}
    return Profiles(groups[EVERYBODY], tuple(groups[g] for g in range(segments)))


def _number_profiles(
    engine: Engine, table: ibis.Table, by: str, numbers: Sequence[str], quartiles: bool,
    whole: Profiles | None,
) -> Iterator[tuple[int, str, NumberProfile]]:  # fmt: skip
    values = _values(table, by, numbers)
    ranges = _known_ranges(whole, numbers) if whole else _ranges(engine, values, range(len(numbers)))
    largest = [max(ranges[f"high{i}"] or 0.0, -(ranges[f"low{i}"] or 0.0)) for i in range(len(numbers))]
    beyond = [c for i, c in enumerate(numbers) if largest[i] > LARGEST_NUMBER]
    if beyond:
        raise too_large(beyond[0])
    scales = [_scales(each, int(ranges["n"]), f"w{i}" in values.columns) for i, each in enumerate(largest)]
    narrow = [i for i in range(len(numbers)) if quartiles and _narrow(ranges, i, scales[i])]
    few = [i for chunk in _chunks(narrow, COLUMNS_WITHOUT_QUARTILES) for i in _whole(engine, values, chunk)]
    for chunk in _chunks(few, COUNTED_A_QUERY):
        for i, levels, low in _counted(engine, values, [(i, int(ranges[f"low{i}"])) for i in chunk]):
            for group, found in _profiles_of_levels(levels, low, scales[i]):
                yield group, numbers[i], found
    # A few columns a query: exact quantiles hold a column in memory.
    rest = [i for i in range(len(numbers)) if i not in few]
    with_quartiles = min(COLUMNS_A_QUERY, columns_at_once(int(ranges["n"])))
    for chunk in _chunks(rest, with_quartiles if quartiles else COLUMNS_WITHOUT_QUARTILES):
        for answer in _answers(engine, values, chunk, scales, quartiles):
            for i in chunk:
                if answer[f"n{i}"]:
                    yield int(answer["segment"]), numbers[i], _number_profile(answer, i, scales[i])


def _values(table: ibis.Table, by: str, numbers: Sequence[str]) -> ibis.Table:
    """The segment and every number as x0, x1 ...; those that the table holds as integers are w0, w1 ... too."""
    floats = {f"x{i}": as_number(table[c]) for i, c in enumerate(numbers)}
    integers = {f"w{i}": table[c].cast("int64") for i, c in enumerate(numbers) if table[c].type().is_integer()}
    return table.select(segment=table[by], **floats, **integers)


def _answers(
    engine: Engine, values: ibis.Table, places: Sequence[int], scales: Sequence[tuple[float, float]], quartiles: bool
) -> list[dict[str, Any]]:
    """Counts, sums and ends of some columns in each segment, then everybody's, told from these where it can be."""
    sums = {name: found for i in places for name, found in _sums(values, i, scales[i]).items()}
    ends = {name: found for i in places for name, found in _ends(values, i, quartiles).items()}
    found = rows(engine, values.group_by("segment").agg(**sums, **ends))
    everybody: dict[str, Any] = {"segment": EVERYBODY}
    everybody |= {name: sum(int(r[name] or 0) for r in found) for name in sums}
    if quartiles and len(found) != 1:
        everybody |= one(engine, values.agg(**ends))
    else:
        everybody |= {name: _end([r[name] for r in found], name) for name in ends}
    return [*found, everybody]


def _end(of_segments: Sequence[Any], name: str) -> Any:
    """Everybody's least or greatest value, or the only segment's quantiles."""
    known = [v for v in of_segments if v is not None]
    if not known or name.startswith("q"):
        return known[0] if known else None
    return min(known) if name.startswith("l") else max(known)


def _chunks(places: Sequence[int], size: int) -> list[Sequence[int]]:
    return [places[start : start + size] for start in range(0, len(places), size)]


def _ranges(engine: Engine, values: ibis.Table, places: Sequence[int]) -> dict[str, Any]:
    """How many customers there are, and the ends of each column."""
    found: dict[str, Any] = {"n": 0}
    for chunk in _chunks(places, COLUMNS_WITHOUT_QUARTILES):
        ends = {f"low{i}": values[f"x{i}"].min() for i in chunk} | {f"high{i}": values[f"x{i}"].max() for i in chunk}
        found |= one(engine, values.agg(n=values.count(), **ends))
    return found


def _known_ranges(whole: Profiles, numbers: Sequence[str]) -> dict[str, Any]:
    """The same of a table that holds all these customers."""
    known = [whole.everybody.numbers.get(c) for c in numbers]
    lows = {f"low{i}": found and found.low for i, found in enumerate(known)}
    highs = {f"high{i}": found and found.high for i, found in enumerate(known)}
    return {"n": whole.everybody.customers, **lows, **highs}


def _narrow(ranges: Mapping[str, Any], i: int, scales: tuple[float, float]) -> bool:
    """Whether a column lies within a narrow span, and its sums need no rounding where it holds whole numbers."""
    low, high = ranges[f"low{i}"], ranges[f"high{i}"]
    return low is not None and high - low <= FEW_LEVELS and min(scales) >= 1.0


def _whole(engine: Engine, values: ibis.Table, places: Sequence[int]) -> list[int]:
    """Which of some columns hold whole numbers only."""
    unsure = [i for i in places if f"w{i}" not in values.columns]
    # A floor takes a fifth of the time that a remainder does.
    asked = {f"x{i}": (values[f"x{i}"].floor() == values[f"x{i}"]).all() for i in unsure}
    found = one(engine, values.agg(**asked)) if asked else {}
    return [i for i in places if found.get(f"x{i}", True)]


def _counted(
    engine: Engine, values: ibis.Table, columns: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, NDArray[np.int64], int]]:
    """How many customers of each segment have each value of some whole numbers: segments are told once for all.

    ``columns`` : number and least value of each. Returned beside are rows of segment, value less the least, customers.
    """
    narrow = {f"v{i}": (values[f"x{i}"] - low).cast("int32").cast("uint16") for i, low in columns}
    levels = values.select(segment=values.segment.cast("int16"), **narrow)
    found = engine.tally(levels, list(narrow), "segment", hold=True)
    known = found.filter(found["value"].is_valid())
    table = np.column_stack([known[c].to_numpy().astype(np.int64) for c in ("by", "value", "n")])
    part = known["part"].to_numpy()
    places = {column: place for place, (column, _) in enumerate(columns)}
    for i, low in columns:
        yield i, table[part == places[i]], low


def _profiles_of_levels(
    levels: NDArray[np.int64], low: int, scales: tuple[float, float]
) -> Iterator[tuple[int, NumberProfile]]:
    segment, level, n = levels.T
    for group in (EVERYBODY, *np.unique(segment).tolist()):
        mine = (segment == group) | (group == EVERYBODY)
        counts = np.bincount(level[mine], weights=n[mine]).astype(np.int64)
        present = np.flatnonzero(counts)
        if len(present):
            yield group, _profile_of_counts(present + low, counts[present], scales)


def _profile_of_counts(
    values: NDArray[np.int64], counts: NDArray[np.int64], scales: tuple[float, float]
) -> NumberProfile:
    """The profile of values, in rising order, that so many customers have each.

    >>> _profile_of_counts(np.array([1, 2, 4]), np.array([1, 1, 1]), (1.0, 1.0)).three_quarters
    3.0
    """
    count = int(counts.sum())
    upto = np.cumsum(counts)
    sums = [sum(int(n) * int(v) ** power for v, n in zip(values, counts, strict=True)) for power in (1, 2)]
    answer: dict[str, Any] = {"n0": count, "s0": sums[0] * int(scales[0]), "ss0": sums[1] * int(scales[1])}
    neighbours = [
        [float(values[np.searchsorted(upto, min(place, count - 1), side="right")]) for place in (at, at + 1)]
        for at in ((count - 1) * share // 4 for share in range(5))
    ]
    parts = [(count - 1) * share % 4 / 4 for share in range(5)]
    answer["q0"] = [low + (high - low) * part for (low, high), part in zip(neighbours, parts, strict=True)]
    return _number_profile(answer, 0, scales)


def _scales(largest: float | None, count: int, integers: bool) -> tuple[float, float]:
    size = float(largest or 0.0)
    found = fixed_point_scale(size, count), fixed_point_scale(size**2, count)
    return EXACT if integers and min(found) >= 1.0 else found


def _sums(values: ibis.Table, i: int, scales: tuple[float, float]) -> dict[str, Any]:
    if scales == EXACT and f"w{i}" in values.columns:  # half the work of fixed point
        w = values[f"w{i}"]
        return {f"n{i}": w.count(), f"s{i}": w.sum(), f"ss{i}": (w * w).sum()}
    x = values[f"x{i}"]
    return {f"n{i}": x.count(), f"s{i}": exact_sum(x, scales[0]), f"ss{i}": exact_sum(x * x, scales[1])}


def _ends(values: ibis.Table, i: int, quartiles: bool) -> dict[str, Any]:
    x = values[f"x{i}"]
    return {f"q{i}": x.quantile([0.0, 0.25, 0.5, 0.75, 1.0])} if quartiles else {f"l{i}": x.min(), f"h{i}": x.max()}


def _number_profile(answer: dict[str, Any], i: int, scales: tuple[float, float]) -> NumberProfile:
    count = int(answer[f"n{i}"])
    total = int(answer[f"s{i}"]) / scales[0]
    mean = total / count
    variance = max(0.0, int(answer[f"ss{i}"]) / scales[1] / count - mean * mean)
    unknown = (answer.get(f"l{i}"), *[math.nan] * 3, answer.get(f"h{i}"))
    low, quarter, median, three_quarters, high = answer.get(f"q{i}", unknown)
    return NumberProfile(count, total, mean, math.sqrt(variance), low, quarter, median, three_quarters, high)


def _category_counts(
    engine: Engine, table: ibis.Table, by: str, categories: Sequence[str], segments: int
) -> dict[int, dict[str, dict[str, int]]]:
    result: dict[int, dict[str, dict[str, int]]] = {g: {} for g in range(EVERYBODY, segments)}
    for column in categories:
        values = table.select(segment=table[by], value=ibis.coalesce(table[column].cast("string"), ""))
        counted: dict[int, Counter[str]] = {g: Counter() for g in result}
        for row in rows(engine, values.group_by(["segment", "value"]).agg(n=ibis._.count())):
            for group in (EVERYBODY, int(row["segment"])):
                counted[group][str(row["value"])] += int(row["n"])
        for group, counts in counted.items():
            result[group][column] = _largest(counts)
    return result


def _largest(counts: Mapping[str, int]) -> dict[str, int]:
    """The most frequent values and the rest in one, values alike often in the order of their characters."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = sum(n for _, n in ordered[MAX_VALUES:])
    return {**dict(ordered[:MAX_VALUES]), "(other)": rest} if rest else dict(ordered)
