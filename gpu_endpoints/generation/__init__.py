"""The generation endpoint: new stems for a song, or for none.

server.py       the endpoint: its job kinds and engines
handlers.py     one function for each kind of job
preparing.py    what new music has to fit, from a song's findings and what the user fixed
symbolic.py     the engine that needs no weights: rules, genre data, a SoundFont
soundfont.py    notes to audio
midi.py         notes to MIDI files
finishing.py    length, fades, level
"""
