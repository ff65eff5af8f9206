"""What may stand in a log: no secret, however it got there, and nothing that somebody wrote."""

from __future__ import annotations

import io
import logging

import httpx
import pytest
from pydantic import BaseModel

from ripieno.services import logs

SIGNATURE = "aB3dE%2FgH1jK%2BmN0pQ%3D"


@pytest.fixture
def log():
    """A logger that is written down as a process writes it, after `guard`."""
    before = logging.getLogRecordFactory()
    logs.guard()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("ripieno.test-of-logs")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield logger, stream
    logger.removeHandler(handler)
    logging.setLogRecordFactory(before)


@pytest.mark.parametrize(
    "said",
    [
        f"GET https://a.blob.core.windows.net/songs/x?sv=2024&sig={SIGNATURE}&se=1",
        "Authorization: Bearer abcdefgh12345678",
        "SharedKey account:c2VjcmV0c2VjcmV0",
        "AccountName=a;AccountKey=c2VjcmV0c2VjcmV0==;EndpointSuffix=x",
        "the secret is whsec_c2VjcmV0c2VjcmV0",
        "webhook-signature: v1,c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2V=",
        "POST /runtime/webhooks/durabletask/instances/1/terminate?reason=x&code=c2VjcmV0c2VjcmV0",
        "eyJ" + "hbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2VjcmV0",
        "key sk-c2VjcmV0c2VjcmV0c2VjcmV0",
    ],
)
def test_secrets_are_cut_out_of_any_message(log, said):
    logger, stream = log
    logger.info("%s", said)
    written = stream.getvalue()
    assert "c2VjcmV0" not in written and SIGNATURE not in written and "abcdefgh12345678" not in written
    assert logs.GONE in written


def test_the_values_of_secret_settings_are_cut_wherever_they_stand(log, monkeypatch):
    monkeypatch.setenv("RIPIENO_ENDPOINT_KEYS", "open sesame now,the older one")
    monkeypatch.setenv("RIPIENO_STORAGE", "AccountName=a;AccountKey=Zm9vYmFyYmF6;TableEndpoint=http://127.0.0.1:1/a")
    logger, stream = log
    logger.error("asked with open sesame now, then the older one, then Zm9vYmFyYmF6 at http://127.0.0.1:1/a")
    assert stream.getvalue().endswith(
        f"asked with {logs.GONE}, then {logs.GONE}, then {logs.GONE} at http://127.0.0.1:1/a\n"
    )


def test_what_is_no_secret_is_left_as_it_is(log):
    logger, stream = log
    logger.info("song %s in the key of C: 3 stems, 0.5 s, token count 7, code 409", "abc-123")
    assert (
        stream.getvalue()
        == "INFO ripieno.test-of-logs: song abc-123 in the key of C: 3 stems, 0.5 s, token count 7, code 409\n"
    )


class Order(BaseModel):
    bars: int


def test_an_exception_says_nothing_that_somebody_wrote(log):
    logger, stream = log
    try:
        try:
            Order(bars="love me tender")  # pyright: ignore[reportArgumentType]
        except ValueError as fault:
            raise LookupError("there is no 'love me tender' in \"love me\" here") from fault
    except LookupError:
        logger.exception("unforeseen")
    written = stream.getvalue()
    assert "love" not in written.replace('love me tender")  # pyright', "").partition("Order(bars=")[0]
    assert "LookupError: there is no" in written and "Order: bars: int_parsing" in written
    assert "direct cause" in written and "test_logs.py" in written, "where it happened is told"


def test_an_exception_keeps_its_kind_for_whoever_exports_it(log):
    records: list[logging.LogRecord] = []
    logger, _ = log
    logger.addFilter(lambda record: records.append(record) or True)
    try:
        raise ConnectionError(f"https://a/b?sig={SIGNATURE} broke")
    except ConnectionError:
        logger.warning("lost", exc_info=True)
    kind, fault, trace = records[0].exc_info
    assert kind.__name__ == "ConnectionError" and SIGNATURE not in str(fault) and trace is not None


def test_libraries_do_not_write_an_address_for_every_call(log):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as http:
            http.get(f"https://a.example/songs/1?sig={SIGNATURE}")
    finally:
        root.removeHandler(handler)
    assert stream.getvalue() == ""


def test_a_name_is_shown_as_the_same_again_and_not_as_itself():
    assert logs.shown("Holiday 𝄞.wav") == logs.shown("Holiday 𝄞.wav") != logs.shown("Holiday.wav")
    assert "Holiday" not in logs.shown("Holiday.wav")
