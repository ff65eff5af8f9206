"""Steps of a song's analysis, and of taking a drop in."""

import asyncio

import azure.durable_functions as df

from activities.outcome import tells_final_errors
from ripieno.contracts.workflow import DropOrder, SongOrder
from ripieno.work import analysing, asking, failing, ingest, telling

blueprint = df.Blueprint()


@blueprint.function_name("TakeInDrop")
@blueprint.activity_trigger(input_name="order")
@blueprint.durable_client_input(client_name="client")
@tells_final_errors
async def take_in_drop(order: dict, client: df.DurableOrchestrationClient) -> dict:
    """Take a blob out of the inbox and start what is done for its song. Returns `{outcome, audio_file_id, message}`,
    and `until` when to look again where it has to wait for a quota."""
    drop = DropOrder.model_validate(order)
    told, run = await asyncio.to_thread(ingest.take_in_drop, drop)
    if run is not None:
        await asking.start(client, run)
    if told["outcome"] != "waiting":
        await asyncio.to_thread(ingest.leave_inbox, drop)
    return told


@blueprint.function_name("RejectDrop")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def reject_drop(request: dict) -> None:
    """Move what cannot be taken in to the container `rejected`, with the reason."""
    ingest.reject(DropOrder.model_validate(request), request["fault"]["code"], request["fault"]["message"])


@blueprint.function_name("BeginAnalysis")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def begin_analysis(order: dict) -> list[dict] | None:
    """Mark the song as being analysed. Returns the ways to separate it, None when there is nothing to do."""
    ways = analysing.begin(SongOrder.model_validate(order))
    return None if ways is None else [way.model_dump() for way in ways]


@blueprint.function_name("SaveAnalysis")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def save_analysis(request: dict) -> bool:
    """Keep what was found. Returns False when the song is gone meanwhile."""
    return analysing.save(SongOrder.model_validate(request), request["found"], request["separated"])


@blueprint.function_name("FailSong")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def fail_song(request: dict) -> None:
    """Give the song its end, with a reason."""
    analysing.fail(SongOrder.model_validate(request), request["fault"]["code"], request["fault"]["message"])
    failing.of_song(SongOrder.model_validate(request))


@blueprint.function_name("NotifyOwner")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def notify_owner(order: dict) -> dict:
    """Returns `{delivered, reason}`."""
    return telling.of_song(SongOrder.model_validate(order))
