"""Whole pieces, as a user asks for them: composed, looked at between stages, refined, taken back, cancelled, deleted."""

from __future__ import annotations

import json

import pytest
import soundfile

from ripieno.client import RipienoError
from ripieno.contracts.composition import (
    CompositionOrder,
    FormPart,
    LayerEdit,
    Refinement,
    SectionEdit,
    Stage,
)
from ripieno.records import works

FORM = [FormPart(label="verse", bars=2), FormPart(label="chorus", bars=4)]


def small(**fields) -> CompositionOrder:
    given = {"brief": "a calm pop song about rain", "form": FORM, "tempo": 120.0, "random_seed": 3,
             "layers": ["piano", "drums", "vocals"]}  # fmt: skip
    return CompositionOrder.model_validate(given | fields)


@pytest.fixture(scope="module")
def piece(stack):
    """A small piece that was made; tests that change it go back to its first version."""
    from ripieno.client import Ripieno

    with Ripieno(stack.url) as ripieno:
        made = ripieno.wait_composition(ripieno.compose(small()), timeout=240)
        assert made.versions[-1].status == "made", made
        return made


def version_of(made, layer: str) -> int:
    return made.versions[-1].elements[layer]


def test_one_request_makes_a_piece_with_every_stage_settled(ripieno, piece, tmp_path):
    assert [one.stage for one in piece.versions[0].stages] == list(Stage)
    assert all(one.status == "done" and one.message for one in piece.versions[0].stages)
    assert piece.status == "awaiting_review" and piece.current == 1
    master = next(one for one in piece.mixes if one.kind == "master")
    path = ripieno.download(master.blob_url, tmp_path / "mix.wav")
    about = soundfile.info(path)
    assert about.duration == pytest.approx(6 * 4 * 0.5, abs=0.01) == piece.duration_seconds
    assert {one.name for one in piece.layers} == {"piano", "drums", "vocals"}
    assert all(one.takes[0].stem and one.takes[0].midi_url for one in piece.layers)
    assert master.loudness_lufs == pytest.approx(piece.context.loudness_lufs, abs=1.0) and master.peak <= 0.9
    assert piece.versions[0].score.overall > 0.6
    assert piece.context.lyrics and len(piece.context.drafts) == 3


def test_a_change_makes_only_what_depends_on_it(ripieno, piece):
    wanted = Refinement(layers=[LayerEdit(layer="piano", instrument="electric piano")])
    accepted = ripieno.refine(piece.composition_id, wanted)
    assert accepted.changes == ["piano: instrument electric piano"]
    made = ripieno.wait_composition(piece.composition_id, timeout=240)
    assert made.current == accepted.version and made.versions[-1].parent == piece.current
    changed = {
        name for name in piece.versions[0].elements if version_of(made, name) != piece.versions[0].elements[name]
    }
    assert changed == {"piano"}
    again = ripieno.roll_back(piece.composition_id)
    assert again.current == 1 and {one.name for one in again.mixes} == {one.name for one in piece.mixes}


def test_words_change_the_voice_and_nothing_else(ripieno, piece):
    ripieno.refine(piece.composition_id, Refinement(from_version=1, draft=2))
    made = ripieno.wait_composition(piece.composition_id, timeout=240)
    first = piece.versions[0].elements
    assert {name for name in first if version_of(made, name) != first[name]} == {"vocals"}
    assert made.context.lyrics == piece.context.drafts[1]
    ripieno.roll_back(piece.composition_id, 1)


def test_what_is_said_in_words_is_done_and_what_is_not_understood_is_told(ripieno, piece):
    accepted = ripieno.refine(piece.composition_id, Refinement(from_version=1, text="no drums in the verse, flimflam"))
    made = ripieno.wait_composition(piece.composition_id, timeout=240)
    verse, chorus = made.context.sections
    assert "drums" not in verse.parts and "drums" in chorus.parts
    assert "flimflam" in " ".join(accepted.not_understood)
    ripieno.roll_back(piece.composition_id, 1)


