"""A mix of a request's stems with the original: its jobs before, its file after."""

import azure.durable_functions as df

from ripieno.contracts import names
from ripieno.contracts.enums import JobKind, TakeStatus
from ripieno.contracts.generation import Generation, Take
from ripieno.contracts.jobs import JobRequest
from ripieno.contracts.production import MasterInput, MixedFile, MixInput, MixSource
from ripieno.contracts.workflow import EndpointJobInput, MixWorkInput
from ripieno.services import generations, library

blueprint = df.Blueprint()


@blueprint.function_name("PrepareMix")
@blueprint.activity_trigger(input_name="request")
def prepare_mix(request: dict) -> dict:
    """Returns `{job, error}`: the endpoint job that lays the chosen takes over the original."""
    work = MixWorkInput.model_validate(request)
    known = generations.whole(work.owner, work.generation_request_id)
    takes = [(stem.stem_type, _chosen(stem.takes, work.order.takes.get(stem.stem_type))) for stem in known.stems]
    sources = [
        MixSource(
            container="generated", blob_name=take.stem.blob_name, start_seconds=take.stem.start_seconds,
            gain_db=work.order.gains.get(stem, 0.0),
        )
        for stem, take in takes if take is not None and take.stem is not None
    ]  # fmt: skip
    if not sources:
        return {"job": None, "error": "no stem of this request can be mixed yet"}
    original = _original(known) if work.order.include_original else None
    if original:
        gain = work.order.gains.get("original", 0.0)
        sources.insert(0, MixSource(container="raw-audio", blob_name=original, gain_db=gain))
    mix = MixInput(
        generation_request_id=work.generation_request_id, name=work.name, sources=sources,
        stem_format=work.order.stem_format,
    )  # fmt: skip
    return {"job": _job(work, work.name, JobKind.MIX, mix.model_dump()), "error": None}


@blueprint.function_name("PrepareMaster")
@blueprint.activity_trigger(input_name="request")
def prepare_master(request: dict) -> dict:
    """Returns the endpoint job that masters a mix."""
    work, mixed = MixWorkInput.model_validate(request), MixedFile.model_validate(request["mixed"])
    name = f"{work.name}-master"
    master = MasterInput(
        generation_request_id=work.generation_request_id, name=name, blob_name=mixed.blob_name,
        preset=work.order.master or "streaming", stem_format=work.order.stem_format,
    )  # fmt: skip
    return _job(work, name, JobKind.MASTER, master.model_dump())


@blueprint.function_name("SaveMix")
@blueprint.activity_trigger(input_name="request")
def save_mix(request: dict) -> None:
    work = MixWorkInput.model_validate(request)
    generations.get(work.owner, work.generation_request_id)
    generations.save_mix(work.generation_request_id, MixedFile.model_validate(request["mixed"]))


def _chosen(takes: list[Take], wanted: int | None) -> Take | None:
    """The take that was named, else the approved one, else the latest that can be heard."""
    heard = [take for take in takes if take.stem is not None]
    if wanted is not None:
        return next((take for take in heard if take.take == wanted), None)
    approved = [take for take in heard if take.status == TakeStatus.APPROVED]
    return (approved or heard or [None])[-1]


def _original(request: Generation) -> str | None:
    return library.get(request.owner, request.audio_file_id).blob_name if request.audio_file_id else None


def _job(work: MixWorkInput, step: str, kind: JobKind, job_input: dict) -> dict:
    instance = names.generation_instance(work.generation_request_id)
    return EndpointJobInput(
        job_id=names.job_id(instance, step),
        endpoint="generation",
        audio_file_id=None,
        request=JobRequest(kind=kind, input=job_input, arrived_at=work.arrived_at),
    ).model_dump()
