"""T1, T2, T4 and T5 in Coq, held against the package: small trees of rational numbers.

Coq's prefixes have their latest token first, those of Python their first one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

from explore_theory.claims import MACHINE_NUMBERS, REALS, Bridged, Proof, laws
from explore_theory.exact import soft_dynamics
from proofs_checks.formal.terms import fractions, listed, masses, numbers, real, reals
from proofs_checks.token_level_improvement import rational, trees
from proofs_checks.token_level_improvement.trees import Floats, Trees

#: What counter-examples rest on; the theorems themselves rest on `REALS` alone.
AXIOMS = REALS | MACHINE_NUMBERS
BY = "Tokens.expand_trees; interval"
Layers = list[list[list[Fraction]]]
Sides = Callable[[Trees, str], tuple[list[Floats], list[Floats]]]


@dataclass(frozen=True)
class Instance:
    """A tree with a policy; every law of unequal masses, all rewards apart."""

    base: Layers
    policy: Layers
    reward: list[Fraction]
    beta: Fraction

    @property
    def tokens(self) -> int:
        """`A`."""
        return len(self.base[0][0])

    @property
    def horizon(self) -> int:
        """`H`."""
        return len(self.base)

    @property
    def world(self) -> Trees:
        """The same as the package's checks have it."""
        return Trees(
            log_base=_logarithms(self.base),
            log_policy=_logarithms(self.policy),
            reward=np.array([[float(value) for value in self.reward]]),
            beta=np.array([float(self.beta)]),
        )

    def law(self, layers: Layers) -> str:
        """Token laws as a term of Coq."""
        rows = listed(listed(map(reals, layer)) for layer in layers)
        return f"(Tokens.tree {self.tokens}%nat {rows})"

    @property
    def vocabulary(self) -> str:
        """The tokens."""
        return numbers(self.tokens)

    @property
    def given(self) -> str:
        """Base policy, rewards and ``beta``."""
        return f"{self.law(self.base)} (Tokens.leaf {self.tokens}%nat {reals(self.reward)}) {real(self.beta)}"

    @property
    def star(self) -> str:
        """The optimal token laws."""
        return f"(Tokens.token_star {self.vocabulary} {self.horizon}%nat {self.given})"

    @property
    def whole(self) -> str:
        """The problem of whole responses: their list, base law, rewards and ``beta``."""
        rewards = f"(Tokens.leaf {self.tokens}%nat {reals(self.reward)})"
        return f"{self.responses} (Tokens.product {self.law(self.base)}) {rewards} {real(self.beta)}"

    @property
    def responses(self) -> str:
        """All responses."""
        return f"(Tokens.responses {self.vocabulary} {self.horizon}%nat nil)"


def _logarithms(layers: Layers) -> tuple[Floats, ...]:
    return tuple(np.log([[[float(mass) for mass in row] for row in layer]]) for layer in layers)


def _prefix(tokens: Sequence[int]) -> str:
    return listed(f"{token}%nat" for token in reversed(tokens))


def _laws(rng: np.random.Generator, horizon: int, tokens: int) -> Layers:
    return [[masses(rng, tokens) for _ in range(tokens**h)] for h in range(horizon)]


def instances(rng: np.random.Generator) -> Iterator[Instance]:
    """Trees of two layers of two and of three tokens, at temperatures apart from one."""
    for horizon, tokens, beta in ((2, 2, Fraction(3, 5)), (2, 3, Fraction(7, 4))):
        yield Instance(
            base=_laws(rng, horizon, tokens),
            policy=_laws(rng, horizon, tokens),
            reward=fractions(rng, tokens**horizon, -6, 18, 12),
            beta=beta,
        )


# --- T1 --------------------------------------------------------------------------------------------------


def _products(rng: np.random.Generator) -> list[Bridged]:
    """The optimal law of whole responses, and the optimal token laws, which are its conditionals."""
    found = []
    for one in instances(rng):
        world = one.world
        log_best = laws.optimal(trees.leaves(world.log_base), world.reward, world.beta)
        tokens = trees.conditionals(log_best, one.horizon, one.tokens)
        for k, y in enumerate(product(range(one.tokens), repeat=one.horizon)):
            if k % 2 == 0:
                term = f"Laws.optimal {one.whole} {_prefix(y)}"
                found.append(Bridged(term=term, value=float(np.exp(log_best[0, k])), by=BY))
        for prefix in ((), (1,)):
            place = 0 if not prefix else prefix[0]
            for a in range(one.tokens):
                value = float(np.exp(tokens[len(prefix)][0, place, a]))
                found.append(Bridged(term=f"{one.star} {_prefix(prefix)} {a}%nat", value=value, by=BY))
    return found


PRODUCT = Proof(
    file="formal/t1.v",
    theorem="t1",
    says=(
        "For every horizon, finite vocabulary, base policy (token masses may be zero), rewards and beta > 0,"
        " as stated."
    ),
    bridge=_products,
    axioms=AXIOMS,
    negations={"unweighted-value": "not_unweighted"},
    requires=("libcoq-interval",),
)

# --- T2 --------------------------------------------------------------------------------------------------


