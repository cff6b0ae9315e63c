"""Insights: families by segment, findings that survive a second look, and opportunities. Pure: nothing is kept here."""

from segscope.insights.candidates import Candidate, enumerate_candidates
from segscope.insights.families import MODES, FamilyView, Mode, describe_family, finding_in_words
from segscope.insights.findings import Finding, Insights, Side, Strength, find_insights
from segscope.insights.opportunities import Opportunities, Opportunity, find_opportunities

__all__ = [
    "MODES",
    "Candidate",
    "FamilyView",
    "Finding",
    "Insights",
    "Mode",
    "Opportunities",
    "Opportunity",
    "Side",
    "Strength",
    "describe_family",
    "enumerate_candidates",
    "find_insights",
    "find_opportunities",
    "finding_in_words",
]
