"""F1 to F4 in Coq, held against the package: whole problems of rational numbers, evaluated there and here."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from explore_theory import exact
from explore_theory.claims import MACHINE_NUMBERS, REALS, Bridged, Proof
from explore_theory.policies import Mixture, Tabular
from explore_theory.problems import TabularProblem
from proofs_checks.formal.terms import fractions, listed, masses, numbers, real, reals, table, table2

#: What counter-examples rest on; the theorems themselves rest on `REALS` alone.
AXIOMS = REALS | MACHINE_NUMBERS
Rows = list[list[Fraction]]


@dataclass(frozen=True)
class Instance:
    """Two prompts of unequal mass, three responses, three policies; every law of unequal masses."""

    rho: list[Fraction]
    base: Rows
    reward: Rows
    policies: tuple[Rows, ...]
    beta: Fraction

    @property
    def problem(self) -> TabularProblem:
        """The same as the package has it."""
        base = _array(self.base)
        return TabularProblem(
            prompt_mass=np.array([float(mass) for mass in self.rho]),
            base=base,
            features=np.zeros((*base.shape, 1)),
            reward=_array(self.reward),
            beta=float(self.beta),
        )

    def policy(self, k: int) -> Tabular:
        """Policy `k` as the package has it."""
        return Tabular(np.log(_array(self.policies[k])))

    def alone(self, x: int) -> "Instance":
        """The same with prompt `x` alone."""
        policies = tuple([rows[x]] for rows in self.policies)
        return Instance([Fraction(1)], [self.base[x]], [self.reward[x]], policies, self.beta)

    @property
    def prompts(self) -> str:
        """Prompts, their law, and the responses, as terms of Coq."""
        return f"{numbers(len(self.rho))} {table(self.rho)} {numbers(len(self.base[0]))}"

    @property
    def given(self) -> str:
        """Base policy, rewards and ``beta``, as terms of Coq."""
        return f"{table2(self.base)} {table2(self.reward)} {real(self.beta)}"


def _array(rows: Rows) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([[float(value) for value in row] for row in rows])


def instances(rng: np.random.Generator) -> Iterator[Instance]:
    """Two of them, at temperatures apart from each other and from one."""
    for beta in (Fraction(3, 5), Fraction(7, 4)):
        yield Instance(
            rho=masses(rng, 2),
            base=[masses(rng, 3) for _ in range(2)],
            reward=[fractions(rng, 3, -6, 12, 12) for _ in range(2)],
            policies=tuple([masses(rng, 3) for _ in range(2)] for _ in range(3)),
            beta=beta,
        )


# --- F1 --------------------------------------------------------------------------------------------------


def _gaps(rng: np.random.Generator) -> list[Bridged]:
    """Both sides of F1, and the objective."""
    found = []
    by = "cbv [J best mean_kl]; Laws.expand; interval"
    for one in instances(rng):
        problem, policy, pi = one.problem, one.policy(0), table2(one.policies[0])
        responses = numbers(3)
        star = f"(best {responses} {one.given})"
        divergence = float(exact.kl(problem, policy, exact.optimal_policy(problem))[0])
        sides = {
            f"J {one.prompts} {one.given} {pi}": float(exact.objective(problem, policy)[0]),
            f"J {one.prompts} {one.given} {star} - J {one.prompts} {one.given} {pi}": float(
                exact.gap(problem, policy)[0]
            ),
            f"mean_kl {one.prompts} {pi} {star}": divergence,
        }
        found += [Bridged(term=term, value=value, by=by) for term, value in sides.items()]
    return found


GAP_IS_KL = Proof(
    file="formal/f1.v",
    theorem="f1",
    says=(
        "For every finite list of prompts and of responses, prompt law, base policies (masses may be zero), "
        "rewards, policies and beta > 0, as stated; both sides are infinite together: pi leaves the support "
        "of pi_ref at a prompt of positive mass exactly if it leaves that of pi*."
    ),
    bridge=_gaps,
    axioms=AXIOMS,
    negations={
        "reversed-at-every-prompt": "not_reversed",
        "reversed-divergence": "not_reversed",
        "prompts-alike": "not_with_prompts_alike",
        "temperature-doubled": "not_at_temperature_doubled",
        "beta-forgotten": "not_without_beta",
    },
    requires=("libcoq-interval",),
)

# --- F2 --------------------------------------------------------------------------------------------------


def _ratios(rng: np.random.Generator) -> list[Bridged]:
    """The coverage, which is the largest ratio, and all other ratios."""
    found = []
    by = "cbv [ratio]; Laws.expand; interval"
    for one in instances(rng):
        problem = one.problem
        ratios = np.exp(exact.optimal_policy(problem).log_probs) / _array(one.base)
        best = np.unravel_index(int(ratios.argmax()), ratios.shape)
        for x, y in np.ndindex(ratios.shape):
            value = exact.coverage(problem)[0] if (x, y) == best else ratios[x, y]
            term = f"ratio {numbers(3)} {one.given} {x}%nat {y}%nat"
            found.append(Bridged(term=term, value=float(value), by=by))
    return found


COVERAGE_RANGE = Proof(
    file="formal/f2.v",
    theorem="f2",
    says=(
        "For every finite list of prompts and of responses, prompt law, base policies (masses may be zero), "
        "rewards and beta > 0: there is a C_cov, and it is as stated, R being the range over the support at "
        "prompts of positive mass."
    ),
    bridge=_ratios,
    axioms=AXIOMS,
    negations={"half-exponent": "not_half_exponent", "half-the-range": "not_half_range"},
    requires=("libcoq-interval",),
)

# --- F3 --------------------------------------------------------------------------------------------------


def _values(rng: np.random.Generator) -> list[Bridged]:
    """The mean of soft values over prompts, and the objectives of `pi*` and of a policy at each prompt."""
    found = []
    by = "cbv [mean_soft_value]; Laws.expand; interval"
    for one in instances(rng):
        problem = one.problem
        term = f"mean_soft_value {one.prompts} {one.given}"
        found.append(Bridged(term=term, value=float(exact.soft_value(problem)[0]), by=by))
        for x in range(2):
            alone = one.alone(x)
            given = f"{numbers(3)} {table(one.base[x])} {table(one.reward[x])} {real(one.beta)}"
            sides = {
                f"Laws.soft_value {given}": exact.soft_value(alone.problem),
                f"Laws.objective {given} (Laws.optimal {given})": exact.optimal_objective(alone.problem),
                f"Laws.objective {given} {table(one.policies[0][x])}": exact.objective(
                    alone.problem, alone.policy(0)
                ),
            }
            found += [Bridged(term=term, value=float(side[0]), by=by) for term, side in sides.items()]
    return found


SOFT_VALUE = Proof(
    file="formal/f3.v",
    theorem="f3",
    says=(
        "For every finite list of responses, base policy (masses may be zero), rewards and beta > 0, over "
        "the policies of finite divergence, as stated; and attained at pi* alone."
    ),
    bridge=_values,
    axioms=AXIOMS,
    negations={
        "divergence-forgotten": "not_without_divergence",
        "temperature-doubled": "not_at_temperature_doubled",
        "beta-forgotten": "not_without_beta",
        "hard-maximum": "not_hard_maximum",
        "expected-reward": "not_expected_reward",
    },
    requires=("libcoq-interval",),
)

# --- F4 --------------------------------------------------------------------------------------------------


def _mixtures(rng: np.random.Generator) -> list[Bridged]:
    """Both sides of F4 at each prompt, from gaps of the mixture and its parts: beta times them."""
    found = []
    by = "cbv [mixture average_kl]; Laws.expand; interval"
    for one in instances(rng):
        weights = masses(rng, 3)
        for x in range(2):
            rows = [rows[x] for rows in one.policies]
            alone = one.alone(x)
            policies = [alone.policy(k) for k in range(3)]
            mixed = Mixture(np.array([float(w) for w in weights]), tuple(policies))
            gaps = [float(exact.gap(alone.problem, policy)[0]) for policy in policies]
            star = f"(Laws.optimal {numbers(3)} {table(one.base[x])} {table(one.reward[x])} {real(one.beta)})"
            parts = f"{numbers(3)} {table(weights)}"
            pis = f"(Sums.table2 {listed(map(reals, rows))})"
            left = float(exact.gap(alone.problem, mixed)[0])
            right = float(sum(float(w) * gap for w, gap in zip(weights, gaps, strict=True)))
            terms = {
                f"Laws.kl {numbers(3)} (mixture {parts} {pis}) {star}": left,
                f"average_kl {parts} {numbers(3)} {pis} {star}": right,
            }
            found += [
                Bridged(term=term, value=value / float(one.beta), by=by) for term, value in terms.items()
            ]
    return found


MIXTURE_DIVERGENCE = Proof(
    file="formal/f4.v",
    theorem="f4",
    says=(
        "For every finite list of policies and of responses, weights, laws and law q (masses may be zero), "
        "pi* being one, as stated; both sides are infinite together."
    ),
    bridge=_mixtures,
    axioms=AXIOMS,
    negations={
        "half-the-average": "not_half",
        "best-part": "not_best_part",
        "squared-weights": "not_squared_weights",
    },
    requires=("libcoq-interval",),
)
