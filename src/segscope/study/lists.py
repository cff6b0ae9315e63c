"""Lists of customers: a selection, an audience or a segment, as rows to take elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import pyarrow as pa

from segscope.engine import distributed, one
from segscope.errors import ColumnError, did_you_mean
from segscope.exploring import Choice, Filters, count_customers, select
from segscope.exporting import check_size, check_target, write_rows
from segscope.intake import ROW
from segscope.pushing import reason as why
from segscope.pushing import with_pushes
from segscope.recipe import Role
from segscope.scoring import free_names, segment_name
from segscope.scoring.files import APPENDED
from segscope.segmentation import SECOND, SEGMENT, STRENGTH, by_name
from segscope.study.audiences import conditions, find_audience, read_audiences
from segscope.study.browsing import View, listed, searched
from segscope.study.fitting import Fit
from segscope.study.live import SEGMENT_VARIABLE, LiveStudy
from segscope.unusual import Quartiles, bounds, mark, unusual_rows

BLOCK_ROWS = 200_000
STRENGTH_DIGITS = 6
REASON = "reason"
LIST = "__list"


@dataclass(frozen=True, eq=False)
class CustomerList:
    """Customers to export: identifier, segment, its probability, second segment, a reason, then columns of the study.

    Attributes
    ----------
    rows : not yet computed, with ROW; in the order of the source once they are streamed
    names : of the columns, in order
    count : how many customers
    order : ROW of each in the order that they are written in, where that is not the source's: a few hundred
    """

    live: LiveStudy
    rows: ibis.Table
    names: tuple[str, ...]
    count: int
    order: tuple[int, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        return self._fetch(self._list.limit(0)).schema

    @property
    def in_order(self) -> ibis.Table:
        """The rows in the order of the source, not yet computed."""
        return self.rows.order_by(ROW).select(**{name: ibis._[f"__{i}"] for i, name in enumerate(self.names)})

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in their order, block by block: only a block is in memory, and sorted."""
        if self.order:
            found = self.live.engine.fetch(self.rows)
            places = {row: i for i, row in enumerate(found[ROW].to_pylist())}
            yield from self._named(found.take([places[row] for row in self.order])).to_batches()
            return
        last = one(self.live.engine, self.live.customers.agg(last=self.live.customers[ROW].max()))["last"]
        row = self._list[ROW]
        for start in range(0, (last or 0) + 1, BLOCK_ROWS):
            block = self._list.filter((row >= start) & (row < start + BLOCK_ROWS))
            yield from self._fetch(block.order_by(ROW)).to_batches()

    @property
    def _list(self) -> ibis.Table:
        """The rows by a name, so that what they are computed by is compiled once and not for every block."""
        return ibis.table(self.rows.schema(), name=LIST)

    def _fetch(self, rows: ibis.Table) -> pa.Table:
        return self._named(self.live.engine.fetch(rows, {LIST: self.rows}))

    def _named(self, found: pa.Table) -> pa.Table:
        return found.select([f"__{i}" for i in range(len(self.names))]).rename_columns(self.names)


def list_columns(live: LiveStudy, personal: bool = False) -> tuple[str, ...]:
    """The source's columns that a list holds unless told otherwise: all but personal and sensitive ones."""
    return tuple(
        c.column
        for c in live.recipe.columns
        if c.column != live.recipe.identifier and (personal or (c.role is not Role.PERSONAL and not c.sensitive))
    )


def customer_list(
    live: LiveStudy,
    filters: Filters,
    columns: Sequence[str] | None = None,
    reason: bool = False,
    search: str = "",
    view: View = "all",
) -> CustomerList:
    """List the customers that pass every filter, in the order of the source.

    Parameters
    ----------
    columns : columns of the source, or derived ones; None takes those of the source but personal and sensitive ones
    reason : whether to say why each is in its segment, after the second segment (see segscope.pushing.reason)
    search : those whose identifier begins so
    view : the most typical or most borderline alone, in that order (see segscope.study.browsing)

    Raises
    ------
    ColumnError : for a column that the study does not have
    """
    wanted = list(dict.fromkeys(list_columns(live) if columns is None else columns))
    known = [c.column for c in live.recipe.columns] + [d.name for d in live.recipe.derived]
    for name in wanted:
        if name not in known:
            raise ColumnError(f"There is no column {name!r:.80} to export.{did_you_mean(name, known)}")
    identifier = live.recipe.identifier
    first = [identifier] if identifier else []
    rest = [name for name in wanted if name != identifier]
    chosen = searched(live, select(live.customers, filters, live.variables), search)
    order: tuple[int, ...] = ()
    if view != "all":
        order = listed(live, chosen, view)
        chosen = chosen.filter(chosen[ROW].isin(order))
    count = len(order) if view != "all" else count_customers(live.engine, chosen)
    segmentation = live.fit.segmentation
    added: list[ibis.Value] = []
    if reason:
        chosen = with_pushes(chosen, segmentation)
        added = [why(chosen, segmentation, live.fit.profiles.everybody.numbers)]
    values = [
        *(chosen[name] for name in first),
        segment_name(chosen[SEGMENT], segmentation),
        chosen[STRENGTH].round(STRENGTH_DIGITS),
        segment_name(chosen[SECOND], segmentation),
        *added,
        *(chosen[name] for name in rest),
    ]
    rows = chosen.select(ROW, **{f"__{i}": value for i, value in enumerate(values)})
    own = free_names([*first, *rest], (*APPENDED, REASON) if reason else APPENDED)
    return CustomerList(live, rows, (*first, *own, *rest), count, order)


@dataclass(frozen=True, eq=False)
class UnusualList:
    """All unusual customers, the farthest first: who, in which segment, how far and why, then the features."""

    live: LiveStudy
    rows: ibis.Table

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        return self.live.engine.fetch(self.rows.limit(0)).schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, block by block."""
        yield from self.live.engine.batches(self.rows)


def unusual_list(live: LiveStudy) -> UnusualList:
    """List the unusual customers."""
    quarters, segmentation = feature_quarters(live.fit), live.fit.segmentation
    marked = mark(live.customers, segmentation, quarters)
    limits = bounds(segmentation.preparation, quarters)
    return UnusualList(live, unusual_rows(marked, live.recipe, limits, [s.name for s in live.fit.segments]))


def feature_quarters(fit: Fit) -> Quartiles:
    """The quartiles of the measured features among all customers."""
    numbers = fit.profiles.everybody.numbers
    return {f: (numbers[f].quarter, numbers[f].three_quarters) for f in fit.recipe.measured_features}


def wanted_filters(live: LiveStudy, segment: str | None = None, audience: str | None = None) -> Filters:
    """The filters of a segment (by name or id), an audience, or both at once; none for everybody.

    Raises
    ------
    StudyError : for a name that the study does not have
    """
    filters: Filters = ()
    if audience is not None:
        filters = conditions(find_audience(read_audiences(live.folder), audience), live.variables)
    if segment is not None:
        filters += (Choice(SEGMENT_VARIABLE, (by_name(live.fit.segments, segment).id,)),)
    return filters


def write_list(found: CustomerList, target: Path) -> int:
    """Write a list to a .csv, .tsv, .parquet or .xlsx file; return how many customers.

    Raises
    ------
    SourceError : when the file cannot be written, or Excel cannot hold so many; nothing is written then
    """
    check_target(target)
    check_size(target.suffix.lower(), found.count, len(found.names))
    if (lake := distributed(found.live.engine)) and target.suffix.lower() == ".parquet":
        return lake.write_folder(found.in_order, target)
    return write_rows(found.batches(), found.schema, target)
