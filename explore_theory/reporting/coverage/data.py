"""Coverage from samples as data: what `coverage --json` prints and the page's tables are made of."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from explore_theory.reporting.coverage import words
from explore_theory.samples.success import Average
from explore_theory.samples.summary import Measured

FORMAT = "explore-theory coverage"
VERSION = 1


def record(found: Measured) -> dict[str, Any]:
    """Everything measured; infinite ends are None. Coverages are given by their natural logarithms, too."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "beta": found.beta,
        "alpha": found.alpha,
        "reward": found.reward,
        "range": {
            "least": found.known.least,
            "most": found.known.most,
            "support": None if found.known.support is None else list(found.known.support),
        },
        "files": [
            {"path": o.path, "format": o.format, "draws": o.draws, "skipped": o.skipped}
            for o in found.origins
        ],
        "worst": _ends(*found.worst),
        "c_cond_at_least": None if found.log_token is None else _number(math.exp(found.log_token)),
        "more_samples_a_task": _number(found.more),
        "tasks": [task(found, i) for i in range(len(found.tasks))],
        "profile": None
        if found.profile is None
        else [
            {"M": float(at), "lo": float(lo), "hi": float(hi)}
            for at, lo, hi in zip(found.profile.at, found.profile.lo, found.profile.hi, strict=True)
        ],
        "passes_from": found.passes,
        "pass_at_k": averages("k", found.pass_at),
        "best_of_n": averages("N", found.best_of),
        "reweighted": None
        if found.reweighted is None
        else {
            "effective": [float(value) for value in found.reweighted.effective],
            "reached_at_least": [float(value) for value in found.reweighted.reached],
            "w_max": found.reweighted.heaviest,
        },
        "meaning": words.meaning(found),
        "findings": [
            {"slug": f.slug, "serious": f.serious, "says": f.says, "touches": f.touches}
            for f in found.findings
        ],
    }


def task(found: Measured, i: int) -> dict[str, Any]:
    """One task."""
    return {
        "task": found.tasks[i],
        "draws": int(found.draws[i]),
        "mean": float(found.mean[i]),
        "best": float(found.best[i]),
        "passed": None if found.passed is None else int(found.passed[i]),
        "log_z": [_number(found.log_z.lo[i]), _number(found.log_z.hi[i])],
        "coverage": _ends(float(found.log_c.lo[i]), float(found.log_c.hi[i])),
    }


def averages(letter: str, found: Mapping[int, Average]) -> list[dict[str, Any]]:
    """Means over tasks, by the number of samples that they are about."""
    return [
        {
            letter: size,
            "value": one.value,
            "lo": one.lo,
            "hi": one.hi,
            "tasks": one.tasks,
            "left_out": one.left_out,
        }
        for size, one in found.items()
    ]


def _ends(lo: float, hi: float) -> dict[str, Any]:
    with np.errstate(over="ignore"):
        return {
            "lo": _number(float(np.exp(lo))),
            "hi": _number(float(np.exp(hi))),
            "log_lo": _number(lo),
            "log_hi": _number(hi),
        }


def _number(value: float) -> float | None:
    """None for what JSON cannot say."""
    return float(value) if math.isfinite(value) else None
