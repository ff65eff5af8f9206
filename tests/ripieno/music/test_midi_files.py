"""MIDI files of parts as one."""

from __future__ import annotations

import io

import mido
import pytest

from ripieno.music import midi_files


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
