"""A GPU whose memory is full: how its libraries say so, and how what they hold back is given up. It imports none of
them: the server has no torch."""

from __future__ import annotations

import gc
import sys

CODE = "gpu_out_of_memory"
_SAID = (
    "cuda out of memory", "cuda error: out of memory", "cudnn_status_alloc_failed", "cublas_status_alloc_failed",
    "failed to allocate memory for requested buffer", "bfcarena", "e_outofmemory", "not enough memory resources",
)  # fmt: skip
"""By torch, cuDNN, cuBLAS, ONNX Runtime's CUDA and DirectML providers."""


def is_full(fault: BaseException) -> bool:
    """Whether something failed because a GPU's memory is full."""
    if type(fault).__name__ == "OutOfMemoryError" and type(fault).__module__.partition(".")[0] == "torch":
        return True
    return isinstance(fault, RuntimeError) and any(said in str(fault).lower() for said in _SAID)


def free() -> None:
    """Give back what torch keeps for later. Call it where no fault is being handled: its frames hold tensors."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
