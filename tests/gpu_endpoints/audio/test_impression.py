"""How a recording is measured for its mood and its styles: as a stream as at once, and each cue moves it as it must."""

from __future__ import annotations

import jams
import numpy as np
import pytest
import soundfile

from gpu_endpoints.analysis import impression
from gpu_endpoints.audio import decoding, measuring, profiles, spectra
from gpu_endpoints.audio.levels import SAMPLE_RATE, loudness
from gpu_endpoints.generation.engine import Wish
from gpu_endpoints.generation.symbolic import SymbolicEngine
from ripieno.contracts.analysis import Analysis, Confidences
from ripieno.contracts.generation import StemPlan
from ripieno.music.conditioning import Conditioning, free_standing
from ripieno.music.genres import all_genres
from ripieno.services import jams_file

MAJOR, MINOR = ["C", "G", "F", "C"], ["Cm", "Gm", "Fm", "Cm"]
BARS, LUFS = 8, -14.0


def music(*, bpm: float = 112.0, chords: list[str] = MAJOR) -> Conditioning:
    return free_standing(bpm=bpm, chord_progression=chords, duration_seconds=BARS * 4 * 60 / bpm)


def played(given: Conditioning, *, style: str = "pop", **shades: float) -> np.ndarray:
    """The same song, as loud as a release is."""
    plans = [
        StemPlan.model_validate({"stem_type": stem, "style": style, "random_seed": 7, **shades})
        for stem in ("drums", "bass", "piano")
    ]
    made = SymbolicEngine().generate([Wish(plan, given) for plan in plans], lambda done: None)
    audio = np.sum([one.audio for one in made], axis=0).astype(np.float32)
    own = loudness(audio, SAMPLE_RATE)
    assert own is not None
    return audio * np.float32(10 ** ((LUFS - own) / 20))


def heard(given: Conditioning, audio: np.ndarray) -> profiles.Likeness:
    return profiles.likeness(audio, given)


@pytest.fixture(scope="module")
def plain() -> tuple[Conditioning, np.ndarray, profiles.Likeness]:
    given = music()
    audio = played(given)
    return given, audio, heard(given, audio)


def test_the_same_song_slower_is_calmer(plain):
    arousals = [heard(given, played(given)).arousal for given in (music(bpm=84), music(bpm=160))]
    assert arousals[0] < plain[2].arousal < arousals[1]


def test_the_same_song_in_minor_is_sadder(plain):
    given = music(chords=MINOR)
    assert heard(given, played(given)).valence < plain[2].valence


def test_the_same_song_struck_more_softly_and_sparsely_is_calmer(plain):
    given = plain[0]
    soft, sparse = heard(given, played(given, dynamics=-1, brightness=-0.6)), heard(given, played(given, density=-1))
    assert soft.arousal < plain[2].arousal and sparse.arousal < plain[2].arousal


def test_a_quieter_file_is_a_little_calmer_and_of_the_same_style(plain):
    given, audio, first = plain
    quiet = heard(given, audio * np.float32(0.25))
    assert -0.3 < quiet.arousal - first.arousal < 0
    assert quiet.styles[0][0] == first.styles[0][0] and quiet.valence == pytest.approx(first.valence, abs=0.05)


def test_a_recording_that_streams_by_is_measured_as_one_at_once(plain):
    given, audio, _ = plain
    whole, stream = measuring.Measure(), measuring.Measure()
    whole.add(audio)
    for start in range(0, len(audio), 44_123):
        stream.add(audio[start : start + 44_123])
    np.testing.assert_allclose(stream.features(given, LUFS), whole.features(given, LUFS), rtol=1e-4, atol=1e-4)


def test_a_stream_of_spectra_has_the_frames_of_the_whole():
    mono = np.random.default_rng(1).normal(size=10_000).astype(np.float32)
    stream = spectra.Stream(512, 128, slice(None))
    pieces = [one for start in range(0, len(mono), 77) for one in stream.add(mono[start : start + 77])]
    np.testing.assert_allclose(
        np.concatenate([*pieces, *stream.end()]), np.concatenate(list(spectra.blocks(mono, 512, 128, slice(None)))),
        atol=1e-7,
    )  # fmt: skip


