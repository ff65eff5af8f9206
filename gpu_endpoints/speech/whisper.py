"""Whisper (Radford et al., 2022) by transformers: speech to text, in windows of half a minute.

A window ends where it is quietest near its end, so that no word is cut.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from gpu_endpoints.serving.work import JobContext
from ripieno.contracts.provenance import Provenance
from ripieno.services.models import folder

RATE = 16000
_WINDOW_SECONDS, _SEARCHED_SECONDS, _STEP_SECONDS = 30.0, 5.0, 0.1
_MOST_TOKENS = 220  # of a window; the decoder has 448 places


class Whisper:
    """A Whisper in a folder, as `save_pretrained` writes it."""

    def __init__(self, place: Path, *, name: str, license_name: str):
        self._model, self._processor, self._torch = _loaded(str(place))
        self._name, self._license, self._place = name, license_name, place

    def provenance(self) -> Provenance:
        return Provenance(
            engine=self._name,
            version=f"transformers {version('transformers')}",
            license=self._license,
            weights=folder.fingerprint(self._place),
            device=str(self._model.device.type),
            precision="fp32",
        )

    def transcribed(self, audio: np.ndarray, language: str | None, context: JobContext) -> str:
        """The words of mono float32 (frames,) at 16 kHz."""
        found: list[str] = []
        pieces = windows(audio)
        for number, piece in enumerate(pieces):
            context.progress(number / len(pieces), "listening")
            found.append(self._heard(piece, language))
        return " ".join(one for one in found if one)

    def _heard(self, piece: np.ndarray, language: str | None) -> str:
        given = self._processor(piece, sampling_rate=RATE, return_tensors="pt", return_attention_mask=True)
        config = self._model.generation_config
        named = {"task": "transcribe"} | ({"language": language} if language else {})
        more: dict[str, Any] = named if getattr(config, "is_multilingual", False) else {}
        most = min(_MOST_TOKENS, self._model.config.max_target_positions - 8)
        with self._torch.inference_mode():
            ids = self._model.generate(
                given.input_features.to(self._model.device),
                attention_mask=given.attention_mask.to(self._model.device),
                max_new_tokens=most,
                num_beams=1,
                do_sample=False,
                **more,
            )
        return str(self._processor.batch_decode(ids, skip_special_tokens=True)[0]).strip()


def windows(audio: np.ndarray) -> list[np.ndarray]:
    """Pieces of at most half a minute, none where there is nothing."""
    window, step = round(_WINDOW_SECONDS * RATE), round(_STEP_SECONDS * RATE)
    searched = round(_SEARCHED_SECONDS * RATE)
    found: list[np.ndarray] = []
    while len(audio) > window:
        tail = audio[window - searched : window]
        energy = np.square(tail.reshape(-1, step)).mean(axis=1)
        end = window - searched + int(energy.argmin()) * step + step // 2
        found.append(audio[:end])
        audio = audio[end:]
    return [*found, *([audio] if len(audio) else [])]


@lru_cache(maxsize=1)
def _loaded(place: str) -> tuple[Any, Any, Any]:
    import torch
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    model: Any = WhisperForConditionalGeneration.from_pretrained(place, local_files_only=True, use_safetensors=True)
    model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    return model, WhisperProcessor.from_pretrained(place, local_files_only=True), torch
