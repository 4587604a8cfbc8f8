"""A run as text: the problem, the schedule if there is one, the ledger and the exact gap."""

import json
from typing import Any

import numpy as np

from explore_theory import exact
from explore_theory.algorithms import Schedule, SpannerPolicy
from explore_theory.oracles.ledger import Ledger
from explore_theory.problems.protocol import Floats
from explore_theory.running.responses import Run, kebab

#: What was mended by less is the rounding of float64, and not worth a line.
_SEEN = 1e-12


def summary(run: Run) -> dict[str, Any]:
    """What there is to say about `run`, as plain numbers."""
    facts = run.problem.facts
    said: dict[str, Any] = {
        "learner": kebab(type(run.learner).__name__),
        "replicates": int(run.gap.size),
        "problem": {
            "prompts": facts.prompts,
            "responses": facts.responses,
            "d": facts.d,
            "beta": facts.beta,
            "R": facts.reward_range,
            "B": facts.parameter_radius,
            "sigma": facts.sigma,
            "C_cov told": facts.coverage,
            "C_cov": float(np.max(exact.coverage(run.problem))),
        },
        "adjusted": dict(getattr(run.problem, "adjusted", {})),
        "gap": gap_numbers(run.gap),
        "T_comp": float(run.ledger.compute.mean()),
        "T_data": float(run.ledger.data.mean()),
        "out of budget": int((~run.within_budget).sum()),
    }
    if isinstance(run.policy, SpannerPolicy):
        said["schedule"] = _schedule(run.policy.schedule)
        said["accepted pairs"] = float(run.policy.accepted.mean())
        said["clipped rounds"] = float(run.policy.clipped.mean())
        said["rounds without an accepted candidate"] = float(run.policy.missed.mean())
        said["gap at most eps"] = float((run.gap <= run.policy.schedule.eps).mean())
    return said


def describe(run: Run) -> str:
    """`summary` and the ledger, for people."""
    said = summary(run)
    problem = ", ".join(f"{name} = {number(value)}" for name, value in said["problem"].items())
    lines = [f"{said['learner']}, {counted(said['replicates'], 'replicate')}", f"problem: {problem}"]
    if mended := {name: change for name, change in said["adjusted"].items() if change > _SEEN}:
        changes = ", ".join(f"{name} by {number(change)}" for name, change in mended.items())
        lines.append(f"adjusted for rounding in the file: {changes}")
    if "schedule" in said:
        lines.append("schedule: " + ", ".join(f"{k} = {number(v)}" for k, v in said["schedule"].items()))
        lines.append(
            f"accepted pairs {number(said['accepted pairs'])}, clipped rounds "
            f"{number(said['clipped rounds'])}, rounds without an accepted candidate "
            f"{number(said['rounds without an accepted candidate'])} (means)"
        )
    lines += ["", repr(run.ledger), ""]
    lines.append(gap_words(said["gap"]))
    if "gap at most eps" in said:
        eps = said["schedule"]["eps"]
        lines.append(
            f"gap at most eps = {number(eps)} in {100 * said['gap at most eps']:.4g} % of replicates"
        )
    if said["out of budget"]:
        lines.append(
            f"{counted(said['out of budget'], 'replicate')} ran out of budget; their ledgers are kept"
        )
    if said.get("clipped rounds"):
        lines.append("clipping: the base policy covers the optimum less well than the learner was told")
    return "\n".join(lines)


def to_json(run: Run) -> str:
    """`summary`, with the gap, calls and rounds of every replicate."""
    return with_each(summary(run), run.gap, run.ledger)


def _schedule(schedule: Schedule) -> dict[str, Any]:
    return {
        "eps": schedule.eps,
        "delta": schedule.delta,
        "update": schedule.update,
        "nu": schedule.radius,
        "N_span": schedule.per_round,
        "T_span": schedule.span_rounds,
        "T_exp": schedule.explore_rounds,
        "M": schedule.sampler.ratio,
        "most calls": schedule.compute_bound(),
        "most rounds": schedule.data_bound,
    }


def with_each(said: dict[str, Any], gap: Floats, ledger: Ledger) -> str:
    """`said` as JSON, with the gap, calls and rounds of every replicate."""
    each = {"gap": gap.tolist(), "T_comp": ledger.compute.tolist(), "T_data": ledger.data.tolist()}
    return json.dumps({**said, "each": each}, indent=2)


def gap_numbers(gap: Floats) -> dict[str, float]:
    """Mean, median and largest of the gaps `[R]`."""
    return {"mean": float(gap.mean()), "median": float(np.median(gap)), "largest": float(gap.max())}


def gap_words(gap: dict[str, float]) -> str:
    """Mean, median and largest gap in a line."""
    return (
        f"exact gap: mean {number(gap['mean'])}, median {number(gap['median'])}, "
        f"largest {number(gap['largest'])} (units of reward)"
    )


def number(value: Any) -> str:
    """Six digits, or what there is in their place."""
    return "unknown" if value is None else value if isinstance(value, str) else f"{value:.6g}"


def counted(count: int, thing: str) -> str:
    """``3 replicates``, ``1 replicate``."""
    return f"{count} {thing}{'s' * (count != 1)}"
