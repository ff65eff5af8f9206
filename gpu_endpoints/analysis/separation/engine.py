"""What every separation engine offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from gpu_endpoints.audio.decoding import Audio
from ripieno.contracts.provenance import Provenance

StemBlocks = Iterator[dict[str, np.ndarray]]


class SeparationEngine(Protocol):
    """`stems` are the names it yields, in order."""

    @property
    def stems(self) -> tuple[str, ...]: ...

    def provenance(self) -> Provenance: ...

    def separate(self, audio: Audio, on_progress: Callable[[float], None]) -> StemBlocks: ...
