"""A work of new stems: ordered, planned, conditioned, its versions made."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.consent import Purpose, UsedVoice
from ripieno.contracts.enums import AudioFileStatus, GenerationStatus, StemType, TakeStatus
from ripieno.contracts.generation import (
    GenerateInput,
    GenerationOrder,
    GenerationPlan,
    GenerationResult,
    StemPlan,
)
from ripieno.contracts.workflow import Run, VersionOrder, WorkOrder
from ripieno.contracts.works import Element, ElementKind, Version, Work
from ripieno.music.genres.blending import blend
from ripieno.music.song_conditioning import within
from ripieno.records import analyses, runs, songs, works
from ripieno.records.quotas import Wants
from ripieno.services import blobs, conditioning, engines, llm, webhooks
from ripieno.services.planner import plan as planner
from ripieno.services.planner import rules, seeds
from ripieno.work import asking, stem_telemetry, tasting, voices_using

_USUAL_SECONDS = 60.0  # of what is made for no song, where nobody says
_NEW_SEED = 104_729  # a prime, so that the second of two synths plays something of its own


class CannotGenerate(ValueError):
    """What is asked for cannot be made; the message says what to change."""


class NotAnalysed(RuntimeError):
    """The song is there, and nothing is known of it yet."""


# -- ordered ------------------------------------------------------------------------------------------------------


def check(order: GenerationOrder) -> None:
    """Refuse what can be known to be wrong before any work is begun.

    Raises
    ------
    CannotGenerate, webhooks.BadWebhookUrl
    """
    try:
        engines.check_playing(order.engine)
        if order.parameters.style is not None:
            blend(order.parameters.style)
        rules.plan(order, time_signature=None, seed=0)
    except (ValueError, engines.UnknownEngine) as fault:
        raise CannotGenerate(str(fault)) from None
    if order.webhook_url:
        webhooks.check_user_url(order.webhook_url)


def begin(owner: str, order: GenerationOrder, seed: str) -> tuple[Work, Run]:
    """Keep an order that was checked, and the run that makes it: for an analysed song, or for none.

    Raises
    ------
    records.songs.SongMissing, NotAnalysed, CannotGenerate, voices_using.NotAllowed
    """
    song = songs.get(owner, order.audio_file_id) if order.audio_file_id is not None else None
    if song is not None and song.status != AudioFileStatus.ANALYZED:
        raise NotAnalysed(f"the song is {song.status}: stems can fit it once it is analysed")
    _check_fits(order, song)
    work = new_work(owner, order, song, seed)
    asked = run_of(work)
    runs.note(asked, wants=Wants(generation_seconds=likely_seconds(order, song)))
    works.create(work)
    return work, asked


def likely_seconds(order: GenerationOrder, song: AudioFile | None) -> float:
    """Of new audio, of all stems together, at most."""
    return _likely_length(order, song) * len(rules.plan(order, time_signature=None, seed=0))


def seconds_of_take(work: Work) -> float:
    """Of new audio of a further take of one element, at most."""
    return work.duration_seconds or _likely_length(work.order, _row(work))


def seconds_of(work: Work) -> float:
    """Of new audio of a whole work, at most."""
    return likely_seconds(work.order, _row(work))


def _row(work: Work) -> AudioFile | None:
    return songs.find(work.owner, work.audio_file_id) if work.audio_file_id is not None else None


def _likely_length(order: GenerationOrder, song: AudioFile | None) -> float:
    return order.parameters.duration_seconds or (song.duration_seconds if song else None) or _USUAL_SECONDS


def _check_fits(order: GenerationOrder, song: AudioFile | None) -> None:
    """Refuse a part, a tempo or chords that the song, or music for no song, cannot have."""
    found = analyses.load(song.audio_file_id, song.born) if song else None
    given = order.parameters.model_copy(update={"tempo": "follow"})  # it changes nothing of what there is
    try:
        plans = rules.plan(order, time_signature=found.time_signature if found else None, seed=0)
        whole = conditioning.fitted_to(found, song.audio_file_id if song else None, given, plans[0].style)
        for one in plans if not llm.is_configured("plan") else []:
            within(whole, section=one.section, bars=one.bars)
    except ValueError as fault:
        raise CannotGenerate(str(fault)) from None


def singer(owner: str, order: GenerationOrder) -> UsedVoice | None:
    """Whose voice sings; None where nobody's was named. Raises `CannotGenerate`, `voices_using.NotAllowed`."""
    if order.voice is None:
        return None
    if order.engine not in (engines.AUTO, engines.SYMBOLIC, *(one.name for one in engines.of_task("sing"))):
        raise CannotGenerate(f"voice: {order.engine} does not sing words: leave the engine to auto")
    wanted = [one.stem_type for one in rules.plan(order, time_signature=None, seed=0)]
    if StemType.VOCALS not in wanted or not order.parameters.lyrics.strip():
        raise CannotGenerate("voice: a voice sings words: ask for vocals, and give parameters.lyrics")
    return voices_using.ordered(owner, order.voice, Purpose.SINGING)


