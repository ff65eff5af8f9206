"""Deleted is deleted: one word goes into everything that people can write, then all of it is deleted, then the word is
looked for everywhere: in every blob, row and message, in the engine's history file with its log and its freed pages, in
the endpoints' folders, in the logs.

What Azurite keeps of a blob on its disk until it collects its garbage is beyond what an account in Azure shows: not
looked at.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import mutagen.flac
import numpy as np
import pytest
import soundfile
import voice_makers
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from ripieno.client import Ripieno
from ripieno.contracts import names
from ripieno.local.stack import Stack
from ripieno.services import blobs
from ripieno.services.identity import LOCAL_OWNER
from ripieno.services.storage import table_service
from tests.stacks import new_stack

WORD = "zqxkanari"
RATE = 44100
FORMS = [
    form
    for text in (WORD, WORD.upper(), WORD.capitalize())
    for form in (
        text.encode(),
        text.encode("utf-16-le"),
        *(base64.b64encode(b"x" * pad + text.encode())[(pad * 4 + 2) // 3 : -4] for pad in range(3)),
    )
]
FREE = {"target_bpm": 120, "duration_seconds": 3, "chord_progression": ["C", "F"]}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose folders nobody else uses: its parts keep what they work on in one that can be looked through."""
    home = tmp_path_factory.mktemp("canary")
    (home / "tmp").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(home / "tmp"))
        patch.setenv("RIPIENO_SWEEP_SECONDS", "1")
        patch.setenv("RIPIENO_REST_SECONDS", "5")
        stack = new_stack(home)
        stack.start(print)
        patch.setenv("AzureWebJobsStorage", stack.connection_string)
        try:
            yield stack
        finally:
            stack.stop()


def song(folder: Path, name: str, seed: int) -> Path:
    """A song with the word in its name and tags."""
    path = folder / f"{WORD} {name}.flac"
    rate = np.random.default_rng(seed)
    time_ = np.arange(RATE * 6) / RATE
    beat = np.exp(-8 * (time_ % 0.5)) * rate.normal(size=len(time_)) * 0.2
    chord = sum(0.12 * np.sin(2 * np.pi * pitch * time_) for pitch in (261.63, 329.63, 392.0 + seed))
    soundfile.write(path, beat + chord, RATE)
    tags = mutagen.flac.FLAC(path)
    tags["title"], tags["artist"] = f"{WORD} title", f"{WORD} artist"
    tags.save()
    return path


# -- where the word is --------------------------------------------------------------------------------------------


def holds(data: bytes) -> bool:
    return any(form in data for form in FORMS)


def in_storage(connection: str) -> Iterator[str]:
    service = BlobServiceClient.from_connection_string(connection)
    for container in service.list_containers():
        client = service.get_container_client(container.name)
        for blob in client.list_blobs(include=["metadata", "snapshots", "deleted", "uncommittedblobs"]):
            said = json.dumps([blob.name, blob.metadata or {}, str(blob.content_settings)], ensure_ascii=False).encode()
            if holds(said) or (blob.size and holds(client.download_blob(blob.name).readall())):
                yield f"blob {container.name}/{blob.name}"
    for table in table_service().list_tables():
        for row in table_service().get_table_client(table.name).list_entities():
            if holds(json.dumps(dict(row), default=str, ensure_ascii=False).encode()):
                yield f"row {table.name} {row['PartitionKey']} {row['RowKey']}"
    queues = QueueServiceClient.from_connection_string(connection)
    for queue in queues.list_queues():
        for message in queues.get_queue_client(queue.name).peek_messages(max_messages=32):
            if holds(str(message.content).encode()):
                yield f"message {queue.name} {message.id}"


def in_files(*folders: Path) -> Iterator[str]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if holds(path.name.encode()) or (path.is_file() and holds(path.read_bytes())):
                yield str(path)


def everywhere(stack: Stack) -> list[str]:
    """Everything but the logs."""
    return [*in_storage(stack.connection_string), *in_files(stack.home / "host", stack.home / "tmp")]


def settled(look: Callable[[], list[Any]], seconds: float = 90.0) -> list[Any]:
    """What is left once it is nothing, or after a while: what has ended is tidied up by timers."""
    deadline = time.monotonic() + seconds
    while (left := look()) and time.monotonic() < deadline:
        time.sleep(1.0)
    return left


