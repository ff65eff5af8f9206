"""Housekeeping: the history of workflows that ended long ago."""

import logging
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import azure.functions as func
from azure.durable_functions import OrchestrationRuntimeStatus as Status

blueprint = df.Blueprint()
log = logging.getLogger("ripieno.housekeeping")
KEEP = timedelta(days=30)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@blueprint.function_name("purge_history")
@blueprint.timer_trigger(arg_name="timer", schedule="0 0 4 * * *")
@blueprint.durable_client_input(client_name="client")
async def purge_history(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Forget workflows that ended more than 30 days ago, every night at four."""
    until = datetime.now(UTC) - KEEP
    ended = [Status.Completed, Status.Failed, Status.Terminated]
    purged = await client.purge_instance_history_by(LONG_AGO, until, ended)
    log.info("purged %s workflow instances that were created before %s", purged.instances_deleted, until.isoformat())
