"""Records from lines of text, tolerantly: for what a strict reader refuses or would lose."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from segscope.intake.report import SPACES

MAX_CELL_LINES, FEWEST_CELL_LINES = 5_000, 2
MAX_CELL_CHARACTERS = 10_000_000
LINE_END = re.compile(r"\r\n|\n|\r")
NEWLINE = re.compile(r"\n")
BACKSLASH = "\\"  # escapes everywhere; other signs do in quoted cells only, and stand for themselves in addresses


@dataclass(frozen=True)
class Dialect:
    """How fields stand apart. ``escape`` is empty where quotes inside a quoted cell are doubled."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""


@dataclass
class Damage:
    """Counts of what the parser had to forgive while it read."""

    stray_quotes: int = 0
    open_quotes: int = 0


@dataclass(frozen=True)
class _Split:
    cells: list[str]
    stray: int
    open_at: int  # where a quoted cell begins that does not end, or -1


def records(
    lines: Iterable[str], dialect: Dialect, width: int | None = None, damage: Damage | None = None
) -> Iterator[list[str]]:
    r"""Split lines, which still have their ends, into records. A blank line is an empty record.

    ``width``, the usual number of cells, helps to decide whether an open quote goes on in the next line.

    >>> list(records(['a,"b\n', 'c",d\n', "\n", 'e,5" pipe,f\n'], Dialect()))
    [['a', 'b\nc', 'd'], [], ['e', '5" pipe', 'f']]
    """
    damage = damage if damage is not None else Damage()
    if dialect.delimiter == SPACES:
        yield from _spaced(lines, dialect)
        return
    delimiter, quote, escape = dialect.delimiter, dialect.quote, dialect.escape
    usual = bool(quote) and not escape and len(delimiter) == 1 and delimiter != " "
    feed, patience = _Feed(lines), MAX_CELL_LINES
    for line in feed:
        text = line.rstrip("\r\n")
        if not text:
            yield []
        elif (not quote or quote not in text) and (not escape or escape not in text):
            yield text.split(delimiter)
        elif cells := _well_formed(text, dialect, usual):
            yield cells
        else:
            split = _split(text, dialect)
            if split.open_at < 0:
                damage.stray_quotes += bool(split.stray)
                yield split.cells
            else:
                open_before = damage.open_quotes
                yield _continued(line, split, feed, dialect, width, damage, patience)
                # Where quotes keep failing to end, looking far ahead for each would never finish.
                failed = damage.open_quotes > open_before
                patience = max(FEWEST_CELL_LINES, patience // 4) if failed else MAX_CELL_LINES


class _Feed:
    """Lines, of which some can be put back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._returned: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._returned.popleft() if self._returned else next(self._lines)

    def put_back(self, lines: Iterable[str]) -> None:
        self._returned.extendleft(reversed(list(lines)))


def split_lines(text: str, ends: re.Pattern[str] = LINE_END) -> list[str]:
    r"""Lines with their ends, whichever of the three ends each has (or with the ends of a pattern).

    >>> split_lines("a\r\nb\rc\n\nd")
    ['a\r\n', 'b\r', 'c\n', '\n', 'd']
    """
    lines, start = [], 0
    for match in ends.finditer(text):
        lines.append(text[start : match.end()])
        start = match.end()
    if start < len(text):
        lines.append(text[start:])
    return lines


def _well_formed(text: str, dialect: Dialect, usual: bool) -> list[str]:
    """The cells of a line that follows all rules, by the standard library's strict reader; else nothing."""
    # That reader takes a quote after a blank for text, and we for a quoted cell.
    if not usual or " " + dialect.quote in text:
        return []
    try:
        return next(csv.reader((text,), delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True))
    except csv.Error:
        return []


def _spaced(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    quote = re.escape(dialect.quote) if dialect.quote else ""
    token = re.compile(rf"{quote}([^{quote}]*){quote}(?!\S)|(\S+)") if quote else None
    for line in lines:
        if token and dialect.quote in line:
            yield [quoted if bare == "" else bare for quoted, bare in token.findall(line)]
        else:
            yield line.split()


def _continued(
    line: str,
    first: _Split,
    feed: _Feed,
    dialect: Dialect,
    width: int | None,
    damage: Damage,
    patience: int,
) -> list[str]:
    """A record whose quoted cell does not end on its line. Lines that turn out not to belong to it are put back."""
    taken: list[str] = []
    text, split, head, start, size = line, first, list(first.cells), first.open_at, 0
    for more in feed:
        taken.append(more)
        size += len(more)
        # Only a quote can end the cell; looking at each line once keeps long cells cheap.
        if dialect.quote not in more and len(taken) < patience and size < MAX_CELL_CHARACTERS:
            continue
        text = line + "".join(taken)
        split = _split(text.rstrip("\r\n"), dialect, start)
        if split.open_at < 0 or len(taken) >= patience or size >= MAX_CELL_CHARACTERS:
            break
        head, start = head + split.cells, split.open_at
    if split.open_at < 0:
        joined = head + split.cells
        clean = split.stray == 0 and first.stray == 0
        if clean or (width is not None and len(joined) == width != len(_literal(line, dialect))):
            return joined
    feed.put_back(taken)
    damage.open_quotes += 1
    return _literal(line, dialect)


def _literal(line: str, dialect: Dialect) -> list[str]:
    """A line whose last quote never ends: that quote is an ordinary character."""
    text = line.rstrip("\r\n")
    split = _split(text, dialect)
    cells = list(split.cells)
    if split.open_at >= 0:
        cells += text[split.open_at :].split(dialect.delimiter)
    return cells


def _split(text: str, dialect: Dialect, start: int = 0) -> _Split:
    delimiter, quote, escape = dialect.delimiter, dialect.quote, dialect.escape
    cells: list[str] = []
    stray, at, end = 0, start, len(text)
    blank_matters = delimiter.startswith(" ")
    while True:
        opening = at
        if quote and not blank_matters:
            while opening < end and text[opening] == " ":
                opening += 1
        if quote and text.startswith(quote, opening):
            closing, strays = _closing(text, opening + 1, dialect)
            if closing < 0:
                return _Split(cells, stray, at)
            stray += strays
            cells.append(_unescaped(text[opening + 1 : closing], dialect, quoted=True))
            at = closing + 1
            while at < end and text[at] == " " and not text.startswith(delimiter, at):
                at += 1
        else:
            stop = _next_delimiter(text, at, delimiter, escape if escape == BACKSLASH else "")
            cells.append(_unescaped(text[at:stop], dialect, quoted=False))
            at = stop
        if at >= end:
            return _Split(cells, stray, -1)
        at += len(delimiter)
        if at >= end:
            cells.append("")
            return _Split(cells, stray, -1)


def _closing(text: str, at: int, dialect: Dialect) -> tuple[int, int]:
    """Where the quoted cell that begins before ``at`` ends (-1: nowhere), and how many stray quotes it holds."""
    found = _inside(dialect).match(text, at)
    end = found.end() if found else at
    if end >= len(text):
        return -1, 0
    content, quote = text[at:end], dialect.quote
    if quote not in content:
        return end, 0
    doubled = content.replace(dialect.escape + quote, "") if dialect.escape else content
    return end, doubled.replace(quote + quote, "").count(quote)


@lru_cache(maxsize=256)
def _inside(dialect: Dialect) -> re.Pattern[str]:
    """All of a quoted cell up to its closing quote: the first that the delimiter or the end follows."""
    quote, escape = re.escape(dialect.quote), re.escape(dialect.escape)
    escaped = f"{escape}.|" if escape else ""
    stray = rf"{quote}(?! *(?:{re.escape(dialect.delimiter)}|\Z))"
    # Possessive: no way back, so that a cell of any length is read once.
    return re.compile(f"(?:[^{quote}{escape}]++|{escaped}{quote}{quote}|{stray})*+", re.DOTALL)


def _escaped(text: str, start: int, at: int, escape: str) -> bool:
    count = 0
    while at - count - 1 >= start and text[at - count - 1] == escape:
        count += 1
    return count % 2 == 1


def _next_delimiter(text: str, at: int, delimiter: str, escape: str) -> int:
    start = at
    while True:
        at = text.find(delimiter, at)
        if at < 0:
            return len(text)
        if not (escape and _escaped(text, start, at, escape)):
            return at
        at += len(delimiter)


def _unescaped(cell: str, dialect: Dialect, quoted: bool) -> str:
    quote, escape = dialect.quote, dialect.escape
    if escape and escape in cell and (quoted or escape == BACKSLASH):
        known = {escape, quote, dialect.delimiter}
        out, at = [], 0
        while at < len(cell):
            if cell[at] == escape and cell[at + 1 : at + 2] in known and at + 1 < len(cell):
                at += 1
            out.append(cell[at])
            at += 1
        cell = "".join(out)
    if quoted and quote + quote in cell:
        cell = cell.replace(quote + quote, quote)
    return cell
