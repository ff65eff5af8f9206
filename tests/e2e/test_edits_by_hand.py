"""A piece stops at every stage; a person edits what it settled; it goes on, and the edit is in the audio."""

from __future__ import annotations

import base64
import io

import mido
import numpy as np
import pytest
import soundfile

from ripieno.client import Ripieno
from ripieno.contracts.composition import (
    CompositionOrder,
    CompositionView,
    FormPart,
    LayerEdit,
    PassageEdit,
    Refinement,
    SectionEdit,
)
from ripieno.music.lyrics import lrc
from ripieno.records import works

RATE = 44100
BAR = 2.0  # seconds
FORM = [FormPart(label="verse", bars=2), FormPart(label="chorus", bars=2)]


def edited(ripieno: Ripieno, stage: str, edit: Refinement, **fields) -> CompositionView:
    """A piece that stopped at a stage, was edited there, and went on to its end."""
    order = {"brief": "a calm pop song", "form": FORM, "tempo": 120.0, "meter": "4/4", "key": "C major",
             "random_seed": 3, "layers": ["piano", "drums"], "instrumental": True, "stop_at": stage}  # fmt: skip
    piece = ripieno.compose(CompositionOrder.model_validate(order | fields))
    waiting = ripieno.wait_composition(piece, timeout=240)
    assert waiting.versions[-1].status == "waiting", waiting
    ripieno.refine(piece, edit)
    made = ripieno.wait_composition(piece, timeout=240)
    assert made.versions[-1].status == "made" and made.versions[-1].parent == 1, made
    return made


def heard(ripieno: Ripieno, made: CompositionView, layer: str, tmp_path) -> np.ndarray:
    take = next(one for one in made.layers if one.name == layer).takes[-1]
    return soundfile.read(ripieno.download(take.blob_url, tmp_path / f"{layer}.wav"), always_2d=True)[0]


def first_try(made: CompositionView) -> dict[str, int]:
    """The takes of the layers before anything was made again for what the check missed."""
    composition = works.get(made.owner, made.composition_id).composition
    assert composition is not None
    return composition.revisions[-1].tries[0].elements


