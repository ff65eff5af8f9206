"""Songs: upload, list, read, hear, analyse again, delete."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from pydantic import Field

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis
from ripieno.contracts.audio import (
    AnalysisOrder,
    AudioAccepted,
    AudioFile,
    AudioPage,
    RemovalAccepted,
    StemLink,
    StemList,
)
from ripieno.contracts.base import Request
from ripieno.contracts.enums import AudioFileStatus, ItemKind, Role
from ripieno.contracts.generation import GenerationOrder
from ripieno.records import analyses, songs, works
from ripieno.records.cursor import BadCursor
from ripieno.records.song_query import SongQuery
from ripieno.services import blobs, webhooks
from ripieno.services.settings import MEBIBYTE, settings
from ripieno.work import analysing, asking, generating, ingest, moderating, progress, removal, searching
from triggers import problems
from triggers.problems import ApiError
from triggers.received import file_of
from triggers.removals import removing
from triggers.routing import Answer, Call, route
from triggers.voices import NOT_LET

blueprint = df.Blueprint()
TAG = "songs"
MOST_IN_ONE_ANSWER = 8 * MEBIBYTE
_MOST_WISHED = 100_000


class UploadQuery(Request):
    """What goes with the bytes of an upload."""

    file_name: str | None = Field(default=None, max_length=1024)
    webhook_url: str | None = Field(default=None, max_length=2048)
    generation: str | None = Field(default=None, max_length=_MOST_WISHED)


_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_AUDIO_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "the recording"},
                    "generation": {
                        "type": "string",
                        "description": "stems to generate then: a generation order as JSON",
                    },
                },
            }
        },
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    },
}


@route(
    blueprint,
    "POST",
    "/audio",
    role=Role.ANALYST,
    tag=TAG,
    query=UploadQuery,
    body=_AUDIO_BODY,
    with_client=True,
    answers={200: AudioAccepted, 202: AudioAccepted},
    problems=(
        "no_file",
        "file_too_large",
        "unsupported_format",
        "empty_file",
        "no_audio",
        "corrupt_audio",
        "decoder_ended",
        "bad_webhook_url",
        "not_analyzed",
        "already_running",
        *NOT_LET,
        "voice_not_ready",
    ),
)
async def upload_audio(call: Call[None]) -> Answer:
    """Take in a song and analyse it.

    As multipart/form-data or as the raw body, named by `x-file-name` (percent-encoded) or `file_name`. The same bytes
    twice are the same song. `webhook_url` is told when it is done; `generation`, a generation order as JSON, makes new
    stems as soon as it is analysed.
    """
    owner = call.owner
    query: UploadQuery = call.query
    wished = _generation_wished(call.request, query)
    webhook_url = query.webhook_url
    if webhook_url:
        await asyncio.to_thread(webhooks.check_user_url, webhook_url)
    if wished is not None:
        if Role.GENERATOR not in call.caller.roles:  # who may not POST /generations may not do so by this way
            raise problems.lacks(Role.GENERATOR)
        await asyncio.to_thread(moderating.check_body, owner, "POST /audio", wished)
        await asyncio.to_thread(generating.check, wished)
        await asyncio.to_thread(generating.singer, owner, wished)
    work_id = call.seed if wished is not None else None
    taken = await asyncio.to_thread(_taken_in, call.request, owner, query, work_id, wished)
    song = taken.song
    if song.status == AudioFileStatus.FAILED and song.error:
        status = 413 if song.error.code == "file_too_large" else 415 if song.error.code == "unsupported_format" else 422
        raise ApiError(status, song.error.code, song.error.message, audio_file_id=song.audio_file_id)
    if wished is not None:
        wished = wished.model_copy(update={"audio_file_id": song.audio_file_id})
        if song.status == AudioFileStatus.ANALYZED:
            _, run = await asyncio.to_thread(generating.begin, owner, wished, call.seed)
            await asking.start(call.durable, run)
        elif not taken.run or taken.run.order.get("work_id") != work_id:
            raise ApiError(
                409, "already_running", "the song is being analysed now: POST /generations when that has ended"
            )
        else:
            await asyncio.to_thread(works.create, generating.new_work(owner, wished, song, call.seed))
    if taken.run is not None:
        await asking.start(call.durable, taken.run)
    accepted = AudioAccepted(
        audio_file_id=song.audio_file_id,
        instance_id=song.instance_id,
        status=song.status,
        duplicate=not taken.is_new,
        status_url=_url(song.audio_file_id),
        generation_request_id=work_id,
        message="taken in; its analysis has begun" if taken.is_new else "the library has these bytes already",
    )
    is_done = song.status == AudioFileStatus.ANALYZED and work_id is None
    return Answer(accepted, 200 if is_done else 202, {"Location": accepted.status_url, "Retry-After": "1"})


@route(blueprint, "GET", "/audio", role=Role.VIEWER, tag=TAG, query=SongQuery, answers={200: AudioPage})
def list_audio(call: Call[None]) -> Answer:
    """List or search the library.

    Newest first, with a tempo filter slowest first, with a mood calmest first, with `named` by name; a page at a time.
    `chords` and `form` find songs in which those chords, or those sections, follow each other.
    """
    try:
        return Answer(searching.search(call.owner, call.query))
    except ValueError as fault:
        if isinstance(fault, BadCursor):
            raise
        raise ApiError(400, "invalid_request", str(fault)) from None


@route(
    blueprint,
    "GET",
    "/audio/{id}",
    role=Role.VIEWER,
    of=ItemKind.SONGS,
    tag=TAG,
    answers={200: AudioFile},
    with_client=True,
)
async def get_audio(call: Call[None]) -> Answer:
    """A song, with the progress of its workflow.

    `instance_id` is the workflow by which an operator finds it in the portal or the Durable Functions Monitor.
    """
    song = await asyncio.to_thread(_song, call)
    song.progress = await progress.of_song(call.durable, song)
    url = _url(song.audio_file_id)
    song.links = {name: f"{url}/{name}" for name in ("analysis", "jams", "stems", "content")}
    return Answer(song)


@route(
    blueprint,
    "DELETE",
    "/audio/{id}",
    role=Role.ANALYST,
    of=ItemKind.SONGS,
    tag=TAG,
    answers={202: RemovalAccepted},
    with_client=True,
)
async def delete_audio(call: Call[None]) -> Answer:
    """Delete a song and everything made from it.

    It is gone from the library at once; `status_url` says when everything is deleted. The same bytes may come again at
    any moment.
    """
    run = await asyncio.to_thread(removal.of_song, call.owner, call.path["id"])
    return await removing(call, run)


@route(
    blueprint,
    "GET",
    "/audio/{id}/content",
    role=Role.VIEWER,
    of=ItemKind.SONGS,
    tag=TAG,
    answers={200: "audio/*", 206: "audio/*", 307: None},
    problems=("not_audio", "bad_range"),
)
def get_content(call: Call[None]) -> Answer:
    """The recording itself, as it came.

    `Range: bytes=…` gives a part of it, at most 8 MiB an answer. Without a range, a larger recording is answered with
    307 to a short-lived address in storage, since an answer is held in memory whole.
    """
    song = _song(call)
    if song.format is None:
        raise ApiError(409, "not_audio", "the song's bytes are no audio: there is nothing to hear")
    headers = {
        "Accept-Ranges": "bytes", "ETag": f'"{song.sha256}"', "Cache-Control": "private, max-age=3600",
        "Content-Disposition": blobs.disposition(song.original_file_name), "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    media_type = blobs.CONTENT_TYPES.get(str(song.format), "application/octet-stream")
    if song.sha256 in call.request.headers.get("if-none-match", ""):
        return Answer(None, 304, headers, media_type)
    wanted = _range(call.request.headers, song)
    if wanted is None:
        if song.file_size_bytes > MOST_IN_ONE_ANSWER:
            return Answer(None, 307, {"Location": blobs.read_url(names.SONGS, song.blob_name)}, media_type)
        return Answer(blobs.read(names.SONGS, song.blob_name), 200, headers, media_type)
    start, end = wanted
    headers["Content-Range"] = f"bytes {start}-{end}/{song.file_size_bytes}"
    return Answer(blobs.read_range(names.SONGS, song.blob_name, start, end - start + 1), 206, headers, media_type)


@route(
    blueprint,
    "GET",
    "/audio/{id}/analysis",
    role=Role.VIEWER,
    of=ItemKind.SONGS,
    tag=TAG,
    answers={200: Analysis},
    problems=("not_analyzed",),
)
def get_analysis(call: Call[None]) -> Answer:
    """What was found in a song.

    Tempo, beats, key, chords, sections, tuning, each with its confidence and engine.
    """
    return Answer(_analysis(_song(call)))


@route(
    blueprint,
    "POST",
    "/audio/{id}/analysis",
    role=Role.ANALYST,
    of=ItemKind.SONGS,
    tag=TAG,
    body=AnalysisOrder,
    with_client=True,
    answers={202: AudioAccepted},
    problems=("already_running", "engine_unavailable", "unsupported_format"),
)
async def analyze_again(call: Call[AnalysisOrder]) -> Answer:
    """Analyse a song again.

    With the engines that are there now, or with those that are named: `{"engines": {"separate": "dsp"}}`.
    """
    engines = await asyncio.to_thread(analysing.chosen_engines, call.body.engines)
    song, run = await asyncio.to_thread(analysing.begin_anew, call.owner, call.path["id"], engines)
    await asking.start(call.durable, run)
    accepted = AudioAccepted(
        audio_file_id=song.audio_file_id,
        instance_id=song.instance_id,
        status=song.status,
        status_url=_url(song.audio_file_id),
        message="its analysis has begun anew",
    )
    return Answer(accepted, 202, {"Location": accepted.status_url, "Retry-After": "1"})


@route(
    blueprint,
    "GET",
    "/audio/{id}/jams",
    role=Role.VIEWER,
    of=ItemKind.SONGS,
    tag=TAG,
    answers={200: "application/json"},
    problems=("not_analyzed",),
)
def get_jams(call: Call[None]) -> Answer:
    """The analysis as a JAMS file."""
    song = _song(call)
    _analysis(song)
    document = blobs.read(names.JAMS, names.jams_blob(names.song_folder(song.audio_file_id, song.born)))
    return Answer(document, headers={"Content-Disposition": blobs.disposition(f"{song.original_file_name}.jams")})


@route(
    blueprint,
    "GET",
    "/audio/{id}/stems",
    role=Role.VIEWER,
    of=ItemKind.SONGS,
    tag=TAG,
    answers={200: StemList},
    problems=("not_analyzed",),
)
def get_stems(call: Call[None]) -> Answer:
    """The stems, with addresses to download them from for the next hour."""
    song = _song(call)
    separation = analyses.separation(song.owner, song.audio_file_id, song.born)
    if separation is None:
        raise ApiError(409, "not_analyzed", "the song has no stems yet: its analysis has not ended well")
    links = [
        StemLink(**stem.model_dump(), blob_url=blobs.read_url(names.STEMS, stem.blob_name)) for stem in separation.stems
    ]
    engine = separation.engine
    return Answer(
        StemList(audio_file_id=song.audio_file_id, engine=engine.engine, approximate=engine.approximate, stems=links)
    )


# -- parts --------------------------------------------------------------------------------------------------------


def _song(call: Call[Any]) -> AudioFile:
    return songs.get(call.owner, call.path["id"])


def _analysis(song: AudioFile) -> Analysis:
    found = analyses.load(song.audio_file_id, song.born)
    if found is None:
        raise ApiError(409, "not_analyzed", f"the song is {song.status}: it has no analysis yet")
    return found


def _url(audio_file_id: str) -> str:
    return f"{settings().public_url}/api/audio/{audio_file_id}"


def _taken_in(
    req: func.HttpRequest, owner: str, query: UploadQuery, work_id: str | None, makes: GenerationOrder | None
) -> ingest.Taken:
    """The uploaded file, by way of a file of ours, so that it is in memory once and not for long."""
    data, name = file_of(req, query.file_name)
    with tempfile.TemporaryDirectory(prefix="ripieno-upload-") as folder:
        path = Path(folder) / "audio"
        path.write_bytes(data)
        del data
        name = ingest.clean_name(name)
        return ingest.take_in(owner, path, name, webhook_url=query.webhook_url, work_id=work_id, makes=makes)


def _generation_wished(req: func.HttpRequest, query: UploadQuery) -> GenerationOrder | None:
    """Stems to generate once the song is analysed: a generation order as JSON, in `generation` of the form or query."""
    text = query.generation
    if req.headers.get("content-type", "").startswith("multipart/form-data"):
        text = req.form.get("generation") or text
    if not text:
        return None
    if len(text) > _MOST_WISHED:
        raise ApiError(413, "file_too_large", f"generation has at most {_MOST_WISHED} characters, not {len(text)}")
    try:
        fields = json.loads(text)
    except ValueError as fault:
        raise ApiError(400, "invalid_request", f"generation is not JSON: {fault}") from None
    except RecursionError:
        raise ApiError(400, "invalid_request", "generation is nested too deeply") from None
    if not isinstance(fields, dict):
        raise ApiError(400, "invalid_request", "generation must be a JSON object, as POST /generations takes")
    return GenerationOrder.model_validate(fields | {"audio_file_id": "this song"})


def _range(headers: Mapping[str, str], song: AudioFile) -> tuple[int, int] | None:
    """The first and last byte of a range, no more than one answer carries.

    None is the whole: no range, one of another unit, several, or none by the grammar (RFC 9110, 14.2), or one of a
    recording that `If-Range` says is another.
    """
    found = _RANGE.fullmatch(headers.get("range", "").strip())
    if found is None or headers.get("if-range", f'"{song.sha256}"') != f'"{song.sha256}"':
        return None
    first, last, size = *found.groups(), song.file_size_bytes
    if not (first or last) or (first and last and int(last) < int(first)):
        return None
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size:
        raise ApiError(
            416,
            "bad_range",
            f"the recording has {size} bytes: ask for bytes=0-{size - 1} or a part of it",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return start, min(end, start + MOST_IN_ONE_ANSWER - 1)
