"""Audio in and out, for every endpoint.

decoding.py             any audio file as a stream of samples, checked on the way
levels.py, peaks.py     what is measured of a stream: peak and loudness, and what a waveform is drawn from
writing.py, wav.py      the one writer of audio files, with their peaks beside them
marks.py, signing.py    what a finished file says of itself: tags, and a signed manifest (C2PA)
songs.py                a song's bytes from storage, and stems into it
"""
