"""Load on a whole stack of this machine. Each prints what it measured, and ends with 1 where a bound was missed.

python -m tests.load together --songs 100 --minutes 3   # one user's songs at once, another's one sent last
python -m tests.load pipeline --songs 1000 --seconds 4  # short ones, uploaded and dropped
python -m tests.load rows --rows 10000 --minutes 5      # sustained traffic over a library
python -m tests.load endpoints --jobs 100               # full queues, cancels, two replicas, no memory
python -m tests.load killed --minutes 20 --every 60     # every part killed in turn
python -m tests.load all                                # all of them, as `make load` does; hours on two cores
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from tests.load import killed, rows, songs, stressed

WHAT = {
    "together": songs.together,
    "pipeline": songs.pipeline,
    "rows": rows.sustained,
    "endpoints": stressed.stressed,
    "killed": killed.killed,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = parser.add_subparsers(dest="what", required=True)
    kinds.add_parser("all")
    one = {name: kinds.add_parser(name, help=do.__doc__) for name, do in WHAT.items()}
    one["together"].add_argument("--songs", type=int, default=100)
    one["together"].add_argument("--minutes", type=float, default=3.0, help="of each song")
    one["pipeline"].add_argument("--songs", type=int, default=1000)
    one["pipeline"].add_argument("--seconds", type=float, default=4.0, help="of each song")
    for name in ("together", "pipeline"):
        one[name].add_argument(
            "--patience", type=float, default=180.0, metavar="MINUTES", help="after which it is over"
        )
        one[name].add_argument("--endpoint-mb", type=int, default=2000, help="that the analysis endpoint may take")
    one["rows"].add_argument("--rows", type=int, default=10_000)
    one["rows"].add_argument("--minutes", type=float, default=5.0, help="of traffic")
    one["rows"].add_argument("--clients", type=int, default=8)
    one["rows"].add_argument("--p95-ms", type=int, default=1000)
    one["endpoints"].add_argument("--jobs", type=int, default=100, help="of each kind of stress")
    one["endpoints"].add_argument("--endpoint-mb", type=int, default=1000, help="that a replica may take")
    one["killed"].add_argument("--minutes", type=float, default=20.0)
    one["killed"].add_argument("--every", type=float, default=60.0, metavar="SECONDS", help="a part is killed")
    one["killed"].add_argument("--clients", type=int, default=4)
    for name in ("rows", "killed"):
        one[name].add_argument("--home", type=Path, help="a folder that keeps the library and the logs")
    for name in ("together", "pipeline", "rows", "killed"):
        one[name].add_argument("--host-mb", type=int, default=600, help="that the host may take")
    return parser


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped then too
    os.environ.setdefault("RIPIENO_HOST", "embedded")
    parser = _parser()
    chosen = parser.parse_args()
    well = True
    for name in WHAT if chosen.what == "all" else (chosen.what,):
        arguments = parser.parse_args([name]) if chosen.what == "all" else chosen
        print(f"-- {name}", flush=True)
        well = WHAT[name](arguments) and well
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