def _coverages(rng: np.random.Generator) -> list[Bridged]:
    """Ratios of responses, tokens and prefixes, at the places where the package says each is extreme."""
    found = []
    by = "Tokens.expand_trees; interval"
    for one in instances(rng):
        tilts = fractions(rng, len(one.reward), 1, 24, 6)
        tree = rational.tree(one.horizon, one.tokens, [row for layer in one.base for row in layer], tilts)
        beta = real(one.beta)
        rewards = listed(f"({beta} * ln {real(tilt)})" for tilt in tilts)
        base = one.law(one.base)
        star = (
            f"(Tokens.token_star {one.vocabulary} {one.horizon}%nat {base} "
            f"(Tokens.leaf {one.tokens}%nat {rewards}) {beta})"
        )
        whole = max((y for y in tree.ratios if len(y) == one.horizon), key=lambda y: tree.ratios[y])
        rarest = min((y for y in tree.ratios if len(y) < one.horizon), key=lambda y: tree.ratios[y])
        token = max((y for y in tree.ratios if y), key=lambda y: tree.ratios[y] / tree.ratios[y[:-1]])
        last, before = f"{token[-1]}%nat", _prefix(token[:-1])
        sides = {
            f"Tokens.product {star} {_prefix(whole)} / Tokens.product {base} {_prefix(whole)}": tree.coverage,
            f"Tokens.product {star} {_prefix(rarest)} / Tokens.product {base} {_prefix(rarest)}": (
                tree.rarest_prefix
            ),
            f"{star} {before} {last} / {base} {before} {last}": tree.conditional_coverage,
        }
        found += [Bridged(term=term, value=float(value), by=by) for term, value in sides.items()]
    return found


COVERAGES = Proof(
    file="formal/t2.v",
    theorem="t2",
    says=(
        "For every horizon, finite vocabulary, base policy (token masses may be zero), rewards and beta > 0:"
        " both inequalities, the first for every policy; and a counter-example to C_cond <= K C_cov for each"
        " K."
    ),
    bridge=_coverages,
    axioms=REALS,
    negations={"tokens-below-responses": "not_below_responses", "twice-the-coverage": "not_below_twice"},
    requires=(),
)

# --- T4 --------------------------------------------------------------------------------------------------


def _gaps(rng: np.random.Generator) -> list[Bridged]:
    """The gap of whole responses and the divergences of tokens, by the package's dynamic programme."""
    found = []
    for one in instances(rng):
        problem, policy = one.world.problem(0), one.world.policy(0)
        pi = one.law(one.policy)
        best = f"Laws.objective {one.whole} (Laws.optimal {one.whole})"
        divergences = soft_dynamics.token_divergences(problem, policy) / float(one.beta)
        sides = {
            f"{best} - Laws.objective {one.whole} (Tokens.product {pi})": soft_dynamics.gap(problem, policy),
            f"Tokens.later_kl {one.vocabulary} {pi} {one.star} {one.horizon}%nat nil": divergences.sum(),
            f"Tokens.later_kl {one.vocabulary} {pi} {one.star} 1%nat nil": divergences[0],
        }
        found += [Bridged(term=term, value=float(value), by=BY) for term, value in sides.items()]
    return found


GAP_BY_TOKENS = Proof(
    file="formal/t4.v",
    theorem="t4",
    says=(
        "For every horizon, finite vocabulary, policy and base policy (token masses may be zero), rewards "
        "and beta > 0, as stated; both sides are infinite together."
    ),
    bridge=_gaps,
    axioms=AXIOMS,
    negations={
        "first-token-alone": "not_first_token_alone",
        "prefixes-of-the-base-policy": "not_prefixes_of_base",
        "prefixes-of-the-optimal-policy": "not_prefixes_of_optimal",
        "reversed-divergence": "not_reversed",
    },
    requires=("libcoq-interval",),
)

# --- T5 --------------------------------------------------------------------------------------------------


def later_errors(sides: Sides) -> Proof:
    """T5; the claim's own two sides, of plain policies and of those that draw a base token first."""

    def bridge(rng: np.random.Generator) -> list[Bridged]:
        found = []
        by = f"cbv [value forgetful drawn_kl]; {BY}"
        for one in instances(rng):
            base, pi = one.law(one.base), one.law(one.policy)
            # Given the base token z, the policy's law is turned by z.
            turned = f"(fun past z a => {pi} past (Nat.modulo (a + {one.tokens} - z) {one.tokens}))"
            first = {
                "nothing": f"(cons tt nil) (fun _ _ => 1) (fun past _ => {pi} past)",
                "base token": f"{one.vocabulary} {base} {turned}",
            }
            for asked, drawn in first.items():
                left, right = sides(one.world, asked)
                past = _prefix((1,))
                q = f"Tokens.Q {one.vocabulary} {one.horizon}%nat {one.given} {past}"
                value = f"value {one.vocabulary} {drawn} {one.given} 1%nat {past}"
                divergence = f"drawn_kl {one.vocabulary} {drawn} {one.star} {past}"
                tactic = f"cbv [Nat.modulo Nat.divmod Nat.sub Nat.add snd]; {by}"
                found += [
                    Bridged(term=f"{q} - {value}", value=float(left[0][0, 1]), by=tactic),
                    Bridged(term=f"{real(one.beta)} * {divergence}", value=float(right[0][0, 1]), by=tactic),
                ]
        return found

    return Proof(
        file="formal/t5.v",
        theorem="t5",
        says=(
            "For every horizon, prefix, finite vocabulary and list of values z drawn first, rewards, beta > "
            "0 and policies inside the support of the base policy (token masses may be zero), as stated."
        ),
        bridge=bridge,
        axioms=AXIOMS,
        negations={
            "marginal-log-ratio": "not_marginal_log_ratio",
            "reversed-divergence": "not_reversed",
            "next-layer-only": "not_next_layer_only",
            "twice-the-divergence": "not_twice",
        },
        requires=("libcoq-interval",),
    )
