"""Every address that is signed: of one blob, for one purpose, for a short while."""

from __future__ import annotations

import ast
import asyncio
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest

from ripieno.contracts import names
from ripieno.contracts.workflow import RemovalOrder
from ripieno.local.stack import PROJECT
from ripieno.services import blobs
from ripieno.services.settings import MissingSetting, settings
from tests import makers
from tests.durable_client import DurableClient

HANDED_OUT = {
    ("ripieno/work/showing.py", "read_url", "GENERATED"): 3,  # takes, their notes, mixes and masters
    ("ripieno/work/exporting.py", "read_url", "GENERATED"): 2,
    ("ripieno/work/sets/showing.py", "read_url", "GENERATED"): 4,
    ("ripieno/work/sets/downloading.py", "read_url", "GENERATED"): 2,
    ("ripieno/work/voices.py", "read_url", "VOICES"): 1,
    ("triggers/audio.py", "read_url", "SONGS"): 1,
    ("triggers/audio.py", "read_url", "STEMS"): 1,
    ("triggers/uploads.py", "write_url", "RAW_AUDIO"): 1,
    ("gpu_endpoints/analysis/server.py", "read_url", "STEMS"): 1,
    ("gpu_endpoints/analysis/server.py", "read_url", "JAMS"): 1,
    ("gpu_endpoints/generation/server.py", "read_url", "GENERATED"): 1,
}
"""Where addresses are given to somebody, by what signs them and the container: a new one is a decision, made here."""


def asked(token: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(token).query).items()}


def life(token: str) -> timedelta:
    about = asked(token)
    return datetime.fromisoformat(about["se"]) - datetime.fromisoformat(about["st"]) - timedelta(minutes=5)


