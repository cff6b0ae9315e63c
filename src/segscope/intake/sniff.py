"""Which dialect a delimited text is written in: the one under which it looks most like a table.

Every candidate parses a sample. A good one gives records of one width whose cells are clean values: numbers, dates,
plain words. The product of the two decides (the idea of the data consistency measure: van den Burg, Nazábal and
Sutton, "Wrangling messy CSV files by detecting row and type patterns", Data Mining and Knowledge Discovery 2019).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from segscope.intake.parse import Damage, Dialect, records
from segscope.intake.report import SPACES, ReadOptions

SAMPLE_CHARACTERS = 65_536
USUAL = (",", ";", "\t", "|")
RARE = ("~", "^", "#", "&", "@", "!", "*", "=", "%", "$", "§", "¬", "¦", "\x1f", "\x1e", "\x01", "\x02")
PRIOR = {**dict.fromkeys(USUAL, 1.0), **dict.fromkeys(RARE, 0.7), ":": 0.5, " ": 0.6, SPACES: 0.65}
PRIOR_OF_LONG = 0.95
NO_DELIMITER = "\x1f\x1e\x1f"  # of files of one column; no file has it
QUOTES = ('"', "'", "`")
ONE_COLUMN, ONE_COLUMN_OF_VALUES = 0.1, 0.4

VALUE = re.compile(
    r"""(?=.*\d|\s*\Z)\s*(?:
    [-+(]?\s?(?:[$€£¥]|[A-Z]{3}\s)?\s?(?:\d+|\d{1,3}(?:[.,'\s]\d{3})+)?(?:[.,]\d+)?(?:[eE][-+]?\d+)?\s?\)?\s?(?:[%$€£¥]|[A-Z]{3})?
    | \d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:[AaPp][Mm]|Z|[-+]\d\d:?\d\d)?)?
    | \d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:[AaPp][Mm])?
    )\s*""",
    re.VERBOSE | re.DOTALL,
)
WORDS = re.compile(r"\s*[^\W_][\w .'’&()/+*?!%°-]*")
ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+\.[\w.]+")
TIME_OR_ADDRESS = re.compile(r"\b\d{1,2}:\d\d(?::\d\d)?\b|\b\w+://")
MARKS = re.compile(r"[^\w\s\"'.\\/()-]{2,4}")
HINT = re.compile(r"sep=(.{1,4}?)\r?\n?", re.IGNORECASE)


@dataclass(frozen=True)
class Guess:
    """A dialect with its score, and the width that most records have under it."""

    dialect: Dialect
    score: float
    width: int


def guess_dialect(lines: Sequence[str], told: ReadOptions | None = None) -> Guess:
    r"""Find the dialect of lines of text; what the user told is not guessed.

    >>> guess_dialect(["a;b;c\n", "1,5;2;x\n", "2,5;3;y\n"]).dialect
    Dialect(delimiter=';', quote='"', escape='')
    >>> guess_dialect(["id||name\n", "1||Ann\n", "2||Bob\n"]).dialect.delimiter
    '||'
    """
    told = told or ReadOptions()
    lines = _some(lines)
    text = "".join(lines)
    hint = HINT.fullmatch(lines[0]) if lines else None
    if hint:
        lines = lines[1:]
    if told.delimiter is not None:
        delimiters = [told.delimiter]
    else:
        delimiters = candidate_delimiters(lines)
        if hint and hint.group(1) not in delimiters:
            delimiters.append(hint.group(1))
    best = one_column(lines) if told.delimiter is None else None
    for delimiter in delimiters:
        for dialect in _dialects(text, delimiter, told):
            guess = score(lines, dialect)
            if hint and delimiter == hint.group(1):
                guess = replace(guess, score=guess.score * 2)
            if best is None or guess.score > best.score:
                best = guess
    return best or one_column(lines)


def _some(lines: Sequence[str]) -> list[str]:
    """The first lines, up to a bounded number of characters."""
    taken, size = [], 0
    for line in lines:
        taken.append(line)
        size += len(line)
        if size > SAMPLE_CHARACTERS:
            break
    return taken


def candidate_delimiters(lines: Sequence[str]) -> list[str]:
    """Texts that stand in enough lines to delimit fields, the usual ones first."""
    filled = [TIME_OR_ADDRESS.sub("0", line.strip("\r\n")) for line in lines if line.strip()]
    if not filled:
        return []
    needed = max(1, len(filled) // 4)
    text = "\n".join(filled)
    runs = Counter(run for line in filled for run in set(MARKS.findall(line)))
    long = [run for run, count in runs.most_common(6) if count >= needed]
    long += [run[: len(run) // 2] for run in long if len(run) == 4 and run[:2] == run[2:] and run[:2] not in long]
    found = [d for d in (*USUAL, ":", *RARE) if sum(d in line for line in filled) >= needed]
    # A mark that only ever stands doubled is half of a delimiter.
    found = [d for d in found if not any(_only_within(d, run, text) for run in long)]
    spaced = [d + " " for d in found if d + " " in text]
    if sum(" " in line.strip() for line in filled) >= needed * 2:
        aligned = sum("  " in line.strip() for line in filled) * 2 >= len(filled)
        found += [SPACES] if aligned else [" ", SPACES]
    return found + spaced + [run for run in long if len(set(run)) == 1 or not _noise(run)]


def one_column(lines: Sequence[str]) -> Guess:
    """The reading as a single column."""
    rows = [line.strip("\r\n") for line in lines if line.strip()]
    body = rows[1:] or rows
    plain = sum(bool(VALUE.fullmatch(cell) or ADDRESS.fullmatch(cell.strip())) for cell in body)
    values = bool(body) and plain >= 0.9 * len(body)
    return Guess(Dialect(NO_DELIMITER), ONE_COLUMN_OF_VALUES if values else ONE_COLUMN, 1)


def score(lines: Sequence[str], dialect: Dialect) -> Guess:
    """How much a sample looks like a table under a dialect."""
    damage = Damage()
    rows = [row for row in records(lines, dialect, damage=damage) if row]
    widths = [len(row) for row in rows]
    if not widths or max(widths) < 2:
        return Guess(dialect, 0.0, 1)
    counts = Counter(widths)
    width = max((w for w in counts if w > 1), key=lambda w: (counts[w] * (w - 1) / w, w))
    first = widths.index(width)
    last = len(widths) - widths[::-1].index(width)
    body = rows[first:last]
    regular = sum(w == width for w in widths[first:last]) / len(body)
    outside = 1 - len(body) / len(rows)
    cells = [cell for row in body[:400] for cell in row]
    clean = sum(cleanness(cell) for cell in cells) / len(cells)
    clean -= _empty_columns(body[:400], width) / width
    value = regular**3 * (1 - outside) ** 1.5 * (width - 1) / width * (0.2 + 0.8 * clean) * prior(dialect.delimiter)
    value *= 1 - 0.01 * min(1.0, (damage.stray_quotes + damage.open_quotes) / len(rows))
    if width == 2 and first == 1 and widths[0] == 1:
        value *= 0.2
    if dialect.delimiter in (" ", SPACES):
        plain = sum(bool(VALUE.fullmatch(cell)) for cell in cells) / len(cells)
        aligned = (
            dialect.delimiter == SPACES and regular >= 0.95 and sum("  " in line for line in lines) * 2 > len(rows)
        )
        if not (aligned or (plain >= 0.4 and width > 2) or plain >= 0.6 or (width >= 4 and regular >= 0.95)):
            value *= 0.1
    return Guess(dialect, value, width)


def prior(delimiter: str) -> float:
    """How usual a delimiter is."""
    if delimiter[1:] == " ":
        delimiter = delimiter[0]
    return PRIOR.get(delimiter, PRIOR.get(delimiter[0], 0.7) * PRIOR_OF_LONG if len(delimiter) > 1 else 0.5)


def _empty_columns(rows: Sequence[Sequence[str]], width: int) -> int:
    """Columns without any value within the table: a sign of a delimiter cut in two."""
    columns = zip(*(row for row in rows if len(row) == width), strict=True)
    inner = list(columns)[1:-1]
    return sum(not any(column) for column in inner)


@lru_cache(maxsize=65_536)
def cleanness(cell: str) -> float:
    """1 for a value, nearly 1 for words, less for text that still holds marks.

    >>> cleanness("1.234,56 €"), cleanness("Ann Smith") > 0.9, cleanness("5;2")
    (1.0, True, 0.1)
    """
    if VALUE.fullmatch(cell):
        return 1.0 if cell[:1] != " " else 0.97
    if WORDS.fullmatch(cell):
        return 0.95 if cell[:1] != " " else 0.92
    if ADDRESS.fullmatch(cell):
        return 0.95
    if '"' in cell[:1] + cell[-1:]:
        return 0.0
    return 0.5 if " " in cell.strip() else 0.1


def _dialects(text: str, delimiter: str, told: ReadOptions) -> Iterator[Dialect]:
    if told.quote is not None:
        quotes: Iterable[str] = (told.quote,)
    else:
        start = rf"(?:^|{'[ ]' if delimiter == SPACES else re.escape(delimiter)})[ ]*"
        used = [q for q in QUOTES if re.search(start + q, text, re.MULTILINE)]
        quotes = (*used, "") if used else (QUOTES[0],)
    for quote in quotes:
        if told.escape is not None:
            yield Dialect(delimiter, quote, told.escape)
            continue
        yield Dialect(delimiter, quote, "")
        escape = _escape(text, delimiter, quote)
        if escape:
            yield Dialect(delimiter, quote, escape)


def _escape(text: str, delimiter: str, quote: str) -> str:
    r"""The character before quotes within quoted cells (or before delimiters, where nothing is quoted), if any."""
    if not quote:
        return "\\" if "\\" + delimiter in text else ""
    if "\\" + quote in text or "\\" + delimiter in text:
        return "\\"
    mark = re.escape(delimiter if delimiter != SPACES else " ")
    inner = Counter(re.findall(rf"(.){quote}(?!{quote}|\s*(?:{mark}|$))", text, re.MULTILINE))
    for usual in (delimiter[:1], quote, " "):
        inner.pop(usual, None)
    if not inner:
        return ""
    char, count = inner.most_common(1)[0]
    return char if not char.isalnum() and count >= 0.8 * inner.total() else ""


def _only_within(mark: str, run: str, text: str) -> bool:
    if mark not in run or set(run) != {mark}:
        return False
    if mark in USUAL[:3] and max(line.count(run) for line in text.split("\n")) < 2:
        return False  # an empty cell, not a longer delimiter
    return text.count(mark) == text.count(run) * len(run)


def _noise(run: str) -> bool:
    """Whether a run of different marks is just delimiters with empty cells between."""
    return any(run.count(d) for d in USUAL[:3])
