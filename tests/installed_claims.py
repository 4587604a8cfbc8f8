"""The claims that are installed, loaded once for all tests of a process that only look at them.

Tests of discovery itself, and those that change what is found, discover for themselves.
"""

from functools import cache

from explore_theory.harness.discovery.registry import Registry, discover


@cache
def installed() -> Registry:
    """Every claim that `verify` would run."""
    return discover()
