"""Standard MIDI files: parts as one, a track and a channel each; and the notes of a file that a person gives.

Notes are counted in quarters of the file, whatever its tempo: quarter 0 is where the music begins.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mido

from ripieno.music import score
from ripieno.music.conditioning import Conditioning

_DRUMS = 9
_CHANNELS = 16
MOST_NOTES = 20_000
_SHORTEST = 1 / 64  # quarters


@dataclass(frozen=True)
class FileNote:
    """A note of a file: `start` and `length` in quarters, `pitch` a MIDI number, `velocity` 1..127."""

    start: float
    length: float
    pitch: int
    velocity: int


def notes(data: bytes, name: str = "the file") -> list[FileNote]:
    """The notes of all tracks, in their order.

    Raises
    ------
    ValueError
        For a file that is none, that has no notes or too many.
    """
    file = _read(name, data)
    if file.type == 2 or file.ticks_per_beat <= 0:  # several pieces, or frames of film
        raise ValueError(f"{name} counts no quarters: export it as a MIDI file of type 0 or 1")
    found: list[FileNote] = []
    for track in file.tracks:
        now, sounding = 0, {}
        for message in track:
            now += message.time
            if message.type not in ("note_on", "note_off"):
                continue
            key = message.channel, message.note
            if key in sounding:
                start, velocity = sounding.pop(key)
                length = max(_SHORTEST, (now - start) / file.ticks_per_beat)
                found.append(FileNote(start / file.ticks_per_beat, length, message.note, velocity))
            if message.type == "note_on" and message.velocity:
                sounding[key] = now, message.velocity
        for (_, pitch), (start, velocity) in sounding.items():  # never let go: until the track ends
            length = max(_SHORTEST, (now - start) / file.ticks_per_beat)
            found.append(FileNote(start / file.ticks_per_beat, length, pitch, velocity))
        if len(found) > MOST_NOTES:
            raise ValueError(f"{name} has more than {MOST_NOTES} notes: give a single part")
    if not found:
        raise ValueError(f"{name} has no notes")
    return sorted(found, key=lambda note: (note.start, note.pitch))


def meter(data: bytes) -> str | None:
    """The first time signature of a file, as `6/8`; None where it has none. Raises `ValueError`."""
    for track in _read("the file", data).tracks:
        for message in track:
            if message.type == "time_signature":
                return f"{message.numerator}/{message.denominator}"
    return None


def played(found: list[FileNote], music: Conditioning) -> list[score.Note]:
    """Notes in the time of some music, in seconds from where its range begins; what lies outside is left out."""
    timeline, origin = music.timeline, music.start_seconds
    quarters = 1.5 if timeline.compound else 1.0
    played_ = []
    for one in found:
        start, end = one.start / quarters + music.first, (one.start + one.length) / quarters + music.first
        if start < music.last:
            until = min(end, music.last)
            played_.append(
                score.Note(timeline.at(start) - origin, timeline.at(until) - origin, one.pitch, one.velocity)
            )
    return played_


def merged(parts: Mapping[str, bytes]) -> bytes:
    """One type 1 file: the first part's track of tempo, meter and sections, then a track a part under its name.

    Parameters
    ----------
    parts : name to a type 1 file; all were written for the same timeline, with the same ticks

    Raises
    ------
    ValueError
        For a file that is none, or of other ticks than the first.
    """
    whole: mido.MidiFile | None = None
    free = [number for number in range(_CHANNELS) if number != _DRUMS]
    for number, (name, data) in enumerate(parts.items()):
        one = _read(name, data)
        if whole is None:
            whole = mido.MidiFile(type=1, ticks_per_beat=one.ticks_per_beat, tracks=[one.tracks[0]])
        elif one.ticks_per_beat != whole.ticks_per_beat:
            raise ValueError(f"the notes of {name} count {one.ticks_per_beat} ticks, others {whole.ticks_per_beat}")
        for track in one.tracks[1:]:
            whole.tracks.append(_of_its_own(track, name, free[number % len(free)]))
    if whole is None:
        raise ValueError("there are no parts")
    out = io.BytesIO()
    whole.save(file=out)
    return out.getvalue()


def _read(name: str, data: bytes) -> mido.MidiFile:
    try:
        return mido.MidiFile(file=io.BytesIO(data))
    except (OSError, EOFError, ValueError, IndexError, KeyError, TypeError) as fault:
        raise ValueError(f"{name} is no MIDI file: {fault}") from None


def _of_its_own(track: mido.MidiTrack, name: str, channel: int) -> mido.MidiTrack:
    """The track under the part's name, its channel but for drums the one given."""
    titled = mido.MetaMessage("track_name", name=name.encode("latin-1", "replace").decode("latin-1"))
    moved: Any = mido.MidiTrack([titled])
    for message in track:
        if message.is_meta and message.type == "track_name":
            moved[-1].time += message.time
            continue
        if not message.is_meta and hasattr(message, "channel") and message.channel != _DRUMS:
            message = message.copy(channel=channel)
        moved.append(message)
    return moved
