"""MusicGen through audiocraft, for what transformers lacks: MusicGen-Style's conditioning on a sound of one's own.

audiocraft 1.3.0 pins an older torch, so this engine runs in an image of its own (requirements-audiocraft.txt). It is
held to the interface by a test at the import boundary and has not been run against the real package here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from audiocraft.models import MusicGen  # pyright: ignore[reportMissingImports]

from gpu_endpoints import weights
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation import describing, joining
from gpu_endpoints.generation.engine import Generated, OnProgress, Wish, installed
from gpu_endpoints.generation.soundfont import default_soundfont, render_part
from ripieno.contracts.provenance import Provenance
from ripieno.music.arranging.arrange import arrange
from ripieno.music.genres.blending import blend
from ripieno.services.models import folder as models

GUIDANCE = 3.0
WINDOW_SECONDS = 30.0
CONTEXT_SECONDS = 10.0


class AudiocraftEngine:
    """Loads the model on construction. Models of the families `melody` and `style` hear what the symbolic engine would
    play; the others have the prompt alone."""

    is_exact = False

    def __init__(self, folder: Path, *, name: str, license_name: str):
        self._name, self._license, self._folder = name, license_name, folder
        for path in sorted(folder.glob("*.bin")):
            weights.checkpoint(path)  # audiocraft itself would run whatever they hold
        self._model: Any = MusicGen.get_pretrained(str(folder))
        self._hears = hasattr(self._model, "generate_with_chroma") and name.endswith(("melody", "style"))

    def provenance(self) -> Provenance:
        return Provenance(
            engine=self._name,
            version=installed("audiocraft"),
            license=self._license,
            weights=models.fingerprint(self._folder),
        )

    def generate(self, wishes: list[Wish], on_progress: OnProgress) -> list[Generated]:
        made = []
        for number, wish in enumerate(wishes):
            on_progress(number / len(wishes))
            made.append(Generated(self._one(wish), seed=wish.plan.random_seed))
        return made

    def _one(self, wish: Wish) -> np.ndarray:
        rate = int(self._model.sample_rate)
        places = joining.windows(wish.conditioning, WINDOW_SECONDS, CONTEXT_SECONDS)
        pieces: list[np.ndarray] = []
        whole = np.zeros((0, 1), np.float32)
        text = [describing.words(wish)]
        for number, (start, meet, end) in enumerate(places):
            torch.manual_seed(wish.plan.random_seed + number)
            self._model.set_generation_params(
                duration=end - start,
                use_sampling=wish.temperature > 0,
                temperature=wish.temperature or 1.0,
                cfg_coef=GUIDANCE if wish.guidance is None else wish.guidance,
            )
            if number:
                before = whole[round(start * rate) : round(meet * rate), 0]
                found = self._model.generate_continuation(torch.from_numpy(before)[None, None], rate, text)
            elif self._hears:
                guide = torch.from_numpy(_guide(wish, start, end).T)
                found = self._model.generate_with_chroma(text, guide[None], SAMPLE_RATE)
            else:
                found = self._model.generate(text)
            pieces.append(found[0].mean(dim=0).float().cpu().numpy()[:, None])
            whole = joining.joined(pieces, places[: number + 1], rate)
        return np.repeat(soxr.resample(whole, rate, SAMPLE_RATE).astype(np.float32), 2, axis=1)


def _guide(wish: Wish, start: float, end: float) -> np.ndarray:
    """What the symbolic engine would play of the window, (frames, 2) at 44.1 kHz."""
    part = arrange(wish.plan.stem_type, wish.conditioning, blend(wish.plan.style), seed=wish.plan.random_seed)
    audio = render_part(part, wish.seconds, default_soundfont(), tuning=wish.conditioning.tuning)
    return audio[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
