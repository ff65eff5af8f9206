"""Ripieno: what the Functions app, the model endpoints and the client share, and the client itself."""

__version__ = "0.1.0"
