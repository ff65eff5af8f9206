"""What was written while its song was being deleted."""

import azure.durable_functions as df

from ripieno.contracts.audio import AudioFile
from ripieno.services import removal

blueprint = df.Blueprint()


@blueprint.function_name("SweepDeletedSong")
@blueprint.activity_trigger(input_name="deleted")
def sweep_deleted_song(deleted: dict) -> None:
    removal.sweep(AudioFile.model_validate(deleted["song"]), deleted["requests"])
