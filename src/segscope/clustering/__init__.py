"""Clustering: points, methods, refinement on all rows, evidence for each number of segments, verdict."""

from segscope.clustering.assign import nearest, nearest_numpy
from segscope.clustering.choice import Criteria
from segscope.clustering.evidence import Evidence, gather
from segscope.clustering.methods import Solution, kmeans, solution_at
from segscope.clustering.points import EXACT_CUSTOMERS, Points, as_points, draw
from segscope.clustering.refine import Refined, refine
from segscope.clustering.verdict import SegmentVerdict, Verdict, judge

__all__ = [
    "EXACT_CUSTOMERS",
    "Criteria",
    "Evidence",
    "Points",
    "Refined",
    "SegmentVerdict",
    "Solution",
    "Verdict",
    "as_points",
    "draw",
    "gather",
    "judge",
    "kmeans",
    "nearest",
    "nearest_numpy",
    "refine",
    "solution_at",
]
