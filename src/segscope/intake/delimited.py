"""Delimited text to a table of texts: by the engine's own reader where the file is regular, by ours where it is not."""

import re
from dataclasses import dataclass
from itertools import islice

import ibis

from segscope.engine import DelimitedForm, Engine, rows
from segscope.errors import SourceError
from segscope.intake.files import Content
from segscope.intake.fitting import Fit, Tally, column_kinds, store_records
from segscope.intake.layout import Layout, could_be_names, find_layout, table_width
from segscope.intake.parse import LINE_END, NEWLINE, Dialect, records, split_lines
from segscope.intake.progress import Progress, open_watched, part, passing
from segscope.intake.report import SPACES, ReadOptions, Repair
from segscope.intake.sniff import NO_DELIMITER, guess_dialect
from segscope.intake.strays import Strays
from segscope.intake.survey import Text

MAX_COLUMNS = 10_000
SAMPLE_RECORDS = 2_000
STRICT_FROM_BYTES = 2 * 2**20
CHECKED_ROWS = 500
LONGEST_DELIMITER = 4
STRICT_BYTES_A_SECOND = 1.5e8
READING = "Reading rows"


@dataclass(frozen=True)
class TextTable:
    """A stored table of texts, and how it was read."""

    table: ibis.Table
    found_names: tuple[str, ...]
    format: str = "delimited text"
    repairs: tuple[Repair, ...] = ()
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    escape: str = ""
    header_rows: int = 0
    skip_rows: int = 0
    compression: str = ""
    sheet: str = ""


def read_delimited(
    text: Text, content: Content, engine: Engine, name: str, told: ReadOptions, progress: Progress
) -> TextTable:
    """Read a delimited text of any dialect; every cell arrives as the text that stands in the file."""
    lines, ends = _lines(text, LINE_END), ""
    guess = guess_dialect(lines, told)
    if text.survey.mixed_ends:
        # A lone carriage return ends a line, or stands within a cell: whichever makes the better table.
        others = _lines(text, NEWLINE)
        other = guess_dialect(others, told)
        if other.score > guess.score and other.width <= guess.width:
            lines, ends, guess = others, "\n", other
    found = list(islice(records(lines, guess.dialect, guess.width), SAMPLE_RECORDS))
    sample = list(_strays(guess.dialect, found).mended(found))
    layout = find_layout(sample, told)
    if layout.width > MAX_COLUMNS:
        raise SourceError(f"{content.name} has {layout.width:,} columns; at most {MAX_COLUMNS:,} can be read.")
    dialect, tally, strays = guess.dialect, Tally(), _strays(guess.dialect, found)
    with passing(part(progress, 0.0, 0.5), READING, text.survey.size / STRICT_BYTES_A_SECOND):
        table = _strict(text, engine, name, dialect, layout, sample)
    if table is None:
        with open_watched(text.path, part(progress, 0.5, 1.0), READING, ends) as file:
            feed = strays.mended(records(file, dialect, layout.width, tally.damage))
            table = store_records(engine, name, feed, layout, sample, dialect.delimiter, tally)
    else:
        tally.blank = text.survey.blank_lines
    before = [dialect.delimiter.join(record) for record in sample[: layout.skip] if record]
    table, found_names, dropped = _without_empty_edges(engine, name, table, layout)
    return TextTable(
        table,
        found_names,
        repairs=(*tally.repairs(before), *strays.repairs, *dropped, *text.repairs),
        encoding=text.encoding.removesuffix("-sig"),
        delimiter="" if dialect.delimiter == NO_DELIMITER else dialect.delimiter,
        quote=dialect.quote,
        escape=dialect.escape,
        header_rows=layout.header_rows,
        skip_rows=layout.skip,
        compression=content.compression,
    )


def _strays(dialect: Dialect, sample: list[list[str]]) -> Strays:
    width = table_width(sample)
    # The first record of that width may hold names, and tells nothing about values.
    body = [record for record in sample if len(record) == width][1:]
    fit = Fit(width, dialect.delimiter, column_kinds(body, width))
    valued = True in fit.kinds
    return Strays(dialect, width, lambda cells: valued and not fit.misfits(cells), could_be_names)


def _lines(text: Text, ends: re.Pattern[str]) -> list[str]:
    """The lines of the head, without one that may be cut."""
    lines = split_lines(text.head, ends)
    return lines if text.whole else lines[:-1] or lines


def _strict(
    text: Text, engine: Engine, name: str, dialect: Dialect, layout: Layout, sample: list[list[str]]
) -> ibis.Table | None:
    """Let the engine read a regular file; None where it is not, or where the engine reads it otherwise than we do."""
    if (
        text.survey.size < STRICT_FROM_BYTES
        or dialect.escape
        or dialect.delimiter == SPACES
        or len(dialect.delimiter.encode()) > LONGEST_DELIMITER
        or text.survey.mixed_ends
        or set("*?[") & set(str(text.path))
    ):
        return None
    form = DelimitedForm(dialect.delimiter, dialect.quote, layout.first)
    table = engine.store_delimited(name, text.path, layout.names, form)
    if table is None:
        return None
    ours = [record for record in sample[layout.first :] if record][:CHECKED_ROWS]
    theirs = [list(row.values()) for row in rows(engine, table.limit(len(ours)))]
    return table if ours == theirs else None


def _without_empty_edges(
    engine: Engine, name: str, table: ibis.Table, layout: Layout
) -> tuple[ibis.Table, tuple[str, ...], tuple[Repair, ...]]:
    """Drop columns without name and values at the left and right edge: lines that begin or end with a delimiter."""
    if layout.width < 2:
        return table, layout.found_names, ()
    edges = {0: "begin", layout.width - 1: "end"}
    nameless = {i: word for i, word in edges.items() if not layout.found_names[i].strip()}
    if not nameless:
        return table, layout.found_names, ()
    filled = {layout.names[i]: (table[layout.names[i]].strip() != "").any() for i in nameless}
    found = rows(engine, table.aggregate(**filled))[0]
    empty = [i for i in nameless if not found[layout.names[i]]]
    if not empty or len(empty) == layout.width:
        return table, layout.found_names, ()
    kept = [i for i in range(layout.width) if i not in empty]
    slim = engine.store(name, table.select(*(layout.names[i] for i in kept)))
    told = tuple(Repair("empty column dropped", 1, f"all lines {edges[i]} with a delimiter") for i in empty)
    return slim, tuple(layout.found_names[i] for i in kept), told
