"""JSON Web Tokens that an issuer has signed: whose they are, for whom, and until when.

JWT, RFC 7519, with what RFC 8725 (best current practice) asks of whoever checks them: the algorithm is one of a list,
never `none` and never symmetric, and fits the key; issuer and audience are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from ripieno.services.identity.issuer import keys_of
from ripieno.services.identity.refusals import BadToken, TokenExpired

LEEWAY_SECONDS = 60
MOST_CHARACTERS = 16 * 1024
_ALGORITHMS = {
    "RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
    "ES256": "EC", "ES384": "EC", "ES512": "EC", "EdDSA": "OKP",
}  # fmt: skip


@dataclass(frozen=True)
class Trust:
    """Whose tokens are believed, and which of them are for us. `also_named` is what the issuer calls itself beside."""

    issuer: str
    audiences: tuple[str, ...]
    also_named: tuple[str, ...] = ()


def claims(token: str, trusted: Trust, *, needed: Sequence[str]) -> dict[str, Any]:
    """What a token says, once it is certain that it is true; `needed` are the claims that it must have.

    Raises
    ------
    BadToken, TokenExpired, Unavailable
    """
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
        return jwt.decode(
            token,
            jwt.PyJWK(key, algorithm=algorithm),
            algorithms=[algorithm],
            audience=list(trusted.audiences),
            issuer=[trusted.issuer, *trusted.also_named],
            leeway=LEEWAY_SECONDS,
            options={"require": list(needed)},
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


def _hint(token: str) -> str:
    """What is most often wrong with Entra ID: tokens of version 1, whose issuer is another."""
    claimed = jwt.decode(token, options={"verify_signature": False}).get("iss", "")
    is_first = isinstance(claimed, str) and claimed.startswith("https://sts.windows.net/")
    return ": set requestedAccessTokenVersion to 2 in the app registration's manifest" if is_first else ""
