"""Gap against reward rounds and sampling calls, for each learner on one tabular problem.

Run: ``python benchmarks/learners.py``.
"""

import time
from collections.abc import Callable

import numpy as np

from explore_theory import exact, oracles
from explore_theory.algorithms import (
    XPO,
    BestOfN,
    Learner,
    OnlineDPO,
    OnlineGreedy,
    OptimalDesign,
    PassiveSampling,
)
from explore_theory.policies import Base, BestOf
from explore_theory.problems import Gaussian, TabularProblem

REPLICATES = 64
ROUNDS = (64, 256, 1024)
DRAWS = 16


def problem(responses: int = 64, d: int = 4, beta: float = 0.1) -> TabularProblem:
    """One prompt whose base policy shows the better half of the responses a hundred times less often."""
    random = np.random.default_rng(0)
    features = random.normal(size=(responses, d))
    features /= np.linalg.norm(features, axis=-1, keepdims=True)
    theta = np.array([0.5, -0.3, 0.2, 0.1])
    reward = features @ theta
    base = np.where(reward > np.median(reward), 0.01, 1.0)
    return TabularProblem(
        prompt_mass=[1.0],
        base=[base / base.sum()],
        features=features[None],
        reward=reward[None],
        beta=beta,
        theta_star=theta,
        parameter_radius=1.0,
        noise=Gaussian(0.2),
    )


def learners(world: TabularProblem) -> dict[str, Callable[[int], Learner]]:
    """Names, and learners by their number of rounds."""
    features = world.features[0]
    return {
        "passive": lambda rounds: PassiveSampling(rounds=rounds),
        "online greedy": lambda rounds: OnlineGreedy(rounds=rounds),
        "online DPO": lambda rounds: OnlineDPO(rounds=rounds),
        "online DPO, preferences": lambda rounds: OnlineDPO(rounds=rounds, feedback="preferences"),
        "XPO": lambda rounds: XPO(rounds=rounds, optimism=0.02 * rounds**-0.5),
        "XPO, preferences": lambda rounds: XPO(
            rounds=rounds, optimism=0.2 * rounds**-0.5, feedback="preferences"
        ),
        f"best of {DRAWS}": lambda rounds: BestOfN(rounds=rounds, draws=DRAWS),
        "optimal design": lambda rounds: OptimalDesign(features=features, rounds=rounds),
    }


def main() -> None:
    world = problem()
    limit = exact.gap(world, BestOf(world.theta_star, DRAWS)).item()
    start_gap = exact.gap(world, Base()).item()
    print(f"C_cov = {exact.coverage(world).item():.4g}; {REPLICATES} replicates")
    print(f"gap of pi_ref {start_gap:.3g}, of best of {DRAWS} by the true rewards {limit:.3g}")
    print(f"{'learner':<24} {'T_data':>8} {'T_comp':>8} {'mean gap':>10} {'90% gap':>10} {'seconds':>8}")
    for name, make in learners(world).items():
        for rounds in ROUNDS:
            start = time.perf_counter()
            oracle = oracles.open(world, replicates=REPLICATES)
            gap = exact.gap(world, make(rounds).run(oracle))
            seconds = time.perf_counter() - start
            data, compute = oracle.ledger.data.mean(), oracle.ledger.compute.mean()
            print(
                f"{name:<24} {data:>8.4g} {compute:>8.4g} {gap.mean():>10.3g} {np.quantile(gap, 0.9):>10.3g} "
                f"{seconds:>8.2f}"
            )


if __name__ == "__main__":
    main()
