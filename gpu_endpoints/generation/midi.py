"""Notes as a standard MIDI file, with the tempo map of the beats they were written for."""

from __future__ import annotations

import io

import mido

from ripieno.music import tempo_map
from ripieno.music.conditioning import Conditioning
from ripieno.music.score import Part

TICKS = 480
_SLOWEST = 0xFFFFFF  # microseconds a quarter that MIDI can say


def write(part: Part, conditioning: Conditioning, *, lyrics: list[tuple[float, str]] | None = None) -> bytes:
    """Type 1: a track of tempo, meter and sections, and one of the part's notes, with its words where it has some.

    Tick 0 is where the stem's audio begins, every bar line is a downbeat of the song's (`ripieno.music.tempo_map`).
    """
    timeline, origin = conditioning.timeline, conditioning.start_seconds
    found = tempo_map.of(conditioning)

    def tick(seconds: float) -> int:
        return max(0, round(found.quarter_at(seconds) * TICKS))

    conductor = mido.MidiTrack()
    events: list[tuple[int, mido.MetaMessage]] = [
        (
            round(one.quarter * TICKS),
            mido.MetaMessage("time_signature", numerator=one.numerator, denominator=one.denominator),
        )
        for one in found.meters
    ]
    for one in found.tempi:
        tempo = min(one.microseconds, _SLOWEST)
        events.append((round(one.quarter * TICKS), mido.MetaMessage("set_tempo", tempo=tempo)))
    for section in conditioning.sections:
        if section.start < conditioning.last and section.end > conditioning.first:
            at = max(0.0, timeline.at(max(section.start, conditioning.first)) - origin)
            events.append((tick(at), mido.MetaMessage("marker", text=section.label)))
    end = tick(conditioning.end_seconds - origin)
    _fill(conductor, events, end)

    channel = 9 if part.is_drum else 0
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=part.stem)])
    track.append(mido.Message("program_change", channel=channel, program=part.program))
    notes: list[tuple[int, mido.Message | mido.MetaMessage]] = []
    for seconds, text in lyrics or []:
        word = text.encode("latin-1", "replace").decode("latin-1")  # what mido writes
        notes.append((tick(seconds), mido.MetaMessage("lyrics", text=word)))
    for note in part.notes:
        for seconds, kind, velocity in ((note.start, "note_on", note.velocity), (note.end, "note_off", 0)):
            notes.append((tick(seconds), mido.Message(kind, channel=channel, note=note.pitch, velocity=velocity)))
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
