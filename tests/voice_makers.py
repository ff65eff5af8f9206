"""Voices as records, for tests that need no endpoint to hear them; and of a synthetic speaker, for those that do."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

import makers
import soundfile

from benchmarks.voices.speakers import SENTENCES, says
from ripieno.client import Ripieno
from ripieno.contracts import names
from ripieno.contracts.consent import ConsentOrder, Purpose
from ripieno.contracts.voice_profiles import SampleKind, Voice, VoiceOrder, VoiceView
from ripieno.contracts.voices import ENVELOPE_BANDS, SampleFault, VoiceModel, VoiceProfile, VoiceSampleReport
from ripieno.contracts.workflow import SampleOrder, VoiceVersionOrder
from ripieno.records import runs, voices
from ripieno.services import blobs
from ripieno.work import voices as work
from ripieno.work import voices_consent, voices_samples, voices_versions

EMBEDDING = [0.6, 0.8]
ALL = list(Purpose)


def created(owner: str, name: str = "Anna") -> Voice:
    return work.create(owner, VoiceOrder(name=name), names.seed(datetime.now(UTC)))


def report(*refused: SampleFault) -> dict:
    """What the endpoint says of a sample."""
    said = VoiceSampleReport(
        seconds=4.0, voiced_seconds=3.1, embedding=EMBEDDING, refused=list(refused), engine=makers.MAKER
    )
    return said.model_dump(mode="json")


def profile(voice_id: str, number: int, lowest: float = 200.0) -> dict:
    """What the endpoint says of all samples, and the file that it wrote."""
    measured = VoiceProfile(
        blob_name=names.voice_profile_blob(voice_id, number), samples=1, seconds=4.0, voiced_seconds=3.1, lowest=lowest,
        median=lowest * 1.5, highest=lowest * 2, formants=[600.0, 1500.0, 2700.0, 3900.0],
        envelope=[0.0] * ENVELOPE_BANDS, tilt=-9.0, breathiness=0.1, embedding=EMBEDDING, embedding_by="test",
        pitch_by="test", engine=makers.MAKER,
    )  # fmt: skip
    blobs.upload_json(names.VOICES, measured.blob_name, measured.model_dump(mode="json"))
    return measured.model_dump(mode="json")


def model(voice_id: str, number: int, *, is_better: bool = True) -> dict:
    """What the endpoint says of a model that it trained, and the file that it wrote."""
    blob_name = f"{names.voice_model_output(voice_id, number)}.onnx"
    blobs.upload(names.VOICES, blob_name, b"model")
    return VoiceModel(
        blob_name=blob_name, file_size_bytes=5, sha256="0" * 64, steps=10, seconds=1.0, trained_on_seconds=3.0,
        held_out_seconds=1.0, loss_before=1.0, loss_after=0.5 if is_better else 1.5, parity=1e-5, is_better=is_better,
        engine=makers.MAKER,
    ).model_dump(mode="json")  # fmt: skip


def sent(voice: Voice, folder: Path, kind: SampleKind = "sung", data: bytes | None = None) -> voices_samples.Added:
    """A recording sent, and not heard yet."""
    path = folder / f"{uuid.uuid4().hex}.wav"
    path.write_bytes(data or makers.tone())
    return voices_samples.add(voice.owner, voice.voice_id, path, "a sample.wav", kind, names.seed(datetime.now(UTC)))


def heard(added: voices_samples.Added, *refused: SampleFault) -> bool:
    """A sample heard; whether it has to be heard once more."""
    assert added.run is not None
    order = SampleOrder.model_validate(added.run.order)
    assert voices_samples.begin(order)
    again = voices_samples.save(order, report(*refused), None)
    if not again:
        runs.forget(added.run)
    return again


def taken(voice: Voice, folder: Path, kind: SampleKind = "sung") -> str:
    """A sample that was sent and taken: its id."""
    added = sent(voice, folder, kind)
    while heard(added):
        pass
    return added.sample.sample_id


def let(voice: Voice, sentence: str, *purposes: Purpose, until: str = "2099-12-31") -> None:
    """A consent written down, and the first version measured where it waited for that."""
    order = ConsentOrder.model_validate(
        {"who": "Anna Berg", "purposes": purposes or ALL, "until": until, "sample_id": sentence}
    )
    _, run = voices_consent.give(voice.owner, voice.voice_id, order)
    if run is not None:
        made(VoiceVersionOrder.model_validate(run.order))


def made(order: VoiceVersionOrder, *, is_better: bool = True, lowest: float = 200.0) -> int:
    """A version measured, and trained where it learns: its number."""
    wanted = voices_versions.begin(order)
    assert wanted is not None
    number = wanted["version"]
    assert voices_versions.save_profile(order, profile(order.voice_id, number, lowest))
    learned = model(order.voice_id, number, is_better=is_better) if wanted["learns"] else None
    voices_versions.save(order, learned, None)
    known = runs.find(order.owner, order.instance_id)
    if known is not None:
        runs.forget(known)
    return number


def ready(owner: str, folder: Path, *purposes: Purpose, name: str = "Anna") -> Voice:
    """A voice that can be used, for all purposes where none is named."""
    voice = created(owner, name)
    taken(voice, folder)
    let(voice, taken(voice, folder, "spoken"), *purposes)
    return voices.get(owner, voice.voice_id)


# -- through a real stack -----------------------------------------------------------------------------------------

SENTENCE = ("I give my voice to this, and nobody else may use it",)


def recorded(path: Path, who: str = "f3", sentences: tuple[str, ...] = SENTENCES[:2]) -> Path:
    """A synthetic speaker, recorded into a file."""
    soundfile.write(path, says(who, sentences, rate=44100), 44100, subtype="PCM_16")
    return path


def lent(ripieno: Ripieno, folder: Path, name: str = "somebody's", who: str = "f3") -> VoiceView:
    """A voice with a sample, a consent for everything, and its first version."""
    voice_id = ripieno.create_voice(name).voice_id
    ripieno.add_sample(voice_id, recorded(folder / f"{who}.wav", who), timeout=120)
    spoken = recorded(folder / f"{who} says.wav", who, SENTENCE)
    sentence = ripieno.add_sample(voice_id, spoken, kind="spoken", timeout=120)
    ripieno.give_consent(voice_id, "Anna Berg", list(Purpose), "2099-12-31", sentence.sample_id)
    return ripieno.wait_voice(voice_id, timeout=120)
