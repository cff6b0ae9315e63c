"""Every error that a user can cause.

    SegscopeError
    ├── SourceError         a file, address or table cannot be read, or an output cannot be written
    ├── DataError           the data cannot be segmented as they are
    │   └── ColumnError     a column is missing, or is not what it must be
    │       ├── UnreadableCellsError  too many cells are no numbers, or no dates
    │       └── MissingColumnsError  columns that are needed are not there, others are
    ├── RecipeError         a decision in the recipe is not possible
    │   └── FormulaError    a derived column's formula cannot be read
    ├── StudyError          a study folder is missing, foreign or damaged
    │   ├── StillLoadingError   its customers are on their way
    │   └── NotLoadedError      they could not be loaded
    ├── ScoreError          a customer cannot be placed with what was given
    └── CancelledError      the user stopped a job

The message is one sentence or two: what is wrong, in which file, column or value, and what to do.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class SegscopeError(Exception):
    """Base of every error that a user can cause; its text is fit to be shown to that user."""


class SourceError(SegscopeError):
    """A file, address or table cannot be read, or an output cannot be written."""


class DataError(SegscopeError):
    """The data cannot be segmented as they are."""


class ColumnError(DataError):
    """A column is missing, or is not what it must be."""


class UnreadableCellsError(ColumnError):
    """A column has too many cells that are no numbers, or no dates.

    Attributes
    ----------
    column : its name in the study
    kind : "number" or "date", as ``--type`` names it
    """

    def __init__(self, said: str, column: str, kind: str) -> None:
        self.column, self.kind = column, kind
        super().__init__(said)


class MissingColumnsError(ColumnError):
    """Columns that are needed are not there.

    Parameters
    ----------
    where : the source, for people
    missing : the columns that are needed
    there : the columns that are there and stand for none that is needed

    >>> str(MissingColumnsError("new.csv", ["spend"], ["spent", "note"]))
    "new.csv lacks the column 'spend'. Did you mean spent?"
    >>> str(MissingColumnsError("new.csv", ["spend", "age"], ["spent", "note"]))
    "new.csv lacks the columns 'spend', 'age'. For 'spend': Did you mean spent? There are: spent, note."
    """

    def __init__(self, where: str, missing: Sequence[str], there: Sequence[str]) -> None:
        self.missing, self.there = tuple(missing), tuple(there)
        names = ", ".join(repr(c) for c in self.missing)
        self.lack = f"{where} lacks the {'column' if len(self.missing) == 1 else 'columns'} {names}."
        super().__init__(self.lack + self._offers())

    def _offers(self) -> str:
        near = {name: near_names(name, self.there) for name in self.missing}
        if len(self.missing) == 1:
            return did_you_mean(self.missing[0], self.there)
        said = [f" For {c!r}:{did_you_mean(c, found)}" for c, found in near.items() if found]
        return "".join(said) + ("" if all(near.values()) else did_you_mean("", self.there))


class RecipeError(SegscopeError):
    """A decision in the recipe is not possible."""


class FormulaError(RecipeError):
    """A derived column's formula cannot be read."""


class StudyError(SegscopeError):
    """A study folder is missing, foreign or damaged."""


class StillLoadingError(StudyError):
    """The customers of a study are on their way: what needs them is to be asked for again in a moment.

    Parameters
    ----------
    customers : how many they are
    seconds : since when they are being loaded

    >>> str(StillLoadingError(12000000, 3.4))
    '12,000,000 customers are being loaded, for 3 s so far. Try again in a moment.'
    """

    def __init__(self, customers: int, seconds: float) -> None:
        self.customers, self.seconds = customers, seconds
        super().__init__(
            f"{customers:,} customers are being loaded, for {seconds:.0f} s so far. Try again in a moment."
        )


class NotLoadedError(StudyError):
    """The customers of a study could not be loaded."""


class ScoreError(SegscopeError):
    """A customer cannot be placed with what was given."""


class CancelledError(SegscopeError):
    """The user stopped a job."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence that offers the names nearest to a misspelt one, or all names when few.

    >>> did_you_mean("Incme", ["Income", "Recency"])
    ' Did you mean Income?'
    >>> did_you_mean("zzz", ["Income", "Recency"])
    ' There are: Income, Recency.'
    >>> did_you_mean("zzz", [])
    ''
    """
    names = list(known)
    near = near_names(name, names)
    if near:
        return f" Did you mean {' or '.join(near)}?"
    if not names:
        return ""
    return f" There are: {', '.join(names[:12])}{' …' if len(names) > 12 else ''}."


def near_names(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """The names nearest to one, nearest first, at most three; none where none is near.

    >>> near_names("total spend", ["Total_Spend", "Spend", "Recency"])
    ('Total_Spend', 'Spend')
    """
    by_lower = {n.lower(): n for n in known}
    return tuple(by_lower[n] for n in get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6))
