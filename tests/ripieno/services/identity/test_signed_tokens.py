"""Whose token it is, and every way in which it can be nobody's."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ripieno.contracts.enums import Role
from ripieno.services import identity
from ripieno.services.identity import BadToken, Caller, TokenExpired, Unavailable, caller_of
from ripieno.services.identity import issuer as issuer_keys
from ripieno.services.identity.issuer import FRESH_SECONDS, STALE_SECONDS, Keys, keys_of
from ripieno.services.identity.jwts import LEEWAY_SECONDS, MOST_CHARACTERS
from tests.issuer import AUDIENCE, Issuer, ec_key, public, rsa_key

TENANT = "9d5c6f0e-3b1a-4c2d-8e7f-0a1b2c3d4e5f"
PERSON = "5e0c7a1b-2d3f-4a5b-8c9d-0e1f2a3b4c5d"


def of(token: str) -> Caller:
    return caller_of({"authorization": f"Bearer {token}"})


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def test_a_token_says_who_asks_and_what_they_may(issuer: Issuer):
    known = of(issuer.token(roles=["Generator", "Nothing of ours"]))
    assert known.roles == {Role.GENERATOR, Role.ANALYST, Role.VIEWER} and known.name == "Anna \U0001f3b7"
    assert known.owner.startswith("oidc-") and known == of(issuer.token(roles="Generator"))
    assert of(issuer.token(sub="\U0001f3b7" * 50)).owner != known.owner
    assert of(issuer.token(roles=None)).roles == frozenset()


@pytest.mark.parametrize("roles", [None, 7, True, {"Admin": "Admin"}, [["Admin"]], [None, {"Admin": 1}], ""])
def test_what_names_no_roles_gives_none(issuer: Issuer, roles):
    claims = jwt.decode(issuer.token(), options={"verify_signature": False}) | {"roles": roles}
    known = of(jwt.encode(claims, issuer.key, "RS256", headers={"kid": issuer.kid}))
    assert (known.roles, known.known_by) == (frozenset(), "issuer")


def test_nobody_can_take_the_name_of_an_owner_who_comes_in_otherwise(issuer: Issuer):
    assert of(issuer.token(sub="local")).owner != "local"


def test_in_entra_id_the_owner_is_the_person_in_the_tenant(issuer: Issuer, monkeypatch):
    monkeypatch.setenv("RIPIENO_TENANT", TENANT)
    assert of(issuer.token(tid=TENANT, oid=PERSON)).owner == PERSON
    for wrong in ({"tid": TENANT[::-1], "oid": PERSON}, {"oid": PERSON}, {"tid": TENANT}, {"tid": TENANT, "oid": 7}):
        with pytest.raises(BadToken, match="another tenant"):
            of(issuer.token(**wrong))


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"iss": "https://evil.example"}, "not of the issuer"),
        ({"iss": "https://sts.windows.net/9d5c/"}, "requestedAccessTokenVersion to 2"),
        ({"iss": None}, "cannot be read"),
        ({"aud": "api://another"}, "another audience"),
        ({"aud": []}, "cannot be read"),
        ({"aud": None}, "cannot be read"),
        ({"sub": None}, "cannot be read"),
        ({"sub": 7}, "cannot be read"),
        ({"exp": None}, "cannot be read"),
        ({"exp": "soon"}, "cannot be read"),
        ({"exp": float("inf")}, "cannot be read"),
        ({"nbf": 2**40}, "not valid yet"),
        ({"iat": 2**40}, "not valid yet"),
        ({"scp": None}, "ID token"),
        ({"scp": None, "azp": "x", "nonce": "n"}, "ID token"),
    ],
)
def test_a_claim_that_is_wrong_is_named(issuer: Issuer, claims, said):
    with pytest.raises(BadToken, match=said) as refused:
        of(issuer.token(**claims))
    assert 'error="invalid_token"' in refused.value.headers["WWW-Authenticate"]
    assert refused.value.headers["WWW-Authenticate"].isascii()


def test_clocks_may_differ_by_a_minute(issuer: Issuer):
    now = int(time.time())
    assert of(issuer.token(exp=now - LEEWAY_SECONDS + 20)).roles
    assert of(issuer.token(nbf=now + LEEWAY_SECONDS - 20, iat=now + LEEWAY_SECONDS - 20)).roles
    with pytest.raises(TokenExpired, match="renew it"):
        of(issuer.token(exp=now - LEEWAY_SECONDS - 5))
    with pytest.raises(BadToken, match="not valid yet"):
        of(issuer.token(nbf=now + LEEWAY_SECONDS + 20))


def test_a_token_of_an_application_needs_no_scope(issuer: Issuer):
    assert of(issuer.token(scp=None, azp="a-daemon")).roles
    assert of(issuer.token(scp=None, idtyp="app")).roles


def test_a_signature_by_another_key_is_none(issuer: Issuer):
    with pytest.raises(BadToken, match="its signature is wrong"):
        of(issuer.token(key=rsa_key(1)))
    head, body, signature = issuer.token().split(".")
    stronger = encoded(jwt.decode(f"{head}.{body}.{signature}", options={"verify_signature": False}) | {"sub": "bob"})
    for forged in (f"{head}.{stronger}.{signature}", f"{head}.{body}.", f"{head}.{body}.{signature[:-8]}AAAAAAAA"):
        with pytest.raises(BadToken):
            of(forged)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_a_token_that_is_not_signed_is_nobodys(issuer: Issuer, algorithm):
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    for signature in ("", "AAAA"):
        with pytest.raises(BadToken, match="algorithm"):
            of(f"{encoded({'alg': algorithm, 'kid': issuer.kid, 'typ': 'JWT'})}.{encoded(claims)}.{signature}")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_what_is_public_is_no_secret_to_sign_with(issuer: Issuer, algorithm):
    """Key confusion (RFC 8725, 2.1): the public key, as PEM or as JWK, taken for the secret of an HMAC."""
    import hashlib
    import hmac

    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    signed = f"{encoded({'alg': algorithm, 'kid': issuer.kid})}.{encoded(claims)}"
    pem = issuer.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for secret in (pem, json.dumps(issuer.published[0]).encode()):
        digest = hmac.new(secret, signed.encode(), getattr(hashlib, f"sha{algorithm[2:]}")).digest()
        with pytest.raises(BadToken, match="algorithm"):
            of(f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}")


def test_a_symmetric_key_is_not_taken_even_from_the_issuer(issuer: Issuer):
    secret = base64.urlsafe_b64encode(b"s" * 32).decode().rstrip("=")
    issuer.published.append({"kty": "oct", "kid": "shared", "k": secret, "alg": "HS256"})
    with pytest.raises(BadToken):
        of(issuer.token(key=b"s" * 32, algorithm="HS256", head={"kid": "shared"}))


def test_an_algorithm_that_its_key_is_not_for_is_refused(issuer: Issuer):
    issuer.published = [public(issuer.key, "first", alg="RS256"), public(ec_key(), "curve")]
    assert of(issuer.token()).roles and of(issuer.token(key=ec_key(), algorithm="ES256", head={"kid": "curve"})).roles
    for key, algorithm, kid in (
        (issuer.key, "PS256", "first"),
        (ec_key(), "ES256", "first"),
        (issuer.key, "RS256", "curve"),
    ):
        with pytest.raises(BadToken):
            of(issuer.token(key=key, algorithm=algorithm, head={"kid": kid}))


def test_a_key_for_encryption_signs_nothing(issuer: Issuer):
    issuer.published = [public(issuer.key, "first", use="enc")]
    with pytest.raises(BadToken, match="does not have"):
        of(issuer.token())


@pytest.mark.parametrize("kid", [None, "", "unknown", "\U0001f511" * 100])
def test_a_token_says_which_key_it_is_signed_with(issuer: Issuer, kid):
    with pytest.raises(BadToken, match=r"kid|does not have"):
        of(issuer.token(head={"kid": kid}))


@pytest.mark.parametrize(
    "token",
    [
        "x", "a.b.c", "...", "e30.e30.e30", "\U0001f3b7.\U0001f3b7.\U0001f3b7", "x" * 1_000_000,
        base64.urlsafe_b64encode(b"[" * 9000).decode() + ".e30.AA", encoded({"alg": ["RS256"]}) + ".e30.AA",
        encoded({"alg": "RS256", "kid": {"a": 1}}) + ".e30.AA", encoded({"alg": "RS256", "kid": "first", "crit": ["x"]}) + ".e30.AA",
        encoded({"alg": "RS256", "kid": "first", "b64": False, "crit": ["b64"]}) + ".e30.AA",
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_token_is_refused_whatever_it_is(issuer: Issuer, token):
    with pytest.raises(BadToken):
        of(token)


def test_a_huge_token_is_not_even_looked_at(issuer: Issuer):
    with pytest.raises(BadToken, match=f"{MOST_CHARACTERS} characters"):
        of(issuer.token(wids=["x" * 100] * 200))
    assert issuer.asked == []


def test_a_key_that_the_token_brings_along_is_not_asked_for(issuer: Issuer):
    theirs = rsa_key(1)
    head = {
        "kid": issuer.kid,
        "jku": "http://127.0.0.1:9/keys",
        "jwk": public(theirs, issuer.kid),
        "x5u": "http://127.0.0.1:9/",
    }
    with pytest.raises(BadToken):
        of(issuer.token(key=theirs, head=head))


# -- the issuer's keys ----------------------------------------------------------------------------------------------


def test_keys_are_fetched_once_and_again_for_a_new_one(issuer: Issuer):
    for _ in range(3):
        of(issuer.token())
    assert issuer.count("/keys") == 1
    issuer.rotate("second", keep=True)
    assert of(issuer.token()).roles and issuer.count("/keys") == 2


def test_a_key_that_was_withdrawn_is_good_for_an_hour_at_most(issuer: Issuer, monkeypatch):
    old = issuer.token()
    of(old)
    issuer.rotate("second")
    assert of(issuer.token()).roles, "the new one is fetched"
    with pytest.raises(BadToken, match="does not have"):
        of(old)


def test_invented_keys_do_not_hammer_the_issuer(issuer: Issuer):
    of(issuer.token())
    for number in range(50):
        with pytest.raises(BadToken):
            of(issuer.token(head={"kid": f"invented {number}"}))
    assert issuer.count("/keys") == 4, "once for the first, three times within the minute for the others"


def test_while_the_issuer_is_down_known_keys_work_and_others_are_to_be_tried_later(issuer: Issuer):
    of(issuer.token())
    issuer.is_down = True
    assert of(issuer.token()).roles
    for _ in range(5):
        with pytest.raises(Unavailable) as refused:
            of(issuer.token(head={"kid": "new"}))
        assert refused.value.headers["Retry-After"] == "5"
    assert issuer.count("/.well-known/openid-configuration") == 2, "it is left alone for some seconds"


def test_an_issuer_that_was_never_there_lets_nobody_in(issuer: Issuer):
    issuer.is_down = True
    with pytest.raises(Unavailable, match="try again"):
        of(issuer.token())


def test_keys_are_fresh_for_an_hour_and_stand_in_for_a_day(issuer: Issuer):
    now = [0.0]
    keys = Keys(issuer.url, clock=lambda: now[0])
    assert keys.find("first") is not None
    now[0] = FRESH_SECONDS - 1
    assert keys.find("first") is not None and issuer.count("/keys") == 1
    now[0] = FRESH_SECONDS + 1
    assert keys.find("first") is not None and issuer.count("/keys") == 2
    issuer.is_down, now[0] = True, 2 * FRESH_SECONDS + 2
    assert keys.find("first") is not None, "it does not answer, and what it said last is taken"
    now[0] += STALE_SECONDS
    with pytest.raises(Unavailable):
        keys.find("first")
    issuer.is_down = False
    now[0] += 6
    assert keys.find("first") is not None


@pytest.fixture
def hanging(issuer: Issuer) -> Iterator[tuple[Keys, Future]]:
    """Keys that are known and no longer fresh, and whoever asks the issuer for them, which does not answer."""
    now = [0.0]
    keys = Keys(issuer.url, clock=lambda: now[0])
    assert keys.find("first") is not None
    now[0] = FRESH_SECONDS + 1
    issuer.is_asked.clear()
    issuer.is_open.clear()
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(keys.find, "first")
        assert issuer.is_asked.wait(30)
        yield keys, asking
        issuer.is_open.set()


def test_while_the_issuer_hangs_one_waits_for_it_and_nobody_else_whose_key_is_known(hanging, issuer: Issuer):
    keys, asking = hanging
    assert [keys.find("first") is not None for _ in range(10)] == [True] * 10
    assert not asking.done() and issuer.count("/.well-known/openid-configuration") == 2
    issuer.is_open.set()
    assert asking.result() is not None and issuer.count("/keys") == 2


def test_nor_does_whoever_has_an_unknown_key_wait_without_an_end(hanging, monkeypatch):
    keys, asking = hanging
    monkeypatch.setattr(issuer_keys, "_WAIT_SECONDS", 0)
    with pytest.raises(Unavailable):
        keys.find("second")
    assert not asking.done()


@pytest.mark.parametrize("kid", ["first", "second"])
def test_an_issuer_that_times_out_is_left_alone_from_then_on(issuer: Issuer, monkeypatch, kid):
    """The pause begins when the time-out ends: it is no longer than that."""
    now, asked = [0.0], []
    keys = Keys(issuer.url, clock=lambda: now[0])
    assert keys.find("first") is not None
    now[0] = FRESH_SECONDS + 1

    def time_out(url: str) -> None:
        asked.append(url)
        now[0] += 6
        raise httpx.ReadTimeout("nothing came")

    monkeypatch.setattr(issuer_keys, "fetched", time_out)
    for _ in range(10):
        try:
            assert keys.find(kid) is not None
        except Unavailable:
            assert kid == "second"
    assert len(asked) == 1


def test_an_answer_that_drips_has_an_end(issuer: Issuer, monkeypatch):
    monkeypatch.setattr(issuer_keys, "_MOST_SECONDS", -1.0)
    with pytest.raises(ValueError, match="without an end"):
        issuer_keys.fetched(issuer.url)


def test_many_at_once_fetch_the_keys_once(issuer: Issuer):
    token = issuer.token()
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(of, [token] * 64))) == 1
    assert issuer.count("/keys") == 1


def test_a_discovery_document_of_somebody_else_is_not_believed(issuer: Issuer, monkeypatch):
    monkeypatch.setenv("RIPIENO_ISSUER", f"{issuer.url}/")
    with pytest.raises(Unavailable):
        of(issuer.token(iss=f"{issuer.url}/"))
    keys_of.cache_clear()


def test_a_token_is_never_local(issuer: Issuer, monkeypatch):
    monkeypatch.setenv("RIPIENO_AUTH", "local,entra")
    identity.check()
    assert caller_of({}).owner == "local"
    with pytest.raises(BadToken):
        of(issuer.token(aud="another"))
    assert of(issuer.token(aud=["x", AUDIENCE])).owner != "local"
