"""What intake was asked and what it did: the options of a reading and its report, both frozen."""

from dataclasses import dataclass
from typing import Literal

ROW = "__row"
"""The column that holds each record's place in the source, from 0. It stays in the typed table."""

SPACES = "spaces"
"""The delimiter of a file whose fields stand apart by runs of blanks."""

Kind = Literal["integer", "number", "date", "datetime", "boolean", "text"]
KINDS: tuple[Kind, ...] = ("integer", "number", "date", "datetime", "boolean", "text")


@dataclass(frozen=True)
class ReadOptions:
    """What the user knows better than intake guesses. None leaves the guess.

    Attributes
    ----------
    encoding : name of the encoding, such as "utf-8" or "cp1252"
    delimiter : text between two fields; "spaces" for runs of blanks
    quote : character around cells that hold a delimiter; "" for none
    escape : character before a quote inside a quoted cell; "" where quotes are doubled
    header_rows : number of lines that hold names; 0 for none
    skip_rows : number of lines before the header (or the first customer) that are no part of the table
    sheet : name of the sheet of a workbook
    table : name of the table of a database
    query : SELECT statement for a database, in place of a table
    decimal : "." or ",", for columns whose values leave both possible
    day_first : order of dates, for columns whose values leave both possible
    types : pairs of a column's name and its kind ("integer", "number", "date", "datetime", "boolean", "text")
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    header_rows: int | None = None
    skip_rows: int | None = None
    sheet: str | None = None
    table: str | None = None
    query: str | None = None
    decimal: str | None = None
    day_first: bool | None = None
    types: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Repair:
    """One thing that was mended or set aside on the way, how often, and an example or a reason."""

    action: str
    count: int
    detail: str


@dataclass(frozen=True)
class ColumnReading:
    """How one column was read. ``blanks`` includes the usual words for missing; ``unreadable`` values became blank."""

    name: str
    found_name: str
    kind: Kind
    blanks: int = 0
    unreadable: int = 0
    examples_unreadable: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class IntakeReport:
    """How a source was read. Depends on the bytes of the source only.

    Attributes
    ----------
    source : name of the file, never its folder
    format : "delimited text", "excel", "parquet", "arrow", "json lines", "data frame"
    rows : number of records
    columns : one reading for each column, in the order of the source
    repairs : what was mended or set aside, with counts; nothing else was changed
    encoding, delimiter, quote, escape, header_rows, skip_rows, compression, sheet : what was found or told
    """

    source: str
    format: str
    rows: int
    columns: tuple[ColumnReading, ...]
    repairs: tuple[Repair, ...] = ()
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    escape: str = ""
    header_rows: int = 0
    skip_rows: int = 0
    compression: str = ""
    sheet: str = ""

    def column(self, name: str) -> ColumnReading:
        """The reading of one column.

        >>> reading = ColumnReading("Income", "Income", "integer", blanks=24)
        >>> IntakeReport("customers.csv", "delimited text", 2240, (reading,)).column("Income").blanks
        24
        """
        return next(c for c in self.columns if c.name == name)
