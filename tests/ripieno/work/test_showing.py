"""Works as the API shows them: by the name of their song."""

from __future__ import annotations

import makers
import pytest

from ripieno.records import songs, works
from ripieno.work import showing


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """The ids of the songs that storage is asked for."""
    asked: list[str] = []
    real = songs.find

    def find(owner: str, audio_file_id: str):
        asked.append(audio_file_id)
        return real(owner, audio_file_id)

    monkeypatch.setattr(songs, "find", find)
    return asked


def test_a_list_of_requests_names_their_songs_and_asks_for_each_once(storage, owner, reads):
    known = [makers.song(owner, number, original_file_name=f"\U0001f3b7 {number}.wav") for number in range(2)]
    for song in known:
        songs.create(song)
    made = [
        makers.work(owner, "bass", audio_file_id=song.audio_file_id, born=song.born) for song in known for _ in range(5)
    ] + [makers.work(owner, "bass")]
    for work in made:
        works.create(work)
    found, _ = works.listed(owner, limit=20)
    for _ in range(2):
        shown = {one.generation_request_id: one.song_name for one in showing.summaries(found)}
        assert [shown[work.work_id] for work in made] == ["\U0001f3b7 0.wav"] * 5 + ["\U0001f3b7 1.wav"] * 5 + [None]
    assert showing.whole(made[0]).song_name == "\U0001f3b7 0.wav"
    assert sorted(reads) == sorted(song.audio_file_id for song in known)


def test_a_request_for_a_former_life_of_a_song_has_not_the_name_of_the_next(storage, owner):
    song = makers.song(owner, 1, born="second")
    songs.create(song)
    assert showing.whole(makers.work(owner, "bass", audio_file_id=song.audio_file_id, born="first")).song_name is None
