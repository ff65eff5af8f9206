"""Deleting a song deletes everything made from it."""

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.services import analyses, blobs, endpoints, generations, job_records, library


def cancel_jobs(instance_id: str) -> None:
    """Stop what endpoints still do for a workflow instance, and what is on its way to them."""
    job_records.stop(instance_id)
    for job in job_records.of_instance(instance_id):
        try:
            if "address" in job:
                endpoints.cancel(job["address"], job["endpoint_job_id"])
        except endpoints.EndpointDown:
            pass  # nothing runs there any more


def delete_song(song: AudioFile) -> None:
    """Remove a song's bytes, stems, analysis, jobs, rows and what was generated for it; may be repeated."""
    analyses.delete(song.audio_file_id)
    blobs.delete(names.RAW_AUDIO, song.blob_name)
    blobs.delete_prefix(names.JOBS, f"{song.instance_id}:")
    job_records.delete_of_instance(song.instance_id)
    for request_id, owner in generations.of_song(song.audio_file_id):
        generations.delete(owner, request_id, song.audio_file_id)
    library.delete(song.owner, song.audio_file_id)


def sweep(song: AudioFile, requests: list[str]) -> None:
    """Remove what a dying job wrote after its song was deleted, unless the song has come back since.

    Parameters
    ----------
    requests : the ids of the generations that went with it
    """
    for request_id in requests:
        generations.delete(song.owner, request_id, song.audio_file_id)
    try:
        library.get(song.owner, song.audio_file_id)
    except library.SongMissing:
        delete_song(song)
