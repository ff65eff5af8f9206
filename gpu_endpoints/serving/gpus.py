"""What NVIDIA's GPUs are at, as their driver says (NVML). Where there is none, or no driver, nothing is shown."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from gpu_endpoints.serving.health import gpu_available
from ripieno.services import telemetry
from ripieno.services.telemetry import instruments
from ripieno.services.telemetry.recording import Attributes


def show() -> int:
    """Let gauges show every GPU; returns how many there are."""
    found = _devices()
    if found:
        telemetry.observe(instruments.GPU_USE, lambda: _use(found))
        telemetry.observe(instruments.GPU_MEMORY, lambda: _memory(found, "used"))
        telemetry.observe(instruments.GPU_LIMIT, lambda: _memory(found, "total"))
    return len(found)


@lru_cache(maxsize=1)
def _devices() -> tuple[tuple[Any, Attributes], ...]:
    """Each GPU's handle, and what it is told by: its number and model."""
    if not gpu_available():
        return ()
    try:
        import pynvml  # late: mostly there is nothing to ask

        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(number) for number in range(pynvml.nvmlDeviceGetCount())]
        return tuple(
            (handle, {"hw.id": str(number), "hw.name": _text(pynvml.nvmlDeviceGetName(handle))})
            for number, handle in enumerate(handles)
        )
    except Exception:  # NVMLError, of whichever kind: the endpoint works without a GPU
        return ()


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _use(devices: tuple[tuple[Any, Attributes], ...]) -> Iterable[tuple[float, Attributes]]:
    import pynvml

    return [(float(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu) / 100, about) for handle, about in devices]


def _memory(devices: tuple[tuple[Any, Attributes], ...], which: str) -> Iterable[tuple[float, Attributes]]:
    import pynvml

    return [(float(getattr(pynvml.nvmlDeviceGetMemoryInfo(handle), which)), about) for handle, about in devices]
