"""Roles, families, derived columns and features of customers that were made from a log."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from segscope.formula import quote
from segscope.intake.facts import ROW, ColumnFacts
from segscope.intake.roles import FAMILY_LABELS, propose_roles
from segscope.recipe import ColumnRole, Concept, DerivedColumn, Family, FamilyKind, FamilyMember, Role, TransactionLog
from segscope.transactions.names import CustomerNames, names_of, numbered

LABEL_LETTERS = 60


class ColumnProposal(NamedTuple):
    """What a recipe says about the columns of a log's customers."""

    columns: tuple[ColumnRole, ...]
    families: tuple[Family, ...]
    derived: tuple[DerivedColumn, ...]
    features: tuple[str, ...]


@dataclass(frozen=True)
class _Meaning:
    """What a computed column is."""

    role: Role
    label: str
    reason: str
    concept: Concept | None = None
    unit: str = ""


def propose_columns(log: TransactionLog, facts: Sequence[ColumnFacts]) -> ColumnProposal:
    """Propose what the columns of a log's customers are; ``facts`` are of the customers, in their order.

    Features are recency, frequency and monetary value, the three that describe a customer in the customer-value
    literature (Fader, Hardie & Lee 2005, "RFM and CLV: using iso-value curves for customer base analysis"): days since
    the last purchase, number of purchases, total spend; those of them that differ between customers. Columns carried
    over from the log take the roles that any customer table's columns take, but are never the identifier, nor one of
    the concepts that are computed.
    """
    names = names_of(log)
    meanings = _meanings(log, names)
    attributes = [f for f in facts if f.name not in meanings and f.name != ROW]
    carried = propose_roles(attributes)
    roles = {c.column: _attribute(c) for c in carried.columns}
    roles |= {f.name: _computed(f, meanings[f.name]) for f in facts if f.name in meanings}
    present = tuple(f.name for f in facts)
    members = _members(log, names, present)
    families = tuple(
        Family(kind, FAMILY_LABELS[kind], kind, parts) for kind, parts in members.items() if len(parts) > 1
    )
    in_family = {m.column: family for family in families for m in family.members}
    columns = tuple(
        replace(roles[name], family=in_family[name].name) if name in in_family else roles[name]
        for name in present
        if name in roles
    )
    core = (names.recency_days, names.purchases, names.total_spend)
    return ColumnProposal(
        columns=columns,
        families=(*families, *carried.families),
        derived=_shares(families, names, present),
        features=tuple(f.name for f in facts if f.name in core and f.distinct > 1),
    )


def _attribute(column: ColumnRole) -> ColumnRole:
    if column.role is Role.IDENTIFIER:
        return replace(column, role=Role.IGNORED, reason="names the customer again")
    computed = (
        Concept.SPEND, Concept.PURCHASES, Concept.BASKET, Concept.TENURE, Concept.RECENCY, Concept.ENROLMENT,
    )  # fmt: skip
    return replace(column, concept=None) if column.concept in computed else column


def _computed(facts: ColumnFacts, meaning: _Meaning) -> ColumnRole:
    role, reason = meaning.role, meaning.reason
    if role in (Role.MEASURE, Role.DATE, Role.CATEGORY) and facts.distinct <= 1 and facts.blanks in (0, facts.rows):
        role, reason = Role.CONSTANT, f"{reason}; the same for every customer"
    return ColumnRole(facts.name, role, reason, meaning.label, meaning.concept, unit=meaning.unit)


def _meanings(log: TransactionLog, names: CustomerNames) -> dict[str, _Meaning]:
    day = "a purchase is all that a customer buys on one day" if log.merge_same_day else "every order counts"
    measure, currency = Role.MEASURE, log.only_currency or ""
    meanings = {
        names.customer: _Meaning(Role.IDENTIFIER, log.customer, "names the customer in the log"),
        names.first_purchase: _Meaning(
            Role.DATE, "First purchase", "the day of the first purchase in the log", Concept.ENROLMENT
        ),
        names.last_purchase: _Meaning(Role.DATE, "Last purchase", "the day of the last purchase in the log"),
        names.recency_days: _Meaning(
            measure,
            "Days since last purchase",
            "days from the last purchase to the as-of date",
            Concept.RECENCY,
            "days",
        ),
        names.purchases: _Meaning(measure, "Purchases", f"number of purchases; {day}", Concept.PURCHASES),
        names.total_spend: _Meaning(
            measure, "Total spend", "sum of all amounts, returns taken off", Concept.SPEND, currency
        ),
        names.average_order: _Meaning(
            measure, "Average order", "total spend divided by the number of purchases", Concept.BASKET, "a purchase"
        ),
        names.tenure_days: _Meaning(
            measure,
            "Days since first purchase",
            "days from the first purchase to the as-of date",
            Concept.TENURE,
            "days",
        ),
        names.typical_gap_days: _Meaning(
            measure,
            "Typical gap between purchases",
            "median days between consecutive days with a purchase",
            unit="days",
        ),
        names.units: _Meaning(measure, "Units", "sum of all quantities, returns taken off", unit="units"),
        names.r_score: _Meaning(Role.CATEGORY, "R score", "fifth of the customers by recency; 5 bought last"),
        names.f_score: _Meaning(Role.CATEGORY, "F score", "fifth of the customers by purchases; 5 buys most often"),
        names.m_score: _Meaning(Role.CATEGORY, "M score", "fifth of the customers by total spend; 5 spends most"),
        names.rfm_group: _Meaning(Role.CATEGORY, "RFM group", "named region of the grid of R and F scores"),
    }
    for column, label in _labelled(names.products, log.products, "Other products"):
        meanings[column] = _Meaning(measure, f"{label} spend", f"spend on {label}; part of spend by product")
    for column, label in _labelled(names.channels, log.channels, "Other channels"):
        meanings[column] = _Meaning(
            measure, f"{label} purchases", f"purchases through {label}; part of purchases by channel"
        )
    return meanings


def _labelled(columns: Sequence[str], values: Sequence[str], other: str) -> list[tuple[str, str]]:
    return list(zip(columns, [*map(_label, values), other], strict=True)) if columns else []


def _label(value: str) -> str:
    text = " ".join(value.split())
    return text if len(text) <= LABEL_LETTERS else text[: LABEL_LETTERS - 1] + "…"


def _members(
    log: TransactionLog, names: CustomerNames, present: Sequence[str]
) -> dict[FamilyKind, tuple[FamilyMember, ...]]:
    found: dict[FamilyKind, list[tuple[str, str]]] = {
        "spend": _labelled(names.products, log.products, "Other products"),
        "purchases": _labelled(names.channels, log.channels, "Other channels"),
    }
    return {kind: tuple(FamilyMember(c, label) for c, label in parts if c in present) for kind, parts in found.items()}


def _shares(families: Sequence[Family], names: CustomerNames, present: Sequence[str]) -> tuple[DerivedColumn, ...]:
    whole = {"spend": (names.total_spend, "total spend"), "purchases": (names.purchases, "all purchases")}
    wanted = [(family.kind, member) for family in families for member in family.members]
    derived = numbered([f"share_{m.column}" for _, m in wanted], (ROW, *present))
    return tuple(
        DerivedColumn(
            name,
            f"Share of {kind}: {member.label}",
            f"ratio({quote(member.column)}, {quote(whole[kind][0])})",
            f"{member.label} as a share of {whole[kind][1]}; blank where that is 0",
            unit="share",
        )
        for name, (kind, member) in zip(derived, wanted, strict=True)
    )
