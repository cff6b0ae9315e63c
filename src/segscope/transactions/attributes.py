"""Columns of a log that describe the customer, not the row: they never differ within a customer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir

from segscope.cleaning import CleaningEntry
from segscope.engine import Engine, one
from segscope.intake.facts import column_kind
from segscope.intake.roles import MAX_CATEGORIES
from segscope.transactions import vocabulary
from segscope.transactions.lines import COUNTS, CUSTOMER, STANDING
from segscope.wording import counted

GLANCED_CUSTOMERS = 1_000
GLANCED_SHARE = 0.05
DIFFERING_SHARE = 0.01
NEARLY_UNIQUE = 0.9


@dataclass(frozen=True)
class Attribute:
    """A column that may describe the customer.

    Attributes
    ----------
    column, key : its name in the log, and among the lines
    differing : number of customers within whom it differs; they have a blank
    carried : it becomes a column of the customers
    why_not : why it does not
    """

    column: str
    key: str
    differing: int = 0
    carried: bool = True
    why_not: str = ""

    def value(self, totals: ibis.Table) -> ir.Value:
        """Its value for each customer, from its lowest and highest."""
        low, high = totals[f"low_{self.key}"], totals[f"high_{self.key}"]
        return ibis.ifelse(low == high, low, ibis.null(low.type()))

    def entry(self) -> CleaningEntry:
        """What was done with it, in words. The count is of customers with a blank, or 1."""
        if not self.carried:
            return CleaningEntry("left_behind", self.column, 1, f"{self.column} is left behind: {self.why_not}.")
        if self.differing == 0:
            detail = f"{self.column} describes the customer: it never differs within one."
            return CleaningEntry("carried_over", self.column, 1, detail)
        who = counted(self.differing, "customer")
        detail = f"{self.column} describes the customer. It differs within {who}, where it is blank."
        return CleaningEntry("carried_over", self.column, self.differing, detail)


def choose_attributes(
    engine: Engine, lines: ibis.Table, per_customer: ibis.Table, columns: Sequence[str]
) -> tuple[Attribute, ...]:
    """Look at the first thousand customers with several rows: which columns hardly differ within them?"""
    found = tuple(Attribute(column, f"__a{i}") for i, column in enumerate(columns))
    if not found:
        return ()
    several = per_customer.filter(per_customer.n > 1).order_by(CUSTOMER).limit(GLANCED_CUSTOMERS)
    near = lines.filter(lines[STANDING] == COUNTS).semi_join(several, CUSTOMER)
    differs = {a.key: near[a.key].min() != near[a.key].max() for a in found}
    within = near.group_by(CUSTOMER).agg(**differs)
    counts = one(engine, within.agg(customers=within.count(), **{a.key: within[a.key].sum() for a in found}))
    limit = GLANCED_SHARE * int(counts["customers"])
    return tuple(
        replace(a, carried=False, why_not="it describes rows, not customers") if int(counts[a.key] or 0) > limit else a
        for a in found
    )


def settled(engine: Engine, totals: ibis.Table, attributes: Sequence[Attribute]) -> tuple[Attribute, ...]:
    """Decide on all customers. A column may differ within 1 % of those with several rows (people move); they are blank.

    A text or whole number with nearly a value of its own for each customer only names the customer again and is left
    behind, unless its name speaks of an address or a name: those are wanted when a list of customers leaves the house.
    """
    open_ = [a for a in attributes if a.carried]
    if not open_:
        return tuple(attributes)
    aggregates: dict[str, ir.Scalar] = {"customers": totals.count(), "several": (totals["rows"] > 1).sum()}
    for a in open_:
        low, high = totals[f"low_{a.key}"], totals[f"high_{a.key}"]
        aggregates |= {f"differs_{a.key}": (low != high).sum(), f"distinct_{a.key}": low.nunique()}
    found = one(engine, totals.agg(**aggregates))
    customers, several = int(found["customers"]), int(found["several"] or 0)
    decided = []
    for a in attributes:
        if not a.carried:
            decided.append(a)
            continue
        differing, distinct = int(found[f"differs_{a.key}"] or 0), int(found[f"distinct_{a.key}"])
        if differing > DIFFERING_SHARE * several:
            decided.append(replace(a, carried=False, why_not="it describes rows, not customers"))
        elif distinct == 0:
            decided.append(replace(a, carried=False, why_not="it is blank in every row that counts"))
        elif _names_again(totals[f"low_{a.key}"], a.column, distinct, customers):
            decided.append(replace(a, carried=False, why_not="it has nearly a value of its own for each customer"))
        else:
            decided.append(replace(a, differing=differing))
    return tuple(decided)


def _names_again(value: ir.Value, column: str, distinct: int, customers: int) -> bool:
    if distinct <= MAX_CATEGORIES or distinct < NEARLY_UNIQUE * customers:
        return False
    names = column_kind(value) == "text" or value.type().is_integer()
    return names and not vocabulary.CONTACTS & vocabulary.name_words(column)
