"""MusicGen and Stable Audio: real loading and inference on tiny random models; the rest at the import boundary."""

from __future__ import annotations

import importlib
import json
import sys
import types
from itertools import pairwise

import numpy as np
import pytest
import tiny_models

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation import choice, describing, joining, stems_job
from gpu_endpoints.generation.engine import Generated, Wish
from gpu_endpoints.generation.symbolic import SymbolicEngine
from gpu_endpoints.production import aligning, checking
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import StemPlan
from ripieno.contracts.provenance import Provenance
from ripieno.music.conditioning import Conditioning, free_standing
from ripieno.services.models import catalogue

pytestmark = pytest.mark.filterwarnings("ignore")  # of the libraries, on models as small as these


@pytest.fixture(scope="module")
def given() -> Conditioning:
    """Twelve seconds: longer than the tiny models' windows."""
    return free_standing(bpm=120, chord_progression=["C", "Am"], duration_seconds=12)


@pytest.fixture(scope="module")
def short() -> Conditioning:
    """Two seconds, for what does not depend on the length."""
    return free_standing(bpm=120, chord_progression=["C"], duration_seconds=2)


def wishes(given: Conditioning, *stems: str, seed: int = 3, **more) -> list[Wish]:
    return [Wish(StemPlan(stem_type=stem, random_seed=seed, prompt="dark"), given, **more) for stem in stems]


def fits(audio, wish: Wish):
    return checking.score(audio, wish.conditioning, stem_type=StemType(wish.plan.stem_type), style=wish.plan.style)


def quiet(done: float) -> None:
    assert 0 <= done <= 1


@pytest.fixture(scope="module", params=[False, True], ids=["text", "melody"])
def musicgen(request, tmp_path_factory):
    from gpu_endpoints.generation.musicgen import MusicgenEngine

    folder = tiny_models.musicgen(tmp_path_factory.mktemp("musicgen"), melody=request.param)
    return MusicgenEngine(folder, name="musicgen-tiny", license_name="made in the test", device="cpu")


def test_musicgen_makes_a_batch_longer_than_its_window(musicgen, given):
    made = musicgen.generate(wishes(given, "bass", "synth"), quiet)
    assert musicgen.window < 12
    for one in made:
        assert one.audio.dtype == np.float32 and one.audio.shape[1] == 2
        assert len(one.audio) == pytest.approx(12 * SAMPLE_RATE, abs=0.03 * SAMPLE_RATE)
        assert np.abs(one.audio).max() > 0
    assert not np.array_equal(made[0].audio, made[1].audio)
    assert musicgen.provenance().weights and musicgen.provenance().version.startswith("transformers")


def test_musicgen_honours_seed_temperature_and_guidance(musicgen, short):
    first, second = (musicgen.generate(wishes(short, "bass"), quiet)[0].audio for _ in range(2))
    assert np.array_equal(first, second)
    for other in (
        wishes(short, "bass", seed=4),
        wishes(short, "bass", temperature=0.2),
        wishes(short, "bass", guidance=1.0),
    ):
        assert not np.array_equal(first, musicgen.generate(other, quiet)[0].audio)
    greedy = wishes(short, "bass", temperature=0.0)
    assert np.array_equal(musicgen.generate(greedy, quiet)[0].audio, musicgen.generate(greedy, quiet)[0].audio)


def test_what_was_there_goes_on_in_the_next_window(musicgen):
    """The second window is given the first one's end: its own beginning decodes to the same codes."""
    noise = np.random.default_rng(0).normal(0, 0.1, (2, tiny_models.RATE)).astype(np.float32)
    codes = musicgen.encoded(noise)
    books = musicgen.model.config.decoder.num_codebooks
    assert codes.shape == (2 * books, 25)
    assert codes.min() >= 0 and codes.max() < 32


