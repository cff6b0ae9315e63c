"""Flags that several commands share: how a source is read, and what its columns and rows are.

Light to import, as the command line is: what reads data is loaded only where a flag is given.
"""

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segscope.errors import RecipeError

if TYPE_CHECKING:
    from segscope.editing import Change
    from segscope.intake import ReadOptions

READING = {
    "delimiter": Annotated[str | None, typer.Option(help="Text between fields; 'spaces' for runs of blanks.")],
    "quote": Annotated[str | None, typer.Option(help="Character around cells; 'none' for none.")],
    "encoding": Annotated[str | None, typer.Option(help="Such as utf-8 or cp1252.")],
    "header_rows": Annotated[int | None, typer.Option(min=0, help="Lines that hold names; 0 for none.")],
    "skip_rows": Annotated[int | None, typer.Option(min=0, help="Lines before the header.")],
    "sheet": Annotated[str | None, typer.Option(help="Sheet of a workbook.")],
    "table": Annotated[str | None, typer.Option(help="Table of a database.")],
    "query": Annotated[str | None, typer.Option(help="SELECT statement for a database.")],
    "decimal": Annotated[str | None, typer.Option(help="Decimal sign: '.' or ','.")],
    "day_first": Annotated[
        bool | None, typer.Option("--day-first/--month-first", help="Order of dates that could be either.")
    ],
    "column_type": Annotated[
        list[str] | None, typer.Option("--type", help="COLUMN=KIND: integer, number, date, datetime, boolean, text.")
    ],
}
DECISIONS = {
    "rows": Annotated[str | None, typer.Option(help="What a row is: 'customers' or 'transactions'.")],
    "customer": Annotated[str | None, typer.Option(help="Column of a log that names the customer.")],
    "date": Annotated[str | None, typer.Option(help="Column of a log that holds the day.")],
    "amount": Annotated[str | None, typer.Option(help="Column of a log that holds the money.")],
    "currency": Annotated[str | None, typer.Option(help="The currency of a log whose rows count.")],
    "as_of": Annotated[str | None, typer.Option(help="Day on which ages and days are counted, as 2014-06-29.")],
    "role": Annotated[list[str] | None, typer.Option(help="COLUMN=ROLE, such as Income=ignored.")],
    "method": Annotated[str | None, typer.Option(help="'kmeans', 'mixture' (Gaussian) or 'ward'.")],
    "weight": Annotated[
        list[str] | None, typer.Option(help="COLUMN=TIMES, how much a feature counts: 0.1 to 10, such as Income=2.")
    ],
    "set_aside": Annotated[
        bool | None, typer.Option("--set-aside/--no-set-aside", help="Unusual customers make no segments.")
    ],
}
LOG_PARTS = {"rows": "rows", "customer": "customer", "date": "date", "amount": "amount", "currency": "only_currency"}


def with_reading(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags of reading; it takes them as one argument, ``reading``."""
    return _with(command, READING, "reading", read_options)


def with_decisions(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags that decide what columns and rows are; it takes them as one argument, ``changes``."""
    return _with(command, DECISIONS, "changes", changes)


def read_options(said: dict[str, Any]) -> "ReadOptions | None":
    """What the flags say of reading; None where they say nothing.

    >>> told = read_options({"delimiter": ";", "quote": "none", "column_type": ["zip=text"]})
    >>> told.delimiter, told.quote, told.types
    (';', '', (('zip', 'text'),))
    """
    if all(v is None or v == [] for v in said.values()):
        return None
    from segscope.intake import ReadOptions

    told = {k: v for k, v in said.items() if v is not None and k != "column_type"}
    if told.get("quote") == "none":
        told["quote"] = ""
    if told.get("decimal") not in (None, ".", ","):
        raise RecipeError(f"The decimal sign must be '.' or ','. Got {told['decimal']!r}.")
    return ReadOptions(**told, types=tuple(_pair(text, "type") for text in said.get("column_type") or ()))


def changes(said: dict[str, Any]) -> "tuple[Change, ...]":
    """What the flags decide, as changes of what is proposed.

    >>> changes({"as_of": "2014-06-29", "role": ["Income=ignored"]})
    (Change(kind='role', name='Income', value='ignored'), Change(kind='as_of', name='', value='2014-06-29'))
    """
    if all(v is None or v == [] for v in said.values()):
        return ()
    from segscope.editing import Change
    from segscope.editing.changes import NO, YES

    log = [Change("log", LOG_PARTS[k], said[k]) for k in LOG_PARTS if said.get(k)]
    roles = [Change("role", *_pair(text, "role")) for text in said.get("role") or ()]
    day = [Change("as_of", "", said["as_of"])] if said.get("as_of") else []
    weights = [Change("weight", *_pair(text, "weight")) for text in said.get("weight") or ()]
    method = [Change("method", "", said["method"])] if said.get("method") else []
    aside = [] if said.get("set_aside") is None else [Change("aside", "", YES if said["set_aside"] else NO)]
    return (*log, *roles, *day, *weights, *method, *aside)


def renames(said: list[str] | None) -> dict[str, str]:
    """Columns of a source, and the study's column that each stands for.

    >>> renames(["spent=spend", "Date of birth=born"])
    {'spent': 'spend', 'Date of birth': 'born'}
    """
    pairs = [_pair(text, "rename", "NAME") for text in said or ()]
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RecipeError("--rename names a column of the file twice. A column can stand for one other.")
    return found


def _pair(text: str, flag: str, value_name: str = "") -> tuple[str, str]:
    name, sign, value = text.rpartition("=")
    if not sign or not name or not value:
        raise RecipeError(f"--{flag} must be COLUMN={value_name or flag.upper()}. Got {text!r}.")
    return name, value


def _with(
    command: Callable[..., Any], flags: dict[str, Any], argument: str, build: Callable[[dict[str, Any]], Any]
) -> Callable[..., Any]:
    own = inspect.signature(command, eval_str=True)
    added = [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=a) for n, a in flags.items()]
    kept = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own.parameters.values() if p.name != argument]

    @functools.wraps(command)
    def wrapped(**said: Any) -> Any:
        found = build({name: said.pop(name) for name in flags})
        return command(**said, **{argument: found})

    signature = inspect.Signature([*kept, *added], return_annotation=own.return_annotation)
    wrapped.__signature__ = signature  # type: ignore[attr-defined]  # what inspect, and so typer, goes by
    wrapped.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    del wrapped.__wrapped__  # else type hints are taken from the command without flags
    return wrapped
