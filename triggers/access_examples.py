"""Examples of shares and of the audit log, see `examples`."""

from __future__ import annotations

from pydantic import BaseModel

from ripieno.contracts.audit import AuditEntry, AuditPage
from ripieno.contracts.shares import Share, ShareList, ShareOrder

SHARE = "5d1c0e6b7a2f4c3d9e8b1a0f6c5d4e3b"
_SONG = "9a3c7f5e-52d0-5d0c-9f53-7a51d7c3b9a4"
_SHARE = Share(
    share_id=SHARE,
    kind="songs",
    id=_SONG,
    name="Coda in Daylight.flac",
    owner="anna",
    with_="ben",
    until="2026-12-31T12:00:00+00:00",
    created_at="2026-11-26T20:20:05+00:00",
    born="4f1d2c3b5a",
    url=f"http://127.0.0.1:7071/api/audio/{_SONG}",
)
_ENTRY = AuditEntry(
    entry_id="8c1f0a2b3d4e",
    at="2026-11-26T20:20:05.123+00:00",
    actor="anna",
    owner="anna",
    what="give_share",
    kind=None,
    item=SHARE,
    status=201,
)

EXAMPLES: list[BaseModel] = [
    ShareOrder.model_validate({"kind": "songs", "id": _SONG, "with": "ben", "until": "2026-12-31T12:00:00Z"}),
    _SHARE,
    ShareList(items=[_SHARE]),
    _ENTRY,
    AuditPage(items=[_ENTRY]),
]

PYTHON: dict[str, str] = {
    "give_share": 'share = ripieno.share("songs", song_id, "ben")',
    "list_shares": 'names = [one.name for one in ripieno.shares("received")]',
    "end_share": "ripieno.end_share(share.share_id)",
    "list_audit": 'acts = [one.what for one in ripieno.audit(owner="ben")]',
}
