"""Where the table stands in the records: lines before it, lines of names, its width, lines after it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from segscope.intake.report import ReadOptions
from segscope.intake.sniff import VALUE

SAMPLE_ROWS = 500
MAX_HEADER_ROWS = 3
MAX_PREAMBLE = 200
RULE = re.compile(r"[\s:|+=-]*[-=]{2,}[\s:|+=-]*|")
OWN_NAME = re.compile(r"^__+")
YEAR = re.compile(r"(?:19|20)\d\d")

Record = Sequence[str]


@dataclass(frozen=True)
class Layout:
    """Attributes
    ----------
    skip : records before the header (or the first customer), blank ones included
    header_rows : records that hold names, blank ones between included
    width : cells of a record
    names : one unique, non-empty name for each column
    found_names : the names as they stand in the file
    """

    skip: int
    header_rows: int
    width: int
    names: tuple[str, ...]
    found_names: tuple[str, ...]

    @property
    def first(self) -> int:
        """Index of the record that is the first customer."""
        return self.skip + self.header_rows


def find_layout(sample: Sequence[Record], told: ReadOptions) -> Layout:
    """Find the table in the first records of a file.

    >>> find_layout([["My report"], [], ["id", "sum"], ["1", "2.5"], ["2", "3.5"]], ReadOptions())
    Layout(skip=2, header_rows=1, width=2, names=('id', 'sum'), found_names=('id', 'sum'))
    """
    width = table_width(sample)
    skip = told.skip_rows if told.skip_rows is not None else preamble(sample, width)
    rows = [(i, row) for i, row in enumerate(sample[skip:]) if row]
    count = told.header_rows if told.header_rows is not None else count_header_rows([row for _, row in rows], width)
    count = min(count, len(rows))
    header_rows = rows[count - 1][0] + 1 if count else 0
    heads = [row for _, row in rows[:count]]
    width = max(width, 1)
    if count and told.header_rows is None and rows[count:] and all(map(RULE.fullmatch, rows[count][1])):
        header_rows = rows[count][0] + 1  # a line drawn under the names
    if len(heads) == 1 and len(heads[0]) > width == len(filled := [cell for cell in heads[0] if cell.strip()]):
        heads = [filled]  # a delimiter too many between the names
    named = max((i + 1 for head in heads for i, cell in enumerate(head) if cell.strip()), default=0)
    width = max(width, named)
    if heads and len(heads[0]) == width - 1 and len(rows) > count and any(len(r) == width for _, r in rows[count:]):
        tail = [row[-1] for _, row in rows[count:] if len(row) == width]
        # Names for all but one column: the row names of R stand first; else the lines end in a delimiter.
        heads = [[*h, ""] if not any(cell.strip() for cell in tail) else ["", *h] for h in heads]
    found = join_names(heads, width)
    return Layout(skip, header_rows, width, unique_names(found), found)


def table_width(sample: Sequence[Record]) -> int:
    """The width that most records have; wider counts a little more, so that a preamble does not win."""
    counts = Counter(len(row) for row in sample if row)
    if not counts:
        return 0
    return max(counts, key=lambda w: (counts[w] * (1 if w > 1 else 0.3), w))


def preamble(sample: Sequence[Record], width: int) -> int:
    """Number of records before the table."""
    first = next((i for i, row in enumerate(sample) if row), 0)
    for i, row in enumerate(sample[:MAX_PREAMBLE]):
        if not row:
            continue
        follows = _table_follows(sample[i + 1 :], width)
        if row[0].startswith("#") and len(row) != width and follows:
            continue
        if not follows:
            return i if len(row) == width else first
        filled = sum(bool(cell.strip()) for cell in row)
        if width < 3 and len(row) >= width:
            return i
        if width >= 3 and len(row) > width / 2 and filled > max(1, width / 4):
            return i
    return first


def count_header_rows(rows: Sequence[Record], width: int) -> int:
    """Number of records that hold names rather than values."""
    if not rows:
        return 0
    body = rows[1 : SAMPLE_ROWS + 1]
    if not body:
        return int(could_be_names(rows[0]))
    votes = [_vote(rows[0], body, column) for column in range(min(width, len(rows[0])))]
    total = sum(votes)
    if total < 0 or (total == 0 and not could_be_names(rows[0], body)):
        return 0
    count = 1
    while count < MAX_HEADER_ROWS and len(rows) > count + 2 and _second_header(rows[count], rows[count + 1 :], width):
        count += 1
    return count


def join_names(heads: Sequence[Record], width: int) -> tuple[str, ...]:
    """One name for each column from one or more lines of names.

    >>> join_names([["Spend", "", "id"], ["wine", "fruit", ""]], 3)
    ('Spend wine', 'Spend fruit', 'id')
    """
    if not heads:
        return ("",) * width
    padded = [[*head, *[""] * (width - len(head))][:width] for head in heads]
    if len(padded) == 1:
        return tuple(padded[0])
    for above, below in pairwise(padded):
        for i in range(1, width):
            if not above[i].strip() and below[i].strip():
                above[i] = above[i - 1]
    return tuple(" ".join(part.strip() for part in parts if part.strip()) for parts in zip(*padded, strict=True))


def unique_names(found: Sequence[str]) -> tuple[str, ...]:
    """Names that are not empty and not alike, whatever their case: engines do not tell ``Id`` from ``id``.

    Two underscores begin the columns that segscope adds itself, and no others; ``rowid`` is the engine's.

    >>> unique_names(["id", "", "ID", " sum ", "__row", "rowid"])
    ('id', 'column_2', 'ID_2', 'sum', '_row', 'rowid_2')
    """
    taken = {"rowid"}
    wanted = {" ".join(name.split()).lower() for name in found}
    names = []
    for number, name in enumerate(found, start=1):
        base = OWN_NAME.sub("_", " ".join(name.replace("\0", "").split())) or f"column_{number}"
        candidate, count = base, 1
        while candidate.lower() in taken or (count > 1 and candidate.lower() in wanted):
            count += 1
            candidate = f"{base}_{count}"
        taken.add(candidate.lower())
        names.append(candidate)
    return tuple(names)


def _table_follows(rows: Sequence[Record], width: int) -> bool:
    near = [row for row in rows if row][:5]
    return bool(near) and sum(len(row) == width for row in near) * 2 > len(near) and width > 1


def _is_value(cell: str) -> bool:
    return bool(cell.strip()) and bool(VALUE.fullmatch(cell))


def _vote(head: Record, body: Sequence[Record], column: int) -> int:
    """+1 if the head is words over values, -1 if it is a value as those below."""
    cells = [row[column] for row in body if column < len(row) and row[column].strip()]
    if not cells or not head[column].strip():
        return 0
    values = sum(_is_value(cell) for cell in cells)
    if values < 0.8 * len(cells):
        return 0
    if not _is_value(head[column]):
        return 1
    years = YEAR.fullmatch(head[column].strip()) and not all(YEAR.fullmatch(cell.strip()) for cell in cells)
    return 0 if years else -1


def could_be_names(head: Record, body: Sequence[Record] = ()) -> bool:
    """Whether the cells of a record could be the names of columns: words, all different, and not found below."""
    filled = [cell.strip() for cell in head if cell.strip()]
    if not filled or any((_is_value(cell) and not YEAR.fullmatch(cell)) or "@" in cell for cell in filled):
        return False
    if len({cell.lower() for cell in filled}) < 0.8 * len(filled):
        return False
    return not any(i < len(row) and row[i].strip() == cell.strip() != "" for row in body for i, cell in enumerate(head))


def _second_header(row: Record, body: Sequence[Record], width: int) -> bool:
    votes = [_vote(row, body, column) for column in range(min(width, len(row)))]
    values = sum(_is_value(cell) for cell in row)
    return values == 0 and sum(votes) >= 2 and sum(votes) >= 0.3 * width
