"""What is sung in somebody's voice: only with their leave, logged, ended when it is taken back, and marked."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import makers
import pytest
import voice_makers
from azure.durable_functions import OrchestrationRuntimeStatus

from ripieno.contracts import names
from ripieno.contracts.composition import CompositionOrder, Refinement
from ripieno.contracts.consent import Purpose
from ripieno.contracts.enums import JobKind
from ripieno.contracts.generation import GenerationOrder, Verdict
from ripieno.contracts.voice_profiles import ApplyOrder, TrainOrder
from ripieno.contracts.voices import VoicedFile
from ripieno.contracts.workflow import JobOrder, RemovalOrder, RevisionOrder, VersionOrder, WorkOrder
from ripieno.records import jobs, runs, songs, voices, works
from ripieno.services import blobs
from ripieno.services.storage import table
from ripieno.work import (
    composing,
    endings,
    generating,
    job_bodies,
    removal,
    review,
    revising,
    showing,
    voices_applying,
    voices_using,
    voices_versions,
)

FREE = {"target_bpm": 100, "duration_seconds": 4, "chord_progression": ["C"], "lyrics": "over the sea"}


class NoWorkflows:
    """A durable client where nothing was ever started."""

    async def get_status(self, instance_id: str) -> None:
        return None


@pytest.fixture
def voice(storage, owner, tmp_path):
    return voice_makers.ready(owner, tmp_path)


def order(voice: str | None = "Anna", *stems: str, **parameters) -> GenerationOrder:
    return GenerationOrder.model_validate(
        {"target_stems": stems or ("vocals",), "voice": voice, "parameters": FREE | parameters}
    )


def ordered(owner: str, wanted: GenerationOrder | None = None) -> list[VersionOrder]:
    """A generation begun and planned: the orders of its takes."""
    wanted = wanted or order()
    generating.check(wanted)
    work, run = generating.begin(owner, wanted, names.seed(datetime.now(UTC)))
    planned = generating.plan(WorkOrder.model_validate(run.order))
    runs.forget(run)
    assert works.get(owner, work.work_id).status == "generating"
    return planned


def body(its: VersionOrder, kind: JobKind = JobKind.GENERATE) -> dict:
    """What the job of a take is asked, when it is submitted."""
    subject = {"work_id": its.work_id, "element": its.element, "version": its.version}
    instance_id = names.version_instance(its.work_id, its.element, its.version)
    return job_bodies.body(
        JobOrder(
            job_id=names.job_id(instance_id, kind), owner=its.owner, endpoint="generation", kind=kind, subject=subject,
            arrived_at=its.arrived_at,
        )
    )  # fmt: skip


def sung(its: VersionOrder) -> dict:
    """What the endpoint says of a take that it made, and its file."""
    made = makers.stem(its.work_id, its.element, its.version)
    blobs.upload(names.GENERATED, made["stems"][0]["blob_name"], b"sung")
    return made


def carried_out(run, *, twice: bool = True) -> None:
    """A removal, step by step as its workflow does it, each step twice."""
    its = RemovalOrder.model_validate(run.order)
    times = 2 if twice else 1
    for _ in range(times):
        removal.hide(its)
    for _ in range(2):
        for _ in range(times):
            assert asyncio.run(removal.stop(NoWorkflows(), its)) == 0
            removal.delete(its)
    removal.forget(its)


def take(its: VersionOrder):
    return works.version(works.get(its.owner, its.work_id), its.element, its.version)


# -- with their leave ---------------------------------------------------------------------------------------------


def test_a_take_is_sung_in_the_version_that_was_current_and_the_use_is_logged(owner, voice):
    drums, vocals = sorted(ordered(owner, order("Anna", "vocals", "drums")), key=lambda one: one.element)
    _, _, run = voices_versions.train(owner, voice.voice_id, TrainOrder(), names.seed(datetime.now(UTC)))
    voice_makers.made(voices_versions.VoiceVersionOrder.model_validate(run.order))
    asked = body(vocals)
    assert asked["singer"]["voice"]["version"] == 1 and asked["voice"] is None, "as it was when it was ordered"
    assert asked["singer"]["voice"]["profile"] == names.voice_profile_blob(voice.voice_id, 1)
    assert body(vocals) == asked, "the same again is the same job"
    assert body(drums)["singer"] is None
    (use,), cursor = voices.uses(owner, voice.voice_id, limit=5)
    assert (use.work_id, use.element, use.take, use.version, use.purpose) == (
        vocals.work_id, "vocals", 1, 1, "singing"
    ) and cursor is None  # fmt: skip
    generating.save_version(vocals, sung(vocals), None)
    shown = showing.whole(works.get(owner, vocals.work_id))
    assert [one.voice_id for one in shown.voices] == [voice.voice_id] and shown.voices[0].withdrawn_at is None
    newer = ordered(owner, order(voice.voice_id))[0]
    assert body(newer)["singer"]["voice"]["version"] == 2
    assert body(newer)["singer"]["voice"]["model"].endswith(".onnx")


def test_a_further_take_is_sung_in_the_same_voice(owner, voice):
    (vocals,) = ordered(owner)
    generating.save_version(vocals, sung(vocals), None)
    _, run = review.give(
        owner, vocals.work_id, "vocals", None, approved=False, comment=Verdict(comment="softer").comment, reviewer=owner
    )
    further = VersionOrder.model_validate(run.order)
    assert generating.prepare_version(further) and take(further).voice.voice_id == voice.voice_id
    assert body(further)["singer"]["voice"]["voice_id"] == voice.voice_id
    assert [one.take for one in voices.uses(owner, voice.voice_id, limit=5)[0]] == [2], "the first was never begun"


def test_a_voice_sings_words(owner, voice):
    for wrong in (order("Anna", "drums"), order("Anna", "vocals", lyrics=" ")):
        with pytest.raises(generating.CannotGenerate, match="voice: a voice sings words"):
            generating.begin(owner, wrong, names.seed(makers.NOON))


def test_a_name_that_is_nobodys_is_an_installed_voice(owner, voice):
    (vocals,) = ordered(owner, order("an installed one"))
    asked = body(vocals)
    assert (asked["voice"], asked["singer"]) == ("an installed one", None)


def test_an_id_of_no_voice_is_refused_at_once(owner, voice):
    """No endpoint has a voice of such a name: the order would be taken, and fail."""
    gone = names.seed(datetime.now(UTC))
    for way in (
        lambda: generating.begin(owner, order(gone), names.seed(makers.NOON)),
        lambda: composing.begin(owner, CompositionOrder(brief="a waltz", voice=gone), names.seed(datetime.now(UTC))),
    ):
        with pytest.raises(voices.VoiceMissing, match=gone):
            way()


# -- without ------------------------------------------------------------------------------------------------------


def begun(owner: str) -> None:
    generating.begin(owner, order(), names.seed(datetime.now(UTC)))


def composed(owner: str) -> None:
    composing.begin(owner, CompositionOrder(brief="a waltz", voice="Anna"), names.seed(datetime.now(UTC)))


WAYS = [begun, composed]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_begun_without_a_consent(storage, owner, tmp_path, way):
    voice_makers.created(owner)
    with pytest.raises(voices_using.ConsentMissing):
        way(owner)
    assert works.listed(owner, limit=5)[0] == [], "nothing is half begun"


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_begun_for_another_purpose(storage, owner, tmp_path, way):
    voice_makers.ready(owner, tmp_path, Purpose.CONVERSION, Purpose.TRAINING)
    with pytest.raises(voices_using.ConsentForOther):
        way(owner)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_begun_after_the_consent_has_ended(owner, voice, way):
    ended(owner, voice.voice_id)
    with pytest.raises(voices_using.ConsentExpired):
        way(owner)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_begun_after_the_consent_was_taken_back(owner, voice, way):
    removal.of_consent(owner, voice.voice_id, "")
    with pytest.raises(voices_using.ConsentRevoked):
        way(owner)


def test_a_voice_that_is_measured_for_the_first_time_is_not_ready(storage, owner, tmp_path):
    voice = voice_makers.created(owner)
    voice_makers.let(voice, voice_makers.taken(voice, tmp_path, "spoken"))
    voices.change(owner, voice.voice_id, lambda known: known.model_copy(update={"versions": [], "current": None}))
    with pytest.raises(voices_using.VoiceNotReady, match="no version yet"):
        begun(owner)


def ended(owner: str, voice_id: str) -> None:
    """The day until which the consent was given has passed."""

    def passed(known):
        known.consent.until = makers.NOON.isoformat()
        return known

    voices.change(owner, voice_id, passed)


@pytest.mark.parametrize("how", ["ended", "taken back", "deleted", "narrowed"])
@pytest.mark.parametrize("when", ["before its job", "in the middle of it"])
def test_a_render_ends_with_a_sentence_when_its_leave_does(owner, voice, how, when):
    (vocals,) = ordered(owner)
    if when == "in the middle of it":
        assert body(vocals)["singer"]
    match how:
        case "ended":
            ended(owner, voice.voice_id)
        case "taken back":
            removal.of_consent(owner, voice.voice_id, "")
        case "deleted":
            removal.of_voice(owner, voice.voice_id)
        case "narrowed":
            voice_makers.let(voice, voice.samples[1].sample_id, Purpose.CONVERSION)
    told = {
        "ended": "ended on 2026-03-01", "taken back": "was taken back", "deleted": "deleted|there is no voice",
        "narrowed": "for conversion, not for singing",
    }[how]  # fmt: skip
    if when == "before its job":
        with pytest.raises(LookupError, match=told):
            body(vocals)
        return
    made = sung(vocals)
    generating.save_version(vocals, made, None)
    failed = take(vocals)
    assert (failed.status, failed.stem) == ("failed", None)
    assert any(one in failed.error for one in told.split("|")), failed.error
    assert made["stems"][0]["blob_name"] not in blobs.list_names(names.GENERATED, vocals.work_id)


# -- taken back ---------------------------------------------------------------------------------------------------


def test_taking_back_ends_what_is_made_marks_what_was_and_deletes_the_voice(owner, voice, tmp_path):
    (done,), (open_,) = ordered(owner), ordered(owner)
    body(done), body(open_)
    generating.save_version(done, sung(done), None)
    known, run = removal.of_consent(owner, voice.voice_id, "she changed her mind")
    assert known.revoked_at and removal.of_consent(owner, voice.voice_id, "")[1].instance_id == run.instance_id
    carried_out(run)

    ended_ = take(open_)
    assert ended_.status == "failed" and "was taken back" in ended_.error
    kept = showing.whole(works.get(owner, done.work_id))
    assert kept.stems[0].takes[0].status == "generated", "what was made is kept"
    assert kept.voices[0].withdrawn_at and "was taken back" in kept.stems[0].takes[0].voice.withdrawn_because
    assert works.get(owner, open_.work_id).status == "failed"

    left = voices.get(owner, voice.voice_id)
    assert left.samples == [] and left.current is None and [one.status for one in left.versions] == ["deleted"]
    assert "0.6" not in left.model_dump_json(), "nothing of how it sounds"
    assert (left.consent.who, left.consent.reason) == ("Anna Berg", "she changed her mind")
    assert blobs.list_names(names.VOICES, voice.voice_id) == []
    assert len(voices.uses(owner, voice.voice_id, limit=5)[0]) == 2, "the log says what it was used for"
    assert not list(runs.beginning_with(owner, "voice-")) and not list(runs.beginning_with(owner, "remove-"))
    assert not list(works.damage()) and not list(voices.damage())


def test_the_histories_of_its_workflows_go_with_it(owner, voice, tmp_path):
    """They carry what was measured."""

    class Workflows:
        """A durable client that knows what ran for the sample."""

        known = {}

        async def get_status(self, instance_id: str):
            return self.known.get(instance_id)

        async def purge_instance_history(self, instance_id: str) -> None:
            del self.known[instance_id]

    added = voice_makers.sent(voice, tmp_path)
    its = added.sample.instance_id
    ran = [its, names.job_id(its, "check-voice"), names.job_id(its, "check-voice-again")]
    Workflows.known = {one: SimpleNamespace(runtime_status=OrchestrationRuntimeStatus.Completed) for one in ran}
    run = removal.of_consent(owner, voice.voice_id, "")[1]
    assert asyncio.run(removal.stop(Workflows(), RemovalOrder.model_validate(run.order))) == 0
    assert Workflows.known == {}


def test_whoever_dies_after_the_note_has_taken_it_back(owner, voice, monkeypatch):
    def dies(*_) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(removal.voices_consent, "take_back", dies)
        with pytest.raises(KeyboardInterrupt):
            removal.of_consent(owner, voice.voice_id, "why")
    run = runs.find(owner, names.withdrawal_instance(voice.voice_id))
    assert voices.get(owner, voice.voice_id).revoked_at is None and run is not None
    carried_out(run, twice=False)
    left = voices.get(owner, voice.voice_id)
    assert left.revoked_at and left.consent.reason == "why" and left.samples == []


def test_a_take_that_is_written_while_it_is_taken_back_is_deleted(owner, voice):
    (vocals,) = ordered(owner)
    body(vocals)
    _, run = removal.of_consent(owner, voice.voice_id, "")
    its = RemovalOrder.model_validate(run.order)
    asyncio.run(removal.stop(NoWorkflows(), its))
    name = sung(vocals)["stems"][0]["blob_name"]  # written after its job was told to stop
    removal.delete(its)
    assert name not in blobs.list_names(names.GENERATED, vocals.work_id)


def test_a_deleted_voice_leaves_nothing(owner, voice, tmp_path):
    (done,) = ordered(owner)
    body(done)
    generating.save_version(done, sung(done), None)
    waiting = voice_makers.sent(voice, tmp_path)
    jobs.record(owner, names.job_id(waiting.sample.instance_id, "check-voice"), done.arrived_at, state="succeeded")
    blobs.upload_json(names.JOBS, names.job_blob(names.job_id(waiting.sample.instance_id, "check-voice")), {})
    run = removal.of_voice(owner, voice.voice_id)
    assert voices.find(owner, voice.voice_id) is None, "it is gone at once"
    assert removal.of_voice(owner, voice.voice_id).instance_id == run.instance_id, "asked for twice"
    carried_out(run)
    for name in (names.VOICES_TABLE, names.VOICE_USES, names.RUNS, names.JOB_RECORDS):
        left = list(table(name).query_entities("PartitionKey eq @o", parameters={"o": owner}))
        assert not [row for row in left if voice.voice_id in json.dumps(dict(row), default=str)], name
    for place in (names.VOICES, names.JOBS, names.RECORDS):
        assert not [one for one in blobs.list_names(place) if voice.voice_id in one], place
    mark = works.get(owner, done.work_id).voices[0]
    assert (mark.withdrawn_because, bool(mark.withdrawn_at)) == ("the voice was deleted", True)
    with pytest.raises(voices.VoiceMissing):
        removal.of_voice(owner, voice.voice_id)


# -- a vocal that exists ------------------------------------------------------------------------------------------


@pytest.fixture
def song(storage, owner):
    known = makers.song(owner)
    songs.create(known)
    return known


def test_a_recording_is_sung_by_the_voice_and_becomes_a_stem_of_its_song(owner, voice, song):
    asked = ApplyOrder(audio_file_id=song.audio_file_id, source="recording", strength=0.5, range_shift=-12)
    seed = names.seed(datetime.now(UTC))
    work, run = voices_applying.begin(owner, voice.voice_id, asked, seed)
    its = VersionOrder.model_validate(run.order)
    assert voices_applying.is_wanted(its)
    told = body(its, JobKind.APPLY_VOICE)
    assert told["audio"] == {"container": "songs", "blob_name": song.blob_name} and told["output"] == f"{seed}/vocals"
    assert told["singer"]["settings"] == {"strength": 0.5, "range_shift": -12, "breath": 0.0}
    voiced = VoicedFile(
        blob_name=f"{seed}/vocals.wav", file_size_bytes=4, sha256="0" * 64, format="wav", sample_rate=44100,
        start_seconds=0, duration_seconds=4, loudness_lufs=-20, peak=0.5, range_shift=-12, likeness_before=0.2,
        likeness_after=0.8, engine=makers.MAKER,
    )  # fmt: skip
    voices_applying.save(its, voiced.model_dump(mode="json"), None)
    shown = showing.whole(works.get(owner, work.work_id))
    made = shown.stems[0].takes[0]
    assert (shown.status, made.status, made.stem.score.overall) == ("awaiting_review", "generated", 0.8)
    assert made.stem.score.remarks == ["like the voice by 0.80, before 0.20", "moved by -12 semitones"]
    assert made.voice.purpose == "conversion" and works.of_song(owner, song.audio_file_id, song.born) == [work.work_id]
    assert voices.uses(owner, voice.voice_id, limit=1)[0][0].purpose == "conversion"
    with pytest.raises(review.NotReviewable, match="apply the voice with other settings"):
        review.give(owner, work.work_id, "vocals", None, approved=False, comment="softer", reviewer=owner)


def test_an_application_that_broke_off_says_so(owner, voice, song):
    asked = ApplyOrder(audio_file_id=song.audio_file_id, source="recording")
    work, run = voices_applying.begin(owner, voice.voice_id, asked, names.seed(datetime.now(UTC)))
    endings.give(run, "its workflow was terminated")
    assert "broke off" in works.get(owner, work.work_id).elements[0].latest.error


def test_what_cannot_be_applied_is_said(owner, voice, song, tmp_path, monkeypatch):
    def apply(**fields):
        wanted = ApplyOrder(audio_file_id=song.audio_file_id, **fields)
        voices_applying.begin(owner, voice.voice_id, wanted, names.seed(datetime.now(UTC)))

    with pytest.raises(voices_applying.CannotApply, match=r"no vocals were separated from .*its stems are none"):
        apply()
    with pytest.raises(voices_using.UnclearVoice, match="has no version 9: it has 1 to 1"):
        apply(source="recording", version=9)
    monkeypatch.setattr(voices_applying.analyses, "separation", lambda *_: makers.stems("f", "vocals", "drums"))
    wanted = ApplyOrder(audio_file_id=song.audio_file_id)
    work, _ = voices_applying.begin(owner, voice.voice_id, wanted, names.seed(datetime.now(UTC)))
    assert work.elements[0].latest.inputs["vocal"]["audio"] == {"container": "stems", "blob_name": "f/vocals.flac"}
    assert work.elements[0].latest.inputs["vocal"]["origin"]["recorded"]
    ended(owner, voice.voice_id)
    with pytest.raises(voices_using.ConsentExpired):
        apply(source="recording")
    with pytest.raises(voices.VoiceMissing):
        voices_applying.begin("somebody else", voice.voice_id, wanted, names.seed(makers.NOON))


# -- pieces -------------------------------------------------------------------------------------------------------

PIECE = {"brief": "a calm song about the sea", "form": [{"label": "verse", "bars": 4}], "layers": ["vocals", "piano"]}


def composed_piece(owner: str, **fields) -> RevisionOrder:
    """A piece taken through the stages that settle its context."""
    wanted = CompositionOrder.model_validate(PIECE | {"instrumental": False} | fields)
    _, run = composing.begin(owner, wanted, names.seed(datetime.now(UTC)))
    its = RevisionOrder.model_validate(run.order)
    for stage in ("context", "harmony", "arrangement", "melody", "lyrics"):
        assert composing.settle(its, composing.Stage(stage))
    return its


def made_piece(its: RevisionOrder) -> None:
    """As made, for refinements to begin from."""

    def done(work):
        newest = work.composition.revisions[-1]
        newest.status, work.composition.current = "made", newest.number
        return work

    works.change(its.owner, its.work_id, done)


def test_a_piece_is_sung_in_the_voice_and_its_layer_carries_the_mark(owner, voice):
    its = composed_piece(owner, voice="anna")
    (vocals,) = [one for one in composing.plan_layers(its) if one.element == "vocals"]
    assert body(vocals)["singer"]["voice"]["voice_id"] == voice.voice_id and take(vocals).voice.version == 1
    (piano,) = [one for one in composing.plan_layers(its) if one.element == "piano"]
    assert body(piano)["singer"] is None and take(piano).voice is None
    _, run = removal.of_consent(owner, voice.voice_id, "")
    carried_out(run)
    work = works.get(owner, its.work_id)
    assert take(vocals).status == "failed" and "was taken back" in take(vocals).error
    assert work.composition.revisions[0].status == "failed"
    assert "was taken back" in work.composition.revisions[0].error
    assert showing.composition(work).voices[0].withdrawn_at
    assert not composing.layers_made(its), "its run ends"


def test_a_refinement_names_the_voice_by_field_or_in_words(owner, voice):
    its = composed_piece(owner)
    made_piece(its)
    _, revision, _ = revising.refine(owner, its.work_id, Refinement(voice="Anna"))
    assert revision.context.singer.voice_id == voice.voice_id and revision.changes == ["voice: Anna, version 1"]
    made_piece(its)
    _, back, _ = revising.refine(owner, its.work_id, Refinement(voice=""))
    assert back.context.singer is None and "no weights" in back.changes[0]
    made_piece(its)
    _, words, _ = revising.refine(owner, its.work_id, Refinement(text="slower, in my voice Anna", from_version=1))
    assert words.context.singer.voice_id == voice.voice_id and words.context.tempo < revision.context.tempo
    assert words.understood.not_understood == [] and words.changes[-1] == "voice: Anna, version 1"


def test_the_voice_of_a_piece_is_asked_for_again_with_each_refinement(owner, voice):
    its = composed_piece(owner, voice=voice.voice_id)
    made_piece(its)
    ended(owner, voice.voice_id)
    with pytest.raises(composing.CannotCompose, match=r"ended on 2026-03-01.*name another"):
        revising.refine(owner, its.work_id, Refinement(tempo=90))
    _, other, _ = revising.refine(owner, its.work_id, Refinement(voice="", tempo=90))
    assert other.context.singer is None
    made_piece(its)
    with pytest.raises(voices_using.ConsentExpired):
        revising.refine(owner, its.work_id, Refinement(voice="Anna", from_version=1))


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("Anna", "in my voice Anna", ""),
        ("Anna", "slower, in Anna's voice", "slower"),
        ("Anna", 'sing it in the voice of "Anna", busier drums', "sing it busier drums"),
        ("Anna", "mit meiner Stimme Anna und langsamer", "und langsamer"),
        ("Зоя", "con la voz de Зоя", ""),
        ("Zoé 𝄞", "avec ma voix Zoé 𝄞", ""),
        ("Anna", "the voice softer", None),
        ("Anna", "more annatto in my voice", None),
        ("Al", "in my voice Alberta", None),
    ],
)
def test_a_voice_is_heard_in_words(storage, owner, tmp_path, name, text, left):
    voice = voice_makers.ready(owner, tmp_path, name=name)
    found, rest = revising.voices_singing._named(owner, text)
    assert (found, rest) == ((voice.voice_id, left) if left is not None else (None, text))
