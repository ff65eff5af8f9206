"""DJ sets at rest: planned from the library, edited one version at a time, talked to, deleted without a trace."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis, Beat, Confidences, MoodHeard, Section, SeparationResult, StyleHeard
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.composition import CompositionOrder
from ripieno.contracts.dj_sets import SaidToSet, SetChange
from ripieno.contracts.enums import AudioFileStatus, Role, TakeStatus
from ripieno.contracts.feedback import FeedbackOrder
from ripieno.contracts.production import MixedFile
from ripieno.contracts.provenance import Provenance
from ripieno.contracts.sets import SetFile, SetOrder, Span
from ripieno.contracts.speech import SpeakResult, SpokenFile, Transcript
from ripieno.contracts.workflow import RemovalOrder, RevisionOrder, TalkOrder
from ripieno.contracts.works import Element, ElementKind, Version
from ripieno.music.taste import drawing, lessons
from ripieno.records import analyses, preferences, quotas, runs, songs, works
from ripieno.services import behalf, blobs
from ripieno.services import quotas as limits
from ripieno.work import composing, endings, exporting, removal, tasting, teaching
from ripieno.work import rating as rating_module
from ripieno.work.composing import StillMaking
from ripieno.work.revising import NoSuchVersion
from ripieno.work.sets import (
    branching,
    bridging,
    comparing,
    downloading,
    editing,
    explaining,
    keeping,
    knowing,
    ordering,
    planning,
    rendering,
    showing,
    speaking,
    talking,
    versions,
)
from ripieno.work.sets.knowing import CannotPlan

AT_ONCE = 6
ENGINE = Provenance(engine="e", version="1", license="MIT")
TITLES = ("Aurora", "Night Drive", "Moonlit", "Glass Garden", "Final Light")


def song(
    owner: str, title: str, *, bpm: float = 120.0, key: str = "A", lufs: float = -12.0, style: str | None = None
) -> str:
    """An analysed song of two minutes."""
    its_id = names.audio_file_id(owner, hashlib.sha256(title.encode()).hexdigest())
    born, beat = "b1", 60 / bpm
    beats = [Beat(time=n * beat, position=n % 4 + 1) for n in range(int(120 / beat))]
    sections = [Section(start_time=at, end_time=at + 32 * beat, label=label, confidence=1)
                for at, label in ((0.0, "intro"), (32 * beat, "verse"), (64 * beat, "chorus"), (96 * beat, "outro"))]  # fmt: skip
    found = Analysis(
        duration_seconds=120, bpm=bpm, time_signature="4/4", key=key, mode="minor", beats=beats, sections=sections,
        bar_levels=[-14.0] * (len(beats) // 4), loudness_lufs=lufs,
        mood=MoodHeard(valence=0.3, arousal=0.4) if style else None,
        styles=[StyleHeard(name=style, weight=1.0)] if style else [], confidence=Confidences(beats=0.9, bpm=0.9),
    )  # fmt: skip
    analyses.save(owner, its_id, born, "i", found, SeparationResult(stems=[], duration_seconds=120, engine=ENGINE))
    songs.create(AudioFile(
        audio_file_id=its_id, owner=owner, born=born, original_file_name=f"{title}.mp3", status=AudioFileStatus.ANALYZED,
        uploaded_at="2026-01-01T00:00:00+00:00", sha256="ab", blob_name=f"{its_id}/b1/original.mp3", file_size_bytes=9,
        format="mp3", duration_seconds=120, bpm=bpm, key=key, mode="minor", instance_id="i",
    ))  # fmt: skip
    return its_id


@pytest.fixture
def library(storage, owner) -> list[str]:
    return [song(owner, title, bpm=116 + 3 * n, key="AEBFC"[n], lufs=-16 + 2 * n) for n, title in enumerate(TITLES)]


def its_id(owner: str) -> str:
    """Of the set that somebody has."""
    return "0" * 13 + hashlib.sha256(owner.encode()).hexdigest()[:12]


def begun(owner: str, **fields):
    order = SetOrder.model_validate({"brief": "four songs from my library", **fields})
    work, run = ordering.begin(owner, order, its_id(owner))
    return work, RevisionOrder.model_validate(run.order)


def rendered(order: RevisionOrder) -> None:
    """What the workflow of a version does, without its endpoint."""
    planning.plan(order)
    if speaking.is_wanted(order):
        said = speaking.job_body(order.owner, order.work_id, order.revision)["sayings"]
        for one in said:
            blobs.upload(names.GENERATED, f"{one['output']}.wav", b"said")
        files = [SpokenFile(blob_name=f"{one['output']}.wav", text=one["text"], file_size_bytes=9, sha256="a",
                            format="wav", sample_rate=44100, duration_seconds=2.0) for one in said]  # fmt: skip
        speaking.save(order, SpeakResult(files=files, engine=ENGINE).model_dump(), None)
    if rendering.begin(order):
        body = rendering.job_body(order.owner, order.work_id, order.revision)
        output = body["output"]
        for end in ("flac", "flac.peaks.json", "cue", "txt"):
            blobs.upload(names.GENERATED, f"{output}.{end}", b'TITLE "x"\nFILE "mix.flac" WAVE\n')
        chapters = [{"start_seconds": one["start_seconds"], "title": one["title"]} for one in body["plan"]["songs"]]
        file = SetFile(
            blob_name=f"{output}.flac", cue_blob=f"{output}.cue", tracklist_blob=f"{output}.txt", file_size_bytes=9,
            sha256="a", format="flac", sample_rate=44100, duration_seconds=body["plan"]["duration_seconds"],
            loudness_lufs=-14, true_peak_db=-1.1, chapters=chapters, engine=ENGINE,
        )  # fmt: skip
        rendering.save(order, file.model_dump(), None)


@pytest.fixture
def made(library, owner):
    """A set of four songs that can be heard."""
    _, order = begun(owner)
    rendered(order)
    return works.get_set(owner, its_id(owner))


def edited(work, **change):
    _, version, run, _ = editing.edit(work.owner, work.work_id, SetChange.model_validate(change))
    rendered(RevisionOrder.model_validate(run.order))
    return works.get_set(work.owner, work.work_id), version.number


def titles(work) -> list[str]:
    return [one.title for one in keeping.plan(work.work_id, work.dj_set.current).songs]


# -- planned and heard ---------------------------------------------------------------------------------------------


def test_a_set_is_planned_from_the_library_rendered_and_heard(made, library):
    shown = showing.shown(made)
    assert (shown.status, len(shown.plan.songs), len(shown.plan.transitions)) == ("completed", 4, 3)
    assert {one.song for one in shown.plan.songs} <= set(library)
    assert shown.mix.blob_url and shown.duration_seconds == shown.plan.duration_seconds
    assert [one.status for one in shown.versions] == ["made"] and shown.versions[0].songs
    assert showing.shown(made, is_whole=False).plan is None


def test_the_same_step_twice_is_the_same_plan(library, owner):
    _, order = begun(owner)
    planning.plan(order)
    first = keeping.plan(its_id(owner), 1)
    planning.plan(order)
    assert keeping.plan(its_id(owner), 1) == first


def test_what_cannot_be_played_is_told_before_anything_is_begun(storage, owner):
    with pytest.raises(CannotPlan, match="no song or composition"):
        begun(owner, songs=["nobody"])
    with pytest.raises(CannotPlan, match="there are jules"):
        begun(owner, persona="nobody")
    with pytest.raises(CannotPlan, match="nothing is asked for"):
        ordering.begin(owner, SetOrder(), its_id(owner))
    assert not list(runs.beginning_with(owner, "work-"))
    _, order = begun(owner)
    with pytest.raises(CannotPlan, match="analyse songs first"):
        planning.plan(order)


def test_a_version_that_failed_leaves_the_one_before(made):
    _, _, run, _ = editing.edit(made.owner, made.work_id, SetChange(again=True))
    endings.give(run, "killed")
    work = works.get_set(made.owner, made.work_id)
    assert (work.status, work.dj_set.current) == ("completed", 1) and "killed" in work.message
    assert work.dj_set.versions[1].status == "failed"


# -- edited --------------------------------------------------------------------------------------------------------


def test_what_is_moved_stays_there_and_the_rest_is_planned_around_it(made):
    before = titles(made)
    work, number = edited(made, edits=[{"do": "move", "song": made.dj_set.versions[0].songs[3], "to": 1}])
    assert number == 2 and titles(work)[0] == before[3] and work.dj_set.versions[1].parent == 1
    work, _ = edited(work, text="something else instead of the second song")
    assert titles(work)[0] == before[3], "it was moved there two versions ago"
    assert len(titles(work)) == 4


def test_a_banned_song_is_never_played_again_until_it_is_freed(made):
    gone = titles(made)[1]
    work, _ = edited(made, text=f"drop {gone}")
    assert gone not in titles(work) and work.dj_set.versions[-1].changes == [f"{gone} is out."]
    work, _ = edited(work, again=True)
    assert gone not in titles(work)


def test_more_energy_is_another_journey(made):
    _, _ = edited(made, text="much wilder in the second half")
    before, after = (keeping.plan(made.work_id, number).journey for number in (1, 2))
    assert max(one.energy for one in after) > max(one.energy for one in before)
    assert after[0].energy == before[0].energy


def test_an_equal_mix_is_not_rendered_again(made):
    work, _ = edited(made, edits=[{"do": "pin", "song": made.dj_set.versions[0].songs[0], "to": 1}])
    assert work.dj_set.versions[1].mix == work.dj_set.versions[0].mix
    assert len([one for one in work.elements if one.kind == "mix"]) == 1


def test_of_many_edits_at_once_one_is_made_and_the_others_are_told(made):
    together = Barrier(AT_ONCE)

    def edit(_: int) -> str:
        together.wait()
        try:
            return str(editing.edit(made.owner, made.work_id, SetChange(again=True))[1].number)
        except StillMaking:
            return "told"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert sorted(pool.map(edit, range(AT_ONCE))) == ["2", *["told"] * (AT_ONCE - 1)]


def test_an_edit_of_what_is_not_there_says_what_to_do(made):
    with pytest.raises(CannotPlan, match="not in this set"):
        _move_outsider(made)
    with pytest.raises(CannotPlan, match="I did not understand"):
        edited(made, text="bring me a pizza")
    with pytest.raises(NoSuchVersion):
        editing.edit(made.owner, made.work_id, SetChange(again=True, from_version=9))


def _move_outsider(made) -> None:
    outside = next(
        one.song for one in keeping.songs(made.work_id).songs if one.song not in made.dj_set.versions[0].songs
    )
    edited(made, edits=[{"do": "move", "song": outside, "to": 1}])


def test_rolled_back_an_earlier_version_is_heard_and_the_later_ones_stay(made):
    work, _ = edited(made, text="move the first song to the end")
    after = titles(work)
    work = versions.roll_back(made.owner, made.work_id, None)
    assert work.dj_set.current == 1 and titles(work) != after and len(work.dj_set.versions) == 2
    with pytest.raises(NoSuchVersion, match="nothing to roll back"):
        versions.roll_back(made.owner, made.work_id, None)


# -- compared ------------------------------------------------------------------------------------------------------


def compared(work, a: int, b: int):
    return comparing.compare(work.owner, work.work_id, a, b)


def test_of_two_versions_it_is_said_which_song_moved_from_where_to_where(made):
    before = titles(made)
    played = made.dj_set.versions[0].songs
    order = [played[3], *played[:3]]
    work, _ = edited(made, edits=[{"do": "move", "song": one, "to": n} for n, one in enumerate(order, start=1)])
    both = compared(work, 1, 2)
    assert [(one.title, one.a, one.b, one.change) for one in both.songs] == [
        (before[3], 4, 1, "moved"), *((title, n, n + 1, "same") for n, title in enumerate(before[:3], start=1)),
    ]  # fmt: skip
    assert f"{before[3]} moved from 4 to 1." in both.said and both.changes and not both.undone
    assert not both.is_same_mix
    between = {(one.from_title, one.to_title): (one.a is None, one.b is None) for one in both.transitions}
    assert between[before[3], before[0]] == (True, False) and between[before[2], before[3]] == (False, True)
    back = compared(work, 2, 1)
    assert f"{before[3]} moved from 1 to 4." in back.said and back.undone == both.changes and not back.changes


def test_of_two_versions_it_is_said_what_came_went_and_is_another_of_the_whole(made):
    gone = titles(made)[1]
    work, _ = edited(made, edits=[{"do": "ban", "song": made.dj_set.versions[0].songs[1]}], persona="rico", energy=0.3)
    both = compared(work, 1, 2)
    (came,) = (one for one in both.songs if one.change == "came")
    (went,) = (one for one in both.songs if one.change == "went")
    assert (went.title, went.a, went.b) == (gone, 2, None) and came.a is None
    assert f"{gone}, number 2, went." in both.said and f"{came.title} came in as number {came.b}." in both.said
    assert any(one.startswith("rico plays instead of") for one in both.said)
    assert any("more energy" in one for one in both.said)
    assert {"persona", "journey"} <= {one.field for one in both.fields}


def test_of_two_versions_it_is_said_which_transition_is_of_another_kind(made):
    first, second = made.dj_set.versions[0].songs[:2]
    place = {"from_song": first, "to_song": second}
    before = keeping.plan(made.work_id, 1).transitions[0].kind
    kind = "cut" if before != "cut" else "echo"
    work, _ = edited(made, edits=[{"do": "swap", "transition": place, "kind": kind}])
    both = compared(work, 1, 2)
    assert {one.change for one in both.songs} == {"same"}
    change = next(one for one in both.transitions if (one.from_song, one.to_song) == (first, second))
    assert (change.a.kind, change.b.kind) == (before, kind)
    assert any(one.startswith(f"From {change.from_title} to {change.to_title}: {kind}") for one in both.said)


def test_a_version_beside_itself_is_the_same_and_beside_what_is_not_there_is_told(made):
    both = compared(made, 1, 1)
    assert (both.said, both.fields, both.transitions, both.changes) == ([], [], [], []) and both.is_same_mix
    with pytest.raises(NoSuchVersion):
        compared(made, 1, 2)
    editing.edit(made.owner, made.work_id, SetChange(again=True))
    with pytest.raises(NoSuchVersion, match="nothing to compare"):
        compared(made, 1, 2)


def test_cancelled_what_is_being_made_ends_and_the_version_before_stands(made):
    editing.edit(made.owner, made.work_id, SetChange(again=True))
    work, run = removal.cancelled(made.owner, made.work_id, versions.cancel)
    assert [one.status for one in work.dj_set.versions] == ["made", "cancelled"] and work.dj_set.current == 1
    assert run.orchestrator == "CancelOrchestrator" and run.order["revision"] == 2


def test_a_song_that_is_removed_leaves_the_mix_whole_and_is_told_of_when_planned_again(made):
    gone = made.dj_set.versions[0].songs[1]
    title = titles(made)[1]
    songs.delete(made.owner, gone, "b1")
    assert showing.shown(works.get_set(made.owner, made.work_id)).mix is not None
    work, _ = edited(made, again=True)
    assert title not in titles(work)
    assert f"{title} was removed from the library: it is left out" in work.dj_set.versions[-1].remarks


# -- said ----------------------------------------------------------------------------------------------------------


def said(work, text: str, seed: str = "t1"):
    _, _, run = talking.begin(work.owner, work.work_id, SaidToSet(text=text), seed)
    order = TalkOrder.model_validate(run.order)
    return order, talking.heed(order, None, None)


def test_what_is_said_changes_the_set_and_is_answered_in_the_same_language(made):
    last = titles(made)[-1]
    order, version = said(made, "spiel das letzte Lied am Anfang")
    work = works.get_set(made.owner, made.work_id)
    talk = talking.find(work, "t1")
    assert (talk.language, talk.version, talk.status) == ("de", 2, "answered")
    assert f"{last} ist jetzt Nummer 1" in talk.answer and "4 Lieder" in talk.answer
    assert version.revision == 2 and work.dj_set.versions[1].planned
    assert talking.heed(order, None, None).revision == 2, "the same again is the same"
    assert len(works.get_set(made.owner, made.work_id).dj_set.versions) == 2
    rendered(version)
    assert titles(works.get_set(made.owner, made.work_id))[0] == last
    body = talking.answer_body(made.owner, made.work_id, "t1")
    assert body["sayings"][0]["language"] == "de"


def test_a_question_is_answered_and_changes_nothing(made):
    second = titles(made)[1]
    _, version = said(made, f"why is {second} there?")
    talk = talking.find(works.get_set(made.owner, made.work_id), "t1")
    assert version is None and talk.version is None and second in talk.answer and "energy" in talk.answer
    assert explaining.why(made.owner, made.work_id, song=2).song.title == second
    assert explaining.why(made.owner, made.work_id, transition=1, language="fr").answer.startswith("De ")
    assert explaining.why(made.owner, made.work_id).why
    with pytest.raises(NoSuchVersion, match="no song 9"):
        explaining.why(made.owner, made.work_id, song=9)


def test_a_recording_without_a_recogniser_says_that_a_transcript_works(made, tmp_path):
    recording = _wav(tmp_path)
    _, talk, run = talking.begin(made.owner, made.work_id, recording, "t2")
    order = TalkOrder.model_validate(run.order)
    assert talking.is_to_be_heard(order) and talk.recording.endswith(".wav")
    assert talking.heed(order, None, {"message": "without a recogniser only a transcript works"}) is None
    talk = talking.find(works.get_set(made.owner, made.work_id), "t2")
    assert talk.status == "failed" and "transcript" in talk.error


def test_a_recording_that_is_heard_is_understood_as_words_are(made, tmp_path):
    _, _, run = talking.begin(made.owner, made.work_id, _wav(tmp_path), "t3")
    heard = Transcript(text="Drop the second song.", engine=ENGINE).model_dump()
    version = talking.heed(TalkOrder.model_validate(run.order), heard, None)
    talk = talking.find(works.get_set(made.owner, made.work_id), "t3")
    assert version is not None and talk.words == "Drop the second song." and talk.recogniser == ENGINE


def test_what_is_taken_back_is_heard_as_before(made):
    edited(made, text="move the first song to the end")
    said(made, "undo that")
    work = works.get_set(made.owner, made.work_id)
    assert work.dj_set.current == 1 and talking.find(work, "t1").answer == "It is as it was before."


def test_while_a_version_is_being_made_the_set_says_so(made):
    editing.edit(made.owner, made.work_id, SetChange(again=True))
    said(made, "drop the second song")
    talk = talking.find(works.get_set(made.owner, made.work_id), "t1")
    assert "version 2 is being made" in talk.answer and talk.version is None


def _wav(folder) -> bytes:
    import numpy as np
    import soundfile

    soundfile.write(folder / "said.wav", np.zeros(800, np.float32), 8000)
    return (folder / "said.wav").read_bytes()


# -- spoken, taken home, removed -----------------------------------------------------------------------------------


def test_a_persona_speaks_in_the_language_of_the_brief_and_its_lines_are_in_the_mix(library, owner):
    _, order = begun(owner, brief="vier Lieder aus meiner Sammlung", announced=True, persona="rico")
    rendered(order)
    version = works.get_set(owner, its_id(owner)).dj_set.versions[0]
    assert len(version.lines) >= 3 and {one.language for one in version.lines} == {"de"}
    assert [one.at_seconds for one in version.lines] == sorted(one.at_seconds for one in version.lines)
    said_in_it = rendering.job_body(owner, its_id(owner), 1)["announcements"]
    assert len(said_in_it) == len(version.lines) and "{" not in "".join(one["text"] for one in said_in_it)


def test_a_line_waits_for_a_gap_of_the_voice_where_one_is_near(made):
    plan = keeping.plan(made.work_id, 1)
    known = keeping.songs(made.work_id).songs
    order = SetOrder(brief="x", announced=True)
    plain = speaking.lines_of(order, plan, known)
    song = next(one for one in plan.songs if any(abs(line.at_seconds - one.start_seconds) < 60 for line in plain[1:-1]))
    line = next(one for one in plain[1:-1] if song.start_seconds <= one.at_seconds < song.end_seconds)
    begin = line.at_seconds - song.start_seconds + song.in_seconds
    voice = [{"start_seconds": max(0, begin - 1), "end_seconds": begin + 6}]
    sung = [one.model_copy(update={"vocals": [Span.model_validate(v) for v in voice]}) if one.song == song.song else one
            for one in known]  # fmt: skip
    moved = next(one for one in speaking.lines_of(order, plan, sung) if one.text == line.text)
    assert 6 <= moved.at_seconds - line.at_seconds <= 8
    everywhere = [one.model_copy(update={"vocals": [Span(start_seconds=0, end_seconds=120)]}) for one in known]
    assert speaking.lines_of(order, plan, everywhere) == plain, "no gap is near"


def test_where_nothing_can_be_spoken_the_mix_goes_without_and_says_so(library, owner):
    _, order = begun(owner, announced=True)
    planning.plan(order)
    speaking.save(order, None, {"message": "no voice"})
    version = works.get_set(owner, its_id(owner)).dj_set.versions[0]
    assert version.lines == [] and any("nobody speaks: no voice" in one for one in version.remarks)


def test_a_set_is_taken_home_with_its_cue_sheet_and_chapters(made):
    def file(wanted):
        return downloading.download(made.owner, made.work_id, wanted, None)

    assert 'FILE "' in file("cue").data.decode() and file("cue").file_name.endswith(".cue")
    marks = file("chapters").data.decode()
    assert marks.startswith(";FFMETADATA1") and marks.count("[CHAPTER]") == 4
    assert isinstance(file("flac"), exporting.Stored)
    making = file("mp3")
    assert isinstance(making, exporting.Making) and making.run is not None
    assert file("mp3").run is None, "asked for twice it is made once"
    with pytest.raises(NoSuchVersion):
        downloading.download(made.owner, made.work_id, "cue", 7)


def test_deleted_a_set_leaves_nothing_and_its_songs_stay(made):
    said(made, "drop the second song")
    run = removal.of_work(made.owner, made.work_id)
    order = RemovalOrder.model_validate(run.order)
    removal.delete(order)
    removal.forget(order)
    assert works.find(made.owner, made.work_id) is None
    assert not list(blobs.list_names(names.GENERATED, made.work_id))
    assert not runs.beginning_with(made.owner, f"work-{made.work_id}")
    assert len(knowing.library(made.owner, 1).songs) == len(TITLES)


def composed(order: RevisionOrder) -> None:
    """A composition whose first version can be heard, its sound said to be in storage."""
    for stage in list(composing._STAGES):
        assert composing.settle(order, stage)
    master = MixedFile(
        name="m", blob_name=f"{order.work_id}/m.wav", file_size_bytes=9, sha256="ab", format="wav", sample_rate=44100,
        duration_seconds=60.0, loudness_lufs=-14.0, peak=0.9, gain_db=0.0, engine=ENGINE,
    )  # fmt: skip

    def made(work):
        first = work.composition.revisions[0]
        first.status, first.mix = "made", "mix-1"
        version = Version(number=1, status=TakeStatus.GENERATED, made_at="now", file=master)
        work.elements.append(Element(name="mix-1-master", kind=ElementKind.MASTER, versions=[version]))
        return work

    works.change(order.owner, order.work_id, made)


def test_a_bridge_that_was_composed_is_played_between_its_songs(library, owner):
    far = song(owner, "Elsewhere", bpm=171, key="F#", lufs=-6)
    _, order = begun(owner, brief="", songs=[library[0], far], all_of_them=True, bridges=True)
    (asked,) = planning.plan(order)
    before = keeping.plan(its_id(owner), 1)
    composed(asked)
    assert bridging.join(order) and bridging.join(order), "once more it is the same wish"
    assert planning.plan(order, may_bridge=False) == []
    played = keeping.plan(its_id(owner), 1).songs
    assert [one.song for one in played] == [before.songs[0].song, asked.work_id, before.songs[1].song]
    bridge = next(one for one in keeping.songs(its_id(owner)).songs if one.song == asked.work_id)
    assert bridge.is_composition and bridge.bpm and bridge.downbeats[0] == 0 and bridge.sections
    assert bridge.vocals == [] and abs(bridge.bpm - before.bridges[0].bpm) < 1
    assert asked.work_id not in {one.song for one in knowing.library(owner, 1).songs}, "it is this set's own"


# -- branched ------------------------------------------------------------------------------------------------------


def removed(work) -> None:
    order = RemovalOrder.model_validate(removal.of_work(work.owner, work.work_id).order)
    removal.delete(order)
    removal.forget(order)


def branched(work, number: int | None = None):
    """A branch before anything is made of it, and the order of its first version."""
    other, run = branching.begin(work.owner, work.work_id, number, "1" + work.work_id[1:])
    return other, RevisionOrder.model_validate(run.order)


def test_a_branch_begins_as_the_version_is_and_nothing_is_made_anew(library, owner):
    _, order = begun(owner, announced=True)
    rendered(order)
    made = works.get_set(owner, its_id(owner))
    edited(made, text="move the first song to the end")
    other, order = branched(made, 1)
    assert planning.plan(order) == [] and not speaking.is_wanted(order) and not rendering.begin(order)
    other = works.get_set(owner, other.work_id)
    first, same = made.dj_set.versions[0], other.dj_set.versions[0]
    assert (other.status, len(other.dj_set.versions), other.dj_set.branch_of.version) == ("completed", 1, 1)
    assert keeping.plan(other.work_id, 1) == keeping.plan(made.work_id, 1) and same.wishes == first.wishes
    assert [one.text for one in same.lines] == [one.text for one in first.lines] != []
    removed(made)
    shown = showing.shown(other)
    file = other.element(same.mix).latest.set_file
    here = [file.blob_name, file.cue_blob, file.tracklist_blob, *(one.blob_name for one in same.lines)]
    assert set(here) <= set(blobs.list_names(names.GENERATED, other.work_id)), "it stays when the first is deleted"
    assert shown.mix.duration_seconds == shown.duration_seconds and shown.branch_of.set_id == made.work_id
    assert downloading.download(owner, other.work_id, "tracklist", None).data


def test_a_branch_is_changed_on_its_own(made):
    wanted = {"do": "move", "song": made.dj_set.versions[0].songs[3], "to": 1}
    work, _ = edited(made, edits=[wanted])
    other, order = branched(work)
    rendered(order)
    before = titles(works.get_set(made.owner, other.work_id))
    assert before == titles(work)
    other, number = edited(works.get_set(made.owner, other.work_id), text="drop the last song")
    assert number == 2 and titles(other)[0] == before[0], "what was wished of the first set is wished of its branch"
    assert titles(works.get_set(made.owner, made.work_id)) == before
    assert preferences.find(made.owner) is None, "nobody has said anything twice"


def test_a_branch_that_is_asked_for_again_is_the_same(made):
    other, order = branched(made)
    edited(made, text="move the first song to the end")
    again, same = branched(made)
    assert again == other and (same.work_id, same.revision) == (order.work_id, order.revision)
    rendered(order)
    assert keeping.plan(other.work_id, 1) == keeping.plan(made.work_id, 1)


def test_a_branch_of_what_is_not_made_is_told(made):
    with pytest.raises(NoSuchVersion):
        branched(made, 2)
    editing.edit(made.owner, made.work_id, SetChange(again=True))
    with pytest.raises(NoSuchVersion, match="nothing to begin from"):
        branched(made, 2)
    assert branched(made)[0].dj_set.branch_of.version == 1, "what is heard can be branched while more is made"


def test_a_branch_of_a_set_that_is_deleted_meanwhile_is_planned_of_what_is_left(made):
    other, order = branched(made)
    gone = titles(made)[1]
    removed(made)
    songs.delete(made.owner, made.dj_set.versions[0].songs[1], "b1")
    rendered(order)
    other = works.get_set(made.owner, other.work_id)
    assert other.status == "completed" and gone not in titles(other)
    assert f"{gone} was removed from the library: it is left out" in other.dj_set.versions[0].remarks


def test_a_bridge_that_a_branch_plays_goes_with_neither_set(library, owner):
    far = song(owner, "Elsewhere", bpm=171, key="F#", lufs=-6)
    _, order = begun(owner, brief="", songs=[library[0], far], all_of_them=True, bridges=True)
    (asked,) = planning.plan(order)
    composed(asked)
    assert bridging.join(order)
    planning.plan(order, may_bridge=False)
    rendered(order)
    made = works.get_set(owner, its_id(owner))
    other, order = branched(made)
    rendered(order)
    assert asked.work_id in {one.song for one in knowing.library(owner, 1).songs}
    removed(made)
    other, _ = edited(works.get_set(owner, other.work_id), again=True)
    assert asked.work_id in other.dj_set.version().songs, "it is still there to be played"
    assert not other.dj_set.version().remarks
    removed(other)
    assert works.find(owner, asked.work_id) is not None


def test_a_finished_composition_is_a_song_of_the_library(library, owner):
    work, run = composing.begin(
        owner, CompositionOrder(brief="a calm bossa in C, 20 seconds", instrumental=True), "1" * 25
    )
    assert work.work_id not in {one.song for one in knowing.library(owner, 1).songs}
    with pytest.raises(CannotPlan, match="can be played once it is made"):
        begun(owner, songs=[work.work_id])
    composed(RevisionOrder.model_validate(run.order))
    (piece,) = (one for one in knowing.library(owner, 1).songs if one.is_composition)
    assert (piece.song, piece.key, piece.audio.blob_name) == (work.work_id, "C", f"{work.work_id}/m.wav")
    assert set(piece.styles) == {"bossa"} and 0 <= piece.energy <= 1 and len(piece.bar_levels) > 3


def test_a_bridge_is_asked_for_once_and_goes_with_its_set(library, owner):
    far = song(owner, "Elsewhere", bpm=171, key="F#", lufs=-6)
    _, order = begun(owner, brief="", songs=[library[0], far], all_of_them=True, bridges=True)
    asked = planning.plan(order)
    plan = keeping.plan(its_id(owner), 1)
    assert len(plan.bridges) == len(asked) == 1
    assert planning.plan(order) == asked, "asked for twice it is the same composition"
    work = works.get_set(owner, its_id(owner))
    piece = works.get_composition(owner, asked[0].work_id)
    assert work.dj_set.bridges == [piece.work_id] == [bridging.id_of(work, plan.bridges[0])]
    assert piece.part_of == its_id(owner) and piece.composition.order.instrumental
    assert not bridging.join(order), "it is not made yet"
    removal.delete(RemovalOrder.model_validate(removal.of_work(owner, its_id(owner)).order))
    assert works.find(owner, piece.work_id) is None


def test_bridges_that_may_be_composed_are_held_with_their_set_and_then_by_themselves(library, owner, monkeypatch):
    def held() -> int:
        return next(one.used for one in quotas.states(owner) if one.quota == "generation_seconds_a_day")

    everything = dict.fromkeys(limits.Quotas.model_fields, "unlimited")
    table = {"roles": {"*": everything | {"generation_seconds_a_day": 5000}}, "visitors": everything}
    monkeypatch.setenv("RIPIENO_QUOTAS", json.dumps(table))
    far = song(owner, "Elsewhere", bpm=171, key="F#", lufs=-6)
    with behalf.of(owner, frozenset(Role)):
        _, order = begun(owner, brief="", songs=[library[0], far], all_of_them=True, bridges=True)
    assert held() == 3 * 120 * 6, "which are missing is not known yet"
    table["roles"]["*"]["generation_seconds_a_day"] = 0
    monkeypatch.setenv("RIPIENO_QUOTAS", json.dumps(table))
    with behalf.of(owner):  # as the workflow: what was let in is never turned away
        (asked,) = planning.plan(order)
        assert planning.plan(order) == [asked]
    bridge = works.get_composition(owner, asked.work_id).composition.order
    assert held() == 6 * bridge.duration_seconds


@pytest.fixture
def of_two_styles(storage, owner) -> list[str]:
    """Twelve songs that nothing tells apart but what they are like."""
    return [song(owner, f"{style} {n}", style=style) for n in range(6) for style in ("jazz", "techno")]


def test_planning_knows_the_mood_and_styles_that_were_heard(of_two_styles, owner):
    known = knowing.named(owner, of_two_styles[:2]).songs
    assert [one.styles for one in known] == [{"jazz": 1.0}, {"techno": 1.0}]
    assert all((one.valence, one.arousal, one.energy) == (0.3, 0.4, 0.7) for one in known)


@pytest.fixture
def of_both(of_two_styles, owner):
    """A set of two songs of either style."""
    work, run = ordering.begin(owner, SetOrder(songs=of_two_styles[:4], all_of_them=True), its_id(owner))
    rendered(RevisionOrder.model_validate(run.order))
    return works.get_set(owner, work.work_id)


def taught(owner: str) -> dict[str, float]:
    """The lessons of somebody: how much is liked of which style."""
    known = preferences.find(owner)
    return {style: one.liked for one in (known.lessons if known else []) for style in one.chose.get("styles", {})}


def test_an_edit_of_a_set_teaches_and_told_twice_counts_once(of_both, of_two_styles, owner):
    banned, pinned = of_two_styles[1], of_two_styles[0]
    wanted = [{"do": "ban", "song": banned}, {"do": "pin", "song": pinned}]
    work, _ = edited(of_both, edits=wanted)
    assert taught(owner) == {"techno": lessons.BANNED, "jazz": lessons.CHOSEN}
    liked = drawing.liking(tasting.of(owner))
    assert liked["jazz"] > 0 > liked["techno"]
    before = preferences.find(owner).lessons
    work, _ = edited(work, edits=wanted)
    assert preferences.find(owner).lessons == before
    preferences.forget(owner)
    teaching.again(owner)
    assert preferences.find(owner).lessons[-1].chose == before[-1].chose and taught(owner) == {
        "techno": lessons.BANNED, "jazz": lessons.CHOSEN,
    }  # fmt: skip


def test_who_frees_a_song_says_nothing_of_it_any_more(of_both, of_two_styles, owner):
    work, _ = edited(of_both, edits=[{"do": "ban", "song": of_two_styles[1]}])
    assert taught(owner) == {"techno": lessons.BANNED}
    edited(work, edits=[{"do": "free", "song": of_two_styles[1]}])
    assert taught(owner) == {}


def test_a_song_that_another_takes_the_place_of_is_liked_less_and_places_that_are_changed_say_nothing(
    of_both, of_two_styles, owner
):
    inside, outside = of_two_styles[0], of_two_styles[5]
    work, _ = edited(of_both, edits=[{"do": "swap", "song": inside, "other": of_two_styles[1]},
                                     {"do": "move", "song": inside, "to": 1}])  # fmt: skip
    assert preferences.find(owner) is None
    _, talk_run = said(work, "drop the first song")
    assert list(taught(owner).values()) == [lessons.BANNED], "what is said teaches as an edit does"
    rendered(talk_run)
    preferences.forget(owner)
    work = works.get_set(owner, work.work_id)
    swapped = next(one for one in work.dj_set.version().songs if one in (of_two_styles[2], of_two_styles[0]))
    edited(work, edits=[{"do": "swap", "song": swapped, "other": outside}])
    assert taught(owner) == {"jazz": lessons.BANNED, "techno": lessons.CHOSEN}, "it was not known to the set before"


def test_what_was_said_of_a_set_is_learned_again(of_both, owner):
    rating_module.give(owner, FeedbackOrder(target=of_both.work_id, rating=5), "f" * 16)
    before = taught(owner)
    preferences.forget(owner)
    teaching.again(owner)
    assert taught(owner) == before != {}


@pytest.mark.parametrize(("rating", "style"), [(5, "jazz"), (1, "techno")])
def test_what_is_said_of_a_set_teaches_and_the_next_one_is_more_of_it(of_two_styles, owner, rating, style):
    """A rating of a night of jazz alone."""
    order = SetOrder(songs=of_two_styles[::2], all_of_them=True)
    work, run = ordering.begin(owner, order, its_id(owner))
    rendered(RevisionOrder.model_validate(run.order))
    for n in range(8):
        rating_module.give(owner, FeedbackOrder(target=work.work_id, rating=rating), f"{n:016x}")
    liked = drawing.liking(tasting.of(owner))
    assert (liked["jazz"] > 0.2) == (rating == 5) and (liked["jazz"] < 0) == (rating == 1)
    other = "1" + its_id(owner)[1:]
    _, run = ordering.begin(owner, SetOrder(brief="four songs from my library"), other)
    planning.plan(RevisionOrder.model_validate(run.order))
    played = [of_two_styles.index(one.song) % 2 for one in keeping.plan(other, 1).songs]
    assert played.count(0 if style == "jazz" else 1) >= 3
