"""Addresses that users name: none leads inside, by whatever name, form, redirect or change of mind."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ripieno.services import outbound
from ripieno.services.outbound import BadWebhookUrl

PUBLIC = "93.184.215.14"


@pytest.fixture
def resolver(monkeypatch):
    """Names of the test's own: `resolver["host"] = [...]`; an iterator gives another answer each time."""
    known: dict[str, object] = {}
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host, port, *_, **__):
        asked.append(host)
        if host not in known:
            return real(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)  # no network in tests
        told = known[host] if isinstance(known[host], list) else next(known[host])
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in told]

    monkeypatch.setattr(outbound.socket, "getaddrinfo", look_up)
    known["asked"] = asked
    return known


# -- what may be named --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        # other schemes, and none
        "http://example.com/", "ftp://x/", "file:///etc/passwd", "gopher://x/", "javascript:alert(1)", "//8.8.8.8/",
        "nonsense", "", "https://", "https:///x", "https:8.8.8.8", "data:,x", "unix:///var/run/docker.sock",
        # loopback, private, shared, link-local, unspecified, broadcast, multicast, reserved, documentation
        "https://127.0.0.1/", "https://127.255.255.254/", "https://10.0.0.1/x", "https://172.16.0.1/", "https://172.31.9.9/",
        "https://192.168.1.1/", "https://100.64.0.1/", "https://169.254.0.1/", "https://0.0.0.0/", "https://0.1.2.3/",
        "https://255.255.255.255/", "https://224.0.0.1/", "https://240.0.0.1/", "https://192.0.2.1/", "https://198.18.0.1/",
        "https://[::1]/", "https://[::]/", "https://[fe80::1]/", "https://[fc00::1]/", "https://[fd12:3456::1]/",
        "https://[ff02::1]/", "https://[2001:db8::1]/", "https://[fec0::1]/", "https://[100::1]/",
        # metadata and what else a cloud keeps for its machines
        "https://169.254.169.254/latest/meta-data/", "https://168.63.129.16/machine", "https://[fd00:ec2::254]/",
        "https://100.100.100.200/", "https://192.0.0.192/", "https://169.254.170.2/", "https://192.88.99.1/",
        # IPv4 inside IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo
        "https://[::ffff:10.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::ffff:169.254.169.254]/",
        "https://[::10.0.0.1]/", "https://[::8.8.8.8]/", "https://[::ffff:0:7f00:1]/", "https://[64:ff9b::10.0.0.1]/",
        "https://[64:ff9b::a9fe:a9fe]/", "https://[64:ff9b::a83f:8110]/", "https://[64:ff9b:1::8.8.8.8]/",
        "https://[2002:7f00:1::]/", "https://[2002:808:808::1]/", "https://[2001:0:808:808::1]/",
        # numbers in disguise: decimal, octal, hexadecimal, short; full-width and circled digits
        "https://2130706433/", "https://017700000001/", "https://0x7f000001/", "https://0x7f.1/", "https://127.1/",
        "https://127.0.1/", "https://0177.0.0.1/", "https://0x7f.0x0.0x0.0x1/", "https://127.0.0.1.2/", "https://134744072/",
        "https://0x08080808/", "https://8.8.8.010/", "https://①②⑦.⓪.⓪.①/", "https://１２７.0.0.1/",
        # names of this machine, with a dot, in capitals, in other letters
        "https://localhost/", "https://localhost./", "https://LOCALHOST/", "https://localhost。/", "https://ｌｏｃａｌｈｏｓｔ/",
        "https://loc%61lhost/", "https://127.0.0.1./",
        # who reads it otherwise
        "https://8.8.8.8\\@127.0.0.1/", "https://127.0.0.1\\.example.com/", "https://8.8.8.8@127.0.0.1/",
        "https://127.0.0.1@8.8.8.8/", "https://a:b@8.8.8.8/", "https://8.8.8.8:80@127.0.0.1/", "https://8.8.8.8 .example/",
        " https://8.8.8.8/", "https://8.8.8.8/\r\nHost: x", "https://8.8.8.8/\x00", "https://8.8.8.8\t/", "https://[8.8.8.8/",
        "https://[::1%25lo]/", "https://[fe80::1%eth0]/", "https://[]/", "https://[v1.a]/",
        # ports
        "https://8.8.8.8:22/", "https://8.8.8.8:25/", "https://8.8.8.8:80/", "https://8.8.8.8:0/", "https://8.8.8.8:65536/",
        "https://8.8.8.8:-1/", "https://8.8.8.8:x/", "https://x:notaport/",
        # long, and no names
        "https://" + "x" * 3000 + ".example/", "https://" + "a" * 64 + ".example/", "https://" + ".".join(["a" * 50] * 6),
        "https://8.8.8.8/" + "a" * 2100, "https://a..b/", "https://.example/", "https://-a.example/", "https://a_.-/",
        "https://*.example/", "https://ex ample/", "https://\U0001f511.example/", "https://xn--zzzzzz-.example/",
        "https://\udcff.example/",
    ],
)  # fmt: skip
def test_users_cannot_make_the_platform_call_its_own_network(resolver, url):
    with pytest.raises(BadWebhookUrl):
        outbound.looked_at(url)


