"""What a change is, and which there can be."""

from dataclasses import dataclass
from typing import Literal

from segscope.recipe import Role

ChangeKind = Literal[
    "role", "sensitive", "rule", "fill", "feature", "derive", "remove", "as_of", "log", "type", "reading",
    "weight", "method", "aside",
]  # fmt: skip
YES, NO = "yes", "no"


@dataclass(frozen=True)
class Change:
    """One change of a recipe or of how the source is read.

    =========== ================================ =======================================
    kind        name                             value
    =========== ================================ =======================================
    role        column                           a role
    sensitive   column                           yes or no
    rule        key of a rule (cleaning.rule_key)   yes (on) or no (off)
    fill        column                           "median", or "0"
    feature     column                           yes (makes the segments) or no
    weight      column                           how much it counts, 0.1 to 10
    method                                       kmeans, mixture or ward
    aside                                        yes (unusual customers make no segments) or no
    derive      name of a derived column         its formula
    remove      name of a derived column
    as_of                                        a day, as 2014-06-29
    log         part of the log's mapping        a column, a currency, yes or no; "" none
    type        column, as found in the source   a kind, or "" for the guess
    reading     an option of ReadOptions         its value, or "" for the guess
    =========== ================================ =======================================
    """

    kind: ChangeKind
    name: str = ""
    value: str = ""


def possible_roles(kind: str, distinct: int) -> tuple[Role, ...]:
    """Roles that a column may take, by its kind (see segscope.intake.facts) and its number of different values.

    >>> [r.value for r in possible_roles("date", 900)]
    ['date', 'personal', 'ignored']
    """
    always = (Role.PERSONAL, Role.IGNORED)
    if kind == "date":
        return (Role.DATE, *always)
    if kind == "boolean":
        return (Role.FLAG, Role.CATEGORY, *always)
    if kind == "number":
        flag = (Role.FLAG,) if distinct <= 2 else ()
        return (Role.MEASURE, Role.CATEGORY, *flag, Role.IDENTIFIER, *always)
    return (Role.CATEGORY, Role.TEXT, Role.IDENTIFIER, *always)
