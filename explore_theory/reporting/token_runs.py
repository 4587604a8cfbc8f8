"""A run of a token-level learner as text: problem, schedule, ledger and exact gap."""

from dataclasses import fields
from typing import Any

import numpy as np

from explore_theory.exact import soft_dynamics
from explore_theory.reporting.runs import counted, gap_numbers, gap_words, number, with_each
from explore_theory.running.responses import kebab
from explore_theory.running.tokens import TokenRun


def summary(run: TokenRun) -> dict[str, Any]:
    """What there is to say about `run`, as plain numbers."""
    facts, problem = run.problem.facts, run.problem
    with np.errstate(over="ignore"):
        coverages = {
            "C_cond": float(np.exp(soft_dynamics.log_conditional_coverage(problem))),
            "C_cov": float(np.exp(soft_dynamics.log_coverage(problem))),
        }
    return {
        "learner": kebab(type(run.learner).__name__),
        "replicates": int(run.gap.size),
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
        "schedule": {field.name: getattr(run.learner, field.name) for field in fields(run.learner)},
        "gap": gap_numbers(run.gap),
        "gap of the base policy": float(soft_dynamics.gap(problem, soft_dynamics.base_policy(problem))),
        "gap at most eps": float((run.gap <= run.learner.eps).mean()),
        "tuples": float(run.learned.tuples.sum(axis=-1).mean()),
        "epochs": float(run.learned.epochs.mean()),
        "T_comp": float(run.ledger.compute.mean()),
        "T_data": float(run.ledger.data.mean()),
    }


def describe(run: TokenRun) -> str:
    """`summary` and the ledger, for people."""
    said = summary(run)
    return "\n".join(
        [
            f"{said['learner']}, {counted(said['replicates'], 'replicate')}",
            "problem: " + ", ".join(f"{k} = {number(v)}" for k, v in said["problem"].items()),
            "schedule: " + ", ".join(f"{k} = {number(v)}" for k, v in said["schedule"].items()),
            f"tuples {number(said['tuples'])}, epochs {number(said['epochs'])} (means)",
            "",
            repr(run.ledger),
            "",
            gap_words(said["gap"]) + f"; that of the base policy is {number(said['gap of the base policy'])}",
            f"gap at most eps = {number(run.learner.eps)} in {100 * said['gap at most eps']:.4g} % of "
            "replicates",
        ]
    )


def to_json(run: TokenRun) -> str:
    """`summary`, with the gap, calls and rounds of every replicate."""
    return with_each(summary(run), run.gap, run.ledger)
