"""C2, C4 and C5 in Coq, held against the package: needles and problems of rational numbers."""

from fractions import Fraction

import numpy as np

from explore_theory import exact
from explore_theory.claims import MACHINE_NUMBERS, REALS, Bridged, Proof, laws
from explore_theory.exact.needle import hit_given_inner
from explore_theory.policies import Tabular
from explore_theory.problems import TabularProblem
from proofs_checks.formal.terms import chosen, fraction, fractions, listed, masses, numbers, real, table

#: What counter-examples rest on; the theorems themselves rest on `REALS` alone.
AXIOMS = REALS | MACHINE_NUMBERS
#: Other responses beside the needle, and temperatures.
SIZES = ((1, Fraction(1, 2)), (2, Fraction(3, 4)), (4, Fraction(5, 3)))


def _others(count: int) -> str:
    return listed(["tt"] * count)


def _problem(base: list[Fraction], reward: list[Fraction], beta: Fraction) -> TabularProblem:
    """One prompt."""
    return TabularProblem(
        prompt_mass=np.ones(1),
        base=np.array([[float(mass) for mass in base]]),
        features=np.zeros((1, len(base), 1)),
        reward=np.array([[float(value) for value in reward]]),
        beta=float(beta),
    )


# --- C2 --------------------------------------------------------------------------------------------------


def _hits(rng: np.random.Generator) -> list[Bridged]:
    """A strong call against the package's closed form, below and at ``s = beta``."""
    found = []
    for others, beta in SIZES:
        coverage = fraction(rng, 9, 60, 7)
        for s in (beta, beta * fraction(rng, -9, 9, 10)):
            term = f"Needle.hit {_others(others)} {real(coverage)} {real(beta)} {real(s)}"
            value = float(hit_given_inner(float(s), float(coverage), float(beta)))
            found.append(Bridged(term=term, value=value, by="Needle.expand_needle; interval"))
    return found


HIT = Proof(
    file="formal/c2.v",
    theorem="c2",
    says=(
        "For every number of other responses, C > 1, beta > 0 and s <= beta, as stated; h(s) is the needle's"
        " mass under pi_theta, which is proportional to pi_ref exp(<theta, phi>/beta)."
    ),
    bridge=_hits,
    axioms=AXIOMS,
    negations={
        "constant-forgotten": "not_without_e",
        "wider-range": "not_wider",
        "one-too-sharp": "not_too_sharp",
    },
    requires=("libcoq-interval",),
)

# --- C4 --------------------------------------------------------------------------------------------------


def _costs(rng: np.random.Generator) -> list[Bridged]:
    """Gap, optimal mass and the coins' divergence, of any policy and of the best one of its mass."""
    found = []
    by = "cbv [coin_kl mass_in part_of reweighted Bool.eqb]; Laws.expand; interval"
    for size, beta in ((3, Fraction(2, 3)), (4, Fraction(7, 5))):
        base, policy = masses(rng, size), masses(rng, size)
        reward = fractions(rng, size, -6, 12, 12)
        problem = _problem(base, reward, beta)
        law = np.array([[float(mass) for mass in policy]])
        optimal = np.exp(exact.optimal_policy(problem).log_probs[0])
        p, q = law[0, 0], optimal[0]
        best = np.concatenate([[p], (1 - p) / (1 - q) * optimal[1:]])[None]
        given = f"{numbers(size)} {table(base)} {table(reward)} {real(beta)}"
        star, inside = f"(Laws.optimal {given})", chosen([i == 0 for i in range(size)])
        mass = f"mass_in {numbers(size)} {inside}"
        worst = f"(reweighted {numbers(size)} {inside} {real(policy[0])} {star})"
        sides = {
            f"{mass} {star}": float(q),
            f"coin_kl ({mass} {table(policy)}) ({mass} {star})": float(laws.bernoulli_kl(p, q)),
        }
        for term, played in ((table(policy), law), (worst, best)):
            gap = f"Laws.objective {given} {star} - Laws.objective {given} {term}"
            sides[gap] = float(exact.gap(problem, Tabular(np.log(played)))[0])
        found += [Bridged(term=term, value=value, by=by) for term, value in sides.items()]
    return found


GAP_OF_MASS = Proof(
    file="formal/c4.v",
    theorem="c4",
    says=(
        "For every finite list of responses, set of them (one response in the claim), base policy (masses "
        "may be zero), rewards and beta > 0, as stated, for every mass p that a policy of finite gap can "
        "give."
    ),
    bridge=_costs,
    axioms=AXIOMS,
    negations={"swapped-coins": "not_reversed", "beta-forgotten": "not_without_beta"},
    requires=("libcoq-interval",),
)

# --- C5 --------------------------------------------------------------------------------------------------


def _misses(rng: np.random.Generator) -> list[Bridged]:
    """Mass on the needle and off it against the table of the problem, evaluated by the package."""
    found = []
    by = "cbv [q miss]; Needle.expand_needle; interval"
    for others, beta in SIZES:
        coverage = fraction(rng, 9, 60, 7)
        rest = (1 - 1 / coverage) / others
        problem = _problem([1 / coverage] + [rest] * others, [Fraction(1)] + [Fraction(0)] * others, beta)
        optimal = np.exp(exact.optimal_policy(problem).log_probs[0])
        given = f"{_others(others)} {real(coverage)} {real(beta)}"
        found += [
            Bridged(term=f"q {given}", value=float(optimal[0]), by=by),
            Bridged(term=f"miss {given}", value=float(optimal[1:].sum()), by=by),
        ]
    return found


OPTIMAL_MASS = Proof(
    file="formal/c5.v",
    theorem="c5",
    says="For every number of other responses, C > 1 and beta > 0, as stated.",
    bridge=_misses,
    axioms=AXIOMS,
    negations={
        "odds-forgotten": "not_without_odds",
        "temperature-halved": "not_at_temperature_halved",
    },
    requires=("libcoq-interval",),
)
