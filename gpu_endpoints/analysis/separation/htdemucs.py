"""Hybrid Transformer Demucs (Rouard, Massa & Défossez, ICASSP 2023) with weights from a local folder.

The overlap-add is Demucs' own (`apply_model(split=True, overlap=0.25, shifts=0)`) computed as a stream: the
result is the same to the last bits, and memory does not grow with the song (tested against the original).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from demucs.pretrained import get_model

from gpu_endpoints.analysis.decoding import Audio
from gpu_endpoints.analysis.separation.engine import StemBlocks
from segno.contracts.provenance import Provenance

NAME = "htdemucs"
OVERLAP = 0.25


class HtdemucsEngine:
    """Loads the model on construction: keep the instance."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._bag: Any = get_model(NAME, repo=folder)
        self._bag.to(self._device).eval()
        self.stems: tuple[str, ...] = tuple(self._bag.sources)

    def provenance(self) -> Provenance:
        return Provenance(engine=NAME, version=version("demucs"), license="MIT", weights=self._weights)

    @cached_property
    def _weights(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(self._folder.glob("*.th")):
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def separate(self, audio: Audio, on_progress: Callable[[float], None]) -> StemBlocks:
        rate, model_rate = audio.sample_rate, int(self._bag.samplerate)
        frames = audio.frames if rate == model_rate else -(-audio.frames * model_rate // rate)
        mean, deviation = _level(audio)
        mix = ((block - mean) / deviation for block in _resampled(audio.stereo_blocks(), rate, model_rate, 2))
        parts = self._overlap_add(mix, frames, on_progress)
        stems = (
            np.concatenate([part[source].T * deviation + mean for source in range(len(self.stems))], axis=1)
            for part in parts
        )
        written = 0
        for block in _resampled(stems, model_rate, rate, 2 * len(self.stems)):
            block = block[: audio.frames - written]
            written += len(block)
            yield self._named(block)
        if written < audio.frames:  # resampling there and back may lose a sample or two at the end
            yield self._named(np.zeros((audio.frames - written, 2 * len(self.stems)), np.float32))

    def _named(self, block: np.ndarray) -> dict[str, np.ndarray]:
        return {name: block[:, 2 * index : 2 * index + 2] for index, name in enumerate(self.stems)}

    def _overlap_add(
        self, blocks: Iterator[np.ndarray], frames: int, on_progress: Callable[[float], None]
    ) -> Iterator[np.ndarray]:
        """Finished samples of all sources, shape (sources, 2, n), in order.

        Segments lie 75 % of their length apart and are weighted by a triangle; what the next segment does not reach
        any more is finished. The last, shorter segment is centred in real context, as Demucs does.
        """
        segment = int(self._bag.samplerate * self._bag.max_allowed_segment)
        stride = int((1 - OVERLAP) * segment)
        triangle = np.concatenate([np.arange(1, segment // 2 + 1), np.arange(segment - segment // 2, 0, -1)])
        weight = (triangle / triangle.max()).astype(np.float32)
        history, base = np.zeros((2, 0), np.float32), 0
        total = np.zeros((len(self.stems), 2, segment), np.float32)
        weights = np.zeros(segment, np.float32)
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
            sources = self._infer(chunk)
            left = (segment - length) // 2
            total[:, :, :length] += weight[:length] * sources[:, :, left : left + length]
            weights[:length] += weight[:length]
            ready = min(stride, length) if offset + stride < frames else length
            yield total[:, :, :ready] / weights[:ready]
            total = np.concatenate([total[:, :, ready:], np.zeros_like(total[:, :, :ready])], axis=2)
            weights = np.concatenate([weights[ready:], np.zeros_like(weights[:ready])])
            keep_from = max(base, offset + stride - segment)
            history, base = history[:, keep_from - base :], keep_from
            on_progress(min(1.0, (offset + length) / frames))

    @torch.inference_mode()
    def _infer(self, chunk: np.ndarray) -> np.ndarray:
        """All models of the bag on one segment, averaged with the bag's weights; (sources, 2, segment)."""
        mix = torch.from_numpy(chunk)[None].to(self._device)
        out = torch.zeros(len(self.stems), *mix.shape[1:], device=self._device)
        totals = torch.tensor(self._bag.weights, device=self._device, dtype=out.dtype)
        for model, weights in zip(self._bag.models, totals, strict=True):
            out += model(mix)[0] * weights[:, None, None]
        return (out / totals.sum(dim=0)[:, None, None]).cpu().numpy()


def _level(audio: Audio) -> tuple[float, float]:
    """Mean and standard deviation of the mono mix, by which Demucs normalises."""
    count, total, squares = 0, 0.0, 0.0
    for block in audio.stereo_blocks():
        mono = block.mean(axis=1, dtype=np.float64)
        count, total, squares = count + len(mono), total + mono.sum(), squares + (mono**2).sum()
    mean = total / count
    variance = max(0.0, (squares - count * mean**2) / max(1, count - 1))
    return float(mean), float(np.sqrt(variance)) + 1e-8


def _resampled(blocks: Iterator[np.ndarray], rate: int, target: int, channels: int) -> Iterator[np.ndarray]:
    if rate == target:
        yield from blocks
        return
    resampler = soxr.ResampleStream(rate, target, channels, dtype="float32")
    for block in blocks:
        yield resampler.resample_chunk(np.ascontiguousarray(block, dtype=np.float32))
    yield resampler.resample_chunk(np.zeros((0, channels), np.float32), last=True)
