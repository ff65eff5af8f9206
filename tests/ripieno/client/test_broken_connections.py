"""Connections that break, answers that get lost, platforms that are busy: what is repeated, and what is done once."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from proxy import Breaks, Cuts, Loses, Says

from ripieno.client import NotRunning, Retries, Ripieno, RipienoError
from ripieno.contracts.generation import GenerationOrder, GenerationParameters

FREE = GenerationOrder(
    target_stems=["bass"],  # pyright: ignore[reportArgumentType]
    parameters=GenerationParameters(target_bpm=120, duration_seconds=2, chord_progression=["C"], random_seed=1),
)
BUSY = Says(503, {"retry-after": "0"}, b"busy")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between tries, which are noted instead of made."""
    made: list[float] = []

    async def slept(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr("ripieno.client._sync.connection.sleep", made.append)
    monkeypatch.setattr("ripieno.client._async.connection.async_sleep", slept)
    return made


# -- requests -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Breaks(), Loses(), Cuts(3), BUSY, Says(429), Says(502), Says(504)], ids=str)
def test_a_get_is_repeated_until_it_is_answered(connect, ways, fault):
    api, _ = ways
    api.fail("GET", "/jobs", fault, fault)
    assert isinstance(list(connect(api.url).jobs(state="failed")), list)
    assert api.all_failed() and len(api.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 500, 501])
def test_what_asking_again_cannot_change_is_asked_once(connect, ways, status):
    api, _ = ways
    api.fail("GET", "/audio", *[Says(status, body=b'{"code": "no", "detail": "no"}')] * 3)
    with pytest.raises(RipienoError) as told:
        list(connect(api.url).search())
    assert told.value.status == status and len(api.asked) == 1


@pytest.mark.parametrize("fault", [Loses(), Cuts(3), BUSY, Says(502), Says(504)], ids=str)
def test_what_has_no_owner_whose_key_it_could_be_is_sent_once(connect, ways, fault):
    """A second visit would begin, and a code that was used joins no device."""
    api, _ = ways
    api.fail("POST", "/visits", fault, fault)
    api.fail("POST", "/pairings/claim", fault, fault)
    for ask in (lambda: connect(api.url).begin_visit(), lambda: connect(api.url).join("ABCD-EFGH")):
        before = len(api.asked)
        with pytest.raises(RipienoError):
            ask()
        assert len(api.asked) == before + 1


def test_the_api_is_asked_again_when_it_said_and_not_before(connect, ways, pauses):
    api, _ = ways
    api.fail("GET", "/health", Says(429, {"retry-after": "7"}), Says(502, {"retry-after": "41"}))
    assert connect(api.url).health()["status"] == "ok"
    assert pauses == [7.0, 41.0]


def test_who_is_asked_to_come_back_after_the_time_is_told_at_once(connect, ways, pauses):
    api, _ = ways
    body = b'{"code": "endpoint_down", "detail": "the endpoint is away"}'
    api.fail("GET", "/audio", Says(503, {"retry-after": "100000"}, body))
    with pytest.raises(RipienoError) as told:
        list(connect(api.url).search())
    assert (told.value.code, told.value.retry_after, pauses) == ("endpoint_down", 100000.0, [])


def test_tries_have_an_end(connect, ways):
    api, _ = ways
    api.fail("GET", "/audio", *[BUSY] * 9)
    with pytest.raises(RipienoError) as told:
        list(connect(api.url).search())
    assert told.value.status == 503 and len(api.asked) == 5
    api.fail("GET", "/jobs", *[Breaks()] * 9)
    with pytest.raises(RipienoError) as told:
        list(connect(api.url, retries=Retries(tries=1)).jobs())
    assert told.value.code == "connection" and "GET /api/jobs" in str(told.value) and len(api.asked) == 6


def test_nobody_at_the_address_is_told_soon_and_with_what_to_do(connect, pauses):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(NotRunning, match=f"no Ripieno answers at {url}: start one with `ripieno up`") as told:
        connect(url).health()
    assert told.value.code == "not_running" and len(pauses) == 1 and told.value.retry_after is None


def test_who_has_answered_before_is_waited_for_while_it_starts_again(connect, ways, pauses):
    api, _ = ways
    client = connect(api.url)
    assert client.health()["status"] == "ok"
    api.close()
    with pytest.raises(NotRunning) as told:
        client.health()
    assert len(pauses) == 4 and told.value.retry_after == client.retries.longest_pause, "and says when to ask again"
    with pytest.raises(NotRunning):
        client.begin_visit()
    assert len(pauses) == 8, "what never reached anybody may be sent again, whatever it is"


