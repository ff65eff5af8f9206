"""What a finished file says of itself: in tags that any player shows, and in a manifest that C2PA's own reader trusts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import c2pa
import mutagen
import numpy as np
import pytest
import soundfile
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gpu_endpoints.audio import marks, signing, writing
from gpu_endpoints.serving.work import JobFailed
from ripieno.contracts.provenance import RECORDING, Origin, Provenance

RULES = Provenance(engine="symbolic", version="3", license="MIT")
MODEL = Provenance(engine="musicgen", version="1", license="CC-BY-NC-4.0", weights="0123456789abcdef")
AUDIO = np.random.default_rng(1).uniform(-0.5, 0.5, (22050, 2)).astype(np.float32)


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator who has a certificate, of an authority that nobody knows."""
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = certificate("An authority", authority, "An authority", authority)
    leaf = certificate("An operator", own, "An authority", authority)
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (leaf, root)))
    plain = serialization.NoEncryption()
    key.write_bytes(own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    monkeypatch.setenv("RIPIENO_C2PA_CERTIFICATES", str(chain))
    monkeypatch.setenv("RIPIENO_C2PA_KEY", str(key))
    return key


def certificate(name: str, key, issuer: str, by) -> x509.Certificate:
    """As C2PA asks for them; an authority signs itself."""
    is_authority, now = name == issuer, datetime.now(UTC)
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
         "decipher_only"), False,
    )  # fmt: skip
    usage |= {"digital_signature": not is_authority, "key_cert_sign": is_authority, "crl_sign": is_authority}
    builder = (
        x509.CertificateBuilder(_called(issuer), _called(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    if not is_authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(by, hashes.SHA256())


def _called(name: str) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
    ])  # fmt: skip


def manifest(path: Path, file_format: str) -> tuple[str, dict]:
    """What C2PA's reader says of a file's state, and what the file says of itself."""
    with path.open("rb") as file, c2pa.Reader(file_format, file) as reader:
        found = json.loads(reader.json())
    return found["validation_state"], found["manifests"][found["active_manifest"]]


def written(folder: Path, file_format: str, origin: Origin | None) -> Path:
    """A file as our writer, or an export, makes it."""
    path = folder / f"made.{file_format}"
    if file_format == "mp3":
        soundfile.write(path, AUDIO, 44100, format="MP3")
        if origin is not None:
            marks.mark(path, "mp3", origin, title="Süden", artist="Nobody")
        return path
    with writing.AudioWriter(
        path, file_format, start_seconds=1.5, origin=origin, title="Süden", artist="Nobody"
    ) as writer:
        writer.write(AUDIO)
        told = writer.close()
    assert told.size == path.stat().st_size
    return path


def heard(path: Path) -> np.ndarray:
    return soundfile.read(path)[0]


@pytest.mark.parametrize("file_format", ["wav", "flac", "mp3"])
def test_a_file_says_in_its_tags_what_it_is_and_who_made_it(tmp_path, file_format):
    bare = heard(written(tmp_path, file_format, None))
    path = written(tmp_path, file_format, Origin(made_by=[RULES, MODEL], recorded=True))
    tags = mutagen.File(path).tags
    names = ("title", "artist", "comment") if file_format == "flac" else ("TIT2", "TPE1", "COMM::eng")
    title, artist, comment = (str(tags[name][0]) for name in names)
    assert (title, artist) == ("Süden", "Nobody")
    assert "symbolic 3 (MIT), musicgen 1 (CC-BY-NC-4.0)" in comment and comment.endswith("is a recording")
    assert np.array_equal(heard(path), bare)
    assert b"c2pa" not in path.read_bytes()


@pytest.mark.parametrize("file_format", ["wav", "flac", "mp3"])
def test_with_a_certificate_it_is_signed(tmp_path, certified, file_format):
    origin = Origin(made_by=[RULES, MODEL])
    path = written(tmp_path, file_format, origin)
    state, said = manifest(path, file_format)
    assert state == "Valid" and said["title"] == "Süden"
    assert said["signature_info"]["issuer"] == "An operator"
    (made,) = said["assertions"][0]["data"]["actions"]
    assert made["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert [one["engine"] for one in made["parameters"]["engines"]] == ["symbolic", "musicgen"]
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".signed")] == []
    assert len(heard(path)) >= len(AUDIO)

    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert manifest(path, file_format)[0] == "Invalid"


def test_a_wav_file_that_was_signed_still_says_where_it_belongs(tmp_path, certified):
    data = written(tmp_path, "wav", Origin(made_by=[RULES])).read_bytes()
    at = data.index(b"bext")
    assert int.from_bytes(data[at + 8 + 338 : at + 8 + 346], "little") == round(1.5 * 44100)


def test_what_cannot_be_signed_says_which_setting_to_look_at(tmp_path, certified, monkeypatch):
    origin = Origin(made_by=[RULES])
    monkeypatch.setenv("RIPIENO_C2PA_ALGORITHM", "ed25519")
    with pytest.raises(JobFailed, match="RIPIENO_C2PA_ALGORITHM"):
        written(tmp_path, "wav", origin)
    monkeypatch.setenv("RIPIENO_C2PA_KEY", str(tmp_path / "nowhere.pem"))
    with pytest.raises(JobFailed, match=r"RIPIENO_C2PA_KEY: .*nowhere\.pem cannot be read"):
        written(tmp_path, "wav", origin)
    monkeypatch.delenv("RIPIENO_C2PA_KEY")
    with pytest.raises(JobFailed, match="RIPIENO_C2PA_KEY is not set"):
        written(tmp_path, "wav", origin)
    assert not list(tmp_path.glob("*.signed"))


@pytest.mark.parametrize(
    ("origin", "called"),
    [
        (Origin(made_by=[RULES]), "algorithmicMedia"),
        (Origin(made_by=[RULES, MODEL]), "trainedAlgorithmicMedia"),
        (Origin(made_by=[RULES], recorded=True), "composite"),
        (Origin(made_by=[MODEL], recorded=True), "compositeSynthetic"),
    ],
)
def test_a_source_is_called_as_iptc_calls_it(origin, called):
    assert signing.source_type(origin) == called


def test_an_origin_is_put_together_from_those_of_its_parts():
    own = Provenance(engine=RECORDING, version="", license="as whoever recorded it says")
    whole = Origin.together(Origin.of(one) for one in (RULES, MODEL, RULES, own))
    assert whole == Origin(made_by=[RULES, MODEL], recorded=True)
    assert Origin.of(None) == Origin(recorded=True)
    assert whole.then(RULES) == whole