def new_work(owner: str, order: GenerationOrder, song: AudioFile | None, seed: str) -> Work:
    """Raises as `singer` does."""
    return Work(
        work_id=seed,
        owner=owner,
        order=order,
        created_at=datetime.now(UTC).isoformat(),
        audio_file_id=song.audio_file_id if song else None,
        born=song.born if song else None,
        voice=singer(owner, order),
    )


def run_of(work: Work) -> Run:
    order = WorkOrder(owner=work.owner, work_id=work.work_id, arrived_at=work.created_at)
    return asking.run_of(work.owner, "WorkOrchestrator", names.work_instance(work.work_id), order.model_dump())


# -- planned and conditioned --------------------------------------------------------------------------------------


def plan(order: WorkOrder) -> list[VersionOrder]:
    """Plan every element and note its first version as being made; the orders of those versions.

    Raises
    ------
    ValueError
        When nothing can be planned, with what to change.
    """
    work = _set(order, GenerationStatus.PLANNING, "planning the stems")
    if work.plan is None and not work.has_ended:
        made = _first(work)
        if work.audio_file_id is None:
            settled = conditioning.settle(work.order.parameters, made.stems[0].style)
            made = made.model_copy(update={"free_standing": settled})
        work = works.change(order.owner, order.work_id, lambda known: _planned(known, made))
    if work.has_ended:
        return []
    return [
        VersionOrder(**order.model_dump(), element=layer.name, version=1, is_alone=False)
        for layer in work.layers
        if layer.versions[0].is_open
    ]


def condition(order: WorkOrder) -> None:
    """Store what the elements have to fit beside them. Raises `ValueError`, with what to change."""
    work = works.get(order.owner, order.work_id)
    if work.plan is None or work.has_ended:
        return
    plans, given = work.plan.stems, work.order.parameters
    if work.plan.free_standing is not None:
        given = given.model_copy(update=work.plan.free_standing.model_dump())
    whole = conditioning.fitted_to(_song(work)[1], work.audio_file_id, given, plans[0].style)
    for one in plans:
        within(whole, section=one.section, bars=one.bars)
    conditioning.save(order.work_id, whole)
    lasts = {"start_seconds": whole.start_seconds, "duration_seconds": whole.end_seconds - whole.start_seconds}
    found = {**lasts, "conditioning_hash": conditioning.hash_of(whole)}
    try:
        works.change(order.owner, order.work_id, lambda known: _conditioned(known.model_copy(update=found)))
    except works.WorkMissing:  # it was removed while this was being written
        blobs.delete(names.GENERATED, names.conditioning_blob(order.work_id))
        raise


def fail(order: WorkOrder, message: str, *, only_unplanned: bool = False) -> None:
    """Give a work its end where it has none yet: what its workflow was making has failed, and so has what was never
    planned. Later takes, mixes and masters have workflows of their own, which may be well and at work."""

    ended: list[tuple[str, Version]] = []

    def failed(work: Work) -> Work | None:
        ended.clear()
        if work.has_ended or (only_unplanned and work.plan is not None):
            return None
        if work.plan is None:
            return work.model_copy(
                update={"status": GenerationStatus.FAILED, "message": message[:500], "error": message[:500]}
            )
        for layer in work.layers:
            version = layer.versions[0]
            if version.is_open:
                version.status, version.error = TakeStatus.FAILED, message[:500]
                ended.append((layer.name, version))
        return work.model_copy(update={"error": message[:500]}) if ended else None

    try:
        stem_telemetry.all_ended(works.change(order.owner, order.work_id, failed), ended)
    except works.WorkMissing:
        pass  # removed meanwhile


