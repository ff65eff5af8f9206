"""Notes as a standard MIDI file, with the tempo map of the beats they were written for."""

from __future__ import annotations

import io

import mido

from ripieno.music.conditioning import Conditioning
from ripieno.music.score import Part

TICKS = 480
_FASTEST, _SLOWEST = 1, 0xFFFFFF  # microseconds a beat that MIDI can say


def write(part: Part, conditioning: Conditioning, *, lyrics: list[tuple[float, str]] | None = None) -> bytes:
    """Type 1: a track of tempo, meter and sections, and one of the part's notes, with its words where it has some.

    Every beat of the range has a tempo of its own, so a song that drifts does so in the file too.
    """
    timeline, first = conditioning.timeline, int(conditioning.first)
    origin = conditioning.start_seconds
    conductor = mido.MidiTrack()
    top = timeline.beats_per_bar * (3 if timeline.compound else 1)
    events: list[tuple[int, mido.MetaMessage]] = [
        (0, mido.MetaMessage("time_signature", numerator=top, denominator=8 if timeline.compound else 4))
    ]
    quarters = 1.5 if timeline.compound else 1.0
    for beat in range(first, int(-(-conditioning.last // 1))):
        tempo = round(1e6 * (timeline.at(beat + 1) - timeline.at(beat)) / quarters)
        ticks = round(max(0.0, beat - conditioning.first) * quarters * TICKS)
        events.append((ticks, mido.MetaMessage("set_tempo", tempo=min(max(tempo, _FASTEST), _SLOWEST))))
    for section in conditioning.sections:
        if conditioning.first <= section.start < conditioning.last:
            ticks = round((section.start - conditioning.first) * quarters * TICKS)
            events.append((ticks, mido.MetaMessage("marker", text=section.label)))
    end = round((conditioning.last - conditioning.first) * quarters * TICKS)
    _fill(conductor, events, end)

    channel = 9 if part.is_drum else 0
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=part.stem)])
    track.append(mido.Message("program_change", channel=channel, program=part.program))
    notes: list[tuple[int, mido.Message | mido.MetaMessage]] = []
    for seconds, text in lyrics or []:
        beat = timeline.beat_at(seconds + origin) - conditioning.first
        word = text.encode("latin-1", "replace").decode("latin-1")  # what mido writes
        notes.append((max(0, round(beat * quarters * TICKS)), mido.MetaMessage("lyrics", text=word)))
    for note in part.notes:
        for seconds, kind, velocity in ((note.start, "note_on", note.velocity), (note.end, "note_off", 0)):
            beat = timeline.beat_at(seconds + origin) - conditioning.first
            ticks = max(0, round(beat * quarters * TICKS))
            notes.append((ticks, mido.Message(kind, channel=channel, note=note.pitch, velocity=velocity)))
    _fill(track, notes, end)
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS, tracks=[conductor, track])
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _fill(track: mido.MidiTrack, events: list, end: int) -> None:
    """Messages at absolute ticks, as a track wants them; notes end before others begin at the same tick."""
    now = 0
    for ticks, message in sorted(events, key=lambda event: (event[0], event[1].type == "note_on")):
        track.append(message.copy(time=ticks - now))
        now = ticks
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
