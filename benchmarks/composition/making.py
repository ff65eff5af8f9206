"""One piece from an order, by the very functions that its workflow calls, in this process; storage is a real Azurite.

What is left out is the workflow itself: its history, its polling and the endpoint's queue.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gpu_endpoints.generation import handlers
from gpu_endpoints.serving.work import JobContext
from orchestrators.composition import COMPOSED
from ripieno.contracts import names
from ripieno.contracts.composition import CompositionOrder, Context, Revision, Stage
from ripieno.contracts.enums import JobKind
from ripieno.contracts.workflow import JobOrder, RevisionOrder, VersionOrder
from ripieno.contracts.works import Work
from ripieno.records import works
from ripieno.services import blobs
from ripieno.work import composing, generating, job_bodies, mixing

_OWNER = "benchmark"


@dataclass
class Piece:
    """`layers` and `midi` by name, `seconds` of wall clock and of processor by stage."""

    work: Work
    revision: Revision
    layers: dict[str, Path] = field(default_factory=dict)
    midi: dict[str, Path] = field(default_factory=dict)
    master: Path = Path()
    seconds: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        assert self.revision.context is not None
        return self.revision.context


def make(order: CompositionOrder, seed: str, folder: Path, *, is_checked: bool = True) -> Piece:
    """Composed, with every layer and the master as files in a folder; without its check it stays as it came out."""
    clock = _Clock()
    with clock.of("begin"):
        work, run = composing.begin(_OWNER, order, seed)
    its = RevisionOrder.model_validate(run.order)
    _made(its, clock, is_checked=is_checked)
    work = works.get(_OWNER, work.work_id)
    assert work.composition is not None
    revision = work.composition.revisions[-1]
    if is_checked and revision.status != "made":
        raise RuntimeError(f"{order.brief!r}: {revision.status}, {revision.error}")
    return _fetched(Piece(work, revision, seconds=dict(clock.spent)), folder)


def _made(order: RevisionOrder, clock: _Clock, *, is_checked: bool) -> None:
    for stage in COMPOSED:
        with clock.of(stage):
            composing.settle(order, stage)
    for attempt in range(1, composing.MOST_TRIES + 1):
        _layered(order, clock)
        if not is_checked or not _checked(order, attempt, clock):
            break


def _layered(order: RevisionOrder, clock: _Clock) -> None:
    with clock.of(Stage.LAYERS):
        wanted = composing.plan_layers(order)
    for one in wanted:
        with clock.of(f"{one.element}"):
            generating.prepare_version(one)
            subject = {"work_id": one.work_id, "element": one.element, "version": one.version}
            generating.save_version(one, _job(one, JobKind.GENERATE, subject), None)
    composing.layers_made(order)
    mix = composing.begin_mix(order)
    if mix is not None:
        _mixed(mix, clock)
    composing.mixed(order)


def _checked(order: RevisionOrder, attempt: int, clock: _Clock) -> bool:
    with clock.of(Stage.CHECK):
        subject = {"work_id": order.work_id, "revision": order.revision}
        return composing.save_check(order, _job(order, JobKind.CHECK, subject), None, attempt)


def _mixed(order: VersionOrder, clock: _Clock) -> None:
    for element in mixing.wanted(order):
        kind = JobKind.MIX if element == order.element else JobKind.MASTER
        with clock.of(kind):
            subject = {"work_id": order.work_id, "element": element, "version": order.version}
            its = order.model_copy(update={"element": element})
            mixing.save(its, _job(order, kind, subject), None)


def _job(order: RevisionOrder | VersionOrder, kind: JobKind, subject: dict[str, Any]) -> dict[str, Any]:
    asked = JobOrder(
        job_id=f"benchmark:{kind}",
        owner=order.owner,
        endpoint="generation",
        kind=kind,
        subject=subject,
        arrived_at=order.arrived_at,
    )
    with TemporaryDirectory() as folder:
        context = JobContext(asked.job_id, Path(folder), lambda *_: None, lambda: False)
        return handlers.load()[kind](job_bodies.body(asked), context)


def _fetched(piece: Piece, folder: Path) -> Piece:
    folder.mkdir(parents=True, exist_ok=True)
    for name, number in piece.revision.elements.items():
        stem = works.version(piece.work, name, number).stem
        if stem is None:
            continue
        piece.layers[name] = _file(stem.blob_name, folder / f"{name}.{stem.format}")
        if stem.midi_blob_name:
            piece.midi[name] = _file(stem.midi_blob_name, folder / f"{name}.mid")
    assert piece.revision.mix is not None
    master = piece.work.element(mixing.master_name(piece.revision.mix))
    assert master is not None and master.latest.file is not None
    piece.master = _file(master.latest.file.blob_name, folder / f"master.{master.latest.file.format}")
    return piece


def _file(blob_name: str, path: Path) -> Path:
    blobs.download_to(names.GENERATED, blob_name, path)
    return path


class _Clock:
    def __init__(self):
        self.spent: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        before = self.spent[str(what)]
        self.spent[str(what)] = (before[0] + time.perf_counter() - wall, before[1] + time.process_time() - cpu)
