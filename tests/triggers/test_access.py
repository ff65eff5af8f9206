"""Who may what: every route, every role, one's own, another's, what was shared and what is not there, on things that
really are in storage. A route that this cannot judge fails it."""

from __future__ import annotations

import json
import re
import typing
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import BaseModel

from ripieno.client import Ripieno, RipienoError
from ripieno.contracts import names
from ripieno.contracts.enums import ItemKind, Role
from ripieno.contracts.shares import ShareOrder
from ripieno.records import shares, songs, voices, works
from ripieno.services import access
from ripieno.services.identity import Caller
from ripieno.services.identity.caller import KnownBy
from ripieno.services.settings import settings
from ripieno.work import sharing
from tests.access_asking import BOSSA, FREE, Me, is_done, share
from tests.access_world import Somebody, urls_in
from triggers import gate, problems
from triggers.routing import Route, routes

OPEN = {
    "health": "whether it is well: no names, no figures of anybody",
    "openapi": "the description of the API",
    "docs": "the same for people",
    "job_callback": "signed by endpoints; it wakes, and says nothing",
    "get_auth": "how to sign in: addresses, no secret",
    "claim_pairing": "a code is what lets in; ten tries a minute over all",
    "begin_visit": "403 where no visitors are let in; so many an hour of everybody",
}
"""Routes for everybody, and why."""

EVERYBODYS = {ItemKind.APPEALS, ItemKind.FAILURES}
"""What operators look at, whoever's it is."""


GUARDED = [one for one in routes() if one.role is not None]
WITH_ITEM = [one for one in GUARDED if one.of is not None and one.of not in EVERYBODYS]
ROLES = list(Role)


# -- declarations -------------------------------------------------------------------------------------------------


def test_only_these_routes_are_for_everybody():
    assert {one.name for one in routes() if one.role is None} == set(OPEN)


def test_the_roles_are_a_ladder_with_one_beside_it():
    ladder = [Role.VIEWER, Role.ANALYST, Role.GENERATOR]
    for number, role in enumerate(ladder):
        assert access.MAY[role] == frozenset(ladder[: number + 1])
    assert access.MAY[Role.ADMIN] == frozenset(Role)
    assert access.MAY[Role.SCALER] == {Role.SCALER}
    assert set(access.MAY) == set(Role)
    assert access.granted(["Generator", "Emperor"]) == access.MAY[Role.GENERATOR]
    assert access.granted(["generator", ""]) == frozenset()


@pytest.mark.parametrize(("path", "of"), [("/x/{id}", None), ("/x", ItemKind.SONGS)])
def test_a_route_whose_id_nobody_judges_cannot_be_declared(path, of):
    import azure.durable_functions as df

    from triggers.routing import route

    with pytest.raises(TypeError, match="names"):
        route(df.Blueprint(), "GET", path, role=Role.VIEWER, of=of, tag="songs", answers={200: None})


def test_what_a_viewer_and_a_scaler_may_change_is_known():
    """A route that changes something and takes less than an Analyst is looked at by a person. `delete_account` is for
    who is there themselves, whatever their role (`test_everything_is_deleted_by_who_is_there_themselves`)."""
    assert {one.name for one in GUARDED if one.changes and one.role == Role.VIEWER} == {
        "appeal_refusal", "create_pairing", "revoke_device", "delete_account",
    }  # fmt: skip
    assert {one.name for one in GUARDED if one.changes and one.role == Role.SCALER} == set()


# -- role x route x owner -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES, ids=str)
@pytest.mark.parametrize(
    "one", [one for one in GUARDED if one.of is None or one.of in EVERYBODYS], ids=lambda r: r.name
)
def test_a_route_about_nothing_of_anybodys(world, one, role):
    its = world.anna.item(one.of) if one.of else None
    known_by = "token" if one.name == "create_pairing" else "issuer"  # whom an issuer knows pairs nothing
    status, text, _ = world.ask(one, role, its, known_by=known_by)
    if one.role not in access.MAY[role]:
        assert (status, json.loads(text)["code"]) == (403, "forbidden")
        return
    assert is_done(status, text), (status, text)
    if one.role != Role.ADMIN:
        assert not any(known in text for known in world.anna.ids), "something of another owner's"
    for known in (None,) if one.method == "GET" else ("anna",):  # nobody makes something in another's name
        if known:
            status, text, _ = world.ask(one, role, its, owner=known)
            assert status == 403, (status, text)


