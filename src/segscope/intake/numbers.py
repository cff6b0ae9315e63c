"""Numbers as people write them, as engine expressions: 1,234.56 and 1.234,56 and (1 234) and 12 % and 5 EUR."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segscope.intake.lexicon import CURRENCIES, UNITS

GAPS = r"'’` _\x{00a0}\x{2009}\x{202f}"
GAP = r"[\s\x{00a0}\x{2009}\x{202f}]*"
MINUS = r"[-+\x{2212}\x{2013}]"
DIGITS_OF_A_CODE = 16


def _any(words: Mapping[str, str] | tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=lambda w: (-len(w), w)))


_CURRENCY = rf"(?:{_any(CURRENCIES)})"
_AFTER = rf"(?:{_any((*CURRENCIES, *UNITS))})"
_OPEN = rf"^\(?{GAP}{MINUS}?{GAP}{_CURRENCY}?{GAP}{MINUS}?{GAP}"
_CLOSE = rf"{GAP}{_AFTER}?\.?{GAP}{MINUS}?{GAP}\)?$"

PLAIN = r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$"
DOT = rf"{_OPEN}(?:[1-9][0-9]{{0,2}}(?:[,{GAPS}][0-9]{{3}})+|[0-9]+)?(?:\.[0-9]*)?{_CLOSE}"
COMMA = rf"{_OPEN}(?:[1-9][0-9]{{0,2}}(?:[.{GAPS}][0-9]{{3}})+|[0-9]+)?(?:,[0-9]*)?{_CLOSE}"
FIGURES = rf"[.,]?[0-9](?:[0-9.,{GAPS}]*[0-9])?"
NEGATIVE = r"^[^0-9]*[-\x{2212}\x{2013}(]|[-\x{2212}\x{2013}]\s*$"
LEADING_ZERO = r"^[-+]?0[0-9]"
LONG_CODE = rf"^[0-9 -]{{{DIGITS_OF_A_CODE},}}$"
PHONE = r"^\+[0-9][0-9 ()/-]{6,}$"


@dataclass(frozen=True)
class NumberForm:
    """How the numbers of a column are written: the decimal sign, and whether anything but figures stands with them."""

    decimal: str = "."
    plain: bool = True


def plain_number(text: ir.StringValue) -> ir.FloatingValue:
    """Numbers as programs write them; NULL for all else."""
    return text.re_search(PLAIN).ifelse(text, ibis.null("string")).try_cast("float64")


def plain_integer(text: ir.StringValue) -> ir.IntegerValue:
    """Whole numbers in their one usual form: no sign +, no leading zeros, no decimals; NULL for all else."""
    number = text.try_cast("int64")
    return (number.cast("string") == text).ifelse(number, ibis.null("int64"))


def is_number(text: ir.StringValue, decimal: str) -> ir.BooleanValue:
    """Whether a text is a number in a form of people or programs, with this decimal sign."""
    return (text.re_search(DOT if decimal == "." else COMMA) & text.re_search("[0-9]")) | text.re_search(PLAIN)


def figures(text: ir.StringValue, decimal: str) -> ir.StringValue:
    """The digits of a number, with a point for the decimal sign and nothing else."""
    body = text.re_extract(FIGURES, 0)
    if decimal == ".":
        return body.re_replace(r"[^0-9.]", "")
    return body.re_replace(r"[^0-9,]", "").replace(",", ".")


def number(text: ir.StringValue, form: NumberForm) -> ir.FloatingValue:
    """Read a column of numbers in one form; what does not fit becomes NULL."""
    if form.plain and form.decimal == ".":
        return plain_number(text)
    sign = text.re_search(NEGATIVE).ifelse(-1.0, 1.0)
    value = figures(text, form.decimal).try_cast("float64") * sign
    if form.decimal == ".":
        value = ibis.coalesce(plain_number(text), value)
    return is_number(text, form.decimal).ifelse(value, ibis.null("float64"))


def affix(text: ir.StringValue) -> ir.StringValue:
    """What stands around the figures: a currency, a unit, a percent sign, or nothing."""
    return text.re_replace(rf"{FIGURES}(?:[eE][-+]?[0-9]+)?", "").re_replace(
        r"[\s()+.\x{00a0}\x{202f}\x{2009}\x{2212}\x{2013}-]", ""
    )


def affix_name(sign: str) -> str:
    """The name of an affix, the same for all ways to write one currency.

    >>> affix_name("€"), affix_name("EUR"), affix_name("kg")
    ('EUR', 'EUR', 'kg')
    """
    return CURRENCIES.get(sign, sign)
