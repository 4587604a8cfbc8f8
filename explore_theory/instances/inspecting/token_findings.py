"""What there is to know of a token problem.

Letters: `H` tokens per response, `A` tokens in the vocabulary, `S` states of a layer, `d` feature dimension.
"""

import math

import numpy as np

from explore_theory.exact import soft_dynamics
from explore_theory.exact.realisation import realisation_errors
from explore_theory.foundation import laws
from explore_theory.instances.inspecting.records import (
    Assumption,
    Findings,
    Number,
    Statement,
    compared,
    exponential,
    of_logarithms,
    said,
)
from explore_theory.problems.autoregressive import AutoregressiveProblem
from explore_theory.problems.declared import REALISED

#: Pairs of tokens, over states and layers, and dimensions for which linear programmes are solved.
_MOST_PAIRS, _MOST_COLUMNS = 20_000, 32


def found(problem: AutoregressiveProblem) -> Findings:
    """Everything that an inspection tells of `problem`."""
    best = soft_dynamics.optimum(problem)
    base = soft_dynamics.base_policy(problem)
    reached = soft_dynamics.reachable(problem)
    log_cov = float(soft_dynamics.log_coverage(problem))
    log_cond = float(soft_dynamics.log_conditional_coverage(problem))
    base_gap = float(soft_dynamics.gap(problem, base))
    steps, d = problem.horizon, problem.layers[0].d
    range_ = problem.reward_range
    errors = _errors(problem)
    quantities: dict[str, Number] = {
        "beta": problem.beta,
        "R": range_,
        "R/beta": range_ / problem.beta,
        "C_cond": exponential(log_cond),
        "C_cov": exponential(log_cov),
        "log C_cov": log_cov,
        "H log C_cond": steps * log_cond,
        "KL(pi* || pi_ref)": float(np.sum(_divergences(problem, best.log_policy))),
        "J(pi*)": float(soft_dynamics.objective(problem, best.log_policy)),
        "J(pi_ref)": float(soft_dynamics.objective(problem, base)),
        "gap of pi_ref": base_gap,
        "largest |phi|": max(
            float(np.sqrt((layer.features**2).sum(axis=-1)).max()) for layer in problem.layers
        ),
        "B declared": problem.parameter_radius,
        "max |theta_h| declared": None
        if problem.theta is None
        else float(np.sqrt((problem.theta**2).sum(axis=-1)).max()),
        "largest error of a linear fit of Q_h": None if errors is None else float(errors.max()),
        "sigma": problem.noise.sigma,
    }
    return Findings(
        sizes={
            "prompts": problem.prompt_mass.size,
            "tokens per response (H)": steps,
            "vocabulary (A)": problem.vocabulary,
            "distinct layers": len({id(layer) for layer in problem.layers}),
            "states of the largest layer": max(layer.states for layer in problem.layers),
            "states that are reached": int(sum(here.sum() for here in reached)),
            "responses (A^H)": exponential(steps * math.log(problem.vocabulary)),
            "d": d,
        },
        quantities=quantities,
        tables={"tokens one by one": _layers(problem, log_cond)},
        warnings=_warnings(problem, log_cov, log_cond, errors),
        statements=_statements(problem, log_cov, log_cond, base_gap, errors),
    )


def _errors(problem: AutoregressiveProblem) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None":
    """How well features realise ``Q_h`` by layer, in units of reward; None where that takes too long."""
    pairs = problem.vocabulary * (problem.vocabulary - 1) // 2
    total = pairs * sum(layer.states for layer in problem.layers)
    if problem.theta is None and (total > _MOST_PAIRS or problem.layers[0].d > _MOST_COLUMNS):
        return None
    return np.zeros(problem.horizon) if problem.theta is not None else realisation_errors(problem)


def _divergences(problem: AutoregressiveProblem, policy: soft_dynamics.Tables) -> list[float]:
    """``E_pi KL(pi_h || pi_{h,ref})`` of each layer."""
    weights = soft_dynamics.occupancies(problem, policy)
    return [
        float(laws.expectation(weight, laws.kl(table, layer.log_base)))
        for weight, table, layer in zip(weights, policy, problem.layers, strict=True)
    ]


