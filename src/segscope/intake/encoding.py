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
FALLBACK = "cp1252"

# Encodings of one byte a letter, the likeliest first, each with the weights of the letters that its languages use.
WESTERN = dict.fromkeys("äöüßéèàçñáíóúãõåæø", 1.0) | dict.fromkeys("êëâîïôûìòùÄÖÜÉÈÀÇÑÁÍÓÚÅÆØÂÊÎÔœ", 0.7)
CENTRAL = dict.fromkeys("ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůžČĎŇŘŠŤŮŽáéíýúőűÁÉÍÝÚŐŰöüäßÖÜôĺľŕăâîşţ", 0.9)
CYRILLIC = {chr(c): 1.0 for c in range(0x410, 0x450)} | dict.fromkeys("ёЁіїєґІЇЄҐ№«»", 1.0)
GREEK = {chr(c): 1.0 for c in range(0x386, 0x3CF)}
TURKISH = WESTERN | dict.fromkeys("ğışİĞŞ", 1.0)
LATIN = (WESTERN, CENTRAL, TURKISH)
SINGLE_BYTE = (
    ("cp1252", WESTERN),
    ("cp1250", CENTRAL),
    ("mac-roman", WESTERN),
    ("cp850", WESTERN),
    ("cp1251", CYRILLIC),
    ("koi8-r", CYRILLIC),
    ("cp866", CYRILLIC),
    ("cp1253", GREEK),
    ("cp1254", TURKISH),
    ("cp852", CENTRAL),
)
SIGNS = set("€£§°®©™’‘“”„–—…•«»·½¼²³µ ¿¡ªº")  # noqa: RUF001
BESIDE_FIGURES = set("€£°½¼²³")
# Another encoding must explain the letters better than Windows-1252 by this much, for each letter.
MARGIN = 0.15
GOOD, GOOD_SCRIPT = 0.55, 0.85


def guess_encoding(sample: bytes) -> str:
    """Name the encoding of a sample; the sample may end within a character.

    >>> guess_encoding(b"name;Stra\\xdfe")
    'cp1252'
    >>> guess_encoding("name;Straße".encode())
    'utf-8'
    >>> guess_encoding("a,b".encode("utf-16-le"))
    'utf-16-le'
    >>> guess_encoding("город;Москва".encode("cp1251"))
    'cp1251'
    """
    for bom, name in BOMS:
        if sample.startswith(bom):
            return name
    wide = _wide(sample)
    if wide:
        return wide
    evidence = b"\n".join(line for line in re.split(rb"[\r\n]", sample) if not line.isascii())[:EVIDENCE_BYTES]
    if not evidence or _mostly_utf8(evidence):
        return "utf-8"
    scores = [(_plausible(evidence, name, letters), name) for name, letters in SINGLE_BYTE]
    usual = scores[0][0]
    best, name = max(scores, key=lambda pair: pair[0])
    if usual >= best - MARGIN:
        best, name = usual, FALLBACK
    needed = GOOD if dict(SINGLE_BYTE)[name] in LATIN else GOOD_SCRIPT
    return name if best >= needed else _ask(evidence) or name


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


def _mostly_utf8(evidence: bytes) -> bool:
    """Whether text is UTF-8 but for a few damaged characters."""
    text = evidence.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    good = sum(ord(c) > 0x7F for c in text) - damaged
    return good > 4 * damaged


def _plausible(evidence: bytes, encoding: str, letters: dict[str, float]) -> float:
    """Mean score of the characters beyond ASCII: usual letters for, strange ones and signs within words against."""
    text = evidence.decode(encoding, errors="replace")
    total, count = 0.0, 0
    for before, char, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if ord(char) < 0x80:
            continue
        count += 1
        if letters not in LATIN and char.isalpha() and (_is_ascii_letter(before) or _is_ascii_letter(after)):
            total -= 1.0  # no word is written in two scripts
        elif char in letters:
            # A capital within a word of small letters is another encoding's letter.
            total += -0.5 if char.isupper() and before.islower() else letters[char]
        elif char in SIGNS:
            within = before.isalpha() and char != "’"
            total += -1.0 if after.isalpha() and (within or char in BESIDE_FIGURES) else 0.7
        elif char == "\ufffd" or not char.isprintable():
            total -= 2.0
        else:
            total += 0.0 if char.isalpha() else -0.5
    if letters in LATIN:
        total -= _foreign_runs(text)
    return total / count if count else 0.0


def _is_ascii_letter(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _foreign_runs(text: str) -> float:
    """Latin words have few letters beyond ASCII; runs of them are another script in disguise."""
    return sum(1.5 * len(run) for run in re.findall(r"[^\x00-\x7f\W\d_]{3,}", text))


def _ask(evidence: bytes) -> str:
    from charset_normalizer import from_bytes  # slow to import, rarely needed

    best = from_bytes(evidence).best()
    return best.encoding.replace("_", "-") if best else ""
