"""Numbers and lists in words: one way to write them in names, sentences, logs and charts."""

import math
from collections.abc import Sequence

NARROW = "\u202f"
LONGEST_NAME = 120  # characters that a person may give a thing
# Hennig (2007): a mean Jaccard similarity of 0.85 is highly stable, 0.75 stable, below 0.6 not to be trusted.
STABILITY_WORDS = ((0.85, "very stable"), (0.75, "stable"), (0.6, "shaky"), (0.0, "not stable"))


def short(value: float | None) -> str:
    """A number in at most four figures, as labels need it: 1.2k, 3.4M, 0.052.

    >>> [short(v) for v in (0, 7, 12.345, 999.6, 1234, 58138, 1.2e6, 0.0521, -2500, None)]
    ['0', '7', '12', '1k', '1.2k', '58k', '1.2M', '0.052', '-2.5k', 'unknown']
    """
    if value is None or not math.isfinite(value):
        return "unknown"
    size = abs(value)
    for limit, unit in ((999.5e6, "B"), (999.5e3, "M"), (999.5, "k")):
        if size >= limit:
            scaled = value / {"B": 1e9, "M": 1e6, "k": 1e3}[unit]
            return f"{_trim(f'{scaled:.1f}') if abs(scaled) < 9.95 else f'{scaled:.0f}'}{unit}"
    if size >= 9.95 or value == round(value):
        return f"{value:.0f}"
    return _trim(f"{value:.1f}") if size >= 1 else _trim(f"{value:.2g}")


def full(value: float | None, digits: int = 1) -> str:
    """A number in full with thousands signs: 58,138; decimals only where it has any and is small.

    >>> full(58138.2), full(12.345), full(3.0), full(0.0123), full(None)
    ('58,138', '12.3', '3', '0.012', 'unknown')
    """
    if value is None or not math.isfinite(value):
        return "unknown"
    if value == round(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return _trim(f"{value:.2g}") if abs(value) < 0.1 else _trim(f"{value:,.{digits}f}")


def percent(share: float | None) -> str:
    """A share as a percentage with a narrow space: 52 %; below one percent with one decimal.

    >>> percent(0.523), percent(0.004), percent(0.0), percent(1.0)
    ('52\u202f%', '0.4\u202f%', '0\u202f%', '100\u202f%')
    """
    if share is None or not math.isfinite(share):
        return "unknown"
    shown = 100 * share
    digits = 1 if 0 < abs(shown) < 0.95 else 0
    return f"{shown:.{digits}f}{NARROW}%"


def times(ratio: float) -> str:
    """How many times as much: 2.5x, 12x.

    >>> times(2.46), times(12.3), times(0.4)
    ('2.5x', '12x', '0.4x')
    """
    return f"{ratio:.0f}x" if ratio >= 9.95 else f"{_trim(f'{ratio:.1f}')}x"


def listed(items: Sequence[str], last: str = "and") -> str:
    """Join words into a list.

    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def counted(count: int, noun: str) -> str:
    """A count with its noun.

    >>> counted(1, "customer"), counted(2240, "customer"), counted(2, "category")
    ('1 customer', '2,240 customers', '2 categories')
    """
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1] + 'ies' if noun.endswith('y') and noun[-2] not in 'aeiou' else noun + 's'}"


def stability_words(stability: float) -> str:
    """A stability in words.

    >>> stability_words(0.9), stability_words(0.5)
    ('very stable', 'not stable')
    """
    return next(words for limit, words in STABILITY_WORDS if stability >= limit)


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def clean_name(name: str, otherwise: str = "") -> str:
    """A name on one line without control characters, of at most 120 characters.

    >>> clean_name("  Spring\\n customers "), clean_name("\\x00", otherwise="file")
    ('Spring customers', 'file')
    """
    printable = "".join(c if c.isprintable() else " " for c in name)
    return " ".join(printable.split())[:LONGEST_NAME].strip() or otherwise


def one_line(text: str) -> str:
    """A text that cannot leave the line it stands in, such as a comment.

    >>> one_line("a\\nDROP TABLE x")
    'a DROP TABLE x'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
