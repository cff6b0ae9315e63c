"""Columns that say again what an earlier column says: equal to it, a multiple of it, or other words for it.

A sample of rows names the pairs worth a look, cheaply for thousands of columns; counts over all rows decide.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from segscope.engine import Engine, rows
from segscope.intake.cells import count_if, measure
from segscope.intake.facts import ColumnFacts, sample_rows

Floats = npt.NDArray[np.float64]

SAMPLE_ROWS = 2_000
FEWEST_ROWS = 20
FEWEST_RANKED_ALIKE = 0.98
LIKE_COUNTS, SEEMINGLY_ALIKE, GLANCE_ROWS = 0.9, 0.9, 200
NEARLY_ALL, OFF_THE_USUAL = 0.995, 0.98
# Residuals of 1/70 of the spread are a correlation of 0.9999; nearly all of them then lie within 1/20.
NEAR = 0.05
EXACT = 1e-9
FEWEST_REPEATS, MOST_VALUES = 2, 5_000
ROUNDS = 3

Pair = tuple[str, str]


@dataclass(frozen=True)
class Copy:
    """One column that says again what the earlier column ``of`` says, and the reason in words."""

    column: str
    of: str
    reason: str


@dataclass(frozen=True)
class _Line:
    """The line on which a later column lies over an earlier one: ``factor`` times it plus ``shift``."""

    factor: float
    shift: float
    spread: float
    scale: float
    usual: float
    usual_of: float


def find_copies(engine: Engine, table: ibis.Table, facts: Sequence[ColumnFacts]) -> tuple[Copy, ...]:
    """Find near copies among the columns of a typed table; the later column of each pair is the copy.

    Numbers and flags: 98 % of the rows in which either is not at its usual value, and 99.5 % of all, lie on one line.
    Texts and codes: each value of one goes with one value of the other, both ways, by the same measure.

    >>> import pyarrow as pa
    >>> from segscope.engine import connect
    >>> from segscope.intake.facts import measure_facts
    >>> prices = [i * i % 97 + 0.5 for i in range(60)]
    >>> engine = connect()
    >>> table = engine.store("t", pa.table({"price": prices, "cents": [int(100 * p) for p in prices]}))
    >>> find_copies(engine, table, measure_facts(engine, table))
    (Copy(column='cents', of='price', reason='always 100 times price'),)
    """
    usable = [f for f in facts if f.distinct >= 2 and f.present >= FEWEST_ROWS]
    if len(usable) < 2:
        return ()
    cells = sample_rows(engine, table, [f.name for f in usable], facts[0].rows, SAMPLE_ROWS)
    found = _on_lines(engine, table, [f for f in usable if f.kind in ("number", "boolean")], cells)
    coded = [f for f in usable if f.kind in ("text", "number", "boolean") and f.name not in found and _repeats(f)]
    found |= _in_other_words(engine, table, coded, cells)
    return tuple(found[f.name] for f in usable if f.name in found)


def _repeats(facts: ColumnFacts) -> bool:
    whole = facts.kind != "number" or facts.whole
    return whole and facts.distinct <= min(MOST_VALUES, facts.present / FEWEST_REPEATS)


# ------------------------------------------------------------------------------------------------- numbers and flags


def _on_lines(
    engine: Engine, table: ibis.Table, facts: Sequence[ColumnFacts], cells: Mapping[str, Any]
) -> dict[str, Copy]:
    if len(facts) < 2:
        return {}
    values = np.array([[np.nan if v is None else float(v) for v in cells[f.name]] for f in facts])
    alike = np.abs(_rank_correlations(values)) >= FEWEST_RANKED_ALIKE
    alike &= _like([f.distinct for f in facts])
    names = [f.name for f in facts]
    lines: dict[Pair, _Line] = {}
    for later in range(1, len(facts)):
        for earlier in np.nonzero(alike[later, :later])[0][:ROUNDS]:
            line = _line(values[earlier], values[later])
            if line is not None:
                lines[names[later], names[earlier]] = line
    return _confirmed(lines, lambda pairs: _lying_on(engine, table, {pair: lines[pair] for pair in pairs}))


def _rank_correlations(values: Floats) -> Floats:
    """Spearman's, for all pairs of rows; blanks stand in the middle. A few wild values do not disturb it."""
    ranks = np.empty_like(values)
    for i, row in enumerate(values):
        present = ~np.isnan(row)
        _, place, counts = np.unique(row[present], return_inverse=True, return_counts=True)
        middle = np.cumsum(counts) - counts / 2
        ranks[i] = present.sum() / 2
        ranks[i, present] = middle[place]
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    scaled: Floats = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    return np.asarray(scaled @ scaled.T)