@pytest.mark.parametrize("role", ROLES, ids=str)
@pytest.mark.parametrize("one", WITH_ITEM, ids=lambda one: one.name)
def test_a_route_about_something(world, one, role):
    kind, may = one.of, one.role in access.MAY[role]
    new = one.changes and may
    own, others = ((who.item if new else who.kept)(kind, one.path) for who in (world.ben, world.anna))
    given = world.shared(kind, one.path)
    nothing = "0" * 13 + uuid.uuid4().hex[:12]
    nothing = f"remove-{nothing}" if kind == ItemKind.REMOVALS else nothing
    before = {its: world.anna.state(kind, its) for its in (others, given)}
    assert all(before.values()), f"nobody says how a thing of {kind} is looked at"

    told = {its: world.ask(one, role, its) for its in (own, others, given, nothing)}
    assert {its: world.anna.state(kind, its) for its in before} == before, "changed by who may not"
    if not may:
        assert {(status, json.loads(text)["code"]) for status, text, _ in told.values()} == {(403, "forbidden")}
        assert world.ask(one, role, others, owner="anna")[0] == 403
        return
    status, text, headers = told[own]
    assert is_done(status, text), (status, text)
    check_addresses(world.ben, text, headers)

    assert told[nothing][0] == 404
    assert without(others, told[others]) == without(nothing, told[nothing]), "it says that it is there"
    if one.method == "GET" and kind in access.SHAREABLE:
        status, text, headers = told[given]
        assert is_done(status, text), (status, text)
        check_addresses(world.anna, text, headers)
    else:
        assert without(given, told[given]) == without(nothing, told[nothing])

    status, text, headers = world.ask(one, role, others, owner="anna")
    if role != Role.ADMIN or not one.for_others:
        assert (status, json.loads(text)["code"]) == (403, "forbidden")
        assert world.anna.state(kind, others) == before[others]
    else:
        assert is_done(status, text), (status, text)
        check_addresses(world.anna, text, headers)


def without(its_id: str, told: tuple[int, str, dict[str, str]]) -> tuple[int, str]:
    return told[0], told[1].replace(its_id, "ID")


def check_addresses(owner: Somebody, text: str, headers: dict[str, str]) -> None:
    """Every address in storage is for reading one thing of this owner's, and not for long."""
    root = next(part for part in settings().storage.split(";") if part.startswith("BlobEndpoint="))
    root = root.removeprefix("BlobEndpoint=")
    for url in urls_in(text + " " + headers.get("location", headers.get("Location", ""))):
        if not url.startswith(root):
            continue
        parts = urlsplit(url)
        folder = parts.path.removeprefix(urlsplit(root).path).strip("/").split("/")[1]
        assert folder in owner.ids, f"{url} is of somebody else's"
        sas = parse_qs(parts.query)
        assert sas["sp"] == ["r"] and sas["sr"] == ["b"], "more than reading one blob"
        ends = datetime.fromisoformat(sas["se"][0].replace("Z", "+00:00"))
        assert ends <= datetime.now(UTC) + timedelta(hours=1, minutes=1)


# -- everything of one's own --------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.GENERATOR, Role.ADMIN], ids=str)
@pytest.mark.parametrize("known_by", typing.get_args(KnownBy))
def test_everything_is_deleted_by_who_is_there_themselves(world, role, known_by):
    """Not by a radio in the kitchen, nor by whoever holds a token that was written down for less than a Generator."""
    may = known_by in ("local", "issuer", "easy_auth", "visitor") or (
        known_by == "token" and role in (Role.GENERATOR, Role.ADMIN)
    )
    status, text, _ = world.ask(named("delete_account"), role, known_by=known_by)
    if may:
        assert status == 202, text
    else:
        assert (status, json.loads(text)["code"]) == (403, "forbidden")
        assert "sign in yourself" in text


# -- shares -------------------------------------------------------------------------------------------------------


def named(name: str) -> Route:
    return next(one for one in routes() if one.name == name)


def test_a_share_that_is_taken_back_or_over_stops_at_once(world):
    its = world.anna.item(ItemKind.SONGS)
    order = ShareOrder(kind="songs", id=its, with_="ben")
    given = sharing.give("anna", order)
    assert world.ask(named("get_audio"), Role.VIEWER, its)[0] == 200
    sharing.end("anna", given.share_id)
    assert world.ask(named("get_audio"), Role.VIEWER, its)[0] == 404
    given = sharing.give("anna", order)
    assert world.ask(named("get_audio"), Role.VIEWER, its)[0] == 200
    shares.put(given.model_copy(update={"until": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}))
    assert world.ask(named("get_audio"), Role.VIEWER, its)[0] == 404
    assert its not in world.ask(named("list_shares"), Role.VIEWER)[1]


def test_who_something_is_shared_with_cannot_share_it_on_nor_make_anything_of_it(world):
    its = world.anna.item(ItemKind.SONGS)
    share(ItemKind.SONGS, its)
    on = {"kind": "songs", "id": its, "with": "cleo"}
    assert world.ask(named("give_share"), Role.GENERATOR, body=on)[0] == 404
    made = {"audio_file_id": its, "target_stems": ["bass"]}
    assert world.ask(named("create_generation"), Role.GENERATOR, body=made)[0] == 404


