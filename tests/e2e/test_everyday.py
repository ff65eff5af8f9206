"""The command as people use it from day to day: what names a song, where files go, what a pipe gets, how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from ripieno.local.stack import PROJECT

CHORUS = "Everyday Chorus.wav"


@pytest.fixture(scope="module")
def song_file(make_clip, tmp_path_factory) -> Path:
    """A piece of the demo song of its own, with two choruses in it."""
    path = tmp_path_factory.mktemp("everyday") / CHORUS
    shutil.copy(make_clip("everyday.wav", 20.0, 62.0), path)
    return path


@pytest.fixture(scope="module")
def song(command, song_file) -> dict:
    return json.loads(command("analyze", str(song_file), "--json"))


def environment(stack) -> dict[str, str]:
    return os.environ | {
        "RIPIENO_URL": stack.url,
        "RIPIENO_HOME": str(stack.home),
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
    }


# -- what names a song --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    ["{id}", "{id:.13}", CHORUS, "everyday chorus", "Everyday Ch", "{file}"],
    ids=["id", "beginning of id", "name", "name without its ending", "beginning of name", "file"],
)
def test_a_song_is_named_by_its_id_its_name_the_beginning_of_either_or_a_file(command, song, song_file, typed):
    said = command("show", typed.format(id=song["audio_file_id"], file=song_file), "--json")
    assert json.loads(said)["song"]["audio_file_id"] == song["audio_file_id"]


def test_what_may_be_several_songs_lists_them_and_does_nothing(command, ripieno, make_clip, tmp_path):
    songs = []
    for number in (1, 2):
        path = tmp_path / f"Twins {number}.wav"
        shutil.copy(make_clip(f"twin {number}.wav", 30.0 + number, 3.0), path)
        songs.append(json.loads(command("analyze", str(path), "--json"))["audio_file_id"])
    said = command("delete", "Twins", expect=4)
    assert all(one in said for one in songs)
    assert [ripieno.get(one).status for one in songs] == ["analyzed", "analyzed"]
    command("delete", "Twins 1", "--wait")
    assert json.loads(command("show", "Twins", "--json"))["song"]["audio_file_id"] == songs[1]


def test_nothing_that_is_called_so_is_said_with_what_to_do(command, tmp_path):
    assert "`ripieno list` shows" in command("show", "no such song", expect=4)
    (tmp_path / "stranger.wav").write_bytes(b"not in the library")
    assert "ripieno analyze" in command("show", str(tmp_path / "stranger.wav"), expect=4)
    assert "no song is called" in command("stems", "🎹 100% Ünïcødé", expect=4)


# -- what is shown ------------------------------------------------------------------------------------------------


def test_everything_that_was_found_is_shown_with_its_chords_bar_by_bar(command, song):
    for verb in ("show", "status"):
        said = command(verb, song["audio_file_id"])
        assert CHORUS in said and " bpm in 4/4" in said and "D major" in said and "A4 = " in said
        assert sum(" | " in line for line in said.splitlines()) >= 7  # some 29 bars, four a line
        assert "separate: dsp" in said
    shown = json.loads(command("show", song["audio_file_id"], "--json"))
    starts = [bar["start_time"] for bar in shown["chart"]]
    downbeats = [beat["time"] for beat in shown["analysis"]["beats"] if beat["position"] == 1]
    assert starts[-len(downbeats) :] == downbeats
    assert all(bar["chords"] for bar in shown["chart"])


def test_a_pipe_gets_whole_lines_with_every_column(command, make_clip, song, tmp_path):
    name = "a name that is far longer than any terminal is wide " * 3 + "end.wav"
    shutil.copy(make_clip("long.wav", 44.0, 3.0), tmp_path / name)
    command("analyze", str(tmp_path / name))
    lines = [line.split("\t") for line in command("list").splitlines()]
    assert {len(line) for line in lines} == {9}
    (long,) = [line for line in lines if line[1] == name]
    assert long[2] == "analyzed" and long[5].startswith("0:03")
    assert [line[4] for line in lines if line[0] == song["audio_file_id"]] == ["D major"]


def test_generations_say_when_for_which_song_and_what_was_asked_for(command, song, tmp_path):
    made = json.loads(command("generate", CHORUS, "--prompt", "a bass line in bars 1-2 🎸", "--json", cwd=tmp_path))
    (line,) = [
        line.split("\t")
        for line in command("generations", CHORUS).splitlines()
        if line.startswith(made["generation_request_id"])
    ]
    assert line[2:] == [CHORUS, "awaiting_review", "bass", "a bass line in bars 1-2 🎸"]
    assert line[1].startswith("20")
    assert "take 1" in command("show", made["generation_request_id"])
    assert "bass line in bars 1-2" in command("show", "latest")


def test_a_generation_that_failed_says_why_and_shows_no_empty_table(command, song, tmp_path):
    said = command(
        "generate", CHORUS, "--stems", "bass", "--bars", "1-2", "--engine", "musicgen-melody", expect=1, cwd=tmp_path
    )
    assert said.startswith("✗ bass, take 1: ") and "ripieno models pull musicgen-melody" in said
    assert "engine" not in said.splitlines()[0] and "approve" not in said
    assert list(tmp_path.rglob("*.wav")) == []


# -- where files go -----------------------------------------------------------------------------------------------


def test_two_songs_of_one_name_are_written_into_two_folders(command, make_clip, tmp_path):
    for number, folder in enumerate(("first", "second")):
        (tmp_path / folder).mkdir()
        shutil.copy(make_clip(f"same {number}.ogg", 50.0 + number, 3.0), tmp_path / folder / "song.ogg")
    out = tmp_path / "out"
    lines = command("analyze", str(tmp_path / "first"), str(tmp_path / "second"), "--json", "--out", str(out))
    results = [json.loads(line) for line in lines.splitlines()]
    folders = [Path(result["jams_path"]).parent for result in results]
    assert [folder.name for folder in folders] == ["song", f"song ({results[1]['audio_file_id'][:8]})"]
    for result, folder in zip(results, folders, strict=True):
        assert json.loads((folder / "song.json").read_text())["audio_file_id"] == result["audio_file_id"]
        assert all(Path(stem["path"]).parent == folder for stem in result["stems"])
    before = sorted(path.name for path in out.rglob("*"))
    command("analyze", str(tmp_path / "second"), str(tmp_path / "first"), "--out", str(out))
    assert sorted(path.name for path in out.rglob("*")) == before


def test_without_out_files_go_into_a_folder_of_the_songs_name_and_no_take_is_overwritten(command, song, tmp_path):
    (tmp_path / "bass.wav").write_bytes(b"mine")
    command("stems", CHORUS, cwd=tmp_path)
    folder = tmp_path / "Everyday Chorus"
    assert sorted(path.name for path in folder.iterdir()) == ["bass.flac", "drums.flac", "other.flac", "song.json"]
    wanted = ("generate", CHORUS, "--stems", "bass", "--bars", "1-2", "--json")
    first = json.loads(command(*wanted, "--seed", "1", cwd=tmp_path))["stems"][0]
    again = json.loads(command(*wanted, "--seed", "2", cwd=tmp_path))["stems"][0]
    assert (first["path"], first["midi_path"]) == ("Everyday Chorus/bass.wav", "Everyday Chorus/bass.mid")
    assert again["path"] == "Everyday Chorus/bass (2).wav"
    request = json.loads(command("generations", CHORUS, "--json"))[0]["generation_request_id"]
    told = json.loads(
        command("reject", request, "bass", "--comment", "busier", "--out", str(folder), "--json", cwd=tmp_path)
    )
    assert Path(told["stems"][0]["path"]).name == "bass-take-2.wav"
    assert json.loads(command("approve", request, "bass", "--take", "1", "--json", cwd=tmp_path))["stems"] == ["bass"]
    assert (tmp_path / "bass.wav").read_bytes() == b"mine"


def test_a_jams_file_is_written_where_it_is_asked_for_and_over_nothing(command, song, tmp_path):
    (tmp_path / "notes.json").write_text("mine")
    said = command("jams", CHORUS, "--out", str(tmp_path / "notes.json")).strip()
    assert Path(said).name == "notes (2).json" and json.loads(Path(said).read_text())["annotations"]
    assert (tmp_path / "notes.json").read_text() == "mine"
    assert command("jams", CHORUS, "--out", str(tmp_path / "notes.json")).strip() == said


def test_a_mix_takes_levels_by_name_and_is_written_beside_the_stems(command, song, tmp_path):
    command("generate", CHORUS, "--stems", "bass", "--section", "second chorus", "--seed", "3", cwd=tmp_path)
    loud, soft = (
        json.loads(command("mix", CHORUS, "--gain", f"bass={gain}", "--gain", "original=-20", "--json", cwd=tmp_path))
        for gain in (0, -12)
    )
    assert (loud["path"], soft["path"]) == ("Everyday Chorus/mix.wav", "Everyday Chorus/mix (2).wav")
    assert loud["loudness_lufs"] > soft["loudness_lufs"] + 2
    audio, rate = soundfile.read(tmp_path / loud["path"])
    assert len(audio) / rate == pytest.approx(62.0, abs=0.1)
    assert "use bass, original" in command("mix", CHORUS, "--gain", "kazoo=1", expect=1, stderr=True, cwd=tmp_path)
    assert "write bass=-3" in command("mix", CHORUS, "--gain", "bass=soft", expect=2)
    assert "no pair" in command("mix", CHORUS, "--take", "bass", expect=2)


# -- free-standing, and what cannot be ----------------------------------------------------------------------------


def test_music_for_no_song_needs_nothing_but_a_stem(command, tmp_path):
    made = json.loads(command("generate", "--stems", "bass", "--style", "bossa", "--json", cwd=tmp_path))
    (stem,) = made["stems"]
    assert stem["path"] == "new music/bass.wav" and stem["duration_seconds"] > 8
    assert made["song_name"] is None
    chosen = made["free_standing"]
    assert chosen["target_bpm"] > 60 and chosen["chord_progression"] and chosen["duration_seconds"] > 8


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--bars", "5-3"], "--bars"),
        (["--bars", "17 to 24"], "write 17-24"),
        (["--temperature", "9"], "--temperature"),
        (["--bpm", "1000"], "--bpm"),
    ],
)
def test_what_cannot_be_is_said_by_the_options_name_before_anything_is_asked(command, song, options, said):
    told = command("generate", CHORUS, "--stems", "bass", *options, expect=2)
    assert said in told and "target_" not in told and "parameters" not in told


def test_a_part_that_the_song_does_not_have_is_refused_with_those_it_has(command, song, tmp_path):
    said = command("generate", CHORUS, "--stems", "bass", "--section", "ninth bridge", expect=1, stderr=True)
    assert "chorus" in said
    assert "bars 1 to" in command("generate", CHORUS, "--stems", "bass", "--bars", "1-900", expect=1, stderr=True)


# -- ends ---------------------------------------------------------------------------------------------------------


def test_ctrl_c_says_what_goes_on_without_you(stack, ripieno, make_clip, tmp_path):
    path = tmp_path / "interrupted.wav"
    shutil.copy(make_clip("interrupted.wav", 3.0, 110.0), path)
    working = subprocess.Popen(
        [sys.executable, "-m", "ripieno.cli", "analyze", str(path), "--json"], env=environment(stack), cwd=PROJECT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        while not (found := list(ripieno.search(named="interrupted.wav", status="analyzing"))):
            assert working.poll() is None, working.communicate()
        while not any(job.endpoint_job_id for job in ripieno.jobs(audio_file_id=found[0].audio_file_id)):
            assert working.poll() is None, working.communicate()  # by then the command has heard that it was taken in
        working.send_signal(signal.SIGINT)
        _, said = working.communicate(timeout=60)
    finally:
        working.kill()
        working.wait()
    assert working.returncode == 130
    assert f"goes on without you: ripieno status {found[0].audio_file_id}" in said
    assert ripieno.wait(found[0].audio_file_id, timeout=120).status == "analyzed"


def test_where_nobody_answers_the_command_says_how_to_start_one(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "ripieno.cli", "list"], cwd=PROJECT, timeout=120, check=False, capture_output=True,
        text=True, env=os.environ | {"RIPIENO_URL": "http://127.0.0.1:9", "RIPIENO_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 3 and "ripieno up" in done.stderr and "Traceback" not in done.stderr


def test_a_reader_that_has_had_enough_is_no_error(stack, song):
    done = subprocess.run(
        f"{sys.executable} -m ripieno.cli show {song['audio_file_id']} --json | head -c 1",
        shell=True,
        cwd=PROJECT,
        env=environment(stack),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("{", "")
