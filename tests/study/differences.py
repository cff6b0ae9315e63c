"""Where two results differ."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


def differences_of(first: Any, second: Any, where: str = "") -> list[str]:
    """Where two results differ by more than the last bits of what is shown."""
    if is_dataclass(first) and type(first) is type(second):
        names = [f.name for f in fields(first)]
        return differences_of({n: getattr(first, n) for n in names}, {n: getattr(second, n) for n in names}, where)
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return differences_of(first.tolist(), second.tolist(), where)
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        if list(first) != list(second):
            return [f"{where}: {list(first)} and {list(second)}"]
        return [d for key in first for d in differences_of(first[key], second[key], f"{where}.{key}")]
    if isinstance(first, Sequence) and isinstance(second, Sequence) and not isinstance(first, (str, bytes)):
        if len(first) != len(second):
            return [f"{where}: {len(first)} and {len(second)} parts"]
        pairs = enumerate(zip(first, second, strict=True))
        return [d for i, (one, other) in pairs for d in differences_of(one, other, f"{where}[{i}]")]
    if isinstance(first, float) and isinstance(second, float):
        same = math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-12) or (first != first and second != second)
    else:
        same = bool(first == second)
    return [] if same else [f"{where}: {first!r:.80} and {second!r:.80}"]
