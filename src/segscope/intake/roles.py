"""Roles: what each column is for, and which columns belong together. Each with its reason in words.

Decided from names (a general vocabulary, see words.py) and values; a name alone never makes a measure of a text.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from segscope.intake import words
from segscope.intake.facts import ColumnFacts
from segscope.recipe import ColumnRole, Concept, Family, FamilyKind, FamilyMember, Role

MAX_CATEGORIES = 50
FAMILY_SIZE = 3
LAST_YEAR = 2100

FAMILY_LABELS: dict[FamilyKind, str] = {
    "spend": "Spend by product",
    "purchases": "Purchases by channel",
    "responses": "Offers accepted by campaign",
    "other": "",
}
FAMILY_NOUNS: dict[FamilyKind, str] = {"spend": "spend", "purchases": "purchases", "responses": "accepted", "other": ""}


@dataclass(frozen=True)
class Proposal:
    """Roles of all columns, in the table's order, and the families among them."""

    columns: tuple[ColumnRole, ...]
    families: tuple[Family, ...]


def propose_roles(facts: Sequence[ColumnFacts]) -> Proposal:
    """Propose a role for every column.

    >>> id_, spend = ColumnFacts("customer_id", "text", 9, 0, 9), ColumnFacts("spend", "number", 9, 0, 7)
    >>> [(c.column, c.role.value) for c in propose_roles([id_, spend]).columns]
    [('customer_id', 'identifier'), ('spend', 'measure')]
    """
    identifier = _identifier(facts)
    columns = tuple(_role(f, is_identifier=f.name == identifier) for f in facts)
    columns = _with_concepts(columns, {f.name: f for f in facts})
    families = find_families(columns)
    return Proposal(_with_families(columns, families), families)


def _identifier(facts: Sequence[ColumnFacts]) -> str | None:
    unique = [f for f in facts if _can_identify(f)]
    named = [f for f in unique if _named_identifier(f.name)]
    if named:
        return min(named, key=lambda f: -sum(t in words.OWNER | words.IDENTIFIER for t in words.tokens(f.name))).name
    if not unique or unique[0] is not facts[0] or len(facts) < 2 or facts[0].rows < 10:
        return None
    # The first column names the customer when nothing better does, unless its name says that it is an amount.
    first = facts[0]
    return None if _measure_concept(first.name.lower(), set(words.tokens(first.name)))[0] else first.name


def _can_identify(facts: ColumnFacts) -> bool:
    # A few repeated identifiers are an oddity to report, not a reason to lose the identifier.
    nearly_unique = facts.present > 0 and facts.distinct >= 0.98 * facts.present and facts.blanks <= 0.02 * facts.rows
    return nearly_unique and (facts.kind == "text" or (facts.kind == "number" and facts.whole))


def _named_identifier(name: str) -> bool:
    parts = words.tokens(name)
    if words.PERSONAL & set(parts):
        return False
    has_number = any(t in words.NUMBER_OF for t in parts)
    return any(t in words.IDENTIFIER for t in parts) or (has_number and any(t in words.OWNER for t in parts))


def _role(facts: ColumnFacts, is_identifier: bool) -> ColumnRole:
    parts = words.tokens(facts.name)
    label = words.readable(parts, facts.name)
    sensitive = bool(words.SENSITIVE & set(parts))

    def found(role: Role, reason: str) -> ColumnRole:
        return ColumnRole(facts.name, role, reason, label, sensitive=sensitive)

    if facts.present == 0:
        return found(Role.CONSTANT, "every cell is blank")
    if is_identifier:
        return found(
            Role.IDENTIFIER, f"{facts.distinct:,} different values among {facts.rows:,} rows: names the customer"
        )
    if facts.distinct == 1 and facts.blanks == 0:
        return found(Role.CONSTANT, "the same value for every customer: tells nothing apart")
    if _personal(facts, parts):
        return found(Role.PERSONAL, "personal data: kept out of clustering and charts")
    if facts.kind == "date":
        return found(Role.DATE, "every value is a date")
    if facts.kind == "boolean" or (facts.kind == "number" and _zero_or_one(facts)):
        return found(Role.FLAG, "only yes and no")
    if facts.kind == "number":
        return _number_role(facts, parts, found(Role.MEASURE, "numbers"))
    if facts.distinct <= MAX_CATEGORIES and facts.distinct < 0.9 * facts.present:
        return found(Role.CATEGORY, f"{facts.distinct} different texts")
    return found(Role.TEXT, f"{facts.distinct:,} different texts: too many for a category")


