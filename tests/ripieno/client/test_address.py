"""Where Ripieno is looked for when nobody says where it is."""

from __future__ import annotations

import json

import pytest

from ripieno.client.address import DEFAULT_URL, local_url


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ("", DEFAULT_URL),
        ("host=7171", "http://127.0.0.1:7171"),
        ("blob=11000, host = 7272 ", "http://127.0.0.1:7272"),
        ("blob=11000", DEFAULT_URL),
        ("host=here", DEFAULT_URL),
    ],
)
def test_a_stack_that_is_not_up_is_looked_for_where_it_would_be(tmp_path, monkeypatch, ports, expected):
    """And not where another one is."""
    monkeypatch.delenv("RIPIENO_URL", raising=False)
    monkeypatch.setenv("RIPIENO_PORTS", ports)
    assert local_url(tmp_path) == expected
    (tmp_path / "stack.json").write_text(json.dumps({"url": "http://127.0.0.1:9"}))
    assert local_url(tmp_path) == "http://127.0.0.1:9"
    monkeypatch.setenv("RIPIENO_URL", "http://elsewhere")
    assert local_url(tmp_path) == "http://elsewhere"
