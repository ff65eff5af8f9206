"""A voice that somebody gave: heard, measured, learned, and sung with.

frames.py      what the WORLD vocoder hears each 5 ms, and sound made of it again; spectral envelopes by mel bands
tracking.py    the pitch of a voice, by a learned tracker where there is one
formants.py    the resonances of a vocal tract
speakers.py    how like two voices are, without weights
samples.py     the job `check-voice`: whether a recording can be taken
measuring.py   the job `profile-voice`: what a voice is, measured
ranges.py      where a melody lies in a voice's range
shaping.py     any sung frames moved towards what was measured: the engine `voice-profile`
features.py    what the conversion network is told and tells
network.py     the conversion network, in torch
training.py    the job `train-voice`: the network learns one voice and becomes an ONNX file
learned.py     the network run by ONNX Runtime: the engine `voice-model`
engines.py     which of the two moves a voice, with its signature
applying.py    the job `apply-voice`: a vocal that exists, in another voice
store.py       samples, profiles and models in the container `voices`
"""
