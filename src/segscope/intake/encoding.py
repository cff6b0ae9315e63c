"""Which encoding turns the bytes of a file into text."""

import codecs
import re

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
EVIDENCE_BYTES = 262_144
# Letters that Western European text is full of, and signs that word processors put in.
WESTERN = re.compile("[À-ÖØ-öø-ÿŒœŠšŽžŸ€£¥§©®°ºª«»¿¡·×–—‘’‚“”„…•™½¼¾²³µ ]")  # noqa: RUF001
FALLBACK = "cp1252"


def guess_encoding(sample: bytes) -> str:
    """Name the encoding of a sample; the sample may end within a character.

    >>> guess_encoding(b"name;Stra\\xdfe")
    'cp1252'
    >>> guess_encoding("name;Straße".encode())
    'utf-8'
    >>> guess_encoding("a,b".encode("utf-16-le"))
    'utf-16-le'
    """
    for bom, name in BOMS:
        if sample.startswith(bom):
            return name
    wide = _wide(sample)
    if wide:
        return wide
    if is_utf8(sample):
        return "utf-8"
    return _single_byte(sample)


def is_utf8(sample: bytes) -> bool:
    """Whether bytes are UTF-8, but for a character cut at the end."""
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(sample, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _wide(sample: bytes) -> str:
    """UTF-16 without a mark shows as zeros in every second byte."""
    even, odd = sample[0::2], sample[1::2]
    if len(odd) < 2:
        return ""
    zeros_even, zeros_odd = even.count(0) / len(even), odd.count(0) / len(odd)
    if zeros_odd > 0.4 and zeros_even < 0.1:
        return "utf-16-le"
    if zeros_even > 0.4 and zeros_odd < 0.1:
        return "utf-16-be"
    return ""


def _single_byte(sample: bytes) -> str:
    evidence = b"\n".join(line for line in sample.splitlines() if not line.isascii())[:EVIDENCE_BYTES]
    high = bytes(b for b in evidence if b >= 0x80)
    text = high.decode(FALLBACK, errors="replace")
    if len(WESTERN.findall(text)) >= 0.97 * len(text):
        return FALLBACK
    from charset_normalizer import from_bytes  # slow to import, rarely needed

    best = from_bytes(evidence).best()
    return best.encoding.replace("_", "-") if best else "latin-1"
