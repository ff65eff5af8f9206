"""Housekeeping: workflows looked after, the inbox looked into, what expired forgotten."""

from __future__ import annotations

import asyncio
import logging

import azure.durable_functions as df
import azure.functions as func

from ripieno.records import quotas, songs
from ripieno.services.settings import settings
from ripieno.work import (
    asking,
    delivering,
    endings,
    histories,
    housekeeping,
    inbox,
    measuring,
    orphans,
    overseeing,
    preparing,
    visiting,
)

blueprint = df.Blueprint()
log = logging.getLogger("ripieno.housekeeping")
COMPLETING_SECONDS = 240.0
PURGING_SECONDS = ORPHANS_SECONDS = 400.0  # of the ten minutes that a function has

# Event Grid tells of every drop at once (`inbox.py`); this then finds what was missed. Without it, this is how.
LOOK_INTO_INBOX = "0 */5 * * * *" if settings().drop_source == "EventGrid" else "* * * * * *"


@blueprint.function_name("look_into_inbox")
@blueprint.timer_trigger(arg_name="timer", schedule=LOOK_INTO_INBOX)
@blueprint.durable_client_input(client_name="client")
async def look_into_inbox(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Take in whatever lies in the inbox."""
    await inbox.look(client)


@blueprint.function_name("look_after_runs")
@blueprint.timer_trigger(arg_name="timer", schedule="*/10 * * * * *")
@blueprint.durable_client_input(client_name="client")
async def look_after_runs(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """See that storage is as it should be; start what was asked for and never began; give what ended badly its end."""
    await asyncio.to_thread(preparing.again)
    await asking.look_after(client, endings.give)


@blueprint.function_name("deliver_webhooks")
@blueprint.timer_trigger(arg_name="timer", schedule="*/15 * * * * *")
def deliver_webhooks(timer: func.TimerRequest) -> None:
    """Try webhooks again that did not arrive, as they are due."""
    delivering.deliver_due()


@blueprint.function_name("expire")
@blueprint.timer_trigger(arg_name="timer", schedule="0 30 3 * * *")
def expire(timer: func.TimerRequest) -> None:
    """Forget what nobody will ask for again, every night at half past three."""
    log.info("expired: %s", housekeeping.expire())


@blueprint.function_name("count_for_gauges")
@blueprint.timer_trigger(arg_name="timer", schedule="0 * * * * *")
def count_for_gauges(timer: func.TimerRequest) -> None:
    """Count, every minute, what telemetry shows of the backlog and of storage; nothing where there is none."""
    measuring.count()


@blueprint.function_name("end_visits")
@blueprint.timer_trigger(arg_name="timer", schedule="20 */5 * * * *")
@blueprint.durable_client_input(client_name="client")
async def end_visits(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Delete everything of the visitors whose day is over."""
    await visiting.end(client)


@blueprint.function_name("sweep_places")
@blueprint.timer_trigger(arg_name="timer", schedule="40 */2 * * * *")
def sweep_places(timer: func.TimerRequest) -> None:
    """Give back the places of workflows that are over, or never began."""
    quotas.sweep_all()


@blueprint.function_name("complete_index")
@blueprint.timer_trigger(arg_name="timer", schedule="*/30 * * * * *")
def complete_index(timer: func.TimerRequest) -> None:
    """Bring new index rows to a library that an older version wrote; nothing to do once they are there."""
    songs.complete_index(COMPLETING_SECONDS)


@blueprint.function_name("purge_history")
@blueprint.timer_trigger(arg_name="timer", schedule="0 0 4 * * *")
@blueprint.durable_client_input(client_name="client")
async def purge_history(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Forget workflows that ended long ago (`RIPIENO_KEEP_HISTORY_DAYS`), every night at four."""
    log.info("purged histories: %s", (await histories.purge(client, seconds=PURGING_SECONDS)).model_dump())


@blueprint.function_name("remove_orphans")
@blueprint.timer_trigger(arg_name="timer", schedule="0 30 4 * * *")
def remove_orphans(timer: func.TimerRequest) -> None:
    """Look for blobs that belong to nothing, every night at half past four, from where the last night ended."""
    wanted = settings().orphans
    if wanted != "off":
        told = orphans.tidy(dry_run=wanted == "report", seconds=ORPHANS_SECONDS)
        log.info("orphans: %s", told.model_dump(exclude={"items", "next_cursor"}))


@blueprint.function_name("close_backlog")
@blueprint.timer_trigger(arg_name="timer", schedule="0 */5 * * * *")
@blueprint.durable_client_input(client_name="client")
async def close_backlog(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Take out of the backlog what nobody is at any more."""
    await overseeing.close_what_ended(client)
