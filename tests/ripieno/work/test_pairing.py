"""A device joins by a code: once, soon, not by guessing; and what it then may ends when it is told to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from ripieno.contracts import names
from ripieno.contracts.enums import Role
from ripieno.contracts.identity import (
    CODE_CHARACTERS,
    CODE_MINUTES,
    DEVICE_DAYS,
    MOST_DEVICES,
    PairingClaim,
    PairingOrder,
)
from ripieno.records import devices
from ripieno.records.store import Missing
from ripieno.services.identity import BadToken, Caller, TokenExpired
from ripieno.services.storage import table
from ripieno.work import housekeeping, pairing

NOW = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)
_minutes = iter(range(10_000_000))


@pytest.fixture
def now() -> datetime:
    """A minute in which nobody else tries codes."""
    return NOW + timedelta(minutes=next(_minutes))


@pytest.fixture
def ann(storage, owner) -> Caller:
    return Caller(owner, frozenset(Role), "ann")


def code(caller: Caller, now: datetime, **order) -> str:
    return pairing.begin(caller, PairingOrder(**order), now).code


def joined(caller: Caller, now: datetime, **order):
    return pairing.claim(PairingClaim(code=code(caller, now, **order)), now)


def test_a_device_joins_and_acts_for_whoever_showed_the_code(ann, now):
    shown = pairing.begin(ann, PairingOrder(role=Role.VIEWER, name="phone \U0001f4f1"), now)
    assert len(shown.code) == 9 and set(shown.code.replace("-", "")) <= set(CODE_CHARACTERS)
    paired = pairing.claim(PairingClaim(code=f" {shown.code.lower().replace('-', ' ')} "), now)
    known = pairing.caller_of(paired.token, now)
    assert known == Caller(ann.owner, frozenset({Role.VIEWER}), "phone \U0001f4f1", paired.device_id, "device")
    assert [one.device_id for one in pairing.listed(ann.owner)] == [paired.device_id]


def test_a_code_is_for_one_device(ann, now):
    shown = code(ann, now)
    pairing.claim(PairingClaim(code=shown), now)
    with pytest.raises(pairing.NoSuchCode):
        pairing.claim(PairingClaim(code=shown), now)


def test_of_eight_who_claim_a_code_at_once_one_joins(ann, now):
    shown = code(ann, now)

    def claim(_: int) -> object:
        try:
            return pairing.claim(PairingClaim(code=shown), now)
        except pairing.NoSuchCode as fault:
            return fault

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(claim, range(8)))
    assert sum(not isinstance(one, Exception) for one in told) == 1
    assert len(pairing.listed(ann.owner)) == 1


def test_a_code_ends(ann, now):
    shown = code(ann, now)
    with pytest.raises(pairing.NoSuchCode):
        pairing.claim(PairingClaim(code=shown), now + timedelta(minutes=CODE_MINUTES, seconds=1))
    assert pairing.claim(PairingClaim(code=shown), now + timedelta(minutes=CODE_MINUTES)).device_id


@pytest.mark.parametrize("typed", ["", "ABCD-2345", "x" * 40, "\U0001f3b7" * 8, "'; drop", "../", "AAAA AAAA\x00"])
def test_what_is_no_code_joins_nobody(ann, now, typed):
    with pytest.raises(pairing.NoSuchCode):
        pairing.claim(PairingClaim(code=typed), now)


def test_codes_are_not_to_be_guessed(ann, now):
    shown = code(ann, now)
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda number: refusal(f"ABCD{number:04}", now), range(pairing.MOST_TRIES + 10)))
    assert told.count("NoSuchCode") <= pairing.MOST_TRIES and told.count("TooManyTries") >= 10
    assert refusal(shown, now + timedelta(seconds=17)) == "TooManyTries", "nor is the right one taken then"
    with pytest.raises(pairing.TooManyTries) as refused:
        pairing.claim(PairingClaim(code=shown), now + timedelta(seconds=17))
    assert refused.value.seconds == 43
    assert refusal(shown, now + timedelta(minutes=1)) is None


def refusal(typed: str, now: datetime) -> str | None:
    try:
        pairing.claim(PairingClaim(code=typed), now)
    except Exception as fault:
        return type(fault).__name__
    return None


def test_nobody_lets_in_more_than_they_are(ann, now):
    viewer = Caller(ann.owner, frozenset({Role.VIEWER}))
    for role in (Role.ADMIN, Role.GENERATOR, Role.ANALYST):
        with pytest.raises(pairing.MayNotPair, match=role.value):
            code(viewer, now, role=role)
    assert code(viewer, now, role=Role.VIEWER)


def test_a_device_lets_in_no_others_and_takes_back_itself_alone(ann, now):
    first, second = joined(ann, now, role=Role.ADMIN), joined(ann, now)
    phone = pairing.caller_of(first.token, now)
    assert phone is not None
    with pytest.raises(pairing.MayNotPair):
        code(phone, now, role=Role.VIEWER)
    with pytest.raises(pairing.MayNotPair):
        pairing.revoke(ann.owner, second.device_id, by=phone)
    pairing.revoke(ann.owner, first.device_id, by=phone)
    assert [one.device_id for one in pairing.listed(ann.owner)] == [second.device_id]


def test_what_was_revoked_opens_nothing_at_once(ann, now):
    paired = joined(ann, now)
    assert pairing.caller_of(paired.token, now) is not None
    pairing.revoke(ann.owner, paired.device_id, by=ann)
    with pytest.raises(BadToken, match="no longer"):
        pairing.caller_of(paired.token, now)
    with pytest.raises(Missing):
        pairing.revoke(ann.owner, paired.device_id, by=ann)


def test_nobody_revokes_anothers_device(ann, now):
    paired = joined(ann, now)
    with pytest.raises(Missing):
        pairing.revoke("somebody-else", paired.device_id, by=Caller("somebody-else", frozenset(Role)))
    assert pairing.caller_of(paired.token, now) is not None


def test_a_device_ends_by_itself_and_what_is_over_is_forgotten(ann, now):
    paired, open_code = joined(ann, now), code(ann, now)
    last = now + timedelta(days=DEVICE_DAYS)
    assert pairing.caller_of(paired.token, last) is not None
    with pytest.raises(TokenExpired, match="pair it again"):
        pairing.caller_of(paired.token, last + timedelta(seconds=1))
    assert housekeeping.devices.expire(last + timedelta(seconds=1)) >= 3, "the device, two codes, what was counted"
    assert pairing.listed(ann.owner) == [] and devices.find_code(open_code.replace("-", "")) is None


def test_a_token_is_the_devices_whole_or_nothing(ann, now):
    paired, other = joined(ann, now), joined(ann, now)
    head, secret = paired.token.rpartition(".")[::2]
    for wrong in (
        f"{head}.{secret[:-1]}",
        f"{head}.{other.token.rpartition('.')[2]}",
        f"{head}.",
        f"{head}.\U0001f3b7",
    ):
        with pytest.raises(BadToken):
            pairing.caller_of(wrong, now)
    for none in (
        "",
        "rpd.",
        "rpd...",
        "rpd.x.y.z",
        "rpd.!.a.b",
        "rpd." + "x" * 500,
        paired.token + ".x",
        "eyJ.a.b",
        "rpd.4pyT.a.b",
    ):
        assert pairing.caller_of(none, now) is None


def test_of_codes_and_tokens_only_hashes_are_kept(ann, now):
    shown, paired = code(ann, now), joined(ann, now)
    secret = paired.token.rpartition(".")[2]
    for name in (names.DEVICES, names.PAIRING_CODES):
        at_rest = str([dict(one) for one in table(name).list_entities()])
        assert secret not in at_rest and shown not in at_rest and shown.replace("-", "") not in at_rest


def test_when_a_device_was_used_is_known_to_the_hour(ann, now):
    paired = joined(ann, now)
    for minutes in (0, 10, 59):
        pairing.caller_of(paired.token, now + timedelta(minutes=minutes))
    assert pairing.listed(ann.owner)[0].last_used_at == now.isoformat()
    pairing.caller_of(paired.token, now + timedelta(minutes=60))
    assert pairing.listed(ann.owner)[0].last_used_at == (now + timedelta(minutes=60)).isoformat()


def test_there_are_never_more_devices_than_can_be_looked_through(ann, now, monkeypatch):
    monkeypatch.setattr(pairing, "MOST_DEVICES", 2)
    joined(ann, now), joined(ann, now)
    with pytest.raises(pairing.CannotPair, match="revoke one"):
        code(ann, now)
    assert MOST_DEVICES == 50


@pytest.mark.parametrize("auth", ["entra", "easy_auth", ""])
def test_where_an_issuer_can_lock_people_out_nobody_is_paired(ann, now, monkeypatch, auth):
    shown = code(ann, now)
    monkeypatch.setenv("RIPIENO_AUTH", auth)
    with pytest.raises(pairing.CannotPair, match="ripieno login"):
        code(ann, now)
    with pytest.raises(pairing.CannotPair):
        pairing.claim(PairingClaim(code=shown), now)


def test_a_visitor_lets_no_device_in(storage, now):
    visitor = Caller("visitor-5f2c", frozenset({Role.VIEWER}))
    with pytest.raises(pairing.MayNotPair, match="outlives the visit"):
        pairing.begin(visitor, PairingOrder(role=Role.VIEWER), now)
