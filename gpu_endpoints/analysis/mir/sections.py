"""Sections: boundaries on downbeats where the music changes, labels from repetition, energy and place.

Bar-synchronous features (timbre, energy, harmony) give a self-similarity matrix; its novelty along the diagonal
(Foote 2000) and a dynamic programme that prefers lengths of four and eight bars give the boundaries; sections that are
alike get the same letter (agglomerative clustering), and letters get names. A bar that leads into a section (a fill)
belongs to the one before it, silent bars at the ends to their neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.fft import dct
from scipy.ndimage import maximum_filter1d
from scipy.spatial.distance import cdist

from gpu_endpoints.analysis.mir import confidence
from gpu_endpoints.analysis.mir.features import FRAME_FPS, Features
from ripieno.contracts.analysis import Section

_KERNEL_BARS = 4
_MFCC = 14
_SHORTEST_SONG_BARS = 6
_LENGTH_COST = {4: 0.0, 8: -0.35, 16: -0.1, 12: 0.1, 6: 0.35, 2: 0.8, 10: 0.5, 5: 0.9, 7: 0.9, 3: 1.1, 9: 0.9}
_ODD_LENGTH_COST = 1.2
_LONGEST_BARS = 24
_BOUNDARY_COST = 1.0
_SHAPE_WEIGHT = 1.0
_NOVELTY_WEIGHT = 1.5
_HARMONY_SHARE = 0.25
_ENERGY_WEIGHT = 1.2
_SAME = 0.74
_RIM_BARS = 2
_SILENT_DB = 25.0  # below the bars in the middle
_FILL, _AS_NEW = 0.4, 0.95  # how much less a fill is like what follows, how new the bar after it has to be beside it
_UNDIVIDED = 0.3  # the confidence in one section from end to end
_QUIETER, _BREAK = 0.3, 1.0  # in standard deviations of the bars' levels
_SAME_CHORDS = 0.85


@dataclass(frozen=True)
class Bars:
    """Bar boundaries in seconds (n + 1 of them) and one feature vector a bar, (n, d) each."""

    edges: np.ndarray
    timbre: np.ndarray
    harmony: np.ndarray
    energy: np.ndarray

    @property
    def unit_harmony(self) -> np.ndarray:
        return self.harmony / (np.linalg.norm(self.harmony, axis=1, keepdims=True) + 1e-9)


def find(features: Features, downbeats: np.ndarray) -> list[Section]:
    """Sections from the first to the last sound, covering the song; one section where it is too short to tell."""
    duration = features.duration
    edges = _sounding(_bar_edges(downbeats, duration), features.rms)
    if len(edges) - 1 < _SHORTEST_SONG_BARS:
        return [Section(start_time=0, end_time=duration, label="verse", confidence=0.1)]
    bars = _bars(features, edges)
    similarity = _similarity(bars)
    novelty = _novelty(similarity)
    cuts = _after_fills(_segment(_standing_out(novelty)), novelty, similarity)
    letters = _letters(similarity, bars, cuts)
    labels = _names(letters, bars, cuts)
    certainty = [confidence.calibrated("sections", float(novelty[cut])) for cut in cuts[1:-1]]
    certainty.insert(0, certainty[0] if certainty else _UNDIVIDED)
    times = [0.0, *(float(edges[cut]) for cut in cuts[1:-1]), duration]
    return [
        Section(start_time=start, end_time=end, label=label, confidence=trust)
        for start, end, label, trust in zip(times, times[1:], labels, certainty, strict=False)
        if end > start
    ]


def _bar_edges(downbeats: np.ndarray, duration: float) -> np.ndarray:
    """Downbeats, and the end of the last bar."""
    if len(downbeats) < 2:
        return np.array([0.0, duration])
    bar = float(np.median(np.diff(downbeats)))
    end = min(duration, downbeats[-1] + bar)
    return np.append(downbeats, end) if end - downbeats[-1] > bar / 2 else downbeats


def _sounding(edges: np.ndarray, rms: np.ndarray) -> np.ndarray:
    """Without the bars at both ends in which next to nothing sounds: nothing in a song is as new as silence."""
    frames = np.clip(np.round(edges * FRAME_FPS).astype(int), 0, len(rms) - 1)
    level = np.array([20 * np.log10(rms[a : max(a + 1, b)] + 1e-5).mean() for a, b in pairwise(frames)])
    if len(level) < _SHORTEST_SONG_BARS:
        return edges
    heard = np.flatnonzero(level >= np.median(level) - _SILENT_DB)
    return edges[heard[0] : heard[-1] + 2]


def _bars(features: Features, edges: np.ndarray) -> Bars:
    mfcc = np.asarray(dct(features.mel, axis=1, norm="ortho"))[:, 1 : _MFCC + 1]
    level = 20 * np.log10(features.rms + 1e-5)

    def per_bar(values: np.ndarray) -> np.ndarray:
        starts = np.round(edges * FRAME_FPS).astype(int)
        return np.stack([values[a : max(a + 1, b)].mean(axis=0) for a, b in pairwise(starts)])

    usable = edges[edges * FRAME_FPS < len(features.mel)]
    edges = usable if len(usable) == len(edges) else np.append(usable, len(features.mel) / FRAME_FPS)
    timbre = np.hstack([per_bar(mfcc), 0.5 * per_bar(features.mel)])
    return Bars(edges, _standardise(timbre), per_bar(features.chroma), _standardise(per_bar(level[:, None])))


def _standardise(values: np.ndarray) -> np.ndarray:
    return (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-6)


def _similarity(bars: Bars) -> np.ndarray:
    """Bars against bars, 0..1: timbre and energy by distance, harmony by cosine."""
    timbre = np.hstack([bars.timbre / np.sqrt(bars.timbre.shape[1]), _ENERGY_WEIGHT * bars.energy])
    alike = cdist(timbre, timbre).astype(np.float32)  # of two hours 4,000 × 4,000: from here on in place
    some = alike[:: max(1, len(alike) // 500)]
    scale = float(np.median(some[some > 0])) if (some > 0).any() else 1.0
    alike /= scale
    np.square(alike, out=alike)
    np.exp(np.negative(alike, out=alike), out=alike)
    alike *= 1 - _HARMONY_SHARE
    unit = bars.unit_harmony.astype(np.float32)
    alike += _HARMONY_SHARE * (unit @ unit.T)
    return alike


def _novelty(similarity: np.ndarray) -> np.ndarray:
    """Foote's checkerboard over four bars a side at each bar line, 0..1."""
    size = len(similarity)
    taper = np.exp(-0.5 * (np.arange(-_KERNEL_BARS, _KERNEL_BARS) + 0.5) ** 2 / (_KERNEL_BARS / 1.5) ** 2)
    sign = np.sign(np.arange(-_KERNEL_BARS, _KERNEL_BARS) + 0.5)
    kernel = np.outer(taper * sign, taper * sign)
    padded = np.pad(similarity, _KERNEL_BARS, mode="edge")
    values = np.array(
        [(padded[bar : bar + 2 * _KERNEL_BARS, bar : bar + 2 * _KERNEL_BARS] * kernel).sum() for bar in range(size)]
    )
    values = np.maximum(values, 0)
    values[:_RIM_BARS] = 0  # the first sound is no change, nor is the last one dying away
    values[-1] = 0
    top = np.quantile(values, 0.98) if size else 1.0
    return np.clip(values / (top + 1e-9), 0, 1)


