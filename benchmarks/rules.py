"""How far do plain conditions agree with the segments, on customers who took no part in learning them?

    python benchmarks/rules.py FILE [--segments 2 3 4 5 6]

For each number of segments, the agreement of the rules that the page shows unless told otherwise, with its 95 %
interval, and how many conditions they have.
"""

import argparse
import tempfile
from pathlib import Path

from segscope.rules import learn_rules, simple_enough
from segscope.study import Choices, fit_source, open_study


def main() -> None:
    """Fit, learn and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--segments", type=int, nargs="+", default=[2, 3, 4, 5, 6])
    asked = parser.parse_args()
    print("| segments | conditions | agreement on customers held out | 95 % interval | held out |\n" + "|---" * 5 + "|")
    for k in asked.segments:
        with tempfile.TemporaryDirectory(prefix="segscope-bench-") as folder:
            fit_source(asked.file, Path(folder) / "study", Choices(segments=k))
            live = open_study(Path(folder) / "study")
            shown = simple_enough(learn_rules(live.engine, live.sample, live.fit.segmentation))
            live.engine.close()
        found = shown.agreement
        if found is None:
            raise SystemExit("Too few customers to hold some out.")
        interval = f"{100 * found.low:.1f} to {100 * found.high:.1f} %"
        print(f"| {k} | {shown.conditions} | {100 * found.share:.1f} % | {interval} | {found.of:,} |", flush=True)


if __name__ == "__main__":
    main()