ALWAYS = [
    "169.254.169.254", "168.63.129.16", "[fd00:ec2::254]", "100.100.100.200", "192.0.0.192", "[fe80::1]", "0.0.0.0",
    "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[::]", "224.0.0.1", "169.254.170.2",
]  # fmt: skip


@pytest.mark.parametrize("host", ALWAYS)
def test_metadata_is_nobodys_to_call_also_where_private_addresses_are_allowed(resolver, host):
    with pytest.raises(BadWebhookUrl):
        outbound.looked_at(f"http://{host}/", private=True)


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("https://8.8.8.8/", ("8.8.8.8",)),
        ("HTTPS://8.8.8.8:8443/a?b=c#d", ("8.8.8.8",)),
        ("https://[2606:4700::1111]:443/", ("2606:4700::1111",)),
        ("https://[64:ff9b::8.8.8.8]/", ("64:ff9b::808:808",)),
        ("https://studio.example/told", (PUBLIC, "2606:4700::1111")),
        ("https://STUDIO.example./told", (PUBLIC, "2606:4700::1111")),
        ("https://bücher.example/", (PUBLIC,)),
        ("https://xn--bcher-kva.example/", (PUBLIC,)),
    ],
)
def test_public_addresses_may_be_named(resolver, url, addresses):
    resolver["studio.example"] = [PUBLIC, "2606:4700::1111", PUBLIC]
    resolver["xn--bcher-kva.example"] = [PUBLIC]
    assert outbound.looked_at(url).addresses == addresses


@pytest.mark.parametrize(
    "inner", ["127.0.0.1", "10.9.8.7", "169.254.169.254", "168.63.129.16", "::1", "::ffff:10.0.0.1"]
)
def test_a_name_with_one_address_inside_is_refused_whatever_its_others_are(resolver, inner):
    resolver["studio.example"] = [PUBLIC, inner]
    with pytest.raises(BadWebhookUrl, match="not a public host"):
        outbound.looked_at("https://studio.example/")


def test_a_name_that_is_unknown_is_told_so(resolver):
    with pytest.raises(BadWebhookUrl, match="cannot be found"):
        outbound.looked_at("https://nobody.example/")


# -- what is called -----------------------------------------------------------------------------------------------


class Answers(BaseHTTPRequestHandler):
    """Something that listens: it notes what it hears, and answers what its path says."""

    def do_POST(self):
        self.server.heard.append((self.path, dict(self.headers.items())))
        if self.path == "/endless":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-A: 1")
            self.server.ended.wait(30)  # a header that never ends
            return
        self.send_response(int(self.path.strip("/") or 200))
        self.send_header("Location", self.server.elsewhere)
        self.end_headers()

    def log_message(self, *_):
        pass