def _like(counts: Sequence[int]) -> npt.NDArray[np.bool_]:
    n = np.array(counts, dtype=np.float64)
    return np.asarray(np.minimum.outer(n, n) >= LIKE_COUNTS * np.maximum.outer(n, n))


def _line(earlier: Floats, later: Floats) -> _Line | None:
    """The line through most points of a sample: the median of slopes between points far apart (after Theil and Sen)."""
    both = ~(np.isnan(earlier) | np.isnan(later))
    x, y = earlier[both], later[both]
    if len(x) < FEWEST_ROWS:
        return None
    order = np.lexsort((y, x))
    x, y = x[order], y[order]
    half = len(x) // 2
    run = x[half:] - x[: len(x) - half]
    rise = y[half:] - y[: len(x) - half]
    if not run.any():
        return None
    factor = _round(float(np.median(rise[run != 0] / run[run != 0])))
    if factor == 0 or not np.isfinite(factor):
        return None
    scale = float(np.abs(y).max())
    shift = float(np.median(y - factor * x))
    shift = 0.0 if abs(shift) <= EXACT * scale else _round(shift)
    low, high = np.quantile(y, [0.25, 0.75])
    return _Line(factor, shift, float(high - low) / 1.349, scale, float(np.median(x)), float(np.median(y)))


def _round(value: float) -> float:
    return float(f"{value:.10g}")


def _lying_on(engine: Engine, table: ibis.Table, lines: Mapping[Pair, _Line]) -> dict[Pair, str]:
    wanted: dict[str, dict[str, ir.Scalar]] = {}
    for i, ((later, earlier), line) in enumerate(lines.items()):
        x, y = table[earlier].cast("float64"), table[later].cast("float64")
        off = (y - (x * line.factor + line.shift)).abs()
        unusual = (x != line.usual) | (y != line.usual_of)
        near = off <= max(NEAR * line.spread, EXACT * line.scale)
        wanted[str(i)] = {
            "later": y.count(),
            "both": off.count(),
            "near": count_if(near),
            "exact": count_if(off <= EXACT * line.scale),
            "unusual": count_if(unusual & off.notnull()),
            "near_unusual": count_if(unusual & near),
        }
    found = measure(engine, table, wanted)
    reasons = {}
    for i, (pair, line) in enumerate(lines.items()):
        n = found[str(i)]
        on_line = n["near"] >= NEARLY_ALL * n["both"] and n["near_unusual"] >= OFF_THE_USUAL * n["unusual"] > 0
        if on_line and n["both"] >= OFF_THE_USUAL * n["later"]:
            reasons[pair] = _in_words(pair[1], line, n["exact"], n["both"])
    return reasons


def _in_words(earlier: str, line: _Line, exact: int, both: int) -> str:
    if exact < OFF_THE_USUAL * both:
        return f"rises and falls with {earlier} in nearly every row"
    share = f"{max(0.0, np.floor(1000 * exact / both) / 10):.1f} %"
    if line.factor == 1 and line.shift == 0:
        return f"equal to {earlier}" if exact == both else f"{share} equal to {earlier}"
    often = "always" if exact == both else f"in {share} of rows"
    if line.shift == 0:
        return f"{often} {line.factor:,.6g} times {earlier}"
    if line.factor == -1:
        return f"{often} {line.shift:,.6g} minus {earlier}"
    times = earlier if line.factor == 1 else f"{line.factor:,.6g} times {earlier}"
    return f"{often} {times} {'plus' if line.shift > 0 else 'minus'} {abs(line.shift):,.6g}"


