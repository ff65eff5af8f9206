"""The job `train-voice`: the conversion network learns one voice from its samples and becomes an ONNX file.

What is held out is the end of every sample; its loss is measured before the first step, on the way and at the end, and
the weights that were best there are kept. Nothing is stored unless ONNX Runtime computes what torch does.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch

from gpu_endpoints.generation.voices import features, learned, store
from gpu_endpoints.generation.voices.features import BANDS, INPUTS, Heard
from gpu_endpoints.generation.voices.frames import ANALYSIS_RATE, PERIOD
from gpu_endpoints.generation.voices.network import VoiceNetwork, loss_of, perturbed
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.provenance import Provenance
from ripieno.contracts.voices import MOST_STEPS, TrainVoiceInput, VoiceModel
from ripieno.services import blobs

OPSET = 18
PARITY = 1e-3
MOST_LEARNED = 1800.0  # seconds of all samples
LEAST_LEARNED = 5.0
_HELD_OUT = 0.15  # of each sample, its end
_LEAST_HELD_OUT = 100  # frames
_BATCH, _SEGMENT = 8, 128  # segments, frames each
_LOOKS = 20  # times that what is held out is listened to
_RATE = 2e-3
_STEPS_A_SECOND, _FEWEST, _MOST_BY_ITSELF = 20, 300, 4000
_PROBES = 400  # frames
_LEAST_GAIN = 0.98  # of the loss before: a model that does not do better than that is not worth singing with


@dataclass(frozen=True)
class Learned:
    """A network and how it became: `losses` of what was held out, by step."""

    network: VoiceNetwork
    losses: list[tuple[int, float]]
    trained_frames: int
    held_out: list[Heard]

    @property
    def before(self) -> float:
        return self.losses[0][1]

    @property
    def after(self) -> float:
        return min(loss for _, loss in self.losses)


def run(job_input: dict, context: JobContext) -> dict:
    order = TrainVoiceInput.model_validate(job_input)
    began = time.monotonic()
    context.works_by(_signature(""))
    store.read_profile(order.profile)  # of a voice that is gone nothing is learned
    parts = [
        features.heard(part) for part in store.heard(order.samples, context.part(0.0, 0.4), most_seconds=MOST_LEARNED)
    ]
    seconds = PERIOD * sum(len(one.level) for one in parts)
    if seconds < LEAST_LEARNED:
        raise JobFailed("too_little", f"there are {seconds:.1f} s of samples: add more, {LEAST_LEARNED:.0f} s at least")
    steps = order.steps or round(min(max(_STEPS_A_SECOND * seconds, _FEWEST), _MOST_BY_ITSELF, MOST_STEPS))
    found = learn(parts, steps=steps, seed=order.seed, context=context.part(0.4, 0.95))
    context.progress(0.95, "writing the model")
    path = context.folder / "model.onnx"
    parity = export(found, path)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    context.check_cancelled()
    store.read_profile(order.profile)
    name = f"{order.output}.onnx"
    blobs.upload(names.VOICES, name, data)
    is_better = found.after < _LEAST_GAIN * found.before
    remarks = (
        [] if is_better else ["training did not better it: the voice is sung as it was measured, add more samples"]
    )
    return VoiceModel(
        blob_name=name,
        file_size_bytes=len(data),
        sha256=digest,
        steps=steps,
        seconds=round(time.monotonic() - began, 1),
        trained_on_seconds=round(PERIOD * found.trained_frames, 1),
        held_out_seconds=round(PERIOD * sum(len(one.level) for one in found.held_out), 1),
        loss_before=round(found.before, 5),
        loss_after=round(found.after, 5),
        losses=[(step, round(loss, 5)) for step, loss in found.losses],
        parity=parity,
        is_better=is_better,
        remarks=remarks,
        engine=_signature(digest),
    ).model_dump()


def learn(
    parts: list[Heard], *, steps: int, seed: int = 0, context: JobContext | None = None, width: int = 96, depth: int = 6
) -> Learned:
    """The network trained for some steps of eight segments; the same seed trains the same network on one machine."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    kept, held_out = _divided(parts)
    mean, loud = features.mean_shape(kept), features.loudness(kept)
    device = _device()
    network = VoiceNetwork(torch.from_numpy(mean), width=width, depth=depth).to(device)
    learning = [_pair(one, mean, loud) for one in kept if len(one.level) >= _SEGMENT]
    if not learning:
        raise JobFailed("too_little", "no sample is long enough to learn from: record longer ones")
    heard = _validation(held_out, mean, loud)
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps + 1, pct_start=0.1)
    losses = [(0, _loss(network, heard, device))]
    best, kept_weights = losses[0][1], _weights(network)
    lengths = np.array([one[0].shape[1] for one in learning], float)
    looks = max(1, steps // _LOOKS)
    for step in range(1, steps + 1):
        network.train()
        said, wanted = _batch(learning, lengths, rng)
        told = network(perturbed(said, rng).to(device))
        loss = loss_of(told, wanted.to(device), said[:, BANDS + 2].to(device))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % looks == 0 or step == steps:
            losses.append((step, _loss(network, heard, device)))
            if losses[-1][1] < best:
                best, kept_weights = losses[-1][1], _weights(network)
        if context is not None:
            context.progress(step / steps, f"learning the voice: step {step} of {steps}, loss {losses[-1][1]:.3f}")
    network.load_state_dict(kept_weights)
    return Learned(network.cpu().eval(), losses, int(lengths.sum()), held_out)


def export(found: Learned, path: Path) -> float:
    """Write the network as ONNX, with what it needs to be known by in it; the most that it differs from torch.

    Raises
    ------
    JobFailed
        `no_parity` when ONNX Runtime computes something else, by more than 1e-3.
    """
    probe = torch.randn(1, INPUTS, _PROBES, generator=torch.Generator().manual_seed(0))
    torch.onnx.export(
        found.network,
        (probe,),
        str(path),
        input_names=[learned.INPUT],
        output_names=[learned.OUTPUT],
        dynamic_shapes=({2: torch.export.Dim("frames", min=2)},),
        opset_version=OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    model = onnx.load(str(path), load_external_data=False)
    for one in (*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output):
        del one.metadata_props[:]  # where in whose files torch found it
    del model.metadata_props[:], model.graph.metadata_props[:]
    about = learned.Description(bands=BANDS, inputs=INPUTS, rate=ANALYSIS_RATE, trained_frames=found.trained_frames)
    entry = model.metadata_props.add()
    entry.key, entry.value = learned.DESCRIPTION, json.dumps(about.model_dump())
    onnx.save(model, str(path))
    network = learned.Network(path.read_bytes())
    mean, loud = features.mean_shape(found.held_out), features.loudness(found.held_out)
    real = [features.inputs(one, mean, loud) for one in found.held_out][:4]
    worst = 0.0
    for given in [probe[0].numpy(), *real]:
        with torch.inference_mode():
            wanted = found.network(torch.from_numpy(given)[None])[0].numpy()
        worst = max(worst, float(np.abs(network.run(given) - wanted).max()))
    if not worst <= PARITY:
        raise JobFailed("no_parity", f"ONNX Runtime computes something else than torch (by {worst:.1e}): not stored")
    return worst


# -- parts --------------------------------------------------------------------------------------------------------


def _divided(parts: list[Heard]) -> tuple[list[Heard], list[Heard]]:
    """What is learned from, and the end of each part, which is not."""
    kept, held_out = [], []
    for one in parts:
        length = len(one.level)
        cut = length - max(_LEAST_HELD_OUT, round(_HELD_OUT * length))
        if cut < _SEGMENT:
            kept.append(one)
            continue
        kept.append(one.part(0, cut))
        held_out.append(one.part(cut, length))
    if not held_out:
        raise JobFailed("too_little", "no sample is long enough to hold some of it out: record longer ones")
    return kept, held_out


def _pair(one: Heard, mean: np.ndarray, loud: float) -> tuple[torch.Tensor, torch.Tensor]:
    """What the network hears, and what it is to tell."""
    wanted = np.concatenate([one.shape.T / features.SCALE_DB, one.noise.T]).astype(np.float32)
    return torch.from_numpy(features.inputs(one, mean, loud)), torch.from_numpy(wanted)


def _batch(
    learning: list[tuple[torch.Tensor, torch.Tensor]], lengths: np.ndarray, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    said, wanted = [], []
    for which in rng.choice(len(learning), _BATCH, p=lengths / lengths.sum()):
        heard, told = learning[which]
        first = int(rng.integers(0, heard.shape[1] - _SEGMENT + 1))
        said.append(heard[:, first : first + _SEGMENT])
        wanted.append(told[:, first : first + _SEGMENT])
    return torch.stack(said), torch.stack(wanted)


def _validation(
    held_out: list[Heard], mean: np.ndarray, loud: float
) -> list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """What is held out, as three other speakers would say it; always the same three."""
    rng = np.random.default_rng(1)
    found = []
    for one in held_out:
        said, wanted = _pair(one, mean, loud)
        for _ in range(3):
            found.append((perturbed(said[None], rng), wanted[None], said[None, BANDS + 2]))
    return found


def _loss(
    network: VoiceNetwork, heard: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]], device: torch.device
) -> float:
    network.eval()
    with torch.inference_mode():
        losses = [
            float(loss_of(network(said.to(device)), wanted.to(device), voiced.to(device)))
            for said, wanted, voiced in heard
        ]
    return float(np.mean(losses))


def _weights(network: VoiceNetwork) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def _signature(sha256: str) -> Provenance:
    return learned.signature(sha256, f"torch {torch.__version__}", device=str(_device()))


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
