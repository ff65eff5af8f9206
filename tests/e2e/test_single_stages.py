"""One stage alone, as a request: lyrics for a theme, chords for a melody, a master of a song."""

from __future__ import annotations

import io
import json

import mido
import pytest
import soundfile

from ripieno.client import RipienoError
from ripieno.contracts.composition import Refinement
from ripieno.contracts.masters import SongMasterOrder


def test_lyrics_for_a_theme_are_drafts_of_which_one_is_picked(command, ripieno):
    told = json.loads(command("lyrics", "lanterns on the river", "--seed", "5", "--pick", "2", "--json"))
    drafts = told["context"]["drafts"]
    assert len({json.dumps(one) for one in drafts}) == 3 and told["context"]["lyrics"] == drafts[1]
    assert [one["status"] for one in told["versions"]] == ["waiting", "waiting"] and not told["layers"]
    shown = command("lyrics", "lanterns on the river", "--seed", "5")
    assert shown.count("draft ") == 3 and "[verse 1]" in shown
    ripieno.refine(told["composition_id"], Refinement(draft=3, stop_at="lyrics"))
    third = ripieno.wait_composition(told["composition_id"], timeout=120)
    assert third.context.lyrics == third.context.drafts[2] and third.versions[-1].parent == 2


def test_chords_for_a_melody(command, ripieno, tmp_path):
    track = mido.MidiTrack([mido.MetaMessage("time_signature", numerator=3, denominator=4)])
    for pitch in (60, 64, 67, 65, 69, 72, 67, 71, 74, 60, 64, 67):
        track += [mido.Message("note_on", note=pitch), mido.Message("note_off", note=pitch, time=480)]
    mido.MidiFile(type=0, tracks=[track]).save(tmp_path / "melody.mid")
    found = ripieno.harmonize(tmp_path / "melody.mid")
    assert (found.key, found.meter, found.chords) == ("C major", "3/4", ["C", "F", "G", "C"])
    assert "C | F | G | C" in command("harmonize", str(tmp_path / "melody.mid"))
    seven = io.BytesIO()
    track[0] = mido.MetaMessage("time_signature", numerator=7, denominator=8)
    mido.MidiFile(type=0, tracks=[track]).save(file=seven)
    (tmp_path / "seven.mid").write_bytes(seven.getvalue())
    with pytest.raises(RipienoError, match="the file is in 7/8"):
        ripieno.harmonize(tmp_path / "seven.mid")
    assert len(ripieno.harmonize(tmp_path / "seven.mid", meter="4/4").chords) == 3


def test_a_song_is_mastered_by_a_preset_and_goes_with_the_song(command, ripieno, make_clip, tmp_path):
    song = ripieno.wait(ripieno.upload(make_clip("to master.flac", 20.0, 8.0)), timeout=120)
    told = json.loads(command("master", song.audio_file_id, "--loudness", "-20", "--out", str(tmp_path), "--json"))
    assert told["path"] == str(tmp_path / "master-streaming.wav") and told["preset"] == "streaming"
    assert told["loudness_lufs"] == pytest.approx(-20, abs=0.6) and told["peak"] < 1.0
    assert soundfile.info(told["path"]).duration == pytest.approx(8.0, abs=0.01)
    known = ripieno.song_master(told["generation_request_id"])
    assert known.status == "completed" and known.order.loudness_lufs == -20
    with pytest.raises(RipienoError, match="there is no preset 'polka': use streaming"):
        ripieno.master(song.audio_file_id, SongMasterOrder(preset="polka"))
    assert known.master_id not in {one.generation_request_id for one in ripieno.generations()}
    with pytest.raises(RipienoError, match="is a master"):
        ripieno.generation(known.master_id)
    second = ripieno.begin_master(song.audio_file_id, SongMasterOrder(preset="club"))
    ripieno.wait_removal(ripieno.delete_master(second.master_id).instance_id)
    assert [one.master_id for one in ripieno.masters()] == [known.master_id]
    ripieno.wait_removal(ripieno.delete(song.audio_file_id).instance_id)
    with pytest.raises(RipienoError, match="there is no master"):
        ripieno.song_master(known.master_id)


def test_a_song_is_mastered_to_sound_as_another_song(ripieno, make_clip, tmp_path):
    song = ripieno.wait(ripieno.upload(make_clip("dull.flac", 30.0, 8.0)), timeout=120)
    audio, rate = soundfile.read(make_clip("like.flac", 40.0, 8.0), always_2d=True)
    soundfile.write(tmp_path / "like.wav", 0.1 * audio, rate, "PCM_24")
    like = ripieno.wait(ripieno.upload(tmp_path / "like.wav"), timeout=120)
    order = SongMasterOrder(reference_id=like.audio_file_id)
    made = ripieno.master(song.audio_file_id, order)
    plain = ripieno.master(song.audio_file_id)
    assert made.order.reference_id == like.audio_file_id and made.file.remarks
    assert made.file.loudness_lufs < plain.file.loudness_lufs - 3, "as soft as that one is"
    with pytest.raises(RipienoError, match="there is no song"):
        ripieno.master(song.audio_file_id, SongMasterOrder(reference_id="nobody"))
