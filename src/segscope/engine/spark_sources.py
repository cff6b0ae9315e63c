"""Sources that Spark reads itself, as SQL: views of them, the numbers of their rows, their fingerprints."""

import hashlib
import json

import pyarrow as pa

from segscope.engine.protocol import NUMBER, Place
from segscope.engine.quoting import backticked, escaped


def raw_view(name: str, place: Place) -> str:
    """The statement that makes a view of a source; the cells of texts stay texts.

    >>> print(raw_view("v", Place("/data/customers", "parquet")))
    CREATE OR REPLACE TEMPORARY VIEW v USING parquet OPTIONS (`path` '/data/customers')
    >>> print(raw_view("v", Place("shop.customers", "table")))
    CREATE OR REPLACE TEMPORARY VIEW v AS SELECT * FROM `shop`.`customers`
    """
    if place.form == "table":
        table = ".".join(backticked(part) for part in place.address.split("."))
        return f"CREATE OR REPLACE TEMPORARY VIEW {name} AS SELECT * FROM {table}"
    options = {"path": place.address}
    if place.form == "csv":
        options |= {
            "header": str(place.header).lower(),
            "sep": place.delimiter,
            "quote": place.quote,
            "escape": place.quote or "\\",
            "encoding": place.encoding,
            "enforceSchema": "false",
        }
    told = ", ".join(f"{backticked(key)} {escaped(value)}" for key, value in options.items())
    return f"CREATE OR REPLACE TEMPORARY VIEW {name} USING {place.form} OPTIONS ({told})"


def with_place(raw: str, place: str) -> str:
    """The rows of a view with the numbers that Spark gives them: ascending within a part, with gaps between."""
    return f"SELECT *, monotonically_increasing_id() AS {place} FROM {raw}"


def part_query(kept: str, place: str, bits: int) -> str:
    """The parts of a kept table and their rows."""
    return f"SELECT shiftright({place}, {bits}) AS part, count(*) AS n FROM {kept} GROUP BY 1 ORDER BY 1"


def firsts(counted: pa.Table) -> pa.Table:
    """The number of the first row of each part, from the parts and their rows in order.

    >>> firsts(pa.table({"part": [0, 3], "n": [5, 2]}))["first"].to_pylist()
    [0, 5]
    """
    numbers, first = [], 0
    for rows in counted["n"].to_pylist():
        numbers.append(first)
        first += rows
    return pa.table({counted.column_names[0]: counted[0], "first": pa.array(numbers, pa.int64())})


def rows_by_file(folder: str) -> str:
    """The rows of each Parquet file, in the order of the files' names."""
    return f"SELECT _metadata.file_path AS file, count(*) AS n FROM parquet.{backticked(folder)} GROUP BY 1 ORDER BY 1"


def numbered_by_file(folder: str, firsts_table: str) -> str:
    """Rows of Parquet files, numbered in the order of the files' names."""
    return (
        f"SELECT /*+ BROADCAST(f) */ f.first + r._metadata.row_index AS {NUMBER}, r.* "
        f"FROM parquet.{backticked(folder)} r JOIN {firsts_table} f ON r._metadata.file_path = f.file"
    )


def numbered_by_part(kept: str, firsts_table: str, place: str, bits: int) -> str:
    """Rows of a kept table, numbered part by part."""
    part = f"shiftright(r.{place}, {bits})"
    number = f"f.first + (r.{place} - shiftleft({part}, {bits}))"
    return (
        f"SELECT /*+ BROADCAST(f) */ {number} AS {NUMBER}, r.* EXCEPT ({place}) "
        f"FROM {kept} r JOIN {firsts_table} f ON {part} = f.part"
    )


def files_query(folder: str) -> str:
    """The files of a source, with their sizes and times; none is opened."""
    return f"SELECT path, length, modificationTime FROM binaryFile.{backticked(folder)} ORDER BY path"


def rows_query(raw: str) -> str:
    """The number of rows and a sum of their hashes, which does not depend on their order."""
    return f"SELECT count(*) AS n, sum(cast(xxhash64(*) AS decimal(20, 0))) AS hashes FROM {raw}"


def digest(found: pa.Table) -> str:
    """Sixteen figures that stand for a small table."""
    text = json.dumps(found.to_pylist(), default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
