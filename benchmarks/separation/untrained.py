"""HTDemucs as released (42 M parameters), but untrained: its speed does not depend on the values of its weights."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from demucs.htdemucs import HTDemucs

RATE = 44100
RELEASED = {"bottom_channels": 512, "t_layers": 5, "segment": 7.8}


def released_size() -> HTDemucs:
    """The model, the same each time."""
    torch.manual_seed(0)
    return HTDemucs(sources=["drums", "bass", "other", "vocals"], samplerate=RATE, **RELEASED)


def stored(folder: Path) -> Path:
    """The model in a new folder, as Demucs stores its models."""
    model = released_size()
    args, kwargs = model._init_args_kwargs
    package = {"klass": HTDemucs, "args": args, "kwargs": kwargs, "state": model.state_dict(), "training_args": {}}
    folder.mkdir()
    torch.save(package, folder / "model.th")
    digest = hashlib.sha256((folder / "model.th").read_bytes()).hexdigest()[:8]
    (folder / "model.th").rename(folder / f"0badcafe-{digest}.th")
    (folder / "htdemucs.yaml").write_text("models: ['0badcafe']\n")
    return folder
