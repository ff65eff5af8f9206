"""Files that a person gives for layers of a piece: notes and recordings, kept with the piece."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.composition import Context, LayerEdit, Refinement
from ripieno.contracts.works import Work
from ripieno.music import midi_files
from ripieno.music.composing import contexts
from ripieno.records import songs
from ripieno.services import blobs

_OTHER_TEMPO = 0.01  # a share of the piece's
_FELT_AT = (0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Held:
    """A refinement whose edits name files of the piece instead of what was sent, and the recordings among them."""

    wanted: Refinement
    recordings: dict[str, AudioFile]

    def checked(self, context: Context) -> Context:
        """The context with what there is to remark of the recordings.

        Raises
        ------
        ValueError
            For a recording that is longer than the piece, or shorter than a bar.
        """
        seconds = contexts.conditioning_of(context).end_seconds
        bar = seconds / context.bars
        remarks = []
        for layer, song in self.recordings.items():
            length = song.duration_seconds or 0.0
            if length > seconds + bar:
                raise ValueError(
                    f"{layer}: the recording lasts {length:.1f} s, the piece {seconds:.1f}: cut it, it begins at bar 1"
                )
            if length < bar:
                raise ValueError(f"{layer}: the recording lasts {length:.1f} s, less than a bar of the piece")
            if song.bpm and all(abs(song.bpm * by / context.tempo - 1) > _OTHER_TEMPO for by in _FELT_AT):
                remarks.append(f"{layer}: the recording is at {song.bpm:.1f} bpm, the piece at {context.tempo:g}")
            if length < seconds - bar:
                remarks.append(f"{layer}: the recording ends {seconds - length:.1f} s before the piece")
        return context.model_copy(update={"remarks": [*context.remarks, *remarks]}) if remarks else context


def held(work: Work, wanted: Refinement) -> Held:
    """Keep what a refinement brings along with the piece; the same again is the same file.

    Raises
    ------
    ValueError
        For what is no MIDI file, or a song that is no audio.
    records.songs.SongMissing
    """
    layers: list[LayerEdit] = []
    recordings: dict[str, AudioFile] = {}
    for edit in wanted.layers:
        update: dict[str, str] = {}
        if edit.midi is not None:
            update["midi"] = _notes(work, edit.midi, str(edit.layer))
        if edit.audio_file_id is not None:
            song = songs.get(work.owner, edit.audio_file_id)
            update["audio_file_id"] = _recording(work, song)
            recordings[str(edit.layer)] = song
        layers.append(edit.model_copy(update=update) if update else edit)
    return Held(wanted.model_copy(update={"layers": layers}), recordings)


def _notes(work: Work, text: str, layer: str) -> str:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{layer}: the MIDI file is not in base64") from None
    midi_files.notes(data, f"the MIDI file of the {layer}")
    name = names.given_blob(work.work_id, hashlib.sha256(data).hexdigest(), "mid")
    blobs.upload(names.GENERATED, name, data)
    return name


def _recording(work: Work, song: AudioFile) -> str:
    """A copy of the song's bytes, so that the piece is whole when the song is gone."""
    if song.format is None or song.duration_seconds is None:
        raise ValueError(f"{song.original_file_name} is no audio that can be heard: it is {song.status}")
    name = names.given_blob(work.work_id, song.sha256, str(song.format))
    blobs.copy(names.SONGS, song.blob_name, names.GENERATED, name)
    return name