def _standing_out(novelty: np.ndarray) -> np.ndarray:
    """Novelty beside the greatest of the song and the greatest within four bars, half and half: where a break is as new
    as can be, a chorus after a verse is still a change."""
    around = maximum_filter1d(novelty, 2 * _KERNEL_BARS + 1)
    return np.clip(2 * novelty / (1 + around), 0, 1)


def _segment(novelty: np.ndarray) -> list[int]:
    """Bar numbers of boundaries, first and last included, that gather most novelty at the least odd lengths."""
    size = len(novelty)
    best = np.full(size + 1, np.inf)
    best[0] = 0.0
    came_from = np.zeros(size + 1, int)
    for end in range(1, size + 1):
        for length in range(1, min(end, _LONGEST_BARS) + 1):
            start = end - length
            at_rim = start == 0 or end == size
            shape = _LENGTH_COST.get(length, _ODD_LENGTH_COST) * (0.5 if at_rim else 1.0)
            reward = novelty[end] * _NOVELTY_WEIGHT if end < size else 0.0
            cost = best[start] + _BOUNDARY_COST + _SHAPE_WEIGHT * shape - reward
            if cost < best[end]:
                best[end], came_from[end] = cost, start
    cuts = [size]
    while cuts[-1] > 0:
        cuts.append(int(came_from[cuts[-1]]))
    return cuts[::-1]


def _after_fills(cuts: list[int], novelty: np.ndarray, similarity: np.ndarray) -> list[int]:
    """Each boundary a bar later where the bar after it is little like those that follow, and the next one as new."""
    found = list(cuts)
    for number, cut in enumerate(cuts[1:-1], start=1):
        if cut + 3 >= len(novelty) or not found[number - 1] < cut + 1 < cuts[number + 1]:
            continue
        leads = similarity[cut, cut + 1 : cut + 4].mean() < _FILL * similarity[cut + 1, cut + 2 : cut + 4].mean()
        if leads and novelty[cut + 1] >= _AS_NEW * novelty[cut]:
            found[number] = cut + 1
    return found


