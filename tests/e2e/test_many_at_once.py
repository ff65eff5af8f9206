"""Thirty songs dropped at once: all complete, nothing is lost or doubled, and they are done in order of arrival."""

from __future__ import annotations

import io
import time

import soundfile

from ripieno.contracts import names
from ripieno.services import storage

SONGS = 30


def test_thirty_dropped_songs_all_complete_once_and_in_order(ripieno, stack, demo):
    _, mix, _ = demo
    container = storage.container(names.RAW_AUDIO)
    for number in range(SONGS):
        file = io.BytesIO()
        start = round((5.5 + 3 * number) * 44100)  # no other test cuts here: the same bytes would be the same song
        soundfile.write(file, mix[start : start + 3 * 44100], 44100, format="WAV")
        container.upload_blob(f"thirty/{number:02}.wav", file.getvalue())

    wanted = {f"{number:02}.wav" for number in range(SONGS)}
    found: dict[str, str] = {}
    deadline = time.monotonic() + 400
    while len(found) < SONGS and time.monotonic() < deadline:
        songs = list(ripieno.search(limit=200))
        found = {song.original_file_name: song.audio_file_id for song in songs if song.original_file_name in wanted}
        time.sleep(0.5)  # the trigger polls storage: there is no event to await
    ended = {name: ripieno.wait(song_id, timeout=400) for name, song_id in found.items()}

    assert set(ended) == wanted
    assert {song.status for song in ended.values()} == {"analyzed"}
    assert len({song.audio_file_id for song in ended.values()}) == SONGS
    assert not list(container.list_blob_names(name_starts_with="thirty/"))
    done = [song.original_file_name for song in sorted(ended.values(), key=lambda song: song.analyzed_at)]
    displaced = max(abs(done.index(name) - index) for index, name in enumerate(sorted(wanted)))
    assert displaced <= 8, done  # two workers and four events at a time let neighbours overtake each other, no more
    listed = [song.original_file_name for song in ripieno.search(limit=7) if song.original_file_name in wanted]
    assert sorted(listed) == sorted(wanted), "paging loses or doubles nothing"
