"""What best-of-N earns, prompt by prompt, in rationals: policies on a few responses, rewards in [0, 1]."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.claims import Measurement, Trial
from proofs_checks.coverage_principle.profiles import ONE, ZERO, Law, coverage, laws, text

Rewards = tuple[Fraction, ...]


@dataclass(frozen=True)
class Prompt:
    """One prompt: what the comparator and the model answer, and what answers earn."""

    task: Law
    model: Law
    rewards: Rewards


@dataclass(frozen=True)
class Setting:
    """Prompts with their probabilities, how many draws the model makes, and the level of coverage."""

    prompts: tuple[tuple[Fraction, Prompt], ...]
    draws: int
    level: Fraction

    def uncovered(self, *, strict: bool = True) -> Fraction:
        """``P[task/model > level]``, or ``>=``, over prompts and the comparator's answers."""
        return sum(
            (chance * coverage(p.task, p.model, self.level, strict=strict) for chance, p in self.prompts),
            ZERO,
        )

    def loss(self) -> Fraction:
        """How much less the best of the model's draws earns than the comparator, on average."""
        return sum((chance * lost(p, self.draws) for chance, p in self.prompts), ZERO)

    def words(self) -> dict[str, Any]:
        """The setting for a reader."""
        found: dict[str, Any] = {"N": self.draws, "M": str(self.level)}
        for k, (chance, p) in enumerate(self.prompts, 1):
            each = f"task {text(p.task)}; model {text(p.model)}; rewards {text(p.rewards)}"
            found[f"prompt {k}, {chance}"] = each
        return found


def lost(p: Prompt, draws: int) -> Fraction:
    """``E_task r - E max of the rewards of the model's draws``."""
    return sum((t * r for t, r in zip(p.task, p.rewards, strict=True)), ZERO) - best(p, draws)


def best(p: Prompt, draws: int) -> Fraction:
    """``E max r``: over levels of the reward, their rise times the chance that some draw reaches them."""
    earned, below = ZERO, ZERO
    for height in sorted(set(p.rewards)):
        missed = sum((m for m, r in zip(p.model, p.rewards, strict=True) if r < height), ZERO)
        earned += (height - below) * (1 - missed**draws)
        below = height
    return earned


def rewards(responses: int, levels: int) -> Iterator[Rewards]:
    """All rewards in multiples of ``1/levels`` that are zero somewhere and one somewhere."""
    heights = [Fraction(k, levels) for k in range(levels + 1)]
    for found in itertools.product(heights, repeat=responses):
        if min(found) == 0 and max(found) == 1:
            yield found


def one_prompt(trial: Trial) -> tuple[Setting, ...]:
    """All pairs of policies on a grid with all rewards, for some draws and levels."""
    size, grid, steps = (int(trial.case.params[name]) for name in ("responses", "grid", "rewards"))
    known, earned = tuple(laws(size, grid)), tuple(rewards(size, steps))
    levels = [(3, m) for m in (Fraction(2), Fraction(4))]
    prompts = [Prompt(*each) for each in itertools.product(known, known, earned)]
    return tuple(Setting(((ONE, p),), n, m) for p, (n, m) in itertools.product(prompts, levels))


def two_prompts(trial: Trial) -> tuple[Setting, ...]:
    """A share `c` of prompts that nothing covers; the others ask for a response of mass ``1/M`` exactly."""
    share, level = Fraction(str(trial.case.params["uncovered"])), Fraction(int(trial.case.params["M"]))
    sought, earned = (ONE, ZERO), (ONE, ZERO)
    none = Prompt(sought, (ZERO, ONE), earned)
    just = Prompt(sought, (1 / level, 1 - 1 / level), earned)
    return tuple(
        Setting(((share, none), (1 - share, just)), n, level)
        for n in (1, int(level), 2 * int(level), 4 * int(level))
    )


def losses(world: tuple[Setting, ...]) -> Measurement:
    """The loss of every setting."""
    values = [each.loss() for each in world]
    return Measurement.exact(values, unit="settings", witness=lambda k: world[k].words())
