"""Briefs for sets are read in four languages; what is not read is told."""

from __future__ import annotations

import pytest

from ripieno.music.sets import briefs, journeys


@pytest.mark.parametrize(
    ("text", "seconds", "stations"),
    [
        ("an hour from my library, from dusk to peak to home", 3600, ["dusk", "peak", "home"]),
        ("Eine Stunde aus meiner Sammlung, von der Dämmerung über den Höhepunkt nach Hause", 3600, ["dusk", "peak", "home"]),
        ("una hora de mi biblioteca, del atardecer al punto álgido, no: a la cumbre y a casa", 3600, ["dusk", "peak", "home"]),
        ("une heure de ma bibliothèque, du crépuscule au sommet puis à la maison", 3600, ["dusk", "peak", "home"]),
        ("90 minutes, calm then wild", 5400, ["calm", "wild"]),
        ("anderthalb Stunden, erst ruhig, dann euphorisch", 5400, ["calm", "euphoric"]),
        ("dos horas y media de fiesta", 9000, ["party"]),
        ("une heure et demie, mélancolique", 5400, ["sad"]),
        ("1h30 de musique dansante pour danser", 5400, ["party"]),
        ("half an hour for dinner", 1800, ["dinner"]),
        ("1 hour 30 minutes, start calm, get wilder", 5400, ["calm", "wild"]),
        ("ein zweistündiges Set, erst ruhige Musik, dann Tanzfläche", 7200, ["calm", "party"]),
        ("2h de musique triste puis joyeuse", 7200, ["sad", "happy"]),
    ],
)  # fmt: skip
def test_length_and_journey(text: str, seconds: float, stations: list[str]) -> None:
    found = briefs.read(text)
    assert (found.duration_seconds, found.stations) == (seconds, stations)
    assert found.journey[0].at == 0 and found.journey[-1].at == 1


@pytest.mark.parametrize(
    ("text", "count"), [("twenty songs", 20), ("zwölf Titel", 12), ("quince canciones", 15), ("vingt morceaux", 20)]
)
def test_a_number_of_songs(text: str, count: int) -> None:
    assert briefs.read(text).count == count


def test_who_plays_what_without_what() -> None:
    found = briefs.read("Rico plays house and drum and bass without loops, with announcements")
    assert found.persona == "rico"
    assert set(found.styles) == {"house", "drum and bass"}
    assert found.banned_kinds == ["loop"] and found.announced is True


def test_what_nobody_reads_is_told() -> None:
    assert briefs.read("an hour of quixotic zither").not_understood == ["quixotic", "zither"]
    assert briefs.read("an hour from my library, from dusk to peak to home").not_understood == []


def test_a_peak_in_the_middle_comes_late() -> None:
    found = briefs.read("from dusk to peak to home").journey
    assert found[1].at > 0.55 and found[1].energy > 0.9
    assert journeys.at(found, 0.3)[0] == pytest.approx((found[0].energy + found[1].energy) / 2, abs=0.05)
    assert journeys.at(found, 1.0)[0] == found[-1].energy