def test_melody_features_are_the_notes_the_style_would_play(given):
    from gpu_endpoints.generation.musicgen import melody_chroma

    (wish,) = wishes(given, "bass")
    found = melody_chroma(wish, 0.0, 8.0, 32000)
    assert found.shape == (int(8.0 * 32000 / 4096) + 1, 12) and (found.sum(axis=1) == 1).all()
    chords = [given.chord_at(given.timeline.beat_at(n * 4096 / 32000)) for n in range(len(found))]
    on_chord = [frame.argmax() in chord.pitch_classes for frame, chord in zip(found, chords, strict=True)]
    assert np.mean(on_chord) > 0.8


@pytest.fixture(scope="module")
def stable_audio(tmp_path_factory):
    from gpu_endpoints.generation.stable_audio import StableAudioEngine

    folder = tiny_models.stable_audio(tmp_path_factory.mktemp("stable-audio"))
    return StableAudioEngine(folder, name="stable-audio-tiny", license_name="made in the test", device="cpu", steps=3)


def test_stable_audio_makes_stereo_of_any_length_and_honours_the_seed(stable_audio, given, short):
    made = stable_audio.generate(wishes(given, "bass", "drums"), quiet)
    assert stable_audio.window < 12
    assert all(one.audio.shape == (12 * SAMPLE_RATE, 2) for one in made)
    pair, again, other, guided, warm = (
        stable_audio.generate(wishes(short, *stems, **more), quiet)[0]
        for stems, more in (
            (("bass", "drums"), {}),
            (("bass",), {}),
            (("bass",), {"seed": 9}),
            (("bass",), {"guidance": 1.0}),
            (("bass",), {"temperature": 0.5}),
        )
    )
    np.testing.assert_allclose(again.audio, pair.audio, atol=1e-5)
    assert not np.allclose(other.audio, pair.audio, atol=1e-4)
    assert not np.allclose(guided.audio, pair.audio, atol=1e-5)
    assert "no temperature" in warm.remarks[0]


def test_windows_meet_on_bar_lines_and_cover_everything(given):
    places = joining.windows(given, 6.0, 2.0)
    assert places[0][0] == 0 and places[-1][2] == pytest.approx(12)
    for (_, _, end), (start, meet, _) in pairwise(places):
        assert start <= meet <= end and meet % 2.0 == pytest.approx(0)
    ramp = np.linspace(0, 1, 12000, dtype=np.float32)[:, None]
    pieces = [ramp[round(a * 1000) : round(c * 1000)] for a, _, c in places]
    np.testing.assert_allclose(joining.joined(pieces, places, 1000), ramp, atol=1e-4)


def test_a_prompt_names_tempo_key_and_what_the_user_wrote(given):
    (wish,) = wishes(given, "bass")
    assert describing.words(wish) == "dark, bass line, bass only, pop, 120 bpm, C major"


def played(given: Conditioning, ratio: float = 1.0, lag: float = 0.0) -> tuple[Wish, np.ndarray]:
    """Drums that a model might have made: at another tempo, or late."""
    wish = Wish(StemPlan(stem_type="drums", style="rock", random_seed=1), given)
    (made,) = SymbolicEngine().generate([wish], quiet)
    audio = aligning.stretched(made.audio, ratio) if ratio != 1 else made.audio
    return wish, np.concatenate([np.zeros((round(lag * SAMPLE_RATE), 2), np.float32), audio])


@pytest.mark.parametrize(("ratio", "lag"), [(0.97, 0.0), (1.04, 0.0), (1.0, 0.08)])
def test_what_drifts_is_brought_onto_the_grid(ratio, lag):
    given = free_standing(bpm=112, chord_progression=["C", "Am"], duration_seconds=25)
    wish, audio = played(given, ratio, lag)
    before = fits(audio[: 25 * SAMPLE_RATE], wish)
    moved, done = aligning.to_grid(audio, given)
    after = fits(moved[: 25 * SAMPLE_RATE], wish)
    assert done and after.beat_alignment > max(0.9, before.beat_alignment) and abs(after.offset_ms) <= 20


def test_what_lies_on_the_grid_is_left_alone():
    given = free_standing(bpm=112, chord_progression=["C", "Am"], duration_seconds=25)
    _, audio = played(given)
    moved, done = aligning.to_grid(audio, given)
    assert done == () and moved is audio


