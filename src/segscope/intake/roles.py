"""Roles: what each column is for, and which columns belong together. Each with its reason in words.

Decided from names (a general vocabulary, see words.py) and values; a name alone never makes a measure of a text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from segscope.intake import words
from segscope.intake.copies import Copy
from segscope.intake.facts import ColumnFacts
from segscope.intake.families import FAMILY_LABELS, find_families, with_families
from segscope.intake.personal import named_personal, personal_reason, sensitive_topic
from segscope.recipe import ColumnRole, Concept, Family, Role

__all__ = ["FAMILY_LABELS", "LAST_YEAR", "MAX_CATEGORIES", "Proposal", "newest_date", "propose_roles"]

MAX_CATEGORIES = 50
LAST_YEAR = 2100
FEWEST_DIGITS_OF_A_CODE, MOST_DIGITS_OF_A_CODE = 8, 15
NEARLY_UNIQUE = 0.98
FREE_TEXT = 0.9


@dataclass(frozen=True)
class Proposal:
    """Roles of all columns, in the table's order, and the families among them."""

    columns: tuple[ColumnRole, ...]
    families: tuple[Family, ...]


def propose_roles(facts: Sequence[ColumnFacts], copies: Sequence[Copy] = ()) -> Proposal:
    """Propose a role for every column; ``copies`` are those that say again what an earlier column says.

    >>> id_, spend = ColumnFacts("customer_id", "text", 9, 0, 9), ColumnFacts("spend", "number", 9, 0, 7)
    >>> [(c.column, c.role.value) for c in propose_roles([id_, spend]).columns]
    [('customer_id', 'identifier'), ('spend', 'measure')]
    """
    identifier = _identifier(facts)
    columns = tuple(_role(f, is_identifier=f.name == identifier) for f in facts)
    columns = _without_copies(_with_concepts(columns, {f.name: f for f in facts}), copies)
    families = find_families(columns)
    return Proposal(with_families(columns, families), families)


def _without_copies(columns: Sequence[ColumnRole], copies: Sequence[Copy]) -> tuple[ColumnRole, ...]:
    useful = {c.column for c in columns if c.role in (Role.MEASURE, Role.FLAG, Role.CATEGORY, Role.TEXT)}
    reasons = {c.column: c.reason for c in copies if {c.column, c.of} <= useful}
    return tuple(
        replace(c, role=Role.IGNORED, concept=None, unit="", reason=f"{reasons[c.column]}: tells nothing new")
        if c.column in reasons
        else c
        for c in columns
    )


def _identifier(facts: Sequence[ColumnFacts]) -> str | None:
    unique = [f for f in facts if _can_identify(f)]
    named = [f for f in unique if _named_identifier(f.name)]
    first = facts[0] if facts and facts[0] in unique and _may_come_first(facts) else None
    if named:
        best = min(named, key=lambda f: _strangeness(f.name))
        # The number of an order or a device names no customer where another column may.
        return first.name if first and _strangeness(best.name) > 0 else best.name
    return first.name if first else None


def _may_come_first(facts: Sequence[ColumnFacts]) -> bool:
    """The first column names the customer when nothing better does, unless its name says that it is an amount."""
    first = facts[0]
    amount = _measure_concept(first.name.lower(), set(words.folded(first.name)))[0]
    return len(facts) >= 2 and first.rows >= 10 and not amount and not personal_reason(first)


def _strangeness(name: str) -> int:
    """How much a name says that it names something else than the customer; below 0 it names the customer."""
    parts = set(words.folded(name))
    return 2 * len(parts & words.OTHER_THINGS) - len(parts & (words.OWNER | words.IDENTIFIER))


def _can_identify(facts: ColumnFacts) -> bool:
    # A few repeated identifiers are an oddity to report, not a reason to lose the identifier.
    nearly_unique = (
        facts.present > 0 and facts.distinct >= NEARLY_UNIQUE * facts.present and facts.blanks <= 0.02 * facts.rows
    )
    return nearly_unique and (facts.kind == "text" or (facts.kind == "number" and facts.whole))


