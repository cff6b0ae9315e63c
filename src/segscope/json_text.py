"""Frozen dataclasses as JSON text and back: written with keys in a fixed order, read with every type checked."""

import dataclasses
import json
import math
import types
import typing
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from segscope.errors import did_you_mean


def to_plain(value: Any) -> Any:
    """Turn frozen dataclasses, tuples, enums and dates into what JSON knows."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(v) for v in value]
    return value


def dump_json(value: Any) -> str:
    """JSON text of a frozen dataclass; non-finite numbers are refused, since JSON has none."""
    return json.dumps(to_plain(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def parse_json(text: str, error: type[Exception], what: str) -> Any:
    """Parse JSON that somebody may have damaged, or made to do harm, or raise ``error`` with the reason.

    >>> parse_json("[1,", ValueError, "recipe")
    Traceback (most recent call last):
    ValueError: The recipe is not JSON: Expecting value in line 1.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as found:
        raise error(f"The {what} is not JSON: {found.msg} in line {found.lineno}.") from None
    except (ValueError, RecursionError):
        reason = "it is nested too deeply, or holds a number of too many digits"
        raise error(f"The {what} is not JSON that can be read: {reason}.") from None


def build(kind: Any, data: Any, error: type[Exception], where: str) -> Any:
    """Build a value of a declared type from plain JSON data, or raise ``error`` with the place that is wrong.

    >>> build(tuple[float, ...], [1, 2.5], ValueError, "values")
    (1.0, 2.5)
    >>> build(tuple[float, ...], [1, "x"], ValueError, "values")
    Traceback (most recent call last):
    ValueError: values[1] must be float. Got 'x'.
    """
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return data
    if dataclasses.is_dataclass(kind):
        return _build_dataclass(kind, data, error, where)
    if origin is typing.Union or origin is types.UnionType:
        return _build_union(args, data, error, where)
    if origin is tuple and isinstance(data, list):
        if len(args) == 2 and args[1] is Ellipsis:
            return tuple(build(args[0], item, error, f"{where}[{i}]") for i, item in enumerate(data))
        if len(args) == len(data):
            return tuple(
                build(a, item, error, f"{where}[{i}]") for i, (a, item) in enumerate(zip(args, data, strict=True))
            )
    if origin is dict and isinstance(data, dict):
        return {k: build(args[1], v, error, f"{where}.{k}") for k, v in data.items()}
    if origin is Literal and data in args:
        return data
    if isinstance(kind, type):
        if issubclass(kind, StrEnum) and data in [e.value for e in kind]:  # a list may be asked for what has no hash
            return kind(data)
        if kind is date and isinstance(data, str):
            try:
                return date.fromisoformat(data)
            except ValueError:
                raise error(f"{where} must be a date like 2014-06-29. Got {data!r:.80}.") from None
        if kind is float and isinstance(data, (int, float)) and not isinstance(data, bool) and _finite(data):
            return float(data)
        if kind in (int, str, bool, type(None)) and type(data) is kind:
            return data
    name = getattr(kind, "__name__", str(kind))
    raise error(f"{where} must be {name}. Got {data!r:.80}.")


def _finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number of hundreds of digits
        return False


def _build_union(args: tuple[Any, ...], data: Any, error: type[Exception], where: str) -> Any:
    if data is None and type(None) in args:
        return None
    last: Exception | None = None
    for arg in args:
        if arg is not type(None):
            try:
                return build(arg, data, error, where)
            except error as failure:
                last = failure
    raise last if last is not None else error(f"{where} must not be null.")


def _build_dataclass(kind: Any, data: Any, error: type[Exception], where: str) -> Any:
    if not isinstance(data, dict):
        raise error(f"{where} must be an object. Got {data!r:.80}.")
    hints = typing.get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind) if f.init}
    unknown = sorted(set(data) - set(fields))
    if unknown:
        raise error(f"{where} has an unknown entry {unknown[0]!r}.{did_you_mean(unknown[0], fields)}")
    values: dict[str, Any] = {}
    for name, fld in fields.items():
        if name in data:
            values[name] = build(hints[name], data[name], error, f"{where}.{name}")
        elif fld.default is dataclasses.MISSING and fld.default_factory is dataclasses.MISSING:
            raise error(f"{where} lacks the entry {name!r}.")
    return kind(**values)
