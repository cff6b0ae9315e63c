"""The command line."""

from segscope.cli.commands import app, entry, main

__all__ = ["app", "entry", "main"]
