"""Quotas: of ten who want the last place one gets it, what dies gives it back, and whoever is turned away knows why."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from azure.data.tables import TableClient

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.enums import AudioFileStatus, Role
from ripieno.contracts.workflow import Run
from ripieno.records import quotas, runs, songs, usage
from ripieno.records.quotas import OverQuota, Wants
from ripieno.services import behalf
from ripieno.services import quotas as limits
from ripieno.services.settings import MissingSetting

pytestmark = pytest.mark.usefixtures("storage")
UNLIMITED = dict.fromkeys(limits.Quotas.model_fields, "unlimited")
NOW = datetime(2026, 11, 27, 18, tzinfo=UTC)


@pytest.fixture
def owner() -> str:
    return f"user-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def let(monkeypatch):
    def let(owners: dict | None = None, **of_everyone) -> None:
        table = {"roles": {"*": UNLIMITED | of_everyone}, "visitors": UNLIMITED, "owners": owners or {}}
        monkeypatch.setenv("RIPIENO_QUOTAS", json.dumps(table))
        monkeypatch.setattr(quotas, "_SWEEP_SECONDS", 0.0)

    return let


def run(owner: str, name: str, orchestrator: str = "PipelineOrchestrator") -> Run:
    return Run(owner=owner, instance_id=name, orchestrator=orchestrator, order={}, asked_at=NOW.isoformat())


def is_let_in(owner: str, name: str, wants: Wants = quotas.NOTHING) -> bool:
    try:
        quotas.hold(owner, name, wants=wants, now=NOW)
        return True
    except OverQuota:
        return False


@pytest.mark.parametrize(
    ("quota", "limit", "wants"),
    [
        ("concurrent_jobs", 4, Wants()),
        ("songs_a_day", 4, Wants(songs=1)),
        ("storage_bytes", 499, Wants(size_bytes=100)),
        ("generation_seconds_a_day", 47, Wants(generation_seconds=10.5)),
        ("generation_seconds_a_month", 47, Wants(generation_seconds=10.5)),
    ],
)
def test_of_ten_at_once_the_one_that_is_left_is_let_in(owner, let, quota, limit, wants):
    let(**{quota: limit})
    assert all(is_let_in(owner, f"work-{number}", wants) for number in range(3))
    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(lambda number: is_let_in(owner, f"work-1{number}", wants), range(10))) == 1
    assert is_let_in(owner, "work-0", wants), "the same workflow is asked for again: it has its place"


def test_who_is_turned_away_is_told_which_quota_how_much_and_until_when(owner, let):
    let(songs_a_day=1, concurrent_jobs=5)
    quotas.hold(owner, "song-1", wants=Wants(songs=1))
    with pytest.raises(OverQuota, match="1 of 1 songs a day are used: it begins anew at ") as over:
        quotas.hold(owner, "song-2", wants=Wants(songs=1))
    turn = over.value.turns_at
    assert over.value.quota == "songs_a_day" and turn is not None
    assert (turn.hour, turn.minute) == (0, 0) and turn > datetime.now(UTC) >= turn - timedelta(days=1)
    assert abs(over.value.retry_after - (turn - datetime.now(UTC)).total_seconds()) < 5


def test_the_day_turns(owner, let):
    let(songs_a_day=1)
    for day in range(3):
        at = NOW + timedelta(days=day)
        quotas.hold(owner, f"song-a{day}-b-1", wants=Wants(songs=1), now=at)
        quotas.settle(owner, f"a{day}", "b", f"song-a{day}-b-1", 180, 1000, at, now=at)
        with pytest.raises(OverQuota):
            quotas.hold(owner, f"song-x{day}-b-1", wants=Wants(songs=1), now=at)


def test_a_song_that_settles_counts_once_however_often_its_workflow_begins(owner, let):
    let(songs_a_day=2, storage_bytes=5000)
    quotas.hold(owner, "song-a-b-1", wants=Wants(songs=1, size_bytes=1000), now=NOW)
    for _ in range(3):
        quotas.settle(owner, "a", "b", "song-a-b-1", 180, 1000, NOW, now=NOW)
    found = {state.quota: state.used for state in quotas.states(owner, now=NOW)}
    assert found["songs_a_day"] == 1 and found["storage_bytes"] == 1000 and found["concurrent_jobs"] == 1
    assert usage.of_month(owner, "2026-11", now=NOW)["songs"] == 1


def test_who_dies_between_their_place_and_their_work_gives_it_back(owner, let):
    let(songs_a_day=1)
    quotas.hold(owner, "song-a-b-1", wants=Wants(songs=1))
    assert quotas.sweep(owner) == 0, "it may begin yet"
    assert quotas.sweep(owner, now=datetime.now(UTC) + timedelta(minutes=5)) == 1
    assert is_let_in(owner, "song-c-d-1", Wants(songs=1))


def test_a_workflow_that_has_ended_gives_its_place_back_at_once(owner, let):
    let(concurrent_jobs=1)
    with behalf.of(owner, frozenset(Role)):
        runs.note(run(owner, "work-1"))
        with pytest.raises(OverQuota, match="1 of 1 jobs at once are used: wait until one has ended, or cancel one"):
            runs.note(run(owner, "work-2"))
        assert runs.find(owner, "work-2") is None
        runs.forget(run(owner, "work-1"))
        runs.note(run(owner, "work-2"))


def test_what_a_workflow_goes_on_with_is_counted_and_never_turned_away(owner, let):
    let(concurrent_jobs=1)
    for number in range(3):
        runs.note(run(owner, f"work-{number}"))
    assert next(one.used for one in quotas.states(owner) if one.quota == "concurrent_jobs") == 3


def test_deleting_needs_no_place(owner, let):
    let(concurrent_jobs=0)
    with behalf.of(owner, frozenset(Role)):
        runs.note(run(owner, "remove-1", "RemovalOrchestrator"))
        with pytest.raises(OverQuota):
            runs.note(run(owner, "work-1"))


def test_what_passes_last_is_told_first(owner, let):
    let(concurrent_jobs=0, storage_bytes=10)
    with pytest.raises(OverQuota, match="delete something"):
        quotas.hold(owner, "song-1", wants=Wants(size_bytes=100))


def test_whoever_has_no_quota_holds_nothing(owner, let):
    let()
    assert is_let_in(owner, "work-1", Wants(songs=10**6, size_bytes=10**15))
    assert {state.used for state in quotas.states(owner)} == {0}


def test_an_owner_may_be_given_more_than_their_role(owner, let):
    let({owner: {"songs_a_day": "unlimited"}}, songs_a_day=0)
    assert is_let_in(owner, "song-1", Wants(songs=50))
    assert not is_let_in("somebody-else", "song-1", Wants(songs=1))


def test_of_several_roles_the_most_generous_counts(monkeypatch):
    table = {"*": dict.fromkeys(UNLIMITED, 1), "Viewer": dict.fromkeys(UNLIMITED, 0),
             "Analyst": UNLIMITED | {"songs_a_day": 7}, "Generator": UNLIMITED | {"storage_bytes": 9}}  # fmt: skip
    monkeypatch.setenv("RIPIENO_QUOTAS", json.dumps({"roles": table, "visitors": UNLIMITED}))
    both = limits.of("ada", [Role.VIEWER, Role.ANALYST])
    assert (both.songs_a_day, both.storage_bytes) == (7, None)
    assert limits.of("ada", None).songs_a_day == 1
    assert limits.of("visitor-1", [Role.VIEWER]).are_unlimited


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("nowhere.json", "No such file"),
        (json.dumps({"roles": {}, "visitors": UNLIMITED}), "roles has no `\\*`"),
        (json.dumps({"roles": {"*": {"songs_a_day": 5}}, "visitors": UNLIMITED}), "concurrent_jobs"),
        (json.dumps({"roles": {"*": UNLIMITED | {"songs_a_day": None}}, "visitors": UNLIMITED}), "the word unlimited"),
        (json.dumps({"roles": {"*": UNLIMITED | {"songs_a_day": -1}}, "visitors": UNLIMITED}), "greater than or equal"),
    ],
)
def test_quotas_that_cannot_be_are_told_at_the_start(monkeypatch, written, said):
    monkeypatch.setenv("RIPIENO_QUOTAS", written)
    with pytest.raises(MissingSetting, match=said):
        limits.check()


def test_the_shipped_quotas_are_generous_here_and_sane_in_azure(monkeypatch):
    monkeypatch.delenv("RIPIENO_QUOTAS", raising=False)
    assert limits.of("local", frozenset(Role)).are_unlimited
    monkeypatch.setenv("WEBSITE_SITE_NAME", "ripieno")
    assert not limits.of("ada", [Role.GENERATOR]).are_unlimited
    assert (limits.of("visitor-1").songs_a_day or 0) < (limits.of("ada").songs_a_day or 0)


# -- what is held while new audio is made -------------------------------------------------------------------------


def noted_song(owner: str, status: AudioFileStatus, **order) -> Run:
    """The run of a song that stands as it does, in the library."""
    song = AudioFile(
        audio_file_id=f"a{uuid.uuid4().hex[:8]}", owner=owner, born="b", original_file_name="a.wav", status=status,
        uploaded_at=NOW.isoformat(), sha256="0" * 64, blob_name="a/b.wav", file_size_bytes=1000, instance_id="", run=1,
    )  # fmt: skip
    song.instance_id = names.song_instance(song.audio_file_id, "b", 1)
    songs.create(song)
    return run(owner, song.instance_id).model_copy(update={"order": {"audio_file_id": song.audio_file_id, **order}})


def used(owner: str, quota: str) -> int:
    return next(one.used for one in quotas.states(owner, now=NOW) if one.quota == quota)


def test_what_is_made_after_an_analysis_is_held_until_it_has_ended(owner, let):
    let(generation_seconds_a_day=1000)
    asked = noted_song(owner, AudioFileStatus.ANALYZED, work_id="w")
    with behalf.of(owner, frozenset(Role)):
        runs.note(asked, wants=Wants(songs=1, size_bytes=1000, generation_seconds=720))
        for _ in range(2):
            quotas.settle(owner, asked.order["audio_file_id"], "b", asked.instance_id, 180, 1000, NOW, now=NOW)
        assert used(owner, "generation_seconds_a_day") == 720, "its song has begun, its stems have not"
        assert used(owner, "songs_a_day") == 1 and used(owner, "storage_bytes") == 1000
        with pytest.raises(OverQuota):
            runs.note(run(owner, "work-2", "WorkOrchestrator"), wants=Wants(generation_seconds=300))
        runs.forget(asked)
        runs.note(run(owner, "work-2", "WorkOrchestrator"), wants=Wants(generation_seconds=300))


def test_a_song_that_is_analysed_gives_its_place_back_unless_a_work_is_made_with_it(owner, let):
    let(concurrent_jobs=5)
    for asked in (
        noted_song(owner, AudioFileStatus.ANALYZED),
        noted_song(owner, AudioFileStatus.ANALYZED, work_id="w"),
    ):
        runs.note(asked)
    assert used(owner, "concurrent_jobs") == 1


# -- who holds ----------------------------------------------------------------------------------------------------


def test_the_timer_gives_back_of_everyone_and_reads_no_partition_but_theirs(owner, let, monkeypatch):
    let(songs_a_day=1)
    quotas.hold(owner, "song-a-b-1", wants=Wants(songs=1))
    asked, query = [], TableClient.query_entities

    def noted(client, query_filter, **options):
        asked.append(query_filter)
        return query(client, query_filter, **options)

    monkeypatch.setattr(TableClient, "query_entities", noted)
    quotas.sweep_all(now=datetime.now(UTC) + timedelta(minutes=5))
    assert is_let_in(owner, "song-c-d-1", Wants(songs=1))
    assert asked and all("PartitionKey eq" in one for one in asked), asked


def test_who_has_held_nothing_for_days_is_listed_no_more_and_is_listed_again(owner, let):
    def is_listed() -> bool:
        return owner in usage._owners(usage.HELD)

    let(songs_a_day=1)
    quotas.hold(owner, "song-a-b-1", wants=Wants(songs=1))
    quotas.sweep_all(now=datetime.now(UTC) + timedelta(seconds=1))
    assert is_listed()
    quotas.sweep_all(now=datetime.now(UTC) + quotas.KEEP_LISTED + timedelta(minutes=1))
    assert not is_listed()
    quotas._listed.cache_clear()  # the next day, or another process
    quotas.hold(owner, "song-c-d-1", wants=Wants(songs=1))
    assert is_listed()


def test_a_song_that_is_analysed_again_long_after_is_no_further_song_of_its_month(owner, let):
    let()
    july, november = datetime(2026, 7, 3, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)
    quotas.settle(owner, "a", "b", "song-a-b-1", 180, 1000, july, now=july)
    usage.expire(november)
    for number in (2, 3):
        quotas.settle(owner, "a", "b", f"song-a-b-{number}", 180, 1000, july, now=november)
        usage.expire(november)
    assert usage.of_month(owner, "2026-07", now=july)["songs"] == 1
    assert usage.of_month(owner, "2026-07", now=july)["song_ms"] == 180_000
