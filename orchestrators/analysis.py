"""Everything that is found in one song: stems → MIR → save."""

import azure.durable_functions as df

from orchestrators.progress import report
from orchestrators.separation import separated
from orchestrators.steps import endpoint_job, result_of, step
from ripieno.contracts.enums import JobKind
from ripieno.contracts.names import job_id
from ripieno.contracts.workflow import JobOrder, SeparationStep, SongOrder


def analysed(context: df.DurableOrchestrationContext, song: SongOrder):
    """Analyse a song and save what was found; False when there is nothing to do any more."""

    def job(kind: JobKind, **subject):
        order = JobOrder(
            job_id=job_id(song.instance_id, kind),
            owner=song.owner,
            endpoint="analysis",
            kind=kind,
            subject={"audio_file_id": song.audio_file_id, "born": song.born, **subject},
            arrived_at=song.arrived_at,
            audio_file_id=song.audio_file_id,
        )
        return endpoint_job(context, order)

    ways = yield from step(context, "BeginAnalysis", song.model_dump())
    if ways is None:
        return False

    report(context, "separate", 0.05, "separating the stems", song.audio_file_id)
    stems = yield from separated(context, song, [SeparationStep.model_validate(way) for way in ways])

    report(context, "mir", 0.45, "finding tempo, beats, key, chords, sections and tuning", song.audio_file_id)
    found = result_of((yield job(JobKind.MIR, separated=stems)))

    report(context, "save", 0.92, "saving what was found", song.audio_file_id)
    return (yield from step(context, "SaveAnalysis", song.model_dump() | {"found": found, "separated": stems}))