def _letters(similarity: np.ndarray, bars: Bars, cuts: list[int]) -> list[int]:
    """A number for each section; sections that are alike, in sound and in the order of their chords, share one."""
    spans = list(pairwise(cuts))
    letters: list[int] = []
    for index, span in enumerate(spans):
        alike = [(_alike(similarity, bars, span, spans[other]), letters[other]) for other in range(index)]
        score, letter = max(alike, default=(0.0, 0))
        letters.append(letter if score >= _SAME else max(letters, default=-1) + 1)
    return letters


def _alike(similarity: np.ndarray, bars: Bars, a: tuple[int, int], b: tuple[int, int]) -> float:
    """The mean similarity of corresponding bars, at the best alignment of the shorter section in the longer one."""
    (a0, a1), (b0, b1) = sorted((a, b), key=lambda span: span[1] - span[0])
    length, room = a1 - a0, (b1 - b0) - (a1 - a0)
    best = 0.0
    for shift in range(room + 1):
        rows, columns = np.arange(a0, a1), np.arange(b0 + shift, b0 + shift + length)
        best = max(best, float(similarity[rows, columns].mean()))
    return best * (1.0 if room <= length else 0.9)


def _names(letters: list[int], bars: Bars, cuts: list[int]) -> list[str]:
    """Names by repetition, energy and place.

    The loudest letter that returns is the chorus, unless it is the only one and no louder than the rest (a song of
    verses and a bridge); where it comes after a build-up that comes after a break, they are drop and build.
    """
    form = _Form(letters, bars, cuts)
    return [form.name(index) for index in range(len(letters))]


class _Form:
    """What is known of all sections, to name each of them."""

    def __init__(self, letters: list[int], bars: Bars, cuts: list[int]):
        spans = list(pairwise(cuts))
        self._letters = letters
        self._energy = [float(bars.energy[a:b].mean()) for a, b in spans]
        self._mean = float(np.mean(self._energy))
        unit = bars.unit_harmony
        self._harmony = [unit[a:b] for a, b in spans]
        self._returning = [letter for letter in dict.fromkeys(letters) if letters.count(letter) > 1]
        self._chorus = self._loudest_that_returns()
        others = [letter for letter in self._returning if letter != self._chorus]
        self._verse = min(others, key=letters.index, default=None)
        if self._verse is None and self._chorus is None:
            self._verse = letters[0]
        self._build = self._before_the_drop()

    def name(self, index: int) -> str:
        letter, last = self._letters[index], len(self._letters) - 1
        quiet = self._energy[index] < self._mean - _QUIETER
        if letter == self._chorus:
            return "drop" if self._build is not None else "chorus"
        if (
            index == 0
            and last > 0
            and (letter not in self._returning or self._energy[0] < self._level(letter) - _QUIETER)
        ):
            return "intro"
        if index == last and letter not in self._returning and last > 0:
            return "outro"
        if letter == self._build:
            return "build"
        if letter == self._verse:
            return "verse"
        if letter in self._returning:
            return "pre-chorus" if self._always_leads_to_chorus(letter) else "verse"
        if self._energy[index] < self._mean - _BREAK:
            return "break"
        return "solo" if self._has_the_chords_of_another(index) and not quiet else "bridge"

    def _loudest_that_returns(self) -> int | None:
        chorus = max(self._returning, key=self._level, default=None)
        if chorus is None:
            return None
        rest = [e for e, letter in zip(self._energy[1:-1], self._letters[1:-1], strict=True) if letter != chorus]
        is_alone = len(self._returning) == 1
        if is_alone and (not rest or self._level(chorus) < float(np.mean(rest)) + _QUIETER):
            return None if self._letters[0] == chorus or self._letters[1] == chorus else chorus
        return chorus

    def _level(self, letter: int) -> float:
        return float(np.mean([e for e, other in zip(self._energy, self._letters, strict=True) if other == letter]))

    def _before_the_drop(self) -> int | None:
        """The letter that stands between a break and the chorus's letter."""
        for before, build, after in zip(range(len(self._letters)), self._letters[1:], self._letters[2:], strict=False):
            is_break = (
                self._energy[before] < self._mean - _BREAK
                and before > 0
                and self._letters[before] not in self._returning
            )
            if is_break and after == self._chorus and build != self._chorus and build in self._returning:
                return build
        return None

    def _always_leads_to_chorus(self, letter: int) -> bool:
        followers = [b for a, b in pairwise(self._letters) if a == letter]
        return bool(followers) and all(follower == self._chorus for follower in followers)

    def _has_the_chords_of_another(self, index: int) -> bool:
        """Whether its bars have, one by one, the chords of a section that returns: then it is a solo over it."""
        own = self._harmony[index]
        for number, other in enumerate(self._harmony):
            common = min(len(own), len(other))
            alike = float((own[:common] * other[:common]).sum(axis=1).mean())
            if number != index and self._letters[number] in self._returning and alike > _SAME_CHORDS:
                return True
        return False
