"""S4, S5, S5s and S6 in Coq, held against the package at rational policies and scores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from explore_theory.claims import Bridged, Proof
from proofs_checks.formal.terms import chosen, floats, fractions, masses, numbers, real, table
from proofs_checks.spanner_sampling import truncated
from proofs_checks.spanner_sampling.truncated import Truncated

Floats = npt.NDArray[np.float64]
T = TypeVar("T")

#: What is unfolded before a policy becomes a number, the outermost first.
POLICIES = (
    "Laws.kl",
    "Tilts.mass_on",
    "Tilts.mass_off",
    "Laws.mean",
    "Tilts.on",
    "Tilts.off",
    "Tilts.difference",
    "Tilts.relative",
    "Tilts.tilt",
    "Laws.optimal",
    "Laws.partition",
    "Laws.mean",
    "Tilts.truncated",
    "Sums.table",
)


def _tactic(*definitions: str) -> str:
    return f"unfold {', '.join((*definitions, *POLICIES))}; simpl; interval"


@dataclass(frozen=True)
class Instance:
    """One base policy with two scores and a set; the same in the package and in pieces of Coq.

    Response 0 is the comparison response; `reward` and `estimate` are fractions, not yet relative.
    """

    world: Truncated
    responses: str
    base: str
    reward: str
    estimate: str
    inside: str
    beta: str

    @property
    def truncated(self) -> str:
        """``Y base r h inside``, as S5 and S6 take them."""
        return f"{self.responses} {self.base} {self.reward} {self.estimate} {self.inside}"


def instances(rng: np.random.Generator) -> Sequence[Instance]:
    """Two to four responses, unequal masses and scores, unequal ``beta`` other than one.

    Errors are below `beta` on the set, and the optimal policy gives the rest less than half.
    """
    found = []
    for inside, beta in (
        ((True, False), Fraction(3, 2)),
        ((True, True, False), Fraction(4, 5)),
        ((True, False, True, True), Fraction(5, 7)),
    ):
        n = len(inside)
        base = masses(rng, n)
        reward = fractions(rng, n, 0, 12, 24)
        errors = [Fraction(0), *fractions(rng, n - 1, 3, 11, 24)]
        estimate = [r - reward[0] + e for r, e in zip(reward, errors, strict=True)]
        world = Truncated(
            log_base=np.log(floats(base)),
            reward=floats([r - reward[0] for r in reward]),
            estimate=floats(estimate),
            inside=np.array([inside]),
            beta=np.array([float(beta)]),
            effort=1,
        )
        found.append(
            Instance(
                world=world,
                responses=numbers(n),
                base=table(base),
                reward=table(reward),
                estimate=table(estimate),
                inside=chosen(inside),
                beta=real(beta),
            )
        )
    return found


def tilt_divergence(
    tilts: Callable[[Floats, Floats, Floats, Floats, int], T],
    divergence: Callable[[T], Floats],
    cumulant: Callable[[T], Floats],
) -> Proof:
    """S4, by the claim's own instances and both its sides; f is the estimate, g the reward."""

    def bridge(rng: np.random.Generator) -> list[Bridged]:
        found = []
        for one in instances(rng):
            world = one.world
            here = tilts(world.log_base, world.estimate, world.reward, world.beta, 1)
            scores = (one.estimate, one.reward)
            policies = " ".join(f"(Tilts.tilt {one.responses} {one.base} {f} {one.beta})" for f in scores)
            both = f"{one.responses} {one.base} {one.estimate} {one.reward} {one.beta}"
            found += [
                Bridged(
                    term=f"Laws.kl {one.responses} {policies}",
                    value=divergence(here)[0],
                    by=_tactic(),
                ),
                Bridged(
                    term=f"right_hand_side {both}",
                    value=cumulant(here)[0],
                    by=_tactic("right_hand_side"),
                ),
            ]
        return found

    return Proof(
        file="formal/s4.v",
        theorem="tilt_divergence",
        says=(
            "For every finite list of responses, base policy (masses may be zero), scores f and g and "
            "beta > 0, as stated."
        ),
        bridge=bridge,
        negations={
            "reversed-divergence": "reversed_divergence_is_false",
            "sign-of-the-exponent": "sign_of_the_exponent_is_false",
            "mean-forgotten": "mean_forgotten_is_false",
        },
    )


