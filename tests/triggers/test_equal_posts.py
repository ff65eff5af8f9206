"""Eight equal POSTs at once, with one Idempotency-Key, are one: on every route that takes a POST."""

from __future__ import annotations

import base64
import io
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import mido
import pytest
import voice_makers

from ripieno.client import Ripieno
from ripieno.contracts.composition import CompositionOrder
from ripieno.contracts.generation import GenerationOrder, GenerationParameters
from ripieno.contracts.sets import SetOrder
from triggers.routing import routes

TOGETHER = 8
FREE = {"target_bpm": 120, "duration_seconds": 3, "chord_progression": ["C", "F"]}
NEW_STEMS = {"target_stems": ["bass", "drums"], "parameters": FREE}


@pytest.fixture(scope="module")
def song(stack, make_clip) -> str:
    with Ripieno(stack.url) as ripieno:
        done = ripieno.wait(ripieno.upload(make_clip("equal posts.flac", 12.0, 6.0)), timeout=120)
        assert done.status == "analyzed", done.error
        return done.audio_file_id


def made(ripieno: Ripieno) -> str:
    """A generation whose stems can be heard."""
    order = GenerationOrder(target_stems=["bass"], parameters=GenerationParameters(random_seed=3, **FREE))
    request = ripieno.generate(order)
    ripieno.wait_generation(request, timeout=120)
    return request


def settled(ask: Callable[[], Any], done: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + 90
    while not done(found := ask()):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def all_at_once(url: str, **request: Any) -> list[httpx.Response]:
    together, key = Barrier(TOGETHER), uuid.uuid4().hex
    headers = {"Idempotency-Key": key, **request.pop("headers", {})}

    def post(_: int) -> httpx.Response:
        with httpx.Client(timeout=60) as http:
            together.wait()
            return http.post(url, headers=headers, **request)

    with ThreadPoolExecutor(TOGETHER) as pool:
        return list(pool.map(post, range(TOGETHER)))


def one_of(answers: list[httpx.Response]) -> dict[str, Any]:
    """What all of them were answered."""
    assert {answer.is_success for answer in answers} == {True}, [answer.text for answer in answers]
    assert len({answer.content for answer in answers}) == 1, "one thing, said eight times"
    assert len({answer.status_code for answer in answers}) == 1
    return answers[0].json()


def upload(stack, ripieno, song, make_clip) -> None:
    data = make_clip("equal uploads.flac", 3.0, 4.0).read_bytes()
    told = one_of(all_at_once(f"{stack.url}/api/audio", content=data, headers={"x-file-name": "equal.flac"}))
    assert ripieno.wait(told["audio_file_id"], timeout=120).status == "analyzed"
    assert [one.audio_file_id for one in ripieno.search()].count(told["audio_file_id"]) == 1


def analyse(stack, ripieno, song, make_clip) -> None:
    before = ripieno.get(song)
    told = one_of(all_at_once(f"{stack.url}/api/audio/{song}/analysis", json={}))
    assert told["instance_id"] != before.instance_id
    after = ripieno.wait(song, timeout=120)
    assert (after.status, after.instance_id, after.run) == ("analyzed", told["instance_id"], before.run + 1)


def ticket(stack, ripieno, song, make_clip) -> None:
    one_of(all_at_once(f"{stack.url}/api/uploads", json={"file_name": "a.flac", "file_size_bytes": 5}))


def complete(stack, ripieno, song, make_clip) -> None:
    data = make_clip("equal completions.flac", 8.0, 4.0).read_bytes()
    given = {"file_name": "completed.flac", "file_size_bytes": len(data)}
    sent = httpx.post(f"{stack.url}/api/uploads", json=given).json()
    httpx.put(sent["upload_url"], headers=sent["headers"], content=data).raise_for_status()
    told = one_of(all_at_once(sent["complete_url"]))
    known = settled(
        lambda: [one for one in ripieno.search() if one.original_file_name == "completed.flac"], lambda found: found
    )
    assert len(known) == 1 and told
    assert ripieno.wait(known[0].audio_file_id, timeout=120).status == "analyzed"


def generate(stack, ripieno, song, make_clip) -> None:
    known = {one.generation_request_id for one in ripieno.generations()}
    told = one_of(all_at_once(f"{stack.url}/api/generations", json=NEW_STEMS))
    ripieno.wait_generation(told["generation_request_id"], timeout=120)
    assert {one.generation_request_id for one in ripieno.generations()} - known == {told["generation_request_id"]}


def cancel(stack, ripieno, song, make_clip) -> None:
    long = NEW_STEMS | {"parameters": FREE | {"duration_seconds": 3600}}
    request = httpx.post(f"{stack.url}/api/generations", json=long).json()["generation_request_id"]
    one_of(all_at_once(f"{stack.url}/api/generations/{request}/cancel"))
    assert ripieno.generation(request).status == "cancelled"


def approve(stack, ripieno, song, make_clip) -> None:
    request = made(ripieno)
    one_of(all_at_once(f"{stack.url}/api/generations/{request}/stems/bass/approve", json={}))
    assert ripieno.generation(request).stems[0].takes[0].status == "approved"


def reject(stack, ripieno, song, make_clip) -> None:
    request = made(ripieno)
    one_of(all_at_once(f"{stack.url}/api/generations/{request}/stems/bass/reject", json={"comment": "busier"}))
    again = settled(lambda: ripieno.generation(request).stems[0].takes, lambda takes: takes[-1].status == "generated")
    assert [take.status for take in again] == ["rejected", "generated"]


def mix(stack, ripieno, song, make_clip) -> None:
    request = made(ripieno)
    one_of(all_at_once(f"{stack.url}/api/generations/{request}/mixes", json={"gains": {"bass": -6}}))
    mixes = settled(lambda: ripieno.generation(request).mixes, lambda found: found[0].status != "generating")
    assert [one.status for one in mixes] == ["generated"]


def understanding(stack, ripieno, song, make_clip) -> None:
    told = one_of(all_at_once(f"{stack.url}/api/understanding", json={"text": "busier but not louder"}))
    assert [one["kind"] for one in told["statements"]] == ["density", "dynamics"]


def master(stack, ripieno, song, make_clip) -> None:
    before = {one.master_id for one in ripieno.masters()}
    told = one_of(all_at_once(f"{stack.url}/api/audio/{song}/masters", json={"preset": "gentle"}))
    made = ripieno.wait_master(told["master_id"], timeout=120)
    assert made.status == "completed" and {one.master_id for one in ripieno.masters()} - before == {told["master_id"]}


def harmonize(stack, ripieno, song, make_clip) -> None:
    track = mido.MidiTrack([mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=480)])
    melody = io.BytesIO()
    mido.MidiFile(type=0, tracks=[track]).save(file=melody)
    body = {"midi": base64.b64encode(melody.getvalue()).decode(), "key": "C major"}
    assert one_of(all_at_once(f"{stack.url}/api/harmony", json=body))["chords"] == ["C"]


