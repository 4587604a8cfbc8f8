"""Problems in notebooks: what a learner is told of one, and nothing that it is not."""

from dataclasses import fields
from typing import Any

from explore_theory.foundation import markup
from explore_theory.problems.protocol import Facts

#: What each fact is called, where the theory has a letter for it.
_NAMES = {
    "prompts": "prompts X",
    "responses": "responses N",
    "horizon": "tokens per response H",
    "vocabulary": "vocabulary A",
    "actions": "actions A",
    "d": "feature dimension d",
    "beta": "beta",
    "reward_range": "reward range R",
    "step_reward": "reward of a step",
    "parameter_radius": "parameter radius B",
    "coverage": "C_cov told",
    "conditional_coverage": "C_cond told",
    "sigma": "sigma of a reward difference",
}


def facts_html(problem: Any) -> str:
    """A small table of `problem`: sizes, beta, what is told of coverage, the noise; nothing is computed."""
    facts: Facts = problem.facts
    known = {field.name for field in fields(facts)}
    whole = type(facts) is Facts
    rows = [
        (said, _number(getattr(facts, name)))
        for name, said in _NAMES.items()
        # Of whole responses there is no horizon to tell, of others neither their number nor coverage.
        if name in known and (name != "horizon" if whole else name not in ("responses", "coverage"))
    ]
    noise = getattr(problem, "noise", None)
    rows.append(("noise", _noise(noise)))
    if (worlds := getattr(problem, "worlds", 1)) > 1:
        rows.append(("worlds W", _number(worlds)))
    return markup.block(markup.heading(type(problem).__name__), markup.table(rows))


def _number(value: Any) -> str:
    if value is None:
        return "not told"
    if isinstance(value, int):
        # Integers of thousands of digits have no text at all.
        bits = value.bit_length()
        return f"{value:,}" if bits < 64 else f"an integer of {bits} bits"
    return f"{value:.6g}"


def _noise(noise: Any) -> str:
    name = str(getattr(noise, "name", type(noise).__name__))
    scale = getattr(noise, "scale", None)
    return name if scale is None else f"{name}, scale {_number(scale)}"
