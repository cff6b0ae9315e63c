"""One pass over the bytes of a text.

It finds out what a strict reader must know first, and makes a clean copy in UTF-8 where one is needed.
"""

import codecs
import contextlib
import io
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from segscope.errors import SourceError
from segscope.intake.encoding import EVIDENCE_BYTES, FALLBACK, guess_encoding
from segscope.intake.files import Content, open_content, read_up_to
from segscope.intake.progress import Progress, WatchedFile, part
from segscope.intake.report import Repair

CHUNK_BYTES = 4 * 2**20
NEWLINE = 10
SAMPLE_BYTES = 262_144
MAX_LINE_BYTES = 50 * 10**6
MAX_CONTROL_SHARE = 0.1
# Compressed text shrinks 5 to 30 times; what unfolds far more is made to fill a disk.
BOMB_BYTES, BOMB_RATIO = 2**30, 200
USUAL_RATIO = 6
SURVEYING = "Surveying the file"
CONTROL = bytes(c for c in range(32) if c not in b"\t\n\r\x0b\x0c\x1b\x1c\x1d\x1e\x1f\x01\x02")


@dataclass
class Survey:
    """What the bytes hold, counted while they pass."""

    size: int = 0
    zeros: int = 0
    returns: int = 0
    return_newlines: int = 0
    newlines: int = 0
    blank_lines: int = 0
    utf8: bool = True
    evidence: bytearray = field(default_factory=bytearray)

    @property
    def mixed_ends(self) -> bool:
        """Whether some lines end in a lone carriage return and others do not."""
        return self.returns > self.return_newlines and self.newlines > 0