PIECE = {"brief": "a calm bossa", "layers": ["piano"], "form": [{"label": "verse", "bars": 1}], "instrumental": True}


def compose(stack, ripieno, song, make_clip) -> None:
    told = one_of(all_at_once(f"{stack.url}/api/compositions", json=PIECE))
    assert ripieno.wait_composition(told["composition_id"], timeout=120).versions[0].status == "made"


def piece(ripieno) -> str:
    made = ripieno.wait_composition(ripieno.compose(CompositionOrder.model_validate(PIECE)), timeout=120)
    return made.composition_id


def refine(stack, ripieno, song, make_clip) -> None:
    composed = piece(ripieno)
    one_of(all_at_once(f"{stack.url}/api/compositions/{composed}/refine", json={"tempo": 150}))
    assert len(ripieno.wait_composition(composed, timeout=120).versions) == 2


def change(verb: str) -> Callable[..., None]:
    def changed(stack, ripieno, song, make_clip) -> None:
        composed = piece(ripieno)
        told = one_of(all_at_once(f"{stack.url}/api/compositions/{composed}/{verb}", json={"version": 1}))
        assert len(told["versions"]) == (2 if verb == "branch" else 1)

    return changed


def stop(stack, ripieno, song, make_clip) -> None:
    composed = ripieno.compose(CompositionOrder.model_validate(PIECE | {"stop_at": "harmony"}))
    ripieno.wait_composition(composed, timeout=120)
    told = one_of(all_at_once(f"{stack.url}/api/compositions/{composed}/cancel", json={}))
    assert told["versions"][0]["status"] == "cancelled"


def turn_down(stack, ripieno, song, make_clip) -> None:
    composed = piece(ripieno)
    told = one_of(all_at_once(f"{stack.url}/api/compositions/{composed}/reject", json={"comment": "slower"}))
    after = ripieno.wait_composition(composed, timeout=120)
    assert told["version"] == 2 and [one.rejected for one in after.versions] == [True, False]


