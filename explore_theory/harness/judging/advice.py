"""What it would take: how many more runs would settle a sample that is open."""

import math

from explore_theory.harness.judging.settle import Terms
from explore_theory.harness.measures.columns import Number, as_float
from explore_theory.harness.measures.measurement import Largest, OneSample, Sample, Tally, TwoSamples
from explore_theory.harness.verdicts.sequential import first_decided

#: Advice does not look beyond so many times the runs, or so many numbers.
_MOST_TIMES, _MOST_NUMBERS = 2**20, 2**22


def advice(sample: Sample, bound: tuple[Number, Number], terms: Terms) -> str:
    """How many more runs would decide, if they came out as those so far."""
    if isinstance(sample, Tally):
        more = _more_trials(sample, bound, terms)
        return f"needs about {more:.2g} more runs" if more < math.inf else "no number of runs would decide"
    question, level = terms.question(bound), terms.level(sample)
    times = 1
    while times < _MOST_TIMES and (
        isinstance(sample, TwoSamples | OneSample | Largest) or 2 * times * sample.runs <= _MOST_NUMBERS
    ):
        times *= 2
        found = sample.times(times).enclosed(level, question)
        decided = first_decided(
            [found.lo],
            [found.hi],
            question.bound,
            terms.relation,
            terms.resolution,
            barred=[bool(found.objection)],
        )
        if int(decided) == 0:
            return f"needs about {(times - 1) * sample.runs:.2g} more runs"
    return f"{times:,} times as many runs would not decide"


def _more_trials(tally: Tally, bound: tuple[Number, Number], terms: Terms) -> float:
    from explore_theory.statistics.sequences import trials_to_decide

    return trials_to_decide(
        tally.successes,
        tally.trials,
        terms.relation,  # type: ignore[arg-type]  # one of RELATIONS, as `decide` has checked
        as_float(bound[0]),
        terms.alpha,
        resolution=float(terms.resolution.at(bound[0])),
    )
