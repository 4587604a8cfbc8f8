"""What a study says of one model, in sentences made of its numbers."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from explore_theory.reporting import text
from explore_theory.reporting.coverage.words import told
from explore_theory.studies.growth import DOUBLINGS, FRACTIONS, Point, Study, log_slope

NAMES = {"mtss": "MTSS", "spanner-sampling": "SpannerSampling"}
#: Features that miss by less, in units of reward, fit exactly: what is left is rounding.
_EXACT = 1e-9
#: What the two learners are, for tables and figures.
HOW = {
    "mtss": "token by token, practical schedule",
    "spanner-sampling": "whole responses, the schedule of its theorem",
}


def runs(study: Study) -> str:
    """``4 runs of a learner at each length``."""
    return f"{text.number(study.runs, 'run')} of a learner at each length"


def meaning(points: Sequence[Point]) -> list[str]:
    """Of one model at rising lengths."""
    return list(_meaning(points))


def _meaning(points: Sequence[Point]) -> Iterator[str]:
    first, last = points[0], points[-1]
    yield first.says
    yield (
        f"Asked for is a gap of eps, a {_share(FRACTIONS[-1])} of the base policy's, at every length; gaps "
        "are exact, calls are counted in tokens."
    )
    yield from _coverage(first, last)
    for learner in NAMES:
        yield from _learner(points, learner)
    yield from _between(last)
    yield from _best_of(points)
    yield from _schedules(last)
    yield from _fit(last)


def _share(fraction: float) -> str:
    return {0.05: "twentieth", 0.1: "tenth", 0.2: "fifth"}.get(fraction, f"{fraction:g} part")


def _coverage(first: Point, last: Point) -> Iterator[str]:
    if first is last:
        yield (
            f"At H = {last.horizon} coverage of whole responses is C_cov = {told(last.log_coverage)}, and "
            f"that of tokens C_cond = {told(last.log_conditional)}."
        )
        return
    each = (last.log_coverage - first.log_coverage) / (last.horizon - first.horizon)
    low, high = told(first.log_conditional), told(last.log_conditional)
    conditional = f"stays at {low}" if low == high else f"goes from {low} to {high}"
    yield (
        f"From H = {first.horizon} to {last.horizon} coverage of whole responses goes from "
        f"{told(first.log_coverage)} to {told(last.log_coverage)}, times {math.exp(each):.3g} a token. That "
        f"of tokens, C_cond, {conditional}."
    )


def _learner(points: Sequence[Point], learner: str) -> Iterator[str]:
    ran = [point for point in points if not point.of(learner).missing]
    name = f"{NAMES[learner]} ({HOW[learner]})"
    for point in points:
        if why := point.of(learner).missing:
            yield f"{name} did not run at H = {point.horizon}: {why}."
    if not ran:
        return
    reached, runs = (
        sum(count)
        for count in zip(*((p.of(learner).reached, p.of(learner).gap.size) for p in ran), strict=True)
    )
    said = f"{name} reaches eps in {reached} of {text.number(runs, 'run')}"
    if len(ran) > 1:
        H, calls = [float(p.horizon) for p in ran], [float(np.median(p.of(learner).calls)) for p in ran]
        power, rate = log_slope(np.log(H).tolist(), calls), log_slope(H, calls)
        grows = f"H^{power:.2g}" if learner == "mtss" else f"{math.exp(rate):.3g}^H"
        said += f"; its token calls go from {calls[0]:.3g} to {calls[-1]:.3g}, like {grows} by least squares"
    else:
        said += f", with {float(np.median(ran[0].of(learner).calls)):.3g} token calls"
    yield f"{said}."


def _between(last: Point) -> Iterator[str]:
    token, whole = (last.of(name) for name in NAMES)
    if token.missing or whole.missing:
        return
    ratio = float(np.median(whole.calls) / np.median(token.calls))
    data = float(np.median(token.rounds) / np.median(whole.rounds))
    yield (
        f"At H = {last.horizon} whole responses cost {ratio:.3g} times the calls of tokens; MTSS takes "
        f"{data:.3g} times the reward rounds of SpannerSampling, which is told one feature, the reward."
    )


def _best_of(points: Sequence[Point]) -> Iterator[str]:
    there = [point for point in points if point.best_of.size]
    if not there:
        return
    reaches = [point for point in there if point.least_best_of is not None]
    last = there[-1]
    least = int(last.best_of.argmin())
    if not reaches:
        past = " (more goes past the optimum)" if least < last.best_of.size - 1 else ""
        yield (
            f"The best of N by the true reward reaches eps at none of these lengths, for no N up to "
            f"2^{DOUBLINGS}. Its least gap at H = {last.horizon} is {last.best_of[least] / last.eps:.3g} "
            f"eps, at N = {2**least:,}{past}."
        )
    else:
        named = ", ".join(f"N = {point.least_best_of:,} at H = {point.horizon}" for point in reaches)
        short = len(there) - len(reaches)
        rest = f"; at {text.number(short, 'other length')} no N up to 2^{DOUBLINGS} does" if short else ""
        yield f"The best of N by the true reward reaches eps with {named}{rest}."
    if last.log_least_draws is not None:
        yield (
            f"Whoever returns one of N responses drawn needs N of at least {told(last.log_least_draws)} for "
            f"eps at H = {last.horizon}, whatever the rule (T7); that is no learner, the rule may know pi*."
        )


def _schedules(last: Point) -> Iterator[str]:
    if last.derived_rounds is None:
        return
    yield (
        "MTSS runs on its practical schedule, of which nothing is proved but what TT measures: it starts "
        f"with {last.practical_rounds:,} rollouts a tuple at H = {last.horizon}, where its derived schedule "
        f"asks for {last.derived_rounds:.3g}."
    )


def _fit(last: Point) -> Iterator[str]:
    """What features that do not fit exactly may cost."""
    if last.misfit is None:
        yield f"How well the features fit Q_h was not worked out at H = {last.horizon}: too many prefixes."
    elif last.misfit > _EXACT and last.gap_bound is not None:
        fit = f"Features fit differences of Q_h at H = {last.horizon} up to e = {last.misfit:.3g}"
        held = f"a gap of eps + H e^2/(8 beta) = {last.gap_bound / last.eps:.3g} eps (TTm)"
        if last.gap_bound < last.base_gap:
            yield f"{fit}, and MTSS is held to {held}."
        else:
            # Whoever returns the base policy keeps such a bound.
            yield (
                f"{fit}, which is too coarse for a guarantee: MTSS is held to {held} alone, and the base "
                f"policy itself has one of {last.base_gap / last.eps:.3g} eps. What MTSS reaches here is "
                "measured, and not promised."
            )
