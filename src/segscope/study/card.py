"""The card of a study: what is current, and the solutions that are kept side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from segscope.errors import StudyError, did_you_mean
from segscope.intake import IntakeReport, ReadOptions
from segscope.recipe import METHOD_NAMES, Recipe
from segscope.wording import clean_name, counted

SCHEMA_VERSION = 1
MOST_KEPT = 24
"""So many solutions are kept; beyond it the oldest goes that nobody has named."""
MOST_EDITS = 50
"""So many edits are kept; beyond it the oldest cannot be undone any more."""


@dataclass(frozen=True)
class Kept:
    """A solution that is kept: its data and its fit, under a name.

    Attributes
    ----------
    id : stable within the study, such as "r3"
    named : whether a person gave the name; such a solution is never dropped on its own
    data, fit : names of files inside the folder
    """

    id: str
    name: str
    named: bool
    data: str
    fit: str


@dataclass(frozen=True)
class Snapshot:
    """Data of solutions that are kept: the file, and how its source was read."""

    data: str
    customers: int
    intake: IntakeReport
    reading: ReadOptions


@dataclass(frozen=True)
class Edit:
    """A change of a solution by hand, which can be undone (see segscope.study.history).

    Attributes
    ----------
    solution : id of the kept solution
    words : what was done
    when : date and time of the world (UTC), such as "2026-05-01T12:00:00+00:00"
    before, after : files of the fit inside the folder
    undone : taken back, and can be done again
    """

    solution: str
    words: str
    when: str
    before: str
    after: str
    undone: bool = False


@dataclass(frozen=True)
class Card:
    """What a study is, at a glance.

    Attributes
    ----------
    data, fit : names of files inside the folder
    intake, reading : how the source was read, and what was asked for
    kept : solutions, the oldest first; the current one is among them
    snapshots : other data that some of them rest on
    history : edits of the kept solutions by hand, the oldest first
    last_segment : the highest number of a segment's id that was ever given; none is given twice
    """

    name: str
    source: str
    customers: int
    data: str
    fit: str
    intake: IntakeReport
    synthetic: bool = False
    reading: ReadOptions = field(default_factory=ReadOptions)
    kept: tuple[Kept, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    history: tuple[Edit, ...] = ()
    last_segment: int = 0
    schema_version: int = field(default=SCHEMA_VERSION)

    @property
    def current(self) -> Kept | None:
        """The kept solution that is current; None in a study from before solutions were kept."""
        return next((k for k in self.kept if (k.data, k.fit) == (self.data, self.fit)), None)

    @property
    def fits(self) -> tuple[str, ...]:
        """Files of every fit that belongs to the study: the current one, those kept, and those in the history."""
        edits = (name for e in self.history for name in (e.before, e.after))
        return tuple(dict.fromkeys([self.fit, *(k.fit for k in self.kept), *edits]))

    def solution(self, solution_id: str) -> Kept:
        """A kept solution by its id; a StudyError offers near matches."""
        for kept in self.kept:
            if kept.id == solution_id:
                return kept
        offers = did_you_mean(solution_id, [k.id for k in self.kept])
        raise StudyError(f"There is no solution {solution_id!r:.40} any more.{offers}")


def usual_name(recipe: Recipe, segments: int, by_hand: bool = False) -> str:
    """What a solution is called unless somebody names it.

    >>> usual_name(Recipe(columns=(), features=("a", "b"), set_aside=True), 4)
    '4 segments, k-means, 2 features, unusual set aside'
    """
    parts = [counted(segments, "segment"), METHOD_NAMES[recipe.method]]
    parts.append(counted(len(recipe.features), "feature"))
    parts += ["unusual set aside"] if recipe.set_aside else []
    parts += ["changed by hand"] if by_hand else []
    return ", ".join(parts)


def keeping(card: Card, name: str, instead_of: str = "") -> Card:
    """The card with its current solution among those that are kept.

    Parameters
    ----------
    name : its usual name; a number follows where another has it
    instead_of : file of a fit that this one replaces, being the same solution with more evidence
    """
    same = next((k for k in card.kept if k.data == card.data and k.fit in (card.fit, instead_of)), None)
    if same:
        return following(replace(card, fit=same.fit), card.fit, name)
    number = max((int(k.id[1:]) for k in card.kept), default=0) + 1
    taken = {k.name for k in card.kept}
    names = (name if n == 1 else f"{name} ({n})" for n in range(1, len(taken) + 2))
    fresh = Kept(f"r{number}", next(n for n in names if n not in taken), False, card.data, card.fit)
    return _within_limit(replace(card, kept=(*card.kept, fresh)))


def following(card: Card, fit: str, name: str) -> Card:
    """The card with the current solution in another fit's file: the same solution, changed.

    Parameters
    ----------
    name : its usual name now
    """
    now = card.current
    numbered = now is not None and (now.name == name or now.name.startswith(f"{name} ("))
    kept = (replace(k, fit=fit, name=k.name if k.named or numbered else name) if k is now else k for k in card.kept)
    return replace(card, fit=fit, kept=tuple(kept))


def in_history(card: Card, fit: str, now: str) -> Card:
    """The card with a fit's file in its history replaced by another: the same fit with more evidence."""
    renamed_ = {fit: now}
    edits = (
        replace(e, before=renamed_.get(e.before, e.before), after=renamed_.get(e.after, e.after)) for e in card.history
    )
    return replace(card, history=tuple(edits))


