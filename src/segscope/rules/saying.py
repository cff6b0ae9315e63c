"""Rules in words: days enrolled over 350 and total spend at most 450."""

from segscope.comparing import brief
from segscope.recipe import DerivedColumn, Recipe, Role
from segscope.rules.conditions import Condition, Conditions
from segscope.segmentation import Segmentation
from segscope.wording import NARROW, listed


def conditions_in_words(conditions: Conditions, segmentation: Segmentation) -> str:
    """What a customer must meet, joined by "and"; "everybody" where nothing is asked."""
    blanks = {step.feature for step in segmentation.preparation if step.blanks}
    said = [condition_in_words(c, segmentation.recipe, c.column in blanks) for c in conditions]
    return " and ".join(said) or "everybody"


def condition_in_words(condition: Condition, recipe: Recipe, blanks: bool = True) -> str:
    """One condition; thresholds stand as they are, to the last digit.

    Parameters
    ----------
    blanks : whether there are customers without a value; where there are none, nothing is said of them

    >>> from segscope.recipe import ColumnRole
    >>> recipe = Recipe((ColumnRole("Days", Role.MEASURE, "", "Days enrolled", unit="days"),))
    >>> condition_in_words(Condition("Days", low=350.0, high=1200.0), recipe)
    'days enrolled over 350, at most 1,200 (or blank)'
    """
    column = recipe.column(condition.column)
    label = brief(column.label.lower())
    if condition.text:
        return f"{label} is {_values(condition, blanks)}"
    flag = not isinstance(column, DerivedColumn) and column.role is Role.FLAG
    if flag and (condition.low is None) != (condition.high is None):
        said = f"{label}: {'no' if condition.low is None else 'yes'}"
    else:
        bounds = [("over", condition.low), ("at most", condition.high)]
        said = ", ".join(f"{word} {amount(bound, column.unit)}" for word, bound in bounds if bound is not None)
        said = f"{label} {said or 'known'}{unit_after(column.unit, label) if said else ''}"
    return f"{said} (or blank)" if condition.blank and blanks else said


def amount(value: float, unit: str) -> str:
    """A threshold, to the last digit.

    >>> amount(1200.0, "a year"), amount(0.35, "share"), amount(0.125, "")
    ('1,200', '35\u202f%', '0.125')
    """
    return f"{100 * value:,.12g}{NARROW}%" if unit == "share" else f"{value:,.15g}"


def unit_after(unit: str, label: str) -> str:
    """The unit of thresholds, unless the label tells it.

    >>> unit_after("a year", "income"), unit_after("days", "days enrolled")
    (' a year', '')
    """
    return f" {unit}" if unit and unit != "share" and unit not in label else ""


def _values(condition: Condition, blanks: bool) -> str:
    names = [brief(v) for v in condition.values]
    if not condition.other_than:
        return listed([*names, *(["blank"] if condition.blank and (blanks or not names) else [])], "or")
    names += [] if condition.blank or not (blanks or not names) else ["blank"]
    said = f"neither {listed(names, 'nor')}" if len(names) > 1 else f"not {names[0]}"
    return f"{said} (or blank)" if condition.blank and blanks else said
