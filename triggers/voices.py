"""Voices that are somebody's: samples, consent, versions, uses; and vocals sung by them."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import azure.durable_functions as df
from pydantic import Field

from ripieno.contracts.audio import RemovalAccepted
from ripieno.contracts.base import Request
from ripieno.contracts.consent import ConsentOrder, Revocation
from ripieno.contracts.enums import GenerationStatus, ItemKind, Role
from ripieno.contracts.generation import GenerationAccepted
from ripieno.contracts.voice_profiles import (
    ApplyOrder,
    SampleAccepted,
    SampleKind,
    TrainOrder,
    VoiceComparison,
    VoiceList,
    VoiceOrder,
    VoiceUseList,
    VoiceVersionChoice,
    VoiceVersionList,
    VoiceView,
)
from ripieno.records import voices as records
from ripieno.services.settings import settings
from ripieno.work import (
    asking,
    ingest,
    removal,
    voices,
    voices_applying,
    voices_consent,
    voices_samples,
    voices_versions,
)
from triggers.received import file_of
from triggers.removals import removing
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
TAG = "voices"
NOT_LET = ("consent_missing", "consent_purpose", "consent_expired", "consent_revoked")
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary", "description": "the recording"}},
            }
        },
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    },
}


class VoiceQuery(Request):
    """A page of a listing."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000)


class SampleQuery(Request):
    """What goes with the bytes of a sample."""

    file_name: str | None = Field(default=None, max_length=1024)
    sample_kind: SampleKind = "sung"


class VoiceComparisonQuery(Request):
    """Which versions to compare."""

    a: int = Field(ge=1)
    b: int = Field(ge=1)


@route(blueprint, "POST", "/voices", role=Role.GENERATOR, tag=TAG, body=VoiceOrder, answers={201: VoiceView})
def create_voice(call: Call[VoiceOrder]) -> Answer:
    """A voice, by its name.

    It has nothing yet: send samples of it, and the consent of the person whose voice it is.
    """
    voice = voices.create(call.owner, call.body, call.seed)
    return Answer(voices.shown(voice), 201, {"Location": _url(voice.voice_id)})


@route(blueprint, "GET", "/voices", role=Role.VIEWER, tag=TAG, query=VoiceQuery, answers={200: VoiceList})
def list_voices(call: Call[None]) -> Answer:
    """Your voices, newest first, without samples and versions."""
    found, cursor = records.listed(call.owner, limit=call.query.limit, cursor=call.query.cursor)
    return Answer(VoiceList(items=[voices.shown(one, is_whole=False) for one in found], next_cursor=cursor))


@route(blueprint, "GET", "/voices/{id}", role=Role.VIEWER, of=ItemKind.VOICES, tag=TAG, answers={200: VoiceView})
def get_voice(call: Call[None]) -> Answer:
    """A voice: who let it be used for what and until when, its samples, its versions."""
    return Answer(voices.shown(records.get(call.owner, call.path["id"])))


@route(
    blueprint,
    "DELETE",
    "/voices/{id}",
    role=Role.GENERATOR,
    of=ItemKind.VOICES,
    for_others=True,
    tag=TAG,
    answers={202: RemovalAccepted},
    with_client=True,
)
async def delete_voice(call: Call[None]) -> Answer:
    """Delete a voice with its samples, its versions, its consents and the log of its uses.

    What is being made in it ends. What was made before is kept, and carries a mark.
    """
    run = await asyncio.to_thread(removal.of_voice, call.owner, call.path["id"])
    return await removing(call, run)


@route(
    blueprint,
    "POST",
    "/voices/{id}/samples",
    role=Role.GENERATOR,
    of=ItemKind.VOICES,
    tag=TAG,
    query=SampleQuery,
    body=_BODY,
    answers={200: SampleAccepted, 202: SampleAccepted},
    with_client=True,
    problems=(
        "no_file",
        "file_too_large",
        "unsupported_format",
        "empty_file",
        "no_audio",
        "corrupt_audio",
        "decoder_ended",
        "consent_revoked",
    ),
)
async def add_sample(call: Call[None]) -> Answer:
    """A recording of the voice, sung or spoken.

    It is heard whether it is long, loud and clean enough, and of one speaker, the same as the samples before. The same
    bytes twice are one sample.
    """

    def take_in() -> voices_samples.Added:
        data, name = file_of(call.request, call.query.file_name, larger="send it as FLAC or MP3, or in parts")
        with tempfile.TemporaryDirectory(prefix="ripieno-sample-") as folder:
            path = Path(folder) / "audio"
            path.write_bytes(data)
            del data
            kind, name = call.query.sample_kind, ingest.clean_name(name)
            return voices_samples.add(call.owner, call.path["id"], path, name, kind, call.seed)

    added = await asyncio.to_thread(take_in)
    if added.run is not None:
        await asking.start(call.durable, added.run)
    accepted = SampleAccepted(
        voice_id=added.voice.voice_id,
        sample=voices.sample(added.sample),
        duplicate=not added.is_new,
        status_url=_url(added.voice.voice_id),
        message="it is being heard" if added.sample.status == "checking" else f"it was {added.sample.status} before",
    )
    status = 202 if added.sample.status == "checking" else 200
    return Answer(accepted, status, {"Location": accepted.status_url, "Retry-After": "1"})


