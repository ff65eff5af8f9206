"""Exports at rest: made once, told of once where they failed, gone with their piece."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from ripieno.contracts.composition import Composition, CompositionOrder, Context, ContextSection, Revision
from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.generation import GenerationOrder
from ripieno.contracts.production import MixedFile
from ripieno.contracts.provenance import Provenance
from ripieno.contracts.workflow import VersionOrder
from ripieno.contracts.works import Element, ElementKind, Version, Work, WorkKind
from ripieno.records import runs, works
from ripieno.work import endings, exporting, removal

AT_ONCE = 8


@pytest.fixture
def piece(storage, owner) -> Work:
    """A composition with a master, which is said to be in storage."""
    master = MixedFile(
        name="m",
        blob_name="w/m.wav",
        file_size_bytes=9,
        sha256="ab",
        format="wav",
        sample_rate=44100,
        duration_seconds=9.0,
        loudness_lufs=-14.0,
        peak=0.9,
        gain_db=0.0,
        engine=Provenance(engine="e", version="1", license="MIT"),
    )
    context = Context(
        title="A/B",
        tempo=120,
        meter="4/4",
        key="C major",
        loudness_lufs=-14,
        seed=1,
        sections=[ContextSection(label="verse", bars=2)],
    )
    revision = Revision(number=1, made_at="now", status="made", context=context, mix="mix-1")
    work = Work(
        work_id="0123456789abcdef",
        owner=owner,
        kind=WorkKind.COMPOSITION,
        created_at="now",
        order=GenerationOrder(),
        composition=Composition(order=CompositionOrder(brief="x"), revisions=[revision]),
        elements=[
            Element(
                name="mix-1-master",
                kind=ElementKind.MASTER,
                versions=[Version(number=1, status=TakeStatus.GENERATED, made_at="now", file=master)],
            )
        ],
    )
    works.create(work)
    return work


def asked(piece: Work) -> exporting.Making:
    found = exporting.download(piece.owner, piece.work_id, "mp3", None)
    assert isinstance(found, exporting.Making)
    return found


def test_of_many_who_ask_at_once_all_wait_for_one_run(piece):
    together = Barrier(AT_ONCE)

    def ask(_: int) -> str:
        together.wait()
        return asked(piece).instance_id

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert len(set(pool.map(ask, range(AT_ONCE)))) == 1
    assert len(list(runs.beginning_with(piece.owner, f"take-{piece.work_id}-export"))) == 1


def test_a_file_that_could_not_be_made_is_told_of_once_and_then_tried_again(piece):
    run = asked(piece).run
    endings.give(run, "killed")
    with pytest.raises(exporting.ExportFailed, match="killed"):
        asked(piece)
    again = asked(piece)
    assert again.run and again.instance_id.endswith("-2")
    order = VersionOrder.model_validate(again.run.order)
    assert exporting.is_wanted(order) and not exporting.is_wanted(VersionOrder.model_validate(run.order))
    body = exporting.job_body(piece.owner, piece.work_id, order.element, 2)
    assert body["output"].startswith(f"{piece.work_id}/exports/") and body["items"][0]["title"] == "A/B"
    made = {"blob_name": f"{body['output']}.mp3", "format": "mp3", "file_size_bytes": 1, "sha256": "a", "files": 1}
    exporting.save(order, made, None)
    exporting.save(order, None, {"code": "late", "message": "too late"})
    found = exporting.download(piece.owner, piece.work_id, "mp3", 1)
    assert isinstance(found, exporting.Stored) and body["output"] in found.url


def test_what_a_removed_piece_was_being_made_into_is_ended_with_it(piece):
    making = asked(piece)
    work = works.get(piece.owner, piece.work_id)
    assert making.instance_id in removal._version_instances(work)
    works.delete(piece.owner, piece.work_id)
    exporting.save(VersionOrder.model_validate(making.run.order), None, {"code": "x", "message": "x"})
    assert not exporting.is_wanted(VersionOrder.model_validate(making.run.order))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("a/b", "a_b.wav"),
        ("", "untitled.wav"),
        ("..", "untitled.wav"),
        ("🎹" * 200, "🎹" * 120 + ".wav"),
        ("a\r\nSet-Cookie: x", "a__Set-Cookie_ x.wav"),
    ],
)
def test_any_title_is_a_file_name(title, name):
    context = Context(title=title, tempo=120, meter="4/4", key="C major", loudness_lufs=-14, seed=1, sections=[])
    assert exporting.file_name(Revision(number=1, made_at="now", context=context), "wav") == name
