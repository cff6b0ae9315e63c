"""Scoring files and tables: every row in its place, with its segment, the probability of it, and the second segment."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from segscope.engine import Engine, connect, distributed, one
from segscope.exporting import check_target, write_rows
from segscope.intake import ROW, IntakeReport, ReadOptions, read, read_frame, read_text
from segscope.intake.database import is_server
from segscope.intake.files import look
from segscope.recipe import Role
from segscope.scoring.columns import Renames, as_read, check_log_columns, found_names, log_columns, remarks_on, renamed
from segscope.scoring.drift import Drift, Seen, drift, see, sum_of, tenths
from segscope.scoring.readable import check_readable
from segscope.segmentation import (
    SECOND,
    SEGMENT,
    STRENGTH,
    Segmentation,
    assign,
    carried,
    check_columns,
    named_by,
    to_customers,
    without_unneeded,
)
from segscope.transactions import customers_of

APPENDED = ("segment", "segment_probability", "second_segment")
ROWS_AT_ONCE = 500_000
TEXT_FORMATS = {"delimited text"}


@dataclass(frozen=True)
class Scoring:
    """What scoring a source came to.

    Attributes
    ----------
    rows : how many were written
    drift : how its customers differ from those of the fit; None where that was not compared
    remarks : what became of columns that count: cells that could not be read, and two of one name
    """

    rows: int
    drift: Drift | None = None
    remarks: tuple[str, ...] = ()


Look = Callable[[Engine, ibis.Table], None]
Progress = Callable[[str, float], None]


def score_file(
    segmentation: Segmentation,
    source: str | Path,
    target: Path,
    reading: ReadOptions | None = None,
    fitted: Callable[[Engine], ibis.Table] | None = None,
    progress: Progress = lambda _stage, _share: None,
    engine: Engine | None = None,
    renames: Renames | None = None,
    fitted_on: Engine | None = None,
) -> Scoring:
    """Score every row of a source and write it with ``segment``, ``segment_probability`` and ``second_segment``.

    The source's own columns and the order of its rows stay; cells of a text file stay as they stand in it. In a log
    each row has the segment of its customer; rows that no customer was made of have none. Parquet goes to Parquet in
    bounded memory.

    Parameters
    ----------
    source : file or address, of customers or of transactions as the study's were
    reading : what the user knows of the source
    fitted : gives the typed customers of the fit, to which those scored are compared; None compares nothing
    progress : told what is done, and the part that is done, 0 to 1
    engine : computes, and is closed; None takes the embedded one. One that reads sources itself writes Parquet as a
        folder of files
    renames : columns of the source, and the study's column that each stands for; what is written keeps their names
    fitted_on : has the customers of the fit, where ``engine`` does not, and is closed

    Raises
    ------
    MissingColumnsError : says which columns are not there
    """
    check_target(target)
    renames = renames or {}
    engine = engine or connect()
    try:
        progress("Looking at the customers of the fit", 0.02)
        there = fitted_on or engine
        compare = _Comparison(there, segmentation, fitted(there)) if fitted else None
        look_at = compare.look_at if compare else None
        if distributed(engine) is None and reading is None and _streams(source, target, segmentation):
            rows, remarks = _score_parquet(engine, segmentation, Path(source), target, look_at, progress, renames)
        else:
            rows, remarks = _score_stored(engine, segmentation, source, target, reading, look_at, progress, renames)
        return Scoring(rows, compare.drift() if compare else None, remarks)
    finally:
        engine.close()
        if fitted_on:
            fitted_on.close()


class _Comparison:
    """Counts customers part by part, against those of the fit."""

    def __init__(self, engine: Engine, segmentation: Segmentation, fitted: ibis.Table) -> None:
        self._segmentation = segmentation
        self._edges = tenths(engine, fitted, segmentation)
        self._before = see(engine, fitted, segmentation, self._edges)
        self._seen: list[Seen] = []

    def look_at(self, engine: Engine, customers: ibis.Table) -> None:
        self._seen.append(see(engine, customers, self._segmentation, self._edges))

    def drift(self) -> Drift:
        return drift(self._before, sum_of(self._seen), self._segmentation)


def _streams(source: str | Path, target: Path, segmentation: Segmentation) -> bool:
    """Whether a source can be scored part by part: a Parquet file of customers that becomes another."""
    if segmentation.recipe.log or target.suffix.lower() != ".parquet" or is_server(source):
        return False
    found = look(source)
    return found.format == "parquet" and not found.compression and found.path.is_file()


def _score_parquet(
    engine: Engine,
    segmentation: Segmentation,
    source: Path,
    target: Path,
    look_at: Look | None,
    progress: Progress,
    renames: Renames,
) -> tuple[int, tuple[str, ...]]:
    try:
        file = pq.ParquetFile(look(source).path)
    except (pa.ArrowException, OSError):
        read(source, engine, "typed")  # says what is wrong with it
        raise
    with file:
        own = file.schema_arrow
        # Names that intake changes, and a column that is missing, are its business.
        known = {*own.names, *renames.values()}
        plain = len(set(own.names)) == len(own.names) and set(segmentation.needed) <= known
        if not file.metadata.num_rows or not plain:
            return _score_stored(engine, segmentation, source, target, None, look_at, progress, renames)
        others = as_read(renames, own.names, segmentation, source.name)
        # Who is pinned is told by the identifier.
        wanted = list(dict.fromkeys([*segmentation.needed, *named_by(segmentation, [*known])]))
        found_in = [others.get(name, name) for name in wanted]
        kinds = [pa.string(), pa.float64(), pa.string()]
        added = [pa.field(n, kind) for n, kind in zip(free_names(own.names), kinds, strict=True)]
        schema = pa.schema([*own, *added])

        def batches() -> Iterator[pa.RecordBatch]:
            for i, batch in enumerate(file.iter_batches(ROWS_AT_ONCE)):
                progress("Scoring", 0.1 + 0.9 * min(1.0, i * ROWS_AT_ONCE / file.metadata.num_rows))
                part = read_frame(batch.select(found_in).rename_columns(wanted), engine, "typed")[0]
                scores = score_table(engine, part, segmentation, source.name, look_at, whole=False)
                found = engine.fetch(scores.order_by(ROW).drop(ROW)).combine_chunks().to_batches()[0]
                yield pa.RecordBatch.from_arrays([*batch.columns, *found.columns], schema=schema)

        return write_rows(batches(), schema, target), ()


def _score_stored(
    engine: Engine,
    segmentation: Segmentation,
    source: str | Path,
    target: Path,
    reading: ReadOptions | None,
    look_at: Look | None,
    progress: Progress,
    renames: Renames,
) -> tuple[int, tuple[str, ...]]:
    progress("Reading the file", 0.1)
    typed, report = read(source, engine, "typed", reading)
    progress("Scoring", 0.5)
    own_columns = as_read(found_names(renames, report), typed.columns, segmentation, report.source)
    scores = score_table(engine, renamed(typed, own_columns), segmentation, report.source, look_at)
    log = segmentation.recipe.log
    counting = {own_columns.get(name, name) for name in (*segmentation.needed, *(log_columns(log) if log else ()))}
    remarks = remarks_on(report, [c for c in typed.columns if c in counting])
    progress("Writing", 0.8)
    own = typed
    if report.format in TEXT_FORMATS and distributed(engine) is None:
        text = read_text(source, engine, "text", reading)[0]
        own = text if ROW in text.columns else text.mutate(**{ROW: ibis.row_number()})
    wanted = own.left_join(scores, ROW).order_by(ROW).drop(ROW, f"{ROW}_right")
    if (lake := distributed(engine)) and target.suffix.lower() == ".parquet":
        names = _as_found(wanted.columns[: -len(APPENDED)], report)
        names += free_names(names)
        found = wanted.select(**dict(zip(names, (wanted[c] for c in wanted.columns), strict=True)))
        return lake.write_folder(found, target), remarks
    found = engine.fetch(wanted.limit(0)).schema
    names = _as_found(found.names[: -len(APPENDED)], report)
    names += free_names(names)
    schema = pa.schema([field.with_name(name) for field, name in zip(found, names, strict=True)])
    return write_rows((b.rename_columns(names) for b in engine.batches(wanted)), schema, target), remarks


def score_table(
    engine: Engine,
    typed: ibis.Table,
    segmentation: Segmentation,
    where: str,
    look_at: Look | None = None,
    whole: bool = True,
) -> ibis.Table:
    """Score a typed source, of customers or of transactions; stored by ROW (see :func:`scored`).

    ``look_at`` is shown the typed customers; ``whole`` says whether these are all rows of the source.
    """
    log, as_of = segmentation.recipe.log, segmentation.recipe.as_of
    if log is None or as_of is None or _has_customers(typed, segmentation):
        typed = _with_kinds(engine, typed, segmentation)
        if set(segmentation.needed) <= set(typed.columns):  # what is missing is said first
            check_readable(engine, typed, segmentation, where, whole)
        check_columns(typed, segmentation, where)
        if look_at:
            look_at(engine, typed)
        return engine.store("scores", scored(typed, segmentation))
    check_log_columns(typed.columns, log, where)
    customers = customers_of(engine, typed, log, as_of, "scored_customers")[0]
    check_columns(customers, segmentation, where)
    if look_at:
        look_at(engine, customers)
    found = engine.store("scores_of_customers", scored(customers, segmentation))
    named = found.join(customers.select(ROW, __customer=customers[log.customer]), ROW).drop(ROW)
    rows = typed.select(ROW, __customer=typed[log.customer])
    return engine.store("scores", rows.join(named, "__customer").select(ROW, "__0", "__1", "__2"))


def _has_customers(typed: ibis.Table, segmentation: Segmentation) -> bool:
    """Whether a source for a log's study brings its customers ready made."""
    return all(name in typed.columns for name in segmentation.needed)


