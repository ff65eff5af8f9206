"""Timer triggers: NCRONTAB with six fields, seconds first, in UTC."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from azure.functions.timer import TimerRequest
from croniter import croniter

from ripieno.local.host.functions import AppFunctions, Function
from ripieno.local.host.invoke import invoke

log = logging.getLogger("ripieno.host.timer")


async def watch(functions: AppFunctions, function: Function, *, client_binding: str) -> None:
    """Call `function` at every occurrence of its schedule until cancelled; one that overlaps itself waits."""
    schedule = function.trigger["schedule"]
    # Read once: some fire every second.
    occurrences = croniter(schedule, second_at_beginning=len(schedule.split()) == 6)
    while True:
        now = datetime.now(UTC)
        upcoming = occurrences.get_next(datetime, start_time=now)
        await asyncio.sleep((upcoming - now).total_seconds())
        try:
            await invoke(functions, function, TimerRequest(past_due=False), client_binding)
        except Exception:
            log.exception("%s failed; it is called again at its next time", function.name)
