"""`python -m ripieno.local.supervisor HOME [LAN]`: the stack without a terminal, as `ripieno up --detach` starts it."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from ripieno.local.stack import Stack


def main() -> None:
    def say(text: str) -> None:
        print(f"{datetime.now().isoformat(timespec='seconds')} {text}", flush=True)

    stack = Stack(Path(sys.argv[1]), lan=sys.argv[2] if len(sys.argv) > 2 else None)
    stack.start(say)
    say(f"ready at {stack.url}")
    stack.run(say)


if __name__ == "__main__":
    main()
