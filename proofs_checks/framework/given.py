"""F1 to F4, LG1 and LG2 on a problem that a user brings; see `given_tables`."""

from itertools import pairwise
from typing import Any

import numpy as np

from explore_theory import exact
from explore_theory.claims import Bound, Measurement, Resolution, Trial, laws
from explore_theory.policies import Mixture, Softmax, Tabular
from explore_theory.problems import TabularProblem
from proofs_checks.framework.given_tables import Table, on_table

# --- F1 --------------------------------------------------------------------------------------------------


def gaps(world: Table) -> Measurement:
    """``J(pi*) - J(pi)`` of every policy."""
    return world.measured([float(exact.gap(world.problem, policy)[0]) for policy in world.tables()])


def divergences(world: Table, *, reverse: bool = False, heat: float = 1.0, scaled: bool = True) -> Bound:
    """``beta E_x KL(pi || pi*)`` of every policy; wrong as a false variant says."""
    problem = world.problem
    best = Tabular(laws.optimal(world.log_base, problem.reward, heat * problem.beta))
    found = []
    for policy in world.tables():
        pair = (best, policy) if reverse else (policy, best)
        found.append((problem.beta if scaled else 1.0) * float(exact.kl(problem, *pair)[0]))
    return world.bound(found)


GAP_IS_KL = on_table(
    "given",
    measure=gaps,
    bound=divergences,
    infinite_means_equal=True,
    variants=(
        (
            "given-reversed",
            "KL(pi* || pi) in place of KL(pi || pi*)",
            {"bound": lambda w: divergences(w, reverse=True)},
        ),
        (
            "given-warmer",
            "pi* is tilted at temperature 2 beta",
            {"bound": lambda w: divergences(w, heat=2.0)},
        ),
        (
            "given-unscaled",
            "the divergence is not multiplied by beta",
            {"bound": lambda w: divergences(w, scaled=False)},
        ),
    ),
)

# --- F2 --------------------------------------------------------------------------------------------------


def log_coverage(world: Table) -> float:
    """``log C_cov``."""
    return float(exact.log_coverage(world.problem)[0])


def in_range(world: Table, share: float = 1.0) -> Bound:
    """``R/beta``, or a share of it; `R` over the support at prompts of positive mass."""
    return Bound.of([share * float(world.ranges().max()) / world.problem.beta], error=error_of_log(world))


def error_of_log(world: Table) -> float:
    """What float64 may do to a log-probability."""
    return float(4 * np.finfo(float).eps * world.size())


RANGE = on_table(
    "given-upper",
    measure=lambda w: Measurement.exact([log_coverage(w)], error=error_of_log(w), unit="problems"),
    bound=in_range,
    variants=(
        ("given-half-range", "C_cov <= exp(R/(2 beta))", {"bound": lambda w: in_range(w, 0.5)}),
        ("given-ninth-tenths", "C_cov <= exp(.9 R/beta)", {"bound": lambda w: in_range(w, 0.9)}),
    ),
)
LEAST = on_table(
    "given-lower",
    measure=lambda w: Measurement.exact([np.exp(-log_coverage(w))], error=error_of_log(w), unit="problems"),
    bound=lambda w: Bound.of([1.0]),
    variants=(
        (
            "given-other-way",
            "C_cov is at most one",
            {"relation": ">="},
        ),
    ),
)

# --- F3 --------------------------------------------------------------------------------------------------


def averaged(world: Table, of_prompts: Any) -> Bound:
    """``E_x`` of a number for each prompt."""
    rho = world.problem.prompt_mass
    return world.bound([float((np.where(rho > 0, of_prompts, 0.0) * rho).sum())])


def soft_values(world: Table, heat: float = 1.0) -> Bound:
    """``E_x beta log E_ref exp(r/beta)``, by logarithms of sums and nothing of the package's evaluation."""
    beta = heat * world.problem.beta
    values = np.logaddexp.reduce(world.log_base + world.problem.reward / beta, axis=-1)
    return averaged(world, beta * values)


SOFT_VALUE = on_table(
    "given",
    measure=lambda w: w.measured([float(exact.optimal_objective(w.problem)[0])], unit="problems"),
    bound=soft_values,
    variants=(
        ("given-warmer", "the closed form at temperature 2 beta", {"bound": lambda w: soft_values(w, 2.0)}),
        (
            "given-hard-maximum",
            "the largest reward in place of the soft value",
            {
                "bound": lambda w: averaged(
                    w, np.where(w.log_base > -np.inf, w.problem.reward, -np.inf).max(-1)
                )
            },
        ),
        (
            "given-expected-reward",
            "the base policy's expected reward in place of the soft value",
            {"bound": lambda w: averaged(w, (np.exp(w.log_base) * w.problem.reward).sum(-1))},
        ),
    ),
)

# --- F4 --------------------------------------------------------------------------------------------------


def mixtures(world: Table) -> list[tuple[np.ndarray[Any, Any], tuple[Tabular, ...]]]:
    """Weights and parts: neighbours, and all policies together."""
    parts = world.tables()
    pairs = [(np.array([0.25, 0.75]), pair) for pair in pairwise(parts)]
    return [*pairs, (np.full(len(parts), 1 / len(parts)), tuple(parts))]


def mixed(world: Table) -> Measurement:
    """The gap of every mixture."""
    found = [Mixture(weights, parts) for weights, parts in mixtures(world)]
    return world.measured([float(exact.gap(world.problem, each)[0]) for each in found], unit="mixtures")


