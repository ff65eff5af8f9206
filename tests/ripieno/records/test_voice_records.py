"""Voices and their uses at rest."""

from __future__ import annotations

from datetime import timedelta

import makers
import pytest

from ripieno.contracts import names
from ripieno.contracts.consent import Purpose
from ripieno.contracts.voice_profiles import Voice, VoiceUse
from ripieno.records import voices
from ripieno.records.cursor import BadCursor
from ripieno.services.storage import table

MANY = 1050


def kept(owner: str, name: str, number: int = 0) -> Voice:
    made_at = makers.NOON + timedelta(minutes=number)
    voice = Voice(voice_id=names.seed(made_at), owner=owner, name=name, created_at=made_at.isoformat())
    assert voices.create(voice)
    return voice


def use(voice: Voice, number: int) -> VoiceUse:
    return VoiceUse(
        voice_id=voice.voice_id, version=1, purpose=Purpose.SINGING, work_id=names.seed(makers.NOON), kind="stems",
        element="vocals 2", take=1, used_at=(makers.NOON + timedelta(seconds=number)).isoformat(),
    )  # fmt: skip


def test_voices_are_listed_newest_first_page_by_page(storage, owner):
    made = [kept(owner, f"voice {number}", number) for number in range(5)]
    found, cursor = voices.listed(owner, limit=3)
    rest, end = voices.listed(owner, limit=3, cursor=cursor)
    assert [one.voice_id for one in [*found, *rest]] == [one.voice_id for one in reversed(made)] and end is None
    with pytest.raises(BadCursor):
        voices.listed(owner, limit=3, cursor="zzz")


@pytest.mark.parametrize("name", ["Anna", "Зоя", "夜の声", "𝄞🎙️", "a|b/c\\d#e?f", "'); drop", "ß"])
def test_any_name_is_found_again(storage, owner, name):
    voice = kept(owner, name)
    assert [one.voice_id for one in voices.named(owner, name.upper())] == [voice.voice_id]
    assert voices.named(owner, f"{name} 2") == [] and voices.named("somebody else", name) == []
    voices.change(owner, voice.voice_id, lambda known: known.model_copy(update={"name": "another"}))
    assert voices.named(owner, name) == [] and not list(voices.damage())
    voices.delete(owner, voice.voice_id)
    assert voices.named(owner, "another") == []


def test_a_use_that_is_noted_twice_is_one(storage, owner):
    voice = kept(owner, "Anna")
    one = use(voice, 0)
    voices.note_use(owner, one)
    voices.note_use(owner, one)
    assert voices.uses(owner, voice.voice_id, limit=5) == ([one], None)


def test_many_uses_are_paged_newest_first_and_deleted(storage, owner):
    voice, other = kept(owner, "Anna"), kept(owner, "Bert")
    voices.note_use(owner, use(other, 0))
    rows = [use(voice, number) for number in range(MANY)]
    for at in range(0, MANY, 100):
        some = [
            ("upsert", {"PartitionKey": owner, "RowKey": voices._use_key(one), **one.model_dump(mode="json")})
            for one in rows[at : at + 100]
        ]
        table(names.VOICE_USES).submit_transaction(some)
    found, cursor = [], None
    while True:
        page, cursor = voices.uses(owner, voice.voice_id, limit=200, cursor=cursor)
        found += page
        if cursor is None:
            break
    assert found == list(reversed(rows))
    with pytest.raises(BadCursor):
        voices.uses(owner, other.voice_id, limit=5, cursor=voices.uses(owner, voice.voice_id, limit=5)[1])
    voices.delete_uses(owner, voice.voice_id)
    assert voices.uses(owner, voice.voice_id, limit=5) == ([], None)
    assert len(voices.uses(owner, other.voice_id, limit=5)[0]) == 1
