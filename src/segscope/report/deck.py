"""The deck: a PowerPoint of 16:9 that marketing can take over, every chart native and editable, a slide a segment."""

from pptx.slide import Slide

from segscope import __version__
from segscope.comparing import brief
from segscope.figures.clustering import MEASURES, evidence_title, rows_of, sizes_title, verdict_title
from segscope.naming import Trait
from segscope.report import words
from segscope.report.contents import Contents, SegmentFacts
from segscope.report.packing import repacked
from segscope.report.slides import (
    LEFT,
    LOOK,
    MUTED,
    RIGHT,
    Box,
    Deck,
    Line,
    Series,
    bars,
    fitted,
    ink,
    lines,
    notes,
    rectangle,
    table,
    write,
)
from segscope.segmentation import Segment
from segscope.theme import segment_colour
from segscope.wording import counted, percent, short

FULL = RIGHT - LEFT
TITLE = Box(LEFT, 0.4, FULL, 0.8)
MOST_FINDINGS = 7
TINTS = {
    "natural": ("#E6FCF5", "#0B7A5C"),
    "reproducible": ("#FFF4D6", "#8F5A00"),
    "constructed": ("#FFF0EE", "#B3261E"),
}
LEAST_REACH = 1.0
SIGNED, SHARES, TWO_DIGITS, WHOLE = "+0.0;-0.0;0.0", "0%", "0.00", "#,##0"
CHART_WIDTH = 7.1
DIFFERENCES = "Standard deviations above (+) or below (-) everybody; ◆ made the segments"
SPREAD, ACROSS = "Spread within segments (WCSS)", "Number of segments"


def to_pptx(contents: Contents) -> bytes:
    """The report as a PowerPoint file. The same contents give the same bytes."""
    name = contents.card.name
    deck = Deck(f"{name}: customer segments", f"{brief(name, 60)} · data {contents.data_fingerprint} · segscope")
    _cover(deck, contents)
    _verdict(deck, contents)
    if len(contents.segments) > 1:
        _sizes(deck, contents)
    for segment in contents.segments:
        _segment(deck, contents, segment)
    if contents.insights.findings:
        _findings(deck, contents)
    if len(contents.fit.evidence.criteria) > 1:
        _evidence(deck, contents)
    _limits(deck, contents)
    return repacked(deck.to_bytes())


def _cover(deck: Deck, contents: Contents) -> None:
    fit, box = contents.fit, Box(LEFT, 2.1, FULL, 1.4)
    slide = deck.slide([fitted(Line(contents.card.name, 44, bold=True), box, 20)], box)
    facts = [f"{f.name}: {f.value}" for f in words.key_facts(contents)]
    said = Line(" · ".join(facts), 16, LOOK.secondary)
    kind = "Customer segments" + (" of a synthetic sample" if contents.card.synthetic else "")
    place = Box(LEFT, 3.6, FULL, 0.9)
    write(slide, place, [Line(kind, 22, LOOK.secondary), fitted(said, Box(0, 0, FULL, 0.4))])
    left = LEFT
    for segment in fit.segments:
        width = max(0.02, FULL * segment.share - 0.03)
        rectangle(slide, Box(left, 4.75, width, 0.22), segment_colour(segment.colour))
        left += FULL * segment.share
    notes(slide, _source(contents, "Shares of the customers in the order of the segments."))


def _verdict(deck: Deck, contents: Contents) -> None:
    fit = contents.fit
    slide = deck.slide([fitted(Line(verdict_title(fit), 26, bold=True), TITLE, 18)], TITLE)
    fill, shade = TINTS[fit.verdict.verdict] if len(fit.segments) > 1 else ("#F8F9FA", LOOK.text)
    box = Box(LEFT, 1.32, FULL, 0.95)
    rectangle(slide, box, fill, [fitted(Line(fit.verdict.sentence, 15, shade), Box(0, 0, FULL - 0.4, 0.9), 11)])
    worth = [f"Of {contents.worth.lower()}"] if contents.worth else []
    head = ["Segment", "Customers", "Share", *worth, "Verdict", "Found again"]
    size = 13 if len(fit.segments) <= 8 else 11
    rows = []
    for each in contents.segments:
        segment = each.segment
        cells = [segment.name, f"{segment.size:,}", percent(segment.share)]
        cells += [percent(segment.value_share)] if contents.worth else []
        cells += [segment.verdict, each.stability]
        rows.append([Line(cell, size) for cell in cells])
        rows[-1][0] = Line(segment.name, size, ink(segment_colour(segment.colour)), bold=True)
        rows[-1][-2] = Line(segment.verdict, size, TINTS[segment.verdict][1])
    widths = [3.4, 1.2, 0.9, *([1.4] if worth else []), 1.5, 4.2]
    table(slide, Box(LEFT, 2.4, FULL, min(4.5, 0.46 * (len(rows) + 1))), head, rows, widths)
    meanings = "\n".join(f"{word.capitalize()}: {meaning}." for word, meaning in words.MEANINGS.items())
    notes(slide, _source(contents, f"{meanings}\nStability: mean bootstrap Jaccard (Hennig 2007), 0 to 1."))


