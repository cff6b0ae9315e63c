"""Records of any width to a table of one width.

Short records are padded and surplus cells joined, where the values fit their columns best; lines after the table are
set aside. All of it is counted.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import ibis
import pyarrow as pa

from segscope.engine import Engine
from segscope.intake.layout import Layout, Record
from segscope.intake.parse import Damage
from segscope.intake.report import SPACES, Repair
from segscope.intake.sniff import VALUE
from segscope.intake.streams import store_batches

BATCH_ROWS = 4_096
HELD_BACK = 20
SHOWN = 80
REMARK = re.compile(
    r"\(?\d+ (?:rows?|records?|lines?)\b.*|[-=*_]{3,}|\x1a|total(?: rows| records)?: ?\d+", re.IGNORECASE
)


@dataclass
class Tally:
    """What the reading mended, counted while records pass."""

    blank: int = 0
    short: int = 0
    long: int = 0
    trailing: int = 0
    footer: list[str] = field(default_factory=list)
    first_short: str = ""
    first_long: str = ""
    damage: Damage = field(default_factory=Damage)

    def repairs(self, before: Sequence[str]) -> tuple[Repair, ...]:
        """What there is to tell; ``before`` are the lines above the table."""
        found = (
            ("lines before the table set aside", len(before), shown(before)),
            ("lines after the table set aside", len(self.footer), shown(self.footer)),
            ("blank lines skipped", self.blank, ""),
            ("short records padded", self.short, shown([self.first_short])),
            ("surplus cells joined to the last", self.long, shown([self.first_long])),
            ("surplus delimiters at the end dropped", self.trailing, ""),
            ("records with stray quotes kept as they are", self.damage.stray_quotes, ""),
            ("quotes that never end read as text", self.damage.open_quotes, ""),
        )
        return tuple(Repair(action, count, detail) for action, count, detail in found if count)


def store_records(
    engine: Engine,
    name: str,
    feed: Iterable[list[str]],
    layout: Layout,
    sample: Sequence[Record],
    delimiter: str,
    tally: Tally,
) -> ibis.Table:
    """Store all records of the table as texts, each as wide as the table."""
    schema = pa.schema([(name, pa.string()) for name in layout.names])
    fit = Fit(
        layout.width, " " if delimiter == SPACES else delimiter, column_kinds(sample[layout.first :], layout.width)
    )

    def batches() -> Iterator[pa.RecordBatch]:
        for chunk in filter(None, _bodies(feed, layout, fit, tally)):
            yield pa.record_batch([pa.array(column, pa.string()) for column in zip(*chunk, strict=True)], schema)

    return store_batches(engine, name, schema, batches())


def column_kinds(body: Sequence[Record], width: int) -> tuple[bool | None, ...]:
    """For each column whether it holds values (True), words (False), or either (None).

    >>> column_kinds([["1", "Ann", "x"], ["2", "Bob", "3"]], 3)
    (True, False, None)
    """
    regular = [record for record in body if len(record) == width]
    kinds: list[bool | None] = []
    for column in range(width):
        cells = [record[column] for record in regular if record[column].strip()]
        share = sum(bool(VALUE.fullmatch(cell)) for cell in cells) / len(cells) if cells else 0.5
        kinds.append(True if share >= 0.9 else False if share <= 0.1 else None)
    return tuple(kinds)


@dataclass(frozen=True)
class Fit:
    """How a record is made as wide as the table."""

    width: int
    mark: str
    kinds: tuple[bool | None, ...]

    def fit(self, record: list[str], tally: Tally) -> list[str]:
        """Pad a short record, or join the surplus cells of a long one."""
        count = len(record)
        if count == self.width:
            return record
        if count < self.width:
            tally.short += 1
            tally.first_short = tally.first_short or self.mark.join(record)
            gap = [""] * (self.width - count)
            options = [[*record[:at], *gap, *record[at:]] for at in range(count, 0, -1)]
            return min(options, key=self.misfits) if count > 1 else options[0]
        if not any(record[self.width :]) and not self.misfits(record[: self.width]):
            tally.trailing += 1
            return record[: self.width]
        tally.long += 1
        tally.first_long = tally.first_long or self.mark.join(record)
        over = count - self.width + 1
        options = [
            [*record[:at], self._joined(record[at : at + over]), *record[at + over :]]
            for at in range(self.width - 1, -1, -1)
        ]
        joins = [record[at : at + over] for at in range(self.width - 1, -1, -1)]
        merged = [sum(bool(cell) for cell in join) > 1 for join in joins]
        # A blank after the delimiter is how it stands in a sentence, not between cells.
        spoken = [sum(cell.startswith(" ") for cell in join[1:]) for join in joins]
        best = min(range(len(options)), key=lambda i: (self.misfits(options[i]), merged[i], -spoken[i]))
        return options[best]

    def fit_all(self, records: list[list[str]], tally: Tally) -> list[list[str]]:
        """Fit many records; blank ones are left out."""
        if set(map(len, records)) <= {self.width}:
            return records
        tally.blank += sum(not record for record in records)
        return [self.fit(record, tally) for record in records if record]

    def misfits(self, record: Record) -> int:
        """Number of cells that hold a value in a column of words, or words in a column of values."""
        pairs = zip(self.kinds, record, strict=True)
        return sum(
            kind is not None and cell.strip() != "" and bool(VALUE.fullmatch(cell)) != kind for kind, cell in pairs
        )

    def _joined(self, cells: list[str]) -> str:
        filled = [cell for cell in cells if cell]
        return filled[0] if len(filled) == 1 else self.mark.join(cells)


def shown(lines: Sequence[str]) -> str:
    """The first lines of several, shortened, fit for a report.

    >>> shown(["a", "b", "c", "d"])
    'a / b / c / …'
    """
    parts = [line if len(line) <= SHOWN else line[: SHOWN - 1] + "…" for line in lines[:3]]
    return " / ".join([*parts, "…"] if len(lines) > 3 else parts)


def _bodies(feed: Iterable[list[str]], layout: Layout, fit: Fit, tally: Tally) -> Iterator[list[list[str]]]:
    """The records of the table, all of one width, in chunks, without what stands after the table."""
    rest = islice(feed, layout.first, None)
    held: list[list[str]] = []
    while chunk := list(islice(rest, BATCH_ROWS)):
        # The last lines are looked at when it is certain that they are the last.
        held, ready = held[-HELD_BACK:] + chunk, held[:-HELD_BACK]
        if ready:
            yield fit.fit_all(ready, tally)
    end = len(held)
    while end > 1 and (not held[end - 1] or _is_footer(held[end - 1], not held[end - 2], fit)):
        end -= 1
    tally.footer = [fit.mark.join(record) for record in held[end:] if record]
    tally.blank += sum(not record for record in held[end:])
    yield fit.fit_all(held[:end], tally)


def _is_footer(record: Record, after_blank: bool, fit: Fit) -> bool:
    """A lone remark: it stands after a blank line, or holds words where the first column holds values."""
    if len(record) >= fit.width:
        return False
    words = not any(VALUE.fullmatch(cell) for cell in record if cell.strip())
    if len(record) == 1 and REMARK.fullmatch(record[0]):
        return True
    if after_blank and words and len(record) > 1:
        return True
    if len(record) > fit.width / 2 or sum(bool(cell.strip()) for cell in record) > 1 or fit.width < 3:
        return False
    return after_blank or (fit.kinds[0] is True and words)
