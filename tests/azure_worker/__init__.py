"""The app under Azure's own Python worker: `azure-functions-runtime` loads and calls it, as it does in Azure.

messages.py  the FunctionRpc messages that the runtime asks for, as plain classes
worker.py    the process with Azure's runtime (Python 3.13, packages of its own); imports nothing of this project
functions.py the app's functions as the embedded host sees them, each call a message to that process
host.py      the embedded host's routes, triggers and durable engine in front of it
runtime.py   where Python 3.13 is, and its packages
"""
