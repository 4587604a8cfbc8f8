"""T1, T2 and T4 on a token problem that a user brings.

Letters: `H` tokens per response, `A` tokens, `S` states of a layer, `T` policies.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.claims import Bound, Measurement, Trial, laws
from explore_theory.exact import soft_dynamics
from explore_theory.problems import AutoregressiveProblem
from proofs_checks.framework.given_tables import MOST_NUMBERS, listed, on_table

Floats = npt.NDArray[np.float64]
Tables = tuple[Floats, ...]

RANDOM = 6


@dataclass(frozen=True, eq=False)
class Tokens:
    """A token problem and `T` policies on it, tables `[S, A]` of logarithms for each layer."""

    problem: AutoregressiveProblem
    policies: tuple[Tables, ...]

    @property
    def scale(self) -> float:
        """``max(R, beta)``."""
        return max(self.problem.reward_range, self.problem.beta)

    def size(self) -> float:
        """How large the log-probability of a token is: base, optimal or of a policy here."""
        deepest = max(-float(layer.log_base[layer.supported].min()) for layer in self.problem.layers)
        steep = self.problem.reward_range / self.problem.beta
        return 25 + steep + deepest + float(np.log(self.problem.vocabulary))

    def rounding_of_logs(self) -> float:
        """What float64 may do to the log-probability of a response."""
        return float(8 * self.problem.horizon * np.finfo(float).eps * self.size() * self.problem.horizon)

    def rounding(self) -> float:
        """What float64 may do to a gap, in units of `scale`; see `framework.given_tables.Table.rounding`."""
        steps = self.problem.horizon
        largest = max(float(np.abs(layer.reward).max()) for layer in self.problem.layers)
        worth = steps * (largest + self.problem.beta * self.size())
        return float(4 * steps * np.finfo(float).eps * self.size() * worth / self.scale)


def tokens(trial: Trial) -> Tokens:
    """The problem with policies: the base policy, tilted one step ahead only, and random ones."""
    problem = trial.given
    base = soft_dynamics.base_policy(problem)
    blind = tuple(
        laws.log_normalise(layer.log_base + layer.reward / problem.beta) for layer in problem.layers
    )
    numbers = sum(table.size for table in base)
    many = max(2, min(RANDOM, MOST_NUMBERS // numbers))
    noise = trial.streams.normal(many * numbers).reshape(many, numbers)
    drawn = []
    for spread, row in zip(np.geomspace(0.1, 3.0, many), noise, strict=True):
        parts = np.split(row, np.cumsum([table.size for table in base])[:-1])
        drawn.append(
            tuple(
                laws.log_normalise(table + spread * part.reshape(table.shape))
                for table, part in zip(base, parts, strict=True)
            )
        )
    return Tokens(problem, (base, blind, *drawn))


# --- T1 --------------------------------------------------------------------------------------------------


def by_responses(world: Tokens) -> Floats:
    """``log pi*`` of all responses `[X, A^H]`, from the tilt of the base law: no tokens in it."""
    logs = soft_dynamics.sequence_laws(world.problem, world.policies[0])
    return laws.optimal(logs, soft_dynamics.sequence_rewards(world.problem), world.problem.beta)


def by_tokens(world: Tokens, *, blind: bool = False) -> Floats:
    """``sum_h log pi*_h`` `[X, A^H]`; blind to what follows as a false variant."""
    problem = world.problem
    policy = world.policies[1] if blind else soft_dynamics.optimum(problem).log_policy
    return soft_dynamics.sequence_laws(problem, policy)


def worst(world: Tokens, *, blind: bool = False) -> tuple[Floats, Floats]:
    """Both sides at the response of each prompt where they differ most."""
    left, right = by_responses(world), by_tokens(world, blind=blind)
    there = left > -np.inf
    apart = np.where(
        there & (right > -np.inf), np.abs(np.where(there, left, 0) - np.where(there, right, 0)), -1
    )
    place = apart.argmax(axis=-1)[:, None]
    return np.take_along_axis(left, place, 1)[:, 0], np.take_along_axis(right, place, 1)[:, 0]


def law_of_responses(world: Tokens, *, blind: bool = False) -> Measurement:
    """``log pi*(y)`` at the response where the sides differ most."""
    return Measurement.exact(worst(world, blind=blind)[0], error=world.rounding_of_logs(), unit="prompts")


def product(world: Tokens, *, blind: bool = False) -> Bound:
    """The product there."""
    return Bound.of(worst(world, blind=blind)[1], error=world.rounding_of_logs())


PRODUCT = on_table(
    "given",
    kinds=("tokens",),
    applies=listed,
    world=tokens,
    measure=law_of_responses,
    bound=product,
    variants=(
        (
            "given-one-step-lookahead",
            "each token is tilted by its own reward only",
            {
                "measure": lambda w: law_of_responses(w, blind=True),
                "bound": lambda w: product(w, blind=True),
            },
        ),
    ),
)


# --- T2 --------------------------------------------------------------------------------------------------


def all_policies(world: Tokens) -> tuple[Tables, ...]:
    """The optimal policy, then those of the world but for the base policy, which covers itself."""
    return (soft_dynamics.optimum(world.problem).log_policy, *world.policies[1:])


def log_coverages(world: Tokens) -> Measurement:
    """``log C_cov`` of the optimal policy and of others."""
    found = [float(soft_dynamics.log_coverage(world.problem, policy)) for policy in all_policies(world)]
    return Measurement.exact(found, error=world.rounding_of_logs(), effort=len(found), unit="policies")


def powers(world: Tokens, layers: int = 0, share: float = 1.0) -> Bound:
    """``H log C_cond`` of each; of fewer `layers`, or a `share`, as false variants."""
    steps = share * (world.problem.horizon - layers)
    found = [
        steps * float(soft_dynamics.log_conditional_coverage(world.problem, policy))
        for policy in all_policies(world)
    ]
    return Bound.of(found, error=world.rounding_of_logs())


COVERAGES = on_table(
    "given",
    kinds=("tokens",),
    applies=lambda problem: "",
    world=tokens,
    measure=log_coverages,
    bound=powers,
    variants=(
        ("given-one-layer-less", "C_cov <= C_cond^(H-1)", {"bound": lambda w: powers(w, layers=1)}),
        ("given-half-the-exponent", "C_cov <= C_cond^(H/2)", {"bound": lambda w: powers(w, share=0.5)}),
    ),
)


# --- T4 --------------------------------------------------------------------------------------------------


def gaps(world: Tokens) -> Measurement:
    """``J(pi*) - J(pi)`` of each policy, in units of `scale`."""
    found = [float(soft_dynamics.gap(world.problem, policy)) / world.scale for policy in world.policies]
    return Measurement.exact(found, error=world.rounding(), effort=len(found), unit="policies")


def divergences(world: Tokens, steps: int | None = None, share: float = 1.0) -> Bound:
    """``beta sum_h E_pi KL(pi_h || pi*_h)`` of each, over all steps or the first `steps`."""
    found = [
        share * float(soft_dynamics.token_divergences(world.problem, policy)[..., :steps].sum()) / world.scale
        for policy in world.policies
    ]
    return Bound.of(found, error=world.rounding())


GAP = on_table(
    "given",
    kinds=("tokens",),
    applies=lambda problem: "",
    world=tokens,
    measure=gaps,
    bound=divergences,
    infinite_means_equal=True,
    variants=(
        (
            "given-first-token",
            "the divergence of the first token only",
            {"bound": lambda w: divergences(w, 1)},
        ),
        ("given-half", "half the divergences", {"bound": lambda w: divergences(w, share=0.5)}),
    ),
)
