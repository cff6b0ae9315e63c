"""Editing: single changes of what was decided, put together to a new recipe, each in words and with what follows.

Changes are small and in an order, so that one can be taken back, and a page can hold them until they are run.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from segscope.editing.applying import apply
from segscope.editing.changes import Change, ChangeKind, possible_roles
from segscope.editing.saying import follows, sentence
from segscope.errors import RecipeError
from segscope.intake import ReadOptions
from segscope.recipe import Recipe

__all__ = ["Change", "ChangeKind", "Draft", "draft", "possible_roles"]

MAX_CHANGES = 500


@dataclass(frozen=True)
class Draft:
    """What changes come to.

    Attributes
    ----------
    recipe, reading : as they will be
    sentences : what is changed; one for each change that still makes a difference
    follows : what else follows from it
    """

    recipe: Recipe
    reading: ReadOptions
    sentences: tuple[str, ...]
    follows: tuple[str, ...]


def draft(recipe: Recipe, reading: ReadOptions, changes: Sequence[Change]) -> Draft:
    """Put changes together, in their order; a later one overrules an earlier one of the same thing.

    Raises
    ------
    RecipeError, FormulaError : for a change that cannot be made, with the reason

    >>> from segscope.recipe import ColumnRole, Role
    >>> columns = tuple(ColumnRole(n, Role.MEASURE, "numbers", n) for n in ("Income", "Orders"))
    >>> before = Recipe(columns, features=("Income", "Orders"))
    >>> after = draft(before, ReadOptions(), [Change("role", "Income", "ignored")])
    >>> after.sentences, after.follows, after.recipe.features
    (('Income is ignored.',), ('Income no longer makes the segments.',), ('Orders',))
    """
    if len(changes) > MAX_CHANGES:
        raise RecipeError(f"There are more than {MAX_CHANGES} changes. Run them first.")
    changed, read = recipe, reading
    for change in changes:
        changed, read = apply(changed, read, change)
    sentences = tuple(dict.fromkeys(s for c in changes if (s := sentence(c, recipe, changed, reading, read))))
    return Draft(changed, read, sentences, follows(recipe, changed, {c.name for c in changes if c.kind == "feature"}))
