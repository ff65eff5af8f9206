"""`python -m benchmarks.analysis.fit_chords`: fit the chord models on development songs and write chord_model.json.

Multinomial logistic regressions that are the same for all roots: 48 weights and a bias for each quality; one for each
way of hearing. Only seeds below `HELD_OUT` and the development SoundFonts are used.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from benchmarks.analysis import composer, corpus, soundfonts
from gpu_endpoints.analysis.mir import chords, networks, spectral
from gpu_endpoints.analysis.mir.features import FRAME_FPS
from gpu_endpoints.generation.soundfont import render
from ripieno.music.pitch import pitch_class

PENALTY = 1e-4
QUALITIES = list(composer.QUALITIES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=240)
    parser.add_argument("--fonts", type=Path, default=Path(".ripieno/benchmarks/soundfonts"))
    chosen = parser.parse_args()
    fonts = soundfonts.of_split("development", chosen.fonts)
    inputs: dict[str, list[np.ndarray]] = {}
    labels: list[int] = []
    with ProcessPoolExecutor() as pool:
        for profiles, song_labels in pool.map(partial(beats_of, fonts=fonts), range(chosen.songs)):
            labels += song_labels
            for hearing, rows in profiles.items():
                inputs.setdefault(hearing, []).append(rows)
    fitted = {}
    for hearing, rows in inputs.items():
        weights, bias = fit(rolled(np.concatenate(rows)), np.array(labels), len(QUALITIES))
        fitted[hearing] = {"weights": np.round(weights, 3).tolist(), "bias": np.round(bias, 3).tolist()}
    tones = [list(composer.QUALITIES[quality]) for quality in QUALITIES]
    chords.MODELS.write_text(json.dumps({"qualities": QUALITIES, "tones": tones, "hearing": fitted}))


def beats_of(seed: int, fonts: list[Path]) -> tuple[dict[str, np.ndarray], list[int]]:
    """The mean profiles (beats, 48) of a song's beats for each way of hearing, and root-major labels (beats,)."""
    torch.set_num_threads(1)
    traits = composer.draw_traits(seed)
    score = composer.compose(traits)
    mix, stems = render(score, fonts[traits.soundfont % len(fonts)], tuning=traits.tuning)
    mono = corpus.damage(mix.copy(), traits).mean(axis=1)
    drums, bass = (stems.get(name, np.zeros_like(mix)).mean(axis=1) for name in ("drums", "bass"))
    heard = {
        "learned": networks.pitch_profiles(mono),
        "learned+stems": np.hstack(
            [networks.pitch_profiles(mono - drums)[:, :36], networks.pitch_profiles(bass)[:, 36:]]
        ),
        "spectral": spectral.pitch_profiles(mono),
    }
    spans, labels = [], []
    for (start, _), (end, _) in pairwise(score.beats):
        label = next((c.label for c in score.chords if c.start <= (start + end) / 2 < c.end), None)
        if label is not None:
            root, _, quality = label.partition("/")[0].partition(":")
            first = min(round(start * FRAME_FPS), len(heard["learned"]) - 1)
            spans.append((first, max(first + 1, round(end * FRAME_FPS))))
            labels.append(pitch_class(root) * len(QUALITIES) + QUALITIES.index(quality))
    return {
        hearing: np.stack([profiles[a:b].mean(axis=0) for a, b in spans]).astype(np.float32)
        for hearing, profiles in heard.items()
    }, labels


def rolled(profiles: np.ndarray) -> np.ndarray:
    """(beats, 48) to (beats, 12, 48): as heard from each root."""
    parts = np.split(profiles, 4, axis=1)
    return np.stack([np.hstack([np.roll(part, -root, axis=1) for part in parts]) for root in range(12)], axis=1)


def fit(inputs: np.ndarray, labels: np.ndarray, qualities: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights (48, qualities) and bias from inputs (n, 12, 48), one row a root, and root-major labels (n,)."""
    torch.set_num_threads(2)
    rows, wanted = torch.from_numpy(inputs), torch.from_numpy(labels)
    weights = torch.zeros(inputs.shape[2], qualities, requires_grad=True)
    bias = torch.zeros(qualities, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights, bias], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        scores = (rows @ weights + bias).reshape(len(wanted), -1)
        loss = torch.nn.functional.cross_entropy(scores, wanted) + PENALTY * (weights**2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return weights.detach().numpy(), bias.detach().numpy()


if __name__ == "__main__":
    main()
