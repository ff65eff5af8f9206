"""A song goes in; its stems, JAMS and searchable metadata come out. As a user does it, with the `ripieno` command."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import httpx
import jams
import numpy as np
import pytest
import scores
import soundfile

from ripieno.client import RipienoError
from ripieno.contracts import names
from ripieno.services import storage


@pytest.fixture(scope="module")
def analysed(command, demo, tmp_path_factory) -> dict:
    """What `ripieno analyze --json --out` printed for the demo song."""
    folder = tmp_path_factory.mktemp("demo")
    path = folder / "Coda in Daylight.flac"
    soundfile.write(path, demo[1], 44100)
    lines = command("analyze", str(path), "--json", "--out", str(folder / "out")).splitlines()
    assert len(lines) == 1
    return json.loads(lines[0])


def test_the_demo_song_is_understood(analysed, demo):
    score, mix, _ = demo
    found = analysed["analysis"]
    assert analysed["status"] == "analyzed"
    assert analysed["duration_seconds"] == pytest.approx(len(mix) / 44100, abs=1e-3)
    assert found["bpm"] == pytest.approx(score.bpm, rel=0.01)
    assert (found["key"], found["mode"]) == score.key
    assert found["time_signature"] == "4/4"
    assert scores.beat_f(score, found["beats"]) >= 0.95
    assert scores.majmin(score, found["chords"]) >= 0.9
    assert found["tuning_frequency"] == pytest.approx(440, abs=1.5)
    names_found = [section["label"] for section in found["sections"]]
    assert names_found == [section.label for section in score.sections]
    assert all(0 <= value <= 1 for value in found["confidence"].values())


def test_beats_have_positions_and_sections_and_chords_cover_the_song(analysed):
    found = analysed["analysis"]
    positions = [beat["position"] for beat in found["beats"]]
    assert all(b == a % 4 + 1 for a, b in pairwise(positions))
    for spans in (found["sections"], found["chords"]):
        assert spans[0]["start_time"] == 0
        assert spans[-1]["end_time"] == pytest.approx(analysed["duration_seconds"])
        assert all(a["end_time"] == b["start_time"] for a, b in pairwise(spans))


def test_every_result_says_who_made_it(analysed):
    separate = analysed["engines"]["separate"]
    assert separate["engine"] == "dsp"
    assert separate["approximate"] and separate["fallback"] and "htdemucs" in separate["reason"]
    assert {"tempo", "beats", "key", "chords", "sections", "tuning"} <= set(analysed["engines"])
    assert all(engine["license"] and engine["version"] for engine in analysed["engines"].values())


def test_stems_are_as_long_as_the_mix_and_add_up_to_it(analysed, demo):
    _, mix, _ = demo
    stems = {stem["stem_type"]: soundfile.read(stem["path"])[0] for stem in analysed["stems"]}
    assert set(stems) == {"drums", "bass", "other"}
    assert all(len(stem) == len(mix) for stem in stems.values())
    assert np.abs(sum(stems.values()) - mix).max() < 1e-3


def test_the_jams_file_is_valid_and_carries_provenance(analysed, command, tmp_path):
    path = Path(analysed["jams_path"])
    document = jams.load(str(path), validate=True, strict=True)
    namespaces = {annotation.namespace for annotation in document.annotations}
    assert namespaces == {"tempo", "key_mode", "beat", "segment_open", "chord", "mood_thayer", "tag_open"}
    (beats,) = document.search(namespace="beat")
    assert beats.annotation_metadata.annotation_tools.startswith("ripieno networks+bar-pointer")
    assert document.sandbox.tuning_frequency == analysed["analysis"]["tuning_frequency"]
    assert json.loads(command("jams", analysed["audio_file_id"])) == json.loads(path.read_text())
    assert httpx.get(analysed["jams_url"]).json() == json.loads(path.read_text())


@pytest.mark.parametrize(
    ("filters", "is_found"),
    [
        (["--key", "D"], True),
        (["--key", "D", "--mode", "minor"], False),
        (["--mode", "major"], True),
        (["--bpm-min", "111", "--bpm-max", "113"], True),
        (["--bpm-min", "113"], False),
        (["--status", "analyzed"], True),
        (["--status", "analyzed", "--uploaded-after", "2020-01-01"], True),
        (["--uploaded-before", "2020-01-01"], False),
    ],
)
def test_search_finds_it_by_what_it_is(command, analysed, filters, is_found):
    found = json.loads(command("search", *filters, "--json"))
    assert (analysed["audio_file_id"] in [song["audio_file_id"] for song in found]) == is_found
    fields = {"audio_file_id", "original_file_name", "status", "bpm", "key", "mode", "duration_seconds", "uploaded_at"}
    fields |= {"valence", "arousal", "styles"}
    assert all(set(song) == fields for song in found)


def test_list_and_status_show_it(command, analysed):
    assert analysed["audio_file_id"] in [song["audio_file_id"] for song in json.loads(command("list", "--json"))]
    assert "112.0 bpm" in command("list")
    assert "D major" in command("status", analysed["audio_file_id"])


def test_the_same_bytes_are_the_same_song_and_no_second_analysis(ripieno, stack, analysed, demo, tmp_path):
    before = ripieno.get(analysed["audio_file_id"])
    path = tmp_path / "another name.flac"
    soundfile.write(path, demo[1], 44100)
    answer = httpx.post(f"{stack.url}/api/audio", files={"file": path.open("rb")}, timeout=60)
    assert answer.status_code == 200
    assert answer.json()["audio_file_id"] == analysed["audio_file_id"] and answer.json()["duplicate"]
    after = ripieno.get(analysed["audio_file_id"])
    assert (after.analyzed_at, after.run) == (before.analyzed_at, before.run)


def test_the_workflow_shows_in_the_durable_management_api(stack, ripieno, analysed):
    """By its instance id, as an operator finds it; no answer of the API carries the key for that."""
    song = ripieno.get(analysed["audio_file_id"])
    key = (stack.home / "host" / "system.key").read_text()
    assert key not in httpx.get(f"{stack.url}/api/audio/{song.audio_file_id}").text
    address = f"{stack.url}/runtime/webhooks/durabletask/instances/{song.instance_id}"
    status = httpx.get(address, params={"code": key, "showHistory": "true"}).json()
    assert status["runtimeStatus"] == "Completed"
    assert status["customStatus"]["stage"] == "analyzed" and status["customStatus"]["fraction"] == 1
    called = [event.get("FunctionName") for event in status["historyEvents"] if event["EventType"] == "TaskScheduled"]
    assert called == ["BeginAnalysis", "SaveAnalysis", "NotifyOwner"]
    assert httpx.get(address, params={"code": "x"}).status_code == 401


def test_a_song_can_be_heard_and_is_found_by_its_chords_and_its_form(stack, ripieno, analysed, demo, tmp_path):
    song = ripieno.get(analysed["audio_file_id"])
    whole = ripieno.content(song.audio_file_id, tmp_path / "again.flac").read_bytes()
    assert hashlib.sha256(whole).hexdigest() == song.sha256
    address = f"{stack.url}/api/audio/{song.audio_file_id}/content"
    part = httpx.get(address, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206 and part.content == whole[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert httpx.get(address, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    chords = [chord["chord"] for chord in analysed["analysis"]["chords"] if chord["chord"] != "N"][3:7]
    assert song.audio_file_id in [one.audio_file_id for one in ripieno.search(chords=", ".join(chords))]
    assert song.audio_file_id in [one.audio_file_id for one in ripieno.search(form="chorus, bridge", key="D")]
    assert song.audio_file_id not in [one.audio_file_id for one in ripieno.search(form="bridge, intro")]
    assert list(ripieno.search(chords="C#, Ebm, Gb, Abm, Bbm, B")) == []


def test_engines_are_chosen_by_name(ripieno, analysed, make_clip):
    song = ripieno.wait(ripieno.upload(make_clip("by name.wav", 70, 4)), timeout=120)
    with pytest.raises(RipienoError, match="use auto, dsp"):
        ripieno.analyze_again(song.audio_file_id, {"separate": "htdemucs"})
    with pytest.raises(RipienoError, match="choose engines for separate"):
        ripieno.analyze_again(song.audio_file_id, {"dance": "waltz"})
    ripieno.analyze_again(song.audio_file_id, {"separate": "dsp", "beats": "flux+bar-pointer"})
    again = ripieno.wait(song.audio_file_id, timeout=120)
    found = ripieno.analysis(song.audio_file_id).engines
    assert (again.status, again.run) == ("analyzed", 2)
    assert found["beats"].engine == "flux+bar-pointer" and not found["separate"].fallback


def test_jobs_say_what_was_asked_of_which_endpoint(ripieno, analysed):
    found = list(ripieno.jobs(audio_file_id=analysed["audio_file_id"]))
    assert {job.kind for job in found} == {"separate", "mir"}
    assert all(job.state == "succeeded" and job.started_at and job.ended_at and job.instance_id for job in found)
    assert ripieno.job(found[0].job_id) == found[0]
    assert list(ripieno.jobs(audio_file_id=analysed["audio_file_id"], state="failed")) == []


def test_bad_commands_end_with_2_failures_with_1_and_what_is_not_there_with_4(command, tmp_path):
    assert "No such command" in command("frobnicate", expect=2)
    assert "does not exist" in command("analyze", str(tmp_path / "nowhere.wav"), expect=2)
    assert "needs a filter" in command("search", expect=2)
    command("status", "no-such-song", expect=4)
    (tmp_path / "note.mp3").write_text("this is a letter, not a song" * 50)
    result = json.loads(command("analyze", str(tmp_path / "note.mp3"), "--json", expect=1))
    assert result["status"] == "failed" and result["error"]["code"] == "unsupported_format"


def test_deleting_a_song_deletes_everything_made_from_it(command, ripieno, make_clip, stack):
    clip = make_clip("to delete.wav", 30, 5)
    song_id = json.loads(command("analyze", str(clip), "--json"))["audio_file_id"]
    blobs = lambda: [  # noqa: E731
        f"{container}/{name}"
        for container in names.CONTAINERS
        for name in storage.container(container).list_blob_names()
        if song_id in name
    ]
    rows = lambda: [  # noqa: E731
        (table, row["RowKey"])
        for table in {*names.TABLES} - {names.AUDIT}  # who deleted it, and when, is kept: ids and statuses
        for row in storage.table(table).list_entities()
        if song_id in row["PartitionKey"] + row["RowKey"]
    ]
    assert len(blobs()) >= 6 and len(rows()) >= 6
    command("delete", song_id, "--wait")
    assert blobs() == [] and rows() == []
    command("status", song_id, expect=4)


def test_watch_goes_on_with_files_that_appear(stack, make_clip, tmp_path):
    env = os.environ | {"RIPIENO_URL": stack.url, "RIPIENO_HOME": str(stack.home), "PYTHONUNBUFFERED": "1"}
    watching = subprocess.Popen(
        [sys.executable, "-m", "ripieno.cli", "analyze", str(tmp_path), "--watch", "--json"],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert watching.stderr.readline().startswith("watching")
        for name, start in (("first.wav", 33.25), ("second.mp3", 37.25)):
            (tmp_path / name).write_bytes(make_clip(name, start, 4).read_bytes())
            result = json.loads(watching.stdout.readline())
            assert (Path(result["file"]).name, result["status"]) == (name, "analyzed")
        watching.send_signal(signal.SIGINT)
        assert watching.wait(120) == 0
    finally:
        watching.kill()
        watching.wait()
        watching.stdout.close()
        watching.stderr.close()


def test_one_bad_file_among_good_ones_is_named_and_the_others_are_done(command, make_clip, tmp_path):
    (tmp_path / "a.wav").write_bytes(make_clip("a.wav", 41.25, 3).read_bytes())
    (tmp_path / "b.wav").write_bytes(b"")
    (tmp_path / "c.flac").write_bytes(make_clip("c.flac", 47.25, 3).read_bytes())
    results = [json.loads(line) for line in command("analyze", str(tmp_path), "--json", expect=1).splitlines()]
    assert [result["status"] for result in results] == ["analyzed", "failed", "analyzed"]
    assert results[1]["file"].endswith("b.wav") and "empty" in results[1]["error"]["message"]
