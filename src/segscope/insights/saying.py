"""Saying it: one plain sentence for a finding. Segment names are the subject and stay as they are."""

from segscope.insights.candidates import Candidate
from segscope.recipe import Concept, Family
from segscope.wording import percent, short, times

ALIKE = 0.1


def inner(label: str) -> str:
    """A label inside a sentence: its first letter small, unless it is an abbreviation.

    >>> inner("Wines"), inner("CRM visits"), inner("")
    ('wines', 'CRM visits', '')
    """
    return label[:1].lower() + label[1:] if label[1:2].islower() or len(label) == 1 else label


def doing(name: str, verb: str) -> str:
    """A segment as the subject of a verb; a name that is no plural stands before a colon.

    >>> doing("Top spenders", "spend more"), doing("High income", "spend more")
    ('Top spenders spend more', 'High income: they spend more')
    """
    return f"{name} {verb}" if name.rstrip("0123456789 ").endswith("s") else f"{name}: they {verb}"


def against_average(mine: float, everybody: float) -> str:
    r"""A mean against everybody's as a multiple.

    >>> against_average(28, 10), against_average(10.2, 10)
    ('2.8x the average', 'about the average')
    >>> against_average(0.4, 10)
    '4\u202f% of the average'
    """
    ratio = mine / everybody
    if ratio < 0.1:
        return f"{percent(ratio)} of the average"
    return "about the average" if abs(ratio - 1) < ALIKE else f"{times(ratio)} the average"


def say(candidate: Candidate, family: Family | None, segment: str, mine: float, everybody: float) -> str:
    """The sentence of a finding.

    >>> meat = Candidate("mean", "m", "Meat spend", "spend", family="f")
    >>> from segscope.recipe import FamilyMember
    >>> spend = Family("f", "Spend by product", "spend", (FamilyMember("m", "Meat"),))
    >>> say(meat, spend, "Top spenders", 469.0, 167.0)
    'Top spenders spend 2.8x the average on meat'
    """
    if candidate.quantity == "rate":
        return _rate(candidate, family, segment, mine, everybody)
    if candidate.quantity == "share":
        whole = {"spend": "the spend", "purchases": "the purchases"}.get(family.kind if family else "", "the sum")
        return f"{candidate.label} makes up {percent(mine)} of {whole} of {segment}, {percent(everybody)} overall"
    return _mean(candidate, family, segment, mine, everybody)


def _rate(candidate: Candidate, family: Family | None, segment: str, mine: float, everybody: float) -> str:
    against = f"{percent(mine)} of {segment}, {percent(everybody)} of all customers"
    if candidate.value:
        return f"{candidate.label} “{candidate.value}”: {against}"
    if family is not None and family.kind == "responses":
        label = next(m.label for m in family.members if m.column == candidate.column)
        return f"{label}: {percent(mine)} of {segment} accepted, {percent(everybody)} of all customers"
    if candidate.concept is Concept.COMPLAINT:
        return f"{percent(mine)} of {segment} complained, {percent(everybody)} of all customers"
    return f"{candidate.label}: {against}"


def _mean(candidate: Candidate, family: Family | None, segment: str, mine: float, everybody: float) -> str:
    clear = candidate.never_negative and everybody > 0 and abs(mine / everybody - 1) >= ALIKE
    multiple = against_average(mine, everybody) if clear else f"against {short(everybody)} on average"
    if family is not None and clear and family.kind in ("spend", "purchases"):
        return doing(segment, _member(candidate, family, multiple))
    amount, average = short(mine), f"against {short(everybody)} on average"
    label, unit = inner(candidate.label), candidate.unit
    days = unit or "days"
    if candidate.concept is Concept.DEALS and unit == "share":
        shares = f"{percent(mine)} of their purchases on a deal, against {percent(everybody)} on average"
        return doing(segment, f"make {shares}")
    verbs = {
        Concept.SPEND: f"spend {amount} each, {multiple}",
        Concept.INCOME: f"earn {multiple}" if clear else f"earn {amount}, {average}",
        Concept.BASKET: f"spend {amount} a purchase, {multiple}",
        Concept.PURCHASES: f"make {amount} purchases, {average}",
        Concept.OFFERS: f"accepted {amount} offers, {average}",
        Concept.CHILDREN: f"have {amount} {label}, {average}",
        Concept.AGE: f"are {amount} years old, {average}",
        Concept.TENURE: f"have been customers for {amount} {days}, {average}",
        Concept.RECENCY: f"last bought {amount} {days} ago, {average}",
        Concept.VISITS: f"make {amount} {label} {unit}".rstrip() + f", {average}",
    }
    if candidate.concept in verbs:
        return doing(segment, verbs[candidate.concept])
    shown = f"{amount} {unit}" if unit and unit not in label else amount
    return f"{candidate.label} averages {shown} among {segment}, {short(everybody)} overall"


def _member(candidate: Candidate, family: Family, multiple: str) -> str:
    member = next(m for m in family.members if m.column == candidate.column)
    if family.kind == "spend":
        return f"spend {multiple} on {inner(member.label)}"
    on_deals = member.overlaps and member.label.lower().startswith("deal")
    return f"buy {multiple} {'on deals' if on_deals else f'by {inner(member.label)}'}"
