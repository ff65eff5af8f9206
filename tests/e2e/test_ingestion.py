"""Every way in, every format, and every kind of file that is no song."""

from __future__ import annotations

import io
import struct
import time
import uuid
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
import soundfile

from benchmarks.host_memory import MEGABYTE, Watch
from ripieno.client import Ripieno, RipienoError
from ripieno.contracts import names
from ripieno.services import storage

RATE = 44100
SECONDS = 240


def drop(name: str, data: bytes) -> None:
    storage.container(names.RAW_AUDIO).upload_blob(name, data)


def wait_for_name(ripieno: Ripieno, name: str):
    """The song that a dropped file became."""
    for _ in range(SECONDS * 4):
        for song in ripieno.search(limit=200):
            if song.original_file_name == name:
                return ripieno.wait(song.audio_file_id, timeout=SECONDS)
        time.sleep(0.25)  # the trigger polls storage: there is no event to await
    raise AssertionError(f"{name} never came into the library")


@pytest.mark.parametrize("suffix", ["wav", "mp3", "flac", "ogg", "m4a"])
def test_every_format_is_taken_in_under_a_misleading_name(ripieno, make_clip, suffix):
    clip = make_clip(f"format.{suffix}", start=20 + len(suffix))
    disguised = clip.with_name(f"{suffix}-disguised.txt")
    disguised.write_bytes(clip.read_bytes())
    song = ripieno.wait(ripieno.upload(disguised), timeout=SECONDS)
    assert (song.status, song.format) == ("analyzed", suffix)
    assert song.duration_seconds == pytest.approx(6, abs=0.1)
    assert song.blob_name == names.song_blob(song.audio_file_id, song.born, suffix)


def test_multipart_and_raw_body_are_the_same_song(ripieno, stack, make_clip):
    clip = make_clip("both ways.wav", 40)
    form = httpx.post(f"{stack.url}/api/audio", files={"file": ("both ways.wav", clip.open("rb"))})
    raw = httpx.post(f"{stack.url}/api/audio", content=clip.read_bytes(), headers={"x-file-name": "both%20ways.wav"})
    assert form.status_code == 202 and raw.status_code in (200, 202)
    assert form.json()["audio_file_id"] == raw.json()["audio_file_id"]
    assert raw.json()["duplicate"]
    song = ripieno.wait(form.json()["audio_file_id"], timeout=SECONDS)
    assert (song.status, song.original_file_name) == ("analyzed", "both ways.wav")


def test_a_direct_upload_goes_straight_into_storage(ripieno, make_clip):
    song = ripieno.wait(ripieno.upload(make_clip("large.wav", 45), direct=True), timeout=SECONDS)
    assert (song.status, song.original_file_name) == ("analyzed", "large.wav")


def test_an_upload_ticket_allows_writing_one_blob_and_nothing_else(stack):
    ask = {"file_name": "x.wav", "file_size_bytes": 10}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    ticket = httpx.post(f"{stack.url}/api/uploads", json=ask, headers=key).json()
    assert httpx.post(f"{stack.url}/api/uploads", json=ask, headers=key).json() == ticket
    other = httpx.post(f"{stack.url}/api/uploads", json=ask | {"file_size_bytes": 11}, headers=key)
    assert other.json()["code"] == "idempotency_key_reused"
    assert httpx.get(ticket["upload_url"]).status_code == 403
    elsewhere = ticket["upload_url"].replace(ticket["upload_id"], "0" * 32)
    assert httpx.put(elsewhere, content=b"x", headers=ticket["headers"]).status_code == 403
    empty = httpx.post(ticket["complete_url"])
    assert (empty.status_code, empty.json()["code"]) == (409, "nothing_uploaded")


def test_dropped_blobs_are_taken_in_once_each(ripieno, make_clip):
    """The same bytes under two names are one song; a second event for a blob changes nothing."""
    data = make_clip("dropped.ogg", 50).read_bytes()
    drop("dropped.ogg", data)
    song = wait_for_name(ripieno, "dropped.ogg")
    assert song.status == "analyzed"
    drop("again.ogg", data)
    drop("dropped.ogg", data)
    for _ in range(400):
        left = {name for name in storage.container(names.RAW_AUDIO).list_blob_names() if name.endswith("ogg")}
        if not left & {"again.ogg", "dropped.ogg"}:
            break
    assert not left & {"again.ogg", "dropped.ogg"}
    again = ripieno.get(song.audio_file_id)
    assert (again.run, again.analyzed_at, again.instance_id) == (song.run, song.analyzed_at, song.instance_id)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.wav", "émoji 🎷 на русском.wav", "x" * 300 + ".wav", "a#b?c&d%20.wav"]
)
def test_strange_names_are_kept_for_show_and_used_for_nothing(ripieno, stack, make_clip, name):
    from urllib.parse import quote

    data = make_clip("named.wav", 60 + len(name) % 30, 3).read_bytes()
    answer = httpx.post(f"{stack.url}/api/audio", content=data, headers={"x-file-name": quote(name, safe="")})
    song = ripieno.wait(answer.json()["audio_file_id"], timeout=SECONDS)
    assert song.status == "analyzed"
    assert song.original_file_name == name.rpartition("/")[2]


