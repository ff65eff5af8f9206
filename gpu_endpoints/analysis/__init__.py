"""The analysis endpoint: separation engines and music information retrieval.

server.py       the endpoint: its job kinds and engines
handlers.py     one function for each kind of job
listening.py    from an audio file to its findings
separation/     one engine a file
mir/            one task a file, on features computed in a single pass
"""
