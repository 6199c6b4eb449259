"""The exit codes of all commands."""

FINE, FINDINGS, USAGE, DATABASE, INTERRUPTED = 0, 1, 2, 3, 130
