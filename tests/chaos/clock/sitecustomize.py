"""A process whose clock is wrong: Python reads this file at its start, where PYTHONPATH names its folder.

`RIPIENO_CHAOS_SHIFT` seconds away from the truth, `RIPIENO_CHAOS_AFTER` seconds after the start: wall clocks jump, the
monotonic one does not.
"""

import os
import threading
from datetime import timedelta

import time_machine


def _jump() -> None:
    time_machine.travel(timedelta(seconds=float(os.environ["RIPIENO_CHAOS_SHIFT"])), tick=True).start()


_after = threading.Timer(float(os.environ["RIPIENO_CHAOS_AFTER"]), _jump)
_after.daemon = True
_after.start()
