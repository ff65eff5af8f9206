"""What a person gives for a layer: notes and recordings, kept with the piece."""

from __future__ import annotations

import base64
import hashlib
import io

import mido
import pytest

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.composition import CompositionOrder, LayerEdit, Refinement
from ripieno.contracts.works import Work
from ripieno.records import songs, works
from ripieno.services import blobs
from ripieno.work import composing, giving, revising
from tests.makers import song as new_song


def midi(*pitches: int) -> str:
    """A MIDI file of these notes at once, a quarter long; middle C where none are said."""
    return melody([pitches or (60,)])


def melody(chords: list[tuple[int, ...]]) -> str:
    """A MIDI file of notes one after another, a quarter each."""
    track = mido.MidiTrack()
    for chord in chords:
        track += [mido.Message("note_on", note=pitch) for pitch in chord]
        track += [mido.Message("note_off", note=pitch, time=0 if n else 480) for n, pitch in enumerate(chord)]
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
        edit = LayerEdit(layer="piano", midi=data)
        held = giving.held(piece.owner, piece.work_id, [edit])
        wanted = Refinement(layers=giving.edits([edit], held.layers))
        context = revising._refined(piece.composition.revisions[0].context, wanted, [])[0]
        return composing.generating.hash_of(composing._inputs(piece.composition.order, context, "piano", []))

    assert inputs(midi(60)) == inputs(midi(60)) != inputs(midi(61))


@pytest.mark.parametrize(
    ("layer", "fields", "why"),
    [
        ("piano", {"midi": "not base64 🎹"}, "not in base64"),
        ("piano", {"midi": base64.b64encode(b"no midi").decode()}, "no MIDI file"),
        ("vocals", {"midi": midi(60, 64)}, "the voice sings one at a time"),
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


# -- in the order itself --------------------------------------------------------------------------------------------


def id_of(owner: str) -> str:
    """The id of the piece that somebody orders."""
    return hashlib.sha256(owner.encode()).hexdigest()[:32]


def ordered(owner: str, **fields) -> Work:
    """A piece as far as its arrangement is settled."""
    order = CompositionOrder(**{"instrumental": True, "stop_at": "arrangement", **fields})
    work, run = composing.begin(owner, order, id_of(owner))
    for stage in list(composing._STAGES):
        if not composing.settle(composing.RevisionOrder.model_validate(run.order), stage):
            break
    return works.get(owner, work.work_id)


def layer_of(piece: Work, name: str):
    return next(one for one in piece.composition.revisions[0].context.layers if one.name == name)


def test_an_order_brings_notes_and_a_recording_along(storage, owner):
    take = recording(owner, 30.0)
    given = [{"layer": "piano", "midi": midi()}, {"layer": "guitar", "audio_file_id": take.audio_file_id}]
    piece = ordered(owner, brief="a bossa, 40 seconds", layers=["drums", "piano"], given=given)
    assert blobs.read(names.GENERATED, layer_of(piece, "piano").midi) == base64.b64decode(midi())
    assert blobs.read(names.GENERATED, layer_of(piece, "guitar").audio) == b"RIFF"
    context = piece.composition.revisions[0].context
    assert all({"piano", "guitar"} <= {*one.parts} for one in context.sections)
    assert context.settled["layers.guitar"] == context.settled["layers.piano"] == "you"
    assert any("guitar: the recording ends" in one for one in context.remarks)
    assert piece.composition.order.given == [] and "MThd" not in piece.model_dump_json()


def test_a_piece_takes_what_nobody_says_from_the_recording_it_is_made_around(storage, owner):
    take = recording(owner, 31.4, bpm=97.3)
    songs.change(owner, take.audio_file_id, lambda one: one.model_copy(update={"key": "F", "mode": "minor"}))
    given = [{"layer": "guitar", "audio_file_id": take.audio_file_id}]
    context = ordered(owner, brief="a funk band around it", given=given).composition.revisions[0].context
    seconds = context.bars * 4 * 60 / context.tempo
    assert context.tempo == pytest.approx(97.3) and context.key == "F minor"
    assert seconds == pytest.approx(31.4, abs=4 * 60 / 97.3)
    told = ordered(owner + "-b", brief="a funk band at 104 bpm in A minor, one minute")
    assert told.composition.revisions[0].context.tempo == 104


def test_what_a_brief_says_wins_over_the_recording(storage, owner):
    take = recording(owner, 31.4, bpm=97.3)
    given = [{"layer": "guitar", "audio_file_id": take.audio_file_id}]
    context = (
        ordered(owner, brief="funk at 104 bpm in A minor, 40 seconds", given=given).composition.revisions[0].context
    )
    assert (context.tempo, context.key) == (104, "A minor")
    assert any("at 97.3 bpm, the piece at 104" in one for one in context.remarks)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([{"layer": "piano"}], "given: nothing is given for the piano"),
        ([{"layer": "piano", "midi": "🎹"}], "given: piano: the MIDI file is not in base64"),
        ([{"layer": "vocals", "midi": midi(60, 64)}], "given: vocals: two notes at quarter 0"),
        ([{"layer": "vocals", "midi": midi(12)}], "given: vocals: the melody has notes that nobody sings"),
        ([{"layer": "piano", "midi": midi(), "audio_file_id": "x"}], "notes or a recording, not both"),
        ([{"layer": "piano", "midi": midi()}] * 2, "piano is given twice"),
    ],
)
def test_an_order_that_brings_nothing_to_play_is_refused_and_nothing_is_kept(storage, owner, given, why):
    with pytest.raises(composing.CannotCompose, match=why):
        ordered(owner, brief="a bossa", given=given)
    assert works.find(owner, id_of(owner)) is None
    assert not list(blobs.container(names.GENERATED).list_blobs(name_starts_with=id_of(owner)))


