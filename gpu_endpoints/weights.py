"""Weights are loaded without executing anything: as tensors, numbers, lists and dictionaries.

A checkpoint of PyTorch is a pickle, and a pickle is a program. Nothing here runs one: torch's own reader that knows
only tensors (`weights_only`) reads them; what a file names beyond that and we know is named by who asks, and the rest
is refused, or becomes `Inert`. Prefer safetensors and ONNX, which can carry no code.
"""

from __future__ import annotations

import hashlib
import pickle  # for the name of its error: nothing is unpickled here
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from gpu_endpoints.serving.work import JobFailed


class UnsafeWeights(JobFailed):
    """The file is not the weights that it should be; nothing of it was run."""

    def __init__(self, path: Path, why: str):
        super().__init__(
            "unsafe_weights",
            f"{path.name} was not loaded: {why}. Fetch it again from where the catalogue says: ripieno models pull",
        )


class Inert:
    """Whatever a checkpoint names that is no tensor: it does nothing, whatever it is called with."""

    def __init__(self, *_: object, **__: object):
        pass

    def __setstate__(self, state: object) -> None:
        if isinstance(state, dict):
            self.__dict__.update(state)


def checkpoint(path: Path, known: Sequence[type] = (), *, tolerant: bool = False) -> dict[str, Any]:
    """What a checkpoint of PyTorch holds.

    Parameters
    ----------
    known : classes that it may name, and whose constructors do nothing but keep what they are given
    tolerant : what else it names becomes `Inert`; otherwise the file is refused

    Raises
    ------
    UnsafeWeights
    """
    import torch

    safe: list[Any] = list(known)
    try:
        if tolerant:
            named = {f"{one.__module__}.{one.__qualname__}" for one in known}
            unknown = set(torch.serialization.get_unsafe_globals_in_checkpoint(path)) - named
            safe += [(Inert, name) for name in unknown]
        with torch.serialization.safe_globals(safe) if safe else nullcontext():  # torch 2.1 knows none
            found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as fault:
        raise UnsafeWeights(path, "it holds more than tensors, and may be a program") from fault
    except (RuntimeError, ValueError, EOFError, KeyError, TypeError, AttributeError, IndexError) as fault:
        raise UnsafeWeights(path, "it is no checkpoint of PyTorch, or is damaged") from fault
    if not isinstance(found, dict):
        raise UnsafeWeights(path, "it holds no dictionary of tensors")
    return found


def check_hashes(paths: Sequence[Path], known: Mapping[str, str], root: Path) -> None:
    """That files which can only be loaded by running them are, byte for byte, those that were looked at.

    Parameters
    ----------
    known : SHA-256 by the path below `root`

    Raises
    ------
    UnsafeWeights
    """
    for path in paths:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if known.get(path.relative_to(root).as_posix()) != digest:
            raise UnsafeWeights(path, f"its SHA-256 is {digest[:16]}…, not that of the package it should be of")
