"""A song shared, seen as shared, taken back, and all of it in the log: by the command, on a stack that runs."""

from __future__ import annotations

import json


def test_a_share_is_given_shown_ended_and_logged(command, ripieno, make_clip):
    song = ripieno.upload(make_clip("shared.flac", 20.0, 4.0))
    given = json.loads(command("share", song, "--with", "ben", "--until", "2099-12-31", "--json"))
    assert (given["kind"], given["id"], given["with"]) == ("songs", song, "ben")
    assert given["until"].startswith("2099-12-31")
    assert "shared.flac" in command("shares") and song in command("shares", "--kind", "songs")
    assert "nothing is shared with you" in command("shares", "--received", stderr=True)
    assert "may not look" in command("unshare", "latest")
    assert "you share nothing" in command("shares", stderr=True)
    log = json.loads(command("ops", "audit", "--item", given["share_id"], "--json"))
    assert [(one["what"], one["actor"], one["status"]) for one in log] == [
        ("end_share", "local", 200),
        ("give_share", "local", 201),
    ]
    assert "upload_audio" in command("ops", "audit", "--item", song, "--owner", "local")
