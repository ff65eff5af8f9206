"""Access tokens that an issuer has signed: Entra ID's, or those of any OpenID Connect issuer.

JWT, RFC 7519; as access tokens, RFC 9068; with what RFC 8725 (best current practice) asks of whoever checks them: the
algorithm is one of a list, never `none` and never symmetric, and fits the key; issuer and audience are ours.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import jwt

from ripieno.services.access import granted
from ripieno.services.identity.caller import Caller, owner_named
from ripieno.services.identity.issuer import keys_of
from ripieno.services.identity.refusals import BadToken, TokenExpired
from ripieno.services.settings import Settings

LEEWAY_SECONDS = 60
MOST_CHARACTERS = 16 * 1024
_ALGORITHMS = {
    "RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
    "ES256": "EC", "ES384": "EC", "ES512": "EC", "EdDSA": "OKP",
}  # fmt: skip
_ENTRA = "https://login.microsoftonline.com/{tenant}/v2.0"
_NEEDED = ["exp", "iss", "aud", "sub"]
_OF_ID_TOKENS = ("nonce", "at_hash", "c_hash")
_OF_ACCESS_TOKENS = ("scp", "scope", "client_id", "appid", "idtyp")  # `azp` is of both, with a nonce of the former
_MOST_NAME = 200


@dataclass(frozen=True)
class Trust:
    """Whose tokens are believed, and which of them are for us. `tenant` is set where the issuer is Entra ID."""

    issuer: str
    audiences: tuple[str, ...]
    tenant: str | None = None


def trust(chosen: Settings) -> Trust:
    """As the settings say; `modes.check` has seen that they say enough."""
    issuer = chosen.issuer or _ENTRA.format(tenant=chosen.tenant)
    return Trust(issuer, tuple(chosen.audience), chosen.tenant)


def caller_of(token: str, trusted: Trust) -> Caller:
    """Whose token it is.

    Raises
    ------
    BadToken, TokenExpired, Unavailable
    """
    claims = _checked(token, trusted)
    roles = claims.get("roles", [])
    named = [roles] if isinstance(roles, str) else [one for one in roles if isinstance(one, str)]
    return Caller(_owner(claims, trusted), granted(named), _name(claims))


def _checked(token: str, trusted: Trust) -> dict[str, Any]:
    if len(token) > MOST_CHARACTERS:
        raise BadToken(f"the token has more than {MOST_CHARACTERS} characters")
    try:
        head = jwt.get_unverified_header(token)
        algorithm, kid = head.get("alg"), head.get("kid")
        if algorithm not in _ALGORITHMS:
            raise BadToken("the token is not signed with an algorithm that is taken here")
        if not isinstance(kid, str) or not kid:
            raise BadToken("the token does not say which key it is signed with (kid)")
        key = keys_of(trusted.issuer).find(kid)
        if key is None or key["kty"] != _ALGORITHMS[algorithm] or key.get("alg", algorithm) != algorithm:
            raise BadToken("the token is signed with a key that its issuer does not have: sign in again")
        claims = jwt.decode(
            token,
            jwt.PyJWK(key, algorithm=algorithm),
            algorithms=[algorithm],
            audience=list(trusted.audiences),
            issuer=trusted.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": _NEEDED},
        )
    except jwt.ExpiredSignatureError:
        raise TokenExpired("the token has expired: renew it, or sign in again") from None
    except jwt.InvalidIssuerError:
        raise BadToken(f"the token is not of the issuer {trusted.issuer}{_hint(token)}") from None
    except jwt.InvalidAudienceError:
        raise BadToken("the token is for another audience: ask its issuer for one for this API") from None
    except jwt.ImmatureSignatureError:
        raise BadToken("the token is not valid yet: are the clocks right?") from None
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise BadToken("the token cannot be read, or its signature is wrong") from None
    is_access = any(name in claims for name in _OF_ACCESS_TOKENS)
    if not is_access and ("azp" not in claims or any(name in claims for name in _OF_ID_TOKENS)):
        raise BadToken("this is an ID token: send the access token")
    return claims


def _owner(claims: dict[str, Any], trusted: Trust) -> str:
    """In Entra ID the object id, which is a person's in all apps of the tenant; elsewhere what names issuer and
    subject both, so that nobody can take the name of an owner who comes in otherwise."""
    if trusted.tenant is None:
        return "oidc-" + hashlib.sha256(f"{trusted.issuer}\n{claims['sub']}".encode()).hexdigest()[:32]
    person = claims.get("oid")
    if claims.get("tid") != trusted.tenant or not isinstance(person, str) or not person:
        raise BadToken("the token is of another tenant, or of nobody in it")
    return owner_named(person)


def _name(claims: dict[str, Any]) -> str | None:
    found = claims.get("preferred_username") or claims.get("name")
    return found[:_MOST_NAME] if isinstance(found, str) else None


def _hint(token: str) -> str:
    """What is most often wrong with Entra ID: tokens of version 1, whose issuer is another."""
    claimed = jwt.decode(token, options={"verify_signature": False}).get("iss", "")
    is_first = isinstance(claimed, str) and claimed.startswith("https://sts.windows.net/")
    return ": set requestedAccessTokenVersion to 2 in the app registration's manifest" if is_first else ""
