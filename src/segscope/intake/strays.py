"""Single records that are written with another delimiter than the rest of their file."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from segscope.intake.fitting import SHOWN
from segscope.intake.parse import Dialect, records
from segscope.intake.report import SPACES, Repair

OTHERS = (",", ";", "\t", "|", ":", "~", "^", " ")  # the blank last, which stands in every sentence
FEWEST_CELLS = 3

Record = list[str]


@dataclass
class Strays:
    """Splits such records, and counts them.

    Parameters
    ----------
    dialect : how the file is written
    width : cells of its usual record
    suits : whether the cells of a record of that width hold values where its columns do
    may_be_names : whether they could be the names of columns
    """

    dialect: Dialect
    width: int
    suits: Callable[[Sequence[str]], bool]
    may_be_names: Callable[[Sequence[str]], bool]
    count: int = 0
    first: str = ""

    def mended(self, feed: Iterable[Record]) -> Iterator[Record]:
        """All records, those in another delimiter as wide as the others."""
        for record in feed:
            if 0 < len(record) < self.width and self.width >= FEWEST_CELLS and self.dialect.delimiter != SPACES:
                yield self._split(record)
            else:
                yield record

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What was mended."""
        told = Repair("records in another delimiter split by it", self.count, self.first[:SHOWN])
        return (told,) if self.count else ()

    def _split(self, record: Record) -> Record:
        # In a record that is cut at the wrong places, quotes still stand as they do in the file.
        line = self.dialect.delimiter.join(record)
        for other in OTHERS:
            if other == self.dialect.delimiter or line.count(other) < self.width - 1 or "\n" in line:
                continue
            cells = next(records([line], Dialect(other, self.dialect.quote, self.dialect.escape)))
            if len(cells) == self.width and (self.suits(cells) or (other != " " and self.may_be_names(cells))):
                self.count += 1
                self.first = self.first or line
                return cells
        return record
