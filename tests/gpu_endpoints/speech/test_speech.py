"""Words spoken and words heard: a formant voice, a tiny Whisper made here, and a clear no where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gpu_endpoints.audio import levels
from gpu_endpoints.serving.work import JobContext, JobFailed
from gpu_endpoints.speech import engines as speech
from gpu_endpoints.speech import speaking, transcribing, whisper
from gpu_endpoints.speech.whisper import RATE, Whisper
from ripieno.contracts import names
from ripieno.contracts.speech import Saying, SpeakInput, TranscribeInput
from ripieno.services import blobs
from ripieno.services.models import catalogue

pytestmark = pytest.mark.filterwarnings("ignore")  # of transformers, on a model as small as this


@pytest.fixture
def context(tmp_path) -> JobContext:
    return JobContext("job", tmp_path, lambda fraction, stage: None, lambda: False)


def tiny(folder: Path) -> Path:
    """A Whisper of a few thousand random weights, as the library stores the released ones."""
    import torch
    import transformers as t
    from tokenizers import pre_tokenizers

    torch.manual_seed(0)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|transcribe|>", "<|translate|>",
               "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]  # fmt: skip
    vocabulary = {one: n for n, one in enumerate([*letters, *special])}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = t.WhisperTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), unk_token="<|endoftext|>", bos_token="<|endoftext|>",
        eos_token="<|endoftext|>", pad_token="<|endoftext|>", additional_special_tokens=special[1:],
    )  # fmt: skip
    config = t.WhisperConfig(
        vocab_size=len(vocabulary), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_target_positions=48,
        decoder_start_token_id=vocabulary["<|startoftranscript|>"], eos_token_id=vocabulary["<|endoftext|>"],
        pad_token_id=vocabulary["<|endoftext|>"], bos_token_id=vocabulary["<|endoftext|>"], init_std=0.5,
    )  # fmt: skip
    model = t.WhisperForConditionalGeneration(config)
    known = model.generation_config
    known.is_multilingual, known.task_to_id = True, {"transcribe": vocabulary["<|transcribe|>"]}
    known.lang_to_id = {"<|en|>": vocabulary["<|en|>"], "<|de|>": vocabulary["<|de|>"]}
    known.no_timestamps_token_id = vocabulary["<|notimestamps|>"]
    known.decoder_start_token_id, known.eos_token_id = config.decoder_start_token_id, config.eos_token_id
    known.pad_token_id, known.max_length = config.pad_token_id, 40
    model.save_pretrained(folder)
    t.WhisperProcessor(t.WhisperFeatureExtractor(), tokenizer).save_pretrained(folder)
    return folder


def test_a_tiny_recogniser_shows_the_way_through(storage, context, monkeypatch, tmp_path):
    """Random weights hear nothing that makes sense; what comes is text, signed, the same for the same sound."""
    tiny(tmp_path / "models" / "whisper-small")
    for one in catalogue.entry("whisper-small").files:
        path = tmp_path / "models" / "whisper-small" / one.path
        if not path.exists():
            path.write_text("{}")
    monkeypatch.setenv("RIPIENO_MODELS", str(tmp_path / "models"))
    assert speech.describe()["transcribe"]["whisper-small"]["available"]
    sound = speaking.spoken_as("move the third song to the end", "en")
    soundfile.write(tmp_path / "said.flac", sound, levels.SAMPLE_RATE)
    blobs.upload(names.GENERATED, "w/said.flac", (tmp_path / "said.flac").read_bytes())
    order = TranscribeInput(audio={"blob_name": "w/said.flac"}, language="en").model_dump()
    first, second = (transcribing.run(order, context) for _ in range(2))
    assert first == second and isinstance(first["text"], str) and "<|" not in first["text"]
    assert first["engine"]["engine"] == "whisper-small" and len(first["engine"]["weights"]) == 16
    unnamed = transcribing.run(order | {"language": None}, context)
    assert isinstance(unnamed["text"], str)


def test_without_weights_it_says_that_only_a_transcript_works(context, monkeypatch, tmp_path):
    monkeypatch.setenv("RIPIENO_MODELS", str(tmp_path))
    with pytest.raises(JobFailed, match="only a transcript works") as fault:
        transcribing.run(TranscribeInput(audio={"blob_name": "w/x.wav"}).model_dump(), context)
    assert fault.value.code == "engine_unavailable" and "models pull whisper-small" in fault.value.message
    told = speech.describe()
    assert not told["transcribe"]["whisper-small"]["available"] and told["speak"]["formant"]["available"]
    with pytest.raises(JobFailed, match="no recogniser 'ears'"):
        transcribing.loaded("ears")


def test_a_long_recording_is_cut_where_it_is_quiet():
    rng = np.random.default_rng(0)
    audio = rng.normal(0, 0.1, 50 * RATE).astype(np.float32)
    audio[27 * RATE : 27 * RATE + RATE // 2] = 0
    pieces = whisper.windows(audio)
    assert sum(map(len, pieces)) == len(audio) and max(map(len, pieces)) <= 30 * RATE
    assert 27 <= len(pieces[0]) / RATE <= 27.5
    assert whisper.windows(np.zeros(0, np.float32)) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Up next, Night Drive."),
        ("de", "Jetzt kommt Größe 🎧."),
        ("es", "Ahora viene la noche."),
        ("fr", "Voilà l'été."),
    ],
)
def test_every_language_is_spoken_at_one_level(language, text):
    sound = speaking.spoken_as(text, language, "m3")
    peak, lufs = levels.levels(sound[:, None])
    assert 0.5 < len(sound) / levels.SAMPLE_RATE < 6 and peak <= 0.61
    assert lufs == pytest.approx(speaking.SPEECH_LUFS, abs=1.0) or peak == pytest.approx(0.6, abs=0.01)
    assert len(speaking.spoken_as(text + " " + text, language, "m3")) > 1.3 * len(sound)


def test_sayings_are_files_of_their_own_and_say_that_they_are_a_stand_in(storage, context):
    said = [
        Saying(text="Hello, this is Rico.", output="w/hello"),
        Saying(text="Bis bald.", language="de", output="w/bye"),
    ]
    told = speaking.run(SpeakInput(sayings=said, voice="nobody's").model_dump(), context)
    assert [one["blob_name"] for one in told["files"]] == ["w/hello.wav", "w/bye.wav"]
    assert told["engine"]["fallback"] and "no neural voice" in told["engine"]["reason"]
    audio, rate = soundfile.read(blobs.download_to(names.GENERATED, "w/bye.wav", context.folder / "bye"))
    assert rate == levels.SAMPLE_RATE and len(audio) / rate == pytest.approx(told["files"][1]["duration_seconds"])


def test_nothing_to_say_is_told(context):
    with pytest.raises(JobFailed, match="no word in"):
        speaking.spoken_as("…", "en")


def test_a_recogniser_is_loaded_once(tmp_path, monkeypatch):
    place = tiny(tmp_path / "tiny")
    one, other = (Whisper(place, name="tiny", license_name="made in the test") for _ in range(2))
    assert one._model is other._model
