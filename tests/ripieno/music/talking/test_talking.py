"""What is said to a set, in four languages, and what is said back."""

from __future__ import annotations

import pytest

from ripieno.contracts.sets import PlannedTransition, SetEdit
from ripieno.music.talking import answering, hearing, words
from ripieno.music.talking.hearing import Shift
from ripieno.music.talking.referring import Listing, Named

TITLES = ("Aurora Falls.mp3", "Night Drive", "Keep The Fire", "Moonlit", "Glass Garden", "Final Light")
SONGS = tuple(Named(f"s{n}", title, n) for n, title in enumerate(TITLES, 1))
STEPS = tuple(
    PlannedTransition(number=n, from_song=f"s{n}", to_song=f"s{n + 1}", kind="blend", bars=16, start_seconds=60 * n,
                      end_seconds=60 * n + 20, from_seconds=50, to_seconds=0)
    for n in range(1, 6)
)  # fmt: skip
LISTING = Listing(SONGS, STEPS, (Named("x1", "Golden Hour"), Named("x2", "Golden Dust")))


def edits(text: str) -> list[dict]:
    return [one.model_dump(exclude_none=True) for one in hearing.hear(text, LISTING).edits]


def step(n: int) -> dict:
    return {"from_song": f"s{n}", "to_song": f"s{n + 1}"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("move the third song to the end", [{"do": "move", "song": "s3", "to": 6}]),
        ("put Aurora Falls after song 4", [{"do": "move", "song": "s1", "to": 4}]),
        ("move moonlit to position 2", [{"do": "move", "song": "s4", "to": 2}]),
        ("swap 2 and 5", [{"do": "swap", "song": "s2", "other": "s5"}]),
        ("replace song 3 with Golden Hour", [{"do": "swap", "song": "s3", "other": "x1"}]),
        ("something else instead of night drive", [{"do": "swap", "song": "s2"}]),
        ("keep the first one and drop the fifth",
         [{"do": "pin", "song": "s1", "to": 1}, {"do": "ban", "song": "s5"}]),
        ("pin moonlit and put it to the start",
         [{"do": "pin", "song": "s4", "to": 4}, {"do": "move", "song": "s4", "to": 1}]),
        ("no more echo", [{"do": "ban", "kind": "echo"}]),
        ("make transition 2 a cut", [{"do": "swap", "transition": step(2), "kind": "cut"}]),
        ("move transition 3 8 bars later", [{"do": "move", "transition": step(3), "by_bars": 8}]),
        ("verschiebe das dritte Lied ans Ende", [{"do": "move", "song": "s3", "to": 6}]),
        ("tausche 2 und 5", [{"do": "swap", "song": "s2", "other": "s5"}]),
        ("lass Night Drive weg", [{"do": "ban", "song": "s2"}]),
        ("mach den Übergang von 2 zu 3 als Schnitt", [{"do": "swap", "transition": step(2), "kind": "cut"}]),
        ("mueve la tercera canción al final", [{"do": "move", "song": "s3", "to": 6}]),
        ("pon la segunda canción después de la cuarta", [{"do": "move", "song": "s2", "to": 4}]),
        ("fija la primera", [{"do": "pin", "song": "s1", "to": 1}]),
        ("déplace la troisième chanson à la fin", [{"do": "move", "song": "s3", "to": 6}]),
        ("enlève Night Drive", [{"do": "ban", "song": "s2"}]),
        ("pas d'écho", [{"do": "ban", "kind": "echo"}]),
    ],
)  # fmt: skip
def test_edits_are_understood(text, expected):
    assert edits(text) == expected


@pytest.mark.parametrize(
    ("text", "language", "shift"),
    [
        ("make it calmer at the end", "en", Shift(-0.15, 0.66, 1.0)),
        ("much faster in the second half", "en", Shift(0.3, 0.5, 1.0)),
        ("wilder from song 4 on", "en", Shift(0.15, 0.5, 1.0)),
        ("mach es etwas ruhiger", "de", Shift(-0.08)),
        ("más tranquilo al final", "es", Shift(-0.15, 0.66, 1.0)),
        ("beaucoup plus vite", "fr", Shift(0.3)),
    ],
)
def test_calmer_and_faster_are_shifts_of_the_journey(text, language, shift):
    heard = hearing.hear(text, LISTING)
    assert (heard.language, heard.shifts, heard.edits) == (language, [shift], [])


@pytest.mark.parametrize("text", ["why is Moonlit there?", "warum kommt Moonlit jetzt", "¿por qué está Moonlit ahí?",
                                  "pourquoi Moonlit est là ?"])  # fmt: skip
def test_why_is_a_question_and_no_change(text):
    heard = hearing.hear(text, LISTING)
    assert [one.song for one in heard.questions] == ["s4"] and not heard.changes_something


def test_a_transition_and_the_whole_set_are_asked_about():
    (one,) = hearing.hear("why the transition from 2 to 3", LISTING).questions
    assert (one.transition.from_song, one.transition.to_song) == ("s2", "s3")
    assert hearing.hear("why?", LISTING).questions == [hearing.Question()]
    assert hearing.hear("undo that", LISTING).undo


def test_what_may_be_several_songs_is_asked_back_and_what_is_none_is_told():
    unclear = hearing.hear("play golden instead of song 2", LISTING)
    assert {one.title for some in unclear.unclear for one in some.songs} <= {"Golden Hour", "Golden Dust"}
    alone = hearing.hear("play golden", LISTING)
    assert "Golden Hour" in answering.missed(alone)[0] and alone.is_empty
    assert hearing.hear("drop song 9", LISTING).beyond == [9]
    nothing = hearing.hear("bring me a pizza 🍕", LISTING)
    assert nothing.unread and "did not understand" in answering.missed(nothing)[0]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_language_can_say_everything(language):
    said, english = words.words(language), words.words("en")
    assert set(said.answers) == set(english.answers)
    for name in english.answers:
        assert _fields(said.answers[name]) == _fields(english.answers[name]), name
    for do, more in (
        ("move", {"to": 1}),
        ("pin", {}),
        ("ban", {}),
        ("free", {}),
        ("swap", {}),
        ("swap", {"other": "s2"}),
    ):
        (sentence,) = answering.done([SetEdit(do=do, song="s1", **more)], [], {"s1": "A", "s2": "B"}, language)
        assert "A" in sentence and "{" not in sentence


def _fields(text: str) -> set[str]:
    import string

    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_ten_thousand_words_are_read_in_their_stride_and_answers_end():
    heard = hearing.hear("drop the second song " * 200, LISTING)
    assert heard.edits and len(answering.whole(["x" * 500, "y" * 500])) <= 900
