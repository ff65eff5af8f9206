"""MusicGen (Copet et al., NeurIPS 2023) through transformers: text, for `melody` models a melody too, and continuation.

What fits a song: the prompt names tempo and key; melody models get the notes the symbolic engine would play as chroma
(their own extractor needs torchaudio); stems longer than the model's window go on from their own last bars.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from transformers import (
    AutoConfig,
    AutoTokenizer,
    MusicgenForConditionalGeneration,
    MusicgenMelodyForConditionalGeneration,
)

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation import describing, joining
from gpu_endpoints.generation.batching import in_batches
from gpu_endpoints.generation.engine import Generated, OnProgress, Wish
from ripieno.contracts.provenance import Provenance
from ripieno.music.arranging.arrange import arrange
from ripieno.music.genres.blending import blend
from ripieno.services.models import folder as models

GUIDANCE = 3.0
WINDOW_SECONDS = 30.0
CONTEXT_SECONDS = 10.0
_CHROMA_WINDOW_HOP = 4096  # samples at the model's rate: its melody features' hop


class MusicgenEngine:
    """Loads the model on construction: keep the instance. On CUDA in bfloat16, text models with a static cache, for
    which transformers compiles the decoder.

    Raises
    ------
    OSError
        When the folder holds no MusicGen model.
    """

    is_exact = False

    def __init__(self, folder: Path, *, name: str, license_name: str, device: str | None = None):
        self._name, self._license, self._folder = name, license_name, folder
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.is_melody = AutoConfig.from_pretrained(folder, local_files_only=True).model_type == "musicgen_melody"
        family: Any = MusicgenMelodyForConditionalGeneration if self.is_melody else MusicgenForConditionalGeneration
        precision = torch.bfloat16 if self._device.type == "cuda" else torch.float32
        self.model = (
            family.from_pretrained(folder, local_files_only=True, use_safetensors=True, dtype=precision)
            .to(self._device)
            .eval()
        )
        self.model.audio_encoder.float()  # codes to sound: quick, and audibly worse in half precision
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        codec = self.model.config.audio_encoder
        self.rate, self.frame_rate = int(codec.sampling_rate), float(codec.frame_rate)
        self.window = min(WINDOW_SECONDS, (self.model.config.decoder.max_position_embeddings - 8) / self.frame_rate)

    def provenance(self) -> Provenance:
        return Provenance(
            engine=self._name,
            version=f"transformers {version('transformers')}",
            license=self._license,
            weights=models.fingerprint(self._folder),
            device=self._device.type,
            precision="bf16" if self._device.type == "cuda" else "fp32",
        )

    def generate(self, wishes: list[Wish], on_progress: OnProgress) -> list[Generated]:
        """Wishes of the same seed, range and settings are one batch."""
        return in_batches(wishes, _batch_of, self._batch, on_progress)

    def _batch(self, batch: list[Wish], on_progress: OnProgress) -> list[Generated]:
        places = joining.windows(batch[0].conditioning, self.window, min(CONTEXT_SECONDS, self.window / 3))
        pieces: list[list[np.ndarray]] = [[] for _ in batch]
        whole = [np.zeros((0, 1), np.float32) for _ in batch]
        for number, (start, meet, end) in enumerate(places):
            on_progress(number / len(places))
            torch.manual_seed(batch[0].plan.random_seed + number)
            a, b = round(start * self.rate), round(meet * self.rate)
            before = np.stack([one[a:b, 0] for one in whole]) if number else None
            for n, audio in enumerate(self._window(batch, start, end, before)):
                pieces[n].append(audio[:, None])
                whole[n] = joining.joined(pieces[n], places[: number + 1], self.rate)
        return [
            Generated(_stereo(audio, self.rate), seed=wish.plan.random_seed)
            for audio, wish in zip(whole, batch, strict=True)
        ]

    @torch.inference_mode()
    def _window(self, batch: list[Wish], start: float, end: float, before: np.ndarray | None) -> np.ndarray:
        """(batch, samples) of one window, what was there before included."""
        texts = self._tokenizer([describing.words(wish) for wish in batch], padding=True, return_tensors="pt")
        given: dict[str, Any] = {name: texts[name].to(self._device) for name in ("input_ids", "attention_mask")}
        frames = round((end - start) * self.frame_rate)
        if before is not None and before.shape[1]:
            codes = self.encoded(before)
            given["decoder_input_ids"] = codes
            frames -= codes.shape[1]
        if self.is_melody:
            chroma = np.stack([melody_chroma(wish, start, end, self.rate) for wish in batch])
            given["input_features"] = torch.from_numpy(chroma).to(self._device, self.model.dtype)
        temperature = batch[0].temperature
        sampling: dict[str, Any] = {"do_sample": temperature > 0}
        if temperature > 0:
            sampling["temperature"] = temperature
        if self._device.type == "cuda" and not self.is_melody:  # melody models' own generate cannot take one
            sampling["cache_implementation"] = "static"
        guidance = GUIDANCE if batch[0].guidance is None else max(1.0, batch[0].guidance)
        codebooks = self.model.config.decoder.num_codebooks
        found = self.model.generate(
            **given, **sampling, guidance_scale=guidance, max_new_tokens=max(1, frames) + codebooks
        )
        audio = found[:, 0].float().cpu().numpy()
        return audio[:, : round((end - start) * self.rate)]

    def encoded(self, audio: np.ndarray) -> torch.Tensor:
        """Codes of mono audio as the decoder's input, (batch * codebooks, frames)."""
        samples = torch.from_numpy(np.ascontiguousarray(audio, np.float32))[:, None].to(self._device)
        channels = self.model.config.audio_encoder.audio_channels
        codes = self.model.audio_encoder.encode(samples.expand(-1, channels, -1), return_dict=True).audio_codes
        return codes[0].reshape(-1, codes.shape[-1])


def melody_chroma(wish: Wish, start: float, end: float, rate: int) -> np.ndarray:
    """What the symbolic engine would play as the melody model's features: one pitch class a frame, (frames, 12).

    The highest note that sounds; where none does, the chord's root.
    """
    plan, given = wish.plan, wish.conditioning
    stem = "other" if plan.stem_type == "drums" else plan.stem_type
    notes = arrange(stem, given, blend(plan.style), seed=plan.random_seed, humanise=False).notes
    frames = max(1, int((end - start) * rate / _CHROMA_WINDOW_HOP) + 1)
    found = np.zeros((frames, 12), np.float32)
    for frame in range(frames):
        moment = start + frame * _CHROMA_WINDOW_HOP / rate
        sounding = [note.pitch for note in notes if note.start <= moment < note.end]
        beat = given.timeline.beat_at(given.start_seconds + moment)
        chord = given.chord_at(beat)
        pitch = max(sounding) if sounding else chord.root if chord else given.key_at(beat).tonic
        found[frame, pitch % 12] = 1.0
    return found


def _batch_of(wish: Wish) -> tuple:
    given = wish.conditioning
    return wish.plan.random_seed, given.first, given.last, wish.temperature, wish.guidance or -1.0


def _stereo(mono: np.ndarray, rate: int) -> np.ndarray:
    """(frames, 1) at the model's rate to (frames, 2) at 44.1 kHz."""
    return np.repeat(soxr.resample(mono, rate, SAMPLE_RATE).astype(np.float32), 2, axis=1)
