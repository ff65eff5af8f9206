"""What is kept of somebody beside their songs, works and voices, deleted.

Every table and container is named here, each with what deletes it, or why nothing does.
"""

from __future__ import annotations

from collections.abc import Callable

from ripieno.contracts import names
from ripieno.records import (
    devices,
    failures,
    feedback,
    idempotency,
    preferences,
    refusals,
    shares,
    uploads,
    usage,
    webhooks,
)
from ripieno.services import blobs
from ripieno.services.storage import table
from ripieno.work import inbox

DELETED: dict[str, Callable[[str], int]] = {
    names.RAW_AUDIO: inbox.forget_owner,  # and `rejected`; it asks uploads and failures what is whose
    names.UPLOADS: lambda owner: len(uploads.delete_all(owner)),
    names.FAILURES: failures.delete_all,
    names.FEEDBACK: feedback.delete_all,
    names.PREFERENCES: preferences.delete_all,
    names.APPEALS: refusals.delete_appeals,
    names.REFUSALS: refusals.delete_all,
    names.SHARES: shares.delete_given,
    names.SHARED_WITH: shares.delete_received,
    names.WEBHOOKS: webhooks.forget_owner,
    names.DEVICES: devices.delete_all,
    names.PAIRING_CODES: devices.delete_codes,
    names.IDEMPOTENCY_KEYS: idempotency.delete_all,
}
"""What deletes all of an owner, and returns how much there was; in this order."""

WITH_ANOTHER = {
    names.REJECTED: "with the inbox; what was rejected as a song, with the song",
    names.RECORDS: "documents with their rows, answers with their keys",
}
"""Containers that are emptied by what deletes something else."""

BY_REMOVALS = {
    names.SONGS_TABLE, names.ANALYSES_TABLE, names.SONG_CHORDS, names.SONG_FORMS, names.WORKS, names.VOICES_TABLE,
    names.VOICE_USES, names.JOB_RECORDS, names.OPEN_JOBS, names.RUNS,
    names.SONGS, names.STEMS, names.ANALYSES, names.JAMS, names.JOBS, names.GENERATED, names.VOICES,
}  # fmt: skip
"""What goes with the removal of each song, work and voice."""

KEPT = {
    names.USAGE: "figures, for the bills; a visitor's are deleted",
    names.AUDIT: "who did what when, with ids alone; it ends by its age",
}

OF_NOBODY = {
    names.VERDICTS: "counts, of nobody's",
    names.HEARD: "hashes of callbacks' ids",
    names.VISITS: "which visits there are: each is forgotten when nothing is left of it",
}

_NOT_SWEPT = {names.RUNS, names.USAGE, names.AUDIT, *OF_NOBODY}


def forget(owner: str) -> int:
    """Delete what is kept of somebody; returns how much there was."""
    return sum(delete(owner) for delete in DELETED.values())


def forget_visitor(owner: str) -> int:
    """The same of a visitor, who never comes again: figures too, and whatever else lies under their name."""
    gone = forget(owner) + usage.delete_of(owner)
    for name in names.TABLES:
        gone += blobs.delete_prefix(names.RECORDS, f"{name}/{owner}/")
        if name not in _NOT_SWEPT:
            gone += _delete_rows(name, owner)
    return gone


def _delete_rows(name: str, owner: str) -> int:
    found = table(name).query_entities(
        "PartitionKey eq @owner", parameters={"owner": owner}, select=["PartitionKey", "RowKey"]
    )
    gone = 0
    for row in found:
        table(name).delete_entity(row["PartitionKey"], row["RowKey"])
        gone += 1
    return gone
