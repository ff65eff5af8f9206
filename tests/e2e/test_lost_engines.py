"""Two generation endpoints, one of them killed mid-take; engines that are not to be had: what is made, and what is said.

As stems and as compositions, on processes of this test's own.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest

from ripieno.client import Ripieno
from ripieno.contracts import names
from ripieno.contracts.composition import CompositionOrder, FormPart
from ripieno.contracts.generation import GenerationOrder, GenerationParameters
from ripieno.local.processes import Child
from tests.stacks import free_ports, new_stack

SECONDS = 300.0
LOOK_SECONDS = 0.1
LONG_SECONDS = 600  # a take of it is under way for long enough to be killed
FORM = [FormPart(label="verse", bars=2), FormPart(label="chorus", bars=2)]


class Pair:
    """A stack with two generation endpoints, by address."""

    def __init__(self, ripieno: Ripieno, children: dict[str, Child]):
        self.ripieno, self.children = ripieno, children

    def where(self, work: str) -> tuple[str, str]:
        """A take of a work that is being made, once one is: its job, and the address that makes it."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            takes = [one for one in self.ripieno.jobs(limit=50) if one.job_id.startswith(names.version_instances(work))]
            for known in takes:
                answer = httpx.get(f"{known.address}/jobs/{known.endpoint_job_id}") if known.endpoint_job_id else None
                if answer is not None and answer.status_code == 200 and answer.json()["state"] == "running":
                    return known.job_id, str(known.address)
            time.sleep(LOOK_SECONDS)  # it is made on the processor that would answer
            assert not takes or any(one.state != "succeeded" for one in takes), "all was made before anybody was killed"
        raise TimeoutError(f"{work} is never made")

    def kill(self, address: str) -> None:
        """With its workers, as the machine would die."""
        pid = self.children[address].pid
        assert pid is not None
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for one in family:
            os.kill(one.pid, signal.SIGKILL)
        psutil.wait_procs(family, 30)
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{address}/health", timeout=2)

    def revive(self, address: str) -> None:
        self.children[address].start()
        self.children[address].wait_healthy(120)


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> Iterator[Pair]:
    stack = new_stack(tmp_path_factory.mktemp("pair"))
    (port,) = free_ports(1)
    addresses = [f"http://127.0.0.1:{one}" for one in (stack.ports.generation, port)]
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AzureWebJobsStorage", raising=False)  # of the session's stack
        patch.setenv("RIPIENO_GENERATION_ENDPOINTS", ",".join(addresses))
        patch.setenv("RIPIENO_WORKERS", "1")
        patch.setenv("RIPIENO_MODELS", str(tmp_path_factory.mktemp("no-models")))
        stack.start(print)
        second = stack._endpoint("generation", port)
        second.start()
        try:
            second.wait_healthy(120)
            first = next(one for one in stack._children if one.name == "generation")
            with Ripieno(stack.url) as ripieno:
                yield Pair(ripieno, dict(zip(addresses, (first, second), strict=True)))
        finally:
            second.stop()
            stack.stop()


def stems(*, seconds: float = 4, **fields) -> GenerationOrder:
    given = GenerationParameters(target_bpm=120, duration_seconds=seconds, chord_progression=["C", "F"], random_seed=1)
    return GenerationOrder(**{"target_stems": ["bass"], "parameters": given} | fields)


def piece(**fields) -> CompositionOrder:
    given = {"brief": "a calm pop song", "form": FORM, "tempo": 150.0, "layers": ["bass"], "random_seed": 1}
    return CompositionOrder.model_validate(given | fields)


@pytest.mark.timeout(900)
def test_a_take_goes_on_at_the_other_address_when_the_one_that_makes_it_is_killed(pair):
    work = pair.ripieno.generate(stems(seconds=LONG_SECONDS))
    job_id, address = pair.where(work)
    pair.kill(address)
    try:
        made = pair.ripieno.wait_generation(work, timeout=SECONDS)
        (take,) = made.stems[0].takes
        assert take.status == "generated", take.error
        assert take.stem.engine.engine == "symbolic" and take.stem.duration_seconds == pytest.approx(LONG_SECONDS)
        elsewhere = pair.ripieno.job(job_id)
        assert elsewhere.address in set(pair.children) - {address} and elsewhere.state == "succeeded"
    finally:
        pair.revive(address)


@pytest.mark.timeout(900)
def test_so_does_a_layer_of_a_composition(pair):
    long = [FormPart(label=label, bars=64) for label in ("verse", "chorus")]
    work = pair.ripieno.compose(piece(form=long, tempo=100.0, layers=["bass", "drums"]))
    job_id, address = pair.where(work)
    pair.kill(address)
    try:
        made = pair.ripieno.wait_composition(work, timeout=SECONDS)
        assert made.versions[0].status == "made", made.versions[0]
        assert {one.name: one.takes[0].status for one in made.layers} == {"bass": "generated", "drums": "generated"}
        assert pair.ripieno.job(job_id).address in set(pair.children) - {address}
    finally:
        pair.revive(address)


@pytest.mark.timeout(600)
def test_a_named_engine_that_is_nowhere_fails_clearly_and_gives_way_where_that_is_allowed(pair):
    named = pair.ripieno.wait_generation(pair.ripieno.generate(stems(engine="musicgen-small")), timeout=SECONDS)
    (take,) = named.stems[0].takes
    assert take.status == "failed" and "musicgen-small" in take.error
    asked = stems(engine="musicgen-small", allow_fallback=True)
    allowed = pair.ripieno.wait_generation(pair.ripieno.generate(asked), timeout=SECONDS)
    (take,) = allowed.stems[0].takes
    engine = take.stem.engine
    assert take.status == "generated" and engine.engine == "symbolic" and engine.fallback
    assert engine.reason.startswith("musicgen-small: ")


@pytest.mark.timeout(600)
def test_so_does_that_of_a_composition(pair):
    named = pair.ripieno.wait_composition(pair.ripieno.compose(piece(engine="musicgen-small")), timeout=SECONDS)
    assert named.versions[0].status == "failed" and "musicgen-small" in named.versions[0].error
    asked = piece(engine="musicgen-small", allow_fallback=True, layers=["bass", "vocals"], theme="rain", voice="nobody")
    allowed = pair.ripieno.wait_composition(pair.ripieno.compose(asked), timeout=SECONDS)
    assert allowed.versions[0].status == "made", allowed.versions[0]
    engines = {one.name: one.takes[0].stem.engine for one in allowed.layers}
    assert engines["bass"].engine == "symbolic" and engines["bass"].reason.startswith("musicgen-small: ")
    assert engines["vocals"].engine == "voice" and engines["vocals"].reason.startswith("diffsinger@nobody: ")
    assert allowed.context.made_by["context"].engine == "rules"
    assert allowed.context.made_by["lyrics"].engine == "phrases"
