"""A study as one zip file: written while it is sent, and taken in only after everything in it was checked.

The zip holds what a study is and nothing else: ``study.json``, its data, its fit, and its audiences and remarks on
findings where it has any, uncompressed (Parquet is already). Other solutions on the same data, and the edits of all
by hand, come along. The source stays where it is: it may hold columns that the study's owner set aside.
"""

import hashlib
import io
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from segscope.errors import SegscopeError, StudyError
from segscope.json_text import dump_json
from segscope.settings import size_words
from segscope.study.audiences import FILE as AUDIENCES
from segscope.study.audiences import read_audiences
from segscope.study.card import MOST_EDITS, MOST_KEPT, Card, on_current_data
from segscope.study.folder import CARD, DATA_NAME, FIT_NAME, check_writable, read_card, read_solution
from segscope.study.live import open_study
from segscope.study.remarks import FILE as REMARKS
from segscope.study.remarks import read_remarks

BLOCK_BYTES = 1 << 20
ZIP_MAGIC = b"PK\x03\x04"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same study gives the same bytes
READABLE = 0o644 << 16
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1
BESIDE = (AUDIENCES, REMARKS)  # files that a study may have or not


def pack(folder: Path) -> Iterator[bytes]:
    """A study as the bytes of a zip file, in blocks of about a megabyte.

    Raises
    ------
    StudyError : for what is no study, before the first block
    """
    card = read_card(folder)
    with ExitStack() as stack:
        try:
            # Opened before anything is sent: a run that ends meanwhile takes nothing away.
            card = on_current_data(card)
            names = [card.data, *card.fits, *(name for name in BESIDE if (folder / name).is_file())]
            files: list[tuple[str, IO[bytes]]] = [(CARD, io.BytesIO(dump_json(card).encode()))]
            files += [(name, stack.enter_context((folder / name).open("rb"))) for name in names]
        except OSError:
            raise StudyError(f"The study {card.name} is being changed. Download it again in a moment.") from None
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
            for name, file in files:
                info = zipfile.ZipInfo(name, EPOCH)
                info.external_attr = READABLE
                with archive.open(info, "w", force_zip64=True) as member:
                    while block := file.read(BLOCK_BYTES):
                        member.write(block)
                        yield sink.take()
        yield sink.take()


def holds_study(file: Path) -> bool:
    """Whether a file is a zip that claims to hold a study; whether it does, :func:`unpack` finds out."""
    try:
        with file.open("rb") as opened:
            if opened.read(len(ZIP_MAGIC)) != ZIP_MAGIC:
                return False
        with zipfile.ZipFile(file) as archive:
            return CARD in archive.namelist()
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return False


def unpack(file: Path, folder: Path, limit_bytes: int, shown: str = "") -> Card:
    """Make a study from a zip. It appears whole and checked, or not at all.

    Parameters
    ----------
    folder : where the study is made; new or empty
    limit_bytes : largest size of everything unpacked
    shown : the zip's name for people

    Raises
    ------
    StudyError : for anything but a whole, unchanged study
    """
    name = shown or file.name
    check_writable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".partial", dir=folder.parent))
    try:
        with zipfile.ZipFile(file) as archive:
            _check_members(archive.infolist(), limit_bytes, name)
            for info in archive.infolist():
                _extract(archive, info, place / info.filename)
        card = _check_study(place, name)
        if folder.is_dir():
            folder.rmdir()
        place.chmod(0o755)
        place.rename(folder)
    except (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise StudyError(f"{name} is damaged and cannot be taken in ({type(error).__name__}).") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return card


class _Sink(io.RawIOBase):
    """Collects what is written to it until it is taken; cannot go back."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, block: bytes) -> int:  # type: ignore[override]  # narrower than a buffer: zipfile writes bytes
        self._blocks.append(bytes(block))
        return len(block)

    def take(self) -> bytes:
        taken = b"".join(self._blocks)
        self._blocks.clear()
        return taken


def _check_members(members: list[zipfile.ZipInfo], limit_bytes: int, name: str) -> None:
    """Raise unless a zip holds just the files of a study, in sizes that are allowed."""
    expected = f"A study's zip holds {CARD}, one file of data and one fit, as segscope writes them."
    names = [info.filename for info in members]
    for info in members:
        named = info.filename in (CARD, *BESIDE)
        fits = named or DATA_NAME.fullmatch(info.filename) or FIT_NAME.fullmatch(info.filename)
        if not fits or info.orig_filename != info.filename or stat.S_ISLNK(info.external_attr >> 16):
            raise StudyError(f"{name} holds {info.filename!r:.80}, which is no part of a study. {expected}")
        if info.flag_bits & ENCRYPTED:
            raise StudyError(f"{name} is encrypted. Unpack it with its password, and zip the study without one.")
        if info.compress_type not in METHODS:
            raise StudyError(f"{name} is compressed in a way that segscope does not read. {expected}")
    fewest = 3 + sum(name in names for name in BESIDE)
    data = sum(bool(DATA_NAME.fullmatch(name)) for name in names)
    if len(set(names)) != len(names) or data != 1 or not fewest <= len(names) <= fewest + MOST_KEPT + 2 * MOST_EDITS:
        raise StudyError(f"{name} holds {len(names)} files, some of them twice or too many. {expected}")
    size = sum(info.file_size for info in members)
    if size > limit_bytes:
        raise StudyError(
            f"{name} would be {size_words(size)} unpacked; the limit is {size_words(limit_bytes)}. "
            "Whoever runs this server can raise it (SEGSCOPE_UNPACK_LIMIT)."
        )


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    """Write one member. ``path`` is made from a name that matched a study's pattern in full."""
    path.parent.mkdir(exist_ok=True)
    with archive.open(info) as member, path.open("xb") as out:
        left = info.file_size
        while block := member.read(BLOCK_BYTES):
            left -= len(block)
            if left < 0:
                raise zipfile.BadZipFile("a member is longer than it says")
            out.write(block)


def _check_study(place: Path, name: str) -> Card:
    """Open a study as the page would, and compare its files with their fingerprints."""
    try:
        card = read_card(place)
        named = set(card.fits)
        if any(path.relative_to(place).as_posix() not in named for path in (place / "fits").iterdir()):
            raise StudyError("it holds a fit that its card does not name.")
        for fit in sorted(named):
            digest = hashlib.sha256((place / fit).read_bytes()).hexdigest()[:16]
            if Path(fit).stem != digest:
                raise StudyError(f"{fit} is not what was written.")
            read_solution(place, fit)
        read_audiences(place)
        read_remarks(place)
        open_study(place).engine.close()
    except SegscopeError as error:
        raise StudyError(f"{name} is not a whole study: {str(error).replace(str(place), name)}") from None
    except MemoryError:
        raise
    except Exception as error:
        raise StudyError(
            f"{name} is not a whole study: its files do not fit together ({type(error).__name__})."
        ) from None
    return card
