"""One stage alone, as a request: lyrics for a theme, chords for a melody, a master of a song."""

from __future__ import annotations

import io
import json

import mido
import pytest

from ripieno.client import RipienoError
from ripieno.contracts.composition import Refinement


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
