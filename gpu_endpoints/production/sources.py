"""What production works on: files of the storage account, and the beats and chords they have to fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gpu_endpoints.audio import decoding
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.generation import GenerationParameters
from ripieno.contracts.production import AlignInput, AudioBlob, CheckInput
from ripieno.music.conditioning import Conditioning
from ripieno.music.song_conditioning import within
from ripieno.services import blobs
from ripieno.services import conditioning as conditionings
from ripieno.services.settings import settings

OURS = (names.STEMS, names.GENERATED)  # written here, so readable, and allowed to be silent
MOST_AT_ONCE = 15 * 60.0  # seconds that align and check hold in memory
BLOCK_SECONDS = 1.0  # of each of a mix's sources


def fetch(source: AudioBlob, context: JobContext, *, number: int = 0, is_foreign: bool | None = None) -> decoding.Audio:
    """
    Parameters
    ----------
    is_foreign : whether the file came from outside, where its container does not say it

    Raises
    ------
    JobFailed
        `audio_missing`, or why it cannot be decoded.
    """
    path = context.folder / f"source-{number}"
    try:
        blobs.download_to(source.container, source.blob_name, path)
    except blobs.BlobMissing as fault:
        raise JobFailed("audio_missing", f"a file that is needed is gone ({fault})") from fault
    if not (source.container not in OURS if is_foreign is None else is_foreign):
        return decoding.open_stem(path)
    return decoding.open_audio(
        path, max_seconds=settings().max_song_seconds, on_block=lambda _: context.check_cancelled()
    )


def fetch_all(wanted: Sequence[AudioBlob], context: JobContext) -> list[decoding.Audio]:
    """One for each that is wanted; what is wanted twice is fetched once."""
    known: dict[tuple[str, str], decoding.Audio] = {}
    for number, source in enumerate(wanted):
        context.progress(number / len(wanted), f"fetching {source.blob_name}")
        key = (source.container, source.blob_name)
        if key not in known:
            known[key] = fetch(source, context, number=number)
    return [known[source.container, source.blob_name] for source in wanted]


def whole(source: AudioBlob, context: JobContext) -> np.ndarray:
    """All of a file as float32 (frames, 2) at 44.1 kHz.

    Raises
    ------
    JobFailed
        As `fetch`, and `too_long`.
    """
    context.progress(0.05, "fetching the audio")
    audio = fetch(source, context)
    if audio.duration > MOST_AT_ONCE:
        raise JobFailed("too_long", f"this takes {MOST_AT_ONCE / 60:.0f} minutes at once: cut the audio first")
    blocks = list(audio.stereo_blocks(rate=SAMPLE_RATE))
    return np.concatenate(blocks) if blocks else np.zeros((0, 2), np.float32)


def conditioning(order: AlignInput | CheckInput) -> Conditioning:
    """What the audio has to fit.

    Raises
    ------
    JobFailed
        `song_not_analysed`, `conditioning_missing` or `cannot_condition`.
    """
    try:
        if order.conditioning is not None:
            return within(conditionings.load(order.conditioning), section=order.section, bars=order.bars)
        given = GenerationParameters(section=order.section, bars=order.bars)
        return conditionings.prepare(order.audio_file_id, given, order.style)
    except conditionings.CannotCondition as fault:
        raise JobFailed(fault.code, fault.message) from fault
    except ValueError as fault:
        raise JobFailed("cannot_condition", str(fault)) from fault