@route(
    blueprint,
    "POST",
    "/voices/{id}/consent",
    role=Role.GENERATOR,
    of=ItemKind.VOICES,
    tag=TAG,
    body=ConsentOrder,
    answers={200: VoiceView},
    with_client=True,
    problems=("consent_revoked", "sample_not_ready"),
)
async def give_consent(call: Call[ConsentOrder]) -> Answer:
    """Who lets the voice be used, for what, and until when.

    `sample_id` is the spoken sample in which they say so. Without a consent that is in force nothing is sung, converted
    or trained. A further one takes the place of the one before.
    """
    voice, run = await asyncio.to_thread(voices_consent.give, call.owner, call.path["id"], call.body)
    if run is not None:
        await asking.start(call.durable, run)
    return Answer(await asyncio.to_thread(voices.shown, voice))


@route(
    blueprint,
    "POST",
    "/voices/{id}/revoke",
    role=Role.GENERATOR,
    of=ItemKind.VOICES,
    for_others=True,
    tag=TAG,
    body=Revocation,
    answers={202: RemovalAccepted},
    with_client=True,
    problems=("consent_missing",),
)
async def revoke_consent(call: Call[Revocation]) -> Answer:
    """Take the consent back, for good.

    From now on nothing is sung, converted or trained in the voice, and what is being made in it ends. Its samples and
    versions are deleted; what was made before is kept and carries a mark. `status_url` says when all is deleted.
    """
    _, run = await asyncio.to_thread(removal.of_consent, call.owner, call.path["id"], call.body.reason)
    return await removing(call, run, "the voice is not used any more; what it was made of is being deleted")


@route(
    blueprint,
    "POST",
    "/voices/{id}/train",
    role=Role.GENERATOR,
    of=ItemKind.VOICES,
    tag=TAG,
    body=TrainOrder,
    answers={202: VoiceView},
    with_client=True,
    problems=(*NOT_LET, "no_samples", "still_making"),
)
async def train_voice(call: Call[TrainOrder]) -> Answer:
    """A further version, from all samples there are: measured, and a model trained.

    It is sung with once it is there; `rollback` goes back to another.
    """
    voice, _, run = await asyncio.to_thread(voices_versions.train, call.owner, call.path["id"], call.body, call.seed)
    await asking.start(call.durable, run)
    headers = {"Location": _url(voice.voice_id), "Retry-After": "1"}
    return Answer(await asyncio.to_thread(voices.shown, voice), 202, headers)


@route(
    blueprint,
    "GET",
    "/voices/{id}/versions",
    role=Role.VIEWER,
    of=ItemKind.VOICES,
    tag=TAG,
    answers={200: VoiceVersionList},
)
def list_voice_versions(call: Call[None]) -> Answer:
    """Every version of a voice: from which samples, what was measured, how well the model learned."""
    voice = records.get(call.owner, call.path["id"])
    return Answer(VoiceVersionList(current=voice.current, items=[voices.version(one) for one in voice.versions]))


@route(
    blueprint,
    "GET",
    "/voices/{id}/versions/compare",
    role=Role.VIEWER,
    of=ItemKind.VOICES,
    tag=TAG,
    query=VoiceComparisonQuery,
    answers={200: VoiceComparison},
)
def compare_voice_versions(call: Call[None]) -> Answer:
    """Two versions beside each other: every figure that is another, and how like each other they are."""
    return Answer(voices.compare(call.owner, call.path["id"], call.query.a, call.query.b))


@route(
    blueprint,
    "POST",
    "/voices/{id}/rollback",
    role=Role.GENERATOR,
    of=ItemKind.VOICES,
    tag=TAG,
    body=VoiceVersionChoice,
    answers={200: VoiceView},
)
def roll_back_voice(call: Call[VoiceVersionChoice]) -> Answer:
    """Sing with an earlier version again; the later ones stay."""
    return Answer(voices.shown(voices.roll_back(call.owner, call.path["id"], call.body.version)))


@route(
    blueprint,
    "GET",
    "/voices/{id}/uses",
    role=Role.VIEWER,
    of=ItemKind.VOICES,
    tag=TAG,
    query=VoiceQuery,
    answers={200: VoiceUseList},
)
def list_voice_uses(call: Call[None]) -> Answer:
    """What a voice was used for, newest first: each take of each work, and in which version."""
    voice = records.get(call.owner, call.path["id"])
    found, cursor = records.uses(call.owner, voice.voice_id, limit=call.query.limit, cursor=call.query.cursor)
    return Answer(VoiceUseList(items=found, next_cursor=cursor))


@route(
    blueprint,
    "POST",
    "/voices/{id}/apply",
    role=Role.GENERATOR,
    of=ItemKind.VOICES,
    tag=TAG,
    body=ApplyOrder,
    answers={202: GenerationAccepted},
    with_client=True,
    problems=(*NOT_LET, "voice_not_ready", "not_analyzed"),
)
async def apply_voice(call: Call[ApplyOrder]) -> Answer:
    """Have the vocal of a song sung by the voice.

    Its separated vocals, or a recording that is a vocal alone; melody and words are kept. It becomes a new stem of the
    song: `status_url` says how far it is, and it is heard, mixed, reviewed and deleted like any other.
    """
    work, run = await asyncio.to_thread(voices_applying.begin, call.owner, call.path["id"], call.body, call.seed)
    await asking.start(call.durable, run)
    accepted = GenerationAccepted(
        generation_request_id=work.work_id,
        instance_id=run.instance_id,
        status=GenerationStatus(work.status),
        status_url=f"{settings().public_url}/api/generations/{work.work_id}",
        message="the vocal is being sung",
    )
    return Answer(accepted, 202, {"Location": accepted.status_url, "Retry-After": "1"})


def _url(voice_id: str) -> str:
    return f"{settings().public_url}/api/voices/{voice_id}"