def test_health_is_told_be_it_good_or_bad(connect, ways):
    api, _ = ways
    api.fail("GET", "/health", Says(503, body=b'{"status": "degraded"}'))
    assert connect(api.url).health() == {"status": "degraded"}


def test_a_page_of_somebody_else_is_no_answer(connect, ways):
    api, _ = ways
    client = connect(api.url)
    page = Says(200, {"content-type": "text/html"}, b"<html><h1>Welcome to the hotel</h1></html>")
    api.fail("GET", "/(audio|health)", page, page)
    for call in (lambda: client.get("id"), client.health):
        with pytest.raises(RipienoError, match="Welcome to the hotel") as told:
            call()
        assert told.value.code == "not_ripieno"


# -- once, however often it is sent ----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Loses(), Cuts(5)], ids=str)
def test_an_order_whose_answer_is_lost_is_carried_out_once(connect, ways, fault):
    api, _ = ways
    client = connect(api.url)
    before = {one.generation_request_id for one in client.generations()}
    api.fail("POST", "/generations", fault, fault)
    request = client.generate(FREE)
    posts = [asked for asked in api.asked if asked.method == "POST"]
    assert len(posts) == 3 and len({asked.headers["idempotency-key"] for asked in posts}) == 1
    assert {one.generation_request_id for one in client.generations()} - before == {request}
    client.delete_generation(request)


def test_two_orders_have_two_keys_and_a_key_of_ones_own_is_sent_as_it_is(connect, ways):
    api, _ = ways
    client = connect(api.url)
    tickets = [client.begin_upload("a.wav", 1) for _ in range(2)]
    assert tickets[0].upload_id != tickets[1].upload_id
    own = [client.begin_upload("a.wav", 1, idempotency_key=f"mine {id(client)}") for _ in range(2)]
    assert own[0] == own[1]


def test_an_order_that_is_still_at_work_is_asked_for_again(connect, ways, pauses):
    api, _ = ways
    at_work = Says(409, {"retry-after": "1"}, b'{"code": "still_running", "detail": "ask again"}')
    api.fail("POST", "/uploads", at_work, at_work)
    assert connect(api.url).begin_upload("a.wav", 1).upload_id
    assert pauses == [1.0, 1.0] and len({asked.headers["idempotency-key"] for asked in api.asked}) == 1


# -- uploads ---------------------------------------------------------------------------------------------------------


def test_an_upload_begins_anew_when_it_breaks(connect, ways, song: Path):
    api, _ = ways
    client = connect(api.url)
    told: list[tuple[int, int]] = []
    api.fail("POST", "/audio", Breaks(1000), Loses(), BUSY)
    song_id = client.upload(song, lambda done, total: told.append((done, total)))
    assert client.get(song_id).original_file_name == song.name
    size = song.stat().st_size
    assert told[-1] == (size, size) and len([one for one in api.asked if one.method == "POST"]) == 4
    client.delete(song_id)


def test_what_cannot_go_back_is_sent_once(connect, ways):
    class Once:
        """A file that can be read and not rewound."""

        def read(self, count: int) -> bytes:
            return bytes(count)

        def seekable(self) -> bool:
            return False

    api, _ = ways
    api.fail("POST", "/audio", Loses(), Loses())
    with pytest.raises(RipienoError) as told:
        connect(api.url).upload(Once(), name="once.wav", size=100)
    assert told.value.code == "connection" and len(api.asked) == 1


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> int:
    for face in ("_sync", "_async"):
        monkeypatch.setattr(f"ripieno.client.{face}.uploads.BLOCK_BYTES", 50_000)
    return 50_000


