"""The engine `voice-model`: a voice's conversion network run by ONNX Runtime.

A model is read as bytes: ONNX holds a graph and numbers, no code. One that points to files beside it is refused before
ONNX Runtime sees it, which would read them; what is no network of this shape is refused before it is run.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
import onnxruntime
from pydantic import BaseModel, ConfigDict, ValidationError

from gpu_endpoints.directml import providers
from gpu_endpoints.generation.voices import features
from gpu_endpoints.generation.voices.features import BANDS, INPUTS, OUTPUTS, Heard
from gpu_endpoints.generation.voices.frames import Frames
from ripieno.contracts.provenance import Provenance
from ripieno.services import engines

DESCRIPTION = "ripieno-voice"
_POINTS_ELSEWHERE = b"location"  # the key under which a tensor names a file; no model that is written here has the word
INPUT, OUTPUT = "said", "told"
_AT_ONCE, _CONTEXT = 6000, 64  # frames that go through together, and what is heard to either side of them


class BadModel(ValueError):
    """This is no conversion model of a voice; the message says why."""


class Description(BaseModel):
    """What a model says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    bands: int
    inputs: int
    rate: int
    trained_frames: int = 0


class Network:
    """
    Raises
    ------
    BadModel
    """

    def __init__(self, data: bytes):
        if _POINTS_ELSEWHERE in data:
            raise BadModel("it points to a file beside it: a model of a voice is one file")
        threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
        try:
            self.runtime = providers.choose()
            self._session = self.runtime.session(data, threads)
        except providers.UnknownProvider as fault:
            raise BadModel(str(fault)) from fault
        except Exception as fault:  # ONNX Runtime's own faults have no common base
            raise BadModel(f"ONNX Runtime cannot read it ({type(fault).__name__})") from fault
        told = self._session.get_modelmeta().custom_metadata_map.get(DESCRIPTION)
        if told is None:
            raise BadModel(f"it does not say what it is: a model of a voice has {DESCRIPTION} in its metadata")
        try:
            self.about = Description.model_validate(json.loads(told))
        except (ValueError, ValidationError) as fault:
            raise BadModel("what it says of itself cannot be read") from fault
        shapes = [(one.name, one.shape[1]) for one in (*self._session.get_inputs(), *self._session.get_outputs())]
        if shapes != [(INPUT, INPUTS), (OUTPUT, OUTPUTS)] or (self.about.bands, self.about.inputs) != (BANDS, INPUTS):
            raise BadModel(f"it was made for other features ({shapes}): train the voice again")

    def run(self, said: np.ndarray) -> np.ndarray:
        """float32 (67, frames) to (72, frames), half a minute at a time."""
        found = []
        for first in range(0, said.shape[1], _AT_ONCE):
            begin = max(0, first - _CONTEXT)
            part = said[:, begin : first + _AT_ONCE + _CONTEXT]
            short = max(0, 2 - part.shape[1])
            padded = np.pad(part, ((0, 0), (0, short)), mode="edge") if short else part
            told: Any = self._session.run([OUTPUT], {INPUT: np.ascontiguousarray(padded[None])})[0]
            found.append(told[0][:, first - begin : first - begin + min(_AT_ONCE, said.shape[1] - first)])
        return np.concatenate(found, axis=1)


def converted(sung: Frames, network: Network, *, mean: np.ndarray, loud: float, strength: float) -> Frames:
    """Frames as the voice says them; `mean` and `loud` are those of the whole vocal."""
    if not len(sung):
        return sung
    said: Heard = features.heard(sung)
    told = network.run(features.inputs(said, mean, loud))
    return features.applied(sung, said, told, strength=strength)


def signature(sha256: str, version: str = "", *, device: str | None = None, remark: str | None = None) -> Provenance:
    return Provenance(
        engine=engines.VOICE_MODEL,
        version=version or f"onnxruntime {onnxruntime.__version__}",
        license="as the one whose voice it is has consented",
        weights=sha256[:16],
        device=device,
        precision="fp32",
        reason=remark,
    )
