"""What the fields of identity mean; `glossary` takes them in."""

from __future__ import annotations

MEANINGS: dict[str, str] = {
    "modes": "by what callers are known: `local`, `entra`, `easy_auth`, `token`",
    "issuer": "the OpenID Connect issuer whose tokens are taken; null where none are",
    "client_id": "by which clients ask that issuer; null where it is not told here",
    "scopes": "that clients ask for",
    "pairing": "whether devices can join by a code",
    "Me.owner": "whose things are yours: uploads, requests, voices",
    "Me.name": "what you are called; null where nobody said",
    "Me.device_id": "the paired device that asks; null where it is none",
    "roles": "what you may",
    "role": "what the device may",
    "device_id": "the id of the device",
    "DeviceView.name": "what the device is called; null where nobody said",
    "DeviceView.created_at": "when it joined (ISO 8601, UTC)",
    "DeviceView.expires_at": "when its token ends (ISO 8601, UTC)",
    "DeviceView.last_used_at": "when it was used last, to the hour (ISO 8601, UTC); null where it never was",
    "PairingOrder.name": "what the device is to be called; null leaves it to the device",
    "Pairing.code": "what is typed into the device; cases, blanks and the dash do not matter",
    "Pairing.expires_at": "when the code ends (ISO 8601, UTC)",
    "PairingClaim.code": "the code that was shown",
    "PairingClaim.name": "what the device is called; null leaves it to who showed the code",
    "Paired.owner": "for whom the device acts",
    "Paired.expires_at": "when the token ends (ISO 8601, UTC)",
    "token": "send it as `Authorization: Bearer …`; it is a secret",
}

ROLES = {
    "Viewer": "looks and listens", "Analyst": "that, and brings songs in and corrects what was heard",
    "Generator": "that, and makes, reviews and mixes new music", "Admin": "everything",
    "Scaler": "reads how much waits for the endpoints, and nothing else: for whatever scales them",
}  # fmt: skip
