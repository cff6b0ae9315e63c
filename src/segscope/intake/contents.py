"""What the values of a column are, where they tell it by themselves: e-mail addresses, card numbers, sex ..."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

MOST = 0.8
NEARLY_ALL = 0.98

# Forms that hardly anything else has.
FORMS = {
    "e-mail addresses": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}"),
    "IP addresses": re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?|(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}", re.IGNORECASE),
    "bank account numbers": re.compile(r"[A-Z]{2}\d{2} ?(?:[A-Z0-9]{4} ?){2,7}[A-Z0-9]{1,4}"),
    "social security numbers": re.compile(r"\d{3}-\d{2}-\d{4}"),
    "identifiers": re.compile(
        r"\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?|(?:0x)?[0-9a-f]{32,64}", re.IGNORECASE
    ),
}  # fmt: skip
CARD = re.compile(r"\d(?:[ -]?\d){12,18}")
PHONE = re.compile(r"\+?[(\d][\d ()/.-]{5,22}\d")
DATE_LIKE = re.compile(r"\d{1,4}([-/. ])\d{1,2}\1\d{1,4}(?:[ T]\d{1,2}:.*)?")
AMOUNT_LIKE = re.compile(r"\d{1,3}(?:[., ]\d{3})*(?:[.,]\d+)?")


@dataclass(frozen=True)
class Vocabulary:
    """Words that tell a content when a column holds ``needed`` of them, and no words but these and the ``joining``."""

    telling: frozenset[str]
    joining: frozenset[str]
    needed: int = 2


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VOCABULARIES = {
    "sex": Vocabulary(
        _words(
            "m f w h male female man woman men women mann frau herr weiblich männlich masculin féminin feminin "
            "homme femme hombre mujer masculino femenino mr mrs ms miss mme monsieur madame sr sra señor señora"
        ),
        _words(
            "x d u o other others unknown divers diverse nonbinary non-binary firma autre otro unbekannt inconnu "
            "desconocido"
        ),
    ),
    "marital status": Vocabulary(
        _words(
            "married single divorced widowed widow separated verheiratet ledig geschieden verwitwet marié mariée "
            "célibataire divorcé divorcée veuf veuve casado casada soltero soltera divorciado divorciada viudo viuda"
        ),
        _words("together alone unknown other partner partnership cohabiting partnered pacs"),
    ),
    "religion": Vocabulary(
        _words(
            "christian catholic protestant orthodox muslim islam jewish hindu buddhist sikh atheist evangelisch "
            "katholisch rk ev konfessionslos musulman catholique cristiano católico"
        ),
        _words("none other unknown agnostic keine andere"),
    ),
    "ethnicity": Vocabulary(
        _words("asian hispanic latino caucasian african-american indigenous multiracial arab roma"),
        _words("white black mixed native pacific other unknown"),
        needed=1,
    ),
    "sexual orientation": Vocabulary(
        _words("heterosexual homosexual bisexual gay lesbian straight hetero"), _words("other unknown queer")
    ),
}


def content_of(cells: Sequence[str]) -> str:
    """Say what cells are, in the plural and in words; nothing where the values do not tell.

    >>> content_of(["a@b.de", "c@d.org"]), content_of(["M", "F", "F"]), content_of(["red", "blue"])
    ('e-mail addresses', 'sex', '')
    >>> content_of(["+49 30 12345", "0171/223344"]), content_of(["2024-01-31", "2024-02-01"])
    ('telephone numbers', '')
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return ""
    for content, form in FORMS.items():
        if _share(filled, form) >= MOST:
            return content
    return _told_by_words({cell.casefold().rstrip(".") for cell in filled}) or _told_by_figures(filled)


def is_card_number(text: str) -> bool:
    """Whether figures end in the check digit of a card number (Luhn; ISO/IEC 7812-1, annex B).

    >>> is_card_number("4111 1111 1111 1111"), is_card_number("4111 1111 1111 1112")
    (True, False)
    """
    if not CARD.fullmatch(text):
        return False
    digits = [int(c) for c in reversed(text) if c.isdecimal()]
    return sum(d if i % 2 == 0 else d * 2 - 9 * (d > 4) for i, d in enumerate(digits)) % 10 == 0


def _told_by_figures(filled: Sequence[str]) -> str:
    if sum(map(is_card_number, filled)) >= NEARLY_ALL * len(filled):
        return "card numbers"
    if sum(map(_is_phone, filled)) >= MOST * len(filled) and any(not cell.isdecimal() for cell in filled):
        return "telephone numbers"
    return ""


def _is_phone(text: str) -> bool:
    if not PHONE.fullmatch(text) or DATE_LIKE.fullmatch(text) or AMOUNT_LIKE.fullmatch(text):
        return False
    count = sum(map(str.isdecimal, text))
    return (7 <= count <= 15 and text[0] in "+(0") or (9 <= count <= 15 and bool(re.search(r"\d[ ()/.-]+\d", text)))


def _told_by_words(found: set[str]) -> str:
    for content, words in VOCABULARIES.items():
        if len(found) >= 2 and len(found & words.telling) >= words.needed and found <= words.telling | words.joining:
            return content
    return ""


def _share(filled: Sequence[str], form: re.Pattern[str]) -> float:
    return sum(bool(form.fullmatch(cell)) for cell in filled) / len(filled)
