"""The `segno` command: the client for people and shell scripts."""
