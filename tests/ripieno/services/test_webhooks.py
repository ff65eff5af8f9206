"""Webhooks: who may be called, and whose word is believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from ripieno.services import settings as settings_module
from ripieno.services import webhooks

SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"


@pytest.fixture
def configure(monkeypatch):
    def set_up(**env: str) -> None:
        for name, value in ({"AzureWebJobsStorage": "UseDevelopmentStorage=true"} | env).items():
            monkeypatch.setenv(name, value)
        settings_module.settings.cache_clear()

    yield set_up
    settings_module.settings.cache_clear()


def test_only_our_own_signature_is_believed(configure):
    configure(RIPIENO_WEBHOOK_SECRET=SECRET)
    body, now = json.dumps({"type": "job.ended"}), datetime.now(UTC)
    headers = {"Webhook-Id": "1", "Webhook-Timestamp": str(int(now.timestamp()))}
    headers["Webhook-Signature"] = Webhook(SECRET).sign("1", now, body)
    assert webhooks.verify(body.encode(), headers) == {"type": "job.ended"}
    for tampered in ({"Webhook-Id": "2"}, {"Webhook-Signature": "v1,AAAA"}, {"Webhook-Timestamp": "1000"}):
        with pytest.raises(webhooks.BadSignature):
            webhooks.verify(body.encode(), headers | tampered)
    with pytest.raises(webhooks.BadSignature):
        webhooks.verify(b"{}", {})


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://10.0.0.1/x",
        "https://[::1]/",
        "https://169.254.169.254/",
        "ftp://x/",
        "nonsense",
    ],
)
def test_users_cannot_make_the_platform_call_its_own_network(configure, url):
    configure(RIPIENO_ALLOW_PRIVATE_WEBHOOKS="0")
    with pytest.raises(webhooks.BadWebhookUrl):
        webhooks.check_user_url(url)
