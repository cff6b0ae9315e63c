"""Insights: families of columns by segment, and findings that survive a second look. Pure: nothing is kept here."""

from segscope.insights.candidates import Candidate, enumerate_candidates
from segscope.insights.families import MODES, FamilyView, Mode, describe_family, finding_in_words
from segscope.insights.findings import Finding, Insights, Side, Strength, find_insights

__all__ = [
    "MODES",
    "Candidate",
    "FamilyView",
    "Finding",
    "Insights",
    "Mode",
    "Side",
    "Strength",
    "describe_family",
    "enumerate_candidates",
    "find_insights",
    "finding_in_words",
]