def rate(path: str) -> Callable[..., None]:
    def rated(stack, ripieno, song, make_clip) -> None:
        order = CompositionOrder.model_validate(PIECE | {"stop_at": "context"})
        composed = ripieno.compose(order)
        body = {"rating": 5} if "{id}" in path else {"rating": 5, "target": composed}
        told = one_of(all_at_once(f"{stack.url}/api{path.replace('{id}', composed)}", json=body))
        assert [one.feedback_id for one in ripieno.feedback(composed)] == [told["feedback_id"]]

    return rated


def refused(stack, text: str) -> str:
    told = httpx.post(f"{stack.url}/api/understanding", json={"text": text})
    assert told.status_code == 422, told.text
    return told.json()["refusal_id"]


def appeal(stack, ripieno, song, make_clip) -> None:
    refusal = refused(stack, f"in the style of Coldplay {uuid.uuid4().hex}")
    told = one_of(all_at_once(f"{stack.url}/api/refusals/{refusal}/appeal", json={"reason": "my own band"}))
    assert told["status"] == "appealed" and refusal in {one.refusal_id for one in ripieno.appeals()}


def decide(stack, ripieno, song, make_clip) -> None:
    text = f"in the style of Coldplay {uuid.uuid4().hex}"
    refusal = refused(stack, text)
    ripieno.appeal(refusal, "my own band")
    told = one_of(all_at_once(f"{stack.url}/api/ops/refusals/{refusal}/decision", json={"granted": True}))
    assert told["status"] == "granted" and refusal not in {one.refusal_id for one in ripieno.appeals()}
    assert ripieno.understand(text).text == text, "just this text passes from then on"


def learn_again(stack, ripieno, song, make_clip) -> None:
    told = one_of(all_at_once(f"{stack.url}/api/preferences/rebuild", json={}))
    assert ripieno.preferences().verdicts == told["verdicts"]


def share(stack, ripieno, song, make_clip) -> None:
    told = one_of(all_at_once(f"{stack.url}/api/shares", json={"kind": "songs", "id": song, "with": "ben"}))
    assert [one.share_id for one in ripieno.shares() if one.with_ == "ben"] == [told["share_id"]]


def create_voice(stack, ripieno, song, make_clip) -> None:
    told = one_of(all_at_once(f"{stack.url}/api/voices", json={"name": "Ada 𝄞"}))
    assert [one.voice_id for one in ripieno.voices() if one.name == "Ada 𝄞"] == [told["voice_id"]]
    ripieno.delete_voice(told["voice_id"])


@lru_cache(maxsize=1)
def lent(url: str) -> str:
    """A voice that may be used, of the stack at an address."""
    with tempfile.TemporaryDirectory() as folder, Ripieno(url) as ripieno:
        return voice_makers.lent(ripieno, Path(folder)).voice_id


def voiced(verb: str, body: dict[str, Any], changed: Callable[[Any], Any]) -> Callable[..., None]:
    """A voice asked for something, eight times: what is seen of it then is not what eight would have made."""

    def asked(stack, ripieno, song, make_clip) -> None:
        known = lent(stack.url)
        one_of(all_at_once(f"{stack.url}/api/voices/{known}/{verb}", json=body))
        settled(lambda: ripieno.voice(known), lambda voice: voice.versions[-1].status != "making")
        assert changed(ripieno.voice(known)), ripieno.voice(known)

    return asked


def add_sample(stack, ripieno, song, make_clip) -> None:
    known = ripieno.create_voice("of one sample").voice_id
    with tempfile.TemporaryDirectory() as folder:
        data = voice_makers.recorded(Path(folder) / "sample.wav").read_bytes()
    told = one_of(all_at_once(f"{stack.url}/api/voices/{known}/samples", content=data))
    ripieno.wait_sample(known, told["sample"]["sample_id"], timeout=120)
    assert [one.status for one in ripieno.voice(known).samples] == ["taken"]


def consent(stack, ripieno, song, make_clip) -> None:
    voice = ripieno.voice(lent(stack.url))
    body = {"who": "Anna B.", "purposes": ["singing", "conversion"], "until": "2098-01-01"}
    body |= {"sample_id": voice.consent.sample_id}
    one_of(all_at_once(f"{stack.url}/api/voices/{voice.voice_id}/consent", json=body))
    assert len(ripieno.voice(voice.voice_id).consents) == len(voice.consents) + 1


