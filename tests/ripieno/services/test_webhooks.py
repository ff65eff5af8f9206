"""Webhooks: with which secrets they are signed, and whose word is believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from ripieno.services import outbound, webhooks
from ripieno.services.settings import MissingSetting, settings

OTHER = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90"
SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
NEXT = "whsec_bmV4dHNlY3JldG5leHRzZWNyZXRuZXh0c2VjcmV0"
BODY = json.dumps({"type": "job.ended", "job_id": "song-1:mir", "state": "succeeded"})


@pytest.fixture
def configure(monkeypatch):
    def set_up(**env: str) -> None:
        for name, value in ({"AzureWebJobsStorage": "UseDevelopmentStorage=true"} | env).items():
            monkeypatch.setenv(name, value)

    for name in ("RIPIENO_CALLBACK_SECRETS", "RIPIENO_DIRECT_SECRETS", "RIPIENO_WEBHOOK_SECRETS"):
        monkeypatch.delenv(name, raising=False)
    return set_up


def signed(secret: str, body: str = BODY, *, at: datetime | None = None, message_id: str = "1") -> dict[str, str]:
    now = at or datetime.now(UTC)
    headers = {"Webhook-Id": message_id, "Webhook-Timestamp": str(int(now.timestamp()))}
    return headers | {"Webhook-Signature": Webhook(secret).sign(message_id, now, body)}


# -- in -----------------------------------------------------------------------------------------------------------


def test_only_an_endpoints_own_signature_is_believed(configure):
    configure(RIPIENO_CALLBACK_SECRETS=SECRET, RIPIENO_WEBHOOK_SECRETS=OTHER, RIPIENO_DIRECT_SECRETS=NEXT)
    assert webhooks.verified(BODY.encode(), signed(SECRET)) == "1"
    with pytest.raises(webhooks.BadSignature):
        webhooks.verified(BODY.replace("succeeded", "failed").encode(), signed(SECRET))
    for whose in (OTHER, NEXT, *webhooks.owners_secrets("local", [1])):  # who is told things can forge no callback
        with pytest.raises(webhooks.BadSignature):
            webhooks.verified(BODY.encode(), signed(whose))


def test_two_secrets_are_valid_while_one_takes_the_others_place(configure):
    """Whichever side has the new one first: it signs with all that it has, and believes any."""
    for valid, whose in ((f"{NEXT},{SECRET}", SECRET), (f"{NEXT},{SECRET}", NEXT), (f"{SECRET},{NEXT}", NEXT)):
        configure(RIPIENO_CALLBACK_SECRETS=valid)
        assert webhooks.verified(BODY.encode(), signed(whose)) == "1"
    both = signed(NEXT)
    both["Webhook-Signature"] += f" {signed(SECRET)['Webhook-Signature']} v1a,abc= v2,{'A' * 43}="
    for valid in (NEXT, SECRET):
        configure(RIPIENO_CALLBACK_SECRETS=valid)
        assert webhooks.verified(BODY.encode(), both) == "1"
    configure(RIPIENO_CALLBACK_SECRETS=OTHER)
    with pytest.raises(webhooks.BadSignature):
        webhooks.verified(BODY.encode(), both)


@pytest.mark.parametrize("minutes", [-60, -5.1, 5.2, 60, 100_000])
def test_what_was_signed_too_long_ago_or_will_be_is_not_believed(configure, minutes):
    configure(RIPIENO_CALLBACK_SECRETS=SECRET)
    with pytest.raises(webhooks.BadSignature):
        webhooks.verified(BODY.encode(), signed(SECRET, at=datetime.now(UTC) + timedelta(minutes=minutes)))
    for within in (-4.9, 4.9):
        webhooks.verified(BODY.encode(), signed(SECRET, at=datetime.now(UTC) + timedelta(minutes=within)))


ODD = {
    "no header": {"Webhook-Id": None, "Webhook-Timestamp": None, "Webhook-Signature": None},
    "no id": {"Webhook-Id": None},
    "an empty id": {"Webhook-Id": ""},
    "another id": {"Webhook-Id": "2"},
    "an id of two lines": {"Webhook-Id": "1\r\nX: y"},
    "an id of other letters": {"Webhook-Id": "ключ\U0001f511"},
    "a long id": {"Webhook-Id": "1" * 513},
    "no timestamp": {"Webhook-Timestamp": None},
    "timestamp 0": {"Webhook-Timestamp": "0"},
    "timestamp nan": {"Webhook-Timestamp": "nan"},
    "timestamp inf": {"Webhook-Timestamp": "inf"},
    "a huge timestamp": {"Webhook-Timestamp": "9" * 12},
    "a longer timestamp": {"Webhook-Timestamp": "9" * 400},
    "a negative timestamp": {"Webhook-Timestamp": "-1"},
    "a timestamp in words": {"Webhook-Timestamp": "now"},
    "Arabic digits": {"Webhook-Timestamp": "١٧٦٤"},
    "no signature": {"Webhook-Signature": None},
    "an empty signature": {"Webhook-Signature": ""},
    "no version": {"Webhook-Signature": "A" * 44},
    "an unknown version": {"Webhook-Signature": "v2," + "A" * 43 + "="},
    "no base64": {"Webhook-Signature": "v1,!!!"},
    "a short signature": {"Webhook-Signature": "v1,AAAA"},
    "other letters": {"Webhook-Signature": "v1," + "ж" * 43 + "="},
    "commas": {"Webhook-Signature": "v1,,,,"},
    "blanks": {"Webhook-Signature": "   "},
    "a million": {"Webhook-Signature": ("v1," + "A" * 43 + "= ") * 1000},
}


@pytest.mark.parametrize("headers", ODD.values(), ids=ODD)
def test_headers_that_are_none_are_told_so(configure, headers):
    configure(RIPIENO_CALLBACK_SECRETS=f"{NEXT},{SECRET}")
    given = {name: value for name, value in (signed(SECRET) | headers).items() if value is not None}
    with pytest.raises(webhooks.BadSignature, match=r"callback"):
        webhooks.verified(BODY.encode(), given)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b"\x00" * 100])
def test_a_body_is_not_read_before_its_signature_holds(configure, body):
    configure(RIPIENO_CALLBACK_SECRETS=SECRET)
    with pytest.raises(webhooks.BadSignature):
        webhooks.verified(body, signed(SECRET))


def test_a_body_that_is_longer_than_any_callback_is_not_even_hashed(configure, monkeypatch):
    configure(RIPIENO_CALLBACK_SECRETS=SECRET)
    monkeypatch.setattr(webhooks, "Webhook", None)
    with pytest.raises(webhooks.TooLong):
        webhooks.verified(b"x" * (webhooks.MOST_BYTES + 1), signed(SECRET))


def test_every_secret_is_tried_so_that_time_tells_of_none(configure, monkeypatch):
    configure(RIPIENO_CALLBACK_SECRETS=f"{SECRET},{NEXT}")
    tried = []
    real = webhooks._fault
    monkeypatch.setattr(webhooks, "_fault", lambda secret, *rest: tried.append(secret) or real(secret, *rest))
    webhooks.verified(BODY.encode(), signed(SECRET))
    assert tried == [SECRET, NEXT]


def test_without_a_secret_no_callback_is_believed(configure):
    configure()
    with pytest.raises(webhooks.BadSignature, match="RIPIENO_CALLBACK_SECRETS"):
        webhooks.verified(b"{}", {})


@pytest.mark.parametrize(
    "wrong", ["hush", "whsec_=", "whsec_c2hvcnQ=", "whsec_!!!", f"{SECRET},hush", "whsec_" + "A" * 100]
)
def test_what_is_no_secret_is_named_without_being_shown(configure, wrong):
    configure(RIPIENO_CALLBACK_SECRETS=wrong)
    with pytest.raises(MissingSetting, match=r"RIPIENO_CALLBACK_SECRETS: .*whsec_` and 24 to 64 random bytes") as told:
        settings()
    assert wrong not in str(told.value) and SECRET not in str(told.value)


# -- out ----------------------------------------------------------------------------------------------------------


def test_each_owner_has_a_secret_that_tells_nothing_of_anothers(configure):
    configure(RIPIENO_WEBHOOK_SECRETS=SECRET)
    told = [webhooks.owners_secrets(owner, [number])[0] for owner in ("anna", "ben", "a", "nna") for number in (1, 2)]
    assert len(set(told)) == 8 and SECRET not in told
    for secret in told:
        Webhook(secret)
    assert webhooks.owners_secrets("anna", [1]) == told[:1], "the same again"
    configure(RIPIENO_WEBHOOK_SECRETS=f"{NEXT},{SECRET}")
    assert webhooks.owners_secrets("anna", [1])[1] == told[0], "what was valid stays valid while ours is replaced"


def test_a_message_is_signed_with_every_secret_that_is_valid(configure):
    configure(RIPIENO_WEBHOOK_SECRETS=f"{NEXT},{SECRET}")
    secrets = webhooks.owners_secrets("anna", [2, 1])
    body, headers = webhooks._signed("msg", {"a": "ж"}, secrets)
    assert len(secrets) == 4 and headers["webhook-id"] == "msg"
    for secret in secrets:
        assert Webhook(secret).verify(body, headers) == {"a": "ж"}
    for secret in (SECRET, *webhooks.owners_secrets("ben", [1, 2]), *webhooks.owners_secrets("anna", [3])):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, headers)


def test_without_a_secret_nothing_is_sent_unsigned(configure, monkeypatch):
    configure(RIPIENO_ALLOW_PRIVATE_WEBHOOKS="1", RIPIENO_PUBLIC_URL="http://127.0.0.1:7071")
    with pytest.raises(webhooks.BadWebhookUrl, match="RIPIENO_WEBHOOK_SECRETS"):
        webhooks.check_user_url("http://127.0.0.1/")
    with pytest.raises(webhooks.BadWebhookUrl, match="RIPIENO_DIRECT_SECRETS"):
        webhooks.check_callback_url("http://127.0.0.1/")
    assert webhooks.check_callback_url("http://127.0.0.1:7071/api/callbacks/jobs")
    monkeypatch.setattr(outbound, "post", None)  # an address that was taken while there was a secret
    assert "RIPIENO_WEBHOOK_SECRETS" in webhooks.send("http://127.0.0.1/", "1", {}, []).reason


@pytest.mark.parametrize(
    ("status", "delivered", "final"),
    [(200, True, False), (204, True, False), (302, False, False), (404, False, False), (410, False, True),
     (500, False, False), (101, False, False)],
)  # fmt: skip
def test_what_came_of_a_message_is_told_by_its_status(configure, monkeypatch, status, delivered, final):
    configure(RIPIENO_ALLOW_PRIVATE_WEBHOOKS="1", RIPIENO_WEBHOOK_SECRETS=SECRET)
    monkeypatch.setattr(outbound, "post", lambda *_: status)
    sent = webhooks.send("https://127.0.0.1/", "1", {}, [SECRET])
    assert (sent.delivered, sent.is_final) == (delivered, final)
    assert sent.delivered or str(status) in sent.reason


def test_what_cannot_be_reached_is_told_without_an_exception(configure, monkeypatch):
    configure(RIPIENO_ALLOW_PRIVATE_WEBHOOKS="0", RIPIENO_WEBHOOK_SECRETS=SECRET)

    def broken(*_):
        raise httpx.ConnectError("nobody is there")

    monkeypatch.setattr(outbound, "post", broken)
    for url in ("https://8.8.8.8/", "https://10.0.0.1/", "ftp://x", "nonsense"):
        sent = webhooks.send(url, "1", {}, [SECRET])
        assert not sent.delivered and sent.reason and not sent.is_final


def test_a_callback_that_was_heard_before_counts_as_heard(configure, monkeypatch):
    """The answer to it was lost, and it was sent again."""
    configure(RIPIENO_PUBLIC_URL="https://app.example", RIPIENO_CALLBACK_SECRETS=SECRET, RIPIENO_DIRECT_SECRETS=OTHER)
    heard = []

    def app(request: httpx.Request) -> httpx.Response:
        heard.append(webhooks.verified(request.content, request.headers))
        return httpx.Response(409 if len(heard) > 1 else 200)

    monkeypatch.setattr(webhooks, "_client", lambda: httpx.Client(transport=httpx.MockTransport(app)))
    for _ in range(2):
        webhooks.send_callback("https://app.example/api/callbacks/jobs", "job-1", {"job_id": "job"})
    assert heard == ["job-1", "job-1"]
    monkeypatch.setattr(
        webhooks, "_client", lambda: httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(503)))
    )
    with pytest.raises(httpx.HTTPError, match="503"):
        webhooks.send_callback("https://app.example/api/callbacks/jobs", "job-1", {})


def test_direct_callers_are_told_with_a_secret_that_forges_no_callback(configure, monkeypatch):
    configure(
        RIPIENO_PUBLIC_URL="https://app.example", RIPIENO_CALLBACK_SECRETS=SECRET, RIPIENO_DIRECT_SECRETS=f"{NEXT},{OTHER}",
        RIPIENO_CALLBACK_HOSTS="http://partner.internal",
    )  # fmt: skip
    told = []
    monkeypatch.setattr(outbound, "post", lambda there, body, headers: told.append((body, headers)) or 200)
    monkeypatch.setattr(
        webhooks, "_client",
        lambda: httpx.Client(
            transport=httpx.MockTransport(lambda asked: told.append((asked.content, asked.headers)) or httpx.Response(200))
        ),
    )  # fmt: skip
    for url in ("http://partner.internal/told", "https://8.8.8.8/told"):
        webhooks.send_callback(url, "1", {"a": 1})
    for body, headers in told:
        for secret in (NEXT, OTHER):
            assert Webhook(secret).verify(body, dict(headers)) == {"a": 1}
        with pytest.raises(webhooks.BadSignature):
            webhooks.verified(body if isinstance(body, bytes) else body.encode(), headers)


def test_an_endpoint_calls_back_the_app_or_whom_the_operator_allows(configure):
    configure(
        RIPIENO_ALLOW_PRIVATE_WEBHOOKS="0",
        RIPIENO_PUBLIC_URL="http://10.0.0.7:7071",
        RIPIENO_CALLBACK_HOSTS="http://partner.internal",
        RIPIENO_DIRECT_SECRETS=OTHER,
    )
    for url in ("http://10.0.0.7:7071/api/callbacks/jobs", "http://partner.internal/x"):
        assert webhooks.check_callback_url(url) == url
    for url in ("http://10.0.0.7:70710/x", "http://partner.internal.evil.example/x", "http://10.0.0.8/"):
        with pytest.raises(webhooks.BadWebhookUrl):
            webhooks.check_callback_url(url)
