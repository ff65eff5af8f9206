"""Weights by name: a catalogue of what there is, a folder or a blob container they are kept in, and the way there.

Engines only ever read a complete local folder. Fetching happens when somebody asks for it (`ripieno models pull`) or
when an endpoint starts with a container as its store, never in the middle of a job.
"""