def _layers(problem: AutoregressiveProblem, log_cond: float) -> list[dict[str, Number]]:
    """Coverage and divergence of the first layers."""
    best = soft_dynamics.optimum(problem).log_policy
    reached = soft_dynamics.reachable(problem)
    rows: list[dict[str, Number]] = []
    for h, divergence in enumerate(_divergences(problem, best)[:_LISTED]):
        layer = problem.layers[h]
        ratio = np.where(reached[h], laws.coverage(best[h], layer.log_base), -np.inf)
        rows.append(
            {
                "token": h,
                "states reached": int(reached[h].sum()),
                "coverage": exponential(float(ratio.max())),
                "in state": int(ratio.argmax()),
                "E KL(pi*_h || ref)": divergence,
            }
        )
    return rows


_LISTED = 12


def _warnings(problem: AutoregressiveProblem, log_cov: float, log_cond: float, errors: object) -> list[str]:
    found = []
    if problem.reward_range == 0:
        found.append("rewards are constant: pi* = pi_ref, and nothing can be learned")
    if not any(layer.features.any() for layer in problem.layers):
        found.append("features are all zero: learners that use them see nothing")
    if problem.parameter_radius is None:
        found.append("parameter_radius is not declared: MTSS needs it")
    if problem.conditional_coverage is None:
        found.append("conditional_coverage is not declared: learners that are told C_cond need it")
    if log_cov > math.log(1e6) and log_cond < log_cov / 2:
        found.append(
            f"C_cov = {said(exponential(log_cov))} is far beyond C_cond = "
            f"{said(exponential(log_cond))}: learn token "
            "by token, not from whole responses"
        )
    if errors is None:
        found.append(
            "the problem is too large for the fit of Q_h by linear programmes: declare theta to "
            "have it checked"
        )
    return found


def _statements(
    problem: AutoregressiveProblem,
    log_cov: float,
    log_cond: float,
    base_gap: float,
    errors: "np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None",
) -> list[Statement]:
    steps, range_ = problem.horizon, problem.reward_range
    beta = problem.beta / range_ if range_ else math.inf
    limit = REALISED * (1.0 + max(float(np.abs(q).max()) for q in soft_dynamics.optimum(problem).q))
    misfit = None if errors is None else float(errors.max())
    linear = Assumption(
        "Q_h is linear in the features: "
        + (
            "unknown, declare theta" if misfit is None else f"the best fit misses differences by {misfit:.3g}"
        ),
        None if misfit is None else misfit <= limit,
    )
    whole = exponential(log_cov)
    return [
        Statement(
            claims=("T1", "T4"),
            title="pi* is a product of token laws, and gaps are sums of token divergences",
            says=f"pi_ref is {said(base_gap)} from the optimum",
        ),
        Statement(
            claims=("T2",),
            title="C_cov <= C_cond^H, and C_cond <= C_cov exp(R/beta)",
            says=f"{said(log_cov)} <= {said(steps * log_cond)}, in logarithms",
        ),
        Statement(
            claims=("T3", "TT", "T51"),
            title="MTSS learns token by token, with calls linear in C_cond and blind to C_cov",
            says=(
                f"C_cond = {said(exponential(log_cond))}; `explore-theory run mtss` prints its calls "
                "before it starts"
            ),
            assumptions=(
                linear,
                Assumption(
                    "B is declared (parameter_radius): "
                    + (
                        "it is not"
                        if problem.parameter_radius is None
                        else f"here {problem.parameter_radius:.4g}"
                    ),
                    problem.parameter_radius is not None,
                ),
            ),
        ),
        Statement(
            claims=("TTm",),
            title="where features miss Q_h by e, MTSS has a gap of at most eps + H e^2/(8 beta)",
            says="no error to pay"
            if not misfit
            else f"e = {misfit:.3g} costs {steps * misfit**2 / (8 * problem.beta):.3g}",
            assumptions=(Assumption("the error of the fit is known", misfit is not None),),
        ),
        Statement(
            claims=("C51", "T7", "TTh"),
            title="learners of whole responses pay C_cov",
            says=f"whoever returns a response that it has drawn needs about C_cov = {said(whole)} of them",
        ),
        Statement(
            claims=("CT",),
            title="below about C calls no algorithm finds what is not covered",
            says=(
                "some problem of whole responses with this C_cov and beta leaves every algorithm a gap of R/4"
            ),
            assumptions=(
                compared("beta/R", beta, "<=", "1/8", 0.125),
                of_logarithms("C_cov", log_cov, ">=", "2", math.log(2)),
                of_logarithms("C_cov", log_cov, "<=", "exp(R/(2 beta))", 1 / (2 * beta)),
            ),
            about="problems like it",
        ),
    ]
