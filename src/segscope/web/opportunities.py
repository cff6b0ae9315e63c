"""The card of opportunities: who does less of what than customers like them, and the test that could show more."""

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, html, no_update

from segscope.insights import Opportunities, Opportunity, find_opportunities
from segscope.insights.opportunities import outcomes_of
from segscope.insights.saying import inner
from segscope.segmentation import SEGMENT, Segment
from segscope.study import LiveStudy
from segscope.study.fitting import customer_key
from segscope.theme import segment_variable
from segscope.web import parts
from segscope.web.studies import Studies
from segscope.wording import counted, percent, short

CARDS, NOTE = "insights-opportunities", "insights-opportunities-note"
ASSOCIATION = (
    "This is association, not cause: these customers may have reasons that are not in the data. Whether an offer moves "
    "them, only a test shows."
)
HOW_FOUND = (
    "Customers of a segment are matched with up to four others who are nearest on the features that made the segments, "
    "no further away than a quarter of a standard deviation; a regression takes out what is left of a difference in "
    "features. Searched on one half of the customers and confirmed on the other, corrected for how many were tried "
    "(Benjamini-Hochberg, 5 %), from an effect size of 0.2. The numbers are of the half that confirmed it. The test "
    "compares two groups: 80 % power, 5 %, two-sided. At most 20,000 customers, drawn by a hash, are matched."
)
ONE_SEGMENT = "There is only one segment, so there is nobody to compare it with."
NO_FAMILY = "No spend, purchases or answers that are split by something (by product, channel, campaign) were found."
NOBODY_ALIKE = "No segment has enough customers whose like is in another segment, so nothing was compared."
NOTHING = "No segment does clearly less of anything than customers who are like it. That is an answer too."


def card() -> html.Section:
    """The card, before the search is done."""
    return parts.card(
        ["Opportunities", parts.info(HOW_FOUND)],
        html.Div(html.Div(className="skeleton finding-waiting"), id=CARDS),
        subtitle="Where a segment does less than customers like it",
        actions=[html.Span("Comparing …", id=NOTE, className="card-note")],
        class_name="insights-missed",
    )


def register(app: Dash, studies: Studies) -> None:
    """The callback that fills the card."""

    @app.callback(Output(CARDS, "children"), Output(NOTE, "children"), Input("study", "data"))
    def _missed(study: Mapping[str, Any] | None) -> tuple[Any, Any]:
        return draw(studies.get(study["id"])) if study else (no_update, no_update)


def search(live: LiveStudy) -> Opportunities:
    """The opportunities of a study; searched for once."""
    names = [s.name for s in live.fit.segments]
    key = customer_key(live.sample, live.recipe)
    return live.once_named(
        "insights: opportunities",
        lambda: find_opportunities(
            live.engine, live.sample, SEGMENT, key, live.fit.segmentation, live.fit.profiles, names
        ),
    )


def draw(live: LiveStudy) -> tuple[Any, str]:
    """The cards, or why there are none; and the note beside the title."""
    if len(live.fit.segments) < 2:
        return html.P(ONE_SEGMENT, className="muted"), ""
    if not outcomes_of(live.recipe, live.fit.profiles):
        return html.P(NO_FAMILY, className="muted"), ""
    found = search(live)
    if not found.tried:
        return html.P(NOBODY_ALIKE, className="muted"), ""
    note = f"{counted(found.tried, 'comparison')} tried, {found.confirmed:,} confirmed on the other half"
    if not found.cards:
        more = " What was confirmed is more than customers like them do, not less." if found.confirmed else ""
        return html.P(NOTHING + more, className="muted"), f"{note}, 0 shown"
    cards = [_card(c, live.fit.segments[c.segment]) for c in found.cards]
    body = [html.Div(cards, className="missed-cards"), html.P(ASSOCIATION, className="missed-caution")]
    return body, f"{note}, {len(cards)} shown"


def _card(found: Opportunity, segment: Segment) -> html.Article:
    who = (
        f"{counted(found.customers, 'customer')}, {percent(found.matched)} of {segment.name}, have their like in "
        "another segment"
    )
    facts = [
        ("Who", who),
        ("Difference", _difference(found)),
        ("Half way", _worth(found)),
        ("A test", _test(found)),
    ]
    return html.Article(
        [
            html.H3(found.sentence),
            html.Dl([html.Div([html.Dt(name), html.Dd(said)]) for name, said in facts], className="missed-facts"),
        ],
        className="missed",
        style={"--own": segment_variable(segment.colour)},
    )


def _difference(found: Opportunity) -> str:
    write = percent if found.family.kind == "responses" else short
    less, low, high = (write(v) for v in (found.less, found.less_low, found.less_high))
    points = " (percentage points)" if found.family.kind == "responses" else " a customer"
    return f"{less} less{points}, 95\u202f% interval {low} to {high}, n {found.looked_at:,}"


def _worth(found: Opportunity) -> str:
    worth, low, high = (short(v) for v in (found.worth, found.worth_low, found.worth_high))
    label = inner(found.member.label)
    unit = f" {found.family.unit}" if found.family.unit else ""
    what = {
        "spend": f"{worth}{unit} more spend on {label}",
        "purchases": f"{worth} more purchases by {label}",
        "responses": f"{worth} more who accept",
    }[found.family.kind]
    return f"{what} if all of them moved half way, 95\u202f% interval {low} to {high}"


def _test(found: Opportunity) -> str:
    needed = f"{counted(found.test_customers, 'customer')} in each of two groups would show half the way"
    if 2 * found.test_customers <= found.customers:
        return needed
    return f"{needed}: more than these are, so let it run on new customers too, or aim at the whole way"
