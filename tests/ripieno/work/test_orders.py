"""Orders for new stems: what the song cannot have is refused before anything is begun, with what it has."""

from __future__ import annotations

import makers
import pytest
from pydantic import ValidationError

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis, Beat, Section
from ripieno.contracts.generation import GenerationOrder
from ripieno.contracts.workflow import WorkOrder
from ripieno.records import runs, songs, works
from ripieno.services import blobs, conditioning
from ripieno.work import generating


@pytest.fixture
def song(storage, owner):
    """Twelve bars at 120: verse, chorus, chorus."""
    known = makers.song(owner)
    songs.create(known)
    found = Analysis(
        duration_seconds=25,
        bpm=120,
        time_signature="4/4",
        beats=[Beat(time=n / 2, position=n % 4 + 1) for n in range(48)],
        sections=[
            Section(start_time=8.0 * n, end_time=8.0 * n + 8, label=label, confidence=1)
            for n, label in enumerate(["verse", "chorus", "chorus"])
        ],
    )
    folder = names.song_folder(known.audio_file_id, known.born)
    blobs.upload_json(names.ANALYSES, names.analysis_blob(folder), found.model_dump(mode="json"))
    return known


def order(song=None, *stems: str, **parameters) -> GenerationOrder:
    return GenerationOrder.model_validate(
        {
            "audio_file_id": song.audio_file_id if song else None,
            "target_stems": stems or ("bass",),
            "parameters": parameters,
        }
    )


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"bars": (5, 30)}, "bars 1 to 12, not 5 to 30"),
        ({"section": "third chorus"}, "its sections are verse, chorus 1, chorus 2"),
        ({"section": "bridge"}, "its sections are verse, chorus 1, chorus 2"),
        ({"prompt": "under the third chorus"}, "its sections are verse, chorus 1, chorus 2"),
        ({"target_bpm": 99}, "nothing at 99 bpm"),
        ({"chord_progression": ["H"]}, "no chord name"),
        ({"section": "chorus", "duration_seconds": 900}, "lasts 8.0 s"),
    ],
)
def test_what_the_song_does_not_have_is_refused_at_once_with_what_it_has(song, parameters, told):
    with pytest.raises(generating.CannotGenerate, match=told):
        generating.begin(song.owner, order(song, **parameters), "1a")
    assert works.find(song.owner, "1a") is None and list(runs.beginning_with(song.owner, "work-")) == []


@pytest.mark.parametrize("section", ["second chorus", "2nd chorus", "chorus 2", "last chorus", "Chorus Last"])
def test_a_section_is_understood_however_it_is_called(song, section):
    work, _ = generating.begin(song.owner, order(song, section=section), "1b")
    wanted = WorkOrder(owner=song.owner, work_id=work.work_id, arrived_at=work.created_at)
    generating.plan(wanted)
    generating.condition(wanted)
    assert works.get(song.owner, work.work_id).start_seconds == pytest.approx(16.0)
    runs.forget(generating.run_of(work))


@pytest.mark.parametrize("bars", [(5, 3), (0, 3), (-2, 4), (0, 0)])
def test_bars_that_are_none_are_refused_by_the_contract(bars):
    with pytest.raises(ValidationError, match="bars count from 1"):
        order(None, bars=bars)


def test_what_was_chosen_for_no_song_stands_in_the_plan_and_the_order_stays_as_it_was(storage, owner):
    asked = order(None, "drums", "bass", style="house", target_bpm=126)
    work, _ = generating.begin(owner, asked, "1c")
    wanted = WorkOrder(owner=owner, work_id=work.work_id, arrived_at=work.created_at)
    generating.plan(wanted)
    generating.condition(wanted)
    after = works.get(owner, work.work_id)
    assert after.order == asked and after.plan is not None
    settled = after.plan.free_standing
    assert settled is not None and settled.target_bpm == 126 and settled.chord_progression and settled.time_signature
    assert after.duration_seconds == pytest.approx(settled.duration_seconds)
    kept = conditioning.load(names.conditioning_blob(work.work_id))
    assert kept.timeline.bpm == pytest.approx(126)
    with pytest.raises(generating.CannotGenerate, match="no chord name"):
        generating.begin(owner, order(None, chord_progression=["H"]), "1d")
