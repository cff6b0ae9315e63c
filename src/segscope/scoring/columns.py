"""Which columns of a source stand for which of a study's, where their names differ."""

from collections.abc import Mapping, Sequence

import ibis

from segscope.errors import ColumnError, MissingColumnsError, did_you_mean, near_names
from segscope.intake import ROW, IntakeReport
from segscope.recipe import TransactionLog
from segscope.segmentation import Segmentation
from segscope.wording import counted, listed

Renames = Mapping[str, str]
"""Columns of a source, and the study's column that each stands for."""


def log_columns(log: TransactionLog) -> dict[str, str]:
    """The columns that a log must have, and what each is.

    >>> log_columns(TransactionLog("who", "day", "paid"))
    {'who': 'customer', 'day': 'date', 'paid': 'amount'}
    """
    parts = {
        "customer": log.customer, "date": log.date, "amount": log.amount, "unit price": log.unit_price,
        "quantity": log.quantity, "order": log.order, "product": log.product, "channel": log.channel,
        "currency": log.currency,
    }  # fmt: skip
    return {column: part for part, column in parts.items() if column is not None}


def check_log_columns(columns: Sequence[str], log: TransactionLog, where: str) -> None:
    """Raise unless every column of a log is there."""
    wanted = log_columns(log)
    missing = [c for c in wanted if c not in columns]
    if missing:
        raise MissingColumnsError(where, missing, [c for c in columns if c != ROW and c not in wanted])


def as_read(renames: Renames, columns: Sequence[str], segmentation: Segmentation, where: str) -> dict[str, str]:
    """The source's column for each of the study's that another stands for.

    Raises
    ------
    ColumnError : for a column that the source or the study does not have, and where two stand for one
    """
    log = segmentation.recipe.log
    known = dict.fromkeys([c.column for c in segmentation.recipe.columns] + list(log_columns(log) if log else ()))
    found: dict[str, str] = {}
    for own, name in renames.items():
        if own not in columns:
            there = [c for c in columns if c != ROW]
            raise ColumnError(f"{where} has no column {own!r:.80}.{did_you_mean(own, there)}")
        if name not in known:
            raise ColumnError(f"The study has no column {name!r:.80}.{did_you_mean(name, known)}")
        if name in found:
            raise ColumnError(f"Both {found[name]!r:.80} and {own!r:.80} are to stand for {name!r:.80}. Choose one.")
        found[name] = own
    return found


def found_names(renames: Renames, report: IntakeReport) -> dict[str, str]:
    """Renames by the names that intake gives; a column may be named as it stands in the source, too."""
    names = {c.found_name: c.name for c in report.columns} | {c.name: c.name for c in report.columns}
    return {names.get(own, own): name for own, name in renames.items()}


def renamed(typed: ibis.Table, own: Mapping[str, str]) -> ibis.Table:
    """A source in which columns go by the study's names; one that has such a name already makes room.

    ``own`` : the source's column for each of the study's (see :func:`as_read`)
    """
    if not own:
        return typed
    rest = [c for c in typed.columns if c not in own and c not in own.values()]
    return typed.select(*rest, **{name: typed[column] for name, column in own.items()})


def remarks_on(report: IntakeReport, counting: Sequence[str]) -> tuple[str, ...]:
    """What became of columns that count, by the names that intake gives: cells that could not be read, two of one name.

    >>> from segscope.intake import ColumnReading
    >>> spend = ColumnReading("spend", "Spend", "number", unreadable=2, examples_unreadable=("lots", "=1+1"))
    >>> again = ColumnReading("spend_2", "Spend", "number")
    >>> for remark in remarks_on(IntakeReport("new.csv", "excel", 9, (spend, again)), ["spend"]):
    ...     print(remark)
    2 values of Spend could not be read and count as blank: “lots” and “=1+1”.
    2 columns are called Spend; the first counts.
    """
    said = []
    for column in (c for c in report.columns if c.name in counting):
        if column.unreadable:
            examples = listed([f"“{e:.40}”" for e in column.examples_unreadable[:3]])
            number = counted(column.unreadable, "value")
            said.append(f"{number} of {column.found_name} could not be read and count as blank: {examples}.")
        alike = sum(c.found_name == column.found_name for c in report.columns)
        if alike > 1:
            said.append(f"{alike} columns are called {column.found_name}; the first counts.")
    return tuple(said)


def likely(missing: Sequence[str], there: Sequence[str]) -> dict[str, str]:
    """For each missing column the one that is nearest by its name, each taken once; nothing where none is near.

    >>> likely(["spend", "orders", "age"], ["Spend (EUR)", "no_orders", "city"])
    {'spend': 'Spend (EUR)', 'orders': 'no_orders'}
    >>> likely(["spend", "spent"], ["spends"])
    {'spend': 'spends'}
    """
    found: dict[str, str] = {}
    for name in missing:
        near = near_names(name, [c for c in there if c not in found.values()])
        if near:
            found[name] = near[0]
    return found
