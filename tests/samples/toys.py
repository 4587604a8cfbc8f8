"""Pools of draws for tests, by hand."""

from pathlib import Path

from explore_theory.samples.draws import Draw, Law, Source
from explore_theory.samples.pool import pooled


def source(draws, name="a.jsonl", **more):
    """A source of `draws`."""
    more.setdefault("rewards", ("reward",))
    return Source(path=Path(name), format="toy", draws=lambda: iter(draws), **more)


def draw(task, reward, response=None, **more):
    return Draw(task=task, rewards=(float(reward),), response=response, **more)


def pool(draws, **more):
    return pooled([source(draws, **more)])


__all__ = ["Draw", "Law", "draw", "pool", "pooled", "source"]
