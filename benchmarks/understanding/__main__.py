"""The score of a file of sentences: `python -m benchmarks.understanding [FILE ...]`."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.understanding.scoring import load, score

_TABLES = Path(__file__).parents[2] / "tests" / "ripieno" / "music" / "language"
SENTENCES = [_TABLES / f"{name}.json" for name in ("sentences", "heard", "told", "said", "seen")]


def main(paths: list[Path]) -> None:
    for path in paths:
        verdicts = [score(one) for one in load(path)]
        for one in verdicts:
            if one.wrong:
                print(f"✗ {one.sentence}\n    " + "\n    ".join(one.wrong))
            for why in one.opposite:
                print(f"    THE OPPOSITE: {why}")
        right = sum(not one.wrong for one in verdicts)
        contrary = sum(bool(one.opposite) for one in verdicts)
        print(f"{path.name}: {right} of {len(verdicts)} right ({right / len(verdicts):.1%}), {contrary} the opposite")


if __name__ == "__main__":
    main([Path(one) for one in sys.argv[1:]] or SENTENCES)
