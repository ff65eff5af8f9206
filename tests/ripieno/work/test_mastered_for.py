"""Where a piece is to be heard, and which song it is to sound like: what its mix and master are asked for."""

from __future__ import annotations

import pytest

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis, SeparationResult
from ripieno.contracts.composition import CompositionOrder, Refinement
from ripieno.contracts.enums import AudioFileStatus
from ripieno.contracts.workflow import RevisionOrder
from ripieno.records import analyses, songs, works
from ripieno.services import blobs
from ripieno.work import composing, generating, mixing, revising
from tests.makers import MAKER, made_layers
from tests.makers import song as new_song

_PIECE = {"brief": "a bossa", "instrumental": True, "form": [{"label": "verse", "bars": 4}], "stop_at": "context"}


@pytest.fixture
def reference(storage, owner):
    """An analysed song at -9.5 LUFS."""
    song = new_song(owner, 1).model_copy(update={"status": AudioFileStatus.ANALYZED})
    songs.create(song)
    blobs.upload(names.SONGS, song.blob_name, b"RIFF")
    found = Analysis(duration_seconds=10.0, loudness_lufs=-9.5)
    separated = SeparationResult(stems=[], duration_seconds=10.0, engine=MAKER)
    analyses.save(owner, song.audio_file_id, song.born, song.instance_id, found, separated)
    return song


def settled(owner: str, **fields):
    work, run = composing.begin(owner, CompositionOrder.model_validate(_PIECE | fields), "0123456789abcdef")
    composing.settle(composing.RevisionOrder.model_validate(run.order), composing.Stage.CONTEXT)
    work = works.get(owner, work.work_id)
    return work, work.composition.revision(1).context


def test_a_destination_settles_how_loud_a_piece_is_and_a_later_one_wins(storage, owner):
    work, context = settled(owner, destination="broadcast")
    assert (context.destination, context.loudness_lufs) == ("broadcast", -23.0)
    made = revising.refine(owner, work.work_id, Refinement(destination="club"))[1]
    assert (made.context.destination, made.context.loudness_lufs) == ("club", -9.0)
    assert any("club" in one for one in made.changes)


def test_a_loudness_of_ones_own_wins_over_the_destination(storage, owner):
    assert settled(owner, destination="club", loudness_lufs=-15.0)[1].loudness_lufs == -15.0


def test_a_piece_is_as_loud_as_the_song_that_it_is_to_sound_like(reference, owner):
    assert settled(owner, reference_id=reference.audio_file_id)[1].loudness_lufs == -9.5


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_piece_is_mastered_beside_its_reference_and_without_once_that_is_gone(reference, owner, is_gone):
    order = CompositionOrder(brief="a bossa", layers=["piano"], reference_id=reference.audio_file_id)
    _, run = composing.begin(owner, order, "0123456789abcdef")
    its = RevisionOrder.model_validate(run.order)
    for stage in list(composing._STAGES):
        composing.settle(its, stage)
    if is_gone:
        songs.delete(owner, reference.audio_file_id, reference.born)
    made_layers(its)
    work = works.get(owner, its.work_id)
    master = work.element(mixing.master_name(work.composition.revision(1).mix))
    assert master.latest.inputs.get("reference") == (
        None if is_gone else {"container": names.SONGS, "blob_name": reference.blob_name}
    )


def test_a_reference_that_is_not_there_is_refused(storage, owner):
    with pytest.raises(songs.SongMissing):
        settled(owner, reference_id="nobody")


def test_a_reference_has_to_be_analysed(storage, owner):
    song = new_song(owner, 2).model_copy(update={"status": AudioFileStatus.ANALYZING})
    songs.create(song)
    with pytest.raises(generating.NotAnalysed, match="reference is analyzing"):
        settled(owner, reference_id=song.audio_file_id)
