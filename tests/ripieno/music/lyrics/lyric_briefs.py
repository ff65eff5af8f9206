"""Briefs for the lyricist, in every language and meter that the tests ask for."""

from __future__ import annotations

from ripieno.contracts.lyrics import LinePattern, LyricsBrief, LyricSectionForm

THEMES = {
    "en": ["leaving the city at night", "losing my father", "dancing in the rain", "the old house by the sea"],
    "de": ["die Stadt bei Nacht verlassen", "Abschied von meinem Vater", "Tanzen im Regen", "ein Sommer am Meer"],
    "es": ["dejar la ciudad de noche", "adiós a mi padre", "bailar bajo la lluvia", "el verano junto al mar"],
    "fr": ["quitter la ville la nuit", "adieu à mon père", "danser sous la pluie", "l'été au bord de la mer"],
}
METERS = [
    ((8, (1, 3, 5, 7)), (6, (1, 3, 5))),
    ((8, (0, 4)), (8, (0, 4))),
    ((7, (0, 2, 4, 6)), (7, (0, 2, 4, 6))),
    ((10, (1, 3, 5, 7, 9)), (8, (1, 3, 5, 7))),
    ((9, (2, 5, 8)), (9, (2, 5, 8))),
]


def form(first=(8, (1, 3, 5, 7)), second=(6, (1, 3, 5))) -> list[LyricSectionForm]:
    """Verse, chorus, verse, chorus, bridge, chorus."""
    long, short = (LinePattern(syllables=n, strong=list(strong)) for n, strong in (first, second))
    verse, chorus = [long, short, long, short], [long] * 4
    labels = [("intro", []), ("verse 1", verse), ("chorus 1", chorus), ("verse 2", verse), ("chorus 2", chorus),
              ("bridge", [long] * 2), ("last chorus", chorus)]  # fmt: skip
    return [LyricSectionForm(label=label, lines=lines) for label, lines in labels]


def brief(language: str, seed: int, /, **changed) -> LyricsBrief:
    given = {
        "theme": THEMES[language][seed % 4], "language": language, "seed": seed,
        "form": form(*METERS[seed % len(METERS)]), "valence": (seed % 5 - 2) / 2, "arousal": (seed % 3 - 1) / 2,
    }  # fmt: skip
    return LyricsBrief(**(given | changed))
