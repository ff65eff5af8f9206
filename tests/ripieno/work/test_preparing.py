"""Storage is made ready as soon as it can be; what an older version left is refused with what to do."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import makers
import pytest
from azure.functions.timer import TimerRequest

from ripieno.contracts import names
from ripieno.local.host import durable_api
from ripieno.local.stack import OldLibrary as OldFolder
from ripieno.local.stack import Stack
from ripieno.records import uploads
from ripieno.services.storage import container, create_containers_and_tables, table_service
from ripieno.work import preparing


@pytest.fixture(autouse=True)
def not_yet_prepared() -> Iterator[None]:
    preparing.storage_ready.cache_clear()
    yield
    preparing.storage_ready.cache_clear()


@pytest.fixture
def forbidden(azurite_alone: str) -> Iterator[str]:
    """The connection string of storage that knows us, and does not let us in yet."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(403)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *arguments) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    words = [word for word in azurite_alone.split(";") if word and not word.startswith("TableEndpoint=")]
    yield ";".join([*words, f"TableEndpoint=http://127.0.0.1:{server.server_port}/devstoreaccount1"])
    server.shutdown()
    server.server_close()


def test_storage_that_is_not_ours_yet_when_the_app_starts_is_made_ready_by_its_timer(
    forbidden, azurite_alone, monkeypatch, caplog
):
    monkeypatch.setenv("AzureWebJobsStorage", forbidden)
    preparing.at_start()
    assert "is tried again" in caplog.text
    monkeypatch.setenv("AzureWebJobsStorage", azurite_alone)
    for name in (names.UPLOADS, names.RUNS):
        table_service().delete_table(name)
    container(names.REJECTED).delete_container()
    (timer,) = [one for one in makers.app_functions().of("timerTrigger") if one.name == "look_after_runs"]
    client = durable_api.client_binding("http://127.0.0.1:9", "key", "hub")
    try:
        asyncio.run(timer.call(**timer.arguments(TimerRequest(past_due=False), client)))
        assert uploads.find("nobody") is None and container(names.REJECTED).exists()
        assert names.RUNS in {one.name for one in table_service().list_tables()}
    finally:
        create_containers_and_tables()


def test_a_library_of_the_first_version_is_refused_with_what_to_do(storage, caplog):
    table_service().create_table(names.TABLES_OF_SEGNO[0])
    try:
        with pytest.raises(preparing.OldLibrary, match=r"AudioFiles.*upload the songs again"):
            preparing.at_start()
        preparing.again()
        assert "library of version 0.1" in caplog.text
    finally:
        table_service().delete_table(names.TABLES_OF_SEGNO[0])
    preparing.at_start()


def test_the_task_hub_of_the_first_version_is_refused_with_what_to_do(storage, monkeypatch):
    monkeypatch.setenv("TASK_HUB", "Segno")
    with pytest.raises(preparing.OldLibrary, match="set TASK_HUB"):
        preparing.at_start()
    monkeypatch.setenv("TASK_HUB", "ripieno")
    preparing.at_start()


def test_a_local_library_of_the_first_version_is_not_passed_over(tmp_path):
    (tmp_path / ".segno" / "azurite").mkdir(parents=True)
    with pytest.raises(OldFolder, match=r"\.segno holds a library of version 0\.1.*move that folder"):
        Stack(tmp_path / ".ripieno").start(print)


def test_a_songs_id_is_what_it_was_in_the_first_version():
    assert names.audio_file_id("local", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") == (
        "6765f471-fd5e-5e1a-9dd7-79e5021cc90b"
    )
