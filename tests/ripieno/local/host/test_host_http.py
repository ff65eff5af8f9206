"""The host's own answers, in this process: bodies, time limits, origins, unknown routes, and its one pool of threads."""

from __future__ import annotations

import asyncio
import threading

import azure.functions as func
import httpx
import pytest

from ripieno.local.host import functions, server

PORT = 7071
URL = f"http://127.0.0.1:{PORT}"


def small_app(release: threading.Event, ended: threading.Event, threads: set[str]) -> func.FunctionApp:
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    @app.route(route="api/size", methods=["POST"])
    async def size(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(str(len(req.get_body())))

    @app.route(route="api/size", methods=["GET"])
    def other(req: func.HttpRequest) -> func.HttpResponse:
        threads.add(threading.current_thread().name)
        return func.HttpResponse("got")

    @app.route(route="api/slow", methods=["GET"])
    def slow(req: func.HttpRequest) -> func.HttpResponse:
        release.wait(30)
        ended.set()
        return func.HttpResponse("late")

    return app


class Served:
    def __init__(self, folder, monkeypatch, **options):
        monkeypatch.setenv("PYTHON_THREADPOOL_THREAD_COUNT", "2")
        self.release, self.ended, self.threads = threading.Event(), threading.Event(), set()
        indexed = functions.index(small_app(self.release, self.ended, self.threads))
        self.app = server.build(
            indexed,
            server.HostOptions(
                port=PORT,
                state_dir=folder,
                connection="",
                host_json={"extensions": {"http": {"routePrefix": ""}}},
                **options,
            ),
        )

    def ask(self, method: str, path: str, **given) -> httpx.Response:
        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=URL) as client:
                return await client.request(method, path, **given)

        return asyncio.run(asked())


@pytest.fixture
def served(tmp_path, monkeypatch):
    return Served(tmp_path, monkeypatch)


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (status, status, code)


def test_a_body_without_a_length_is_refused_with_a_way_out(served):
    async def parts():
        yield b"some"

    answer = served.ask("POST", "/api/size", content=parts())
    assert_problem(answer, 411, "length_required")
    assert "/api/uploads" in answer.json()["detail"]
    assert served.ask("POST", "/api/size", content=b"some").text == "4"
    assert served.ask("POST", "/api/size").text == "0"


def test_unknown_routes_and_methods_are_problems(served):
    assert_problem(served.ask("GET", "/nowhere"), 404, "no_such_route")
    answer = served.ask("DELETE", "/api/size")
    assert_problem(answer, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


def test_the_gateway_gives_up_and_the_function_goes_on(tmp_path, monkeypatch):
    served = Served(tmp_path, monkeypatch, gateway_seconds=0.05)

    async def story():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(served.app), base_url=URL) as client:
            assert_problem(await client.get("/api/slow"), 504, "gateway_timeout")
            served.release.set()
            assert await asyncio.to_thread(served.ended.wait, 30)

    asyncio.run(story())


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"http://127.0.0.1:{PORT + 1}"},
        {"origin": "http://[broken"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_pages_of_other_origins_change_nothing(served, headers):
    assert_problem(served.ask("POST", "/api/size", content=b"x", headers=headers), 403, "cross_origin")
    assert served.ask("GET", "/api/size", headers=headers).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"origin": URL}, {"origin": f"http://localhost:{PORT}"}])
def test_our_own_pages_and_programs_may(served, headers):
    assert served.ask("POST", "/api/size", content=b"x", headers=headers).status_code == 200


def test_origins_that_the_settings_name_may_too(tmp_path, monkeypatch):
    (tmp_path / "local.settings.json").write_text('{"Host": {"CORS": "https://studio.example, https://two.example"}}')
    served = Served(tmp_path, monkeypatch, cors=server.read_cors(tmp_path))
    answer = served.ask("POST", "/api/size", content=b"x", headers={"origin": "https://studio.example"})
    assert answer.status_code == 200 and answer.headers["access-control-allow-origin"]
    refused = served.ask("POST", "/api/size", content=b"x", headers={"origin": "https://three.example"})
    assert_problem(refused, 403, "cross_origin")


def test_all_synchronous_functions_share_one_pool(served):
    for _ in range(6):
        assert served.ask("GET", "/api/size").text == "got"
    assert len(served.threads) <= 2 and all(name.startswith("function") for name in served.threads)
