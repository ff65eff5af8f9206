"""What must hold of a library's storage, whatever was killed: a program that an operator can run too.

    python -m tests.chaos.invariants              # with the settings of the app
    python -m tests.chaos.invariants --settled    # nothing may be on its way any more
    python -m tests.chaos.invariants --repair     # index rows that are wrong are mended

Prints a line a violation; exit code 1 when there is any. What runs while it looks may be seen half done: look again.
`ripieno ops check` looks at the same through the API, a page at a time.
"""

from __future__ import annotations

import argparse
import sys

from ripieno.work.invariants import Snapshot, repair, violations

__all__ = ["Snapshot", "main", "repair", "violations"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.invariants", description=__doc__.splitlines()[0])
    parser.add_argument("--settled", action="store_true", help="nothing may be on its way any more")
    parser.add_argument("--repair", action="store_true", help="mend index rows that are wrong")
    chosen = parser.parse_args()
    if chosen.repair:
        print(f"{repair()} documents' index rows were mended")
    found = list(violations(Snapshot.take(), settled=chosen.settled))
    print("\n".join(found) or "everything holds")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