# -- versions -----------------------------------------------------------------------------------------------------


def prepare_version(order: VersionOrder) -> bool:
    """Plan a version that heeds a comment; whether it is still wanted."""
    work = works.get(order.owner, order.work_id)
    version = works.version(work, order.element, order.version)
    if not version.is_open or work.has_ended:
        return False
    stem_telemetry.started(work, order.element, version)
    if version.plan is not None:
        return True
    before = works.version(work, order.element, version.after or order.version - 1)
    assert before.plan is not None
    song, found = _song(work)
    made = planner.again(order.work_id, work.order, before.plan, version.heeds, order.version, song, found)
    ready = made.stems[0].model_copy(update={"name": order.element})

    def planned(known: Work, one: Version) -> Version | None:
        if not one.is_open or one.plan is not None:
            return None
        if known.plan is not None:
            known.plan.usage = known.plan.usage.plus(made.usage)
        return _with_inputs(one, known, ready).model_copy(update={"planner": made.planner})

    works.change_version(order.owner, order.work_id, order.element, order.version, planned)
    return True


def job_body(owner: str, work_id: str, element: str, number: int) -> dict[str, Any]:
    """The input of the job that makes a version of a layer."""
    work = works.get(owner, work_id)
    version = works.version(work, element, number)
    place = work.element(element)
    assert place is not None and place.stem_type is not None and version.plan is not None
    return GenerateInput(
        generation_request_id=work_id,
        audio_file_id=work.audio_file_id,
        target_stems=[StemType(place.stem_type)],
        engine=work.order.engine,
        allow_fallback=work.order.allow_fallback,
        parameters=work.order.parameters,
        plans=[version.plan],
        conditioning=names.conditioning_blob(work_id, version.revision),
        take=number,
    ).model_dump(mode="json")


def save_version(order: VersionOrder, result: dict[str, Any] | None, error: dict[str, Any] | None) -> None:
    """Keep what became of a version; nothing happens when it is no longer wanted. What was sung in a voice that may not
    be used any more is not kept."""
    try:
        voice = works.version(works.get(order.owner, order.work_id), order.element, order.version).voice
    except (works.WorkMissing, works.VersionMissing):
        return  # removed meanwhile
    why = voices_using.why_not(order.owner, voice) if voice is not None and error is None else None
    if why is not None:
        error = {"code": "consent", "message": why}

    was_open = False

    def saved(work: Work, version: Version) -> Version | None:
        nonlocal was_open
        was_open = version.is_open
        if not was_open:
            return None
        if error is not None:
            ended = TakeStatus.CANCELLED if error["code"] == "cancelled" else TakeStatus.FAILED
            return version.model_copy(update={"status": ended, "error": error["message"]})
        made = GenerationResult.model_validate(result).stems[0]
        return version.model_copy(update={"status": TakeStatus.GENERATED, "stem": made, "plan": made.plan})

    try:
        work = works.change_version(order.owner, order.work_id, order.element, order.version, saved)
    except (works.WorkMissing, works.VersionMissing):
        return  # removed meanwhile
    kept = works.version(work, order.element, order.version)
    if was_open:
        stem_telemetry.ended(work, order.element, kept)
    is_kept = kept.can_be_heard
    if voice is not None and result is not None and not is_kept:
        for one in GenerationResult.model_validate(result).stems:
            for name in (one.blob_name, names.peaks_blob(one.blob_name), one.midi_blob_name):
                if name is not None:
                    blobs.delete(names.GENERATED, name)


