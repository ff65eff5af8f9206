"""A vocal that exists, sung by another voice: a work of one stem, like any other new stem of its song.

The vocal is the separated stem of a song, or the whole of a recording that is a vocal alone; its melody and words are
kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.consent import Purpose
from ripieno.contracts.enums import AudioFileStatus, GenerationStatus, StemType, TakeStatus
from ripieno.contracts.generation import (
    GeneratedStem,
    GenerationOrder,
    GenerationParameters,
    GenerationPlan,
    GenerationResult,
    StemPlan,
)
from ripieno.contracts.production import AudioBlob, Score
from ripieno.contracts.provenance import Origin
from ripieno.contracts.voice_profiles import ApplyOrder
from ripieno.contracts.voices import ApplyVoiceInput, VoicedFile, VoiceSettings
from ripieno.contracts.workflow import Run, VersionOrder
from ripieno.contracts.works import Element, ElementKind, Version, Work
from ripieno.records import analyses, runs, songs, works
from ripieno.services.rules import signature
from ripieno.work import asking, generating, voices_using

ELEMENT = "vocals"
VOCAL = "vocal"
"""Among the inputs of a version: the vocal that was there before."""


class CannotApply(ValueError):
    """There is no vocal to sing; the message says what to change."""


def begin(owner: str, voice_id: str, order: ApplyOrder, seed: str) -> tuple[Work, Run]:
    """Keep an order, and the run that makes it.

    Raises
    ------
    records.voices.VoiceMissing, records.songs.SongMissing, generating.NotAnalysed, CannotApply,
    voices_using.NotAllowed, voices_using.VoiceNotReady, voices_using.UnclearVoice
    """
    used = voices_using.of(owner, voice_id, Purpose.CONVERSION, version=order.version)
    song = songs.get(owner, order.audio_file_id)
    settings = VoiceSettings.model_validate(order.model_dump(include=set(VoiceSettings.model_fields)))
    inputs: dict[str, Any] = {
        VOCAL: _vocal(song, order),
        "settings": settings.model_dump(mode="json"),
        "engine": order.engine,
        "voice": [used.voice_id, used.version],
        "stem_format": order.stem_format,
    }
    plan = StemPlan(stem_type=StemType.VOCALS, name=ELEMENT)
    now = datetime.now(UTC).isoformat()
    version = Version(
        number=1,
        status=TakeStatus.GENERATING,
        made_at=now,
        inputs=inputs,
        inputs_hash=generating.hash_of(inputs),
        plan=plan,
        planner=signature(),
        voice=used,
    )
    work = Work(
        work_id=seed,
        owner=owner,
        created_at=now,
        status=GenerationStatus.GENERATING,
        message="generating",
        audio_file_id=song.audio_file_id,
        born=song.born,
        order=GenerationOrder(
            audio_file_id=song.audio_file_id,
            target_stems=[StemType.VOCALS],
            voice=used.voice_id,
            parameters=GenerationParameters(stem_format=order.stem_format),
        ),
        plan=GenerationPlan(stems=[plan], planner=signature()),
        start_seconds=0.0,
        duration_seconds=song.duration_seconds,
        voice=used,
        elements=[Element(name=ELEMENT, kind=ElementKind.LAYER, stem_type=StemType.VOCALS, versions=[version])],
    )
    its = VersionOrder(owner=owner, work_id=seed, element=ELEMENT, version=1, arrived_at=now)
    run = asking.run_of(owner, "VoiceApplyOrchestrator", names.version_instance(seed, ELEMENT, 1), its.model_dump())
    runs.note(run)
    works.create(work)
    return work, run


def job_body(owner: str, work_id: str, element: str, number: int) -> dict[str, Any]:
    """The input of the job that sings a vocal. Raises as `voices_using.begin` does."""
    work = works.get(owner, work_id)
    version = works.version(work, element, number)
    given = version.inputs
    settings = VoiceSettings.model_validate(given["settings"])
    singer = voices_using.begin(work, element, version, settings, given["engine"])
    return ApplyVoiceInput(
        audio=AudioBlob.model_validate(given[VOCAL]["audio"]),
        singer=singer,
        output=_output(work_id, element, number),
        stem_format=given["stem_format"],
        origin=Origin.model_validate(given[VOCAL]["origin"]),
    ).model_dump(mode="json")


def is_wanted(order: VersionOrder) -> bool:
    """Whether the version is still to be made."""
    try:
        return works.version(works.get(order.owner, order.work_id), order.element, order.version).is_open
    except (works.WorkMissing, works.VersionMissing):
        return False


def save(order: VersionOrder, result: dict[str, Any] | None, error: dict[str, Any] | None) -> None:
    """Keep what became of it: a stem, with what it is like said in its score."""
    generating.save_version(order, None if result is None else _stem(order, VoicedFile.model_validate(result)), error)


# -- parts --------------------------------------------------------------------------------------------------------


def _vocal(song: AudioFile, order: ApplyOrder) -> dict[str, Any]:
    """Where the vocal lies, what its bytes are, and where it comes from."""
    if order.source == "recording":
        if song.format is None:
            raise CannotApply(f"{song.original_file_name} is no audio: there is nothing to sing")
        origin = Origin(recorded=True)
        audio = AudioBlob(container=names.SONGS, blob_name=song.blob_name)
        return {"audio": audio.model_dump(), "sha256": song.sha256, "origin": origin.model_dump(mode="json")}
    if song.status != AudioFileStatus.ANALYZED:
        raise generating.NotAnalysed(f"the song is {song.status}: its vocals are there once it is analysed")
    found = analyses.separation(song.owner, song.audio_file_id, song.born)
    stem = next((one for one in found.stems if one.stem_type == StemType.VOCALS), None) if found else None
    if found is None or stem is None:
        known = ", ".join(str(one.stem_type) for one in found.stems) if found else "none"
        raise CannotApply(
            f"source: no vocals were separated from {song.original_file_name}, its stems are {known}: analyse it with"
            " an engine that separates vocals, or write recording where it is a vocal alone"
        )
    origin = Origin(recorded=True).then(found.engine)
    audio = AudioBlob(container=names.STEMS, blob_name=stem.blob_name)
    return {"audio": audio.model_dump(), "sha256": stem.sha256, "origin": origin.model_dump(mode="json")}


def _output(work_id: str, element: str, number: int) -> str:
    """Its name without extension."""
    return names.generated_blob(work_id, names.slug(element), "", number).rstrip(".")


def _stem(order: VersionOrder, made: VoicedFile) -> dict[str, Any]:
    likeness = "" if made.likeness_after is None else f"like the voice by {made.likeness_after:.2f}"
    before = "" if made.likeness_before is None else f", before {made.likeness_before:.2f}"
    moved = [f"moved by {made.range_shift:+d} semitones"] if made.range_shift else []
    remarks = [*([likeness + before] if likeness else []), *moved, *made.remarks]
    stem = GeneratedStem(
        stem_type=StemType.VOCALS,
        take=order.version,
        blob_name=made.blob_name,
        file_size_bytes=made.file_size_bytes,
        sha256=made.sha256,
        format=made.format,
        sample_rate=made.sample_rate,
        channels=2,
        start_seconds=made.start_seconds,
        duration_seconds=made.duration_seconds,
        random_seed=0,
        plan=StemPlan(stem_type=StemType.VOCALS, name=ELEMENT, engine=made.engine.engine),
        score=Score(loudness_lufs=made.loudness_lufs, peak=made.peak, overall=_overall(made), remarks=remarks),
        engine=made.engine,
    )
    return GenerationResult(stems=[stem]).model_dump(mode="json")


def _overall(made: VoicedFile) -> float:
    """How like the voice it is, 0 where that could not be told."""
    return min(1.0, max(0.0, made.likeness_after or 0.0))