def _with_kinds(engine: Engine, source: ibis.Table, segmentation: Segmentation) -> ibis.Table:
    """A column without a single value has no kind of its own: it takes the one that the segmentation needs."""
    texts = [c for c in segmentation.needed if c in source.columns and source[c].type().is_string()]
    if not texts:
        return source
    known = one(engine, source.agg(**{f"n{i}": source[c].count() for i, c in enumerate(texts)}))
    roles = {c.column: c.role for c in segmentation.recipe.columns}
    blank = [c for i, c in enumerate(texts) if not known[f"n{i}"]]
    return source.mutate(**{c: ibis.null("date" if roles[c] is Role.DATE else "float64") for c in blank})


def _as_found(names: Sequence[str], report: IntakeReport) -> list[str]:
    """Names of columns as they stand in the source, unless one is empty or stands there twice."""
    found = {c.name: c.found_name for c in report.columns}
    written = [found.get(name, name) for name in names]
    return [w if w.strip() and written.count(w) == 1 else name for name, w in zip(names, written, strict=True)]


def scored(source: ibis.Table, segmentation: Segmentation) -> ibis.Table:
    """Segment, its probability and the second segment of every row of a typed source, as an expression by ROW."""
    customers = to_customers(source, without_unneeded(segmentation.recipe))
    found = assign(customers.select(ROW, *carried(segmentation, source)), segmentation)
    return found.select(
        ROW,
        __0=segment_name(found[SEGMENT], segmentation),
        __1=found[STRENGTH].round(6),
        __2=segment_name(found[SECOND], segmentation),
    )


def segment_name(place: ibis.expr.types.IntegerValue, segmentation: Segmentation) -> ibis.expr.types.StringValue:
    """The name of a segment by its place, as an expression."""
    cases = [(place == i, s.name) for i, s in enumerate(segmentation.segments)]
    return ibis.cases(*cases, else_=ibis.null("string"))


def free_names(taken: Sequence[str], wanted: Sequence[str] = APPENDED) -> tuple[str, ...]:
    """Names of the appended columns; a number follows where the source has a column of that name.

    >>> free_names(["Segment", "Income"])
    ('segment_2', 'segment_probability', 'second_segment')
    """
    lower = {name.lower() for name in taken}
    found = []
    for name in wanted:
        options = [name, *(f"{name}_{n}" for n in range(2, len(taken) + 3))]
        found.append(next(o for o in options if o not in lower))
    return tuple(found)
