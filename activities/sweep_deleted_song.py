"""What was written while its song was being deleted."""

import azure.durable_functions as df

from segno.contracts.audio import AudioFile
from segno.services import removal

blueprint = df.Blueprint()


@blueprint.function_name("SweepDeletedSong")
@blueprint.activity_trigger(input_name="song")
def sweep_deleted_song(song: dict) -> None:
    removal.sweep(AudioFile.model_validate(song))
