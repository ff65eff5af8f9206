"""What a person gives for a layer: notes and recordings, kept with the piece."""

from __future__ import annotations

import base64
import io

import mido
import pytest

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.composition import CompositionOrder, Refinement
from ripieno.contracts.works import Work
from ripieno.records import songs, works
from ripieno.services import blobs
from ripieno.work import composing, revising
from tests.makers import song as new_song


def midi(pitch: int = 60) -> str:
    track = mido.MidiTrack([mido.Message("note_on", note=pitch), mido.Message("note_off", note=pitch, time=480)])
    out = io.BytesIO()
    mido.MidiFile(type=0, tracks=[track]).save(file=out)
    return base64.b64encode(out.getvalue()).decode()


@pytest.fixture
def piece(storage, owner) -> Work:
    """A composition of four bars, eight seconds, that waits after its arrangement."""
    order = CompositionOrder(
        brief="a bossa",
        layers=["piano", "drums"],
        form=[{"label": "verse", "bars": 4}],
        tempo=120.0,
        meter="4/4",
        instrumental=True,
        stop_at="arrangement",
    )
    work, run = composing.begin(owner, order, "0123456789abcdef")
    for stage in list(composing._STAGES):
        if not composing.settle(composing.RevisionOrder.model_validate(run.order), stage):
            break
    return works.get(owner, work.work_id)


def refined(piece: Work, layer: str, **fields):
    wanted = Refinement(layers=[{"layer": layer, **fields}])
    return revising.refine(piece.owner, piece.work_id, wanted)[1]


def recording(owner: str, seconds: float, bpm: float = 120.0) -> AudioFile:
    one = new_song(owner, round(10 * bpm)).model_copy(update={"duration_seconds": seconds, "bpm": bpm, "format": "wav"})
    blobs.upload(names.SONGS, one.blob_name, b"RIFF")
    songs.create(one)
    return one


def test_notes_are_kept_with_the_piece_and_played_by_the_symbolic_player(piece):
    made = refined(piece, "piano", midi=midi())
    layer = next(one for one in made.context.layers if one.name == "piano")
    assert layer.midi.startswith(f"{piece.work_id}/given/")
    assert blobs.read(names.GENERATED, layer.midi) == base64.b64decode(midi())
    assert made.changes == ["piano: your own notes"] and made.context.settled["layers.piano"] == "you"
    plan = composing._stem_plan(made.context, "piano", [])
    assert (plan.midi, plan.engine) == (layer.midi, "symbolic")


def test_the_same_notes_are_the_same_layer_and_others_are_another(piece):
    def inputs(data: str) -> str:
        context = revising._refined(
            piece.composition.revisions[0].context,
            revising.giving.held(piece, Refinement(layers=[{"layer": "piano", "midi": data}])).wanted,
            [],
        )[0]
        return composing.generating.hash_of(composing._inputs(piece.composition.order, context, "piano", []))

    assert inputs(midi(60)) == inputs(midi(60)) != inputs(midi(61))


@pytest.mark.parametrize(
    ("layer", "fields", "why"),
    [
        ("piano", {"midi": "not base64 🎹"}, "not in base64"),
        ("piano", {"midi": base64.b64encode(b"no midi").decode()}, "no MIDI file"),
        ("vocals", {"midi": midi()}, "the voice sings words"),
    ],
)
def test_what_is_no_part_is_refused_and_nothing_is_begun(piece, layer, fields, why):
    with pytest.raises(composing.CannotCompose, match=why):
        refined(piece, layer, **fields)
    assert len(works.get(piece.owner, piece.work_id).composition.revisions) == 1


def test_a_recording_is_copied_and_the_song_may_go(piece):
    song = recording(piece.owner, 8.0)
    made = refined(piece, "guitar", audio_file_id=song.audio_file_id)
    layer = next(one for one in made.context.layers if one.name == "guitar")
    blobs.delete(names.SONGS, song.blob_name)
    assert blobs.read(names.GENERATED, layer.audio) == b"RIFF" and layer.audio.endswith(".wav")
    assert "guitar" in made.context.sections[0].parts and not made.context.remarks


@pytest.mark.parametrize(("seconds", "why"), [(10.1, "the piece 8.0"), (1.9, "less than a bar")])
def test_a_recording_of_another_length_is_refused(piece, seconds, why):
    song = recording(piece.owner, seconds)
    with pytest.raises(composing.CannotCompose, match=why):
        refined(piece, "guitar", audio_file_id=song.audio_file_id)


def test_a_recording_of_another_tempo_is_taken_and_said(piece):
    made = refined(piece, "guitar", audio_file_id=recording(piece.owner, 5.0, 111.0).audio_file_id)
    assert "the recording is at 111.0 bpm, the piece at 120" in " ".join(made.context.remarks)
    assert "ends 3.0 s before" in " ".join(made.context.remarks)
    half = refined_again(piece, recording(piece.owner, 8.0, 60.2).audio_file_id)
    assert "bpm" not in " ".join(half.context.remarks)


def refined_again(piece: Work, song_id: str):
    revising.cancel(piece.owner, piece.work_id)
    return refined(piece, "guitar", audio_file_id=song_id)


def test_a_song_of_somebody_else_is_none(piece):
    song = recording("somebody-else", 8.0)
    with pytest.raises(songs.SongMissing):
        refined(piece, "guitar", audio_file_id=song.audio_file_id)
