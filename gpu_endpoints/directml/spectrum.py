"""Demucs' short-time Fourier transform and its inverse in NumPy, equal to `HTDemucs._spec` and `._ispec` (tested).

ONNX can hold neither well: complex numbers do not export, and DirectML has no STFT. So the graph gets the spectrum as
real and imaginary planes and gives spectra back.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, rfft


def to_planes(mix: np.ndarray, nfft: int) -> np.ndarray:
    """(..., channels, samples) to (..., 2 * channels, nfft / 2, frames): real and imaginary plane of each channel.

    Windowed by a Hann window, hop nfft / 4, normalised by sqrt(nfft), one frame every hop, the Nyquist bin left out.
    """
    hop = nfft // 4
    samples = mix.shape[-1]
    frames = -(-samples // hop)
    pad = hop // 2 * 3
    padded = _reflect(mix, pad, pad + frames * hop - samples)
    padded = _reflect(padded, nfft // 2, nfft // 2)  # torch.stft(center=True)
    windows = np.lib.stride_tricks.sliding_window_view(padded, nfft, axis=-1)[..., ::hop, :]
    spectrum = np.asarray(rfft(windows * _hann(nfft), axis=-1, workers=-1))[..., 2 : 2 + frames, :-1] / np.float32(
        np.sqrt(nfft)
    )
    planes = np.stack([spectrum.real, spectrum.imag], axis=-3)  # (..., channels, 2, frames, bins)
    planes = np.swapaxes(planes, -1, -2)
    return np.ascontiguousarray(planes.reshape(*mix.shape[:-2], -1, *planes.shape[-2:]), dtype=np.float32)


def from_planes(planes: np.ndarray, nfft: int, samples: int) -> np.ndarray:
    """The inverse: (..., 2 * channels, nfft / 2, frames) to (..., channels, samples)."""
    hop = nfft // 4
    pad = hop // 2 * 3
    split = planes.reshape(*planes.shape[:-3], -1, 2, *planes.shape[-2:])
    spectrum = split[..., 0, :, :] + 1j * split[..., 1, :, :]
    spectrum = np.pad(spectrum, [(0, 0)] * (spectrum.ndim - 2) + [(0, 1), (2, 2)])
    frames = np.asarray(irfft(np.swapaxes(spectrum, -1, -2), n=nfft, axis=-1, workers=-1)) * np.float32(np.sqrt(nfft))
    window = _hann(nfft)
    start = nfft // 2 + pad
    kept = slice(start, start + samples)
    weight = _overlapped(np.broadcast_to(window**2, frames.shape[-2:]), hop)
    return _overlapped(frames * window, hop)[..., kept] / np.maximum(weight[kept], 1e-11)


def _overlapped(frames: np.ndarray, hop: int) -> np.ndarray:
    """Frames (..., n, size) added up one hop after the other; size is four hops."""
    count, size = frames.shape[-2:]
    blocks = np.zeros((*frames.shape[:-2], count + size // hop - 1, hop), np.float32)
    for part in range(size // hop):
        blocks[..., part : part + count, :] += frames[..., part * hop : (part + 1) * hop]
    return blocks.reshape(*frames.shape[:-2], -1)


def _reflect(signal: np.ndarray, left: int, right: int) -> np.ndarray:
    """Reflection as Demucs' pad1d: a signal shorter than the padding is followed by zeros first."""
    short = max(left, right) + 1 - signal.shape[-1]
    extra_right = min(right, max(0, short))
    extra_left = max(0, short) - extra_right
    edges = [(0, 0)] * (signal.ndim - 1)
    if short > 0:
        signal = np.pad(signal, [*edges, (extra_left, extra_right)])
    return np.pad(signal, [*edges, (left - extra_left, right - extra_right)], mode="reflect")


def _hann(size: int) -> np.ndarray:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)
