"""Clustering: points, methods, refinement on all rows, evidence for each number of segments, verdict."""

from segscope.clustering.agreement import agreement, flow, path
from segscope.clustering.alternatives import Alternative, alternative
from segscope.clustering.assign import Shape, nearest, nearest_numpy
from segscope.clustering.choice import Criteria
from segscope.clustering.criteria import SegmentSilhouette, silhouettes_by_segment
from segscope.clustering.evidence import Evidence, gather
from segscope.clustering.fitting import fit_method
from segscope.clustering.methods import Outline, Solution, kmeans, solution_at
from segscope.clustering.points import EXACT_CUSTOMERS, Points, as_points, draw
from segscope.clustering.refine import Refined, measure, measure_groups, refine
from segscope.clustering.softness import softness
from segscope.clustering.verdict import SegmentVerdict, Verdict, judge
from segscope.clustering.ward import Merge, Tree, ward_tree

__all__ = [
    "EXACT_CUSTOMERS",
    "Alternative",
    "Criteria",
    "Evidence",
    "Merge",
    "Outline",
    "Points",
    "Refined",
    "SegmentSilhouette",
    "SegmentVerdict",
    "Shape",
    "Solution",
    "Tree",
    "Verdict",
    "agreement",
    "alternative",
    "as_points",
    "draw",
    "fit_method",
    "flow",
    "gather",
    "judge",
    "kmeans",
    "measure",
    "measure_groups",
    "nearest",
    "nearest_numpy",
    "path",
    "refine",
    "silhouettes_by_segment",
    "softness",
    "solution_at",
    "ward_tree",
]
