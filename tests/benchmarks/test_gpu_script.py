"""The GPU benchmark's own working, on the CPU with a tiny model: what a lent GPU will run must run."""

from __future__ import annotations

import torch
from demucs.htdemucs import HTDemucs

from benchmarks.gpu import run


def test_every_cell_is_measured_or_says_why_not():
    torch.manual_seed(0)
    model = HTDemucs(
        sources=["drums", "bass", "other", "vocals"], channels=8, depth=2, t_layers=1, t_heads=2, bottom_channels=8,
        nfft=1024, segment=1, samplerate=run.RATE, dconv_depth=1,
    )  # fmt: skip
    cells = run.measure(model, "cpu", [1, 2], seconds=0.0, compiled=False)
    assert [(cell["batch"], cell["precision"]) for cell in cells] == [
        (batch, precision) for batch in (1, 2) for precision in ("fp32", "tf32", "bf16", "fp16")
    ]
    assert all("failed" not in cell and cell["times_real_time"] > 0 for cell in cells), cells
    assert cells[0]["error"] < 1e-5 < cells[2]["error"] < 1
    assert run.table(cells).count("\n") == len(cells) + 1
