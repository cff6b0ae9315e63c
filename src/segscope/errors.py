"""Every error that a user can cause.

    SegscopeError
    ├── SourceError         a file, address or table cannot be read, or an output cannot be written
    ├── DataError           the data cannot be segmented as they are
    │   └── ColumnError     a column is missing, or is not what it must be
    ├── RecipeError         a decision in the recipe is not possible
    │   └── FormulaError    a derived column's formula cannot be read
    ├── StudyError          a study folder is missing, foreign or damaged
    ├── ScoreError          a customer cannot be placed with what was given
    └── CancelledError      the user stopped a job

The message is one sentence or two: what is wrong, in which file, column or value, and what to do.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class SegscopeError(Exception):
    """Base of every error that a user can cause; its text is fit to be shown to that user."""


class SourceError(SegscopeError):
    """A file, address or table cannot be read, or an output cannot be written."""


class DataError(SegscopeError):
    """The data cannot be segmented as they are."""


class ColumnError(DataError):
    """A column is missing, or is not what it must be."""


class RecipeError(SegscopeError):
    """A decision in the recipe is not possible."""


class FormulaError(RecipeError):
    """A derived column's formula cannot be read."""


class StudyError(SegscopeError):
    """A study folder is missing, foreign or damaged."""


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
    by_lower = {n.lower(): n for n in names}
    near = get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)
    if near:
        return f" Did you mean {' or '.join(by_lower[n] for n in near)}?"
    if not names:
        return ""
    return f" There are: {', '.join(names[:12])}{' …' if len(names) > 12 else ''}."
