"""Generate, hear again, compare: tempo, beats, chords, key, energy, level, length, speed and diversity.

Beats are heard in the drums, chords and key in the piano, synth and guitar: in each alone, where it sounds (between
short stabs a listener hears no chord), and in all three with the bass, throughout. A listener that counts at half or
twice the tempo is right about the grid: `beats F` allows those levels, `strict F` does not.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
import warnings
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from benchmarks.generation.cells import Cell, grid
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation import choice
from gpu_endpoints.generation.engine import Wish
from gpu_endpoints.generation.finishing import finish
from gpu_endpoints.production import checking
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import StemPlan
from ripieno.music.pitch import key_name

HARMONIC = ("piano", "synth", "guitar")
COLUMNS = (
    "tempo error %", "beats F", "strict F", "madmom beats F", "chords", "madmom chords", "chords a stem",
    "madmom chords a stem", "key", "madmom key", "fits", "energy", "LUFS", "clipped", "length error", "x real time",
)  # fmt: skip
_LEVELS = (1.0, 2.0, 0.5, 3.0, 1 / 3, 1.5, 2 / 3)
_FINEST = 1 / 3  # of a beat, by which a count may be shifted: an eighth of a compound one
_CLIPPED = 0.999
_LISTENER = "madmom"  # the library we did not write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="symbolic", help="any engine of the generation endpoint that is installed")
    parser.add_argument("--genre", action="append", help="all by default")
    parser.add_argument("--every", type=int, default=1, help="only every n-th cell of the grid")
    parser.add_argument("--no-library", action="store_true", help="our own analysis alone, which is faster")
    parser.add_argument("--out", type=Path, default=Path(".ripieno/benchmarks/generation"))
    parser.add_argument("--plots", type=Path, help="draw pianoroll.svg into this folder, and measure nothing")
    chosen = parser.parse_args()
    if chosen.plots:
        from benchmarks.generation import plots

        plots.piano_rolls(Cell("rock", "4/4", 118.0), chosen.plots / "pianoroll.svg")
        return
    cells = [cell for cell in grid() if not chosen.genre or cell.genre in chosen.genre][:: chosen.every]
    results = measured(cells, chosen.engine, chosen.out, library=not chosen.no_library)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / f"{chosen.engine}.json").write_text(json.dumps(results, indent=1))
    print(table(results))
    print(diversity_line(cells[:: max(1, len(cells) // 8)], chosen.engine))


def measured(cells: list[Cell], engine: str, folder: Path, *, library: bool) -> list[dict[str, Any]]:
    """One row for each cell; two at a time, each in a process of its own. Speed is measured apart, one at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        jobs = [pool.submit(heard, cell, engine, folder, library=library) for cell in cells]
        rows = [job.result() for job in jobs]
    for row, cell in zip(rows, cells, strict=True):
        row["x real time"] = speed(cell, engine)
    return rows


def heard(cell: Cell, engine: str, folder: Path, *, library: bool) -> dict[str, Any]:
    """Make a cell's stems and listen to them."""
    warnings.simplefilter("ignore")
    given = cell.conditioning
    row: dict[str, Any] = {"genre": cell.genre, "meter": cell.meter, "bpm": cell.bpm}
    gathered: dict[str, list[float]] = defaultdict(list)
    together = np.zeros((0, 2), np.float32)
    for stem in ("drums", "bass", *HARMONIC):
        wish = Wish(StemPlan(stem_type=stem, style=cell.genre, random_seed=1), given)
        (made,) = choice.choose(engine).generate([wish], lambda done: None)
        audio = finish(made.audio, wish.seconds, SAMPLE_RATE)
        score = checking.score(audio, given, stem_type=StemType(stem), style=cell.genre)
        gathered["fits"].append(score.overall)
        gathered["clipped"].append(float((np.abs(audio) >= _CLIPPED).any()))
        gathered["length error"].append(abs(len(audio) - round(wish.seconds * SAMPLE_RATE)))
        if score.energy_correlation is not None:
            gathered["energy"].append(score.energy_correlation)
        if score.loudness_lufs is not None:
            gathered["LUFS"].append(score.loudness_lufs)
        if stem != "drums":
            together = audio.copy() if not len(together) else together + audio
        if stem != "bass":
            _listen(stem, audio, cell, folder, gathered, library=library)
    _listen("all", together / 4, cell, folder, gathered, library=library)
    return row | {name: round(float(np.mean(values)), 4) for name, values in gathered.items()}


