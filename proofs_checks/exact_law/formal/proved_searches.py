"""X1 and X4 in Coq, held against the enumerations of every sequence of draws, outcome by outcome."""

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from explore_theory.claims import Bridged, Proof
from explore_theory.oracles.answers import Status
from proofs_checks.exact_law import enumeration, sampler_enumeration
from proofs_checks.exact_law.enumeration import Search
from proofs_checks.exact_law.sampler_enumeration import Rejection, Sampler
from proofs_checks.formal.terms import chosen, fraction, fractions, masses, numbers, real, table

_INDICATORS = ("Searches.is_found", "Searches.is_missed", "Searches.is_exhausted", "Searches.given_up")
_TRUTHS = ("Sums.table",)
#: Interval arithmetic knows no minimum: each is first shown to be one of its two arguments.
MINIMA = "repeat first [rewrite Rmin_right by interval | rewrite Rmin_left by interval]"


def indicator(status: Status, response: int | None, tries: int) -> str:
    """The indicator of an outcome of a search."""
    if status is Status.OK:
        return f"(Searches.is_found {response} {tries})"
    return f"(Searches.is_{'missed' if status is Status.MISS else 'exhausted'} {tries})"


def _tactic(definitions: Iterable[str], *, minima: bool = False) -> str:
    return f"unfold {', '.join(definitions)}; simpl; " + (f"{MINIMA}; " if minima else "") + "interval"


def search() -> Proof:
    """X1."""

    def bridge(rng: np.random.Generator) -> list[Bridged]:
        found = []
        for n, budget, purse in ((2, 3, 5), (3, 3, 2), (3, 2, 2)):
            law = dict(enumerate(masses(rng, n)))
            target = frozenset({0, n - 1} if n > 2 else {1})
            here = Search({**law}, target, budget, purse)
            inside = chosen([y in target for y in law])
            arguments = f"{numbers(n)} {table(law.values())} {inside} {budget} {purse}"
            process, formula = enumeration.draw_by_draw(here), enumeration.at_once(here)
            # The last way to find something, and to give up.
            last = max((o for o in process if o[0] is Status.OK), key=lambda o: (o[2], o[1]))
            for outcome in (last, next(o for o in process if o[0] is not Status.OK)):
                found += [
                    Bridged(
                        term=f"search_for {arguments} {indicator(*outcome)}",
                        value=float(process[outcome]),
                        by=_tactic(("search_for", "Searches.search", *_INDICATORS, *_TRUTHS)),
                    ),
                    Bridged(
                        term=f"geometric {arguments} {indicator(*outcome)}",
                        value=float(formula[outcome]),
                        by=_tactic(
                            ("geometric", "Tilts.mass_on", "Laws.mean", "Tilts.on", *_INDICATORS, *_TRUTHS)
                        ),
                    ),
                ]
        return found

    return Proof(
        file="formal/x1.v",
        theorem="search_drawn_at_once",
        says=(
            "The joint law for every finite list of responses, law (masses may be zero), set (of mass zero, "
            "too), budget and purse; pairs are searches of the list of all pairs (pairs_drawn_at_once). The "
            "simulators' maps are not in it."
        ),
        bridge=bridge,
        negations={
            "shifted": "shifted_is_false",
            "not-renormalised": "not_renormalised_is_false",
            "miss-costs-more": "miss_costs_more_is_false",
        },
    )


def rejection() -> Proof:
    """X4."""

    def bridge(rng: np.random.Generator) -> list[Bridged]:
        return [*_given_estimate(rng), *_whole(rng)]

    return Proof(
        file="formal/x4.v",
        theorem="rejection_drawn_at_once",
        says=(
            "The joint law for every finite list of responses, base policy and weights (masses may be zero), "
            "cap, budget and purse; what is accepted has law pi_f if no weight is above the cap; the law of "
            "SoftmaxSampler's answer and calls, given by all draws of its estimate, one by one. The "
            "simulators are not in it."
        ),
        bridge=bridge,
        negations={"clipping-ignored": "clipping_ignored_is_false", "uncapped": "uncapped_is_false"},
    )


def _given_estimate(rng: np.random.Generator) -> list[Bridged]:
    """Outcomes of rejection sampling; the cap lies between two weights."""
    found = []
    for n, budget, purse in ((2, 3, 4), (3, 3, 2)):
        base, weights = masses(rng, n), fractions(rng, n, 2, 9, 2)
        cap = max(weights) - Fraction(1, 4)
        here = Rejection(tuple(base), tuple(weights), cap, budget, purse)
        arguments = f"{numbers(n)} {table(base)} {table(weights)} {real(cap)} {budget} {purse}"
        process, formula = sampler_enumeration.candidate_by_candidate(here), sampler_enumeration.at_once(here)
        accepted = max((o for o in process if o[0] is Status.OK), key=lambda o: (o[2], o[1]))
        for outcome in (accepted, next(o for o in process if o[0] is not Status.OK)):
            found += [
                Bridged(
                    term=f"rejection {arguments} {indicator(*outcome[:3])}",
                    value=float(process[outcome]),
                    by=_tactic(
                        ("rejection", "Searches.search", "chance", *_INDICATORS, *_TRUTHS), minima=True
                    ),
                ),
                Bridged(
                    term=f"formula {arguments} {indicator(*outcome[:3])}",
                    value=float(formula[outcome]),
                    by=_tactic(("formula", "Laws.mean", "chance", *_INDICATORS, *_TRUTHS), minima=True),
                ),
            ]
    return found


def _whole(rng: np.random.Generator) -> list[Bridged]:
    """Answers of SoftmaxSampler: two draws for the estimate, two candidates."""
    base, weights, ratio = masses(rng, 2), fractions(rng, 2, 2, 9, 2), fraction(rng, 9, 12, 8)
    here = Sampler(tuple(base), tuple(weights), ratio, 2, 2)
    arguments = f"{numbers(2)} {table(base)} {table(weights)} {real(ratio)} 2 2"
    found = []
    for response, calls in ((0, 4), (1, 5)):
        value = sum(
            mass
            for answer, mass in sampler_enumeration.draw_by_draw(here).items()
            if answer[:2] == (response, calls)
        )
        here_is = f"(fun y k _ => if (Nat.eqb y {response} && Nat.eqb k {calls})%bool then 1 else 0)"
        found.append(
            Bridged(
                term=f"sampler {arguments} {here_is}",
                value=float(value),
                by=_tactic(
                    ("sampler", "averaged", "rejection", "Searches.search", "chance", *_TRUTHS), minima=True
                ),
            )
        )
    return found
