"""The context of a piece: what follows from a brief, what wins, what no stage may change."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pieces import composed

from ripieno.contracts.composition import Context, FormPart, Mood, Stage
from ripieno.music.chord import parse
from ripieno.music.composing import contexts, harmonies
from ripieno.music.genres import all_genres


def seconds(context: Context) -> float:
    return contexts.conditioning_of(context).end_seconds


@pytest.mark.parametrize(
    ("brief", "expected"),
    [
        ("energetic rock at 170 bpm", {"tempo": 170.0}),
        ("a sad song in E minor, two and a half minutes", {"key": "E minor"}),
        ("a piece in 3/4", {"meter": "3/4"}),
        ("eine traurige Ballade in a-Moll, zwei Minuten", {"key": "A minor", "language": "de"}),
        ("a song about leaving home", {"theme": "leaving home"}),
        ('a song called "Night Bus"', {"title": "Night Bus"}),
    ],
)
def test_a_brief_says_what_the_piece_is(brief, expected):
    made = composed(brief)
    assert {field: getattr(made, field) for field in expected} == expected


@pytest.mark.parametrize(
    "field",
    [{"tempo": 101.5}, {"key": "F# minor"}, {"meter": "6/8"}, {"title": "Mine"}, {"theme": "rain"}, {"language": "fr"}],
    ids=lambda field: next(iter(field)),
)
def test_a_field_wins_over_the_brief(field):
    brief = 'a song in C major, 3/4, at 90 bpm, about the sea, called "Yours"'
    made = composed(brief, **field)
    assert {name: getattr(made, name) for name in field} == field
    assert made.settled[next(iter(field))] == contexts.YOU


@pytest.mark.parametrize("style", all_genres())
@pytest.mark.parametrize("wanted", [20.0, 61.0, 150.0, 400.0])
def test_every_style_fills_the_length_that_is_asked_for(style, wanted):
    made = composed(style=style, duration_seconds=wanted)
    bar = seconds(made) / made.bars
    assert seconds(made) == pytest.approx(wanted, abs=bar / 2 + 1e-3)
    low, high = all_genres()[style].tempo
    assert 0.9 * low <= made.tempo <= 1.1 * high


def test_a_tempo_that_was_fixed_is_not_moved_to_fill_the_length():
    made = composed(tempo=97.0, duration_seconds=100)
    assert made.tempo == 97.0 and seconds(made) == pytest.approx(100, abs=4 * 60 / 97)


@pytest.mark.parametrize("style", all_genres())
@pytest.mark.parametrize("seed", range(4))
def test_the_chords_are_of_the_key_and_the_piece_ends_on_its_tonic(style, seed):
    made = composed(style=style, seed=seed)
    for section in made.sections:
        tonic, mode = harmonies.key_of(section.key or made.key)
        assert len(section.chords) == section.bars
        scale = {
            (tonic + step) % 12 for step in ((0, 2, 4, 5, 7, 9, 11) if mode == "major" else (0, 2, 3, 5, 7, 8, 10, 11))
        }
        roots = {chord.root for bar in section.chords for name in bar if (chord := parse(name))}
        assert roots <= scale
    last = parse(made.sections[-1].chords[-1][0])
    assert last is not None and last.root == harmonies.key_of(made.sections[-1].key or made.key)[0]


def test_what_returns_is_the_same_and_verse_and_chorus_differ():
    made = composed("a pop song of three minutes")
    chords = {}
    for section in made.sections:
        known = chords.setdefault(section.label, section.chords[:4])
        if section.key is None:
            assert section.chords[:4] == known
    assert chords["verse"] != chords["chorus"]


def test_the_energy_rises_into_the_chorus_and_the_last_one_is_the_fullest():
    made = composed("a pop song of three minutes")
    energy = {number: max(one.energy) for number, one in enumerate(made.sections)}
    choruses = [number for number, one in enumerate(made.sections) if one.label == "chorus"]
    assert max(energy, key=lambda number: energy[number]) == choruses[-1]
    assert all(energy[number] > min(made.sections[number - 1].energy) for number in choruses)
    assert all(0 < bar <= 1 for one in made.sections for bar in one.energy)
    assert len(made.sections[choruses[-1]].parts) > len(made.sections[0].parts)


@pytest.mark.parametrize("style", sorted(all_genres()))
@pytest.mark.parametrize("sung", [False, True])
def test_sections_that_follow_each_other_differ_in_who_plays_or_how_much(style, sung):
    for seconds_wanted in (60, 80, 150):
        made = composed(style=style, duration_seconds=seconds_wanted, instrumental=not sung)
        for one, after in pairwise(made.sections):
            players = [[name for name in here.parts if name != "vocals"] for here in (one, after)]
            energy = [sum(here.energy) / len(here.energy) for here in (one, after)]
            assert players[0] != players[1] or abs(energy[0] - energy[1]) >= 0.1, (one.label, after.label, players)


def test_a_build_does_without_the_bass_and_a_left_out_bridge_leaves_no_two_choruses_together():
    made = composed("house with vocals, 90 seconds")
    builds = [one.parts for one in made.sections if one.label == "build"]
    assert builds and all("bass" not in parts for parts in builds)
    for wanted in (55, 60, 75, 90):
        labels = [one.label for one in composed("metal at 170 bpm", duration_seconds=wanted).sections]
        assert all(one != after for one, after in pairwise(labels))


def test_a_mood_moves_tempo_mode_and_energy():
    calm = composed(mood=Mood(valence=-0.8, arousal=-0.8))
    wild = composed(mood=Mood(valence=0.8, arousal=0.8))
    assert calm.tempo < wild.tempo and calm.key.endswith("minor") and wild.key.endswith("major")
    assert calm.sections[0].energy[0] < wild.sections[0].energy[0]


def test_a_form_that_is_asked_for_is_the_form():
    form = [FormPart(label="intro", bars=2), FormPart(label="chorus", bars=5)]
    made = composed(form=form)
    assert [(one.label, one.bars) for one in made.sections] == [("intro", 2), ("chorus", 5)]


@pytest.mark.parametrize(
    ("brief", "fields", "sung"),
    [
        ("a pop song", {}, False),
        ("a pop song with vocals", {}, True),
        ("a song about the rain", {}, True),
        ("instrumental, with vocals in mind", {}, False),
        ("no vocals", {}, False),
        ("a pop song with vocals", {"instrumental": True}, False),
        ("a pop song", {"lyrics": "la la"}, True),
    ],
)
def test_somebody_sings_where_somebody_asks_for_it(brief, fields, sung):
    assert ("vocals" in [one.name for one in composed(brief, **fields).layers]) is sung


def test_the_layers_that_were_asked_for_play_and_no_others():
    made = composed("techno", layers=["piano", "drums"])
    assert [one.name for one in made.layers] == ["drums", "piano"]
    assert all(any(one.name in section.parts for section in made.sections) for one in made.layers)


@pytest.mark.parametrize("field", ["tempo", "key", "title"])
def test_a_stage_may_not_change_what_is_settled(field):
    made = composed(tempo=100.0)
    with pytest.raises(contexts.Contradiction, match=field) as refused:
        contexts.settled(made, Stage.ARRANGEMENT, **{field: "another"})
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [({"bars": 3}, "form"), ({"chords": [["C"]]}, "sections.1.chords"), ({"energy": [0.1]}, "sections.1.energy")],
)
def test_a_stage_may_not_change_sections_that_are_settled(change, field):
    made = composed()
    other = [made.sections[0].model_copy(update=change), *made.sections[1:]]
    with pytest.raises(contexts.Contradiction) as refused:
        contexts.settled(made, Stage.MELODY, sections=other)
    assert refused.value.field == field


def test_the_same_order_and_seed_are_the_same_piece_and_another_seed_is_another():
    assert composed("pop", seed=1) == composed("pop", seed=1)
    assert {composed("pop", seed=seed).key for seed in range(12)} != {composed("pop").key}


def test_a_layer_is_silent_in_the_bars_of_sections_that_do_not_name_it():
    made = composed(
        form=[FormPart(label="intro", bars=2), FormPart(label="chorus", bars=4), FormPart(label="outro", bars=2)]
    )
    made.sections[0].parts, made.sections[1].parts, made.sections[2].parts = ["piano"], ["piano", "drums"], ["piano"]
    assert contexts.silent_bars(made, "drums") == [(1, 2), (7, 8)]
    assert contexts.silent_bars(made, "piano") == []
    made.sections[1].parts = []
    assert contexts.silent_bars(made, "drums") == [(1, 8)]


@pytest.mark.parametrize(
    "hostile", ["\U0001f3b7" * 600, "a" * 2000, "\x00\n\t", "ضوء القمر", "1:99 999 bpm in H minor", "10/8 time"]
)
def test_odd_briefs_are_pieces_too(hostile):
    made = composed(hostile)
    assert made.bars >= 2 and 30 <= made.tempo <= 300 and made.title
