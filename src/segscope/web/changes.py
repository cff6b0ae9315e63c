"""What people change in a study at once, because no customer moves: names, notes, kept solutions; undo and redo."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from segscope.errors import StudyError
from segscope.segmentation import Segmentation
from segscope.study import Card, Fit, Order, read_card, read_fit
from segscope.study.card import dropped, renamed
from segscope.study.folder import last_id, write_card
from segscope.study.history import changes_customers, edited, next_redo, next_undo, redone, undone
from segscope.study.running import Step
from segscope.web.jobs import Job
from segscope.web.studies import Studies
from segscope.wording import clean_name


def edit(studies: Studies, study_id: str, change: Callable[[Fit, int], tuple[Segmentation, str]]) -> str:
    """Change what segments are called and the like, at once; no customer moves. Returns what was done, in words;
    "" where all is as it was.

    Parameters
    ----------
    change : of the current fit, and the highest number of an id that was ever given

    Raises
    ------
    StudyError : when the change is refused, or while a run is going on
    """
    said: list[str] = []

    def write(folder: Path, card: Card) -> Card:
        fit = read_fit(folder, card)
        segmentation, words = change(fit, last_id(folder, card))
        said.append("" if segmentation == fit.segmentation else words)
        return edited(folder, replace(fit, segmentation=segmentation), words)

    studies.rewrite(study_id, write)
    return said[0]


def step(studies: Studies, study_id: str, which: Step) -> Job | str:
    """Undo or redo an edit by hand: at once where no customer moves, and says what; else in a run.

    Raises
    ------
    StudyError : when there is none, or while a run is going on
    """
    folder = studies.get(study_id).folder
    card = read_card(folder)
    edit = next_undo(card) if which == "undo" else next_redo(card)
    if edit and changes_customers(folder, card, edit.before if which == "undo" else edit.after):
        return studies.jobs.start(study_id, Order(str(folder), step=which))
    studies.rewrite(study_id, lambda folder, _: undone(folder) if which == "undo" else redone(folder))
    return f"{'Undone' if which == 'undo' else 'Done again'}: {edit.words if edit else ''}"


def rename(studies: Studies, study_id: str, name: str) -> None:
    """Give a study another name; its folder, its id and its addresses stay.

    Raises
    ------
    StudyError : for an empty name, or while a run is going on, which would write the old name back
    """
    cleaned = clean_name(name)
    if not cleaned:
        raise StudyError("A study needs a name. Type one.")
    _change_card(studies, study_id, lambda card: replace(card, name=cleaned))


def rename_solution(studies: Studies, study_id: str, solution_id: str, name: str) -> None:
    """Give a kept solution another name.

    Raises
    ------
    StudyError : for an empty name or another's, for a solution that is gone, or while a run is going on
    """
    _change_card(studies, study_id, lambda card: renamed(card, solution_id, name))


def drop_solution(studies: Studies, study_id: str, solution_id: str) -> None:
    """Remove a kept solution; the current one cannot go.

    Raises
    ------
    StudyError : for the current solution, one that is gone, or while a run is going on
    """
    _change_card(studies, study_id, lambda card: dropped(card, solution_id))


def _change_card(studies: Studies, study_id: str, change: Callable[[Card], Card]) -> None:
    """Change the card of a study by hand."""

    def write(folder: Path, card: Card) -> Card:
        changed = change(card)
        write_card(folder, changed)
        return changed

    studies.rewrite(study_id, write)
