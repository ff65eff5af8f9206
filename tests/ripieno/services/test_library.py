"""The library's tables on Azurite: every filter, paging, races, and index rows that follow their song."""

from __future__ import annotations

import random
import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from ripieno.services.library import SongQuery

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.services import library
from ripieno.services.storage import table

KEYS = ["C", "F#", "Bb", "A"]
EPOCH = datetime(2026, 3, 1, tzinfo=UTC)


def song(owner: str, number: int, **fields) -> AudioFile:
    song_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{owner}{number}"))
    return AudioFile(
        born="b", audio_file_id=song_id, owner=owner, original_file_name=f"{number}.wav", sha256="0" * 64, blob_name=f"{song_id}.wav",
        file_size_bytes=1, instance_id="i", uploaded_at=(EPOCH + timedelta(hours=number)).isoformat(),
        **({"status": "analyzed"} | fields),
    )  # fmt: skip


@pytest.fixture(scope="module")
def filled(stack) -> tuple[str, list[AudioFile]]:
    owner, rng = f"owner-{uuid.uuid4().hex[:8]}", random.Random(5)
    songs = []
    for number in range(60):
        analysed = number % 5 != 0
        found = {"bpm": round(rng.uniform(60, 180), 3), "key": rng.choice(KEYS), "mode": rng.choice(["major", "minor"])}
        songs.append(song(owner, number, **(found if analysed else {"status": rng.choice(["failed", "analyzing"])})))
        assert library.create(songs[-1])
    return owner, songs


def every(owner: str, limit: int, **filters) -> list[str]:
    found, cursor = [], None
    while True:
        page = library.search(owner, SongQuery(limit=limit, cursor=cursor, **filters))
        assert len(page.items) <= limit
        found += [item.audio_file_id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


FILTERS = [
    {},
    {"key": "F#"},
    {"key": "Bb", "mode": "minor"},
    {"mode": "major"},
    {"status": "failed"},
    {"bpm_min": 90, "bpm_max": 130},
    {"bpm_max": 100, "mode": "minor", "status": "analyzed"},
    {"key": "A", "bpm_min": 80.5},
    {"uploaded_after": EPOCH + timedelta(hours=20), "uploaded_before": EPOCH + timedelta(hours=40)},
    {"status": "analyzed", "uploaded_after": EPOCH + timedelta(hours=33)},
    {"bpm_min": 60, "uploaded_before": EPOCH + timedelta(hours=30)},
]


@pytest.mark.parametrize("filters", FILTERS, ids=lambda filters: "+".join(filters) or "all")
@pytest.mark.parametrize("limit", [7, 200])
def test_every_filter_finds_what_a_scan_finds(filled, filters, limit):
    owner, songs = filled

    def matches(one: AudioFile) -> bool:
        uploaded = datetime.fromisoformat(one.uploaded_at)
        return (
            all(getattr(one, name) == filters[name] for name in ("key", "mode", "status") if name in filters)
            and (one.bpm or 0) >= filters.get("bpm_min", 0)
            and (one.bpm if one.bpm is not None else 0 if "bpm_max" not in filters else 999)
            <= filters.get("bpm_max", 999)
            and uploaded > filters.get("uploaded_after", datetime.min.replace(tzinfo=UTC))
            and uploaded < filters.get("uploaded_before", datetime.max.replace(tzinfo=UTC))
        )

    wanted = [one for one in songs if matches(one)]
    by_tempo = "key" not in filters and ("bpm_min" in filters or "bpm_max" in filters)
    wanted.sort(key=lambda one: one.bpm if by_tempo else -datetime.fromisoformat(one.uploaded_at).timestamp())
    assert every(owner, limit, **filters) == [one.audio_file_id for one in wanted]


def test_owners_do_not_see_each_other(filled):
    _, songs = filled
    assert every("somebody-else", 10) == []
    with pytest.raises(library.SongMissing):
        library.get("somebody-else", songs[0].audio_file_id)


def test_a_key_is_found_under_any_spelling(filled):
    owner, _ = filled
    for spelling in ("Gb", "f#", " F# ", "E##"):
        assert every(owner, 50, key=spelling) == every(owner, 50, key="F#") != []
    with pytest.raises(ValueError, match="not a note name"):
        SongQuery(key="H")


def test_a_cursor_of_another_query_is_refused(filled):
    owner, _ = filled
    cursor = library.search(owner, SongQuery(limit=2)).next_cursor
    with pytest.raises(library.BadCursor):
        library.search(owner, SongQuery(key="A", cursor=cursor))


def test_concurrent_changes_are_all_kept_and_leave_one_row_in_each_index(stack):
    owner = f"race-{uuid.uuid4().hex[:8]}"
    one = song(owner, 1, bpm=100.0, key="C", mode="major")
    assert library.create(one) and not library.create(one)

    def bump() -> None:
        for _ in range(5):
            library.update(
                owner, one.audio_file_id, lambda row: row.model_copy(update={"bpm": row.bpm + 1, "run": row.run + 1})
            )

    threads = [threading.Thread(target=bump) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = library.get(owner, one.audio_file_id)
    assert (after.bpm, after.run) == (120.0, 21)
    tempo_rows = [row["bpm"] for row in table(names.INDEX_BY_TEMPO).query_entities(f"PartitionKey eq '{owner}'")]
    assert tempo_rows == [120.0]
    library.delete(owner, one.audio_file_id)
    assert every(owner, 10) == []


def test_a_change_that_dies_half_way_is_put_right_by_its_repetition(stack, monkeypatch):
    owner = f"half-{uuid.uuid4().hex[:8]}"
    one = song(owner, 1, status="analyzing")
    library.create(one)
    change = lambda row: row.model_copy(update={"status": "analyzed", "bpm": 99.0})  # noqa: E731
    for broken in ("_delete_index_rows", "_to_entity"):
        with monkeypatch.context() as patch:
            patch.setattr(library, broken, lambda *_: (_ for _ in ()).throw(RuntimeError("died")))
            with pytest.raises(RuntimeError):
                library.update(owner, one.audio_file_id, change)
        library.update(owner, one.audio_file_id, change)
        assert [every(owner, 9, status=status) for status in ("analyzing", "analyzed")] == [[], [one.audio_file_id]]
        library.update(
            owner, one.audio_file_id, lambda row: row.model_copy(update={"status": "analyzing", "bpm": None})
        )
