"""Who weighs the numbers of segments while a fit goes on: this process, or one beside it (segscope.beside)."""

from collections.abc import Mapping
from typing import Protocol

from segscope.clustering import Evidence, Points, Solution, gather
from segscope.intake.progress import Progress
from segscope.recipe import Method

Weighed = tuple[Evidence, Mapping[int, Solution]]
"""The evidence, and the solutions that it is about by their number of segments."""


class Weigher(Protocol):
    """Takes customers, and tells the evidence."""

    def take(self, points: Points, seed: int, method: Method, thorough: bool = False) -> None:
        """Take the customers, for a first look or for all criteria at their full number of resamples."""

    def evidence(self, progress: Progress) -> Weighed:
        """The evidence for each number of segments."""


class Here:
    """Weighs in this process, when asked."""

    def take(self, points: Points, seed: int, method: Method, thorough: bool = False) -> None:
        """Take the customers."""
        self._given = points, seed, method, thorough

    def evidence(self, progress: Progress) -> Weighed:
        """The evidence for each number of segments."""
        points, seed, method, thorough = self._given
        return gather(points, seed, on_progress=progress, method=method, thorough=thorough)
