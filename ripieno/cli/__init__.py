"""The `ripieno` command: the client for people and shell scripts."""
