"""A voice: its samples, its consent, its versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import makers
import pytest
import voice_makers

from ripieno.contracts import names
from ripieno.contracts.consent import ConsentOrder, Purpose
from ripieno.contracts.problems import BadAudio
from ripieno.contracts.voice_profiles import TrainOrder
from ripieno.contracts.voices import MOST_SAMPLES, SampleFault
from ripieno.contracts.workflow import SampleOrder, VoiceVersionOrder
from ripieno.records import runs, voices
from ripieno.services import blobs
from ripieno.work import endings, voices_consent, voices_samples, voices_using, voices_versions
from ripieno.work import voices as work

QUIET = SampleFault(code="too_quiet", message="it is too quiet: come closer")


@pytest.fixture
def voice(storage, owner):
    return voice_makers.created(owner)


def kept(voice_id: str) -> list[str]:
    return blobs.list_names(names.VOICES, f"{voice_id}/")


# -- samples ------------------------------------------------------------------------------------------------------


def test_a_sample_is_kept_under_the_voices_folder_and_heard(voice, tmp_path):
    added = voice_makers.sent(voice, tmp_path)
    assert added.is_new and added.sample.status == "checking" and kept(voice.voice_id) == [added.sample.blob_name]
    assert runs.find(voice.owner, added.sample.instance_id) is not None
    assert not voice_makers.heard(added)
    (sample,) = voices.get(voice.owner, voice.voice_id).samples
    assert (sample.status, sample.duration_seconds) == ("taken", 4.0)
    assert work.shown(voices.get(voice.owner, voice.voice_id)).samples[0].report.embedding == [], "engines read that"


def test_the_same_bytes_are_one_sample_and_one_check(voice, tmp_path):
    data = makers.tone()
    first, again = (voice_makers.sent(voice, tmp_path, data=data) for _ in range(2))
    assert (first.is_new, again.is_new) == (True, False) and again.run.order == first.run.order
    voice_makers.heard(first)
    assert voice_makers.sent(voice, tmp_path, data=data).run is None, "it was heard"
    assert len(voices.get(voice.owner, voice.voice_id).samples) == 1


def test_a_refused_sample_leaves_nothing_but_why(voice, tmp_path):
    added = voice_makers.sent(voice, tmp_path)
    assert not voice_makers.heard(added, QUIET)
    (sample,) = voices.get(voice.owner, voice.voice_id).samples
    assert sample.status == "refused" and sample.report.refused == [QUIET] and sample.report.embedding == []
    assert kept(voice.voice_id) == []
    assert work.shown(voices.get(voice.owner, voice.voice_id)).samples[0].blob_url is None


def test_of_two_at_once_the_later_is_held_against_the_first(voice, tmp_path):
    both = [voice_makers.sent(voice, tmp_path) for _ in range(2)]
    orders = [SampleOrder.model_validate(one.run.order) for one in both]
    assert all(voices_samples.begin(one) for one in orders), "there is nothing to hold either against"
    assert not voices_samples.save(orders[0], voice_makers.report(), None)
    assert voices_samples.save(orders[1], voice_makers.report(), None), "it is heard once more"
    body = voices_samples.job_body(voice.owner, voice.voice_id, orders[1].sample_id)
    assert body["known"] == [voice_makers.EMBEDDING]
    assert not voices_samples.save(orders[1], voice_makers.report(), None)
    assert [one.status for one in voices.get(voice.owner, voice.voice_id).samples] == ["taken", "taken"]


def test_the_body_of_a_check_is_the_same_whoever_is_taken_meanwhile(voice, tmp_path):
    voice_makers.taken(voice, tmp_path)
    added = voice_makers.sent(voice, tmp_path)
    order = SampleOrder.model_validate(added.run.order)
    assert voices_samples.begin(order)
    before = voices_samples.job_body(voice.owner, voice.voice_id, order.sample_id)
    voice_makers.taken(voice, tmp_path)
    assert voices_samples.begin(order)
    assert voices_samples.job_body(voice.owner, voice.voice_id, order.sample_id) == before


def test_a_check_that_broke_off_fails_the_sample_and_the_same_bytes_may_come_again(voice, tmp_path):
    data = makers.tone()
    added = voice_makers.sent(voice, tmp_path, data=data)
    endings.give(added.run, "its workflow was terminated")
    (sample,) = voices.get(voice.owner, voice.voice_id).samples
    assert sample.status == "failed" and "send it again" in sample.error and kept(voice.voice_id) == []
    again = voice_makers.sent(voice, tmp_path, data=data)
    assert again.is_new and not voice_makers.heard(again)
    assert [one.status for one in voices.get(voice.owner, voice.voice_id).samples] == ["taken"]


def test_what_is_no_audio_and_what_is_too_much_is_refused(voice, tmp_path, monkeypatch):
    with pytest.raises(BadAudio):
        voice_makers.sent(voice, tmp_path, data=b"not audio at all")
    monkeypatch.setattr(voices_samples, "MOST_SAMPLES", 1)
    voice_makers.taken(voice, tmp_path)
    with pytest.raises(voices_samples.CannotAdd, match="has 1 samples"):
        voice_makers.sent(voice, tmp_path)
    assert MOST_SAMPLES > 1 and len(kept(voice.voice_id)) == 1


def test_what_is_not_yours_is_not_there(voice):
    with pytest.raises(voices.VoiceMissing):
        voices.get("somebody else", voice.voice_id)
    assert voices.find(voice.owner, "../x") is None and voices.find(voice.owner, "ж" * 20) is None


# -- consent ------------------------------------------------------------------------------------------------------


def order(sentence: str, **fields) -> ConsentOrder:
    return ConsentOrder.model_validate(
        {"who": "Anna Berg", "purposes": ["singing"], "until": "2099-12-31", "sample_id": sentence} | fields
    )


def test_a_consent_is_spoken_in_a_sample_that_was_taken(voice, tmp_path):
    sung, waiting = voice_makers.taken(voice, tmp_path), voice_makers.sent(voice, tmp_path, "spoken")
    give = voices_consent.give
    with pytest.raises(voices_consent.CannotConsent, match="has no sample 'x'; spoken ones are none yet"):
        give(voice.owner, voice.voice_id, order("x"))
    with pytest.raises(voices_consent.CannotConsent, match="is sung"):
        give(voice.owner, voice.voice_id, order(sung))
    with pytest.raises(voices_consent.SampleNotReady, match="being heard"):
        give(voice.owner, voice.voice_id, order(waiting.sample.sample_id))
    voice_makers.heard(waiting, QUIET)
    with pytest.raises(voices_consent.SampleNotReady, match="was not taken: it is too quiet"):
        give(voice.owner, voice.voice_id, order(waiting.sample.sample_id))
    spoken = voice_makers.taken(voice, tmp_path, "spoken")
    with pytest.raises(voices_consent.CannotConsent, match="2020-01-01 has passed"):
        give(voice.owner, voice.voice_id, order(spoken, until="2020-01-01"))
    with pytest.raises(voices_consent.CannotConsent, match="say whose voice"):
        give(voice.owner, voice.voice_id, order(spoken, who="  "))
    given, run = give(voice.owner, voice.voice_id, order(spoken))
    assert given.consent.who == "Anna Berg" and given.consent.sample_sha256.startswith(spoken)
    assert run is not None, "the voice is measured from now on"
    same, _ = give(voice.owner, voice.voice_id, order(spoken))
    assert len(same.consents) == 1, "the same again is the same"
    wider, _ = give(voice.owner, voice.voice_id, order(spoken, purposes=["conversion", "singing"]))
    assert [one.purposes for one in wider.consents] == [["singing"], ["conversion", "singing"]]


@pytest.mark.parametrize(
    ("until", "meant"),
    [
        ("2099-12-31", "2099-12-31T23:59:59+00:00"),
        ("2099-12-31T12:00", "2099-12-31T12:00:00+00:00"),
        ("2099-12-31T23:00:00-02:00", "2100-01-01T01:00:00+00:00"),
    ],
)
def test_a_day_is_meant_to_its_end(until, meant):
    assert order("a sample", until=until).until.isoformat() == meant


@pytest.mark.parametrize("until", ["soon", "9999-12-31T23:59:59-12:00", "2099-02-31", "", None])
def test_a_day_that_is_none_is_refused(until):
    with pytest.raises(ValueError, match="until"):
        order("a sample", until=until)


def test_a_sample_whose_sender_died_before_its_bytes_is_sent_again(voice, tmp_path):
    path, seed = tmp_path / "a.wav", names.seed(makers.NOON)
    path.write_bytes(makers.tone())
    first = voices_samples.add(voice.owner, voice.voice_id, path, "a.wav", "sung", seed)
    blobs.delete(names.VOICES, first.sample.blob_name)
    again = voices_samples.add(voice.owner, voice.voice_id, path, "a.wav", "sung", seed)
    assert again.is_new and again.run is not None and kept(voice.voice_id) == [first.sample.blob_name]


def test_without_a_consent_nothing_is_measured_and_with_one_the_first_version_is(voice, tmp_path):
    voice_makers.taken(voice, tmp_path)
    assert voices_versions.first(voice.owner, voice.voice_id) is None
    assert work.shown(voices.get(voice.owner, voice.voice_id)).status == "no_consent"
    with pytest.raises(voices_using.ConsentMissing, match="give a consent"):
        voices_versions.train(voice.owner, voice.voice_id, TrainOrder(), names.seed(makers.NOON))
    voice_makers.let(voice, voice_makers.taken(voice, tmp_path, "spoken"))
    known = voices.get(voice.owner, voice.voice_id)
    assert (known.current, work.shown(known).status) == (1, "ready")
    assert known.versions[0].samples == [known.samples[0].sample_id], "the sentence is no sample of how it sings"


@pytest.mark.parametrize(
    ("purposes", "until", "asked", "refusal", "told"),
    [
        (["singing"], "2099-12-31", Purpose.CONVERSION, voices_using.ConsentForOther, "for singing, not for conver"),
        (["singing", "training"], "2099-12-31", Purpose.SINGING, None, ""),
        (["singing"], "2030-06-01", Purpose.SINGING, voices_using.ConsentExpired, "ended on 2030-06-01: ask Anna"),
    ],
)
def test_a_consent_is_for_its_purposes_until_its_day(voice, tmp_path, purposes, until, asked, refusal, told):
    voice_makers.let(voice, voice_makers.taken(voice, tmp_path, "spoken"), *map(Purpose, purposes), until=until)
    known, later = voices.get(voice.owner, voice.voice_id), datetime(2030, 6, 2, tzinfo=UTC)
    if refusal is None:
        assert voices_using.check(known, asked, now=later).who == "Anna Berg"
    else:
        with pytest.raises(refusal, match=told):
            voices_using.check(known, asked, now=later)
    assert voices_using.check(known, now=later - timedelta(hours=1)), "that day it held"


def test_a_revoked_voice_takes_nothing_any_more(storage, owner, tmp_path):
    voice = voice_makers.ready(owner, tmp_path)
    voices_consent.take_back(owner, voice.voice_id, "why not", makers.NOON.isoformat())
    again = voices_consent.take_back(owner, voice.voice_id, "another", datetime.now(UTC).isoformat())
    assert (again.revoked_at, again.consent.reason) == (makers.NOON.isoformat(), "why not")
    for purpose in Purpose:
        with pytest.raises(voices_using.ConsentRevoked, match="taken back on 2026-03-01"):
            voices_using.check(again, purpose)
    with pytest.raises(voices_using.ConsentRevoked, match="create another"):
        voice_makers.sent(voice, tmp_path)
    with pytest.raises(voices_using.ConsentRevoked, match="create another"):
        voice_makers.let(voice, voice.samples[1].sample_id)
    with pytest.raises(voices_using.ConsentMissing, match="nothing to take back"):
        voices_consent.take_back(owner, voice_makers.created(owner).voice_id, "", makers.NOON.isoformat())


# -- versions -----------------------------------------------------------------------------------------------------


def trained(voice, **fields) -> int:
    _, version, run = voices_versions.train(voice.owner, voice.voice_id, TrainOrder(), names.seed(datetime.now(UTC)))
    assert version.learns
    return voice_makers.made(VoiceVersionOrder.model_validate(run.order), **fields)


def test_versions_are_trained_compared_and_rolled_back(storage, owner, tmp_path):
    voice = voice_makers.ready(owner, tmp_path)
    more = voice_makers.taken(voice, tmp_path)
    assert trained(voice, lowest=220.0) == 2
    known = voices.get(owner, voice.voice_id)
    assert known.current == 2 and known.versions[1].model.is_better and more in known.versions[1].samples
    both = work.compare(owner, voice.voice_id, 1, 2)
    found = {one.figure: (one.a, one.b) for one in both.figures}
    assert found["lowest"] == (200.0, 220.0) and found["loss_after"] == (None, 0.5) and both.added == [more]
    assert both.likeness == 1.0
    assert work.roll_back(owner, voice.voice_id, None).current == 1
    with pytest.raises(work.NoSuchVoiceVersion, match="no version before"):
        work.roll_back(owner, voice.voice_id, None)
    assert work.roll_back(owner, voice.voice_id, 2).current == 2
    with pytest.raises(work.NoSuchVoiceVersion, match="there are 1, 2"):
        work.roll_back(owner, voice.voice_id, 7)
    with pytest.raises(work.NoSuchVoiceVersion):
        work.compare(owner, voice.voice_id, 1, 7)


def test_nobody_sings_with_a_model_that_learned_nothing(storage, owner, tmp_path):
    voice = voice_makers.ready(owner, tmp_path)
    trained(voice, is_better=False)
    version = voices.get(owner, voice.voice_id).version(None)
    assert version.number == 2 and "learned nothing" in version.remarks[0]


def test_training_wants_its_own_purpose_and_one_is_made_at_a_time(storage, owner, tmp_path):
    voice = voice_makers.ready(owner, tmp_path, Purpose.SINGING)
    seed = names.seed(datetime.now(UTC))
    with pytest.raises(voices_using.ConsentForOther, match="not for training"):
        voices_versions.train(owner, voice.voice_id, TrainOrder(), seed)
    measured = TrainOrder(learn=False)
    _, first, run = voices_versions.train(owner, voice.voice_id, measured, seed)
    _, again, _ = voices_versions.train(owner, voice.voice_id, measured, seed)
    assert first.number == again.number == 2, "the same asked again is the same"
    with pytest.raises(voices_versions.StillMeasuring, match="version 2 is being made"):
        voices_versions.train(owner, voice.voice_id, measured, names.seed(datetime.now(UTC)))
    endings.give(run, "its workflow was terminated")
    failed = voices.get(owner, voice.voice_id)
    assert (failed.versions[1].status, failed.current) == ("failed", 1), "the one before is sung with"


def test_a_version_whose_training_failed_is_sung_as_it_was_measured(storage, owner, tmp_path):
    voice = voice_makers.ready(owner, tmp_path)
    _, _, run = voices_versions.train(owner, voice.voice_id, TrainOrder(), names.seed(datetime.now(UTC)))
    its = VoiceVersionOrder.model_validate(run.order)
    assert voices_versions.save_profile(its, voice_makers.profile(voice.voice_id, 2))
    voices_versions.save(its, None, {"code": "out_of_memory", "message": "no room"})
    version = voices.get(owner, voice.voice_id).version(None)
    assert (version.number, version.status, version.model) == (2, "made", None)
    assert version.remarks == ["no model was trained: no room"]


def test_a_voice_without_samples_cannot_be_trained(storage, owner, tmp_path):
    voice = voice_makers.created(owner)
    voice_makers.let(voice, voice_makers.taken(voice, tmp_path, "spoken"))
    assert voices.get(owner, voice.voice_id).current == 1, "measured from the sentence, there is no other"
    voices.change(owner, voice.voice_id, lambda known: known.model_copy(update={"samples": []}))
    with pytest.raises(voices_versions.NoSamples, match="add one"):
        voices_versions.train(owner, voice.voice_id, TrainOrder(), names.seed(datetime.now(UTC)))


# -- names --------------------------------------------------------------------------------------------------------


def test_a_voice_is_meant_by_its_id_or_its_name_whatever_its_letters(storage, owner, tmp_path):
    voice = voice_makers.created(owner, "Ánna 𝄞 夜")
    assert voices_using.meant(owner, voice.voice_id).voice_id == voice.voice_id
    assert voices_using.meant(owner, "  ÁNNA 𝄞 夜 ").voice_id == voice.voice_id
    assert voices_using.meant(owner, "nobody") is None and voices_using.meant(owner, "") is None
    voice_makers.created(owner, "ánna  𝄞 夜")
    with pytest.raises(voices_using.UnclearVoice, match=f"2 voices are called.*{voice.voice_id}"):
        voices_using.meant(owner, "Ánna 𝄞 夜")
    assert len(voices.listed(owner, limit=10)[0]) == 2 and not list(voices.damage())
