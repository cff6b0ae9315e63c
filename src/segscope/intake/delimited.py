"""Delimited text to a table of texts: by the engine's own reader where the file is regular, by ours where it is not."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import ibis
import pyarrow as pa

from segscope.engine import DelimitedForm, Engine, rows
from segscope.errors import DataError, SourceError
from segscope.intake.files import Content, read_up_to
from segscope.intake.layout import Layout, find_layout
from segscope.intake.parse import Damage, Dialect, records
from segscope.intake.report import SPACES, ReadOptions, Repair
from segscope.intake.sniff import VALUE, guess_dialect
from segscope.intake.survey import SAMPLE_BYTES, Text, ready_text

BATCH_ROWS = 65_536
HELD_BACK = 20
MAX_COLUMNS = 10_000
STRICT_FROM_BYTES = 4 * 2**20
CHECKED_ROWS = 200


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


@dataclass
class Tally:
    """What the tolerant reading mended, counted while records pass."""

    blank: int = 0
    short: int = 0
    long: int = 0
    trailing: int = 0
    footer: list[str] = field(default_factory=list)
    damage: Damage = field(default_factory=Damage)
    first_short: str = ""
    first_long: str = ""


def read_delimited(content: Content, engine: Engine, name: str, told: ReadOptions) -> TextTable:
    """Read a delimited text of any dialect; every cell arrives as the text that stands in the file."""
    with ready_text(content, told.encoding) as text:
        with text.path.open("rb") as file:
            head = read_up_to(file, SAMPLE_BYTES).decode("utf-8-sig", errors="ignore")
        whole = text.survey.size <= SAMPLE_BYTES
        if not head.strip():
            raise SourceError(f"{content.name} is empty. Choose a file that holds customers.")
        guess = guess_dialect(head, told)
        lines = head.splitlines(keepends=True) if whole else _complete_lines(head)
        sample = [record for record, _ in zip(records(_ends(lines), guess.dialect, guess.width), range(2000), strict=False)]
        layout = find_layout(sample, told, whole)
        if layout.width > MAX_COLUMNS:
            raise SourceError(f"{content.name} has {layout.width} columns; at most {MAX_COLUMNS} can be read.")
        return _store(text, content, engine, name, guess.dialect, layout, sample)


def _store(
    text: Text, content: Content, engine: Engine, name: str, dialect: Dialect, layout: Layout, sample: list[list[str]]
) -> TextTable:
    tally = Tally()
    table = _strict(text, engine, name, dialect, layout, sample)
    if table is None:
        table = engine.store(name, _tolerant(text, dialect, layout, sample, tally))
    else:
        tally.blank = text.survey.blank_lines
    return TextTable(
        table,
        layout.found_names,
        repairs=_repairs(text, layout, sample, tally),
        encoding=text.encoding.removesuffix("-sig"),
        delimiter="" if layout.width == 1 else dialect.delimiter,
        quote=dialect.quote,
        escape=dialect.escape,
        header_rows=layout.header_rows,
        skip_rows=layout.skip,
        compression=content.compression,
    )


def _strict(
    text: Text, engine: Engine, name: str, dialect: Dialect, layout: Layout, sample: list[list[str]]
) -> ibis.Table | None:
    """Let the engine read a regular file; None where it is not, or where the engine reads it otherwise than we do."""
    if (
        text.survey.size < STRICT_FROM_BYTES
        or dialect.escape
        or dialect.delimiter == SPACES
        or len(dialect.delimiter.encode()) > 4
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


def _tolerant(
    text: Text, dialect: Dialect, layout: Layout, sample: list[list[str]], tally: Tally
) -> pa.RecordBatchReader:
    schema = pa.schema([(name, pa.string()) for name in layout.names])
    values = _first_column_holds_values(sample[layout.first :])

    def batches() -> Iterator[pa.RecordBatch]:
        with text.path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            feed = records(lines, dialect, layout.width, tally.damage)
            for chunk in _chunks(_body(feed, layout, values, tally, dialect)):
                yield pa.record_batch([pa.array(column, pa.string()) for column in zip(*chunk, strict=True)], schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _body(
    feed: Iterable[list[str]], layout: Layout, values: bool, tally: Tally, dialect: Dialect
) -> Iterator[list[str]]:
    """Records of one width, without blank lines and without the lines after the table."""
    held: deque[tuple[list[str], bool]] = deque()
    after_blank = False
    for index, record in enumerate(feed):
        if index < layout.first:
            continue
        if not record:
            tally.blank += 1
            after_blank = True
            continue
        held.append((record, after_blank))
        after_blank = False
        if len(held) > HELD_BACK:
            yield _fit(held.popleft()[0], layout.width, tally, dialect)
    keep = len(held)
    while keep > 1 and _is_footer(*held[keep - 1], layout.width, values):
        keep -= 1
    for record, _ in list(held)[:keep]:
        yield _fit(record, layout.width, tally, dialect)
    tally.footer = [dialect.delimiter.join(record) for record, _ in list(held)[keep:]]


def _fit(record: list[str], width: int, tally: Tally, dialect: Dialect) -> list[str]:
    count = len(record)
    if count == width:
        return record
    if count < width:
        tally.short += 1
        tally.first_short = tally.first_short or dialect.delimiter.join(record)
        return record + [""] * (width - count)
    if not any(record[width:]):
        tally.trailing += 1
        return record[:width]
    tally.long += 1
    mark = " " if dialect.delimiter == SPACES else dialect.delimiter
    tally.first_long = tally.first_long or mark.join(record)
    return [*record[: width - 1], mark.join(record[width - 1 :])]


def _is_footer(record: list[str], after_blank: bool, width: int, values: bool) -> bool:
    filled = [cell for cell in record if cell.strip()]
    if width < 3 or len(record) > width / 2 or len(filled) > 1:
        return False
    return after_blank or (values and not any(VALUE.fullmatch(cell) for cell in filled))


def _first_column_holds_values(body: list[list[str]]) -> bool:
    cells = [record[0] for record in body if record and record[0].strip()]
    return bool(cells) and sum(bool(VALUE.fullmatch(cell)) for cell in cells) > 0.8 * len(cells)


def _chunks(records_: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    chunk: list[list[str]] = []
    for record in records_:
        chunk.append(record)
        if len(chunk) == BATCH_ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _ends(lines: list[str]) -> list[str]:
    return lines


def _complete_lines(head: str) -> list[str]:
    from segscope.intake.parse import split_lines

    return split_lines(head)[:-1]


def _repairs(text: Text, layout: Layout, sample: list[list[str]], tally: Tally) -> tuple[Repair, ...]:
    before = [" ".join(record) for record in sample[: layout.skip] if record]
    found = (
        ("lines before the table set aside", len(before), _quoted(before)),
        ("lines after the table set aside", len(tally.footer), _quoted(tally.footer)),
        ("blank lines skipped", tally.blank, ""),
        ("short records padded", tally.short, _quoted([tally.first_short])),
        ("surplus cells joined to the last", tally.long, _quoted([tally.first_long])),
        ("surplus delimiters at the end dropped", tally.trailing, ""),
        ("records with stray quotes kept as they are", tally.damage.stray_quotes, ""),
        ("quotes that never end read as text", tally.damage.open_quotes, ""),
        ("zero bytes dropped", 0 if text.encoding.startswith("utf-16") else text.survey.zeros, ""),
        ("damaged characters replaced", text.undecodable, f"not valid {text.encoding}"),
    )
    return tuple(Repair(action, count, detail) for action, count, detail in found if count)


def _quoted(lines: list[str]) -> str:
    shown = " / ".join(line if len(line) <= 80 else line[:79] + "…" for line in lines[:3])
    return shown + (" / …" if len(lines) > 3 else "")


def no_customers(name: str) -> DataError:
    """The refusal of a source that has names of columns and nothing below them."""
    return DataError(f"{name} has a header but no customers. Choose a file that has at least one customer a line.")