def _sizes(deck: Deck, contents: Contents) -> None:
    slide = deck.slide([fitted(Line(sizes_title(contents.fit), 26, bold=True), TITLE, 18)], TITLE)
    segments = contents.fit.segments
    own = tuple(segment_colour(s.colour) for s in segments)
    shares = tuple(s.share for s in segments)
    series = [Series("Share of customers", shares, own)]
    key = "Share of customers"
    if contents.worth:
        worth = f"Share of {contents.worth.lower()}"
        series = [
            Series("Share of customers", shares, (LOOK.faint,)),
            Series(worth, tuple(s.value_share for s in segments), own),
        ]
        key = f"Grey: share of customers. Colour: {worth.lower()}"
    write(slide, Box(LEFT, 1.2, FULL, 0.35), [Line(key, 13, MUTED)])
    bars(slide, Box(LEFT, 1.55, FULL, 5.35), key, [s.name for s in segments], series, SHARES)
    notes(slide, _source(contents, "Shares of all customers and of the total over all customers, in the study's fit."))


def _segment(deck: Deck, contents: Contents, facts: SegmentFacts) -> None:
    segment, several = facts.segment, len(contents.segments) > 1
    own = segment_colour(segment.colour)
    name = fitted(Line(segment.name, 28, ink(own), bold=True), Box(0, 0, FULL, 0.6), 16)
    finding = fitted(Line(facts.headline, 18), Box(0, 0, FULL, 0.68), 12)
    slide = deck.slide([name, finding], Box(LEFT, 0.35, FULL, 1.3), own)
    left, room = LEFT + CHART_WIDTH + 0.4, FULL - CHART_WIDTH - 0.4
    _big_numbers(slide, contents, segment, Box(left, 1.85, room, 0.9))
    write(slide, Box(left, 3.0, room, 2.5), _traits(contents, facts, room))
    if several:
        write(slide, Box(LEFT, 1.8, CHART_WIDTH, 0.3), [Line(DIFFERENCES, 12, MUTED)])
        drawn = [Series(segment.name, facts.from_everybody, (own,))]
        chart = f"{segment.name}: {DIFFERENCES.lower()}"
        bars(slide, Box(LEFT, 2.1, CHART_WIDTH, 4.8), chart, _labels(contents), drawn, SIGNED, _reach(contents))
        fill, shade = TINTS[segment.verdict]
        stability = fitted(Line(facts.stability, 12, shade), Box(0, 0, room - 0.4, 0.45), 10)
        verdict = Line(segment.verdict.capitalize(), 15, shade, bold=True)
        rectangle(slide, Box(left, 5.85, room, 0.95), fill, [verdict, stability])
    notes(slide, _segment_notes(contents, facts))


def _big_numbers(slide: Slide, contents: Contents, segment: Segment, box: Box) -> None:
    """Customers, their share, their share of the value, side by side."""
    shown = [(f"{segment.size:,}", "customers"), (percent(segment.share), "of customers")]
    if contents.worth and segment.value_share is not None:
        shown.append((percent(segment.value_share), f"of {contents.worth.lower()}"))
    width = box.width / 3
    for i, (number, what) in enumerate(shown):
        place = Box(box.left + i * width, box.top, width - 0.1, box.height)
        label = fitted(Line(what, 12, MUTED), Box(0, 0, place.width, 0.4), 9)
        write(slide, place, [fitted(Line(number, 26, bold=True), Box(0, 0, place.width, 0.5)), label])


def _traits(contents: Contents, facts: SegmentFacts, room: float) -> list[Line]:
    """What sets the segment apart most: three means against everybody's."""
    columns = {c.column: c for c in contents.columns}

    def amount(trait: Trait, value: float) -> str:
        column = columns.get(trait.column)
        return percent(value) if column and column.share else short(value)

    said = [Line("What sets it apart" if len(contents.segments) > 1 else "On average", 12, MUTED)]
    for trait in facts.portrait.traits:
        mine, all_ = amount(trait, trait.mean), amount(trait, trait.everybody)
        label = fitted(Line(f"{trait.label}: {mine}", 17, bold=True, space_before=8), Box(0, 0, room, 0.34), 11)
        said += [label, Line(f"everybody {all_} ({trait.difference:+.1f} standard deviations)", 12, MUTED)]
    return said