def revoke(stack, ripieno, song, make_clip) -> None:
    known = lent(stack.url)
    told = one_of(all_at_once(f"{stack.url}/api/voices/{known}/revoke", json={"reason": "no more"}))
    assert ripieno.wait_removal(told["instance_id"], timeout=120).status == "completed"
    assert (ripieno.voice(known).status, ripieno.voice(known).samples) == ("revoked", [])


def apply(stack, ripieno, song, make_clip) -> None:
    known = {one.generation_request_id for one in ripieno.generations(song)}
    body = {"audio_file_id": song, "source": "recording"}
    told = one_of(all_at_once(f"{stack.url}/api/voices/{lent(stack.url)}/apply", json=body))
    ripieno.wait_generation(told["generation_request_id"], timeout=120)
    assert {one.generation_request_id for one in ripieno.generations(song)} - known == {told["generation_request_id"]}


def a_set(ripieno, song) -> str:
    """One song is a set, and quickly rendered."""
    made = ripieno.make_set(SetOrder(songs=[song], all_of_them=True))
    assert ripieno.wait_set(made, timeout=120).status == "completed"
    return made


def rotate(stack, ripieno, song, make_clip) -> None:
    before = ripieno.webhooks()
    told = one_of(all_at_once(f"{stack.url}/api/webhooks/rotate", json={"overlap_hours": 1}))
    after = ripieno.webhooks()
    assert (told["number"], after.number) == (before.number + 1,) * 2 and after.secret != before.secret


def make_set(stack, ripieno, song, make_clip) -> None:
    before = {one.set_id for one in ripieno.sets()}
    told = one_of(all_at_once(f"{stack.url}/api/sets", json={"songs": [song], "all_of_them": True}))
    assert ripieno.wait_set(told["set_id"], timeout=120).status == "completed"
    assert {one.set_id for one in ripieno.sets()} - before == {told["set_id"]}


def change_set(stack, ripieno, song, make_clip) -> None:
    """Edited, rolled back, nothing to cancel: each once."""
    made = a_set(ripieno, song)
    told = one_of(all_at_once(f"{stack.url}/api/sets/{made}/edit", json={"text": "pin the first song"}))
    assert told["version"] == 2 and told["changes"]
    assert len(ripieno.wait_set(made, timeout=120).versions) == 2
    assert one_of(all_at_once(f"{stack.url}/api/sets/{made}/rollback", json={"version": 1}))["current"] == 1


def branch_set(stack, ripieno, song, make_clip) -> None:
    made = a_set(ripieno, song)
    before = {one.set_id for one in ripieno.sets()}
    told = one_of(all_at_once(f"{stack.url}/api/sets/{made}/branch", json={"version": 1}))
    assert {one.set_id for one in ripieno.sets()} - before == {told["set_id"]}
    branched = ripieno.wait_set(told["set_id"], timeout=120)
    assert branched.mix is not None and branched.mix.sha256 == ripieno.dj_set(made).mix.sha256


def talk_to_set(stack, ripieno, song, make_clip) -> None:
    made = a_set(ripieno, song)
    told = one_of(all_at_once(f"{stack.url}/api/sets/{made}/talk", json={"text": "why is the first song there?"}))
    assert ripieno.wait_talk(made, told["talk_id"], timeout=120).status == "answered"
    assert len(ripieno.dj_set(made).talks) == 1


def cancel_set(stack, ripieno, song, make_clip) -> None:
    made = ripieno.make_set(SetOrder(songs=[song], all_of_them=True))
    answers = all_at_once(f"{stack.url}/api/sets/{made}/cancel", json={})
    if answers[0].is_success:  # else it had been made before anybody could cancel it
        assert one_of(answers)["versions"][0]["status"] == "cancelled"
    assert {answer.status_code for answer in answers} in ({202}, {409})


def pair(stack, ripieno, song, make_clip) -> None:
    told = one_of(all_at_once(f"{stack.url}/api/pairings", json={"role": "Viewer"}))
    assert ripieno.join(told["code"], name="equal").role == "Viewer", "one code, shown eight times, joins one device"
    assert [one.name for one in ripieno.devices()].count("equal") == 1


