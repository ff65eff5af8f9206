"""DiffSinger voices (Liu et al., AAAI 2022) in the ONNX format of OpenVPI, as OpenUtau loads them.

A voice is a folder: `dsconfig.yaml` (phonemes, acoustic, vocoder, speakers), the acoustic model (tokens, durations in
frames and f0 to a mel spectrogram), `dsdict.yaml` (words to phonemes) and a folder of the vocoder with `vocoder.yaml`
and its model (mel and f0 to samples).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import soxr
import yaml

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation.singing import pitch
from gpu_endpoints.generation.singing.lyrics import Sung
from ripieno.contracts.provenance import Provenance
from ripieno.services.models import folder as models

NAME = "diffsinger"
CONFIG = "dsconfig.yaml"
_CONSONANT_SECONDS = 0.08
_MOST_CONSONANT = 0.45  # of a note
_STEPS = 20
_SPEEDUP = 50  # of older models: every 50th of 1000 diffusion steps
_PAUSE = ("SP", "AP", "<PAD>")


class BadVoice(ValueError):
    """The folder is no voice that can be sung with; the message says what is missing."""


class DiffSingerVoice:
    """Loads the voice on construction: keep the instance. CUDA where ONNX Runtime has it.

    Raises
    ------
    BadVoice
    """

    def __init__(self, folder: Path):
        self._folder = folder
        try:
            self._config: dict[str, Any] = yaml.safe_load((folder / CONFIG).read_text())
            vocoder_folder = folder / self._config.get("vocoder", "vocoder")
            self._vocoder_config: dict[str, Any] = yaml.safe_load((vocoder_folder / "vocoder.yaml").read_text())
            self._tokens = _phonemes(folder / self._config.get("phonemes", "phonemes.txt"))
            self._words, self._vowels = _dictionary(folder / "dsdict.yaml")
            self._acoustic = _session(folder / self._config["acoustic"])
            self._vocoder = _session(vocoder_folder / self._vocoder_config["model"])
        except (OSError, KeyError, yaml.YAMLError) as fault:
            raise BadVoice(
                f"{folder} is no DiffSinger voice ({fault}): see gpu_endpoints/generation/singing"
            ) from fault
        self._rate = int(self._vocoder_config.get("sample_rate", 44100))
        self._hop = int(self._vocoder_config.get("hop_size", 512))
        if (
            self._config.get("sample_rate", self._rate) != self._rate
            or self._config.get("hop_size", self._hop) != self._hop
        ):
            raise BadVoice(f"{folder}: the acoustic model and the vocoder do not agree on sample_rate and hop_size")

    def provenance(self) -> Provenance:
        return Provenance(
            engine=f"{NAME}@{self._folder.name}",
            version=f"onnxruntime {onnxruntime.__version__}",
            license=str(self._config.get("license", "see the voice's own terms")),
            weights=models.fingerprint(self._folder),
        )

    def sing(self, notes: Sequence[Sung], seconds: float, *, tuning: float) -> np.ndarray:
        """float32 (frames, 2) at 44.1 kHz.

        Raises
        ------
        ValueError
            For a word that the voice's dictionary does not have.
        """
        period = self._hop / self._rate
        names, lengths = self._timed(notes, seconds, period)
        frames = int(sum(lengths))
        f0 = pitch.curve(notes, frames, period, tuning=tuning).astype(np.float32)[None]
        tokens = np.array([[self._token(name) for name in names]], np.int64)
        durations = np.array([lengths], np.int64)
        mel = self._acoustic.run(None, self._acoustic_inputs(tokens, durations, f0))[0]
        wave = np.asarray(self._vocoder.run(None, {"mel": mel, "f0": f0})[0], np.float32).reshape(-1)
        out = soxr.resample(wave, self._rate, SAMPLE_RATE).astype(np.float32)
        return np.repeat(out[:, None], 2, axis=1)

    def unknown(self, notes: Sequence[Sung]) -> list[str]:
        """The words that its dictionary does not have."""
        words = [word for one in notes if one.syllable for word in one.syllable.text.split() if word != "-"]
        return [word for word in dict.fromkeys(words) if _plain(word) not in self._words]

    # -- parts ----------------------------------------------------------------------------------------------------

    def _timed(self, notes: Sequence[Sung], seconds: float, period: float) -> tuple[list[str], list[int]]:
        """Phonemes and how many frames each lasts, pauses included, from 0 to `seconds`.

        A vowel begins with its note; the consonants before it take their time from what was before.
        """
        marks: list[tuple[str, float]] = [(_PAUSE[0], 0.0)]
        queue: list[list[str]] = []
        end = 0.0
        for note in notes:
            if note.syllable is None:
                end = note.end
                continue
            if note.syllable.text and note.syllable.text != "-":
                queue = [one for word in note.syllable.text.split() for one in self._pronounced(word)]
            phonemes = queue.pop(0) if queue else [marks[-1][0]]
            onset = next((n for n, name in enumerate(phonemes) if name in self._vowels), 0)
            if note.start - end > _CONSONANT_SECONDS * (onset + 1) and marks[-1][0] != _PAUSE[0]:
                marks.append((_PAUSE[0], end))
            room = min(_CONSONANT_SECONDS * onset, _MOST_CONSONANT * max(0.0, note.start - marks[-1][1]))
            for n, name in enumerate(phonemes[:onset]):
                marks.append((name, note.start - room * (1 - n / onset)))
            marks.append((phonemes[onset], note.start))
            coda = phonemes[onset + 1 :]
            length = min(_CONSONANT_SECONDS * len(coda), _MOST_CONSONANT * (note.end - note.start))
            for n, name in enumerate(coda):
                marks.append((name, note.end - length * (1 - n / len(coda))))
            end = note.end
        marks.append((_PAUSE[0], max(end, marks[-1][1] + period)))
        places = [round(at / period) for _, at in marks] + [int(np.ceil(max(seconds, end + 0.1) / period))]
        for n in range(1, len(places)):  # every phoneme has a frame at least
            places[n] = max(places[n], places[n - 1] + 1)
        return [name for name, _ in marks], [b - a for a, b in pairwise(places)]

    def _pronounced(self, word: str) -> list[list[str]]:
        """A word's phonemes by syllable."""
        plain = _plain(word)
        if plain not in self._words:
            raise ValueError(f"the voice {self._folder.name} cannot say {word!r}: add it to its dsdict.yaml")
        found: list[list[str]] = [[]]
        for name in self._words[plain]:
            if name in self._vowels and any(one in self._vowels for one in found[-1]):
                before = found[-1]
                last = max(n for n, one in enumerate(before) if one in self._vowels)
                moved = before[last + 1 :][-1:]  # the last consonant between two vowels begins the second's syllable
                found[-1] = before[: len(before) - len(moved)]
                found.append([*moved, name])
            else:
                found[-1].append(name)
        return found

    def _token(self, name: str) -> int:
        if name not in self._tokens:
            raise ValueError(
                f"the voice {self._folder.name} has no phoneme {name!r}: its dsdict.yaml and phonemes differ"
            )
        return self._tokens[name]

    def _acoustic_inputs(self, tokens: np.ndarray, durations: np.ndarray, f0: np.ndarray) -> dict[str, np.ndarray]:
        """What this model asks for; what expression it can have stays neutral."""
        frames = f0.shape[1]
        known: dict[str, Any] = {
            "tokens": tokens, "durations": durations, "f0": f0,
            "steps": np.array(_STEPS, np.int64), "speedup": np.array(_SPEEDUP, np.int64),
            "depth": np.array(self._config.get("max_depth", 1.0), np.float32),
            "languages": np.zeros_like(tokens), "gender": np.zeros((1, frames), np.float32),
            "velocity": np.ones((1, frames), np.float32), "energy": np.zeros((1, frames), np.float32),
            "breathiness": np.zeros((1, frames), np.float32), "voicing": np.zeros((1, frames), np.float32),
            "tension": np.zeros((1, frames), np.float32),
        }  # fmt: skip
        wanted = {one.name: one for one in self._acoustic.get_inputs()}
        if "depth" in wanted and "int" in wanted["depth"].type:
            known["depth"] = np.array(int(self._config.get("max_depth", 1000)), np.int64)
        if "spk_embed" in wanted:
            known["spk_embed"] = np.repeat(self._speaker()[None, None], frames, axis=1)
        strange = sorted(set(wanted) - set(known))
        if strange:
            raise BadVoice(f"{self._folder.name} asks for {', '.join(strange)}, which is not supported")
        return {name: known[name] for name in wanted}

    def _speaker(self) -> np.ndarray:
        speakers = self._config.get("speakers") or []
        if not speakers:
            raise BadVoice(f"{self._folder.name} asks for a speaker and names none in {CONFIG}")
        return np.fromfile(self._folder / f"{speakers[0]}.emb", np.float32)


def _plain(word: str) -> str:
    return "".join(letter for letter in word.lower() if letter.isalpha() or letter == "'")


def _phonemes(path: Path) -> dict[str, int]:
    """A list of names, one a line, or a JSON object of numbers."""
    if path.suffix == ".json":
        return {name: int(number) for name, number in json.loads(path.read_text()).items()}
    return {name.strip(): number for number, name in enumerate(path.read_text().splitlines()) if name.strip()}


def _dictionary(path: Path) -> tuple[dict[str, list[str]], set[str]]:
    found = yaml.safe_load(path.read_text())
    words = {str(entry["grapheme"]).lower(): list(map(str, entry["phonemes"])) for entry in found["entries"]}
    return words, {str(one["symbol"]) for one in found["symbols"] if one["type"] == "vowel"}


def _session(path: Path) -> onnxruntime.InferenceSession:
    wanted = [
        name
        for name in ("CUDAExecutionProvider", "CPUExecutionProvider")
        if name in onnxruntime.get_available_providers()
    ]
    return onnxruntime.InferenceSession(str(path), providers=wanted)