def _findings(deck: Deck, contents: Contents) -> None:
    slide = deck.slide([Line("What deserves saying", 26, bold=True)], TITLE)
    segments = contents.fit.segments
    for i, finding in enumerate(contents.insights.findings[:MOST_FINDINGS]):
        top = 1.35 + i * 0.78
        own = segment_colour(segments[finding.segment].colour)
        rectangle(slide, Box(LEFT, top + 0.03, 0.07, 0.6), own)
        box = Box(LEFT + 0.25, top, FULL - 0.25, 0.7)
        sentence = fitted(Line(finding.sentence, 17), Box(0, 0, box.width, 0.36), 11)
        made = " · made the segments" if finding.candidate.made else ""
        made += " · sensitive" if finding.candidate.sensitive else ""
        numbers = fitted(Line(words.finding_numbers(finding) + made, 11, MUTED), Box(0, 0, box.width, 0.25), 9)
        write(slide, box, [sentence, numbers])
    notes(slide, _source(contents, f"{words.insights_note(contents)}\n{words.HOW_FOUND}"))


def _evidence(deck: Deck, contents: Contents) -> None:
    fit = contents.fit
    slide = deck.slide([fitted(Line(evidence_title(fit), 26, bold=True), TITLE, 18)], TITLE)
    write(slide, Box(LEFT, 1.3, FULL, 0.8), [fitted(Line(fit.evidence.reason, 14), Box(0, 0, FULL, 0.85), 10)])
    rows = rows_of(fit)
    ks, half = [str(c.k) for c in rows], FULL / 2 - 0.15
    wcss = [Series("WCSS", tuple(c.wcss for c in rows), (LOOK.secondary,))]
    lines(slide, Box(LEFT, 2.5, half, 3.7), SPREAD, ks, wcss, WHOLE, ACROSS)
    others = [
        Series(m.title, tuple(m.value(c) for c in rows), (tone,))
        for m, tone in zip(MEASURES, (LOOK.text, LOOK.warm, LOOK.accent), strict=False)
    ]
    right = LEFT + half + 0.3
    lines(slide, Box(right, 2.5, half, 3.7), "Criteria by number of segments", ks, others, TWO_DIGITS, ACROSS)
    for left, title in ((LEFT, SPREAD), (right, "From 0 to 1, the higher the better")):
        write(slide, Box(left, 2.15, half, 0.3), [Line(title, 12, MUTED)])
    method = fitted(Line(words.method_text(fit), 12, MUTED), Box(0, 0, FULL, 0.6), 9)
    write(slide, Box(LEFT, 6.35, FULL, 0.65), [method])
    limits = "; ".join(f"{m.title} from {m.threshold:g}" for m in MEASURES if m.threshold is not None)
    notes(slide, _source(contents, f"Published thresholds: {limits}. Shown: {counted(len(fit.segments), 'segment')}."))


def _limits(deck: Deck, contents: Contents) -> None:
    slide = deck.slide([Line("Before you use this", 26, bold=True)], TITLE)
    found = words.limits(contents)
    each = 5.6 / len(found)
    for i, fact in enumerate(found):
        box = Box(LEFT, 1.3 + i * each, FULL, each - 0.08)
        text = fitted(Line(fact.value, 14, LOOK.secondary), Box(0, 0, FULL, each - 0.36), 10)
        write(slide, box, [Line(fact.name, 14, bold=True), text])
    recipe = "; ".join(f"{f.name}: {f.value}" for f in words.recipe_facts(contents))
    notes(slide, _source(contents, f"Recipe. {recipe}"))


def _labels(contents: Contents) -> list[str]:
    """The measured axes, those that made the segments marked."""
    features = contents.recipe.features
    return [f"{brief(v.label, 28)} ◆" if v.column in features else v.label for v in contents.measured]


def _reach(contents: Contents) -> tuple[float, float]:
    """Both ends of the scale of differences, the same on every slide, with room for the numbers beside the bars."""
    longest = max((abs(v) for s in contents.segments for v in s.from_everybody), default=0.0)
    return -1.2 * max(LEAST_REACH, longest), 1.2 * max(LEAST_REACH, longest)


def _segment_notes(contents: Contents, facts: SegmentFacts) -> str:
    fit, segment = contents.fit, facts.segment
    said = [
        segment.name,
        segment.sentence,
        f"{segment.id}: {segment.size:,} of {fit.customers:,} customers.",
        "Standardised difference: mean of the segment minus mean of everybody, divided by everybody's standard "
        "deviation; customers whose value is known.",
        *(f"Confirmed: {f.sentence} ({words.finding_numbers(f)})." for f in facts.findings),
    ]
    if len(contents.segments) > 1:
        said.append(f"{segment.verdict.capitalize()}: {words.MEANINGS[segment.verdict]}.")
    return _source(contents, "\n".join(said))


def _source(contents: Contents, text: str) -> str:
    """Speaker's notes: where the numbers come from."""
    fit, recipe = contents.fit, contents.recipe
    day = f", data as of {recipe.as_of.isoformat()}" if recipe.as_of else ""
    return (
        f"{text}\n\n"
        f"Source: study {contents.card.name}, {contents.card.source}, {counted(fit.customers, 'customer')}{day}. "
        f"Data {contents.data_fingerprint}, fit {contents.fit_fingerprint}, segscope {__version__}."
    )
