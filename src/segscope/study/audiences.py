"""Audiences: filters that are kept in a study under a name, in ``audiences.json`` beside its card.

What is kept are the conditions, not the customers: an audience always means those who meet them now.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from segscope.errors import SegscopeError, StudyError, did_you_mean
from segscope.exploring import Choice, Filters, Variable, in_words, parse_filters
from segscope.study.keeping import read_kept, write_kept

FILE = "audiences.json"
SCHEMA_VERSION = 1
LONGEST_NAME = 80
MOST_AUDIENCES = 200
_writing = Lock()


@dataclass(frozen=True)
class Audience:
    """Customers that meet conditions.

    Attributes
    ----------
    name : unique in its study, whatever the case of its letters
    filters : column -> [low, high] or {"in": [values]}, as the address of the Explore page has them
    """

    name: str
    filters: dict[str, Any]


@dataclass(frozen=True)
class _Kept:
    audiences: tuple[Audience, ...]
    schema_version: int = SCHEMA_VERSION


def read_audiences(folder: Path) -> tuple[Audience, ...]:
    """The audiences of a study in the order in which they were saved; none where there is no file of them.

    Raises
    ------
    StudyError : when the file is damaged
    """
    return read_kept(folder / FILE, _Kept(()), SCHEMA_VERSION).audiences


def find_audience(audiences: Sequence[Audience], name: str) -> Audience:
    """An audience by name; a StudyError offers near matches.

    >>> find_audience([Audience("Young", {})], "yong")
    Traceback (most recent call last):
    segscope.errors.StudyError: There is no audience 'yong'. Did you mean Young?
    """
    for audience in audiences:
        if audience.name.casefold() == name.casefold():
            return audience
    hint = did_you_mean(name, [a.name for a in audiences]) or " None is saved yet."
    raise StudyError(f"There is no audience {name!r:.100}.{hint}")


def save_audience(folder: Path, audience: Audience, place: int | None = None) -> None:
    """Keep an audience, as the last or at a place; a StudyError refuses an empty name, or one that is taken."""

    def added(kept: tuple[Audience, ...]) -> tuple[Audience, ...]:
        if not audience.filters:
            raise StudyError("An audience needs a filter. Select some of the customers first.")
        if len(kept) >= MOST_AUDIENCES:
            raise StudyError(f"A study keeps at most {MOST_AUDIENCES} audiences. Delete one that is not needed.")
        _check_free(kept, audience.name)
        at = len(kept) if place is None else place
        return (*kept[:at], Audience(audience.name.strip(), audience.filters), *kept[at:])

    _change(folder, added)


def rename_audience(folder: Path, name: str, to: str) -> None:
    """Give an audience another name."""

    def renamed(kept: tuple[Audience, ...]) -> tuple[Audience, ...]:
        old = find_audience(kept, name)
        _check_free([a for a in kept if a is not old], to)
        return tuple(Audience(to.strip(), a.filters) if a is old else a for a in kept)

    _change(folder, renamed)


def delete_audience(folder: Path, name: str) -> tuple[Audience, int]:
    """Forget an audience; returns it and its place, for :func:`save_audience` to put it back."""
    removed: list[tuple[Audience, int]] = []

    def without(kept: tuple[Audience, ...]) -> tuple[Audience, ...]:
        old = find_audience(kept, name)
        removed.append((old, kept.index(old)))
        return tuple(a for a in kept if a is not old)

    _change(folder, without)
    return removed[0]


def conditions(audience: Audience, variables: Sequence[Variable]) -> Filters:
    """The filters of an audience, for the variables of today.

    Raises
    ------
    StudyError : when a column is gone, or is of another kind now; it names the audience
    """
    try:
        return parse_filters(audience.filters, variables)
    except SegscopeError as error:
        raise StudyError(f"The audience {audience.name!r} no longer fits this study. {error}") from None


def condition_words(filters: Filters, variables: Sequence[Variable]) -> tuple[str, ...]:
    """Each condition as a short phrase."""
    by_name = {v.column: v for v in variables}
    return tuple(in_words(f, by_name[f.column]) for f in filters)


def values_gone(filters: Filters, variables: Sequence[Variable]) -> tuple[str, ...]:
    """Chosen values that no customer has any more, such as the old name of a segment."""
    by_name: Mapping[str, Variable] = {v.column: v for v in variables}
    return tuple(
        value
        for f in filters
        if isinstance(f, Choice) and not by_name[f.column].others
        for value in f.values
        if value not in by_name[f.column].choices and not value.startswith("(")
    )


def _check_free(kept: Sequence[Audience], name: str) -> None:
    wanted = name.strip()
    if not wanted or not wanted.isprintable():
        raise StudyError("An audience needs a name of letters, digits or signs. Type one.")
    if len(wanted) > LONGEST_NAME:
        raise StudyError(f"The name of an audience has at most {LONGEST_NAME} letters. This one has {len(wanted)}.")
    taken = next((a.name for a in kept if a.name.casefold() == wanted.casefold()), None)
    if taken is not None:
        raise StudyError(f"There is an audience {taken!r} already. Choose another name.")


def _change(folder: Path, change: Callable[[tuple[Audience, ...]], tuple[Audience, ...]]) -> None:
    """Write the audiences anew, whole or not at all; one change after the other."""
    with _writing:
        write_kept(folder / FILE, _Kept(change(read_audiences(folder))), "audience")