# -- what is no song ----------------------------------------------------------------------------------------------


def wav(samples: np.ndarray, rate: int = RATE, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, subtype, format="WAV")
    return file.getvalue()


def tone(seconds: float, rate: int = RATE, channels: int = 2, level: float = 0.3) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    return np.repeat((level * np.sin(2 * np.pi * 220 * time))[:, None], channels, axis=1)


def truncated_mp3(make_clip) -> bytes:
    return (data := make_clip("whole.mp3", 10, 12).read_bytes())[: len(data) // 2]


def nan_samples() -> bytes:
    samples = tone(3)
    samples[RATE:] = np.nan
    return wav(samples, subtype="FLOAT")


REFUSED_AT_ONCE = {
    "empty": (lambda clip: b"", "empty_file"),
    "text named mp3": (lambda clip: b"Dear Sir or Madam, " * 500, "unsupported_format"),
    "wav without frames": (lambda clip: wav(np.zeros((0, 2))), "no_audio"),
    "half a header": (lambda clip: b"RIFF\x24\x00\x00\x00WAVEfmt ", "corrupt_audio"),
    "id3 and nothing else": (lambda clip: b"ID3\x04\x00\x00\x00\x00\x7f\x7f" + bytes(16383), "corrupt_audio"),
}
FAILED_IN_ANALYSIS = {
    "truncated mp3": (truncated_mp3, "truncated_audio"),
    "nan": (lambda clip: nan_samples(), "not_finite"),
    "silence": (lambda clip: wav(np.zeros((5 * RATE, 2))), "silent_audio"),
    "truncated wav": (lambda clip: wav(tone(10))[: 5 * RATE], "truncated_audio"),
    "truncated m4a": (lambda clip: clip("whole.m4a", 10, 8).read_bytes()[:60000], "corrupt_audio"),
}


@pytest.mark.parametrize("kind", REFUSED_AT_ONCE)
def test_what_is_no_audio_is_refused_with_a_reason_and_kept_as_failed(ripieno, tmp_path, make_clip, kind):
    make, code = REFUSED_AT_ONCE[kind]
    path = tmp_path / "bad.mp3"
    path.write_bytes(make(make_clip))
    with pytest.raises(RipienoError) as refusal:
        ripieno.upload(path)
    assert refusal.value.code == code and len(str(refusal.value)) > 20
    song = ripieno.get(refusal.value.audio_file_id)
    assert (song.status, song.error.code) == ("failed", code)


@pytest.mark.parametrize("kind", FAILED_IN_ANALYSIS)
def test_what_cannot_be_analysed_ends_as_failed_with_a_reason(ripieno, tmp_path, make_clip, kind):
    make, code = FAILED_IN_ANALYSIS[kind]
    path = tmp_path / "bad.bin"
    path.write_bytes(make(make_clip))
    try:
        song = ripieno.wait(ripieno.upload(path), timeout=SECONDS)
    except RipienoError as refusal:
        assert refusal.code == code
        return
    assert (song.status, song.error.code) == ("failed", code)
    assert len(song.error.message) > 20


def test_a_dropped_text_file_is_a_failed_song_with_a_reason(ripieno):
    drop("letter.mp3", b"not a song at all " * 100)
    song = wait_for_name(ripieno, "letter.mp3")
    assert (song.status, song.error.code) == ("failed", "unsupported_format")
    assert not storage.container(names.RAW_AUDIO).get_blob_client("letter.mp3").exists()
    rejected = storage.container(names.REJECTED).get_blob_client(song.blob_name).get_blob_properties()
    assert rejected.metadata["code"] == "unsupported_format" and song.blob_name.endswith("/letter.mp3")


UNUSUAL = {
    "8 kHz mono": lambda: wav(tone(6, 8000, 1), 8000),
    "192 kHz 24 bit": lambda: wav(tone(4, 192000), 192000, "PCM_24"),
    "6 channels": lambda: wav(tone(5, channels=6)),
    "one second": lambda: wav(tone(1)),
    "a tenth of a second": lambda: wav(tone(0.1)),
    "float over full scale": lambda: wav(tone(4, level=3.0), subtype="FLOAT"),
}


@pytest.mark.parametrize("kind", UNUSUAL)
def test_unusual_audio_is_analysed(ripieno, tmp_path, kind):
    path = tmp_path / "unusual.wav"
    path.write_bytes(UNUSUAL[kind]())
    song = ripieno.wait(ripieno.upload(path), timeout=SECONDS)
    assert song.status == "analyzed", song.error
    analysis = ripieno.analysis(song.audio_file_id)
    frames, rate = soundfile.info(path).frames, soundfile.info(path).samplerate
    assert analysis.duration_seconds == pytest.approx(frames / rate, abs=1e-3)
    assert all(stem.sample_rate == rate for stem in ripieno.stems(song.audio_file_id).stems)


def test_a_huge_tag_before_the_music_does_no_harm(ripieno, make_clip, tmp_path):
    size = 3_000_000
    syncsafe = struct.pack(">4B", *((size >> shift) & 0x7F for shift in (21, 14, 7, 0)))
    path = tmp_path / "tagged.mp3"
    path.write_bytes(b"ID3\x04\x00\x00" + syncsafe + bytes(size) + make_clip("bare.mp3", 70).read_bytes())
    assert ripieno.wait(ripieno.upload(path), timeout=SECONDS).status == "analyzed"


def test_a_body_without_its_length_is_refused_with_what_to_do(stack):
    answer = httpx.post(f"{stack.url}/api/audio", content=iter([bytes(2**20)] * 3), timeout=120)
    assert answer.status_code == 411  # Azure would hand it to nobody
    assert answer.json()["code"] == "length_required" and "uploads" in answer.json()["detail"]


def test_a_body_over_the_limit_is_refused_without_being_held_in_memory(stack):
    size = 300 * MEGABYTE
    with Watch(stack.pid("host")) as watch:
        before = watch.now
        parts = (bytes(MEGABYTE) for _ in range(300))
        answer = httpx.post(f"{stack.url}/api/audio", content=parts, headers={"content-length": str(size)}, timeout=120)
        assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert watch.peak - before < 150


def test_bodies_one_after_another_leave_nothing_of_themselves_in_the_hosts_memory(stack):
    """Of ten times forty megabytes as much stays as of one; the threads of the host share what they have let go."""
    assert psutil.Process(stack.pid("host")).environ()["MALLOC_ARENA_MAX"] == "2"

    def send() -> None:
        body = uuid.uuid4().bytes + bytes(40 * MEGABYTE)
        assert httpx.post(f"{stack.url}/api/audio", content=body, timeout=120).status_code == 415

    with Watch(stack.pid("host")) as watch:
        send()
        before = watch.now
        for _ in range(10):
            send()
        assert watch.now - before < 150
        assert watch.peak - before < 250


def test_a_dropped_file_of_any_size_takes_no_memory_of_the_host(stack):
    """It is streamed to a file: of three hundred megabytes some are held at a time."""
    name = f"{uuid.uuid4().hex}.bin"
    inbox = storage.container(names.RAW_AUDIO)
    with Watch(stack.pid("host")) as watch:
        before = watch.now
        inbox.upload_blob(name, uuid.uuid4().bytes + bytes(300 * MEGABYTE))
        for _ in range(SECONDS * 4):
            if not inbox.get_blob_client(name).exists():
                break
            time.sleep(0.25)  # the inbox is looked into: there is no event to await
        assert not inbox.get_blob_client(name).exists()
    assert watch.peak - before < 150


def test_problems_are_rfc_9457_documents(stack):
    for method, path, status, code in [
        ("GET", "audio/none", 404, "not_found"),
        ("GET", "audio?limit=0", 400, "invalid_request"),
        ("GET", "audio?tempo=120", 400, "invalid_request"),
        ("GET", "audio?cursor=zzz", 400, "bad_cursor"),
        ("POST", "uploads", 400, "invalid_request"),
        ("GET", "jobs/none", 404, "not_found"),
    ]:
        answer = httpx.request(method, f"{stack.url}/api/{path}")
        assert (answer.status_code, answer.json()["code"]) == (status, code), path
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["detail"]


def test_everything_still_stands(stack):
    assert httpx.get(f"{stack.url}/api/health", timeout=30).json()["status"] == "ok"
    assert all(child.is_running() for child in stack._children)
    assert isinstance(stack.home, Path)