def test_a_recording_that_is_longer_than_the_piece_is_refused_before_anything_is_begun(storage, owner):
    take = recording(owner, 90.0)
    with pytest.raises(composing.CannotCompose, match=r"guitar: the recording lasts 90\.0 s, the piece"):
        ordered(owner, brief="a bossa, 40 seconds", given=[{"layer": "guitar", "audio_file_id": take.audio_file_id}])


# -- a melody for the voice -----------------------------------------------------------------------------------------

TUNE = [(60,), (62,), (64,), (65,), (67,), (65,), (64,), (62,)]


def settled(owner: str, **fields) -> Work:
    return ordered(owner, **{"instrumental": None, "stop_at": "lyrics", "theme": "the sea", **fields})


def sung(piece: Work, revision: int = 1):
    context = piece.composition.revision(revision).context
    return composing.singing.notes(context, composing.blend(composing.style_of(context)))


def test_the_voice_sings_the_melody_that_is_given_to_words_that_fit_it(storage, owner):
    given = [{"layer": "vocals", "midi": melody(TUNE * 4)}]
    piece = settled(owner, brief="a pop song at 120 bpm", form=[{"label": "verse", "bars": 8}], given=given)
    found = sung(piece)
    given_notes = {n / 2: pitch for n, (pitch,) in enumerate(TUNE * 4)}
    assert {one.start: round(one.pitch) for one in found if one.start in given_notes} == given_notes
    assert all(given_notes[int(2 * one.start) / 2] == round(one.pitch) for one in found), (
        "a shared note keeps its pitch"
    )
    assert {one.syllable for one in found} - {"-"} and len(piece.composition.revisions[0].context.drafts) == 3
    assert layer_of(piece, "vocals").midi is None and "vocals" in layer_of(piece, "vocals").name


def test_a_melody_follows_another_tempo_and_stays_in_its_own_key(storage, owner):
    given = [{"layer": "vocals", "midi": melody(TUNE * 4)}]
    piece = settled(owner, brief="a pop song at 60 bpm", form=[{"label": "verse", "bars": 8}], given=given)
    assert [one.start for one in sung(piece)][:3] == pytest.approx([0.0, 1.0, 2.0])


def test_another_melody_has_other_words_unless_they_are_ones_own(storage, owner):
    piece = settled(owner, brief="a pop song at 120 bpm", form=[{"label": "verse", "bars": 8}])
    edit = {"layers": [{"layer": "vocals", "midi": melody(TUNE[:4] * 4)}], "stop_at": "lyrics"}
    _, revision, _ = revising.refine(owner, piece.work_id, Refinement(**edit))
    assert revision.changes == ["vocals: your own melody"] and revision.context.lyrics is None
    piece = settled(owner + "-b", brief="a pop song", form=[{"label": "verse", "bars": 8}], lyrics="one two three four")
    _, revision, _ = revising.refine(piece.owner, piece.work_id, Refinement(**edit))
    assert revision.context.lyrics.sections[0].lines[0].text == "one two three four"
