"""Which ONNX Runtime provider computes, chosen once at start, and what it was verified to compute rightly.

A cell is verified when `convert` found parity with PyTorch on that provider in that precision, and it was faster than
fp32. Whatever is not in the table runs in fp32, and the result says that it was asked for something else.
"""

from __future__ import annotations

from dataclasses import dataclass

import onnxruntime

from ripieno.services.settings import settings

PROVIDERS = {"directml": "DmlExecutionProvider", "cuda": "CUDAExecutionProvider", "cpu": "CPUExecutionProvider"}
PRECISIONS = ("fp32", "fp16")
VERIFIED = frozenset({("cpu", "fp32")})
"""(provider, precision). DirectML and CUDA were not to be had where this was written: run `convert` there, read the
parity it prints, and add the cell."""


class UnknownProvider(ValueError):
    """`RIPIENO_ONNX_PROVIDER` or `RIPIENO_ONNX_PRECISION` names what does not exist or is not here."""


@dataclass(frozen=True)
class Runtime:
    """The provider and precision that are used, and a sentence where that is not what was asked for or not verified."""

    provider: str
    precision: str
    remark: str | None

    def session(self, path: str | bytes, threads: int = 0) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        if self.provider == "directml":  # what its documentation asks for
            options.enable_mem_pattern = False
            options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        wanted = [PROVIDERS[self.provider]]
        if self.provider != "cpu":
            wanted.append(PROVIDERS["cpu"])
        return onnxruntime.InferenceSession(path, options, providers=wanted)


def choose(provider: str | None = None, precision: str | None = None) -> Runtime:
    """The best provider that is here, or the one `RIPIENO_ONNX_PROVIDER` names; fp32 unless the cell is verified.

    Raises
    ------
    UnknownProvider
    """
    provider = provider or settings().onnx_provider
    precision = precision or settings().onnx_precision
    if provider not in ("auto", *PROVIDERS) or precision not in PRECISIONS:
        raise UnknownProvider(
            f"there is no provider {provider!r} with precision {precision!r}:"
            f" choose auto, {', '.join(PROVIDERS)} and {' or '.join(PRECISIONS)}"
        )
    here = [name for name, known in PROVIDERS.items() if known in onnxruntime.get_available_providers()]
    if provider != "auto" and provider not in here:
        raise UnknownProvider(f"this ONNX Runtime has no {PROVIDERS[provider]}: it has {', '.join(here)}")
    chosen = here[0] if provider == "auto" else provider
    if (chosen, precision) in VERIFIED:
        return Runtime(chosen, precision, None)
    if precision != "fp32":
        return Runtime(chosen, "fp32", f"{precision} on {chosen} is not verified: computed in fp32")
    return Runtime(chosen, "fp32", f"{chosen} in fp32 is not verified")
