"""What to say of a column that came out as text where numbers or dates are needed: which of its cells are neither."""

from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine, distributed, one
from segscope.errors import UnreadableCellsError
from segscope.intake import ROW
from segscope.intake.dates import SHAPES, has_shape
from segscope.intake.numbers import is_number
from segscope.recipe import Role
from segscope.segmentation import Segmentation
from segscope.wording import listed

EXAMPLES = 2
LONGEST_EXAMPLE = 40


def check_readable(engine: Engine, typed: ibis.Table, segmentation: Segmentation, where: str, whole: bool) -> None:
    """Refuse texts where the segmentation needs numbers or dates, with the cells that stand in the way.

    Intake reads a column as numbers although a few cells are none; with too many of them it stays a text.

    Parameters
    ----------
    typed : by ROW, with all columns that are needed
    where : what the source is called
    whole : whether these are all rows of the source, so that places and counts mean something

    Raises
    ------
    UnreadableCellsError : names the column, how many of its cells cannot be read, and the first two with their rows
    """
    roles = {c.column: c.role for c in segmentation.recipe.columns}
    for name in segmentation.needed:
        if roles[name] is Role.CATEGORY or not typed[name].type().is_string():
            continue
        unread = _unread_dates(typed[name]) if roles[name] is Role.DATE else _unread_numbers(engine, typed, name)
        wanted = "dates" if roles[name] is Role.DATE else "numbers"
        known = one(engine, typed.agg(values=typed[name].count(), unread=unread.sum()))
        if not known["unread"]:
            continue
        first = engine.fetch(typed.filter(unread).order_by(ROW).limit(EXAMPLES).select(ROW, cell=typed[name]))
        placed = whole and distributed(engine) is None
        cells = [
            f"“{cell['cell']:.{LONGEST_EXAMPLE}}”" + (f" (row {cell[ROW] + 1:,})" if placed else "")
            for cell in first.to_pylist()
        ]
        many = f"{known['unread']:,} of its {known['values']:,}" if whole else "Some of its"
        raise UnreadableCellsError(
            f"The column {name!r} of {where} must hold {wanted}, as it did when the study was fitted. "
            f"{many} values are none, such as {listed(cells)}. Correct such cells or leave "
            "them blank, and score the file again.",
            name,
            wanted.removesuffix("s"),
        )


def _unread_numbers(engine: Engine, typed: ibis.Table, name: str) -> ir.BooleanValue:
    """Whether a cell is no number, by the decimal sign that more of the cells have."""
    forms = {sign: is_number(typed[name], sign) for sign in (".", ",")}
    read = one(engine, typed.agg(point=forms["."].sum(), comma=forms[","].sum()))
    return ~forms["," if (read["comma"] or 0) > (read["point"] or 0) else "."]


def _unread_dates(text: ir.StringValue) -> ir.BooleanValue:
    return ~reduce(or_, (has_shape(text, shape) for shape in SHAPES))