def test_equal_versions_are_not_made_twice(ripieno, piece):
    branched = ripieno.branch(piece.composition_id, 1)
    assert branched.versions[-1].elements == piece.versions[0].elements and branched.versions[-1].status == "made"
    edit = Refinement(from_version=1, sections=[SectionEdit(section="chorus", energy=-0.1)])
    back = Refinement(sections=[SectionEdit(section="chorus", energy=0.1)])
    ripieno.refine(piece.composition_id, edit)
    quieter = ripieno.wait_composition(piece.composition_id, timeout=240)
    ripieno.refine(piece.composition_id, back)
    as_before = ripieno.wait_composition(piece.composition_id, timeout=240)
    assert version_of(quieter, "piano") != piece.versions[0].elements["piano"]
    assert as_before.versions[-1].elements == piece.versions[0].elements
    assert as_before.versions[-1].mix == piece.versions[0].mix
    ripieno.roll_back(piece.composition_id, 1)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (Refinement(sections=[SectionEdit(section="bridge", energy=0.1)]), "invalid_request"),
        (Refinement(), "invalid_request"),
        (Refinement(from_version=99, tempo=100), "not_found"),
    ],
)
def test_what_cannot_be_changed_is_refused_and_the_piece_stays(ripieno, piece, wanted, code):
    before = ripieno.composition(piece.composition_id)
    with pytest.raises(RipienoError) as refused:
        ripieno.refine(piece.composition_id, wanted)
    assert refused.value.code == code
    after = ripieno.composition(piece.composition_id)
    assert (after.versions, after.current, after.context) == (before.versions, before.current, before.context)


def test_a_person_looks_after_a_stage_and_the_piece_goes_on(ripieno, command):
    work = ripieno.compose(small(stop_at="arrangement", layers=["piano"], instrumental=True))
    waiting = ripieno.wait_composition(work, timeout=120)
    assert waiting.status == "awaiting_review" and waiting.versions[0].status == "waiting"
    assert waiting.context.sections[0].parts and not waiting.layers
    ripieno.approve_composition(work)
    made = ripieno.wait_composition(work, timeout=240)
    assert made.versions[0].status == "made" and len(made.versions) == 1 and made.mixes
    approved = ripieno.approve_composition(work)
    assert approved.status == "completed" and approved.approved == 1
    assert json.loads(command("status", work, "--wait", "--json"))["composition_id"] == work
    gone = json.loads(command("delete", work, "--wait", "--json"))
    assert (gone["composition_id"], gone["status"]) == (work, "completed")
    with pytest.raises(RipienoError, match="there is no"):
        ripieno.composition(work)


def test_a_cancelled_change_leaves_the_version_before(ripieno, piece, stack):
    ripieno.refine(piece.composition_id, Refinement(from_version=1, tempo=90))
    with pytest.raises(RipienoError) as refused:
        ripieno.refine(piece.composition_id, Refinement(tempo=91))
    assert refused.value.code == "still_making"
    cancelled = ripieno.cancel_composition(piece.composition_id)
    assert cancelled.versions[-1].status == "cancelled" and cancelled.current == piece.current
    ripieno.refine(piece.composition_id, Refinement(from_version=1, text="a bit louder piano"))
    again = ripieno.wait_composition(piece.composition_id, timeout=240).versions[-1]
    assert again.status == "made", again.error
    ripieno.roll_back(piece.composition_id, 1)


def test_compositions_are_listed_apart_from_stems(ripieno, piece):
    assert piece.composition_id in {one.composition_id for one in ripieno.compositions(limit=1)}
    assert piece.composition_id not in {one.generation_request_id for one in ripieno.generations()}
    for call in (ripieno.generation, ripieno.cancel_generation):
        with pytest.raises(RipienoError, match="is a composition"):
            call(piece.composition_id)


def test_a_song_can_be_the_beginning(ripieno, make_clip):
    song = ripieno.wait(ripieno.upload(make_clip("to cover.flac", 4.0, 10.0)), timeout=120)
    work = ripieno.compose(CompositionOrder(audio_file_id=song.audio_file_id, brief="bossa", layers=["piano"]))
    made = ripieno.wait_composition(work, timeout=240)
    assert made.versions[0].status == "made", made
    assert made.context.tempo == pytest.approx(112, rel=0.02) and made.context.key.startswith(song.key)
    ripieno.wait_removal(ripieno.delete(song.audio_file_id).instance_id)
    assert works.find(made.owner, work) is None, "it was made from the song, and goes with it"


def test_the_command_writes_the_piece_and_shows_its_versions(command, piece, tmp_path):
    told = command("refine", piece.composition_id, "--tempo", "118", "--out", str(tmp_path), "--json")
    assert json.loads(told)["context"]["tempo"] == 118
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert {"mix.wav", "stems/piano.wav", "piano.mid", "lyrics.lrc", "composition.json"} <= names
    assert "[00:" in (tmp_path / "lyrics.lrc").read_text()
    assert "tempo: 120.0 → 118.0" in command("versions", piece.composition_id)
    assert "version 1" in command("rollback", piece.composition_id, "--to", "1")
