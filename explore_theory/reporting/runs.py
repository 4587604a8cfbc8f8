"""A run as text: first the problem and the schedule or parameters, then the ledger and the exact gap."""

import json
from dataclasses import fields
from typing import Any

import numpy as np

from explore_theory import exact
from explore_theory.algorithms import Learner, PrintedSchedule, Schedule
from explore_theory.algorithms.spanner.spanner_sampling import Phases
from explore_theory.problems.protocol import Floats, Problem
from explore_theory.running.responses import TOLD, kebab
from explore_theory.running.row_blocks import Part

#: What was mended by less is the rounding of float64, and not worth a line.
_SEEN = 1e-12


def planned(learner: Learner, problem: Problem, replicates: int, schedule: Phases | None) -> dict[str, Any]:
    """What there is to say of a run before it starts: the problem, the parameters, the calls it plans."""
    facts = problem.facts
    told = getattr(learner, "coverage", None)
    return {
        "learner": kebab(type(learner).__name__),
        "replicates": replicates,
        "adjusted": dict(getattr(problem, "adjusted", {})),
        "problem": {
            "prompts": facts.prompts,
            "responses": facts.responses,
            "d": facts.d,
            "beta": facts.beta,
            "R": facts.reward_range,
            "B": facts.parameter_radius,
            "sigma": facts.sigma,
            "C_cov told": facts.coverage if told is None else told,
            "C_cov": float(np.max(exact.coverage(problem))),
        },
        **(
            {"schedule": _schedule(schedule)}
            if schedule is not None
            else {"parameters": _parameters(learner)}
        ),
    }


def outcome(part: Part, schedule: Phases | None) -> dict[str, Any]:
    """What came of the replicates of `part`, as plain numbers."""
    said: dict[str, Any] = {
        "gap": gap_numbers(part.gap),
        "T_comp": float(part.ledger.compute.mean()),
        "T_data": float(part.ledger.data.mean()),
        "out of budget": int((~part.within_budget).sum()),
        **{name: float(values.mean()) for name, values in part.counts.items()},
    }
    if schedule is not None:
        said["gap at most eps"] = float((part.gap <= schedule.eps).mean())
    return said


def plan_lines(said: dict[str, Any]) -> list[str]:
    """`planned`, for people."""
    lines = [f"{said['learner']}, {counted(said['replicates'], 'replicate')}"]
    for word in ("problem", "schedule", "parameters"):
        if word in said:
            unset = "none" if word == "parameters" else number(None)
            told = {k: unset if v is None else number(v) for k, v in said[word].items()}
            lines.append(f"{word}: " + ", ".join(f"{k} = {v}" for k, v in told.items()))
    if mended := {name: change for name, change in said.get("adjusted", {}).items() if change > _SEEN}:
        changes = ", ".join(f"{name} by {number(change)}" for name, change in mended.items())
        lines.append(f"adjusted for rounding in the file: {changes}")
    return lines


def outcome_lines(said: dict[str, Any], part: Part, schedule: Phases | None) -> list[str]:
    """`outcome` and the ledger, for people."""
    lines = []
    if part.counts:
        lines.append(", ".join(f"{name} {number(said[name])}" for name in part.counts) + " (means)")
    lines += ["", repr(part.ledger), "", gap_words(said["gap"])]
    if schedule is not None:
        share = 100 * said["gap at most eps"]
        lines.append(f"gap at most eps = {number(schedule.eps)} in {share:.4g} % of replicates")
    if said["out of budget"]:
        lines.append(
            f"{counted(said['out of budget'], 'replicate')} ran out of budget; their ledgers are kept"
        )
    if said.get("clipped rounds"):
        lines.append("clipping: the base policy covers the optimum less well than the learner was told")
    return lines


def _parameters(learner: Learner) -> dict[str, Any]:
    """The learner's parameters, and the most calls and reward rounds that they allow."""
    given: Any = learner
    told = ("proper", TOLD)
    known = {f.name: getattr(given, f.name) for f in fields(given) if f.init and f.name not in told}
    rounds = known.get("rounds", -(-known.get("names", 0) // 2))
    calls = known.get("calls", (2 + known.get("draws", 0)) * rounds)
    if "outputs" in known:
        # Best of N draws its candidates for answers, not in rounds.
        calls = 2 * rounds + known["draws"] * known["outputs"]
    if hasattr(given, TOLD):
        # Who is told the responses names them.
        calls = 0
    return {**known, "most calls": float(calls), "most rounds": float(rounds)}


def _schedule(schedule: Phases) -> dict[str, Any]:
    # The paper calls the rounds of the spanner phase T_prompt, and the pairs of each T_span.
    rounds, pairs = "T_span", "N_span"
    own: dict[str, Any] = {}
    if isinstance(schedule, PrintedSchedule):
        rounds, pairs = "T_prompt", "T_span"
        own = {"c": schedule.constant}
    elif isinstance(schedule, Schedule):
        own = {"update": schedule.update}
    return {
        "eps": schedule.eps,
        "delta": schedule.delta,
        **own,
        "nu": schedule.radius,
        pairs: schedule.per_round,
        rounds: schedule.span_rounds,
        "T_exp": schedule.explore_rounds,
        "M": schedule.sampler.ratio,
        "most calls": schedule.compute_bound(),
        "most rounds": schedule.data_bound,
    }


def to_json(said: dict[str, Any], part: Part) -> str:
    """`said` as JSON, with the gap, calls and rounds of every replicate."""
    ledger = part.ledger
    each = {"gap": part.gap.tolist(), "T_comp": ledger.compute.tolist(), "T_data": ledger.data.tolist()}
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
    if isinstance(value, bool):
        return str(value).lower()
    return "unknown" if value is None else value if isinstance(value, str) else f"{value:.6g}"


def counted(count: int, thing: str) -> str:
    """``3 replicates``, ``1 replicate``."""
    return f"{count} {thing}{'s' * (count != 1)}"
