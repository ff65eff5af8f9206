"""A set's plans, and what was known of the songs it could be made of: blobs beside it, which its document names."""

from __future__ import annotations

from ripieno.contracts import names
from ripieno.contracts.dj_sets import KnownSongs
from ripieno.contracts.sets import SetPlan
from ripieno.services import blobs


def save_plan(work_id: str, version: int, plan: SetPlan) -> None:
    blobs.upload_json(names.GENERATED, names.set_plan_blob(work_id, version), plan.model_dump(mode="json"))


def plan(work_id: str, version: int) -> SetPlan | None:
    """The plan of a version, None where it is not planned, or its set was removed."""
    try:
        return SetPlan.model_validate_json(blobs.read(names.GENERATED, names.set_plan_blob(work_id, version)))
    except blobs.BlobMissing:
        return None


def save_songs(work_id: str, known: KnownSongs) -> None:
    blobs.upload_json(names.GENERATED, names.set_songs_blob(work_id), known.model_dump(mode="json", exclude_none=True))


def songs(work_id: str) -> KnownSongs | None:
    try:
        return KnownSongs.model_validate_json(blobs.read(names.GENERATED, names.set_songs_blob(work_id)))
    except blobs.BlobMissing:
        return None