def _named_identifier(name: str) -> bool:
    parts = words.folded(name)
    if named_personal(name) or set(parts) & (words.CODES - {"code"}):
        return False
    has_number = any(t in words.NUMBER_OF for t in parts)
    return any(t in words.IDENTIFIER for t in parts) or (has_number and any(t in words.OWNER for t in parts))


def _role(facts: ColumnFacts, is_identifier: bool) -> ColumnRole:
    base, unit = words.header_unit(facts.name)
    topic = sensitive_topic(facts)

    def found(role: Role, reason: str) -> ColumnRole:
        reason = f"{reason}; sensitive: {topic}" if topic and role is not Role.PERSONAL else reason
        label = words.readable(words.tokens(base), facts.name)
        return ColumnRole(
            facts.name, role, reason, label, unit=unit if role is Role.MEASURE else "", sensitive=bool(topic)
        )

    if facts.present == 0:
        return found(Role.CONSTANT, "every cell is blank")
    if is_identifier:
        return found(
            Role.IDENTIFIER, f"{facts.distinct:,} different values among {facts.rows:,} rows: names the customer"
        )
    if facts.distinct == 1 and facts.blanks == 0:
        return found(Role.CONSTANT, "the same value for every customer: tells nothing apart")
    if why := personal_reason(facts):
        return found(Role.PERSONAL, f"personal data, {why}: kept out of clustering and charts")
    if facts.kind == "date":
        return found(Role.DATE, "every value is a date")
    if facts.kind == "boolean" or (facts.kind == "number" and _zero_or_one(facts)):
        return found(Role.FLAG, "only yes and no")
    if facts.kind == "number":
        return found(*_number_role(facts))
    return found(*_text_role(facts))


def _text_role(facts: ColumnFacts) -> tuple[Role, str]:
    if facts.distinct <= MAX_CATEGORIES and facts.distinct < FREE_TEXT * facts.present:
        return Role.CATEGORY, f"{facts.distinct} different texts"
    unique = facts.distinct >= FREE_TEXT * facts.present
    if unique and (facts.content == "identifiers" or _named_identifier(facts.name)):
        return Role.IGNORED, "names something else than the customer"
    if unique:
        return Role.TEXT, f"{facts.distinct:,} different texts, nearly one a customer: no category"
    return Role.TEXT, f"{facts.distinct:,} different texts: too many for a category, which may have {MAX_CATEGORIES}"


def _number_role(facts: ColumnFacts) -> tuple[Role, str]:
    parts = words.folded(facts.name)
    of_a_thing = set(parts) & words.OTHER_THINGS and set(parts[-1:]) & words.NUMBER_OF
    if facts.whole and (_named_identifier(facts.name) or of_a_thing):
        return Role.IGNORED, "a number that names something, not an amount"
    code = facts.whole and (set(parts) & words.POSTAL or parts[-1:] in {(word,) for word in words.CODES})
    if code and facts.distinct <= MAX_CATEGORIES:
        return Role.CATEGORY, f"a code with {facts.distinct} different values"
    if code and set(parts) & (words.POSTAL | {"code"}):
        return Role.IGNORED, f"a code with {facts.distinct:,} different values, not an amount"
    if _one_width(facts) and not _measure_concept(facts.name.lower(), set(parts))[0]:
        return Role.IGNORED, "long numbers of one width, nearly all different: a code or a moment, not an amount"
    return Role.MEASURE, "numbers"


def _one_width(facts: ColumnFacts) -> bool:
    low, high = facts.low, facts.high
    if not facts.whole or not isinstance(low, float) or not isinstance(high, float):
        return False
    long = low >= 10.0 ** (FEWEST_DIGITS_OF_A_CODE - 1) and high < 10.0**MOST_DIGITS_OF_A_CODE
    return long and len(f"{low:.0f}") == len(f"{high:.0f}") and facts.distinct >= NEARLY_UNIQUE * facts.present


def _zero_or_one(facts: ColumnFacts) -> bool:
    return facts.distinct == 2 and facts.low == 0 and facts.high == 1