# ------------------------------------------------------------------------------------------------- texts and codes


def _in_other_words(
    engine: Engine, table: ibis.Table, facts: Sequence[ColumnFacts], cells: Mapping[str, Any]
) -> dict[str, Copy]:
    if len(facts) < 2:
        return {}
    # Values that go together are equally frequent: compare how often each row's value comes up.
    often = np.array([_frequencies(cells[f.name]) for f in facts])
    some = often[:, :: max(1, often.shape[1] // GLANCE_ROWS)]
    alike = _like([f.distinct for f in facts])
    names = [f.name for f in facts]
    texts = np.array([f.kind == "text" for f in facts])
    likely: list[Pair] = []
    for later in range(1, len(facts)):
        same = (some[:later] == some[later]).mean(axis=1) >= SEEMINGLY_ALIKE
        same &= alike[later, :later] & (texts[:later] | texts[later])
        pairs = ((names[later], names[earlier]) for earlier in np.nonzero(same)[0])
        likely += islice((p for p in pairs if _matching(_counted(cells[p[0]], cells[p[1]]))), ROUNDS)
    return _confirmed(likely, lambda chosen: _going_together(engine, table, chosen))


def _frequencies(cells: Sequence[Any]) -> Floats:
    places: dict[Any, int] = {}
    codes = np.array([places.setdefault(cell, len(places)) for cell in cells])
    often: Floats = np.bincount(codes)[codes].astype(np.float64)
    return often


def _counted(later: Sequence[Any], earlier: Sequence[Any]) -> dict[tuple[Any, Any], int]:
    counts: dict[tuple[Any, Any], int] = {}
    for pair in zip(later, earlier, strict=True):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def _matching(counts: Mapping[tuple[Any, Any], int]) -> bool:
    """Whether counts of pairs of values show that each value goes with one value, both ways."""
    total = sum(counts.values())
    best: list[dict[Any, tuple[int, Any]]] = [{}, {}]
    for pair, n in counts.items():
        for side in (0, 1):
            mine, other = pair[side], pair[1 - side]
            best[side][mine] = max(best[side].get(mine, (0, "")), (n, str(other)))
    partners = {pair for pair, n in counts.items() if all(best[s][pair[s]][0] == n for s in (0, 1))}
    usual = max(counts, key=lambda pair: (counts[pair], str(pair)))
    together = sum(counts[pair] for pair in partners)
    unusual = total - counts[usual]
    off_usual = sum(counts[pair] for pair in partners if pair != usual)
    return len(partners) >= 2 and together >= NEARLY_ALL * total and off_usual >= OFF_THE_USUAL * unusual


def _going_together(engine: Engine, table: ibis.Table, pairs: Sequence[Pair]) -> dict[Pair, str]:
    reasons = {}
    for later, earlier in pairs:
        both = table.select(a=table[later], b=table[earlier])
        counted = rows(engine, both.group_by("a", "b").agg(n=ibis._.count()))
        if _matching({(row["a"], row["b"]): row["n"] for row in counted}):
            equal = all(row["a"] == row["b"] for row in counted)
            reasons[later, earlier] = f"equal to {earlier}" if equal else f"one-to-one with {earlier}"
    return reasons


def _confirmed(candidates: Iterable[Pair], confirm: Callable[[Sequence[Pair]], dict[Pair, str]]) -> dict[str, Copy]:
    """Ask about each later column's earliest candidate first; a few rounds, each with one question for all columns."""
    waiting: dict[str, list[str]] = {}
    for later, earlier in candidates:
        waiting.setdefault(later, []).append(earlier)
    found: dict[str, Copy] = {}
    for place in range(ROUNDS):
        asked = [(later, of[place]) for later, of in waiting.items() if later not in found and place < len(of)]
        if asked:
            found |= {later: Copy(later, of, reason) for (later, of), reason in confirm(asked).items()}
    return found
