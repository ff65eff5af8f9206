"""Housekeeping: workflows looked after, the inbox looked into, what expired forgotten."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import azure.functions as func
from azure.durable_functions import OrchestrationRuntimeStatus as Status

from ripieno.records import songs
from ripieno.services.settings import settings
from ripieno.work import asking, delivering, endings, housekeeping, inbox, measuring, metering, preparing, visiting

blueprint = df.Blueprint()
log = logging.getLogger("ripieno.housekeeping")
KEEP = timedelta(days=30)
COMPLETING_SECONDS = 240.0
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

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
    metering.sweep_places()


@blueprint.function_name("complete_index")
@blueprint.timer_trigger(arg_name="timer", schedule="*/30 * * * * *")
def complete_index(timer: func.TimerRequest) -> None:
    """Bring new index rows to a library that an older version wrote; nothing to do once they are there."""
    songs.complete_index(COMPLETING_SECONDS)


@blueprint.function_name("purge_history")
@blueprint.timer_trigger(arg_name="timer", schedule="0 0 4 * * *")
@blueprint.durable_client_input(client_name="client")
async def purge_history(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Forget workflows that ended more than 30 days ago, every night at four."""
    until = datetime.now(UTC) - KEEP
    ended = [Status.Completed, Status.Failed, Status.Terminated]
    purged = await client.purge_instance_history_by(LONG_AGO, until, ended)
    log.info("purged %s workflow instances that were created before %s", purged.instances_deleted, until.isoformat())
