"""Segment-wise inference as a stream: memory does not grow with the song, and the result is Demucs' own.

Segments lie 75 % of their length apart and are weighted by a triangle; what the next segment does not reach any more is
finished. It equals `demucs.apply.apply_model(split=True, overlap=0.25, shifts=0)` to the last bits (tested).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np

from gpu_endpoints.analysis.separation.engine import StemBlocks
from gpu_endpoints.audio import decoding
from gpu_endpoints.audio.decoding import Audio
from gpu_endpoints.serving import gpu_memory

OVERLAP = 0.25
Infer = Callable[[np.ndarray], np.ndarray]
"""(batch, 2, segment) float32 mixes to (batch, sources, 2, segment)"""


def separate(
    audio: Audio,
    infer: Infer,
    *,
    stems: tuple[str, ...],
    rate: int,
    segment: int,
    on_progress: Callable[[float], None],
    batch: int = 1,
    normalise: bool = True,
) -> StemBlocks:
    """Stems at the mix's own rate and length, block after block.

    Parameters
    ----------
    rate, segment : the model's sample rate, and its samples a segment
    batch : segments inferred together, where the GPU's memory has room for them
    normalise : bring the mix to mean 0 and deviation 1 first, as Demucs does
    """
    frames = audio.frames if audio.sample_rate == rate else -(-audio.frames * rate // audio.sample_rate)
    mean, deviation = _level(audio) if normalise else (0.0, 1.0)
    mix = (
        (block - mean) / deviation for block in decoding.resampled(audio.stereo_blocks(), audio.sample_rate, rate, 2)
    )
    parts = overlap_add(mix, frames, infer, len(stems), segment, batch, on_progress)
    joined = (
        np.concatenate([part[source].T * deviation + mean for source in range(len(stems))], axis=1) for part in parts
    )
    written = 0
    for block in decoding.resampled(joined, rate, audio.sample_rate, 2 * len(stems)):
        block = block[: audio.frames - written]
        written += len(block)
        yield _named(stems, block)
    if written < audio.frames:  # resampling there and back may lose a sample or two at the end
        yield _named(stems, np.zeros((audio.frames - written, 2 * len(stems)), np.float32))


def overlap_add(
    blocks: Iterator[np.ndarray],
    frames: int,
    infer: Infer,
    sources: int,
    segment: int,
    batch: int,
    on_progress: Callable[[float], None],
) -> Iterator[np.ndarray]:
    """Finished samples of all sources, shape (sources, 2, n), in order."""
    stride = int((1 - OVERLAP) * segment)
    triangle = np.concatenate([np.arange(1, segment // 2 + 1), np.arange(segment - segment // 2, 0, -1)])
    weight = (triangle / triangle.max()).astype(np.float32)
    total = np.zeros((sources, 2, segment), np.float32)
    weights = np.zeros(segment, np.float32)
    windows = _windows(blocks, frames, segment, stride)
    while together := list(islice(windows, batch)):
        inferred, batch = _inferred(infer, np.stack([chunk for _, _, chunk in together]), batch)
        for (offset, length, _), found in zip(together, inferred, strict=True):
            left = (segment - length) // 2
            total[:, :, :length] += weight[:length] * found[:, :, left : left + length]
            weights[:length] += weight[:length]
            ready = min(stride, length) if offset + stride < frames else length
            yield total[:, :, :ready] / weights[:ready]
            total = np.concatenate([total[:, :, ready:], np.zeros_like(total[:, :, :ready])], axis=2)
            weights = np.concatenate([weights[ready:], np.zeros_like(weights[:ready])])
            on_progress(min(1.0, (offset + length) / frames))


def _inferred(infer: Infer, chunks: np.ndarray, batch: int) -> tuple[np.ndarray, int]:
    """The chunks' sources, and how many at a time fit: half as many each time that the GPU's memory is full."""
    while True:
        try:
            return np.concatenate([infer(chunks[n : n + batch]) for n in range(0, len(chunks), batch)]), batch
        except Exception as fault:
            if batch == 1 or not gpu_memory.is_full(fault):
                raise
        batch //= 2
        gpu_memory.free()


def _windows(
    blocks: Iterator[np.ndarray], frames: int, segment: int, stride: int
) -> Iterator[tuple[int, int, np.ndarray]]:
    """(offset, length, samples (2, segment)); the last, shorter one is centred in real context, as Demucs does."""
    history, base = np.zeros((2, 0), np.float32), 0
    for offset in range(0, frames, stride):
        length = min(segment, frames - offset)
        while base + history.shape[1] < offset + length:
            block = next(blocks, None)
            if block is None:  # the stream is a sample short: silence
                block = np.zeros((offset + length - base - history.shape[1], 2), np.float32)
            history = np.concatenate([history, block.T.astype(np.float32)], axis=1)
        start = offset - (segment - length) // 2
        chunk = np.zeros((2, segment), np.float32)
        have_from, have_to = max(start, base), min(start + segment, base + history.shape[1], frames)
        chunk[:, have_from - start : have_to - start] = history[:, have_from - base : have_to - base]
        yield offset, length, chunk
        keep_from = max(base, offset + stride - segment)
        history, base = history[:, keep_from - base :], keep_from


def _named(stems: tuple[str, ...], block: np.ndarray) -> dict[str, np.ndarray]:
    return {name: block[:, 2 * index : 2 * index + 2] for index, name in enumerate(stems)}


def _level(audio: Audio) -> tuple[float, float]:
    """Mean and standard deviation of the mono mix, by which Demucs normalises."""
    count, total, squares = 0, 0.0, 0.0
    for block in audio.stereo_blocks():
        mono = block.mean(axis=1, dtype=np.float64)
        count, total, squares = count + len(mono), total + mono.sum(), squares + (mono**2).sum()
    mean = total / count
    variance = max(0.0, (squares - count * mean**2) / max(1, count - 1))
    return float(mean), float(np.sqrt(variance)) + 1e-8
