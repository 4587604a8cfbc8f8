"""What there is to know of a table of prompts by responses.

Letters: `X` prompts, `N` responses, `d` feature dimension, `R` the range of rewards within a prompt.
"""

import math

import numpy as np
import numpy.typing as npt

from explore_theory import exact
from explore_theory.foundation import laws
from explore_theory.instances.inspecting.realised import fit
from explore_theory.instances.inspecting.records import Findings, Number, exponential
from explore_theory.instances.inspecting.tabular_statements import Measured, statements
from explore_theory.policies import Base
from explore_theory.problems.tabular import LINEAR, TabularProblem

Floats = npt.NDArray[np.float64]

#: Prompts that are listed, those that are covered worst.
_LISTED = 5
#: Coverage beyond which a mass is drawn hardly ever, and rounding of sums that is worth a word.
_RARE, _SEEN = 1e6, 1e-12


def found(problem: TabularProblem) -> Findings:
    """Everything that an inspection tells of `problem`."""
    prompts, responses, d = problem.features.shape
    counted = problem.prompt_mass > 0
    logs = np.asarray(problem.atoms(np.arange(prompts)[None]).log_mass[0])
    supported = logs > -np.inf
    best = laws.optimal(logs, problem.reward, problem.beta)
    with np.errstate(invalid="ignore"):
        ratios = np.where(supported, best - logs, -np.inf)
    rewards = np.where(supported, problem.reward, np.nan)
    ranges = np.nanmax(rewards, axis=-1) - np.nanmin(rewards, axis=-1)
    highest = np.where(counted, ratios.max(axis=-1), -np.inf)
    x = int(np.argmax(highest))
    y = int(np.argmax(ratios[x]))
    measured = Measured(
        reward_range=float(ranges[counted].max()),
        log_coverage=float(highest[x]),
        base_gap=float(exact.gap(problem, Base())[0]),
        fit=fit(problem.features[counted], rewards[counted]),
        worst=(x, y),
        worst_base=float(logs[x, y]),
    )
    best_policy = exact.optimal_policy(problem)
    divergence = float(exact.kl(problem, best_policy, Base())[0])
    quantities: dict[str, Number] = {
        "beta": problem.beta,
        "R": measured.reward_range,
        "R/beta": measured.reward_range / problem.beta,
        "C_cov": exponential(measured.log_coverage),
        "log C_cov": measured.log_coverage,
        "KL(pi* || pi_ref)": divergence,
        "KL(pi_ref || pi*)": float(exact.kl(problem, Base(), best_policy)[0]),
        "J(pi*)": float(exact.optimal_objective(problem)[0]),
        "J(pi_ref)": float(exact.objective(problem, Base())[0]),
        "gap of pi_ref": measured.base_gap,
        "largest |phi|": float(np.sqrt((problem.features**2).sum(axis=-1)).max()),
        "B declared": problem.parameter_radius,
        "|theta*| declared": None
        if problem.theta_star is None
        else float(np.sqrt((problem.theta_star**2).sum())),
        "|theta| of the best fit": measured.fit.length,
        "error of the best linear fit": measured.fit.error,
        "sigma": problem.noise.sigma,
    }
    return Findings(
        sizes={
            "prompts": prompts,
            "prompts of positive mass": int(counted.sum()),
            "responses": responses,
            "outside the support": int((~supported).sum()),
            "d": d,
            "rank of feature differences": _rank(problem.features[counted]),
        },
        quantities=quantities,
        tables={
            "prompts covered worst": _worst_prompts(problem, highest, ranges, logs, ratios),
            "coverage profile": _profile(problem, best, ratios, measured.log_coverage),
        },
        warnings=_warnings(problem, measured, supported, logs),
        statements=statements(problem, measured),
    )


def _rank(features: Floats) -> int | None:
    """Directions in which features of one prompt differ; None where that takes too long."""
    if features.size > 1 << 24 or features.shape[-1] > 512:
        return None
    centred = (features - features.mean(axis=1, keepdims=True)).reshape(-1, features.shape[-1])
    return int(np.linalg.matrix_rank(centred.T @ centred, hermitian=True, tol=1e-12 * max(1.0, len(centred))))


def _worst_prompts(
    problem: TabularProblem, highest: Floats, ranges: Floats, logs: Floats, ratios: Floats
) -> list[dict[str, Number]]:
    rows: list[dict[str, Number]] = []
    for x in np.argsort(-highest, kind="stable")[:_LISTED].tolist():
        if highest[x] == -np.inf:
            break
        y = int(np.argmax(ratios[x]))
        rows.append(
            {
                "prompt": x,
                "rho": float(problem.prompt_mass[x]),
                "R": float(ranges[x]),
                "C_cov": exponential(float(highest[x])),
                "at response": y,
                "pi_ref there": float(np.exp(logs[x, y])) if logs[x, y] > -700 else f"exp({logs[x, y]:.6g})",
                "reward there": float(problem.reward[x, y]),
            }
        )
    return rows


def _profile(
    problem: TabularProblem, best: Floats, ratios: Floats, log_coverage: float
) -> list[dict[str, Number]]:
    """``P(pi*/pi_ref > M)`` under ``rho`` and ``pi*``: what is left where M draws are not enough."""
    rows: list[dict[str, Number]] = []
    mass = np.exp(best) * problem.prompt_mass[:, None]
    steps = np.unique(np.round(np.linspace(0, log_coverage / math.log(10), 9)[:-1], 1))
    for decade in steps.tolist():
        left = float(mass[ratios > decade * math.log(10)].sum())
        rows.append({"M": exponential(decade * math.log(10)), "P(pi*/pi_ref > M)": left})
    return rows


def _warnings(
    problem: TabularProblem, measured: Measured, supported: npt.NDArray[np.bool_], logs: Floats
) -> list[str]:
    found = [
        f"{name} was mended by {change:.2g} where it was rounded"
        for name, change in problem.adjusted.items()
        if change > _SEEN
    ]
    if measured.reward_range == 0:
        found.append("rewards are constant within prompts: pi* = pi_ref, and nothing can be learned")
    x, y = measured.worst
    if measured.worst_base < -math.log(_RARE):
        found.append(
            f"response {y} of prompt {x}, the worst covered, has base mass exp({measured.worst_base:.4g}): a "
            "learner that only draws from pi_ref hardly meets it"
        )
    outside = np.where(supported, -np.inf, problem.reward).max(axis=-1)
    inside = np.where(supported, problem.reward, -np.inf).max(axis=-1)
    if np.any(lost := (outside > inside) & (problem.prompt_mass > 0)):
        found.append(
            f"{int(lost.sum())} prompts have their best reward outside the support of pi_ref (prompt "
            f"{int(np.argmax(lost))} first): no policy of finite divergence may use it"
        )
    if problem.theta_star is None and measured.fit.error <= LINEAR * max(1.0, measured.reward_range):
        found.append(
            f"theta_star is not declared, though a parameter of length {measured.fit.length:.4g} "
            "fits all rewards: "
            "with it and parameter_radius learners may name parameters"
        )
    scale = float(np.abs(problem.reward).max())
    if measured.reward_range and scale > 1e6 * measured.reward_range:
        found.append(
            f"rewards of size {scale:.2g} differ by {measured.reward_range:.2g} only: shift each "
            "prompt's to zero, "
            "or digits are lost"
        )
    if problem.coverage is None:
        found.append("coverage is not declared: learners that are told C_cov need it (--set or in the file)")
    return found