def of_parts(world: Table, how: Any) -> Bound:
    """What `how` makes of weights and gaps of the parts of every mixture."""
    each = [float(exact.gap(world.problem, policy)[0]) for policy in world.tables()]
    pairs = [(weights, np.array(each[k : k + 2])) for k, (weights, _) in enumerate(mixtures(world)[:-1])]
    pairs.append((np.full(len(each), 1 / len(each)), np.array(each)))
    return world.bound([float(how(weights, own)) for weights, own in pairs])


MIXTURES = on_table(
    "given",
    measure=mixed,
    bound=lambda w: of_parts(w, lambda weights, each: (weights * each).sum()),
    variants=(
        (
            "given-best-part",
            "the mixture is claimed to be as good as its best part",
            {"bound": lambda w: of_parts(w, lambda weights, each: each.min())},
        ),
        (
            "given-half-the-average",
            "half the average is claimed to suffice",
            {"bound": lambda w: of_parts(w, lambda weights, each: (weights * each).sum() / 2)},
        ),
    ),
)

# --- LG1 -------------------------------------------------------------------------------------------------


#: How well rewards fit ``theta*``, in units of reward: what a problem is held to when it is made.
LINEAR = 2e-9


def in_class(problem: Any) -> str:
    """Why the optimal policy is not known to be in the softmax class; empty if it is."""
    if problem.theta_star is None:
        return "theta_star must be given: the statement is about problems whose optimal policy is pi_theta"
    pairs = (Table(problem, ()).log_base > -np.inf).sum(axis=-1).max() > 1
    return "" if pairs else "a prompt must have two responses in its support, got one in each"


def differences(world: Table, *, of: str = "ratio") -> Measurement:
    """``beta log(pi*/pi_ref)`` at every supported response less that at the best one, prompt by prompt."""
    problem, logs = world.problem, world.log_base
    best = laws.optimal(logs, problem.reward, problem.beta)
    with np.errstate(invalid="ignore"):
        value = problem.beta * (best - logs if of == "ratio" else best)
    return world.measured(np.concatenate(apart(world, value)).tolist(), unit="responses", error=LINEAR)


def linear(world: Table, factor: float = 1.0) -> Bound:
    """``<theta*, phi(y) - phi(y')>`` for the same pairs."""
    assert world.problem.theta_star is not None
    score = (world.problem.features * world.problem.theta_star).sum(axis=-1)
    return world.bound(np.concatenate(apart(world, factor * score)).tolist())


def apart(world: Table, value: Any) -> list[Any]:
    """`value` `[X, N]` at supported responses less that at the one that is best there, prompt by prompt."""
    found = []
    for row, logs, reward in zip(value, world.log_base, world.problem.reward, strict=True):
        there = logs > -np.inf
        best = int(np.argmax(np.where(there, reward, -np.inf)))
        others = there.copy()
        others[best] = False
        found.append(row[others] - row[best])
    return found


REWARDS = on_table(
    "given",
    kinds=("tabular",),
    applies=in_class,
    measure=differences,
    bound=linear,
    resolution=Resolution(absolute=1e-6, relative=1e-6),
    variants=(
        (
            "given-probabilities",
            "log pi* in place of log pi*/pi_ref",
            {"measure": lambda w: differences(w, of="law")},
        ),
        ("given-twice", "twice the difference", {"bound": lambda w: linear(w, 2.0)}),
    ),
)

# --- LG2 -------------------------------------------------------------------------------------------------


def softmaxes(trial: Trial) -> tuple[Table, tuple[Any, ...]]:
    """The problem, and softmax policies whose scores have ranges of one, three and nine beta."""
    problem = trial.given
    assert isinstance(problem, TabularProblem)
    d = problem.features.shape[-1]
    directions = trial.streams.normal(6 * d).reshape(6, d)
    directions /= np.sqrt((directions * directions).sum(axis=-1, keepdims=True))
    score = (problem.features[None] * directions[:, None, None, :]).sum(axis=-1)
    spread = np.ptp(score, axis=-1).max(axis=-1)
    heats = problem.beta * np.array([1, 1, 3, 3, 9, 9]) / np.where(spread > 0, spread, 1.0)
    return Table(problem, ()), tuple(
        direction * heat for direction, heat in zip(directions, heats, strict=True)
    )


def rises(world: Any, share: float = 1.0) -> Bound:
    """``max_x (max f - E_ref f)/beta`` of every policy, over supports and prompts of positive mass."""
    given, thetas = world
    found = []
    for theta in thetas:
        score = (given.problem.features * theta).sum(axis=-1)
        top = np.where(given.log_base > -np.inf, score, -np.inf).max(axis=-1)
        rise = top - (np.exp(given.log_base) * score).sum(axis=-1)
        found.append(share * float(rise[given.counted].max()) / given.problem.beta)
    return Bound.of(found, error=error_of_log(given))


def log_ratios(world: Any) -> Measurement:
    """``log sup pi_f/pi_ref`` of every policy."""
    given, thetas = world
    found = [float(exact.log_coverage(given.problem, Softmax(theta))[0]) for theta in thetas]
    return Measurement.exact(found, error=error_of_log(given), effort=len(found), unit="policies")


def has_features(problem: Any) -> str:
    """Why no softmax policy differs from the base policy; empty if some do."""
    constant = np.ptp(problem.features, axis=1).max() == 0
    return "features must differ within a prompt, got the same for all its responses" * bool(constant)


RISE = on_table(
    "given",
    kinds=("tabular",),
    applies=has_features,
    world=softmaxes,
    measure=log_ratios,
    bound=rises,
    variants=(
        ("given-half-the-rise", "half of the exponent", {"bound": lambda w: rises(w, 0.5)}),
        ("given-nine-tenths", "nine tenths of the exponent", {"bound": lambda w: rises(w, 0.9)}),
    ),
)