def cancel(owner: str, work_id: str) -> Work:
    """End a work: what is being made is marked as cancelled, what was made stays."""

    ended: list[tuple[str, Version]] = []

    def cancelled(work: Work) -> Work | None:
        ended.clear()
        if work.status in (GenerationStatus.CANCELLED, GenerationStatus.FAILED, GenerationStatus.COMPLETED):
            return None
        for element in work.elements:
            for version in element.versions:
                if version.is_open:
                    version.status = TakeStatus.CANCELLED
                    ended.append((element.name, version))
        return work.model_copy(update={"status": GenerationStatus.CANCELLED, "message": "cancelled"})

    work = works.change(owner, work_id, cancelled)
    stem_telemetry.all_ended(work, ended)
    return work


# -- parts --------------------------------------------------------------------------------------------------------


def _set(order: WorkOrder, status: GenerationStatus, message: str) -> Work:
    def changed(work: Work) -> Work | None:
        if work.has_ended or work.plan is not None:
            return None
        return work.model_copy(update={"status": status, "message": message})

    return works.change(order.owner, order.work_id, changed)


def _first(work: Work) -> GenerationPlan:
    """The plan of a work, with what its owner likes where they said nothing of it."""
    song, found = _song(work)
    taste, seed = tasting.of(work.owner), seeds.of(work.work_id, work.order.parameters.random_seed)
    order, why = tasting.styled(taste, work.order, found, seed)
    return tasting.planned(taste, _named(planner.first(work.work_id, order, song, found)), seed, why)


def _named(plan: GenerationPlan) -> GenerationPlan:
    """Every stem with a name of its own: the second synth is `synth 2`, with a seed of its own."""
    seen: Counter[str] = Counter()
    stems = []
    for one in plan.stems:
        seen[str(one.stem_type)] += 1
        number = seen[str(one.stem_type)]
        name = one.name or (str(one.stem_type) if number == 1 else f"{one.stem_type} {number}")
        seed = (one.random_seed + (number - 1) * _NEW_SEED) % 2**32
        stems.append(one.model_copy(update={"name": name, "random_seed": seed}))
    return plan.model_copy(update={"stems": stems})


def _planned(work: Work, plan: GenerationPlan) -> Work | None:
    if work.plan is not None or work.has_ended:
        return None
    work.plan = plan
    now = datetime.now(UTC).isoformat()
    for one in plan.stems:
        voice = work.voice if one.stem_type == StemType.VOCALS else None
        version = Version(number=1, status=TakeStatus.GENERATING, made_at=now, planner=plan.planner, voice=voice)
        work.elements.append(
            Element(
                name=one.name,
                kind=ElementKind.LAYER,
                stem_type=StemType(one.stem_type),
                versions=[_with_inputs(version, work, one)],
            )
        )
    return work


def _conditioned(work: Work) -> Work:
    """The work, what was planned of it now with what it has to fit among its inputs."""
    for element in work.layers:
        element.versions = [
            _with_inputs(one, work, one.plan) if one.is_open and one.plan else one for one in element.versions
        ]
    return work


def _with_inputs(version: Version, work: Work, plan: StemPlan) -> Version:
    """A version with what it is made from: nothing that depends on which work it belongs to."""
    given = work.order.parameters
    inputs = {
        "plan": plan.model_dump(mode="json"), "conditioning": work.conditioning_hash,
        "temperature": given.temperature, "guidance": given.guidance, "loudness_lufs": given.loudness_lufs,
        "stem_format": given.stem_format, "lyrics": hashlib.sha256(given.lyrics.encode()).hexdigest()[:16],
    }  # fmt: skip
    if version.voice is not None:
        inputs["voice"] = [version.voice.voice_id, version.voice.version]
    return version.model_copy(update={"plan": plan, "inputs": inputs, "inputs_hash": hash_of(inputs)})


def hash_of(inputs: dict[str, Any]) -> str:
    """By which equal work is known."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _song(work: Work) -> tuple[AudioFile | None, Analysis | None]:
    """The song's row and findings, None for both where there is no song."""
    if work.audio_file_id is None:
        return None, None
    song = songs.find(work.owner, work.audio_file_id)
    if song is None or song.born != work.born:
        raise ValueError("the song was removed")
    return song, analyses.load(work.audio_file_id, song.born)
