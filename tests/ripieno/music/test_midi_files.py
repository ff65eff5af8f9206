"""MIDI files of parts as one."""

from __future__ import annotations

import io

import mido
import pytest

from ripieno.music import midi_files
from ripieno.music.conditioning import free_standing


def part(channel: int, pitch: int, *, ticks: int = 480, tempo: int = 500_000) -> bytes:
    head = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=tempo), mido.MetaMessage("end_of_track", time=960)])
    track = mido.MidiTrack([
        mido.MetaMessage("track_name", name="its own name", time=10), mido.Message("program_change", channel=channel),
        mido.Message("note_on", channel=channel, note=pitch, velocity=90, time=5),
        mido.Message("note_off", channel=channel, note=pitch, time=480),
    ])  # fmt: skip
    out = io.BytesIO()
    mido.MidiFile(type=1, ticks_per_beat=ticks, tracks=[head, track]).save(file=out)
    return out.getvalue()


def test_every_part_has_a_track_and_a_channel_of_its_own_and_drums_keep_theirs():
    made = midi_files.merged({"bass": part(0, 40), "drums": part(9, 36), "pièce 🎹": part(0, 60)})
    file = mido.MidiFile(file=io.BytesIO(made))
    assert [one.name for one in file.tracks[1:]] == ["bass", "drums", "pièce ?"]
    notes = [next(one for one in track if one.type == "note_on") for track in file.tracks[1:]]
    assert [(one.channel, one.note) for one in notes] == [(0, 40), (9, 36), (2, 60)]
    until = next(number for number, one in enumerate(file.tracks[1]) if one.type == "note_on")
    assert sum(one.time for one in file.tracks[1][: until + 1]) == 15, "nothing has moved"


def test_many_parts_go_round_the_channels():
    made = midi_files.merged({str(number): part(0, 60) for number in range(40)})
    file = mido.MidiFile(file=io.BytesIO(made))
    used = {one.channel for track in file.tracks[1:] for one in track if one.type == "note_on"}
    assert used == set(range(16)) - {9}


@pytest.mark.parametrize("parts", [{}, {"a": b"no midi"}, {"a": b""}, {"a": part(0, 60), "b": part(0, 60, ticks=96)}])
def test_what_cannot_be_one_file_is_refused(parts):
    with pytest.raises(ValueError):
        midi_files.merged(parts)


def test_notes_are_counted_in_quarters_and_played_in_the_time_of_the_music():
    found = midi_files.notes(part(0, 60, ticks=96))
    assert [(one.start, one.length, one.pitch, one.velocity) for one in found] == [(15 / 96, 5.0, 60, 90)]
    slow = free_standing(bpm=60, chord_progression=["C"], duration_seconds=20.0)
    fast = free_standing(bpm=120, chord_progression=["C"], duration_seconds=20.0)
    compound = free_standing(bpm=60, chord_progression=["C"], duration_seconds=20.0, beats_per_bar=2, compound=True)
    starts = [midi_files.played(found, music)[0].start for music in (slow, fast, compound)]
    assert starts == pytest.approx([15 / 96, 15 / 192, 15 / 96 / 1.5])
    short = free_standing(bpm=60, chord_progression=["C"], duration_seconds=2.0)
    assert midi_files.played(found, short)[0].end == pytest.approx(2.0)
    assert midi_files.played([midi_files.FileNote(99, 1, 60, 9)], short) == []


def test_notes_that_are_never_let_go_end_with_their_track_and_doubled_ones_end_each_other():
    track = mido.MidiTrack([
        mido.Message("note_on", note=60, velocity=90), mido.Message("note_on", note=60, velocity=80, time=480),
        mido.Message("note_on", note=62, velocity=0, time=10), mido.MetaMessage("end_of_track", time=470),
    ])  # fmt: skip
    out = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(file=out)
    assert [(one.start, one.length) for one in midi_files.notes(out.getvalue())] == [(0.0, 1.0), (1.0, 1.0)]


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"", "no MIDI"), (b"MThd", "no MIDI"), (part(0, 60)[:40], "no MIDI"), (part(0, 60, ticks=-6360), "no quarters")],
)
def test_what_has_no_notes_to_play_is_refused(data, why):
    with pytest.raises(ValueError, match=why):
        midi_files.notes(data)
    empty = io.BytesIO()
    mido.MidiFile(type=1, tracks=[mido.MidiTrack()]).save(file=empty)
    with pytest.raises(ValueError, match="no notes"):
        midi_files.notes(empty.getvalue())
