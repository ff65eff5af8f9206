"""The embedded Functions host: runs function_app.py without Core Tools, on the loopback interface only.

It implements what this app declares: HTTP, blob, queue and timer triggers, and Durable Functions with its management
API. It refuses, by name, what it does not: other bindings, entities, rewind.
"""