def _number_role(facts: ColumnFacts, parts: Sequence[str], measure: ColumnRole) -> ColumnRole:
    if _named_identifier(facts.name) and facts.whole:
        return replace(measure, role=Role.IGNORED, reason="a number that names something, not an amount")
    if facts.whole and words.CODES & set(parts) and facts.distinct <= MAX_CATEGORIES:
        return replace(measure, role=Role.CATEGORY, reason=f"a code with {facts.distinct} different values")
    return measure


def _zero_or_one(facts: ColumnFacts) -> bool:
    return facts.distinct == 2 and facts.low == 0 and facts.high == 1


def _personal(facts: ColumnFacts, parts: Sequence[str]) -> bool:
    if facts.kind != "text":
        amount = words.SPEND | words.PURCHASES | words.VISITS
        return not amount & set(parts) and bool({"phone", "mobile", "telephone", "ssn", "passport"} & set(parts))
    person_name = (
        "name" in parts and (len(parts) == 1 or words.PERSON_NAME & set(parts)) and facts.distinct > MAX_CATEGORIES
    )
    return bool(words.PERSONAL & set(parts)) or facts.at_signs > 0.8 or bool(person_name)


def _with_concepts(columns: Sequence[ColumnRole], facts: dict[str, ColumnFacts]) -> tuple[ColumnRole, ...]:
    named = [_with_concept(c, facts[c.column]) for c in columns]
    dates = [c for c in named if c.role is Role.DATE and c.concept is None]
    if not any(c.concept is Concept.ENROLMENT for c in named) and len(dates) == 1:
        only = replace(
            dates[0], concept=Concept.ENROLMENT, reason=dates[0].reason + "; the only one, so taken as the start"
        )
        named = [only if c.column == only.column else c for c in named]
    return tuple(named)


def _with_concept(column: ColumnRole, facts: ColumnFacts) -> ColumnRole:
    parts = set(words.tokens(column.column))
    if column.role is Role.DATE:
        if parts & words.BIRTH:
            return replace(column, concept=Concept.BIRTH, label="Date of birth", sensitive=True)
        if parts & words.LAST:
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
    label = _children_label(column) if concept is Concept.CHILDREN else column.label
    if concept is Concept.VISITS and unit:
        label = words.readable([t for t in words.tokens(column.column) if t != "month"], column.column)
    if concept is Concept.RECENCY:
        label = "Days since last purchase"
    return replace(column, concept=concept, unit=unit, label=label)


def _measure_concept(name: str, parts: set[str]) -> tuple[Concept | None, str]:
    if parts & words.AVERAGE and parts & (words.SPEND | words.PURCHASES | {"basket", "value", "aov"}):
        return Concept.BASKET, "a purchase"
    if "age" in parts:
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
    if parts & words.SPEND:
        return Concept.SPEND, ""
    return (Concept.PURCHASES, "") if parts & words.PURCHASES else (None, "")


def _children_label(column: ColumnRole) -> str:
    name = column.column.lower()
    if name.endswith("home") and len(name) > 4:
        return f"{name[:-4].strip('_ ').capitalize()}s at home"
    return column.label


def find_families(columns: Sequence[ColumnRole]) -> tuple[Family, ...]:
    """Find columns whose names share all words but one part: spend by product, purchases by channel, responses.

    >>> names = ["SpendWine", "SpendMeat", "SpendFish"]
    >>> spend = [ColumnRole(n, Role.MEASURE, "", n, concept=Concept.SPEND) for n in names]
    >>> [(f.kind, [m.label for m in f.members]) for f in find_families(spend)]
    [('spend', ['Wine', 'Meat', 'Fish'])]
    """
    stems: dict[tuple[Role, tuple[str, ...]], list[ColumnRole]] = defaultdict(list)
    for column in columns:
        if column.role in (Role.MEASURE, Role.FLAG):
            for stem in _stems(words.tokens(column.column)):
                stems[(column.role, stem)].append(column)
    families: list[Family] = []
    taken: set[str] = set()
    # The most telling stem first: more shared words, then more members, then the alphabet.
    for (role, stem), group in sorted(stems.items(), key=lambda kv: (-_weight(kv[0][1]), -len(kv[1]), kv[0][1])):
        members = [c for c in group if c.column not in taken]
        if len(members) >= FAMILY_SIZE and _one_thing(stem, members):
            kind = _family_kind(role, stem)
            families.append(_family(kind, stem, members, columns))
            taken |= {m.column for m in families[-1].members}
    order = {c.column: i for i, c in enumerate(columns)}
    return tuple(sorted(families, key=lambda f: order[f.members[0].column]))