def _divergences(rng: np.random.Generator) -> list[Bridged]:
    """The divergence of S5 and the three quantities on its right-hand side."""
    found = []
    for one in instances(rng):
        squares, missed, clipped = (float(term[0]) for term in truncated.summands(one.world))
        y, base, r, h, inside, beta = one.responses, one.base, one.reward, one.estimate, one.inside, one.beta
        found += [
            Bridged(
                term=f"truncated_divergence {one.truncated} {beta}",
                value=truncated.divergence(one.world)[0][0],
                by=_tactic("truncated_divergence"),
            ),
            Bridged(
                term=f"squares {one.truncated} 0%nat {beta}", value=squares, by=_tactic("squares", "error")
            ),
            Bridged(term=f"missed {y} {base} {r} {inside} {beta}", value=missed, by=_tactic("missed")),
            Bridged(term=f"clipped {y} {base} {h} {inside} {beta}", value=clipped, by=_tactic("clipped")),
        ]
    return found


def truncated_divergence() -> Proof:
    """S5."""
    return Proof(
        file="formal/s5.v",
        theorem="truncated_divergence_at_most",
        says=(
            "For every finite list of responses, base policy (masses may be zero), rewards at most R below "
            "that of y', estimates, set I and beta > 0, if |D| <= 1 on I and pi*(I^c) <= 1/2, as stated."
        ),
        bridge=_divergences,
        negations={
            "beyond-one-half": "beyond_one_half_is_false",
            "missed-mass-forgotten": "missed_mass_forgotten_is_false",
        },
    )


def sharpest_divergence() -> Proof:
    """S5s."""
    return Proof(
        file="formal/s5.v",
        theorem="sharpest_divergence",
        says=(
            "The inequality for every finite list of responses, base policy (masses may be zero), rewards at "
            "most R below that of y', estimates, set I of positive optimal mass, beta > 0 and c > 0, if "
            "D <= c on I. That no constant can be smaller is not in it."
        ),
        bridge=_divergences,
    )


def density_ratio() -> Proof:
    """S6; the policy is held against the package's at every response."""

    def bridge(rng: np.random.Generator) -> list[Bridged]:
        found = []
        for one in instances(rng):
            y, base, r, h, inside, beta = (
                one.responses,
                one.base,
                one.reward,
                one.estimate,
                one.inside,
                one.beta,
            )
            found.append(
                Bridged(
                    term=f"Truncation.optimal_mass {y} {base} {r} {inside} {beta}",
                    value=np.exp(truncated.log_mass(one.world.log_best, one.world.inside)[0]),
                    by=_tactic("Truncation.optimal_mass"),
                )
            )
            found += [
                Bridged(
                    term=f"Truncation.truncated_policy {y} {base} {h} {inside} {beta} {i}%nat",
                    value=mass,
                    by=_tactic("Truncation.truncated_policy"),
                )
                for i, mass in enumerate(np.exp(one.world.log_policy[0]))
            ]
        return found

    return Proof(
        file="formal/s6.v",
        theorem="density_ratio",
        says=(
            "For every finite list of responses, base policy (masses may be zero, not that of y'), rewards, "
            "estimates, set I with y', beta > 0, c, bound C on the coverage of pi*: if |f_t - g| <= c beta "
            "on I, the ratio is at most e^(2c) C/pi*(I) on I and e^c C/pi*(I) off I; c = 1 as stated. By "
            "counter-examples, neither constant can be one percent smaller."
        ),
        bridge=bridge,
        negations={
            "ninety-nine-percent": "ninety_nine_percent_is_false",
            "e-on-the-inside": "e_on_the_inside_is_false",
            "one-on-the-outside": "one_on_the_outside_is_false",
        },
    )
