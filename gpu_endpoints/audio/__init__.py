"""Audio in and out, for every endpoint.

decoding.py     any audio file as a stream of samples, checked on the way
songs.py        a song's bytes from storage, and stems into it
"""
