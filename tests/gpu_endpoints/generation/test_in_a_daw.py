"""Stems and MIDI dropped into a DAW at one place: opened by FFmpeg, libsndfile, mutagen and pretty_midi, none of them
ours, they begin, end and have their bar lines where the song has them."""

from __future__ import annotations

import io

import av
import numpy as np
import pretty_midi
import pytest
import soundfile
from mutagen.flac import FLAC

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation import stems_job
from gpu_endpoints.serving.work import JobContext
from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis, Beat, Chord, Section
from ripieno.contracts.enums import Mode
from ripieno.contracts.generation import GeneratedStem, GenerationResult
from ripieno.services import blobs

SONGS = {
    # seconds of silence, beats before the first downbeat, beats of each bar, seconds a beat, time signature
    "a pickup, a tempo that drifts": (0.4, 1, [4] * 12, np.linspace(0.48, 0.56, 49), "4/4"),
    "three four after ten seconds": (10.2, 0, [3] * 12, np.full(36, 0.4), "3/4"),
    "six eight with a pickup": (0.25, 1, [2] * 12, np.full(25, 0.75), "6/8"),
    "a bar of two among bars of four": (0.05, 0, [4, 4, 2, 4, 4, 4, 2, 4], np.full(28, 0.5), "4/4"),
    "at once": (0.0, 0, [4] * 8, np.full(32, 0.5), "4/4"),
    "a tempo that steps": (0.33, 3, [4] * 10, np.r_[np.full(23, 0.5), np.full(20, 0.4)], "4/4"),
}


