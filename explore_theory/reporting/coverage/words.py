"""What the coverage of a base model means, in sentences a practitioner reads."""

import math
from collections.abc import Iterator

from explore_theory.reporting import text
from explore_theory.samples.summary import SIZES, Measured

#: Theorem 2.1 with explicit constants (claim T21): calls, per unit of coverage, below which every learner
#: fails on some model of that coverage, at accuracy and error probability a quarter.
CALLS_PER_COVERAGE = 0.694


def told(log_value: float) -> str:
    """A number given by its natural logarithm: ``12``, ``3.4e+40``, ``unbounded``."""
    if log_value == math.inf:
        return "unbounded"
    if log_value == -math.inf:
        return "0"
    if log_value < 600:
        value = math.exp(log_value)
        return f"{value:,.0f}" if 1000 <= value < 1e6 else f"{value:.3g}"
    tens = log_value / math.log(10)
    return f"{10 ** (tens % 1):.2f}e+{math.floor(tens)}"


def between(lo: float, hi: float) -> str:
    """``between 3 and 8``, ``at least 3``, by natural logarithms."""
    if hi == math.inf:
        return f"at least {told(lo)}"
    if told(lo) == told(hi):
        return told(lo)
    return f"between {told(lo)} and {told(hi)}"


def subject(found: Measured) -> str:
    """``1,200 samples of 30 tasks in 2 files; reward "passed", 0 or 1``."""
    files = f" in {len(found.origins)} files" if len(found.origins) > 1 else ""
    samples = f"{found.draws.sum():,} sample{'s' if found.draws.sum() != 1 else ''}"
    tasks = text.number(len(found.tasks), "task")
    return f"{samples} of {tasks}{files}; reward {found.reward!r}, {reach(found)}"


def reach(found: Measured) -> str:
    """What is known of rewards."""
    known = found.known
    if known.support is not None:
        values = [f"{value:g}" for value in known.support]
        return f"{', '.join(values[:-1])} or {values[-1]}" if len(values) > 1 else values[0]
    if known.least is not None and known.most is not None:
        return f"from {known.least:g} to {known.most:g}"
    if known.most is not None:
        return f"at most {known.most:g}"
    return "of unknown range"


def passing(found: Measured) -> str:
    """``pass@k``, and from which reward on a sample passes where that is a choice."""
    if found.known.support == (0.0, 1.0) and found.passes == 1.0:
        return "pass@k"
    return f"pass@k, where a sample passes from reward {found.passes:g} on"


def meaning(found: Measured) -> list[str]:
    """What follows from the numbers, most telling first."""
    return list(_meaning(found))


def _meaning(found: Measured) -> Iterator[str]:
    lo, hi = found.worst
    where = "the task that is covered worst" if len(found.tasks) > 1 else "this task"
    yield (
        f"At beta = {found.beta:g} the optimal policy makes some response to {where} {between(lo, hi)} times "
        "as likely as the base model does: that is its coverage C_cov."
    )
    if lo >= math.log(2):
        # P(none in n) >= (1 - 1/C)^n, and that is one half at this n.
        half = math.log(math.log(2)) - math.log(-math.log1p(-math.exp(-lo)))
        yield (
            f"So a response with the largest reward to it comes at most once in {told(lo)} samples: with "
            f"{told(half)} "
            "samples or fewer, whoever only samples sees none in half of the tries or more."
        )
    yield from _necessary(found, lo)
    if hi == math.inf and found.known.most is None:
        yield (
            "From above nothing can be said: no file says how large a reward can be, and one response "
            "that is rarer than "
            "these samples could see, with a larger reward, would change everything. Declare the largest "
            "by --r-max."
        )
    if found.log_token is not None and found.log_token > 0:
        yield (
            f"Token by token the coverage C_cond is at least {told(found.log_token)}, from the length of "
            f"a response: a learner "
            "that goes back to prefixes (multi-turn exploration) pays by it, and not by C_cov."
        )
    yield from _weighted(found)
    yield from _enough(found)
    yield from _left_out(found)


def _necessary(found: Measured, log_coverage: float) -> Iterator[str]:
    """What T21 asks of every learner, under its assumptions: ``C >= 2`` and ``beta/R <= 1/(2 log 2)``."""
    known, condition = found.known, ""
    if known.least is None or known.most is None:
        condition = ", if with their range of rewards R e^{R/(2 beta)} is no less"
    else:
        log_coverage = min(log_coverage, (known.most - known.least) / (2 * found.beta))
    if log_coverage < math.log(2):
        return
    yield (
        "Among models of such coverage, range of rewards and beta there are some, of many dimensions, on "
        "which every learner, also one that explores during training, needs "
        f"{told(log_coverage + math.log(CALLS_PER_COVERAGE))} calls of the model or more to come within a "
        f"quarter of the range in three tries of four{condition} (Theorem 2.1 of Foster, Mhammedi and "
        "Rohatgi 2025 with explicit constants, claim T21). This model may be kinder than those; no "
        "guarantee in terms of coverage can be."
    )


def _weighted(found: Measured) -> Iterator[str]:
    """How far weighted draws tell of the model."""
    if found.reweighted is None:
        return
    least = int(found.reweighted.effective.argmin())
    where = f"in task {found.tasks[least]!r}" if len(found.tasks) > 1 else "here"
    yield (
        f"Draws are weighted to stand for the model's own law: {where} the {found.draws[least]:,} have "
        f"weights as uneven as leave {found.reweighted.effective[least]:,.3g} of equal weight, and were "
        f"drawn where the model has {found.reweighted.reached[least]:.3g} of its mass or more."
    )


def _left_out(found: Measured) -> Iterator[str]:
    """What needs a declaration that was not made, draws of the model itself, or more of them."""
    if found.reweighted is not None:
        yield (
            "Left out, as they need draws of the model itself: the coverage profile, best-of-N, and how many "
            "more samples it would take."
        )
    sizes = max((*found.pass_at, *found.best_of), default=0)
    further = [k for k in SIZES if sizes < k <= int(found.draws.max())]
    if sizes and further and not found.named:
        few = int((found.draws < further[0]).sum())
        yield (
            f"pass@k and best-of-N stop at {sizes}: {text.number(few, 'task')} of {len(found.tasks)} "
            f"{'has' if few == 1 else 'have'} fewer than {further[0]} samples (--k names larger ones, told "
            "of the tasks that have as many)."
        )
    missing = []
    if found.passes is None:
        missing.append(
            "pass@k, which needs to know from where on a sample passes (--pass-from, or --r-values 0,1 where "
            "rewards can be nothing else)"
        )
    if (found.known.least is None or found.known.most is None) and found.reweighted is None:
        missing.append("best-of-N, which needs the range of rewards (--r-min and --r-max)")
    if missing:
        yield f"Left out: {'; '.join(missing)}."


def _enough(found: Measured) -> Iterator[str]:
    """Whether the samples suffice to say how large the coverage is."""
    if not found.more > 0 or found.known.most is None:
        return
    if math.isinf(found.more):
        unseen = int((found.best < found.known.most).sum())
        which = (
            "the task" if len(found.tasks) == 1 else f"{text.number(unseen, 'task')} of {len(found.tasks)}"
        )
        yield (
            f"Not enough samples: in {which} none has the largest reward, {found.known.most:g}, and how "
            f"likely one is can only be bounded. Twice as many samples about halve that bound, until one "
            "is seen."
        )
        return
    least = int(found.draws.min())
    yield (
        f"Not enough samples to tell every task's coverage within a factor of two: that takes about "
        f"{math.ceil(found.more):,} a task (the least has {least:,})."
    )
