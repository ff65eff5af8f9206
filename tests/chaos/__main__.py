"""Random faults of every kind while people are at work; after every round everything has one end, and the invariants hold.

    python -m tests.chaos                            # what `make chaos` runs: 500 faults
    python -m tests.chaos --faults 40 --seed 7       # those of a run that printed this seed
    python -m tests.chaos --faults 20 --only clock   # of kinds that begin so

What people do and what goes wrong follows from the seed; at which step of the platform a fault hits is the machine's to
say. The log in the stack's folder tells what was done, by whom, and what was answered.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.faults import FAULTS
from tests.chaos.world import SETTINGS, Chaos, FaultyStack

A_ROUND = 20


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped then too
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=500)
    parser.add_argument("--only", default="", metavar="BEGINNING", help=f"of: {', '.join(FAULTS)}")
    parser.add_argument("--only-pieces", action="store_true", help="people do nothing but compose")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    chosen = parser.parse_args()
    if not any(name.startswith(chosen.only) for name in FAULTS):
        parser.error(f"--only {chosen.only}: no kind of fault begins so")
    os.environ.update(SETTINGS)
    os.environ.setdefault("RIPIENO_HOST", "embedded")
    os.environ.pop("AzureWebJobsStorage", None)
    home = Path(tempfile.mkdtemp(prefix="ripieno-chaos-"))
    stack = FaultyStack(home, chosen.seed)
    print(f"seed {chosen.seed}, in {home}", flush=True)
    chaos = Chaos(stack, chosen.seed, only_pieces=chosen.only_pieces, only=chosen.only)
    wrong: list[str] = []
    began = time.monotonic()
    try:
        stack.start(print)
        os.environ["AzureWebJobsStorage"] = stack.connection_string
        for done in range(0, chosen.faults, A_ROUND):
            count = min(A_ROUND, chosen.faults - done)
            wrong = chaos.round(count)
            made = (
                f"{len(chaos.songs)} songs, {len(chaos.works)} works, {len(chaos.pieces)} compositions,"
                f" {len(chaos.sets)} sets, {len(chaos.voices)} voices, {len(chaos.removals)} removals"
            )
            print(f"{done + count} faults, {time.monotonic() - began:.0f} s, {made}: {len(wrong)} violations", *wrong,
                  sep="\n", flush=True)  # fmt: skip
            if wrong:
                break
    finally:
        chaos.close()
        stack.stop()
    print("faults:", dict(sorted(chaos.caused.items())))
    print("ends:", dict(sorted(chaos.ends.items())))
    if wrong:
        print(f"again: python -m tests.chaos --faults {chosen.faults} --seed {chosen.seed}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
