"""Origins in words: where a segment comes from, short on its card, with the figures on hover."""

from segscope.comparing import brief
from segscope.identity import SURVIVAL
from segscope.origins import Ancestor
from segscope.segmentation import Segment
from segscope.wording import listed, percent

BY_MODEL = "Told by today's customers, put into the segments before: the data share no customers."
BY_CENTRES = "Told by means in original units: the data share no customers."


def origin_words(segment: Segment) -> str:
    """Where a segment comes from, in a few words."""
    origin = segment.origin
    if origin is None:
        return ""
    names = [brief(source.name) for source in origin.sources]
    by_hand = " by hand" if origin.by == "hand" else ""
    if origin.kind == "split":
        return f"split from {listed(names)}{by_hand}"
    if origin.kind == "merged":
        return f"merged from {listed(names)}{by_hand}"
    if by_hand:
        return "new, said by hand" if origin.kind == "new" else "the same as before, said by hand"
    if origin.kind == "new":
        mostly = origin.sources and origin.sources[0].share >= SURVIVAL
        return f"new, most were in {names[0]}" if mostly else "new"
    called = "" if origin.sources[0].name == segment.name else f"was {names[0]}, "
    if origin.by == "centres":
        return f"{called}survived: its centre hardly moved"
    return f"{called}survived: {percent(origin.sources[0].part)} stayed"


def origin_figures(segment: Segment) -> str:
    """The figures behind it."""
    origin = segment.origin
    if origin is None:
        return ""
    if origin.by == "hand":
        return "Decided by a person"
    if origin.by == "centres":
        return BY_CENTRES
    said = [_figures(source) for source in origin.sources] or ["No segment before holds a fifth of those here"]
    return ". ".join(said) + (f". {BY_MODEL}" if origin.by == "model" else "")


def _figures(source: Ancestor) -> str:
    return f"{percent(source.part)} of {source.name} are here; {percent(source.share)} of those here come from it"
