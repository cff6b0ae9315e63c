"""Evidence and verdict computed in a process beside this one, while this one profiles and loads what it needs.

Light to import, so that the other process can start loading before this one does. What goes to it are numbers and JSON,
never objects; what it computes is what this process would compute, to the last bit.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

from segscope.errors import SegscopeError, StudyError

if TYPE_CHECKING:
    from segscope.clustering import Evidence, Points, Verdict

Progress = Callable[[str, float], None]


class Beside:
    """A process that weighs numbers of segments and judges a solution. End it with ``close``."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "segscope.beside"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own
        self._said: dict[str, Any] = {}

    def take(self, points: "Points", seed: int) -> None:
        """Hand over the customers; weighing begins at once."""
        n, p = points.values.shape
        self._write({"n": n, "p": p, "customers": points.customers, "seed": seed})
        self._stdin.write(points.values.tobytes() + points.weights.tobytes())
        self._stdin.flush()

    def judge(self, centres: tuple[tuple[float, ...], ...]) -> None:
        """Ask for a verdict on a solution, to be computed after the evidence."""
        self._write({"centres": centres})

    def evidence(self, progress: Progress) -> "Evidence":
        """Wait for the evidence, telling how far it is."""
        from segscope.clustering import Evidence
        from segscope.recipe import build

        found: Evidence = build(Evidence, self._await("evidence", progress), StudyError, "evidence")
        return found

    def verdict(self) -> "Verdict":
        """Wait for the verdict."""
        from segscope.clustering import Verdict
        from segscope.recipe import build

        found: Verdict = build(Verdict, self._await("verdict", lambda stage, share: None), StudyError, "verdict")
        return found

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    @property
    def _stdin(self) -> IO[bytes]:
        if self._process.stdin is None:
            raise RuntimeError("the process has no input")
        return self._process.stdin

    def _write(self, message: dict[str, Any]) -> None:
        self._stdin.write(json.dumps(message).encode() + b"\n")
        self._stdin.flush()

    def _await(self, what: str, progress: Progress) -> Any:
        while what not in self._said:
            line = self._process.stdout.readline() if self._process.stdout else b""
            if not line:
                raise SegscopeError(
                    "The process that weighs the evidence has ended early. The machine may have run out of memory."
                )
            said = json.loads(line)
            if "stage" in said:
                progress(said["stage"], said["share"])
            else:
                self._said |= said
        return self._said[what]


def main() -> None:
    """What the other process does: read the customers, tell the evidence, read centres, tell the verdict."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C ends the one that asked, which ends this one
    import numpy as np

    from segscope.clustering import Points, gather, judge, solution_at
    from segscope.recipe import to_plain

    def tell(**said: Any) -> None:
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()

    given = sys.stdin.buffer
    first = given.readline()
    if not first:
        return
    head = json.loads(first)
    n, p = head["n"], head["p"]
    values = np.frombuffer(given.read(8 * n * p)).reshape(n, p)
    weights = np.frombuffer(given.read(8 * n))
    points = Points(values, weights, head["customers"])
    evidence, _ = gather(points, head["seed"], on_progress=lambda stage, share: tell(stage=stage, share=share))
    tell(evidence=to_plain(evidence))
    asked = given.readline()
    if asked:
        solution = solution_at(points, json.loads(asked)["centres"])
        tell(verdict=to_plain(judge(points, solution, head["seed"])))


if __name__ == "__main__":
    main()