class Clumsy:
    """An engine that plays the wrong chords until it is given a third seed."""

    is_exact = False

    def __init__(self, given: Conditioning):
        self.seeds: list[int] = []
        self._wrong = free_standing(bpm=120, chord_progression=["F#", "B"], duration_seconds=12)

    def provenance(self) -> Provenance:
        return Provenance(engine="clumsy", version="1", license="none", weights="0badcafe")

    def generate(self, wishes, on_progress) -> list[Generated]:
        self.seeds += [wish.plan.random_seed for wish in wishes]
        is_right = len(self.seeds) > 2
        return SymbolicEngine().generate(
            [wish if is_right else Wish(wish.plan, self._wrong) for wish in wishes], on_progress
        )


def test_a_learned_engine_that_misses_the_key_tries_again_with_another_seed(given, tmp_path):
    engine = Clumsy(given)
    context = JobContext("job", tmp_path, lambda fraction, stage: None, lambda: False)
    ((wish, made, score),) = stems_job.made_well(engine, wishes(given, "piano"), context)
    assert len(engine.seeds) == 3 and len(set(engine.seeds)) == 3
    assert made.seed == wish.plan.random_seed == engine.seeds[2]
    assert score.overall >= stems_job.GOOD_ENOUGH and not [r for r in score.remarks if "harmony" in r]


def test_without_weights_the_engines_say_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("RIPIENO_MODELS", str(tmp_path))
    shown = choice.availability()
    assert shown["symbolic"]["available"]
    assert "ripieno models pull musicgen-small" in shown["musicgen-small"]["detail"]
    assert "requirements-audiocraft.txt" in shown["audiocraft-style"]["detail"]
    assert "not verified here" in shown["stable-audio-tools"]["detail"]
    with pytest.raises(JobFailed, match="ripieno models pull stable-audio-open"):
        choice.choose("stable-audio-open")
    monkeypatch.setenv("RIPIENO_LICENSES", "commercial")
    with pytest.raises(JobFailed, match="may not be used commercially"):
        choice.choose("musicgen-small")
    assert choice.choose("auto").provenance().engine == "symbolic"


def test_a_pulled_model_is_found_and_used(monkeypatch, tmp_path, short):
    names = [file.path for file in catalogue.entry("musicgen-small").files]
    folder = tiny_models.musicgen(tmp_path / "musicgen-small", melody=False)
    for name in names:
        (folder / name).touch(exist_ok=True)
    (folder / "preprocessor_config.json").write_text("{}")
    (folder / "special_tokens_map.json").write_text("{}")
    monkeypatch.setenv("RIPIENO_MODELS", str(tmp_path))
    choice._learned.cache_clear()
    engine = choice.choose("musicgen-small")
    assert engine.provenance().engine == "musicgen-small" and "NC" in engine.provenance().license
    assert len(engine.generate(wishes(short, "bass"), quiet)) == 1
    choice._learned.cache_clear()


# -- engines whose packages cannot be installed here, against stand-ins of those packages ---------------------------


def tensor(samples: np.ndarray):
    import torch

    return torch.from_numpy(samples.astype(np.float32))


