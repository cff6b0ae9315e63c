"""What a report says in words of the data, the cleaning, the recipe and the limits; written from a study's numbers."""

from collections import Counter
from dataclasses import dataclass

from segscope.hand import structure
from segscope.insights import Finding
from segscope.insights.saying import inner
from segscope.preparation import in_words
from segscope.recipe import METHOD_NAMES, Role
from segscope.report.contents import Contents
from segscope.study import Fit
from segscope.wording import NARROW, counted, full, listed, percent

NOT_CLUSTERED = (Role.PERSONAL, Role.TEXT, Role.IGNORED)
SMALL_SHARE = 0.02  # below it a segment is too small to plan for, as the evidence has it
LEAST_SHARE = 0.001

HOW_FOUND = (
    "Every segment was compared with all other customers on every column, on one half of the customers, drawn by a "
    "hash. What differed noticeably (effect size 0.1 or more) and survived the correction for how many were tried "
    f"(Benjamini-Hochberg, 5{NARROW}%) was looked at again on the other half, under the same conditions; intervals are "
    "of that half."
)
MEANINGS = {
    "natural": "found again when the customers are resampled, with hardly anybody between it and others",
    "reproducible": "found again when the customers are resampled, but shading into its neighbours",
    "constructed": "another sample of customers would be cut elsewhere: a convenience, not a finding",
}


@dataclass(frozen=True)
class Fact:
    """A name, what it is, and a note."""

    name: str
    value: str
    note: str = ""


def key_facts(contents: Contents) -> tuple[Fact, ...]:
    """What the cover says of the study."""
    fit, recipe = contents.fit, contents.recipe
    facts = [
        Fact("Customers", f"{fit.customers:,}"),
        Fact("Segments", str(len(fit.segments)), fit.verdict.verdict if len(fit.segments) > 1 else ""),
    ]
    facts += [Fact("Data as of", recipe.as_of.isoformat(), "the newest date in them")] if recipe.as_of else []
    return (*facts, Fact("Source", contents.card.source))


def data_facts(contents: Contents) -> tuple[Fact, ...]:
    """What the data were."""
    card, fit, recipe = contents.card, contents.fit, contents.recipe
    intake = card.intake
    how = [intake.encoding.upper(), f"sheet {intake.sheet}" if intake.sheet else "", intake.compression]
    blanks = [c.missing for c in fit.columns]
    share = sum(blanks) / max(1, fit.customers * len(blanks))
    part = percent(share) if share >= LEAST_SHARE else f"under {percent(LEAST_SHARE)}"
    missing = f"{part} of all cells, in {counted(sum(b > 0 for b in blanks), 'column')}"
    roles = Counter(c.role.value for c in fit.columns)
    named = f"named by {recipe.identifier}" if recipe.identifier else "without an identifier"
    facts = [
        Fact("Source", card.source, ", ".join([intake.format, *filter(None, how)])),
        Fact("Rows", f"{intake.rows:,}", "as read"),
        Fact("Customers", f"{fit.customers:,}", named),
        Fact("Columns", f"{len(fit.columns):,}", listed([f"{n} {role}" for role, n in sorted(roles.items())])),
        Fact("Blank cells", f"{sum(blanks):,}", missing if sum(blanks) else "nothing is missing"),
    ]
    if recipe.as_of:
        facts.append(Fact("As-of date", recipe.as_of.isoformat(), "ages and days are counted on this day"))
    return tuple(facts)


def cleaning_lines(contents: Contents) -> tuple[Fact, ...]:
    """What was done with the data: a count and a sentence each. Identifiers of customers stay out of a report."""
    repairs = [
        Fact(f"{r.count:,}", f"{r.action.capitalize()}{f': {r.detail}' if r.detail else ''}.")
        for r in contents.card.intake.repairs
    ]
    done = [
        Fact({"log": "log", "set_aside": "constant"}.get(e.action, f"{e.count:,}"), e.detail)
        for e in contents.fit.cleaning
    ]
    aside = [
        Fact(c.role.value, f"{c.label} is left out of clustering: {c.reason}.")
        for c in contents.recipe.columns
        if c.role in NOT_CLUSTERED
    ]
    return (*repairs, *done, *aside)


