"""The tree that a formula is read into: numbers, dates, columns, and functions of these."""

from dataclasses import dataclass
from datetime import date

EPOCH = date(1970, 1, 1)
LARGEST_FLOAT = 1.7e308


@dataclass(frozen=True)
class Number:
    """A number written in the formula."""

    value: float


@dataclass(frozen=True)
class Day:
    """A date written in the formula, as 2014-06-29."""

    value: date


@dataclass(frozen=True)
class Name:
    """A column."""

    column: str


@dataclass(frozen=True)
class Call:
    """A function or an operator with its arguments."""

    function: str
    arguments: tuple["Node", ...]


Node = Number | Day | Name | Call
