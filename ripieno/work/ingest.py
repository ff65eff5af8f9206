"""A file becomes a song, whichever way it came: upload, direct upload, drop.

A song's bytes are read once: hashed, described and stored on the way. The order of steps makes it safe to die between
any two: the run is noted, the bytes are stored under a name of this life alone, the row appears, the workflow is
started. What has no row is cleaned up by the run (`analysing.begin`); what has one is taken on by it.
"""

from __future__ import annotations

import hashlib
import random
import re
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile, Failure
from ripieno.contracts.audit import AuditEntry
from ripieno.contracts.enums import AudioFileStatus, AudioFormat, ItemKind, Role
from ripieno.contracts.generation import GenerationOrder
from ripieno.contracts.problems import BadAudio
from ripieno.contracts.workflow import DropOrder, Run, SongOrder, Upload
from ripieno.records import audit, failures, quotas, runs, songs, uploads
from ripieno.records.quotas import Wants
from ripieno.services import access, audio_format, behalf, blobs, identity, limits
from ripieno.services.settings import settings
from ripieno.work import asking, failing, generating, metering

NAME_LENGTH = 1024
_MOST_LIVES = 20
_BY_STORAGE = "storage"
_SPREAD_SECONDS = 600.0
_SLOWEST_BYTES_A_SECOND = 2**20  # to storage; a run is not looked after before its bytes can be there


@dataclass(frozen=True)
class Taken:
    """What became of a file. `run` is to be started where there is one; `is_new`: these bytes were not here before."""

    song: AudioFile
    is_new: bool
    run: Run | None


class DropMissing(LookupError):
    """The dropped blob is gone: it was taken in, or deleted."""


def take_in(
    owner: str,
    path: Path,
    file_name: str,
    *,
    webhook_url: str | None = None,
    work_id: str | None = None,
    makes: GenerationOrder | None = None,
    drop: DropOrder | None = None,
) -> Taken:
    """Put a file into the library. A file that is no song is kept as failed, its bytes in the container `rejected`.

    The same bytes again are the same song; after a failure they are a new run.

    Parameters
    ----------
    work_id : a work that is made when the song is analysed
    makes : the order of that work
    drop : the blob of the inbox that the file was read from, to be copied on the server instead of sent again

    Raises
    ------
    blobs.BlobMissing
        When the drop is no more what was read.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.seek(0, 2)
    described, fault = None, None
    try:
        limits.check_size(size)
        described = audio_format.describe(path)
    except BadAudio as problem:
        fault = Failure(code=problem.code, message=problem.message)
    for _ in range(_MOST_LIVES):
        try:
            return _taken(
                owner,
                path,
                file_name,
                sha256,
                size,
                described,
                fault,
                webhook_url=webhook_url,
                work_id=work_id,
                makes=makes,
                drop=drop,
            )
        except songs.SongMissing:
            continue  # it is being removed at this moment, or was given up: these bytes begin another life, or run
    raise TimeoutError("the song was removed, or given up, each time that it was taken in: try again")


def _taken(
    owner: str,
    path: Path,
    file_name: str,
    sha256: str,
    size: int,
    described: audio_format.AudioDescription | None,
    fault: Failure | None,
    *,
    webhook_url: str | None,
    work_id: str | None,
    makes: GenerationOrder | None,
    drop: DropOrder | None,
) -> Taken:
    """What becomes of a file that was read. Raises `SongMissing` when its song is removed meanwhile."""
    song_id = names.audio_file_id(owner, sha256)
    known = songs.find(owner, song_id)
    if known is not None and known.status != AudioFileStatus.FAILED:
        begun = known.status != AudioFileStatus.UPLOADED
        its = None if begun else runs.find(owner, known.instance_id)
        if begun or its is not None or not _is_left(known):
            return Taken(known, False, its)

    born = known.born if known else uuid.uuid4().hex[:10]
    run = known.run + 1 if known else 1
    instance_id = names.song_instance(song_id, born, run)
    song = AudioFile(
        audio_file_id=song_id,
        owner=owner,
        born=born,
        original_file_name=file_name,
        status=AudioFileStatus.FAILED if fault else AudioFileStatus.UPLOADED,
        uploaded_at=known.uploaded_at if known else datetime.now(UTC).isoformat(),
        sha256=sha256,
        blob_name=_blob_name(song_id, born, file_name, described),
        file_size_bytes=size,
        format=described.format if described else None,
        duration_seconds=described.duration_seconds if described else None,
        sample_rate=described.sample_rate if described else None,
        channels=described.channels if described else None,
        title=described.title if described else None,
        artist=described.artist if described else None,
        instance_id=instance_id,
        run=run,
        webhook_url=webhook_url,
        error=fault,
    )
    sending = timedelta(seconds=size / _SLOWEST_BYTES_A_SECOND)
    asked = song_run(song, work_id)
    making = generating.likely_seconds(makes, song) if makes else 0.0
    wants = Wants(songs=known is None, size_bytes=size, generation_seconds=making, in_place_of=_held_by(drop))
    if fault is None:
        runs.note(asked, not_before=datetime.now(UTC) + sending, wants=wants, is_let_in=False)  # a drop is asked too
    else:
        quotas.check_room(owner, Wants(size_bytes=size, in_place_of=_held_by(drop)), roles=_roles())
        runs.note_unasked(asked, not_before=datetime.now(UTC) + sending)
    _store(song, path, drop)
    return _entered(song, known, asked)


def _is_left(song: AudioFile) -> bool:
    """Whether nobody is at a song that waits: its run was given up before the song was there, and whoever took it in
    died before they saw it."""
    now = songs.find(song.owner, song.audio_file_id)  # anew: the run may have begun and ended between the two looks
    return now is not None and now.status == AudioFileStatus.UPLOADED and now.instance_id == song.instance_id


def _roles() -> frozenset[Role] | None:
    """Those of whoever asks; None where nobody does: a drop is nobody's request."""
    asker = behalf.current()
    return asker.roles if asker is not None else None


