"""Songs, works and findings as records, for tests that need no endpoint to make them."""

from __future__ import annotations

import hashlib
import io
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis, SeparationResult
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import GeneratedStem, GenerationOrder, GenerationPlan, GenerationResult, StemPlan
from ripieno.contracts.production import MixedFile, Score
from ripieno.contracts.provenance import Provenance
from ripieno.contracts.workflow import RevisionOrder, SongOrder, VersionOrder
from ripieno.contracts.works import Element, ElementKind, Version, Work
from ripieno.local.host import functions
from ripieno.local.stack import PROJECT
from ripieno.records import idempotency, jobs, runs, songs, works
from ripieno.services import blobs
from ripieno.work import analysing, composing, generating, ingest, mixing

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAKER = Provenance(engine="test", version="1", license="MIT")


def tone() -> bytes:
    """A second of sound that nobody has uploaded yet."""
    file = io.BytesIO()
    sound = 0.3 * np.sin(np.arange(22050) * (0.02 + uuid.uuid4().int % 997 / 9973))
    soundfile.write(file, sound + 1e-3 * np.random.default_rng().random(22050), 22050, format="WAV")
    return file.getvalue()


def song(owner: str, number: int = 0, *, born: str | None = None, **fields) -> AudioFile:
    """The `number`-th song: one is uploaded each minute."""
    sha256 = hashlib.sha256(f"song {number}".encode()).hexdigest()
    song_id, born = names.audio_file_id(owner, sha256), born or uuid.uuid4().hex[:10]
    return AudioFile.model_validate({
        "audio_file_id": song_id, "owner": owner, "born": born, "original_file_name": f"{number}.wav",
        "status": "analyzed", "uploaded_at": (NOON + timedelta(minutes=number)).isoformat(), "sha256": sha256,
        "blob_name": names.song_blob(song_id, born, "wav"), "file_size_bytes": 9, "format": "wav",
        "instance_id": names.song_instance(song_id, born, 1), **fields,
    })  # fmt: skip


def made_layers(order: RevisionOrder) -> list[VersionOrder]:
    """A piece's layers and mix as if the endpoint had made them; the versions that it was asked for."""
    wanted = composing.plan_layers(order)
    for one in wanted:
        work = works.get(one.owner, one.work_id)
        version = works.version(work, one.element, one.version)
        stem = GeneratedStem(
            stem_type=StemType(one.element),
            take=one.version,
            blob_name=f"{one.work_id}/{one.element}-{one.version}.wav",
            midi_blob_name=None,
            file_size_bytes=1,
            sha256=f"{one.element}{one.version}",
            format="wav",
            sample_rate=44100,
            channels=2,
            start_seconds=0,
            duration_seconds=10,
            random_seed=version.plan.random_seed,
            plan=version.plan,
            score=Score(),
            engine=MAKER,
        )
        generating.save_version(one, {"stems": [stem.model_dump()]}, None)
    assert composing.layers_made(order)
    mix = composing.begin_mix(order)
    if mix is not None:
        for element in mixing.wanted(mix):
            file = MixedFile(
                name=element,
                blob_name=f"{mix.work_id}/{element}.wav",
                file_size_bytes=1,
                sha256=element,
                format="wav",
                sample_rate=44100,
                duration_seconds=10,
                loudness_lufs=-16,
                peak=0.8,
                gain_db=0,
                engine=MAKER,
            )
            mixing.save(mix.model_copy(update={"element": element}), file.model_dump(), None)
    assert composing.mixed(order)
    return wanted


def work(owner: str, *layers: str, **fields) -> Work:
    """A work whose layers are being made."""
    made_at = datetime.now(UTC).isoformat()
    plans = [StemPlan(stem_type=name.split()[0], name=name) for name in layers]
    return Work.model_validate({
        "work_id": names.seed(datetime.now(UTC)), "owner": owner, "created_at": made_at, "status": "generating",
        "order": GenerationOrder.model_validate({
            "target_stems": [plan.stem_type for plan in plans] or ["bass"],
            "parameters": {"target_bpm": 100, "duration_seconds": 4, "chord_progression": ["C"]},
        }),
        "plan": GenerationPlan(stems=plans, planner=MAKER) if plans else None,
        "elements": [
            Element(name=plan.name, kind=ElementKind.LAYER, stem_type=plan.stem_type,
                    versions=[Version(number=1, status="generating", made_at=made_at, plan=plan)])
            for plan in plans
        ],
        **fields,
    })  # fmt: skip


def stem(work_id: str, name: str, version: int = 1) -> dict:
    """What the endpoint says of a layer that it made."""
    made = {
        "stem_type": name.split(maxsplit=1)[0], "take": version, "blob_name": names.generated_blob(work_id, name, "wav", version),
        "file_size_bytes": 9, "sha256": "0" * 64, "format": "wav", "sample_rate": 44100, "channels": 2,
        "start_seconds": 0, "duration_seconds": 4, "random_seed": 1,
        "plan": StemPlan(stem_type=name.split(maxsplit=1)[0], name=name).model_dump(), "engine": MAKER.model_dump(),
        "score": {},
    }  # fmt: skip
    return GenerationResult.model_validate({"stems": [made]}).model_dump(mode="json")


