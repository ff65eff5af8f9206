"""Chords for a melody that a person gives; nothing is kept."""

from __future__ import annotations

import base64
import binascii
from typing import get_args

from ripieno.contracts.generation import Meter
from ripieno.contracts.harmony import Harmony, HarmonyOrder
from ripieno.music import midi_files
from ripieno.music.composing import harmonies
from ripieno.music.composing.harmonizing import harmonized
from ripieno.work.composing import CannotCompose

_PLAIN = "4/4"


def harmonize(order: HarmonyOrder) -> Harmony:
    """
    Raises
    ------
    CannotCompose
        For what is no MIDI file, has no notes, or counts in a meter that is not known.
    """
    try:
        data = base64.b64decode(order.midi, validate=True)
    except (binascii.Error, ValueError):
        raise CannotCompose("the MIDI file is not in base64") from None
    try:
        notes = midi_files.notes(data)
        meter = order.meter or midi_files.meter(data) or _PLAIN
        if meter not in get_args(Meter):
            raise ValueError(f"the file is in {meter}: name a meter of {', '.join(get_args(Meter))}")
        top, bottom = (int(figure) for figure in meter.split("/"))
        key = harmonies.key_of(order.key) if order.key else None
        found = harmonized(notes, top * 4 / bottom, key=key, sevenths=order.sevenths)
    except ValueError as fault:
        raise CannotCompose(str(fault)) from None
    return Harmony(
        key=harmonies.key_name(found.tonic, found.mode), meter=meter, chords=found.chords, fit=round(found.fit, 3)
    )
