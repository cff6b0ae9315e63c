"""Origins: where segments come from and what became of those before, as plain data kept with the segments of now."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["survived", "split", "merged", "new"]
Fate = Literal["split", "merged", "gone"]
By = Literal["customers", "model", "centres", "hand"]
MOST_FORMER = 24
"""So many segments that are no more are remembered; beyond it the oldest are forgotten, but never their ids."""


@dataclass(frozen=True)
class Ancestor:
    """A segment before.

    Attributes
    ----------
    part : the share of its customers who are in the segment now
    share : the share of the segment's customers now who were in it; both 0 where no customers were compared
    """

    id: str
    name: str
    part: float = 0.0
    share: float = 0.0


@dataclass(frozen=True)
class Origin:
    """Where a segment comes from.

    Attributes
    ----------
    by : what it was told by: customers who are in both, today's customers put into the segments before (model),
        centres where neither could be, or a person
    sources : segments before, the one with most of its customers first
    """

    kind: Kind
    by: By
    sources: tuple[Ancestor, ...] = ()


@dataclass(frozen=True)
class Former:
    """A segment that is no more: what it was called, and what became of it.

    Attributes
    ----------
    into : ids of the segments that its customers went to
    latest : whether it was there before the last fit
    """

    id: str
    name: str
    colour: int
    note: str
    locked: bool
    named: bool
    became: Fate
    into: tuple[str, ...] = ()
    latest: bool = True
