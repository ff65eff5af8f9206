"""From findings to conditioning: the song's own beats, chords, sections and levels; and ranges of it."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from pydantic import TypeAdapter

from ripieno.contracts.analysis import Analysis, Beat, Chord, KeySpan, Section
from ripieno.contracts.enums import Mode
from ripieno.music.arranging.arrange import arrange
from ripieno.music.chord import parse
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres.blending import blend
from ripieno.music.song_conditioning import NotConditionable, of_song, within


@pytest.fixture
def found() -> Analysis:
    """A pickup beat, then sixteen bars that drift; the second half twice as loud."""
    times = np.cumsum(np.r_[0.4, np.linspace(0.5, 0.56, 65)])
    bars = times[1::4]
    names = ["G:maj", "E:min/b3", "C:maj", "D:7"]
    return Analysis(
        duration_seconds=float(times[-1]) + 1,
        bpm=113.0,
        time_signature="4/4",
        key="G",
        mode=Mode.MAJOR,
        tuning_frequency=441.0,
        beats=[Beat(time=t, position=4 if n == 0 else (n - 1) % 4 + 1) for n, t in enumerate(times)],
        chords=[
            Chord(start_time=a + 0.01, end_time=b + 0.01, chord=names[n % 4], confidence=1)
            for n, (a, b) in enumerate(pairwise(bars))
        ],
        sections=[
            Section(start_time=0, end_time=bars[8], label="verse", confidence=1),
            Section(start_time=bars[8], end_time=bars[12], label="chorus", confidence=1),
            Section(start_time=bars[12], end_time=float(times[-1]) + 1, label="chorus", confidence=1),
        ],
        bar_levels=[-20.0] * 8 + [-14.0] * 9,
    )


def test_beats_chords_and_key_are_the_songs(found):
    song = of_song(found)
    assert song.timeline.times == tuple(beat.time for beat in found.beats)
    assert song.chord_at(1) == parse("G") and song.chord_at(5) == parse("E:min/b3")
    assert (song.tonic, song.mode, song.tuning) == (7, "major", 441.0)
    bars = song.timeline.bars()
    assert (bars[0].beats, bars[1].first) == (1, 1)
    assert song.energy_of(bars[2]) == pytest.approx(0.3) and song.energy_of(bars[12]) == pytest.approx(1.0)


@pytest.fixture
def modulating(found) -> Analysis:
    """The same song, its last eight bars up a semitone and a half: from G major to B flat major."""
    change = found.beats[33].time
    up = {"G:maj": "Bb:maj", "E:min/b3": "G:min/b3", "C:maj": "Eb:maj", "D:7": "F:7"}
    for chord in found.chords:
        if chord.start_time > change:
            chord.chord = up[chord.chord]
    found.keys = [
        KeySpan(start_time=0, end_time=change, key="G", mode=Mode.MAJOR),
        KeySpan(start_time=change, end_time=found.duration_seconds, key="Bb", mode=Mode.MAJOR),
    ]
    return found


def test_a_song_that_modulates_is_in_each_key_where_it_is(modulating):
    song = of_song(modulating)
    assert [(one.tonic, one.mode) for one in song.keys] == [(7, "major"), (10, "major")] and song.keys[1].start == 33
    assert [song.key_at(beat).tonic for beat in (0, 32.9, 33, 64, 1000)] == [7, 7, 10, 10, 10]
    assert within(song, bars=(1, 4)).main_key.tonic == 7
    assert within(song, bars=(10, 12)).main_key.tonic == 10
    assert song.tonic == 7, "the song's own key stays that of its findings"


@pytest.mark.parametrize(
    ("stem", "style"),
    [("bass", "jazz"), ("other", "bossa"), *product(["vocals"], ("jazz", "pop", "house", "bossa"))],
)
def test_lines_keep_to_the_key_they_are_in(modulating, stem, style):
    song = of_song(modulating)
    outside, steps = 0, 0
    for seed in range(8):
        for note in arrange(stem, song, blend(style), seed=seed, humanise=False).notes:
            beat = song.timeline.beat_at(note.start + song.start_seconds + 1e-3)
            chord = song.chord_at(beat)
            if chord is not None and note.pitch % 12 not in chord.pitch_classes and note.pitch % 12 != chord.bass:
                steps += 1
                outside += note.pitch % 12 not in song.key_at(beat).scale
    # a walking bass may lead into the next root by a semitone from outside
    assert steps and outside <= (0.4 * steps if stem == "bass" else 0), (outside, steps)


def test_what_was_kept_before_keys_and_styles_can_still_be_read(found):
    documents = TypeAdapter(Conditioning)
    kept = documents.dump_python(of_song(found), mode="json")
    del kept["keys"], kept["styles"]
    assert documents.validate_python(kept) == of_song(found)
    assert documents.validate_python(kept).key_at(9).tonic == 7


def test_a_section_or_bars_can_be_asked_for(found):
    song = of_song(found)
    second = within(song, section="second chorus")
    assert second.start_seconds == pytest.approx(found.sections[2].start_time)
    four = within(song, bars=(1, 4))
    assert (four.first, four.last) == (1.0, 17.0)
    part = arrange("drums", four, blend("rock"), seed=1)
    assert max(note.end for note in part.notes) <= four.end_seconds - four.start_seconds + 1e-9


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"section": "bridge"}, "its sections are verse, chorus 1, chorus 2"),
        ({"section": "chorus 3"}, "no 'chorus 3'"),
        ({"bars": (4, 99)}, "bars 1 to 17"),
        ({"bars": (0, 2)}, "bars 1 to 17"),
    ],
)
def test_a_part_that_is_not_there_is_refused_with_those_that_are(found, asked, told):
    with pytest.raises(NotConditionable, match=told):
        within(of_song(found), **asked)


def test_a_song_without_a_pulse_cannot_be_fitted_to():
    with pytest.raises(NotConditionable, match="free-standing"):
        of_song(Analysis(duration_seconds=10))


def test_a_song_of_one_loudness_has_even_energy(found):
    even = of_song(found.model_copy(update={"bar_levels": [-12.0] * 17}))
    assert set(even.energy) == {0.7}
