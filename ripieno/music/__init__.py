"""Music itself, pure: no files, no network, no heavy libraries.

Conventions: pitches are MIDI numbers (60 is middle C), pitch classes 0..11 from C, times in seconds or in beats as each
name says, chords in Harte syntax (Harte et al., ISMIR 2005).
"""