def broken_song(stack, ripieno, make_clip, name: str, start: float) -> str:
    """The id of the failure of a song whose bytes end in the middle."""
    data = make_clip(name, start, 8.0).read_bytes()
    sent = httpx.post(f"{stack.url}/api/audio", content=data[:4000] + bytes(len(data) - 4000), timeout=60)
    assert ripieno.wait(sent.json()["audio_file_id"], timeout=120).status == "failed", sent.text
    return settled(
        lambda: [one for one in ripieno.failures(kind="song") if one.subject == sent.json()["audio_file_id"]],
        lambda found: found,
    )[0].failure_id


def redrive(stack, ripieno, song, make_clip) -> None:
    failure = broken_song(stack, ripieno, make_clip, "redriven.flac", 20.0)
    subject = ripieno.failure(failure).subject
    told = one_of(all_at_once(f"{stack.url}/api/ops/failures/{failure}/redrive", json={}))
    assert told["status"] == "redriven"
    again = settled(lambda: ripieno.failure(failure), lambda one: one.status == "open")
    assert again.times == 2 and ripieno.get(subject).run == 2


def redrive_all(stack, ripieno, song, make_clip) -> None:
    failure = broken_song(stack, ripieno, make_clip, "all redriven.flac", 21.0)
    subject = ripieno.failure(failure).subject
    told = one_of(all_at_once(f"{stack.url}/api/ops/failures/redrive", json={"kind": "song", "limit": 1}))
    assert [one["failure_id"] for one in told["items"]] == [failure]
    settled(lambda: ripieno.failure(failure), lambda one: one.times == 2)
    assert ripieno.get(subject).run == 2


def operate(path: str, body: dict[str, Any]) -> Callable[..., None]:
    def ask(stack, ripieno, song, make_clip) -> None:
        one_of(all_at_once(f"{stack.url}/api{path}", json=body))

    return ask


POSTS: dict[str, Callable[..., None]] = {
    "/pairings": pair,
    "/voices": create_voice,
    "/voices/{id}/samples": add_sample,
    "/voices/{id}/train": voiced("train", {"learn": False}, lambda voice: len(voice.versions) == 2),
    "/voices/{id}/rollback": voiced("rollback", {}, lambda voice: voice.current == 1),
    "/voices/{id}/apply": apply,
    "/voices/{id}/consent": consent,
    "/voices/{id}/revoke": revoke,
    "/audio": upload,
    "/audio/{id}/analysis": analyse,
    "/uploads": ticket,
    "/uploads/{id}/complete": complete,
    "/generations": generate,
    "/generations/{id}/cancel": cancel,
    "/generations/{id}/stems/{stem}/approve": approve,
    "/generations/{id}/stems/{stem}/reject": reject,
    "/generations/{id}/mixes": mix,
    "/understanding": understanding,
    "/harmony": harmonize,
    "/audio/{id}/masters": master,
    "/compositions": compose,
    "/compositions/{id}/refine": refine,
    "/compositions/{id}/rollback": change("rollback"),
    "/compositions/{id}/branch": change("branch"),
    "/compositions/{id}/approve": change("approve"),
    "/compositions/{id}/cancel": stop,
    "/compositions/{id}/reject": turn_down,
    "/compositions/{id}/feedback": rate("/compositions/{id}/feedback"),
    "/feedback": rate("/feedback"),
    "/refusals/{id}/appeal": appeal,
    "/ops/refusals/{id}/decision": decide,
    "/ops/failures/{id}/redrive": redrive,
    "/ops/failures/redrive": redrive_all,
    "/ops/history/purge": operate("/ops/history/purge", {"days": 3000}),
    "/ops/orphans": operate("/ops/orphans", {"dry_run": False}),
    "/ops/check": operate("/ops/check", {"of": "works"}),
    "/preferences/rebuild": learn_again,
    "/shares": share,
    "/webhooks/rotate": rotate,
    "/sets": make_set,
    "/sets/{id}/edit": change_set,
    "/sets/{id}/rollback": change_set,
    "/sets/{id}/branch": branch_set,
    "/sets/{id}/talk": talk_to_set,
    "/sets/{id}/cancel": cancel_set,
}


def test_every_post_that_people_send_is_tried(stack):
    import function_app

    assert function_app.app is not None
    assert {one.path for one in routes() if one.method == "POST" and one.role is not None} == set(POSTS)


@pytest.mark.parametrize("path", [path for path in POSTS if path != "/sets/{id}/rollback"])  # with its edit
def test_equal_posts_at_once_are_one(stack, ripieno, song, make_clip, path):
    POSTS[path](stack, ripieno, song, make_clip)