def level(audio: np.ndarray, first_bar: int, last_bar: int) -> float:
    here = audio[round((first_bar - 1) * BAR * RATE) + RATE // 10 : round(last_bar * BAR * RATE) - RATE // 10]
    return float(np.sqrt(np.mean(here**2)))


def pitch_classes(audio: np.ndarray, first_bar: int, last_bar: int) -> np.ndarray:
    """How much of each pitch class sounds in some bars, of all."""
    here = audio[round((first_bar - 1) * BAR * RATE) + RATE // 5 : round(last_bar * BAR * RATE) - RATE // 5].mean(
        axis=1
    )
    power = np.abs(np.fft.rfft(here * np.hanning(len(here)))) ** 2
    hertz = np.fft.rfftfreq(len(here), 1 / RATE)
    inside = (hertz > 100) & (hertz < 1500)
    classes = np.round(69 + 12 * np.log2(hertz[inside] / 440)).astype(int) % 12
    found = np.bincount(classes, power[inside], 12)
    return found / found.sum()


def test_the_context_another_tempo_and_key(ripieno, tmp_path):
    made = edited(ripieno, "context", Refinement(tempo=160, key="F# major"))
    piano = heard(ripieno, made, "piano", tmp_path)
    assert len(piano) / RATE == pytest.approx(4 * 4 * 60 / 160, abs=0.01)
    found = pitch_classes(np.concatenate([piano, np.zeros((RATE * 4, 2))]), 1, 4)
    assert found[[6, 8, 10, 11, 1, 3, 5]].sum() > 0.85, "the scale of F# major"


def test_the_harmony_the_chords_of_a_bar(ripieno, tmp_path):
    made = edited(ripieno, "harmony", Refinement(passages=[PassageEdit(bars=(2, 2), chords=["F#"])]))
    found = pitch_classes(heard(ripieno, made, "piano", tmp_path), 2, 2)
    assert found[[6, 10, 1]].sum() > 0.7, "F#, A# and C# in C major"
    assert pitch_classes(heard(ripieno, made, "piano", tmp_path), 1, 1)[[6, 10, 1]].sum() < 0.2


def test_the_arrangement_who_plays_where(ripieno, tmp_path):
    made = edited(ripieno, "arrangement", Refinement(sections=[SectionEdit(section="verse", remove=["drums"])]))
    drums = heard(ripieno, made, "drums", tmp_path)
    assert level(drums, 1, 2) < 1e-4 < 0.01 < level(drums, 3, 4)


def test_the_melody_where_it_is_sung(ripieno, tmp_path):
    made = edited(
        ripieno,
        "melody",
        Refinement(sections=[SectionEdit(section="verse", remove=["vocals"])]),
        layers=["piano", "vocals"],
        instrumental=False,
    )
    vocals = heard(ripieno, made, "vocals", tmp_path)
    assert level(vocals, 1, 1) < 1e-4 < 0.005 < level(vocals, 3, 4), "but for a consonant before its beat"
    assert made.words and all(one.start >= 2 * BAR - 0.5 for one in made.words)


def test_the_lyrics_the_words_of_some_bars(ripieno, tmp_path):
    sung = {"layers": ["piano", "vocals"], "instrumental": False}
    order = CompositionOrder.model_validate({
        "brief": "a calm pop song", "form": FORM, "tempo": 120.0, "meter": "4/4", "key": "C major", "random_seed": 3,
        "stop_at": "lyrics", **sung,
    })  # fmt: skip
    piece = ripieno.compose(order)
    before = ripieno.wait_composition(piece, timeout=240).words
    ripieno.approve_composition(piece)
    first = ripieno.wait_composition(piece, timeout=240)
    ripieno.refine(piece, Refinement(passages=[PassageEdit(bars=(3, 4), words="lanterns over water")]))
    made = ripieno.wait_composition(piece, timeout=240)
    as_before = first.versions[-1].elements
    there = {one.name for one in made.layers if made.versions[-1].elements[one.name] != as_before[one.name]}
    assert there == {"vocals"}, "nobody else is played anew"
    assert [one for one in made.words if one.end < 2 * BAR] == [one for one in before if one.end < 2 * BAR]
    assert "lanterns" in " ".join(one.text for one in made.words if one.start > 1.5 * BAR)
    old, new = heard(ripieno, first, "vocals", tmp_path), heard(ripieno, made, "vocals", tmp_path)
    until = round(min(one.start for one in made.words if one.start > 1.5 * BAR) * RATE) - RATE // 5
    same = np.corrcoef(old[:until, 0], new[:until, 0])[0, 1]
    other = np.corrcoef(old[until:, 0], new[until:, 0])[0, 1]
    assert same > 0.99 and other < 0.8, (same, other)
    words = lrc.read(ripieno.download_composition(piece, tmp_path / "w.lrc", format="lrc").read_text())
    assert "lanterns" in " ".join(one.text for one in words.lines)


def test_the_layers_notes_that_were_changed_and_put_back(ripieno, tmp_path):
    order = CompositionOrder.model_validate({
        "brief": "a calm pop song", "form": FORM, "tempo": 120.0, "meter": "4/4", "key": "C major", "random_seed": 3,
        "stop_at": "layers", "layers": ["piano", "drums"], "instrumental": True,
    })  # fmt: skip
    piece = ripieno.compose(order)
    waiting = ripieno.wait_composition(piece, timeout=240)
    take = next(one for one in waiting.layers if one.name == "piano").takes[-1]
    file = mido.MidiFile(ripieno.download(take.midi_url, tmp_path / "piano.mid"))
    for track in file.tracks:
        for message in track:
            if message.type in ("note_on", "note_off"):
                message.note += 1  # a semitone up: out of every chord there is
    changed = io.BytesIO()
    file.save(file=changed)
    text = base64.b64encode(changed.getvalue()).decode()
    ripieno.refine(piece, Refinement(layers=[LayerEdit(layer="piano", midi=text)]))
    made = ripieno.wait_composition(piece, timeout=240)
    assert first_try(made) == {"piano": 2, "drums": 1}, "the drums are as they were"
    before = pitch_classes(heard(ripieno, waiting, "piano", tmp_path), 1, 4)
    after = pitch_classes(heard(ripieno, made, "piano", tmp_path), 1, 4)
    assert np.corrcoef(np.roll(before, 1), after)[0, 1] > 0.9 > 0.3 > np.corrcoef(before, after)[0, 1]
    slower = ripieno.refine(piece, Refinement(tempo=100))
    again = ripieno.wait_composition(piece, timeout=240)
    assert again.current == slower.version
    assert len(heard(ripieno, again, "piano", tmp_path)) / RATE == pytest.approx(16 * 0.6, abs=0.01)


def test_the_layers_a_recording_of_ones_own(ripieno, tmp_path):
    beats = np.arange(round(4 * BAR * RATE)) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 311.13 * beats) * (beats % 0.5 < 0.4)  # Eb, on the beats
    soundfile.write(tmp_path / "mine.wav", np.stack([tone, tone], axis=1), RATE)
    song = ripieno.wait(ripieno.upload(tmp_path / "mine.wav"), timeout=240)
    made = edited(ripieno, "layers", Refinement(layers=[LayerEdit(layer="guitar", audio_file_id=song.audio_file_id)]))
    take = next(one for one in made.layers if one.name == "guitar").takes[-1]
    assert take.stem.engine.engine == "recording"
    guitar = heard(ripieno, made, "guitar", tmp_path)
    assert np.corrcoef(guitar[:, 0], tone[: len(guitar)])[0, 1] > 0.99, "to the sample"
    master = ripieno.download_composition(made.composition_id, tmp_path / "piece.wav")
    with_it = pitch_classes(soundfile.read(master, always_2d=True)[0], 1, 4)
    assert with_it[3] > 0.05, "it is heard in the mix"


def test_the_mix_its_loudness(ripieno, tmp_path):
    made = edited(ripieno, "mix", Refinement(loudness_lufs=-20.0))
    master = next(one for one in made.mixes if one.kind == "master")
    assert master.loudness_lufs == pytest.approx(-20.0, abs=0.6)
    assert set(first_try(made).values()) == {1}, "no layer is played anew"
