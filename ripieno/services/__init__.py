"""Adapters: storage, endpoints, webhooks, identity, settings. One outside system a file."""