def _stems(parts: Sequence[str]) -> list[tuple[str, ...]]:
    if len(parts) < 2:
        return []
    heads = [(*parts[:n], "*") for n in range(1, len(parts))]
    tails = [("*", *parts[-n:]) for n in range(1, len(parts))]
    frames = [(parts[0], "*", parts[-1])] if len(parts) > 2 else []
    return heads + tails + frames


def _weight(stem: Sequence[str]) -> int:
    telling = words.SPEND | words.PURCHASES | words.RESPONSE
    return sum(
        2 if w in telling else 1 for w in stem if w not in words.COUNT_OF | words.GENERIC_NOUNS - telling and w != "*"
    )


def _one_thing(stem: Sequence[str], members: Sequence[ColumnRole]) -> bool:
    fixed = [w for w in stem if w != "*"]
    if all(w in words.COUNT_OF | words.GENERIC_NOUNS - words.PURCHASES for w in fixed):
        return bool(set(fixed) & words.SPEND)
    kinds = Counter(m.role for m in members)
    return len(kinds) == 1 and not all(w.isdigit() for w in fixed)


def _family_kind(role: Role, stem: Sequence[str]) -> FamilyKind:
    fixed = set(stem)
    if role is Role.FLAG:
        return "responses" if fixed & words.RESPONSE else "other"
    if fixed & words.SPEND:
        return "spend"
    return "purchases" if fixed & words.PURCHASES else "other"


def _family(
    kind: FamilyKind, stem: Sequence[str], group: Sequence[ColumnRole], columns: Sequence[ColumnRole]
) -> Family:
    members = [_member(c, stem) for c in group]
    if kind == "responses":
        inside = {c.column for c in group}
        single = [c for c in columns if c.role is Role.FLAG and c.column not in inside and _is_last_response(c)]
        members += [FamilyMember(c.column, c.label) for c in single]
        members.sort(key=lambda m: (not m.label[-1:].isdigit(), m.label))
    name = "_".join(w for w in stem if w != "*")
    label = FAMILY_LABELS[kind] or f"{words.readable([w for w in stem if w != '*'], name)} by kind"
    return Family(name, label, kind, tuple(members))


def _is_last_response(column: ColumnRole) -> bool:
    parts = words.tokens(column.column)
    return len(parts) <= 2 and bool(set(parts) & words.LAST_RESPONSE)


def _member(column: ColumnRole, stem: Sequence[str]) -> FamilyMember:
    fixed = {w for w in stem if w != "*"}
    parts = words.tokens(column.column)
    own = [w for w in parts if w not in fixed and w not in words.GENERIC_NOUNS and w not in words.COUNT_OF]
    if all(w.isdigit() for w in own):
        own = [w for w in parts if w not in {"accepted", "accept"}]
    return FamilyMember(column.column, words.readable(own, column.column), overlaps=bool(set(parts) & words.OVERLAP))


def _with_families(columns: Sequence[ColumnRole], families: Sequence[Family]) -> tuple[ColumnRole, ...]:
    place = {m.column: (family, m) for family in families for m in family.members}

    def join(column: ColumnRole) -> ColumnRole:
        if column.column not in place:
            return column
        family, member = place[column.column]
        noun = FAMILY_NOUNS[family.kind]
        label = member.label if noun in member.label.lower().split() or not noun else f"{member.label} {noun}"
        if column.column.lower() in words.LAST_RESPONSE:
            label = column.label
        return replace(
            column,
            family=family.name,
            label=label,
            concept=None,
            unit="",
            reason=f"{column.reason}; part of {family.label.lower()}",
        )

    return tuple(join(c) for c in columns)


def newest_date(facts: Sequence[ColumnFacts], columns: Sequence[ColumnRole]) -> date | None:
    """The newest date in the table: the day on which ages and days are counted.

    Birth dates do not count, nor does a column that reaches past the year 2100: 9999-12-31 stands for "no end".
    """
    births = {c.column for c in columns if c.concept is Concept.BIRTH}
    dates = [f.high for f in facts if f.kind == "date" and f.name not in births and isinstance(f.high, date)]
    return max((d for d in dates if d.year <= LAST_YEAR), default=None)