@pytest.fixture
def audiocraft(monkeypatch, tmp_path):
    calls: list[tuple[str, dict]] = []

    class MusicGen:
        sample_rate = 32000
        duration = 0.0

        @classmethod
        def get_pretrained(cls, path: str):
            assert path == str(tmp_path)
            return cls()

        def set_generation_params(self, *, duration, use_sampling, temperature, cfg_coef):
            self.duration = duration
            calls.append(("params", {"temperature": temperature, "cfg_coef": cfg_coef}))

        def _noise(self):
            import torch

            return torch.rand(1, 1, round(self.duration * self.sample_rate)) - 0.5

        def generate(self, descriptions):
            calls.append(("generate", {"text": descriptions}))
            return self._noise()

        def generate_with_chroma(self, descriptions, melody_wavs, melody_sample_rate):
            calls.append(("chroma", {"shape": tuple(melody_wavs.shape), "rate": melody_sample_rate}))
            return self._noise()

        def generate_continuation(self, prompt, prompt_sample_rate, descriptions):
            calls.append(("continuation", {"seconds": prompt.shape[-1] / prompt_sample_rate}))
            return self._noise()

    import torch

    models = types.ModuleType("audiocraft.models")
    models.MusicGen = MusicGen
    monkeypatch.setitem(sys.modules, "audiocraft", types.ModuleType("audiocraft"))
    monkeypatch.setitem(sys.modules, "audiocraft.models", models)
    monkeypatch.delitem(sys.modules, "gpu_endpoints.generation.audiocraft_musicgen", raising=False)
    torch.save({"best_state": {"w": torch.zeros(1)}, "xp.cfg": "solver: musicgen"}, tmp_path / "state_dict.bin")
    module = importlib.import_module("gpu_endpoints.generation.audiocraft_musicgen")
    yield module.AudiocraftEngine(tmp_path, name="audiocraft-style", license_name="CC BY-NC 4.0"), calls
    sys.modules.pop("gpu_endpoints.generation.audiocraft_musicgen", None)


def test_audiocraft_is_held_to_the_interface(audiocraft):
    engine, calls = audiocraft
    long = free_standing(bpm=120, chord_progression=["C", "Am"], duration_seconds=45)
    (made,) = engine.generate(wishes(long, "bass", temperature=0.7, guidance=4.0), quiet)
    assert made.audio.shape[1] == 2 and len(made.audio) == pytest.approx(45 * SAMPLE_RATE, abs=SAMPLE_RATE // 10)
    assert [name for name, _ in calls if name != "params"] == ["chroma", "continuation"]
    assert calls[0][1] == {"temperature": 0.7, "cfg_coef": 4.0}
    assert calls[1][1]["rate"] == SAMPLE_RATE and 0 < calls[3][1]["seconds"] <= 10
    first = engine.generate(wishes(long, "bass"), quiet)[0].audio
    assert np.array_equal(first, engine.generate(wishes(long, "bass"), quiet)[0].audio)
    assert engine.provenance().version.startswith("audiocraft")


@pytest.fixture
def stable_audio_tools(monkeypatch, tmp_path):
    import torch

    (tmp_path / "model_config.json").write_text(json.dumps({"sample_rate": 44100, "sample_size": 44100 * 10}))
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    model = torch.nn.Linear(1, 1)
    generation, factory, utils = (
        types.ModuleType(f"stable_audio_tools.{name}")
        for name in ("inference.generation", "models.factory", "models.utils")
    )
    calls = []

    def generate_diffusion_cond(model, *, steps, cfg_scale, conditioning, sample_size, seed, device):
        calls.append((cfg_scale, conditioning[0], seed))
        torch.manual_seed(seed)
        return torch.rand(1, 2, sample_size) - 0.5

    generation.generate_diffusion_cond = generate_diffusion_cond
    factory.create_model_from_config = lambda about: model
    utils.load_ckpt_state_dict = lambda path: model.state_dict()
    for name in ("stable_audio_tools", "stable_audio_tools.inference", "stable_audio_tools.models"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    for module in (generation, factory, utils):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    name = "gpu_endpoints.generation.stable_audio_tools_model"
    monkeypatch.delitem(sys.modules, name, raising=False)
    engine = importlib.import_module(name).StableAudioToolsEngine(tmp_path, name="mine", license_name="mine")
    yield engine, calls
    sys.modules.pop(name, None)


def test_stable_audio_tools_is_held_to_the_interface(stable_audio_tools, given):
    engine, calls = stable_audio_tools
    (made,) = engine.generate(wishes(given, "synth", guidance=5.0), quiet)
    assert made.audio.shape == (12 * SAMPLE_RATE, 2)
    assert [(scale, seed) for scale, _, seed in calls] == [(5.0, 3), (5.0, 4)]
    assert calls[0][1]["prompt"].startswith("dark") and calls[0][1]["seconds_total"] == 9.0
    assert engine.provenance().version.startswith("stable-audio-tools")
