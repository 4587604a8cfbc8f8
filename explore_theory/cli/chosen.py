"""What a selection of claims left out, in a line each; counts in words."""

from typing import TYPE_CHECKING

from explore_theory.cli.saying import say
from explore_theory.foundation.brief import shown

if TYPE_CHECKING:
    from explore_theory.harness.discovery.registry import Chosen, Registry


def discovered(claims: tuple[str, ...], wanted: tuple[str, ...] = ()) -> "Registry":
    """The claims of `claims`, those that `wanted` asks for at least; see `harness.discovery.registry`."""
    from explore_theory.harness.discovery.registry import discover

    return discover(claims, wanted)


def warn_broken(chosen: "Chosen") -> None:
    """One line about each module that was chosen and could not be loaded."""
    for module in chosen.broken:
        where = module.line or module.path
        say(f"explore-theory: {where} could not be loaded: {module.reason}", err=True)
    warn_others(chosen)


def warn_others(chosen: "Chosen") -> None:
    """One line about modules that could not be loaded and that nobody asked for."""
    if chosen.others:
        names = ", ".join(shown(module.where) for module in chosen.others)
        say(f"explore-theory: could not load, and did not select: {names}", err=True)


def counted(counts: dict[str, int]) -> str:
    """``2 sessions, 1 claim``, given the plurals."""
    words = {word: word.removesuffix("s") if number == 1 else word for word, number in counts.items()}
    return ", ".join(f"{number:,} {words[word]}" for word, number in counts.items())
