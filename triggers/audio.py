"""Songs: upload, list, read, analyse again, delete."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from datetime import UTC, datetime
from urllib.parse import unquote

import azure.durable_functions as df
import azure.functions as func

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis
from ripieno.contracts.audio import AudioAccepted, AudioFile, Failure, StemLink, StemList
from ripieno.contracts.enums import AudioFileStatus
from ripieno.contracts.generation import GenerationOrder
from ripieno.contracts.problems import BadAudio
from ripieno.contracts.workflow import PipelineInput
from ripieno.services import analyses, audio_format, blobs, generations, idempotency, library, removal, webhooks
from ripieno.services.identity import owner_of
from ripieno.services.settings import MEBIBYTE, settings
from triggers import workflows
from triggers.answers import ApiError, answers, not_yet, ok
from triggers.generations import begin, check, stop_work

blueprint = df.Blueprint()
LEVEL = func.AuthLevel.FUNCTION
NAME_LENGTH = 1024


@blueprint.function_name("upload_audio")
@blueprint.route(route="audio", methods=["POST"], auth_level=LEVEL)
@blueprint.durable_client_input(client_name="client")
@answers
async def upload_audio(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Take in one file, as multipart/form-data or as the raw body, and start its analysis."""
    owner = owner_of(req.headers)
    data, file_name = await asyncio.to_thread(_uploaded_file, req)
    webhook_url = req.params.get("webhook_url")
    if webhook_url:
        await asyncio.to_thread(webhooks.check_user_url, webhook_url)
    wished = _generation_wished(req)
    if wished is not None:
        await check(wished)
    song, is_new = await asyncio.to_thread(_take_in, owner, data, file_name, webhook_url)
    request_id = None
    if wished is not None and song.status == AudioFileStatus.ANALYZING:
        raise _being_analysed()
    if wished is not None:
        order = wished.model_copy(update={"audio_file_id": song.audio_file_id})
        request_id = (
            await begin(client, owner, order, start=song.status == AudioFileStatus.ANALYZED)
        ).generation_request_id
    if song.status == AudioFileStatus.UPLOADED:
        is_started = await _start(client, song, request_id)
        if request_id and not is_started:  # a workflow that knows nothing of this request is at it
            await asyncio.to_thread(generations.delete, owner, request_id, song.audio_file_id)
            raise _being_analysed()
    message = "taken in; its analysis has begun" if is_new else "the library has these bytes already"
    accepted = AudioAccepted(
        audio_file_id=song.audio_file_id, status=song.status, duplicate=not is_new,
        status_url=_url(song.audio_file_id), message=message, generation_request_id=request_id,
    )  # fmt: skip
    done = song.status == AudioFileStatus.ANALYZED and request_id is None
    return ok(accepted, 200 if done else 202, {"Location": accepted.status_url, "Retry-After": "1"})


@blueprint.function_name("list_audio")
@blueprint.route(route="audio", methods=["GET"], auth_level=LEVEL)
@answers
def list_audio(req: func.HttpRequest) -> func.HttpResponse:
    """The songs that match the filters, a page at a time."""
    query = library.SongQuery.model_validate(dict(req.params))
    if not 1 <= query.limit <= 200:
        raise ApiError(400, "invalid_request", "limit: must be 1 to 200")
    return ok(library.search(owner_of(req.headers), query))


