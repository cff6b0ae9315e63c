"""The history of a study: what was changed by hand, when, and the way back.

An edit makes a new fit of the same solution; the one before stays as a file, and undoing makes it current again. The
list is part of the study's card, so an edit and its entry are written as one, whole or not at all. It says what was
done and when, never by whom.
"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from segscope.errors import StudyError
from segscope.segmentation import Segmentation, unlabelled
from segscope.study.card import MOST_EDITS, Card, Edit, following, in_history, usual_name
from segscope.study.fitting import Fit
from segscope.study.folder import (
    highest_id,
    last_id,
    read_card,
    read_fit,
    read_solution,
    store_fit,
    with_current_kept,
    write_card,
)


def read_history(folder: Path) -> tuple[Edit, ...]:
    """The edits of a study's current solution, the oldest first; those that are undone come last."""
    return edits(read_card(folder))


def edits(card: Card) -> tuple[Edit, ...]:
    """The edits of the current solution, the oldest first."""
    now = card.current
    return tuple(e for e in card.history if now and e.solution == now.id)


def next_undo(card: Card) -> Edit | None:
    """The edit that :func:`undone` takes back; None where there is none."""
    last = next((e for e in reversed(edits(card)) if not e.undone), None)
    return last if last and last.after == card.fit else None


def next_redo(card: Card) -> Edit | None:
    """The edit that :func:`redone` does again; None where there is none."""
    first = next((e for e in edits(card) if e.undone), None)
    return first if first and first.before == card.fit else None


def edited(folder: Path, fit: Fit, words: str) -> Card:
    """Make a fit that was changed by hand the current one, in the place of the solution that it was.

    What was undone before cannot be done again after it. A fit that is as it was is no edit.

    Parameters
    ----------
    words : what was done, for the history, such as "Top spenders is now called Stars"
    """
    card = with_current_kept(folder, read_card(folder))
    card = replace(card, last_segment=max(last_id(folder, card), highest_id(fit)))
    changed = _with(card, store_fit(folder, fit), fit)
    if changed.fit == card.fit or changed.current is None:
        return card
    when = datetime.now(UTC).isoformat(timespec="seconds")
    edit = Edit(changed.current.id, words, when, card.fit, changed.fit)
    standing = [e for e in card.history if not (e.undone and e.solution == edit.solution)]
    changed = replace(changed, history=(*standing, edit)[-MOST_EDITS:])
    write_card(folder, changed)
    return changed


def changes_customers(folder: Path, card: Card, to: str) -> bool:
    """Whether another fit of the history puts customers elsewhere; else only segments are called otherwise."""
    return _places(read_solution(folder, to)) != _places(read_fit(folder, card))


def undone(folder: Path) -> Card:
    """Take the last edit of the current solution back.

    Raises
    ------
    StudyError : when there is none, or its fit cannot be read; the study is as it was then
    """
    card = read_card(folder)
    return _step(folder, card, next_undo(card), "undo")


def redone(folder: Path) -> Card:
    """Do the edit again that was undone last.

    Raises
    ------
    StudyError : when there is none, or its fit cannot be read; the study is as it was then
    """
    card = read_card(folder)
    return _step(folder, card, next_redo(card), "redo")


def _step(folder: Path, card: Card, edit: Edit | None, what: str) -> Card:
    """Make the fit at the other end of an edit current, with the evidence that was gathered since."""
    if edit is None:
        raise StudyError(f"There is nothing to {what}.")
    to = edit.after if edit.undone else edit.before
    fit = _with_evidence_of(read_solution(folder, to), read_fit(folder, card))
    other = replace(edit, undone=not edit.undone)
    card = replace(card, history=tuple(other if e is edit else e for e in card.history))
    name = store_fit(folder, fit)
    changed = in_history(_with(card, name, fit), to, name)
    write_card(folder, changed)
    return changed


def _with(card: Card, name: str, fit: Fit) -> Card:
    return following(
        replace(card, customers=fit.customers),
        name,
        usual_name(fit.recipe, len(fit.segments), bool(fit.segmentation.hand)),
    )


def _with_evidence_of(fit: Fit, other: Fit) -> Fit:
    """A fit with the complete evidence of another, where only names and the like tell them apart."""
    if fit.evidence.complete or not other.evidence.complete or _places(fit) != _places(other):
        return fit
    return replace(
        fit,
        evidence=other.evidence,
        alternatives=other.alternatives,
        path=other.path,
        path_segments=other.path_segments,
        tree=other.tree,
    )


def _places(fit: Fit) -> Segmentation:
    """What decides who is in which segment."""
    return unlabelled(fit.segmentation)
