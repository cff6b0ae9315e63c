"""Lloyd passes over all customers inside the engine, until the centres stand still."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segscope.clustering.assign import Centres, Shape, nearest
from segscope.engine import Engine, exact_sum, fixed_point_scale, one, rows


@dataclass(frozen=True)
class Refined:
    """Centres that stand still on all customers.

    Attributes
    ----------
    centres : k rows of p numbers in model space, in lexicographic order
    sizes : customers in each segment
    wcss : within-cluster sum of squared distances over all customers
    passes : how many passes over the data it took
    moved : how far (Euclidean) the farthest-moving centre moved in the last pass; 0.0 is a standstill
    """

    centres: tuple[tuple[float, ...], ...]
    sizes: tuple[int, ...]
    wcss: float
    passes: int
    moved: float


@dataclass(frozen=True)
class _Pass:
    centres: tuple[tuple[float, ...], ...]
    sizes: tuple[int, ...]
    wcss: float


def refine(
    engine: Engine, model: ibis.Table, columns: Sequence[str], centres: Centres, max_passes: int = 50
) -> Refined:
    """Move centres to the means of their customers until none moves. Each pass is one aggregate query.

    Sums are taken in fixed point, so the centres have the same bits whatever the order of rows, the number of threads
    or the engine. A segment that loses all customers keeps its centre. Store the model table first when it is costly
    to compute: each pass reads it once.

    Parameters
    ----------
    model : table with the model-space columns (no blanks), at least one row
    columns : names of the p model-space columns
    centres : k rows of p numbers to begin with
    max_passes : at least 1; sizes and WCSS belong to the centres that are returned either way

    >>> import pyarrow as pa
    >>> from segscope.engine import connect
    >>> engine = connect()
    >>> table = engine.store("t", pa.table({"x": [0.0, 1.0, 9.0, 10.0]}))
    >>> refine(engine, table, ["x"], [[0.0], [1.0]])
    Refined(centres=((0.5,), (9.5,)), sizes=(2, 2), wcss=1.0, passes=3, moved=0.0)
    """
    low_high = {f"{end}{i}": getattr(model[c], end)() for i, c in enumerate(columns) for end in ("min", "max")}
    whole = one(engine, model.aggregate(n=model.count(), **low_high))
    ends = [(float(whole[f"min{i}"]), float(whole[f"max{i}"])) for i in range(len(columns))]
    count = int(whole["n"])
    scales = [fixed_point_scale(max(abs(low), abs(high)), count) for low, high in ends]
    # The centres lie among the customers, so no squared distance exceeds the diagonal.
    reach = [
        max(high, *(c[i] for c in centres)) - min(low, *(c[i] for c in centres)) for i, (low, high) in enumerate(ends)
    ]
    wcss_scale = fixed_point_scale(1.0001 * sum(r * r for r in reach), count)

    current = tuple(sorted(tuple(float(v) for v in c) for c in centres))
    moved, passes = 0.0, 0
    while True:
        assigned = nearest(model.select(*columns), columns, current)
        found = _pass_over(engine, assigned, columns, current, scales, assigned.distance2, wcss_scale)
        passes += 1
        moved = max(_distance(a, b) for a, b in zip(current, found.centres, strict=True))
        if moved == 0.0 or passes >= max_passes:
            break
        current = tuple(sorted(found.centres))
    return Refined(current, found.sizes, found.wcss, passes, moved)


def measure(
    engine: Engine, model: ibis.Table, columns: Sequence[str], centres: Centres, shapes: Sequence[Shape] = ()
) -> Refined:
    """Count the customers of given segments, and their WCSS, without moving a centre: two queries.

    The WCSS is that around the means of the customers, which in a mixture are not quite the centres.

    >>> import pyarrow as pa
    >>> from segscope.engine import connect
    >>> engine = connect()
    >>> table = engine.store("t", pa.table({"x": [0.0, 1.0, 9.0, 10.0]}))
    >>> found = measure(engine, table, ["x"], [[0.0], [8.0]])
    >>> found.centres, found.sizes, found.wcss
    (((0.0,), (8.0,)), (2, 2), 1.0)
    """
    given = tuple(tuple(float(v) for v in c) for c in centres)
    return measure_groups(engine, nearest(model, columns, given, shapes), columns, given)


def measure_groups(
    engine: Engine, grouped: ibis.Table, columns: Sequence[str], centres: tuple[tuple[float, ...], ...]
) -> Refined:
    """Count customers who are in segments already, and their WCSS around the means, in two queries.

    Parameters
    ----------
    grouped : model-space columns, and ``segment``, the place of each customer's segment
    centres : k rows of p numbers, kept as they are

    >>> import pyarrow as pa
    >>> from segscope.engine import connect
    >>> engine = connect()
    >>> table = engine.store("t", pa.table({"x": [0.0, 1.0, 9.0], "segment": [1, 1, 0]}))
    >>> found = measure_groups(engine, table, ["x"], ((9.0,), (0.5,)))
    >>> found.sizes, found.wcss
    ((1, 2), 0.5)
    """
    whole = one(
        engine, grouped.aggregate(n=grouped.count(), **{f"m{i}": grouped[c].abs().max() for i, c in enumerate(columns)})
    )
    count = int(whole["n"])
    largest = [float(whole[f"m{i}"]) for i in range(len(columns))]
    scales = [fixed_point_scale(m, count) for m in largest]
    squares = fixed_point_scale(1.0001 * sum(m * m for m in largest), count)
    norm2 = sum((grouped[c] * grouped[c] for c in columns), start=ibis.literal(0.0))
    table = grouped.select("segment", *columns, __norm2=norm2)
    found = _pass_over(engine, table, columns, centres, scales, table["__norm2"], squares)
    # The squares around a mean are those around 0, less as often the mean's own.
    around = sum(n * sum(v * v for v in mean) for n, mean in zip(found.sizes, found.centres, strict=True))
    return Refined(centres, found.sizes, max(found.wcss - around, 0.0), 0, 0.0)


def _pass_over(
    engine: Engine,
    assigned: ibis.Table,
    columns: Sequence[str],
    centres: tuple[tuple[float, ...], ...],
    scales: Sequence[float],
    square: ir.FloatingValue,
    wcss_scale: float,
) -> _Pass:
    found = rows(
        engine,
        assigned.group_by("segment").aggregate(
            n=assigned.count(),
            w=exact_sum(square, wcss_scale),
            **{f"s{i}": exact_sum(assigned[c], scales[i]) for i, c in enumerate(columns)},
        ),
    )
    means, sizes, wcss = list(centres), [0] * len(centres), 0
    for row in found:
        segment, n = int(row["segment"]), int(row["n"])
        sizes[segment] = n
        wcss += int(row["w"])
        means[segment] = tuple(int(row[f"s{i}"]) / scales[i] / n for i in range(len(columns)))
    return _Pass(tuple(means), tuple(sizes), wcss / wcss_scale)


def _distance(a: Sequence[float], b: Sequence[float]) -> float:
    return float(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5)
