"""Where files are written: nothing that is there is lost."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ripieno.cli import places


def bytes_of(text: str):
    return lambda path: path.write_text(text)


def test_two_songs_of_one_name_have_a_folder_each_and_keep_it(tmp_path):
    first = places.folder_of(tmp_path, "song.ogg", "aaaaaaaa-1111")
    second = places.folder_of(tmp_path, "song.ogg", "bbbbbbbb-2222")
    assert (first.name, second.name) == ("song", "song (bbbbbbbb)")
    assert places.folder_of(tmp_path, "song.ogg", "aaaaaaaa-1111") == first
    assert places.folder_of(tmp_path, "song.mp3", "bbbbbbbb-2222") == second


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "song").mkdir()
    (tmp_path / "song" / "diary.txt").write_text("mine")
    assert places.folder_of(tmp_path, "song.wav", "aaaaaaaa-1111").name == "song (aaaaaaaa)"
    assert [file.name for file in (tmp_path / "song").iterdir()] == ["diary.txt"]


def test_nothing_is_overwritten_and_the_same_bytes_are_not_written_twice(tmp_path):
    first = places.write(tmp_path, "bass", ".wav", bytes_of("one"))
    assert places.write(tmp_path, "bass", ".wav", bytes_of("one")) == first
    second = places.write(tmp_path, "bass", ".wav", bytes_of("two"))
    assert (first.read_text(), second.name, second.read_text()) == ("one", "bass (2).wav", "two")

    def never(path: Path) -> None:
        raise AssertionError("these bytes are here")

    assert places.write(tmp_path, "bass", ".wav", never, sha256=hashlib.sha256(b"two").hexdigest()) == second
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bass (2).wav", "bass.wav"]


def test_a_fetch_that_breaks_off_leaves_nothing(tmp_path):
    def breaks(path: Path) -> None:
        path.write_text("half")
        raise ConnectionError("gone")

    for digest in (None, "0" * 64):
        with pytest.raises(ConnectionError):
            places.write(tmp_path, "bass", ".wav", breaks, sha256=digest)
    assert list(tmp_path.iterdir()) == []


def test_many_at_once_get_a_name_each(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda n: places.write(tmp_path, "mix", ".wav", bytes_of(f"mix {n}")), range(8)))
    assert len(set(paths)) == 8
    assert sorted(path.read_text() for path in paths) == [f"mix {n}" for n in range(8)]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("a/b\\c:d", "a_b_c_d"),
        ("Ünïcødé 🎹", "Ünïcødé 🎹"),
        ("dots...", "dots"),
        ("", "untitled"),
        ("..", "untitled"),
        ("🎹" * 200, "🎹" * 37),
    ],
)
def test_any_name_becomes_one_that_file_systems_take(typed, name, tmp_path):
    assert places.name_for(typed) == name
    places.write(tmp_path, typed, ".wav", bytes_of("x"))
