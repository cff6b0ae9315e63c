"""JSON lines (one object a line), and a JSON array of objects, to a table of texts."""

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from segscope.engine import Engine
from segscope.errors import DataError, SourceError
from segscope.intake.delimited import MAX_COLUMNS, TextTable
from segscope.intake.files import Content
from segscope.intake.fitting import BATCH_ROWS, shown
from segscope.intake.layout import unique_names
from segscope.intake.progress import Progress, open_watched, part
from segscope.intake.report import Repair
from segscope.intake.streams import store_batches
from segscope.intake.survey import Text

MAX_ARRAY_BYTES = 512 * 2**20
BATCH_CELLS = 4 * 2**20


class _Figures(str):
    """A number as it stands in the file."""

    __slots__ = ()


def is_json(head: str) -> bool:
    """Whether a text begins as JSON lines or as a JSON array of objects.

    >>> is_json('{"id": 1}\\n{"id": 2}'), is_json('[ {"id": 1}]'), is_json("{a},{b}"), is_json("[1,2]")
    (True, True, False, False)
    """
    start = head.lstrip()
    if start.startswith("["):
        return start[1:].lstrip().startswith("{")
    if not start.startswith("{"):
        return False
    try:
        _, end = json.JSONDecoder(parse_int=str).raw_decode(start)
    except (ValueError, RecursionError):
        return False
    return start[end : end + 1].strip() == ""


def read_json(text: Text, content: Content, engine: Engine, name: str, progress: Progress) -> TextTable:
    """Read objects; the columns are all keys in the order in which they come up. Nested values stay JSON."""
    keys: dict[str, int] = {}
    broken: list[str] = []
    count = 0
    for item in _objects(text, content.name, broken, part(progress, 0.0, 0.4)):
        count += 1
        for key in item:
            keys.setdefault(key, len(keys))
        if len(keys) > MAX_COLUMNS:
            raise SourceError(f"{content.name} has more than {MAX_COLUMNS:,} columns; they cannot be read.")
    if not count or not keys:
        raise DataError(f"{content.name} holds no JSON objects. Choose a file with one object a line.")
    names = unique_names(list(keys))
    schema = pa.schema([(n, pa.string()) for n in names])

    def batches() -> Iterator[pa.RecordBatch]:
        chunk: list[dict[str, Any]] = []
        for item in _objects(text, content.name, [], part(progress, 0.4, 1.0)):
            chunk.append(item)
            if len(chunk) == min(BATCH_ROWS, max(1, BATCH_CELLS // len(keys))):
                yield _batch(chunk, keys, schema)
                chunk = []
        if chunk:
            yield _batch(chunk, keys, schema)

    try:
        table = store_batches(engine, name, schema, batches())
    except RecursionError:
        raise SourceError(f"{content.name} nests values hundreds of levels deep. Flatten them first.") from None
    repairs = (Repair("lines that are no JSON objects set aside", len(broken), shown(broken)),) if broken else ()
    return TextTable(
        table,
        tuple(keys),
        format="json lines",
        repairs=(*repairs, *text.repairs),
        encoding=text.encoding.removesuffix("-sig"),
        compression=content.compression,
    )


def _objects(text: Text, file: str, broken: list[str], progress: Progress) -> Iterator[dict[str, Any]]:
    if text.head.lstrip().startswith("["):
        yield from _array(text, file, broken)
        return
    with open_watched(text.path, progress, "Reading rows") as lines:
        for line in lines:
            if line.strip():
                item = _parsed(line)
                if isinstance(item, dict):
                    yield item
                else:
                    broken.append(line.strip()[:200])


def _array(text: Text, file: str, broken: list[str]) -> Iterator[dict[str, Any]]:
    if text.survey.size > MAX_ARRAY_BYTES:
        raise SourceError(f"{file} is one JSON array of more than 512 MB. Save it as JSON lines, one object a line.")
    items = _parsed(text.path.read_text(encoding="utf-8-sig", errors="replace"))
    if not isinstance(items, list):
        raise SourceError(f"{file} is a damaged or truncated JSON array. Fetch it again, or save it as JSON lines.")
    for item in items:
        if isinstance(item, dict):
            yield item
        else:
            broken.append(json.dumps(item)[:200])


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_float=_Figures, parse_int=_Figures, parse_constant=_Figures)
    except (ValueError, RecursionError):
        return None


def _batch(items: list[dict[str, Any]], keys: dict[str, int], schema: pa.Schema) -> pa.RecordBatch:
    # Few objects may have each of many keys: only the cells that are there are looked at.
    cells = [[""] * len(items) for _ in keys]
    for i, item in enumerate(items):
        for key, value in item.items():
            cells[keys[key]][i] = _cell(value)
    return pa.record_batch([pa.array(column, pa.string()) for column in cells], schema)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() if not value.isprintable() else str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return _nested(value)


def _nested(value: Any) -> str:
    if isinstance(value, _Figures):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(k))}: {_nested(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_nested, value)) + "]"
    return json.dumps(value)