def test_a_large_upload_goes_in_blocks_each_of_which_is_repeated_alone(connect, ways, song: Path, small_blocks):
    api, storage = ways
    client = connect(api.url)
    storage.fail("PUT", "comp=block&", Breaks(10), Loses(), Says(500), BUSY)
    storage.fail("PUT", "comp=blocklist", Loses())
    song_id = client.upload(song, direct=True)
    assert storage.all_failed()
    assert client.get(song_id).file_size_bytes == song.stat().st_size
    blocks = [one for one in storage.asked if "comp=block&" in one.path]
    assert len(blocks) == -(-song.stat().st_size // small_blocks) + 4
    assert max(len(one.body) for one in blocks) == small_blocks
    assert not any("x-functions-key" in one.headers for one in storage.asked)
    client.delete(song_id)


def test_a_direct_upload_that_can_never_arrive_says_why(connect, ways, song: Path):
    api, storage = ways
    refused = Says(403, {}, b"<Error><Code>AuthorizationPermissionMismatch</Code><Message>No.</Message></Error>")
    storage.fail("PUT", "comp=block", refused)
    with pytest.raises(RipienoError, match="storage answered 403 AuthorizationPermissionMismatch") as told:
        connect(api.url).upload(song, direct=True)
    assert told.value.status == 403


# -- downloads -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(stack, make_clip) -> str:
    """A song of the library: the same recording as `song`."""
    with Ripieno(stack.url) as client:
        return client.upload(make_clip("client.flac", 30, 4))


def ranges(proxy) -> list[str | None]:
    return [asked.headers.get("range") for asked in proxy.asked if asked.method == "GET"]


def test_a_download_goes_on_where_it_broke(connect, ways, kept, song: Path, tmp_path: Path):
    api, _ = ways
    told: list[int] = []
    api.fail("GET", "/content", Cuts(70_000), Cuts(0), Breaks(), BUSY, Cuts(90_000))
    path = connect(api.url).content(kept, tmp_path / "got.flac", lambda done, total: told.append(done))
    assert path.read_bytes() == song.read_bytes()
    assert ranges(api)[0] is None and ranges(api)[-1] == "bytes=160000-"
    assert told == sorted(told) and told[-1] == song.stat().st_size
    assert [one.name for one in tmp_path.iterdir() if one.suffix == ".part"] == []


def test_a_download_from_storage_goes_on_there_and_is_asked_for_anew_when_its_address_expires(
    connect, ways, kept, song: Path, tmp_path: Path
):
    """The API sends large recordings on to storage, and gives parts of them itself."""
    api, storage = ways
    address = next(iter(_blob_addresses(kept)))
    api.fail("GET", "/content$", Says(307, {"location": address.replace(storage.target, storage.url)}))
    storage.fail("GET", "/songs/", Cuts(30_000), Breaks(), Says(403, {}, b"<Error/>"))
    path = connect(api.url, owner="local").content(kept, tmp_path / "got.flac")
    assert path.read_bytes() == song.read_bytes()
    assert ranges(storage) == [None, "bytes=30000-", "bytes=30000-"]
    assert ranges(api) == [None, "bytes=30000-"]
    assert all(asked.headers["ripieno-owner"] == "local" for asked in api.asked)
    assert not any("ripieno-owner" in asked.headers for asked in storage.asked)


def _blob_addresses(song_id: str) -> list[str]:
    from ripieno.contracts import names
    from ripieno.services import blobs

    return [blobs.read_url(names.SONGS, name) for name in blobs.list_names(names.SONGS, f"{song_id}/")]


def test_a_download_that_changed_meanwhile_begins_anew(connect, ways, kept, song: Path, tmp_path: Path):
    api, _ = ways
    other = Says(206, {"content-range": "bytes 40000-49999/50000"}, bytes(10_000))
    api.fail("GET", "/content", Cuts(40_000), other)
    path = connect(api.url).content(kept, tmp_path / "got.flac")
    assert path.read_bytes() == song.read_bytes() and ranges(api) == [None, "bytes=40000-", None]


def test_a_server_without_ranges_sends_it_whole_again(connect, ways, kept, song: Path, tmp_path: Path):
    api, _ = ways
    api.fail("GET", "/content", Cuts(40_000), Says(200, {}, song.read_bytes()))
    assert connect(api.url).content(kept, tmp_path / "got.flac").read_bytes() == song.read_bytes()
    assert ranges(api) == [None, "bytes=40000-"]


def test_a_download_that_never_gets_further_ends_and_leaves_what_was_there(connect, ways, kept, tmp_path: Path):
    api, _ = ways
    path = tmp_path / "got.flac"
    path.write_bytes(b"an earlier one")
    api.fail("GET", "/content", Cuts(40_000), *[Cuts(0)] * 20)
    with pytest.raises(RipienoError) as told:
        connect(api.url).content(kept, path)
    assert told.value.code == "connection" and len(ranges(api)) == 5
    assert (
        path.read_bytes() == b"an earlier one"
        and len([one for one in tmp_path.iterdir() if one.suffix == ".part"]) == 0
    )


def test_an_address_that_expired_says_so(connect, ways, kept, tmp_path: Path):
    _, storage = ways
    address = next(iter(_blob_addresses(kept))).replace("sig=", "sig=x")
    with pytest.raises(RipienoError, match="ask the API for a new one") as told:
        connect(storage.url).download(address, tmp_path / "got.flac")
    assert (told.value.code, told.value.status) == ("expired", 403)
