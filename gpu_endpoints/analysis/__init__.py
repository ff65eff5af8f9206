"""The analysis endpoint: separation engines and music information retrieval.

server.py       the endpoint: its job kinds and engines
handlers.py     one function for each kind of job
decoding.py     any audio file as a stream of samples, checked on the way
separation/     one engine a file
mir/            one task a file, on features computed in a single pass
"""
