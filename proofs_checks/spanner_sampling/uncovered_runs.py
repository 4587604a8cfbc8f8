"""Runs of the spanner phase: what they leave uncovered, against ``kappa`` and against an enumerated law.

Theory section 2, S7.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from explore_theory.foundation.streams import Streams
from explore_theory.harness import Case, OneSample, Tally, Trial
from proofs_checks.spanner_sampling import spanner_enumeration, spanner_phase
from proofs_checks.spanner_sampling.spanner_enumeration import Small
from proofs_checks.spanner_sampling.spanner_phase import Family, Floats, Phase

RATIO = math.e / (math.e - 1)
DELTA = 0.75


def kappa(most: int, delta: float, rounds: int) -> float:
    """``(e/(e-1)) (n_acc + log(3/delta)) / T_span``."""
    return RATIO * (most + math.log(3 / delta)) / rounds


@dataclass(frozen=True, kw_only=True)
class World:
    """A family, the phase of the statement, the phase that is played, and one stream a run."""

    family: Family
    stated: Phase
    played: Phase
    stores: bool
    coverage: float
    streams: Streams

    @property
    def bound(self) -> float:
        """``kappa`` of the stated phase."""
        most = spanner_phase.most_accepted(self.family.relative.shape[-1], self.stated.nu, self.stated.ridge)
        return kappa(most, DELTA, self.stated.rounds)

    def left(self) -> tuple[Floats, Floats]:
        """``S`` and ``A`` at the end of every run."""
        p = spanner_phase.uncovered(self.family, self.played, self.streams, stores=self.stores)
        found = spanner_phase.chance_to_accept(p, self.stated.pairs)
        mass = self.family.prompt_mass
        return (mass * found).sum(axis=-1), (mass * np.minimum(1.0, self.coverage * p)).sum(axis=-1)


def phases(trial: Trial, *, rounds_over: int = 1, pairs: int | None = None, stores: bool = True) -> World:
    """The phase of the case; or one that stops early, draws fewer pairs, or stores nothing."""
    params = trial.case.params
    coverage = float(params["C_cov"])
    stated = Phase(
        rounds=int(float(params["rounds"])),
        pairs=math.ceil(coverage),
        nu=float(params["nu"]),
        ridge=float(params.get("lambda", 1.0)),
    )
    played = Phase(
        rounds=stated.rounds // rounds_over, pairs=pairs or stated.pairs, nu=stated.nu, ridge=stated.ridge
    )
    return World(
        family=spanner_phase.FAMILIES[str(params["family"])](),
        stated=stated,
        played=played,
        stores=stores,
        coverage=coverage,
        streams=trial.streams,
    )


def failures(world: World) -> Tally:
    """How often ``S > kappa`` or ``A > (e/(e-1)) kappa``."""
    accepted, uncovered = world.left()
    failed = (accepted > world.bound) | (uncovered > RATIO * world.bound)
    return Tally(successes=int(failed.sum()), trials=failed.size, notes={"kappa": world.bound})


@cache
def enumerated(rounds: int, nu: float, ridge: float, coverage: float) -> dict[tuple[int, int], float]:
    """The law of ``(S, A)`` on the small family; three pairs a round are at least ``C_cov = 2.6``."""
    return spanner_enumeration.law(
        Small(
            mass=spanner_phase.SMALL_MASS,
            base=spanner_phase.SMALL_BASE,
            features=spanner_phase.SMALL_FEATURES,
            rounds=rounds,
            pairs=3,
            nu=nu,
            ridge=ridge,
        ),
        coverage,
    )


def endings(world: World) -> OneSample:
    """How ``(S, A)`` is distributed, against the enumerated law."""
    ends = [spanner_enumeration.millionths(s, a) for s, a in zip(*world.left(), strict=True)]
    stated = world.stated
    return OneSample.finite(ends, enumerated(stated.rounds, stated.nu, stated.ridge, world.coverage))


def phase_case(family: str, nu: float, coverage: float, rounds: float, *tiers: str) -> Case:
    """One family at one length of the phase."""
    return Case(
        slug=f"{family}-1e{round(math.log10(rounds))}",
        params={"family": family, "nu": nu, "C_cov": coverage, "rounds": rounds},
        rows=1024,
        tiers=tiers or ("quick", "full"),
    )
