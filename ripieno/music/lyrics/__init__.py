"""Words for music: a lyricist that needs no network and no weights, syllables by rule, words on melodies, LRC.

Conventions: a syllable is what is sung on one note as it is spoken (French final e is mute, vowels of neighbouring
words stay apart); stress is 0 or 1; positions count from 0; musical time is in beats, LRC in seconds.
"""
