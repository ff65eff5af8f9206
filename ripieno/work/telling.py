"""Webhooks to whoever asked. Being deaf makes nothing fail."""

from __future__ import annotations

from ripieno.contracts import names
from ripieno.contracts.dj_sets import DjSet
from ripieno.contracts.enums import GenerationStatus, TakeStatus
from ripieno.contracts.workflow import SongOrder, WorkOrder
from ripieno.contracts.works import Work
from ripieno.records import songs, works
from ripieno.work import delivering

_TOLD = {
    False: (GenerationStatus.AWAITING_REVIEW, GenerationStatus.FAILED),
    True: (GenerationStatus.COMPLETED, GenerationStatus.FAILED),
}


def of_song(order: SongOrder) -> dict:
    """Say that a song is done. Returns `{delivered, reason}`."""
    song = songs.find(order.owner, order.audio_file_id)
    if song is None or song.born != order.born:
        return _silent("the song was removed")
    if not song.webhook_url:
        return _silent("nobody asked")
    payload = {
        "type": f"audio.{song.status}", "audio_file_id": song.audio_file_id, "status": song.status,
        "bpm": song.bpm, "key": song.key, "mode": song.mode, "duration_seconds": song.duration_seconds,
        "error": song.error.model_dump() if song.error else None,
    }  # fmt: skip
    its_life = names.song_folder(song.audio_file_id, song.born)
    return delivering.deliver(song.owner, its_life, song.webhook_url, f"{song.instance_id}-{song.status}", payload)


def of_work(order: WorkOrder) -> dict:
    """Say that stems can be heard, or that none will come. Returns `{delivered, reason}`."""
    work = works.find(order.owner, order.work_id)
    if work is None:
        return _silent("the request was removed")
    if work.status not in _TOLD[work.dj_set is not None]:
        return _silent(f"the request is {work.status}")
    url = work.order.webhook_url
    if not url:
        return _silent("nobody asked")
    if work.dj_set is not None:
        return _of_set(work, work.dj_set, url)
    payload = {
        "type": f"generation.{work.status}", "generation_request_id": work.work_id,
        "audio_file_id": work.audio_file_id, "status": work.status,
        "stems": [
            {"name": layer.name, "stem_type": layer.stem_type, "take": layer.latest.number,
             "status": layer.latest.status}
            for layer in work.layers
        ],
    }  # fmt: skip
    made = sum(version.status != TakeStatus.GENERATING for layer in work.layers for version in layer.versions)
    return delivering.deliver(work.owner, work.work_id, url, f"{work.work_id}-{made}-{work.status}", payload)


def _of_set(work: Work, dj_set: DjSet, url: str) -> dict:
    payload = {
        "type": f"set.{work.status}", "set_id": work.work_id, "version": dj_set.versions[-1].number,
        "status": work.status, "message": work.message, "duration_seconds": work.duration_seconds,
    }  # fmt: skip
    return delivering.deliver(
        work.owner, work.work_id, url, f"{work.work_id}-{dj_set.versions[-1].number}-{work.status}", payload
    )


def _silent(reason: str) -> dict:
    return {"delivered": False, "reason": reason}
