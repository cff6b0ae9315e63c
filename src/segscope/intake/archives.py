"""Packed files: the one table in a ZIP archive, and formats that must be unpacked before they can be read."""

import contextlib
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from segscope.errors import SourceError
from segscope.intake.files import Content, look, open_content
from segscope.intake.progress import Progress
from segscope.intake.survey import BOMB_BYTES, BOMB_RATIO, CHUNK_BYTES

LISTED, LONGEST_NAME = 12, 60
ENCRYPTED = 0x1  # a flag of a member


@contextlib.contextmanager
def ready_file(content: Content, progress: Progress) -> Iterator[Content]:
    """A file that its reader can read as it is: itself, or a copy that is unpacked for as long as the context lasts.

    Text is unpacked by its reader, which must pass through it anyway.
    """
    if content.format != "zip" and (not content.compression or content.format == "text"):
        yield content
        return
    with tempfile.TemporaryDirectory(prefix="segscope-") as folder:
        path = Path(folder, "unpacked")
        if content.compression:
            with open_content(content) as stream:
                _copy(stream, path, content, progress)
        else:
            _unzip(content, path, progress)
        inner = look(path, content.name)
        if inner.format == "zip":
            raise SourceError(f"{content.name} is an archive in an archive. Unpack it and choose a file in it.")
        if inner.compression and inner.format != "text":
            raise SourceError(f"{content.name} is packed twice. Unpack it once, and choose the file in it.")
        yield inner


def _unzip(content: Content, target: Path, progress: Progress) -> None:
    try:
        with zipfile.ZipFile(content.path) as archive:
            member = _only_member(archive, content.name)
            with archive.open(member) as stream:
                _copy(stream, target, content, progress)
    except (NotImplementedError, RuntimeError) as error:
        raise SourceError(f"{content.name} is packed in a way that cannot be read. Unpack it first.") from error
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as error:
        raise SourceError(f"{content.name} is a damaged or truncated ZIP archive. Fetch it again.") from error


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """The one file, beside folders and what macOS and Windows leave behind."""
    members = [member for member in archive.infolist() if not _is_litter(member)]
    if not members:
        raise SourceError(f"{name} is a ZIP archive without files. Choose one that holds a table.")
    if len(members) > 1:
        listed = ", ".join(_shown(member.filename) for member in members[:LISTED])
        more = " …" if len(members) > LISTED else ""
        raise SourceError(
            f"{name} is a ZIP archive of {len(members):,} files: {listed}{more}. Unpack it and choose one of them."
        )
    if members[0].flag_bits & ENCRYPTED:
        raise SourceError(f"{name} is a ZIP archive with a password. Unpack it and choose the file in it.")
    return members[0]


def _is_litter(member: zipfile.ZipInfo) -> bool:
    parts = member.filename.split("/")
    return member.is_dir() or "__MACOSX" in parts or parts[-1] in (".DS_Store", "Thumbs.db", "desktop.ini")


def _shown(filename: str) -> str:
    line = "".join(c if c.isprintable() else " " for c in filename)
    return line if len(line) <= LONGEST_NAME else "…" + line[1 - LONGEST_NAME :]


def _copy(stream: IO[bytes], target: Path, content: Content, progress: Progress) -> None:
    packed = max(content.path.stat().st_size, 1)
    size = 0
    with target.open("wb") as out:
        while chunk := stream.read(CHUNK_BYTES):
            size += len(chunk)
            if size > BOMB_BYTES and size > BOMB_RATIO * packed:
                raise SourceError(
                    f"{content.name} unfolds to more than {BOMB_RATIO} times its size. Unpack and check it first."
                )
            try:
                out.write(chunk)
            except OSError as error:
                raise SourceError(f"{content.name} cannot be unpacked: {error.strerror}.") from error
            progress("Unpacking the file", size / (size + packed))
