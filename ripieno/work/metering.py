"""Counting what is used, where it happens. No song, job or answer fails for it: an outage is waited out by the step
that counts, whatever else goes wrong is logged, and the nightly look puts the bytes right.
"""

from __future__ import annotations

import logging
import math
import random
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from azure.core.exceptions import AzureError

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.enums import JobKind
from ripieno.contracts.jobs import JobStatus
from ripieno.contracts.provenance import ModelUsage
from ripieno.contracts.workflow import SongOrder
from ripieno.records import quotas, songs, usage, voices, works
from ripieno.services import behalf, blobs
from ripieno.services.outage import is_final

log = logging.getLogger("ripieno.metering")
_OF_A_SONG = (names.SONGS, names.REJECTED, names.STEMS, names.ANALYSES, names.JAMS)
_MAKE_AUDIO = {JobKind.GENERATE, JobKind.SING}
_MOST_WAITING = 10_000
_waiting: deque[tuple[str, str, str, int, int, datetime]] = deque(maxlen=_MOST_WAITING)
_writing = threading.Lock()


def _quietly(what: Callable[[], Any]) -> None:
    """Raises what passes, for the step to be done again; a mistake of ours is no reason for a song to fail."""
    try:
        what()
    except Exception as fault:
        if not is_final(fault):
            raise
        log.exception("something that was used could not be counted")


def begun(song: AudioFile) -> None:
    """A song is in the library, and its analysis begins."""
    _quietly(
        lambda: quotas.settle(
            song.owner,
            song.audio_file_id,
            song.born,
            song.instance_id,
            song.duration_seconds or 0.0,
            song.file_size_bytes,
            datetime.fromisoformat(song.uploaded_at),
        )
    )


def analysed(order: SongOrder, seconds: float) -> None:
    """A song's analysis was saved: its minutes, and the bytes of all that was made of it."""

    def count() -> None:
        at = datetime.fromisoformat(order.arrived_at)
        amounts = {"analyses": 1, "analysed_ms": round(seconds * 1000)}
        usage.count(order.owner, [usage.used(order.owner, "analysis", order.instance_id, amounts, at)])
        measure(order.owner, order.instance_id)

    _quietly(count)


def ended(owner: str, endpoint_job_id: str, endpoint: str, kind: str, status: JobStatus) -> None:
    """A job has ended at its endpoint, well or not: how long it was at work, and what it made."""
    if status.started_at is None:
        return  # it waited, and was never begun

    def count() -> None:
        began = datetime.fromisoformat(status.started_at or "")
        until = datetime.fromisoformat(status.ended_at) if status.ended_at else datetime.now(UTC)
        result = status.result or {}
        engine = _signature(result) or (status.engine.model_dump() if status.engine else {})
        made = [stem.get("duration_seconds", 0.0) for stem in result.get("stems", [])]
        usage.job(
            owner,
            endpoint_job_id,
            endpoint=endpoint,
            engine=str(engine.get("engine") or kind),
            device=engine.get("device"),
            seconds=(until - began).total_seconds(),
            made_seconds=sum(made) if kind in _MAKE_AUDIO else 0.0,
            at=until,
        )
        if result and endpoint == "generation":
            measure(owner, names.instance_of_job(endpoint_job_id))

    _quietly(count)


def _signature(result: dict[str, Any]) -> dict[str, Any]:
    """The signature of the engine that made a result, or the first of its stems."""
    own = result.get("engine")
    if isinstance(own, dict):
        return own
    stems = result.get("stems")
    of_first = stems[0].get("engine") if isinstance(stems, list) and stems and isinstance(stems[0], dict) else None
    return of_first if isinstance(of_first, dict) else {}


# -- bytes --------------------------------------------------------------------------------------------------------


def measure(owner: str, instance_id: str) -> None:
    """The bytes of the song, work or voice that a workflow is for, as they lie there now."""
    if song := names.song_of_instance(instance_id):
        _measure(owner, f"song|{song[0]}|{song[1]}")
    elif work_id := names.work_of_instance(instance_id):
        _measure(owner, f"work|{work_id}")
    elif voice_id := names.voice_of_instance(instance_id):
        _measure(owner, f"voice|{voice_id}")


def gone(owner: str, thing: str) -> None:
    """A song (`song|{id}|{born}`), work or voice was deleted."""
    _quietly(lambda: usage.stored(owner, thing, 0))


def rejected(song: AudioFile) -> None:
    """What was no song is kept all the same."""
    thing = f"song|{song.audio_file_id}|{song.born}"
    _quietly(lambda: usage.stored(song.owner, thing, song.file_size_bytes))


def _measure(owner: str, thing: str) -> bool:
    """Whether it was otherwise."""
    kind, _, its_id = thing.partition("|")
    match kind:
        case "song":
            song_id, _, born = its_id.partition("|")
            size = sum(blobs.size_of(one, names.song_folder(song_id, born)) for one in _OF_A_SONG)
        case "work":
            size = blobs.size_of(names.GENERATED, f"{its_id}/")
        case _:
            size = blobs.size_of(names.VOICES, f"{names.voice_folder(its_id)}/")
    was_other = usage.stored(owner, thing, size)
    if not _is_there(owner, kind, its_id):  # it was deleted, perhaps while it was measured
        was_other |= usage.stored(owner, thing, 0)
    return was_other


def _is_there(owner: str, kind: str, its_id: str) -> bool:
    if kind == "song":
        song_id, _, born = its_id.partition("|")
        song = songs.find(owner, song_id)
        return song is not None and song.born == born
    return (works.find(owner, its_id) if kind == "work" else voices.find(owner, its_id)) is not None


def measure_everything(seconds: float = math.inf) -> int:
    """The bytes of every owner's things as they lie there, and nothing for what is gone; how many were otherwise. For a
    timer: whatever was killed between a write and its count is put right. What there is no time for comes another
    night: in no order, so that none is always the last."""
    until = time.monotonic() + seconds
    there = {(owner, f"song|{song.audio_file_id}|{song.born}") for owner, song in songs.everything()}
    there |= {(owner, f"work|{work.work_id}") for owner, work in works.everything()}
    there |= {(owner, f"voice|{voice.voice_id}") for owner, voice in voices.everything()}
    for owner in usage.owners_with_something_stored():
        there |= {(owner, thing) for thing in usage.things_stored(owner)}
    other = 0
    for owner, thing in random.sample(sorted(there), len(there)):
        if time.monotonic() > until:
            break
        other += _measure(owner, thing)
    return other


# -- language models ----------------------------------------------------------------------------------------------


def answered(model: str, used: ModelUsage) -> None:
    """A language model has answered, or failed after it had read: each answer is its own, since each is paid for. What
    storage does not take now is written with the next."""
    whose = behalf.current()
    if whose is None or not (used.prompt_tokens or used.completion_tokens):
        return
    now = datetime.now(UTC)
    _waiting.append((whose.owner, uuid.uuid4().hex, model, used.prompt_tokens, used.completion_tokens, now))
    with _writing:
        while _waiting:
            try:
                usage.tokens(*_waiting[0])
            except (AzureError, TimeoutError) as fault:
                log.warning("tokens are counted later: %s", fault)
                return
            except Exception:
                log.exception("tokens could not be counted")
            _waiting.popleft()
