"""segscope from Python: fit a customer file, look at the segments, score customers.

import segscope

study = segscope.fit("customers.csv", "my-study", segments=4)
for segment in study.segments:
    print(segment.name, segment.size, segment.sentence)
scored = segscope.load("my-study").score(frame)     # pandas, Polars or Arrow in, Arrow out
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from segscope.describing import describe
from segscope.engine import Engine, connect
from segscope.exporting import check_target
from segscope.intake import ROW, ReadOptions, read_frame
from segscope.recipe import Recipe, Transform
from segscope.scoring import Renames, Scoring, free_names, score_file, score_table
from segscope.segmentation import Segment
from segscope.sql import score_sql
from segscope.study import Choices, Fit, fit_source, open_study, read_card, read_fit
from segscope.study.customers import Source, make
from segscope.study.engines import engine_for, engine_to_read
from segscope.study.folder import engine_of, read_data
from segscope.study.lists import customer_list, wanted_filters, write_list


@dataclass(frozen=True)
class Study:
    """A fitted study in a folder."""

    folder: Path
    result: Fit

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments, from most to least valuable."""
        return self.result.segments

    @property
    def recipe(self) -> Recipe:
        """What was decided."""
        return self.result.recipe

    def describe(self) -> dict[str, Any]:
        """Everything that was found, as plain data (the JSON of ``segscope describe --json``)."""
        return describe(self.result)

    def score(self, frame: Any) -> pa.Table:
        """Place customers in segments.

        Parameters
        ----------
        frame : a pandas, Polars or Arrow table with the columns of the source that the features rest on

        Returns
        -------
        the table's own columns and rows in their order, with ``segment``, ``segment_probability``, ``second_segment``

        Raises
        ------
        ColumnError : when a needed column is missing, or holds something else than it did
        """
        segmentation = self.result.segmentation
        engine = connect()
        try:
            table, _ = read_frame(frame, engine, "frame")
            scores = score_table(engine, table, segmentation, "The table")
            kept = [c for c in table.columns if c != ROW]
            names = free_names(kept)
            joined = table.left_join(scores, ROW).order_by(ROW)
            return engine.fetch(joined.select(*kept, **{n: joined[f"__{i}"] for i, n in enumerate(names)}))
        finally:
            engine.close()

    def score_file(
        self,
        source: str | Path,
        target: str | Path,
        reading: ReadOptions | None = None,
        progress: Callable[[str, float], None] = lambda _stage, _share: None,
        renames: Renames | None = None,
        here: bool = False,
    ) -> Scoring:
        """Score every row of a file and write it; compare its customers with those of the fit.

        Parameters
        ----------
        here : the embedded engine reads it, whatever the study's is: a file that a cluster does not see
        progress : told what is done, and the part that is done, 0 to 1
        renames : columns of the file, and the study's column that each stands for, such as ``{"spent": "spend"}``

        Raises
        ------
        SegscopeError : when the source cannot be read, lacks a column, or the target cannot be written
        """
        engine = connect() if here else engine_for(0, engine_to_read(source) or self._place)
        elsewhere = engine_for(0, self._place) if here and self._place else None
        return score_file(
            self.result.segmentation,
            source,
            Path(target),
            reading,
            self._customers,
            progress,
            engine,
            renames,
            elsewhere,
        )

    @property
    def _place(self) -> str:
        """The engine that the study's data need."""
        return engine_of(self.folder, read_card(self.folder))

    def _customers(self, engine: Engine) -> ibis.Table:
        """The typed customers of the fit, before cleaning."""
        source = read_data(self.folder, read_card(self.folder), engine, "source")
        return make(engine, Source(source, ()), self.recipe).table if self.recipe.log else source

    def sql(self, dialect: str = "duckdb", table: str = "customers") -> str:
        """The segmentation as one SQL statement over a table with the raw columns (see segscope.sql.score_sql).

        Raises
        ------
        RecipeError : for a dialect that is not known
        """
        engine = engine_for(0, self._place)
        try:
            return score_sql(self.result.segmentation, self._customers(engine).schema(), dialect, table)
        finally:
            engine.close()

    def export(
        self,
        target: str | Path,
        segment: str | None = None,
        audience: str | None = None,
        columns: Sequence[str] | None = None,
        reason: bool = False,
    ) -> int:
        """Write a list of the study's customers; return how many.

        Identifier, ``segment``, ``segment_probability``, ``second_segment``, then columns, in the order of the source.

        Parameters
        ----------
        target : the file: .csv, .tsv, .parquet or .xlsx
        segment : only this segment, by name or id
        audience : only this saved audience
        columns : which columns follow; None takes all of the source but personal and sensitive ones
        reason : whether to say why each customer is in its segment, such as "Total spend 1250, above everyone's 606"

        Raises
        ------
        SegscopeError : for a name that the study does not have, or a file that cannot be written
        """
        check_target(Path(target))
        live = open_study(self.folder)
        try:
            return write_list(
                customer_list(live, wanted_filters(live, segment, audience), columns, reason), Path(target)
            )
        finally:
            live.engine.close()


def fit(
    source: Any,
    folder: str | Path,
    segments: int | None = None,
    features: tuple[str, ...] | None = None,
    transform: Transform = "auto",
    seed: int = 0,
    reading: ReadOptions | None = None,
    quick: bool = False,
) -> Study:
    """Fit a customer file, or a log of transactions, and write the study.

    Parameters
    ----------
    source : a file, the address of a database, or a pandas, Polars or Arrow table
    folder : where the study goes; new, empty, or a study already
    segments : 1 to 12; None lets the evidence choose
    features : columns to cluster on; None takes the proposal
    transform : "auto", or "none" to standardise only
    seed : of every random draw, 0 to 4294967295
    reading : what you know of the source, such as ``ReadOptions(table="customers")``
    quick : leave it at a first look at the evidence, in place of all criteria at their full number of resamples

    Raises
    ------
    SegscopeError : with what is wrong, where, and what to do
    """
    found = fit_source(
        source, Path(folder), Choices(segments, features, transform, seed), reading=reading, thorough=not quick
    )
    return Study(Path(folder), found)


def load(folder: str | Path) -> Study:
    """Open a study that was fitted before; a StudyError says what is wrong with a folder that holds none."""
    place = Path(folder)
    return Study(place, read_fit(place, read_card(place)))
