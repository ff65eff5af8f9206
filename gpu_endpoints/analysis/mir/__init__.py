"""Music information retrieval, one task a file.

Conventions: times in seconds (float64), activations at 100 frames a second, chroma and mel at 10, pitch classes from C.
"""