@dataclass(frozen=True)
class Text:
    """A text that is ready to read: a UTF-8 file (perhaps with a mark at its start) without zero bytes."""

    path: Path
    name: str
    encoding: str
    survey: Survey
    head: str
    undecodable: int = 0

    @property
    def whole(self) -> bool:
        """Whether the head is the whole text."""
        return self.survey.size <= SAMPLE_BYTES

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What was mended in the bytes."""
        zeros = 0 if self.encoding.startswith(("utf-16", "utf-32")) else self.survey.zeros
        found = (
            ("zero bytes dropped", zeros, ""),
            ("damaged characters read as Windows-1252", self.undecodable, f"not valid {self.encoding}"),
        )
        return tuple(Repair(action, count, detail) for action, count, detail in found if count)


@contextlib.contextmanager
def ready_text(content: Content, encoding: str | None, progress: Progress) -> Iterator[Text]:
    """Survey a text, and copy it for as long as the context lasts if it is packed, not UTF-8, or holds zeros."""
    with open_content(content) as stream:
        sample = read_up_to(stream, SAMPLE_BYTES)
    guessed = _checked(encoding) if encoding else guess_encoding(sample)
    refuse_binary(sample, guessed, content.name)
    with contextlib.ExitStack() as stack:
        plain = guessed in ("utf-8", "utf-8-sig")
        path = content.path
        if content.compression:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="segscope-"))) / "unpacked"
            survey = _unpack(content, path, plain, part(progress, 0.0, 0.5))
        else:
            with path.open("rb") as file:
                survey = _pass_through(file, None, content, plain, part(progress, 0.0, 0.5))
        if plain and not survey.utf8 and not encoding:
            guessed = guess_encoding(bytes(survey.evidence))
        undecodable = 0
        if not (plain and survey.utf8 and not survey.zeros):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="segscope-")))
            path, undecodable = _transcode(path, folder / "text", guessed, part(progress, 0.5, 1.0))
        with path.open("rb") as file:
            head = read_up_to(file, SAMPLE_BYTES).decode("utf-8-sig", errors="ignore")
        if not head.strip():
            raise SourceError(f"{content.name} is empty. Choose a file that holds customers.")
        yield Text(path, content.name, guessed, survey, head, undecodable)


def refuse_binary(sample: bytes, encoding: str, name: str) -> None:
    """Refuse bytes that are no text in any encoding."""
    if encoding.startswith(("utf-16", "utf-32")):
        return
    control = len(sample) - len(sample.translate(None, CONTROL[1:]))
    zeros = sample.count(0)
    allowed = MAX_CONTROL_SHARE if encoding.startswith("utf-8") else MAX_CONTROL_SHARE / 10
    if control > allowed * len(sample) or zeros > 0.3 * len(sample):
        raise SourceError(
            f"{name} is not a table but binary data. Choose a CSV, Excel, Parquet, Arrow or JSON lines file."
        )


def _checked(encoding: str) -> str:
    try:
        info = codecs.lookup(encoding.strip())
    except (LookupError, ValueError):
        raise SourceError(
            f"There is no encoding {encoding!r}. Use a name such as utf-8, utf-16, cp1252 or latin-1."
        ) from None
    if not getattr(info, "_is_text_encoding", True):
        raise SourceError(
            f"{encoding!r} is not an encoding of text. Use a name such as utf-8, utf-16, cp1252 or latin-1."
        )
    return info.name


def _unpack(content: Content, target: Path, plain: bool, progress: Progress) -> Survey:
    with open_content(content) as stream, target.open("wb") as out:
        return _pass_through(stream, out, content, plain, progress)


def _pass_through(stream: BinaryIO, out: BinaryIO | None, content: Content, plain: bool, progress: Progress) -> Survey:
    survey = Survey()
    packed = content.path.stat().st_size
    expected = max(1, packed * (USUAL_RATIO if content.compression else 1))
    line, before, cut = 0, b"\n", b""
    while chunk := stream.read(CHUNK_BYTES):
        survey.size += len(chunk)
        progress(SURVEYING, min(1.0, survey.size / expected))
        if out is not None:
            out.write(chunk)
            if survey.size > BOMB_BYTES and survey.size > BOMB_RATIO * packed:
                raise SourceError(
                    f"{content.name} unfolds to more than {BOMB_RATIO} times its size. Unpack and check it first."
                )
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        line = line + len(chunk) if end < 0 else len(chunk) - end
        if line > MAX_LINE_BYTES:
            raise SourceError(
                f"{content.name} has a line of more than {MAX_LINE_BYTES // 10**6} MB. "
                "Check that it is a table with one customer a line (JSON: one object a line)."
            )
        _count(survey, chunk, before)
        before = chunk[-2:]
        if plain and survey.utf8 and (cut or not chunk.isascii()):
            whole, cut = _characters(cut + chunk)
            survey.utf8 = _is_utf8(whole)
        if plain and not survey.utf8 and len(survey.evidence) < EVIDENCE_BYTES:
            lines = chunk.replace(b"\r", b"\n").split(b"\n")
            survey.evidence += b"\n".join(part for part in lines if not part.isascii())[:EVIDENCE_BYTES]
    if plain and survey.utf8 and cut:
        survey.utf8 = False
        survey.evidence += b"\xc3"
    return survey


def _characters(block: bytes) -> tuple[bytes, bytes]:
    """A block without a character at its end that is not all there, and that character's bytes.

    >>> _characters("aé".encode()[:2]), _characters("aé".encode())
    ((b'a', b'\\xc3'), (b'a\\xc3\\xa9', b''))
    """
    for back in range(1, min(4, len(block) + 1)):
        byte = block[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return (block[:-back], block[-back:]) if length > back else (block, b"")
        if byte < 0x80:
            break
    return block, b""


def _is_utf8(block: bytes) -> bool:
    """Whether bytes are UTF-8, by Arrow: several times as fast as decoding them."""
    text = pa.StringArray.from_buffers(1, pa.py_buffer(struct.pack("<2i", 0, len(block))), pa.py_buffer(block))
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _count(survey: Survey, chunk: bytes, before: bytes) -> None:
    if b"\0" in chunk:
        survey.zeros += chunk.count(0)
    if b"\r" in chunk:
        survey.returns += chunk.count(b"\r")
        survey.return_newlines += chunk.count(b"\r\n") + (before[-1:] == b"\r" and chunk[:1] == b"\n")
        survey.blank_lines += chunk.count(b"\n\r\n")
    ends = np.frombuffer(chunk, np.uint8) == NEWLINE
    survey.blank_lines += int(np.count_nonzero(ends[1:] & ends[:-1]))  # twice as fast as counting b"\n\n"
    survey.newlines += b"\n" in chunk


def _transcode(source: Path, target: Path, encoding: str, progress: Progress) -> tuple[Path, int]:
    """Write a file anew in UTF-8, without zeros; bytes that the encoding does not know are read as Windows-1252."""
    repaired = 0

    def patch(error: UnicodeError) -> tuple[str, int]:
        nonlocal repaired
        repaired += 1
        if isinstance(error, UnicodeDecodeError):
            return error.object[error.start : error.end].decode(FALLBACK, errors="replace"), error.end
        return "�", getattr(error, "end", 1)

    handler = f"segscope-{id(patch)}"
    codecs.register_error(handler, patch)
    watched = WatchedFile(source, progress, "Translating to UTF-8")
    with io.BufferedReader(watched) as raw, target.open("w", encoding="utf-8", errors="replace", newline="") as out:
        text = io.TextIOWrapper(raw, encoding=encoding, errors=handler, newline="")
        while part := text.read(CHUNK_BYTES):
            out.write(part.replace("\0", "") if "\0" in part else part)
    return target, repaired
