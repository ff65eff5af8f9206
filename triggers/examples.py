"""What a message of each contract looks like: the demo song, and new stems for its second chorus.

Contracts themselves, so that none can be wrong; `openapi.py` puts them into the document, and so onto its page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from ripieno.contracts import (
    analysis,
    audio,
    catalogue,
    composition,
    consent,
    feedback,
    generation,
    harmony,
    health,
    identity,
    jobs,
    masters,
    moderation,
    preferences,
    problems,
    understanding,
    voice_profiles,
    voices,
    webhooks,
)
from ripieno.contracts.enums import (
    AudioFileStatus,
    AudioFormat,
    GenerationStatus,
    JobState,
    Mode,
    Role,
    StemType,
    TakeStatus,
)
from ripieno.contracts.production import Score
from ripieno.contracts.provenance import Provenance
from triggers import access_examples, operation_examples, set_examples, usage_examples

HOST = "https://ripieno.example"
SONG = "0980b1dc-e520-5f6d-89a8-aded71947c0c"
BORN = "5d1f0c7be2"
WORK = "82173489165124f0c9d2ab617e"
UPLOAD = "82173489165129b1e07c44d2fa"
REFUSAL = "5c1f0b9e2d7a4c3f8e6b1a0d9c8f7e6d"
VOICE = "82173489165131d7c2b90a4e6f"
DEVICE = "82173489165135a0b1c2d3e4f5"
ISSUER = "https://login.microsoftonline.com/9d5c6f0e-3b1a-4c2d-8e7f-0a1b2c3d4e5f/v2.0"
CLIENT = "1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b"
SONG_RUN = f"song-{SONG}-{BORN}-1"
FILE = "Coda in Daylight.flac"
CAME, DONE = "2026-11-26T20:14:05.120000+00:00", "2026-11-26T20:14:31.870000+00:00"
ASKED, MADE = "2026-11-26T20:20:00.410000+00:00", "2026-11-26T20:20:04.980000+00:00"
SHA = "9f2c1b7a4de05c1f6a0b3e8d7c4f2a19e6b5d4c3f2a1908f7e6d5c4b3a291807"

SYMBOLIC = Provenance(engine="symbolic", version="1.0", license="Apache-2.0", device="cpu")
MADMOM = Provenance(
    engine="madmom", version="0.17", license="CC BY-NC-SA 4.0", weights="6f1d0c52ab97e340", device="cpu"
)
FILTERS = Provenance(
    engine="dsp",
    version="1.0",
    license="Apache-2.0",
    device="cpu",
    fallback=True,
    approximate=True,
    reason="no Demucs weights are installed: ripieno models pull htdemucs",
)
RULES = Provenance(engine="rules", version="1.0", license="Apache-2.0")


def _secret(container: str, blob: str) -> str:
    """An address as storage gives it for an hour."""
    return f"https://ripienostore.blob.core.windows.net/{container}/{blob}?se=2026-11-26T21%3A20%3A05Z&sp=r&sig=…"


_SUMMARY = audio.AudioSummary(
    audio_file_id=SONG,
    original_file_name=FILE,
    status=AudioFileStatus.ANALYZED,
    bpm=112.0,
    key="D",
    mode=Mode.MAJOR,
    valence=0.31,
    arousal=0.22,
    styles=["pop", "house"],
    duration_seconds=122.8,
    uploaded_at=CAME,
)
_REFUSAL = moderation.Refusal(
    refusal_id=REFUSAL,
    owner="local",
    door="POST /compositions",
    field="brief",
    kind="imitation",
    rule="imitation.artist",
    text="a ballad in the style of Coldplay",
    words="coldplay",
    message="nobody is imitated by name here, and so not Coldplay",
    suggestion="stadium rock with delayed guitars, piano and anthemic choruses, 2000s",
    refused_at=ASKED,
)
_PROGRESS = audio.Progress(stage="done", fraction=1.0, message="analysed", audio_file_id=SONG)
_ORDER = generation.GenerationOrder(
    audio_file_id=SONG,
    target_stems=[StemType.BASS, StemType.SYNTH],
    parameters=generation.GenerationParameters(
        section="chorus 2", style="house 70%, bossa 30%", prompt="a bass line and a pad, a bit darker", random_seed=7
    ),
)
_PLANS = [
    generation.StemPlan(
        stem_type=StemType.BASS,
        name="bass",
        style="house 70%, bossa 30%",
        prompt=_ORDER.parameters.prompt,
        brightness=-0.3,
        section="chorus 2",
        random_seed=7,
    ),
    generation.StemPlan(
        stem_type=StemType.SYNTH,
        name="synth",
        style="house 70%, bossa 30%",
        prompt=_ORDER.parameters.prompt,
        brightness=-0.3,
        articulation="legato",
        section="chorus 2",
        random_seed=7,
    ),
]
_BASS = generation.GeneratedStem(
    stem_type=StemType.BASS,
    blob_name=f"{WORK}/bass.wav",
    midi_blob_name=f"{WORK}/bass.mid",
    file_size_bytes=4_536_044,
    sha256=SHA,
    format="wav",
    sample_rate=44100,
    channels=2,
    start_seconds=69.0,
    duration_seconds=17.14,
    random_seed=7,
    plan=_PLANS[0],
    engine=SYMBOLIC,
    score=Score(
        beat_alignment=0.97,
        offset_ms=1.2,
        tempo_error=0.0,
        chord_agreement=0.96,
        key_agreement=0.88,
        energy_correlation=0.71,
        loudness_lufs=-18.4,
        peak=0.8,
        overall=0.93,
    ),
)
_LISTED = generation.Generation(
    generation_request_id=WORK,
    instance_id=f"work-{WORK}",
    owner="local",
    audio_file_id=SONG,
    song_name=FILE,
    status=GenerationStatus.AWAITING_REVIEW,
    message="listen, then approve or reject each stem",
    created_at=ASKED,
    order=_ORDER,
    plan=generation.GenerationPlan(stems=_PLANS, planner=RULES),
    start_seconds=69.0,
    duration_seconds=17.14,
)
_MIX = generation.MixView(
    name="mix-ab617e01",
    kind="mix",
    status=TakeStatus.GENERATED,
    made_at=MADE,
    blob_name=f"{WORK}/mix-ab617e01.wav",
    blob_url=_secret("generated", f"{WORK}/mix-ab617e01.wav"),
    file_size_bytes=32_497_004,
    sha256=SHA,
    format="wav",
    sample_rate=44100,
    duration_seconds=122.8,
    loudness_lufs=-13.9,
    peak=0.98,
    gain_db=-1.6,
    engine=SYMBOLIC,
)
_JOB = jobs.JobRecord(
    job_id=f"{SONG_RUN}:mir",
    kind="mir",
    audio_file_id=SONG,
    instance_id=SONG_RUN,
    endpoint="analysis",
    address="http://127.0.0.1:8001",
    endpoint_job_id=f"{SONG_RUN}:mir",
    state="succeeded",
    arrived_at=CAME,
    updated_at=DONE,
    started_at="2026-11-26T20:14:09.300000+00:00",
    ended_at=DONE,
)
_UNDERSTOOD = understanding.Understanding(
    text="busier but not louder, and no drums in the intro",
    language="en",
    statements=[
        understanding.Statement(
            kind=understanding.Kind.DENSITY,
            amount=0.6,
            words=understanding.Stretch(start=0, end=6, text="busier"),
        ),
        understanding.Statement(
            kind=understanding.Kind.DYNAMICS,
            amount=0.6,
            negated=True,
            words=understanding.Stretch(start=11, end=21, text="not louder"),
        ),
        understanding.Statement(
            kind=understanding.Kind.PART,
            parts=[StemType.DRUMS],
            places=[understanding.Place(section="intro")],
            negated=True,
            words=understanding.Stretch(start=27, end=48, text="no drums in the intro"),
        ),
    ],
)

_SECTIONS = [
    composition.ContextSection(
        label="verse",
        bars=4,
        energy=[0.6, 0.6, 0.66, 0.72],
        chords=[["Am"], ["F"], ["C"], ["G"]],
        parts=["synth", "drums", "bass"],
    ),
    composition.ContextSection(
        label="chorus",
        bars=4,
        energy=[0.9] * 4,
        chords=[["F"], ["C"], ["G"], ["Am"]],
        parts=["synth", "drums", "bass", "piano"],
    ),
]
_PIECE = composition.CompositionView(
    composition_id=WORK,
    instance_id=f"work-{WORK}-1",
    owner="local",
    status=GenerationStatus.AWAITING_REVIEW,
    message="listen, then approve it or say what to change",
    title="Salt on My Skin",
    created_at=ASKED,
    current=1,
    order=composition.CompositionOrder(brief="uplifting electronic about the sea at night", random_seed=3),
    duration_seconds=15.4,
    context=composition.Context(
        title="Salt on My Skin",
        mood=composition.Mood(words="uplifting", valence=0.8, arousal=0.5),
        styles=[composition.StyleShare(name="house")],
        tempo=124.8,
        meter="4/4",
        key="C major",
        sections=_SECTIONS,
        layers=[composition.Layer(name="bass", stem_type=StemType.BASS)],
        theme="the sea at night",
        loudness_lufs=-12.0,
        seed=3,
        settled={"tempo": "context"},
    ),
    versions=[
        composition.RevisionView(
            number=1,
            made_at=ASKED,
            asked="uplifting electronic about the sea at night",
            status="made",
            stages=[composition.StageState(stage=composition.Stage.HARMONY, status="done", message="verse: Am F C G")],
            elements={"bass": 1},
            mix="mix-00000001",
            instance_id=f"work-{WORK}-1",
        )
    ],
)

_SAID = feedback.Feedback(
    feedback_id=UPLOAD,
    target=WORK,
    kind="composition",
    version=1,
    rating=4,
    comment="the chorus lifts",
    created_at=MADE,
)

_TASTE = preferences.Preferences(
    sentences=["You like bossa.", "You like it sparser than I do."],
    engines=[preferences.Liking(name="symbolic", liked=0.7, told=8.5)],
    styles=[preferences.Liking(name="bossa", liked=0.85, told=5.2)],
    shades=[preferences.Leaning(shade="density", mean=-0.34, deviation=0.11, told=6.0)],
    verdicts=12,
    updated_at=MADE,
)

_MASTERED = masters.SongMaster(
    master_id=WORK,
    instance_id=f"take-{WORK}-song-1",
    audio_file_id=SONG,
    owner="local",
    status=GenerationStatus.COMPLETED,
    message="it can be heard",
    created_at=ASKED,
    order=masters.SongMasterOrder(preset="club"),
    file=_MIX.model_copy(update={"name": "song-master", "kind": "master", "preset": "club"}),
)

_SAMPLE = voice_profiles.VoiceSample(
    sample_id=SHA[:24],
    file_name="Anna sings.wav",
    kind="sung",
    status="taken",
    added_at=CAME,
    format="wav",
    file_size_bytes=3_969_044,
    sha256=SHA,
    duration_seconds=30.0,
    blob_name=f"{VOICE}/samples/{SHA[:24]}.wav",
    instance_id=f"voice-{VOICE}-sample-{SHA[:24]}-44c2fa9b07e1",
    beside=[],
    report=voices.VoiceSampleReport(
        seconds=30.0, voiced_seconds=24.6, sample_rate=44100, loudness_lufs=-19.8, peak=0.71, noise_db=41.0,
        consistency=0.93, one_speaker=True, engine=FILTERS.model_copy(update={"engine": "voice-profile"}),
    ),
)  # fmt: skip
_CONSENT = consent.Consent(
    who="Anna Berg",
    purposes=[consent.Purpose.SINGING, consent.Purpose.TRAINING],
    until="2027-12-31T00:00:00+00:00",
    sample_id=SHA[24:48],
    sample_sha256=SHA[::-1],
    given_at=CAME,
)
_VOICE_VERSION = voice_profiles.VoiceVersion(
    number=1,
    status="made",
    made_at=MADE,
    instance_id=f"voice-{VOICE}-version-first",
    samples=[_SAMPLE.sample_id],
    profile=voices.VoiceProfile(
        blob_name=f"{VOICE}/versions/1/profile.json", samples=1, seconds=30.0, voiced_seconds=24.6, lowest=196.0,
        median=311.0, highest=587.0, formants=[640.0, 1480.0, 2790.0, 3900.0],
        envelope=[6.0 - 0.3 * band for band in range(voices.ENVELOPE_BANDS)], tilt=-9.1, breathiness=0.12,
        vibrato_hz=5.4, vibrato_cents=38.0, embedding=[], embedding_by="mel statistics", pitch_by="pesto",
        engine=RULES.model_copy(update={"engine": "voice-profile"}),
    ),
)  # fmt: skip
_VOICE = voice_profiles.VoiceView(
    voice_id=VOICE,
    owner="local",
    name="Anna",
    status="ready",
    message="version 1 can be used for singing, training, until 2027-12-31",
    created_at=CAME,
    consent=_CONSENT,
    consents=[_CONSENT],
    samples=[
        voice_profiles.SampleView(**_SAMPLE.model_dump(), blob_url=_secret("voices", f"{VOICE}/samples/{SHA[:24]}.wav"))
    ],
    versions=[_VOICE_VERSION],
    current=1,
)

_EXAMPLES: Sequence[BaseModel] = [
    audio.AudioPage(items=[_SUMMARY]),
    audio.AudioFile(
        **_SUMMARY.model_dump(), owner="local", born=BORN, sha256=SHA, blob_name=f"{SONG}/{BORN}/original.flac",
        file_size_bytes=14_905_220, format=AudioFormat.FLAC, sample_rate=44100, channels=2, title="Coda in Daylight",
        analyzed_at=DONE, instance_id=SONG_RUN, progress=_PROGRESS,
        links={name: f"{HOST}/api/audio/{SONG}/{name}" for name in ("analysis", "jams", "stems", "content")},
    ),
    audio.AudioAccepted(
        audio_file_id=SONG, instance_id=SONG_RUN, status=AudioFileStatus.UPLOADED,
        status_url=f"{HOST}/api/audio/{SONG}", message="taken in; its analysis has begun",
    ),
    audio.AnalysisOrder(engines={"separate": "htdemucs"}),
    audio.RemovalAccepted(
        instance_id=f"remove-{SONG}-{BORN}", status_url=f"{HOST}/api/removals/remove-{SONG}-{BORN}",
        message="it is being deleted",
    ),
    audio.Removal(instance_id=f"remove-{SONG}-{BORN}", status="completed", fraction=1.0, message="removed"),
    audio.StemList(
        audio_file_id=SONG, engine="dsp", approximate=True,
        stems=[audio.StemLink(
            stem_type="bass", blob_url=_secret("stems", f"{SONG}/{BORN}/bass.flac"), file_size_bytes=6_120_334,
            format="flac", sample_rate=44100, channels=2, duration_seconds=122.8,
        )],
    ),
    audio.UploadRequest(file_name="A long set.wav", file_size_bytes=1_905_220_044),
    audio.UploadTicket(
        upload_id=UPLOAD, upload_url=_secret("raw-audio", f"uploads/{UPLOAD}"), headers={"x-ms-blob-type": "BlockBlob"},
        expires_at="2026-11-27T00:14:05.120000+00:00", complete_url=f"{HOST}/api/uploads/{UPLOAD}/complete",
    ),
    audio.UploadOutcome(
        upload_id=UPLOAD, instance_id="drop-3f0e6f2b9c5a4d1e8b7a6c5d4e3f2a1b", message="the file is being read",
    ),
    analysis.Analysis(
        duration_seconds=122.8, bpm=112.0, time_signature="4/4", key="D", mode=Mode.MAJOR,
        keys=[analysis.KeySpan(start_time=0.0, end_time=122.8, key="D", mode=Mode.MAJOR)], tuning_frequency=439.6,
        beats=[analysis.Beat(time=0.36, position=1), analysis.Beat(time=0.89, position=2)], bar_levels=[-21.4, -19.8],
        sections=[analysis.Section(start_time=0.0, end_time=8.93, label="intro", confidence=0.94)],
        chords=[analysis.Chord(start_time=0.36, end_time=2.5, chord="D:maj", confidence=0.93)],
        mood=analysis.MoodHeard(valence=0.31, arousal=0.22, words=["hopeful", "bright", "glad"]),
        styles=[analysis.StyleHeard(name="pop", weight=0.62), analysis.StyleHeard(name="house", weight=0.21)],
        confidence=analysis.Confidences(
            bpm=0.99, beats=0.99, key=0.99, chords=0.93, sections=0.94, tuning_frequency=0.87, valence=0.5,
            arousal=0.8, styles=0.55,
        ),
        engines={"separate": FILTERS, "beats": MADMOM},
    ),
    _ORDER,
    generation.GenerationAccepted(
        generation_request_id=WORK, instance_id=f"work-{WORK}", status=GenerationStatus.PENDING,
        status_url=f"{HOST}/api/generations/{WORK}", message="the stems are being planned",
    ),
    generation.GenerationList(items=[_LISTED]),
    _LISTED.model_copy(update={
        "stems": [generation.StemTakes(name="bass", stem_type=StemType.BASS, takes=[generation.Take(
            take=1, status=TakeStatus.GENERATED, plan=_PLANS[0], planner=RULES, stem=_BASS, made_at=MADE,
            blob_url=_secret("generated", _BASS.blob_name), midi_url=_secret("generated", f"{WORK}/bass.mid"),
        )])],
        "mixes": [_MIX],
    }),
    generation.Verdict(comment="busier, an octave lower"),
    generation.MixOrder(gains={"bass": -3.0}, master="streaming"),
    generation.MixAccepted(
        name="mix-ab617e01", master="mix-ab617e01-master", status=TakeStatus.GENERATING,
        status_url=f"{HOST}/api/generations/{WORK}", instance_id=f"take-{WORK}-mix-ab617e01-1",
    ),
    _REFUSAL,
    moderation.RefusalList(items=[_REFUSAL]),
    webhooks.WebhookState(
        secret="whsec_UmlwaWVubywgYSBzZWNyZXQgb2Ygbm9ib2R5J3MuLi4=", number=2, rotated_at=CAME, previous_until=DONE,  # noqa: S106
        undelivered=[
            webhooks.Undelivered(
                message_id=f"{SONG_RUN}-analyzed", type="audio.analyzed", url="https://studio.example/told", tries=2,
                reason="it answered 503", first_tried_at=DONE, next_try_at=ASKED,
            )
        ],
    ),
    webhooks.RotationOrder(overlap_hours=48),
    webhooks.WebhookKey(number=2, rotated_at=CAME, previous_until=DONE),
    moderation.Appeal(reason="it is my own band's name"),
    moderation.Decision(granted=True, reason="the band is theirs"),
    composition.CompositionOrder(
        brief="uplifting electronic with dreamy vocals about the sea at night, two and a half minutes", random_seed=3
    ),
    composition.CompositionAccepted(
        composition_id=WORK, version=1, instance_id=f"work-{WORK}-1", status=GenerationStatus.GENERATING,
        status_url=f"{HOST}/api/compositions/{WORK}", message="the piece is being composed",
    ),
    composition.DownloadAccepted(
        composition_id=WORK, version=1, format="mp3", instance_id=f"take-{WORK}-export-mp3-9f2c1b7a-1",
        status_url=f"{HOST}/api/compositions/{WORK}/download?format=mp3&version=1",
        message="the mp3 is being made: ask the same again",
    ),
    _PIECE,
    composition.CompositionList(items=[_PIECE]),
    composition.VersionList(items=_PIECE.versions),
    composition.Refinement(text="make the second chorus bigger"),
    composition.VersionChoice(version=1),
    composition.VersionComparison(
        a=1, b=2, changes=["tempo: 124.8 → 120.0"], is_same_mix=False,
        fields=[composition.FieldChange(field="tempo", a=124.8, b=120.0)],
        layers=[composition.LayerChange(name="bass", a=1, b=2, change="made anew")],
    ),
    catalogue.Catalogue(
        styles=[catalogue.StyleEntry(name="bossa", tempo=(112, 144), beats_per_bar=4, valence=0.5, arousal=-0.2,
                                     form="song")],
        instruments=[catalogue.InstrumentEntry(name="upright bass", stem_type=StemType.BASS, program=32)],
        moods=[catalogue.MoodEntry(word="uplifting", valence=0.8, arousal=0.5)],
        forms=[catalogue.FormEntry(name="song", sections=[("intro", 4), ("verse", 8), ("chorus", 8)])],
        layers=[StemType.DRUMS, StemType.BASS], meters=["4/4", "6/8"], languages=["en", "de", "es", "fr"],
        engines=[catalogue.EngineEntry(task="generate", name="symbolic", endpoint="generation", available=True,
                                       license="MIT; SoundFont GPL-2")],
        mastering=[catalogue.PresetEntry(name="streaming", loudness_lufs=-14.0, ceiling_db=-1.0, about="services")],
        personas=[catalogue.PersonaEntry(name="vesper", title="Vesper", about="dark and steady", daring=0.35,
                                         languages=["en", "de"])],
        stem_formats=["wav", "flac"], download_formats=["wav", "mp3", "midi"], stages=["context", "harmony"],
    ),
    harmony.HarmonyOrder(midi="TVRoZAAAAAYAAAABAeBNVHJrAAAA", key="A minor"),
    harmony.Harmony(key="A minor", meter="4/4", chords=["Am", "F", "C", "E"], fit=0.87),
    masters.SongMasterOrder(preset="club", reference_id=SONG),
    _MASTERED,
    masters.SongMasterList(items=[_MASTERED]),
    composition.Rejection(version=1, comment="less busy drums in the verse"),
    feedback.Opinion(version=1, rating=4, comment="the chorus lifts"),
    feedback.FeedbackOrder(target=WORK, version=1, rating=4, comment="the chorus lifts"),
    _SAID,
    feedback.FeedbackList(items=[_SAID]),
    _TASTE,
    preferences.Relearned(verdicts=12),
    preferences.PreferencesFile(
        **_TASTE.model_dump(),
        lessons=[preferences.Lesson(
            lesson_id=f"{WORK} drums 1", told_at=MADE, liked=-0.3,
            chose={"engines": {"symbolic": 1.0}, "styles": {"bossa": 1.0}},
            wanted={StemType.DRUMS: {"density": -0.6}},
        )],
    ),
    voice_profiles.VoiceOrder(name="Anna", about="mezzo-soprano, recorded at home"),
    _VOICE,
    voice_profiles.VoiceList(items=[_VOICE.model_copy(update={"samples": [], "versions": [], "consents": []})]),
    voice_profiles.SampleAccepted(
        voice_id=VOICE, sample=_SAMPLE.model_copy(update={"status": "checking", "report": None}),
        status_url=f"{HOST}/api/voices/{VOICE}", message="it is being heard",
    ),
    consent.ConsentOrder.model_validate({
        "who": "Anna Berg", "purposes": ["singing", "training"], "until": "2027-12-31", "sample_id": SHA[24:48],
    }),
    consent.Revocation(reason="I changed my mind"),
    voice_profiles.TrainOrder(learn=True, steps=2000),
    voice_profiles.VoiceVersionList(current=1, items=[_VOICE_VERSION]),
    voice_profiles.VoiceComparison(
        a=1, b=2, likeness=0.97, added=[SHA[:24]],
        figures=[voice_profiles.FigureChange(figure="highest", a=587.0, b=622.0)],
    ),
    voice_profiles.VoiceVersionChoice(version=1),
    voice_profiles.VoiceUseList(items=[voice_profiles.VoiceUse(
        voice_id=VOICE, version=1, purpose=consent.Purpose.SINGING, work_id=WORK, kind="composition", element="vocals",
        take=1, used_at=MADE,
    )]),
    voice_profiles.ApplyOrder(audio_file_id=SONG, source="stem", strength=0.8),
    understanding.UnderstandRequest(text="busier but not louder, and no drums in the intro", about="comment"),
    _UNDERSTOOD,
    jobs.JobPage(items=[_JOB]),
    _JOB,
    health.Health(
        status="ok", version="1.0.0",
        parts={"storage": health.Part(ok=True), "analysis": health.Part(ok=True), "generation": health.Part(ok=True)},
    ),
    health.Woken(woken=True),
    jobs.JobEvent(job_id=f"{SONG_RUN}:mir", state=JobState.SUCCEEDED),
    identity.SignIn(
        modes=["entra"], issuer=ISSUER, client_id=CLIENT, scopes=["openid", "offline_access", f"api://{CLIENT}/.default"],
    ),
    identity.Me(owner="5e0c7a1b-2d3f-4a5b-8c9d-0e1f2a3b4c5d", name="anna@ripieno.example", roles=[Role.ADMIN]),
    identity.PairingOrder(role=Role.GENERATOR, name="phone"),
    identity.Pairing(code="K7QX-2M9F", role=Role.GENERATOR, expires_at=ASKED),
    identity.PairingClaim(code="k7qx 2m9f", name="phone"),
    identity.Paired(
        device_id=DEVICE, token=f"rpd.bG9jYWw.{DEVICE}.…", owner="local", role=Role.GENERATOR, expires_at=ASKED
    ),
    identity.DeviceList(items=[identity.DeviceView(
        device_id=DEVICE, name="phone", role=Role.GENERATOR, created_at=CAME, expires_at=ASKED, last_used_at=DONE,
    )]),
    problems.Problem(
        title="Not found", status=404, code="not_found", detail=f"there is no song {SONG}",
    ),
]  # fmt: skip

BY_CONTRACT: dict[type[BaseModel], BaseModel] = {
    type(one): one
    for one in [
        *_EXAMPLES,
        *set_examples.EXAMPLES,
        *access_examples.EXAMPLES,
        *usage_examples.EXAMPLES,
        *operation_examples.EXAMPLES,
    ]
}

BY_ROUTE: dict[str, Any] = {
    "get_jams": {
        "file_metadata": {"title": "Coda in Daylight", "artist": "", "duration": 122.8, "jams_version": "0.3.5"},
        "annotations": [
            {
                "namespace": "beat",
                "data": [{"time": 0.36, "duration": 0.0, "value": 1, "confidence": 0.99}],
                "annotation_metadata": {"annotation_tools": "madmom 0.17"},
                "sandbox": {},
                "time": 0,
                "duration": 122.8,
            }
        ],
        "sandbox": {"tuning_frequency": 439.6},
    },
}
"""Answers that have no contract, by the name of their route."""

PYTHON: dict[str, str] = {
    "upload_audio": 'song_id = ripieno.upload(Path("song.mp3"))',
    "list_audio": 'songs = list(ripieno.search(key="D", mode="major", bpm_min=100))',
    "get_audio": "song = ripieno.get(song_id)",
    "delete_audio": "ripieno.delete(song_id)",
    "get_content": 'ripieno.content(song_id, Path("song.flac"))',
    "get_analysis": "sections = ripieno.analysis(song_id).sections",
    "analyze_again": 'ripieno.analyze_again(song_id, {"separate": "htdemucs"})',
    "get_jams": "jams = ripieno.jams(song_id)",
    "get_stems": "stems = ripieno.stems(song_id).stems",
    "create_generation": 'request = ripieno.generate(GenerationOrder(audio_file_id=song_id, target_stems=["bass"]))',
    "list_generations": "requests = list(ripieno.generations(audio_file_id=song_id))",
    "get_generation": "takes = ripieno.generation(request).stems[0].takes",
    "delete_generation": "ripieno.delete_generation(request)",
    "cancel_generation": "ripieno.cancel_generation(request)",
    "approve_stem": 'ripieno.approve(request, "bass")',
    "reject_stem": 'ripieno.reject(request, "bass", "busier, an octave lower")',
    "create_mix": 'mix = ripieno.mix(request, MixOrder(gains={"bass": -3}, master="streaming"))',
    "create_composition": 'piece = ripieno.compose("uplifting electronic about the sea, two minutes")',
    "list_compositions": "pieces = list(ripieno.compositions())",
    "get_composition": "context = ripieno.composition(piece).context",
    "download_composition": 'ripieno.download_composition(piece, Path("piece.mp3"), format="mp3")',
    "list_versions": "versions = ripieno.versions(piece)",
    "harmonize_melody": 'chords = ripieno.harmonize(Path("melody.mid")).chords',
    "master_song": 'master = ripieno.master(song_id, SongMasterOrder(preset="club"))',
    "list_masters": "masters = list(ripieno.masters())",
    "get_master": "address = ripieno.song_master(master.master_id).file.blob_url",
    "delete_master": "ripieno.delete_master(master.master_id)",
    "compare_versions": "layers = ripieno.compare_versions(piece, 1, 2).layers",
    "refine_composition": 'ripieno.refine(piece, "make the second chorus bigger")',
    "roll_back_composition": "ripieno.roll_back(piece, 1)",
    "branch_composition": "ripieno.branch(piece, 1)",
    "approve_composition": "ripieno.approve_composition(piece)",
    "reject_composition": 'ripieno.reject_composition(piece, "less busy drums in the verse")',
    "create_voice": 'voice_id = ripieno.create_voice("Anna").voice_id',
    "list_voices": "names = [voice.name for voice in ripieno.voices()]",
    "get_voice": "status = ripieno.voice(voice_id).status",
    "delete_voice": "ripieno.delete_voice(voice_id)",
    "add_sample": 'sample = ripieno.add_sample(voice_id, Path("Anna sings.wav"))',
    "give_consent": 'ripieno.give_consent(voice_id, "Anna Berg", ["singing"], "2027-12-31", sample.sample_id)',
    "revoke_consent": 'ripieno.revoke_consent(voice_id, "she changed her mind")',
    "train_voice": "ripieno.train_voice(voice_id)",
    "list_voice_versions": "versions = ripieno.voice_versions(voice_id).items",
    "compare_voice_versions": "figures = ripieno.compare_voice_versions(voice_id, 1, 2).figures",
    "roll_back_voice": "ripieno.roll_back_voice(voice_id, 1)",
    "list_voice_uses": "uses = list(ripieno.voice_uses(voice_id))",
    "apply_voice": "request = ripieno.apply_voice(voice_id, ApplyOrder(audio_file_id=song_id))",
    "give_feedback": 'ripieno.rate(request, 4, comment="the bass sits well")',
    "rate_composition": "ripieno.rate_composition(piece, 5, version=1)",
    "list_refusals": "refused = list(ripieno.refusals())",
    "get_refusal": "why = ripieno.refusal(refusal_id)",
    "appeal_refusal": 'ripieno.appeal(refusal_id, "it is my own band\'s name")',
    "list_appeals": "waiting = list(ripieno.appeals())",
    "decide_appeal": 'ripieno.decide_appeal(refusal_id, granted=True, reason="the band is theirs")',
    "get_preferences": "sentences = ripieno.preferences().sentences",
    "forget_preferences": 'ripieno.forget_preferences("styles")',
    "export_preferences": "lessons = ripieno.export_preferences().lessons",
    "rebuild_preferences": "ripieno.rebuild_preferences()",
    "list_feedback": "said = list(ripieno.feedback())",
    "cancel_composition": "ripieno.cancel_composition(piece)",
    "delete_composition": "ripieno.delete_composition(piece)",
    "get_catalogue": "styles = [style.name for style in ripieno.catalogue().styles]",
    "health": "parts = ripieno.health()",
    "get_auth": "modes = ripieno.sign_in().modes",
    "get_me": "roles = ripieno.me().roles",
    "create_pairing": 'code = ripieno.pair("Viewer", name="phone").code',
    "claim_pairing": 'token = ripieno.join("K7QX-2M9F", name="phone").token',
    "list_devices": "names = [device.name for device in ripieno.devices()]",
    "revoke_device": "ripieno.revoke_device(device_id)",
    "understand_words": 'said = ripieno.understand("busier but not louder")',
    "list_jobs": 'jobs = list(ripieno.jobs(state="failed"))',
    "get_job": "job = ripieno.job(job_id)",
    **set_examples.PYTHON,
    **access_examples.PYTHON,
    **usage_examples.PYTHON,
    **operation_examples.PYTHON,
}
"""How `ripieno.client.Ripieno` does what a route does, by the name of the route."""
