"""Works at rest: one document a work, with its elements and their versions.

    id|{work id}                     the work; ids begin with the time, counted down: the newest comes first
    by-song|{song}|{work id}         of one song
    by-status|{status}|{work id}     of one status
    by-kind|{kind}|{work id}         of one kind, less stems
    by-voice|{voice}|{work id}       with somebody's voice in it

What follows from the elements, the work's status, is computed inside the change that changes them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from ripieno.contracts import names
from ripieno.contracts.composition import Composition
from ripieno.contracts.dj_sets import DjSet
from ripieno.contracts.enums import GenerationStatus, TakeStatus
from ripieno.contracts.works import Version, Work, WorkKind
from ripieno.records import cursor as cursors
from ripieno.records.mirror import Condition
from ripieno.records.store import IndexRows, Missing, Store

_ALL = "works"


class WorkMissing(Missing):
    """No work of this owner has this id."""


class VersionMissing(LookupError):
    """The work has no such element, or the element no such version."""


def create(work: Work) -> bool:
    """Add a work; False when there is one of this id (which is then left as it is)."""
    return _store.create(work.owner, work)


def find(owner: str, work_id: str) -> Work | None:
    return _store.get(owner, work_id) if work_id.isalnum() and len(work_id) < 200 else None


def get(owner: str, work_id: str) -> Work:
    """Raises `WorkMissing`."""
    work = find(owner, work_id)
    if work is None:
        raise WorkMissing(f"there is no generation {work_id[:100]}")
    return work


def get_stems(owner: str, work_id: str) -> Work:
    """A work of new stems. Raises `WorkMissing`, also for a work of another kind."""
    work = get(owner, work_id)
    if work.kind != WorkKind.STEMS:
        raise WorkMissing(f"{work_id[:100]} is a {work.kind}, no generation: ask for it as one")
    return work


def get_composition(owner: str, work_id: str) -> Work:
    """A composition. Raises `WorkMissing`, also for a work of another kind."""
    work = find(owner, work_id)
    if work is None or work.kind != WorkKind.COMPOSITION or work.composition is None:
        raise WorkMissing(f"there is no composition {work_id[:100]}")
    return work


def get_set(owner: str, work_id: str) -> Work:
    """A DJ set. Raises `WorkMissing`, also for a work of another kind."""
    work = find(owner, work_id)
    if work is None or work.kind != WorkKind.SET or work.dj_set is None:
        raise WorkMissing(f"there is no set {work_id[:100]}")
    return work


def get_master(owner: str, work_id: str) -> Work:
    """A master of a song. Raises `WorkMissing`, also for a work of another kind."""
    work = find(owner, work_id)
    if work is None or work.kind != WorkKind.MASTER:
        raise WorkMissing(f"there is no master {work_id[:100]}")
    return work


def change(owner: str, work_id: str, to: Callable[[Work], Work | None]) -> Work:
    """Change a work under its ETag, its status with it; None from `to` changes nothing. Raises `WorkMissing`."""

    def changed(work: Work) -> Work | None:
        new = to(work)
        return None if new is None else _with_status(new)

    try:
        return _store.change(owner, work_id, changed)
    except (WorkMissing, VersionMissing):
        raise
    except Missing:
        raise WorkMissing(f"there is no generation {work_id[:100]}") from None


def change_version(
    owner: str, work_id: str, element: str, number: int, to: Callable[[Work, Version], Version | None]
) -> Work:
    """Change one version of one element, as `change` does. Raises `WorkMissing`, `VersionMissing`."""

    def changed(work: Work) -> Work | None:
        known = version(work, element, number)
        new = to(work, known)
        if new is None:
            return None
        place = work.element(element)
        assert place is not None
        place.versions = [new if one.number == number else one for one in place.versions]
        return work

    return change(owner, work_id, changed)


def version(work: Work, element: str, number: int | None) -> Version:
    """A version of an element, the latest where `number` is None. Raises `VersionMissing`."""
    place = work.element(element)
    if place is None:
        known = ", ".join(one.name for one in work.layers) or "none yet"
        raise VersionMissing(f"the generation has no {element[:60]!r}: its stems are {known}")
    found = [one for one in place.versions if number in (None, one.number)]
    if not found:
        raise VersionMissing(f"{element} has no take {number}: its takes are 1 to {len(place.versions)}")
    return found[-1]


def delete(owner: str, work_id: str) -> None:
    _store.delete(owner, work_id)


def listed(
    owner: str,
    *,
    limit: int,
    cursor: str | None = None,
    audio_file_id: str | None = None,
    status: GenerationStatus | None = None,
    kind: WorkKind = WorkKind.STEMS,
) -> tuple[list[Work], str | None]:
    """Works of a kind, newest first, and a cursor to go on with. Raises `cursor.BadCursor`."""
    if kind == WorkKind.STEMS and audio_file_id is None and status is None:
        return _stems(owner, limit, cursor)
    also = [Condition("kind", "eq", str(kind))]
    if kind != WorkKind.STEMS and audio_file_id is None:
        prefix = f"by-kind|{kind}|"
        also += [Condition("status", "eq", str(status))] if status is not None else []
    elif audio_file_id is not None:
        prefix = f"by-song|{audio_file_id}|"
        also += [Condition("status", "eq", str(status))] if status is not None else []
    else:
        prefix = f"by-status|{status}|"
    page = _store.page(owner, prefix, after=cursors.read(cursor, prefix), conditions=also, limit=limit)
    keys = [row["RowKey"].rpartition("|")[2] for row in page.rows]
    found = [work for key in keys if (work := find(owner, key)) is not None]  # less what is deleted at this moment
    return found, cursors.write(prefix, page.last_key) if page.last_key else None


def _stems(owner: str, limit: int, cursor: str | None) -> tuple[list[Work], str | None]:
    """Works of new stems among all works."""
    found: list[Work] = []
    after = cursors.read(cursor, _ALL)
    while True:
        some, last_key = _store.documents(owner, after=after, limit=limit - len(found))
        found += [one for one in some if one.kind == WorkKind.STEMS]
        if last_key is None or len(found) == limit:
            return found, cursors.write(_ALL, last_key) if last_key else None
        after = last_key


def of_song(owner: str, audio_file_id: str, born: str) -> list[str]:
    """The ids of every work for one life of a song."""
    found: list[str] = []
    after: str | None = None
    while True:
        page = _store.page(owner, f"by-song|{audio_file_id}|", after=after, limit=500)
        found += [row["RowKey"].rpartition("|")[2] for row in page.rows if row.get("born") == born]
        if page.last_key is None:
            return found
        after = page.last_key


def of_voice(owner: str, voice_id: str) -> list[str]:
    """The ids of every work with a voice in it; those that are being made come first."""
    found: list[tuple[bool, str]] = []
    after: str | None = None
    while True:
        page = _store.page(owner, f"by-voice|{voice_id}|", after=after, limit=500)
        found += [
            (not GenerationStatus(row["status"]).is_being_made, row["RowKey"].rpartition("|")[2]) for row in page.rows
        ]
        if page.last_key is None:
            return [work_id for _, work_id in sorted(found)]
        after = page.last_key


def awaiting_review() -> Iterator[Work]:
    """Every work, of every owner, whose stems wait for a verdict, in no order: for housekeeping at night, not for
    requests.

    A composition waits for as long as its owner likes: a version of it is heard whether somebody approved it or not.
    """
    rows = list(_store.index_rows(f"by-status|{GenerationStatus.AWAITING_REVIEW}|"))
    for row in random.sample(rows, len(rows)):
        work = find(row["PartitionKey"], row["of"])
        if work is not None and work.kind == WorkKind.STEMS and work.status == GenerationStatus.AWAITING_REVIEW:
            yield work


# -- what follows -------------------------------------------------------------------------------------------------


def _with_status(work: Work) -> Work:
    """The status that a work's layers give it, once each that is planned has a version.

    A layer with an approved version is settled, whatever its other versions are; any other stands as its latest.
    """
    if work.composition is not None:
        return _with_status_of_revisions(work, work.composition)
    if work.dj_set is not None:
        return _with_status_of_set(work, work.dj_set)
    if work.kind == WorkKind.MASTER:
        return _with_status_of_master(work)
    if work.has_ended or work.plan is None or len(work.layers) < len(work.plan.stems):
        return work
    stand = [(layer.approved or layer.latest).status for layer in work.layers]
    if any(version.is_open for layer in work.layers for version in layer.versions):
        status, message = GenerationStatus.GENERATING, "generating"
    elif TakeStatus.GENERATED in stand:
        status, message = GenerationStatus.AWAITING_REVIEW, "listen, then approve or reject each stem"
    elif all(one == TakeStatus.FAILED for one in stand) and not _can_be_heard(work):
        status, message = GenerationStatus.FAILED, "no stem could be made"
    else:
        approved = stand.count(TakeStatus.APPROVED)
        status, message = GenerationStatus.COMPLETED, f"{approved} of {len(work.layers)} stems approved"
    return work.model_copy(update={"status": status, "message": message})


def _with_status_of_master(work: Work) -> Work:
    """A master of a song stands as its one element."""
    latest = work.elements[0].latest
    match latest.status:
        case TakeStatus.GENERATING:
            status, message = GenerationStatus.GENERATING, "mastering"
        case TakeStatus.GENERATED:
            status, message = GenerationStatus.COMPLETED, "it can be heard"
        case TakeStatus.CANCELLED:
            status, message = GenerationStatus.CANCELLED, "cancelled"
        case _:
            status, message = GenerationStatus.FAILED, latest.error or "it could not be made"
    return work.model_copy(update={"status": status, "message": message[:500], "error": latest.error})


def _with_status_of_set(work: Work, dj_set: DjSet) -> Work:
    """A set stands as its newest version; where that one failed, as the one that is heard."""
    newest, here = dj_set.versions[-1], dj_set.open
    status, message, error = GenerationStatus.COMPLETED, f"version {dj_set.current} can be heard", None
    if here is not None:
        status = GenerationStatus.GENERATING if here.planned else GenerationStatus.PLANNING
        message = f"version {here.number}: {'rendering' if here.planned else 'planning'}"
    elif not any(one.status == "made" for one in dj_set.versions):
        status = GenerationStatus.CANCELLED if newest.status == "cancelled" else GenerationStatus.FAILED
        message = error = newest.error or "it could not be made"
    elif newest.status in ("failed", "cancelled"):
        message = f"version {newest.number} {newest.status} ({newest.error}); version {dj_set.current} can be heard"
    return work.model_copy(update={"status": status, "message": message[:500], "error": error})


def _with_status_of_revisions(work: Work, composition: Composition) -> Work:
    """A composition stands as its newest revision; where that one failed, as the last that was made."""
    if work.has_ended:
        return work
    newest, here = composition.revisions[-1], composition.open
    made = [one for one in composition.revisions if one.status == "made"]
    waiting = [one for one in composition.revisions if one.status == "waiting"]
    status, message, error = GenerationStatus.AWAITING_REVIEW, "listen, then approve it or say what to change", None
    if here is not None and here.status == "making":
        stage = next((one.stage for one in here.stages if one.status == "waiting"), "review")
        status, message = GenerationStatus.GENERATING, f"version {here.number}: {stage}"
    elif here is not None:
        message = f"version {here.number} waits: look at it, then let it go on"
    elif not made and not waiting:
        error = newest.error
        status, message = GenerationStatus.FAILED, newest.error or "it could not be made"
    elif newest.status in ("failed", "cancelled"):
        stands = f"version {composition.current} stands" if made else f"version {waiting[-1].number} waits"
        message = f"version {newest.number} {newest.status} ({newest.error}); {stands}"
    elif composition.approved == composition.current:
        status, message = GenerationStatus.COMPLETED, f"version {composition.current} is approved"
    elif any(one.rejected for one in composition.revisions if one.number == composition.current):
        message = f"version {composition.current} is rejected: say what to change, or go back to another"
    return work.model_copy(update={"status": status, "message": message[:500], "error": error})


def _can_be_heard(work: Work) -> bool:
    return any(version.can_be_heard for layer in work.layers for version in layer.versions)


def _index(work: Work) -> IndexRows:
    summary = {"status": str(work.status), "kind": str(work.kind), "created_at": work.created_at}
    if work.audio_file_id:
        summary |= {"audio_file_id": work.audio_file_id, "born": work.born or ""}
    rows = {f"by-status|{work.status}|{work.work_id}": summary}
    if work.kind != WorkKind.STEMS:
        rows[f"by-kind|{work.kind}|{work.work_id}"] = summary
    if work.audio_file_id:
        rows[f"by-song|{work.audio_file_id}|{work.work_id}"] = summary
    return rows | {f"by-voice|{voice_id}|{work.work_id}": summary for voice_id in {one.voice_id for one in work.marks}}


_store = Store(names.WORKS, Work, key=lambda work: work.work_id, index=_index)
damage, repair, everything = _store.damage, _store.repair, _store.everything
documents = _store.documents
orphans, sweep = _store.orphans, _store.sweep
documents = _store.documents
