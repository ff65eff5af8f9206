"""What goes on from one clause or sentence to the next: places, players, sections by their number alone."""

from __future__ import annotations

import pytest

from ripieno.contracts.understanding import About, Kind
from ripieno.music.language import understand


def said(text: str, about: About = "refinement") -> list[tuple[str, str, str, bool]]:
    return [
        (str(one.kind), ",".join(one.parts), "; ".join(place.words for place in one.places), one.negated)
        for one in understand(text, about=about).statements
        if one.kind != Kind.RANGE
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The outro... no drums. No vocals.", [("part", "drums", "outro", True), ("part", "vocals", "outro", True)]),
        ("Outro: no drums", [("part", "drums", "outro", True)]),
        (
            "the guitar is too busy in the verses, and too loud",
            [("density", "guitar", "verse", False), ("dynamics", "guitar", "verse", False)],
        ),
        (
            "the bass is too busy in verse 2. Root notes would do.",
            [("density", "bass", "verse 2", False), ("notes", "bass", "verse 2", False)],
        ),
        (
            "busier drums in the second chorus, but don't touch the first one",
            [("density", "drums", "chorus 2", False), ("keep", "drums", "chorus 1", False)],
        ),
        (
            "en el segundo estribillo mete trompetas, en el primero no",
            [("part", "other", "chorus 2", False), ("part", "other", "chorus 1", True)],
        ),
        (
            "no drums in the intro, just the bass there",
            [("part", "drums", "intro", True), ("part", "", "intro", True), ("part", "bass", "intro", False)],
        ),
        (
            "Takt 9 bis 16 ohne Bass. Ab 17 wieder wie gehabt.",
            [("part", "bass", "bars 9 to 16", True), ("keep", "", "bars 17 to 9999", False)],
        ),
        (
            "bass out in the bridge, back in the last chorus",
            [("part", "bass", "bridge", True), ("part", "bass", "chorus last", False)],
        ),
        (
            "ein Solo der Trompete, Takt 9 bis 16, danach Pause",
            [("part", "other", "bars 9 to 16", False), ("part", "other", "after bars 9 to 16", True)],
        ),
        ("in den Strophen ein Kontrabass", [("part", "bass", "verse", False)]),
        (
            "Gitarre ab der zweiten Strophe, davor nur Klavier",
            [
                ("part", "guitar", "from verse 2 on", False),
                ("part", "", "before verse 2", True),
                ("part", "piano", "before verse 2", False),
            ],
        ),
    ],
)
def test_places_and_players_go_on(text, expected):
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Make the second chorus bigger. Faster tempo please.", "tempo"),
        ("The piano is too loud in the bridge. More drums.", "presence"),
    ],
)
def test_what_is_of_the_whole_or_of_others_is_not_there(text, kind):
    assert [where for named, _, where, _ in said(text) if named == kind] == [""]


@pytest.mark.parametrize(
    "text",
    [
        "strings only in the bridge, nothing anywhere else",
        "Streicher für die Bridge, sonst bitte nirgends",
        "cordes dans le pont, nulle part ailleurs",
    ],
)
def test_nowhere_else_keeps_a_part_where_it_was_said_to_be(text):
    (one,) = understand(text).statements
    assert one.only and not one.negated and [place.section for place in one.places] == ["bridge"]


@pytest.mark.parametrize(
    "text", ["everywhere else it's fine", "Sonst alles so lassen", "Sinon rien à changer !", "el resto está bien"]
)
def test_that_the_rest_is_fine_changes_nothing(text):
    understood = understand(text, about="comment")
    assert not understood.statements and not understood.not_understood


def test_who_comes_in_at_a_place_is_there_from_then_on():
    (first, second) = understand("no guitar in verse 1, it comes in at the first chorus", about="refinement").statements
    assert first.negated and [place.words for place in first.places] == ["verse 1"]
    assert not second.negated and second.only and [place.words for place in second.places] == ["from chorus 1 on"]


def test_the_rest_is_all_but_those_who_were_named():
    (kept, softer) = understand("I love the piano. Everything else a bit softer.", about="comment").statements
    assert (kept.kind, kept.parts) == (Kind.KEEP, ["piano"])
    assert softer.but_parts == ["piano"] and softer.amount and softer.amount < 0


@pytest.mark.parametrize(
    "text",
    [
        "A cello and a flute. They should only come in from verse 2.",
        "Ein Cello und eine Flöte. Die sollen erst ab Strophe 2 einsetzen.",
        "Un chelo y una flauta. Que entren solo a partir de la segunda estrofa.",
        "Un violoncelle et une flûte. Ils n'entrent qu'au deuxième couplet.",
    ],
)
def test_where_they_come_in_may_be_said_in_a_sentence_of_its_own(text):
    cello, flute = [one for one in understand(text).statements if one.kind == Kind.PART]
    assert cello.only and flute.only
    assert [place.words for one in (cello, flute) for place in one.places] == ["from verse 2 on"] * 2


@pytest.mark.parametrize(
    "text",
    [
        "the bass is too busy in verse 2 and a bit loud throughout",
        "der Bass ist in Strophe 2 zu dicht und durchgehend etwas zu laut",
        "el bajo suena demasiado cargado en la segunda estrofa y un poco alto todo el rato",
        "la basse est trop chargée au couplet 2 et un peu forte tout du long",
    ],
)
def test_a_complaint_goes_on_but_not_at_its_place(text):
    busy, loud = understand(text, about="comment").statements
    assert [place.section for place in busy.places] == ["verse 2"] and not loud.places
    assert loud.parts == ["bass"] and loud.amount and loud.amount < 0


@pytest.mark.parametrize(
    "text",
    ["a guitar, nothing in the verses", "eine Gitarre, in den Strophen nichts", "une guitare, rien aux couplets"],
)
def test_nothing_is_of_those_who_were_named(text):
    assert said(text, "request")[-1] == ("part", "guitar", "verse", True)


@pytest.mark.parametrize("about", ["request", "refinement"])
def test_those_who_wait_are_not_among_the_others(about):
    found = understand("drums and bass, and leave everything else out of the bridge", about=about).statements
    out = [one for one in found if one.negated]
    assert [(one.parts, one.but_parts) for one in out] == [([], ["drums", "bass"])]


def test_out_until_then_and_louder_is_louder_from_then_on():
    assert said("Mute the guitar until the first chorus, then louder") == [
        ("part", "guitar", "before chorus 1", True),
        ("dynamics", "guitar", "from chorus 1 on", False),
    ]


@pytest.mark.parametrize(
    "text", ["in the outro just the piano, everything else out", "Im Outro nur Klavier, alles andere weg"]
)
def test_who_is_alone_at_a_place_stays_elsewhere(text):
    found = understand(text, about="refinement").statements
    assert [one.but_parts for one in found if one.negated] == [["piano"]]
    assert not any(one.only for one in found)
