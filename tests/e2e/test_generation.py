"""New stems for a song, as a user asks for them: heard, approved, rejected, taken again, mixed, cancelled, deleted."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import numpy as np
import pretty_midi
import pytest
import soundfile

from ripieno.client import RipienoError
from ripieno.contracts import names
from ripieno.contracts.generation import GenerationOrder, GenerationParameters, MixOrder
from ripieno.local.durable.store import Store
from ripieno.records import songs, works
from ripieno.services import storage

RATE = 44100


@pytest.fixture(scope="module")
def song(stack, make_clip) -> str:
    """Eighteen seconds of the demo, analysed: the end of the intro and a verse."""
    from ripieno.client import Ripieno

    with Ripieno(stack.url) as ripieno:
        done = ripieno.wait(ripieno.upload(make_clip("to write for.flac", 4.0, 18.0)), timeout=120)
        assert done.status == "analyzed", done.error
        return done.audio_file_id


def order(song: str | None, *stems: str, **parameters) -> GenerationOrder:
    return GenerationOrder(
        audio_file_id=song, target_stems=list(stems), parameters=GenerationParameters(random_seed=7, **parameters)
    )


def waited(ripieno, request_id: str, done) -> object:
    """The request once `done(request)` holds; the workflow may be a moment behind the answer to a review."""
    deadline = time.monotonic() + 90
    while not done(request := ripieno.generation(request_id)):
        assert time.monotonic() < deadline, request
        time.sleep(0.1)
    return request


def test_stems_that_fit_come_with_midi_a_score_and_their_maker(command, ripieno, song, tmp_path):
    out = command(
        "generate",
        song,
        "--stems",
        "drums,bass",
        "--style",
        "house",
        "--seed",
        "7",
        "--out",
        str(tmp_path),
        "--mix",
        "--json",
    )
    made = json.loads(out)
    assert made["status"] == "awaiting_review" and made["planner"]["engine"] == "rules"
    analysis = ripieno.analysis(song)
    for stem in made["stems"]:
        audio, rate = soundfile.read(tmp_path / f"{stem['stem_type']}.wav")
        assert rate == RATE and len(audio) == round(stem["duration_seconds"] * RATE)
        assert stem["start_seconds"] == 0 and len(audio) == round(analysis.duration_seconds * RATE)
        assert pretty_midi.PrettyMIDI(str(tmp_path / f"{stem['stem_type']}.mid")).instruments[0].notes
        assert stem["score"]["beat_alignment"] > 0.8 and stem["score"]["remarks"] == []
        assert stem["engine"]["engine"] == "symbolic" and stem["random_seed"] == 7
    mix, _ = soundfile.read(made["mix"])
    original = ripieno.get(song)
    assert len(mix) / RATE == pytest.approx(original.duration_seconds, abs=0.6)
    assert [stem.stem_type for stem in ripieno.generation(made["generation_request_id"]).stems] == ["drums", "bass"]
    again = json.loads(
        command(
            "generate",
            song,
            "--stems",
            "bass",
            "--style",
            "house",
            "--seed",
            "7",
            "--out",
            str(tmp_path / "2"),
            "--json",
        )
    )
    first, second = (soundfile.read(one / "bass.wav")[0] for one in (tmp_path, tmp_path / "2"))
    assert np.array_equal(first, second) and again["generation_request_id"] != made["generation_request_id"]


def test_approved_rejected_and_taken_again(ripieno, song):
    request_id = ripieno.generate(order(song, "bass", "piano", bars=(2, 5)))
    heard = ripieno.wait_generation(request_id, timeout=90)
    assert heard.status == "awaiting_review" and heard.plan.planner.engine == "rules"
    ripieno.approve(request_id, "bass")
    waited(ripieno, request_id, lambda now: now.stems[0].takes[0].status == "approved")
    ripieno.reject(request_id, "piano", "much busier, and an octave lower please, staccato")
    again = waited(ripieno, request_id, lambda now: len(now.stems[1].takes) == 2 and now.status == "awaiting_review")
    first, second = again.stems[1].takes
    assert first.status == "rejected" and first.comment.startswith("much busier")
    assert second.plan.density > 0.5 and second.plan.pitch_register < 0 and second.plan.articulation == "staccato"
    assert second.plan.random_seed != first.plan.random_seed and second.stem.take == 2
    assert second.status == "generated"
    audio = [httpx.get(take.blob_url).content for take in (first, second)]
    assert audio[0] != audio[1] and len(audio[0]) == len(audio[1])
    earlier = ripieno.approve(request_id, "piano", take=1)
    assert [one.status for one in earlier.stems[1].takes] == ["approved", "generated"] and earlier.status == "completed"
    ripieno.reject(request_id, "piano", take=1)
    done = ripieno.reject(request_id, "piano")
    assert done.status == "completed"
    assert done.message == "1 of 2 stems approved" and len(done.stems[1].takes) == 2
    assert [one.generation_request_id for one in ripieno.generations(song, status="completed")] == [request_id]


def test_no_workflow_waits_for_a_person(stack, ripieno, song):
    """The stems can be heard and nobody has said anything yet: every workflow of the request has ended."""
    request_id = ripieno.generate(order(song, "drums", bars=(1, 2)))
    heard = ripieno.wait_generation(request_id, timeout=90)
    assert heard.status == "awaiting_review" and heard.instance_id == names.work_instance(request_id)
    store = Store(stack.home / "host" / "durable.db")
    try:
        deadline = time.monotonic() + 30
        while store.row(
            "SELECT * FROM instances WHERE instance_id LIKE ? AND status IN ('Pending', 'Running')", f"%{request_id}%"
        ):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        store.close()


def test_a_stem_asked_for_twice_is_two_elements(ripieno, song):
    request_id = ripieno.generate(order(song, "synth", "synth", bars=(1, 2)))
    heard = ripieno.wait_generation(request_id, timeout=90)
    assert [stem.name for stem in heard.stems] == ["synth", "synth 2"]
    audio = [httpx.get(stem.takes[0].blob_url).content for stem in heard.stems]
    assert audio[0] != audio[1]
    ripieno.approve(request_id, "synth 2")
    ripieno.reject(request_id, "synth")
    done = ripieno.generation(request_id)
    assert [stem.takes[0].status for stem in done.stems] == ["rejected", "approved"] and done.status == "completed"
    with pytest.raises(RipienoError, match="its stems are synth, synth 2"):
        ripieno.approve(request_id, "synth 3")


def test_the_same_mix_is_made_once_and_says_why_it_failed(ripieno, song):
    request_id = ripieno.generate(order(song, "bass", bars=(1, 2)))
    ripieno.wait_generation(request_id, timeout=90)
    first = ripieno.mix(request_id, MixOrder(gains={"bass": -6}))
    again = ripieno.mix(request_id, MixOrder(gains={"bass": -6}))
    assert (again.name, again.made_at) == (first.name, first.made_at)
    assert len(ripieno.generation(request_id).mixes) == 1
    with pytest.raises(RipienoError, match="there is no preset"):
        ripieno.mix(request_id, MixOrder(master="loudest of all"))
    failed = [one for one in ripieno.generation(request_id).mixes if one.kind == "master"]
    assert [one.status for one in failed] == ["failed"]
    with pytest.raises(RipienoError, match="there is no 'tuba' to mix"):
        ripieno.mix(request_id, MixOrder(gains={"tuba": 3}))


def test_one_stem_that_fails_does_not_lose_the_others(ripieno, song):
    wanted = order(song, "drums", "vocals", bars=(1, 4), lyrics="...")
    request_id = ripieno.generate(wanted)
    made = ripieno.wait_generation(request_id, timeout=90)
    by_name = {stem.stem_type: stem.takes[0] for stem in made.stems}
    assert by_name["drums"].status == "generated" and by_name["vocals"].status == "failed"
    assert "nothing to sing" in by_name["vocals"].error and made.status == "awaiting_review"


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"target_stems": ["bass"], "parameters": {"bars": [5, 3]}}, 400, "bars count from 1"),
        (
            {"audio_file_id": "SONG", "target_stems": ["bass"], "parameters": {"bars": [5, 300]}},
            400,
            "the song has bars 1 to",
        ),
        (
            {"audio_file_id": "SONG", "target_stems": ["bass"], "parameters": {"section": "guitar solo"}},
            400,
            "its sections are",
        ),
        ({"audio_file_id": "SONG"}, 400, "no stem is asked for"),
        ({"audio_file_id": "SONG", "target_stems": ["bass"], "parameters": {"style": "polka"}}, 400, "choose from"),
        ({"audio_file_id": "SONG", "target_stems": ["kazoo"]}, 400, "target_stems.0"),
        ({"audio_file_id": "SONG", "target_stems": ["bass"], "parameters": {"tempi": 9}}, 400, "parameters.tempi"),
        ({"audio_file_id": "nobody", "target_stems": ["bass"]}, 404, "there is no song"),
    ],
)
def test_what_cannot_be_made_is_refused_at_once(stack, song, body, status, told):
    body = {name: song if value == "SONG" else value for name, value in body.items()}
    answer = httpx.post(f"{stack.url}/api/generations", json=body)
    assert answer.status_code == status and told in answer.json()["detail"], answer.text


def test_the_same_idempotency_key_is_the_same_request(stack, song):
    body = order(song, "bass", bars=(1, 2)).model_dump(mode="json")
    headers = {"Idempotency-Key": f"key-{time.time_ns()}"}
    first, second = (httpx.post(f"{stack.url}/api/generations", json=body, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 202
    assert first.json()["generation_request_id"] == second.json()["generation_request_id"]
    body["parameters"]["random_seed"] = 8
    assert httpx.post(f"{stack.url}/api/generations", json=body, headers=headers).status_code == 422


def test_music_for_no_song_and_mastered(ripieno, tmp_path):
    wanted = order(
        None, "drums", "bass", target_bpm=124, duration_seconds=6, chord_progression=["Am", "F"], style="techno"
    )
    request_id = ripieno.generate(wanted)
    made = ripieno.wait_generation(request_id, timeout=90)
    assert made.audio_file_id is None and made.duration_seconds == pytest.approx(6)
    mixed = ripieno.mix(request_id, MixOrder(master="club", stem_format="flac", gains={"bass": -3}))
    assert mixed.loudness_lufs == pytest.approx(-9, abs=1.5) and mixed.duration_seconds == pytest.approx(6, abs=0.01)
    audio, _ = soundfile.read(ripieno.download(mixed.blob_url, tmp_path / "master.flac"))
    assert np.abs(audio).max() <= 0.96
    assert {one.name for one in ripieno.generation(request_id).mixes} == {
        mixed.name,
        mixed.name.removesuffix("-master"),
    }


def test_cancelling_stops_the_work_and_keeps_what_is_there(ripieno, song):
    request_id = ripieno.generate(order(song, "piano", bars=(1, 2)))
    ripieno.wait_generation(request_id, timeout=60)
    cancelled = ripieno.cancel_generation(request_id)
    assert cancelled.status == "cancelled" and cancelled.stems[0].takes[0].stem is not None
    with pytest.raises(RipienoError, match="nothing to cancel"):
        ripieno.cancel_generation(request_id)
    with pytest.raises(RipienoError, match="no longer waits"):
        ripieno.approve(request_id, "piano")


def test_cancelling_ends_the_endpoint_job_that_runs(ripieno):
    """An hour of music: cancelled while it is being played."""
    long = order(
        None, "piano", "synth", target_bpm=170, duration_seconds=3600, chord_progression=["C", "G"], style="funk"
    )
    request_id = ripieno.generate(long)
    waited(ripieno, request_id, lambda now: any(stem.takes for stem in now.stems))
    cancelled = ripieno.cancel_generation(request_id)
    assert {stem.takes[-1].status for stem in cancelled.stems} == {"cancelled"}
    instance = names.version_instances(request_id)
    deadline = time.monotonic() + 120
    while any(
        json.loads(storage.container(names.JOBS).download_blob(name).readall())["state"] in ("queued", "running")
        for name in storage.container(names.JOBS).list_blob_names(name_starts_with=instance)
    ):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert ripieno.generation(request_id).status == "cancelled"
    ripieno.delete_generation(request_id)
    with pytest.raises(RipienoError, match="there is no generation"):
        ripieno.generation(request_id)


class Listener(BaseHTTPRequestHandler):
    heard: list[dict] = []
    arrived = threading.Event()

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        Listener.heard.append(body)
        Listener.arrived.set()
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_whoever_asked_is_told_when_the_stems_can_be_heard(ripieno, song):
    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        wanted = order(song, "drums", "bass", bars=(1, 2))
        wanted.webhook_url = f"http://127.0.0.1:{server.server_port}/told"
        request_id = ripieno.generate(wanted)
        assert Listener.arrived.wait(90)
        assert len(Listener.heard) == 1
        assert Listener.heard[0]["type"] == "generation.awaiting_review"
        assert Listener.heard[0]["generation_request_id"] == request_id
    finally:
        server.shutdown()
        server.server_close()


def test_from_upload_to_stems_in_one_request(ripieno, make_clip):
    clip = make_clip("with an order.flac", 27.0, 14.0)
    wanted = GenerationOrder(
        audio_file_id="this song", target_stems=["synth"], parameters=GenerationParameters(style="pop", random_seed=1)
    )
    song_id = ripieno.upload(clip, generation=wanted)
    (request,) = ripieno.generations(song_id)
    assert request.status == "pending" and request.audio_file_id == song_id
    made = ripieno.wait_generation(request.generation_request_id, timeout=120)
    assert made.status == "awaiting_review" and made.stems[0].takes[0].status == "generated"
    assert ripieno.get(song_id).status == "analyzed"


def test_an_upload_with_an_order_that_cannot_be_is_refused_whole(stack, ripieno, make_clip):
    data = make_clip("with a wrong order.wav", 81.37, 3.1).read_bytes()
    wrong = (("{", "not JSON"), ('["bass"]', "must be a JSON object"), ('{"target_stems": ["bass"], "parameters": {"style": "polka"}}', "choose from"), ("{}", "no stem is asked for"))  # fmt: skip
    for text, told in wrong:
        answer = httpx.post(f"{stack.url}/api/audio", params={"generation": text}, content=data)
        assert answer.status_code == 400 and told in answer.json()["detail"]
    assert names.audio_file_id("local", hashlib.sha256(data).hexdigest()) not in [
        s.audio_file_id for s in ripieno.search()
    ]


def test_deleting_a_song_deletes_what_was_generated_for_it(ripieno, make_clip):
    song_id = ripieno.upload(make_clip("to be deleted with stems.wav", 60.0, 8.0))
    assert ripieno.wait(song_id, timeout=120).status == "analyzed"
    request_id = ripieno.generate(order(song_id, "drums"))
    ripieno.wait_generation(request_id, timeout=60)
    assert any(name.startswith(request_id) for name in storage.container(names.GENERATED).list_blob_names())
    removal = ripieno.delete(song_id)
    assert song_id not in [known.audio_file_id for known in ripieno.search()]
    assert ripieno.delete(song_id).instance_id == removal.instance_id  # the same removal
    assert ripieno.wait_removal(removal.instance_id).status == "completed"
    left = [
        f"{container}/{name}"
        for container in names.CONTAINERS
        for name in storage.container(container).list_blob_names()
        if request_id in name or song_id in name
    ]
    assert left == []
    with pytest.raises(works.WorkMissing):
        works.get("local", request_id)
    with pytest.raises(songs.SongMissing):
        songs.get("local", song_id)
    with pytest.raises(RipienoError, match="there is no song"):
        ripieno.delete(song_id)


def test_the_commands_say_what_they_need(command, song, tmp_path):
    assert "say which stems" in command("generate", song, expect=2)
    assert "there is no kazoo" in command("generate", song, "--stems", "kazoo", expect=2)
    assert "write 17-24" in command("generate", song, "--stems", "bass", "--bars", "17 to 24", expect=2)
    made = json.loads(
        command("generate", song, "--prompt", "a bass line in bars 1-2", "--out", str(tmp_path), "--json")
    )
    request_id = made["generation_request_id"]
    assert request_id in command("generations", song)
    assert "a new take" in command(
        "reject", request_id, "bass", "--comment", "softer", "--out", str(tmp_path / "again")
    )
    assert (tmp_path / "again" / "bass-take-2.wav").read_bytes() != (tmp_path / "bass.wav").read_bytes()
    assert command("approve", request_id) == "approved bass\n"
    command("approve", "nobody", expect=4)
