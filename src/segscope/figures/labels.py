"""Labels that must not cover each other along one direction."""

from collections.abc import Sequence


def spaced(places: Sequence[float], least: float, highest: float) -> list[float]:
    """Move rising places, as little as this needs, until each is ``least`` from the next and none beyond ``highest``.

    >>> spaced([1.0, 1.5, 5.0], 1.0, 5.0)
    [1.0, 2.0, 5.0]
    >>> spaced([4.8, 4.9], 1.0, 5.0)
    [4.0, 5.0]
    """
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + least) if moved else place)
    for i in range(len(moved) - 1, -1, -1):
        moved[i] = min(moved[i], highest)
        highest = moved[i] - least
    return moved
