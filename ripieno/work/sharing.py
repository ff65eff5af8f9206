"""Songs, works and sets that an owner lets somebody look at: given, and taken back."""

from __future__ import annotations

from datetime import UTC, datetime

from ripieno.contracts.enums import ItemKind
from ripieno.contracts.shares import MOST_SHARES_OF_ONE, Share, ShareOrder
from ripieno.contracts.works import Work, WorkKind
from ripieno.records import shares, songs, works
from ripieno.records.store import Missing
from ripieno.services import identity
from ripieno.services.settings import settings

_PLACES = {
    WorkKind.STEMS: "generations",
    WorkKind.COMPOSITION: "compositions",
    WorkKind.MASTER: "masters",
    WorkKind.SET: "sets",
}


class CannotShare(ValueError):
    """It cannot be shared so; the message says what to change."""


def give(owner: str, order: ShareOrder) -> Share:
    """Let somebody look at something. The same again is the same share, with another end where that is another.

    Raises
    ------
    CannotShare, records.songs.SongMissing, records.works.WorkMissing
    """
    receiver, until = identity.owner_named(order.with_), _until(order)
    if receiver == owner:
        raise CannotShare("with: it is yours: name somebody else")
    share_id = shares.id_of(owner, order.kind, order.id, receiver)
    known = shares.of_item(owner, order.id)
    if len(known) >= MOST_SHARES_OF_ONE and share_id not in {one.share_id for one in known}:
        raise CannotShare(f"it is shared with {len(known)} already, which is the most: take one back first")
    name, born, url = _item(owner, order)
    share = Share(
        share_id=share_id,
        kind=order.kind,
        id=order.id,
        name=name,
        owner=owner,
        with_=receiver,
        may=order.may,
        until=until,
        created_at=next((one.created_at for one in known if one.share_id == share_id), datetime.now(UTC).isoformat()),
        born=born,
        url=url,
    )
    shares.put(share)
    try:
        still = _item(owner, order)[1] == born
    except Missing:
        still = False
    if not still:  # it was removed at this moment, and the removal may have looked before
        shares.take_back(share)
        raise songs.SongMissing(f"{order.id[:100]} was removed while it was being shared")
    return share


def end(owner: str, share_id: str) -> Share:
    """Take a share back: it stops now; an address in storage that was given before ends by itself, within the hour.
    Raises `records.shares.ShareMissing`."""
    share = shares.get(owner, share_id)
    shares.take_back(share)
    return share


# -- parts --------------------------------------------------------------------------------------------------------


def _item(owner: str, order: ShareOrder) -> tuple[str, str | None, str]:
    """What it is called, the life of the song, and where it is read. Raises `SongMissing`, `WorkMissing`."""
    if order.kind == ItemKind.SONGS:
        song = songs.get(owner, order.id)
        return song.original_file_name, song.born, _url("audio", order.id)
    if order.kind == ItemKind.SETS:
        work = works.get_set(owner, order.id)
    else:
        work = works.find(owner, order.id)
        if work is None or work.kind == WorkKind.SET:
            raise works.WorkMissing(f"there is no work {order.id[:100]}")
    return _name(work), None, _url(_PLACES[WorkKind(work.kind)], order.id)


def _name(work: Work) -> str:
    if work.composition is not None:
        here = work.composition.revision()
        return here.context.title if here.context else work.composition.order.title or ""
    if work.dj_set is not None:
        return work.dj_set.order.title or ""
    song = songs.find(work.owner, work.audio_file_id) if work.audio_file_id else None
    return song.original_file_name if song is not None and song.born == work.born else ""


def _until(order: ShareOrder) -> str | None:
    if order.until is None:
        return None
    try:
        until = order.until.astimezone(UTC) if order.until.tzinfo else order.until.replace(tzinfo=UTC)
    except OverflowError:  # at the end of all calendars
        until = order.until.replace(tzinfo=UTC)
    if until <= datetime.now(UTC):
        raise CannotShare("until: it has passed already: name a moment that is to come, or leave it out")
    return until.isoformat()


def _url(place: str, item_id: str) -> str:
    return f"{settings().public_url}/api/{place}/{item_id}"