# -- everything that people can write -----------------------------------------------------------------------------


def post(stack: Stack, path: str, body: dict[str, Any], *, status: int | None = None) -> dict[str, Any]:
    key = {"Idempotency-Key": f"{WORD} {path} {time.monotonic_ns()}"}
    answer = httpx.post(f"{stack.url}/api{path}", json=body, headers=key, timeout=60)
    assert answer.status_code == status or (status is None and answer.is_success), answer.text
    return answer.json()


def ended(ripieno: Ripieno, work_id: str) -> Any:
    return ripieno.wait_generation(work_id, timeout=180)


def fill(stack: Stack, ripieno: Ripieno, folder: Path) -> dict[str, list[str]]:
    """The word in every field there is; returns the paths of what can be deleted by itself."""
    deaf = f"http://127.0.0.1:9/{WORD}?token={WORD}"
    made: dict[str, list[str]] = {}
    path = song(folder, "song", 1)
    sent = httpx.post(
        f"{stack.url}/api/audio",
        content=path.read_bytes(),
        headers={"x-file-name": path.name.replace(" ", "%20"), "Idempotency-Key": f"{WORD}-upload"},
        params={"webhook_url": deaf},
        timeout=60,
    )
    assert sent.is_success, sent.text
    first = sent.json()["audio_file_id"]
    dropped = song(folder, "dropped", 2)
    blobs.upload(names.RAW_AUDIO, dropped.name, dropped.read_bytes())
    blobs.upload(names.RAW_AUDIO, f"owners/local/{WORD} broken.wav", b"RIFF no song at all " + WORD.encode())
    direct = song(folder, "direct", 3)
    given = {"file_name": direct.name, "file_size_bytes": direct.stat().st_size, "webhook_url": deaf}
    ticket = post(stack, "/uploads", given)
    httpx.put(ticket["upload_url"], headers=ticket["headers"], content=direct.read_bytes()).raise_for_status()
    post(stack, f"/uploads/{ticket['upload_id']}/complete", {})
    assert ripieno.wait(first, timeout=180).status == "analyzed"
    library = settled_library(ripieno, 4)
    made["audio"] = library

    parameters = FREE | {"lyrics": f"{WORD} in the morning\nlove {WORD} again", "prompt": f"soft {WORD}"}
    order = {"audio_file_id": first, "target_stems": ["vocals", "bass"], "webhook_url": deaf,
             "parameters": {"prompt": f"soft {WORD}", "lyrics": parameters["lyrics"]}}  # fmt: skip
    stems = post(stack, "/generations", order)["generation_request_id"]
    found = ended(ripieno, stems)
    name = next(one.name for one in found.stems if one.takes[0].status == "generated")
    post(stack, f"/generations/{stems}/stems/{name}/reject", {"comment": f"busier, {WORD}"})
    ended(ripieno, stems)
    post(stack, f"/generations/{stems}/mixes", {})
    post(stack, "/feedback", {"target": stems, "rating": 2, "comment": f"{WORD}, no"})
    made["generations"] = [stems]

    brief = {"duration_seconds": 16, "brief": f"a calm song about {WORD}", "title": f"{WORD} song", "artist": f"{WORD} band",
             "lyrics": f"{WORD} shines\nover the hill"}  # fmt: skip
    piece = post(stack, "/compositions", brief)["composition_id"]
    ripieno.wait_composition(piece, timeout=240)
    post(stack, f"/compositions/{piece}/refine", {"text": f"slower, {WORD}", "title": f"{WORD} again"})
    ripieno.wait_composition(piece, timeout=240)
    ripieno.download_composition(piece, folder / "piece.mp3", format="mp3")
    made["compositions"] = [piece]

    voice = post(stack, "/voices", {"name": f"{WORD} Anna", "about": f"sings {WORD}"})["voice_id"]
    recording = voice_makers.recorded(folder / f"{WORD} sentence.wav")
    ripieno.send_sample(voice, recording, kind="sung")
    made["voices"] = [voice]

    dj = post(stack, "/sets", {"brief": f"ten minutes from my library, {WORD}"})["set_id"]
    made["sets"] = [dj]
    ripieno.wait_set(dj, timeout=240)
    post(stack, f"/sets/{dj}/talk", {"text": f"calmer please, {WORD}"})
    post(stack, "/compositions", {"brief": f"sing it just like Taylor Swift, {WORD}"}, status=422)
    post(stack, "/understanding", {"text": f"busier, {WORD}"})
    return made


