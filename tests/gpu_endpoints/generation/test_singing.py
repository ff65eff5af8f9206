"""Words on a melody: in tune, on the beat, with the vowels they were given; and DiffSinger's format by tiny models."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import mido
import numpy as np
import pytest
import yaml

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation.engine import Wish
from gpu_endpoints.generation.singing import lyrics, pitch, voice
from gpu_endpoints.generation.singing.engine import SingingEngine
from gpu_endpoints.generation.singing.lyrics import Sung
from gpu_endpoints.generation.singing.spoken import UnknownLanguage, said, speak
from ripieno.contracts.generation import BackingPart, StemPlan, SungNote
from ripieno.music.conditioning import free_standing

LINE = "Coda in daylight, walking on the water"
PITCHES = [62, 64, 66, 67, 69, 66]
SYLLABLES = ["Co-", "da", "in", "day-", "light", "home"]


def notes() -> list[SungNote]:
    return [
        SungNote(start=0.5 + 0.6 * n, end=1.1 + 0.6 * n, pitch=note, syllable=text)
        for n, (note, text) in enumerate(zip(PITCHES, SYLLABLES, strict=True))
    ]


@pytest.fixture(scope="module")
def sung() -> np.ndarray:
    return voice.sing(lyrics.on_notes(notes(), "en"), 5.0, language="en", tuning=442.0)


def frequency(audio: np.ndarray) -> float:
    """Fundamental in Hz by autocorrelation, of a steady sound between 150 and 700 Hz."""
    frame = audio - audio.mean()
    power = np.abs(np.fft.rfft(frame * np.hanning(len(frame)), 8 * len(frame))) ** 2
    found = np.fft.irfft(power)[: len(frame)]
    low, high = SAMPLE_RATE // 700, SAMPLE_RATE // 150
    highest = found[low:high].max()
    at = next(n for n in range(low, high) if found[n] >= 0.85 * highest and found[n - 1] <= found[n] >= found[n + 1])
    a, b, c = found[at - 1 : at + 2]
    return SAMPLE_RATE / (at + 0.5 * (a - c) / (a - 2 * b + c))


def test_every_note_is_in_tune_with_the_songs_tuning(sung):
    for note in notes():
        middle = sung[round((note.start + 0.12) * SAMPLE_RATE) : round((note.start + 0.3) * SAMPLE_RATE), 0]
        wanted = 442.0 * 2 ** ((note.pitch - 69) / 12)
        assert abs(1200 * np.log2(frequency(middle) / wanted)) < 8, note.syllable


def envelope(audio: np.ndarray, rate: int) -> np.ndarray:
    """Smoothed log spectrum from 200 Hz to 4 kHz: what makes a vowel."""
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), rate))
    levels = np.log(np.convolve(spectrum, np.hanning(700), "same")[200:4000:40] + 1e-9)
    return levels - levels.mean()


def test_a_sung_vowel_sounds_like_the_spoken_one_and_not_like_another():
    spoken = {}
    for name, word in {"i": "see", "a": "spa", "u": "do"}.items():
        said = speak(word)
        vowel = next(one for one in said.phonemes if one.is_vowel)
        middle = (vowel.start + vowel.end) / 2
        spoken[name] = envelope(said.audio[round((middle - 0.04) * 22050) : round((middle + 0.04) * 22050)], 22050)
    for name, word in {"i": "see", "a": "spa", "u": "do"}.items():
        note = SungNote(start=0.3, end=1.5, pitch=57, syllable=word)
        audio = voice.sing(lyrics.on_notes([note], "en"), 2.0, language="en", tuning=440.0)
        found = envelope(audio[round(0.6 * SAMPLE_RATE) : round(0.9 * SAMPLE_RATE), 0], SAMPLE_RATE)
        nearest = min(spoken, key=lambda other: float(np.square(found - spoken[other]).sum()))
        assert nearest == name


def test_the_same_words_and_notes_are_the_same_bytes(sung):
    again = voice.sing(lyrics.on_notes(notes(), "en"), 5.0, language="en", tuning=442.0)
    assert again.tobytes() == sung.tobytes()


def test_what_was_said_before_and_when_changes_nothing():
    """espeak-ng seeds its breath with the clock, and its tremor goes on from sentence to sentence."""

    def hush() -> bytes:
        return said("hush, the ships at sea", "en", "f5", words_per_minute=120, pitch_range=0).audio.tobytes()

    alone = hush()
    said("etwas ganz anderes davor", "de", "m3", words_per_minute=150, pitch_range=50)
    assert hush() == alone
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: hush(), range(8))) == {alone}


def test_vowels_begin_on_the_beat_and_consonants_before_it():
    note = SungNote(start=1.0, end=2.0, pitch=62, syllable="stay")
    audio = voice.sing(lyrics.on_notes([note], "en"), 2.5, language="en", tuning=440.0)[:, 0]
    low = np.convolve(audio, np.ones(60) / 60, "same")  # what is below the consonant's hiss
    level = np.sqrt(np.convolve(low**2, np.ones(441) / 441, "same"))
    begins = np.argmax(level > 0.3 * level.max()) / SAMPLE_RATE
    assert begins == pytest.approx(1.0, abs=0.06)
    before = audio[round(0.75 * SAMPLE_RATE) : round(0.97 * SAMPLE_RATE)]
    assert np.abs(np.diff(before)).mean() > 5 * np.abs(np.diff(audio[: round(0.5 * SAMPLE_RATE)])).mean()


def test_consonants_are_short_however_much_room_a_slow_song_leaves_them():
    note = SungNote(start=1.0, end=3.0, pitch=62, syllable="lune")
    audio = voice.sing(lyrics.on_notes([note], "fr"), 3.5, language="fr", tuning=440.0)[:, 0]
    level = np.sqrt(np.convolve(audio**2, np.ones(220) / 220, "same"))
    assert 0.93 < np.argmax(level > 0.03 * level.max()) / SAMPLE_RATE < 1.0


def test_lines_begin_with_phrases_and_return_when_the_melody_goes_on():
    words = lyrics.syllables(LINE, "en")
    assert [(word[0].text, len(word)) for word in words] == [
        ("Coda", 2),
        ("in", 1),
        ("daylight,", 2),
        ("walking", 2),
        ("on the", 2),
        ("water", 2),
    ]
    assert words[0][0].onset[0].name == "k" and words[0][0].vowel.is_vowel
    given = free_standing(bpm=100, chord_progression=["C", "Am", "F", "G"], duration_seconds=40)
    wish = Wish(StemPlan(stem_type="vocals", style="pop", random_seed=2), given, lyrics=f"{LINE}\nNothing but morning")
    (made,) = SingingEngine().generate([wish], lambda done: None)
    file = mido.MidiFile(file=io.BytesIO(made.midi))
    texts = [message.text for message in file.tracks[1] if message.type == "lyrics"]
    assert texts[0] == "Coda" and "Nothing" in texts and texts.count("Coda") >= 2
    assert len(made.audio) >= 40 * SAMPLE_RATE and np.abs(made.audio).max() > 0.05


def test_glides_are_short_and_held_notes_have_vibrato():
    long = [Sung(0.0, 2.0, 60, None), Sung(2.0, 4.0, 64, None)]
    hertz = pitch.curve(long, 800, 0.005)
    cents = 1200 * np.log2(hertz / 440) + 6900
    assert abs(cents[20] - 6000) < 1 and abs(cents[420] - 6400) < 1
    assert 10 < np.ptp(cents[200:380]) < 60
    glide = np.nonzero((cents > 6030) & (cents < 6370) & (np.arange(800) > 385))[0]
    assert len(glide) * 0.005 <= pitch.GLIDE_SECONDS + 0.01


def test_what_cannot_be_sung_says_so():
    with pytest.raises(ValueError, match="nothing to sing"):
        lyrics.on_melody("\n \n", [], "en")
    with pytest.raises(UnknownLanguage, match="use en"):
        speak("hello", "klingon-x")


# -- DiffSinger -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def singer(tmp_path_factory):
    """A voice whose acoustic model makes a mel out of tokens, durations and f0, and whose vocoder makes a sine of f0."""
    import torch
    from torch import nn

    folder = tmp_path_factory.mktemp("voices") / "tiny"
    (folder / "vocoder").mkdir(parents=True)
    hop, bins = 512, 8

    class Acoustic(nn.Module):
        def __init__(self):
            super().__init__()
            self.names = nn.Embedding(16, bins)

        def forward(self, tokens, durations, f0, steps):
            ends = torch.cumsum(durations, 1)
            frame = torch.arange(f0.shape[1])[None, :, None]
            which = (frame >= ends[:, None, :]).sum(2).clamp(max=tokens.shape[1] - 1)
            return self.names(torch.gather(tokens, 1, which)) + 0 * f0[..., None] + 0 * steps

    class Vocoder(nn.Module):
        def forward(self, mel, f0):
            each = f0[:, :, None].expand(-1, -1, hop).reshape(f0.shape[0], -1)
            phase = torch.cumsum(each / 44100, 1)
            level = mel.mean(2)[:, :, None].expand(-1, -1, hop).reshape(f0.shape[0], -1)
            return torch.sin(2 * torch.pi * phase) * torch.tanh(level.abs() + 0.1)

    torch.manual_seed(0)
    frames = torch.export.Dim("frames", min=2)
    tokens, count = torch.ones(1, 3, dtype=torch.int64), torch.export.Dim("tokens", min=2)
    torch.onnx.export(
        Acoustic(), (tokens, 2 * tokens, torch.rand(1, 6), torch.tensor(20)), folder / "acoustic.onnx", dynamo=True,
        input_names=["tokens", "durations", "f0", "steps"], output_names=["mel"], verbose=False,
        dynamic_shapes={"tokens": {1: count}, "durations": {1: count}, "f0": {1: frames}, "steps": {}},
    )  # fmt: skip
    torch.onnx.export(
        Vocoder(),
        (torch.rand(1, 6, bins), torch.rand(1, 6)),
        folder / "vocoder" / "model.onnx",
        dynamo=True,
        input_names=["mel", "f0"],
        output_names=["waveform"],
        verbose=False,
        dynamic_shapes={"mel": {1: frames}, "f0": {1: frames}},
    )
    (folder / "phonemes.txt").write_text("\n".join(["<PAD>", "SP", "AP", "k", "ow", "d", "ax", "hh", "m"]))
    entries = [
        {"grapheme": "coda", "phonemes": ["k", "ow", "d", "ax"]},
        {"grapheme": "home", "phonemes": ["hh", "ow", "m"]},
    ]
    symbols = [
        {"symbol": s, "type": "vowel" if s in ("ow", "ax") else "stop"} for s in ("k", "ow", "d", "ax", "hh", "m")
    ]
    (folder / "dsdict.yaml").write_text(yaml.safe_dump({"entries": entries, "symbols": symbols}))
    (folder / "dsconfig.yaml").write_text(
        yaml.safe_dump({"phonemes": "phonemes.txt", "acoustic": "acoustic.onnx", "vocoder": "vocoder"})
    )
    (folder / "vocoder" / "vocoder.yaml").write_text(
        yaml.safe_dump({"name": "tiny", "model": "model.onnx", "sample_rate": 44100, "hop_size": hop})
    )
    return folder


@pytest.mark.filterwarnings("ignore")
def test_a_diffsinger_voice_gets_phonemes_durations_and_pitch(singer):
    from gpu_endpoints.generation.singing.diffsinger import DiffSingerVoice

    tiny = DiffSingerVoice(singer)
    given = [
        SungNote(start=0.5, end=1.0, pitch=62, syllable="Co-"),
        SungNote(start=1.0, end=1.5, pitch=66, syllable="da"),
        SungNote(start=2.0, end=3.0, pitch=69, syllable="home"),
    ]
    sung = lyrics.on_notes(given, "en")
    texts = ["coda", "-", "home"]
    named = [
        Sung(one.start, one.end, one.pitch, one.syllable and lyrics.replace(one.syllable, text=text))
        for one, text in zip(sung, texts, strict=True)
    ]
    names, lengths = tiny._timed(named, 3.5, 512 / 44100)
    assert names == ["SP", "k", "ow", "d", "ax", "SP", "hh", "ow", "m", "SP"]
    begins = dict(zip(range(len(names)), np.cumsum([0, *lengths]) * 512 / 44100, strict=False))
    assert [begins[n] for n in (2, 4, 7)] == pytest.approx([0.5, 1.0, 2.0], abs=0.012)
    audio = tiny.sing(named, 3.5, tuning=440.0)
    assert audio.shape[1] == 2 and len(audio) >= 3.5 * SAMPLE_RATE
    middle = audio[round(2.1 * SAMPLE_RATE) : round(2.3 * SAMPLE_RATE), 0]
    assert frequency(middle) == pytest.approx(440.0, rel=0.003)
    assert tiny.provenance().engine == "diffsinger@tiny" and tiny.provenance().weights


def test_a_diffsinger_voice_sings_behind_a_lead_what_it_can_say(singer):
    given = free_standing(bpm=120, chord_progression=["C"], duration_seconds=4)
    words = [
        SungNote(start=0.5, end=1.5, pitch=60, syllable="Co-"),
        SungNote(start=1.5, end=2.5, pitch=62, syllable="da"),
    ]
    pad = BackingPart(way="pad", notes=[SungNote(start=0.5, end=3.0, pitch=55, syllable="ooh")])
    wish = Wish(StemPlan(stem_type="vocals"), given, backing=(BackingPart(way="third below", notes=words), pad))
    (made,) = SingingEngine(singer).generate([wish], lambda done: None)
    assert np.abs(made.audio).max() > 0.01 and made.remarks == ("pad: left out, the voice cannot say ooh",)
    with pytest.raises(ValueError, match=r"add these to its dsdict\.yaml"):
        SingingEngine(singer).generate([Wish(StemPlan(stem_type="vocals"), given, backing=(pad,))], lambda done: None)


@pytest.mark.filterwarnings("ignore")
def test_a_voice_says_what_it_cannot_do(singer, tmp_path):
    from gpu_endpoints.generation.singing.diffsinger import BadVoice, DiffSingerVoice

    tiny = DiffSingerVoice(singer)
    (word,) = lyrics.syllables("zebra", "en")
    strange = [Sung(0.5, 1.0, 60, lyrics.replace(word[0], text="zebra"))]
    with pytest.raises(ValueError, match=r"add it to its dsdict\.yaml"):
        tiny.sing(strange, 2.0, tuning=440.0)
    with pytest.raises(BadVoice, match="no DiffSinger voice"):
        DiffSingerVoice(tmp_path)


def test_german_and_french_vowels_are_heard():
    """espeak's ʏ is a vowel, and the y of `nuit` is none of its own."""
    assert [len(word) for word in lyrics.syllables("zurück, mein Glück", "de")] == [2, 1, 1]
    assert [len(word) for word in lyrics.syllables("la nuit bruit", "fr")] == [1, 1, 1]


def test_a_syllable_may_be_held_within_its_word():
    given = [SungNote(start=n, end=n + 1, pitch=60 + n, syllable=one) for n, one in enumerate(["ri-", "-", "ver", "-"])]
    sung = lyrics.on_notes(given, "en")
    assert [one.syllable is None for one in sung] == [False, True, False, True]
    assert [one.syllable.vowel.name for one in sung if one.syllable] == [
        one.vowel.name for one in lyrics.syllables("river", "en")[0]
    ]