def test_addresses_are_handed_out_where_this_says_and_nowhere_else():
    found: Counter[tuple[str, str, str]] = Counter()
    for room in ("ripieno", "triggers", "activities", "orchestrators", "gpu_endpoints"):
        for path in (PROJECT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in ("blobs.read_url", "blobs.write_url"):
                    signs, where = ast.unparse(node.func).split(".")[1], ast.unparse(node.args[0]).split(".")[-1]
                    found[path.relative_to(PROJECT).as_posix(), signs, where] += 1
    assert dict(found) == HANDED_OUT


def test_addresses_are_signed_in_one_place():
    signing = [
        path.relative_to(PROJECT).as_posix()
        for room in ("ripieno", "triggers", "activities", "orchestrators", "gpu_endpoints")
        for path in (PROJECT / room).rglob("*.py")
        if "_sas(" in path.read_text() or "SasPermissions(" in path.read_text()
    ]
    assert signing == ["ripieno/services/blobs.py"]


def test_what_is_to_be_read_can_be_read_for_an_hour_and_nothing_else(storage):
    for container in (names.GENERATED, names.STEMS, names.SONGS, names.VOICES, names.JAMS):
        blobs.upload(container, "one/a.wav", b"mine")
        blobs.upload(container, "one/b.wav", b"somebody's")
        address = blobs.read_url(container, "one/a.wav")
        about = asked(address)
        assert (about["sp"], about["sr"]) == ("r", "b") and life(address) == timedelta(hours=1)
        assert httpx.get(address).content == b"mine"
        assert httpx.get(address.replace("a.wav", "b.wav")).status_code == 403
        assert httpx.put(address, content=b"x", headers={"x-ms-blob-type": "BlockBlob"}).status_code == 403
        assert httpx.delete(address).status_code == 403
        listing = address.replace("/one/a.wav", "").replace("?", "?restype=container&comp=list&")
        assert httpx.get(listing).status_code == 403
        assert blobs.read(container, "one/a.wav") == b"mine"


def test_an_upload_can_be_put_and_neither_read_nor_deleted_nor_put_elsewhere(storage):
    address = blobs.write_url(names.RAW_AUDIO, names.uploaded_blob("1234567890"))
    about = asked(address)
    assert (about["sp"], about["sr"]) == ("cw", "b") and life(address) == timedelta(hours=4)
    put = {"x-ms-blob-type": "BlockBlob"}
    assert httpx.put(address, content=b"mine", headers=put).status_code == 201
    assert httpx.get(address).status_code == 403
    assert httpx.delete(address).status_code == 403
    other = address.replace(names.uploaded_blob("1234567890"), names.uploaded_blob("9876543210"))
    assert other != address and httpx.put(other, content=b"x", headers=put).status_code == 403
    assert httpx.put(address.replace(names.RAW_AUDIO, names.SONGS), content=b"x", headers=put).status_code == 403
    blobs.delete(names.RAW_AUDIO, names.uploaded_blob("1234567890"))


def test_how_long_they_live_is_a_setting_with_an_end(monkeypatch, storage):
    monkeypatch.setenv("RIPIENO_READ_MINUTES", "5")
    monkeypatch.setenv("RIPIENO_UPLOAD_MINUTES", "30")
    assert life(blobs.read_url(names.STEMS, "x")) == timedelta(minutes=5)
    assert life(blobs.write_url(names.RAW_AUDIO, "x")) == timedelta(minutes=30)
    for name, most in (("RIPIENO_READ_MINUTES", 12 * 60), ("RIPIENO_UPLOAD_MINUTES", 24 * 60)):
        monkeypatch.setenv(name, str(most + 1))
        with pytest.raises(MissingSetting, match=name):
            settings()
        monkeypatch.setenv(name, "10")


@pytest.mark.parametrize(
    ("address", "allowed", "protocol"),
    [
        ("https://theaccount.blob.core.windows.net/", "", "https"),
        ("https://theaccount.blob.core.windows.net/", "1", "https"),
        ("http://127.0.0.1:10000/devstoreaccount1/", "", "https,http"),
        ("http://storage:10000/devstoreaccount1/", "", "https"),
        ("http://storage:10000/devstoreaccount1/", "1", "https,http"),
        ("http://127.0.0.1.example:10000/", "", "https"),
    ],
)
def test_they_travel_encrypted_but_on_this_machine(monkeypatch, address, allowed, protocol):
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.setenv("RIPIENO_ALLOW_HTTP_STORAGE", allowed)
    assert blobs._protocol(address) == protocol


@pytest.mark.parametrize(
    "name",
    [
        "a.wav",
        "ä 🎷 夜.wav",
        'a"b\\c.wav',
        "a\r\nSet-Cookie: x=1.wav",
        "a\x00b.wav",
        "\ud800.wav",
        "%41.wav",
        "..",
        "x" * 1000,
    ],
)
def test_a_file_of_any_name_is_saved_under_one_that_breaks_no_header(storage, name):
    blobs.upload(names.STEMS, "named.wav", b"mine")
    answer = httpx.get(blobs.read_url(names.STEMS, "named.wav", file_name=name))
    assert answer.status_code == 200
    shown = answer.headers["content-disposition"]
    assert shown == blobs.disposition(name, "attachment") and "set-cookie" not in answer.headers
    plain, star = shown.removeprefix('attachment; filename="').split("\"; filename*=UTF-8''")
    assert plain.isascii() and plain.isprintable() and not set(plain) & set('"\\%')
    assert unquote(star) == "".join(char if char.isprintable() else "_" for char in name)


def test_an_upload_never_overwrites_a_song_and_what_comes_late_leaves_nothing(storage, owner):
    """The address still works after its song was taken in, and after that was deleted: what is put there then belongs
    to nobody, whatever it says itself."""
    from ripieno.contracts.workflow import DropOrder, Upload
    from ripieno.records import songs, uploads
    from ripieno.work import inbox, ingest, removal

    now = datetime.now(UTC).isoformat()
    upload = Upload(upload_id=uuid.uuid4().hex, owner=owner, file_name="a.wav", created_at=now)
    uploads.create(upload)
    name, victim = names.uploaded_blob(upload.upload_id), f"{owner}-victim"
    address = blobs.write_url(names.RAW_AUDIO, name)
    first, put = makers.tone(), {"x-ms-blob-type": "BlockBlob"}
    assert httpx.put(address, content=first, headers=put).status_code == 201
    order = DropOrder.model_validate(ingest.dropped(name).order)
    told, _ = ingest.take_in_drop(order)
    ingest.leave_inbox(order)
    song = songs.get(owner, told["audio_file_id"])

    client = DurableClient()
    event = {"data": {"url": f"https://songs.blob.core.windows.net/{names.RAW_AUDIO}/{name}"}}

    def put_late() -> None:
        for told_of in (True, False):
            late = put | {"x-ms-meta-owner": victim}
            assert httpx.put(address, content=makers.tone(), headers=late).status_code == 201
            asyncio.run(inbox.hear(client, event) if told_of else inbox.look(client))
            assert name not in blobs.list_names(names.RAW_AUDIO)
        with pytest.raises(ingest.DropMissing):
            ingest.dropped(name)

    put_late()
    assert blobs.read(names.SONGS, song.blob_name) == first and songs.get(owner, song.audio_file_id) == song
    removal.delete(RemovalOrder.model_validate(removal.of_song(owner, song.audio_file_id).order))
    assert uploads.find(upload.upload_id) is None
    put_late()
    assert client.started == [] and songs.search(victim, songs.SongQuery()).items == []


def test_an_upload_that_was_deleted_on_its_way_in_is_nobodys(storage, owner):
    """Its row went while its workflow waited: for a quota, or for its turn."""
    from ripieno.contracts.workflow import DropOrder, Upload
    from ripieno.records import songs, uploads
    from ripieno.work import ingest

    now = datetime.now(UTC).isoformat()
    for step in (ingest.take_in_drop, lambda order: ingest.reject(order, "broken", "it is broken")):
        upload = Upload(upload_id=uuid.uuid4().hex, owner=owner, file_name="a.wav", created_at=now)
        name = names.uploaded_blob(upload.upload_id)
        uploads.create(upload)
        blobs.upload(names.RAW_AUDIO, name, makers.tone())
        order = DropOrder.model_validate(ingest.dropped(name).order)
        uploads.delete_all(owner)
        step(order)
        assert [blobs.list_names(place, name) for place in (names.RAW_AUDIO, names.REJECTED)] == [[], []]
    assert songs.search(owner, songs.SongQuery()).items == []


def test_what_is_larger_than_a_song_is_never_fetched(storage, owner, monkeypatch):
    from ripieno.contracts.workflow import DropOrder
    from ripieno.records import failures
    from ripieno.work import ingest

    monkeypatch.setenv("RIPIENO_MAX_SONG_BYTES", "1000")
    name = f"owners/{owner}/large.wav"
    blobs.upload(names.RAW_AUDIO, name, bytes(2000))
    order = DropOrder.model_validate(ingest.dropped(name).order)
    with monkeypatch.context() as patch:
        patch.delattr(blobs, "download_to")
        told, run = ingest.take_in_drop(order)
    ingest.leave_inbox(order)
    assert (told["outcome"], run) == ("rejected", None) and "songs may have" in told["message"]
    left = blobs.properties(names.REJECTED, name)
    assert left.metadata["code"] == "file_too_large" and left.size == 0
    (failure,) = failures.of_owner(owner)
    assert (failure.kind, failure.code, failure.subject) == ("drop", "file_too_large", name)
    assert name not in blobs.list_names(names.RAW_AUDIO)
