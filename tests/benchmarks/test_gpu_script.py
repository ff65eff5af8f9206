"""The GPU benchmarks' own working, on the CPU with tiny models: what a lent GPU will run must run."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from demucs.htdemucs import HTDemucs

from benchmarks.gpu import run


def test_every_cell_is_measured_or_says_why_not():
    torch.manual_seed(0)
    model = HTDemucs(
        sources=["drums", "bass", "other", "vocals"],
        channels=8,
        depth=4,  # with two, the transformer has many times the tokens
        t_layers=1,
        t_heads=2,
        bottom_channels=8,
        nfft=2048,
        segment=Fraction(1, 4),
        samplerate=run.RATE,
        dconv_depth=1,
    )
    cells = run.measure(model, "cpu", [1, 2], seconds=0.0, compiled=False)
    assert [(cell["batch"], cell["precision"]) for cell in cells] == [
        (batch, precision) for batch in (1, 2) for precision in ("fp32", "tf32", "bf16", "fp16")
    ]
    assert all("failed" not in cell and cell["seconds"] > 0 for cell in cells), (
        cells
    )  # how fast is rounded, to 0 at worst
    assert cells[0]["error"] < 1e-5 < cells[2]["error"] < 1
    assert run.table(cells).count("\n") == len(cells) + 1


@pytest.mark.filterwarnings("ignore")
def test_every_way_to_use_musicgen_is_measured_and_computes_the_same():
    from benchmarks.gpu import musicgen

    text = {"vocab_size": 64, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
    codec = {
        "sampling_rate": 8000, "num_filters": 4, "hidden_size": 16, "codebook_dim": 16, "codebook_size": 32,
        "upsampling_ratios": [8, 8, 5], "target_bandwidths": [1.0], "num_residual_layers": 1, "num_lstm_layers": 1,
    }  # fmt: skip
    rows = musicgen.measure(musicgen.initialised((16, 2, 2, 32), text, codec), "cpu", stems=2, seconds=0.5)
    assert [row["way"] for row in rows] == list(musicgen.WAYS)
    assert all("failed" not in row and row["times_real_time"] > 0 for row in rows), rows
    assert rows[0]["same"] == 0 and rows[1]["same"] < 1e-3
    assert musicgen.table(rows).count("\n") == len(rows) + 1
