"""Settings: what whoever runs a server may change, by environment variables. Each is documented in docs/limits.md.

>>> from_environment({"SEGSCOPE_UPLOAD_LIMIT": "500 MB"}).upload_limit == 500 * 1024**2
True
>>> from_environment({"SEGSCOPE_UPLOAD_LIMIT": "plenty"})
Traceback (most recent call last):
segscope.errors.SegscopeError: SEGSCOPE_UPLOAD_LIMIT must be a size such as 500MB or 2GB. Got 'plenty'.
"""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from segscope.errors import SegscopeError, did_you_mean

PREFIX = "SEGSCOPE_"
KIB, MIB, GIB = 1024, 1024**2, 1024**3
UNITS = {"": 1, "B": 1, "KB": KIB, "MB": MIB, "GB": GIB, "TB": 1024 * GIB}
SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,3})?)\s*([KMGT]?B)?", re.IGNORECASE)
LEAST_BYTES = {"upload_limit": 1, "unpack_limit": 1, "run_memory": 256 * MIB, "study_memory": 512 * MIB}
SHARE_OF_MACHINE = 0.5
SHORTEST_KEY = 16
NOT_SETTINGS = ("SEGSCOPE_TEST_",)


@dataclass(frozen=True)
class Settings:
    """Limits of a server and its runs. Sizes are in bytes.

    Attributes
    ----------
    upload_limit : largest file that the page takes
    unpack_limit : largest size of an imported study, unpacked
    run_memory : memory that one run may use; None is half of the machine's
    study_memory : memory that a large study's tables may take while it is open; the rest of them lies on disk
    run_seconds : longest time that one run may take
    runs : how many run at once; further ones wait
    local_files : whether the page takes a path or address on the server's machine, when the server is for it alone
    complete_evidence : whether the full evidence of a study that is looked at is computed by itself, beside its page
    api_key : what programs must send to use the HTTP interface; None asks for nothing
    engine : which engine computes (see segscope.engine.connect_engine); "" is the one that a study was fitted with
    """

    upload_limit: int = 2 * GIB
    unpack_limit: int = 4 * GIB
    run_memory: int | None = None
    study_memory: int = 3 * GIB // 2
    run_seconds: int = 3600
    runs: int = 2
    local_files: bool = True
    complete_evidence: bool = True
    api_key: str | None = field(default=None, repr=False)
    engine: str = ""

    @property
    def run_bytes(self) -> int:
        """Memory that one run may use."""
        return self.run_memory or max(LEAST_BYTES["run_memory"], int(machine_memory() * SHARE_OF_MACHINE))


def variable(setting: str) -> str:
    """The environment variable of a setting.

    >>> variable("upload_limit")
    'SEGSCOPE_UPLOAD_LIMIT'
    """
    return PREFIX + setting.upper()


def from_environment(given: Mapping[str, str] = os.environ) -> Settings:
    """Settings as the environment has them.

    Raises
    ------
    SegscopeError : for a value that cannot be, and a variable with our prefix that is no setting
    """
    known = {variable(f.name): f.name for f in fields(Settings)}
    for name in given:
        if name.startswith(PREFIX) and name not in known and not name.startswith(NOT_SETTINGS):
            raise SegscopeError(f"There is no setting {name!r:.60}.{did_you_mean(name, known)}")
    changes = {known[name]: _parse(known[name], name, given[name]) for name in known if given.get(name, "").strip()}
    return replace(Settings(), **changes)


def size_words(count: int) -> str:
    """A size in the largest unit that leaves a number of at least one.

    >>> size_words(2 * GIB), size_words(1_500_000), size_words(12)
    ('2 GB', '1.4 MB', '12 bytes')
    """
    for unit, scale in (("GB", GIB), ("MB", MIB), ("KB", KIB)):
        if count >= scale:
            return f"{count / scale:.1f}".removesuffix(".0") + f" {unit}"
    return f"{count} bytes"


def machine_memory() -> int:
    """Memory of the machine, or of the container that this runs in, in bytes; 4 GB where neither can be found out."""
    found = [4 * GIB]
    with suppress(OSError, ValueError, AttributeError):
        found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    with suppress(OSError, ValueError):
        found.append(int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return min(found)


def _parse(setting: str, name: str, text: str) -> Any:
    text = text.strip()
    if setting == "api_key":
        if len(text) < SHORTEST_KEY or not re.fullmatch(r"[!-~]+", text):
            raise SegscopeError(f"{name} must be at least {SHORTEST_KEY} letters, digits and signs, without spaces.")
        return text
    if setting == "engine":
        return text
    if setting in ("local_files", "complete_evidence"):
        if text.lower() not in ("yes", "no"):
            raise SegscopeError(f"{name} must be yes or no. Got {text!r:.40}.")
        return text.lower() == "yes"
    if setting in LEAST_BYTES:
        return _size(name, text, LEAST_BYTES[setting])
    if not text.isdecimal() or not 1 <= int(text) <= 10**7:
        raise SegscopeError(f"{name} must be a whole number from 1 to 10,000,000. Got {text!r:.40}.")
    return int(text)


def _size(name: str, text: str, least: int) -> int:
    found = SIZE.fullmatch(text)
    if not found:
        raise SegscopeError(f"{name} must be a size such as 500MB or 2GB. Got {text!r:.40}.")
    size = int(float(found[1]) * UNITS[(found[2] or "").upper()])
    if size < least:
        raise SegscopeError(f"{name} must be at least {size_words(least)}. Got {text!r:.40}.")
    return size
