"""The laptop edition: the embedded Functions host, Azurite, and the one command that starts the whole stack.

Nothing outside this package imports it.
"""
