"""A piece taken home in every format: the right file under the right type and name, made once, streamed."""

from __future__ import annotations

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import httpx
import jams
import mido
import mir_eval
import mutagen
import pytest
import soundfile

from ripieno.client import Ripieno, RipienoError
from ripieno.contracts.composition import CompositionOrder, FormPart
from ripieno.music.lyrics import lrc
from ripieno.records import works

TITLE = "Für “Élise” 🎹/one"
CALLED = "Für “Élise” 🎹_one"
TYPES = {
    "wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg", "stems.zip": "application/zip",
    "midi": "audio/midi", "lrc": "text/plain", "jams": "application/json",
}  # fmt: skip
SUFFIXES = {"midi": "mid", "stems.zip": "zip"}


@pytest.fixture(scope="module")
def piece(stack):
    with Ripieno(stack.url) as ripieno:
        order = CompositionOrder(
            brief="a calm pop song about rain",
            title=TITLE,
            artist="Nobody",
            tempo=120.0,
            random_seed=3,
            form=[FormPart(label="verse", bars=2), FormPart(label="chorus", bars=4)],
            layers=["piano", "drums", "vocals"],
        )
        made = ripieno.wait_composition(ripieno.compose(order), timeout=240)
        assert made.versions[-1].status == "made", made
        return made


def address(stack, piece, **query) -> str:
    return str(httpx.URL(f"{stack.url}/api/compositions/{piece.composition_id}/download", params=query))


@pytest.mark.parametrize("wanted", TYPES)
def test_each_format_comes_under_its_type_and_the_name_of_the_piece(stack, ripieno, piece, tmp_path, wanted):
    path = ripieno.download_composition(piece.composition_id, tmp_path / "file", format=wanted, timeout=120)
    told = httpx.get(address(stack, piece, format=wanted), follow_redirects=True)
    assert told.status_code == 200 and told.content == path.read_bytes()
    assert told.headers["content-type"].partition(";")[0] == TYPES[wanted]
    name = f"{CALLED}{' stems' if wanted == 'stems.zip' else ''}.{SUFFIXES.get(wanted, wanted)}"
    assert told.headers["content-disposition"].startswith("attachment; filename=")
    assert told.headers["content-disposition"].endswith(f"filename*=UTF-8''{quote(name, safe='')}")


def test_the_audio_is_the_master_and_says_who_made_it(ripieno, piece, tmp_path):
    master = next(one for one in piece.mixes if one.kind == "master")
    as_made = ripieno.download_composition(piece.composition_id, tmp_path / "piece.wav")
    assert ripieno.download(master.blob_url, tmp_path / "master.wav").read_bytes() == as_made.read_bytes()
    said = str(mutagen.File(as_made).tags["COMM::eng"])
    assert "symbolic" in said and "Ripieno" in said
    for wanted in ("flac", "mp3"):
        path = ripieno.download_composition(piece.composition_id, tmp_path / f"piece.{wanted}", format=wanted)
        assert soundfile.info(path).duration == pytest.approx(piece.duration_seconds, abs=0.06)
        tags = mutagen.File(path).tags
        said = " ".join(
            str(tags[name])
            for name in (["TIT2", "TPE1", "COMM::eng"] if wanted == "mp3" else ["title", "artist", "comment"])
        )
        assert TITLE in said and "Nobody" in said and "symbolic" in said and "Ripieno" in said


def test_the_stems_lie_in_the_zip_as_they_are_and_with_what_made_them(ripieno, piece, tmp_path):
    path = ripieno.download_composition(piece.composition_id, tmp_path / "s.zip", format="stems.zip")
    with zipfile.ZipFile(path) as found:
        assert {one.filename for one in found.infolist()} == {
            "piano.wav",
            "piano.mid",
            "drums.wav",
            "drums.mid",
            "vocals.wav",
            "vocals.mid",
            "manifest.json",
        }
        assert found.getinfo("piano.wav").compress_type == zipfile.ZIP_STORED
        assert soundfile.info(io.BytesIO(found.read("piano.wav"))).duration == pytest.approx(piece.duration_seconds)
        manifest = json.loads(found.read("manifest.json"))
    assert manifest["title"] == TITLE and manifest["tempo"] == 120
    assert all(one["about"]["engine"]["license"] for one in manifest["files"])


def test_the_notes_of_all_layers_are_one_file(ripieno, piece, tmp_path):
    path = ripieno.download_composition(piece.composition_id, tmp_path / "p.mid", format="midi")
    file = mido.MidiFile(path)
    assert [track.name for track in file.tracks[1:]] == list(piece.versions[0].elements)
    channels = [{one.channel for one in track if one.type == "note_on"} for track in file.tracks[1:]]
    assert all(len(one) == 1 for one in channels) and len(set.union(*channels)) == 3
    assert file.length == pytest.approx(piece.duration_seconds, abs=0.01)


