"""A song that somebody shares is meant by its whole id: it is in nobody's list but its owner's."""

from __future__ import annotations

import httpx
import makers
import pytest

from ripieno.cli import songs
from ripieno.cli.exits import NotFound
from ripieno.client import Ripieno


@pytest.fixture
def shared():
    return makers.song("anna", 1)


@pytest.fixture
def client(shared):
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/audio":
            return httpx.Response(200, json={"items": []})
        if request.url.path == f"/api/audio/{shared.audio_file_id}":
            return httpx.Response(200, json=shared.model_dump(mode="json"))
        return httpx.Response(404, json={"code": "not_found", "detail": "there is no such song"})

    with Ripieno("http://ripieno") as ripieno:
        ripieno._http = httpx.Client(base_url="http://ripieno/api/", transport=httpx.MockTransport(answer))
        yield ripieno


def test_a_shared_song_is_found_by_its_whole_id(client, shared):
    assert songs.song(client, shared.audio_file_id).owner == "anna"
    assert songs.anything(client, shared.audio_file_id).owner == "anna"


@pytest.mark.parametrize("text", ["0980b1dc-e520-5f6d-89a8-aded71947c0c", "0980b1dc", "a song"])
def test_what_is_nobodys_is_not_found(client, text):
    with pytest.raises(NotFound, match="no song is called"):
        songs.song(client, text)