def test_what_is_the_givers_alone_is_not_shown(world):
    its = world.anna.item(ItemKind.SONGS)
    songs.change("anna", its, lambda song: song.model_copy(update={"webhook_url": "https://anna.example/secret"}))
    piece = world.anna.item(ItemKind.WORKS, "/compositions")

    def liked(work):
        work.composition.revisions[-1].context.taste = ["you like it sparse"]
        work.composition.order.webhook_url = "https://anna.example/secret"
        return work

    works.change("anna", piece, liked)
    for kind, item_id, name in ((ItemKind.SONGS, its, "get_audio"), (ItemKind.WORKS, piece, "get_composition")):
        share(kind, item_id)
        status, text, _ = world.ask(named(name), Role.VIEWER, item_id)
        assert status == 200 and "anna.example" not in text and "sparse" not in text
        assert "anna.example" in world.ask(named(name), Role.ADMIN, item_id, owner="anna")[1]


# -- things that a body names -------------------------------------------------------------------------------------

NAMES_A_THING = re.compile(r"(^|_)(id|uri|of|voice|songs?|target|source|other|reference)$|^(banned|next_to|apart)$")

REFERENCES: dict[tuple[str, str], tuple[ItemKind, Callable[[Me, str], Any]]] = {
    ("create_generation", "audio_file_id"): (ItemKind.SONGS, lambda me, its: FREE | {"audio_file_id": its}),
    ("create_generation", "voice"): (
        ItemKind.VOICES,
        lambda me, its: {
            "target_stems": ["vocals"],
            "voice": its,
            "parameters": FREE["parameters"] | {"lyrics": "a ship"},
        },
    ),
    ("create_composition", "audio_file_id"): (ItemKind.SONGS, lambda me, its: {"audio_file_id": its}),
    ("create_composition", "reference_id"): (ItemKind.SONGS, lambda me, its: BOSSA | {"reference_id": its}),
    ("create_composition", "mood_of"): (ItemKind.SONGS, lambda me, its: BOSSA | {"mood_of": its}),
    ("create_composition", "voice"): (ItemKind.VOICES, lambda me, its: BOSSA | {"voice": its}),
    ("create_composition", "given.audio_file_id"): (
        ItemKind.SONGS,
        lambda me, its: BOSSA | {"given": [{"layer": "guitar", "audio_file_id": its}]},
    ),
    ("refine_composition", "voice"): (ItemKind.VOICES, lambda me, its: {"voice": its}),
    ("refine_composition", "layers.audio_file_id"): (
        ItemKind.SONGS,
        lambda me, its: {"layers": [{"layer": "piano", "audio_file_id": its}]},
    ),
    ("master_song", "reference_id"): (ItemKind.SONGS, lambda me, its: {"reference_id": its}),
    ("apply_voice", "audio_file_id"): (ItemKind.SONGS, lambda me, its: {"audio_file_id": its, "source": "recording"}),
    ("give_feedback", "target"): (ItemKind.WORKS, lambda me, its: {"target": its, "rating": 4}),
    ("give_share", "id"): (ItemKind.SONGS, lambda me, its: {"kind": "songs", "id": its, "with": "cleo"}),
    ("create_set", "songs"): (ItemKind.SONGS, lambda me, its: {"songs": [its]}),
    ("create_set", "wishes.songs.song"): (
        ItemKind.SONGS,
        lambda me, its: {"songs": [me.song], "wishes": {"songs": [{"song": its, "position": 1}]}},
    ),
    ("edit_set", "edits.song"): (ItemKind.SONGS, lambda me, its: {"edits": [{"do": "pin", "song": its, "to": 1}]}),
    ("edit_set", "edits.other"): (
        ItemKind.SONGS,
        lambda me, its: {"edits": [{"do": "swap", "song": me.song, "other": its}]},
    ),
}
"""Every field of a body that names something of somebody's: of which kind, and a body that names it."""

NAMES_NOTHING_OF_ANYBODYS = {
    ("create_set", "wishes.songs"): "what is wished of songs",
    ("give_consent", "sample_id"): "a sample of the voice itself, which is the caller's",
    ("apply_voice", "source"): "stems or recording, of the song",
    ("create_set", "wishes.banned"): "found among the songs to choose from, or not heeded",
    ("create_set", "wishes.next_to"): "the same",
    ("create_set", "wishes.apart"): "the same",
    ("create_set", "wishes.transitions.from_song"): "found among the songs that are planned, or not heeded",
    ("create_set", "wishes.transitions.to_song"): "the same",
    ("edit_set", "edits.transition.from_song"): "found among the songs of the set",
    ("edit_set", "edits.transition.to_song"): "the same",
    ("refine_composition", "layers.instead_of"): "another part of the piece",
    ("check_storage", "of"): "songs, works or voices",
}
NEW_ID = re.compile(r"[0-9a-f]{25}")


