"""A sung piece with voices behind its lead, as a user asks for it: heard, left out, and not sung twice."""

from __future__ import annotations

import jams
import soundfile

from ripieno.contracts.composition import BACKING, CompositionOrder, FormPart, Refinement
from ripieno.records import works


def test_backing_vocals_are_a_layer_of_their_own_that_comes_and_goes(ripieno, tmp_path):
    order = CompositionOrder(
        brief="a pop song about rain with backing vocals",
        form=[FormPart(label="verse", bars=2), FormPart(label="chorus", bars=4)],
        tempo=120.0,
        random_seed=3,
        layers=["piano", "vocals"],
    )
    made = ripieno.wait_composition(ripieno.compose(order), timeout=240)
    first = made.versions[-1]
    assert first.status == "made" and set(first.elements) == {"piano", "vocals", BACKING}
    (behind,) = [one for one in made.layers if one.name == BACKING]
    stem = behind.takes[0].stem
    assert behind.stem_type == "vocals" and stem.engine.engine == "voice" and behind.takes[0].midi_url
    path = ripieno.download(behind.takes[0].blob_url, tmp_path / "backing.wav")
    audio, rate = soundfile.read(path, always_2d=True)
    verse, chorus = audio[: round(3.8 * rate)], audio[round(4.2 * rate) :]
    assert abs(verse).max() < 1e-3 < 0.01 < abs(chorus).max(), "the chorus is where they sing"
    assert made.context.sections[1].backing and not made.context.sections[0].backing
    work = works.get_composition(made.owner, made.composition_id)
    mix = work.element(first.mix)
    levels = {one["name"]: one["gain_db"] for one in mix.latest.inputs["sources"]}
    assert set(levels) == {"piano", "vocals", BACKING} and work.element(BACKING).role == BACKING

    path = ripieno.download_composition(made.composition_id, tmp_path / "piece.jams", format="jams")
    lead, *others = jams.load(str(path), validate=True).search(namespace="note_midi")
    assert len(lead.data) > 4 and {one.sandbox.backing for one in others} >= {"third below"}

    accepted = ripieno.refine(made.composition_id, Refinement(text="no backing vocals"))
    assert accepted.changes == [f"{BACKING}: left out"]
    bare = ripieno.wait_composition(made.composition_id, timeout=240)
    assert set(bare.versions[-1].elements) == {"piano", "vocals"}
    assert bare.versions[-1].elements["vocals"] == first.elements["vocals"], "the lead is not sung anew"

    ripieno.refine(made.composition_id, Refinement(text="add backing vocals in the chorus"))
    again = ripieno.wait_composition(made.composition_id, timeout=240)
    assert again.versions[-1].elements == first.elements and again.versions[-1].mix == first.mix
