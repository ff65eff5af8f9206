"""A piece in the mood of a song: what the song was heard to be, as far as nobody says otherwise."""

from __future__ import annotations

import uuid

import makers
import pytest

from ripieno.contracts.analysis import Analysis
from ripieno.contracts.composition import CompositionOrder, Context
from ripieno.records import analyses, songs
from ripieno.records.songs import SongMissing
from ripieno.work import composing, generating
from ripieno.work.composing import CannotCompose

HEARD = {
    "mood": {"valence": -0.3, "arousal": -0.6, "words": ["melancholic"]},
    "styles": [{"name": "ballad", "weight": 0.7}, {"name": "pop", "weight": 0.2}],
}


def known(owner: str, found: Analysis, **fields) -> str:
    song = makers.song(owner, 1, **fields)
    assert songs.create(song)
    analyses.save(owner, song.audio_file_id, song.born, song.instance_id, found, makers.stems())
    return song.audio_file_id


def begun(owner: str, **order) -> tuple[CompositionOrder, Context]:
    work, _ = composing.begin(owner, CompositionOrder.model_validate(order), uuid.uuid4().hex)
    assert work.composition is not None
    return work.composition.order, composing._begun(work)


def test_it_has_the_songs_mood_and_styles_and_none_of_its_notes(storage, owner):
    song = known(owner, makers.findings(["C", "G"], ["verse"], **HEARD))
    _, context = begun(owner, mood_of=song)
    assert (context.mood.valence, context.mood.arousal) == (-0.3, -0.6)
    assert [one.name for one in context.styles] == ["ballad", "pop"] and context.styles[0].weight > 0.7
    assert context.settled["mood"] == "the song" and context.settled["key"] != "the song"


def test_what_somebody_says_wins(storage, owner):
    song = known(owner, makers.findings(**HEARD))
    order, context = begun(owner, mood_of=song, brief="a house track", mood={"arousal": 0.8})
    assert (context.mood.valence, context.mood.arousal) == (-0.3, 0.8)
    assert [one.name for one in context.styles] == ["house"] and order.mood_of == song
    _, context = begun(owner, mood_of=song, styles=[{"name": "jazz"}])
    assert [one.name for one in context.styles] == ["jazz"]


def test_the_song_may_go_once_the_piece_is_begun(storage, owner):
    song = known(owner, makers.findings(**HEARD))
    work, _ = composing.begin(owner, CompositionOrder(mood_of=song), uuid.uuid4().hex)
    songs.delete(owner, song, songs.get(owner, song).born)
    assert composing._begun(work).mood.arousal == -0.6


@pytest.mark.parametrize(
    ("found", "fields", "error", "words"),
    [
        (makers.findings(beats=[{"time": 0, "position": 1}]), {}, CannotCompose, "analyse it again"),
        (makers.findings(), {}, CannotCompose, "no pulse"),
        (makers.findings(**HEARD), {"status": "analyzing"}, generating.NotAnalysed, "analyzing"),
    ],
)
def test_a_song_without_a_mood_says_why_and_what_to_do(storage, owner, found, fields, error, words):
    song = known(owner, found, **fields)
    with pytest.raises(error, match=words):
        composing.begin(owner, CompositionOrder(mood_of=song), uuid.uuid4().hex)
    with pytest.raises(SongMissing):
        composing.begin(f"{owner}-other", CompositionOrder(mood_of=song), uuid.uuid4().hex)