def fields_of(model: type[BaseModel], place: str = "", seen: frozenset[type] = frozenset()) -> Iterator[str]:
    """The fields of a body, those of its parts by dots."""

    def models(kind: Any) -> Iterator[type[BaseModel]]:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield kind
        for one in typing.get_args(kind):
            yield from models(one)

    for name, about in model.model_fields.items():
        yield place + name
        for one in set(models(about.annotation)) - seen:
            yield from fields_of(one, f"{place}{name}.", seen | {one})


def test_every_field_that_names_something_is_judged():
    naming = {
        (one.name, place)
        for one in GUARDED
        if isinstance(one.body, type)
        for place in fields_of(one.body)
        if NAMES_A_THING.search(place.rpartition(".")[2])
    }
    assert naming == set(REFERENCES) | set(NAMES_NOTHING_OF_ANYBODYS)


@pytest.mark.parametrize("role", [Role.GENERATOR, Role.ADMIN], ids=str)
@pytest.mark.parametrize(("name", "place"), REFERENCES, ids=lambda one: one)
def test_what_is_anothers_is_refused_in_a_body_as_what_is_not_there(world, name, place, role):
    """Also where it is shared: to look at something is not to make something of it."""
    kind, body = REFERENCES[name, place]
    one = named(name)
    nothing = str(uuid.uuid4()) if kind == ItemKind.SONGS else names.seed(datetime.now(UTC))
    told = {}
    for its in (nothing, world.anna.kept(kind), world.shared(kind, f"/{kind}")):
        own = world.ben.item(one.of, one.path) if one.of else None
        status, text, _ = world.ask(one, role, own, body=body(world.ben, its))
        told[its] = (status, NEW_ID.sub("NEW", text.replace(its, "ID").replace(own or its, "OWN")))
    assert len(set(told.values())) == 1, told
    status, text = told[nothing]
    assert status == 404 or (status == 400 and "ID" in text), (status, text)


def test_an_admin_makes_no_new_work_says_nothing_they_like_and_uses_no_voice_for_another(world):
    at_all = {one.name for one in WITH_ITEM if not one.for_others and one.role != Role.ADMIN}
    assert at_all == {
        "master_song", "branch_set", "refine_composition", "approve_composition", "reject_composition",
        "rate_composition", "edit_set", "talk_to_set", "add_sample", "give_consent", "train_voice", "roll_back_voice",
        "apply_voice",
    }  # fmt: skip
    taste = {one.name for one in GUARDED if "/preferences" in one.path}
    assert not any(one.for_others for one in GUARDED if one.name in taste)


def test_an_admin_is_shown_nobodys_secret_of_webhooks_but_their_own(world, monkeypatch):
    monkeypatch.setenv("RIPIENO_WEBHOOK_SECRETS", "whsec_" + "A" * 32)
    own, hers = (
        json.loads(world.ask(named("get_webhooks"), Role.ADMIN, owner=owner)[1])["secret"] for owner in (None, "anna")
    )
    assert own.startswith("whsec_") and hers is None


def test_a_body_that_asks_for_a_voice_is_its_owners_alone(world):
    """Also on a route that an Admin may take for others."""

    class WithVoice(BaseModel):
        voice: str | None = None

    admin = Caller("ben", access.MAY[Role.ADMIN])
    gate.check_voice(admin, "ben", WithVoice(voice="anna's"))
    gate.check_voice(admin, "anna", WithVoice())
    with pytest.raises(problems.ApiError, match="voice"):
        gate.check_voice(admin, "anna", WithVoice(voice="anna's"))


def test_stems_asked_for_with_an_upload_name_nothing_of_anybody_elses(world):
    """The one order that does not come as a contract of its route."""
    one = named("upload_audio")
    voice = world.anna.kept(ItemKind.VOICES)
    wished = {"target_stems": ["vocals"], "voice": voice, "parameters": {"lyrics": "a ship"}}
    status, text, _ = world.ask(one, Role.GENERATOR, params={"generation": json.dumps(wished)})
    assert status == 404 and "voice" in text, text
    assert not voices.uses("anna", voice, limit=1)[0]
    assert world.ask(one, Role.ANALYST, params={"generation": json.dumps({"target_stems": ["bass"]})})[0] == 403


# -- through the client -------------------------------------------------------------------------------------------


def test_an_admin_says_with_the_client_whose_things_are_meant(world):
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(404, json={"code": "not_found", "detail": "x"})

    client = Ripieno("http://ripieno", owner="anna")
    client._http = httpx.Client(base_url="http://ripieno/api/", transport=httpx.MockTransport(answer))
    with pytest.raises(RipienoError):
        client.get("a-song")
    assert asked[0].headers["Ripieno-Owner"] == "anna"
