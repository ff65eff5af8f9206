"""What the fields and parameters of shares and of the audit log mean, see `glossary`."""

from __future__ import annotations

MEANINGS: dict[str, str] = {
    "share_id": "the id of a share, by which it is taken back",
    "ShareOrder.kind": "songs, works (generations, compositions and masters) or sets",
    "ShareOrder.id": "the id of the song, work or set",
    "Share.kind": "songs, works (generations, compositions and masters) or sets",
    "Share.id": "the id of the song, work or set",
    "Share.name": "what it was called when it was shared; empty where it had no name",
    "Share.owner": "who gave it, and whose it is",
    "with": "the owner who may look at it, as their `owner` is shown",
    "may": "what they may do with it: view is to read, hear and download it",
    "ShareOrder.until": "when it ends (ISO 8601); null until it is taken back",
    "Share.until": "when it ends (ISO 8601, UTC); null until it is taken back",
    "Share.created_at": "when it was given first (ISO 8601, UTC)",
    "Share.born": "which life of the song is meant; null of what is no song",
    "Share.url": "where it is read, by its owner and by whoever it is shared with",
    "entry_id": "tells entries of the same moment apart",
    "AuditEntry.at": "when it was done (ISO 8601, UTC)",
    "actor": "who did it; `storage` for whoever may write to the container raw-audio",
    "AuditEntry.owner": "whose it is that it was done to",
    "AuditEntry.device": "by which of their devices; null where they are not known by one",
    "AuditEntry.what": "the route by its name (`operationId`), or drop, or upload",
    "AuditEntry.kind": "what `item` is: songs, works, sets, voices, ...; null where the route says nothing of it",
    "AuditEntry.item": "the id of what it was done to, or of what it made; null where there is no such thing",
    "AuditEntry.status": "the HTTP status that it was answered with",
    "?direction": "`given` by you, or `received`",
    "?owner": "what they did, and what was done to what is theirs",
    "?item": "what was done to the thing of this id",
    "?after": "what was done after this time (ISO 8601)",
    "?before": "what was done before this time (ISO 8601)",
}
