"""LRC files, written and read back."""

from __future__ import annotations

import pytest

from ripieno.contracts.lyrics import TimedLine, TimedWord
from ripieno.music.lyrics import lrc

LINES = [
    TimedLine(
        start=1.5,
        end=3.0,
        text="Oh, the river",
        words=[
            TimedWord(start=1.5, end=1.9, text="Oh,"),
            TimedWord(start=2.0, end=2.25, text="the"),
            TimedWord(start=2.25, end=3.0, text="river"),
        ],
    ),
    TimedLine(start=65.007, end=69.007, text="Ünder 🌊", words=[]),
]


def test_every_line_and_word_has_its_time():
    assert lrc.write(LINES, title="River", artist="A [B]\nC", language="en") == (
        "[ti:River]\n[ar:A (B) C]\n[la:en]\n"
        "[00:01.50]<00:01.50>Oh, <00:02.00>the <00:02.25>river <00:03.00>\n"
        "[01:05.01]Ünder 🌊\n"
    )


def test_what_is_written_is_read_back():
    found = lrc.read(lrc.write(LINES, title="River"))
    assert found.tags == {"ti": "River"}
    assert [line.text for line in found.lines] == ["Oh, the river", "Ünder 🌊"]
    assert [(word.start, word.text) for word in found.lines[0].words] == [(1.5, "Oh,"), (2.0, "the"), (2.25, "river")]
    assert found.lines[0].end == 3.0 and found.lines[1].start == pytest.approx(65.01)
    assert lrc.write(found.lines, title="River") == lrc.write(LINES, title="River")


def test_files_of_others_are_read():
    found = lrc.read("\ufeff[offset:+500]\nJunk\n[00:10.5][00:20:50]Again\n[00:12.345] Once \n[00:15]\n")
    assert [(line.start, line.end, line.text) for line in found.lines] == [
        (10.0, pytest.approx(11.845), "Again"),
        (pytest.approx(11.845), 14.5, "Once"),
        (20.0, 24.0, "Again"),
    ]


def test_signs_that_mean_something_do_not_break_the_file():
    line = TimedLine(start=0, end=1, text="[x] <y>\nz", words=[TimedWord(start=0, end=1, text="[x]<y>\n z")])
    (found,) = lrc.read(lrc.write([line])).lines
    assert found.text == "(x)‹y› z"


def test_a_time_rounds_up_to_the_next_minute():
    assert lrc.write([TimedLine(start=59.999, end=60, text="a")]) == "[01:00.00]a\n"


@pytest.mark.parametrize("text", ["", "words", "[ti:Only a tag]", "\x00", "[99:99", "[00:aa.bb]x"])
def test_what_is_no_lrc_says_so(text):
    with pytest.raises(ValueError, match="no LRC file"):
        lrc.read(text)
