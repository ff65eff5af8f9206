"""`python -m benchmarks.gpu.musicgen`: MusicGen at its released size with random weights, on a GPU, in one run.

How the library is used by its documentation (one stem at a time, fp32, growing cache) beside how the engine uses it
(the stems of a request as one batch, bf16, a static cache with a compiled decoder): seconds of music a second, and
whether the way computes the same. Greedy decoding, so that outputs can be compared; speed does not depend on the
weights' values.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from transformers import EncodecConfig, MusicgenConfig, MusicgenForConditionalGeneration, T5Config
from transformers.models.musicgen.configuration_musicgen import MusicgenDecoderConfig

TEXT = {"vocab_size": 32128, "d_model": 768, "d_kv": 64, "d_ff": 3072, "num_layers": 12, "num_heads": 12}  # T5 base
CODEC = {
    "sampling_rate": 32000, "audio_channels": 1, "num_filters": 64, "hidden_size": 128, "codebook_dim": 128,
    "upsampling_ratios": [8, 5, 4, 4], "codebook_size": 2048, "target_bandwidths": [2.2], "use_causal_conv": False,
}  # fmt: skip
SIZES = {  # of the decoder: hidden size, heads, layers, feed-forward (facebook/musicgen-*)
    "small": (1024, 16, 24, 4096),
    "medium": (1536, 24, 48, 6144),
    "large": (2048, 32, 48, 8192),
}
GUIDANCE = 3.0
WANTED = 2.0
WAYS = ("library", "batched", "batched bf16", "batched bf16 static")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=list(SIZES), default="medium")
    parser.add_argument("--stems", type=int, default=4, help="stems of one request")
    parser.add_argument("--seconds", type=float, default=10.0, help="of music a stem")
    parser.add_argument("--out", type=Path, default=Path(".ripieno/benchmarks/gpu-musicgen.json"))
    chosen = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("there is no CUDA device here: run this on a machine with one")
    rows = measure(released(chosen.size), "cuda", stems=chosen.stems, seconds=chosen.seconds)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(
        json.dumps({"device": torch.cuda.get_device_name(), "size": chosen.size, "rows": rows}, indent=1)
    )
    print(torch.cuda.get_device_name(), chosen.size)
    print(table(rows))


def released(size: str) -> MusicgenForConditionalGeneration:
    """The released architecture, randomly initialised."""
    return initialised(SIZES[size], TEXT, CODEC)


def initialised(size: tuple[int, int, int, int], text_size: dict, codec_size: dict) -> MusicgenForConditionalGeneration:
    hidden, heads, layers, wide = size
    torch.manual_seed(0)
    text, codec = T5Config(**text_size), EncodecConfig(**codec_size)
    decoder = MusicgenDecoderConfig(
        vocab_size=codec.codebook_size,
        max_position_embeddings=2048,
        num_hidden_layers=layers,
        ffn_dim=wide,
        num_attention_heads=heads,
        hidden_size=hidden,
        num_codebooks=codec.num_quantizers,
    )
    config = MusicgenConfig(text_encoder=text.to_dict(), audio_encoder=codec.to_dict(), decoder=decoder.to_dict())
    model = MusicgenForConditionalGeneration(config)
    for name in ("decoder_start_token_id", "pad_token_id", "bos_token_id"):
        setattr(model.generation_config, name, codec.codebook_size)
    return model


def measure(
    model: MusicgenForConditionalGeneration, device: str, *, stems: int, seconds: float
) -> list[dict[str, Any]]:
    """A row for each way; what fails says so. `same`: relative L2 distance of its sound from the library's."""
    model = model.to(device).eval()  # pyright: ignore[reportArgumentType]
    prompts = torch.randint(3, 60, (stems, 12), generator=torch.Generator().manual_seed(1)).to(device)
    frames = max(2, round(seconds * model.config.audio_encoder.frame_rate))
    rows: list[dict[str, Any]] = []
    wanted: torch.Tensor | None = None
    for way in WAYS:
        row: dict[str, Any] = {"way": way}
        try:
            if "bf16" in way:
                model = model.to(torch.bfloat16)  # pyright: ignore[reportArgumentType]
                model.audio_encoder.float()
            _generate(model, prompts, frames, way)  # compiles, and fills caches
            _wait(device)
            began = time.perf_counter()
            found = _generate(model, prompts, frames, way)
            _wait(device)
            took = time.perf_counter() - began
            row |= {"seconds": round(took, 3), "times_real_time": round(stems * seconds / took, 2)}
            wanted = found if wanted is None else wanted
            length = min(found.shape[-1], wanted.shape[-1])
            distance = torch.linalg.vector_norm(found[..., :length] - wanted[..., :length])
            row["same"] = float(distance / torch.linalg.vector_norm(wanted[..., :length]).clamp(min=1e-9))
            row["faster"] = round(rows[0]["seconds"] / took, 2) if rows and "seconds" in rows[0] else 1.0
        except Exception as fault:  # a way that cannot be had is a finding too
            row["failed"] = f"{type(fault).__name__}: {str(fault)[:160]}"
        rows.append(row)
    return rows


@torch.inference_mode()
def _generate(model: Any, prompts: torch.Tensor, frames: int, way: str) -> torch.Tensor:
    more = {"cache_implementation": "static"} if "static" in way else {}
    groups = [prompts] if way != "library" else list(prompts.split(1))
    found = [
        model.generate(
            input_ids=group,
            attention_mask=torch.ones_like(group),
            do_sample=False,
            guidance_scale=GUIDANCE,
            max_new_tokens=frames + model.config.decoder.num_codebooks,
            **more,
        )
        for group in groups
    ]
    return torch.cat(found).float()


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def table(rows: list[dict[str, Any]]) -> str:
    lines = ["| way | seconds | × real time | × the library | distance |", "|---" * 5 + "|"]
    for row in rows:
        if "failed" in row:
            lines.append(f"| {row['way']} | {row['failed']} | | | |")
            continue
        verdict = "" if row["way"] == "library" or row["faster"] >= WANTED else f" (below {WANTED:g})"
        lines.append(
            f"| {row['way']} | {row['seconds']} | {row['times_real_time']} | {row['faster']}{verdict}"
            f" | {row['same']:.1e} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
