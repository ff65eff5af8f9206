"""Every message that crosses a process, as pydantic models; the enums; the names of what is stored.

Conventions: times in seconds from the start of the recording (float), frequencies in Hz, tempo in beats per minute,
confidences from 0 to 1, timestamps in ISO 8601 UTC. Imports nothing else of Ripieno.
"""