def test_the_jams_file_is_what_the_piece_was_made_from(ripieno, piece, tmp_path):
    path = ripieno.download_composition(piece.composition_id, tmp_path / "p.jams", format="jams")
    found = jams.load(str(path), validate=True, strict=True)
    assert found.file_metadata.title == TITLE and found.file_metadata.duration == piece.duration_seconds
    beats = [one.time for one in found.search(namespace="beat")[0]]
    assert beats == pytest.approx([number * 0.5 for number in range(24)])
    chords = found.search(namespace="chord")[0].to_interval_values()
    mir_eval.chord.validate(chords[1], chords[1])
    assert [one.value for one in found.search(namespace="segment_open")[0]] == ["verse", "chorus"]
    assert next(one.value for one in found.search(namespace="key_mode")[0]) == piece.context.key.replace(" ", ":")
    lines = [one.value for one in found.search(namespace="lyrics")[0]]
    assert lines == [one.text for one in piece.words]
    sung = found.search(namespace="note_midi")[0]
    assert len(sung.data) > 10 and all(40 < one.value < 90 for one in sung)
    text = ripieno.download_composition(piece.composition_id, tmp_path / "p.lrc", format="lrc").read_text()
    assert [one.text for one in lrc.read(text).lines] == lines


def test_what_is_asked_for_by_many_at_once_is_made_once(stack, ripieno, piece):
    """A version of its own, so that nothing of it was asked for before."""
    ripieno.refine(piece.composition_id, "piano a bit louder")
    made = ripieno.wait_composition(piece.composition_id, timeout=240)
    where = address(stack, piece, format="mp3", version=made.current)

    def ask(_: int) -> httpx.Response:
        return httpx.get(where, timeout=60)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert {one.status_code for one in answers} <= {202, 307}
    told = next(one for one in answers if one.status_code == 202)
    assert told.headers["retry-after"] and told.json()["version"] == made.current
    assert len({one.json()["instance_id"] for one in answers if one.status_code == 202}) == 1
    ripieno.download(told.json()["status_url"], stack.home / "once.mp3")
    elements = [
        one for one in works.get(piece.owner, piece.composition_id).elements if one.name.startswith("export-mp3")
    ]
    assert all(len(one.versions) == 1 for one in elements)
    assert "version%202" in httpx.get(where).headers["location"] or "version+2" in httpx.get(where).headers["location"]
    ripieno.roll_back(piece.composition_id, 1)


def test_what_is_not_there_says_what_is(stack, ripieno, piece, tmp_path):
    waiting = ripieno.compose(CompositionOrder(brief="a waltz", instrumental=True, stop_at="harmony"))
    ripieno.wait_composition(waiting, timeout=120)
    for wanted in ("wav", "mp3", "stems.zip", "midi", "lrc"):
        with pytest.raises(RipienoError) as refused:
            ripieno.download_composition(waiting, tmp_path / "none", format=wanted)
        assert refused.value.code == "nothing_to_download", wanted
    chords = jams.load(str(ripieno.download_composition(waiting, tmp_path / "w.jams", format="jams")))
    assert len(chords.search(namespace="chord")[0].data) > 4
    with pytest.raises(RipienoError, match="no version 99"):
        ripieno.download_composition(piece.composition_id, tmp_path / "none", version=99)
    assert httpx.get(address(stack, piece, format="aiff")).status_code == 400
    assert not (tmp_path / "none").exists()


def test_the_command_writes_it_under_the_name_of_the_piece(command, piece, tmp_path):
    short = piece.composition_id[:22]
    path = command("download", short, "--format", "flac", "--version", "1", "--out", str(tmp_path)).strip()
    assert path == str(tmp_path / f"{CALLED}.flac") and soundfile.info(path).format == "FLAC"
    told = json.loads(
        command("download", short, "--format", "jams", "--version", "1", "--out", str(tmp_path), "--json")
    )
    assert told["path"] == str(tmp_path / f"{CALLED}.jams")
    command("download", "nobody", expect=4)


def test_composing_writes_just_these_files(command, tmp_path):
    out = tmp_path / "OUT"
    command(
        "compose",
        "a calm song about rain",
        "--layers",
        "piano,drums,vocals",
        "--form",
        "verse 2, chorus 2",
        "--out",
        str(out),
    )
    assert {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()} == {
        "mix.wav",
        "stems/piano.wav",
        "stems/drums.wav",
        "stems/vocals.wav",
        "piano.mid",
        "drums.mid",
        "vocals.mid",
        "lyrics.lrc",
        "composition.json",
    }
    known = json.loads((out / "composition.json").read_text())
    assert known["context"]["tempo"] and "sig=" not in json.dumps(known), "no secrets in a file that is passed on"


def test_a_removed_piece_takes_its_files_with_it(stack, ripieno, piece, tmp_path):
    made = ripieno.branch(piece.composition_id, 1)
    ripieno.wait_removal(ripieno.delete_composition(made.composition_id).instance_id)
    assert httpx.get(address(stack, piece, format="mp3")).status_code == 404
