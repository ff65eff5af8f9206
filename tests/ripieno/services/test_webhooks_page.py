"""What docs/webhooks.md shows is run, against messages as the platform sends them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from ripieno.services import outbound, webhooks
from ripieno.services.settings import settings
from ripieno.work import delivering

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
MINE = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"


@pytest.fixture
def heard(storage, monkeypatch):
    monkeypatch.setenv("RIPIENO_WEBHOOK_SECRETS", MINE)
    monkeypatch.setenv("RIPIENO_ALLOW_PRIVATE_WEBHOOKS", "1")
    (text,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    namespace: dict = {}
    exec(compile(text, "docs/webhooks.md", "exec"), namespace)
    return namespace["heard"]


@pytest.fixture
def sent(monkeypatch):
    """What would have gone out."""
    gone: list[tuple[bytes, dict[str, str]]] = []
    monkeypatch.setattr(outbound, "post", lambda there, body, headers: gone.append((body.encode(), headers)) or 200)
    return gone


def test_the_lines_for_recipients_hear_each_message_once_and_no_forgery(heard, sent, owner):
    for number in range(2):
        delivering.deliver(owner, "song", "http://127.0.0.1/", f"m{number}", {"type": "audio.analyzed", "n": number})
    secret = delivering.shown(owner).secret
    (first, headers), (second, others) = sent
    assert heard(first, {name.title(): value for name, value in headers.items()}, secret) == {
        "type": "audio.analyzed",
        "n": 0,
    }
    assert heard(first, headers, secret) is None, "a replay"
    assert heard(second, others, secret)["n"] == 1
    for body, told, of in ((second, headers, secret), (first, headers | {"webhook-timestamp": "1"}, secret),
                           (first, headers, delivering.shown(f"{owner}-2").secret), (first, {}, secret)):  # fmt: skip
        with pytest.raises(PermissionError):
            heard(body, told, of)


def test_they_go_on_hearing_while_a_secret_is_replaced(heard, sent, owner):
    old = delivering.shown(owner).secret
    delivering.rotate(owner, "seed", timedelta(hours=24))
    new = delivering.shown(owner).secret
    for number, known in enumerate(((old,), (old, new), (new,))):
        delivering.deliver(owner, "song", "http://127.0.0.1/", f"{owner} {number}", {"n": number})
        assert heard(*sent[-1], *known) == {"n": number}


def test_the_line_that_makes_a_secret_makes_one(monkeypatch, capsys):
    (line,) = re.findall(r'python -c "(.*)"`\)', PAGE)
    exec(line)
    made = capsys.readouterr().out.strip()
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.setenv("RIPIENO_CALLBACK_SECRETS", f"{made},{MINE}")
    assert settings().callback_secrets == [made, MINE]
    Webhook(made)


def test_the_figures_of_the_page_are_those_of_the_code():
    hours = [wait / timedelta(hours=1) for wait in delivering.WAITS]
    assert hours == [30 / 3600, 5 / 60, 0.5, 2, 6, 12]
    assert "half a minute, 5 minutes, half an hour, 2, 6 and 12 hours" in PAGE
    assert outbound.SECONDS == 15 and "within 15 seconds" in PAGE and webhooks.MOST_BYTES == 64 * 1024
