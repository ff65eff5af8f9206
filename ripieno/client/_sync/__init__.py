# Made by scripts/unasync.py from _async/__init__.py: change that one.
"""The client, without asyncio."""
