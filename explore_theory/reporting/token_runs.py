"""A run of a token-level learner as text: problem, schedule, ledger and exact gap."""

from dataclasses import fields
from typing import Any

import numpy as np

from explore_theory.algorithms import MTSS, PrintedMTSS
from explore_theory.exact import soft_dynamics
from explore_theory.problems.autoregressive import AutoregressiveProblem
from explore_theory.reporting.runs import gap_numbers, gap_words, number
from explore_theory.running.responses import kebab
from explore_theory.running.row_blocks import Part


def planned(learner: MTSS | PrintedMTSS, problem: AutoregressiveProblem, replicates: int) -> dict[str, Any]:
    """What there is to say of a run before it starts: the problem and the numbers of the schedule."""
    facts = problem.facts
    with np.errstate(over="ignore"):
        coverages = {
            "C_cond": float(np.exp(soft_dynamics.log_conditional_coverage(problem))),
            "C_cov": float(np.exp(soft_dynamics.log_coverage(problem))),
        }
    return {
        "learner": kebab(type(learner).__name__),
        "replicates": replicates,
        "problem": {
            "H": facts.horizon,
            "A": facts.vocabulary,
            "prompts": facts.prompts,
            "d": facts.d,
            "beta": facts.beta,
            "R": facts.reward_range,
            "B": facts.parameter_radius,
            "sigma": facts.sigma,
            "C_cond told": facts.conditional_coverage,
            **coverages,
        },
        "schedule": _schedule(learner),
    }


def _schedule(learner: MTSS | PrintedMTSS) -> dict[str, Any]:
    """The numbers of a learner, with those of its sampler."""
    told = {field.name: getattr(learner, field.name) for field in fields(learner)}
    if (sampler := told.pop("sampler", None)) is not None:
        told |= {name: getattr(sampler, name) for name in ("ratio", "normaliser", "tries")}
    return told


def outcome(part: Part, eps: float, problem: AutoregressiveProblem) -> dict[str, Any]:
    """What came of the replicates of `part`, as plain numbers."""
    return {
        "gap": gap_numbers(part.gap),
        "gap of the base policy": float(soft_dynamics.gap(problem, soft_dynamics.base_policy(problem))),
        "gap at most eps": float((part.gap <= eps).mean()),
        **{name: float(values.mean()) for name, values in part.counts.items()},
        "T_comp": float(part.ledger.compute.mean()),
        "T_data": float(part.ledger.data.mean()),
    }


def outcome_lines(said: dict[str, Any], part: Part, eps: float) -> list[str]:
    """`outcome` and the ledger, for people."""
    base = number(said["gap of the base policy"])
    share = 100 * said["gap at most eps"]
    return [
        ", ".join(f"{name} {number(said[name])}" for name in part.counts) + " (means)",
        "",
        repr(part.ledger),
        "",
        f"{gap_words(said['gap'])}; that of the base policy is {base}",
        f"gap at most eps = {number(eps)} in {share:.4g} % of replicates",
    ]