def _store(song: AudioFile, path: Path, drop: DropOrder | None) -> None:
    """A song's bytes under a name of this life alone; what is no song says in its metadata why."""
    container = names.REJECTED if song.error else names.SONGS
    why = (
        {"code": song.error.code, "reason": song.error.message.encode("ascii", "replace").decode()}
        if song.error
        else {}
    )
    if drop is not None:
        blobs.copy(names.RAW_AUDIO, drop.blob_name, container, song.blob_name, etag=drop.etag, metadata=why)
        return
    with path.open("rb") as file:
        blobs.upload(container, song.blob_name, file, song.file_size_bytes, metadata=why)


def _entered(song: AudioFile, known: AudioFile | None, asked: Run) -> Taken:
    """The song's row made, or its next run; somebody else may have been faster with the same bytes."""
    if known is None:
        if songs.create(song):
            if _was_given_up(asked):
                songs.delete(song.owner, song.audio_file_id, song.born)
                _undo(song, asked)
                raise songs.SongMissing(f"{song.audio_file_id} was taken in too slowly")
            return _settled(song, True, asked)
        _undo(song, asked)
        return Taken(songs.get(song.owner, song.audio_file_id), False, None)
    try:
        entered = songs.change(
            song.owner,
            song.audio_file_id,
            lambda row: song if row.born == song.born and row.run == song.run - 1 else None,
        )
    except songs.SongMissing:
        _undo(song, asked)
        raise
    if entered.born != song.born:
        _undo(song, asked)
    elif entered.instance_id == song.instance_id and _was_given_up(asked):
        raise songs.SongMissing(f"{song.audio_file_id} was taken in too slowly")
    return _settled(entered, False, asked) if entered.instance_id == song.instance_id else Taken(entered, False, None)


def _was_given_up(asked: Run) -> bool:
    """Whether others began its run in the belief that whoever takes it in had died, found no song, and gave it up
    (`analysing.begin`)."""
    return runs.find(asked.owner, asked.instance_id) is None


def _undo(song: AudioFile, asked: Run) -> None:
    """Forget a life that never entered the library, or that has left it."""
    for place in (names.SONGS, names.REJECTED):
        blobs.delete_prefix(place, names.song_folder(song.audio_file_id, song.born) + "/")
    runs.forget(asked)


def _settled(song: AudioFile, is_new: bool, asked: Run) -> Taken:
    if song.status != AudioFileStatus.FAILED:
        return Taken(song, is_new, asked)
    failing.of_rejected_song(song)
    runs.forget(asked)
    metering.rejected(song)
    return Taken(song, is_new, None)


