"""In a stack as it is started, endpoints' callbacks reach the app with a signature that it believes."""

from __future__ import annotations

import json

import httpx

from ripieno.contracts import names
from ripieno.services.storage import table


def test_a_songs_jobs_are_told_of_by_callbacks_that_are_believed(stack, ripieno, make_clip):
    before = {row["RowKey"] for row in table(names.HEARD).list_entities()}
    song = ripieno.wait(ripieno.upload(make_clip("told of.flac", 33.0, 5.0)), timeout=240)
    assert song.status == "analyzed"
    assert {row["RowKey"] for row in table(names.HEARD).list_entities()} - before, "no callback was heard"


def test_a_stranger_wakes_nobody(stack):
    told = httpx.post(
        f"{stack.url}/api/callbacks/jobs", json={"job_id": "song-1:mir", "state": "succeeded"}, timeout=30
    )
    assert (told.status_code, told.json()["code"]) == (401, "bad_signature")


def test_the_command_shows_the_secret_and_takes_a_new_one(command, ripieno):
    before = command("webhooks").strip()
    assert before == ripieno.webhooks().secret
    told = json.loads(command("webhooks", "--rotate", "--overlap", "1", "--json"))
    assert told["secret"] == ripieno.webhooks().secret != before and told["previous_until"]
    assert "goes with --rotate" in command("webhooks", "--overlap", "1", expect=2)


def test_what_a_user_checks_webhooks_with_is_theirs_alone(stack, ripieno):
    known = ripieno.webhooks()
    assert known.secret is not None and known.secret.startswith("whsec_")
    assert known.secret not in (stack.home / "webhook.secret").read_text()
