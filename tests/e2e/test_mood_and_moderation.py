"""A song's mood is found, searched by and composed in; words that are refused are kept, appealed and decided."""

from __future__ import annotations

import json

import pytest

from ripieno.client import RipienoError
from ripieno.contracts.composition import CompositionOrder


def test_a_song_is_found_by_its_mood_and_style_and_a_piece_is_made_in_them(stack, ripieno, make_clip, command):
    song_id = ripieno.upload(make_clip("moody.flac", 20.0, 9.0))
    song = ripieno.wait(song_id, timeout=180)
    found = ripieno.analysis(song_id)
    assert found.mood is not None and found.styles and 0 < found.confidence.valence <= found.confidence.arousal < 1
    assert (song.valence, song.arousal) == (found.mood.valence, found.mood.arousal)
    assert song.styles == [one.name for one in found.styles]
    assert {"mood_thayer", "tag_open"} <= {one["namespace"] for one in json.loads(ripieno.jams(song_id))["annotations"]}
    word, style = found.mood.words[0], found.styles[0].name
    assert song_id in {one.audio_file_id for one in ripieno.search(mood=word, style=style)}
    assert song_id in command("list", "--mood", word, "--style", style)
    shown = command("show", song_id)
    assert word in shown and f"{style} " in shown and "sounds like" in shown
    order = CompositionOrder(mood_of=song_id, instrumental=True, duration_seconds=10, stop_at="context")
    made = ripieno.wait_composition(ripieno.compose(order), timeout=120)
    assert made.context is not None and made.context.mood.arousal == found.mood.arousal
    assert [one.name for one in made.context.styles] == song.styles


def test_words_that_are_refused_can_be_appealed(stack, ripieno, command):
    with pytest.raises(RipienoError) as refused:
        ripieno.compose(CompositionOrder(brief="a slow waltz in the style of Coldplay"))
    assert refused.value.code == "refused" and "stadium rock" in str(refused.value)
    newest = next(iter(ripieno.refusals()))
    assert (newest.rule, newest.door, newest.field) == ("imitation.artist", "POST /compositions", "brief")
    assert newest.refusal_id in command("refusals")
    command("appeal", newest.refusal_id[:12], "--because", "it is my own band")
    assert newest.refusal_id in command("refusals", "--appealed")
    command("decide", newest.refusal_id[:12], "--grant", "--because", "theirs")
    assert ripieno.refusal(newest.refusal_id).status == "granted"
    order = CompositionOrder(brief="a slow waltz in the style of Coldplay", instrumental=True, stop_at="context")
    assert ripieno.wait_composition(ripieno.compose(order), timeout=120).context is not None
