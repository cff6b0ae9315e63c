"""What a path holds, told by its first bytes and never by its name; and its bytes, unpacked."""

import bz2
import contextlib
import gzip
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

import pyarrow as pa

from segscope.errors import SourceError, did_you_mean

PEEK_BYTES = 64

# First bytes of what is no table, with what to do about it.
FOREIGN = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"7z\xbc\xaf", "a 7-Zip archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"Obj\x01", "an Avro file: convert it to Parquet or CSV first"),
    (b"ORC", "an ORC file: convert it to Parquet or CSV first"),
    (b"{\\rtf", "a rich text document: save its table as CSV first"),
)
SQLITE_MAGIC = b"SQLite format 3\x00"
DUCKDB_MAGIC = b"DUCK"  # from byte 8
# bzip2 and what it holds: a block, or the end of an empty one.
COMPRESSIONS = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\x00", "xz"),
)
BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
FILE_ADDRESS = re.compile(r"(sqlite|duckdb):///", re.IGNORECASE)


@dataclass(frozen=True)
class Content:
    """What a file holds: its format, and how it is compressed ("", "gzip", "zstd", "bzip2" or "xz").

    ``title`` is the name to show where the file at hand is the unpacked copy of another.
    """

    path: Path
    format: str
    compression: str = ""
    title: str = ""

    @property
    def name(self) -> str:
        """Name of the file, fit for messages and reports."""
        return self.title or self.path.name


def look(source: Path | str, title: str = "") -> Content:
    """Find out what a path (or ``sqlite:///path``, ``duckdb:///path``) holds, or say what is wrong with it.

    >>> look("no/such/file.csv")
    Traceback (most recent call last):
    segscope.errors.SourceError: There is no file file.csv.
    """
    address = FILE_ADDRESS.match(source) if isinstance(source, str) else None
    if address:
        content = look(Path(str(source)[address.end() :]))
        if content.format != address[1].lower():
            named = {"sqlite": "SQLite", "duckdb": "DuckDB"}[address[1].lower()]
            raise SourceError(f"{content.name} is not a {named} database. Name the file without {address[0]}.")
        return content
    path = Path(source)
    name = title or path.name
    try:
        if path.is_dir():
            return _folder(path)
        with path.open("rb") as file:
            first = file.read(PEEK_BYTES)
            compression = _compression(first)
            if compression:
                with unpacked(file, compression, name) as inner:
                    first = inner.read(PEEK_BYTES)
    except FileNotFoundError:
        raise SourceError(f"There is no file {path.name}.{_near(path)}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"{name} cannot be read: {reason}.") from None
    form = _format(first, name)
    if form == "zip" and not compression and _is_workbook(path, name):
        form = "excel"
    return Content(path, form, compression, title)


@contextlib.contextmanager
def open_content(content: Content) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked while they are read."""
    with content.path.open("rb") as file, unpacked(file, content.compression, content.name) as inner:
        yield inner


@contextlib.contextmanager
def unpacked(file: BinaryIO, compression: str, name: str) -> Iterator[BinaryIO]:
    """Unpack a stream while it is read; damage in it is a SourceError."""
    try:
        file.seek(0)
        if compression == "gzip":
            with gzip.GzipFile(fileobj=file) as inner:
                yield cast(BinaryIO, inner)
        elif compression == "zstd":
            with pa.CompressedInputStream(file, "zstd") as stream:
                yield cast(BinaryIO, stream)
        elif compression == "bzip2":
            with bz2.BZ2File(file) as plain:
                yield cast(BinaryIO, plain)
        elif compression == "xz":
            with lzma.LZMAFile(file) as plain:
                yield cast(BinaryIO, plain)
        else:
            yield file
    except (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, pa.ArrowException) as error:
        raise SourceError(
            f"{name} is a damaged or truncated {compression or 'file'} archive. Fetch it again."
        ) from error
    except OSError as error:
        if compression:
            raise SourceError(f"{name} is a damaged or truncated {compression} archive. Fetch it again.") from error
        raise


def read_up_to(stream: IO[bytes], size: int) -> bytes:
    """Read until ``size`` bytes are there or the stream ends (one read may return fewer)."""
    parts, missing = [], size
    while missing > 0:
        part = stream.read(missing)
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _folder(path: Path) -> Content:
    if any(path.glob("*.parquet")):
        return Content(path, "parquet")
    raise SourceError(f"{path.name or path} is a folder without Parquet files. Name a file in it.")


def _compression(first: bytes) -> str:
    if BZIP2.match(first):
        return "bzip2"
    return next((name for magic, name in COMPRESSIONS if first.startswith(magic)), "")


def _is_workbook(path: Path, name: str) -> bool:
    """Whether a ZIP archive is a workbook; other office documents are refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise SourceError(f"{name} is a damaged or truncated archive. Fetch it again.") from error
    if any(part.startswith("xl/") for part in parts) or "content.xml" in parts:
        return True
    if "[Content_Types].xml" in parts:
        raise SourceError(f"{name} is not a table but an office document. Save its table as CSV.")
    return False


def _format(first: bytes, name: str) -> str:
    if not first:
        raise SourceError(f"{name} is empty. Choose a file that holds customers.")
    if first.startswith(b"PAR1"):
        return "parquet"
    if first.startswith((b"ARROW1", b"FEA1", b"\xff\xff\xff\xff")):
        return "arrow"
    if first.startswith(b"\xd0\xcf\x11\xe0"):
        return "excel"
    if first.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if first.startswith(SQLITE_MAGIC):
        return "sqlite"
    if first[8:12] == DUCKDB_MAGIC:
        return "duckdb"
    for magic, what in FOREIGN:
        if first.startswith(magic):
            raise SourceError(
                f"{name} is not a table but {what}. Choose a CSV, Excel, Parquet, Arrow or JSON lines file."
            )
    return "text"


def _near(path: Path) -> str:
    try:
        names = sorted(p.name for p in path.parent.iterdir() if p.is_file())
    except OSError:
        return ""
    return did_you_mean(path.name, names)
