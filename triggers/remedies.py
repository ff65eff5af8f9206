"""The codes of problem documents: when each comes, and what to do about it.

A code is for programs and never changes its meaning; a test compares this list with the places where they are raised.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Remedy:
    """`statuses` are those of HTTP that it comes with."""

    statuses: tuple[int, ...]
    when: str
    do: str


REMEDIES: dict[str, Remedy] = {
    # -- the request
    "invalid_request": Remedy(
        (400,), "a field or parameter is missing, unknown, of another type or out of its bounds",
        "change what `detail` names; `errors` has each field",
    ),
    "no_such_route": Remedy((404,), "nothing is served at the path", "take the path that `detail` suggests"),
    "method_not_allowed": Remedy((405,), "the path is not served with this method", "use one of the header `Allow`"),
    "length_required": Remedy(
        (411,), "the body came in chunks, without its length", "send `Content-Length`, or use `POST /api/uploads`"
    ),
    "body_too_large": Remedy(
        (413,), "the JSON of the body is longer than the route takes", "send less at once: `x-most-bytes` says how much"
    ),
    "bad_cursor": Remedy(
        (400,), "the cursor was cut, or belongs to other filters",
        "pass `next_cursor` unchanged and with the same filters, or begin again without one",
    ),
    "bad_webhook_url": Remedy(
        (400,), "the webhook's address is none that can be told from here", "give a public https address"
    ),
    "bad_idempotency_key": Remedy(
        (400,), "the `Idempotency-Key` is empty, too long or not printable ASCII", "send 1 to 255 such characters"
    ),
    "idempotency_key_reused": Remedy(
        (422,), "the `Idempotency-Key` was sent before with another request", "take a new key for a new request"
    ),
    "still_running": Remedy(
        (409,), "the first request with this `Idempotency-Key` is still being answered",
        "send the same again after `Retry-After` seconds",
    ),
    "bad_host": Remedy((400,), "a local host was asked by a name that is not its own", "ask 127.0.0.1 or localhost"),
    # -- who asks
    "not_authenticated": Remedy(
        (401,), "the request says nothing of who asks, and the route is not for everyone",
        "`ripieno login`, or send a token as `Authorization: Bearer …`; `GET /auth` says where tokens come from",
    ),
    "invalid_token": Remedy(
        (401,), "the token is nobody's here: of another issuer or audience, wrongly signed, revoked",
        "sign in again; `detail` says what is wrong with it",
    ),
    "token_expired": Remedy((401,), "the token was good and is over", "renew it, or sign in again"),
    "bad_credentials": Remedy(
        (400,), "`Authorization` is there twice, or holds no token", "send one `Bearer` token, once"
    ),
    "identity_unavailable": Remedy(
        (503,), "who signs the tokens does not answer, so that none can be checked",
        "send the same again after `Retry-After` seconds",
    ),
    "not_configured": Remedy(
        (503,), "nobody said how callers are known here, so that nobody is",
        "whoever runs this sets `RIPIENO_AUTH` (docs/identity.md)",
    ),
    "cannot_pair": Remedy(
        (409,), "no device can join: people sign in themselves here, or too many have joined",
        "sign in on the device, or revoke one that is not used",
    ),
    "bad_pairing_code": Remedy(
        (400,), "the code is mistyped, was used, or is over", "have another shown: `ripieno pair`, where you are in"
    ),
    "too_many_tries": Remedy(
        (429,), "more than ten codes were tried within a minute", "wait `Retry-After` seconds, then type it once more"
    ),
    "forbidden": Remedy((403,), "the caller has not the role that the route needs", "ask whoever runs this Ripieno"),
    "cross_origin": Remedy(
        (403,), "a page of another origin would change something", "name the origin in `Host.CORS`, or use a program"
    ),
    "bad_signature": Remedy(
        (401,), "a callback is not signed with a secret that is shared, or not now",
        "sign it as Standard Webhooks say, and see that the clocks agree",
    ),
    # -- visitors and quotas
    "no_visitors": Remedy((403,), "nobody is let in here without an account", "sign in"),
    "visit_over": Remedy(
        (401,), "the visitor's token has ended, or is none of this platform's", "begin another with `POST /visits`"
    ),
    "too_many_visits": Remedy(
        (429,), "as many visits have begun this hour as may", "send the same after `Retry-After` seconds, or sign in"
    ),
    "quota_exceeded": Remedy(
        (429,), "the caller has used up what they may have: `quota` says which, `used` of `limit`",
        "send the same after `Retry-After` seconds: a day or month ends at `turns_at`; of storage, delete something",
    ),
    "replayed": Remedy((409,), "a callback with this `webhook-id` was heard before", "nothing: it was heard"),
    # -- what is not done
    "refused": Remedy(
        (422,), "the words ask for what is not done here: an imitation by name, hate, or minors in sexual words",
        "ask for what `suggestion` names, where there is one; `POST /refusals/{refusal_id}/appeal` where it is wrong",
    ),
    "not_appealable": Remedy(
        (409,), "the refusal is appealed already, or decided", "wait for an operator, or see its `decision`"
    ),
    # -- for operators
    "not_redrivable": Remedy(
        (409,), "what failed was removed, or only whoever sent it can send it again", "see `end` of the failure"
    ),
    # -- files
    "no_file": Remedy((400,), "the form has no file", "send it as the part named `file`"),
    "file_too_large": Remedy(
        (413,), "the body, or the file, is larger than is taken in", "use `POST /api/uploads`, or send a smaller file"
    ),
    "larger_than_declared": Remedy(
        (422,), "what was sent to the address is larger than was declared for it",
        "ask for an upload with its `file_size_bytes`",
    ),
    "unsupported_format": Remedy(
        (415, 422), "the bytes are no audio that is known here", "send WAV, MP3, FLAC, OGG or M4A"
    ),
    "empty_file": Remedy((422,), "the file has no bytes", "send it again"),
    "no_audio": Remedy((422,), "the file has no samples", "export it again"),
    "corrupt_audio": Remedy((422,), "the file is cut off or damaged", "export it again"),
    "nothing_uploaded": Remedy((409,), "no bytes are at `upload_url` yet", "PUT them there first, then complete"),
    "bad_range": Remedy((416,), "the range begins behind the end", "ask within the length that `Content-Range` says"),
    "not_audio": Remedy((409,), "the song's bytes are no audio", "there is nothing to hear: delete it"),
    # -- songs and stems
    "not_found": Remedy((404,), "nothing of yours has this id, or no longer", "take an id from a list"),
    "not_analyzed": Remedy(
        (409,), "nothing is known of the song yet, or its analysis failed",
        "wait until its `status` is `analyzed`; where it is `failed`, see `error`",
    ),
    "already_running": Remedy((409,), "the song is being analysed now", "wait until it has ended: see its `status`"),
    "already_ended": Remedy((409,), "the request has ended", "there is nothing to cancel"),
    "engine_unavailable": Remedy(
        (400,), "the engine that was named is not there", "take one that `detail` names, or `auto`"
    ),
    "too_much_said": Remedy(
        (409,), "so much was said to the set that it keeps no more", "`POST /sets/{id}/edit` still changes it"
    ),
    "still_making": Remedy(
        (409,), "a version of the composition, set or voice is being made", "wait until it has ended, or cancel it"
    ),
    "not_reviewable": Remedy(
        (409,), "the take cannot be approved or rejected as it stands", "wait, or name another take, as `detail` says"
    ),
    "nothing_to_mix": Remedy((409,), "no stem of the request can be heard", "wait until one is `generated`"),
    "nothing_to_download": Remedy(
        (409,), "the version has no such file: it is not made yet, or nobody sings in it",
        "wait until it is `made`, or take another format",
    ),
    "export_failed": Remedy((409,), "the file could not be made", "ask once more: it is tried again"),
    # -- voices
    "consent_missing": Remedy(
        (409,), "nobody has let the voice be used", "give a consent: who, for what, until when, and the spoken sentence"
    ),
    "consent_purpose": Remedy(
        (409,), "the consent is for other purposes", "ask the person whose voice it is, and give a consent for this too"
    ),
    "consent_expired": Remedy(
        (409,), "the day until which the consent was given has passed", "ask the person for another, and give that"
    ),
    "consent_revoked": Remedy(
        (409,), "the consent was taken back; nothing is kept of the voice", "create another voice, with a new consent"
    ),
    "voice_not_ready": Remedy(
        (409,), "the voice has no version that can be sung with", "wait until one is `made`, or name another"
    ),
    "sample_not_ready": Remedy(
        (409,), "the spoken sentence was not heard yet, or was refused", "wait until it was taken, or send another"
    ),
    "no_samples": Remedy((409,), "no sample of the voice was taken yet", "add one, and wait until it was heard"),
    # -- our side
    "internal_error": Remedy((500,), "something broke here", "try again; if it stays, tell whoever runs this Ripieno"),
    "storage_unavailable": Remedy(
        (503,), "storage broke a connection, or is busy", "send the same again after `Retry-After` seconds"
    ),
    "decoder_ended": Remedy((503,), "whatever read the file was ended by somebody else", "send the same again"),
    "endpoint_down": Remedy(
        (503,), "a model endpoint does not answer",
        "send the same again after `Retry-After` seconds; `GET /api/health` says which",
    ),
    "gateway_timeout": Remedy(
        (504,), "no answer came within 230 s; what was asked for goes on",
        "look whether it is done, or send the same again with its `Idempotency-Key`",
    ),
}  # fmt: skip