def findings(name: str) -> tuple[Analysis, list[float]]:
    """A song as an analysis leaves it, and its downbeats."""
    silence, pickup, bars, periods, signature = SONGS[name]
    times = [silence, *(silence + np.cumsum(periods))]
    positions = [max(bars) - pickup + n + 1 for n in range(pickup)] + [n + 1 for bar in bars for n in range(bar)] + [1]
    beats = [Beat(time=time, position=position) for time, position in zip(times, positions, strict=True)]
    downbeats = [one.time for one in beats if one.position == 1]
    seconds = times[-1] + 1.2345678
    middle = downbeats[len(downbeats) // 2]
    return Analysis(
        duration_seconds=seconds,
        bpm=60 / float(np.mean(periods)),
        time_signature=signature,
        key="A",
        mode=Mode.MINOR,
        beats=beats,
        chords=[Chord(start_time=0, end_time=seconds, chord="A:min", confidence=1)],
        sections=[
            Section(start_time=0, end_time=middle, label="verse", confidence=1),
            Section(start_time=middle, end_time=seconds, label="chorus", confidence=1),
        ],
    ), downbeats


@pytest.fixture
def stem(storage, tmp_path):
    def made(found: Analysis, stem_type: str = "drums", **parameters) -> GeneratedStem:
        blobs.upload_json(names.ANALYSES, names.analysis_blob("dropped"), found.model_dump(mode="json"))
        order = {
            "generation_request_id": "dropped", "audio_file_id": "dropped", "target_stems": [stem_type],
            "parameters": {"style": "rock", "random_seed": 1} | parameters,
        }  # fmt: skip
        result = stems_job.run(order, JobContext("test", tmp_path, lambda *_: None, lambda: False))
        return GenerationResult.model_validate(result).stems[0]

    return made


def fetched(blob_name: str) -> io.BytesIO:
    return io.BytesIO(blobs.read(names.GENERATED, blob_name))


def time_reference(blob_name: str) -> int:
    """Samples since the song began, as FFmpeg reads them."""
    with av.open(fetched(blob_name)) as file:
        told = {
            name.lower(): value for name, value in (*file.metadata.items(), *file.streams.audio[0].metadata.items())
        }
        return int(told["time_reference"])


def notes(midi: pretty_midi.PrettyMIDI) -> list[float]:
    return sorted(note.start for instrument in midi.instruments for note in instrument.notes)


@pytest.mark.parametrize("stem_format", ["wav", "flac"])
@pytest.mark.parametrize("name", SONGS)
def test_a_stem_for_a_whole_song_begins_and_ends_with_it(stem, name, stem_format):
    found, _ = findings(name)
    made = stem(found, stem_format=stem_format)
    about = soundfile.info(fetched(made.blob_name))
    assert (about.samplerate, about.frames) == (SAMPLE_RATE, round(found.duration_seconds * SAMPLE_RATE))
    assert time_reference(made.blob_name) == 0 == made.start_seconds
    audio, _ = soundfile.read(fetched(made.blob_name))
    before = audio[: max(0, round((found.beats[0].time - 0.02) * SAMPLE_RATE))]
    assert not before.any() and audio.any(), "silence before the first beat"


@pytest.mark.parametrize("name", SONGS)
def test_every_bar_line_of_the_midi_is_a_downbeat_of_the_song(stem, name):
    found, downbeats = findings(name)
    made = stem(found, tempo="follow")
    midi = pretty_midi.PrettyMIDI(fetched(made.midi_blob_name))
    lines = midi.get_downbeats()
    for downbeat in downbeats[:-1]:
        assert np.abs(lines - downbeat).min() < 0.004, (downbeat, lines[:5])
    inside = lines[(lines > downbeats[0] - 0.004) & (lines < downbeats[-1] - 0.004)]
    assert len(inside) == len(downbeats) - 1, "and there are no others"
    meter = [one for one in midi.time_signature_changes if one.time < downbeats[0] + 0.01][-1]
    assert f"{meter.numerator}/{meter.denominator}" == found.time_signature
    tempi = midi.get_tempo_changes()[1]
    assert all(20 < tempo < 700 for tempo in tempi)


@pytest.mark.parametrize("name", SONGS)
def test_notes_lie_in_the_midi_where_they_sound_in_the_stem(stem, name):
    found, _ = findings(name)
    made = stem(found)
    audio = np.abs(soundfile.read(fetched(made.blob_name))[0]).max(axis=1)
    starts = notes(pretty_midi.PrettyMIDI(fetched(made.midi_blob_name)))
    first = int(np.argmax(audio > 0.02 * audio.max())) / SAMPLE_RATE
    assert starts[0] == pytest.approx(first, abs=0.012)
    assert starts[-1] < found.duration_seconds


@pytest.mark.parametrize("stem_format", ["wav", "flac"])
def test_a_stem_for_a_part_says_to_the_sample_where_it_begins(stem, stem_format):
    found, downbeats = findings("a pickup, a tempo that drifts")
    made = stem(found, bars=(5, 8), stem_format=stem_format, tempo="follow")
    assert time_reference(made.blob_name) == round(downbeats[4] * SAMPLE_RATE)
    about = soundfile.info(fetched(made.blob_name))
    assert about.frames == pytest.approx((downbeats[8] - downbeats[4]) * SAMPLE_RATE, abs=1)
    if stem_format == "flac":
        assert FLAC(fetched(made.blob_name))["time_reference"] == [str(round(downbeats[4] * SAMPLE_RATE))]
    lines = pretty_midi.PrettyMIDI(fetched(made.midi_blob_name)).get_downbeats()
    wanted = np.array(downbeats[4:8]) - downbeats[4]
    np.testing.assert_allclose(lines[:4], wanted, atol=0.004)


def test_a_section_that_begins_within_a_bar_has_its_bar_lines_right_too(stem):
    found, downbeats = findings("at once")
    found.sections[0].end_time = found.sections[1].start_time = downbeats[3] + 1.2
    made = stem(found, section="chorus", tempo="follow")
    assert made.start_seconds == pytest.approx(downbeats[3] + 1.2)
    lines = pretty_midi.PrettyMIDI(fetched(made.midi_blob_name)).get_downbeats()
    wanted = np.array(downbeats[4:-1]) - made.start_seconds
    assert all(np.abs(lines - one).min() < 0.004 for one in wanted)


def test_a_steady_song_has_one_tempo(stem):
    found, _ = findings("three four after ten seconds")
    tempi = pretty_midi.PrettyMIDI(fetched(stem(found).midi_blob_name)).get_tempo_changes()[1]
    assert len(tempi) == 2, "that of the silence, and that of the song"
    assert tempi[1] == pytest.approx(150, abs=0.01)
