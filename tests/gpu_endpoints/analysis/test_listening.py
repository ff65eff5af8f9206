"""What a deployment's licences and a song's stems change in what is heard, and how the findings are signed."""

from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest
import soundfile

from gpu_endpoints.analysis import engines, handlers, listening
from gpu_endpoints.audio import decoding
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis
from ripieno.contracts.provenance import Provenance
from ripieno.services import blobs, licenses
from ripieno.services.settings import MissingSetting

RATE = 44100
SONG = names.audio_file_id("listening", "0" * 64)


@pytest.fixture
def stored(stack, demo, tmp_path):
    """Twenty seconds of the demo song and its true drums and bass in storage, as a `mir` job finds them."""
    _, mix, stems = demo
    part = slice(20 * RATE, 40 * RATE)
    entries = []
    for name, audio in (("mix", mix), ("drums", stems["drums"]), ("bass", stems["bass"])):
        path = tmp_path / f"{name}.flac"
        soundfile.write(path, audio[part], RATE, "PCM_24")
        if name == "mix":
            blobs.upload(names.SONGS, f"{SONG}.flac", path.read_bytes())
            continue
        blob = names.stem_blob(SONG, name, "flac")
        blobs.upload(names.STEMS, blob, path.read_bytes())
        entries.append({
            "stem_type": name, "blob_name": blob, "file_size_bytes": path.stat().st_size, "sha256": "", "format": "flac",
            "sample_rate": RATE, "channels": 2, "duration_seconds": 20.0,
        })  # fmt: skip
    return {"audio_file_id": SONG, "container": names.SONGS, "blob_name": f"{SONG}.flac", "stems": entries}


def mir(job_input: dict, folder) -> Analysis:
    folder.mkdir()
    context = JobContext("listening-test:mir", folder, lambda done, stage: None, lambda: False)
    result = handlers.mir(job_input, context)
    return Analysis.model_validate(blobs.read_json(names.JOBS, result["blob_name"]))


def signed(*, approximate: bool) -> dict:
    return Provenance(engine="x", version="1", license="MIT", approximate=approximate).model_dump()


def test_stems_of_a_learned_separation_are_listened_to_and_approximate_ones_are_not(stored, tmp_path):
    learned = mir(stored | {"separation": signed(approximate=False)}, tmp_path / "a")
    approximate = mir(stored | {"separation": signed(approximate=True)}, tmp_path / "b")
    assert learned.engines["chords"].engine == "deep-chroma+spectrum+stems"
    assert approximate.engines["chords"].engine == "deep-chroma+spectrum"
    assert learned.bpm == approximate.bpm == pytest.approx(112, rel=0.01)


def test_a_stem_that_is_gone_fails_the_job_with_what_to_do(stored, tmp_path):
    blobs.delete(names.STEMS, names.stem_blob(SONG, "bass", "flac"))
    with pytest.raises(JobFailed, match="analyse the song again"):
        mir(stored | {"separation": signed(approximate=False)}, tmp_path / "a")


def test_a_commercial_deployment_signs_nothing_with_a_non_commercial_licence(demo, tmp_path, monkeypatch):
    monkeypatch.setenv("RIPIENO_LICENSES", "commercial")
    soundfile.write(tmp_path / "song.wav", demo[1][10 * RATE : 40 * RATE], RATE)
    found = listening.analyse(decoding.open_audio(tmp_path / "song.wav", max_seconds=60))
    assert all("NC" not in engine.license for engine in found.engines.values())
    assert found.engines["beats"].engine == "flux+bar-pointer"
    assert found.engines["beats"].fallback and "RIPIENO_LICENSES" in str(found.engines["beats"].reason)
    assert found.bpm is not None and np.isclose(found.bpm, 112, rtol=0.02)
    assert not engines.describe()["beats"]["networks+bar-pointer"]["available"]


def test_an_unknown_policy_is_refused(monkeypatch):
    monkeypatch.setenv("RIPIENO_LICENSES", "free")
    with pytest.raises(MissingSetting, match="RIPIENO_LICENSES"):
        licenses.commercial_only()


@pytest.mark.parametrize("rate", [RATE, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_loudness_of_a_song_is_what_pyloudnorm_says_of_it_as_stereo(demo, tmp_path, rate, channels):
    _, mix, _ = demo
    audio = mix[20 * RATE : 32 * RATE, :channels]
    soundfile.write(tmp_path / "song.wav", audio, rate, "PCM_24")
    features = listening.listen(
        decoding.open_audio(tmp_path / "song.wav", max_seconds=60),
        lambda done: None,
        engines={"beats": "flux+bar-pointer"},
    )
    heard = np.repeat(audio, 2, axis=1) if channels == 1 else audio
    expected = pyloudnorm.Meter(rate).integrated_loudness(heard.astype(np.float64))
    assert features.loudness_lufs == pytest.approx(expected, abs=0.02)
    assert listening.describe(features).loudness_lufs == pytest.approx(expected, abs=0.02)
