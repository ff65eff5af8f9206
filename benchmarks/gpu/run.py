"""HTDemucs at its released size with random weights on a GPU, in one run.

Every batch size in fp32, TF32, bf16 and fp16, eager and compiled: times real time (new music a second, overlap taken
off), the share of the card's peak for that precision, and the relative L2 error against fp32. Chunks of one song and of
several songs are the same to the card: a batch is a batch. Speed does not depend on the values of the weights.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import torch
from demucs.htdemucs import HTDemucs
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.separation.untrained import RATE, released_size
from gpu_endpoints.analysis.separation.overlap import OVERLAP

PEAK_TFLOPS = {  # dense, from the makers' data sheets
    "H200": {"fp32": 67, "tf32": 495, "bf16": 989, "fp16": 989},
    "H100": {"fp32": 67, "tf32": 495, "bf16": 989, "fp16": 989},
    "A100": {"fp32": 19.5, "tf32": 156, "bf16": 312, "fp16": 312},
    "T4": {"fp32": 8.1, "tf32": 8.1, "bf16": 8.1, "fp16": 65},
}
ERROR_BOUND = {"tf32": 5e-3, "bf16": 3e-2, "fp16": 5e-3}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 8, 16, 32])
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each cell is measured")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--out", type=Path, default=Path(".ripieno/benchmarks/gpu.json"))
    chosen = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("there is no CUDA device here: run this on a machine with one")
    cells = measure(released_size(), "cuda", chosen.batches, seconds=chosen.seconds, compiled=not chosen.no_compile)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps({"device": torch.cuda.get_device_name(), "cells": cells}, indent=1))
    print(torch.cuda.get_device_name())
    print(table(cells))


def measure(model: HTDemucs, device: str, batches: list[int], *, seconds: float, compiled: bool) -> list[dict]:
    """One row for each batch size, precision and mode; what fails (memory, compilation) says so in its row."""
    model = model.to(device).eval()
    segment = int(model.segment * model.samplerate)
    flops = _flops(model, segment, device)
    modes = {"eager": model} | ({"compiled": torch.compile(model, dynamic=False)} if compiled else {})
    cells = []
    for batch in batches:
        mix = torch.randn(batch, 2, segment, device=device, generator=torch.Generator(device).manual_seed(1))
        with torch.inference_mode(), _precision("fp32", device):
            wanted = model(mix)
        for precision in ("fp32", *ERROR_BOUND):
            for mode, callee in modes.items():
                row = {"batch": batch, "precision": precision, "mode": mode}
                try:
                    row |= _cell(callee, mix, wanted, precision, device, seconds)
                    row["times_real_time"] = round(batch * (1 - OVERLAP) * segment / RATE / row["seconds"], 1)
                    peak = _peak(precision)
                    row["share_of_peak"] = round(flops * batch / row["seconds"] / 1e12 / peak, 3) if peak else None
                    row["within_bound"] = row["error"] <= ERROR_BOUND.get(precision, 1e-4)
                except Exception as fault:  # a cell that cannot be had is a finding too
                    row["failed"] = f"{type(fault).__name__}: {str(fault)[:120]}"
                cells.append(row)
    return cells


def _cell(callee, mix: torch.Tensor, wanted: torch.Tensor, precision: str, device: str, seconds: float) -> dict:
    with torch.inference_mode(), _precision(precision, device):
        for _ in range(2):
            found = callee(mix)
        _wait(device)
        rounds, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds or rounds < 2:
            callee(mix)
            _wait(device)
            rounds += 1
        took = (time.perf_counter() - began) / rounds
    error = float(torch.linalg.vector_norm(found.float() - wanted) / torch.linalg.vector_norm(wanted))
    return {"seconds": round(took, 5), "error": error}


def _precision(precision: str, device: str):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision != "fp32"
    if precision in ("fp32", "tf32"):
        return nullcontext()
    return torch.autocast(device, torch.bfloat16 if precision == "bf16" else torch.float16)


def _flops(model: HTDemucs, segment: int, device: str) -> int:
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        model(torch.randn(1, 2, segment, device=device))
    return counter.get_total_flops()


def _peak(precision: str) -> float | None:
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    return next((peaks[precision] for card, peaks in PEAK_TFLOPS.items() if card in name), None)


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def table(cells: list[dict]) -> str:
    lines = ["| batch | precision | mode | × real time | of peak | error |", "|---" * 6 + "|"]
    for cell in cells:
        if "failed" in cell:
            lines.append(f"| {cell['batch']} | {cell['precision']} | {cell['mode']} | {cell['failed']} | | |")
            continue
        share = f"{cell['share_of_peak']:.1%}" if cell["share_of_peak"] is not None else "–"
        verdict = "" if cell["within_bound"] else " (above its bound)"
        lines.append(
            f"| {cell['batch']} | {cell['precision']} | {cell['mode']} | {cell['times_real_time']} | {share}"
            f" | {cell['error']:.1e}{verdict} |"
        )
    return "\n".join(lines)
