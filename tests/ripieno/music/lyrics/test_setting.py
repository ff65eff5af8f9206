"""Words on a melody: stress on strong beats, no syllable lost, and what a melody asks of a line."""

from __future__ import annotations

import random

import pytest

from ripieno.contracts.lyrics import LinePattern, LyricLine, LyricsBrief, LyricSectionForm
from ripieno.music.lyrics import lyricist, setting, syllables
from ripieno.music.lyrics.setting import MelodyNote, SungBeat
from ripieno.music.timeline import Timeline


def line(text: str, language: str = "en") -> LyricLine:
    return LyricLine(text=text, syllables=syllables.written(syllables.of_line(text, language)))


def quavers(count: int, start: float = 0.0) -> list[MelodyNote]:
    return [MelodyNote(start + n / 2, 0.5, 60 + n % 5) for n in range(count)]


def words(notes: list[SungBeat]) -> list[str]:
    return [note.syllable for note in notes if note.syllable != setting.MELISMA]


def test_a_syllable_a_note_where_there_are_as_many():
    found, remarks = setting.set_line(line("Under the river the lanterns"), quavers(8), 4)
    assert [note.syllable for note in found.notes] == ["Un-", "der", "the", "riv-", "er", "the", "lan-", "terns"]
    assert remarks == []


def test_a_syllable_is_held_so_that_stress_falls_on_the_strong_beats():
    """Eight quavers: beats 0 and 2 are strong, notes 0 and 4."""
    found, remarks = setting.set_line(line("Hold me the river"), quavers(8), 4)
    strong = {note.start: note.syllable for note in found.notes if setting.weight(note.start, 4) >= 2}
    assert strong == {0.0: "Hold", 2.0: "riv-"}
    assert len(found.notes) == 8 and remarks == []


def test_notes_are_shared_where_syllables_are_more_and_it_is_said():
    notes = [MelodyNote(0, 1, 60), MelodyNote(1, 2, 62), MelodyNote(3, 1, 64)]
    found, remarks = setting.set_line(line("Under the river"), notes, 4)
    assert words(found.notes) == ["Un-", "der", "the", "riv-", "er"]
    assert found.notes[0].start == 0 and sum(note.length for note in found.notes) == pytest.approx(4)
    assert len(remarks) == 1 and "5 syllables for 3 notes" in remarks[0]


@pytest.mark.parametrize("seed", range(60))
def test_no_syllable_is_lost_and_notes_stay_where_they_are(seed):
    rng = random.Random(seed)
    text = " ".join(rng.choices(["love", "river", "remember", "the", "of", "tomorrow", "light"], k=rng.randint(1, 12)))
    notes, beat = [], rng.choice([0.0, 0.5, 3.0])
    for _ in range(rng.randint(1, 20)):
        length = rng.choice([0.25, 0.5, 1.0, 1.5])
        notes.append(MelodyNote(beat, length, rng.randint(50, 70)))
        beat += length
    sung = line(text)
    found, remarks = setting.set_line(sung, notes, rng.choice([3, 4]))
    assert words(found.notes) == [one.text for one in sung.syllables]
    assert bool(remarks) == (len(sung.syllables) > len(notes))
    assert all(b.start >= a.start + a.length - 1e-9 for a, b in zip(found.notes, found.notes[1:], strict=False))
    assert found.notes[0].start == notes[0].start
    assert found.notes[-1].start + found.notes[-1].length == pytest.approx(notes[-1].start + notes[-1].length)
    assert {note.start for note in notes} <= {note.start for note in found.notes}


@pytest.mark.parametrize("language", ["en", "de", "es", "fr"])
@pytest.mark.parametrize("beats_per_bar", [3, 4])
def test_lines_written_for_a_melody_are_sung_on_its_strong_beats(language, beats_per_bar):
    rng = random.Random(5)
    phrases = []
    for number in range(8):
        count = rng.randint(6, 9)
        phrases.append(quavers(count, start=number * 4 * beats_per_bar))
    patterns = [setting.pattern_of(phrase, beats_per_bar) for phrase in phrases]
    form = [LyricSectionForm(label="verse", lines=patterns)]
    hit = asked = 0
    for draft in lyricist.drafts(LyricsBrief(language=language, form=form, theme="night", seed=3)):
        lines = draft.sections[0].lines
        made = setting.set_lines(lines, phrases, beats_per_bar)
        assert len(made.lines) == 8
        for sung, source, pattern, phrase in zip(made.lines, lines, patterns, phrases, strict=True):
            strong = {phrase[n].start for n in pattern.strong}
            stress = iter(one.stress for one in source.syllables)
            for note in sung.notes:
                mark = 0 if note.syllable == setting.MELISMA else next(stress)
                if note.start in strong:
                    hit, asked = hit + mark, asked + 1
    assert asked >= 36
    assert hit / asked >= 0.85


def test_a_melody_says_what_it_wants():
    pickup = [MelodyNote(-0.5, 0.5, 60), *quavers(8)]
    assert setting.pattern_of(pickup, 4) == LinePattern(syllables=9, strong=[1, 5])
    assert setting.pattern_of(quavers(6), 3) == LinePattern(syllables=6, strong=[0])
    offbeats = [MelodyNote(0.5, 0.5, 60), MelodyNote(1, 0.5, 60), MelodyNote(1.5, 0.5, 60)]
    assert setting.pattern_of(offbeats, 4) == LinePattern(syllables=3, strong=[1])
    assert setting.pattern_of(quavers(60), 4).syllables == 24
    with pytest.raises(ValueError, match="at least one note"):
        setting.pattern_of([], 4)


def test_lines_too_many_share_phrases_and_phrases_too_many_stay_silent():
    lines = [line("One river"), line("Two lanterns"), line("Three")]
    made = setting.set_lines(lines, [quavers(6), quavers(4, 8)], 4)
    assert sum(len(words(one.notes)) for one in made.lines) == 7
    assert any("share the phrase" in remark for remark in made.remarks)
    made = setting.set_lines(lines[:1], [quavers(3), quavers(4, 8)], 4)
    assert len(made.lines) == 1 and made.remarks == ["the phrase at beat 8 has no words"]


@pytest.mark.parametrize(
    ("lines", "phrases"), [([line("Sing")], []), ([line("Sing")], [[]])], ids=["no phrases", "empty phrase"]
)
def test_words_without_notes_say_so(lines, phrases):
    with pytest.raises(ValueError, match="no notes"):
        setting.set_lines(lines, phrases, 4)


def test_notes_and_words_in_seconds():
    made = setting.set_lines([line("Oh, remember l'amour — now!")], [quavers(8, 4)], 4)
    timeline = Timeline.steady(120, 8, 4, start=1.0)
    notes = setting.sung_notes(made, timeline, start=3.0)
    assert notes[0].start == pytest.approx(0.0) and notes[-1].end == pytest.approx(2.0)
    assert [note.syllable for note in notes if note.syllable != "-"][:2] == ["Oh", "re-"]
    (timed,) = setting.timed_lines(made, timeline)
    assert [word.text for word in timed.words] == ["Oh,", "remember", "l'amour —", "now!"]
    assert timed.start == pytest.approx(3.0) and timed.end == pytest.approx(5.0)
    assert all(a.end <= b.start + 1e-9 for a, b in zip(timed.words, timed.words[1:], strict=False))


def test_a_melody_is_cut_at_its_breaths():
    melody = [*quavers(4), *quavers(40, 4)]
    assert [len(phrase) for phrase in setting.phrases_of(melody)] == [4, 16, 16, 8]
    assert setting.phrases_of([]) == []