def leave_behind(stack: Stack) -> None:
    """The word where it lies when somebody died half way, or waited: rejected bytes whose failure and upload have ended
    by their age, an answer that no row points at, an appeal, a device and a code."""
    said = {"owner": LOCAL_OWNER}
    blobs.upload(names.REJECTED, f"owners/{LOCAL_OWNER}/{WORD}.wav", WORD.encode(), metadata=said)
    blobs.upload(names.REJECTED, names.uploaded_blob("0" * 32), WORD.encode(), metadata=said)
    blobs.upload(names.RECORDS, f"idempotency/{LOCAL_OWNER}/{'0' * 64}.json", WORD.encode())
    refused = post(stack, "/compositions", {"brief": f"sing it just like Adele, {WORD}"}, status=422)
    kept = httpx.get(f"{stack.url}/api/refusals", timeout=60).json()["items"]
    assert refused and kept
    post(stack, f"/refusals/{kept[0]['refusal_id']}/appeal", {"reason": f"it is mine, {WORD}"})
    code = post(stack, "/pairings", {"role": "Viewer", "name": f"{WORD} radio"})["code"]
    post(stack, "/pairings/claim", {"code": code})
    post(stack, "/pairings", {"role": "Viewer", "name": f"{WORD} kitchen"})


def settled_library(ripieno: Ripieno, count: int) -> list[str]:
    deadline = time.monotonic() + 180
    while True:
        known = list(ripieno.search())
        if len(known) >= count and all(one.status in ("analyzed", "failed") for one in known):
            return [one.audio_file_id for one in known]
        assert time.monotonic() < deadline, known
        time.sleep(0.5)


def test_nothing_is_left_of_what_was_deleted(watched, tmp_path):
    with Ripieno(watched.url) as ripieno:
        made = fill(watched, ripieno, tmp_path)
        known = everywhere(watched)
        kinds = {one.split()[0] + " " + one.split()[1].partition("/")[0] for one in known if not one.startswith("/")}
        assert len(known) > 30 and {"row Songs", "row Works", "row Refusals", "row Feedback"} <= kinds, known
        assert any("durable.db" in one for one in known), "the word is in the histories"

        runs_of = [ripieno_delete(watched, f"/{kind}/{one}") for kind, ids in made.items() for one in ids]
        for one in runs_of:
            assert ripieno.wait_removal(one, timeout=180).status == "completed"
        left = settled(lambda: [one for one in everywhere(watched) if not one.startswith("row Refusals")], 60)
        assert [one for one in left if "IdempotencyKeys" not in one] == [], "what belongs to no song, work or voice"

        leave_behind(watched)
        assert {one.split("/")[0] for one in everywhere(watched)} >= {"blob rejected", "blob records"}
        assert ripieno.wait_removal(ripieno_delete(watched, "/account"), timeout=180).status == "completed"
    assert settled(lambda: everywhere(watched)) == []


def test_no_log_has_anybodys_words_or_a_secret(watched):
    """After all that the first test did."""
    logs = watched.home / "logs"
    assert sum(path.stat().st_size for path in logs.iterdir()) > 1000, "there are logs"
    assert list(in_files(logs)) == []
    secrets = [path.read_text().strip().removeprefix("whsec_").encode() for path in watched.home.glob("*.secret")]
    secrets += [b"sig=", (watched.home / "host" / "system.key").read_bytes().strip()]
    for path in logs.iterdir():
        data = path.read_bytes().replace(b"sig=[", b"")
        assert not [one for one in secrets if one in data], path


def ripieno_delete(stack: Stack, path: str) -> str:
    answer = httpx.delete(f"{stack.url}/api{path}", timeout=60)
    assert answer.status_code == 202, answer.text
    return answer.json()["instance_id"]
