"""Files that are sent and files that arrive."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from ripieno.client import RipienoError
from ripieno.client.arrivals import Arrival
from ripieno.client.sources import Source


def test_a_path_and_an_open_file_are_the_same_source(tmp_path: Path):
    path = tmp_path / "a.wav"
    path.write_bytes(bytes(range(100)))
    with path.open("rb") as file, Source(path) as one, Source(str(path)) as two, Source(file) as three:
        for source in (one, two, three):
            assert (source.name, source.size, source.is_replayable) == ("a.wav", 100, True)
            assert source.read(90, 10) == bytes(range(90, 100))
            assert source.read(0, 3) == b"\x00\x01\x02"
    with path.open("rb") as file:
        with Source(file):
            pass
        assert not file.closed, "who opened a file closes it"


def test_an_open_file_is_sent_from_where_it_stands():
    file = io.BytesIO(b"header and music")
    file.seek(11)
    with Source(file, name="b.wav") as source:
        assert (source.size, source.read(0, 5), source.read(0, 2)) == (5, b"music", b"mu")


def test_what_cannot_go_back_needs_a_size_and_is_sent_once():
    def pipe():
        reading, writing = os.pipe()
        os.write(writing, b"music")
        os.close(writing)
        return os.fdopen(reading, "rb")

    with pipe() as file, pytest.raises(RipienoError, match="give its size") as told:
        Source(file)
    assert told.value.code == "no_file"
    with pipe() as file, Source(file, size=5) as source:
        assert (source.name, source.is_replayable) == ("untitled", False)
        assert source.read(0, 2) + source.read(2, 3) == b"music"
        with pytest.raises(io.UnsupportedOperation):
            source.read(0, 1)


def test_a_file_that_became_shorter_is_told(tmp_path: Path):
    path = tmp_path / "a.wav"
    path.write_bytes(bytes(100))
    with Source(path) as source:
        os.truncate(path, 50)
        with pytest.raises(RipienoError) as told:
            source.read(0, 100)
    assert told.value.code == "file_changed"


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.wav")
    for path in (tmp_path, tmp_path / "pipe.wav"):
        with pytest.raises(RipienoError, match="is no file"):
            Source(path)
    with pytest.raises(FileNotFoundError):
        Source(tmp_path / "nothing.wav")


def test_a_file_appears_when_it_is_whole_and_leaves_nothing_when_it_never_is(tmp_path: Path):
    path = tmp_path / "new folder" / ("𝄞" * 60 + ".wav")
    with Arrival(path) as arrival:
        arrival.write(b"half")
        assert not path.exists()
    assert list(path.parent.iterdir()) == []
    with Arrival(path) as arrival:
        arrival.write(b"wrong beginning")
        arrival.restart()
        arrival.write(b"whole")
        assert arrival.keep() == path
    assert [one.name for one in path.parent.iterdir()] == [path.name] and path.read_bytes() == b"whole"


def test_two_on_their_way_to_one_path_do_not_meet(tmp_path: Path):
    path = tmp_path / "a.wav"
    with Arrival(path) as one, Arrival(path) as two:
        one.write(b"one")
        two.write(b"two")
        one.keep()
        assert path.read_bytes() == b"one"
        two.keep()
    assert path.read_bytes() == b"two" and len(list(tmp_path.iterdir())) == 1
