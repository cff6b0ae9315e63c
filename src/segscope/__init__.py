"""segscope: customer segments that a marketing team can see, trust, name and use."""

from typing import TYPE_CHECKING, Any

from segscope.version import VERSION

if TYPE_CHECKING:
    from segscope.errors import SegscopeError as SegscopeError
    from segscope.library import Study as Study
    from segscope.library import fit as fit
    from segscope.library import load as load

__version__ = VERSION
__all__ = ["SegscopeError", "Study", "__version__", "fit", "load"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that the command line starts fast."""
    if name in ("Study", "fit", "load"):
        from segscope import library

        return getattr(library, name)
    if name == "SegscopeError":
        from segscope.errors import SegscopeError

        return SegscopeError
    raise AttributeError(f"module 'segscope' has no attribute {name!r}")
