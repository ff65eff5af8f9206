"""Files that a person gives for layers of a piece: notes and recordings, kept with the piece."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.composition import CompositionOrder, Context, GivenLayer, HeldLayer, LayerEdit
from ripieno.contracts.enums import StemType
from ripieno.music import midi_files
from ripieno.music.composing import briefs, contexts, singing
from ripieno.records import songs
from ripieno.services import blobs

_OTHER_TEMPO = 0.01  # a share of the piece's
_FELT_AT = (0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Held:
    """What somebody brings along: an entry for each, which names files of the piece, and where these come from."""

    layers: list[HeldLayer]
    notes: dict[str, bytes]
    recordings: dict[str, AudioFile]

    def keep(self) -> None:
        """Put the files with the piece, so that it is whole when a song is gone; the same again is the same file."""
        for name, data in self.notes.items():
            blobs.upload(names.GENERATED, name, data)
        for name, song in self.recordings.items():
            blobs.copy(names.SONGS, song.blob_name, names.GENERATED, name)


def held(owner: str, work_id: str, given: Sequence[GivenLayer | LayerEdit]) -> Held:
    """The files that are given for layers of a piece, each in its turn; nothing is kept yet.

    Raises
    ------
    ValueError
        For what is no MIDI file, a song that is no audio, chords for the voice, or notes and a recording at once.
    records.songs.SongMissing
    """
    layers: list[HeldLayer] = []
    notes: dict[str, bytes] = {}
    recordings: dict[str, AudioFile] = {}
    for one in given:
        its, layer = HeldLayer(layer=one.layer), StemType(one.layer)
        if one.midi is not None and one.audio_file_id is not None:
            raise ValueError(f"{layer}: give notes or a recording, not both")
        if one.midi is not None:
            data, found = _notes(one.midi, str(layer))
            its.melody = singing.own_melody(found) if layer == StemType.VOCALS else []
            its.midi = names.given_blob(work_id, hashlib.sha256(data).hexdigest(), "mid")
            notes[its.midi] = data
        if one.audio_file_id is not None:
            song = songs.get(owner, one.audio_file_id)
            if song.format is None or song.duration_seconds is None:
                raise ValueError(f"{song.original_file_name} is no audio that can be heard: it is {song.status}")
            its.audio = names.given_blob(work_id, song.sha256, str(song.format))
            its.seconds, its.bpm = song.duration_seconds, song.bpm
            recordings[its.audio] = song
        layers.append(its)
    return Held(layers, notes, recordings)


def edits(given: Sequence[LayerEdit], layers: Sequence[HeldLayer]) -> list[LayerEdit]:
    """Edits that name the files of the piece instead of what was sent."""
    pairs = zip(given, layers, strict=True)
    return [edit.model_copy(update={"midi": its.midi, "audio_file_id": its.audio}) for edit, its in pairs]


def fitted(order: CompositionOrder, held: Held) -> CompositionOrder:
    """An order with the tempo, the key and the length of a recording in it, where neither it, nor its brief, nor the
    song it begins from says them; sung where it has a melody for the voice."""
    if order.instrumental is None and any(one.melody for one in held.layers):
        order = order.model_copy(update={"instrumental": False})
    if order.audio_file_id is not None or not held.recordings:
        return order
    said = briefs.read(order.brief)
    longest = max(held.recordings.values(), key=lambda song: song.duration_seconds or 0.0)
    update: dict[str, object] = {}
    if order.tempo is None and said.tempo is None and longest.bpm is not None:
        update["tempo"] = longest.bpm
    if order.key is None and said.key is None and longest.key is not None:
        update["key"] = f"{longest.key} {longest.mode or 'major'}"
    if order.duration_seconds is None and said.seconds is None and not order.form:
        update["duration_seconds"] = float(max(10, ceil(longest.duration_seconds or 0.0)))
    return order.model_copy(update=update)


def taken(context: Context, layers: Sequence[HeldLayer]) -> Context:
    """The context in which the voice sings the melody that is given, to words that are written anew where they are not
    a person's own; with what there is to remark of recordings.

    Raises
    ------
    ValueError
        For a recording that is longer than the piece, or shorter than a bar.
    """
    seconds = contexts.conditioning_of(context).end_seconds
    melody = next((one.melody for one in layers if one.melody), [])
    if melody:
        sung = [
            one.model_copy(update={"melody": melody})
            if one.stem_type == StemType.VOCALS and not one.is_backing
            else one
            for one in context.layers
        ]
        anew = {} if context.settled.get("lyrics") == contexts.YOU else {"lyrics": None, "drafts": []}
        context = context.model_copy(update={"layers": sung, **anew})
    bar = seconds / context.bars
    remarks = []
    for one in layers:
        if one.seconds is None:
            continue
        if one.seconds > seconds + bar:
            raise ValueError(
                f"{one.layer}: the recording lasts {one.seconds:.1f} s, the piece {seconds:.1f}: cut it, it begins at"
                " bar 1"
            )
        if one.seconds < bar:
            raise ValueError(f"{one.layer}: the recording lasts {one.seconds:.1f} s, less than a bar of the piece")
        if one.bpm and all(abs(one.bpm * by / context.tempo - 1) > _OTHER_TEMPO for by in _FELT_AT):
            remarks.append(f"{one.layer}: the recording is at {one.bpm:.1f} bpm, the piece at {context.tempo:g}")
        if one.seconds < seconds - bar:
            remarks.append(f"{one.layer}: the recording ends {seconds - one.seconds:.1f} s before the piece")
    return context.model_copy(update={"remarks": [*context.remarks, *remarks]}) if remarks else context


def _notes(text: str, layer: str) -> tuple[bytes, list[midi_files.FileNote]]:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{layer}: the MIDI file is not in base64") from None
    return data, midi_files.notes(data, f"the MIDI file of the {layer}")
