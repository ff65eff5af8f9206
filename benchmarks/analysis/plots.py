"""The plots of the docs: scores by task and engine, and how much confidences are worth."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt
import numpy as np

ACCURACY = (
    "beats F", "downbeats F", "tempo Acc1", "key", "chords majmin", "chords sevenths", "sections HR0.5F",
    "sections HR3F",
)  # fmt: skip
COLOURS = {
    "ripieno": "#0b7a75", "ripieno with true stems": "#6bb3a8", "ripieno commercial": "#c9dedb", "madmom": "#d1495b",
    "essentia": "#edae49", "librosa": "#66779a",
}  # fmt: skip
_BINS = np.array([0, 0.3, 0.5, 0.65, 0.75, 0.85, 0.95, 1.0001])
_FEWEST = 8


def accuracy(results: list[dict], path: Path) -> None:
    """Mean scores, a group of bars for each task."""
    engines = list(dict.fromkeys(result["engine"] for result in results))
    figure, axes = plt.subplots(figsize=(10, 4))
    width = 0.84 / len(engines)
    for number, engine in enumerate(engines):
        means = [_mean(results, engine, task) for task in ACCURACY]
        places = np.arange(len(ACCURACY)) + (number - (len(engines) - 1) / 2) * width
        axes.bar(places, means, width * 0.92, label=engine, color=COLOURS[engine])
    axes.set_xticks(range(len(ACCURACY)), [task.replace(" ", "\n", 1) for task in ACCURACY], fontsize=9)
    axes.set_ylim(0, 1.02)
    axes.legend(ncols=len(engines), loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, fontsize=8)
    _save(figure, axes, path)


def confidence(results: list[dict], path: Path) -> None:
    """The share of annotations that were right, over how sure they were."""
    own = [result for result in results if result["engine"] == "ripieno"]
    figure, axes = plt.subplots(figsize=(5.4, 4.6))
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle="--", label="as it should be")
    tasks = list(dict.fromkeys(task for result in own for task in result["reliability"]))
    for task in tasks:
        pairs = np.array([pair for result in own for pair in result["reliability"].get(task, [])])
        bins = np.digitize(pairs[:, 0], _BINS)
        points = [pairs[bins == one].mean(axis=0) for one in np.unique(bins) if (bins == one).sum() >= _FEWEST]
        if points:
            axes.plot(*np.array(points).T, marker="o", markersize=4, linewidth=1.4, label=f"{task} ({len(pairs)})")
    axes.set_xlabel("confidence given")
    axes.set_ylabel("share that was right")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    axes.legend(frameon=False, fontsize=8)
    _save(figure, axes, path)


def _mean(results: list[dict], engine: str, task: str) -> float:
    values = [r["scores"][task] for r in results if r["engine"] == engine and task in r["scores"]]
    return float(np.mean(values)) if values else 0.0


def _save(figure, axes, path: Path) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e3e3e3", linewidth=0.6)
    axes.set_axisbelow(True)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