@blueprint.function_name("get_audio")
@blueprint.route(route="audio/{id}", methods=["GET"], auth_level=LEVEL)
@blueprint.durable_client_input(client_name="client")
@answers
async def get_audio(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Everything known of a song, with the progress of its workflow."""
    song = await asyncio.to_thread(_song, req)
    song.progress = await workflows.progress(client, song)
    links = client.create_http_management_payload(song.instance_id)
    song.links = {"analysis": f"{_url(song.audio_file_id)}/analysis", "workflow": links["statusQueryGetUri"]}
    return ok(song)


@blueprint.function_name("delete_audio")
@blueprint.route(route="audio/{id}", methods=["DELETE"], auth_level=LEVEL)
@blueprint.durable_client_input(client_name="client")
@answers
async def delete_audio(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Stop what is being done for a song and delete everything made from it."""
    song = await asyncio.to_thread(_song, req)
    await workflows.stop_song(client, song)
    await asyncio.to_thread(removal.cancel_jobs, song.instance_id)
    requests = [request_id for request_id, _ in await asyncio.to_thread(generations.of_song, song.audio_file_id)]
    for request_id in requests:
        await stop_work(client, song.owner, request_id, "the song was deleted")
    await asyncio.to_thread(removal.delete_song, song)
    await client.start_new("DeleteSongOrchestrator", None, {"song": song.model_dump(), "requests": requests})
    return func.HttpResponse(status_code=204)


@blueprint.function_name("get_analysis")
@blueprint.route(route="audio/{id}/analysis", methods=["GET"], auth_level=LEVEL)
@answers
def get_analysis(req: func.HttpRequest) -> func.HttpResponse:
    """The whole analysis: tempo, beats, key, chords, sections, tuning, confidences and engines."""
    return ok(_analysis(_song(req)))


@blueprint.function_name("analyze_again")
@blueprint.route(route="audio/{id}/analysis", methods=["POST"], auth_level=LEVEL)
@blueprint.durable_client_input(client_name="client")
@answers
async def analyze_again(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Analyse a song anew, with the engines that are there now."""
    key, owner = req.headers.get("idempotency-key"), owner_of(req.headers)
    request = f"analyze {req.route_params['id']}".encode()
    if key and (earlier := await asyncio.to_thread(idempotency.recall, owner, key, request)):
        return ok(earlier[1], earlier[0])
    song = await asyncio.to_thread(_song, req)
    if song.status in (AudioFileStatus.UPLOADED, AudioFileStatus.ANALYZING):
        raise ApiError(409, "already_running", "the song is being analysed now: wait for it to end")
    if song.format is None:
        raise ApiError(422, "unsupported_format", "the song's bytes are not audio that can be read")
    song = await asyncio.to_thread(library.update, owner, song.audio_file_id, _next_run)
    await _start(client, song)
    accepted = AudioAccepted(
        audio_file_id=song.audio_file_id, status=song.status, status_url=_url(song.audio_file_id),
        message="its analysis has begun anew",
    )  # fmt: skip
    if key:
        await asyncio.to_thread(idempotency.remember, owner, key, request, 202, accepted.model_dump())
    return ok(accepted, 202, {"Location": accepted.status_url})


@blueprint.function_name("get_jams")
@blueprint.route(route="audio/{id}/jams", methods=["GET"], auth_level=LEVEL)
@answers
def get_jams(req: func.HttpRequest) -> func.HttpResponse:
    """The analysis as a JAMS file."""
    song = _song(req)
    _analysis(song)
    return func.HttpResponse(
        blobs.read(names.JAMS, names.jams_blob(song.audio_file_id)),
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="{song.audio_file_id}.jams"'},
    )


@blueprint.function_name("get_stems")
@blueprint.route(route="audio/{id}/stems", methods=["GET"], auth_level=LEVEL)
@answers
def get_stems(req: func.HttpRequest) -> func.HttpResponse:
    """The stems, each with an address to download it from for the next hour."""
    song = _song(req)
    separation = analyses.load_separation(song.audio_file_id)
    if separation is None:
        raise not_yet("the song has no stems yet: its analysis has not ended well")
    links = [
        StemLink(**stem.model_dump(), blob_url=blobs.read_url(names.STEMS, stem.blob_name)) for stem in separation.stems
    ]
    engine = separation.engine
    return ok(
        StemList(audio_file_id=song.audio_file_id, engine=engine.engine, approximate=engine.approximate, stems=links)
    )


# -- parts --------------------------------------------------------------------------------------------------------


def _song(req: func.HttpRequest) -> AudioFile:
    return library.get(owner_of(req.headers), req.route_params["id"])


def _analysis(song: AudioFile) -> Analysis:
    analysis = analyses.load(song.audio_file_id)
    if analysis is None:
        raise not_yet(f"the song is {song.status}: it has no analysis yet")
    return analysis


def _url(audio_file_id: str) -> str:
    return f"{settings().public_url}/api/audio/{audio_file_id}"


def clean_name(name: str) -> str:
    """The last part of a path, printable, for show only: it names no blob."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable())[:NAME_LENGTH] or "untitled"


def _uploaded_file(req: func.HttpRequest) -> tuple[bytes, str]:
    most = settings().max_upload_bytes
    if int(req.headers.get("content-length") or 0) > most + 64 * 1024:
        raise _too_large(most)
    if req.headers.get("content-type", "").startswith("multipart/form-data"):
        part = req.files.get("file") or next(iter(req.files.values()), None)
        if part is None:
            raise ApiError(400, "no_file", "the form has no file: send it as the part named 'file'")
        data, name = part.read(), part.filename or "untitled"
    else:
        data = req.get_body()
        name = unquote(req.headers.get("x-file-name", "")) or req.params.get("file_name") or "untitled"
    if len(data) > most:
        raise _too_large(most)
    return data, clean_name(name)


def _too_large(most: int) -> ApiError:
    return ApiError(
        413,
        "file_too_large",
        f"files sent here may have {most / MEBIBYTE:.0f} MB: use POST /api/uploads for larger ones",
    )


def _take_in(owner: str, data: bytes, file_name: str, webhook_url: str | None) -> tuple[AudioFile, bool]:
    """Put an uploaded file into the library; whether it is new there. A file that is no audio is kept as failed."""
    sha256 = hashlib.sha256(data).hexdigest()
    song_id = names.audio_file_id(owner, sha256)
    song = AudioFile(
        audio_file_id=song_id, owner=owner, original_file_name=file_name, status=AudioFileStatus.UPLOADED,
        uploaded_at=datetime.now(UTC).isoformat(), sha256=sha256, blob_name=names.raw_audio_blob(song_id, "bin"),
        file_size_bytes=len(data), instance_id=names.song_instance(song_id, 1), webhook_url=webhook_url,
    )  # fmt: skip
    try:
        song.format = audio_format.describe(io.BytesIO(data)).format
    except BadAudio as fault:
        song.status, song.error = AudioFileStatus.FAILED, Failure(code=fault.code, message=fault.message)
        blobs.upload(names.RAW_AUDIO, song.blob_name, data)
        library.create(song)
        status = 415 if fault.code == "unsupported_format" else 422
        raise ApiError(status, fault.code, fault.message, audio_file_id=song_id) from None
    song.blob_name = names.raw_audio_blob(song_id, song.format)

    try:
        known = library.get(owner, song_id)
    except library.SongMissing:
        blobs.upload(names.RAW_AUDIO, song.blob_name, data)
        if library.create(song):
            return song, True
        known = library.get(owner, song_id)
    if known.status == AudioFileStatus.FAILED:
        return library.update(owner, song_id, _next_run), False
    return known, False


def _next_run(song: AudioFile) -> AudioFile | None:
    """The song set back for another run, unless somebody else has done so."""
    if song.status in (AudioFileStatus.UPLOADED, AudioFileStatus.ANALYZING):
        return None
    run = song.run + 1
    return song.model_copy(
        update={
            "run": run, "instance_id": names.song_instance(song.audio_file_id, run),
            "status": AudioFileStatus.UPLOADED, "error": None,
        }
    )  # fmt: skip


def _generation_wished(req: func.HttpRequest) -> GenerationOrder | None:
    """Stems to generate once the song is analysed: a generation order as JSON, in `generation` of the form or query."""
    text = req.params.get("generation")
    if req.headers.get("content-type", "").startswith("multipart/form-data"):
        text = req.form.get("generation") or text
    if not text:
        return None
    try:
        fields = json.loads(text)
    except ValueError as fault:
        raise ApiError(400, "invalid_request", f"generation is not JSON: {fault}") from None
    if not isinstance(fields, dict):
        raise ApiError(400, "invalid_request", "generation must be a JSON object, as POST /generations takes")
    return GenerationOrder.model_validate(fields | {"audio_file_id": "this song"})


def _being_analysed() -> ApiError:
    return ApiError(409, "already_running", "the song is being analysed now: POST /generations when that has ended")


async def _start(client: df.DurableOrchestrationClient, song: AudioFile, request_id: str | None = None) -> bool:
    """Start a song's workflow; False when it runs already."""
    order = PipelineInput(
        owner=song.owner, blob_name=song.blob_name, original_file_name=song.original_file_name,
        audio_file_id=song.audio_file_id, webhook_url=song.webhook_url, generation_request_id=request_id,
        arrived_at=datetime.now(UTC).isoformat(),
    )  # fmt: skip
    return await workflows.start_once(client, "PipelineOrchestrator", song.instance_id, order.model_dump())