def song_run(song: AudioFile, work_id: str | None = None) -> Run:
    """The run that analyses a song as its row says."""
    order = SongOrder(
        owner=song.owner,
        audio_file_id=song.audio_file_id,
        born=song.born,
        run=song.run,
        instance_id=song.instance_id,
        arrived_at=datetime.now(UTC).isoformat(),
        work_id=work_id,
    )
    return asking.run_of(song.owner, "PipelineOrchestrator", song.instance_id, order.model_dump())


# -- the inbox ----------------------------------------------------------------------------------------------------


def dropped(blob_name: str) -> Run:
    """The run that takes in this version of a blob of the inbox, noted with the upload that it belongs to.

    Raises
    ------
    DropMissing
    """
    try:
        found = blobs.properties(names.RAW_AUDIO, blob_name)
    except blobs.BlobMissing:
        raise DropMissing(f"{blob_name} is gone: it was taken in or deleted already") from None
    upload = None
    if blob_name.startswith(names.UPLOAD_PREFIX):
        upload = open_upload(blob_name)
        if upload is None:
            blobs.delete(names.RAW_AUDIO, blob_name)
            raise DropMissing(f"{blob_name} belonged to nobody, and is deleted")
    owner = upload.owner if upload else owner_of_drop(blob_name, found.metadata)
    instance_id = names.drop_instance(blob_name, found.etag)
    order = DropOrder(
        owner=owner,
        blob_name=blob_name,
        etag=found.etag,
        instance_id=instance_id,
        original_file_name=upload.file_name if upload else clean_name(names.owner_in(blob_name)[1]),
        arrived_at=found.last_modified.isoformat(),
        upload_id=upload.upload_id if upload else None,
        webhook_url=upload.webhook_url if upload else None,
    )
    if upload:
        uploads.note(upload.upload_id, instance_id=instance_id)
    return asking.run_of(owner, "IngestOrchestrator", instance_id, order.model_dump())


def open_upload(blob_name: str) -> Upload | None:
    """The direct upload that a blob below `uploads/` belongs to; None where it belongs to nobody.

    Its row alone is believed: an address outlives the row of whoever deleted what came of it, and can be put at once
    more after it has come to something.
    """
    upload = uploads.find(blob_name.removeprefix(names.UPLOAD_PREFIX))
    return upload if upload is not None and upload.outcome is None else None


def owner_of_drop(blob_name: str, metadata: Mapping[str, str] | None) -> str:
    """Whose a drop is, beside `uploads/`: its path says, else its metadata, else a setting."""
    said = names.owner_in(blob_name)[0] or (metadata or {}).get("owner") or settings().default_owner
    return identity.owner_named(said)


def take_in_drop(order: DropOrder) -> tuple[dict, Run | None]:
    """Take a blob out of the inbox. Returns `{outcome, audio_file_id, message}` and the run to start.

    Outcomes: ingested, duplicate, rejected, missing, waiting. May be repeated: what was taken in before is found as a
    duplicate of itself, and its run is the same run. Whose owner has used up their songs of the day, or has as many
    jobs as they may, has the file wait in the inbox `until` (ISO 8601) it is worth another look; whose storage is full
    has it refused, since it would lie there all the same. A direct upload is asked for what whoever began it may have.
    """
    if order.upload_id is None:
        if access.takes_drops_of(order.owner):
            return _within_quotas(order, None)
        why = f"nothing is taken in from the inbox for {order.owner}: RIPIENO_DROP_OWNERS names those for whom it is"
        return _refused(order, "not_allowed", why, 403), None
    upload = uploads.find(order.upload_id)
    if upload is None:
        blobs.delete(names.RAW_AUDIO, order.blob_name)
        return _told(order, "missing", None, "it was deleted by whom it belonged to"), None
    with behalf.of(order.owner, _roles_of(upload)):
        return _within_quotas(order, upload)


def _roles_of(upload: Upload) -> frozenset[Role] | None:
    return None if upload.roles is None else frozenset(map(Role, upload.roles))


