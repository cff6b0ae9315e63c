"""A look at the first records of a text as it would be read: cheap, so that ways of reading can be tried."""

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from segscope.errors import SourceError
from segscope.intake import duckfile, sqlite, workbook
from segscope.intake.database import is_server
from segscope.intake.encoding import guess_encoding
from segscope.intake.files import Content, look, open_content, read_up_to
from segscope.intake.layout import find_layout
from segscope.intake.parse import records, split_lines
from segscope.intake.report import ReadOptions
from segscope.intake.sniff import guess_dialect

HEAD_BYTES = 131_072
SAMPLE_RECORDS = 500


@dataclass(frozen=True)
class Preview:
    """The first records under some way of reading.

    Attributes
    ----------
    names : of the columns
    rows : cells as they stand in the file; short records are padded with "", long ones cut
    before : lines that stand before the table, and are left out
    ragged : how many of the records looked at have more or fewer cells than the table has columns
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    before: tuple[str, ...]
    ragged: int


def preview(source: Path | str, told: ReadOptions, rows: int = 6) -> Preview | None:
    """The first records of a delimited text; None for sources of another kind.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "customers.csv")
    ...     _ = file.write_text("id;spent\\n1;1,50\\n2;20,00\\n")
    ...     found = preview(file, ReadOptions())
    >>> found.names, found.rows
    (('id', 'spent'), (('1', '1,50'), ('2', '20,00')))
    """
    if is_server(source):
        return None
    content = look(source)
    if content.format != "text":
        return None
    with open_content(content) as stream:
        head = read_up_to(stream, HEAD_BYTES)
    lines = split_lines(_decoded(head, told.encoding))
    if len(head) == HEAD_BYTES:
        lines = lines[:-1] or lines  # the last one may be cut
    guess = guess_dialect(lines, told)
    sample = list(islice(records(lines, guess.dialect, guess.width), SAMPLE_RECORDS))
    layout = find_layout(sample, told)
    body = [r for r in sample[layout.first :] if r]
    fitted = tuple(tuple((r + [""] * layout.width)[: layout.width]) for r in body[:rows])
    before = tuple(guess.dialect.delimiter.join(r) for r in sample[: layout.skip] if r)
    return Preview(layout.names, fitted, before, sum(len(r) != layout.width for r in body))


def tables_of(source: Path | str) -> tuple[str, ...]:
    """Names of the sheets of a workbook, or of the tables of a database file; none for other sources.

    >>> import sqlite3, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     shop = sqlite3.connect(Path(folder, "shop.db"))
    ...     _ = shop.execute("CREATE TABLE customers (id)"), shop.execute("CREATE TABLE orders (id)")
    ...     shop.close()
    ...     tables_of(Path(folder, "shop.db"))
    ('customers', 'orders')
    """
    if is_server(source):
        return ()
    content = look(source)
    kinds: dict[str, Callable[[Content], tuple[str, ...]]] = {
        "excel": workbook.sheets,
        "sqlite": sqlite.tables,
        "duckdb": duckfile.tables,
    }
    return kinds[content.format](content) if content.format in kinds else ()


def _decoded(head: bytes, encoding: str | None) -> str:
    name = encoding or guess_encoding(head)
    try:
        return codecs.lookup(name).decode(head, "replace")[0].removeprefix("\ufeff")
    except LookupError:
        raise SourceError(f"There is no encoding {name!r:.40}. Use a name such as utf-8, utf-16 or cp1252.") from None
