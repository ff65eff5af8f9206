"""What must hold of voices, broken by hand, and seen; through a removal that is killed between any two of its steps it
holds all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import makers
import pytest
import voice_makers

from ripieno.contracts import names
from ripieno.contracts.consent import Purpose, UsedVoice
from ripieno.contracts.voice_profiles import Voice
from ripieno.contracts.workflow import RemovalOrder
from ripieno.records import runs, voices, works
from ripieno.services import blobs
from ripieno.services.storage import table
from ripieno.work import removal
from tests.chaos.invariants import Snapshot, violations
from tests.stacks import azurite_of_its_own


class NoWorkflows:
    """A durable client where nothing was ever started."""

    async def get_status(self, instance_id: str) -> None:
        return None


@pytest.fixture(scope="module")
def azurite_alone(tmp_path_factory) -> Iterator[str]:
    """For these tests alone: each looks at everything there is."""
    with azurite_of_its_own(tmp_path_factory.mktemp("azurite")) as connection:
        yield connection


@pytest.fixture
def voice(storage, owner, tmp_path) -> Voice:
    """A voice that was used for a work."""
    made = voice_makers.ready(owner, tmp_path)
    work = makers.work(owner, "vocals", status="awaiting_review")
    version = work.elements[0].latest
    version.status, version.voice = "generated", UsedVoice(voice_id=made.voice_id, version=1, purpose=Purpose.SINGING)
    works.create(work)
    for run in runs.everything():
        if run.owner == owner:
            runs.forget(run)
    return made


def wrong(voice: Voice, *, settled: bool = True) -> list[str]:
    return [one for one in violations(Snapshot.take(), settled=settled) if voice.voice_id in one]


def _change(voice: Voice, **fields) -> None:
    voices.change(voice.owner, voice.voice_id, lambda known: known.model_copy(update=fields))


def _open_sample(voice: Voice) -> None:
    voice.samples[0].status = "checking"
    _change(voice, samples=voice.samples)


def _use_of_nobody(voice: Voice) -> None:
    key = {"PartitionKey": voice.owner, "RowKey": f"nobody{voice.voice_id}|1|w|vocals|0001"}
    table(names.VOICE_USES).create_entity(key)


BROKEN: dict[str, tuple[Callable[[Voice], object], str]] = {
    "sample gone": (lambda one: blobs.delete(names.VOICES, one.samples[0].blob_name), "bytes of its sample"),
    "profile gone": (
        lambda one: blobs.delete(names.VOICES, names.voice_profile_blob(one.voice_id, 1)),
        "profile of its version 1 is gone",
    ),
    "sample that nobody hears": (_open_sample, "is waited for, and nobody is at it"),
    "blob of no voice": (
        lambda one: blobs.upload(names.VOICES, f"nobody{one.voice_id}/samples/a.wav", b"x"),
        "belongs to no voice",
    ),
    "use of no voice": (_use_of_nobody, "belongs to no voice"),
    "taken back, and everything there": (
        lambda one: _change(one, revoked_at=makers.NOON.isoformat()),
        "its consent was taken back, and it knows how it sounds",
    ),
    "gone, and its works do not say so": (
        lambda one: voices.delete(one.owner, one.voice_id),
        "is gone, and it does not say so",
    ),
}


def test_a_voice_that_is_whole_has_no_violation(voice):
    assert wrong(voice) == []


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_of_a_voice_is_seen(voice, name):
    broken, said = BROKEN[name]
    broken(voice)
    found = wrong(voice)
    assert found and any(said in one for one in found), found


@pytest.mark.parametrize("what", ["consent", "voice"])
def test_a_removal_that_is_killed_anywhere_leaves_nothing_that_must_not_be(voice, monkeypatch, what):
    """Each write to storage of its steps is where it dies once; then it is carried on from the step that died."""
    run = removal.of_consent(voice.owner, voice.voice_id, "")[1] if what == "consent" else removal.of_voice(
        voice.owner, voice.voice_id
    )  # fmt: skip
    order = RemovalOrder.model_validate(run.order)
    steps: list[Callable[[], object]] = [
        lambda: removal.hide(order),
        lambda: asyncio.run(removal.stop(NoWorkflows(), order)),
        lambda: removal.delete(order),
        lambda: removal.delete(order),
        lambda: removal.forget(order),
    ]
    deadly = [
        (voices, "delete"), (voices, "change"), (voices, "delete_uses"), (works, "change"), (blobs, "delete_prefix"),
        (blobs, "delete"), (runs, "forget"),
    ]  # fmt: skip
    for step in steps:
        for module, name in deadly:
            with monkeypatch.context() as killed:
                real = getattr(module, name)

                def dies(*given, real=real, **more):
                    real(*given, **more)
                    raise KeyboardInterrupt

                killed.setattr(module, name, dies)
                try:
                    step()
                except KeyboardInterrupt:
                    assert wrong(voice, settled=False) == [], (module, name)
        step()
        assert wrong(voice, settled=False) == []
    assert wrong(voice) == []
    assert (voices.find(voice.owner, voice.voice_id) is None) == (what == "voice")
    assert not blobs.list_names(names.VOICES, voice.voice_id)
