"""Families: columns that measure one thing split by something, found from shared stems of names and like units."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from segscope.intake import words
from segscope.recipe import ColumnRole, Family, FamilyKind, FamilyMember, Role

FAMILY_SIZE = 3
FIRST_YEAR, LAST_YEAR = 1900, 2100
FAMILY_NAMES: dict[FamilyKind, str] = {"spend": "Spend", "purchases": "Purchases", "responses": "Offers accepted"}
FAMILY_SPLITS: dict[FamilyKind, str] = {"spend": "product", "purchases": "channel", "responses": "campaign"}
FAMILY_LABELS = {kind: f"{name} by {FAMILY_SPLITS[kind]}" for kind, name in FAMILY_NAMES.items()}
FAMILY_NOUNS: dict[FamilyKind, str] = {"spend": "spend", "purchases": "purchases", "responses": "accepted", "other": ""}

# Words that say what is measured: columns that differ in them measure different things.
QUANTITIES = {
    "value", "amount", "count", "price", "cost", "rate", "ratio", "score", "days", "day", "date", "months", "month",
    "weight", "length", "height", "width", "qty", "quantity", "avg", "average", "mean", "min", "max", "median", "std",
    "age", "size", "share", "percent", "pct", "duration", "hours", "minutes", "revenue", "sales", "limit", "balance",
    "id", "code", "name", "type", "number", "installments", "sequential", "frequency", "recency",
}  # fmt: skip
# Words that many columns share and that bind nothing.
LOOSE = words.OWNER | words.AVERAGE | words.LAST | {
    "is", "has", "was", "had", "flag", "date", "min", "max", "id", "code", "first", "days", "since", "of", "in", "the",
    "new", "old", "per", "my", "x", "y", "z", "var", "col", "column", "field", "feature", "f", "v", "q",
}  # fmt: skip
PERIODS = {
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "january", "february",
    "march", "april", "june", "july", "august", "september", "october", "november", "december", "januar", "februar",
    "marz", "mai", "juni", "juli", "oktober", "dezember", "monday", "tuesday", "wednesday", "thursday", "friday",
    "saturday", "sunday", "weekday", "weekend", "morning", "afternoon", "evening", "night", "day", "eve", "q", "h",
    "year", "quarter", "month", "week",
}  # fmt: skip
CHANNELS = {
    "web", "online", "store", "app", "mobile", "phone", "catalog", "catalogue", "katalog", "filiale", "laden", "branch",
    "call", "email", "shop", "retail", "offline", "market", "pos", "website", "tienda", "magasin", "boutique",
}  # fmt: skip
WINDOW = {"d", "day", "days", "w", "week", "weeks", "m", "mo", "mon", "month", "months", "y", "yr", "year", "years",
          "h", "last", "past", "tage", "monate"}  # fmt: skip


def find_families(columns: Sequence[ColumnRole]) -> tuple[Family, ...]:
    """Find columns whose names share all words but one part: spend by product, purchases by channel, responses.

    >>> names = ["SpendWine", "SpendMeat", "SpendFish"]
    >>> spend = [ColumnRole(n, Role.MEASURE, "", n) for n in names]
    >>> [(f.kind, [m.label for m in f.members]) for f in find_families(spend)]
    [('spend', ['Wine', 'Meat', 'Fish'])]
    """
    stems: dict[tuple[Role, str, tuple[str, ...]], list[ColumnRole]] = defaultdict(list)
    for column in columns:
        if column.role in (Role.MEASURE, Role.FLAG):
            for stem in _stems(_words_of(column)):
                stems[(column.role, column.unit, stem)].append(column)
    families: list[Family] = []
    taken: set[str] = set()
    # The most telling stem first: more shared words, then more members, then the alphabet.
    for (role, _, stem), group in sorted(stems.items(), key=lambda kv: (-_weight(kv[0][2]), -len(kv[1]), kv[0])):
        members = _parts(stem, [c for c in group if c.column not in taken])
        if len(members) >= FAMILY_SIZE and _one_thing(stem):
            kind = _family_kind(role, stem)
            families.append(_family(kind, stem, members, columns))
            taken |= {m.column for m in families[-1].members}
    order = {c.column: i for i, c in enumerate(columns)}
    return tuple(sorted(families, key=lambda f: order[f.members[0].column]))


def _words_of(column: ColumnRole) -> tuple[str, ...]:
    return words.folded(words.header_unit(column.column)[0])


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


def _one_thing(stem: Sequence[str]) -> bool:
    """Whether a stem says what its columns have in common."""
    fixed = {w for w in stem if w != "*" and not w.isdigit()}
    if fixed & words.SPEND:
        return True
    if fixed <= words.COUNT_OF | words.GENERIC_NOUNS - words.PURCHASES:
        return False
    return not fixed <= LOOSE | words.COUNT_OF


def _parts(stem: Sequence[str], group: Sequence[ColumnRole]) -> list[ColumnRole]:
    """The columns of a group that are parts of one thing: no total, no other quantity, nothing that came of it."""
    fixed = {w for w in stem if w != "*"}
    own = {c.column: set(_words_of(c)) - fixed for c in group}
    of_orders = bool(fixed & (words.SPEND | words.PURCHASES))
    strange = words.TOTAL | (words.STATUS if of_orders else set())
    strange |= QUANTITIES - PERIODS if stem[-1] == "*" else set()
    parts = [c for c in group if own[c.column] - words.COUNT_OF and not own[c.column] & strange]
    # The last 7, 30 and 90 days hold each other: they add up to nothing.
    windows = {c.column: window for c in parts if (window := _window(c))}
    return [c for c in parts if len(set(windows.values())) < 2 or c.column not in windows]


def _window(column: ColumnRole) -> tuple[str, str] | None:
    """The figure and the unit of a column that counts the last so many days, weeks or months."""
    pairs = pairwise(_words_of(column))
    return next(((n, unit) for n, unit in pairs if n.isdigit() and int(n) < FIRST_YEAR and unit in WINDOW), None)


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
    what = FAMILY_NAMES.get(kind) or words.readable([w for w in stem if w != "*"], name)
    unit = group[0].unit if len({c.unit for c in group}) == 1 else ""
    return Family(name, f"{what} by {_split(kind, stem, group)}", kind, tuple(members), unit)


def _split(kind: FamilyKind, stem: Sequence[str], group: Sequence[ColumnRole]) -> str:
    """What a family is split by."""
    own = [set(_words_of(c)) - set(stem) for c in group]
    if all(w & PERIODS or any(x.isdigit() and FIRST_YEAR <= int(x) <= LAST_YEAR for x in w) for w in own):
        return "period"
    if kind != "responses" and all(w & CHANNELS for w in own):
        return "channel"
    return FAMILY_SPLITS.get(kind, "kind")


def _is_last_response(column: ColumnRole) -> bool:
    parts = words.tokens(column.column)
    return len(parts) <= 2 and bool(set(parts) & words.LAST_RESPONSE)


def _member(column: ColumnRole, stem: Sequence[str]) -> FamilyMember:
    fixed = {w for w in stem if w != "*"}
    parts = words.tokens(words.header_unit(column.column)[0])
    own = [
        w
        for w in parts
        if not fixed & set(words.folded(w)) and w not in words.GENERIC_NOUNS and w not in words.COUNT_OF
    ]
    if all(w.isdigit() for w in own):
        own = [w for w in parts if w not in {"accepted", "accept"}]
    return FamilyMember(column.column, words.readable(own, column.column), overlaps=bool(set(parts) & words.OVERLAP))


def with_families(columns: Sequence[ColumnRole], families: Sequence[Family]) -> tuple[ColumnRole, ...]:
    """Columns that know their family."""
    place = {m.column: (family, m) for family in families for m in family.members}

    def join(column: ColumnRole) -> ColumnRole:
        if column.column not in place:
            return column
        family, member = place[column.column]
        noun = FAMILY_NOUNS[family.kind]
        label = member.label if noun in member.label.lower().split() else f"{member.label} {noun}"
        if column.column.lower() in words.LAST_RESPONSE or not noun:
            label = column.label
        return replace(
            column,
            family=family.name,
            label=label,
            concept=None,
            unit=family.unit,
            reason=f"{column.reason}; part of {family.label.lower()}",
        )

    return tuple(join(c) for c in columns)
