"""Songs, works and findings as records, for tests that need no endpoint to make them."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis, SeparationResult
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.generation import GenerationOrder, GenerationPlan, GenerationResult, StemPlan
from ripieno.contracts.provenance import Provenance
from ripieno.contracts.works import Element, ElementKind, Version, Work

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAKER = Provenance(engine="test", version="1", license="MIT")


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


def stems() -> SeparationResult:
    return SeparationResult(stems=[], duration_seconds=60, engine=MAKER)
