"""Fuzz a stack of its own with calls and recordings; what is wrong is told with what does it again.

python -m tests.fuzz                                    # 1,000 calls and 1,000 files: what `make fuzz` runs
python -m tests.fuzz --seed 7 --calls 0 --files 100
python -m tests.fuzz --only "POST /sets" --seed 7       # one operation again
python -m tests.fuzz --replay .ripieno/fuzz/7-12-mp3-flip   # one file again
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

import psutil

from ripieno.local.stack import PROJECT, Stack
from tests.fuzz import calls, uploads
from tests.stacks import new_stack

KEEP = PROJECT / ".ripieno" / "fuzz"
PARTS = ("host", "analysis", "generation")
MOST_GROWTH = 200.0  # MB a part may be larger after thousands of calls and files than after the first
MEBIBYTE = 2**20


def memory(stack: Stack) -> dict[str, float]:
    """Megabytes of each part and its processes, those that decode included."""
    found = {}
    for part in PARTS:
        process, size = psutil.Process(stack.pid(part)), 0
        for one in [process, *process.children(recursive=True)]:
            try:
                size += one.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        found[part] = size / MEBIBYTE
    return found


def fuzz(stack: Stack, seed: int, *, count_calls: int, count_files: int, only: str | None = None) -> list[str]:
    """Everything that was wrong, a sentence each; says on the way how it goes."""
    wrong: list[str] = []
    pids = {part: stack.pid(part) for part in PARTS}
    warm = uploads.send(stack.url, seed, range(-12, 0), KEEP)  # what is loaded once is loaded, and does not count
    wrong += warm.wrong
    if count_calls:
        calls.warm(stack.url)
    before = memory(stack)
    if count_files:
        begun = time.monotonic()
        sent = uploads.send(stack.url, seed, range(count_files), KEEP)
        wrong += sent.wrong
        print(f"{count_files} files in {time.monotonic() - begun:.0f} s")
        print("  answers:", ", ".join(f"{count} × {answer}" for answer, count in sent.answers.most_common()))
        print("  ends:", ", ".join(f"{count} × {end}" for end, count in sent.ends.most_common()), flush=True)
    between = memory(stack)
    if count_calls:
        begun = time.monotonic()
        made = calls.make(stack.url, seed, count_calls, only=only)
        wrong += made.wrong
        print(f"{sum(made.answers.values())} calls of {made.operations} operations in {time.monotonic() - begun:.0f} s")
        print("  answers:", ", ".join(f"{count} × {status}" for status, count in made.answers.most_common()))
    after = memory(stack)
    for part in PARTS:
        print(
            f"  {part}: {before[part]:.0f} MB, {between[part]:.0f} after the files, {after[part]:.0f} after the calls"
        )
        if min(between[part], after[part]) - before[part] > MOST_GROWTH:
            wrong.append(f"{part} grew from {before[part]:.0f} to {after[part]:.0f} MB")
    wrong += [
        f"{part} has died" for part in PARTS if stack.pid(part) != pids[part] or not psutil.pid_exists(pids[part])
    ]
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--only", help="one operation, as 'POST /audio'")
    parser.add_argument("--replay", type=Path, help="a file that was kept")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    os.environ["RIPIENO_SWEEP_SECONDS"] = "1"
    with tempfile.TemporaryDirectory(prefix="ripieno-fuzz-") as home:
        stack = new_stack(Path(home))
        stack.start(lambda text: None)
        os.environ["AzureWebJobsStorage"] = stack.connection_string
        try:
            if options.replay:
                report = uploads.replay(stack.url, options.replay)
                print(dict(report.answers), dict(report.ends))
                wrong = report.wrong
            else:
                files = options.files if options.only is None else 0
                wrong = fuzz(stack, options.seed, count_calls=options.calls, count_files=files, only=options.only)
        finally:
            stack.stop()
    for one in wrong:
        print("WRONG:", one)
    print(f"{len(wrong)} wrong; seed {options.seed}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
