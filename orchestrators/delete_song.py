"""Sweep once more after a song was deleted: what was being written at that moment goes too."""

from datetime import timedelta

import azure.durable_functions as df

from orchestrators import retry

blueprint = df.Blueprint()

SWEEP_AFTER = timedelta(seconds=60)


@blueprint.function_name("DeleteSongOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def delete_song(context: df.DurableOrchestrationContext):
    yield context.create_timer(context.current_utc_datetime + SWEEP_AFTER)
    yield context.call_activity_with_retry("SweepDeletedSong", retry.STORAGE, context.get_input())
