"""Webhooks arrive, or are tried again with the same id, by one host at a time, until they are given up and kept."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import makers
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from ripieno.contracts import names
from ripieno.contracts.workflow import RemovalOrder, SongOrder
from ripieno.records import songs
from ripieno.records import webhooks as records
from ripieno.services.storage import table
from ripieno.work import delivering, housekeeping, removal, telling

FIRST, NEXT = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "whsec_bmV4dHNlY3JldG5leHRzZWNyZXRuZXh0c2VjcmV0"


class Recipient(ThreadingHTTPServer):
    """Somebody who is told things: answers `status`, and keeps what it was sent."""

    def __init__(self) -> None:
        self.status, self.heard = 200, []
        recipient = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                recipient.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(recipient.status)
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/told"

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.heard]


@pytest.fixture
def recipient(storage, monkeypatch):
    monkeypatch.setenv("RIPIENO_ALLOW_PRIVATE_WEBHOOKS", "1")
    monkeypatch.setenv("RIPIENO_WEBHOOK_SECRETS", FIRST)
    for row in table(names.WEBHOOKS).list_entities():
        table(names.WEBHOOKS).delete_entity(row["PartitionKey"], row["RowKey"])
    server = Recipient()
    yield server
    server.shutdown()
    server.server_close()


def later(**ago: float) -> datetime:
    return datetime.now(UTC) + timedelta(**ago)


def test_what_arrives_leaves_nothing_behind(recipient, owner):
    assert delivering.deliver(owner, "song", recipient.url, "m1", {"type": "x"}) == {"delivered": True, "reason": ""}
    (headers, body), secret = recipient.heard[0], delivering.shown(owner).secret
    assert Webhook(secret).verify(body, headers) == {"type": "x"}
    assert delivering.shown(owner).undelivered == [] and list(records.due(later(days=9))) == []


def test_what_does_not_arrive_is_tried_again_as_it_is_due_with_the_same_id_and_words(recipient, owner):
    recipient.status = 503
    assert (
        delivering.deliver(owner, "song", recipient.url, "m1", {"type": "audio.analyzed", "n": 1})["delivered"] is False
    )
    (waiting,) = delivering.shown(owner).undelivered
    assert (waiting.tries, waiting.type, waiting.reason) == (1, "audio.analyzed", "it answered 503")
    assert delivering.deliver_due() == 0 and len(recipient.heard) == 1, "it is not due yet"
    recipient.status = 204
    assert delivering.deliver_due(later(seconds=31)) == 1
    assert recipient.ids == ["m1", "m1"] and recipient.heard[0][1] == recipient.heard[1][1]
    for headers, body in recipient.heard:
        Webhook(delivering.shown(owner).secret).verify(body, headers)
    assert delivering.shown(owner).undelivered == [] and delivering.deliver_due(later(days=9)) == 0


def test_after_seven_tries_it_is_given_up_and_kept_for_its_owner(recipient, owner):
    recipient.status, now = 500, datetime.now(UTC)
    delivering.deliver(owner, "song", recipient.url, "m1", {"type": "x"})
    for number, wait in enumerate(delivering.WAITS, start=2):
        before = now + wait - timedelta(seconds=1)
        delivering.deliver_due(before)
        assert len(recipient.heard) == number - 1, "too early"
        now = now + wait + timedelta(seconds=1)
        delivering.deliver_due(now)
        assert len(recipient.heard) == number
    assert len(recipient.heard) == 7 and set(recipient.ids) == {"m1"}
    (gone,) = delivering.shown(owner).undelivered
    assert (gone.message_id, gone.tries, gone.next_try_at) == ("m1", 7, None)
    delivering.deliver_due(now + timedelta(days=9))
    assert len(recipient.heard) == 7
    housekeeping.expire(later(days=29))
    assert len(delivering.shown(owner).undelivered) == 1
    housekeeping.expire(later(days=31))
    assert delivering.shown(owner).undelivered == []


def test_who_says_that_they_are_gone_are_asked_no_more(recipient, owner):
    recipient.status = 410
    delivering.deliver(owner, "song", recipient.url, "m1", {})
    delivering.deliver_due(later(days=9))
    assert len(recipient.heard) == 1 and delivering.shown(owner).undelivered[0].next_try_at is None


def test_the_activity_run_twice_notes_one_message(recipient, owner):
    """It is killed between its try and its answer, and is run again."""
    recipient.status = 503
    for _ in range(2):
        delivering.deliver(owner, "song", recipient.url, "m1", {"type": "x"})
    assert len(delivering.shown(owner).undelivered) == 1
    recipient.status = 200
    delivering.deliver_due(later(seconds=40))
    assert recipient.ids == ["m1"] * 3, "the recipient knows it by its id"


def test_of_many_hosts_whose_timers_fire_at_once_each_message_is_sent_by_one(recipient, owner):
    recipient.status = 503
    for number in range(12):
        delivering.deliver(owner, "song", recipient.url, f"m{number}", {})
    recipient.heard.clear()
    recipient.status, together = 200, threading.Barrier(6)

    def fire(_: int) -> int:
        together.wait()
        return delivering.deliver_due(later(seconds=40))

    with ThreadPoolExecutor(6) as hosts:
        assert sum(hosts.map(fire, range(6))) == 12
    assert Counter(recipient.ids) == {f"m{number}": 1 for number in range(12)}


def test_who_dies_with_a_message_in_hand_leaves_it_to_the_next(recipient, owner, monkeypatch):
    recipient.status = 503
    delivering.deliver(owner, "song", recipient.url, "m1", {})
    recipient.status = 200
    with monkeypatch.context() as patch:
        patch.setattr(records, "settle", lambda taken: (_ for _ in ()).throw(SystemExit))  # killed after it was sent
        with pytest.raises(SystemExit):
            delivering.deliver_due(later(seconds=40))
    assert delivering.deliver_due(later(seconds=60)) == 0, "it may be at work still"
    assert delivering.deliver_due(later(minutes=5)) == 1
    assert recipient.ids == ["m1"] * 3


def test_many_to_somebody_deaf_keep_none_from_another(recipient, owner, monkeypatch):
    recipient.status = 503
    for number in range(30):
        delivering.deliver("deaf", "song", recipient.url, f"d{number}", {})
    delivering.deliver(owner, "song", recipient.url, "ours", {})
    monkeypatch.setattr(delivering, "MOST_AT_ONCE", 5)
    recipient.heard.clear()
    for _ in range(7):  # five of thirty-one at a time: what did not arrive is not due again so soon
        delivering.deliver_due(later(seconds=40))
    assert "ours" in recipient.ids


# -- secrets ------------------------------------------------------------------------------------------------------


def test_nobody_who_is_told_something_can_forge_what_another_is_told(recipient, owner):
    delivering.deliver(owner, "song", recipient.url, "m1", {})
    headers, body = recipient.heard[0]
    for secret in (FIRST, delivering.shown(f"{owner}-2").secret, delivering.shown("local").secret):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, headers)


def test_a_new_secret_is_valid_at_once_and_the_one_before_for_a_while(recipient, owner):
    before = delivering.shown(owner)
    delivering.rotate(owner, "seed", timedelta(hours=24))
    after = delivering.shown(owner)
    assert (before.number, after.number) == (1, 2) and before.secret != after.secret and after.previous_until
    delivering.deliver(owner, "song", recipient.url, "m1", {})
    for secret in (before.secret, after.secret):
        Webhook(secret).verify(recipient.heard[0][1], recipient.heard[0][0])
    assert delivering.secrets_of(owner) == [after.secret, before.secret]
    assert delivering.secrets_of(owner, later(hours=25)) == [after.secret]


def test_a_secret_that_got_out_ends_at_once(recipient, owner):
    before = delivering.shown(owner)
    delivering.rotate(owner, "seed", timedelta(0))
    assert delivering.secrets_of(owner) == [delivering.shown(owner).secret] != [before.secret]


def test_the_operators_secret_is_replaced_without_a_moment_at_which_nobody_can_check(recipient, owner, monkeypatch):
    before = delivering.shown(owner).secret
    monkeypatch.setenv("RIPIENO_WEBHOOK_SECRETS", f"{NEXT},{FIRST}")
    delivering.deliver(owner, "song", recipient.url, "m1", {})
    now = delivering.shown(owner).secret
    assert now != before
    for secret in (before, now):
        Webhook(secret).verify(recipient.heard[0][1], recipient.heard[0][0])
    monkeypatch.setenv("RIPIENO_WEBHOOK_SECRETS", NEXT)
    assert delivering.secrets_of(owner) == [now]


def test_the_same_rotation_twice_is_one_and_of_many_at_once_each_is_one(recipient, owner):
    for _ in range(2):
        assert delivering.rotate(owner, "the same", timedelta(hours=1)).number == 2
    together = threading.Barrier(6)

    def rotate(number: int) -> int:
        together.wait()
        return delivering.rotate(owner, f"seed {number}", timedelta(hours=1)).number

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(rotate, range(6))) == [3, 4, 5, 6, 7, 8]


def test_no_secret_lies_in_storage(recipient, owner):
    delivering.rotate(owner, "seed", timedelta(hours=1))
    recipient.status = 503
    delivering.deliver(owner, "song", recipient.url, "m1", {})
    at_rest = str([dict(row) for row in table(names.WEBHOOKS).list_entities()])
    assert "m1" in at_rest and "whsec_" not in at_rest
    assert all(secret.removeprefix("whsec_")[:20] not in at_rest for secret in delivering.secrets_of(owner))


# -- songs --------------------------------------------------------------------------------------------------------


def test_a_song_that_is_removed_takes_its_messages_with_it_and_leaves_those_of_others(recipient, owner):
    recipient.status = 503
    for number in (1, 2):
        song = makers.song(owner, number, webhook_url=recipient.url)
        songs.create(song)
        order = SongOrder(
            audio_file_id=song.audio_file_id,
            owner=owner,
            born=song.born,
            run=1,
            instance_id=song.instance_id,
            arrived_at=song.uploaded_at,
        )
        assert telling.of_song(order)["delivered"] is False
    recipient.status = 410
    delivering.deliver(owner, names.song_folder(song.audio_file_id, song.born), recipient.url, "gone", {})
    assert len(delivering.shown(owner).undelivered) == 3
    removal.delete(
        RemovalOrder(owner=owner, instance_id="r", sweep_seconds=1, audio_file_id=song.audio_file_id, born=song.born)
    )
    (left,) = delivering.shown(owner).undelivered
    assert left.message_id.startswith(makers.song(owner, 1, born="x").instance_id[:40])
    recipient.status = 200
    assert delivering.deliver_due(later(seconds=40)) == 1
