"""The command line, a command a file."""

from explore_theory.cli.entry import main

__all__ = ["main"]
