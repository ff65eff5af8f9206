"""A taste in words, as one person tells it to another."""

from __future__ import annotations

from ripieno.contracts.enums import StemType
from ripieno.contracts.preferences import Choice, ShadeName
from ripieno.music.taste.beliefs import Beta, Normal
from ripieno.music.taste.learning import Taste
from ripieno.music.taste.lessons import SHADES, TOLD_ONLY

_WORDS: dict[ShadeName, tuple[str, str]] = {
    "density": ("sparser", "busier"), "pitch_register": ("lower", "higher"), "brightness": ("darker", "brighter"),
    "dynamics": ("softer", "louder"), "swing": ("straighter", "more swinging"),
    "timing": ("further ahead of the beat", "further behind the beat"),
}  # fmt: skip
_NAMES: dict[StemType, str] = {
    StemType.VOCALS: "voice", StemType.DRUMS: "drums", StemType.BASS: "bass", StemType.GUITAR: "guitar",
    StemType.PIANO: "piano", StemType.SYNTH: "synth", StemType.OTHER: "other parts",
}  # fmt: skip
_CHOICES: tuple[tuple[Choice, str, str], ...] = (
    ("styles", "You like {}.", "You do not care for {}."),
    ("engines", "You like what {} play{}.", "You do not care for what {} play{}."),
)
_LEANS, _LITTLE, _MUCH = 0.08, 0.2, 0.45
_APART = 0.15  # what one player is to be other than the others before that is said of it
_SURE = 1.0  # deviations that a leaning is from none
TOLD = 1.0
"""How much has to be told of one player before it is said of it."""
_EVEN = 0.5


def sentences(taste: Taste) -> list[str]:
    """What somebody likes, the surest first within each kind: styles, engines, then how it is to be played."""
    found = []
    for kind, liked, disliked in _CHOICES:
        known = _ranked(taste.choices.get(kind, {}))
        if best := [name for name, one in known if one.mean - one.deviation >= _EVEN]:
            found.append(liked.format(_listed(best), "" if len(best) > 1 else "s"))
        if worst := [name for name, one in reversed(known) if one.mean + one.deviation <= _EVEN]:
            found.append(disliked.format(_listed(worst), "" if len(worst) > 1 else "s"))
    for name in SHADES:
        stems = taste.told_of.get(name, frozenset())
        whole = taste.shades.get((name, None)) if len(stems) > 1 or name in TOLD_ONLY else None
        if whole is not None and leans(whole):
            found.append(f"You like it {_how(name, whole.mean)} than I do.")
        for stem in StemType if name not in TOLD_ONLY else ():
            own = taste.shades.get((name, stem))
            if stem in stems and own is not None and leans(own) and own.told >= TOLD and _is_its_own(own, whole):
                found.append(f"You like the {_NAMES[stem]} {_how(name, own.mean)} than I do.")
    return found


def leans(belief: Normal) -> bool:
    """Whether it is worth a word: away from none, and surely so."""
    return abs(belief.mean) >= max(_LEANS, _SURE * belief.deviation)


def chosen(kind: Choice, name: str, known: Beta | None) -> str:
    """Why an engine or a style was taken."""
    what = name if kind == "styles" else f"played by {name}"
    if known is not None and known.liked > known.disliked:
        return f"{what}, because you liked it"
    return f"{what}, to hear whether you like it"


def played(name: ShadeName, value: float, belief: Normal) -> str:
    """Why something is played as it is."""
    is_liked = leans(belief) and belief.mean * value > 0
    return f"{_how(name, value)}, {'because you like it so' if is_liked else 'to hear whether you like it'}"


# -- parts --------------------------------------------------------------------------------------------------------


def _ranked(known: dict[str, Beta]) -> list[tuple[str, Beta]]:
    """Those that enough was told of, with half a verdict of each kind to begin with; what is liked most first."""
    enough = {name: one.plus(Beta(0.5, 0.5)) for name, one in known.items() if one.liked + one.disliked >= TOLD}
    return sorted(enough.items(), key=lambda one: (-one[1].mean, one[0]))


def _is_its_own(own: Normal, whole: Normal | None) -> bool:
    return whole is None or not leans(whole) or abs(own.mean - whole.mean) >= _APART


def _how(name: ShadeName, value: float) -> str:
    words = _WORDS[name][value > 0]
    return f"{'a little ' if abs(value) < _LITTLE else 'much ' if abs(value) >= _MUCH else ''}{words}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