def _listen(
    stem: str, audio: np.ndarray, cell: Cell, folder: Path, gathered: dict[str, list[float]], *, library: bool
) -> None:
    """What each listener hears in a stem (or in `all` that have chords), beside what was asked for."""
    from benchmarks.analysis import engines as listeners

    path = folder / f"{cell.genre}-{cell.meter.replace('/', '-')}-{cell.bpm:g}-{stem}.flac".replace(" ", "_")
    soundfile.write(path, audio, SAMPLE_RATE)
    found = {"": listeners.ripieno(path)}
    if library:
        found[f"{_LISTENER} "] = listeners.ENGINES[_LISTENER](path)
    path.unlink()
    for who, what in found.items():
        if stem == "drums":
            _compare_beats(cell, what, who, gathered)
        else:
            _compare_harmony(stem, cell, what, who, gathered)


def _compare_beats(cell: Cell, found: dict[str, Any], who: str, gathered: dict[str, list[float]]) -> None:
    given = cell.conditioning
    truth = np.array([time for time in given.timeline.times if time < given.end_seconds - 0.05])
    beats = np.asarray(found["beats"], float)
    f = {level: _beat_f(truth, beats, level) for level in _LEVELS}
    best = max(f, key=lambda level: (f[level], level == 1.0))
    gathered[f"{who}beats F"].append(f[best])
    if not who:
        gathered["strict F"].append(f[1.0])
        if len(beats) > 8:
            slope = float(np.polyfit(np.arange(len(beats)), beats, 1)[0])
            gathered["tempo error %"].append(100 * abs(60 / slope / (cell.bpm * best) - 1))


def _compare_harmony(stem: str, cell: Cell, found: dict[str, Any], who: str, gathered: dict[str, list[float]]) -> None:
    import mir_eval

    given = cell.conditioning
    spans = [(given.timeline.at(span.start), given.timeline.at(span.end), _harte(span.chord)) for span in given.chords]
    truth = [
        (start, min(end, given.end_seconds), name) for start, end, name in spans if start < given.end_seconds - 0.05
    ]
    agreed = _chord_agreement(truth, found.get("chords") or [], throughout=stem == "all")
    if agreed is not None:
        gathered[f"{who}chords" if stem == "all" else f"{who}chords a stem"].append(agreed)
        gathered[f"{who}chords of {stem}"].append(agreed)
    if stem == "all" and found.get("key"):
        wanted = f"{key_name(given.tonic, given.mode)} {given.mode}"
        gathered[f"{who}key"].append(mir_eval.key.weighted_score(wanted, found["key"].replace(":", " ")))


def _chord_agreement(truth: list, found: list, *, throughout: bool) -> float | None:
    """WCSR of major and minor chords: of the whole time, or of that in which a chord was heard."""
    import mir_eval

    if not found:
        return 0.0 if throughout else None
    intervals = np.array([span[:2] for span in truth])
    estimate, labels = mir_eval.util.adjust_intervals(
        np.array([span[:2] for span in found]), [span[2] for span in found], intervals.min(), intervals.max(), "N", "N"
    )
    spans, reference, labels = mir_eval.util.merge_labeled_intervals(
        intervals, [span[2] for span in truth], estimate, labels
    )
    lengths = mir_eval.util.intervals_to_durations(spans)
    heard = np.array([throughout or label != "N" for label in labels])
    if not heard.any():
        return None
    verdicts = mir_eval.chord.majmin(reference, labels)
    return mir_eval.chord.weighted_accuracy(verdicts[heard], lengths[heard])