def _within_quotas(order: DropOrder, upload: Upload | None) -> tuple[dict, Run | None]:
    size = 0
    try:
        lying = blobs.properties(names.RAW_AUDIO, order.blob_name)
        size = lying.size
        if lying.etag == order.etag:
            limits.check_size(size)
            _check_declared(upload, size)
        wants = Wants(songs=1, size_bytes=size, in_place_of=_held_by(order))
        quotas.check_room(order.owner, wants, roles=_roles())  # each time, before it is downloaded
        return _taken_in_drop(order)
    except BadAudio as problem:  # not brought here at all: storage takes blobs that no disk does
        return _refused(order, problem.code, problem.message, 422), None
    except blobs.BlobMissing:
        why = f"{order.blob_name} is gone: it was taken in, deleted or replaced already"
        return _told(order, "missing", None, why), None
    except quotas.OverQuota as over:
        if over.quota == "storage_bytes":
            return _refused(order, over.code, str(over), 429), None
        return _waiting(order, size, over), None


def _check_declared(upload: Upload | None, size: int) -> None:
    """Raises `BadAudio`: an address cannot say how much may be put at it."""
    if upload is not None and upload.size_bytes is not None and size > upload.size_bytes:
        why = f"the file has {size} bytes, and {upload.size_bytes} were declared: ask for an upload of that size"
        raise BadAudio("larger_than_declared", why)


def _held_by(order: DropOrder | None) -> str | None:
    """What the room is held under that was promised before the file came."""
    return names.upload_hold(order.upload_id) if order is not None and order.upload_id else None


def _waiting(order: DropOrder, size: int, over: quotas.OverQuota) -> dict:
    why = f"it waits: {over}"
    if order.upload_id:
        uploads.note(order.upload_id, message=why)
        wants = Wants(songs=1, size_bytes=size)
        quotas.hold(
            order.owner, names.upload_hold(order.upload_id), roles=_roles(), wants=wants, is_let_in=True, is_job=False
        )
    until = datetime.now(UTC) + timedelta(seconds=over.retry_after * (1 + random.random()))
    if over.turns_at is not None:  # not all that waited in the same second
        until = over.turns_at + timedelta(seconds=_SPREAD_SECONDS * random.random())
    return {"outcome": "waiting", "audio_file_id": None, "message": why, "until": until.isoformat()}


def _refused(order: DropOrder, code: str, why: str, status: int) -> dict:
    """Of what there is no room for, or nobody wants, the reason is kept in the container `rejected`, and no byte."""
    blobs.upload(names.REJECTED, order.blob_name, b"", metadata=_why(code, why, order.owner))
    _keep_failure(order, code, why)
    _log(order, status, None)
    told = _told(order, "rejected", None, why)
    leave_inbox(order)
    return told


def _taken_in_drop(order: DropOrder) -> tuple[dict, Run | None]:
    """Raises `blobs.BlobMissing`, `quotas.OverQuota`."""
    with tempfile.TemporaryDirectory(prefix="ripieno-drop-") as folder:
        path = Path(folder) / "audio"
        blobs.download_to(names.RAW_AUDIO, order.blob_name, path, etag=order.etag)
        taken = take_in(order.owner, path, order.original_file_name, webhook_url=order.webhook_url, drop=order)
    song = taken.song
    if song.status == AudioFileStatus.FAILED and song.error:
        told = _told(order, "rejected", song, song.error.message)
    elif taken.is_new or taken.run:
        told = _told(order, "ingested", song, "taken in")
    else:
        told = _told(order, "duplicate", song, "the library has these bytes already")
    _log(order, _STATUSES[told["outcome"]], song)
    return told, taken.run


_STATUSES = {"ingested": 202, "duplicate": 200, "rejected": 422}


def _log(order: DropOrder, status: int, song: AudioFile | None) -> None:
    """What became of a drop, once: whoever may write to the container did it, or who has asked for an address there."""
    audit.note(
        AuditEntry(
            entry_id=order.instance_id[-12:],
            at=order.arrived_at,
            actor=order.owner if order.upload_id else _BY_STORAGE,
            owner=order.owner,
            what="upload" if order.upload_id else "drop",
            kind=ItemKind.SONGS,
            item=song.audio_file_id if song else None,
            status=status,
        )
    )