def recipe_facts(contents: Contents) -> tuple[Fact, ...]:
    """What was decided, one decision a line."""
    fit, recipe = contents.fit, contents.recipe
    log = recipe.log
    made = f"customer {log.customer}, date {log.date}, amount {log.amount or log.unit_price}" if log else ""
    facts = [Fact("Customers", "made of transactions", made)] if log else []
    facts += [Fact("Features", recipe.column(s.feature).label, in_words(s)) for s in fit.segmentation.preparation]
    facts += [Fact("Derived", d.label, f"{d.formula}: {d.meaning}") for d in recipe.derived]
    facts += [
        Fact("Cleaning", f"{recipe.column(r.column).label}: {r.action}", r.reason + ("" if r.enabled else " (off)"))
        for r in recipe.cleaning
    ]
    pinned = fit.segmentation.pinned
    chosen = "as the evidence says" if recipe.segments is None else "as asked for"
    facts += [
        Fact("Transform", recipe.transform),
        Fact("Method", METHOD_NAMES[recipe.method]),
        Fact("Segments", str(fit.found), chosen),
        *(Fact("By hand", step.words or "changed") for step in structure(fit.segmentation.hand)),
        Fact("Seed", str(recipe.seed)),
        *([Fact("By hand", f"{counted(len(pinned), 'customer')} pinned")] if pinned else []),
    ]
    return tuple(facts)


def method_text(fit: Fit) -> str:
    """How the segments were made, and on whom the evidence rests."""
    whole = fit.evidence.sample >= fit.customers
    sample = "all customers" if whole else f"{fit.evidence.sample:,} of {fit.customers:,} customers"
    return f"{fit.how_made} The evidence for each number of segments rests on {sample}."


def limits(contents: Contents) -> tuple[Fact, ...]:
    """What the results do not say, and what follows for their use."""
    fit, recipe = contents.fit, contents.recipe
    features = listed([inner(recipe.column(f).label) for f in recipe.features])
    day = f" as of {recipe.as_of.isoformat()}" if recipe.as_of else ""
    said = [Fact("What the verdict means", fit.verdict.sentence)]
    if len(fit.segments) > 1:
        made = f"The segments were made from {features}, so they differ on these by construction (marked ◆)"
        said.append(
            Fact("What made the segments", f"{made}. Only differences on other columns could have come out otherwise.")
        )
    said.append(
        Fact(
            "Association is not cause",
            "Differences describe who is in a segment. They do not show that treating it in some way changes anything: "
            "try an action on a part of the segment, drawn at random, before you rely on it.",
        )
    )
    whole = fit.evidence.sample >= fit.customers
    drawn = "" if whole else f" Numbers of segments were weighed on a sample of {fit.evidence.sample:,}."
    said.append(
        Fact(
            "Whom it is about",
            f"The {fit.customers:,} customers in {contents.card.source}{day}, and nobody else.{drawn} "
            "Customers change: fit again when the data are newer.",
        )
    )
    filled = [s for s in fit.segmentation.preparation if s.blanks]
    if filled:
        blanks = listed([f"{s.blanks:,} in {inner(recipe.column(s.feature).label)}" for s in filled])
        moved = ""
        if fit.filling:
            who = f"{fit.filling.moved:,} of the {counted(fit.filling.customers, 'customer')} with a blank"
            moved = f" Filled with a quartile instead, {who} would be in another segment."
        said.append(Fact("What was not known", f"Blanks were filled for clustering, and only there: {blanks}.{moved}"))
    small = [s.name for s in fit.segments if s.share < SMALL_SHARE]
    if small:
        said.append(Fact("Small segments", f"Under {percent(SMALL_SHARE)} of the customers: {listed(small)}."))
    if any(f.candidate.sensitive for f in contents.insights.findings):
        said.append(
            Fact("Sensitive columns", "Some findings rest on sensitive columns (marked). Check that you may use them.")
        )
    if contents.card.synthetic:
        said.append(Fact("Synthetic customers", "These customers are made up. Nothing here is about real people."))
    return tuple(said)


def insights_note(contents: Contents) -> str:
    """How many findings there are, of how many that were tried."""
    found = contents.insights
    if not found.tried:
        return "There are too few customers, or only one segment, to search on one half and confirm on the other."
    if not found.findings:
        return "Nothing that was found on one half of the customers held on the other. That is an answer too."
    held = f"{found.confirmed:,} confirmed on the other half"
    return f"{counted(found.tried, 'candidate')} tried, {held}, the {len(found.findings)} most telling shown."


def finding_numbers(finding: Finding) -> str:
    """The numbers behind a finding: both values, the other half's with its interval, and how many customers."""
    side = finding.confirmed
    mine, everybody, value, low, high = (
        amount(finding, v) for v in (finding.mine, finding.everybody, side.value, side.low, side.high)
    )
    whole = f"{mine} against {everybody} {'overall' if finding.candidate.quantity != 'mean' else 'on average'}"
    other = f"other half {value}, 95{NARROW}% interval {low} to {high}"
    return f"{whole}, n {finding.customers:,} · {other}, n {side.customers:,}"


def amount(finding: Finding, value: float) -> str:
    """A value of a finding's quantity."""
    if finding.candidate.quantity != "mean":
        return percent(value)
    return full(value, 2) if abs(value) < 10 else full(value) if abs(value) < 100 else full(round(value))
