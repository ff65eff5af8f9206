"""What a persona says by a language model: held to its songs and its breath, the rules' words where it does not fit."""

from __future__ import annotations

from ripieno.music.sets.personas import persona
from ripieno.services import announcing
from ripieno.services.announcing import Cue

CUES = [
    Cue("hello", "Aurora", "", "Hello, this is Rico."),
    Cue("next", "Night Drive", "Mona", "Here comes Night Drive!"),
]


def said(cues=CUES):
    return announcing.announced(persona("rico"), "From dusk", "en", cues)


def test_words_that_fit_are_taken(language_model):
    language_model.replies = [{"lines": ["Good  evening,\nall.", "This is Night Drive."]}]
    found = said()
    assert found.texts == ["Good evening, all.", "This is Night Drive."]
    assert (found.engine.engine, found.engine.reason, found.usage.calls) == ("scripted", None, 1)
    question = language_model.question()
    assert question["language"] == "en" and question["lines"][1]["title"] == "Night Drive"


def test_a_line_that_names_no_song_or_never_ends_stays_as_the_rules_have_it(language_model):
    language_model.replies = [{"lines": ["x" * 300, "Something else."]}] * 3
    found = said()
    assert found.texts == [one.plain for one in CUES]
    assert "does not name its song" in found.engine.reason and "300 characters" in language_model.told()


def test_a_model_that_fails_leaves_the_rules_words_and_says_why(language_model):
    language_model.replies = ["no JSON at all"] * 3
    found = said()
    assert found.texts == [one.plain for one in CUES] and found.engine.fallback and found.engine.reason


def test_without_a_model_the_rules_speak(monkeypatch):
    for name in ("RIPIENO_LLM_URL", "AZURE_OPENAI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    found = said()
    assert found.texts == [one.plain for one in CUES] and found.engine.reason is None
    assert announcing.announced(persona("rico"), "x", "en", []).texts == []