def _with_concepts(columns: Sequence[ColumnRole], facts: dict[str, ColumnFacts]) -> tuple[ColumnRole, ...]:
    named = [_with_concept(c, facts[c.column]) for c in columns]
    dates = [c for c in named if c.role is Role.DATE and c.concept is None and not _is_last(c.column)]
    if not any(c.concept is Concept.ENROLMENT for c in named) and len(dates) == 1:
        only = replace(
            dates[0], concept=Concept.ENROLMENT, reason=dates[0].reason + "; the only one, so taken as the start"
        )
        named = [only if c.column == only.column else c for c in named]
    return tuple(named)


def _is_last(name: str) -> bool:
    return bool(set(words.folded(name)) & (words.LAST | {"login", "seen", "activity"}))


def _with_concept(column: ColumnRole, facts: ColumnFacts) -> ColumnRole:
    parts = set(words.folded(column.column))
    if column.role is Role.DATE:
        if parts & words.BIRTH:
            return replace(column, concept=Concept.BIRTH, label="Date of birth", sensitive=True)
        if _is_last(column.column):
            return column
        return replace(column, concept=Concept.ENROLMENT, label="Customer since") if parts & words.ENROLMENT else column
    if column.role is Role.FLAG:
        concept = Concept.COMPLAINT if parts & words.COMPLAINT else None
        return replace(column, concept=Concept.RESPONSE if parts & words.RESPONSE else concept)
    if column.role is not Role.MEASURE:
        return column
    if parts & words.BIRTH and facts.whole and (facts.median or 0) > 1850:
        return replace(column, concept=Concept.BIRTH, label="Birth year", reason="a year of birth", sensitive=True)
    concept, unit = _measure_concept(column.column.lower(), parts)
    unit = " ".join(filter(None, (column.unit, unit))) if unit.startswith("a ") else unit or column.unit
    label = _children_label(column) if concept is Concept.CHILDREN else column.label
    if concept is Concept.VISITS and unit:
        label = words.readable([t for t in words.tokens(column.column) if t != "month"], column.column)
    if concept is Concept.RECENCY:
        label = "Days since last purchase"
    return replace(column, concept=concept, unit=unit, label=label)


def _measure_concept(name: str, parts: set[str]) -> tuple[Concept | None, str]:
    if parts & words.STATUS:
        return None, ""
    if parts & words.AVERAGE and parts & (words.SPEND | words.PURCHASES | words.BASKET):
        return Concept.BASKET, "a purchase"
    if parts & words.AGE and not parts & words.AGE_OF_THINGS:
        return Concept.AGE, "years"
    if parts & words.INCOME:
        return Concept.INCOME, "a year"
    if parts & words.RECENCY or ({"days", "since"} <= parts and parts & (words.LAST | words.PURCHASES)):
        return Concept.RECENCY, "days"
    if parts & words.TENURE:
        return Concept.TENURE, "days" if "days" in parts else "months" if "months" in parts else ""
    if any(name.startswith(stem) for stem in words.CHILDREN_STEMS):
        return Concept.CHILDREN, "children"
    if parts & words.VISITS:
        return Concept.VISITS, "a month" if "month" in parts else ""
    if parts & words.OVERLAP:
        return None, ""
    if parts & words.SPEND or parts >= {"chiffre", "affaires"}:
        return Concept.SPEND, ""
    return (Concept.PURCHASES, "") if parts & words.PURCHASES else (None, "")


def _children_label(column: ColumnRole) -> str:
    name = column.column.lower()
    if name.endswith("home") and len(name) > 4:
        return f"{name[:-4].strip('_ ').capitalize()}s at home"
    return column.label


def newest_date(facts: Sequence[ColumnFacts], columns: Sequence[ColumnRole]) -> date | None:
    """The newest date in the table: the day on which ages and days are counted.

    Birth dates do not count, nor does a column that reaches past the year 2100: 9999-12-31 stands for "no end".
    """
    births = {c.column for c in columns if c.concept is Concept.BIRTH}
    dates = [f.high for f in facts if f.kind == "date" and f.name not in births and isinstance(f.high, date)]
    return max((d for d in dates if d.year <= LAST_YEAR), default=None)
