"""Lyrics on a melody.

spoken.py       text spoken by espeak-ng: sound, phonemes and where each of them is
lyrics.py       syllables on notes: those of a style's melody, or given ones
pitch.py        the pitch a singer sings: portamento, vibrato
voice.py        the engine that needs no weights: the spoken voice, set to pitch and length by the WORLD vocoder
choir.py        voices behind a lead: several singers, each with a place and a sound of its own (choir.json)
diffsinger.py   voices in DiffSinger's ONNX format
"""
