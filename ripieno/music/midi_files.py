"""Standard MIDI files of single parts as one: a track a part, each on a channel of its own."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import mido

_DRUMS = 9
_CHANNELS = 16


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
    except (OSError, EOFError, ValueError, IndexError, KeyError) as fault:
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