def made_current(card: Card, solution_id: str) -> Card:
    """The card with another kept solution as the current one."""
    kept = card.solution(solution_id)
    if kept.data == card.data:
        return replace(card, fit=kept.fit)
    there = next((s for s in card.snapshots if s.data == kept.data), None)
    if there is None:
        raise StudyError(f"The data of {kept.name!r} are not kept any more. Fit it again.")
    return with_data(replace(card, fit=kept.fit), there)


def with_data(card: Card, there: Snapshot) -> Card:
    """The card with other data as the current ones; those that were stay while a kept solution rests on them."""
    was = Snapshot(card.data, card.customers, card.intake, card.reading)
    needed = {k.data for k in card.kept} - {there.data}
    return replace(
        card,
        data=there.data,
        customers=there.customers,
        intake=there.intake,
        reading=there.reading,
        snapshots=tuple({s.data: s for s in (*card.snapshots, was) if s.data in needed}.values()),
    )


def renamed(card: Card, solution_id: str, name: str) -> Card:
    """The card with another name for a solution.

    Raises
    ------
    StudyError : for an empty name, or one that another solution has
    """
    kept, cleaned = card.solution(solution_id), clean_name(name)
    if not cleaned:
        raise StudyError("A solution needs a name. Type one.")
    if any(k.name == cleaned and k is not kept for k in card.kept):
        raise StudyError(f"Another solution is called {cleaned!r}. Choose another name.")
    return replace(card, kept=tuple(replace(k, name=cleaned, named=True) if k is kept else k for k in card.kept))


def dropped(card: Card, solution_id: str) -> Card:
    """The card without a solution; the current one cannot go."""
    kept = card.solution(solution_id)
    if kept == card.current:
        raise StudyError("The current solution cannot be removed. Make another current first.")
    return _with_kept(card, [k for k in card.kept if k is not kept])


def on_current_data(card: Card) -> Card:
    """The card without what rests on other data than the current ones."""
    return _with_kept(card, [k for k in card.kept if k.data == card.data])


def _with_kept(card: Card, kept: Sequence[Kept]) -> Card:
    needed, ids = {k.data for k in kept}, {k.id for k in kept}
    return replace(
        card,
        kept=tuple(kept),
        snapshots=tuple(s for s in card.snapshots if s.data in needed),
        history=tuple(e for e in card.history if e.solution in ids),
    )


def _within_limit(card: Card) -> Card:
    excess = len(card.kept) - MOST_KEPT
    old = [k for k in card.kept if not k.named and k != card.current][: max(0, excess)]
    return _with_kept(card, [k for k in card.kept if k not in old])