def _beat_f(truth: np.ndarray, beats: np.ndarray, level: float) -> float:
    """F-measure against the grid counted `level` times as fast, from whichever of its parts fits best."""
    import mir_eval

    if len(beats) < 4:
        return 0.0
    step = 1 / level
    best = 0.0
    for shift in np.arange(0, step - 1e-6, _FINEST):
        places = np.arange(shift, len(truth) - 1 + 1e-9, step)
        grid_times = np.interp(places, np.arange(len(truth)), truth)
        best = max(best, mir_eval.beat.f_measure(grid_times, beats[beats <= truth[-1] + 0.07]))
        if step <= 0.5:
            break
    return float(best)


def _harte(chord) -> str:
    from ripieno.music.pitch import spell

    return f"{spell(chord.root, flats=False)}:{'min' if chord.is_minor else 'maj'}" if chord else "N"


def speed(cell: Cell, engine: str) -> float:
    """Seconds of music a second for one stem, making and finishing; the middle of the stems."""
    given = cell.conditioning
    found = []
    for stem in ("drums", "bass", "piano", "synth"):
        wish = Wish(StemPlan(stem_type=stem, style=cell.genre, random_seed=1), given)
        began = time.perf_counter()
        (made,) = choice.choose(engine).generate([wish], lambda done: None)
        finish(made.audio, wish.seconds, SAMPLE_RATE)
        found.append(wish.seconds / (time.perf_counter() - began))
    return round(float(np.median(found)), 1)


def diversity_line(cells: list[Cell], engine: str) -> str:
    """The same seed is the same bytes; other seeds play other notes."""
    equal, different = [], []
    for cell in cells:
        for stem in ("drums", "bass", "piano", "vocals"):
            plans = [StemPlan(stem_type=stem, style=cell.genre, random_seed=seed) for seed in (1, 1, 2)]
            wishes = [Wish(plan, cell.conditioning) for plan in plans]
            made = [choice.choose(engine).generate([wish], lambda done: None)[0] for wish in wishes]
            equal.append(made[0].audio.tobytes() == made[1].audio.tobytes())
            different.append(_difference(made[0].midi, made[2].midi))
    return f"same seed equal: {np.mean(equal):.0%}; notes that another seed plays otherwise: {np.mean(different):.0%}"


def _difference(first: bytes | None, second: bytes | None) -> float:
    """Share of the notes (sixteenth, pitch) that are not in both."""
    import io

    import pretty_midi

    def notes(midi: bytes) -> set[tuple[int, int]]:
        file = pretty_midi.PrettyMIDI(io.BytesIO(midi))
        return {
            (round(file.time_to_tick(note.start) / file.resolution * 4), note.pitch)
            for part in file.instruments
            for note in part.notes
        }

    if first is None or second is None:
        return 1.0
    a, b = notes(first), notes(second)
    return 1 - len(a & b) / max(1, len(a | b))


def table(rows: list[dict[str, Any]]) -> str:
    """One line a genre, the mean of its cells, and one of all; the worst cell of each target below."""
    lines = ["| genre | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    genres = list(dict.fromkeys(row["genre"] for row in rows))
    for name in [*genres, "all"]:
        chosen = [row for row in rows if name in (row["genre"], "all")]
        cells = []
        for column in COLUMNS:
            values = [row[column] for row in chosen if column in row]
            cells.append(f"{np.mean(values):.3g}" if values else "")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    for column, worst in (("tempo error %", max), ("beats F", min), ("chords", min), ("x real time", min)):
        row = worst((row for row in rows if column in row), key=lambda row: row[column])
        lines.append(f"\nworst {column}: {row[column]:g} ({row['genre']}, {row['meter']}, {row['bpm']:g} bpm)")
    return "\n".join(lines)