class Listening(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.heard: list = []
        self.elsewhere = ""
        self.ended = threading.Event()

    def handle_error(self, *_):
        pass  # whoever calls does not like the certificate


@pytest.fixture
def listening():
    running = []

    def start(context: ssl.SSLContext | None = None) -> Listening:
        server = Listening()
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.ended.set()
        server.shutdown()
        server.server_close()


def test_the_address_that_was_looked_at_is_the_one_that_is_called(resolver, listening, monkeypatch):
    """DNS rebinding: the name is looked up once, and what it answers the second time is heard by nobody."""
    inside = listening()
    resolver["rebind.example"] = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    called = []

    async def refuse(_, request, **__):
        called.append(request)
        raise httpx.ConnectError("nobody is there")

    there = outbound.looked_at(f"https://rebind.example:{inside.server_port}/")
    monkeypatch.setattr(outbound.httpx.AsyncClient, "send", refuse)
    with pytest.raises(httpx.ConnectError):
        outbound.post(there, "{}", {})
    assert [one.url.host for one in called] == [PUBLIC] and inside.heard == []
    assert called[0].headers["host"] == f"rebind.example:{inside.server_port}"
    assert called[0].extensions["sni_hostname"] == "rebind.example"
    assert resolver["asked"] == ["rebind.example"]
    with pytest.raises(BadWebhookUrl):
        outbound.looked_at(f"https://rebind.example:{inside.server_port}/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(resolver, listening, status):
    there, elsewhere = listening(), listening()
    there.elsewhere = f"http://127.0.0.1:{elsewhere.server_port}/latest/meta-data"
    found = outbound.looked_at(f"http://127.0.0.1:{there.server_port}/{status}", private=True)
    assert outbound.post(found, "{}", {}) == status
    assert len(there.heard) == 1 and elsewhere.heard == []


def test_where_one_address_does_not_answer_the_next_is_called(resolver, listening):
    there = listening()
    resolver["two.example"] = ["127.0.0.2", "127.0.0.1"]
    found = outbound.looked_at(f"http://two.example:{there.server_port}/204", private=True)
    assert outbound.post(found, "{}", {"x": "y"}) == 204
    assert there.heard[0][1]["host"] == f"two.example:{there.server_port}"


def test_proxies_of_the_environment_are_not_asked(resolver, listening, monkeypatch):
    """A proxy looks names up by itself."""
    there, proxy = listening(), listening()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_port}")
    found = outbound.looked_at(f"http://127.0.0.1:{there.server_port}/", private=True)
    assert outbound.post(found, "{}", {}) == 200 and len(there.heard) == 1 and proxy.heard == []


def test_who_speaks_without_an_end_is_left(resolver, listening, monkeypatch):
    there = listening()
    monkeypatch.setattr(outbound, "SECONDS", 0.5)
    found = outbound.looked_at(f"http://127.0.0.1:{there.server_port}/endless", private=True)
    with pytest.raises(httpx.ReadTimeout):
        outbound.post(found, "{}", {})


# -- TLS ----------------------------------------------------------------------------------------------------------


class Authority:
    """A certificate authority that the test trusts."""

    def __init__(self, folder) -> None:
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority of a test")])
        self.certificate = self._signed(self.name, self.key, x509.BasicConstraints(ca=True, path_length=0))
        (folder / "ca.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _signed(self, name, key, *extensions) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        made = x509.CertificateBuilder(self.name, name, key.public_key(), x509.random_serial_number())
        made = made.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        for one in extensions:
            made = made.add_extension(one, critical=isinstance(one, x509.BasicConstraints))
        return made.sign(self.key, hashes.SHA256())

    def server(self, *names: x509.GeneralName) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server")])
        certificate = self._signed(
            name,
            key,
            x509.SubjectAlternativeName(names),
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
        )
        plain = serialization.NoEncryption()
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        (self.folder / "server.pem").write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem")
        return context

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "ca.pem"))


@pytest.mark.parametrize(
    ("certified", "answers"),
    [
        (x509.DNSName("studio.example"), True),
        (x509.DNSName("*.example"), False),
        (x509.DNSName("other.example"), False),
        (x509.IPAddress(ipaddress.ip_address("127.0.0.1")), False),  # of the address, which is not what was named
    ],
)
def test_the_certificate_must_be_that_of_the_name_although_the_address_is_called(
    resolver, listening, monkeypatch, tmp_path, certified, answers
):
    authority = Authority(tmp_path)
    there = listening(authority.server(certified))
    monkeypatch.setattr(outbound, "_trust", authority.trust)
    resolver["studio.example"] = ["127.0.0.1"]
    found = outbound.looked_at(f"https://studio.example.:{there.server_port}/202", private=True)
    if answers:
        assert outbound.post(found, "{}", {}) == 202
        return
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        outbound.post(found, "{}", {})
    assert there.heard == []


def test_a_certificate_of_nobody_that_is_trusted_is_refused(resolver, listening, tmp_path):
    there = listening(Authority(tmp_path).server(x509.DNSName("studio.example")))
    resolver["studio.example"] = ["127.0.0.1"]
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        outbound.post(outbound.looked_at(f"https://studio.example:{there.server_port}/", private=True), "{}", {})
