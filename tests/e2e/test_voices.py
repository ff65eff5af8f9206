"""A voice from its samples to the end of its consent, through the real stack: sung with, and then no more."""

from __future__ import annotations

import json

import httpx
import pytest
import soundfile
import voice_makers

from ripieno.client import RipienoError
from ripieno.contracts import names
from ripieno.contracts.generation import GenerationOrder, GenerationParameters
from ripieno.contracts.voice_profiles import ApplyOrder
from ripieno.services import blobs

WORDS = "Season of light and water, home I go"


def order(voice: str, seconds: float = 4.0) -> GenerationOrder:
    given = GenerationParameters(target_bpm=100, duration_seconds=seconds, chord_progression=["C"], lyrics=WORDS)
    return GenerationOrder(target_stems=["vocals"], voice=voice, parameters=given)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("voices")


def test_a_voice_is_lent_sung_with_and_taken_back(ripieno, command, folder, stack):
    voice_id = json.loads(command("voice", "create", "Ánna 𝄞", "--json"))["voice_id"]
    with pytest.raises(RipienoError) as refused:
        ripieno.generate(order("Ánna 𝄞"))
    assert refused.value.code == "consent_missing" and "give a consent" in str(refused.value)
    sung = voice_makers.recorded(folder / "anna.wav")
    assert json.loads(command("voice", "add", voice_id, str(sung), "--json"))["status"] == "taken"
    sentence = voice_makers.recorded(folder / "sentence.wav", sentences=voice_makers.SENTENCE)
    said = command(
        "voice", "consent", voice_id, "--who", "Anna Berg", "--for", "singing", "--for", "conversion",
        "--until", "2099-12-31", "--sentence", str(sentence),
    )  # fmt: skip
    assert "version 1 can be used for conversion, singing" in said
    assert "no voice is called" in command("voice", "show", "nobody", expect=4)

    made = ripieno.wait_generation(ripieno.generate(order("ánna 𝄞")), timeout=180)
    take = made.stems[0].takes[0]
    assert take.status == "generated" and take.stem.engine.engine.startswith("voice"), take.error
    assert take.voice.voice_id == voice_id and made.voices[0].withdrawn_at is None
    vocal = voice_makers.recorded(folder / "vocal.wav", "m6", voice_makers.SENTENCE)
    applied = ApplyOrder(audio_file_id=ripieno.upload(vocal), source="recording", strength=0.9)
    moved = ripieno.wait_generation(ripieno.apply_voice(voice_id, applied), timeout=180)
    stem = moved.stems[0].takes[0].stem
    assert stem is not None and abs(stem.duration_seconds - soundfile.info(vocal).duration) < 0.05, moved
    assert [(one.purpose, one.version) for one in ripieno.voice_uses(voice_id)] == [("conversion", 1), ("singing", 1)]

    long = ripieno.generate(order(voice_id, 120.0))
    removal = ripieno.revoke_consent(voice_id, "enough")
    ended = ripieno.wait_generation(long, timeout=120)
    assert ended.status == "failed" and "taken back" in (ended.stems[0].takes[0].error or ""), ended
    assert ripieno.wait_removal(removal.instance_id, timeout=120).status == "completed"
    kept = ripieno.generation(made.generation_request_id)
    assert kept.voices[0].withdrawn_at and kept.stems[0].takes[0].status == "generated"
    assert httpx.get(kept.stems[0].takes[0].blob_url).is_success, "what was made is kept"
    with pytest.raises(RipienoError) as refused:
        ripieno.generate(order(voice_id))
    assert refused.value.code == "consent_revoked"
    left = ripieno.voice(voice_id)
    assert (left.status, left.samples, left.versions[0].profile) == ("revoked", [], None)
    assert left.consent.reason == "enough" and len(list(ripieno.voice_uses(voice_id))) >= 2
    assert blobs.list_names(names.VOICES, voice_id) == []

    command("voice", "delete", voice_id, "--wait")
    with pytest.raises(RipienoError, match="there is no voice"):
        ripieno.voice(voice_id)
    assert ripieno.generation(moved.generation_request_id).voices[0].withdrawn_at
