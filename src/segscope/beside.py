"""Evidence gathered in a process beside this one, while this one clusters, profiles and loads what it needs.

Light to import, so that the other process can start loading before this one does. What goes to it are numbers and JSON,
never objects; what it computes is what this process would compute, to the last bit.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from segscope.errors import SegscopeError, StudyError

if TYPE_CHECKING:
    from segscope.clustering import Evidence, Points, Solution

Progress = Callable[[str, float], None]


class Beside:
    """A process that weighs numbers of segments. End it with ``close``."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "segscope.beside"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own
        self._letters: SimpleQueue[bytes | None] = SimpleQueue()
        threading.Thread(target=self._carry, daemon=True).start()

    def take(self, points: "Points", seed: int, method: str, thorough: bool = False) -> None:
        """Hand over the customers; weighing begins at once."""
        self._points = points
        n, p = points.values.shape
        asked = {"seed": seed, "method": method, "thorough": thorough}
        head = json.dumps({"n": n, "p": p, "customers": points.customers, **asked})
        self._letters.put(head.encode() + b"\n" + points.values.tobytes() + points.weights.tobytes())

    def evidence(self, progress: Progress) -> tuple["Evidence", dict[int, "Solution"]]:
        """Wait for the evidence and the solutions that it is about, telling how far it is."""
        from segscope.clustering import Evidence, Outline
        from segscope.json_text import build

        while True:
            pipe = self._process.stdout
            line = pipe.readline() if pipe and not pipe.closed else b""
            if not line:
                raise SegscopeError(
                    "The process that weighs the evidence has ended early. The machine may have run out of memory."
                )
            said = json.loads(line)
            if "evidence" in said:
                found: Evidence = build(Evidence, said["evidence"], StudyError, "evidence")
                outlines: list[Outline] = [build(Outline, o, StudyError, "solution") for o in said["solutions"]]
                return found, {len(o.centres): o.on(self._points) for o in outlines}
            progress(said["stage"], said["share"])

    def close(self) -> None:
        """End the process."""
        self._letters.put(None)
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                if pipe:
                    pipe.close()

    def _carry(self) -> None:
        """Carry messages over: a pipe holds little, and the other side may still be loading."""
        while (letter := self._letters.get()) is not None:
            with suppress(BrokenPipeError, ValueError):  # it has ended, which who waits for it will be told
                if self._process.stdin:
                    self._process.stdin.write(letter)
                    self._process.stdin.flush()


def main() -> None:
    """What the other process does: read the customers, tell how far it is, tell the evidence."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C ends the one that asked, which ends this one
    import numpy as np

    from segscope.clustering import Points, gather
    from segscope.json_text import to_plain

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
    evidence, solutions = gather(
        points,
        head["seed"],
        on_progress=lambda stage, share: tell(stage=stage, share=share),
        thorough=head["thorough"],
        method=head["method"],
    )
    tell(evidence=to_plain(evidence), solutions=[to_plain(solution.outline) for solution in solutions.values()])


if __name__ == "__main__":
    main()
