"""A watched folder: a file is taken when it rests, and again when it has changed."""

from __future__ import annotations

from ripieno.cli.watch import RESTS, Watch


def looks(watch: Watch, count: int = RESTS + 1) -> list[str]:
    return [path.name for _ in range(count) for path in watch.look()]


def test_a_file_that_is_still_being_copied_waits_until_it_rests(tmp_path):
    watch, song = Watch([tmp_path]), tmp_path / "song.wav"
    for size in range(1, 6):
        song.write_bytes(b"x" * size)
        assert watch.look() == []
    assert looks(watch) == ["song.wav"]
    assert looks(watch) == []


def test_a_file_that_changed_after_it_was_taken_comes_again(tmp_path):
    watch, song = Watch([tmp_path]), tmp_path / "song.wav"
    song.write_bytes(b"half")
    assert looks(watch) == ["song.wav"]
    song.write_bytes(b"half and the rest")
    assert watch.look() == []
    assert looks(watch) == ["song.wav"]


def test_empty_files_letters_and_hidden_files_are_no_songs(tmp_path):
    for name in ("empty.wav", "letter.txt", ".hidden.wav"):
        (tmp_path / name).write_bytes(b"" if name == "empty.wav" else b"x")
    watch = Watch([tmp_path])
    assert looks(watch) == []
    (tmp_path / "empty.wav").write_bytes(b"music at last")
    assert looks(watch) == ["empty.wav"]


def test_a_file_that_was_removed_and_came_back_is_new(tmp_path):
    watch, song = Watch([tmp_path]), tmp_path / "song.wav"
    song.write_bytes(b"x")
    assert looks(watch) == ["song.wav"]
    song.unlink()
    assert watch.look() == []
    song.write_bytes(b"x")
    assert looks(watch) == ["song.wav"]


def test_folders_below_are_watched_too_in_the_order_of_their_names(tmp_path):
    watch = Watch([tmp_path])
    for name in ("b/two.mp3", "a/one.flac"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"x")
    assert looks(watch) == ["one.flac", "two.mp3"]