def findings(chords: list[str] = (), sections: list[str] = (), **fields) -> Analysis:
    """A second a chord, four seconds a section."""
    return Analysis.model_validate({
        "duration_seconds": 60, "bpm": 120, "key": "C", "mode": "major",
        "chords": [{"start_time": at, "end_time": at + 1, "chord": name, "confidence": 1}
                   for at, name in enumerate(chords)],
        "sections": [{"start_time": 4 * at, "end_time": 4 * at + 4, "label": label, "confidence": 1}
                     for at, label in enumerate(sections)],
        **fields,
    })  # fmt: skip


def stems(folder: str = "", *names_of: str) -> SeparationResult:
    """What the endpoint says of stems that it separated into a folder."""
    return SeparationResult.model_validate(
        {
            "duration_seconds": 60,
            "engine": MAKER,
            "stems": [
                {
                    "stem_type": name,
                    "blob_name": names.stem_blob(folder, name, "flac"),
                    "file_size_bytes": 1,
                    "sha256": "0" * 64,
                    "format": "flac",
                    "sample_rate": 44100,
                    "channels": 2,
                    "duration_seconds": 60,
                }
                for name in names_of
            ],
        }
    )


def analysed(owner: str, path: Path, run: int = 1) -> AudioFile:
    """A file taken in and its analysis saved, `run` times over, with the jobs that it came from and all its blobs."""
    taken = ingest.take_in(owner, path, path.name)
    known, asked = taken.song, taken.run
    for again in range(1, run + 1):
        if again > 1:
            known, asked = analysing.begin_anew(owner, known.audio_file_id, {})
        order = SongOrder.model_validate(asked.order)
        assert analysing.begin(order) is not None
        found = {}
        for step in ("separate", "mir"):
            job_id = names.job_id(order.instance_id, step)
            jobs.record(
                owner, job_id, order.arrived_at, kind=step, audio_file_id=known.audio_file_id, state="succeeded"
            )
            blobs.upload_json(names.JOBS, names.job_blob(job_id), {"state": "succeeded"})
            found = {"blob_name": names.job_result_blob(job_id, "found.json")}
            document = findings(["C", "G", "A:min"], ["verse", "chorus"]).model_dump(mode="json")
            blobs.upload_json(names.JOBS, found["blob_name"], document)
        folder = names.song_folder(known.audio_file_id, known.born)
        separated = stems(folder, "bass", "drums")
        for one in separated.stems:
            _stored(names.STEMS, one.blob_name)
        blobs.upload_json(names.STEMS, names.song_peaks_blob(folder), {})
        assert analysing.save(order, found, separated.model_dump(mode="json"))
    return songs.get(owner, known.audio_file_id)


def generated(known: AudioFile) -> Work:
    """A work for a song, with a stem to hear, what it was made from and its job."""
    made = work(known.owner, "bass", audio_file_id=known.audio_file_id, born=known.born)
    runs.note(generating.run_of(made))
    works.create(made)
    result = stem(made.work_id, "bass")
    _stored(names.GENERATED, result["stems"][0]["blob_name"])
    blobs.upload_json(names.GENERATED, names.conditioning_blob(made.work_id), {})
    job_id = names.job_id(names.version_instance(made.work_id, "bass", 1), "generate")
    jobs.record(known.owner, job_id, made.created_at, kind="generate")
    blobs.upload_json(names.JOBS, names.job_blob(job_id), {"state": "succeeded"})
    version = VersionOrder(
        owner=known.owner, work_id=made.work_id, arrived_at=made.created_at, element="bass", version=1
    )
    generating.save_version(version, result, None)
    return works.get(known.owner, made.work_id)


def _stored(container: str, blob_name: str) -> None:
    blobs.upload(container, blob_name, b"x")
    blobs.upload_json(container, names.peaks_blob(blob_name), {})


def died(claimed: idempotency.Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a claim as old as one whose owner has died: its row, as long as nobody writes it again."""
    real = idempotency._read

    def read(owner: str, row_key: str) -> object:
        row, etag, age = real(owner, row_key)
        return row, etag, age + 2 * idempotency.DEAD_AFTER if etag == claimed.etag else age

    monkeypatch.setattr(idempotency, "_read", read)


@lru_cache(maxsize=1)
def app_functions() -> functions.AppFunctions:
    """What the app declares, loaded as the host loads it: an app tells of its functions but once."""
    return functions.load(PROJECT / "function_app.py")


def mirrored(listing: Callable[[], object]) -> None:
    """List so often that the owner's rows are in memory."""
    for _ in range(5):
        listing()
    wait_for_mirrors()


def wait_for_mirrors() -> None:
    """Until nothing is being read into memory any more."""
    for thread in [one for one in threading.enumerate() if one.name == "mirror"]:
        thread.join(60)