def reject(order: DropOrder, code: str, message: str) -> None:
    """Move a blob that cannot be taken in to the container `rejected`, with the reason."""
    if order.upload_id is not None and uploads.find(order.upload_id) is None:
        blobs.delete(names.RAW_AUDIO, order.blob_name)
    elif _reject(order.blob_name, order.etag, code, message, order.owner):
        _keep_failure(order, code, message)
        _told(order, "rejected", None, message)
        leave_inbox(order)


def reject_unasked(blob_name: str, message: str) -> None:
    """The same of a blob of which not even an order could be made, so that it does not lie in the way for ever."""
    found = blobs.properties(names.RAW_AUDIO, blob_name)
    owner = owner_of_drop(blob_name, found.metadata)
    if blob_name.startswith(names.UPLOAD_PREFIX):
        upload = open_upload(blob_name)
        if upload is None:
            blobs.delete(names.RAW_AUDIO, blob_name)
            return
        owner = upload.owner
        uploads.note(upload.upload_id, outcome="rejected", message=message)
    if _reject(blob_name, str(found.etag), "cannot_be_taken_in", message, owner):
        failing.of_rejected_drop(blob_name, "cannot_be_taken_in", message, None, owner)
        blobs.delete(names.RAW_AUDIO, blob_name, etag=str(found.etag))


def _keep_failure(order: DropOrder, code: str, message: str) -> None:
    """For operators; of what one of them has put back, the failure that it was."""
    upload = uploads.find(order.upload_id) if order.upload_id else None
    failure_id = upload.failure_id if upload else None
    failing.of_rejected_drop(order.blob_name, code, message, order, order.owner, failure_id=failure_id)


def _reject(blob_name: str, etag: str, code: str, message: str, owner: str) -> bool:
    """The bytes, the reason and whose they are in the container `rejected`; whether this version of the blob was
    there."""
    try:
        why = _why(code, message, owner)
        blobs.copy(names.RAW_AUDIO, blob_name, names.REJECTED, blob_name, etag=etag, metadata=why)
    except blobs.BlobMissing:
        return False
    return True


def _why(code: str, message: str, owner: str) -> dict[str, str]:
    """As metadata, which is ASCII: so are owners."""
    return {"code": code, "reason": message.encode("ascii", "replace").decode()[:500], "owner": owner}


def leave_inbox(order: DropOrder) -> None:
    """Remove a blob that was taken in from the inbox, unless it was dropped anew."""
    blobs.delete(names.RAW_AUDIO, order.blob_name, etag=order.etag)


def _told(order: DropOrder, outcome: str, song: AudioFile | None, message: str) -> dict:
    told = {"outcome": outcome, "audio_file_id": song.audio_file_id if song else None, "message": message}
    if order.upload_id and not (outcome == "missing" and (_is_there_again(order) or _has_outcome(order.upload_id))):
        uploads.note(order.upload_id, **told)
        quotas.give_back(order.owner, names.upload_hold(order.upload_id))
        if song is not None:
            _let_its_failure_go_with(song, order.upload_id)
    return told


def _let_its_failure_go_with(song: AudioFile, upload_id: str) -> None:
    """The failure of a drop that was put back has its file's name: it goes with the song."""
    upload = uploads.find(upload_id)
    if upload is not None and upload.failure_id is not None:
        failures.belongs_to(upload.failure_id, song.audio_file_id)


def _is_there_again(order: DropOrder) -> bool:
    """Whether the bytes were put once more, as after a connection that broke: what becomes of them is told by another
    run, before they leave the inbox."""
    try:
        blobs.properties(names.RAW_AUDIO, order.blob_name)
    except blobs.BlobMissing:
        return False
    return True


def _has_outcome(upload_id: str) -> bool:
    """Whether a step that was killed after its work had said already what became of the upload."""
    known = uploads.find(upload_id)
    return known is None or known.outcome is not None


# -- names --------------------------------------------------------------------------------------------------------


def clean_name(name: str) -> str:
    """The last part of a path, printable, for show only: it names no blob."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable())[:NAME_LENGTH] or "untitled"


def _blob_name(song_id: str, born: str, file_name: str, described: audio_format.AudioDescription | None) -> str:
    if described is None:
        return names.rejected_blob(song_id, born, re.sub(r"[^A-Za-z0-9._ -]", "_", file_name)[:200])
    return names.song_blob(song_id, born, AudioFormat(described.format).value)
