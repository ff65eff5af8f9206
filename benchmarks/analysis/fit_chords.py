"""`python -m benchmarks.analysis.fit_chords`: fit the chord model on development songs and write chord_model.json.

A multinomial logistic regression that is the same for all roots: 48 weights and a bias for each quality. It uses seeds
below `HELD_OUT` alone.
"""

from __future__ import annotations

import argparse
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from benchmarks.analysis import composer, corpus
from gpu_endpoints.analysis.mir import chords, networks
from gpu_endpoints.generation.soundfont import render
from segno.music.pitch import pitch_class

PENALTY = 1e-4
PATH = Path(chords.__file__).with_name("chord_model.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=100)
    parser.add_argument("--soundfont", type=Path, action="append", default=[])
    chosen = parser.parse_args()
    fonts = [corpus.default_soundfont(), *chosen.soundfont]
    qualities = list(composer.QUALITIES)
    inputs, labels = [], []
    for seed in range(chosen.songs):
        for profile, root, quality in beats_of(seed, fonts):
            inputs.append(np.stack([np.hstack([np.roll(p, -r) for p in np.split(profile, 4)]) for r in range(12)]))
            labels.append(root * len(qualities) + qualities.index(quality))
    weights, bias = fit(np.array(inputs, np.float32), np.array(labels), len(qualities))
    model = {
        "qualities": qualities,
        "tones": [list(composer.QUALITIES[quality]) for quality in qualities],
        "weights": np.round(weights, 3).tolist(),
        "bias": np.round(bias, 3).tolist(),
    }
    PATH.write_text(json.dumps(model))


def beats_of(seed: int, fonts: list[Path]):
    """(mean profile, root, quality) of every beat of a song."""
    traits = composer.draw_traits(seed)
    score = composer.compose(traits)
    mix, _ = render(score, fonts[traits.soundfont % len(fonts)], tuning=traits.tuning)
    profiles = networks.pitch_profiles(corpus.damage(mix, traits).mean(axis=1))
    for (start, _), (end, _) in pairwise(score.beats):
        label = next((c.label for c in score.chords if c.start <= (start + end) / 2 < c.end), None)
        if label is not None:
            root, _, quality = label.partition("/")[0].partition(":")
            first = min(round(start * chords.FPS), len(profiles) - 1)
            yield profiles[first : max(first + 1, round(end * chords.FPS))].mean(axis=0), pitch_class(root), quality


def fit(inputs: np.ndarray, labels: np.ndarray, qualities: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights (48, qualities) and bias from inputs (n, 12, 48), one row a root, and root-major labels (n,)."""
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