def test_the_weights_of_styles_add_up_and_doubt_grows_with_what_is_unheard_of(plain):
    given, audio, first = plain
    assert sum(share for _, share in first.styles) == pytest.approx(1) and len(first.styles) == len(all_genres())
    noise = np.random.default_rng(1).normal(0, 0.1, audio.shape).astype(np.float32)
    strange = heard(given, noise)
    assert strange.familiarity < 0.6 * first.familiarity
    assert all(a < b for a, b in zip(strange.confidence[:2], first.confidence[:2], strict=True))
    assert all(0 <= one <= 1 for one in (*strange.confidence, *first.confidence))


def test_the_cues_pull_as_listeners_have_been_found_to_hear():
    from benchmarks.composition.fit_moods import PULLS

    known = profiles.profiles()
    valence, arousal = (
        dict(zip(measuring.CUES, of[measuring.OF_CUES], strict=True)) for of in (known.valence, known.arousal)
    )
    assert all(valence[cue] * sign > 0 for cue, sign in PULLS.items())
    assert sum(map(abs, known.valence)) == pytest.approx(sum(abs(valence[cue]) for cue in PULLS))
    assert arousal["tempo"] > 0 and arousal["brightness"] > 0 and arousal["loudness"] > 0 > arousal["dynamics"]


# -- in a song's analysis -----------------------------------------------------------------------------------------


def found(given: Conditioning) -> Analysis:
    """What the analysis of tempo and beats says of it."""
    times = given.timeline.times[: BARS * 4]
    return Analysis.model_validate({
        "duration_seconds": given.end_seconds, "bpm": given.timeline.bpm, "time_signature": "4/4", "tuning_frequency": 440,
        "beats": [{"time": at, "position": number % 4 + 1} for number, at in enumerate(times)], "loudness_lufs": LUFS,
    })  # fmt: skip


def test_a_song_has_the_mood_and_styles_of_its_recording_and_they_are_signed(plain, tmp_path):
    given, audio, first = plain
    soundfile.write(tmp_path / "song.wav", audio, SAMPLE_RATE, "PCM_24")
    told: list[float] = []
    done = impression.heard(decoding.open_audio(tmp_path / "song.wav", max_seconds=60), found(given), told.append)
    assert done.mood is not None and told[-1] == pytest.approx(1)
    assert (done.mood.valence, done.mood.arousal) == pytest.approx((first.valence, first.arousal), abs=0.03)
    assert done.styles[0].name == first.styles[0][0] and len(done.styles) <= impression.MOST_STYLES
    assert 0 < done.confidence.valence <= done.confidence.arousal <= 1 and 0 < done.confidence.styles <= 1
    assert len(done.mood.words) == 3 and {"mood", "styles"} <= set(done.engines)


def test_where_no_pulse_is_found_nothing_is_said(tmp_path):
    soundfile.write(tmp_path / "drone.wav", np.full((SAMPLE_RATE, 2), 0.1), SAMPLE_RATE)
    nothing = Analysis(duration_seconds=1)
    assert impression.heard(decoding.open_audio(tmp_path / "drone.wav", max_seconds=9), nothing) == nothing


def test_they_are_in_the_jams_file_as_mood_thayer_and_tags(tmp_path):
    given = Analysis.model_validate({
        "duration_seconds": 60, "mood": {"valence": -0.2, "arousal": 0.6, "words": ["tense"]},
        "styles": [{"name": "metal", "weight": 0.7}, {"name": "rock", "weight": 0.2}],
        "confidence": Confidences(valence=0.5, arousal=0.8, styles=0.6),
    })  # fmt: skip
    (tmp_path / "song.jams").write_text(jams_file.build(given, title="A song"))
    read = jams.load(str(tmp_path / "song.jams"))
    (mood,) = read.search(namespace="mood_thayer")
    assert [(one.time, one.duration, one.value, one.confidence) for one in mood.data] == [(0.0, 60.0, [-0.2, 0.6], 0.5)]
    (styles,) = read.search(namespace="tag_open")
    assert [(one.value, one.confidence) for one in styles.data] == [("metal", 0.7), ("rock", 0.2)]
    assert read.sandbox.styles_confidence == 0.6


def test_an_analysis_of_before_reads_and_has_none():
    old = {"duration_seconds": 60, "bpm": 120, "confidence": {"bpm": 0.9}}
    known = Analysis.model_validate(old)
    assert known.mood is None and known.styles == [] and known.confidence.arousal == 0
    assert "mood_thayer" not in jams_file.build(known, title="A song")
