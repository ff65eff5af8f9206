"""Parts of a song by the names people give them."""

from __future__ import annotations

import pytest

from ripieno.music import form

SONG = ["intro", "verse", "pre-chorus", "chorus", "verse", "pre-chorus", "chorus", "bridge", *["chorus"] * 8, "outro"]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("chorus", 3),
        ("chorus 1", 3),
        ("first chorus", 3),
        ("the first chorus", 3),
        ("second chorus", 6),
        ("Second Chorus", 6),
        ("2nd chorus", 6),
        ("chorus 2", 6),
        ("chorus two", 6),
        ("chorus #2", 6),
        ("2 chorus", 6),
        ("the second  chorus", 6),
        ("third chorus", 8),
        ("tenth chorus", 15),
        ("10th chorus", 15),
        ("chorus ten", 15),
        ("last chorus", 15),
        ("chorus last", 15),
        ("final chorus", 15),
        ("last verse", 4),
        ("pre-chorus", 2),
        ("pre chorus", 2),
        ("prechorus", 2),
        ("second pre chorus", 5),
        ("Pre-Chorus 2", 5),
        ("intro", 0),
        ("last intro", 0),
        ("chorus 11", None),
        ("eleventh chorus", None),
        ("chorus 0", None),
        ("chorus-1", 3),
        ("second intro", None),
        ("solo", None),
        ("second", None),
        ("", None),
        ("2", None),
        ("the", None),
        ("\U0001f3b7", None),
    ],
)
def test_a_section_is_found_by_its_name(name, place):
    assert form.find(name, SONG) == place


def test_every_section_has_a_name_that_finds_it():
    named = form.numbered(SONG)
    assert named[:5] == ["intro", "verse 1", "pre-chorus 1", "chorus 1", "verse 2"]
    assert [form.find(name, SONG) for name in named] == list(range(len(SONG)))


def test_a_label_that_holds_a_number_is_a_label_first():
    assert form.find("part 2", ["part 1", "part 2"]) == 1
    assert form.find("last part 2", ["part 2", "part 1", "part 2"]) == 2
