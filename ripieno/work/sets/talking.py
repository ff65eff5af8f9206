"""What is said to a set: heard, understood, done and answered.

What was said is noted with the run that answers it. A recording is turned into words by a job, where there is a
recogniser; the words are understood by rule, and change the set as an edit does. The answer is given in words at once
and spoken by another job; whoever asked waits for neither the new mix nor the voice.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.dj_sets import MOST_TALKS, SaidToSet, SetTalk, SetVersion
from ripieno.contracts.production import AudioBlob
from ripieno.contracts.sets import SetPlan
from ripieno.contracts.speech import SpeakInput, SpeakResult, TranscribeInput, Transcript
from ripieno.contracts.workflow import RevisionOrder, Run, TalkOrder
from ripieno.contracts.works import Work
from ripieno.music.talking import answering, hearing, words
from ripieno.music.talking.hearing import Heard
from ripieno.records import runs, works
from ripieno.services import audio_format, blobs
from ripieno.work import asking
from ripieno.work.composing import StillMaking
from ripieno.work.revising import NoSuchVersion
from ripieno.work.sets import editing, planning, speaking, versions
from ripieno.work.sets.knowing import CannotPlan

MOST_BYTES = 12 * 1024 * 1024  # of a recording: a minute of 24 bit stereo


class TooMuchSaid(RuntimeError):
    """The set keeps as much as was said to it as it can."""


def begin(owner: str, work_id: str, said: SaidToSet | bytes, seed: str) -> tuple[Work, SetTalk, Run]:
    """Note what was said, and the run that answers it.

    Raises
    ------
    WorkMissing, TooMuchSaid, CannotPlan
    contracts.problems.BadAudio
        For a recording that is none.
    """
    work = works.get_set(owner, work_id)
    versions.made(work, None)
    _check_room(work)
    talk = SetTalk(talk_id=seed, said_at=versions.now())
    if isinstance(said, bytes):
        talk.recording = names.said_blob(work_id, seed, _described(said).format)
    else:
        talk.words, talk.language = said.text, said.language or hearing.hear(said.text, editing.Listing(())).language
    order = TalkOrder(owner=owner, work_id=work_id, arrived_at=talk.said_at, talk_id=seed)
    run = asking.run_of(owner, "TalkOrchestrator", names.talk_instance(work_id, seed), order.model_dump())
    runs.note(run)
    if isinstance(said, bytes) and talk.recording is not None:
        blobs.upload(names.GENERATED, talk.recording, said)

    def noted(now: Work) -> Work | None:
        if any(one.talk_id == seed for one in versions.dj_set(now).talks):
            return None
        _check_room(now)
        versions.dj_set(now).talks.append(talk)
        return now

    return works.change(owner, work_id, noted), talk, run


def _described(said: bytes) -> audio_format.AudioDescription:
    with tempfile.TemporaryDirectory(prefix="ripieno-said-") as folder:
        path = Path(folder) / "audio"
        path.write_bytes(said)
        return audio_format.describe(path)


def is_to_be_heard(order: TalkOrder) -> bool:
    """Whether what was said is a recording that nobody has turned into words."""
    talk = find(works.get_set(order.owner, order.work_id), order.talk_id)
    return talk.status == "listening" and talk.recording is not None and not talk.words


def recording_body(owner: str, work_id: str, talk_id: str) -> dict[str, Any]:
    """The input of the job that turns what was said into words."""
    talk = find(works.get_set(owner, work_id), talk_id)
    return TranscribeInput(audio=AudioBlob(blob_name=talk.recording or "")).model_dump(mode="json")


def heed(order: TalkOrder, heard: dict[str, Any] | None, error: dict[str, Any] | None) -> RevisionOrder | None:
    """Understand what was said, change the set by it and give the answer in words; the order of the version that is
    made of it, None where there is none."""
    work = works.get_set(order.owner, order.work_id)
    talk = find(work, order.talk_id)
    if talk.status != "listening":
        return _order_of(work, talk)
    if error is not None:
        _fail(order, error["message"])
        return None
    if heard is not None:
        transcript = Transcript.model_validate(heard)
        talk.words, talk.recogniser = transcript.text.strip(), transcript.engine
    if not talk.words:
        _fail(order, "nothing was said that could be understood: say it again, or send it as text")
        return None
    done, back_to = _done(work, talk)

    def heeded(now: Work) -> Work | None:
        known = find(now, order.talk_id)
        if known.status != "listening":
            return None  # another run of this step was faster
        its = versions.dj_set(now)
        its.talks = [done if one.talk_id == done.talk_id else one for one in its.talks]
        if back_to is not None and its.open is None:
            its.current = back_to
        return now

    work = works.change(order.owner, order.work_id, heeded)
    return _order_of(work, find(work, order.talk_id))


def has_answer(order: TalkOrder) -> bool:
    """Whether there is an answer that nobody has spoken."""
    talk = find(works.get_set(order.owner, order.work_id), order.talk_id)
    return bool(talk.answer) and talk.answer_blob is None


def answer_body(owner: str, work_id: str, talk_id: str) -> dict[str, Any]:
    """The input of the job that speaks the answer."""
    work = works.get_set(owner, work_id)
    talk = find(work, talk_id)
    voice = speaking.voice_of(versions.dj_set(work).version().persona)
    said = speaking.saying(work_id, talk.answer, talk.language)
    return SpeakInput(sayings=[said], voice=voice).model_dump(mode="json")


def save_answer(order: TalkOrder, result: dict[str, Any] | None, error: dict[str, Any] | None) -> None:
    """Keep how the answer sounds; where it could not be spoken, it stands in words and says why."""

    def saved(talk: SetTalk) -> None:
        if result is None:
            talk.error = f"the answer could not be spoken: {error['message'] if error else 'unknown'}"[:500]
            return
        spoken = SpeakResult.model_validate(result)
        talk.answer_blob, talk.speaker = spoken.files[0].blob_name, spoken.engine

    _change(order, saved)


def fail(order: TalkOrder, message: str) -> None:
    """Give what was said its end where it has none."""
    try:
        _fail(order, message)
    except works.WorkMissing:
        pass  # removed meanwhile


def find(work: Work, talk_id: str) -> SetTalk:
    """Raises `VersionMissing`, where nothing of this id was said to the set."""
    found = next((one for one in versions.dj_set(work).talks if one.talk_id == talk_id), None)
    if found is None:
        raise works.VersionMissing(f"nothing was said to the set under {talk_id[:60]}")
    return found


# -- understood ---------------------------------------------------------------------------------------------------


def _done(work: Work, talk: SetTalk) -> tuple[SetTalk, int | None]:
    """What was said, with what was understood and done, and the answer; the version to go back to, where that is
    wanted."""
    done = talk.model_copy(deep=True)
    before = versions.made(work, None)
    plan = editing.plan_of(work, before)
    given = talk.language if not talk.recording else None
    heard = hearing.hear(talk.words, editing.listing_of(work, plan), given)
    done.language, done.not_understood, done.status = heard.language, heard.unread, "answered"
    said = words.words(heard.language).answers
    back_to: int | None = None
    try:
        if heard.undo:
            back_to = versions.parent_of(work).number
            sentences = [said["undo"]]
        else:
            sentences = _heeded(work, before, plan, heard, done)
    except (CannotPlan, StillMaking, NoSuchVersion) as fault:
        sentences = [said["cannot"].format(why=str(fault))]
    for question in heard.questions:
        sentences += answering.why(question, plan, heard.language)
    sentences += [said["beyond"].format(number=number, count=len(plan.songs)) for number in heard.beyond]
    done.answer = answering.whole([*sentences, *answering.missed(heard)])
    return done, back_to


def _heeded(work: Work, before: SetVersion, plan: SetPlan, heard: Heard, done: SetTalk) -> list[str]:
    """What was changed, in sentences. Raises what an edit does."""
    if not (heard.edits or heard.shifts):
        return []
    begun = _begun_by(work, done)
    if begun is None:
        asked = editing.asked_of(work, before, plan, heard.edits, heard.shifts)
        _, version, _ = editing.noted(work.owner, work.work_id, before, asked, said=done.words, talk_id=done.talk_id)
    else:
        version = begun
    done.version, done.edits, done.changes = version.number, version.edits, version.changes
    now, open_ = versions.opened(RevisionOrder.model_validate(versions.run_of(work, version.number).order))
    if open_ is not None and not open_.planned:
        plan = planning.settle(RevisionOrder.model_validate(versions.run_of(now, version.number).order), now, open_)
    sentences = answering.done(version.edits, heard.shifts, editing.titles_of(work, plan), heard.language)
    return [*sentences, answering.planned(plan, heard.language)]


def _begun_by(work: Work, talk: SetTalk) -> SetVersion | None:
    """The version that this talk has begun before it died."""
    return next((one for one in versions.dj_set(work).versions if one.talk_id == talk.talk_id), None)


def _order_of(work: Work, talk: SetTalk) -> RevisionOrder | None:
    if talk.version is None:
        return None
    return RevisionOrder.model_validate(versions.run_of(work, talk.version).order)


# -- parts --------------------------------------------------------------------------------------------------------


def _check_room(work: Work) -> None:
    if len(versions.dj_set(work).talks) >= MOST_TALKS:
        raise TooMuchSaid(f"a set is talked to {MOST_TALKS} times at most: POST /sets/{{id}}/edit still changes it")


def _fail(order: TalkOrder, message: str) -> None:
    def failed(talk: SetTalk) -> None:
        if talk.status == "listening":
            talk.status, talk.error = "failed", message[:500]

    _change(order, failed)


def _change(order: TalkOrder, to: Callable[[SetTalk], None]) -> None:
    def changed(work: Work) -> Work:
        to(find(work, order.talk_id))
        return work

    works.change(order.owner, order.work_id, changed)
