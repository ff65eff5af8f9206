"""Parts fit what they are written for: beats, chords, sections, energy, range; for every genre and meter."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from ripieno.music.arranging import comping
from ripieno.music.arranging.arrange import STEMS, arrange
from ripieno.music.arranging.drums import KIT
from ripieno.music.arranging.rhythm import strokes
from ripieno.music.chord import parse
from ripieno.music.conditioning import ChordSpan, Conditioning, SectionSpan, free_standing
from ripieno.music.genres import all_genres, genre
from ripieno.music.genres.blending import blend
from ripieno.music.timeline import Timeline

METERS = {"4/4": (4, False), "3/4": (3, False), "5/4": (5, False), "6/8": (2, True)}
PROGRESSION = ["C", "Am7", "F", "G7/B"]
EVERY = list(product(all_genres(), METERS))


def music(style: str, meter: str, *, seconds: float = 48.0) -> Conditioning:
    beats, compound = METERS[meter]
    bpm = 72.0 if compound else sum(genre(style).tempo) / 2
    return free_standing(
        bpm=bpm, chord_progression=PROGRESSION, duration_seconds=seconds, beats_per_bar=beats, compound=compound
    )


def drifting_song() -> Conditioning:
    """Sixteen bars that slow down, verse and chorus, with their own chords; the range is the chorus."""
    times = np.cumsum(np.r_[1.3, np.linspace(0.5, 0.62, 64)])
    timeline = Timeline(tuple(times), tuple(n % 4 + 1 for n in range(65)), 4)
    names = ["D:min", "G:7", "C:maj7", "A:min"]
    chords = tuple(ChordSpan(4 * n, 4 * n + 4, parse(names[n % 4])) for n in range(16))
    sections = (SectionSpan(0, 32, "verse"), SectionSpan(32, 64, "chorus"))
    return Conditioning(timeline, chords, 0, "major", sections, (0.5,) * 8 + (0.9,) * 8, 32, 64)


@pytest.mark.parametrize(("style", "meter"), EVERY)
def test_every_stem_plays_within_its_range_and_the_same_for_the_same_seed(style, meter):
    given = music(style, meter)
    for stem in STEMS:
        part = arrange(stem, given, blend(style), seed=3)
        assert part.notes, stem
        assert part.notes == arrange(stem, given, blend(style), seed=3).notes
        assert all(0 <= note.start < note.end <= given.end_seconds + 1e-9 for note in part.notes)
        assert all(1 <= note.velocity <= 127 and 20 <= note.pitch <= 108 for note in part.notes)


@pytest.mark.parametrize(("style", "meter"), EVERY)
def test_without_humanising_drums_lie_on_the_grid(style, meter):
    given = music(style, meter)
    beats, compound = METERS[meter]
    swing = genre(style).feel.swing
    whole = strokes("xxx|xxx" if compound else "xxxx|xxxx|xxxx|xxxx", beats, swing=swing)
    allowed = np.array(sorted({stroke.at % beats for stroke in whole}))
    part = arrange("drums", given, blend(style), seed=1, humanise=False)
    at = np.array([given.timeline.beat_at(note.start) for note in part.notes]) % beats
    distance = np.abs(at[:, None] - np.r_[allowed, beats][None, :]).min(axis=1)
    assert distance.max() * 60 / given.timeline.bpm < 0.001


@pytest.mark.parametrize("style", all_genres())
def test_humanising_stays_within_thirty_milliseconds_of_the_grid_and_what_lies_behind_it(style):
    given = music(style, "4/4")
    exact = arrange("drums", given, blend(style), seed=1, humanise=False).notes
    played = arrange("drums", given, blend(style), seed=1).notes
    feel = genre(style).feel
    slack = (2.5 * feel.spread_ms + max([0, *feel.behind_ms.values()])) / 1000 + 1e-6
    for pitch in {note.pitch for note in exact}:
        a = [note.start for note in exact if note.pitch == pitch]
        b = [note.start for note in played if note.pitch == pitch]
        assert len(a) == len(b)
        assert np.abs(np.array(a) - np.array(b)).max() <= slack


@pytest.mark.parametrize("style", all_genres())
def test_harmonic_stems_play_the_chords(style):
    given = music(style, "4/4")
    for stem in ("bass", "guitar", "piano", "synth"):
        part = arrange(stem, given, blend(style), seed=5, humanise=False)
        inside = total = 0.0
        for note in part.notes:
            chord = given.chord_at(given.timeline.beat_at(note.start))
            length = note.end - note.start
            total += length
            inside += length * (note.pitch % 12 in {*chord.pitch_classes, chord.bass})
        assert inside / total >= (0.7 if stem == "bass" else 0.97), stem


@pytest.mark.parametrize("style", all_genres())
def test_the_bass_has_the_chords_bass_where_a_chord_begins(style):
    given = music(style, "4/4")
    part = arrange("bass", given, blend(style), seed=5, humanise=False)
    first_of_bar: dict[int, int] = {}
    for note in part.notes:
        first_of_bar.setdefault(int(given.timeline.beat_at(note.start + 1e-6) // 4), note.pitch % 12)
    for bar, pitch in first_of_bar.items():
        assert pitch == given.chord_at(4 * bar).bass


def test_a_bass_of_fifths_has_the_root_in_every_half_of_a_chord():
    given = music("bossa", "4/4")
    pitches: dict[int, set[int]] = {}
    for note in arrange("bass", given, blend("bossa"), seed=5, humanise=False).notes:
        beat = given.timeline.beat_at(note.start + 1e-6)
        pitches.setdefault(int(beat // 2), set()).add((note.pitch - given.chord_at(beat).root) % 12)
    with_root = [0 in played for played in pitches.values()]
    assert sum(with_root) >= 0.7 * len(with_root) and any(7 in played for played in pitches.values())


def test_voices_move_little_from_chord_to_chord():
    piano = genre("pop").parts["piano"]
    names = ["C", "Am", "F", "G7", "Em", "Dm7", "Bb", "C"]
    voicing: tuple[int, ...] = ()
    voicings = [voicing := comping.voice(parse(name), voicing, piano, sevenths=True) for name in names]
    for before, after in pairwise(voicings):
        moves = [min(abs(pitch - old) for old in before) for pitch in after]
        assert max(moves) <= 4
    for name, voiced in zip(names, voicings, strict=True):
        assert {pitch % 12 for pitch in voiced} == set(parse(name).pitch_classes)


def test_a_song_that_slows_down_is_followed_and_only_the_range_is_played():
    given = drifting_song()
    part = arrange("drums", given, blend("rock"), seed=2, humanise=False)
    times = np.array([note.start for note in part.notes]) + given.start_seconds
    beats = np.array([given.timeline.at(n / 4) for n in range(32 * 4, 64 * 4)])
    assert np.abs(times[:, None] - beats[None, :]).min(axis=1).max() < 1e-6
    assert times.min() >= given.timeline.at(32) - 1e-9 and times.max() < given.timeline.at(64)


def test_sections_begin_with_a_crash_and_end_with_a_fill():
    given = drifting_song()
    part = arrange("drums", given, blend("rock"), seed=2, humanise=False)
    assert [
        round(given.timeline.beat_at(note.start + given.start_seconds), 3)
        for note in part.notes
        if note.pitch == KIT["crash"]
    ] == [32.0]

    def snares(bar: int) -> int:
        beats = [given.timeline.beat_at(n.start + given.start_seconds) for n in part.notes if n.pitch == KIT["snare"]]
        return sum(bar * 4 - 1e-6 <= beat < bar * 4 + 4 - 1e-6 for beat in beats)

    assert snares(15) > max(snares(bar) for bar in range(8, 15))


def test_more_energy_is_more_notes_and_louder_ones():
    given = drifting_song()
    quiet = Conditioning(**{**vars(given), "energy": (0.2,) * 16})
    for stem in ("drums", "bass"):
        loud_part, quiet_part = (arrange(stem, one, blend("funk"), seed=1).notes for one in (given, quiet))
        assert len(loud_part) > len(quiet_part)
        loudest = [np.percentile([note.velocity for note in part], 90) for part in (loud_part, quiet_part)]
        assert loudest[0] > loudest[1]


def test_a_section_is_played_alike_throughout_while_its_energy_falls():
    """The drummer's pattern changes where a section begins, not in the middle of one."""
    given = free_standing(bpm=120, chord_progression=["C"], duration_seconds=32, form=(("verse", 8), ("outro", 8)))
    falling = Conditioning(**{**vars(given), "energy": (0.6,) * 8 + tuple(0.5 - 0.03 * n for n in range(9))})
    notes = arrange("drums", falling, blend("pop"), seed=1, humanise=False).notes
    bars = [{round(note.start % 2.0, 3) for note in notes if note.start // 2 == bar} for bar in range(16)]
    assert bars[8] == bars[9] == bars[12] != bars[0] == bars[4]


def test_a_melody_comes_back_with_its_motif():
    given = free_standing(bpm=100, chord_progression=["C"], duration_seconds=8 * 4 * 0.6, form=(("verse", 8),))
    notes = arrange("vocals", given, blend("pop"), seed=4, humanise=False).notes
    bars = [
        [
            (round(given.timeline.beat_at(n.start) - 4 * bar, 3))
            for n in notes
            if 4 * bar <= given.timeline.beat_at(n.start + 1e-6) < 4 * bar + 4
        ]
        for bar in range(8)
    ]
    assert bars[0] == bars[2] == bars[4] == bars[6]
    assert bars[3] == bars[7]


@pytest.mark.parametrize("style", ["jazz", "house", "pop"])
def test_other_seeds_play_something_else(style):
    given = music(style, "4/4")
    for stem in ("bass", "vocals"):
        lines = {tuple(n.pitch for n in arrange(stem, given, blend(style), seed=seed).notes) for seed in range(6)}
        assert len(lines) >= 3, stem


def test_where_no_chord_sounds_nothing_pitched_is_played():
    given = drifting_song()
    silent = Conditioning(**{**vars(given), "chords": (ChordSpan(0, 64, None),)})
    for stem in STEMS:
        assert bool(arrange(stem, silent, blend("rock"), seed=1).notes) == (stem == "drums")


def test_a_stem_or_a_style_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(ValueError, match="drums, bass, guitar"):
        arrange("kazoo", drifting_song(), blend("rock"), seed=1)
    with pytest.raises(ValueError, match="choose from ambient, ballad"):
        genre("polka")
    assert genre("Drum & Bass") is genre("drum-and-bass") is genre("drum_and_bass")
